"""Six planted tasks of different kind, and a small honest loop to play an optimiser on them.

Each task is a Python file with constants and a formula for the loss those constants cause; the best constants are known
by construction, so an optimiser can be judged by the true loss of what it delivers, whatever the noise made it believe.
"""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.protocols import Agent
from autoresearch.records import (
    Brief,
    Candidate,
    Direction,
    Experiment,
    Measurement,
    Metric,
    Outcome,
    Side,
    Verdict,
)

Values = Mapping[str, object]
METRIC = Metric("loss", Direction.MINIMIZE)


@dataclass(frozen=True, slots=True)
class Planted:
    """A file with constants, the loss they cause, and the noise of one measurement."""

    name: str
    text: str
    loss: Callable[[Values], float]
    """Raises Foul for constants that crash or run out of time."""
    noise: float
    best: float
    """A loss about as low as this task gets."""

    def values(self, text: str) -> dict[str, object]:
        """The module-level constants of a version of the file."""
        assigned = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
        return {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in assigned}

    def true(self, text: str) -> float:
        """The loss without noise."""
        return self.loss(self.values(text))

    def measured(self, text: str, rng: random.Random) -> float:
        """One measurement: the loss and some luck."""
        return self.true(text) + rng.gauss(0, self.noise)


def _off(value: object, best: float, *, width: float = 1.0) -> float:
    """Squared distance in doublings over `width`."""
    return (math.log2(float(str(value)) / best) / width) ** 2


def _language_model(v: Values) -> float:
    lr, batch = float(str(v["LEARNING_RATE"])), float(str(v["BATCH_SIZE"]))
    params = math.log2(float(str(v["WIDTH"])) ** 2 * float(str(v["DEPTH"])))
    if float(str(v["WIDTH"])) % float(str(v["HEADS"])):
        raise Foul(Outcome.CRASH, "width is no multiple of heads")
    if params > 20:
        raise Foul(Outcome.CRASH, "out of memory")
    return (
        2.0
        + 0.03 * _off(lr, 4e-3 * math.sqrt(batch / 32))
        + 0.02 * _off(batch, 16)
        + 0.01 * (params - 14.5) ** 2
        + 0.02 * _off(v["DEPTH"], 3)
        + 0.01 * _off(1 - float(str(v["BETA2"])), 0.05)
        + 0.3 * (float(str(v["WARMUP_RATIO"])) - 0.1) ** 2
        + 0.01 * _off(float(str(v["WEIGHT_DECAY"])) + 0.01, 0.1)
        + (0.02 if v["ACTIVATION"] == "gelu" else 0.0)
        + (0.01 if v["USE_BIAS"] else 0.0)
    )


def _function_speed(v: Values) -> float:
    block, unroll = float(str(v["BLOCK_SIZE"])), float(str(v["UNROLL_STEPS"]))
    if block * unroll > 2**15:
        raise Foul(Outcome.CRASH, "buffer too large")
    strategy = {"naive": 1.0, "blocked": 0.55, "recursive": 0.7}[str(v["ALGORITHM"])]
    cost = strategy * (1 + 0.12 * _off(block, 512)) * (1 + 0.08 * _off(unroll, 6)) * (0.8 if v["USE_CACHE"] else 1.0)
    return 10 * cost * (1 + 0.05 * _off(v["CUTOFF"], 48)) * (1.1 if v["CHECK_BOUNDS"] else 1.0)


def _compression(v: Values) -> float:
    window = math.log2(float(str(v["WINDOW_SIZE"])))
    size = 40 + 3 * abs(window - 17) + 0.8 * abs(float(str(v["MATCH_LENGTH"])) - 5)
    size += 4 * _off(float(str(v["HASH_BINS"])), 2**14, width=3)
    if v["USE_DICTIONARY"]:
        size += -4 + 2 * _off(v["DICTIONARY_SIZE"], 4096, width=2)
    return size + {"fixed": 5.0, "dynamic": 2.0, "adaptive": 0.0}[str(v["CODING"])] + 0.5 * _off(v["LAZY_DEPTH"], 8)


def _valley(v: Values) -> float:
    x = [math.log2(float(str(v[f"GAIN_{name}"]))) for name in "ABCDEFGH"]
    bends = sum((x[i + 1] - 0.6 * x[i]) ** 2 for i in range(7))
    return 1 + 0.5 * bends + 0.15 * sum((xi - 1.2) ** 2 for xi in x)


def _scheduler(v: Values) -> float:
    cooling = -math.log2(1 - float(str(v["COOLING_GAMMA"])))
    late = (
        0.6 * (cooling - 6) ** 2 + 1.5 * _off(v["START_TEMPERATURE"], 20, width=2) + 0.8 * _off(v["MOVES_COUNT"], 400)
    )
    late += 10 * (float(str(v["SWAP_PROBABILITY"])) - 0.35) ** 2 + 0.5 * _off(v["RESTARTS_NUM"], 4)
    return 100 + late + (0.0 if v["ORDER"] == "critical" else 3.0) + (0.0 if v["REHEAT"] else 1.0)


def _solver(v: Values) -> float:
    dt, tolerance = float(str(v["STEP_SCALE"])), float(str(v["TOLERANCE"]))
    order = {"euler": 1, "heun": 2, "rk4": 4}[str(v["METHOD"])]
    seconds = order / dt + 0.2 * -math.log10(tolerance) * float(str(v["NEWTON_STEPS"]))
    if seconds > 400:
        raise Foul(Outcome.TIMEOUT, "ran out of time")
    error = math.log10(1e-9 + dt**order / 10 + tolerance + 10.0 ** -(2 * float(str(v["NEWTON_STEPS"]))))
    return 20 + 2 * error + 0.05 * seconds + 0.3 * _off(v["DAMPING_FACTOR"], 0.7)


TASKS = (
    Planted(
        "language model",
        "LEARNING_RATE = 1e-3\nBATCH_SIZE = 64\nWIDTH = 128\nDEPTH = 2\nHEADS = 4\nBETA2 = 0.99\nWARMUP_RATIO = 0.0\n"
        "WEIGHT_DECAY = 0.1\nGRAD_CLIP = 1.0\nEPS = 1e-8\n"
        'ACTIVATION = "gelu"  # gelu | relu2\nUSE_BIAS = True\nSEED = 1\n',
        _language_model,
        noise=0.004,
        best=2.0,
    ),
    Planted(
        "function speed",
        'BLOCK_SIZE = 64\nUNROLL_STEPS = 1\nCUTOFF = 16\nALGORITHM = "naive"  # naive | blocked | recursive\n'
        "USE_CACHE = False\nCHECK_BOUNDS = True\nPREFETCH_WINDOW = 4\nALIGN = 16\n",
        _function_speed,
        noise=0.1,
        best=4.4,
    ),
    Planted(
        "compression",
        "WINDOW_SIZE = 32768\nMATCH_LENGTH = 3\nHASH_BINS = 4096\nLAZY_DEPTH = 2\n"
        'CODING = "fixed"  # fixed | dynamic | adaptive\n'
        "USE_DICTIONARY = False\nDICTIONARY_SIZE = 1024\nCHUNK_SIZE = 65536\n",
        _compression,
        noise=0.0,
        best=36.8,
    ),
    Planted(
        "curved valley",
        "".join(
            f"GAIN_{name} = {start}\n"
            for name, start in zip("ABCDEFGH", (0.5, 1.0, 0.3, 2.0, 1.0, 0.5, 4.0, 1.0), strict=True)
        ),
        _valley,
        noise=0.05,
        best=1.44,
    ),
    Planted(
        "scheduler",
        "START_TEMPERATURE = 5.0\nCOOLING_GAMMA = 0.9\nMOVES_COUNT = 100\nSWAP_PROBABILITY = 0.5\nRESTARTS_NUM = 1\n"
        'ORDER = "shortest"  # shortest | critical | random\nREHEAT = False\nTABU_LENGTH = 10\n',
        _scheduler,
        noise=0.5,
        best=100.0,
    ),
    Planted(
        "numeric solver",
        "STEP_SCALE = 0.1\nTOLERANCE = 1e-4\nNEWTON_STEPS = 2\n"
        'METHOD = "euler"  # euler | heun | rk4\nDAMPING_FACTOR = 1.0\n'
        "USE_JACOBIAN = True\nCACHE_SIZE = 64\n",
        _solver,
        noise=0.05,
        best=11.88,
    ),
)


class Game:
    """One study of a planted task: a real history, a simulated measurement, the greedy rule."""

    def __init__(self, task: Planted, root: Path, *, seed: int, threshold: float = 1.0) -> None:
        self.task = task
        self.tip = task.text
        self.history = History(METRIC)
        self._texts = {"c0": task.text}
        self._root = root
        self._random = random.Random(seed)
        self._threshold = threshold * task.noise
        self._record(Candidate(0, "c0", "c0", "baseline"), [self._measured(task.text) for _ in range(4)])

    def play(self, agent: Agent, experiments: int, *, step: str = "improve") -> list[float]:
        """The true loss of the tip after each of so many experiments."""
        losses = []
        for _ in range(experiments):
            self.attempt(agent, step=step)
            losses.append(self.task.true(self.tip))
        return losses

    def attempt(self, agent: Agent, *, step: str = "improve") -> Experiment:
        """One experiment from the tip."""
        number, tip = self.history.next_number, self.history.tip
        assert tip
        assert tip.candidate
        parent = tip.candidate.commit
        file = self._root / "train.py"
        file.write_text(self._texts[parent])
        try:
            proposal = agent.edit(Brief(number, parent, step), self._root, self.history)
        except Foul as foul:
            verdict = Verdict(foul.outcome, foul.reason)
            self.history.add(done := Experiment(number, None, verdict, None, parent, agent.name))
            return done
        self._texts[f"c{number}"] = file.read_text()
        detail = proposal.detail
        candidate = Candidate(
            number, f"c{number}", parent, proposal.summary, proposal.hypothesis, proposal.agent, detail=detail
        )
        return self._record(candidate, [self._measured(self._texts[candidate.commit])])

    def _measured(self, text: str) -> float | Foul:
        try:
            return self.task.measured(text, self._random)
        except Foul as foul:
            return foul

    def _record(self, candidate: Candidate, runs: list[float | Foul]) -> Experiment:
        history = self.history
        history.add(candidate)
        numbers = [run for run in runs if not isinstance(run, Foul)]
        for run in runs:
            value = None if isinstance(run, Foul) else run
            history.add(Measurement(candidate.commit, Side.CANDIDATE, value, 0, 1.0, experiment=candidate.number))
        value = sum(numbers) / len(numbers) if numbers else None
        done = Experiment(
            candidate.number, candidate, self._verdict(runs, value), value, candidate.parent, candidate.agent
        )
        history.add(done)
        if done.verdict.outcome is Outcome.KEEP:
            self.tip = self._texts[candidate.commit]
        return done

    def _verdict(self, runs: list[float | Foul], value: float | None) -> Verdict:
        foul = next((run for run in runs if isinstance(run, Foul)), None)
        if foul or value is None:
            return Verdict(foul.outcome if foul else Outcome.CRASH, str(foul))
        tip = self.history.tip
        if tip is None or tip.candidate is None:
            return Verdict(Outcome.KEEP, "baseline")
        before = self.history.values(tip.candidate.commit)
        gain = METRIC.gain(value, over=sum(before) / len(before))
        return Verdict(Outcome.KEEP if gain > self._threshold else Outcome.DISCARD, f"gain {gain:.3g}")
