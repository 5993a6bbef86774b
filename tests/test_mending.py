"""Pre-checks, one chance to mend, and a night in which a tuner and a program that edits code share one ledger."""

from __future__ import annotations

import json
import threading
import tomllib
from contextlib import nullcontext
from pathlib import Path

import pytest

from autoresearch import config
from autoresearch.assembly import assemble
from autoresearch.brief import Author as Writer
from autoresearch.causes import Cause
from autoresearch.changes.footprint import Footprint
from autoresearch.errors import Foul, Interrupted
from autoresearch.history import Archive, History, StudyStart
from autoresearch.ledger import Ledger
from autoresearch.mending import Mender
from autoresearch.records import Brief, Candidate, Measurement, Outcome, Proposal, Side
from autoresearch.replay import replay
from autoresearch.runners.precheck import fault
from autoresearch.site import Site
from autoresearch.strategies.greedy import Greedy
from autoresearch.study import Study
from autoresearch.task import Budget
from autoresearch.testing import toy
from program import autoresearch

CODER = """\
import json, os, pathlib, sys
brief, file = pathlib.Path(os.environ["AUTORESEARCH_BRIEF"]).read_text(), pathlib.Path("settings.py")
text = file.read_text()
if "## First: mend this" in brief:
    assert "'(' was never closed" in brief, brief
    said, text = "without the bracket", text.replace("x = (\\n", "")
elif "PATIENCE_FACTOR" not in text:
    said, text = "a new constant", text.replace("WIDTH = 32", "WIDTH = 64") + "PATIENCE_FACTOR = 1.0\\nx = (\\n"
else:
    said, text = "the constant goes again", text.replace("WIDTH = 64", "WIDTH = 128").split("PATIENCE_FACTOR")[0]
file.write_text(text)
told = {"summary": said, "tokens": 100, "cost_usd": 0.01}
pathlib.Path(os.environ["AUTORESEARCH_PROPOSAL"]).write_text(json.dumps(told))
"""

HYBRID = """
[precheck]
command = "python -c 'import settings'"
seconds = 20

[agent]
use = "portfolio"
members = ["coder", "tuner"]

[agent.coder]
use = "command"
command = ["python", "-c", '''{coder}''']
"""


@pytest.fixture(scope="module")
def hybrid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy study after a night of both."""
    root = toy.make(tmp_path_factory.mktemp("hybrid") / "toy", experiments=24, more=HYBRID.format(coder=CODER))
    command(root, "run")
    return root


def command(root: Path, *words: str) -> str:
    return autoresearch(root, *words, code=0).stdout


def history_of(root: Path) -> Archive:
    ledger: Ledger[Archive] = Site(root, "toy").ledger()
    return ledger.history


@pytest.mark.slow
def test_what_the_other_agent_introduced_is_the_tuners_to_move_until_it_is_gone(hybrid: Path) -> None:
    done = history_of(hybrid).experiments[1:]
    assert {each.agent for each in done} == {"coder", "tuner"}
    assert done[0].agent == "coder"
    assert done[0].verdict.outcome is Outcome.KEEP
    tuned = [each.candidate for each in done if each.agent == "tuner" and each.candidate]
    key = "settings.py:PATIENCE_FACTOR"
    assert key in tuned[0].detail["constants"], "what was added is a dimension at once"
    gone = next(i for i, each in enumerate(done) if each.agent == "coder" and i > 0)
    again = next((each.number for each in done[gone + 1 :] if each.agent == "coder"), len(done) + 1)
    after = [made for made in tuned if done[gone].number < made.number < again]
    assert done[gone].verdict.outcome is not Outcome.KEEP or all(key not in made.detail["constants"] for made in after)
    assert replay(Site(hybrid, "toy").ledger_path).disagreements == []


@pytest.mark.slow
def test_a_night_tells_who_brought_what_at_what_cost(hybrid: Path) -> None:
    data = json.loads(command(hybrid, "status", "--json"))
    accounts = {each["agent"]: each for each in data["agents"]}
    assert sum(each["tries"] for each in accounts.values()) == 24
    assert accounts["tuner"]["cost_usd"] == 0.0
    assert accounts["coder"]["cost_usd"] == pytest.approx(data["spend"]["cost_usd"])
    assert data["costs"]["per_experiment"]["tokens"] == data["spend"]["tokens"] / 24
    assert data["costs"]["per_certified_gain"]["cost_usd"] > 0
    text = command(hybrid, "status")
    assert "agent tuner" in text
    assert "per unit certified" in text
    command(hybrid, "report")
    page = next(hybrid.glob(".autoresearch/toy/report/report.md")).read_text()
    assert "| cost of a keep |" in page
    assert "| agent coder |" in page


@pytest.mark.slow
def test_what_was_mended_is_one_experiment_that_carries_the_cost_of_both(hybrid: Path) -> None:
    row = json.loads(command(hybrid, "show", "1", "--json"))
    assert (row["outcome"], row["summary"], row["cost_usd"], row["tokens"]) == (
        "keep",
        "without the bracket",
        0.02,
        200,
    )
    assert row["mends"]
    assert "failed by itself" in command(hybrid, "show", "1")
    lines = Site(hybrid, "toy").ledger_path.read_text().splitlines()
    made = [e["body"] for e in map(json.loads, lines) if e["type"] == "candidate" and e["body"]["number"] == 1]
    assert [each["summary"] for each in made] == ["a new constant", "without the bracket"]
    assert made[1]["mends"] == made[0]["commit"]


class Author:
    """An agent that mends, and can be interrupted while it does."""

    name = "author"
    mends = True

    def __init__(self, first: str, second: str, *, interrupted: bool = False) -> None:
        self.stop = threading.Event()
        self.texts, self.interrupted = {"mend": second}, interrupted
        self.first, self.briefs = first, list[Brief]()

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        self.briefs.append(brief)
        if brief.step == "mend" and self.interrupted:
            self.interrupted = False
            raise Interrupted("by the test")
        file = tree / "settings.py"
        text = file.read_text()
        file.write_text(text + self.first if brief.step != "mend" else text.replace(self.first, self.texts["mend"]))
        return Proposal("change", cost_usd=1.0, tokens=None if brief.step == "mend" else 5)


def study_of(root: Path, author: Author) -> Study:
    study = assemble(root, config.load(root), granted=Budget(experiments=1)).study
    study.agent = author
    return study


@pytest.mark.slow
def test_a_crash_of_the_run_is_mended_also_after_a_kill_in_between(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    author = Author("raise ValueError('shapes differ')\n", "WIDTH = 128\n", interrupted=True)
    killed = study_of(root, author)
    with killed.workspace, pytest.raises(Interrupted):
        killed.run()
    study = study_of(root, author)
    study.run()
    study.workspace.close()
    done = study.history.experiments[1]
    assert [brief.step for brief in author.briefs] == ["improve", "mend", "mend"]
    assert "ValueError: shapes differ" in author.briefs[-1].text
    assert done.verdict.outcome is Outcome.KEEP
    assert (done.cost_usd, done.tokens) == (None, None), "what the one that was stopped had used, nobody knows"
    assert replay(study.ledger.path).disagreements == []


@pytest.mark.slow
def test_what_fails_again_is_the_end_of_it(tmp_path: Path) -> None:
    author = Author("raise ValueError('one')\n", "raise ValueError('two')\n")
    study = study_of(toy.make(tmp_path / "toy"), author)
    study.run()
    study.workspace.close()
    done = study.history.experiments[1]
    assert len(author.briefs) == 2
    assert (done.verdict.outcome, done.verdict.cause, done.cost_usd) == (Outcome.CRASH, "run", 2.0)
    assert "two" in done.verdict.reason


@pytest.mark.slow
def test_nobody_mends_where_the_task_says_so_and_the_evaluations_words_are_never_told(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "none", more="[agent]\nrepair = 0\n")
    author = Author("raise ValueError('one')\n", "")
    study = study_of(root, author)
    study.run()
    study.workspace.close()
    assert len(author.briefs) == 1
    root = toy.make(tmp_path / "judged")
    author = Author("WIDTH = 'wide'\n", "")  # the run writes it down, the evaluation fails
    study = study_of(root, author)
    study.run()
    study.workspace.close()
    assert len(author.briefs) == 1
    assert "the evaluation failed" in study.history.experiments[1].verdict.reason


@pytest.mark.slow
def test_doing_nothing_when_asked_to_mend_buys_no_second_draw(tmp_path: Path) -> None:
    text = "import os\nif int(os.environ['AUTORESEARCH_SEED']) > 9:\n    raise ValueError('unlucky')\n"
    author = Author(text, f"# it is well as it is\n{text}")
    study = study_of(toy.make(tmp_path / "toy"), author)
    study.run()
    study.workspace.close()
    done = study.history.experiments[1]
    assert [brief.step for brief in author.briefs] == ["improve", "mend"]
    assert (done.verdict.outcome, done.cost_usd, done.tokens) == (Outcome.CRASH, 2.0, None)
    assert "it was not mended: the code is the same" in done.verdict.reason
    made = [json.loads(line) for line in study.ledger.path.read_text().splitlines()]
    assert sum(line["type"] == "candidate" and line["body"]["number"] == 1 for line in made) == 1


@pytest.mark.parametrize(("side", "mended"), [(Side.INCUMBENT, True), (Side.CANDIDATE, False)])
def test_what_was_measured_once_is_never_mended(side: Side, mended: bool) -> None:
    history, failed = History(), Candidate(0, "c1", "c0", "", footprint=Footprint(form="one"))
    history.add(StudyStart("toy", "c0", "5ec2e7", "0"))
    history.add(failed)
    history.add(Measurement("c1" if side is Side.CANDIDATE else "c0", side, 1.0, 7, 0.1, experiment=0))
    asked: list[Brief] = []

    def take_in(brief: Brief) -> Candidate:
        asked.append(brief)
        return Candidate(0, "c2", "c0", "", footprint=Footprint(form="two"))

    task = config.parse(tomllib.loads(toy.TASK.format(preset="strict", experiments=3, more="", evaluation="")))
    mender = Mender(Greedy(Writer(task)), lambda: history, lambda _: True)
    with nullcontext() if mended else pytest.raises(Foul, match="unlucky"):
        assert mender(failed, Foul(Outcome.CRASH, "unlucky", cause=Cause.RUN), take_in).mends == "c1"
    assert len(asked) == mended


def test_a_mended_candidate_gets_a_seed_the_first_one_could_not_tell() -> None:
    history = History()
    history.add(StudyStart("toy", "c0", "5ec2e7", "0"))
    history.add(Candidate(0, "c1", "c0", ""))
    before = history.next_seed()
    history.add(Candidate(0, "c2", "c0", "", mends="c1"))
    assert history.next_seed() != before


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("a.py", "x = (\n", "line 1: '(' was never closed"),
        ("a.py", "x = 1\n", ""),
        ("a.py", "x = 1\0", "null"),
        ("a.json", '{"a": 1,}', "line 1"),
        ("a.json", '{"a": 1}', ""),
        ("a.toml", "a = ", "end of document"),
        ("a.toml", "a = 1", ""),
        ("a.md", "x = (", ""),
        ("a.py", "(" * 5000, "nested"),
    ],
)
def test_files_that_do_not_parse(path: str, text: str, why: str) -> None:
    found = fault(path, text.encode())
    assert why in found if why else found == ""
