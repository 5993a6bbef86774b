"""What the ledger says so far, and what follows from it alone. No I/O."""

from autoresearch.history.archive import Archive
from autoresearch.history.entries import (
    AGENTS_NOTE,
    NOTE,
    TELL,
    UNTELL,
    Asked,
    Control,
    Delivered,
    Ended,
    Epoch,
    Finish,
    Night,
    Note,
    Retried,
    Revalidation,
    SelfTested,
    StudyStart,
    Vault,
)
from autoresearch.history.evidence import Evidence
from autoresearch.history.fold import History, is_baseline

__all__ = [
    "AGENTS_NOTE",
    "NOTE",
    "TELL",
    "UNTELL",
    "Archive",
    "Asked",
    "Control",
    "Delivered",
    "Ended",
    "Epoch",
    "Evidence",
    "Finish",
    "History",
    "Night",
    "Note",
    "Retried",
    "Revalidation",
    "SelfTested",
    "StudyStart",
    "Vault",
    "is_baseline",
]
