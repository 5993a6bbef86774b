"""What a full disk or a missing permission raises, as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autoresearch import proc
from autoresearch.errors import UserError

_REFUSED = {
    b"No space left": "No space left on device",
    b"Out of diskspace": "No space left on device",
    b"couldn't write": "No space left on device",
    b"Disk quota exceeded": "Disk quota exceeded",
    b"Permission denied": "Permission denied",
    b"Read-only file system": "Read-only file system",
}
"""What git says when it cannot write, and what that is called."""


@contextmanager
def mendable(folder: Path) -> Iterator[None]:
    """Turn what a full disk or a missing permission raises into a sentence."""
    try:
        yield
    except OSError as error:
        raise _cannot_write(folder, error.strerror or str(error)) from error
    except proc.CommandError as error:
        for sign, why in _REFUSED.items():
            if sign in error.stderr:
                raise _cannot_write(folder, why) from error
        raise


def _cannot_write(folder: Path, why: str) -> UserError:
    return UserError(
        f"Cannot write below {folder}: {why}. Nothing that was recorded is lost.",
        fix="free some space or mend the permissions, then give the same command again",
    )
