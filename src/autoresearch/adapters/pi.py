"""Run a pi session's measuring script as it is: python -m autoresearch.adapters.pi .auto/measure.sh

It runs in the session's folder. Of the METRIC lines it prints the last of each name counts, as in pi, on both its
outputs; they are passed on under names a task file can ask for.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from autoresearch.adapters.say import fail, metrics

_LINE = re.compile(r"^[ \t]*METRIC\s+([^\s=]+)[ \t]*=[ \t]*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[ \t\r]*$", re.M)


def session(script: Path) -> Path:
    """The folder a script of a session runs in: the one that holds `.auto`, or the script itself."""
    return script.parent.parent if script.parent.name == ".auto" else script.parent


def main(arguments: list[str]) -> None:
    """Run the script and say what it measured. Exits with its status."""
    if len(arguments) != 1:
        fail("usage: python -m autoresearch.adapters.pi SCRIPT")
    script = Path(arguments[0]).absolute()
    done = subprocess.run(
        ["bash", str(script)], cwd=session(script), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    text = done.stdout.decode("utf-8", "replace")
    found = {match[1]: float(match[2]) for match in _LINE.finditer(text)}
    print(_LINE.sub(r"\1 = \2", text), end="" if text.endswith("\n") else "\n")
    if done.returncode:
        raise SystemExit(done.returncode if done.returncode > 0 else 1)
    metrics(found)


if __name__ == "__main__":
    main(sys.argv[1:])
