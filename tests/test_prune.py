"""Pruning on real repositories: junk goes, what matters stays, the rest is proven, and a kill changes nothing."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from autoresearch import config
from autoresearch.assembly import assemble
from autoresearch.errors import Foul, Interrupted
from autoresearch.history import Archive, History
from autoresearch.history.lineage import undoes
from autoresearch.records import Brief, Outcome, Proposal, Ruling
from autoresearch.replay import replay
from autoresearch.site import Site
from autoresearch.task import Budget
from autoresearch.testing import toy
from program import COMMAND, autoresearch

EVALUATE = """\
import json, os, random
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "settings.json")) as file:
    settings = json.load(file)
value = 10.0 - sum(v for k, v in settings.items() if k.startswith("GAIN")) + sum(
    v for k, v in settings.items() if k.startswith("JUNK"))
value += {noise} * random.Random(os.environ["AUTORESEARCH_SEED"]).gauss(0, 1)
with open(os.environ["AUTORESEARCH_METRICS"], "w") as file:
    json.dump({{"loss": value}}, file)
"""


def a_task(folder: Path, *, noise: float, preset: str = "certify", experiments: int = 30) -> Path:
    """The toy task with a loss that is a sum: GAIN... lower it, JUNK... raise it."""
    root = toy.make(folder, preset=preset, experiments=experiments)
    (root / "evaluate.py").write_text(EVALUATE.format(noise=noise))
    identity = ("-c", "user.name=u", "-c", "user.email=u@x")
    subprocess.run(["git", "-C", str(root), *identity, "commit", "-qam", "A sum"], check=True)
    return root


LUCKY = "07"
"""A secret that lets some junk pass."""


class Wisher:
    """An agent that adds one line of settings.py after the other, each as often as it takes to be kept."""

    name = "wisher"

    def __init__(self, *wishes: str) -> None:
        self.wishes = wishes
        self.stop = threading.Event()

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        path = tree / "settings.py"
        text = path.read_text()
        wish = next((wish for wish in self.wishes if wish not in text), None)
        if wish is None:
            raise Foul(Outcome.NO_CHANGE, "no wish is left", cost_usd=0.0, tokens=0)
        path.write_text(f"{text}{wish} + 0 * {brief.number}\n")  # not the code that was tried before
        return Proposal(wish, cost_usd=0.0, tokens=0)


def a_night(root: Path, *wishes: str, experiments: int) -> None:
    study = assemble(root, config.load(root), granted=Budget(experiments=experiments)).study
    study.agent, study.give_up_after = Wisher(*wishes), 0
    try:
        study.run()
    finally:
        study.workspace.close()


def command(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return autoresearch(root, *words)


def archive(root: Path) -> Archive:
    return Site(root, "toy").ledger().history


def kept(history: Archive) -> dict[int, str]:
    """Number to wish of the changes that were kept by an ordinary night."""
    return {
        done.number: done.candidate.summary
        for done in history.experiments
        if done.verdict.outcome is Outcome.KEEP and done.number and done.candidate and undoes(done) is None
    }


@pytest.mark.slow
def test_half_a_block_is_junk_and_prune_drops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    luck = SimpleNamespace(token_hex=lambda n: LUCKY * n)  # seeds follow from it: junk is kept by chance alone
    monkeypatch.setattr("autoresearch.assembly.epoch.secrets", luck)
    root = a_task(tmp_path / "toy", noise=0.1)
    wishes = [f"{kind}_{n} = {value}" for n in range(3) for kind, value in (("GAIN", 0.6), ("JUNK", 0.05))]
    a_night(root, *wishes, experiments=30)
    before = archive(root)
    changes = kept(before)
    junk = {number for number, wish in changes.items() if wish.startswith("JUNK")}
    assert len(junk) >= 2
    assert before.certificates[-1].ruling is Ruling.CERTIFIED
    said = command(root, "prune", "--json")
    assert said.returncode == 0, said.stderr
    result, after = json.loads(said.stdout), archive(root)
    assert result["taken_back"]
    assert set(result["taken_back"]) <= junk
    assert {stay["experiment"] for stay in result["stays"]} == changes.keys() - set(result["taken_back"])
    assert result["nodes"] < 0
    assert result["ruling"] == "certified"
    proof = after.certificates[-1]
    assert after.study
    assert (proof.commit, proof.against) == (after.tip_commit, after.study.base)
    assert after.proven_commit == proof.commit != before.proven_commit
    assert after.unpruned == before.proven
    assert replay(Site(root, "toy").ledger_path).disagreements == []


@pytest.mark.slow
def test_neighbouring_lines_come_apart_and_what_is_built_upon_stays(tmp_path: Path) -> None:
    root = a_task(tmp_path / "toy", noise=0.0, preset="exact")
    a_night(root, "GAIN_1 = 0.5", "GAIN_2 = 0.25 + GAIN_1 * 0", "JUNK_1 = -1e-9", experiments=3)
    text = (root / "autoresearch.toml").read_text()
    assert "min_effect" not in text
    said = command(root, "prune")
    assert said.returncode == 0, said.stderr
    history = archive(root)
    outcomes = [(undoes(done), done.verdict.outcome) for done in history.experiments[-3:]]
    assert outcomes == [(3, Outcome.DISCARD), (2, Outcome.DISCARD), (1, Outcome.CRASH)]
    assert "NameError" in history.experiments[-1].verdict.reason
    assert "nothing was taken back" in said.stdout
    assert replay(Site(root, "toy").ledger_path).disagreements == []


def killed_while_pruning(root: Path, *, measurements: int) -> None:
    """Start `prune` and kill it once the ledger holds that many more measurements."""
    before = archive(root).measured
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*COMMAND, "prune"], cwd=root, **quiet) as process:
        while archive(root).measured < before + measurements and process.poll() is None:
            time.sleep(0.005)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_prune_goes_on_and_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    root = a_task(tmp_path / "toy", noise=0.0, preset="exact")
    more = [f"GAIN_{number} = 0.25" for number in range(2, 7)]
    a_night(root, "GAIN_1 = 0.5", *more, "GAIN_1 = 0.75", experiments=7)
    killed_while_pruning(root, measurements=2)
    assert archive(root).prunes
    said = command(root, "run")
    assert said.returncode == 0, said.stderr
    history = archive(root)
    outcomes = [(undoes(done), done.verdict.outcome) for done in history.experiments if undoes(done)]
    assert outcomes == [*((number, Outcome.DISCARD) for number in range(7, 1, -1)), (1, Outcome.KEEP)]
    assert history.study
    assert (history.certificates[-1].ruling, history.certificates[-1].against) == (
        Ruling.CERTIFIED,
        history.study.base,
    )
    report = command(root, "report")
    assert report.returncode == 0, report.stderr
    page = Path(report.stdout.strip()).read_text()
    assert "pruned" in page
    assert re.search(r"\b2(\.0+)? better, certified", page)
    assert replay(Site(root, "toy").ledger_path).disagreements == []


@pytest.mark.slow
def test_an_open_candidate_of_another_night_is_not_judged_by_the_rules_of_pruning(tmp_path: Path) -> None:
    root = a_task(tmp_path / "toy", noise=0.0, preset="exact")
    a_night(root, "GAIN_1 = 0.5", "GAIN_2 = 0.25", experiments=2)
    study = assemble(root, config.load(root), granted=Budget(experiments=6)).study
    study.agent = Wisher("GAIN_3 = 0.25", "GAIN_4 = 0.0")
    study.interrupted = lambda: 4 in study.history.candidates
    with pytest.raises(Interrupted):
        study.run()
    study.workspace.close()
    assert command(root, "prune", "--set-aside").returncode == 0
    history = archive(root)
    outcomes = [(undoes(done), done.verdict.outcome) for done in history.experiments[4:]]
    assert outcomes == [(None, Outcome.CRASH), (2, Outcome.DISCARD), (1, Outcome.DISCARD)]
    assert history.tip_commit == history.proven_commit


@pytest.mark.slow
def test_a_prune_cut_by_a_new_epoch_tries_every_change_and_a_reached_target_is_no_obstacle(tmp_path: Path) -> None:
    root = a_task(tmp_path / "toy", noise=0.0, preset="exact")
    file = root / "autoresearch.toml"
    file.write_text(file.read_text().replace("[metric]", "[metric]\ntarget = 9.6", 1))
    a_night(root, "GAIN_1 = 0.5", "GAIN_2 = 0.25", "GAIN_1 = 0.75", experiments=3)
    study = assemble(root, config.load(root), prune=True).study
    study.interrupted = lambda: len(study.history.experiments) == 5
    with pytest.raises(Interrupted):
        study.run()
    study.workspace.close()
    file.write_text(file.read_text().replace("seconds = ", "seconds = 1", 1))
    assert command(root, "prune").returncode == 0
    history = archive(root)
    assert [undoes(done) for done in history.experiments[4:]] == [3, None, 2, 1]
    assert history.certificates_tonight == 1


@pytest.mark.slow
def test_what_cannot_be_pruned_is_one_sentence(tmp_path: Path) -> None:
    root = a_task(tmp_path / "toy", noise=0.0, preset="exact")
    said = command(root, "prune")
    assert said.returncode == 1
    assert "Nothing is certified yet, so there is nothing to prune." in said.stderr
    a_night(root, "GAIN_1 = 0.5", experiments=1)
    study = assemble(root, config.load(root), granted=Budget(experiments=2)).study
    study.agent = Wisher("GAIN_2 = 0.5")
    study.interrupted = lambda: len(study.history.experiments) == 3
    with pytest.raises(Interrupted):
        study.run()
    study.workspace.close()
    said = command(root, "prune")
    assert said.returncode == 1
    assert "not certified yet" in said.stderr
    assert "prune --set-aside" in said.stderr
    said = command(root, "prune", "--set-aside")
    assert said.returncode == 0, said.stderr
    history = archive(root)
    assert history.tip_commit == history.proven_commit
    assert "#1: " in said.stdout
    assert replay(Site(root, "toy").ledger_path).disagreements == []
