"""Studies on disk, written by the seeded teller of nights, and the view opened on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from nights import Teller, a_diff
from textual.pilot import Pilot

from autoresearch.cli import place
from autoresearch.ledger.events import GENESIS, digest, encode
from autoresearch.site import Site
from autoresearch.tui import Watch


def write(root: Path, tell: Callable[[Teller], object], **options: object) -> Site:
    """The study that `tell` makes a teller tell, as a ledger below `root`."""
    site, records, teller = Site(root, "quick"), [], Teller(**options)  # type: ignore[arg-type]
    fold = teller.add
    teller.add = lambda record: (records.append(record), fold(record))[1]  # type: ignore[method-assign]
    tell(teller)
    head = GENESIS
    site.create()
    with site.ledger_path.open("wb") as file:
        for seq, record in enumerate(records):
            line = encode(record, seq=seq, prev=head, at="2026-03-01T22:00:00Z")
            head = digest(line)
            file.write(line + b"\n")
    return site


def a_study(root: Path, experiments: int, **options: object) -> Site:
    return write(root, lambda teller: teller.begin().go(experiments), **options)


@asynccontextmanager
async def watched(site: Site, *, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Watch, Pilot[None]]]:
    """The view on a study, once it has read it to its end and made the first page."""
    app = Watch(site, diff_of=a_diff, status_of=place.status_of)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.desk.scene is not None and app.desk.scene.share == 1)
        await pilot.pause()
        yield app, pilot


async def until(pilot: Pilot[None], holds: Callable[[], bool], seconds: float = 20.0) -> None:
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        await pilot.pause(0.05)
    raise AssertionError("it never came to be")


def seen(app: Watch) -> str:
    """The screen as lines of text."""
    screen = app.screen
    lines = screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in lines)
