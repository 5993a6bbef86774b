"""Evaluations that ask both sides of a contest, in real boxes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from autoresearch import assembly, config
from autoresearch.agents.scripted import Edit, Scripted
from autoresearch.errors import Foul, TaskError
from autoresearch.history import History
from autoresearch.records import Outcome, Side, TrustClass
from autoresearch.task import Budget
from autoresearch.workspace import git

ROOT = Path(__file__).parents[1]

TASK = """\
name = "asked"
goal = "More"
editable = ["answer.py"]

[metric]
name = "ours"
direction = "maximize"

[evaluation]
command = "python evaluate.py"
seconds = 60

[contestant]
command = "python -m autoresearch.respond answer:f"
"""

EVALUATE = """\
from autoresearch.contestant import CANDIDATE, INCUMBENT, Function, judged

with judged() as metrics:
    told = []
    for side in (CANDIDATE, INCUMBENT, INCUMBENT, CANDIDATE):
        with Function(side) as function:
            value, *rest = function().value
            metrics["ours" if side == CANDIDATE else "ours@incumbent"] = value
            told.append(rest)
    metrics["alike"] = all(each == told[0] for each in told) + 0.0
"""

ANSWER = """\
import os, sys

VALUE = 1


def f():
    here = sorted(path for path in os.listdir(".") if not path.endswith(".pyc"))
    return [VALUE, os.getcwd(), __file__, sys.argv, sys.path, dict(os.environ), here, os.listdir("/proc/self/fd")]
"""


def repository(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    git.create(folder, message="A task")
    return folder


def rig(root: Path) -> assembly.Rig:
    return assembly.rig_up(root, config.load(root), History())


def changed(root: Path, name: str, old: str, new: str) -> str:
    """Another commit, and its name."""
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))
    git.create(root, message="Another")
    return git.UserRepository(root).head()


def test_both_sides_are_asked_and_neither_can_tell_which_it_is(tmp_path: Path) -> None:
    files = {"autoresearch.toml": TASK, "evaluate.py": EVALUATE, "answer.py": ANSWER}
    root = repository(tmp_path / "r", files)
    first = git.UserRepository(root).head()
    second = changed(root, "answer.py", "VALUE = 1", "VALUE = 2")
    with (measuring := rig(root)).workspace:
        ahead = measuring.runner.measure(second, side=Side.CANDIDATE, seed=1, against=first)
        behind = measuring.runner.measure(first, side=Side.INCUMBENT, seed=2, against=second)
        alone = measuring.runner.measure(first, side=Side.CANDIDATE, seed=3)
    assert ahead.values == {"ours": 2, "ours@incumbent": 1, "alike": 1}
    assert behind.values == {"ours": 1, "ours@incumbent": 2, "alike": 1}
    assert alone.values == {"ours": 1, "ours@incumbent": 1, "alike": 1}
    assert ahead.value == 2
    assert ahead.seconds == 0
    assert ahead.evaluation_seconds > 0
    assert measuring.task.trust_class is TrustClass.SUPERVISED


def test_beside_an_experiment_there_is_no_other_side(tmp_path: Path) -> None:
    task = f'{TASK}\n[experiment]\ncommand = "true"\nseconds = 20\n'
    root = repository(tmp_path / "r", {"autoresearch.toml": task, "evaluate.py": EVALUATE, "answer.py": ANSWER})
    with (
        (measuring := rig(root)).workspace,
        pytest.raises(Foul, match=r"no \[experiment\] when the incumbent is asked"),
    ):
        measuring.runner.measure(measuring.workspace.base, side=Side.CANDIDATE, seed=1)


def test_only_a_contestant_makes_up_for_an_experiment(tmp_path: Path) -> None:
    sealed = re.sub(r"\[contestant\]\n.*", "", TASK)
    root = repository(tmp_path / "r", {"autoresearch.toml": sealed})
    with pytest.raises(TaskError, match=r"\[experiment\] is missing"):
        config.load(root)


@pytest.mark.slow
@pytest.mark.usefixtures("with_packages")
def test_a_speed_up_that_passes_every_test_and_hangs_ends_as_a_timeout_and_the_night_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "speed"
    shutil.copytree(ROOT / "examples" / "speed", root, ignore=shutil.ignore_patterns("__pycache__", ".autoresearch"))
    evaluate = root / "evaluate.py"
    evaluate.write_text(re.sub("calls=.., rounds=.", "calls=3, rounds=1", evaluate.read_text()))
    git.create(root, message="The example")
    task = config.load(root, ["referee.preset=certify", "referee.baseline_runs=2"])
    study = assembly.assemble(root, task, granted=Budget(experiments=3)).study
    assert isinstance(study.agent, Scripted)
    study.agent = Scripted([study.agent._edits[0], *wrong_and_harmless()])
    study.run()
    study.workspace.close()
    hang, wrong, harmless = study.history.experiments[1:]
    assert hang.verdict.outcome is Outcome.TIMEOUT  # after its tests passed: the checks come first
    assert re.match(
        r"case \d+ of 30 \(str of \d+, dict of \d+\): The contestant kept us waiting for more than 2 s\.",
        hang.verdict.reason,
    )
    assert wrong.verdict.outcome is Outcome.VIOLATION
    assert "TemplateError was to be raised" in wrong.verdict.reason
    assert harmless.verdict.outcome in (Outcome.KEEP, Outcome.DISCARD)
    assert harmless.value is not None


def wrong_and_harmless() -> list[Edit]:
    """Two more changes of the template engine: one forgives what must be refused, one does nothing."""

    def edit(tree: Path, old: str, new: str) -> None:
        text = (tree / "template.py").read_text()
        assert old in text
        (tree / "template.py").write_text(text.replace(old, new))

    forgive = 'elif "{{" in piece or "{%" in piece:\n            raise TemplateError("a tag is never closed")\n        '
    return [
        Edit("forgive", lambda tree: edit(tree, forgive, "")),
        Edit("name", lambda tree: edit(tree, "import re\n", "import re\n\nPATTERNS = re.compile\n")),
    ]


def test_a_night_gives_every_run_the_incumbent_beside_its_own(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"autoresearch.toml": TASK, "evaluate.py": EVALUATE, "answer.py": ANSWER})
    options = ["referee.preset=exact", "agent.use=scripted", "agent.patches=."]
    study = assembly.assemble(root, config.load(root, options), granted=Budget(experiments=2)).study
    study.agent = Scripted([raised_to(2), raised_to(5)])
    study.run()
    study.workspace.close()
    runs = [run for runs in study.history.runs.values() for run in runs]
    assert [each.verdict.outcome for each in study.history.experiments] == [Outcome.KEEP] * 3
    pairs = {(run.side, run.values["ours"], run.values["ours@incumbent"]) for run in runs}
    assert pairs >= {(Side.CANDIDATE, 1, 1), (Side.CANDIDATE, 2, 1), (Side.CANDIDATE, 5, 2)}
    # An incumbent is asked beside itself: a fault of the candidate must not be laid on it.
    assert all(ours == theirs for side, ours, theirs in pairs if side is Side.INCUMBENT)
    assert study.history.epoch is not None
    assert study.history.epoch.trust_class == "supervised"


def raised_to(value: int) -> Edit:
    def apply(tree: Path) -> None:
        text = (tree / "answer.py").read_text()
        (tree / "answer.py").write_text(re.sub(r"VALUE = \d", f"VALUE = {value}", text))

    return Edit(f"raise it to {value}", apply)


@pytest.mark.parametrize(
    ("answer", "said", "reason"),
    [
        ("def f(:\n", b"SyntaxError", r"It did not start\. The contestant ended before it answered: .*: SyntaxError"),
        (
            "import os\n\n\ndef f(*given):\n    print('asked', given, flush=True)\n    os._exit(3)\n",
            b"asked (7,)",
            r"The contestant ended before it answered\.$",  # agents read this: nothing of the question
        ),
    ],
)
def test_a_contestant_that_dies_leaves_its_words_and_tells_agents_no_question(
    tmp_path: Path, answer: str, said: bytes, reason: str
) -> None:
    evaluate = EVALUATE.replace("function()", "function(7)")
    root = repository(tmp_path / "r", {"autoresearch.toml": TASK, "evaluate.py": evaluate, "answer.py": answer})
    with (measuring := rig(root)).workspace, pytest.raises(Foul) as caught:
        measuring.runner.measure(measuring.workspace.base, side=Side.CANDIDATE, seed=1)
    assert caught.value.outcome is Outcome.CRASH
    assert said in caught.value.log
    assert re.search(reason, caught.value.reason)


def test_a_baseline_that_cannot_start_says_why_though_its_other_side_is_asked_first(tmp_path: Path) -> None:
    evaluate = EVALUATE.replace("(CANDIDATE, INCUMBENT, INCUMBENT", "(INCUMBENT, CANDIDATE, INCUMBENT")
    root = repository(tmp_path / "r", {"autoresearch.toml": TASK, "evaluate.py": evaluate, "answer.py": "def f(:\n"})
    with (measuring := rig(root)).workspace, pytest.raises(Foul, match="exit status 1: SyntaxError"):
        measuring.runner.measure(measuring.workspace.base, side=Side.CANDIDATE, seed=1)
