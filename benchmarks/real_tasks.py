"""Six small tasks of different kind that really compute something, for optimisers to be compared on.

Each is a file with constants, a measurement as noisy as such a thing is, and a true value: the same without the luck,
from other seeds or from the fastest of many runs. One measurement takes 1 to 60 ms.
"""

from __future__ import annotations

import bz2
import lzma
import math
import random
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from autoresearch.errors import Foul
from autoresearch.records import Outcome
from planted import Planted, Values

FRESH = range(10_000, 10_007)
"""Seeds of true values: no measurement has them."""


@dataclass(frozen=True, slots=True)
class Real(Planted):
    """A task that is measured by doing it. `loss` is the true value; `best` is not known."""

    once: Callable[[dict[str, Any], int], float] = lambda *_: math.nan
    """One measurement of the constants, at a seed."""

    def measured(self, text: str, rng: random.Random) -> float:
        """One measurement. Raises Foul."""
        value = self.once(self.values(text), rng.randrange(10_000))
        if not math.isfinite(value):
            raise Foul(Outcome.CRASH, "it gave no number")
        return value


def real(name: str, text: str, once: Callable[[dict[str, Any], int], float], *, timed: bool = False) -> Real:
    """A task whose truth is the mean over fresh seeds, or the least of them where the clock is what is noisy."""

    def true(values: Values) -> float:
        found = [once(dict(values), seed) for seed in FRESH]
        return min(found) if timed else math.fsum(found) / len(found)

    return Real(name, text, true, noise=0.0, best=math.nan, once=once)


# 1. A language model: next character from the few before it, one hidden layer, a fixed budget of arithmetic.


@cache
def _corpus() -> tuple[np.ndarray, int]:
    """The project's own README and design notes as numbers, and how many different characters there are."""
    root = Path(__file__).parents[1]
    text = "".join(path.read_text() for path in [root / "README.md", *sorted((root / "design").glob("*.md"))])[:60_000]
    letters = {char: i for i, char in enumerate(sorted(set(text)))}
    return np.array([letters[char] for char in text]), len(letters)


def language_model(v: dict[str, Any], seed: int) -> float:
    data, size = _corpus()
    rng, split = np.random.default_rng(seed), len(data) * 9 // 10
    context, width, embed, batch = v["CONTEXT_LENGTH"], v["WIDTH"], v["EMBED_DIM"], v["BATCH_SIZE"]
    shapes = [(size, embed), (context * embed, width), (width, size)]
    if sum(a * b for a, b in shapes) > 2e6 or batch > 4096:
        raise Foul(Outcome.CRASH, "out of memory")
    params = [rng.normal(0, v["INIT_SCALE"] / math.sqrt(a), (a, b)) for a, b in shapes]
    params[0] *= math.sqrt(size)
    speed = [np.zeros_like(p) for p in params]
    steps = max(1, int(4e7 / (batch * (context * embed * width + width * size) + 5e4)))
    for step in range(steps):
        at = rng.integers(context, split, batch)
        grads = _gradients(params, data[at[:, None] - np.arange(context, 0, -1)], data[at], v)
        done = (step + 1) / steps
        rate = v["LEARNING_RATE"] * min(1.0, done / max(v["WARMUP_RATIO"], 1e-9))
        rate *= 1 - v["COOLDOWN_RATIO"] * done
        for p, s, g in zip(params, speed, grads, strict=True):
            s *= v["MOMENTUM"]
            s += g
            p -= rate * (s + v["WEIGHT_DECAY"] * p)
    at = np.arange(split + context, len(data), 3)
    with np.errstate(all="ignore"):
        _, logits = _forward(params, data[at[:, None] - np.arange(context, 0, -1)], v)
        return float(np.mean(_log_sum(logits) - logits[np.arange(len(at)), data[at]]) / math.log(2))


def _forward(params: list[np.ndarray], x: np.ndarray, v: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    inner = params[0][x].reshape(len(x), -1) @ params[1]
    hidden = (
        np.tanh(inner) if v["ACTIVATION"] == "tanh" else np.maximum(inner, 0) ** (2 if "2" in v["ACTIVATION"] else 1)
    )
    return hidden, hidden @ params[2]


def _log_sum(logits: np.ndarray) -> np.ndarray:
    top = logits.max(1)
    return top + np.log(np.exp(logits - top[:, None]).sum(1))


def _gradients(params: list[np.ndarray], x: np.ndarray, y: np.ndarray, v: dict[str, Any]) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        hidden, logits = _forward(params, x, v)
        wrong = np.exp(logits - _log_sum(logits)[:, None])
        wrong[np.arange(len(y)), y] -= 1
        wrong /= len(y)
        slope = {"tanh": lambda h: 1 - h * h, "relu": lambda h: (h > 0) * 1.0, "relu2": lambda h: 2 * np.sqrt(h)}
        back = (wrong @ params[2].T) * slope[v["ACTIVATION"]](hidden)
        embedded = params[0][x]
        inner = np.zeros_like(params[0])
        np.add.at(inner, x, (back @ params[1].T).reshape(embedded.shape))
        return [inner, embedded.reshape(len(x), -1).T @ back, hidden.T @ wrong]


# 2. The speed of a function: the nearest neighbours of points, in processor milliseconds.


def neighbours(v: dict[str, Any], seed: int) -> float:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(400, 24)).astype(np.float32 if v["USE_FLOAT32"] else np.float64)
    chunk, block = v["CHUNK_SIZE"], v["BLOCK_SIZE"]
    began = time.process_time()
    squares = (points**2).sum(1)
    for start in range(0, len(points), chunk):
        rows = points[start : start + chunk]
        far = np.concatenate(
            [_distances(rows, points[b : b + block], squares[b : b + block], v) for b in range(0, len(points), block)],
            1,
        )
        match v["SELECTION"]:
            case "sort":
                np.argsort(far, axis=1)[:, :10]
            case "partition":
                np.argpartition(far, 10, axis=1)[:, :10]
            case _:
                for _ in range(10):
                    best = far.argmin(1)
                    far[np.arange(len(far)), best] = np.inf
    return (time.process_time() - began) * 1000


def _distances(rows: np.ndarray, others: np.ndarray, squares: np.ndarray, v: dict[str, Any]) -> np.ndarray:
    if v["FORMULA"] == "difference":
        return ((rows[:, None] - others[None]) ** 2).sum(2)
    if not v["USE_CACHE"]:
        squares = (others**2).sum(1)
    return (rows**2).sum(1)[:, None] + squares - 2 * rows @ others.T


# 3. Compression: size and time of a few presets, on text and on numbers.


@cache
def _records() -> bytes:
    rng = np.random.default_rng(1)
    walk = np.cumsum(rng.integers(-3, 4, 12_000)).astype("<i4").tobytes()
    text = _corpus()[0].astype(np.uint8).tobytes()
    return text[:40_000] + walk


def compression(v: dict[str, Any], seed: int) -> float:
    data = np.frombuffer(_records(), np.uint8)
    data = np.roll(data, seed * 37 % 4096)
    began = time.process_time()
    if v["TRANSFORM"] == "delta":
        stride = v["DELTA_STRIDE"]
        data = np.concatenate([data[:stride], data[stride:] - data[:-stride]])
    raw, chunk = data.tobytes(), v["CHUNK_SIZE"]
    size = sum(len(_packed(raw[start : start + chunk], v)) + 8 for start in range(0, len(raw), chunk))
    seconds = time.process_time() - began
    return 100 * size / len(raw) + 4 * math.log2(1 + seconds / 0.004)


def _packed(part: bytes, v: dict[str, Any]) -> bytes:
    match v["CODEC"]:
        case "bz2":
            return bz2.compress(part, v["LEVEL"])
        case "lzma":
            return lzma.compress(part, preset=v["LEVEL"])
    how = {"default": zlib.Z_DEFAULT_STRATEGY, "filtered": zlib.Z_FILTERED, "huffman": zlib.Z_HUFFMAN_ONLY}[
        v["STRATEGY"]
    ]
    packer = zlib.compressobj(v["LEVEL"], zlib.DEFLATED, v["WINDOW_BITS"], v["MEMORY_LEVEL"], how)
    return packer.compress(part) + packer.flush()


# 4. Classic functions with noise: Rosenbrock's valley, Ackley's plain full of holes, Levy's waves.


def classic(v: dict[str, Any], seed: int) -> float:
    return _classic(v) + random.Random(seed).gauss(0, 0.1)


def _classic(v: dict[str, Any]) -> float:
    a, b, c = ([float(v[f"{name}_{axis}"]) for axis in "XYZ"] for name in ("VALLEY", "PLAIN", "WAVE"))
    valley = sum(10 * (a[i + 1] - a[i] ** 2) ** 2 + (1 - a[i]) ** 2 for i in range(2))
    shifted = [x - 0.7 for x in b]
    ackley = 20 + math.e - 20 * math.exp(-0.2 * math.sqrt(sum(x * x for x in shifted) / 3))
    ackley -= math.exp(sum(math.cos(2 * math.pi * x) for x in shifted) / 3)
    w = [1 + (x - 1) / 4 for x in c]
    levy = math.sin(math.pi * w[0]) ** 2 + (w[2] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[2]) ** 2)
    levy += sum((x - 1) ** 2 * (1 + 10 * math.sin(math.pi * x + 1) ** 2) for x in w[:2])
    return math.log1p(valley) + ackley / 4 + levy


# 5. A scheduler: jobs with due dates on machines, by a priority rule and simulated annealing.


@cache
def _jobs() -> tuple[list[tuple[float, float, float]], list[list[float]]]:
    rng = random.Random(4)
    jobs = [(rng.uniform(1, 9), rng.uniform(2, 40), rng.choice([1, 1, 2, 5])) for _ in range(36)]
    return jobs, [[rng.uniform(0, 3) for _ in jobs] for _ in jobs]


def scheduling(v: dict[str, Any], seed: int) -> float:
    restarts = v["RESTARTS_NUM"]
    if restarts > 300:
        raise Foul(Outcome.CRASH, "no steps are left for a restart")
    rng = random.Random(seed)
    return math.fsum(min(_annealed(v, rng, 300 // restarts) for _ in range(restarts)) for _ in range(2)) / 2


def _annealed(v: dict[str, Any], rng: random.Random, steps: int) -> float:
    jobs, setup = _jobs()

    def priority(i: int) -> float:
        takes, due, weight = jobs[i]
        rule = {"shortest": takes, "due": due, "weighted": takes / weight}[v["RULE"]]
        return rule + v["SLACK_FACTOR"] * (due - takes) / weight + rng.gauss(0, v["NOISE_SCALE"])

    order = sorted(range(len(jobs)), key=priority)
    cost, heat = _lateness(order, jobs, setup, v), v["START_TEMPERATURE"]
    best, reach = cost, max(1, round(v["REACH_FRACTION"] * len(jobs)))
    for _ in range(steps):
        new = order.copy()
        i = rng.randrange(len(new))
        j = min(len(new) - 1, max(0, i + rng.randint(-reach, reach)))
        if rng.random() < v["SWAP_PROBABILITY"]:
            new[i], new[j] = new[j], new[i]
        else:
            new.insert(j, new.pop(i))
        late = _lateness(new, jobs, setup, v)
        if late < cost or rng.random() < math.exp(-(late - cost) / max(heat, 1e-9)):
            order, cost, best = new, late, min(best, late)
        heat *= v["COOLING_GAMMA"]
    return best


def _lateness(order: list[int], jobs: list[Any], setup: list[list[float]], v: dict[str, Any]) -> float:
    free, last, late = [0.0] * 4, [-1] * 4, 0.0
    for job in order:
        takes, due, weight = jobs[job]
        ready = [free[m] + (setup[last[m]][job] if last[m] >= 0 else 0.0) for m in range(4)]
        m = min(range(4), key=lambda m: ready[m] if v["COUNT_SETUP"] else free[m])
        free[m], last[m] = ready[m] + takes, job
        late += weight * max(0.0, free[m] - due)
    return late


# 6. A numeric solver: multigrid for Poisson's equation, in work per digit won.


def multigrid(v: dict[str, Any], seed: int) -> float:
    n = 33
    f = np.zeros((n, n))
    f[1:-1, 1:-1] = np.random.default_rng(seed).normal(size=(n - 2, n - 2))
    u, work = np.zeros_like(f), [0.0]
    first = float(np.abs(_residual(u, f)).max())
    left = first
    for _ in range(40):
        u = _cycle(u, f, v, v["LEVELS_NUM"], work)
        with np.errstate(all="ignore"):
            left = float(np.abs(_residual(u, f)).max())
        if not left < 1e9 * first or work[0] > 500:
            raise Foul(Outcome.TIMEOUT, "it does not converge")
        if left < 1e-7 * first:
            break
    digits = -math.log10(left / first)
    if digits < 0.5:
        raise Foul(Outcome.TIMEOUT, "it hardly converges")
    return work[0] / digits


def _residual(u: np.ndarray, f: np.ndarray) -> np.ndarray:
    r = np.zeros_like(u)
    r[1:-1, 1:-1] = f[1:-1, 1:-1] - (4 * u[1:-1, 1:-1] - u[:-2, 1:-1] - u[2:, 1:-1] - u[1:-1, :-2] - u[1:-1, 2:])
    return r


def _smooth(u: np.ndarray, f: np.ndarray, v: dict[str, Any], steps: int, work: list[float]) -> np.ndarray:
    odd = np.indices(u.shape).sum(0) % 2 == 1
    for _ in range(steps):
        if v["SMOOTHER"] == "jacobi":
            u = u + v["DAMPING_FACTOR"] * _residual(u, f) / 4
        else:
            for colour in (odd, ~odd):
                u = u + np.where(colour, v["DAMPING_FACTOR"] * _residual(u, f) / 4, 0)
        work[0] += (u.shape[0] / 33) ** 2
    return u


def _cycle(u: np.ndarray, f: np.ndarray, v: dict[str, Any], levels: int, work: list[float]) -> np.ndarray:
    if levels <= 1 or len(u) < 5:
        return _smooth(u, f, v, v["COARSE_STEPS"], work)
    with np.errstate(all="ignore"):
        u = _smooth(u, f, v, v["PRE_STEPS"], work)
        r = _residual(u, f)
        coarse = r[::2, ::2].copy()
        if v["USE_WEIGHTING"]:
            near = r[1:-1, :-2] + r[1:-1, 2:] + r[:-2, 1:-1] + r[2:, 1:-1]
            coarse[1:-1, 1:-1] = (r[1:-1, 1:-1] / 2 + near / 8)[1::2, 1::2]
        error = np.zeros_like(coarse)
        for _ in range(v["CYCLES_NUM"]):
            error = _cycle(error, 4 * coarse, v, levels - 1, work)
        fine = np.zeros_like(u)
        fine[::2, ::2] = error
        fine[1::2, ::2] = (error[1:] + error[:-1]) / 2
        fine[:, 1::2] = (fine[:, :-1:2] + fine[:, 2::2]) / 2
        return _smooth(u + fine, f, v, v["POST_STEPS"], work)


TASKS = (
    real(
        "language model",
        "LEARNING_RATE = 0.01\nBATCH_SIZE = 128\nWIDTH = 32\nEMBED_DIM = 8\nCONTEXT_LENGTH = 4\nMOMENTUM = 0.5\n"
        "WEIGHT_DECAY = 0.01\nINIT_SCALE = 1.0\nWARMUP_RATIO = 0.1\nCOOLDOWN_RATIO = 0.0\n"
        'ACTIVATION = "tanh"  # tanh | relu | relu2\n',
        language_model,
    ),
    real(
        "function speed",
        "CHUNK_SIZE = 64\nBLOCK_SIZE = 128\nUSE_FLOAT32 = False\nUSE_CACHE = False\n"
        'FORMULA = "difference"  # difference | product\nSELECTION = "sort"  # sort | partition | rounds\n',
        neighbours,
        timed=True,
    ),
    real(
        "compression",
        'CODEC = "zlib"  # zlib | bz2 | lzma\nLEVEL = 6  # tune: 1..9\nWINDOW_BITS = 15  # tune: 9..15\n'
        'MEMORY_LEVEL = 8  # tune: 1..9\nSTRATEGY = "default"  # default | filtered | huffman\n'
        'TRANSFORM = "none"  # none | delta\nDELTA_STRIDE = 1\nCHUNK_SIZE = 4096\n',
        compression,
        timed=True,
    ),
    real(
        "classic functions",
        "".join(
            f"{name}_{axis} = {start}  # tune: -4..4\n"
            for name, starts in (
                ("VALLEY", (-1.5, 2.0, -1.0)),
                ("PLAIN", (3.0, -2.0, 2.5)),
                ("WAVE", (-3.0, 3.0, -2.0)),
            )
            for axis, start in zip("XYZ", starts, strict=True)
        ),
        classic,
    ),
    real(
        "scheduler",
        'RULE = "shortest"  # shortest | due | weighted\nSLACK_FACTOR = 0.1\nNOISE_SCALE = 2.0\n'
        "START_TEMPERATURE = 50.0\nCOOLING_GAMMA = 0.9\nREACH_FRACTION = 0.5\nSWAP_PROBABILITY = 0.9\n"
        "RESTARTS_NUM = 4\nCOUNT_SETUP = False\n",
        scheduling,
    ),
    real(
        "numeric solver",
        "DAMPING_FACTOR = 0.6\nPRE_STEPS = 4\nPOST_STEPS = 4\nCOARSE_STEPS = 8\nLEVELS_NUM = 2\nCYCLES_NUM = 1\n"
        'SMOOTHER = "jacobi"  # jacobi | red-black\nUSE_WEIGHTING = False\n',
        multigrid,
    ),
)
