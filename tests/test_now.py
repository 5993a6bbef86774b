"""What a night prints while it runs: for a person's eyes, and nobody else's."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pytest

from autoresearch import config, telling
from autoresearch.cli import place
from autoresearch.history.disclosure import shown
from autoresearch.site import Site, rewrite
from autoresearch.testing import toy
from autoresearch.tui import Watch
from program import autoresearch

pytestmark = pytest.mark.slow

TRAIN = """
import pathlib, sys, time
print("step 1 loss 9.5", flush=True)
time.sleep(0.7 if "WIDTH = 64" in pathlib.Path("settings.py").read_text() else 0)
try:
    print("and somebody printed:", pathlib.Path({tail!r}).read_text())
except OSError:
    print("nothing of it can be read", flush=True)
time.sleep(0.7 if "WIDTH = 64" in pathlib.Path("settings.py").read_text() else 0)
"""
EVALUATE = """
import sys, time
print("question", sys.argv[1], flush=True)
time.sleep(0.8)
"""
AGENT = """\
cat "$AUTORESEARCH_BRIEF"
echo I shall widen it
sleep 0.9
sed -i 's/WIDTH = .*/WIDTH = 64/' settings.py
"""
MORE = """
[holdout]
command = "python evaluate.py sealed"
budget = 4
[agent]
use = "command"
command = "sh agent.sh"
"""


@dataclass
class Eyes:
    """Somebody who looks at a study all the time it runs."""

    site: Site
    seen: list[tuple[str, bytes]] = field(default_factory=list)
    """What was being done, and what was shown of it, one after the other."""

    def __enter__(self) -> Eyes:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.03):
            step = self.site.step()
            text = self.site.tail()
            self.seen.append((str(step["step"]) if step else "", text))

    def during(self, step: str) -> bytes:
        """All that was shown while the step with this name was the one."""
        return b"\n".join(text for name, text in self.seen if name.endswith(f": {step}"))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Eyes:
    root = toy.make(tmp_path_factory.mktemp("now") / "toy", preset="exact", noise=0.0, experiments=1, more=MORE)
    site = Site(root, "toy")
    for name, text in (("experiment.py", TRAIN.format(tail=str(site.tail_path))), ("evaluate.py", EVALUATE)):
        (root / name).write_text(text + (root / name).read_text())
    (root / "agent.sh").write_text(AGENT)
    task = root / "autoresearch.toml"
    task.write_text(task.read_text().replace("python evaluate.py", "python evaluate.py public", 1))
    git = ["git", "-C", str(root), "-c", "user.name=u", "-c", "user.email=u@example.org"]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "it prints"], check=True)
    with Eyes(site) as eyes:
        autoresearch(root, "run", code=0)
    return eyes


def test_agent_candidate_and_evaluation_are_seen_at_work(night: Eyes) -> None:
    shown = b"\n".join(text for _, text in night.seen)
    assert b"I shall widen it" in shown
    assert b"step 1 loss 9.5" in night.during("experiment")
    assert b"question public" in night.during("evaluation")
    assert night.site.tail() == b""
    assert not night.site.tail_path.exists()


def test_a_sealed_evaluation_is_not_watched(night: Eyes) -> None:
    assert any(name.endswith(": sealed evaluation") for name, _ in night.seen)
    assert not any(b"question sealed" in text for _, text in night.seen)
    logs = b"".join(path.read_bytes() for path in night.site.logs.iterdir())
    assert b"step 1 loss" in logs, "what logs keep may be watched, and nothing else"
    assert b"question sealed" not in logs


def test_no_box_reads_it_and_no_door_serves_it(night: Eyes) -> None:
    root, site = night.site.root, night.site
    logs = b"".join(path.read_bytes() for path in site.logs.iterdir())
    assert b"nothing of it can be read" in logs
    assert b"and somebody printed" not in logs
    with site.occupied():
        site.tail_path.write_bytes(b"only for your eyes\n")
        assert site.tail() == b"only for your eyes\n"
        history, task = site.ledger().history, config.load(root)
        told = [json.dumps(telling.account(shown(history), number)) for number in (0, 1)]
        told += [telling.end_of_log(done, task, site.log_path(done.log)) for done in history.experiments]
        verbs = (("brief",), ("status", "--json"), ("log", "--json"), ("show", "1", "--json"), ("report",))
        told += [autoresearch(root, *words, code=0).stdout for words in verbs]
    assert not any("only for your eyes" in text for text in told)
    assert any("loss" in text for text in told)


def test_only_the_views_of_a_person_read_it() -> None:
    package = Path(place.__file__).parents[1]
    naming = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if "site.tail" in (text := path.read_text()) or "now.log" in text
    }
    assert naming == {"site.py", "assembly/rig.py", "tui/app.py", "web/app.py"}


def test_what_a_killed_run_left_is_not_taken_for_now(night: Eyes) -> None:
    night.site.tail_path.write_bytes(b"of a run long dead\n")
    assert night.site.tail() == b""
    with night.site.occupied():
        assert night.site.tail() == b""


def test_the_terminal_view_follows_it_unless_somebody_reads(night: Eyes) -> None:
    site = night.site

    async def look() -> None:
        from textual.containers import VerticalScroll
        from textual.widgets import Static

        app = Watch(site, diff_of=place.diff_of(site), status_of=place.status_of)
        async with app.run_test(size=(80, 24)) as pilot:

            async def until(words: str) -> str:
                end = time.monotonic() + 20
                while words not in (text := str(app.desk.query_one("#printed", Static).content)):
                    assert time.monotonic() < end, text
                    await pilot.pause(0.05)
                await pilot.pause()
                return text

            async def comes(is_so: Callable[[], bool]) -> None:
                end = time.monotonic() + 20
                while not is_so():
                    assert time.monotonic() < end
                    await pilot.pause(0.05)

            await until("Nothing is being printed now.")
            rewrite(site.tail_path, b"".join(b"step %d [red]\x1b[31mloss\x1b[0m[/]\n" % i for i in range(60)))
            await until("step 59 [red]loss[/]")
            await pilot.press("4")
            pane = app.desk.query_one("#now VerticalScroll", VerticalScroll)
            await comes(lambda: pane.max_scroll_y > 30 and pane.is_vertical_scroll_end)
            rewrite(site.tail_path, site.tail_path.read_bytes() + b" 1%\r100%\n")
            assert "1%\r" not in await until("100%")
            await comes(lambda: pane.is_vertical_scroll_end)
            await pilot.press("home")
            await comes(lambda: pane.scroll_y == 0)
            rewrite(site.tail_path, site.tail_path.read_bytes() + b"the newest\n")
            await until("the newest")
            await pilot.pause(0.3)
            assert pane.scroll_y == 0

    with site.occupied():
        asyncio.run(look())
