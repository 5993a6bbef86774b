"""What each agent brought and what it cost: the account a portfolio is run by, and that surfaces show.

A keep is never credited with the run that earned it, which was picked for being good. It shares in the gain between two
commits of the tip's line that were measured afresh, in the proportion that the keeps between them claimed; and where a
certificate proved the block it stands in, all shares of the block add up to what was certified.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autoresearch.history import History, is_baseline, noise
from autoresearch.history.lineage import ancestry
from autoresearch.records import Experiment, Outcome, Ruling


@dataclass(frozen=True, slots=True)
class Try:
    """One experiment of this epoch, as its agent's account has it."""

    number: int
    agent: str
    is_kept: bool
    gain: float | None
    """Credited, in the metric's unit; None for a keep that was not measured afresh yet."""
    seconds: float
    """The agent's and the measuring's, wall time."""
    cost_usd: float | None
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Account:
    """One agent's experiments of this epoch, added up."""

    agent: str
    tries: int
    keeps: int
    gain: float
    """Credited so far, in the metric's unit; a block that turned out worse counts against those who made it."""
    unknown: int
    """Keeps not measured afresh yet, which are not in `gain`."""
    seconds: float
    cost_usd: float | None
    """None where any of it is unknown."""
    tokens: int | None
    share: float
    """Of all tries, in [0, 1]."""


def tries(history: History) -> list[Try]:
    """This epoch's experiments, oldest first, baselines left out."""
    first = history.baseline.number if history.baseline else len(history.experiments)
    gains = _credited(history)
    return [_try(done, gains) for done in history.experiments[first:] if not is_baseline(done)]


def accounts(history: History) -> list[Account]:
    """One account an agent, in the order they were first asked."""
    made = tries(history)
    agents = dict.fromkeys(each.agent for each in made)
    return [_account(agent, [each for each in made if each.agent == agent], len(made)) for agent in agents]


def _try(done: Experiment, gains: dict[int, float | None]) -> Try:
    is_kept = done.verdict.outcome is Outcome.KEEP
    thinking = done.candidate.agent_seconds if done.candidate else 0.0
    return Try(
        done.number,
        done.agent,
        is_kept,
        gains.get(done.number, 0.0),
        max(done.seconds, thinking),  # after a kill an experiment's own clock began again
        done.cost_usd,
        done.tokens,
    )


def _account(agent: str, mine: Sequence[Try], tried: int) -> Account:
    tokens = _sum(each.tokens for each in mine)
    return Account(
        agent,
        tries=len(mine),
        keeps=sum(each.is_kept for each in mine),
        gain=math.fsum(each.gain or 0.0 for each in mine),
        unknown=sum(each.gain is None for each in mine),
        seconds=math.fsum(each.seconds for each in mine),
        cost_usd=_sum(each.cost_usd for each in mine),
        tokens=None if tokens is None else int(tokens),
        share=len(mine) / tried,
    )


def _sum(amounts: Iterable[float | None]) -> float | None:
    """The sum; None where any is unknown."""
    found = list(amounts)
    known = [amount for amount in found if amount is not None]
    return math.fsum(known) if len(known) == len(found) else None


def _credited(history: History) -> dict[int, float | None]:
    """The credit of each keep on the tip's line in this epoch, by number. What was rolled back is on no line."""
    base = history.baseline
    if base is None:
        return {}
    line = [done for done in ancestry(history, history.tip_commit) if done.number > base.number][::-1]
    gains: dict[int, float | None] = {done.number: None for done in line}
    still = noise.of_one_run(history) == 0  # asked once: it is a pass over every run
    block, over = list[Experiment](), _level(history, line[0].parent, still) if line else None
    for done in line:
        block.append(done)
        level = _level(history, _commit(done), still)
        if level is not None:
            if over is not None:
                gains |= _shared(block, history.metric.gain(level, over=over))
            block, over = [], level
    places = {_commit(done): place for place, done in enumerate(line)}
    for proof in history.certificates[history.epoch_certificate :]:
        if proof.ruling is Ruling.CERTIFIED and proof.commit in places:
            block = line[places.get(proof.against, -1) + 1 : places[proof.commit] + 1]
            gains |= _settled(block, gains, proof.gain)
    return gains


def _commit(done: Experiment) -> str:
    return done.candidate.commit if done.candidate else ""


def _level(history: History, commit: str, still: bool) -> float | None:
    """Mean of the runs of `commit` nobody selected; of all where runs are `still`, not varying. None without any."""
    fresh = [run.value for run in history.fresh(commit) if run.value is not None]
    values = history.values(commit) if still and not fresh else fresh
    return math.fsum(values) / len(values) if values else None


def _shared(block: Sequence[Experiment], gain: float) -> dict[int, float | None]:
    """`gain` in the proportion the keeps of a block claimed; in equal parts where they claimed nothing."""
    claims = [max(0.0, done.verdict.statistic.get("gain", 0.0)) for done in block]
    whole = math.fsum(claims)
    parts = [claim / whole for claim in claims] if 0 < whole < math.inf else [1 / len(block)] * len(block)
    return {done.number: gain * part for done, part in zip(block, parts, strict=True)}


def _settled(block: Sequence[Experiment], gains: dict[int, float | None], proven: float) -> dict[int, float | None]:
    """The block's credits corrected to add up to what was proven; what had none shares the rest."""
    known = {done.number: gain for done in block if (gain := gains[done.number]) is not None}
    rest, missing = proven - math.fsum(known.values()), [done for done in block if done.number not in known]
    if missing:
        return _shared(missing, rest)
    return {number: gain + rest / len(block) for number, gain in known.items()}
