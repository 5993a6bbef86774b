"""Everything on the page that is not an experiment: the headline, the night, its noise, its price, whom one trusts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from autoresearch.history import Archive
from autoresearch.ledger import now
from autoresearch.report import imported
from autoresearch.report.headline import headline
from autoresearch.report.page import certificate_row, facts, tags
from autoresearch.report.sheet import Line, noise_sheet, spending
from autoresearch.views.clock import ran_out
from autoresearch.views.hearsay import hearsay_lines
from autoresearch.views.lines import status_lines
from autoresearch.views.machine import machine_words
from autoresearch.views.reading import Reading, Span
from autoresearch.views.sentences import figures_of
from autoresearch.views.words import plain
from autoresearch.web.rows import COLUMNS


def summary(reading: Reading, status: dict[str, Any]) -> dict[str, Any]:
    """JSON-able; `status` is what `status --json` says."""
    history = reading.history
    return {
        "columns": COLUMNS,
        "status": status,
        "epochs": [_epoch(reading, span) for span in reading.spans],
        "told": history.told,
    } | (_theirs(history) if history.imported else _ours(reading, status))


def _ours(reading: Reading, status: dict[str, Any]) -> dict[str, Any]:
    """What is said of a study that was measured here."""
    history = reading.history
    over = ran_out(history, now=now(), held=status["step"] is not None)
    proofs = [certificate_row(reading, span, proof) for span in reading.spans for proof in span.proofs]
    return {
        "headline": asdict(headline(reading, ran_out=over)),
        "tags": tags(history),
        "facts": _plain(facts(reading)),
        "lines": [(name, plain(text, 600)) for name, text in status_lines(status, history)],
        "noise": _plain(noise_sheet(reading)),
        "spend": _plain(spending(history)),
        "certificates": [asdict(row) for row in proofs],
    }


def _theirs(history: Archive) -> dict[str, Any]:
    """What is said of another tool's ledger: their word, and what our statistics make of it."""
    return {
        "headline": asdict(imported.claim(history)),
        "tags": [("undone", "imported: every number is their word")],
        "facts": _plain(imported.facts(history)),
        "lines": [(name, plain(text, 600)) for name, text in hearsay_lines(history)],
        "noise": [],
        "spend": [],
        "certificates": [],
    }


def _plain(lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [asdict(line) for line in lines]


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
        "machine": machine_words(span.epoch.machine),
    }
