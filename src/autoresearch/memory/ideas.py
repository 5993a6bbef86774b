"""What was tried, grouped by idea: by the places that changes touch, and there by the words of their summaries.

Deterministic, and a fold over the experiments: what was tried first gives an idea its words.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from autoresearch.history.tried import Tried
from autoresearch.records import Outcome

MOST_LEADERS = 40
"""Ideas told apart by words in one place; what comes later joins the likeliest of them."""
_WORD = re.compile(r"[a-z]{3,}")
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "add added adds adding change changed changes changing use used uses using set sets setting make makes "
        "made try tried tries trying the and for from with without into onto instead that this then than not now "
        "more less bit little slightly much very value values number increase increased decrease decreased raise "
        "raised lower lowered reduce reduced smaller larger bigger higher half halve halved double doubled twice "
        "new old better worse",
    )
)
"""Words that do not tell one idea from another."""
_ENDINGS = ("ations", "ation", "ings", "ing", "ised", "ized", "ise", "ize", "ers", "er", "ed", "es", "s")
_SAMPLE = 24
"""Summaries that give an idea its words."""
_NO_PLACE = ("import", "statements")


@dataclass(frozen=True, slots=True)
class Idea:
    """Experiments that are after the same thing."""

    place: str
    """Where, such as `train.py:LEARNING_RATE`; empty where the ledger does not say."""
    members: tuple[Tried, ...]
    """Oldest first."""
    kept: tuple[Tried, ...]
    """Members that were kept, the best first."""
    near: tuple[Tried, ...]
    """Members that were discarded and came close, the closest first."""
    lost: tuple[Tried, ...]
    """Members that were discarded far from it, the best first."""
    failed: tuple[Tried, ...]
    """Members that never earned a number, the latest first."""

    @classmethod
    def of(cls, place: str, members: Sequence[Tried]) -> Idea:
        """The idea of these members, which are in order."""
        by_fate: tuple[list[Tried], ...] = [], [], [], []
        for each in members:
            if each.outcome is Outcome.KEEP:
                by_fate[0].append(each)
            elif each.outcome is Outcome.DISCARD:
                by_fate[1 if each.is_near else 2].append(each)
            else:
                by_fate[3].append(each)
        kept, near, lost, failed = by_fate
        return cls(place, tuple(members), _best(kept), _best(near), _best(lost), tuple(reversed(failed)))

    @property
    def words(self) -> tuple[str, ...]:
        """What its summaries have in common, the most frequent first; none for a constant, which says enough."""
        return () if _is_constant(self.place) else _common(self.members, _own(self.place))

    @property
    def is_dead_end(self) -> bool:
        """Whether it was measured three times or more and never came close."""
        return len(self.lost) >= 3 and not self.kept and not self.near

    @property
    def ranked(self) -> tuple[Tried, ...]:
        """Members, the most informative first."""
        return self.kept + self.near + self.lost + self.failed


def _best(members: list[Tried]) -> tuple[Tried, ...]:
    return tuple(sorted(members, key=lambda each: -math.inf if each.gain is None else each.gain, reverse=True))


def ideas(history: Iterable[Tried]) -> list[Idea]:
    """The ideas behind what was tried, the most informative first. What came to no candidate has none.

    Kept ones first, by their best gain; then those that came close; then the rest, the latest first.
    """
    made = [each for each in history if each.experiment.candidate is not None]
    times = Counter(place for each in made for place in each.places)
    anchors = {places: _anchor(places, times) for places in {each.places for each in made}}
    by_place: dict[str, list[Tried]] = defaultdict(list)
    for each in made:
        by_place[anchors[each.places]].append(each)
    found = [idea for place, members in by_place.items() for idea in _within(place, members)]
    return sorted(found, key=_rank)


def _rank(idea: Idea) -> tuple[int, float, int]:
    level = 0 if idea.kept else 1 if idea.near else 2
    best = max((each.gain or 0.0 for each in idea.kept or idea.near), default=0.0)
    return level, -best, -idea.members[-1].number


def _anchor(places: Sequence[str], times: Counter[str]) -> str:
    """The place that most experiments have in common with this one; imports and the like only for want of others."""
    named = [place for place in places if place.rpartition(":")[2] not in _NO_PLACE] or list(places)
    return min(named, key=lambda place: (-times[place], named.index(place))) if named else ""


def _within(place: str, members: Sequence[Tried]) -> Iterable[Idea]:
    """The ideas in one place: a constant is one idea, a function or a whole file may be worked on in many ways."""
    groups = [members] if _is_constant(place) else _by_words(members, _own(place))
    return [Idea.of(place, group) for group in groups]


def _is_constant(place: str) -> bool:
    _, colon, name = place.rpartition(":")
    return bool(colon) and not name.endswith("()") and name not in _NO_PLACE


def _own(place: str) -> frozenset[str]:
    """Words that every summary of a place may have."""
    return words(place.rpartition(":")[2].replace("_", " ")) if ":" in place else frozenset()


def _by_words(members: Sequence[Tried], own: frozenset[str]) -> list[list[Tried]]:
    """Members in groups; each joins the first whose first member shares half of its words or more."""
    wordless: list[Tried] = []
    groups: list[list[Tried]] = []
    sizes: list[int] = []
    holding: dict[str, list[int]] = defaultdict(list)
    for member in members:
        said = words(member.summary) - own
        best, shared = _likest(said, holding)
        full = len(groups) >= MOST_LEADERS
        if shared and (full or 2 * shared >= min(len(said), sizes[best])):
            groups[best].append(member)
        elif full or not said:
            wordless.append(member)
        else:
            for word in said:
                holding[word].append(len(groups))
            groups.append([member])
            sizes.append(len(said))
    return [group for group in (wordless, *groups) if group]


def _likest(said: frozenset[str], holding: Mapping[str, list[int]]) -> tuple[int, int]:
    """The group that shares most words, the first of equals, and how many it shares."""
    shared: dict[int, int] = {}
    best = top = 0
    for word in said:
        for at in holding.get(word, ()):
            times = shared[at] = shared.get(at, 0) + 1
            if times > top or (times == top and at < best):
                best, top = at, times
    return best, top


def _common(group: Sequence[Tried], own: frozenset[str]) -> tuple[str, ...]:
    """The three words most summaries of a group have, as they were first spelt."""
    spelt: dict[str, str] = {}
    times: Counter[str] = Counter()
    for member in group[:_SAMPLE]:
        for word in _WORD.findall(member.summary.lower()):
            stem = _stem(word)
            if stem not in own and word not in _EMPTY:
                spelt.setdefault(stem, word)
                times[stem] += 1
    return tuple(spelt[stem] for stem, _ in times.most_common(3))


@lru_cache(maxsize=1 << 15)
def words(text: str) -> frozenset[str]:
    """The stems of the words of `text` that mean something; figures mean nothing."""
    return frozenset(_stem(word) for word in _WORD.findall(text[:400].lower()) if word not in _EMPTY)


@lru_cache(maxsize=1 << 15)
def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
