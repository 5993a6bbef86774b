"""A night in three lines: what is proven, what was tried, what to read next."""

from __future__ import annotations

from autoresearch.history import Archive
from autoresearch.report.imported import said_of
from autoresearch.views.reading import Reading
from autoresearch.views.spend import spend
from autoresearch.views.standing import failures, hit_rate
from autoresearch.views.words import count, duration, plain


def morning(history: Archive, *, why: str = "", first: int = 0, ran_out: bool = False) -> list[str]:
    """The lines; `why` says why the night ended, where one did. Counted is from experiment `first` on.

    `ran_out` as the headline takes it.
    """
    reading = Reading.of(history)
    name = plain(history.study.name, 80) if history.study else "nothing yet"
    said, rate, used = said_of(history, ran_out=ran_out), hit_rate(reading, first=first), spend(history, first=first)
    levels = f" ({said.levels})" if said.levels else ""
    failed = sum(len(failure.experiments) for failure in failures(history, first=first))
    since = f"since experiment {first}: " if first else ""
    time = "an unknown time" if history.imported else duration(used.total)
    tried = f"{since}{count(rate.tried, 'experiment')} in {time}: {rate.kept:,} kept,"
    tried += f" {rate.certified:,} certified, {rate.rolled_back:,} rolled back, {failed:,} without a score"
    end = f"The night is over: {plain(why, 200)}. " if why else ""
    return [f"{name}: {said.claim}{levels}", f"{tried}.", f"{end}Read on: autoresearch report"]
