"""Nights on a finite record: real git, real boxes, the real command line."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from autoresearch import config
from autoresearch.assembly import assemble
from autoresearch.history import History, Note
from autoresearch.ledger import Ledger
from autoresearch.records import Brief, Outcome, Proposal, Ruling
from autoresearch.replay import replay
from autoresearch.site import Site
from autoresearch.task import Budget
from autoresearch.testing import toy
from program import autoresearch

EVALUATE = """\
import json, os, random, sys
from loss import loss
part, real = sys.argv[1], {real}
with open(os.path.join(os.environ["AUTORESEARCH_ARTIFACTS"], "settings.json")) as file:
    settings = json.load(file)
level = loss(settings, 0, 0.0) if real else 2.0
shared, own = random.Random(part), random.Random(part + str(sorted(settings.items())))
records = [level + shared.gauss(0, 0.5) + own.gauss(0, {luck}) for _ in range(400)]
with open(os.environ["AUTORESEARCH_METRICS"], "w") as file:
    json.dump({{"loss": sum(records) / len(records), "records": records}}, file)
"""

SEALED = """
[holdout]
command = "python evaluate.py sealed"
budget = 4
[vault]
command = "python evaluate.py vault"
[hooks]
alarm = "tee -a {heard}"
"""


class Spy:
    """An agent that sets WIDTH to one value after another, and remembers every history it was shown."""

    name = "spy"

    def __init__(self, *widths: int) -> None:
        self.widths, self.seen = widths, list[History]()

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        self.seen.append(history)
        path = tree / "settings.py"
        path.write_text(path.read_text() + f"WIDTH = {self.widths[brief.number - 1]}\n")
        return Proposal(f"width {self.widths[brief.number - 1]}", cost_usd=0.0, tokens=0)


def repository(folder: Path, *, real: bool, luck: float) -> Path:
    """The toy task on 400 records, public, sealed and in the vault; its loss is real, or nothing is.

    `luck` is what each setting gains or loses on each record for no reason.
    """
    root = toy.make(folder / "toy", preset="exact", more=SEALED.format(heard=folder / "heard"))
    task = root / "autoresearch.toml"
    text = task.read_text().replace("python evaluate.py", "python evaluate.py public", 1)
    source = 'direction = "minimize"\nsource = "depleting"\nrecords = 400\nstep = 0.1'
    task.write_text(text.replace('direction = "minimize"', source))
    (root / "evaluate.py").write_text(EVALUATE.format(real=real, luck=luck))
    commit(root)
    return root


def commit(root: Path) -> None:
    who = ["-c", "user.name=u", "-c", "user.email=u@example.org"]
    subprocess.run(["git", "-C", str(root), *who, "commit", "-qam", "finite"], check=True)


def night(root: Path, *widths: int) -> tuple[Ledger[History], Spy]:
    study = assemble(root, config.load(root), granted=Budget(experiments=len(widths))).study
    study.agent = spy = Spy(*widths)
    try:
        study.run()
    finally:
        study.workspace.close()
    return study.ledger, spy


def cli(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return autoresearch(root, *words)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ledger[History], Spy]:
    """A night in which a wider network really is better."""
    root = repository(tmp_path_factory.mktemp("found"), real=True, luck=0.3)
    return root, *night(root, 64, 63, 128)


def test_what_is_real_is_certified_on_sealed_records(found) -> None:
    _, ledger, _ = found
    assert [done.verdict.outcome for done in ledger.history.experiments[1:]] == [
        Outcome.KEEP,
        Outcome.DISCARD,
        Outcome.KEEP,
    ]
    (proof,) = ledger.history.certificates
    assert proof.ruling is Ruling.CERTIFIED
    assert proof.split == "holdout"
    assert proof.level == 0.05 / 4
    assert proof.gain_low < 0.8 < proof.gain_high
    assert replay(ledger.path).disagreements == []


def test_the_ledger_holds_sealed_records_and_only_names_public_ones(found) -> None:
    root, ledger, _ = found
    bodies = [json.loads(line)["body"] for line in ledger.path.read_text().splitlines() if '"measurement"' in line]
    assert {len(body["records"]) for body in bodies if body["split"] == "holdout"} == {400}
    public = [body for body in bodies if body["split"] == "public"]
    assert {len(body["records"]) for body in public} == {0}
    site = Site(root, "toy")
    assert len(site.series(public[0]["series"])) == 400
    assert sum(site.series(public[0]["series"])) / 400 == pytest.approx(public[0]["value"])
    (site.folder / "series" / f"{public[0]['series']}.f64").write_bytes(b"12345678")
    assert site.series(public[0]["series"]) == ()


def test_the_agent_is_told_steps_and_nothing_of_the_sealed_side(found) -> None:
    _, ledger, spy = found
    told = {done.value for known in spy.seen for done in known.experiments if done.value is not None}
    assert all(abs(value / 0.1 - round(value / 0.1)) < 1e-6 for value in told)
    exact = {run.value for runs in ledger.history.runs.values() for run in runs}
    assert not told & exact
    text = " ".join(str(asdict(done)) for known in spy.seen for done in known.experiments)
    assert not any(str(value) in text for value in exact)


def test_the_vault_opens_once(found) -> None:
    root, ledger, _ = found
    refused = cli(root, "vault")
    assert refused.returncode == 1, "nobody is there to confirm"
    opened = cli(root, "vault", "--yes", "--json")
    said = json.loads(opened.stdout)
    assert said["records"] == 400
    assert said["gain_low"] < said["gain"] < said["gain_high"]
    assert said["over"] - said["value"] == pytest.approx(0.8, abs=0.1)
    again = cli(root, "vault", "--yes")
    assert again.returncode == 1
    assert "opened before" in again.stderr
    assert [json.loads(line)["type"] for line in ledger.path.read_text().splitlines()].count("vault") == 1
    assert "| the vault said |" in report(root)
    assert json.loads(cli(root, "replay", "--json").stdout)["disagreements"] == []


def report(root: Path) -> str:
    assert cli(root, "report").returncode == 0
    return (root / ".autoresearch" / "toy" / "report" / "report.md").read_text()


def test_bits_and_questions_are_told(found) -> None:
    root, _, _ = found
    account = json.loads(cli(root, "status", "--json").stdout)["finite"]
    assert account["questions"] == {"asked": 1, "allowed": 4}
    assert account["bits"] > 3
    assert account["feedback"] == "ladder"
    text = cli(root, "status").stdout
    assert "bits told in 3 answers, 2 kept" in text
    assert "1 of 4 questions asked" in text
    assert "by itself the public score proves nothing" in report(root)


def test_what_only_fits_the_public_records_is_not_found(tmp_path: Path) -> None:
    root = repository(tmp_path, real=False, luck=5.0)
    widths = [33 + 2 * number for number in range(12)]
    ledger, _ = night(root, *widths)
    assert ledger.history.tip_commit != ledger.history.proven_commit, "something fitted by luck"
    (proof,) = ledger.history.certificates
    assert proof.ruling is Ruling.CONTINUE
    first = report(root).splitlines()[0]
    assert "Nothing was found: the sealed data do not prove what the public score shows" in first
    refused = cli(root, "vault", "--yes")
    assert refused.returncode == 1
    assert "Nothing is certified" in refused.stderr


def test_a_hook_hears_every_alarm(tmp_path: Path) -> None:
    root = repository(tmp_path, real=True, luck=0.3)
    study = assemble(root, config.load(root), granted=Budget(experiments=1)).study
    study.record(Note("alarm", "the roof is on fire"))
    study.record(Note("moved", "a file"))
    study.workspace.close()
    assert (tmp_path / "heard").read_text() == "the roof is on fire"


def test_a_hook_that_fails_stops_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path, real=True, luck=0.3)
    task = root / "autoresearch.toml"
    task.write_text(task.read_text().replace(f"tee -a {tmp_path / 'heard'}", "false"))
    study = assemble(root, config.load(root), granted=Budget(experiments=1)).study
    study.record(Note("alarm", "the roof is on fire"))
    study.workspace.close()
    notes = [(kind, text) for kind, text in _notes(study.ledger.path)]
    assert notes[0] == ("alarm", "the roof is on fire")
    assert notes[1][0] == "fault"
    assert "hooks.alarm" in notes[1][1]


def _notes(path: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["body"]["kind"], line["body"]["text"]) for line in lines if line["type"] == "note"]


def test_check_says_when_records_are_missing(tmp_path: Path) -> None:
    root = repository(tmp_path, real=True, luck=0.3)
    evaluate = root / "evaluate.py"
    evaluate.write_text(evaluate.read_text().replace(', "records": records', ""))
    commit(root)
    done = cli(root, "check", "--runs", "2")
    assert done.returncode == 4
    assert "gives the scores of 0 single records; 4 questions need" in done.stdout
