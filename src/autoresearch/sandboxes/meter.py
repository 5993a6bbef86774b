"""Which limit a box's process tree is past at this moment."""

from __future__ import annotations

from autoresearch.sandboxes import tree
from autoresearch.sandboxes.order import Order

PEAK_STEP = 1.05
"""Shared pages are told apart, at some cost, only once the cheap count grew by this factor."""
WRAPPER_PROCESSES = 2
"""bubblewrap's own: one outside, one as process 1 inside. They are not the command's."""
THREADS = 64
"""Threads a tree may have for each process it may have."""
DISK_SECONDS = 0.02
"""How long one look at the disk takes at most; the next goes on where it stopped."""


class Meter:
    """Reads the tree below this process against the limits of `order`. Make it before the command starts."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._own = WRAPPER_PROCESSES if order.wrapped else 0
        self._examined = 0.0
        self._disk_at_most = self._allowed_disk()
        self._disk: tree.Disk | None = None
        self.peak = 0
        """Most memory seen, bytes."""

    def exceeded(self) -> str:
        """The first limit the tree is past, or nothing. Never takes long, whatever the tree does."""
        most = self._order.processes
        pids = tree.descendants(None if most is None else most + self._own)
        if most is not None and (len(pids) - self._own > most or tree.threads(pids) > THREADS * most + self._own):
            return "processes"
        if self._too_much_memory(pids):
            return "memory"
        return "disk" if self._fills_the_disk(pids) else ""

    def too_much_disk(self) -> bool:
        """Whether more is stored than allowed, once everybody is dead."""
        if self._disk_at_most is None:
            return False
        stored = tree.Disk(self._order.scratch, ())
        stored.count()
        return stored.bytes > self._disk_at_most

    def _fills_the_disk(self, pids: list[int]) -> bool:
        """The same as far as this look gets, nameless files of `pids` included."""
        if self._disk_at_most is None:
            return False
        stored = self._disk or tree.Disk(self._order.scratch, pids)
        self._disk = None if stored.count(DISK_SECONDS) else stored
        return stored.bytes > self._disk_at_most

    def _allowed_disk(self) -> float | None:
        """The limit counts what the command adds; what its directories hold already comes on top."""
        if self._order.disk_bytes is None:
            return None
        stored = tree.Disk(self._order.scratch, ())
        stored.count()
        return self._order.disk_bytes + stored.bytes

    def _too_much_memory(self, pids: list[int]) -> bool:
        most = self._order.memory_bytes
        held = tree.memory_bound(pids)
        if (most is not None and held > most) or held > PEAK_STEP * self._examined:
            self._examined = held
            exact = tree.memory(pids)
            held = held if exact is None else exact
            self.peak = max(self.peak, held)
        return most is not None and held > most
