"""Run a ShinkaEvolve evaluation as it is: python -m autoresearch.adapters.shinka evaluate.py initial.py

The exit status of `evaluate.py` says nothing there, so it says nothing here: `correct.json` does. A program that is
not correct has no score.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from autoresearch.adapters.say import fail, metrics, numbers


def main(arguments: list[str]) -> None:
    """Evaluate the program and say its numbers."""
    if len(arguments) != 2:
        fail("usage: python -m autoresearch.adapters.shinka EVALUATE PROGRAM")
    evaluate, program = arguments
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, evaluate, "--program_path", program, "--results_dir", folder]
        subprocess.run(argv, check=False)
        correct, found = _read(Path(folder) / "correct.json"), _read(Path(folder) / "metrics.json")
    if correct.get("correct") is not True:
        fail(f"the program is not correct: {correct.get('error') or 'no reason given'}")
    values = numbers({name: found.get(name) for name in ("combined_score", "public", "private")})
    if "combined_score" not in values:
        fail("metrics.json has no number under combined_score")
    metrics(values)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        fail(f"it left no {path.name} that can be read: {error}")
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    main(sys.argv[1:])
