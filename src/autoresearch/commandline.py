"""A command as the task file writes it, and the arguments that are executed."""

from __future__ import annotations

import re
import shlex

_SHELL = re.compile(r"[|&;<>()$`\\\"'*?\[\]#~=%!{}\n]")


def arguments(value: object) -> tuple[str, ...]:
    """Arguments from a list, a plain command line, or a line for `/bin/sh` when it uses the shell's signs.

    Raises ValueError for anything else.
    """
    if isinstance(value, str) and value.strip():
        return ("/bin/sh", "-c", value) if _SHELL.search(value) else tuple(shlex.split(value))
    if isinstance(value, list) and value and all(isinstance(word, str) and word for word in value):
        return tuple(value)
    raise ValueError('must be a command such as "python train.py", or a list of words')
