"""An OpenEvolve example: `initial_program.*` with EVOLVE-BLOCK markers, `evaluator.py` with `evaluate(path)`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from autoresearch.errors import UserError
from autoresearch.setups.draft import Draft, inside, safe_name
from autoresearch.setups.files import constant, demand, text

INSIDE = "Change only what stands between EVOLVE-BLOCK-START and EVOLVE-BLOCK-END."
SECONDS = 300.0
"""What OpenEvolve gives an evaluation."""
THRESHOLDS = (0.5, 0.75, 0.9)
"""Of its cascade, where the configuration does not say."""


def draft(root: Path, folder: Path) -> Draft:
    """A task around the example. Raises UserError where it is none."""
    evaluator = demand(folder, "evaluator.py", what="an OpenEvolve example")
    program, where = _program(folder), inside(root, folder)
    settings = "\n".join(text(path) for path in sorted(folder.glob("config*.y*ml"))[:1])
    stages = _stages(text(evaluator), settings)
    words = ["python", "-m", "autoresearch.adapters.openevolve", f"{where}evaluator.py", where + program.name]
    words += ["--cascade", *map(str, stages)] if stages else []
    return Draft(
        name=safe_name(folder.resolve().name),
        goal=f"Highest combined_score of {program.name}",
        editable=[where + program.name],
        metric="combined_score",
        direction="maximize",
        command=shlex.join(words),
        seconds=_indented(settings, "timeout") or SECONDS,
        remarks=_remarks(text(evaluator), stages),
        hints=_hints(text(program)),
    )


def _program(folder: Path) -> Path:
    named = (*folder.glob("initial_program.*"), *folder.glob("init_program.*"))
    found = sorted(path for path in named if path.is_file())
    if not found:
        raise UserError(f"{folder} is not an OpenEvolve example: there is no initial_program.", fix="autoresearch init")
    return found[0]


def _stages(evaluator: str, settings: str) -> tuple[float, ...]:
    """Thresholds of the cascade; empty where the evaluator has none or the configuration turns it off."""
    if not re.search(r"^(async )?def evaluate_stage1\b", evaluator, re.M):
        return ()
    if re.search(r"^\s*cascade_evaluation:\s*false\b", settings, re.M | re.I):
        return ()
    found = re.search(r"^\s*cascade_thresholds:\s*\[([^\]]*)\]", settings, re.M)
    listed = re.search(r"^\s*cascade_thresholds:\s*\n((?:\s*-\s*[\d.]+\s*\n?)+)", settings, re.M)
    numbers = re.findall(r"\d+(?:\.\d+)?", (found or listed or ["", ""])[1])
    return tuple(map(float, numbers)) or THRESHOLDS


def _indented(settings: str, name: str) -> float | None:
    section = re.search(r"^evaluator:\s*\n((?:[ \t]+.*\n?)+)", settings, re.M)
    return constant(re.sub(r"^\s+(\w+):", r"\1 =", section[1], flags=re.M), name) if section else None


def _remarks(evaluator: str, stages: tuple[float, ...]) -> list[str]:
    remarks = [
        "An OpenEvolve example, as it is. Its evaluator runs the program inside its own process: self-reported.",
        "Scores are compared by our referee, from several runs, and not by one draw each.",
    ]
    if stages:
        remarks.append("Its stages run as there: a program that fails an early one has that stage's score.")
    if "combined_score" not in evaluator:
        remarks.append("It names no combined_score: the mean of all its numbers counts, as there. Look what they are.")
    return remarks


def _hints(program: str) -> list[str]:
    return [INSIDE] if "EVOLVE-BLOCK" in program else []
