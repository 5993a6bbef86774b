"""Byte-pair encoding: the vocabulary is learned by `prepare.py`, and used by whoever likes it. Sealed.

Token i below 256 is the byte i; each later token is two earlier ones joined. Text is first cut into words, so that no
token crosses a word's end; the cut loses nothing: joining the bytes of all tokens gives the text back.
"""

import heapq
import json
import re
from collections import Counter, defaultdict
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

# A word with the space before it, one or two digits, a run of signs, or white space: every byte is in one of them.
WORD = re.compile(rb" ?[A-Za-z\x80-\xff]+| ?[0-9]{1,2}| ?[^\sA-Za-z0-9\x80-\xff]+|\s+?(?= \S)|\s+")


class Tokenizer:
    """Text to token numbers and back."""

    def __init__(self, merges):
        """`merges` are the pairs of tokens joined, in the order they were learned."""
        self.merges = [tuple(pair) for pair in merges]
        self.rank = {pair: 256 + i for i, pair in enumerate(self.merges)}
        self.table = [bytes([i]) for i in range(256)]
        for left, right in self.merges:
            self.table.append(self.table[left] + self.table[right])
        self._word = lru_cache(maxsize=2**18)(self._encode_word)

    @classmethod
    def load(cls, path):
        return cls(json.loads(Path(path).read_text())["merges"])

    def save(self, path):
        Path(path).write_text(json.dumps({"merges": self.merges}) + "\n")

    def encode(self, text):
        """Token numbers of `text`, bytes."""
        return [token for word in WORD.findall(text) for token in self._word(word)]

    def decode(self, tokens):
        """The bytes of `tokens`."""
        return b"".join(self.table[token] for token in tokens)

    def _encode_word(self, word):
        tokens = list(word)
        while len(tokens) > 1:
            first = min(pairwise(tokens), key=lambda pair: self.rank.get(pair, len(self.table)))
            if first not in self.rank:
                break
            tokens = joined(tokens, first, self.rank[first])
        return tuple(tokens)


def joined(tokens, pair, token):
    """`tokens` with every occurrence of `pair` replaced by `token`."""
    result, i = [], 0
    while i < len(tokens):
        if tuple(tokens[i : i + 2]) == pair:
            result.append(token)
            i += 2
        else:
            result.append(tokens[i])
            i += 1
    return result


def learn(texts, vocab):
    """A Tokenizer of at most `vocab` tokens: again and again the pair that occurs most is joined.

    Ties go to the smaller pair, so that the same texts make the same tokenizer everywhere.
    """
    counts = Counter(word for text in texts for word in WORD.findall(text))
    words, times = [list(word) for word in counts], list(counts.values())
    occurs, where = Counter(), defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairwise(word):
            occurs[pair] += times[i]
            where[pair].add(i)
    heap = [(-count, pair) for pair, count in occurs.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < vocab - 256:
        count, pair = heapq.heappop(heap)
        if -count != occurs[pair]:
            continue  # an old entry: the pair has been counted anew since
        if -count < 2:
            break
        changed = merge_everywhere(pair, 256 + len(merges), words, times, occurs, where)
        merges.append(pair)
        for other in changed:
            heapq.heappush(heap, (-occurs[other], other))
    return Tokenizer(merges)


def merge_everywhere(pair, token, words, times, occurs, where):
    """Join `pair` in all words, keep the counts right, and return the pairs whose count changed."""
    changed = set()
    for i in where.pop(pair):
        for old in zip(words[i], words[i][1:], strict=False):
            occurs[old] -= times[i]
            changed.add(old)
        words[i] = joined(words[i], pair, token)
        for new in zip(words[i], words[i][1:], strict=False):
            occurs[new] += times[i]
            where[new].add(i)
            changed.add(new)
    changed.discard(pair)
    return {other for other in changed if occurs[other] > 0}
