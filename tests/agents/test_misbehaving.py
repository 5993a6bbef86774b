"""Every way in which an agent can misbehave: an outcome, a cause, a count, and the night goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from canned import Answer, Canned, canned, chat
from typer.testing import CliRunner, Result

import misbehaving
from autoresearch.causes import Cause
from autoresearch.cli import app
from autoresearch.history import Note
from autoresearch.records import Experiment, Outcome
from autoresearch.replay import replay
from autoresearch.site import Site
from autoresearch.testing import toy
from autoresearch.views import Reading, failures, status, survivors

ENDS = {
    "crashes": (Outcome.CRASH, ""),
    "logged_out": (Outcome.CRASH, Cause.LOGIN),
    "rate_limited": (Outcome.CRASH, Cause.RATE_LIMITED),
    "sealed": (Outcome.OUT_OF_SCOPE, Cause.SCOPE),
    "new_file": (Outcome.OUT_OF_SCOPE, Cause.SCOPE),
    "too_much": (Outcome.VIOLATION, Cause.SIZE),
    "secret": (Outcome.VIOLATION, Cause.SECRET),
    "floods": (Outcome.CRASH, Cause.FLOOD),
    "hangs": (Outcome.TIMEOUT, ""),
    "git": (Outcome.VIOLATION, ""),
    "garbled": (Outcome.CRASH, Cause.FORMAT),
    "broken_code": (Outcome.CRASH, Cause.RUN),
    "nothing": (Outcome.NO_CHANGE, ""),
    "asks": (Outcome.NO_CHANGE, Cause.ASKED),
    "empty": (Outcome.NO_CHANGE, Cause.EMPTY),
    "declines": (Outcome.NO_CHANGE, Cause.REFUSED),
    "cut_off": (Outcome.CRASH, Cause.TRUNCATED),
    "formless": (Outcome.CRASH, Cause.FORMAT),
    "misses": (Outcome.CRASH, Cause.EDIT),
    "names_sealed": (Outcome.OUT_OF_SCOPE, Cause.SCOPE),
    "unauthorized": (Outcome.CRASH, Cause.LOGIN),
    "busy": (Outcome.CRASH, Cause.RATE_LIMITED),
    "broke": (Outcome.CRASH, Cause.QUOTA),
    "down": (Outcome.CRASH, Cause.MODEL),
    "no_json": (Outcome.CRASH, Cause.MODEL),
    "endless": (Outcome.CRASH, Cause.FLOOD),
    "late": (Outcome.TIMEOUT, ""),
    "glutton": (Outcome.CRASH, Cause.TOKENS),
}
"""How each kind ends. The others are measured, whatever their agent did besides."""

PLAN = [kind for nth, each in enumerate(misbehaving.KINDS) for kind in (each, *[misbehaving.HONEST] * (nth % 4 == 0))]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> misbehaving.Night:
    return misbehaving.night(tmp_path_factory.mktemp("night") / "toy", PLAN)


def made(night: misbehaving.Night, kind: str) -> Experiment:
    return night.archive.experiments[PLAN.index(kind) + 1]


@pytest.mark.slow
def test_the_night_ends_on_its_budget(night: misbehaving.Night) -> None:
    assert night.why == f"the budget of {len(PLAN)} experiments is spent"
    assert not replay(Site(night.root, "toy").ledger_path).disagreements


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENDS)
def test_each_kind_has_its_outcome_and_cause(night: misbehaving.Night, kind: str) -> None:
    verdict = made(night, kind).verdict
    assert (verdict.outcome, verdict.cause) == ENDS[kind]
    assert 10 < len(verdict.reason) < 500


@pytest.mark.slow
def test_what_only_looks_odd_is_measured_like_everything(night: misbehaving.Night) -> None:
    for kind in misbehaving.KINDS:
        if kind not in ENDS:
            assert made(night, kind).verdict.outcome in (Outcome.KEEP, Outcome.DISCARD, Outcome.NO_CHANGE), kind


@pytest.mark.slow
def test_processes_left_behind_are_dead(night: misbehaving.Night) -> None:
    assert made(night, "processes").value is not None
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            lines.append(path.read_bytes())
    assert not [line for line in lines if misbehaving.SLEEP.encode() in line]


@pytest.mark.slow
def test_a_credential_is_recorded_nowhere(night: misbehaving.Night) -> None:
    shown = made(night, "secret")
    assert shown.candidate is None
    assert misbehaving.FAKE_KEY not in shown.verdict.reason
    found = [path for path in night.root.rglob("*") if path.is_file() and path.read_bytes().count(b"ghp_A1b2")]
    assert found == []
    git = ("git", "-C", str(night.root), "log", "--all", "--oneline", "-S", misbehaving.FAKE_KEY)
    assert subprocess.run(git, check=True, capture_output=True).stdout == b""


@pytest.mark.slow
def test_status_counts_every_cause(night: misbehaving.Night) -> None:
    counted = status(night.archive, state="idle", now="2030-01-01T00:00:00+00:00")["causes"]
    assert counted == Counter(str(ENDS[kind][1]) for kind in PLAN if kind in ENDS and ENDS[kind][1]) + Counter(
        str(done.verdict.cause)
        for done in night.archive.experiments[1:]
        if PLAN[done.number - 1] not in ENDS and done.verdict.cause
    )
    assert list(counted.values()) == sorted(counted.values(), reverse=True)


@pytest.mark.slow
def test_the_report_has_successes_on_top_and_failures_by_cause(night: misbehaving.Night) -> None:
    reading = Reading.of(night.archive)
    top = survivors(reading)
    assert top
    assert PLAN[top[0].experiment.number - 1] == misbehaving.HONEST
    kinds = {(failure.outcome, failure.kind): len(failure.experiments) for failure in failures(night.archive)}
    assert kinds[Outcome.CRASH, Cause.LOGIN] == 2
    assert kinds[Outcome.OUT_OF_SCOPE, Cause.SCOPE] == 3


@pytest.mark.slow
def test_the_transcript_of_a_conversation_that_led_nowhere_is_kept(night: misbehaving.Night) -> None:
    log = Site(night.root, "toy").log_path(made(night, "asks").log).read_text()
    assert "Shall I change the width or the dropout?" in log


TASK = """
[agent]
use = "llm"
model = "any"
provider = "local"
base_url = "{url}"
give_up_after = 3
"""


@pytest.fixture
def unauthorized() -> Iterator[Canned]:
    with canned(Answer({"error": {"message": "Incorrect API key provided"}}, 401)) as server:
        yield server


def cli(*words: str) -> Result:
    return CliRunner().invoke(app, [*words])


@pytest.mark.slow
def test_an_agent_that_fails_alike_again_and_again_is_given_up(
    tmp_path: Path, unauthorized: Canned, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = toy.make(tmp_path / "toy", preset="exact", noise=0.0, more=TASK.format(url=unauthorized.url))
    monkeypatch.chdir(root)
    ran = cli("run")
    sentence = "the agent failed 3 times in a row in the same way (login: 127.0.0.1:"
    assert ran.exit_code == 0
    assert sentence in ran.stderr
    assert "log in again, or renew the key" in ran.stderr
    again = cli("run")
    assert again.exit_code == 1
    assert f"Nothing new was measured: {sentence}" in str(again.exception)
    assert len(unauthorized.asked) == 6
    alarms = [record for _, record in Site(root, "toy").ledger().history.trail if isinstance(record, Note)]
    assert [sentence in note.text for note in alarms] == [True, True]
    assert json.loads(cli("status", "--json").stdout)["causes"] == {"login": 6}
    assert re.search("causes +6 login", cli("status").stdout)
    assert "crash: login" in cli("log").stdout


@pytest.mark.slow
def test_an_agent_that_makes_the_same_change_again_and_again_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = Answer(
        chat(
            "SUMMARY: again\nEXPECTED: less\nRISK: too small\n\nFILE: settings.py\n````\n"
            + toy.SETTINGS.replace("32", "2")
            + "````\n"
        )
    )
    with canned(worse) as server:
        root = toy.make(tmp_path / "toy", preset="exact", noise=0.0, more=TASK.format(url=server.url))
        monkeypatch.chdir(root)
        ran = cli("run")
    assert "the agent failed 3 times in a row in the same way (duplicate: " in ran.stderr
    done = Site(root, "toy").ledger().history.experiments
    assert [each.verdict.outcome for each in done[1:]] == [Outcome.DISCARD, *[Outcome.NO_CHANGE] * 3]
    assert [each.verdict.cause for each in done[2:]] == [Cause.DUPLICATE] * 3
    assert {each.tokens for each in done[1:]} == {1050}
    told = json.loads(cli("show", "1", "--json").stdout)
    assert (told["expected_effect"], told["risk"], told["agent_version"]) == ("less", "too small", "local-1")
    assert b"SUMMARY: again" in Path(told["transcript_path"]).read_bytes()
    monkeypatch.setenv("COLUMNS", "60")
    page = cli("show", "1").stdout
    assert f"transcript  {told['transcript_path']}\n" in page, "one line, however narrow the terminal is"
    assert "llm local-1" in page
    assert max(map(len, page.split("transcript ")[1].splitlines()[1:])) <= 60
    assert "cost" not in cli("log").stdout.splitlines()[0], "no room"
    monkeypatch.delenv("COLUMNS")
    assert "cost" in cli("log").stdout.splitlines()[0]


@pytest.mark.slow
def test_waiting_for_the_provider_is_seen_and_ends_at_once(tmp_path: Path) -> None:
    busy = Answer({"error": {"message": "slow down"}}, 429, headers={"retry-after": "60"})
    with canned(busy) as server:
        root = toy.make(tmp_path / "toy", preset="exact", noise=0.0, more=TASK.format(url=server.url))
        running = subprocess.Popen(
            [sys.executable, "-m", "autoresearch.cli", "run"], cwd=root, stderr=subprocess.PIPE, text=True
        )
        try:
            site, deadline = Site(root, "toy"), time.monotonic() + 60
            while "waiting" not in str((step := site.step() or {}).get("step")) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert step["step"] == "experiment 1: waiting for the provider (rate_limited)"
            assert step["limit_seconds"] == 60.0
            for _ in range(2):
                os.kill(running.pid, signal.SIGINT)
                time.sleep(0.2)
            assert running.wait(10) == 130
        finally:
            running.kill()
            running.communicate()
