"""A night whose kept changes can be handed over, in a repository with folders, odd names and files that come and go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from autoresearch import config
from autoresearch.assembly import assemble
from autoresearch.history import History
from autoresearch.records import Brief, Outcome, Proposal
from autoresearch.task import Budget

RUN = """\
import json, os, pathlib
values = [float(path.read_text()) for path in sorted(pathlib.Path("parts").rglob("*.txt"))]
values += [max((float(path.read_text()) for path in pathlib.Path("parts").rglob("*.highest")), default=0.0)]
assert 13.0 not in values or 14.0 in values, "13 needs 14"
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "values.json"), "w") as file:
    json.dump(values, file)
"""
EVALUATE = """\
import json, os
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "values.json")) as file:
    values = json.load(file)
with open(os.environ["AUTORESEARCH_METRICS"], "w") as file:
    json.dump({"total": sum(values), "files": len(values)}, file)
"""
TASK = """\
name = "parts"
goal = "The largest sum"
editable = ["parts/**"]

[metric]
name = "total"
direction = "maximize"

[experiment]
command = "python run.py"
seconds = 20

[evaluation]
command = "python evaluate.py"
seconds = 20

[referee]
preset = "exact"

[agent]
use = "tuner"
"""
ODD = 'näme "with" spaces.txt'
FILES: dict[str, str | bytes] = {
    "run.py": RUN,
    "evaluate.py": EVALUATE,
    "autoresearch.toml": TASK,
    ".gitignore": "ignored\n",
    "README.md": "one\ntwo\nthree\n",
    "parts/first.txt": "1\n",
    "parts/second.txt": "1\n",
    "parts/deep/er/third.txt": "1\n",
    f"parts/{ODD}": "1\n",
    "parts/old.txt": "-3\n",
    "parts/one.highest": "1\n",
}

Edit = Callable[[Path], object]


def put(path: str, text: str) -> Edit:
    """Write `text` at `path`."""

    def edit(tree: Path) -> None:
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    return edit


def both(*edits: Edit) -> Edit:
    """One change that makes all of `edits`."""
    return lambda tree: [edit(tree) for edit in edits]


def gone(path: str) -> Edit:
    """Delete `path`."""
    return lambda tree: (tree / path).unlink()


class Author:
    """An agent that makes one edit after the other."""

    name = "author"

    def __init__(self, edits: Sequence[tuple[str, Edit]], first: int) -> None:
        self.edits, self.first = edits, first

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        summary, edit = self.edits[brief.number - self.first]
        edit(tree)
        return Proposal(summary, hypothesis=f"{summary} helps", cost_usd=0.25, tokens=10)


def night(root: Path, *edits: tuple[str, Edit]) -> None:
    """A night in which each edit is tried, and kept."""
    made = assemble(root, config.load(root), granted=Budget(experiments=len(edits)))
    history = made.study.history
    made.study.agent = Author(edits, max(1, history.next_number))
    made.study.run()
    made.rig.workspace.close()
    assert [done.verdict.outcome for done in history.experiments] == [Outcome.KEEP] * len(history.experiments)
