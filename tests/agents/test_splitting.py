"""A bundle taken apart: what stays in the tree, what is queued, and what is left as it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from autoresearch import agents
from autoresearch.agents.splitting import QUEUE, Splitting
from autoresearch.causes import Cause
from autoresearch.changes import forms
from autoresearch.changes.footprint import Footprint
from autoresearch.errors import Foul
from autoresearch.history import History, StudyStart
from autoresearch.records import Brief, Candidate, Experiment, Outcome, Proposal, Verdict
from autoresearch.workspace import git
from autoresearch.workspace.workspace import Workspace

FILES = {"a.py": "LR = 1\nWIDTH = 2\n", "b.py": "def old():\n    return 3\n", "data.bin": "x"}


@dataclass(slots=True)
class Writer:
    """Writes files; None deletes one."""

    files: Mapping[str, str | bytes | None] = field(default_factory=dict)
    name: str = "writer"
    mends: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        for name, content in self.files.items():
            if content is None:
                (tree / name).unlink()
            else:
                (tree / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return Proposal("a bundle", agent=self.name)

    def problems(self, tree: Path) -> list[str]:
        return ["none of note"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    root = tmp_path_factory.mktemp("split") / "repository"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    git.create(root, message="Three files")
    with Workspace.open(root, root / ".autoresearch" / "s", "s", editable=["*.py", "data.bin"]) as opened:
        yield opened


def made(
    workspace: Workspace, step: str = "improve", history: History | None = None, **files: str | bytes | None
) -> tuple[Proposal, dict[str, str]]:
    """What a bundle came to: the proposal, and the editable files that are left."""
    named = {name.replace("_", "."): content for name, content in files.items()}
    agent = Splitting(Writer(named), workspace)
    with workspace.draft(workspace.base) as tree:
        proposal = agent.edit(Brief(1, workspace.base, step), tree, history or history_of(workspace))
        return proposal, {path.name: path.read_bytes().decode("latin-1") for path in sorted(tree.glob("*.*"))}


def history_of(workspace: Workspace, *tries: tuple[Proposal, str]) -> History:
    """Discarded proposals with the form of each, after a baseline."""
    base, history = workspace.base, History()
    history.add(StudyStart("s", base, "5ec2e7", "0"))
    for number, (said, form) in enumerate([(Proposal("baseline"), ""), *tries]):
        commit = f"c{number}" if number else base
        candidate = Candidate(number, commit, base, said.summary, agent=said.agent, detail=said.detail)
        candidate = replace(candidate, footprint=Footprint(form=form))
        history.add(candidate)
        outcome = Outcome.DISCARD if number else Outcome.KEEP
        history.add(Experiment(number, candidate, Verdict(outcome, "judged"), 1.0, base, agent=said.agent))
    return history


def queued(proposal: Proposal) -> int:
    queue = proposal.detail.get(QUEUE, [])
    assert isinstance(queue, list)
    return len(queue)


def test_the_first_part_stays_and_the_rest_waits(workspace: Workspace) -> None:
    proposal, left = made(workspace, a_py="LR = 5\nWIDTH = 6\n", b_py="def old():\n    return 7\n")
    assert left == FILES | {"a.py": "LR = 5\nWIDTH = 2\n"}
    assert queued(proposal) == 2
    assert proposal.summary == "a bundle (part 1 of 3: a.py:LR)"


def test_files_that_come_and_go_wait_too(workspace: Workspace) -> None:
    proposal, left = made(workspace, a_py="LR = 5\nWIDTH = 2\n", b_py=None, c_py="def new():\n    return 1\n")
    assert left == FILES | {"a.py": "LR = 5\nWIDTH = 2\n"}
    assert queued(proposal) == 2
    proposal, left = made(workspace, b_py=None, c_py="def new():\n    return 1\n")
    assert left == {name: text for name, text in FILES.items() if name != "b.py"}
    assert queued(proposal) == 1


@pytest.mark.parametrize(
    ("step", "files"),
    [
        ("improve", {"a_py": "LR = 5\nWIDTH = 2\n"}),
        ("combine", {"a_py": "LR = 5\nWIDTH = 6\n"}),
        ("improve", {"a_py": "LR = 5\nWIDTH = 6\n", "data_bin": b"\xff\x00"}),
        ("improve", {"a_py": f"LR = 5\nWIDTH = '{'w' * 70_000}'\n"}),
    ],
    ids=["one change", "asked for", "no text", "too much to remember"],
)
def test_what_cannot_or_need_not_be_split_is_left_alone(
    workspace: Workspace, step: str, files: dict[str, str | bytes | None]
) -> None:
    proposal, left = made(workspace, step, **files)
    assert proposal == Proposal("a bundle", agent="writer")
    for name, content in files.items():
        assert left[name.replace("_", ".")] == (content if isinstance(content, str) else "\xff\x00")


def test_later_parts_are_made_without_the_agent_and_told_when_they_no_longer_fit(workspace: Workspace) -> None:
    proposal, _ = made(workspace, a_py="LR = 5\nWIDTH = 6\n", b_py=None)
    part = Proposal("a part", agent="writer")
    history = history_of(workspace, (proposal, ""), *[(part, "")] * 2)
    agent = Splitting(Writer({"a.py": "nobody asked\n"}), workspace)
    with workspace.draft(workspace.base) as tree:
        second = agent.edit(Brief(2, workspace.base), tree, history)
        assert (tree / "a.py").read_text() == "LR = 1\nWIDTH = 6\n"
        assert (second.summary, second.cost_usd) == ("part 2 of 3 of #1: a bundle", 0.0)
    with workspace.draft(workspace.base) as tree:
        agent.edit(Brief(3, workspace.base), tree, history)
        assert not (tree / "b.py").exists()
    with workspace.draft(workspace.base) as tree:
        agent.edit(Brief(4, workspace.base), tree, history)
        assert (tree / "a.py").read_text() == "nobody asked\n"
    with workspace.draft(workspace.base) as tree:
        (tree / "a.py").write_text("LR = 1\nWIDTH = 77\n")
        with pytest.raises(Foul, match="part 2 of #1's change no longer applies in a.py"):
            agent.edit(Brief(2, workspace.base), tree, history)


def test_what_others_try_in_between_takes_no_part_away(workspace: Workspace) -> None:
    proposal, _ = made(workspace, a_py="LR = 5\nWIDTH = 6\n", b_py=None)
    others = [(Proposal("by hand", agent="try"), ""), (Proposal("less", agent="pruner"), "")]
    history = history_of(workspace, (proposal, ""), others[0], (Proposal("a part", agent="writer"), ""), others[1])
    with workspace.draft(workspace.base) as tree:
        said = Splitting(Writer(), workspace).edit(Brief(5, workspace.base), tree, history)
        assert said.summary == "part 3 of 3 of #1: a bundle"
        assert not (tree / "b.py").exists()


def test_parts_that_were_tried_before_are_left_out(workspace: Workspace) -> None:
    files = {"a.py": b"LR = 5\nWIDTH = 2\n", "b.py": None}
    rate, gone = (workspace.form(workspace.base, {path: data}) for path, data in files.items())
    before = history_of(workspace, (Proposal("faster"), rate))
    proposal, left = made(workspace, history=before, a_py="LR = 5  # fast\nWIDTH = 6\n", b_py=None)
    assert left == FILES | {"a.py": "LR = 1\nWIDTH = 6\n"}
    assert proposal.summary == "a bundle (part 1 of 2: a.py:WIDTH; 1 more tried before)"
    assert queued(proposal) == 1
    before = history_of(workspace, (Proposal("faster"), rate), (Proposal("less"), gone))
    proposal, left = made(workspace, history=before, a_py="LR = 5\nWIDTH = 6\n", b_py=None)
    assert left == FILES | {"a.py": "LR = 1\nWIDTH = 6\n"}
    assert not queued(proposal)
    with pytest.raises(Foul, match="each of its 2 independent changes was tried before") as caught:
        made(workspace, history=before, a_py="LR = 5\nWIDTH = 2\n", b_py=None)
    assert caught.value.cause == Cause.DUPLICATE


def test_a_form_told_beforehand_is_that_of_the_commit(workspace: Workspace) -> None:
    held: dict[str, bytes | None] = {"a.py": b"LR = 9\n", "b.py": None, "c.py": b"X = 1\n"}
    with workspace.draft(workspace.base) as tree:
        for path, data in held.items():
            (tree / path).unlink(missing_ok=True)
            if data is not None:
                (tree / path).write_bytes(data)
        taken = workspace.take_in(tree, number=1, parent=workspace.base, message="m\n", when="2026-01-01T00:00:00Z")
    assert workspace.form(workspace.base, held) == taken.footprint.form
    back = {path: text.encode() for path, text in FILES.items()} | {"c.py": None}
    assert workspace.form(taken.commit, back) == forms.of_base()


def test_a_mended_first_part_leaves_the_others_where_they_were(workspace: Workspace) -> None:
    proposal, _ = made(workspace, a_py="LR = 5\nWIDTH = 6\n")
    history = history_of(workspace, (proposal, ""))
    with workspace.draft(workspace.base) as tree:
        writer = Writer({"a.py": "LR = 6\nWIDTH = 7\n"})
        mended = Splitting(writer, workspace).edit(Brief(1, workspace.base, "mend"), tree, history)
        assert (tree / "a.py").read_text() == "LR = 6\nWIDTH = 7\n"
    assert mended.detail == proposal.detail
    assert queued(mended) == 1


def test_it_looks_like_the_agent_it_holds(workspace: Workspace) -> None:
    writer = Writer()
    agent = Splitting(writer, workspace)
    agent.stop = threading.Event()
    assert (agent.name, agent.stop, agent.problems(Path())) == ("writer", writer.stop, ["none of note"])
    assert not agents.mends(agent, "writer")
    writer.mends, writer.name = True, "another"
    assert agents.mends(agent, "another")
    assert agent.name == "another"
