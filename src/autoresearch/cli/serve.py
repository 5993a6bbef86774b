"""`autoresearch serve`: the study in a browser, live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import place
from autoresearch.errors import UserError

if TYPE_CHECKING:
    from autoresearch.web.app import Pages
    from autoresearch.web.feed import Feed


def serve(
    study: place.StudyName = None,
    port: Annotated[int, typer.Option(help="Of this machine's loopback; 0 is any free one.", min=0, max=65535)] = 0,
    control: Annotated[
        bool, typer.Option("--control", help="Let the page pause, resume and stop the study, and tell it something.")
    ] = False,
) -> None:
    """Show the study in a browser, live, until Ctrl-C. Reading only, on this machine only."""
    try:
        from autoresearch.web.server import serve as serve_pages
    except ModuleNotFoundError as error:
        raise UserError(f"The browser view needs {error.name}.", fix="pip install 'autoresearch[web]'") from None
    serve_pages(_pages(study, control), port=port, announce=_announce)


def _announce(address: str) -> None:
    typer.echo(address)
    typer.echo("Open it in a browser on this machine; whoever has the address may look. Ctrl-C ends it.", err=True)


def _pages(study: str | None, control: bool) -> Pages:
    from autoresearch.web.app import Pages
    from autoresearch.web.feed import Feed

    site = place.site(study)
    feed = Feed(site, place.status_of)
    return Pages(feed, place.diff_of(site), lambda: _report(feed), control)


def _report(feed: Feed) -> str:
    from autoresearch.cli.report import task_of
    from autoresearch.report import html
    from autoresearch.report.page import compose

    site = feed.site
    task = task_of(site)
    return str(
        feed.read(
            lambda reading: html.render(
                compose(reading.history, task=task, diff_of=place.diff_of(site), series_of=site.series)
            )
        )
    )
