"""How long surfaces take on long ledgers: `python benchmarks/views.py [records] [--browser experiments]`.

Writes a synthetic but valid ledger (real records, real hash chain, made by the tests' teller of nights) into a
temporary repository and asks the verbs of it, each in a fresh process: wall seconds and peak memory. With --browser a
real Chromium opens `serve` on a study of that many experiments: first paint, the table's first rows, filter latency.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from scribe import Scribe

VERBS = ("status", "status", "log", "show 100", "report")
"""`status` twice: the second finds what the first left beside the ledger."""


def study(root: Path, *, experiments: int) -> int:
    """A repository with a study of that many experiments in it. Returns the records of its ledger."""
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    told = Scribe(certify_every=max(12, experiments // 20), good=0.02).begin().go(experiments)
    told.write(root / ".autoresearch" / "quick" / "ledger.jsonl")
    (root / "autoresearch.toml").write_text(TASK)
    return len(told.told)


TASK = """\
name = "quick"
goal = "Lowest bits per byte"
editable = ["train.py"]

[metric]
name = "val_bpb"
direction = "minimize"

[experiment]
command = "python train.py"
seconds = 20

[evaluation]
command = "python evaluate.py"
seconds = 20
"""


def asked(verb: str, root: Path) -> tuple[float, float]:
    """Wall seconds and peak MiB of a verb."""
    began = time.monotonic()
    program = [sys.executable, "-m", "autoresearch.cli", *verb.split()]
    with subprocess.Popen(program, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(said.decode())
    return time.monotonic() - began, used.ru_maxrss / 1024


def verbs(records: int) -> None:
    """Asks every verb once of a ledger of about that many records."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        written = study(root, experiments=records * 10 // 30)
        size = (root / ".autoresearch" / "quick" / "ledger.jsonl").stat().st_size / 2**20
        print(f"{written:,} records, {size:.0f} MiB")
        for verb in VERBS:
            seconds, memory = asked(verb, root)
            print(f"{verb:10s} {seconds:7.2f} s  {memory:6.0f} MiB")


TYPED = """async (words) => {
    const box = document.getElementById("search");
    const began = performance.now();
    box.value = words;
    box.dispatchEvent(new Event("input"));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
}"""


def in_browser(experiments: int) -> None:
    """Opens `serve` on a study of that many experiments."""
    from browser import Window, browser

    with tempfile.TemporaryDirectory() as folder:
        study(Path(folder), experiments=experiments)
        verb = [sys.executable, "-m", "autoresearch.cli", "serve"]
        with subprocess.Popen(verb, cwd=folder, stdout=subprocess.PIPE, text=True) as server, browser() as chromium:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            for _ in range(3):
                window = Window(chromium)
                page = window.open(address)
                paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
                rows = page.evaluate("performance.getEntriesByName('rows')[0].startTime")
                page.wait_for_selector("#picture svg")
                drawn = page.evaluate("performance.now()")
                typed = [page.evaluate(TYPED, words) for words in ("tie", "tie emb", "adam beta2", "keep", "#99", "")]
                print(f"first paint {paint:.0f} ms, rows {rows:.0f} ms, picture {drawn:.0f} ms,", end=" ")
                print(f"filter {median(typed):.0f} ms (worst {max(typed):.0f} ms)")
                window.close()
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=int, nargs="?", default=100_000)
    parser.add_argument("--browser", type=int, metavar="EXPERIMENTS")
    asked_for = parser.parse_args()
    if asked_for.browser:
        in_browser(asked_for.browser)
    else:
        verbs(asked_for.records)


if __name__ == "__main__":
    main()
