"""Everything the page says, worked out once; HTML and Markdown only lay it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from autoresearch.history import Archive, Note
from autoresearch.records import Ruling, TrustClass
from autoresearch.report import forest, svg
from autoresearch.report.again import AgainTable, handed_over, measured_again, taken_back
from autoresearch.report.calibrated import calibration_sheet
from autoresearch.report.diffs import Diff, DiffBook
from autoresearch.report.environment import environment
from autoresearch.report.finite import finite_sheet, trials_sheet
from autoresearch.report.front import FrontTable, table
from autoresearch.report.headline import Headline, headline
from autoresearch.report.kept import story
from autoresearch.report.provenance import provenance
from autoresearch.report.sheet import Line, check_yourself, noise_sheet, reproduction, spending
from autoresearch.report.sides import SideTable, sides
from autoresearch.report.staircase import Staircase
from autoresearch.task import Task
from autoresearch.views.reading import Proof, Reading, Span
from autoresearch.views.sentences import figures_of, margin, size_of
from autoresearch.views.spend import spend
from autoresearch.views.standing import Change, Failure, HitRate, Standing, discards, failures, hit_rate, survivors
from autoresearch.views.words import count, duration, numbers, plain

MOST_ROWS = 100
"""Rows of one table; `autoresearch log` has the rest."""
MOST_DIFFS = 40
"""Discards shown with their diff, nearest miss first."""
TONES: dict[Standing | None, str] = {
    Standing.CERTIFIED: "proven",
    Standing.PROVISIONAL: "open",
    Standing.THEIRS: "open",
    Standing.ROLLED_BACK: "undone",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One change in a ranked table."""

    number: int
    summary: str
    size: str
    """How much the code grew or shrank; empty where it is not known."""
    gain: str
    """With its sign; from the runs made since it was kept where there are any, else as judged."""
    margin: str
    """The interval of that gain."""
    badge: str
    tone: str
    """proven | open | undone | plain: how the badge is painted."""
    unsafe: bool
    story: Sequence[Line]
    """What, why, expected, measured, result, code, author: in this order, for every change."""
    forest: str
    diff: Diff | None


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One cause of failure."""

    outcome: str
    cause: str
    times: str
    experiments: str
    example: int
    commit: str
    diff: Diff | None


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate."""

    number: int
    ruling: str
    tone: str
    experiment: int
    commit: str
    against: str
    n: int
    p: str
    """With the level it was held against; values that repeat exactly need no test and have none."""
    mean: str
    mean_interval: str
    gain: str
    gain_interval: str
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One epoch's staircase, for wide and for narrow screens."""

    caption: str
    wide: str
    narrow: str


@dataclass(frozen=True, slots=True)
class Page:
    """The report, in reading order."""

    study: str
    goal: str
    since: str
    """What the lists leave out; empty for the whole study."""
    unsafe: bool
    tags: Sequence[tuple[str, str]]
    """Tone and text of what must stand beside every number."""
    headline: Headline
    facts: Sequence[Line]
    pictures: Sequence[Picture]
    """The current epoch's first, then the earlier ones, youngest first."""
    alarms: Sequence[Line]
    survivors: Sequence[Row]
    survivors_left: int
    rolled_back: Sequence[Row]
    certificates: Sequence[CertificateRow]
    certificates_left: int
    """Older ones that are not listed."""
    revalidation: AgainTable | None
    """What was kept, measured again later."""
    handed_over: AgainTable | None
    """The branches of the last hand-over."""
    pruning: Sequence[Line]
    """What the last night that pruned took back; empty where none did."""
    sides: SideTable | None
    """Every metric before and after; None before there is an after."""
    calibration: Sequence[Line]
    """How far gains held that were claimed, or judged on the runs that earned the keep."""
    discards: Sequence[Row]
    discards_left: int
    failures: Sequence[FailureRow]
    front: FrontTable | None
    """None where the task names nothing to weigh against the metric."""
    hit_rate: str
    noise: Sequence[Line]
    finite: Sequence[Line]
    """What was told of finite data, and what that lets one believe; empty where data grow back."""
    spend: Sequence[Line]
    sheet: Sequence[Line]
    commands: Sequence[Line]
    hearsay: Sequence[Line] = ()
    """Of an imported ledger: what it claims, and what our statistics say of that."""


def compose(
    history: Archive,
    *,
    task: Task,
    diff_of: Callable[[str, str], str],
    series_of: Callable[[str], Sequence[float]] = lambda _: (),
    first: int = 0,
    ran_out: bool = False,
) -> Page:
    """Work out the page; lists begin with experiment `first`, the headline and the picture are the whole study's.

    `ran_out` where the night's hours went by while nothing ran.
    `diff_of(parent, child)` gives the text of `git diff`, `series_of(name)` the scores of single records kept under it.
    """
    reading, book = Reading.of(history), DiffBook(diff_of)
    proofs = [(span, proof) for span in reading.spans for proof in span.proofs if not first or proof.at > first]
    news = {proof.certificate.number for _, proof in proofs}
    kept = [each for each in survivors(reading) if each.experiment.number >= first or each.certificate in news]
    missed = [each for each in discards(reading) if each.experiment.number >= first]
    rate = hit_rate(reading, first=first)
    undone = [change for change in kept if change.standing is Standing.ROLLED_BACK]
    kept = kept[: len(kept) - len(undone)]
    study = history.study.name if history.study else task.name
    return Page(
        study=plain(study, 80),
        goal=plain(task.goal, 600),
        unsafe=any(span.epoch.unsafe for span in reading.spans),
        tags=tags(history),
        headline=headline(reading, ran_out=ran_out),
        since=_since(first),
        facts=facts(reading, first=first),
        pictures=[_picture(reading, span) for span in reversed(reading.spans)],
        alarms=[
            Line(plain(note.kind, 20), plain(note.text, 400))
            for at, note in history.trail
            if isinstance(note, Note) and at >= first
        ][-50:],
        survivors=_rows(reading, kept[:MOST_ROWS], book, MOST_ROWS),
        survivors_left=max(0, len(kept) - MOST_ROWS),
        rolled_back=_rows(reading, undone[:MOST_ROWS], book, MOST_ROWS),
        certificates=[certificate_row(reading, span, proof) for span, proof in proofs[-MOST_ROWS:]],
        certificates_left=max(0, len(proofs) - MOST_ROWS),
        revalidation=measured_again(history),
        handed_over=handed_over(history),
        pruning=taken_back(history),
        sides=sides(reading),
        calibration=calibration_sheet(reading),
        failures=[_failure(failure, book) for failure in failures(history, first=first)[:MOST_ROWS]],
        discards=_rows(reading, missed[:MOST_ROWS], book, MOST_DIFFS),
        discards_left=max(0, len(missed) - MOST_ROWS),
        front=table(reading, task.pareto),
        hit_rate=_hit_rate(rate),
        noise=noise_sheet(reading),
        finite=[*finite_sheet(reading), *trials_sheet(history, series_of)],
        spend=spending(history),
        sheet=[
            *reproduction(history, task),
            *environment(history.epoch.environment if history.epoch else {}),
            *provenance(history),
        ],
        commands=check_yourself(history),
    )


def tags(history: Archive) -> list[tuple[str, str]]:
    """Tone and text of what must stand beside every number."""
    epoch = history.epoch
    if epoch is None:
        return []
    found = [("undone" if epoch.trust_class == TrustClass.SELF_REPORTED else "proven", plain(epoch.trust_class, 30))]
    found.append(("plain", f"sandbox: {plain(epoch.sandbox, 30)}"))
    found += [
        ("undone", f"not given: {plain(name, 30).replace('_', ' ')}")
        for name, holds in epoch.properties.items()
        if not holds
    ]
    if tests := history.selftests.values():
        passed = sum(each.passed for each in tests)
        found.append(("proven" if passed == len(tests) else "undone", f"self-tests: {passed} of {len(tests)} passed"))
    return [("undone", "UNSAFE: no sandbox"), *found] if epoch.unsafe else found


def _since(first: int) -> str:
    if not first:
        return ""
    return f"Listed is what happened since experiment {first}; headline, picture and spend are the whole study's."


def facts(reading: Reading, *, first: int = 0) -> list[Line]:
    """The four counts under the headline, of experiments from number `first` on."""
    rate = hit_rate(reading, first=first)
    failed = sum(len(failure.experiments) for failure in failures(reading.history, first=first))
    seconds = spend(reading.history, first=first).total
    return [
        Line("experiments", f"{rate.tried:,}", f"in {duration(seconds)}" if rate.tried else ""),
        Line("kept", f"{rate.kept:,}", f"{rate.rolled_back:,} rolled back" if rate.rolled_back else ""),
        Line("certified", f"{rate.certified:,}", f"{rate.share:.1%} of experiments" if rate.share is not None else ""),
        Line("without a score", f"{failed:,}", f"{failed / rate.tried:.0%} of experiments" if rate.tried else ""),
    ]


def _hit_rate(rate: HitRate) -> str:
    if rate.share is None:
        return "Nothing has been tried yet."
    return (
        f"{rate.certified:,} of {count(rate.tried, 'experiment')} ({rate.share:.1%}) became part of a certified block."
        f" Kept on the way: {rate.kept:,}; rolled back since: {rate.rolled_back:,}."
        " A certificate proves its block as a whole, not each change in it."
    )


def _picture(reading: Reading, span: Span) -> Picture:
    stairs = Staircase.of(reading, span)
    note = f"Epoch {span.epoch.number}. {svg.description(stairs)}"
    return Picture(note, svg.draw(stairs), svg.draw(stairs, width=400, height=440, labels=6))


def _rows(reading: Reading, changes: Sequence[Change], book: DiffBook, diffs: int) -> list[Row]:
    scale = forest.reach([change.fresh or change.gain for change in changes])
    return [_row(reading, change, scale, book if place < diffs else None) for place, change in enumerate(changes)]


def _row(reading: Reading, change: Change, scale: float, book: DiffBook | None) -> Row:
    done, span = change.experiment, reading.span_of(change.experiment.number)
    figures, candidate = figures_of(reading, span), change.experiment.candidate
    best = change.fresh or change.gain
    return Row(
        number=done.number,
        summary=plain(candidate.summary if candidate else "", 160) or "(no summary)",
        size=size_of(candidate),
        gain=figures.signed(best.mean) if best else "unknown",
        margin=margin(best, figures),
        badge=_badge(change),
        tone=TONES.get(change.standing, "plain"),
        unsafe=bool(span and span.epoch.unsafe),
        story=story(reading, change),
        forest=forest.draw(best, scale=scale),
        diff=book.between(done.parent, candidate.commit) if book and candidate else None,
    )


def _badge(change: Change) -> str:
    if change.standing is None:
        return "discarded"
    return f"{change.standing}, #{change.certificate}" if change.certificate else str(change.standing)


def _failure(failure: Failure, book: DiffBook) -> FailureRow:
    example = next((done for done in failure.experiments if done.candidate), failure.experiments[0])
    made = example.candidate
    return FailureRow(
        outcome=str(failure.outcome).replace("_", " ")
        + (f": {failure.kind}" if failure.kind else "").replace("_", " "),
        cause=plain(failure.cause, 300) or "(no reason recorded)",
        times=count(len(failure.experiments), "time"),
        experiments=numbers([done.number for done in failure.experiments]),
        example=example.number,
        commit=made.commit if made else "",
        diff=book.between(example.parent, made.commit) if made else None,
    )


def certificate_row(reading: Reading, span: Span, proof: Proof) -> CertificateRow:
    """One certificate of an epoch, in words."""
    figures, done = figures_of(reading, span), proof.certificate
    split = "" if done.split == "public" else f" ({plain(done.split, 20)})"
    return CertificateRow(
        number=done.number,
        ruling=str(done.ruling).replace("_", " "),
        tone={Ruling.CERTIFIED: "proven", Ruling.ROLLED_BACK: "undone"}.get(done.ruling, "plain"),
        experiment=done.experiment,
        commit=done.commit[:9],
        against=done.against[:9],
        n=done.n,
        p=f"{done.p:.2g} (level {done.level:.3g})" if done.level else "–, by repetition",
        mean=figures.value(done.mean) + split,
        mean_interval=figures.span(done.low, done.high),
        gain=figures.signed(done.gain),
        gain_interval=figures.interval(done.gain_low, done.gain_high),
        reason=plain(done.reason, 300),
    )
