"""Who is told of alarms and of nights: a real server on loopback, a real command, real nights."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from autoresearch import notify
from autoresearch.errors import UserError
from autoresearch.notify import Bell, demand, filled
from gitrepo import repository
from program import autoresearch

# apprise asks for a module that Python drops one day.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")

PROGRAM: dict[str, str | bytes] = {
    "x.py": "X = 3.0\n",
    "run.py": "import x\nprint(f'METRIC loss={(x.X - 1) ** 2}')\n",
}
TASK = """
name = "toy"
goal = "lowest loss"
editable = ["x.py"]
[metric]
name = "loss"
direction = "minimize"
[experiment]
command = "python run.py"
seconds = 20
[referee]
preset = "exact"
[budget]
experiments = 2
"""


@dataclass
class Server:
    """Remembers what it was sent."""

    port: int
    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known.heard.append((self.path, json.loads(body)))
            self.send_response(500 if "broken" in self.path else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        known = Server(listener.server_port)
        Thread(target=listener.serve_forever, daemon=True).start()
        yield known
        listener.shutdown()


def test_every_url_is_told_and_one_that_fails_keeps_no_other_from_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOM", "kitchen")
    urls = [f"json://127.0.0.1:{server.port}/{path}" for path in ("broken", "${ROOM}", "${NOBODY_SET_THIS}")]
    said = Bell(tmp_path, {"alarm": ("tee", "heard")}, urls).ring("alarm", "toy: alarm", "the roof is on fire")
    assert said == [f"notify.urls: number {number} (json) did not take it" for number in (1, 3)]
    assert [path for path, _ in server.heard] == ["/broken", "/kitchen"]
    assert server.heard[1][1]["title"] == "toy: alarm"
    assert server.heard[1][1]["message"] == "the roof is on fire"
    assert (tmp_path / "heard").read_text() == "the roof is on fire"


def test_a_server_that_never_answers_costs_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setattr(notify, "SECONDS", 1.0)
        bell = Bell(tmp_path, urls=[f"json://127.0.0.1:{deaf.getsockname()[1]}"])
        assert bell.ring("night", "", "three lines") == ["notify.urls: nobody could be told in time"]


def test_nobody_is_told_where_nobody_asked(tmp_path: Path) -> None:
    bell = Bell(tmp_path, {"alarm": ("false",), "night": ()})
    assert not bell.hears("night")
    assert bell.ring("night", "", "") == []
    assert bell.hears("alarm")
    assert "hooks.alarm: `false` ended with status 1" in bell.ring("alarm", "", "")[0]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("json://127.0.0.1/${UNSET_NAME}", "names UNSET_NAME, which is not set"),
        ("json://127.0.0.1/correct-horse-battery", "has a secret written into it"),
        ("json://user:hunter2pw@127.0.0.1", "has a secret written into it"),
        ("json://user:hunter2${HOOK_TOKEN}@127.0.0.1", "has a secret written into it"),
        ("json://127.0.0.1?user=me&pass=hunter2pw", "has a secret written into it"),
        ("gopher9://127.0.0.1", "is no address that apprise knows"),
    ],
)
def test_a_url_that_cannot_be_told_is_refused_before_the_night_and_never_quoted(url: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as told:
        demand([url], environ={"HOOK_TOKEN": "correct-horse-battery"})
    assert "127.0.0.1" not in told.value.message
    assert not re.search("correct-horse|hunter2", f"{told.value.message} {told.value.fix}")


def test_a_url_with_all_its_names_is_fine() -> None:
    urls = ["json://user:${HOOK_TOKEN}@127.0.0.1", "json://me@127.0.0.1:80/a:b@c?pass=${HOOK_TOKEN}"]
    demand(urls, environ={"HOOK_TOKEN": "correct-horse-battery"})
    assert filled("a://${B}/${C}", {"B": "1", "C": "2"}) == "a://1/2"


def test_without_apprise_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(UserError, match="need apprise") as told:
        demand(["json://127.0.0.1"])
    assert "autoresearch[notify]" in told.value.fix
    demand([])


def cli(root: Path, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return autoresearch(root, *argv, **env)


@pytest.mark.slow
def test_the_end_of_a_night_is_told_in_three_lines_and_an_outage_stops_nothing(server: Server, tmp_path: Path) -> None:
    table = (
        f'[hooks]\nnight = "tee -a {tmp_path / "nights"}"\n[notify]\nurls = ["json://127.0.0.1:{server.port}/${{KEY}}"]'
    )
    root = repository(tmp_path / "toy", {**PROGRAM, "autoresearch.toml": f"{TASK}{table}\n"})
    for verb in ("check", "run"):
        refused = cli(root, verb)
        assert refused.returncode == 1
        assert "export KEY=" in refused.stderr
    assert cli(root, "run", KEY="a-long-secret-of-ours").returncode == 0
    lines = (tmp_path / "nights").read_text().splitlines()
    assert lines[0].startswith("toy: ")
    assert "2 experiments in " in lines[1]
    assert lines[2].startswith("The night is over: ")
    ((path, message),) = server.heard
    assert path == "/a-long-secret-of-ours"
    assert message["message"].splitlines() == lines
    ledger = root / ".autoresearch/toy/ledger.jsonl"
    assert "a-long-secret-of-ours" not in ledger.read_text()
    task = root / "autoresearch.toml"
    task.write_text(task.read_text().replace(f":{server.port}", ":1"))
    assert cli(root, "run", "--experiments", "1", KEY="a-long-secret-of-ours").returncode == 0
    assert "notify.urls: number 1 (json) did not take it" in ledger.read_text()
