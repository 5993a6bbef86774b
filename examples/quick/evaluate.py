"""Bits per byte of the candidate on text it has never seen, from logits it serves. Sealed.

    python evaluate.py [--split holdout]     `autoresearch` runs it: it needs a door to the candidate

The candidate gets windows of bytes and answers with logits. It is never told what is scored; softmax, logarithm and
the count of bytes happen here, in float64. Whole windows go over at once, so an answer could use what comes later in
its window. Two more fresh processes of the candidate are therefore asked about the same text: one in other company and
with the ends of windows exchanged for another real passage, one prefixes only, short ones first. If what it says about
a byte moves by more than TOLERANCE, the run is a violation, whatever its score.

A question is B, T as two 4-byte integers and B * T bytes; an answer is B * T * 256 float32, all little-endian.
"""

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np

from autoresearch.contestant import Contestant, ContestantError

DATA = Path(__file__).resolve().parent / "data"
VOCABULARY = 256
WINDOW = 128  # bytes read at once; each predicts the byte after it
SCORED = 256  # windows, from the front of the text; the rest of it only lends its passages
BATCH = 16
PATIENCE = 8.0  # seconds to wait for one process, all its answers together

INTACT = 16  # windows asked again in other company
EXCHANGED = 48  # windows asked again with another end
PREFIXES = 32  # lengths at which BATCH prefixes are asked: a look ahead at 1 byte in 100 escapes 1 run in 170
TOLERANCE = 1e-3  # nats: what float32 needs ten times over, and at most 0.0015 bit a byte for a leak below it


class Violation(Exception):
    """The candidate broke a rule of the measurement; the message says which."""


def log_softmax(logits):
    """Normalised log-probabilities in float64, whatever the scale of the logits."""
    logits = logits.astype(np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def fresh_candidate():
    return Contestant(patience=PATIENCE, largest=4 * BATCH * WINDOW * VOCABULARY)


def ask(candidate, windows):
    """Log-probabilities (B, T, 256) of the byte after each byte of windows (B, T)."""
    rows, length = windows.shape
    answer = candidate.ask(struct.pack("<II", rows, length) + windows.tobytes())
    if len(answer) != 4 * rows * length * VOCABULARY:
        raise Violation(f"wrong shape: {len(answer)} bytes are not {rows} x {length} x {VOCABULARY} float32")
    logits = np.frombuffer(answer, "<f4").reshape(rows, length, VOCABULARY)
    if not np.isfinite(logits).all():
        raise Violation("not finite: a logit is infinite or not a number")
    return log_softmax(logits)


def ask_all(windows, rng):
    """Log-probabilities of all windows, asked of one fresh process in random order."""
    said = np.empty((*windows.shape, VOCABULARY))
    order = rng.permutation(len(windows))
    with fresh_candidate() as candidate:
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            said[rows] = ask(candidate, windows[rows])
    return said


def bits_per_byte(said, targets):
    """Mean of -log2 of the probability given to each byte that came."""
    nats = -np.take_along_axis(said, targets[..., None].astype(np.intp), axis=-1)
    return float(nats.mean() / np.log(2))


def require_still(shift, leak):
    """The largest shift in nats. Raises Violation naming the leak when it is too large."""
    worst = float(np.max(shift))
    if worst > TOLERANCE:
        raise Violation(f"{leak}: the same bytes moved by {worst:.3g} nats, {TOLERANCE:g} are allowed")
    return worst


def audit_company_and_ends(windows, spare, said, rng):
    """Ask windows again in other company, and others with another end. Returns the largest shift in nats."""
    rows = rng.choice(len(windows), INTACT + EXCHANGED, replace=False)
    asked, cuts = windows[rows], np.full(len(rows), WINDOW)
    for i in range(INTACT, len(rows)):
        cuts[i] = rng.integers(1, WINDOW)
        lent = rng.integers(len(spare) - WINDOW)
        asked[i, cuts[i] :] = spare[lent + cuts[i] : lent + WINDOW]
    again = ask_all(asked, rng)
    shift = np.array([np.abs(again[i] - said[row])[: cuts[i]].max() for i, row in enumerate(rows)])
    company = require_still(shift[:INTACT], "an answer depends on the other windows asked")
    return max(company, require_still(shift[INTACT:], "an answer depends on later bytes of its window"))


def audit_prefixes(windows, said, rng):
    """Ask prefixes only, short ones first: nothing later was ever sent. Returns the largest shift in nats."""
    shift = 0.0
    with fresh_candidate() as candidate:
        for length in np.sort(rng.choice(np.arange(1, WINDOW + 1), PREFIXES, replace=False)):
            rows = rng.choice(len(windows), BATCH, replace=False)
            last = ask(candidate, windows[rows, :length])[:, -1]
            shift = max(shift, np.abs(last - said[rows, length - 1]).max())
    return require_still(shift, "an answer for a whole window is not the one for its beginning alone")


def evaluate(text, rng):
    """The metrics, by name. Raises Violation or ContestantError."""
    text = np.frombuffer(text, np.uint8)
    scored, spare = SCORED * WINDOW, text[SCORED * WINDOW + 1 :]
    windows = text[:scored].reshape(SCORED, WINDOW)
    said = ask_all(windows, rng)
    shift = max(audit_company_and_ends(windows, spare, said, rng), audit_prefixes(windows, said, rng))
    return {"val_bpb": bits_per_byte(said, text[1 : scored + 1].reshape(SCORED, WINDOW)), "audit_nats": shift}


def main():
    split = "holdout" if sys.argv[1:] == ["--split", "holdout"] else "val"
    rng = np.random.default_rng(int(os.environ["AUTORESEARCH_SEED"]))
    try:
        result = evaluate((DATA / f"{split}.txt").read_bytes(), rng)
    except (Violation, ContestantError) as foul:
        result = {"violation": str(foul)}
    Path(os.environ["AUTORESEARCH_METRICS"]).write_text(json.dumps(result))
    print(result)


if __name__ == "__main__":
    main()
