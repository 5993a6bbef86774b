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

CLI = [sys.executable, "-m", "autoresearch.cli"]
ASKED = {
    "status, first": [*CLI, "status"],
    "status, again": [*CLI, "status"],
    "log --json": [*CLI, "log", "--json"],
    "show 100": [*CLI, "show", "100"],
    "report": [sys.executable, __file__, "--report-here"],
}
"""The second `status` finds what the first left beside the ledger. Made-up commits have no patches in git, so those of
the report are made up as well."""


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


def asked(program: list[str], root: Path) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak MiB of a program."""
    began = time.monotonic()
    with subprocess.Popen(program, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(said.decode())
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def report_here() -> None:
    """Writes the report of the study where we stand."""
    from autoresearch.report import build
    from autoresearch.site import Site
    from report.nights import a_diff, a_task

    site = Site(Path.cwd(), "quick")
    history = site.ledger().history
    build(history, task=a_task(history.metric), diff_of=a_diff, out_dir=site.folder / "report")


def verbs(records: int) -> None:
    """Asks every verb once of a ledger of about that many records."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        # Made by another process: what this one holds would count as its children's.
        made = [sys.executable, __file__, "--make-here", str(records * 10 // 30)]
        written = int(subprocess.run(made, cwd=root, check=True, capture_output=True, text=True).stdout)
        size = (root / ".autoresearch" / "quick" / "ledger.jsonl").stat().st_size / 2**20
        print(f"{written:,} records, {size:.0f} MiB")
        for name, program in ASKED.items():
            seconds, busy, memory = asked(program, root)
            print(f"{name:14s} {seconds:7.2f} s, {busy:6.2f} s of a core, {memory:5.0f} MiB", flush=True)


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
    parser.add_argument("--report-here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--make-here", type=int, help=argparse.SUPPRESS)
    asked_for = parser.parse_args()
    if asked_for.make_here:
        print(study(Path.cwd(), experiments=asked_for.make_here))
    elif asked_for.report_here:
        report_here()
    elif asked_for.browser:
        in_browser(asked_for.browser)
    else:
        verbs(asked_for.records)


if __name__ == "__main__":
    main()
