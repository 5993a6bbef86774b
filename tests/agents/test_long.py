"""Long sessions: one start, many tries, and everything an agent may do instead."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import installed
import pytest
from models import Edit, Models, Scene, Shell, Text
from typer.testing import CliRunner

from autoresearch.agents.long import Long, Over, Terms, Used, residents
from autoresearch.agents.long import door as door_module
from autoresearch.agents.long.changes import Changes, Moved
from autoresearch.agents.long.door import MAX_BYTES, OVER, Door, Question, Restoring
from autoresearch.agents.long.session import Account, Session
from autoresearch.causes import Cause
from autoresearch.cli import app
from autoresearch.history import Archive, Note
from autoresearch.records import Brief, Outcome
from autoresearch.site import Site
from autoresearch.testing import toy
from autoresearch.workspace.workspace import Workspace
from program import COMMAND, autoresearch

AGENT = r"""
D=$AUTORESEARCH_ASK
say() { echo "== $1 $2"; autoresearch-door "$@"; echo "rc $?"; }
put() { sed -i "s|$1|$2|" settings.py; }
case $("$D" log | wc -l) in
1)
    put '"tanh"' '"gelu"'; say try -m "smoother" -s "gelu"
    put 'DROPOUT = 0.5' 'DROPOUT = 0.9'; say try -m "more of it"
    grep DROPOUT settings.py
    put 'DROPOUT = 0.5' 'DROPOUT = 0.9'; say try -m "again"
    put 'WIDTH = 32' 'WIDTH = 1 / 0'; say try -m "infinitely wide"
    echo 'cheat' > loss.py; echo new > stray.txt; say try -m "cheat"
    head -1 loss.py; ls stray.txt
    home=${D%/session/*}
    head -c 9 "$home/ledger.jsonl" && echo "READ THE LEDGER"
    echo x > "${D%/bin/*}/answers/x" && echo "FORGED AN ANSWER"
    echo x > "$D" && echo "CHANGED THE DOOR"
    say note "cites nothing"; say note "#2: less of it may help"; say show 2; say nonsense
    rm settings.py; ln -s /etc/passwd settings.py; say try -m "a link"; sleep 60 ;;
6) put 'WIDTH = 32' 'WIDTH = 64'; for i in 1 2 3 4 5; do say try -m "wider"; done; sleep 60 ;;
7) put 'WIDTH = 64' 'WIDTH = 128'; echo '{"summary": "said in a file"}' > "$AUTORESEARCH_PROPOSAL" ;;
8) echo "I would rather not." ;;
9) sleep 60 ;;
*) put 'DROPOUT = 0.5' 'DROPOUT = 0.1'; say try -m "less"; put 'DROPOUT = 0.1' 'DROPOUT = 0.2'; say try -m "on" ;;
esac
"""

LONG = '[agent]\nuse = "command"\ncommand = "sh agent.sh"\nrhythm = "long"\nseconds = 5\n'


def make(folder: Path, agent: str, *, more: str = LONG, experiments: int = 10) -> Path:
    root = toy.make(folder, preset="exact", noise=0.0, experiments=experiments, more=more)
    (root / "agent.sh").write_text(agent)
    who = ("-c", "user.name=A Person", "-c", "user.email=person@example.org")
    for words in (("add", "--all"), ("commit", "-qm", "with an agent")):
        subprocess.run(["git", "-C", str(root), *who, *words], check=True)
    return root


def run(root: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return autoresearch(root, "run", **env)


def history(root: Path) -> Archive:
    return Site(root, "toy").ledger().history


def notes(root: Path, kind: str) -> list[str]:
    return [record.text for _, record in history(root).trail if isinstance(record, Note) and record.kind == kind]


def transcript(root: Path) -> str:
    """What all sessions printed, in order."""
    names = [re.findall(r"[0-9a-f]{64}", text)[0] for text in notes(root, "session")]
    return "".join(Site(root, "toy").log_path(name).read_text() for name in names)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = make(tmp_path_factory.mktemp("long") / "toy", AGENT)
    done = run(root)
    assert done.returncode == 0, done.stderr
    return root


@pytest.mark.slow
def test_every_try_is_an_experiment_and_whatever_stops_is_begun_again(night: Path) -> None:
    outcomes = [done.verdict.outcome for done in history(night).experiments]
    assert outcomes == [
        *(Outcome.KEEP, Outcome.KEEP, Outcome.DISCARD, Outcome.CRASH, Outcome.OUT_OF_SCOPE, Outcome.VIOLATION),
        *(Outcome.KEEP, Outcome.KEEP, Outcome.NO_CHANGE, Outcome.TIMEOUT, Outcome.KEEP),
    ]
    summaries = {number: made.summary for number, made in history(night).candidates.items()}
    assert (summaries[1], summaries[7]) == ("gelu", "said in a file")
    assert history(night).candidates[1].hypothesis == "smoother"
    assert "tried nothing for 5 s" in history(night).experiments[9].verdict.reason
    assert {done.number for done in history(night).experiments if done.verdict.cause == Cause.UNTRIED} == {8, 9}
    tries = [int(re.findall(r"after (\d+) tries", text)[0]) for text in notes(night, "session")]
    assert tries == [5, 1, 1, 0, 0, 1]


@pytest.mark.slow
def test_the_door_tells_the_verdict_and_puts_files_back(night: Path) -> None:
    said = transcript(night)
    assert "KEPT: #1 keep" in said
    assert "NOT KEPT: #2 discard" in said
    assert "Your files have been put back to the best. Changed: settings.py" in said
    assert "\nDROPOUT = 0.5\n" in said
    assert "You tried just this a moment ago" in said
    assert "ZeroDivisionError" in said
    assert "import math, random" in said  # loss.py as it was
    assert "cannot access 'stray.txt'" in said
    assert "+DROPOUT = 0.9" in said
    assert "The budget is spent: the budget of 10 experiments is spent. Stop now.\nrc 5" in said
    assert [int(code) for code in re.findall(r"^rc (\d+)", said, re.M)[:4]] == [0, 1, 2, 1]


@pytest.mark.slow
def test_the_agent_reaches_nothing_but_its_questions(night: Path) -> None:
    said = transcript(night)
    assert "ledger.jsonl" in said  # it was refused aloud
    for deed in ("READ THE LEDGER", "FORGED AN ANSWER", "CHANGED THE DOOR"):
        assert deed not in said


@pytest.mark.slow
def test_of_finite_data_the_door_tells_no_figure_a_failed_change_printed(tmp_path: Path) -> None:
    agent = """"$AUTORESEARCH_ASK" log | grep -q '#1' && exit
        echo "raise ValueError(0.123456)" >> settings.py; "$AUTORESEARCH_ASK" try -m "it tells" """
    root = make(tmp_path / "toy", agent, experiments=1)
    task = root / "autoresearch.toml"
    task.write_text(task.read_text().replace("direction", 'feedback = "bit"\ndirection', 1))
    assert run(root).returncode == 0
    assert history(root).experiments[1].verdict.outcome is Outcome.CRASH
    assert "NOT KEPT: #1 crash" in transcript(root)
    assert "0.123456" not in transcript(root)


@pytest.mark.slow
def test_a_note_needs_an_experiment_and_nothing_is_left_running(night: Path) -> None:
    assert "A claim needs the experiment it rests on." in transcript(night)
    assert [note.text for _, note in history(night).notes] == ["#2: less of it may help"]
    assert not list((night / ".autoresearch" / "toy" / "session").glob("*/*"))
    assert subprocess.run(["pgrep", "-f", f"{night}/.autoresearch"], stdout=subprocess.DEVNULL).returncode == 1


@pytest.mark.slow
def test_a_killed_night_goes_on_with_the_try_it_was_measuring(tmp_path: Path) -> None:
    agent = (
        'case $("$AUTORESEARCH_ASK" log | wc -l) in\n'
        '1) echo "import time; time.sleep(1)" >> settings.py; "$AUTORESEARCH_ASK" try -m slow ;;\n'
        '*) sed -i "s/tanh/gelu/" settings.py; "$AUTORESEARCH_ASK" try -m smoother ;;\nesac\n'
    )
    root = make(tmp_path / "toy", agent, experiments=2)
    ledger = Site(root, "toy").ledger_path
    with subprocess.Popen([*COMMAND, "run"], cwd=root, stderr=subprocess.DEVNULL) as p:
        while not (ledger.exists() and '"summary":"slow"' in ledger.read_text()):
            time.sleep(0.02)
        p.send_signal(signal.SIGKILL)
    done = run(root)
    assert done.returncode == 0, done.stderr
    assert [each.summary for each in history(root).candidates.values()] == ["baseline", "slow", "smoother"]
    assert [str(each.verdict.outcome) for each in history(root).experiments] == ["keep", "discard", "keep"]


PORTFOLIO = """
[agent]
use = "portfolio"
members = ["tuner", "one", "other"]

[agent.one]
use = "command"
command = "sh agent.sh 4"
rhythm = "long"

[agent.other]
use = "command"
command = "sh agent.sh 7"
rhythm = "long"
"""
STEADY = r"""
for i in $(seq 10 60); do
    sed -i "s/^WIDTH = .*/WIDTH = ${1-5}$i/" settings.py
    autoresearch-door try -m "${1-5}$i" || [ $? != 5 ] || exit 0
done
"""


@pytest.mark.slow
def test_sessions_of_several_members_share_a_night(tmp_path: Path) -> None:
    root = make(tmp_path / "toy", STEADY, more=PORTFOLIO, experiments=8)
    done = run(root)
    assert done.returncode == 0, done.stderr
    made = [each.agent for each in history(root).experiments[1:]]
    assert set(made) == {"tuner", "one", "other"}
    for name, digit in (("one", "4"), ("other", "7")):
        ours = [done.candidate for done in history(root).experiments if done.agent == name and done.candidate]
        said = [each.hypothesis for each in ours]
        assert said == sorted(
            said
        )  # one session goes on, whoever else was asked; a try that was overtaken is sent back
        assert {each[0] for each in said} == {digit}
    assert len(notes(root, "session")) == 2


@pytest.mark.slow
def test_a_person_pauses_a_long_session_and_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "toy", STEADY.replace("sed", "sleep 0.3; sed"), experiments=30)
    ledger = Site(root, "toy").ledger_path
    monkeypatch.chdir(root)

    def said(word: str) -> None:
        assert CliRunner().invoke(app, [word]).exit_code == 0

    with subprocess.Popen([*COMMAND, "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while not (ledger.exists() and len(history(root).experiments) > 2):
            time.sleep(0.05)
        said("pause")
        paused_at = -1
        while paused_at != (paused_at := len(history(root).experiments)):  # what is under way ends first
            time.sleep(2)
        assert paused_at < 30
        said("resume")
        while len(history(root).experiments) == paused_at:
            time.sleep(0.05)
        said("stop")
        assert running.wait(timeout=60) == 0
    assert len(notes(root, "session")) == 1
    assert "The budget is spent: stopped by `autoresearch stop`. Stop now." in transcript(root)
    assert subprocess.run(["pgrep", "-f", f"{root}/.autoresearch"], stdout=subprocess.DEVNULL).returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["claude", "pi"])
def test_a_real_program_tries_many_changes_in_one_session(name: str, tmp_path: Path) -> None:
    installed.need(name)
    attempt = '"$AUTORESEARCH_ASK" try -m'
    steps = [
        *(Edit("settings.py", '"tanh"', '"gelu"'), Shell(f"{attempt} smoother")),
        *(Edit("settings.py", "DROPOUT = 0.5", "DROPOUT = 0.9"), Shell(f"{attempt} more")),
        *(Edit("settings.py", "DROPOUT = 0.5", "DROPOUT = 0.1"), Shell(f"{attempt} less"), Text("Done.")),
    ]
    with Models([Scene("A long session", *steps)]) as models:
        own = installed.table(name, models.url) + 'rhythm = "long"\n'
        root = make(tmp_path / "toy", "", more=own, experiments=3)
        done = run(root, PATH=installed.PATH, MODEL_KEY="sk-of-ours")
        assert done.returncode == 0, done.stderr
        calls = len(models.seen)
    assert [str(each.verdict.outcome) for each in history(root).experiments] == ["keep", "keep", "discard", "keep"]
    assert calls == len(steps)  # one conversation
    assert all(each.tokens for each in history(root).experiments[1:])
    assert len(notes(root, "session")) == 1
    assert "sk-of-ours" not in transcript(root)


# The door alone, with the script as it is, outside of any box


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    (tmp_path / "tree").mkdir()
    made = Door(tmp_path / "d'oor", tmp_path / "tree", patience=5.0)
    yield made
    made.close()


def ask(door: Door, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([str(door.script), *words], stdout=subprocess.PIPE, text=True)


def received(door: Door) -> Question:
    deadline = time.monotonic() + 20
    while (question := door.next()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return question


def answered(door: Door, *words: str) -> None:
    with ask(door, *words) as asking:
        door.answer(received(door), "told")
        assert asking.communicate()[0] == "told\n"


def test_words_arrive_as_they_were_said_and_the_answer_once(door: Door, tmp_path: Path) -> None:
    words = ("try", "-m", "two\nlines, a 'quote', $HOME and ümlauts")
    (tmp_path / "tree" / "gone").write_text("x")
    with ask(door, *words) as asking:
        question = received(door)
        assert question.words == words
        assert question.option("-m", "--message") == words[2]
        assert door.next() is None
        back = Restoring({"deep/file name": (b"old\n", "100755")}, ["gone"])
        door.answer(question, "the verdict", code=OVER, restoring=back)
        assert asking.stdout is not None
        assert asking.stdout.read() == "the verdict\n"
    assert asking.returncode == OVER
    assert (tmp_path / "tree" / "deep" / "file name").read_text() == "old\n"
    assert os.access(tmp_path / "tree" / "deep" / "file name", os.X_OK)
    assert not (tmp_path / "tree" / "gone").exists()
    (tmp_path / "tree" / "deep" / "file name").write_text("new\n")
    answered(door, "log")
    with ask(door, "wait") as again:
        assert again.stdout is not None
        assert again.stdout.read() == "the verdict\n"
    assert (tmp_path / "tree" / "deep" / "file name").read_text() == "new\n"  # put back once


def test_who_cannot_wait_is_told_to_ask_again(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    hasty = Door(tmp_path / "door", tmp_path / "tree", patience=0.2)
    with ask(hasty, "try", "-m", "x") as asking:
        assert asking.stdout is not None
        assert f"{hasty.script} wait" in asking.stdout.read()
    assert asking.returncode == 75
    hasty.answer(received(hasty), "late")
    with ask(hasty, "wait") as again:
        assert again.stdout is not None
        assert again.stdout.read() == "late\n"
    hasty.close()


def test_a_door_serves_however_many_questions_were_answered(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "MOST_WAITING", 5)
    for verb in ("try", "log", "try", "log", "try", "brief", "log"):
        answered(door, verb)


def test_what_lies_in_the_folder_of_questions_is_never_followed(door: Door, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"try\0-m\0secret\0")
    (door.questions / "1-1").symlink_to(secret)
    os.mkfifo(door.questions / "2-2")
    (door.questions / "3-3").mkdir()
    (door.questions / "4-4").write_bytes(b"x" * (MAX_BYTES + 1))
    (door.questions / "no name of ours").write_bytes(b"log\0")
    (door.questions / "5-5").write_bytes(b"")
    assert door.next() is None
    (door.questions / "6-6").write_bytes(b"log\0003\0")
    assert door.next() == Question("6-6", ("log", "3"))
    assert secret.read_bytes() == b"try\0-m\0secret\0"


def test_a_rhythm_is_refused_where_it_means_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for more, word in (('use = "tuner"\nrhythm = "long"', "no long rhythm"), ('rhythm = "waltz"', "is neither")):
        monkeypatch.chdir(toy.make(tmp_path / word[:2], more=f"[agent]\n{more}\n"))
        assert word in str(CliRunner().invoke(app, ["run"]).exception)


def put(tree: Path, old: str, new: str) -> None:
    file = tree / "settings.py"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_a_try_of_a_best_that_was_overtaken_is_merged_or_sent_back(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    with Workspace.open(root, tmp_path / "study", "toy", editable=["settings.py"]) as workspace:
        session = Session(Idle(), tmp_path / "session")
        session.base = workspace.base
        workspace.lay_out(session.tree, workspace.base)
        put(session.tree, "WIDTH = 32", "WIDTH = 64")
        with workspace.draft(workspace.base) as tree:
            put(tree, '"tanh"', '"gelu"')
            best = workspace.take_in(tree, number=1, parent=workspace.base, message="m", when="2026-01-01").commit
        changes = Changes(workspace, session)
        with workspace.draft(best) as tree:
            changes.make(tree, Brief(2, best))
            merged = (tree / "settings.py").read_text()
        assert '"gelu"' in merged
        assert "WIDTH = 64" in merged
        back = changes.restoring(best)
        assert list(back.files) == ["settings.py"]
        assert b'"gelu"' in back.files["settings.py"][0]
        assert b"WIDTH = 32" in back.files["settings.py"][0]
        session.base = best  # a certificate takes it back while the next change is made of it
        with workspace.draft(workspace.base) as tree:
            (session.tree / "settings.py").write_bytes(back.files["settings.py"][0])
            put(session.tree, "WIDTH = 32", "WIDTH = 64")
            changes.make(tree, Brief(3, workspace.base))
            assert (tree / "settings.py").read_text() == merged.replace('"gelu"', '"tanh"')
        session.base = workspace.base
        put(session.tree, '"gelu"', '"relu"')
        with workspace.draft(best) as tree, pytest.raises(Moved, match=r"settings\.py"):
            changes.make(tree, Brief(2, best))
        session.clear()
    assert not session.home.exists()


class Idle:
    """A program nobody starts."""

    name = version = "idle"
    waits = False

    def stay(self, prompt: str, tree: Path, terms: Terms) -> Over:
        return Over()

    def used(self) -> Used:
        return Used()


def test_an_account_charges_what_was_used_since_and_unknown_stays_unknown() -> None:
    account = Account()
    assert account.charge(Used(100, 0.5)) == Used(100, 0.5)
    assert account.charge(Used(130, 0.75)) == Used(30, 0.25)
    account.turn(Used(150, 1.0))  # that session is over; the next one begins at nothing
    assert account.charge(Used(10, 0.125)) == Used(30, 0.375)
    assert account.charge(Used(None, 0.5)).tokens is None


def test_a_resident_is_found_inside_of_others() -> None:
    inner = Long(Idle())
    assert list(residents(SimpleNamespace(agent=SimpleNamespace(members={"a": inner, "b": object()})))) == [inner]
    assert list(residents(object())) == []
