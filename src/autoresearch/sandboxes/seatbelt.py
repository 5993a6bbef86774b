"""The box of macOS: sandbox-exec with a profile that denies first. Unverified: written to its documentation only.

It has no process namespace and no memory limit, so what it proves is up to the probe on the machine at hand.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from autoresearch.box import Box, Exit
from autoresearch.errors import SandboxError
from autoresearch.sandboxes import drive, system

SYSTEM = (
    *("/System", "/Library/Apple", "/usr", "/bin", "/sbin", "/private/etc/ssl", "/private/etc/localtime"),
    *("/private/var/db/timezone", "/private/var/db/dyld", "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"),
)
RULES = """(version 1)
(deny default)
(allow process-fork process-exec)
(allow signal (target same-sandbox))
(allow process-info* (target same-sandbox))
(allow sysctl-read)
(allow file-read-metadata)
(allow file-read* (literal "/"))
(allow file-write-data (literal "/dev/null") (literal "/dev/zero"))
"""
GPU_RULES = "(allow iokit-open)\n(allow mach-lookup)\n"
NETWORK_RULES = """(allow network-outbound (remote ip))
(allow system-socket)
(allow mach-lookup (global-name "com.apple.SystemConfiguration.configd"))
(allow file-read* (literal "/private/etc/resolv.conf") (literal "/private/etc/hosts"))
"""
UPLINK_RULES = '(allow network-outbound (remote tcp "localhost:{port}"))\n(allow system-socket)\n'


class Seatbelt:
    """Boxes made by `sandbox-exec`. `hide` are paths no box may be able to read."""

    name = "seatbelt"

    def __init__(self, *, hide: tuple[Path, ...] = ()) -> None:
        self._hide = hide

    def probe(self) -> Mapping[str, bool]:
        """What a canary saw to hold here."""
        from autoresearch.sandboxes.probe import probe

        return probe(self, hide=self._hide)

    def run(
        self, box: Box, *, on_output: Callable[[bytes], None] | None = None, stop: threading.Event | None = None
    ) -> Exit:
        """See `protocols.Sandbox`. Raises SandboxError without sandbox-exec, or for a box that shows a hidden path."""
        program = shutil.which("sandbox-exec")
        if program is None:
            raise SandboxError("there is no sandbox-exec here", fix="use macOS, or another sandbox")
        system.check(box, self._hide, covered=system.existing(SYSTEM))
        order = drive.order(box, argv=(program, "-p", profile(box), *box.argv))
        return drive.drive(order, box, on_output=on_output, stop=stop)


def profile(box: Box) -> str:
    """The rules of `box` in sandbox-exec's own language; later rules win."""
    rules = RULES
    if box.limits.gpus:
        rules += GPU_RULES
    if box.limits.network:
        rules += NETWORK_RULES
    if box.uplink:
        rules += UPLINK_RULES.format(port=box.uplink.port)
    rules += _allow("file-read*", (*map(Path, SYSTEM), box.cwd, *box.read))
    return rules + (_allow("file-read* file-write*", box.write) if box.write else "")


def _allow(operations: str, paths: Iterable[Path]) -> str:
    """Paths as the kernel sees them: macOS reaches /tmp and /var through links."""
    return f"(allow {operations} {' '.join(f'(subpath {_quoted(path.resolve())})' for path in paths)})\n"


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
