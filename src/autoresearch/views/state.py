"""`status`: one plain object with everything a tool needs to decide what to do next."""

from __future__ import annotations

from typing import Any

from autoresearch.history import Archive, Epoch
from autoresearch.records import Certificate, Outcome
from autoresearch.views.alarms import alarms
from autoresearch.views.clock import clocked, last_moment
from autoresearch.views.costs import Costs, account_rows
from autoresearch.views.finite import finite as finite_data
from autoresearch.views.hearsay import hearsay_lines
from autoresearch.views.levels import Level
from autoresearch.views.reading import own_values
from autoresearch.views.rows import finite
from autoresearch.views.spend import Spend, Total, spend
from autoresearch.views.standing import causes, number_tried
from autoresearch.views.tip import is_certified, standing_certificate, tip_level

SCHEMA = 2
"""Rises when a key changes its meaning or goes."""


def status(history: Archive, *, state: str, now: str, held: bool = False) -> dict[str, Any]:
    """The study in one JSON-able object.

    `state` is the caller's word (running, paused, idle, ...); `now` is ISO 8601, for the hours used; `held` says that
    a process has the study.
    """
    return at(lasting(history), state=state, now=now, held=held)


def at(data: dict[str, Any], *, state: str, now: str, held: bool) -> dict[str, Any]:
    """`lasting`, completed by what a moment adds: the state, the hours used, what to do next."""
    budget = dict(data["budget"])
    if budget:
        budget["hours"] = clocked(budget, now=now, held=held)
    return data | {"state": state, "budget": budget, "next": _next(data, state)}


def lasting(history: Archive) -> dict[str, Any]:
    """What `status` says that stays true until something is recorded."""
    epoch, used = history.epoch, spend(history)
    return {
        "schema": SCHEMA,
        "study": history.study.name if history.study else None,
        "state": None,
        "paused": history.paused,
        "epoch": epoch.number if epoch else None,
        "epoch_started": epoch.started if epoch else "",
        "epoch_why": epoch.why if epoch else "",
        "trust_class": epoch.trust_class if epoch else None,
        "unsafe": epoch.unsafe if epoch else False,
        "sandbox": {
            "backend": epoch.sandbox if epoch else None,
            "properties": dict(epoch.properties) if epoch else {},
        },
        "selftests": {each.name: each.passed for each in history.selftests.values()},
        "metric": {
            "name": history.metric.name,
            "direction": str(history.metric.direction),
            "unit": history.metric.unit,
            "target": finite(history.metric.target),
        },
        "referee": epoch.referee if epoch else None,
        "baseline": _baseline(history),
        "tip": _tip(history),
        "certified": _certified(history),
        "counts": {str(outcome): history.counts.get(outcome, 0) for outcome in Outcome},
        "causes": causes(history),
        "experiments": number_tried(history),
        "certificates": len(history.certificates),
        "keeps_since_certificate": history.keeps_since_certificate,
        "measured": history.measured,
        "budget": _budget(history),
        "spend": _spend(used),
        "costs": Costs.of(history).as_dict(),
        "agents": account_rows(history),
        "finite": _finite(history),
        "imported": dict(hearsay_lines(history)),
        "alarms": alarms(history),
        "next": None,
    }


def _baseline(history: Archive) -> dict[str, Any] | None:
    level = Level.of(own_values(history, history.baseline)) if history.baseline else None
    if level is None:
        return None
    return {"mean": finite(level.mean), "sigma": finite(level.sigma), "n": level.n}


def _tip(history: Archive) -> dict[str, Any] | None:
    if history.tip is None:
        return None
    level = tip_level(history)
    return {
        "experiment": history.tip.number,
        "commit": history.tip_commit,
        "value": finite(history.tip_value),
        "mean": finite(level.mean) if level else None,
        "n": level.n if level else 0,
        "certified": is_certified(history),
    }


def _certified(history: Archive) -> dict[str, Any] | None:
    proof = standing_certificate(history)
    if proof is None:
        return None
    return {
        "commit": proof.commit,
        "experiment": proof.experiment,
        "certificate": proof.number,
        "split": proof.split,
        "trust_class": _epoch_of(history, proof).trust_class,
        "in_this_epoch": proof in history.certificates[history.epoch_certificate :],
        "mean": finite(proof.mean),
        "low": finite(proof.low),
        "high": finite(proof.high),
        "n": proof.n,
    }


def _epoch_of(history: Archive, proof: Certificate) -> Epoch:
    """The epoch a certificate was given in."""
    before = history.trail[: [record is proof for _, record in history.trail].index(True)]
    return next(record for _, record in reversed(before) if isinstance(record, Epoch))


def _finite(history: Archive) -> dict[str, Any] | None:
    account = finite_data(history)
    if account is None:
        return None
    return {
        "feedback": account.feedback,
        "bits": round(account.bits, 1),
        "bound": finite(account.bound),
        "gain": finite(account.gain),
        "told": finite(account.told),
        "questions": {"asked": account.asked, "allowed": account.allowed},
        "sealed_bound": finite(account.sealed_bound),
        "vault_opened": account.vault is not None,
    }


def _budget(history: Archive) -> dict[str, Any]:
    night = history.night
    if night is None:
        return {}
    done = history.tonight()
    return {
        "night": night.number,
        "started": night.started,
        "last": last_moment(history),
        "ended": history.ended,
        "experiments": {"limit": night.budget.experiments, "used": len(done)},
        "hours": {"limit": night.budget.hours, "used": None, "over": None},
        "cost_usd": {"limit": night.budget.cost_usd, "used": Total.over([each.cost_usd for each in done]).exact},
        "tokens": {"limit": night.budget.tokens, "used": Total.over([each.tokens for each in done]).exact},
        "certificates": {"limit": night.certificates, "used": history.certificates_tonight},
    }


def _spend(used: Spend) -> dict[str, Any]:
    return {
        "agent_seconds": used.agent,
        "candidate_seconds": used.candidate,
        "evaluation_seconds": used.evaluation,
        "certificate_seconds": used.certificates,
        "overhead_seconds": used.overhead,
        "cost_usd": used.cost_usd,
        "tokens": used.tokens,
    }


def _next(data: dict[str, Any], state: str) -> str:
    if state == "running":
        return "autoresearch log"
    if data["paused"]:
        return "autoresearch resume"
    if data["imported"]:
        return f"autoresearch report --study {data['study'] or ''}".strip()
    return "autoresearch report" if data["experiments"] else "autoresearch run"
