"""Run an OpenEvolve evaluator as it is: python -m autoresearch.adapters.openevolve evaluator.py initial_program.py

With `--cascade 0.5 0.75` its stages run as OpenEvolve runs them: the next one only where the score reaches its
threshold. Fitness is `combined_score`, else the mean of all numbers. A string under `error` is a crash, not a zero.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import math
import shutil
import sys
import tempfile
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from autoresearch.adapters.say import fail, metrics, numbers

SCORE = "combined_score"


def main(arguments: list[str]) -> None:
    """Evaluate the program and say its numbers."""
    if len(arguments) < 2 or (len(arguments) > 2 and arguments[2] != "--cascade"):
        fail("usage: python -m autoresearch.adapters.openevolve EVALUATOR PROGRAM [--cascade THRESHOLD ...]")
    thresholds = [float(each) for each in arguments[3:]] if len(arguments) > 2 else None
    evaluator = _loaded(Path(arguments[0]).absolute())
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / f"program{Path(arguments[1]).suffix}"  # elsewhere, as there, so that no path is known
        shutil.copyfile(arguments[1], program)
        found = evaluated(evaluator, str(program), thresholds)
    error = found.get("error")
    if isinstance(error, str) and error:
        fail(f"the evaluator says: {error}")
    values = numbers({name: each for name, each in found.items() if name != "artifacts"})
    metrics(values | {SCORE: fitness(values)})


def evaluated(evaluator: Any, program: str, thresholds: Sequence[float] | None) -> dict[str, Any]:
    """What the evaluator returns; with `thresholds`, what its stages return together."""
    if thresholds is None:
        return called(evaluator.evaluate, program)
    found: dict[str, Any] = {}
    for stage, threshold in enumerate([*thresholds, math.inf], 1):
        judge = getattr(evaluator, f"evaluate_stage{stage}", None)
        if judge is None:
            break
        found |= called(judge, program)
        if not fitness(numbers(found)) >= threshold:
            break
    return found


def called(judge: Callable[[str], Any], program: str) -> dict[str, Any]:
    """What one function returns, as a dictionary: it may be asynchronous, or return an object with `metrics`."""
    found = judge(program)
    if inspect.isawaitable(found):
        found = asyncio.run(_awaited(found))
    found = getattr(found, "metrics", found)
    if not isinstance(found, Mapping):
        fail(f"the evaluator returned {type(found).__name__}, not a dictionary")
    return dict(found)


async def _awaited(found: Any) -> Any:
    return await found


def fitness(values: Mapping[str, float]) -> float:
    """The number OpenEvolve goes by."""
    return values[SCORE] if SCORE in values else fmean(values.values()) if values else math.nan


def _loaded(path: Path) -> Any:
    """The evaluator's module, under the name and with the search path it has there."""
    sys.path.insert(0, str(path.parent))
    if importlib.util.find_spec("openevolve") is None:
        _stand_in()
    spec = importlib.util.spec_from_file_location("evaluation_module", path)
    if spec is None or spec.loader is None:
        fail(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["evaluation_module"] = module
    spec.loader.exec_module(module)
    return module


def _stand_in() -> None:
    """The one class evaluators import from OpenEvolve, where that is not installed."""

    class EvaluationResult:
        """Metrics, and artifacts nobody here looks at."""

        def __init__(self, metrics: Mapping[str, Any], artifacts: Mapping[str, Any] | None = None) -> None:
            self.metrics, self.artifacts = dict(metrics), dict(artifacts or {})

    package, module = types.ModuleType("openevolve"), types.ModuleType("openevolve.evaluation_result")
    module.__dict__["EvaluationResult"] = EvaluationResult
    package.__dict__["evaluation_result"] = module
    sys.modules |= {"openevolve": package, "openevolve.evaluation_result": module}


if __name__ == "__main__":
    main(sys.argv[1:])
