"""The task file: everything parsed, nothing ignored, every complaint names the key and the way out."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from autoresearch import config
from autoresearch.errors import TaskError
from autoresearch.records import Direction, TrustClass

WHOLE = """
name = "gpt"
goal = "Lowest bits per byte"
editable = ["train.py", "src/**/*.py"]
hidden = ["holdout/**"]
[metric]
name = "val_bpb"
direction = "minimize"
unit = "bit/byte"
target = 0.95
bounds = [0.0, 20.0]
source = "regenerating"
[experiment]
command = "python train.py"
seconds = 300
grace_seconds = 10
memory = "8 GiB"
processes = 64
disk = "2 GB"
network = false
gpus = 1
cores = 2
[evaluation]
command = "python evaluate.py"
seconds = 60
[contestant]
command = "python train.py --serve"
[[check]]
name = "tests"
command = "pytest -q"
seconds = 120
[referee]
preset = "certify"
[holdout]
command = "python evaluate.py --split holdout"
budget = 8
[budget]
hours = 8
experiments = 100
cost_usd = 20
tokens = 5_000_000
[agent]
use = "tuner"
[strategy]
use = "greedy"
[sandbox]
require = ["no_network", "kill_all"]
"""


def whole() -> dict[str, Any]:
    return tomllib.loads(WHOLE)


def with_key(path: str, value: object) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(whole())
    *tables, last = path.split(".")
    inner = data
    for name in tables:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return data


def complaint(data: dict[str, Any]) -> str:
    with pytest.raises(TaskError) as caught:
        config.parse(data)
    assert caught.value.fix
    return caught.value.message


def test_the_whole_file_of_the_design_is_read() -> None:
    task = config.parse(whole())
    assert task.metric.direction is Direction.MINIMIZE
    assert task.experiment.command == ("python", "train.py")
    assert task.experiment.limits.seconds == 310
    assert task.experiment.limits.memory_bytes == 8 * 2**30
    assert task.experiment.limits.disk_bytes == 2 * 10**9
    assert task.holdout is not None
    assert task.holdout.command == ("python", "evaluate.py", "--split", "holdout")
    assert task.holdout.limits.seconds == 60
    assert task.holdout_budget == 8
    assert task.checks[0].name == "tests"
    assert task.trust_class is TrustClass.SUPERVISED
    assert task.budget.tokens == 5_000_000


@pytest.mark.parametrize(
    ("key", "near"),
    [("metrik", "metric"), ("experiment.secnds", "seconds"), ("budget.hour", "hours"), ("sandbox.requires", "require")],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(key: str, near: str) -> None:
    assert re.search(rf"{re.escape(key)} is not a known key; did you mean '{near}'", complaint(with_key(key, 1)))


@pytest.mark.parametrize("key", ["name", "goal", "editable", "metric.name", "metric.direction", "experiment.command"])
def test_a_missing_key_is_named(key: str) -> None:
    data = whole()
    *tables, last = key.split(".")
    inner = data
    for name in tables:
        inner = inner[name]
    del inner[last]
    assert f"{key} is missing" in complaint(data)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("metric.direction", "down", "'minimize' or 'maximize'"),
        ("experiment.seconds", True, "valid number"),
        ("experiment.seconds", "300", "valid number"),
        ("experiment.seconds", 0, "greater than 0"),
        ("experiment.memory", "8 gigs", "such as"),
        ("experiment.command", "", "must be a command"),
        ("metric.bounds", [1.0, 0.0], "first must be below"),
        ("metric.target", 99.0, "outside metric.bounds"),
        ("editable", [], "at least 1"),
        ("editable", ["/etc/passwd"], "relative to the repository"),
        ("editable", ["../x.py"], "relative to the repository"),
        ("name", "a/b", "pattern"),
        ("metric.file", "m.json", "without [evaluation]"),
    ],
)
def test_a_bad_value_is_one_sentence(key: str, value: object, words: str) -> None:
    message = complaint(with_key(key, value))
    assert words in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("strategy.use", "tree"),
    ],
)
def test_what_does_not_exist_yet_says_so(key: str, value: object) -> None:
    assert "not available yet" in complaint(with_key(key, value))


def test_a_shell_line_goes_to_the_shell_and_a_list_does_not() -> None:
    assert config.parse(with_key("experiment.command", "make && ./bench")).experiment.command[:2] == ("/bin/sh", "-c")
    assert config.parse(with_key("experiment.command", ["./a b", "$x"])).experiment.command == ("./a b", "$x")


def test_the_digest_follows_what_is_measured_and_nothing_else() -> None:
    digest = config.parse(whole()).digest
    assert config.parse(with_key("budget.hours", 2)).digest == digest
    assert config.parse(with_key("goal", "other words")).digest == digest
    assert config.parse(with_key("experiment.seconds", 301)).digest != digest
    assert config.parse(with_key("editable", ["train.py"])).digest != digest


def test_a_contestant_without_an_evaluation_is_refused() -> None:
    data = whole()
    del data["evaluation"]
    assert "[contestant] needs an [evaluation]" in complaint(data)


def test_overrides_are_typed_like_the_file(tmp_path: Path) -> None:
    (tmp_path / "autoresearch.toml").write_text(WHOLE)
    task = config.load(tmp_path, ["experiment.seconds=5", "metric.unit=bits", "budget.experiments=3"])
    assert task.experiment.limits.seconds == 15
    assert task.metric.unit == "bits"
    assert task.budget.experiments == 3
    with pytest.raises(TaskError, match="key=value"):
        config.load(tmp_path, ["nonsense"])


def test_no_task_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(TaskError) as caught:
        config.load(tmp_path)
    assert caught.value.fix == "autoresearch init"


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "autoresearch.toml").write_text("name = \n")
    with pytest.raises(TaskError, match="line 1"):
        config.load(tmp_path)


def test_the_schema_lists_every_key() -> None:
    schema = config.json_schema()
    assert set(schema["properties"]) >= {"name", "metric", "experiment", "evaluation", "holdout", "referee", "sandbox"}
    assert schema["additionalProperties"] is False


def finite(**metric: Any) -> dict[str, Any]:
    data = tomllib.loads(WHOLE)
    data["metric"] |= {"source": "depleting", "records": 400} | metric
    return data


def test_a_finite_source_is_told_on_a_ladder_unless_it_says_otherwise() -> None:
    task = config.parse(finite())
    assert (task.metric.source, task.metric.feedback, task.metric.records) == ("depleting", "ladder", 400)
    assert config.parse(finite(feedback="bit")).metric.feedback == "bit"
    assert config.parse(tomllib.loads(WHOLE)).metric.feedback == "score"


def test_a_finite_source_needs_sealed_data_and_a_step() -> None:
    data = finite()
    del data["holdout"]
    assert "needs a [holdout]" in complaint(data)
    data = finite()
    del data["metric"]["bounds"]
    assert "needs metric.step" in complaint(data)
    data["metric"]["step"] = 0.01
    assert config.parse(data).metric.step == 0.01


def test_a_vault_and_a_hook_are_read() -> None:
    data = finite() | {"vault": {"command": "python evaluate.py vault"}, "hooks": {"alarm": "mail -s alarm me"}}
    task = config.parse(data)
    assert task.vault is not None
    assert task.evaluation is not None
    assert task.vault.limits == task.evaluation.limits
    assert task.alarm == ("mail", "-s", "alarm", "me")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"editable": ["*.py"]}, "evaluate.py, which [evaluation] runs, matches editable, so it is not sealed"),
        ({"editable": ["src/**"], "evaluation": {"command": "src/judge --all", "seconds": 1}}, "src/judge, which"),
        ({"editable": ["*.py"], "evaluation": {"command": "cd . && python -I 'e.py' | tee x", "seconds": 1}}, "e.py,"),
        ({"hidden": ["train.py"]}, "train.py is in editable and matches hidden, which wins"),
    ],
)
def test_what_editable_must_not_cover_is_named_before_anything_runs(change: dict[str, Any], words: str) -> None:
    assert words in complaint(whole() | change)


@pytest.mark.parametrize(
    "change",
    [
        {"editable": ["*.py"], "hidden": ["evaluate.py"]},
        {
            "editable": ["**/model.py"],
            "evaluation": {"command": "python -m judge model.py", "seconds": 1},
            "holdout": None,
        },
        {"editable": ["src/**"], "evaluation": {"command": ["python", "judge.py", "src/x"], "seconds": 1}},
    ],
)
def test_an_editable_that_leaves_the_judge_alone_is_taken(change: dict[str, Any]) -> None:
    assert config.parse(whole() | change).editable


@pytest.mark.parametrize(("key", "value"), [("records", 4000), ("step", 0.01)])
def test_a_key_of_finite_records_says_nothing_where_scores_are_told(key: str, value: float) -> None:
    assert f'metric.{key} says nothing about source = "regenerating"' in complaint(with_key(f"metric.{key}", value))
    told = with_key(f"metric.{key}", value)
    told["metric"]["feedback"] = "ladder"
    assert config.parse(told).metric.feedback == "ladder"


def test_two_checks_of_one_name_are_refused() -> None:
    assert "two [[check]] tables have the same name" in complaint(whole() | {"check": whole()["check"] * 2})


def test_whichever_is_wrong_gets_the_blame_the_file_or_the_override(tmp_path: Path) -> None:
    (tmp_path / "autoresearch.toml").write_text(WHOLE)
    with pytest.raises(TaskError, match="-c metric.nme=1: metric.nme is not a known key") as caught:
        config.load(tmp_path, ["metric.nme=1"])
    assert caught.value.fix.startswith("mend -c metric.nme=1")
    (tmp_path / "autoresearch.toml").write_text(WHOLE.replace("seconds = 300", "secnds = 300"))
    with pytest.raises(TaskError, match="experiment.secnds is not a known key") as caught:
        config.load(tmp_path, ["metric.unit=bits"])
    assert caught.value.fix.startswith(f"mend {tmp_path}")
    (tmp_path / "autoresearch.toml").write_text(WHOLE.replace('goal = "Lowest', '# "'))
    assert config.load(tmp_path, ["goal=completed"]).goal == "completed"


def test_a_property_that_does_not_exist_is_refused_with_the_nearest() -> None:
    message = complaint(with_key("sandbox.require", ["no_networks"]))
    assert "'no_networks' is nothing a sandbox proves; did you mean 'no_network'?" in message
