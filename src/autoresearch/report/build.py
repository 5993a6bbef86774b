"""`autoresearch report`: the page and the picture, written to a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autoresearch.history import Archive
from autoresearch.report import html, markdown
from autoresearch.report.imported import as_imported
from autoresearch.report.page import Page, compose
from autoresearch.task import Task

PLACEHOLDER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 60"><text x="20" y="36" fill="#68717b">'
    "nothing has been measured yet</text></svg>\n"
)


@dataclass(frozen=True, slots=True)
class ReportPaths:
    """Where the report is."""

    html: Path
    markdown: Path
    svg: Path


def build(
    history: Archive,
    *,
    task: Task,
    diff_of: Callable[[str, str], str],
    out_dir: Path,
    series_of: Callable[[str], Sequence[float]] = lambda _: (),
    first: int = 0,
    ran_out: bool = False,
) -> ReportPaths:
    """Write the report on `history` into `out_dir`, over an older one.

    `diff_of(parent, child)` gives the text of `git diff` between two commits; it is asked for the changes shown only.
    `series_of(name)` gives the scores of single records that runs kept under that name. Lists begin with experiment
    `first`: such a page stands beside that of the whole study, not in its place. `ran_out` where the night's hours went
    by while nothing ran.
    Raises OSError when the folder cannot be written.
    """
    page = page_of(history, task=task, diff_of=diff_of, series_of=series_of, first=first, ran_out=ran_out)
    name = "report-since" if first else "report"
    paths = ReportPaths(out_dir / f"{name}.html", out_dir / f"{name}.md", out_dir / "staircase.svg")
    out_dir.mkdir(parents=True, exist_ok=True)
    paths.html.write_text(html.render(page), encoding="utf-8")
    paths.markdown.write_text(markdown.render(page, picture=paths.svg.name), encoding="utf-8")
    paths.svg.write_text(page.pictures[0].wide if page.pictures else PLACEHOLDER, encoding="utf-8")
    return paths


def page_of(
    history: Archive,
    *,
    task: Task,
    diff_of: Callable[[str, str], str],
    series_of: Callable[[str], Sequence[float]] = lambda _: (),
    first: int = 0,
    ran_out: bool = False,
) -> Page:
    """The page, whether the study is ours or was imported."""
    page = compose(history, task=task, diff_of=diff_of, series_of=series_of, first=first, ran_out=ran_out)
    return as_imported(page, history) if history.imported else page
