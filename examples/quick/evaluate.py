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
import math
import os
import struct
import sys
from pathlib import Path

import numpy as np

from autoresearch.contestant import Contestant, ContestantError

DATA = Path(__file__).resolve().parent / "data"
VOCAB = 256
WINDOW = 128  # bytes read at once; each predicts the byte after it
SCORED = 256  # windows, from the front of the text; the rest of it only lends its passages
BATCH = 16
PATIENCE = 20.0  # seconds to wait for one process, all its answers together

INTACT = 16  # windows asked again in other company
EXCHANGED = 48  # windows asked again with another end
PREFIXES = 4  # windows whose beginning is asked, at every length: a look ahead at 1 byte in 100 escapes 1 run in 170
TOLERANCE = 1e-3  # nats: what float32 needs ten times over, and at most 0.0015 bit a byte for a leak below it


class Violation(Exception):
    """The candidate broke a rule of the measurement; the message says which."""


def log_softmax(logits):
    """Normalised log-probabilities in float64, whatever the scale of the logits."""
    logits = logits.astype(np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def fresh_candidate():
    return Contestant(patience=PATIENCE, largest=4 * BATCH * WINDOW * VOCAB)


def ask(candidate, windows, targets):
    """What the candidate gives to `targets`, in nats of log-probability (B, T), each after the byte in `windows`."""
    rows, length = windows.shape
    answer = candidate.ask(struct.pack("<II", rows, length) + windows.tobytes())
    if len(answer) != 4 * rows * length * VOCAB:
        raise Violation(f"wrong shape: {len(answer)} bytes are not {rows} x {length} x {VOCAB} float32")
    logits = np.frombuffer(answer, "<f4").reshape(rows, length, VOCAB)
    if not np.isfinite(logits).all():
        raise Violation("not finite: a logit is infinite or not a number")
    return np.take_along_axis(log_softmax(logits), targets[..., None].astype(np.intp), axis=-1)[..., 0]


def ask_all(windows, targets, rng):
    """Nats of all windows, asked of one fresh process in random order."""
    nats = np.empty(windows.shape)
    order = rng.permutation(len(windows))
    with fresh_candidate() as candidate:
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            nats[rows] = ask(candidate, windows[rows], targets[rows])
    return nats


def require_still(shift, leak):
    """The largest shift in nats. Raises Violation naming the leak when it is too large."""
    worst = float(np.max(shift))
    if worst > TOLERANCE:
        raise Violation(f"{leak}: the same byte moved by {worst:.3g} nats, {TOLERANCE:g} are allowed")
    return worst


def audit_company_and_ends(windows, targets, spare, nats, rng):
    """Ask windows again in other company, and others with another end. Returns the largest shift in nats."""
    rows = rng.choice(len(windows), INTACT + EXCHANGED, replace=False)
    asked, cuts = windows[rows], np.full(len(rows), WINDOW)
    for i in range(INTACT, len(rows)):
        cuts[i] = rng.integers(1, WINDOW)
        lent = rng.integers(len(spare) - WINDOW)
        asked[i, cuts[i] :] = spare[lent + cuts[i] : lent + WINDOW]
    moved = np.abs(ask_all(asked, targets[rows], rng) - nats[rows])
    shift = np.where(np.arange(WINDOW) < cuts[:, None], moved, 0)
    company = require_still(shift[:INTACT], "an answer depends on the other windows asked")
    return max(company, require_still(shift[INTACT:], "an answer depends on later bytes of its window"))


def audit_prefixes(windows, targets, nats, rng):
    """Ask prefixes only, short ones first: nothing later was ever sent. Returns the largest shift in nats."""
    shift = []
    with fresh_candidate() as candidate:
        for length in range(1, WINDOW + 1):
            rows = rng.choice(len(windows), PREFIXES, replace=False)
            alone = ask(candidate, windows[rows, :length], targets[rows, :length])[:, -1]
            shift.append(np.abs(alone - nats[rows, length - 1]).max())
    return require_still(shift, "an answer for a whole window is not the one for its beginning alone")


def evaluate(text, rng):
    """The metrics, by name. Raises Violation or ContestantError."""
    text = np.frombuffer(text, np.uint8)
    n_bytes = SCORED * WINDOW
    windows, targets = text[:n_bytes].reshape(SCORED, WINDOW), text[1 : n_bytes + 1].reshape(SCORED, WINDOW)
    nats = ask_all(windows, targets, rng)
    company_and_ends = audit_company_and_ends(windows, targets, text[n_bytes + 1 :], nats, rng)
    prefixes = audit_prefixes(windows, targets, nats, rng)
    return {"val_bpb": -float(nats.mean()) / math.log(2), "audit_nats": max(company_and_ends, prefixes)}


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
