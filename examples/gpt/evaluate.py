"""Bits per byte of the candidate on text it has never seen, from logits it serves. Sealed.

    python evaluate.py --window 1024 --batch 4 --bytes 524288 [--split holdout]     `autoresearch` runs it

The candidate may choose its tokenizer: it hands over the bytes of every token, then cuts the text into tokens, and the
tokens must give back exactly the text. Whatever the cut, the bits of the tokens are then a true code length for it.
From there on the candidate gets windows of tokens and answers with logits; softmax, logarithm and the count of bytes
happen here, in float64. Whole windows go over at once, so two more fresh processes are asked about the same text: one
in other company and with the ends of windows exchanged for another real passage, one prefixes only, short ones first.
If the log-probability of a token moves by more than TOLERANCE, the run is a violation, whatever its score.

Questions, all numbers little-endian:
    T                        -> for each token its length, 2 bytes, and its bytes
    E and text               -> the text as tokens, uint32
    L, B, T as uint32, and B * T tokens as uint32 -> B * T * V logits, float32
"""

import argparse
import json
import math
import os
import struct
from pathlib import Path

import numpy as np

from autoresearch.contestant import Contestant, ContestantError

SEALED = Path(__file__).resolve().parent / "sealed"
MOST_TOKENS = 65536  # in a vocabulary
PATIENCE = 120.0  # seconds to wait for one process, all its answers together

INTACT = 8  # windows asked again in other company
EXCHANGED = 24  # windows asked again with another end
PREFIXES = 512  # beginnings of windows, spread over all lengths: a look ahead at 1 token in 100 escapes 1 run in 170
TOLERANCE = 1e-3  # nats a token: room for float32, not for bfloat16; a leak below it gains at most 0.0015 bit a token


class Violation(Exception):
    """The candidate broke a rule of the measurement; the message says which."""


class Candidate(Contestant):
    """A fresh process of the candidate that is asked in tokens."""

    def table(self):
        """The bytes of every token."""
        answer, table, at = self.ask(b"T"), [], 0
        while at < len(answer):
            length = int.from_bytes(answer[at : at + 2], "little")
            table.append(answer[at + 2 : at + 2 + length])
            at += 2 + length
        if at != len(answer) or not 1 < len(table) <= MOST_TOKENS or not all(table):
            raise Violation(f"the table of {len(table)} tokens is torn, too long, or has a token without bytes")
        return table

    def tokens(self, text, table):
        """Numbers of the tokens of `text`, which must give it back."""
        answer = self.ask(b"E" + text)
        numbers = np.frombuffer(answer[: len(answer) // 4 * 4], "<u4")
        if not (numbers < len(table)).all() or b"".join(table[number] for number in numbers) != text:
            raise Violation("the tokens do not give back the text")
        return numbers

    def nats(self, windows, targets, vocab):
        """Log-probabilities of the tokens `targets`, each after one of the last tokens of `windows` (B, T)."""
        rows, length = windows.shape
        answer = self.ask(b"L" + struct.pack("<II", rows, length) + windows.astype("<u4").tobytes())
        if len(answer) != 4 * rows * length * vocab:
            raise Violation(f"wrong shape: {len(answer)} bytes are not {rows} x {length} x {vocab} float32")
        logits = np.frombuffer(answer, "<f4").reshape(rows, length, vocab)
        if not np.isfinite(logits).all():
            raise Violation("not finite: a logit is infinite or not a number")
        logits = logits[:, length - targets.shape[1] :]
        chosen = np.take_along_axis(logits, targets[..., None].astype(np.intp), axis=-1)[..., 0]
        return chosen.astype(np.float64) - log_sum(logits)


def log_sum(logits):
    """log of the sum of exp over the last axis, float64, a row at a time to stay small."""
    result = np.empty(logits.shape[:-1])
    for row, values in enumerate(logits):
        top = values.max(axis=-1, keepdims=True).astype(np.float64)
        result[row] = np.log(np.exp(values - top).sum(axis=-1)) + top[:, 0]
    return result


def require_still(shift, leak):
    """The largest shift in nats. Raises Violation naming the leak when it is too large."""
    worst = float(np.max(shift))
    if worst > TOLERANCE:
        raise Violation(f"{leak}: the same token moved by {worst:.3g} nats, {TOLERANCE:g} are allowed")
    return worst


class Evaluation:
    """One text as the candidate's tokens, cut into windows, and what the candidate says about them."""

    def __init__(self, text, *, n_bytes, window, batch, rng):
        """The first `n_bytes` of `text` are scored; the rest only fills up and lends its passages."""
        self.window, self.batch, self.rng = window, batch, rng
        with Candidate(patience=PATIENCE, largest=2**24 + 4 * len(text)) as candidate:
            table = candidate.table()
            scored, spare = (candidate.tokens(part, table) for part in (text[:n_bytes], text[n_bytes:]))
        if len(spare) < 3 * window:
            raise Violation(f"{len(spare)} tokens of {len(text) - n_bytes} bytes are too few to exchange passages")
        self.vocab, self.spare = len(table), spare[window + 1 :]
        self.n_scored = len(scored) - 1  # the first token has nothing before it
        self.n_bytes = n_bytes - len(table[scored[0]])
        n_rows = -(-self.n_scored // window)
        stream = np.concatenate([scored, spare[: window + 1]])
        self.windows = stream[: n_rows * window].reshape(n_rows, window)
        self.targets = stream[1 : n_rows * window + 1].reshape(n_rows, window)

    def fresh(self):
        return Candidate(patience=PATIENCE, largest=4 * self.batch * self.window * self.vocab)

    def ask_all(self, windows, targets):
        """Nats of all windows, asked of one fresh process in random order."""
        nats, order = np.empty(windows.shape), self.rng.permutation(len(windows))
        with self.fresh() as candidate:
            for start in range(0, len(order), self.batch):
                rows = order[start : start + self.batch]
                nats[rows] = candidate.nats(windows[rows], targets[rows], self.vocab)
        return nats

    def audit_company_and_ends(self, nats):
        """Ask windows again in other company, and others with another end. Returns the largest shift in nats."""
        n_intact, n_rows = min(INTACT, len(nats) // 3), min(INTACT + EXCHANGED, len(nats))
        rows = self.rng.choice(len(nats), n_rows, replace=False)
        asked, cuts = self.windows[rows], np.full(n_rows, self.window)
        for i in range(n_intact, n_rows):
            cuts[i] = self.rng.integers(1, self.window)
            lent = self.rng.integers(len(self.spare) - self.window)
            asked[i, cuts[i] :] = self.spare[lent + cuts[i] : lent + self.window]
        moved = np.abs(self.ask_all(asked, self.targets[rows]) - nats[rows])
        shift = np.where(np.arange(self.window) < cuts[:, None], moved, 0)
        company = require_still(shift[:n_intact], "an answer depends on the other windows asked")
        return max(company, require_still(shift[n_intact:], "an answer depends on later tokens of its window"))

    def audit_prefixes(self, nats):
        """Ask prefixes only, short ones first: nothing later was ever sent. Returns the largest shift in nats."""
        rounds = -(-PREFIXES // self.window)
        lengths = 1 + np.concatenate([self.rng.permutation(self.window) for _ in range(rounds)])[:PREFIXES]
        shift = []
        with self.fresh() as candidate:
            for length, n_rows in zip(*np.unique(lengths, return_counts=True), strict=True):
                rows = self.rng.choice(len(nats), min(n_rows, len(nats)), replace=False)
                asked, target = self.windows[rows, :length], self.targets[rows, length - 1 : length]
                alone = candidate.nats(asked, target, self.vocab)[:, 0]
                shift.append(np.abs(alone - nats[rows, length - 1]).max())
        return require_still(shift, "an answer for a whole window is not the one for its beginning alone")

    def metrics(self):
        """The metrics, by name. Raises Violation or ContestantError."""
        nats = self.ask_all(self.windows, self.targets)
        shift = max(self.audit_company_and_ends(nats), self.audit_prefixes(nats))
        bits = -float(nats.reshape(-1)[: self.n_scored].sum()) / math.log(2)
        return {"val_bpb": bits / self.n_bytes, "audit_nats": shift, "bytes_per_token": self.n_bytes / self.n_scored}


def options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--split", choices=["val", "holdout"], default="val")
    parser.add_argument("--window", type=int, required=True, help="tokens")
    parser.add_argument("--batch", type=int, required=True, help="windows in one question")
    parser.add_argument("--bytes", type=int, required=True, help="bytes of text that are scored")
    return parser.parse_args()


def main():
    chosen, rng = options(), np.random.default_rng(int(os.environ["AUTORESEARCH_SEED"]))
    text = (SEALED / f"{chosen.split}.txt").read_bytes()
    try:
        evaluation = Evaluation(text, n_bytes=chosen.bytes, window=chosen.window, batch=chosen.batch, rng=rng)
        result = evaluation.metrics()
    except (Violation, ContestantError) as foul:
        result = {"violation": str(foul)}
    Path(os.environ["AUTORESEARCH_METRICS"]).write_text(json.dumps(result))
    print(result)


if __name__ == "__main__":
    main()
