"""What an experiment, a keep and a unit of certified gain cost, in money and tokens. Unknown is never zero."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from autoresearch.history import Archive
from autoresearch.history.tally import Account, accounts
from autoresearch.records import Experiment, Outcome, Ruling
from autoresearch.views.rows import finite
from autoresearch.views.spend import Spend, spend
from autoresearch.views.words import Figures, count, duration, plain


@dataclass(frozen=True, slots=True)
class Cost:
    """Money and tokens; None where any part of them is unknown."""

    cost_usd: float | None
    tokens: float | None

    def over(self, amount: float) -> Cost:
        """The cost of one, where this is the cost of `amount`."""
        return Cost(*(None if each is None else each / amount for each in (self.cost_usd, self.tokens)))

    @property
    def is_nothing(self) -> bool:
        """Whether no model was asked."""
        return self.cost_usd == 0 and self.tokens == 0

    @property
    def known(self) -> str:
        """What is known of it, in words; empty where nothing is."""
        money = "" if self.cost_usd is None else usd(self.cost_usd)
        tokens = "" if self.tokens is None else f"{self.tokens:,.0f} tokens"
        return ", ".join(filter(None, [money, tokens]))

    def __str__(self) -> str:
        if not self.known:
            return "cost unknown"
        money = "unknown" if self.cost_usd is None else usd(self.cost_usd)
        tokens = "unknown" if self.tokens is None else f"{self.tokens:,.0f}"
        return f"{money}, {tokens} tokens"


@dataclass(frozen=True, slots=True)
class Costs:
    """What came at what cost. None where nothing of the kind came."""

    all: Cost
    experiment: Cost | None
    keep: Cost | None
    gain: Cost | None
    """Of one unit of the metric certified in this epoch, by what this epoch's experiments used."""
    certified: float
    """Gain certified in this epoch, in the metric's unit."""
    total: str
    """`all` in words: where a part is unknown, how much it is at least."""

    @classmethod
    def of(cls, history: Archive) -> Costs:
        """The whole study's; of certified gain, this epoch's, for gains compare within one."""
        tried, keeps = sum(history.counts.values()), history.counts.get(Outcome.KEEP, 0)
        used = spend(history)
        whole, here = _cost(used), _cost(spend(history, first=history.baseline.number if history.baseline else 0))
        proofs = history.certificates[history.epoch_certificate :]
        certified = math.fsum(proof.gain for proof in proofs if proof.ruling is Ruling.CERTIFIED)
        is_gain = 0 < certified < math.inf
        return cls(
            whole,
            whole.over(tried) if tried else None,
            whole.over(keeps) if keeps else None,
            here.over(certified) if is_gain else None,
            certified if is_gain else 0.0,
            _total(used),
        )

    def as_dict(self) -> dict[str, Any]:
        """For `status`: None is unknown, or that there was nothing to pay for."""
        names = {"per_experiment": self.experiment, "per_keep": self.keep, "per_certified_gain": self.gain}
        return {name: asdict(cost) if cost else None for name, cost in names.items()}

    def words(self, unit: str) -> str:
        """One line; empty where nothing was asked of a model."""
        if self.experiment is None or self.all.is_nothing:
            return ""
        named = {"an experiment": self.experiment, "a keep": self.keep, f"per {unit or 'unit'} certified": self.gain}
        parts = [f"{cost.known} {name}" for name, cost in named.items() if cost and cost.known]
        return ": ".join(filter(None, [self.total, "; ".join(parts)]))


def account_rows(history: Archive) -> list[dict[str, Any]]:
    """Each agent's account of this epoch, for `status`."""
    return [asdict(account) | {"gain": finite(account.gain)} for account in accounts(history)]


def account_words(history: Archive, figures: Figures) -> Iterator[tuple[str, str]]:
    """Name and account of each agent of this epoch; nothing where there is only one."""
    found = accounts(history)
    for account in found if len(found) > 1 else ():
        yield plain(account.agent, 40), _account(account, figures)


def _account(account: Account, figures: Figures) -> str:
    later = f" and {count(account.unknown, 'keep')} not measured again yet" if account.unknown else ""
    gain = f"gain {figures.signed(account.gain)} {figures.unit}".rstrip()
    tries = count(account.tries, "try").replace("trys", "tries")
    cost = Cost(account.cost_usd, account.tokens)
    return (
        f"{tries} ({account.share:.0%}), {count(account.keeps, 'keep')}, {gain}{later}; "
        f"{duration(account.seconds)}{'' if cost.is_nothing else f', {cost}'}"
    )


def of_experiment(done: Experiment, *, short: bool = False) -> str:
    """What one experiment cost, in words; empty where no model was asked. `short` is money alone, "?" if unknown."""
    cost = Cost(done.cost_usd, done.tokens)
    if cost.is_nothing:
        return ""
    return str(cost) if not short else "?" if cost.cost_usd is None else usd(cost.cost_usd)


def usd(amount: float) -> str:
    """Money, to the cent; small amounts to two digits."""
    return f"US$ {amount:,.2f}" if amount == 0 or amount >= 0.1 else f"US$ {amount:.2g}"


def _total(used: Spend) -> str:
    if used.money.unknown == used.counted.unknown == used.money.of > 0:
        return "unknown"
    money = "US$ unknown" if used.money.unknown == used.money.of > 0 else used.money.words(usd)
    tokens = "{:,.0f} tokens".format
    return f"{money}, {'tokens unknown' if used.counted.unknown == used.counted.of > 0 else used.counted.words(tokens)}"


def _cost(used: Spend) -> Cost:
    return Cost(used.cost_usd, used.tokens)
