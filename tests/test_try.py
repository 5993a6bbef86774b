"""`autoresearch try`: a person's own files as one experiment, and what becomes of them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autoresearch.breaker import tripped
from autoresearch.budget import spent
from autoresearch.cli import app
from autoresearch.history import History, Night
from autoresearch.records import Certificate, Experiment, Measurement, Outcome, Ruling, Side, Verdict
from autoresearch.site import Site
from autoresearch.task import Budget
from autoresearch.testing import toy
from gitrepo import fingerprint, git


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = toy.make(tmp_path / "toy", preset="exact", noise=0.0)
    monkeypatch.chdir(made)
    return made


def put(root: Path, old: str, new: str) -> None:
    file = root / "settings.py"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def attempt(*options: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["try", "-m", "because", "--json", *options])
    assert done.exception is None or done.exit_code in (1, 4), done.output
    return done.exit_code, json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}


def error_of(*options: str) -> Any:
    """What a verb that does not get as far as an experiment raises."""
    return CliRunner().invoke(app, ["try", "-m", "because", *options]).exception


def test_a_kept_change_stays_and_a_discarded_one_is_put_back_to_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = toy.make(tmp_path / "toy", noise=0.001)
    monkeypatch.chdir(root)
    put(root, '"tanh"', '"gelu"')
    before = fingerprint(root)
    code, told = attempt()
    assert (code, told["outcome"], told["kept"], told["experiment"]) == (0, "keep", True, 1)
    assert told["gain"] == pytest.approx(0.3, abs=0.02)
    assert told["sigma"] > 10
    assert told["budget_left"]["experiments"] == 39
    assert fingerprint(root) == before
    assert git(root, "show", "autoresearch/toy:settings.py") == (root / "settings.py").read_text().strip()

    best = (root / "settings.py").read_text()
    put(root, "DROPOUT = 0.5", "DROPOUT = 0.9")
    mine = (root / "settings.py").read_text()
    code, told = attempt("--summary", "more of it, caf\udce9")
    assert (code, told["outcome"], told["restored"]) == (1, "discard", ["settings.py"])
    assert (told["summary"], told["hypothesis"]) == ("more of it, caf?", "because")
    assert (root / "settings.py").read_text() == best
    assert git(root, "show", f"{told['saved']}:settings.py") == mine.strip()
    assert CliRunner().invoke(app, ["replay"]).exit_code == 0


def test_leave_leaves_a_crash_tells_why_and_nothing_to_try_costs_nothing(root: Path) -> None:
    assert "Nothing to try" in str(error_of())
    assert "needs a hypothesis" in str(error_of("-m", " "))
    put(root, "WIDTH = 32", "WIDTH = 1 / 0")
    mine = (root / "settings.py").read_text()
    code, told = attempt("--leave")
    assert (code, told["outcome"], told["restored"], told["value"]) == (1, "crash", [], None)
    assert "ZeroDivisionError" in told["log"]
    assert (root / "settings.py").read_text() == mine
    assert told["experiment"] == 1


def test_a_sealed_file_is_refused_and_a_stray_one_is_no_part_of_it(root: Path) -> None:
    put(root, '"tanh"', '"gelu"')
    (root / "loss.py").write_text("def loss(*_): return 0\n")
    before = fingerprint(root)
    code, told = attempt()
    assert (code, told["outcome"], told["refused"]) == (4, "out_of_scope", True)
    assert fingerprint(root) == before
    assert "To undo what nobody may change: git checkout HEAD -- loss.py" in told["news"]

    git(root, "checkout", "loss.py")
    (root / "stray.txt").write_text("mine")
    assert CliRunner().invoke(app, ["skill", "install"]).exit_code == 0
    (root / "settings.py").rename(root / "elsewhere.txt")
    (root / "settings.py").symlink_to("elsewhere.txt")
    code, told = attempt()
    assert (code, told["outcome"]) == (4, "violation")
    assert (root / "settings.py").is_symlink()

    (root / "elsewhere.txt").replace(root / "settings.py")
    code, told = attempt()
    assert (code, told["kept"]) == (0, True)
    assert [each for each in told["news"] if "stray.txt" in each or "SKILL.md" in each] == [
        "Not part of it, because the task lets nobody change them: `stray.txt`."
    ]


def test_a_copy_behind_the_best_is_merged_with_it_and_saved_as_it_was(root: Path) -> None:
    put(root, '"tanh"', '"gelu"')
    put(root, "WIDTH = 32", "WIDTH = 64")
    assert attempt()[0] == 0
    git(root, "checkout", "settings.py")  # back to where the study began; the best is ahead now
    put(root, "DROPOUT = 0.5", "DROPOUT = 0.1")
    mine = (root / "settings.py").read_text()
    code, told = attempt()
    assert (code, told["restored"], told["saved"]) == (0, ["settings.py"], "refs/autoresearch/toy/2-copy")
    best = git(root, "show", "autoresearch/toy:settings.py")
    assert "gelu" in best
    assert "DROPOUT = 0.1" in best
    assert (root / "settings.py").read_text().strip() == best
    assert git(root, "show", f"{told['saved']}:settings.py") == mine.strip()

    git(root, "checkout", "settings.py")
    put(root, '"tanh"', '"relu"')
    mine = (root / "settings.py").read_text()
    error = error_of()
    assert "other changes in `settings.py`" in error.message
    assert (root / "settings.py").read_text() == mine
    advice, comma, _ = error.fix.rpartition(", then")
    assert comma
    subprocess.run(advice, shell=True, cwd=root, check=True, capture_output=True)
    assert (root / "settings.py").read_text().strip() == best
    put(root, '"gelu"', '"relu"')
    code, told = attempt()
    assert (code, told["outcome"]) == (1, "discard")
    assert (root / "settings.py").read_text().strip() == best


def test_what_was_kept_can_be_changed_again_while_it_lies_there_uncommitted(root: Path) -> None:
    for old, new in (("0.5", "0.4"), ("0.4", "0.3"), ("0.3", "0.2")):
        put(root, f"DROPOUT = {old}", f"DROPOUT = {new}")
        code, told = attempt()
        assert (code, told["outcome"], told["restored"]) == (0, "keep", [])
        assert git(root, "show", "autoresearch/toy:settings.py") == (root / "settings.py").read_text().strip()
    put(root, "DROPOUT = 0.2", "DROPOUT = 0.4")  # what it was once: as likely an old copy as a change of mind
    assert "Nothing to try" in str(error_of())


def test_a_change_that_was_measured_before_is_put_back_too(root: Path) -> None:
    put(root, "DROPOUT = 0.5", "DROPOUT = 0.9")
    assert attempt()[0] == 1
    put(root, "DROPOUT = 0.5", "DROPOUT = 0.9")
    mine = (root / "settings.py").read_text()
    code, told = attempt()
    assert (code, told["outcome"], told["cause"], told["restored"]) == (1, "no_change", "duplicate", ["settings.py"])
    assert "DROPOUT = 0.5" in (root / "settings.py").read_text()
    assert told["saved"] == "refs/autoresearch/toy/2-copy"
    assert git(root, "show", f"{told['saved']}:settings.py") == mine.strip()


def test_committed_work_counts_and_merging_the_best_makes_taking_back_a_change(root: Path) -> None:
    put(root, '"tanh"', '"gelu"')
    git(root, "commit", "-qam", "mine")
    git(root, "branch", "mine")
    git(root, "reset", "-q", "--hard", "HEAD~1")
    put(root, "WIDTH = 32", "WIDTH = 64")
    assert attempt()[0] == 0
    git(root, "checkout", "-q", "settings.py")
    git(root, "merge", "-q", "mine")
    code, told = attempt()  # the commit alone, nothing of it dirty
    assert (code, told["restored"]) == (0, ["settings.py"])  # what was kept meanwhile came to it
    assert "WIDTH = 64" in git(root, "show", "autoresearch/toy:settings.py")
    git(root, "stash", "-q")
    git(root, "merge", "-q", "autoresearch/toy", "-m", "the best")
    put(root, "WIDTH = 64", "WIDTH = 32")
    code, told = attempt()
    assert (code, told["outcome"]) == (1, "discard")
    assert "WIDTH = 64" in (root / "settings.py").read_text()


def nights(root: Path) -> list[Night]:
    return [record for _, record in Site(root, "toy").ledger().history.trail if isinstance(record, Night)]


@pytest.mark.slow
def test_tries_share_a_night_and_join_one_that_is_open(root: Path) -> None:
    put(root, '"tanh"', '"gelu"')
    attempt()
    put(root, "DROPOUT = 0.5", "DROPOUT = 0.4")
    attempt()
    (only,) = nights(root)
    assert (only.purpose, only.budget.experiments) == ("try", 40)
    assert CliRunner().invoke(app, ["run", "--experiments", "2"]).exit_code == 0
    assert [night.purpose for night in nights(root)] == ["try", ""]
    git(root, "checkout", "-q", "settings.py")
    put(root, 'file."""\n', 'file."""\nEXTRA = 1\n')
    _, told = attempt()
    assert nights(root)[2] == only, "it goes on"
    assert told["budget_left"]["experiments"] == 37
    done = CliRunner().invoke(app, ["run"])
    assert done.exit_code == 1
    assert "the budget of 2 experiments is spent" in str(done.exception)
    assert "2 of 2 experiments" in CliRunner().invoke(app, ["status"]).stdout
    assert CliRunner().invoke(app, ["replay"]).exit_code == 0


def test_a_night_of_money_goes_on_after_tries_with_what_it_has_left() -> None:
    granted = Night(1, Budget(experiments=6, cost_usd=1.0), 2, first=0, started="2026-01-01T00:00:00Z")
    tries = Night(2, Budget(experiments=40), 2, first=2, started="2026-01-01T01:00:00Z", purpose="try")
    history, kept = History(), Verdict(Outcome.KEEP, "")
    for at, (night, cost) in enumerate([(granted, 0.3), (granted, 0.1), (tries, None), (granted, 0.1), (tries, None)]):
        if history.night != night:
            history.add(night)
        history.add(Experiment(at, None, kept, 1.0, "parent", cost_usd=cost))
    assert [done.number for done in history.tonight()] == [2, 4]
    assert (history.granted, history.trying) == (granted, tries)
    history.add(granted)
    assert [done.number for done in history.tonight()] == [0, 1, 3]
    assert spent(history, "2026-01-01T02:00:00Z") == ""
    history.add(Experiment(5, None, kept, 1.0, "parent", cost_usd=0.25))
    assert "has 0.25 left, and a recent attempt took 0.3" in spent(history, "2026-01-01T02:00:00Z")


def test_a_night_that_goes_on_has_the_certificates_it_had_left() -> None:
    first = Night(1, Budget(cost_usd=1.0), 3, first=0, started="2026-01-01T00:00:00Z")
    second = Night(2, Budget(experiments=40), 2, first=0, started="2026-01-01T01:00:00Z", purpose="try")
    history, kept = History(), Verdict(Outcome.KEEP, "")
    history.add(first)
    history.add(Experiment(0, None, kept, 1.0, "parent"))
    history.add(Certificate(1, "a", "b", Ruling.CONTINUE, "", *[0.5] * 2, 3, *[0.0] * 6))
    history.add(Measurement("a", Side.CANDIDATE, 1.0, 7, 0.1, certificate=2))
    history.add(second)
    assert (history.certificates_tonight, history.pending_certificate) == (0, [])
    history.add(first)
    assert history.certificates_tonight == 2, "one given, one begun: its runs were seen, so its share is spent"


@pytest.mark.slow
def test_only_one_is_at_work_and_a_killed_try_goes_on_where_it_was(root: Path) -> None:
    put(root, "WIDTH = 32", "WIDTH = 64")
    assert attempt()[0] == 0
    put(root, '"tanh"', '"gelu"')
    (root / "settings.py").write_text((root / "settings.py").read_text() + "import time\ntime.sleep(1)\n")
    verb = [sys.executable, "-m", "autoresearch.cli", "try", "-m", "slow, but better"]
    ledger = Site(root, "toy").ledger_path
    with subprocess.Popen(verb, cwd=root, stderr=subprocess.DEVNULL) as running:
        while '"slow, but better"' not in ledger.read_text():
            time.sleep(0.005)
        running.send_signal(signal.SIGSTOP)
        with pytest.raises(Exception, match="is at work"):
            raise error_of()
        running.kill()
    code, told = attempt()
    assert (code, told["experiment"], told["summary"]) == (0, 2, "slow, but better")


def test_of_finite_data_no_figure_is_told(root: Path) -> None:
    put(root, '"tanh"', '"gelu"')
    code, told = attempt("-c", "metric.feedback=bit")
    assert (code, told["outcome"], told["value"], told["reason"]) == (0, "keep", 1.0, "kept")
    put(root, "DROPOUT = 0.5", "DROPOUT = 0.9")
    code, told = attempt("-c", "metric.feedback=bit")
    assert (code, told["outcome"], told["gain"], told["sigma"]) == (1, "discard", None, None)
    assert told["reason"] == "no step better than what it began from"


def test_what_is_printed_on_the_way_tells_no_more(root: Path) -> None:
    more = '[holdout]\ncommand = "python evaluate.py"\nbudget = 1\n'
    (root / "autoresearch.toml").write_text((root / "autoresearch.toml").read_text() + more)
    words = ["try", "-m", "because", "--json", "-c", "metric.feedback=bit"]
    put(root, '"tanh"', '"gelu"')
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stderr) == (0, "")
    put(root, "DROPOUT = 0.5", "DROPOUT = 0.4")
    code, told = attempt()
    assert (code, told["value"]) == (0, pytest.approx(2.57, abs=0.01))
    assert not any("holdout" in each for each in told["news"])


def test_failed_tries_are_not_held_against_the_agent_of_the_next_night() -> None:
    history = History()
    refused = Verdict(Outcome.OUT_OF_SCOPE, "Changed what may not change: `loss.py`.")
    for number in range(8):
        history.add(Experiment(number, None, refused, None, "parent", agent="try"))
    assert tripped(history, 8)
    history.add(Night(2, Budget(experiments=10), 1, first=8, started="2026-01-01T00:00:00Z"))
    assert not tripped(history, 8)
