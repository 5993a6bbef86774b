"""A ShinkaEvolve example: `initial.*`, and `evaluate.py` that writes `metrics.json` and `correct.json`."""

from __future__ import annotations

import shlex
from pathlib import Path

from autoresearch.errors import UserError
from autoresearch.setups.draft import Draft, inside, safe_name
from autoresearch.setups.files import demand, text
from autoresearch.setups.openevolve import INSIDE

SECONDS = 300.0


def draft(root: Path, folder: Path) -> Draft:
    """A task around the example. Raises UserError where it is none."""
    evaluate = demand(folder, "evaluate.py", what="a ShinkaEvolve example")
    found = sorted(path for path in folder.glob("initial.*") if path.is_file())
    if not found:
        raise UserError(f"{folder} is not a ShinkaEvolve example: there is no initial.*", fix="autoresearch init")
    program, where = found[0], inside(root, folder)
    remarks = [
        "A ShinkaEvolve example, as it is. evaluate.py runs the program and writes the score: it is self-reported.",
        "A program that correct.json does not call correct is a crash and has no score.",
    ]
    if "shinka" in text(evaluate):
        remarks.append("evaluate.py imports shinka: it must be installed where `python` is.")
    words = ["python", "-m", "autoresearch.adapters.shinka", f"{where}evaluate.py", where + program.name]
    blocks = "EVOLVE-BLOCK" in text(program)
    return Draft(
        name=safe_name(folder.resolve().name),
        goal=f"Highest combined_score of {program.name}",
        editable=[where + program.name],
        metric="combined_score",
        direction="maximize",
        command=shlex.join(words),
        seconds=SECONDS,
        remarks=remarks,
        hints=[INSIDE] if blocks else [],
    )
