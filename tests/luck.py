"""The luck of a test's studies: their secrets follow from its name, in its own process and in those it begins."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace

VARIABLE = "LUCK"
"""Holds the name of the test, for the programs that it begins."""


def give(*words: str, put: Callable[[object, str, object], None] = setattr) -> None:
    """Let the secret of each study that begins here follow from the variable, `words` and how many began before."""
    from autoresearch.assembly import epoch

    begun = count()

    def token_hex(n_bytes: int) -> str:
        known = [os.environ.get(VARIABLE, ""), *words, str(next(begun))]
        return hashlib.sha256("\n".join(known).encode()).hexdigest()[: 2 * n_bytes]

    put(epoch, "secrets", SimpleNamespace(token_hex=token_hex))
