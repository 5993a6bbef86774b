"""The agent that is several: a bandit asks, experiment by experiment, the member that seems worth its cost.

Thompson sampling (Thompson, 1933) in its non-parametric form: of every member's record a Bayesian bootstrap (Rubin,
1981) draws one plausible rate of gain per cost, and the highest draw is asked. Older tries count for less, so that a
member whose ideas ran out gives way, and one not asked for long becomes uncertain, thus worth asking, again.

Nothing is remembered: the record is the ledger's, and a draw follows from the study's secret and the experiment's
number, so a killed night asks the same member again.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autoresearch.agents.announcing import Announcing
from autoresearch.history import History
from autoresearch.history.tally import Try, tries
from autoresearch.protocols import Agent
from autoresearch.records import Brief, Proposal

HALF_LIFE = 20.0
"""Experiments after which a try counts half."""
PATIENCE = 10
"""A member is asked at least once in so many experiments for each member there is."""
IN_A_ROW = 6
"""Tries of one member without a keep after which another is asked: whoever fails alike all night ends it."""
PRIOR = 0.5
"""Weight of the ordinary keep, and of the ordinary failure, that every member is credited with beforehand."""


class Portfolio:
    """Asks one of its members for each experiment. `name` is the name of whoever was asked last."""

    def __init__(self, members: Mapping[str, Agent]) -> None:
        self.name = "portfolio"
        self.members = dict(members)
        self._stop = threading.Event()
        self._on_phase: Callable[[str, float], None] = lambda *_: None

    @property
    def on_phase(self) -> Callable[[str, float], None]:
        """Hears what the member at work does, and for how many seconds at most."""
        return self._on_phase

    @on_phase.setter
    def on_phase(self, hear: Callable[[str, float], None]) -> None:
        self._on_phase = hear
        for member in self.members.values():
            if isinstance(member, Announcing):
                member.on_phase = hear

    @property
    def stop(self) -> threading.Event:
        """Set when a human wants everything ended now; every member has the same."""
        return self._stop

    @stop.setter
    def stop(self, event: threading.Event) -> None:
        self._stop = event
        for member in self.members.values():
            member.stop = event

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        """Have a member change `tree`; what failed is mended by whoever made it. Raises Foul when the member does."""
        made = history.candidates.get(brief.number)
        self.name = made.agent if made else chosen(history, tuple(self.members), number=brief.number)
        return replace(self.members[self.name].edit(brief, tree, history), agent=self.name)

    def problems(self, tree: Path) -> list[str]:
        """Why a member could not begin on `tree`, which it names."""
        asked = {name: getattr(member, "problems", None) for name, member in self.members.items()}
        return [f"{name}: {problem}" for name, ask in asked.items() if ask for problem in ask(tree)]


def chosen(history: History, members: Sequence[str], *, number: int) -> str:
    """The member to ask for experiment `number`: whoever waits for too long, else the highest draw."""
    record = [each for each in tries(history) if each.agent in members]
    last = {name: max((each.number for each in record if each.agent == name), default=-1) for name in members}
    longest = min(members, key=lambda name: last[name])
    if last[longest] < max(0, number - PATIENCE * len(members)):
        return longest
    latest = record[-IN_A_ROW:]
    stuck = {each.agent for each in latest}
    if len(latest) == IN_A_ROW and len(stuck) == 1 < len(members) and not any(each.is_kept for each in latest):
        members = [name for name in members if name not in stuck]
    secret = history.study.secret if history.study else ""
    rng = random.Random(f"{secret}:portfolio:{number}")
    draws = {name: drawn_rate(record, name, number=number, rng=rng) for name in members}
    return max(members, key=lambda name: draws[name])


def drawn_rate(record: Sequence[Try], name: str, *, number: int, rng: random.Random) -> float:
    """One plausible gain per cost of the member, given everybody's record up to experiment `number`."""
    usual, costs = ordinary_keep(record), shares_of_cost(record)
    points = [(usual, 1.0, PRIOR), (0.0, 1.0, PRIOR)]
    for each, cost in zip(record, costs, strict=True):
        if each.agent == name:
            gain = usual if each.gain is None else each.gain
            points.append((gain, cost, 0.5 ** ((number - each.number) / HALF_LIFE)))
    weights = [rng.gammavariate(weight, 1.0) for _, _, weight in points]
    gain = math.fsum(weight * gain for weight, (gain, _, _) in zip(weights, points, strict=True))
    cost = math.fsum(weight * cost for weight, (_, cost, _) in zip(weights, points, strict=True))
    return gain / cost if cost else 0.0


def ordinary_keep(record: Sequence[Try]) -> float:
    """Mean gain of the keeps that were measured afresh and gained; 1 before there is one: then keeps are counted."""
    gains = [each.gain for each in record if each.is_kept and each.gain is not None and each.gain > 0]
    return math.fsum(gains) / len(gains) if gains else 1.0


def shares_of_cost(record: Sequence[Try]) -> list[float]:
    """Cost of each try, where 1 is the average try's.

    A try takes its place in the night, its seconds, and, where everybody's is known, its money: the mean of the three.
    """
    bills = [[1.0] * len(record), [each.seconds for each in record]]
    money = [each.cost_usd for each in record if each.cost_usd is not None]
    if len(money) == len(record):
        bills.append(money)
    means = [(bill, math.fsum(bill) / len(bill)) for bill in bills if math.fsum(bill) > 0]
    return [math.fsum(bill[i] / mean for bill, mean in means) / len(means) for i in range(len(record))]
