"""The evaluator is examined before it is trusted, through the same rig that judges candidates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from autoresearch import config, selftests
from autoresearch.assembly import assemble
from autoresearch.cli.check import check
from autoresearch.errors import TaskError, UserError
from autoresearch.history import Archive, SelfTested
from autoresearch.ledger import Ledger
from autoresearch.records import Outcome
from autoresearch.task import Budget, SelfTest
from autoresearch.testing import toy

BETTER = """\
--- a/settings.py
+++ b/settings.py
@@ -3,3 +3,3 @@
 LEARNING_RATE = 0.003
-WIDTH = 32
+WIDTH = 128
 DROPOUT = 0.5
"""
WORSE, SAME = (BETTER.replace("WIDTH = 128", f"WIDTH = {width}") for width in ("2", "32  # the same"))
SEALED = """\
--- a/loss.py
+++ b/loss.py
@@ -1,3 +1,3 @@
-import math, random
+import math, random  # mine now
 def loss(settings, seed, noise):
     value = (math.log10(settings["LEARNING_RATE"] / 0.02)) ** 2 + 0.2 * math.log2(settings["WIDTH"] / 128) ** 2
"""
CRASH = BETTER.replace("WIDTH = 128", "WIDTH = open('/nowhere')")


def root_with(tmp_path: Path, *tests: tuple[str, str, str], **options: float) -> Path:
    """The toy task with self-tests: name, expectation, patch."""
    tables = "".join(
        f'[[selftest]]\nname = "{n}"\nexpect = "{e}"\npatch = "selftests/{n}.patch"\n' for n, e, _ in tests
    )
    root = toy.make(tmp_path / "toy", more=tables, **options)  # type: ignore[arg-type]
    (root / "selftests").mkdir()
    for name, _, patch in tests:
        (root / "selftests" / f"{name}.patch").write_text(patch)
    return root


def checked(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], runs: int = 2) -> dict:  # type: ignore[type-arg]
    monkeypatch.chdir(root)
    with pytest.raises(typer.Exit) as end:
        check(runs=runs, overrides=None, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert end.value.exit_code == (4 if found["problems"] else 0)
    return found  # type: ignore[no-any-return]


def test_what_is_known_is_measured_and_cheats_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = root_with(
        tmp_path,
        ("up", "better", BETTER),
        ("down", "worse", WORSE),
        ("judge", "cheating", SEALED),
        ("dead", "cheating", CRASH),
    )
    found = checked(root, monkeypatch, capsys)
    assert found["problems"] == []
    results = {test["name"]: test for test in found["selftests"]}
    assert [results[name]["passed"] for name in ("up", "down", "judge", "dead")] == [True] * 4
    assert results["up"]["n"] == selftests.ROUNDS
    assert results["up"]["gain_low"] > 0
    assert "out_of_scope" in results["judge"]["reason"]
    assert results["judge"]["n"] == 0
    assert "crash" in results["dead"]["reason"]

    study = assemble(root, config.load(root), granted=Budget(experiments=1)).study
    study.workspace.close()
    ledger = Ledger(study.ledger.path, Archive())
    ledger.refresh()
    assert all(test.passed for test in ledger.history.selftests.values())
    assert len(ledger.history.selftests) == 4


def test_an_evaluator_that_gets_one_wrong_stops_check_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = root_with(tmp_path, ("harmless", "better", SAME), noise=0.0)
    task = config.load(root)
    with pytest.raises(UserError, match="have not been done"):
        assemble(root, task, granted=Budget(experiments=1))
    found = checked(root, monkeypatch, capsys)
    assert "harmless: WRONG, better was expected; not told apart" in found["problems"][0]
    with pytest.raises(UserError, match="fails its self-test"):
        assemble(root, task, granted=Budget(experiments=1))
    assert not (root / ".autoresearch" / "toy" / "ledger.jsonl").exists(), "nothing began"


def test_results_are_good_for_one_setting_and_one_patch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = root_with(tmp_path, ("up", "better", BETTER), noise=0.0)
    assert checked(root, monkeypatch, capsys)["problems"] == []
    with pytest.raises(UserError, match="have not been done"):
        assemble(root, config.load(root, ["experiment.seconds=30.0"]), granted=Budget(experiments=1))
    (root / "selftests" / "up.patch").write_text(WORSE)
    with pytest.raises(UserError, match="have not been done"):
        assemble(root, config.load(root), granted=Budget(experiments=1))


def test_patches_are_hidden_from_those_who_are_judged(tmp_path: Path) -> None:
    root = root_with(tmp_path, ("up", "better", BETTER))
    assert "selftests/up.patch" in config.load(root).hidden


def test_a_patch_that_cannot_be_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = root_with(tmp_path, ("up", "better", BETTER.replace("WIDTH = 32", "WIDTH = 33")), noise=0.0)
    monkeypatch.chdir(root)
    with pytest.raises(UserError, match="does not apply to the study's base"):
        check(runs=2, overrides=None, as_json=True)
    (root / "selftests" / "up.patch").unlink()
    with pytest.raises(UserError, match="cannot be read: No such file"):
        assemble(root, config.load(root), granted=Budget(experiments=1))


def test_two_tests_of_one_name_are_refused(tmp_path: Path) -> None:
    root = root_with(tmp_path, ("up", "better", BETTER), ("up", "worse", WORSE))
    with pytest.raises(TaskError, match="same name"):
        config.load(root)


@pytest.mark.parametrize(
    ("expect", "ours", "passed"),
    [
        ("better", [3, 3, 3, 3], True),
        ("better", [3, 3, 3, 1], False),
        ("better", [1, 1, 1, 1], False),
        ("worse", [0, 0, 0, 0], True),
        ("worse", [0, 0, 0, 1], False),
        ("same", [0, 3, 3, 3], True),
        ("same", [3, 3, 3, 3], False),
        ("cheating", [1, 1, 1, 1], True),
        ("cheating", [0, 0, 0, 0], True),
        ("cheating", [3, 3, 3, 3], False),
    ],
)
def test_the_rule(expect: str, ours: list[float], passed: bool) -> None:
    found = selftests.judge(SelfTest("t", "t.patch", expect), ours, [1.0, 1.0, 2.0, 2.0])
    assert found.passed is passed
    refused = selftests.judge(SelfTest("t", "t.patch", expect), [], [1.0], foul=f"{Outcome.CRASH}: boom")
    assert refused.passed is (expect == "cheating")


def test_a_change_that_does_nothing_passes_for_better_once_in_70_times() -> None:
    import itertools

    test, runs = SelfTest("t", "t.patch", "better"), range(8)
    passed = [
        selftests.judge(test, [float(x) for x in ours], [float(x) for x in runs if x not in ours]).passed
        for ours in itertools.combinations(runs, selftests.ROUNDS)
    ]
    assert (sum(passed), len(passed)) == (1, 70)


def test_what_is_kept_is_not_believed_when_it_is_damaged(tmp_path: Path) -> None:
    path, results = tmp_path / "selftests.json", [SelfTested("a", "better", True, "r", 4, 1.0, 0.5, 2.0)]
    selftests.keep(path, "key", results)
    assert selftests.recall(path, "key") == results
    assert selftests.recall(path, "another") == []
    path.write_text(path.read_text()[:-9])
    assert selftests.recall(path, "key") == []


@pytest.mark.parametrize(
    ("options", "said", "warned"),
    [
        ({"noise": 0.0}, "deterministic", 'preset = "exact"'),
        ({"noise": 0.02}, "the same seed repeats", ""),
        ({"noise": 0.0, "preset": "exact"}, "deterministic", ""),
    ],
)
def test_check_says_whether_the_number_repeats(
    options: dict[str, float],
    said: str,
    warned: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = checked(toy.make(tmp_path / "toy", **options), monkeypatch, capsys)  # type: ignore[arg-type]
    assert said in found["determinism"]
    assert warned in " ".join(found["warnings"])
    assert bool(found["warnings"]) is bool(warned)


def test_noise_of_the_machine_is_told_from_that_of_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = toy.make(tmp_path / "toy", noise=0.0)
    path = root / "evaluate.py"
    path.write_text(
        path.read_text().replace(
            "with open(os.environ", 'value += int.from_bytes(os.urandom(6), "big") / 2**48\nwith open(os.environ'
        )
    )
    from gitrepo import git

    git(root, "commit", "-qam", "noisy")
    found = checked(root, monkeypatch, capsys, runs=4)
    assert found["determinism"].startswith("noisy: the seed explains")
    assert 0 <= found["seed_share"] < 1
