"""A program that waits for a provider which will not answer is not waited for."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from autoresearch.agents.trouble import cause_of
from autoresearch.causes import Cause
from autoresearch.uplink import Trouble, Uplink

GRACE_SECONDS = 60.0
"""How long a program may try by itself what the provider refuses; longer waits are ours, outside of its clock."""
HOPELESS_SECONDS = 3.0
"""The same, where trying again changes nothing."""
POLL_SECONDS = 0.1


class Watch:
    """Passes a stop on to a box, and makes one when the provider has refused for too long. A context manager."""

    def __init__(self, uplink: Uplink, stop: threading.Event) -> None:
        """`stop` is a human's; `halt` is what the box listens to."""
        self.halt = threading.Event()
        self.gave_up = False
        """Whether it was ended because of the provider."""
        self._uplink = uplink
        self._stop = stop
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._left = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()
        self._thread.join()

    def _look(self) -> None:
        since: float | None = None
        while not self._left.wait(POLL_SECONDS):
            trouble = self._uplink.trouble
            since = None if trouble is None else since or time.monotonic()
            if trouble is not None and since is not None and time.monotonic() - since > _patience(trouble):
                self.gave_up = not self._stop.is_set()
                self.halt.set()
            if self._stop.is_set():
                self.halt.set()


def _patience(trouble: Trouble) -> float:
    if trouble.wait > GRACE_SECONDS:
        return 0.0
    is_hopeless = cause_of(trouble.status, trouble.text) in (Cause.LOGIN, Cause.QUOTA)
    return HOPELESS_SECONDS if is_hopeless else GRACE_SECONDS
