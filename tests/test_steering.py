"""Real nights in which an agent repeats itself and bundles, and a person steers, through the command line."""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autoresearch import config
from autoresearch.agents.splitting import QUEUE, Splitting
from autoresearch.assembly import assemble
from autoresearch.causes import Cause
from autoresearch.history import Archive, History
from autoresearch.records import Brief, Experiment, Outcome, Proposal
from autoresearch.site import Site
from autoresearch.task import Budget
from autoresearch.testing import toy
from program import autoresearch

LOWER = ("LEARNING_RATE = 0.003", "LEARNING_RATE = 0.006")
FAR = ("LEARNING_RATE = 0.006", "LEARNING_RATE = 900.0")
WIDER, DRIER = ("WIDTH = 32", "WIDTH = 64"), ("DROPOUT = 0.5", "DROPOUT = 0.4")
GELU, SHRUNK = ('ACTIVATION = "tanh"', 'ACTIVATION = "gelu"'), ("WIDTH = 64", "WIDTH = 1")


def swapped(*pairs: tuple[str, str], also: str = "") -> Callable[[str], str]:
    def edit(text: str) -> str:
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return text + also

    return edit


EDITS: dict[int, Callable[[str], str]] = {
    1: swapped(LOWER),
    2: swapped(also="\n# a comment\n"),
    3: swapped(WIDER, DRIER),
    5: swapped(FAR),
    6: swapped(FAR, also="# the same, said otherwise\n"),
    7: swapped(SHRUNK, GELU),
}
"""What the agent does in each experiment; the fourth and the eighth are parts of what it did before."""


@dataclass(slots=True)
class Stubborn:
    """Makes the edits above, says nothing of their twofold nature, and notes what it thinks of them."""

    during: dict[int, Callable[[], object]] = field(default_factory=dict)
    """What else happens while it is at work."""
    texts: dict[int, str] = field(default_factory=dict)
    name: str = "stubborn"
    stop: threading.Event = field(default_factory=threading.Event)

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        self.texts[brief.number] = brief.text
        self.during.get(brief.number, lambda: None)()
        file = tree / "settings.py"
        file.write_text(EDITS[brief.number](file.read_text()))
        notes = {"notes": [f"#{brief.number - 1} came before", "no number here"]}
        return Proposal(f"edit {brief.number}", "because", agent=self.name, cost_usd=0.25, tokens=10, detail=notes)


def say(root: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    return autoresearch(root, *words, code=code)


def night(root: Path, agent: Stubborn, experiments: int) -> None:
    assembly = assemble(root, config.load(root), granted=Budget(experiments=experiments))
    assert isinstance(assembly.study.agent, Splitting)
    assembly.study.agent.agent = agent
    try:
        assembly.study.run()
    finally:
        assembly.rig.workspace.close()


@dataclass(frozen=True, slots=True)
class Steered:
    root: Path
    agent: Stubborn
    history: Archive
    first_brief: str

    def __getitem__(self, number: int) -> Experiment:
        return self.history.experiments[number]


@pytest.fixture(scope="module")
def steered(tmp_path_factory: pytest.TempPathFactory) -> Steered:
    root = tmp_path_factory.mktemp("steered") / "toy"
    toy.make(root, noise=0.0, preset="exact", sealed=False, more='[agent]\nbundles = "split"\n')
    (root / "program.md").write_text("Be bold.\n")
    first = say(root, "brief").stdout
    agent = Stubborn()

    def change_of_mind() -> None:
        (root / "program.md").write_text("Be careful.\n")
        say(root, "tell", "leave the rates alone")

    agent.during[5] = change_of_mind
    night(root, agent, 3)
    night(root, agent, 5)  # as after a kill: nothing is remembered but the ledger
    return Steered(root, agent, Site(root, "toy").ledger().history, first)


@pytest.mark.slow
def test_the_same_code_is_never_measured_twice(steered: Steered) -> None:
    assert steered[1].verdict.outcome is Outcome.KEEP
    assert (steered[2].verdict.outcome, steered[2].verdict.cause) == (Outcome.NO_CHANGE, Cause.DUPLICATE)
    assert "experiment 1: only comments" in steered[2].verdict.reason
    assert steered[5].verdict.outcome is Outcome.DISCARD
    assert steered[6].verdict.cause == Cause.DUPLICATE
    assert steered[6].verdict.reason.startswith("the same code as experiment 5: discarded, ")
    assert (steered[6].cost_usd, steered[6].tokens) == (0.25, 10)
    assert not steered.history.settled[2] + steered.history.settled[6]


@pytest.mark.slow
def test_a_bundle_is_measured_part_by_part(steered: Steered) -> None:
    one, two = steered[3].candidate, steered[4].candidate
    assert one is not None
    assert two is not None
    assert one.footprint.places == ("settings.py:WIDTH",)
    assert one.summary == "edit 3 (part 1 of 2: settings.py:WIDTH)"
    assert two.footprint.places == ("settings.py:DROPOUT",)
    assert two.summary == "part 2 of 2 of #3: edit 3"
    assert (two.cost_usd, two.parent) == (0.0, one.commit)
    assert [each.verdict.outcome for each in (steered[3], steered[4])] == [Outcome.KEEP] * 2
    assert (4 in steered.agent.texts, QUEUE in two.detail) == (False, False)


@pytest.mark.slow
def test_a_part_goes_on_although_the_one_before_it_was_discarded(steered: Steered) -> None:
    assert steered[7].verdict.outcome is Outcome.DISCARD
    assert steered[8].verdict.outcome is Outcome.KEEP
    assert steered[8].candidate is not None
    assert steered[8].candidate.footprint.places == ("settings.py:ACTIVATION",)


@pytest.mark.slow
def test_what_a_person_says_is_in_the_next_brief_and_the_program_is_on_record(steered: Steered) -> None:
    assert "Be bold." in steered.agent.texts[5]
    assert "Be careful." in steered.agent.texts[6]
    assert "leave the rates alone" not in steered.agent.texts[5]
    assert "- leave the rates alone" in steered.agent.texts[6]
    programs = [done.candidate.program for done in (steered[1], steered[5], steered[7]) if done.candidate]
    digests = [hashlib.sha256(text).hexdigest() for text in (b"Be bold.\n", b"Be careful.\n")]
    assert programs == [digests[0], digests[0], digests[1]]
    assert steered.history.epoch is not None
    assert steered.history.epoch.number == 1


@pytest.mark.slow
def test_the_brief_is_printed_before_and_after_the_study_began(steered: Steered) -> None:
    assert "# Experiment 1 of toy" in steered.first_brief
    assert "Nothing yet." in steered.first_brief
    told = json.loads(say(steered.root, "brief", "--json", "--step", "combine").stdout)
    assert (told["schema"], told["experiment"], told["step"]) == (1, 9, "combine")
    assert told["program"] == hashlib.sha256(b"Be careful.\n").hexdigest()
    assert told["tokens"] == -(-len(told["text"]) // 4)
    assert "`settings.py:WIDTH`" in told["text"]
    assert "There is no step" in say(steered.root, "brief", "--step", "sideways", code=1).stderr


@pytest.mark.slow
def test_notes_are_kept_by_the_study_and_by_hand(steered: Steered) -> None:
    path = Site(steered.root, "toy").folder / "notes" / "notes.md"
    assert "after experiment 8" in path.read_text()
    assert "cite no experiment" in path.read_text()
    say(steered.root, "note", "#3 is worth a second look")
    assert "- #3 is worth a second look" in path.read_text()
    assert "#3 is worth a second look" in say(steered.root, "brief").stdout
    assert "There is no experiment 99" in say(steered.root, "note", "see #99", code=1).stderr
    say(steered.root, "tell", "--clear")
    assert "leave the rates alone" not in say(steered.root, "brief").stdout
    assert "Either a text or --clear" in say(steered.root, "tell", code=1).stderr


def test_before_there_is_a_ledger_a_word_belongs_into_program_md(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    for verb in ("tell", "note"):
        assert "program.md" in say(root, verb, "leave the width alone", code=1).stderr
