"""From an exception to an exit code and one clear sentence."""

from __future__ import annotations

import errno
import json
import sys
import tempfile
import traceback
from pathlib import Path

from autoresearch.errors import Drift, Interrupted, RigFault, UserError

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
"""What a full or forbidden disk says."""


def explain(error: Exception) -> int:
    """Say what went wrong and what to type next. Returns the exit code."""
    match error:
        case UserError():
            _say(type(error).__name__, error.message, error.fix)
            return 1
        case Drift():
            _say(
                "Drift",
                f"Stopped: something the numbers depend on changed meanwhile. {error}.",
                "undo that and `autoresearch run` goes on; leave it, and `run` begins an epoch with a new baseline"
                + (f". {error.advice}" if error.advice else ""),
            )
            return 1
        case RigFault():
            _say(
                "RigFault",
                f"The night stopped: {error}.",
                "mend that, then `autoresearch run` goes on where it stopped",
            )
            return 1
        case Interrupted():
            _say("Interrupted", f"{str(error).capitalize()}.", "`autoresearch run` goes on from there")
            return 130
        case OSError(errno=number) if number in DISK:
            where = error.filename or "the study's folder"
            _say(
                "Disk",
                f"{where}: {error.strerror}. Nothing recorded is lost.",
                "mend that, then type it again",
            )
            return 1
        case BrokenPipeError():
            sys.stderr.close()  # the reader has gone; Python would complain about it at exit
            return 0
    path = _write_report(error)
    _say(
        "Bug",
        f"This is a bug of ours: {type(error).__name__}: {error}.",
        f"send us {path}; the study is safe, and `run` goes on",
    )
    return 3


def _say(kind: str, message: str, fix: str) -> None:
    if "--json" in sys.argv[1:]:
        print(json.dumps({"error": {"kind": kind, "message": message, "fix": fix}}))
    lines = [f"error: {message}"] + ([f"  Try: {fix}"] if fix else [])
    print("\n".join(lines), file=sys.stderr)


def _write_report(error: Exception) -> Path:
    import platform

    import autoresearch

    text = "".join(traceback.format_exception(error))
    facts = f"autoresearch {autoresearch.__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    with tempfile.NamedTemporaryFile("w", prefix="autoresearch-bug-", suffix=".txt", delete=False) as file:
        file.write(facts + f"arguments: {sys.argv[1:]}\n\n" + text)
    return Path(file.name)
