"""A human's word to a study, through its ledger. Each returns what it comes to, in one sentence."""

from __future__ import annotations

import os
import signal

from autoresearch import clean
from autoresearch.history import TELL, UNTELL, Archive, Control, Note
from autoresearch.ledger import Ledger
from autoresearch.site import Site


def pause(site: Site, ledger: Ledger[Archive]) -> str:
    """Start nothing new until `resume`; the experiment now running is finished."""
    ledger.append(Control("pause"))
    running = "after the experiment now running" if site.step() else "as soon as it runs"
    return f"{site.study} pauses {running}. `autoresearch resume` goes on."


def resume(site: Site, ledger: Ledger[Archive]) -> str:
    """Take back what paused or stopped the study; where nothing is running, `run` does the rest."""
    if ledger.history.paused or ledger.history.stopping:
        ledger.append(Control("resume"))
    if site.step():
        return f"{site.study} goes on."
    return f"{site.study} is not running. `autoresearch run` goes on."


def stop(site: Site, ledger: Ledger[Archive], *, now: bool = False) -> str:
    """End the night after the experiment now running; `now` kills the measurement, which is repeated later."""
    step = site.step()
    if step is None:
        return f"{site.study} is not running."
    if now:
        for _ in range(2):  # what a person's two Ctrl-C say
            os.kill(int(str(step["pid"])), signal.SIGINT)
    else:
        ledger.append(Control("stop"))
    return f"{site.study} stops {'now' if now else 'after this experiment'}. `autoresearch run` goes on."


def tell(ledger: Ledger[Archive], text: str) -> str:
    """Say something that every brief quotes from the next one on; an empty text takes back all that was said."""
    text = clean.writable(text.strip())
    ledger.append(Note(TELL, text) if text else Note(UNTELL, ""))
    said = ledger.history.told
    return f"The next briefs say this: {said[-1]}" if said else "The next briefs say nothing of yours."
