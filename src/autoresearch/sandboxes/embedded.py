"""The box that needs nothing installed: Landlock, seccomp, resource limits and a sealed kill. Linux 5.13 or later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from autoresearch.box import Box, Exit
from autoresearch.errors import SandboxError
from autoresearch.sandboxes import drive, landlock, seccomp, system
from autoresearch.sandboxes.order import Fence


class Embedded:
    """Boxes made of kernel calls alone. `hide` are paths no box may be able to read."""

    name = "embedded"

    def __init__(self, *, hide: tuple[Path, ...] = ()) -> None:
        self._hide = hide

    def probe(self) -> Mapping[str, bool]:
        """What a canary saw to hold here."""
        from autoresearch.sandboxes.probe import probe

        return probe(self, hide=self._hide)

    def run(
        self, box: Box, *, on_output: Callable[[bytes], None] | None = None, stop: threading.Event | None = None
    ) -> Exit:
        """See `protocols.Sandbox`. Raises SandboxError without Landlock, or for a box that shows a hidden path."""
        if landlock.abi() == 0:
            raise SandboxError(
                "this kernel has no Landlock",
                fix="use Linux 5.13 or later with landlock in its lsm= list, or bubblewrap",
            )
        if box.uplink and landlock.abi() < landlock.ABI_OF_PORTS:
            raise SandboxError(
                "this kernel cannot leave a box a single port", fix="use Linux 6.7 or later, or bubblewrap"
            )
        read = [*system.readable(box), "/proc"]
        system.check(box, self._hide, covered=read)
        order = replace(
            drive.order(box),
            fence=Fence(
                read=(*read, *map(str, (box.cwd, *box.read))),
                write=tuple(map(str, box.write)),
                devices=(*system.existing(system.DEVICES), *_accelerators(box)),
                network=box.limits.network,
                port=box.uplink.port if box.uplink else None,
            ),
            filter=_filter(box).hex(),
        )
        return drive.drive(order, box, on_output=on_output, stop=stop)


def _accelerators(box: Box) -> list[str]:
    """Device files, and the command's own entry in /proc: CUDA names its threads there or does not start."""
    found = system.gpu_devices(box)
    return [*found, "/proc/self"] if found else []


def _filter(box: Box) -> bytes:
    families = (seccomp.AF_INET, seccomp.AF_INET6, seccomp.AF_NETLINK) if box.limits.network else ()
    pinned, calling = box.limits.cores is not None, box.uplink is not None
    return seccomp.program(families=families, namespaced=False, pinned=pinned, calling=calling)
