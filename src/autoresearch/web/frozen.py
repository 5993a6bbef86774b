"""The page as one file, for a link in a chat: no server, no request; without scripts it is the report."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autoresearch.report import svg
from autoresearch.views.reading import Reading
from autoresearch.views.standing import discards, failures, survivors
from autoresearch.web.close_up import DiffOf, close_up
from autoresearch.web.picture import picture
from autoresearch.web.rows import rows
from autoresearch.web.summary import summary

STATIC = Path(__file__).parent / "static"
REPORT_CSS = Path(svg.__file__).parent / "templates" / "report.css"
ALL = 300
"""Up to so many experiments, each is on the page with its runs and patch; of more, those that matter."""
NEAREST = 60
"""Of more: discards, nearest miss first, and as many of the newest."""
ROOM = 1_500_000
"""Characters of patches; beyond, `autoresearch diff N` has them."""


def freeze(reading: Reading, *, status: dict[str, Any], diff_of: DiffOf, report: str) -> str:
    """The file. `status` is what `status --json` says, `report` the inside of the report's page."""
    answers = {
        "/api/study": {"turn": 0, "rows": list(rows(reading)), "summary": summary(reading, status)},
        "/api/picture": [picture(reading, width=width) for width in (400, 640, 1280)],
    } | dict(_close_ups(reading, diff_of))
    page = re.sub(r"<[^\n]* data-live>[^\n]*\n", "", (STATIC / "page.html").read_text(encoding="utf-8"))
    scripts = "\n".join(
        (STATIC / name).read_text(encoding="utf-8") for name in re.findall(r'src="/static/(\w+\.js)"', page)
    )
    style = REPORT_CSS.read_text(encoding="utf-8") + svg.style() + (STATIC / "page.css").read_text(encoding="utf-8")
    data = json.dumps(answers, separators=(",", ":")).replace("<", "\\u003c")
    page = re.sub(r'<(link rel="\w+"|script defer)[^\n]*\n', "", page)
    page = re.sub(r"<noscript>.*?</noscript>", lambda _: f'<section id="report">{report}</section>', page)
    page = page.replace('<a href="/report" target="_blank" rel="noopener">', '<a href="#/report">')
    head = f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">\n<style>{style}</style>\n</head>'
    tail = f'<script type="application/json" id="frozen">{data}</script>\n<script>{scripts}</script>\n</body>'
    return page.replace("</head>", head).replace("</body>", tail)


def _policy(script: str) -> str:
    """Only this very script runs, and nothing is asked of anybody."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'"


def _close_ups(reading: Reading, diff_of: DiffOf) -> Iterator[tuple[str, Any]]:
    room = ROOM
    for number in _chosen(reading):
        found = close_up(reading, number, diff_of=diff_of)
        room -= sum(len(text) for _, text in found["patch"]["lines"]) if found["patch"] else 0
        if room < 0:
            found["patch"] = None
        yield f"/api/experiments/{number}", found


def _chosen(reading: Reading) -> list[int]:
    """Numbers of the experiments that are shown closely."""
    done = reading.history.experiments
    if len(done) <= ALL:
        return [each.number for each in done]
    kept = [change.experiment.number for change in survivors(reading)][:ALL]
    missed = [change.experiment.number for change in discards(reading)][:NEAREST]
    failed = [failure.experiments[0].number for failure in failures(reading.history)]
    newest = [each.number for each in done[-NEAREST:]]
    return sorted({0, *kept, *missed, *failed[:NEAREST], *newest})
