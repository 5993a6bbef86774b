"""The circuit breaker: an agent that fails in the same way again and again ends the night, in one clear sentence.

Read from the ledger alone, so that it trips at the same experiment whoever asks.
"""

from __future__ import annotations

from typing import Final

from autoresearch.causes import Cause, alike
from autoresearch.history import History
from autoresearch.records import Experiment

GIVE_UP_AFTER: Final = 8
"""Like failures in a row, unless the task says otherwise."""

BEGINS: Final = "the agent failed "
"""How the sentence begins that ends a night."""

_ADVICE: Final = {
    Cause.LOGIN: "log in again, or renew the key in its environment variable",
    Cause.PROGRAM: "install its program; `autoresearch check` says what is missing",
    Cause.RATE_LIMITED: "wait, raise agent.patience, or use another model or provider",
    Cause.QUOTA: "top up the account, or use another model or provider",
    Cause.MODEL: "see whether the provider is up, and whether agent.base_url and agent.model are right",
    Cause.TOKENS: "raise agent.tokens, or let fewer files be editable",
    Cause.TRUNCATED: "raise agent.max_output_tokens, or use another model",
    Cause.DUPLICATE: "say in program.md, or with `autoresearch tell`, where else to look",
    Cause.UNTRIED: "read with `autoresearch show {number}` why it never used its door, or let the rhythm be stepwise",
    Cause.SCOPE: "say in program.md what may change, or widen `editable`",
}
_OTHERWISE: Final = "look at what it said with `autoresearch show {number}`, and mend the agent or program.md"


def tripped(history: History, after: int) -> str:
    """Why the agent is given up; empty while it is not.

    It is once the last `after` attempts since the night began, or went on, failed with the same outcome, cause and
    kind of reason before anything could be measured. 0 never gives up.
    """
    last = history.experiments[max(history.resumed, len(history.experiments) - after) :] if after else []
    if len(last) < after or not last or len({_kind(done) for done in last}) > 1 or last[-1].candidate is not None:
        return ""
    verdict = last[-1].verdict
    what = verdict.cause or str(verdict.outcome)
    reason = verdict.reason.strip().rstrip(".")
    return (
        f"{BEGINS}{after} times in a row in the same way ({what}: {reason}); "
        f"{advice(last[-1])}, then `autoresearch run` goes on"
    )


def advice(done: Experiment) -> str:
    """What to do about a failure of the agent's."""
    cause = done.verdict.cause
    found = _ADVICE.get(Cause(cause), _OTHERWISE) if cause in set(Cause) else _OTHERWISE
    return found.format(number=done.number)


def _kind(done: Experiment) -> tuple[bool, str, str, str]:
    """What failures have in common that are the same one."""
    verdict = done.verdict
    return done.candidate is None, verdict.outcome, verdict.cause, alike(verdict.reason)
