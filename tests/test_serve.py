"""The browser view's server, asked over a real socket by whoever may and whoever may not."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from autoresearch.history import TELL, Note
from autoresearch.site import Site
from scribe import Scribe


@dataclass
class Served:
    """A running `autoresearch serve`."""

    site: Site
    process: subprocess.Popen[str]
    address: str

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def ask(
        self, path: str, *, method: str = "GET", body: object = None, cookie: str = "", **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and text of an answer. Names of headers are spelled with underscores here."""
        line = http.client.HTTPConnection(self.host, timeout=20)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if cookie:
            told["cookie"] = cookie
        line.request(method, path, json.dumps(body) if body is not None else None, told)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def cookie(self) -> str:
        """What a browser keeps of the printed address."""
        parts = urlsplit(self.address)
        _, headers, _ = self.ask(f"{parts.path}?{parts.query}")
        return headers["set-cookie"].partition(";")[0]

    def say(self, body: object, **headers: str) -> tuple[int, str]:
        """A word as our own page sends it; `headers` change that."""
        told = {"content_type": "application/json", "origin": self.origin} | headers
        status, _, text = self.ask("/api/word", method="POST", body=body, cookie=self.cookie(), **told)
        return status, text


def started(site: Site, *options: str) -> Served:
    verb = [sys.executable, "-m", "autoresearch.cli", "serve", *options]
    process = subprocess.Popen(verb, cwd=site.root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    return Served(site, process, process.stdout.readline().strip())


def ended(served: Served) -> None:
    served.process.terminate()
    served.process.wait(20)
    if served.process.stdout:
        served.process.stdout.close()


def a_site(root: Path, experiments: int = 30) -> tuple[Site, Scribe]:
    """A repository with a study of that many experiments in it."""
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    told = Scribe().begin().go(experiments)
    site = Site(root, "quick")
    told.write(site.ledger_path)
    return site, told


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that only shows."""
    served = started(a_site(tmp_path_factory.mktemp("quiet"))[0])
    yield served
    ended(served)


@pytest.fixture(scope="module")
def steered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that lets its page control the study."""
    served = started(a_site(tmp_path_factory.mktemp("steered"))[0], "--control")
    yield served
    ended(served)


def test_the_printed_address_opens_the_page_and_leaves_a_strict_cookie(quiet: Served) -> None:
    parts = urlsplit(quiet.address)
    assert parts.hostname == "127.0.0.1"
    status, headers, text = quiet.ask(f"/?{parts.query}")
    assert status == 200
    assert "<main>" in text
    assert "HttpOnly; SameSite=Strict" in headers["set-cookie"]
    assert quiet.ask("/api/study", cookie=quiet.cookie())[0] == 200


def test_the_printed_address_opens_the_page_whatever_an_earlier_server_at_this_port_left(quiet: Served) -> None:
    parts, ours = urlsplit(quiet.address), quiet.cookie()
    left = f"{ours.partition('=')[0]}=of-an-earlier-server"
    status, headers, _ = quiet.ask(f"/?{parts.query}", cookie=left)
    assert status == 200
    assert headers["set-cookie"].startswith(ours)
    assert quiet.ask("/?token=of-an-earlier-server", cookie=ours)[0] == 200
    assert quiet.ask("/?token=of-an-earlier-server", cookie=left)[0] == 403


@pytest.mark.parametrize("path", ["/", "/?token=guessed", "/api/study", "/static/page.js", "/api/live", "/report"])
def test_whoever_has_not_the_address_sees_nothing(quiet: Served, path: str) -> None:
    status, headers, text = quiet.ask(path)
    assert status == 403
    assert text == "Open the address that `autoresearch serve` printed.\n"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "["])
def test_a_rebound_name_is_refused_even_with_the_cookie(quiet: Served, host: str) -> None:
    status, _, text = quiet.ask("/api/study", cookie=quiet.cookie(), host=host)
    assert status == 403
    assert "127.0.0.1 and localhost only" in text


def test_localhost_may_be_typed_and_tunnelled(quiet: Served) -> None:
    assert quiet.ask("/api/study", cookie=quiet.cookie(), host="localhost:9999")[0] == 200


def test_every_answer_forbids_foreign_scripts_frames_and_caches(quiet: Served) -> None:
    for path in ("/", "/api/study", "/static/page.js", "/nothing"):
        _, headers, _ = quiet.ask(path, cookie=quiet.cookie())
        assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_without_control_nothing_can_be_written(quiet: Served) -> None:
    before = quiet.site.ledger_path.read_bytes()
    assert quiet.say({"word": "pause"})[0] == 404
    assert quiet.site.ledger_path.read_bytes() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_foreign_page_cannot_speak_to_the_study(steered: Served, headers: dict[str, str]) -> None:
    before = steered.site.ledger_path.read_bytes()
    status, text = steered.say({"word": "pause"}, **headers)
    assert status == 403
    assert "another origin" in text
    assert steered.site.ledger_path.read_bytes() == before


def test_a_human_pauses_resumes_and_tells(steered: Served) -> None:
    assert "pauses as soon as it runs" in steered.say({"word": "pause"})[1]
    assert steered.site.ledger().history.paused
    assert steered.say({"word": "resume"})[0] == 200
    assert not steered.site.ledger().history.paused
    assert "leave it alone" in steered.say({"word": "tell", "text": "leave it alone"})[1]
    assert steered.site.ledger().history.told == ["leave it alone"]
    for blank in ("", "   "):
        assert steered.say({"word": "tell", "text": blank})[0] == 409
    assert steered.site.ledger().history.told == ["leave it alone"]
    assert steered.say({"word": "tell", "text": "half a \ud800"})[0] == 200
    assert json.loads(steered.ask("/api/study", cookie=steered.cookie())[2])["summary"]["told"][1] == "half a ?"
    assert steered.say({"word": "untell"})[0] == 200
    assert steered.site.ledger().history.told == []


@pytest.mark.parametrize("body", [{"word": "erase"}, {"word": 3}, {}, [], "pause", None])
def test_what_is_no_word_is_refused(steered: Served, body: object) -> None:
    before = steered.site.ledger_path.read_bytes()
    assert steered.say(body)[0] == 400
    assert steered.site.ledger_path.read_bytes() == before


def test_a_word_nested_without_end_is_refused(steered: Served) -> None:
    told = {"content-type": "application/json", "origin": steered.origin, "cookie": steered.cookie()}
    line = http.client.HTTPConnection(steered.host, timeout=20)
    line.request("POST", "/api/word", "[" * 100_000, told)
    assert line.getresponse().status == 400
    line.close()


def test_what_is_not_there_is_said_not_crashed(quiet: Served) -> None:
    cookie = quiet.cookie()
    assert quiet.ask("/api/experiments/99999", cookie=cookie)[0] == 404
    assert quiet.ask("/api/compare/1/99999", cookie=cookie)[0] == 404
    assert quiet.ask("/api/picture?epoch=7", cookie=cookie)[0] == 404
    assert quiet.ask("/api/picture?width=wide", cookie=cookie)[0] == 400
    assert quiet.ask("/static/../app.py", cookie=cookie)[0] == 404


def test_the_rows_are_the_ledgers(quiet: Served) -> None:
    told = json.loads(quiet.ask("/api/study", cookie=quiet.cookie())[2])
    history = quiet.site.ledger().history
    columns = told["summary"]["columns"]
    rows = [dict(zip(columns, row, strict=True)) for row in told["rows"]]
    assert [row["number"] for row in rows] == [done.number for done in history.experiments]
    assert [row["value"] for row in rows] == [done.value for done in history.experiments]
    assert [row["number"] for row in rows if row["baseline"]] == [0]
    assert {row["standing"] for row in rows} > {"certified"}
    assert "5ec2e7" not in json.dumps(told)  # the study's secret, of which seeds are made


def test_one_experiment_is_told_with_its_runs(quiet: Served) -> None:
    found = json.loads(quiet.ask("/api/experiments/0", cookie=quiet.cookie())[2])
    assert found["sentence"].startswith("The baseline: ")
    assert len(found["runs"]) == 12


def test_a_taken_port_is_said_in_a_sentence(quiet: Served) -> None:
    port = urlsplit(quiet.address).port
    verb = [sys.executable, "-m", "autoresearch.cli", "serve", "--port", str(port)]
    done = subprocess.run(verb, cwd=quiet.site.root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr


def test_broken_words_harm_no_page_and_another_study_in_its_place_is_not_taken_for_it(tmp_path: Path) -> None:
    site, told = a_site(tmp_path, 5)
    for kind in (TELL, "alarm"):
        told.add(Note(kind, "caf\udce9"))  # as a terminal that is not UTF-8 says it, and as we once wrote it down
    told.write(site.ledger_path)
    served = started(site, "--control")
    cookie = served.cookie()
    assert served.ask("/api/study", cookie=cookie)[2].count("caf?") > 1
    line = http.client.HTTPConnection(served.host, timeout=20)
    line.request("GET", "/api/live", headers={"cookie": cookie})
    live = line.getresponse()
    assert live.readline().startswith(b"id: ")
    site.ledger_path.unlink()
    Scribe().begin().go(2).write(site.ledger_path)
    before = site.ledger_path.read_bytes()
    assert b"event: end\ndata: " in live.read()
    line.close()
    for path in ("/api/study", "/api/experiments/0", "/report"):
        status, _, text = served.ask(path, cookie=cookie)
        assert (status, "another study has its place" in text) == (409, True)
    assert served.say({"word": "tell", "text": "too late"})[0] == 409
    assert site.ledger_path.read_bytes() == before
    ended(served)


def test_what_is_printed_now_comes_along_bounded(quiet: Served) -> None:
    line = http.client.HTTPConnection(quiet.host, timeout=20)
    with quiet.site.occupied():
        quiet.site.tail_path.write_bytes(b"".join(b"step %d %s\n" % (i, b"x" * 999) for i in range(900)))
        line.request("GET", "/api/live", headers={"cookie": quiet.cookie()})
        live = line.getresponse()
        while live.readline() != b"event: printed\n":
            pass
        printed = json.loads(live.readline().removeprefix(b"data: "))
        assert printed[-1].startswith("step 899 xxx")
        assert len(printed) == 200
        assert len(json.dumps(printed)) < 64 * 1024
        quiet.site.tail_path.unlink()
        while live.readline() != b"event: printed\n":
            pass
        assert live.readline() == b"data: []\n"
    line.close()


def test_ctrl_c_ends_it_quietly_while_a_page_listens(tmp_path: Path) -> None:
    served = started(a_site(tmp_path, 3)[0])
    line = http.client.HTTPConnection(served.host, timeout=20)
    line.request("GET", "/api/live", headers={"cookie": served.cookie()})
    assert line.getresponse().readline().startswith(b"id: ")
    os.kill(served.process.pid, signal.SIGINT)
    assert served.process.wait(10) in (0, 130)
    line.close()
    ended(served)
