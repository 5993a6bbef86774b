"""Rows 58 to 60, and what becomes of hostile words on a terminal, in a report, in a commit and in the next brief."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch import config
from autoresearch.attacks.attack import Attack
from autoresearch.attacks.stage import PLAIN
from autoresearch.attacks.words import CONTROL, FAMILY, ORDERS
from autoresearch.brief import brief
from autoresearch.records import Outcome
from autoresearch.site import Site
from autoresearch.views.words import is_harmless
from autoresearch.workspace import git

from . import rows
from .night import Night, autoresearch

pytestmark = pytest.mark.slow
__all__ = ["FAMILY"]

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""The one sequence we write ourselves."""


def test_row(night: Night, attack: Attack) -> None:
    rows.demand_stopped(night, attack)


def test_nothing_else_was_disturbed(night: Night) -> None:
    rows.demand_undisturbed(night)


AGENT = f"""
import json, os
text = {CONTROL + ORDERS!r}
with open(os.environ["AUTORESEARCH_BRIEF"]) as file:
    number = int(file.read().split("xperiment ", 1)[1].split()[0].strip(".,:"))
with open("settings.py", "w") as file:
    file.write("raise SystemExit(%r)" % text if number == 1 else "SKILL = %d\\n" % number)
if number == 3:
    open(text.replace("/", " ").replace(chr(0), ""), "w").close()
with open(os.environ["AUTORESEARCH_PROPOSAL"], "w") as file:
    json.dump({{text: 1}} if number == 4 else {{"summary": text, "hypothesis": text}}, file)
"""
"""Fails with hostile words, is kept with them, uses them for a file, and is refused for them."""

OUTCOMES = [Outcome.KEEP, Outcome.CRASH, Outcome.KEEP, Outcome.OUT_OF_SCOPE, Outcome.CRASH]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which an agent that talks to terminals and models has been at work."""
    folder = tmp_path_factory.mktemp("words")
    more = '[agent]\nuse = "command"\ncommand = "python talk.py"\n[referee]\npreset = "exact"\n'
    files = {**PLAIN.files, "talk.py": AGENT}
    files["autoresearch.toml"] += more + "[budget]\nexperiments = 4\n"
    for path, text in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    git.create(folder, message="The stage")
    ended = autoresearch(folder, "run")
    assert ended.returncode == 0, ended.stderr
    assert not harmful(ended.stdout + ended.stderr)
    return folder


@pytest.fixture(scope="module")
def site(root: Path) -> Site:
    return Site(root, "stage")


def harmful(text: str) -> set[str]:
    return {char for char in text if char not in "\n\t" and not is_harmless(char)}


def test_the_words_were_there(site: Site) -> None:
    """Else nothing below says anything."""
    done = site.ledger().history.experiments
    assert [one.verdict.outcome for one in done] == OUTCOMES
    assert CONTROL[:20].encode() in site.log_path(done[1].log).read_bytes()
    assert all("INSTRUCTIONS" in str(one.candidate) + one.verdict.reason for one in done[1:])


@pytest.mark.parametrize("verb", ["status", "log", "report", "log --json", *(f"show {n}" for n in range(1, 5))])
def test_nothing_harmful_is_printed(root: Path, verb: str) -> None:
    ended = autoresearch(root, *verb.split())
    assert ended.returncode == 0, ended.stderr
    assert not harmful(ended.stdout + ended.stderr)


@pytest.mark.parametrize("verb", ["log", "status", "show 1", "show 2"])
def test_nothing_but_colour_reaches_a_terminal(root: Path, verb: str) -> None:
    text = on_terminal(root, *verb.split())
    assert "experiment" in text or "crash" in text
    assert not harmful(COLOUR.sub("", text).replace("\r\n", "\n"))


def test_nothing_harmful_is_in_reports_and_commits(root: Path, site: Site) -> None:
    assert autoresearch(root, "report").returncode == 0
    pages = [path for path in site.folder.rglob("*") if path.suffix in {".html", ".md", ".svg", ".tsv"}]
    assert pages
    for page in pages:
        assert not harmful(page.read_text()), page
    log = subprocess.check_output(["git", "log", "--all", "--format=%B"], cwd=root, text=True)
    assert "IGNORE ALL PREVIOUS" in log
    assert not harmful(log)


def test_the_next_agent_is_told_in_a_frame_on_one_line_each(root: Path, site: Site) -> None:
    lines = brief(config.load(root), site.ledger().history).text.splitlines()
    assert not harmful("".join(lines))
    frames = [at for at, line in enumerate(lines) if re.fullmatch(r"={8} [0-9a-f]{16}.*", line)]
    told = [at for at, line in enumerate(lines) if "IGNORE ALL PREVIOUS" in line]
    assert len(told) >= 2
    for at in told:
        assert re.match(r"\W*#\d+ ", lines[at])
        assert len(lines[at]) < 400
        assert min(frames) < at < max(frames)


def on_terminal(root: Path, *words: str) -> str:
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "autoresearch.cli", *words]
    env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    text = b""
    with subprocess.Popen(argv, cwd=root, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        while running.poll() is None or select.select([ours], [], [], 0)[0]:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    text += os.read(ours, 1 << 16)
                except OSError:  # how Linux says that nobody has the other end
                    break
    os.close(ours)
    assert running.returncode == 0, text
    return text.decode()
