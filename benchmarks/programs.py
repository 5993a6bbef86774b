"""What it costs to start each coding program once in the agent box: three calls of a model that answers at once.

python benchmarks/programs.py [NAME ...]      # programs installed by `make agents`, or on PATH
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "agents"))

import installed  # noqa: E402
import tiny  # noqa: E402
from models import Edit, Models, Read, Text  # noqa: E402

from autoresearch.agents.options import Options  # noqa: E402
from autoresearch.agents.programs import DIALECTS, Program, setup  # noqa: E402
from autoresearch.records import Direction, Metric  # noqa: E402
from autoresearch.surroundings.toolchain import Toolchain  # noqa: E402
from autoresearch.task import Limits, Phase, Task  # noqa: E402

TASK = Task("toy", "Lowest loss", ("*.py",), Metric("loss", Direction.MINIMIZE), Phase(("true",), Limits(5.0)))
SCRIPT = [Read("train.py"), Edit("train.py", "LR = 0.1", "LR = 0.2"), Text("Summary: larger steps")]
RUNS = 5


def measured(name: str) -> str:
    """Version, wall seconds (median and least), processor seconds and bytes of the first request."""
    import tomllib

    wall, busy = [], []
    with Models(SCRIPT) as models, tempfile.TemporaryDirectory() as folder:
        options = tomllib.loads(installed.table(name, models.url))["agent"]
        given = {key: value for key, value in options.items() if key not in ("use", "key_env")}
        plan = setup(DIALECTS[name], Options(name, given), TASK)
        program = Program(DIALECTS[name], plan, sandbox=tiny.sandbox(), toolchain=Toolchain(Path(folder)))
        for number in range(RUNS):
            scratch, tree = Path(folder, f"scratch{number}"), Path(folder, "tree")
            scratch.mkdir()
            tree.mkdir(exist_ok=True)
            (tree / "train.py").write_text("LR = 0.1\n")
            ended = program.start("Improve it.", tree, scratch, seconds=120.0, stop=threading.Event())
            assert ended.said.finished, ended.exit
            assert (tree / "train.py").read_text() == "LR = 0.2\n", ended.exit
            wall.append(ended.exit.seconds)
            busy.append(ended.exit.cpu_seconds or 0.0)
        first = max(len(seen.body) for seen in models.seen[:3])
    times = f"{statistics.median(wall):6.2f} {min(wall):6.2f} {statistics.median(busy):6.2f}"
    return f"{name:10} {program.version:10} {times} {first / 1000:6.1f}"


if __name__ == "__main__":
    os.environ["PATH"] = installed.PATH
    print("program    version    median  least  busy s  request kB")
    for asked in sys.argv[1:] or DIALECTS:
        try:
            print(measured(asked), flush=True)
        except Exception as error:
            print(f"{asked:10} {type(error).__name__}: {error}"[:300], flush=True)
