"""The whole loop on the toy task: real git, real boxes, the real command line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoresearch import config
from autoresearch.assembly import assemble
from autoresearch.errors import Interrupted, RigFault, UserError
from autoresearch.history import Archive, History
from autoresearch.ledger import Ledger
from autoresearch.records import Brief, Certificate, Experiment, Measurement, Outcome, Proposal, Ruling
from autoresearch.replay import replay
from autoresearch.site import Site
from autoresearch.study import Study
from autoresearch.task import Budget
from autoresearch.testing import toy
from program import COMMAND, autoresearch

Edit = Callable[[Path], None]


class Author:
    """An agent that makes the given edits, one an experiment, then again from the first."""

    name = "author"

    def __init__(self, *edits: Edit) -> None:
        self.edits = edits
        self.stop = threading.Event()

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        self.edits[(brief.number - 1) % len(self.edits)](tree)
        return Proposal(f"edit {brief.number}", cost_usd=0.0, tokens=0)


def settings(**constants: object) -> Edit:
    """An edit that gives constants of settings.py new values."""

    def edit(tree: Path) -> None:
        path = tree / "settings.py"
        lines = [line for line in path.read_text().splitlines() if line.split(" = ")[0] not in constants]
        path.write_text("\n".join([*lines, *(f"{name} = {value!r}" for name, value in constants.items())]) + "\n")

    return edit


def appended(text: str, file: str = "settings.py") -> Edit:
    """An edit that adds text at the end of a file."""

    def edit(tree: Path) -> None:
        with (tree / file).open("a") as stream:
            stream.write(text)

    return edit


OPEN: list[Study] = []


def study_of(root: Path, *edits: Edit, experiments: int | None = None, sandbox: str = "auto") -> Study:
    unsafe = sandbox == "none"
    task = config.load(root, [] if unsafe else [f'sandbox.use="{sandbox}"'])
    study = assemble(root, task, granted=Budget(experiments=experiments or len(edits)), unsafe=unsafe).study
    study.agent = Author(*edits)
    OPEN.append(study)
    return study


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """What a process gives back by ending, tests must close by hand."""
    yield
    while OPEN:
        OPEN.pop().workspace.close()


def outcomes(study: Study) -> list[tuple[str, str]]:
    return [(e.verdict.outcome.value, e.verdict.reason) for e in study.history.experiments[1:]]


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return toy.make(tmp_path / "toy")


def test_a_night_keeps_what_is_better_and_proves_it(root: Path) -> None:
    study = study_of(root, settings(WIDTH=64), settings(WIDTH=8), settings(WIDTH=128))
    assert study.run() == "the budget of 3 experiments is spent"
    assert [outcome for outcome, _ in outcomes(study)] == ["keep", "discard", "keep"]
    (proof,) = study.history.certificates
    assert proof.ruling is Ruling.CERTIFIED
    assert proof.commit == study.history.tip_commit
    assert git(root, "rev-parse", "autoresearch/toy") == git(root, "rev-parse", "autoresearch/toy-certified")
    assert git(root, "show", "autoresearch/toy-certified:settings.py").endswith("WIDTH = 128")
    assert {f"refs/autoresearch/toy/{n}" for n in range(4)} <= set(
        git(root, "for-each-ref", "--format=%(refname)").split()
    )
    assert replay(study.ledger.path).disagreements == []


@pytest.mark.parametrize("backend", ["embedded", "bubblewrap", "none"])
def test_every_backend_runs_the_same_night(root: Path, backend: str) -> None:
    if backend == "bubblewrap" and not shutil.which("bwrap"):
        pytest.skip("bubblewrap is not installed")
    study = study_of(root, settings(WIDTH=128), settings(WIDTH=8), sandbox=backend)
    study.run()
    assert [outcome for outcome, _ in outcomes(study)] == ["keep", "discard"]
    assert study.history.epoch is not None
    assert study.history.epoch.sandbox == backend
    assert replay(study.ledger.path).disagreements == []


def test_a_build_may_write_into_its_own_copy(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    text = (root / "autoresearch.toml").read_text().replace("seconds = 20", "seconds = 20\nwritable_tree = true", 1)
    (root / "autoresearch.toml").write_text(text)
    forged = "def loss(*_): return -50"
    build = f"import pathlib; pathlib.Path('built').touch(); pathlib.Path('loss.py').write_text({forged!r})\n"
    study = study_of(root, appended(build), settings(WIDTH=128))
    study.run()
    first, second = study.history.experiments[1:]
    assert first.value is not None
    assert first.value > 0, "the evaluation reads its own files, not the ones the candidate wrote"
    assert second.verdict.outcome is Outcome.KEEP
    assert git(root, "status", "--porcelain") == "M autoresearch.toml"


@pytest.mark.parametrize(
    ("edit", "outcome", "words"),
    [
        (appended("raise ValueError('shapes differ')\n"), Outcome.CRASH, "ValueError: shapes differ"),
        (settings(LEARNING_RATE=1e-5), Outcome.DISCARD, "worse"),
        (appended("x = 1\n", "loss.py"), Outcome.OUT_OF_SCOPE, "loss.py"),
        (appended("x = 1\n", "new.py"), Outcome.OUT_OF_SCOPE, "new.py"),
        (appended(""), Outcome.NO_CHANGE, "nothing"),
        (settings(LEARNING_RATE=1e-200), Outcome.VIOLATION, "physical bounds"),
        (appended("import os; os._exit(0)\n"), Outcome.CRASH, "settings.json"),
    ],
)
def test_every_foul_is_data(root: Path, edit: Edit, outcome: Outcome, words: str) -> None:
    study = study_of(root, edit)
    study.run()
    ((found, reason),) = outcomes(study)
    assert found == outcome, reason
    assert words in reason
    assert study.history.tip_commit == git(root, "rev-parse", "HEAD")


def test_what_a_refused_candidate_printed_is_kept(root: Path) -> None:
    study = study_of(root, appended("print('look, a constant')\nLEARNING_RATE = 1e-200\n"))
    study.run()
    assert outcomes(study)[0][0] == "violation"
    assert "a constant" in Site(root, "toy").log_path(study.history.experiments[1].log).read_text()


def test_a_candidate_that_outstays_its_clock_times_out(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    text = (root / "autoresearch.toml").read_text().replace("seconds = 20", "seconds = 1.5", 1)
    (root / "autoresearch.toml").write_text(text)
    study = study_of(root, appended("import time\nprint('still here', flush=True)\ntime.sleep(60)\n"))
    study.run()
    assert outcomes(study)[0] == ("timeout", "it ran into its limit of 1.5 s")
    log = Site(root, "toy").log_path(study.history.experiments[1].log).read_text()
    assert "still here" in log


def test_a_failing_check_means_no_score(tmp_path: Path) -> None:
    command = '["python", "-c", "import settings; assert settings.WIDTH < 100"]'
    gate = f'[[check]]\nname = "narrow"\ncommand = {command}\nseconds = 10\n'
    study = study_of(toy.make(tmp_path / "toy", more=gate), settings(WIDTH=128), settings(WIDTH=64))
    study.run()
    assert [outcome for outcome, _ in outcomes(study)] == ["checks_failed", "keep"]
    assert "'narrow' failed" in outcomes(study)[0][1]
    assert study.history.experiments[1].value is None


def test_a_number_printed_by_the_candidate_is_labelled(tmp_path: Path) -> None:
    study = study_of(toy.make(tmp_path / "toy", sealed=False), settings(WIDTH=128))
    study.run()
    assert study.history.epoch is not None
    assert study.history.epoch.trust_class == "self-reported"
    assert study.history.certificates[0].reason.startswith("self-reported: ")


def test_a_baseline_that_does_not_run_pauses_the_study(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    appended("raise SystemExit('no data')\n", "experiment.py")(root)
    git(root, "-c", "user.name=u", "-c", "user.email=u@x", "commit", "-qam", "broken")
    with pytest.raises(RigFault, match="baseline itself does not run.*no data"):
        study_of(root, settings(WIDTH=64)).run()


def test_a_second_run_without_budget_says_so(root: Path) -> None:
    study_of(root, settings(WIDTH=64)).run()
    task = config.load(root, ["budget.experiments=1"])
    with pytest.raises(UserError, match="budget of 1 experiments is spent"):
        assemble(root, task)
    second = study_of(root, settings(WIDTH=128), experiments=1)
    second.run()
    assert second.history.night is not None
    assert second.history.night.number == 2


def test_a_changed_clock_opens_an_epoch_with_its_own_baseline(root: Path) -> None:
    study_of(root, settings(WIDTH=64)).run()
    task = config.load(root, ["experiment.seconds=19"])
    assembly = assemble(root, task, granted=Budget(experiments=1))
    OPEN.append(assembly.study)
    assert any("experiment seconds: 20.0 -> 19.0" in sentence for sentence in assembly.news)
    assembly.study.agent = Author(settings(WIDTH=128))
    assembly.study.run()
    baseline = assembly.study.history.baseline
    assert baseline is not None
    assert baseline.number == 2
    assert baseline.candidate is not None
    assert baseline.candidate.commit == assembly.study.history.experiments[1].candidate.commit  # type: ignore[union-attr]
    assert replay(assembly.study.ledger.path).disagreements == []


def test_an_open_candidate_never_becomes_a_baseline(root: Path) -> None:
    study = study_of(root, settings(WIDTH=64), settings(WIDTH=8), experiments=3)
    study.interrupted = lambda: 2 in study.history.candidates
    with pytest.raises(Interrupted):
        study.run()
    tip = study.history.tip_commit
    assembly = assemble(root, config.load(root, ["experiment.seconds=19"]), granted=Budget(experiments=1))
    OPEN.append(assembly.study)
    assembly.study.agent = Author(settings(WIDTH=128))
    assembly.study.run()
    closed, baseline = assembly.study.history.experiments[2:4]
    assert (closed.number, closed.verdict.outcome) == (2, Outcome.CRASH)
    assert "never judged" in closed.verdict.reason
    assert baseline.candidate is not None
    assert baseline.candidate.commit == tip
    assert replay(study.ledger.path).disagreements == []


def test_the_base_moves_until_something_was_measured(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    appended("raise SystemExit('broken')\n", "experiment.py")(root)
    git(root, "-c", "user.name=u", "-c", "user.email=u@x", "commit", "-qam", "broken")
    with pytest.raises(RigFault):
        study_of(root, settings(WIDTH=64)).run()
    git(root, "-c", "user.name=u", "-c", "user.email=u@x", "revert", "--no-edit", "HEAD")
    OPEN.pop().workspace.close()
    study = study_of(root, settings(WIDTH=64))
    study.run()
    assert study.history.study is not None
    assert study.history.study.base == git(root, "rev-parse", "HEAD")
    assert [outcome for outcome, _ in outcomes(study)] == ["keep"]


def test_a_branch_that_cannot_be_moved_is_an_alarm(root: Path) -> None:
    study_of(root, settings(WIDTH=64)).run()
    OPEN.pop().workspace.close()
    study = study_of(root, settings(WIDTH=128), experiments=1)
    git(root, "checkout", "--quiet", "autoresearch/toy")
    before = git(root, "rev-parse", "HEAD")
    study.run()
    alarms = [event.record for event in Ledger(study.ledger.path, History()).refresh() if event.type == "note"]
    assert "autoresearch/toy could not be moved" in alarms[-1].text
    assert git(root, "rev-parse", "HEAD") == before


def test_a_run_after_a_stop_goes_on(root: Path) -> None:
    from autoresearch.history import Control

    study = study_of(root, settings(WIDTH=64), settings(WIDTH=128))
    study.ledger.append(Control("stop"))
    OPEN.pop().workspace.close()
    again = study_of(root, settings(WIDTH=64), settings(WIDTH=128))
    assert "budget of 2" in again.run()


def test_a_seed_that_a_foul_saw_is_not_the_next_ones(root: Path) -> None:
    show = "import os\nraise ValueError(os.environ['AUTORESEARCH_SEED'])\n"
    study = study_of(root, appended(show), appended("SEEN = True\n" + show))
    study.run()
    first, second = (reason.split("ValueError: ")[1] for _, reason in outcomes(study))
    assert first != second


def test_money_budget_counts_attempts_that_came_to_nothing(root: Path) -> None:
    class Spender(Author):
        def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
            return Proposal("nothing", cost_usd=0.4, tokens=1)

    study = assemble(root, config.load(root), granted=Budget(cost_usd=1.0)).study
    OPEN.append(study)
    study.agent = Spender()
    assert study.run() == "the budget of 1 US$ has 0.2 left, and a recent attempt took 0.4"
    assert len(study.history.experiments) == 3


def test_the_target_ends_the_study(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    text = (root / "autoresearch.toml").read_text().replace("bounds", "target = 2.7\nbounds")
    (root / "autoresearch.toml").write_text(text)
    study = study_of(root, settings(WIDTH=128), settings(WIDTH=64))
    study.run()
    again = study_of(root, settings(WIDTH=100), experiments=5)
    assert again.run() == "the target is reached, and certified"


def test_pause_and_stop_reach_a_running_study(root: Path) -> None:
    from autoresearch.history import Control

    study = study_of(root, settings(WIDTH=64), settings(WIDTH=128), settings(WIDTH=100))
    other = Ledger(study.ledger.path, History())

    def heard(record: object) -> None:
        if isinstance(record, Experiment) and record.number == 1:
            other.append(Control("stop"))

    study.on_record = heard
    assert study.run() == "stopped by `autoresearch stop`"
    assert len(study.history.experiments) == 2
    study.on_record = lambda _: None
    assert "budget of 3" in study.run()


def test_an_interrupted_certificate_is_finished_by_the_next_run(root: Path) -> None:
    study = study_of(root, settings(WIDTH=128))
    study.interrupted = lambda: len(study.history.pending_certificate) >= 3
    with pytest.raises(Interrupted):
        study.run()
    assert study.history.certificates == []
    second = study_of(root, settings(WIDTH=128), experiments=1)
    second.run()
    (proof,) = second.history.certificates
    archive = Ledger(second.ledger.path, Archive())
    archive.refresh()
    assert len(archive.history.proofs[0]) == 2 * proof.n
    assert replay(second.ledger.path).disagreements == []


def test_replay_finds_a_verdict_that_does_not_follow(root: Path) -> None:
    study = study_of(root, settings(WIDTH=64), settings(WIDTH=8))
    study.run()
    forged = study.ledger.path.with_name("forged.jsonl")
    ledger = Ledger(forged, History())
    for event in Ledger(study.ledger.path, History()).refresh():
        record = event.record
        if isinstance(record, Measurement) and record.experiment == 2:
            from dataclasses import replace

            record = replace(record, value=0.5, values={"loss": 0.5})
        ledger.append(record)
    found = replay(forged).disagreements
    assert any("experiment 2: recorded discard" in text for text in found)
    assert any("is not the mean of its runs" in text for text in found)


def cli(root: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = autoresearch(root, *words, code=code)
    assert "Traceback" not in done.stderr
    return done


def test_the_command_line_from_run_to_report(root: Path) -> None:
    assert "No study has begun" in cli(root, "status", code=1).stderr
    done = cli(root, "run", "--experiments", "6")
    assert "certificate 1" in done.stderr
    state = json.loads(cli(root, "status", "--json").stdout)
    wanted = {"schema", "study", "state", "epoch", "trust_class", "sandbox", "metric", "baseline", "tip", "certified"}
    assert wanted | {"counts", "experiments", "budget"} <= state.keys()
    assert {"backend", "properties"} <= state["sandbox"].keys()
    assert {"mean", "sigma", "n"} <= state["baseline"].keys()
    assert {"commit", "mean", "low", "high", "n"} <= state["certified"].keys()
    assert set(state["counts"]) == {outcome.value for outcome in Outcome}
    rows = [json.loads(line) for line in cli(root, "log", "--json").stdout.splitlines()]
    assert [row["number"] for row in rows] == list(range(7))
    asked = cli(root, "log", "--last", "2", "--where", "number < 5").stdout.splitlines()
    assert [line.split()[0] for line in asked] == ["#", "3", "4"]
    keys = {"commit", "parent", "outcome", "reason", "summary", "hypothesis", "value", "measurements", "seconds"}
    assert keys | {"agent", "started"} <= rows[1].keys()
    assert "experiment 3" in cli(root, "show", "3").stdout
    assert cli(root, "diff", "1").stdout.startswith("diff --git a/settings.py")
    assert "0 disagree" in cli(root, "replay").stdout
    page = Path(cli(root, "report").stdout.strip())
    assert page.read_text().startswith("<!doctype html>")
    assert cli(root, "export", "tsv").stdout.count("\n") == 8
    assert "Nothing to do" in cli(root, "run", "-c", "budget.experiments=6", code=1).stderr
    assert "There is no experiment 99" in cli(root, "show", "99", code=1).stderr
    assert cli(root, "nonsense", code=2).stderr
    assert git(root, "status", "--porcelain") == ""


def test_the_first_ctrl_c_finishes_the_measurement_and_the_second_kills_it(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    appended("import time; time.sleep(3)\n", "experiment.py")(root)
    git(root, "-c", "user.name=u", "-c", "user.email=u@x", "commit", "-qam", "slow")
    for signals in (1, 2):
        run = subprocess.Popen([*COMMAND, "run", "--experiments", "3"], cwd=root, stderr=subprocess.PIPE, text=True)
        step = root / ".autoresearch" / "toy" / "now.json"
        while not step.exists() or "beginning" in step.read_text():
            assert run.poll() is None, run.stderr
            time.sleep(0.05)
        time.sleep(0.7)
        assert run.stderr
        with run.stderr:
            run.send_signal(signal.SIGINT)
            while "Ctrl-C again kills it" not in (line := run.stderr.readline()):
                assert line
            if signals == 2:
                run.send_signal(signal.SIGINT)
            assert "goes on from there" in run.stderr.read()
        assert run.wait(timeout=30) == 130
    history = Ledger(root / ".autoresearch" / "toy" / "ledger.jsonl", History())
    history.refresh()
    assert history.history.measured == 1


def killed_nights(root: Path, ledger: Path) -> Iterator[None]:
    """Start `run` again and again, and kill it a moment after it recorded ever more."""

    def recorded() -> int:
        return ledger.read_bytes().count(b"\n") if ledger.exists() else 0

    for kill, more in enumerate((1, 1, 2, 3, 5, 7, 9, 11)):  # all of them are not half of the night
        before = recorded()
        run = subprocess.Popen([*COMMAND, "run", "--experiments", "24"], cwd=root, stderr=subprocess.DEVNULL)
        while recorded() < before + more:
            assert run.poll() is None
            time.sleep(0.005)
        time.sleep(0.007 * kill)
        assert run.poll() is None
        run.kill()
        run.wait()
        yield


@pytest.mark.slow
def test_killed_at_any_instant_nothing_is_lost_or_counted_twice(root: Path) -> None:
    (root / "mine.txt").write_text("untracked\n")
    before = git(root, "status", "--porcelain"), git(root, "stash", "list"), git(root, "rev-parse", "HEAD")
    path = root / ".autoresearch" / "toy" / "ledger.jsonl"
    seen = 0
    for _ in killed_nights(root, path):
        events = Ledger(path, History()).refresh()
        assert len(events) > seen
        seen = len(events)
    cli(root, "run", "--experiments", "24")
    events = [event.record for event in Ledger(path, History()).refresh()]
    numbers = [record.number for record in events if isinstance(record, Experiment)]
    assert numbers == list(range(25))
    seeds = [record.seed for record in events if isinstance(record, Measurement)]
    assert len(seeds) == len(set(seeds))
    assert sum(isinstance(record, Certificate) for record in events) >= 1
    assert replay(path).disagreements == []
    ledger = Ledger(path, History())
    ledger.refresh()
    assert git(root, "rev-parse", "autoresearch/toy") == ledger.history.tip_commit
    assert git(root, "rev-parse", "autoresearch/toy-certified") == ledger.history.proven_commit
    assert (git(root, "status", "--porcelain"), git(root, "stash", "list"), git(root, "rev-parse", "HEAD")) == before


def test_two_runs_of_one_study_do_not_meet(root: Path) -> None:
    from autoresearch.site import Site

    site = Site(root, "toy")
    site.create()
    whose = f"Another `autoresearch run` .process {os.getpid()}. is at work"
    with site.occupied(), pytest.raises(UserError, match=whose), site.occupied():
        pass
    assert site.step() is None


def test_without_a_sandbox_everything_says_so_and_nothing_is_certified(root: Path) -> None:
    done = cli(root, "run", "--experiments", "3", "--unsafe-no-sandbox")
    assert done.stderr.count("UNSAFE") >= 3
    state = json.loads(cli(root, "status", "--json").stdout)
    assert state["unsafe"] is True
    assert state["certified"] is None
    assert state["sandbox"]["backend"] == "none"


def test_importing_does_nothing_and_help_is_quick() -> None:
    code = (
        "import sys, autoresearch.cli; print([m for m in ('optuna','libcst','numpy','pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=True)
    assert done.stdout.strip() == "[]"
