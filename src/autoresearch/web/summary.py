"""Everything on the page that is not an experiment: the headline, the night, its noise, its price, whom one trusts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from autoresearch.report import imported
from autoresearch.report.headline import headline
from autoresearch.report.page import certificates, facts, tags
from autoresearch.report.sheet import noise_sheet, spending
from autoresearch.views.hearsay import hearsay_lines
from autoresearch.views.lines import status_lines
from autoresearch.views.reading import Reading, Span
from autoresearch.views.sentences import figures_of
from autoresearch.views.words import plain
from autoresearch.web.rows import COLUMNS


def summary(reading: Reading, status: dict[str, Any]) -> dict[str, Any]:
    """JSON-able; `status` is what `status --json` says."""
    history, theirs = reading.history, reading.history.imported is not None
    return {
        "columns": COLUMNS,
        "status": status,
        "headline": asdict(imported.claim(history) if theirs else headline(reading)),
        "tags": [("undone", "imported: every number is their word")] if theirs else tags(history),
        "facts": [asdict(line) for line in (imported.facts(history) if theirs else facts(reading))],
        "lines": [
            (name, plain(text, 600))
            for name, text in (hearsay_lines(history) if theirs else status_lines(status, history))
        ],
        "noise": [] if theirs else [asdict(line) for line in noise_sheet(reading)],
        "spend": [] if theirs else [asdict(line) for line in spending(history)],
        "certificates": [asdict(row) for row in certificates(reading)],
        "epochs": [_epoch(reading, span) for span in reading.spans],
        "told": history.told,
    }


def _epoch(reading: Reading, span: Span) -> dict[str, Any]:
    figures = figures_of(reading, span)
    return {
        "number": span.epoch.number,
        "why": plain(span.epoch.why, 300),
        "decimals": figures.decimals,
        "unit": figures.unit,
        "direction": str(span.epoch.metric.direction),
        "sandbox": span.epoch.sandbox,
        "properties": dict(span.epoch.properties),
        "machine": {plain(name, 40): plain(str(value), 200) for name, value in span.epoch.machine.items()},
    }
