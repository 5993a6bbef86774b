"""The study's events as lines of a log."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from autoresearch.hearsay import Hearsay
from autoresearch.history import Archive, Control, Ended, Epoch, Night, Note, SelfTested, StudyStart, Vault
from autoresearch.ledger.events import Event
from autoresearch.records import Candidate, Certificate, Experiment, Measurement
from autoresearch.views.alarms import ALARMS
from autoresearch.views.lines import OUTCOME_STYLE, line_of
from autoresearch.views.words import count, duration, plain


def line(history: Archive, event: Event) -> Table:
    """One event: when, and what it says, which wraps beside it."""
    text, style = _words(history, event.record)
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Text(event.at[11:19], "dim"), Text(plain(text, 500), style))
    return grid


def _words(history: Archive, record: object) -> tuple[str, str]:
    match record:
        case Experiment():
            return line_of(history, record), OUTCOME_STYLE.get(record.verdict.outcome, "")
        case Certificate():
            return line_of(history, record), "bold blue"
        case Measurement():
            return _run(record), "dim"
        case Candidate():
            return f"candidate {record.number}, {record.commit[:9]}: {record.summary}", ""
        case Note():
            return f"{record.kind}: {record.text}", "bold red" if record.kind in ALARMS else "cyan"
        case Control():
            return f"a human said {record.action}", "bold"
        case Ended():
            return f"the run ended: {record.why}", "bold"
        case Epoch():
            return f"epoch {record.number}" + (f": {record.why}" if record.why else ""), "bold"
        case Night():
            return f"night {record.number} begins, {count(record.certificates, 'certificate')}", "bold"
        case StudyStart():
            return f"study {record.name} begins on {record.base[:9]}", "bold"
        case SelfTested():
            return f"self-test {record.name}: {'passed' if record.passed else 'FAILED'}, {record.reason}", ""
        case Hearsay():
            return f"row {record.number}, by their word {record.status}", ""
        case Vault():
            return "the vault was opened", "bold"
    return type(record).__name__.lower(), ""


def _run(run: Measurement) -> str:
    """One measurement, and whom it was for."""
    whose = f"certificate {run.certificate}" if run.certificate else run.purpose or f"experiment {run.experiment}"
    value = f"{run.value:.6g}" if run.value is not None else run.foul or "no value"
    return f"run of the {run.side} for {whose}: {value}, {duration(run.seconds)}"
