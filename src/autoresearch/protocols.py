"""The doors. The engine knows these and nothing behind them; a plug-in is whatever fits one.

Every implementation must survive being killed between any two instructions: what is not in the ledger did not happen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from autoresearch.box import Box, Exit
from autoresearch.history import Evidence, History
from autoresearch.records import Brief, Certificate, Measurement, Proposal, Side, Verdict


class Sandbox(Protocol):
    """Runs what we do not trust."""

    name: str

    def probe(self) -> Mapping[str, bool]:
        """Run the canary. Each property of `sandboxes.PROPERTIES`, and whether it was seen to hold here."""
        ...

    def run(
        self, box: Box, *, on_output: Callable[[bytes], None] | None = None, stop: threading.Event | None = None
    ) -> Exit:
        """Run `box` to its end or its limit. Thread-safe. Never returns while a descendant is alive.

        Setting `stop` ends it with `limit="cancelled"`.
        """
        ...


class Agent(Protocol):
    """Edits the tree given a brief."""

    stop: threading.Event
    """Set when a human wants everything ended now; replaced by the engine's own."""

    @property
    def name(self) -> str:
        """What experiments call it."""
        ...

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Change files below `tree`, a throw-away copy without `.git`, and say what was meant.

        Raises Foul when it gives up or breaks a rule.
        """
        ...


class Strategy(Protocol):
    """Decides where to work next."""

    def ask(self, history: History) -> Brief:
        """The next brief: which parent, what kind of step."""
        ...


class Referee(Protocol):
    """Sees evidence; asks for another measurement of either side, or decides.

    Pure: the same evidence gets the same answer, so that `replay` can ask again.
    """

    def next(self, evidence: Evidence) -> Side | Verdict:
        """For an experiment. Experiment 0 and the first of every epoch is the baseline: candidate = tip."""
        ...

    def certificate_due(self, history: History) -> bool:
        """Whether the tip should be proven before anything else is tried."""
        ...

    def certify(self, evidence: Evidence) -> Side | Certificate:
        """For a certificate. The candidate is the tip, the incumbent the last certified commit."""
        ...


class Runner(Protocol):
    """Commit + command -> measurement, on this machine or another."""

    def measure(self, commit: str, *, side: Side, seed: int, split: str = "public", against: str = "") -> Measurement:
        """Run the task once at `commit`, beside the incumbent. Raises Foul for its fault, RigFault for the rig's."""
        ...

    def check(self, commit: str) -> None:
        """Run the task's checks at `commit`. Raises Foul(CHECKS_FAILED)."""
        ...
