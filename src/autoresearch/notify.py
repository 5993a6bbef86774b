"""Telling a person who is asleep: by a command of theirs, or by URL. Neither can stop a night, or hold it up for long.

URLs are apprise's (https://appriseit.com): a mail, a chat, a phone. Their secrets are named, never written: `${NAME}`
in a URL is the environment variable of that name, put in by the child process that sends, by nothing that records.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autoresearch import credentials, proc
from autoresearch.errors import UserError
from autoresearch.extras import ExtraMissing

Event = Literal["alarm", "night"]

SECONDS = 20.0
"""A command, or all URLs together, may take so long."""
_NAMED = re.compile(r"\$\{(\w+)\}")
_PASSWORDS = re.compile(r"://[^/?#:]*:([^/?#]+)@|[?&]pass(?:word)?=([^&]+)", re.IGNORECASE)
"""Where a URL has a password: before its host, or in its query."""


@dataclass(frozen=True, slots=True)
class Bell:
    """Whom to tell, and how."""

    root: Path
    """Where the commands run."""
    hooks: Mapping[Event, Sequence[str]] = field(default_factory=dict)
    """Commands that hear an event on their standard input; an empty one is none."""
    urls: Sequence[str] = ()
    """Told every event. Secrets stand in them as `${NAME}`."""

    def hears(self, event: Event) -> bool:
        """Whether anybody is told of it."""
        return bool(self.hooks.get(event) or self.urls)

    def ring(self, event: Event, title: str, text: str) -> list[str]:
        """Tell everybody. Returns a sentence for each who could not be told; raises nothing."""
        return [*self._run(event, text), *self._send(title, text)]

    def _run(self, event: Event, text: str) -> Iterator[str]:
        if hook := self.hooks.get(event):
            try:
                proc.output(hook, cwd=self.root, input=text.encode(), timeout=SECONDS)
            except proc.CommandError as error:
                yield f"hooks.{event}: {error.message}"

    def _send(self, title: str, text: str) -> Iterator[str]:
        """Through a child process, so that a server that never answers costs seconds, not the night."""
        if not self.urls:
            return
        message = json.dumps({"urls": list(self.urls), "title": title, "text": text}).encode()
        try:
            deaf = json.loads(proc.output([sys.executable, "-P", "-m", __name__], input=message, timeout=SECONDS))
        except (proc.CommandError, ValueError):
            yield "notify.urls: nobody could be told in time"
            return
        for place in deaf:
            yield f"notify.urls: number {place + 1} ({_scheme(self.urls[place])}) did not take it"


def demand(urls: Sequence[str], *, environ: Mapping[str, str] = os.environ) -> None:
    """Raise UserError when one of `urls` could not be told whatever happens, or has a secret written into it."""
    if not urls:
        return
    try:
        from apprise import Apprise
    except ImportError as error:
        raise ExtraMissing("[notify] urls need apprise.", extra="notify", looks_on=False) from error
    for place, url in enumerate(urls):
        which = f"notify.urls: number {place + 1} ({_scheme(url)})"
        if _says_password(url) or credentials.holds(url.encode("utf-8", "replace"), environ=environ):
            raise UserError(f"{which} has a secret written into it.", fix="export NAME=... and write ${NAME} there")
        if unset := [name for name in _NAMED.findall(url) if not environ.get(name)]:
            raise UserError(f"{which} names {unset[0]}, which is not set.", fix=f"export {unset[0]}=...")
        if not Apprise().add(filled(url, environ)):
            raise UserError(f"{which} is no address that apprise knows.", fix="https://appriseit.com lists them")


def filled(url: str, environ: Mapping[str, str]) -> str:
    """`url` with its secrets. Raises KeyError for one that is not set."""
    return _NAMED.sub(lambda name: environ[name[1]], url)


def _says_password(url: str) -> bool:
    """Whether a password stands in `url` itself, where a `${NAME}` belongs."""
    return any(not _NAMED.fullmatch(found[1] or found[2]) for found in _PASSWORDS.finditer(url))


def _scheme(url: str) -> str:
    """The only part of a URL that is ever told."""
    found = re.match(r"[a-z][a-z0-9+.-]{0,20}(?=://)", url)
    return found[0] if found else "no scheme"


def _main() -> None:
    """Send what standard input says; print the places of the URLs that did not take it."""
    from apprise import Apprise

    said, deaf = json.load(sys.stdin), []
    for place, url in enumerate(said["urls"]):
        sender = Apprise()
        try:
            taken = sender.add(filled(url, os.environ)) and sender.notify(body=said["text"], title=said["title"])
        except KeyError:
            taken = False
        if not taken:
            deaf.append(place)
    json.dump(deaf, sys.stdout)


if __name__ == "__main__":
    _main()
