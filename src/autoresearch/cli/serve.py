"""`autoresearch serve`: the study in a browser, live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import place
from autoresearch.extras import ExtraMissing

if TYPE_CHECKING:
    from autoresearch.site import Site
    from autoresearch.views import Reading
    from autoresearch.web.app import Pages


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
        raise ExtraMissing(f"The browser view needs {error.name}.", extra="tui,web") from None
    serve_pages(_pages(study, control), port=port, announce=_announce)


def _announce(address: str) -> None:
    typer.echo(address)
    typer.echo("Open it in a browser on this machine; whoever has the address may look. Ctrl-C ends it.", err=True)


def _pages(study: str | None, control: bool) -> Pages:
    from autoresearch.web.app import Pages
    from autoresearch.web.feed import Feed

    site = place.site(study)
    feed = Feed(site, place.status_of)
    return Pages(feed, place.diff_of(site), lambda: feed.read(lambda reading: _report(site, reading)), control)


def _report(site: Site, reading: Reading) -> str:
    from autoresearch.cli.report import page
    from autoresearch.report import html

    return html.render(page(site, reading.history))
