"""One attack, and what a family of them is played on. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from autoresearch.records import Outcome

BEST_SKILL = 1000
"""What an attack that worked, or was let through, scores on the stage: more than any honest experiment."""

UNCHANGED = "nothing was changed|no better than"
"""Reason of an experiment whose attack came to nothing: a draft like the parent, a score like the parent's."""


class Standing(StrEnum):
    """What became of an attack."""

    STOPPED = "stopped"
    NOT_GIVEN = "not given"
    """It rests on a sandbox property this machine does not prove, and everybody is told so."""
    WORKED = "worked"
    """What should have stopped it did not."""
    NOT_HERE = "not applicable here"


@dataclass(frozen=True, slots=True)
class Ground:
    """A draft of the tree, as a hostile agent finds it."""

    tree: Path
    editable: str
    """Path of a file that may change."""
    sealed: str
    """Path of one that may not."""
    folder: str
    """Path of a folder for new files, one where a candidate may make some if there is any."""
    bait: Mapping[str, object]
    """What lies outside of every box; see `autoresearch.attacks.bait`."""

    @property
    def trap(self) -> str:
        """A path outside. A file there means that somebody ran what was planted."""
        return str(self.bait["trap"])

    def claim(self, skill: int = BEST_SKILL) -> None:
        """Make the editable file one that scores `skill` on the stage; anywhere else it is merely a change."""
        with (self.tree / self.editable).open("a") as file:
            file.write(f"\nSKILL = {skill}\n")

    def plant(self, path: str, text: str | bytes = "", *, mode: int = 0o644) -> Path:
        """Write a file below the tree, folders included."""
        planted = self.tree / path
        planted.parent.mkdir(parents=True, exist_ok=True)
        planted.write_bytes(text if isinstance(text, bytes) else text.encode())
        planted.chmod(mode)
        return planted


@dataclass(frozen=True, slots=True)
class Draft:
    """An edit of the draft by an agent in no box at all: whatever it leaves, the intake must judge alone."""

    edit: Callable[[Ground], None]


@dataclass(frozen=True, slots=True)
class InAgentBox:
    """Python an agent runs in its box. It finds `BAIT`, `attempt` and `worked`, see `autoresearch.attacks.code`."""

    code: str


@dataclass(frozen=True, slots=True)
class InCandidateBox:
    """Python the candidate runs in its box. It finds `BAIT`, `attempt` and `worked` too."""

    code: str


@dataclass(frozen=True, slots=True)
class InContestant:
    """Python that answers the evaluation's questions, in the candidate box; for stages that have `src/answer.py`."""

    code: str


Act = Draft | InAgentBox | InCandidateBox | InContestant


@dataclass(frozen=True, slots=True)
class Attack:
    """One row of the catalogue."""

    row: int
    """Its number in the catalogue of attacks seen elsewhere; ours begin at 74."""
    title: str
    acts: tuple[Act, ...]
    """What is done, one act an experiment."""
    outcomes: tuple[Outcome, ...]
    """How those experiments may end. Never with KEEP."""
    reason: str
    """Regular expression found in the reason of every one of their verdicts."""
    stopped_by: str
    """A few words for the table: what it fails at."""
    needs: str = ""
    """The sandbox property that stops it, where it is a matter of the box: works where that is not given."""
    seen: str = ""
    """Where it was met, or follows from."""
    portable: bool = True
    """Whether it says something about any task: its drafts fail at the intake, its code calls `attempt`."""
    unboxed: bool = True
    """Whether the suite may play it in no sandbox at all, to see that it works there; False where that would hurt."""
    not_here: Callable[[], str] = str
    """Why this machine cannot even try it; empty where it can."""

    def __post_init__(self) -> None:
        if Outcome.KEEP in self.outcomes or not self.outcomes:
            raise ValueError(f"row {self.row}: an attack ends in outcomes other than keep")


@dataclass(frozen=True, slots=True)
class Stage:
    """A repository with a number in it, small enough to be attacked dozens of times a minute."""

    files: Mapping[str, str]
    """Path to content, the task file included but for its agent, referee and budget."""
    editable: str
    sealed: str
    folder: str = "src"
    """Where a candidate may make new files."""
    improve: Callable[[Ground, int], None] = Ground.claim
    """An honest improvement of the editable file for the experiment of that number, better than all before it."""


@dataclass(frozen=True, slots=True)
class Family:
    """Attacks of one kind, played in one night."""

    name: str
    title: str
    attacks: tuple[Attack, ...]
    stage: Stage | None = None
    """None: the plain one of `autoresearch.attacks.stage`."""
    plan: Mapping[str, object] = field(default_factory=dict)
    """Further keys of `BAIT`."""
    uplink: bool = False
    """Whether its agents have a model to ask, the one of `autoresearch.attacks.echo`."""
