"""The terminal view of a study, on textual (extra `tui`): it reads the ledger as it grows, and nothing else."""

from autoresearch.tui.app import Watch
from autoresearch.tui.experiment import DiffOf
from autoresearch.tui.feed import Status

__all__ = ["DiffOf", "Status", "Watch"]
