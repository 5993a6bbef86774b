"""`autoresearch watch`: the study in the terminal, live."""

from __future__ import annotations

import importlib.util
import sys

from autoresearch.cli import place
from autoresearch.errors import UserError
from autoresearch.extras import ExtraMissing


def watch(study: place.StudyName = None) -> None:
    """Look at a running or finished study in the terminal; q detaches, the study goes on."""
    site = place.site(study)
    if importlib.util.find_spec("textual") is None:
        raise ExtraMissing("The terminal view is not installed.", extra="tui,web")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("`watch` needs a terminal.", fix="autoresearch status, or autoresearch log")
    from autoresearch.tui import Watch

    view = Watch(site, diff_of=place.diff_of(site), status_of=place.status_of)
    view.run()
    if view.trouble is not None:
        raise view.trouble
