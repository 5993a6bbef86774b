"""Bait: what lies outside of every box, for attacks to go for, and the look at it afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from autoresearch.sandboxes.probe import Bait
from autoresearch.site import Site

SECRET = "secret"


@dataclass(frozen=True, slots=True)
class Outside:
    """Files, sockets and a process outside, and how they were at first."""

    bait: Bait
    plan: Mapping[str, object]
    """`BAIT` of the hostile code. Files: `secret`, `outside` (to write to), `trap` (must never come to be), `repo`,
    `git`, `ledger`. Sockets: `port` (TCP and UDP, 127.0.0.1), `socket` and `mailbox` (unix paths), `abstract`.
    A process: `victim`; `marker`, spelled backwards, stands in its command line and environment. `calls`: numbers of
    system calls by name, on Linux."""
    before: object
    token: str
    """What the secret file says; found anywhere inside it was stolen."""

    @classmethod
    @contextmanager
    def laid(cls, root: Path, *, site: Site) -> Iterator[Outside]:
        """Lay it out below `root`, an empty folder, for attacks on the study of `site`; clear up afterwards."""
        with Bait.planted(root) as bait:
            token = secrets.token_hex(16)
            (root / "outside" / SECRET).write_text(token)
            plan = {key: value for key, value in bait.plan(()).items() if key not in ("mode", "scratch", "hide")}
            plan |= {"trap": str(root / "outside" / "trap"), "repo": str(site.root), "git": str(site.root / ".git")}
            plan |= {"ledger": str(site.ledger_path)}
            yield cls(bait, plan, bait.state("outside"), token)

    def harm(self) -> list[str]:
        """What was done to it since, a few words each; empty when nothing was. Asking forgets what was received."""
        done = []
        if (Path(str(self.plan["trap"]))).exists():
            done.append("what was planted was run")
        elif self.bait.state("outside") != self.before:
            done.append("files outside were changed")
        if self.bait.received() or _reached(self.bait):
            done.append("a socket outside was reached")
        if self.bait.harmed():
            done.append("a process outside was harmed")
        return done


def _reached(bait: Bait) -> bool:
    """Whether anybody connected."""
    bait.listener.setblocking(False)
    with suppress(BlockingIOError):
        bait.listener.accept()[0].close()
        return True
    return False
