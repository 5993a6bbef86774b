"""The page of an imported ledger: their claims, our statistics on them, and no word of ours that claims more."""

from __future__ import annotations

from dataclasses import replace

from autoresearch.history import Archive
from autoresearch.report.headline import NOTHING, Headline, headline
from autoresearch.report.page import Page, Row
from autoresearch.report.sheet import Line
from autoresearch.task import Task
from autoresearch.views.hearsay import accounts, hearsay_lines
from autoresearch.views.reading import Reading
from autoresearch.views.words import Figures, count, plain


def task_of(history: Archive) -> Task:
    """A stand-in for the task an imported study never had: the page needs a name, a goal and a metric."""
    source = history.imported
    name = history.study.name if history.study else "imported"
    goal = f"Imported from {source.file}: what another tool's ledger says" if source else name
    return Task(name, goal, (), history.metric, None)


def as_imported(page: Page, history: Archive) -> Page:
    """`page` without what only a study of ours can have."""
    source = history.imported
    assert source is not None
    return replace(
        page,
        headline=claim(history),
        tags=[("undone", "imported: every number is their word")],
        facts=facts(history),
        survivors=[_theirs(row) for row in page.survivors],
        discards=[_theirs(row) for row in page.discards],
        hearsay=[Line(name, plain(text, 600)) for name, text in hearsay_lines(history)],
        hit_rate="Kept by their word. Nothing here was measured, judged or certified by autoresearch.",
        sides=None,
        calibration=[],
        noise=[],
        spend=[],
        sheet=[
            Line("file", plain(source.file, 200), f"{count(source.lines, 'line')}, {source.bytes:,} bytes"),
            Line("sha256", source.sha256, "the bytes are kept beside the ledger, under this name"),
            Line("read as", source.form),
        ],
        commands=[Line("autoresearch show N", "one row: their words, and what may be concluded")],
    )


def said_of(history: Archive, *, ran_out: bool = False) -> Headline:
    """What is said first of any study, ours or imported; `ran_out` as the headline takes it."""
    return claim(history) if history.imported else headline(Reading.of(history), ran_out=ran_out)


def _theirs(row: Row) -> Row:
    """A row of theirs: there is no patch, and one run has no interval."""
    badge = "kept, by their word" if row.tone == "open" else "discarded, by their word"
    return replace(row, badge=badge, margin="one run of theirs", diff=None)


def facts(history: Archive) -> list[Line]:
    """The four counts under the headline."""
    found = accounts(history)
    doubts = len(history.imported.doubts) if history.imported else 0
    return [
        Line("rows", f"{sum(each.rows for each in found):,}", "0 dropped"),
        Line("kept", f"{sum(each.kept for each in found):,}", "by their word"),
        Line("unknown outcome", f"{sum(each.unknown for each in found):,}"),
        Line("doubts", f"{doubts:,}"),
    ]


def claim(history: Archive) -> Headline:
    """Their claim, and how much of it stands out from luck."""
    found = accounts(history)
    last = found[-1] if found else None
    if last is None or last.gain is None:
        return Headline(False, f"{NOTHING}: nothing kept has a number", "No row of theirs has both.")
    figures = Figures.of(last.metric.unit, last.noise.sigma if last.noise else None)
    kept = count(last.kept, "keep")
    told = (
        f"their noise is unknown, so none of {kept} can be told from luck"
        if last.supported is None
        else f"{last.supported} of {kept} stand out from luck"
    )
    claim = f"They claim {figures.value(last.first)} to {figures.with_unit(last.best)}, from single runs of theirs"
    if last.centred is not None:
        claim += f"; re-centred, the best of so many is {figures.with_unit(last.centred)}"
    return Headline(False, f"Imported: {told}", f"{claim}. To know, put the code under study: autoresearch init.")
