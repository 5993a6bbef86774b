"""Everything that can go wrong, by whose fault it is.

    AutoresearchError
    +-- UserError         the person can mend it: the message ends in what to type next      exit 1
    |   +-- TaskError     the task file is wrong; names file, key and nearest known key
    |   +-- LedgerError   the ledger does not verify; names file and line
    |   +-- SandboxError  a required property cannot be proven on this machine
    +-- RigFault          the machine failed while running the incumbent: the study pauses   exit 1
    +-- Foul              the candidate broke a rule or itself: data, recorded, the night goes on
    +-- Interrupted       a human said stop; what was measured so far is recorded                exit 130

Anything else that escapes is a bug of ours (exit 3).
"""

from __future__ import annotations

from autoresearch.records import Outcome


class AutoresearchError(Exception):
    """Root of all errors raised on purpose."""


class UserError(AutoresearchError):
    """Something the person can mend. `fix` is the next command to type, or the next thing to change."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    @property
    def sentences(self) -> str:
        """What is wrong and what to try, as running text."""
        end = "" if self.message.endswith((".", "?", "!")) else "."
        return f"{self.message}{end} Try: {self.fix}" if self.fix else f"{self.message}{end}"


class TaskError(UserError):
    """The task file cannot be used."""


class LedgerError(UserError):
    """The ledger does not verify. Never repaired silently, a torn last line excepted."""


class SandboxError(UserError):
    """A property the task requires is not proven here."""


class RigFault(AutoresearchError):
    """The machine's fault, not the candidate's: an incumbent that ran before does not run now."""


class Foul(AutoresearchError):
    """The candidate's fault. `outcome` and `reason` become the verdict; `log` is what it printed.

    `cost_usd` and `tokens` are what an agent used that got no further; None is unknown. `cause` is one of
    `causes.Cause`, or empty.
    """

    def __init__(
        self,
        outcome: Outcome,
        reason: str,
        *,
        log: bytes = b"",
        seconds: float = 0.0,
        cost_usd: float | None = None,
        tokens: int | None = None,
        cause: str = "",
    ) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.log = log
        self.seconds = seconds
        self.cost_usd = cost_usd
        self.tokens = tokens
        self.cause = cause


class Interrupted(AutoresearchError):
    """A human stopped the run in the middle of something. The next `run` goes on from there."""


class Drift(RigFault):
    """Something numbers depend on changed while a night ran. What was being measured is not recorded.

    Its text is the changes; `advice` is what to know about them, a sentence or nothing.
    """

    def __init__(self, changes: str, *, advice: str = "") -> None:
        super().__init__(changes)
        self.advice = advice
