"""Which experiments the table shows, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from autoresearch.records import Experiment, Outcome
from autoresearch.tui.feed import Scene
from autoresearch.tui.signs import ending
from autoresearch.views.standing import Standing


class Kind(StrEnum):
    """What is shown."""

    ALL = "all"
    KEPT = "kept"
    CERTIFIED = "certified"
    DISCARDED = "discarded"
    FAILED = "no score"


class Order(StrEnum):
    """By what, the first of each pair of ends on top."""

    NUMBER = "newest"
    OUTCOME = "outcome"
    VALUE = "best"
    SECONDS = "slowest"


OPPOSITE = {
    Order.NUMBER: "oldest",
    Order.OUTCOME: "outcome, from the end",
    Order.VALUE: "worst",
    Order.SECONDS: "quickest",
}


K = TypeVar("K", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter, a search and an order."""

    kind: Kind = Kind.ALL
    words: str = ""
    """Every one of them must occur; `#12` is experiment 12."""
    order: Order = Order.NUMBER
    reverse: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether anything may be left out."""
        return self.kind is not Kind.ALL or bool(self.words.strip())

    @property
    def title(self) -> str:
        """The choice in a few words."""
        first = OPPOSITE[self.order] if self.reverse else str(self.order)
        return f"{self.kind}, {first} first"

    def next_kind(self) -> Choice:
        """The same with the next filter."""
        return replace(self, kind=_after(self.kind))

    def next_order(self) -> Choice:
        """The same in the next order."""
        return replace(self, order=_after(self.order), reverse=False)

    def numbers(self, scene: Scene) -> list[int]:
        """Numbers of the chosen experiments, the first on top."""
        done = scene.history.experiments[: scene.experiments]
        wanted, words = _wanted(self.kind, scene), self.words.casefold().split()
        chosen = [each.number for each in done if wanted(each) and (not words or _has(scene, each, words))]
        return _ordered(scene, chosen, self.order, self.reverse)


def _after(one: K) -> K:
    """The next of its kind, the first after the last."""
    members = list(type(one))
    return members[(members.index(one) + 1) % len(members)]


def _wanted(kind: Kind, scene: Scene) -> Callable[[Experiment], bool]:
    match kind:
        case Kind.ALL:
            return lambda _: True
        case Kind.CERTIFIED:
            return lambda done: scene.standings.get(done.number) is Standing.CERTIFIED
        case Kind.KEPT:
            return lambda done: done.verdict.outcome is Outcome.KEEP
        case Kind.DISCARDED:
            return lambda done: done.verdict.outcome is Outcome.DISCARD
        case Kind.FAILED:
            return lambda done: done.verdict.outcome not in (Outcome.KEEP, Outcome.DISCARD)


def _has(scene: Scene, done: Experiment, words: Sequence[str]) -> bool:
    made, verdict = done.candidate, done.verdict
    texts = [f"#{done.number} ", ending(done, scene.standings.get(done.number))[1], verdict.outcome, verdict.cause]
    texts += [verdict.reason, done.agent]
    texts += [made.summary, made.hypothesis, made.commit[:12]] if made else []
    text = "\n".join(texts).casefold()
    return all((f"{word} " if word[0] == "#" else word) in text for word in words)


def _ordered(scene: Scene, numbers: list[int], order: Order, reverse: bool) -> list[int]:
    """Unknown values come last whichever way; values compare within one epoch only, the newest epoch first."""
    done, numbers = scene.history.experiments, numbers[::-1]
    match order:
        case Order.NUMBER:
            return numbers[::-1] if reverse else numbers
        case Order.OUTCOME:
            names = list(Outcome)
            return sorted(numbers, key=lambda number: names.index(done[number].verdict.outcome), reverse=reverse)
        case Order.SECONDS:
            return sorted(numbers, key=lambda number: done[number].seconds, reverse=not reverse)
        case Order.VALUE:
            return [number for group in _by_epoch(scene, numbers) for number in _by_value(scene, group, reverse)]


def _by_epoch(scene: Scene, numbers: list[int]) -> list[list[int]]:
    ends = [span.experiments[-1].number for span in scene.reading.spans if span.experiments]
    groups: dict[int, list[int]] = {}
    for number in numbers:
        groups.setdefault(sum(end < number for end in ends[:-1]), []).append(number)
    return [groups[index] for index in sorted(groups, reverse=True)]


def _by_value(scene: Scene, numbers: list[int], reverse: bool) -> list[int]:
    done, span = scene.history.experiments, scene.span_of(numbers[0])
    metric = span.epoch.metric if span else scene.history.metric
    scored = [(value, number) for number in numbers if (value := done[number].value) is not None]
    scored.sort(key=lambda pair: metric.gain(pair[0], over=0.0), reverse=not reverse)
    return [number for _, number in scored] + [number for number in numbers if done[number].value is None]
