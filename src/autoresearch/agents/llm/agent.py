"""The `llm` agent: brief and files in, one edit out, one chance to mend an edit that does not fit."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from autoresearch import budget
from autoresearch.agents import report
from autoresearch.agents.llm import answer, edits, prompt
from autoresearch.agents.llm.endpoint import Endpoint
from autoresearch.agents.llm.talk import Allowance, Talk
from autoresearch.agents.patience import Patience
from autoresearch.causes import Cause
from autoresearch.errors import Foul
from autoresearch.history import History
from autoresearch.ledger import now
from autoresearch.records import Brief, Outcome, Proposal
from autoresearch.workspace.globs import Globs

SHOWN_CHARACTERS: Final = 120_000
"""Of files, in one question: some thirty thousand tokens."""

MENDABLE: Final = frozenset({Cause.ASKED, Cause.EDIT, Cause.FORMAT, Cause.SCOPE, Cause.TRUNCATED})
"""What a model that is told about it may do better."""

_OUTCOMES: Final = {
    Cause.ASKED: Outcome.NO_CHANGE,
    Cause.EMPTY: Outcome.NO_CHANGE,
    Cause.REFUSED: Outcome.NO_CHANGE,
    Cause.SCOPE: Outcome.OUT_OF_SCOPE,
}


class Llm:
    """Asks a model for one edit."""

    name = "llm"
    mends = True

    def __init__(
        self,
        model: str,
        endpoint: Endpoint,
        *,
        editable: Sequence[str],
        allowance: Allowance,
        patience: Patience,
        temperature: float | None = None,
        shown: int = SHOWN_CHARACTERS,
    ) -> None:
        """`shown` is how many characters of files one question may hold."""
        self.stop = threading.Event()
        self.on_phase = lambda _name, _seconds: None
        self._model = model
        self._endpoint = endpoint
        self._editable = Globs(tuple(editable))
        self._allowance = allowance
        self._patience = patience
        self._temperature = temperature
        self._shown = shown

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Change files below `tree` as the model says.

        Raises Foul when no usable answer is to be had, Interrupted when it was cancelled.
        """
        left = budget.left(history, now())
        talk = Talk(self._model, prompt.SYSTEM, self._endpoint, self._allowance.within(left), self._temperature)
        try:
            found = self._answered(talk, brief, tree, self._patience.within(left.seconds))
        except edits.Unfit as unfit:
            outcome = _OUTCOMES.get(unfit.cause, Outcome.CRASH)
            raise Foul(
                outcome, unfit.reason, log=talk.transcript(), seconds=talk.seconds, tokens=talk.tokens,
                cost_usd=talk.cost_usd, cause=unfit.cause,
            ) from None  # fmt: skip
        except Foul as foul:
            foul.log, foul.seconds = talk.transcript(), talk.seconds
            foul.tokens, foul.cost_usd = talk.tokens, talk.cost_usd
            raise
        return Proposal(
            report.one_line(found.summary, report.MAX_SUMMARY),
            report.one_line(found.hypothesis, report.MAX_HYPOTHESIS),
            agent=self.name,
            cost_usd=talk.cost_usd,
            tokens=talk.tokens,
            detail=_detail(found),
            agent_version=talk.replies[-1].model or self._model,
            transcript=talk.transcript(),
        )

    def problems(self, tree: Path) -> list[str]:  # noqa: ARG002 - the same for every tree
        """Why it could not begin: nobody listens where a server on this machine should, a limit cannot be held."""
        unpriced = self._endpoint.unpriced(self._model) if self._allowance.cost_usd is not None else ""
        return [*self._endpoint.problems(), *([f"{unpriced[0].upper()}{unpriced[1:]}."] if unpriced else [])]

    def _answered(self, talk: Talk, brief: Brief, tree: Path, patience: Patience) -> answer.Answer:
        """The first answer that can be applied, applied. Raises Unfit for the second that cannot."""
        document = brief.text
        shown = prompt.files(tree, self._editable, brief=document, most=self._shown)
        text, mended = prompt.question(document, shown), False
        while True:
            try:
                seed = f"{brief.number}:{len(talk.turns)}"
                said = talk.say(text, patience=patience, stop=self.stop, seed=seed, tell=self.on_phase)
                found = answer.read(said)
                edits.apply(found.edits, tree, editable=self._editable, in_part=shown.in_part)
            except edits.Unfit as unfit:
                if mended or unfit.cause not in MENDABLE:
                    raise
                text, mended = prompt.again(unfit.reason, unfit.detail), True
            else:
                return found


def _detail(said: answer.Answer) -> dict[str, object]:
    """What else the model says of its change, as far as it says it."""
    told: dict[str, object] = {
        "expected_effect": report.one_line(said.expected, report.MAX_HYPOTHESIS),
        "risk": report.one_line(said.risk, report.MAX_HYPOTHESIS),
        "notes": [report.one_line(said.note, report.MAX_NOTE)] if said.note else [],
    }
    return {key: value for key, value in told.items() if value}
