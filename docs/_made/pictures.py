"""The pictures of the two views, made of a real study by the program as it is.

    autoresearch demo night --experiments 40
    python docs/_made/pictures.py night

writes `watch.svg` and `serve.png` beside this folder. It needs the tests' own packages and a Chromium. Look at both
before they are committed.
"""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
from pathlib import Path

from autoresearch.cli import place
from autoresearch.records import Outcome
from autoresearch.site import Site, studies
from autoresearch.tui import Watch

DOCS = Path(__file__).parents[1]
COLUMNS, ROWS = 140, 40
WIDTH, HEIGHT = 1280, 1240
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""What would fetch a font from elsewhere."""


async def watch(site: Site, number: int) -> str:
    """The terminal view as SVG, experiment `number` under its cursor."""
    view = Watch(site, diff_of=place.diff_of(site), status_of=place.status_of)
    async with view.run_test(size=(COLUMNS, ROWS)) as pilot:
        await pilot.pause(3)
        for _ in range(len(site.ledger().history.experiments) - 1 - number):
            await pilot.press("down")
        await pilot.pause(1)
        return FONT.sub("", view.export_screenshot())


def serve(site: Site, number: int) -> bytes:
    """The browser view as PNG, experiment `number` opened."""
    from PIL import Image

    from browser import Window, browser

    verb = [sys.executable, "-m", "autoresearch.cli", "serve"]
    with (
        subprocess.Popen(verb, cwd=site.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server,
        browser() as chromium,
    ):
        assert server.stdout is not None
        window = Window(chromium, viewport={"width": WIDTH, "height": HEIGHT})
        page = window.open(f"{server.stdout.readline().strip()}#/n/{number}")
        page.wait_for_selector("#picture .here")
        page.wait_for_timeout(1000)
        page.evaluate("scrollTo(0, 0)")
        shot = Image.open(io.BytesIO(page.screenshot()))
        server.terminate()
    small = io.BytesIO()
    shot.quantize(64).save(small, "png", optimize=True)
    return small.getvalue()


def main() -> None:
    """Make both, with the last change opened that is certified, else kept."""
    sys.path.insert(0, str(DOCS.parent / "tests"))
    root = Path(sys.argv[1]).resolve()
    site = Site(root, studies(root)[0])
    history = site.ledger().history
    kept = [done.number for done in history.experiments if done.verdict.outcome is Outcome.KEEP]
    number = max((proof.experiment for proof in history.certificates), default=kept[-1])
    (DOCS / "watch.svg").write_text(asyncio.run(watch(site, number)), encoding="utf-8")
    (DOCS / "serve.png").write_bytes(serve(site, number))


if __name__ == "__main__":
    main()
