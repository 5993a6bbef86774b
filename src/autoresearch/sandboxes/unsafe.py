"""No box at all, for `--unsafe-no-sandbox`: the clock, the limits and the kill, as well as they go without help."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from autoresearch.box import Box, Exit
from autoresearch.sandboxes import drive, system


class Unsafe:
    """Runs commands with all the rights of whoever started us."""

    name = "none"

    def probe(self) -> Mapping[str, bool]:
        """What a canary saw to hold here: of protection, nothing."""
        from autoresearch.sandboxes.probe import probe

        return probe(self)

    def run(
        self, box: Box, *, on_output: Callable[[bytes], None] | None = None, stop: threading.Event | None = None
    ) -> Exit:
        """See `protocols.Sandbox`; what escapes the kill is counted in `Exit.survivors`."""
        system.check(box, (), covered=())
        return drive.drive(drive.order(box), box, on_output=on_output, stop=stop)
