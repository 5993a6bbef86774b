"""What numbers depend on: known by content, watched through the night, and told when it changes."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoresearch import config
from autoresearch.assembly import Assembly, assemble
from autoresearch.cli import failure
from autoresearch.errors import UserError
from autoresearch.history import Epoch, History, Note
from autoresearch.records import Brief, Measurement, Proposal
from autoresearch.replay import replay
from autoresearch.surroundings.drift import Drift
from autoresearch.surroundings.inventory import Memory, Place, as_installed, files, installed
from autoresearch.surroundings.surroundings import OURS, Surroundings, _Budgeted, watch
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Budget
from autoresearch.testing import toy

OPEN: list[Assembly] = []


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    yield
    while OPEN:
        OPEN.pop().rig.workspace.close()


class Meddler:
    """An agent that makes one change an experiment; before experiment `at`, the world around it is changed too."""

    name = "meddler"

    def __init__(self, meddle: Callable[[], object], *, at: int = 2) -> None:
        self.meddle, self.at = meddle, at
        self.stop = threading.Event()

    def edit(self, brief: Brief, tree: Path, history: History) -> Proposal:
        if brief.number == self.at:
            self.meddle()
        path = tree / "settings.py"
        path.write_text(path.read_text() + f"WIDTH = {32 + brief.number}\n")
        return Proposal(f"edit {brief.number}", cost_usd=0.0, tokens=0)


def assembled(root: Path, *overrides: str, experiments: int = 3) -> Assembly:
    made = assemble(root, config.load(root, overrides), granted=Budget(experiments=experiments))
    OPEN.append(made)
    return made


def night(root: Path, meddle: Callable[[], object], *overrides: str) -> Assembly:
    """A night in which `meddle` happens before experiment 2, ending in Drift."""
    made = assembled(root, *overrides)
    made.study.agent = Meddler(meddle)
    with pytest.raises(Drift):
        made.study.run()
    return made


def drifts(made: Assembly) -> list[str]:
    return [e.text.removeprefix("changed while a night ran: ") for e in notes(made) if e.kind == "drift"]


def notes(made: Assembly) -> list[Note]:
    from autoresearch.history import Archive
    from autoresearch.ledger import Ledger

    ledger = Ledger(made.study.ledger.path, Archive())
    ledger.refresh()
    return [record for _, record in ledger.history.trail if isinstance(record, Note)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "train.bin").write_bytes(b"1" * 1000)
    (folder / "valid.bin").write_bytes(b"2" * 1000)
    return folder


def reading(data: Path) -> str:
    return f"sandbox.read=['{data}']"


def test_data_that_changes_stops_the_night_before_a_verdict(tmp_path: Path, data: Path) -> None:
    root = toy.make(tmp_path / "toy")
    made = night(root, lambda: (data / "valid.bin").write_bytes(b"3" * 1000), reading(data))
    assert [e.number for e in made.study.history.experiments] == [0, 1]
    assert made.study.history.pending == {}, "nothing measured in the changed setting is recorded"
    assert len(drifts(made)) == 1
    assert drifts(made)[0].startswith(f"[sandbox] read {data}/valid.bin changed (")
    made.rig.workspace.close()

    again = assembled(root, reading(data))
    epoch = again.study.history.epoch
    assert epoch
    assert epoch.number == 2
    assert f"[sandbox] read {data}: " in epoch.why
    assert ";" not in epoch.why, "nothing else changed"
    assert any(epoch.why in news for news in again.news)
    again.study.agent = Meddler(lambda: None, at=-1)
    again.study.run()
    assert again.study.history.baseline
    assert again.study.history.baseline.number > 1
    assert replay(again.study.ledger.path).disagreements == []


def test_a_touch_or_a_second_name_is_no_drift(tmp_path: Path, data: Path) -> None:
    root = toy.make(tmp_path / "toy")
    made = assembled(root, reading(data), experiments=2)

    def harmless() -> None:
        os.utime(data / "valid.bin")
        os.link(data / "train.bin", tmp_path / "elsewhere")

    made.study.agent = Meddler(harmless, at=1)
    made.study.run()
    assert len(made.study.history.experiments) == 3
    made.rig.workspace.close()
    assert assembled(root, reading(data)).study.history.epoch.number == 1  # type: ignore[union-attr]


def package(environment: Path, name: str, version: str, code: str) -> Path:
    """Install a package of one file the way an installer does: files first, what it knows of them last."""
    (site,) = environment.glob("lib/python*/site-packages")
    for old in site.glob(f"{name}-*.dist-info"):
        for path in old.iterdir():
            path.unlink()
        old.rmdir()
    module = site / name / "__init__.py"
    module.parent.mkdir(exist_ok=True)
    module.write_text(code)
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    digest = base64.urlsafe_b64encode(hashlib.sha256(code.encode()).digest()).rstrip(b"=").decode()
    (info / "RECORD").write_text(f"{name}/__init__.py,sha256={digest},{len(code)}\n{info.name}/RECORD,,\n")
    return module


@pytest.fixture
def root_with_environment(tmp_path: Path) -> Path:
    root = toy.make(tmp_path / "toy")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    package(root / ".venv", "gadget", "1.0", "x = 1\n")
    return root


def test_an_upgrade_in_the_night_stops_it_and_the_next_run_says_which(root_with_environment: Path) -> None:
    root = root_with_environment
    made = night(root, lambda: package(root / ".venv", "gadget", "1.1", "x = 2\n"))
    assert "gadget" in drifts(made)[0]
    made.rig.workspace.close()
    epoch = assembled(root).study.history.epoch
    assert epoch
    assert epoch.why.startswith("package gadget: 1.0 ")
    assert " -> 1.1 " in epoch.why


def test_a_package_that_comes_is_told_as_one_and_beside_ours_with_what_to_do(
    root_with_environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site,) = (root_with_environment / ".venv").glob("lib/python*/site-packages")
    toolchain = Toolchain(root_with_environment)
    assert not toolchain.is_ours
    assert Toolchain(root_with_environment.parent).is_ours
    place = Place("package file", site, lambda path, info: "", OURS)
    package(root_with_environment / ".venv", "viewer", "2.0", "x = 1\n")
    drift = watch(Surroundings({}, (place,)), list).drift()
    assert str(drift) == "package file: viewer, viewer-2.0.dist-info are new"
    assert drift
    assert failure.explain(drift) == 1
    assert "belongs into another environment: python3 -m venv ../look" in capsys.readouterr().err
    for path in [*site.glob("gadget*/*"), *site.glob("gadget*")]:
        path.rmdir() if path.is_dir() else path.unlink()
    assert "; package file: gadget, gadget-1.0.dist-info are gone" in str(
        watch(Surroundings({}, (place,)), list).drift()
    )


def test_a_package_edited_in_place_is_another_epoch(root_with_environment: Path) -> None:
    root = root_with_environment
    made = assembled(root, experiments=1)
    first = made.study.history.epoch
    made.rig.workspace.close()
    (module,) = (root / ".venv").glob("lib/python*/site-packages/gadget/__init__.py")
    module.write_text("x = 7\n")
    second = assembled(root, experiments=1).study.history.epoch
    assert first
    assert second
    assert second.number == 2
    assert second.why.startswith("package gadget: 1.0 ")


def test_a_program_that_is_replaced_stops_the_night(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    tool = tmp_path / "tools" / "tool.sh"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o755)
    command = f"experiment.command='{tool} && python experiment.py'"
    made = night(root, lambda: tool.write_text("#!/bin/sh\nexit 0 \n"), command, reading(tool.parent))
    assert any(f"program {tool} changed" in text for text in drifts(made))


def test_sealed_files_that_somebody_rewrites_stop_the_night_and_nobody_is_blamed(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    pristine = root / ".autoresearch" / "toy" / "work" / "pristine" / "evaluate.py"
    made = night(root, lambda: pristine.write_text("print('mine')\n"))
    assert drifts(made)[0].startswith("sealed file evaluate.py")
    assert [e.number for e in made.study.history.experiments] == [0, 1]
    assert {str(e.verdict.outcome) for e in made.study.history.experiments} <= {"keep", "discard"}, (
        "by luck of the noise"
    )


def test_the_working_tree_may_change_meanwhile(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    made = assembled(root, experiments=2)
    made.study.agent = Meddler(lambda: [(root / n).write_text("") for n in ("evaluate.py", "settings.py")], at=1)
    made.study.run()
    assert len(made.study.history.experiments) == 3


def test_what_changed_in_the_task_file_is_told_by_key(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    assembled(root).rig.workspace.close()
    made = assembled(root, "experiment.seconds=30.0", "metric.bounds=[-50.0, inf]")
    why = made.study.history.epoch.why  # type: ignore[union-attr]
    assert why == "task file experiment seconds: 20.0 -> 30.0; task file metric bounds: [-100.0, 100.0] -> [-50.0, inf]"


def test_a_folder_that_is_not_there_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy")
    with pytest.raises(UserError, match="is not there: /nowhere") as told:
        assembled(root, "sandbox.read=['/nowhere']")
    assert "python prepare.py" in told.value.fix


def test_beyond_the_budget_files_are_known_by_size_and_time(data: Path, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory.json")
    digest = _Budgeted(lambda path, info: memory.digest(data / path, info), 1500)
    place = Place("data", data, digest)
    assert digest.left_out == 1
    assert place.seen["valid.bin"][1].startswith("1000 bytes of ")
    assert place.changes() == []
    (data / "valid.bin").write_bytes(b"4" * 1000)
    os.utime(data / "valid.bin", (1, 1))  # some machines' clocks of files tick every few milliseconds only
    assert place.changes()[0].startswith("data/valid.bin changed")


def test_remembered_digests_are_used_and_never_outlive_a_change(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    os.utime(data / "train.bin", (1, 1))

    def digests() -> dict[str, str]:
        memory = Memory(path)
        found = {name: memory.digest(data / name, info) for name, info in files(data)}
        memory.save()
        return found

    import time

    time.sleep(0.05)  # longer than a tick: a file just written is not remembered
    first = digests()
    assert first == digests()
    (data / "train.bin").write_bytes(b"5" * 1000)
    os.utime(data / "train.bin", (1, 1))  # the modification time can be set back, the change time cannot
    assert digests()["train.bin"] == hashlib.sha256(b"5" * 1000).hexdigest()
    path.write_text("not json")
    assert digests()["valid.bin"] == first["valid.bin"]


def test_what_the_installer_wrote_down_saves_the_reading(root_with_environment: Path, tmp_path: Path) -> None:
    (site,) = (root_with_environment / ".venv").glob("lib/python*/site-packages")
    listed = installed(site)
    memory = Memory(tmp_path / "memory.json")
    digest = as_installed(site, listed, memory)
    module = site / "gadget" / "__init__.py"
    assert digest("gadget/__init__.py", module.stat()) == hashlib.sha256(b"x = 1\n").hexdigest()
    assert memory._known == {}, "the installer's word was taken"
    module.write_text("x = 2\n")
    os.utime(module, ns=(0, listed["gadget/__init__.py"].at + 1))
    assert digest("gadget/__init__.py", module.stat()) == hashlib.sha256(b"x = 2\n").hexdigest()


def test_old_ledgers_have_epochs_that_say_less() -> None:
    from autoresearch.ledger.events import GENESIS, decode, encode
    from autoresearch.records import Direction, Metric

    old = Epoch(1, "d", "t", "sealed", "bubblewrap", {}, {}, {"packages": "ab" * 32}, Metric("x", Direction.MINIMIZE))
    line = encode(old, seq=0, prev=GENESIS, at="").replace(b',"why":"","started":""', b"")
    assert decode(line, seq=0, prev=GENESIS).record == old


def test_runs_are_measured_in_one_setting_only(tmp_path: Path, data: Path) -> None:
    """A change between two runs of one contest: none of the contest's later runs is recorded."""
    root = toy.make(tmp_path / "toy")
    made = assembled(root, reading(data))
    measured: list[Measurement] = []

    def hear(record: object) -> None:
        if isinstance(record, Measurement):
            measured.append(record)
            if len(measured) == 2:
                (data / "new.bin").write_bytes(b"")

    made.study.on_record = hear
    with pytest.raises(Drift, match="new.bin is new"):
        made.study.run()
    assert len(measured) == 2
    assert made.study.history.experiments == []


def test_status_and_log_tell_the_epochs_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    from autoresearch.cli.log import log
    from autoresearch.cli.status import status

    root = toy.make(tmp_path / "toy")
    made = assembled(root, experiments=2)
    made.study.agent = Meddler(lambda: None, at=-1)
    made.study.run()
    made.rig.workspace.close()
    monkeypatch.chdir(root)
    again = assembled(root, "experiment.seconds=30.0", experiments=1)
    status("toy", as_json=True)
    data = json.loads(capsys.readouterr().out)
    assert (data["epoch"], data["tip"]["value"]) == (2, None), "a number of an earlier epoch is not shown as this one's"
    assert data["epoch_why"] == "task file experiment seconds: 20.0 -> 30.0"
    again.study.agent = Meddler(lambda: None, at=-1)
    again.study.run()
    status("toy", as_json=False)
    assert "task file experiment seconds: 20.0 -> 30.0" in capsys.readouterr().out
    log("toy", where="1", order="number", as_json=False)
    lines = capsys.readouterr().out.splitlines()
    (mark,) = [n for n, line in enumerate(lines) if "epoch 2: task file experiment seconds" in line]
    assert lines[mark - 1].split()[0] == "2"
    assert lines[mark + 1].split()[0] == "3"
    log("toy", where="epoch = 2", order="number", as_json=True)
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == [3, 4]


def test_another_preset_within_a_night_counts_its_certificates_anew(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy", preset="strict", experiments=100)
    assemble(root, config.load(root)).rig.workspace.close()
    file = root / "autoresearch.toml"
    file.write_text(file.read_text().replace('"strict"', '"certify"'))
    for _ in range(2):
        assembly = assemble(root, config.load(root))
        assembly.rig.workspace.close()
        night = assembly.study.history.night
        assert night is not None
        assert (night.number, night.certificates, night.budget.experiments, night.first) == (2, 2, 100, 1)
