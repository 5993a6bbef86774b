"""The study and the epoch, as records: each is written only when it says something new."""

from __future__ import annotations

import secrets
from dataclasses import replace

import autoresearch
from autoresearch import selftests
from autoresearch.assembly.parts import Assembly
from autoresearch.assembly.rig import Rig
from autoresearch.causes import Cause
from autoresearch.history import Epoch, History, StudyStart, epochs
from autoresearch.ledger import Ledger, now
from autoresearch.records import Experiment, Outcome, Verdict
from autoresearch.surroundings.surroundings import told
from autoresearch.surroundings.toolchain import machine


def setting(rig: Rig, *, unsafe: bool = False) -> Epoch:
    """Everything a number measured with this rig depends on, as an epoch that could begin now."""
    task = rig.task
    epoch = Epoch(
        number=1,
        digest="",
        task=task.digest,
        trust_class=str(task.trust_class),
        sandbox=rig.sandbox.name,
        properties=dict(rig.properties),
        machine=machine(),
        environment={
            **rig.surroundings.environment,
            "sealed": rig.workspace.sealed_digest(rig.workspace.base),
            "task": dict(task.measured),
        },
        metric=task.metric,
        referee=task.referee,
        referee_options=dict(task.referee_options),
        unsafe=unsafe or rig.sandbox.name == "none",
        questions=(task.holdout_budget or 0) if task.metric.source == "depleting" else 0,
        constraints=task.constraints,
        started=now(),
    )
    return replace(epoch, digest=epochs.fingerprint(epoch))


def begin(assembly: Assembly, *, unsafe: bool) -> None:
    """Record the study and the epoch, where they are new, and what is known of the evaluator."""
    rig, ledger = assembly.rig, assembly.study.ledger
    task, base, begun = rig.task, rig.workspace.base, ledger.history.study
    epoch = setting(rig, unsafe=unsafe)
    tested = [] if unsafe else selftests.demand(task, rig.site.root, rig.site.selftests_path, epoch.digest)
    if begun is None or begun.base != base:
        ledger.append(StudyStart(task.name, base, secrets.token_hex(16), autoresearch.__version__))
    _begin_epoch(assembly, epoch)
    for result in tested:
        if ledger.history.selftests.get(result.name) != result:
            ledger.append(result)


def _begin_epoch(assembly: Assembly, epoch: Epoch) -> None:
    """Record `epoch`, unless the study is in it."""
    ledger = assembly.study.ledger
    before = ledger.history.epoch
    if before is not None and before.digest != epoch.digest:
        epoch = replace(epoch, number=before.number + 1, why=told(epochs.differences(before, epoch)))
        assembly.news.append(f"Epoch {epoch.number} begins, with a new baseline. What changed: {epoch.why}.")
    if before is None or before.digest != epoch.digest:
        if ledger.history.baseline is not None:
            close_open_attempt(ledger, "the setting changed")
        ledger.append(epoch)


def close_open_attempt(ledger: Ledger[History], why: str) -> None:
    """A candidate that was never judged cannot be, by other rules than it was made for: it ends here, on the record."""
    history = ledger.history
    candidate = history.candidates.get(history.next_number)
    if candidate is not None:
        ledger.append(
            Experiment(
                number=candidate.number,
                candidate=candidate,
                verdict=Verdict(Outcome.CRASH, f"never judged: {why} before it was", cause=Cause.UNJUDGED),
                value=None,
                parent=candidate.parent,
                agent=candidate.agent,
                started=candidate.started,
                cost_usd=candidate.cost_usd,
                tokens=candidate.tokens,
            )
        )
