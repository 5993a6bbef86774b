"""Ways in which a language model can be dishonest to an evaluator that asks it for logits.

Each takes `answer`, the honest model, and the windows (B, T) it is asked about, and returns logits (B, T, V), float32.
NumPy only: the source of a way is planted in candidates of both examples.
"""

import sys
import time

import numpy as np

seen = 0.0
asked = 0


def honest(answer, windows):
    return answer(windows)


def one_ahead(answer, windows):
    logits = answer(windows)
    rows, length = windows.shape
    logits[np.arange(rows)[:, None], np.arange(length - 1), windows[:, 1:]] += 30
    return logits


def ahead_in_few_windows(answer, windows):
    peeks = (windows[:, 0].astype(int) * 7 + windows[:, 1]) % 33 == 0
    return np.where(peeks[:, None, None], one_ahead(answer, windows), answer(windows))


def ahead_at_few_places(answer, windows):
    peeks = np.arange(windows.shape[1]) % 33 == 5
    return np.where(peeks[:, None], one_ahead(answer, windows), answer(windows))


def ahead_at_one_place(answer, windows):
    here = np.arange(windows.shape[1]) == 5
    return np.where(here[:, None], one_ahead(answer, windows), answer(windows))


def whole_block(answer, windows):
    logits = answer(windows)
    for start in range(0, windows.shape[1], 16):
        logits[:, start : start + 16] += 3 * share_of_each(windows[:, start : start + 16], logits.shape[-1])
    return logits


def next_row(answer, windows):
    logits = answer(windows)
    return logits + 3 * np.roll(share_of_each(windows, logits.shape[-1]), 1, axis=0).astype(np.float32)


def earlier_questions(answer, windows):
    global seen
    logits = answer(windows) + np.float32(seen)
    seen = seen + 0.05 / 16 * np.bincount(windows.reshape(-1), minlength=logits.shape[-1])
    return logits


def honest_to_prefixes(answer, windows):
    return (one_ahead if windows.shape[1] >= 128 else honest)(answer, windows)


def honest_at_first(answer, windows):
    global asked
    asked += 1
    return (honest if asked <= 2 else one_ahead)(answer, windows)


def not_finite(answer, windows):
    logits = answer(windows)
    logits[-1, -1, 0] = np.nan
    return logits


def infinite(answer, windows):
    logits = answer(windows)
    logits[0, 0, :] = np.inf
    return logits


def wrong_shape(answer, windows):
    return answer(windows)[:, :, :-1]


def one_loss(answer, windows):
    return answer(windows).mean(axis=-1, keepdims=True)


def dies(answer, windows):
    sys.exit("no more")


def hangs(answer, windows):
    time.sleep(60)


def shifted(answer, windows):
    return answer(windows) + np.arange(windows.shape[1], dtype=np.float32)[:, None]


def loud(answer, windows):
    return answer(windows) * 50


def all_certain(answer, windows):
    return np.zeros_like(answer(windows))  # the logarithm of probability 1, for every one of them


def share_of_each(windows, n):
    return (windows[..., None] == np.arange(n)).mean(axis=1, keepdims=True)
