"""Set-ups made for other tools, put under study as they are: a real night on each keeps something."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autoresearch.adapters import benchmarks, openevolve, say
from autoresearch.cli import app
from autoresearch.errors import UserError
from autoresearch.records import Outcome
from autoresearch.setups import scope
from autoresearch.setups.detect import detect
from autoresearch.setups.tryout import numbers
from autoresearch.site import Site
from gitrepo import fingerprint, git, repository, write
from program import COMMAND, autoresearch

KARPATHY = {
    "prepare.py": "TIME_BUDGET = 7  # seconds\nDATA = 'none'\n",
    "train.py": (
        "WIDTH = 16\nRATE = 0.5\n"
        "print('step 1\\rstep 2\\r', end='')\nprint('---')\n"
        "print(f'val_bpb:          {1 + abs(WIDTH - 40) / 100 + (RATE - 0.1) ** 2:.6f}')\n"
        "print('peak_vram_mb:     45060.2')\n"
    ),
    "program.md": "# autoresearch\n\nLOOP FOREVER. NEVER STOP.\n",
}
PI = {
    ".auto/measure.sh": "#!/bin/bash\nset -e\npython3 bench.py\necho built > made.txt\n",
    ".auto/checks.sh": "#!/bin/bash\ntest -s lib/work.py\n",
    ".auto/prompt.md": "# Faster work\n\n## Files in Scope\n- `lib/work.py`: the loop\n- `.auto/measure.sh`: no\n\n"
    "## Off Limits\n- `bench.py`\n",
    ".auto/log.jsonl": '{"type":"config","name":"work","metricName":"total_µs","metricUnit":"µs",'
    '"bestDirection":"lower"}\n'
    '{"run":1,"commit":"a1b2c3d","metric":900,"metrics":{},"status":"keep","description":"baseline","segment":0}\n',
    ".auto/config.json": '{"maxIterations": 12}',
    "bench.py": (
        "import sys; sys.path.insert(0, 'lib')\nimport work\n"
        "print('METRIC total_µs=999')\nprint(f'METRIC total_µs={500 + abs(work.CHUNK - 64)}')\n"
    ),
    "lib/work.py": "CHUNK = 8\n",
}
LEGACY = {
    "autoresearch.sh": "echo METRIC seconds=1.5\n",
    "autoresearch.md": "# Build time\n\n## Files in Scope\n- `src/`\n",
    "src/a.c": "int a;\n",
}
OPENEVOLVE = {
    "initial_program.py": "# EVOLVE-BLOCK-START\nSIDE = 3.0\nDEPTH = 1\n# EVOLVE-BLOCK-END\n\n"
    "def answer():\n    return SIDE, DEPTH\n",
    "evaluator.py": (
        "import importlib.util\nfrom openevolve.evaluation_result import EvaluationResult\n"
        "def load(path):\n    spec = importlib.util.spec_from_file_location('program', path)\n"
        "    module = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(module)\n    return module\n"
        "def evaluate_stage1(path):\n    load(path)\n    return {'combined_score': 0.6, 'runs': True}\n"
        "def evaluate_stage2(path):\n    side, depth = load(path).answer()\n"
        "    score = 10 - abs(side - 8) - depth * 0.1\n"
        "    return EvaluationResult(metrics={'combined_score': score, 'nested': {'side': side}})\n"
        "def evaluate(path):\n    raise RuntimeError('never called where there are stages')\n"
    ),
    "config.yaml": "evaluator:\n  timeout: 20\n  cascade_evaluation: true\n  cascade_thresholds: [0.5]\n",
}
SHINKA = {
    "initial.py": "# EVOLVE-BLOCK-START\nRADIUS = 0.1\n# EVOLVE-BLOCK-END\n",
    "evaluate.py": (
        "import argparse, json, os, runpy\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--program_path')\nparser.add_argument('--results_dir')\n"
        "given = parser.parse_args()\nradius = runpy.run_path(given.program_path)['RADIUS']\nright = 0 < radius < 1\n"
        "def leave(name, found):\n"
        "    with open(os.path.join(given.results_dir, name), 'w') as file:\n        json.dump(found, file)\n"
        "score = 1 - abs(radius - 0.4)\n"
        "leave('metrics.json', {'combined_score': score, 'public': {'radius': radius}, 'private': {}})\n"
        "leave('correct.json', {'correct': right, 'error': None if right else 'overlap'})\n"
        "raise SystemExit(3)\n"
    ),
}
EXACT = '\n[referee]\npreset = "exact"\nmin_effect = 1e-6\n'


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return autoresearch(root, *words)


def adopted(root: Path, *words: str) -> dict[str, object]:
    done = run(root, "init", *words)
    assert done.returncode == 0, done.stderr
    return tomllib.loads((root / "autoresearch.toml").read_text())


NIGHTS = {
    "karpathy": (KARPATHY, ".", "val_bpb", ["train.py"]),
    "pi": (PI, ".", "total_us", ["lib/work.py"]),
    "openevolve": (
        {f"ex/{name}": text for name, text in OPENEVOLVE.items()},
        "ex",
        "combined_score",
        ["ex/initial_program.py"],
    ),
    "shinka": ({f"ex/{name}": text for name, text in SHINKA.items()}, "ex", "combined_score", ["ex/initial.py"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("source", NIGHTS)
def test_a_night_on_their_set_up_keeps_something(source: str, tmp_path: Path) -> None:
    files, where, metric, editable = NIGHTS[source]
    root = repository(tmp_path / "theirs", dict(files))
    before = fingerprint(root)
    task = adopted(root, "--from", source, where, "--seconds", "20")
    assert task["metric"]["name"] == metric
    assert task["editable"] == editable
    with (root / "autoresearch.toml").open("a") as file:
        file.write(EXACT)
    assert {path: print_ for path, print_ in fingerprint(root).items() if path in before} == before
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "task")
    done = run(root, "run", "--experiments", "5")
    assert done.returncode == 0, done.stderr
    history = Site(root, str(task["name"])).ledger().history
    assert history.counts.get(Outcome.KEEP, 0) >= 1, [each.verdict for each in history.experiments]
    assert history.epoch
    assert history.epoch.trust_class == "self-reported"


def test_a_pi_session_of_the_old_names_is_read_too(tmp_path: Path) -> None:
    root = repository(tmp_path / "old", dict(LEGACY))
    task = adopted(root, "--from", "pi")
    assert task["editable"] == ["src/**"]
    assert task["metric"]["name"] == "seconds"
    assert task["experiment"]["command"] == "python -m autoresearch.adapters.pi autoresearch.sh"


@pytest.mark.parametrize(
    ("flags", "metric", "direction", "guess"),
    [
        ([], "accuracy", "maximize", True),
        (["--direction", "minimize"], "accuracy", "minimize", False),
        (["--metric", "loss"], "loss", "minimize", True),
    ],
)
def test_which_way_is_better_is_never_guessed_in_silence(
    flags: list[str], metric: str, direction: str, *, guess: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "new", LEGACY | {"autoresearch.sh": "echo METRIC accuracy=0.5\n"})
    monkeypatch.chdir(root)
    done = CliRunner().invoke(app, ["init", "--from", "pi", *flags])
    written = (root / "autoresearch.toml").read_text()
    assert tomllib.loads(written)["metric"] == {"name": metric, "direction": direction}
    assert [f"{direction} is meant, it is a guess" in text for text in (done.stderr, written)] == [guess, guess]


def test_what_a_session_says_becomes_the_task(tmp_path: Path) -> None:
    root = repository(tmp_path / "pi", dict(PI))
    task = adopted(root, "--from", "pi")
    assert "autoresearch import .auto/log.jsonl shows" in (root / "autoresearch.toml").read_text()
    assert "is a guess" not in (root / "autoresearch.toml").read_text()
    assert task["goal"] == "Faster work"
    assert task["budget"]["experiments"] == 12
    assert task["metric"] == {"name": "total_us", "direction": "minimize", "unit": "µs"}
    assert task["check"] == [{"name": "checks", "command": "bash .auto/checks.sh", "seconds": 300}]


def test_upstreams_cache_stays_where_it_is(tmp_path: Path) -> None:
    prepare = 'import os\nCACHE = os.path.join(os.path.expanduser("~"), ".cache", "autoresearch")\nTIME_BUDGET = 300\n'
    train = "from kernels import get_kernel\nfa3 = get_kernel('someone/attention').interface\n"
    root = repository(tmp_path / "up", {**KARPATHY, "prepare.py": prepare, "train.py": train})
    task = adopted(root, "--from", "karpathy")
    assert task["sandbox"] == {"read": [str(Path.home() / ".cache" / each) for each in ("autoresearch", "huggingface")]}
    assert task["experiment"]["env"] == {"HOME": str(Path.home()), "HF_HUB_OFFLINE": "1"}
    assert "Run `python train.py` once before" in (root / "autoresearch.toml").read_text()
    assert task["experiment"]["seconds"] == 300
    assert (root / "program.md").read_text() == KARPATHY["program.md"]


@pytest.mark.parametrize("source", ["karpathy", "pi", "openevolve", "shinka", "nobody"])
def test_what_is_not_there_is_said_and_nothing_is_written(source: str, tmp_path: Path) -> None:
    root = repository(tmp_path / "empty", {"README": "x"})
    done = run(root, "init", "--from", source)
    assert done.returncode == 1
    assert "error: " in done.stderr
    assert not (root / "autoresearch.toml").exists()


def evaluated(text: str, *, cascade: list[float] | None = None) -> dict[str, object]:
    module = type(sys)("evaluation_module")
    exec(text, module.__dict__)
    return openevolve.evaluated(module, "p", cascade)


def test_what_evaluators_return_is_taken_as_there() -> None:
    assert evaluated("async def evaluate(path): return {'combined_score': 2}") == {"combined_score": 2}
    stages = (
        "def evaluate_stage1(p): return {'combined_score': .4}\ndef evaluate_stage2(p): return {'combined_score': .9}"
    )
    assert evaluated(stages, cascade=[0.5]) == {"combined_score": 0.4}
    assert evaluated(stages, cascade=[0.3]) == {"combined_score": 0.9}
    assert openevolve.fitness({"a": 1.0, "b": 3.0}) == 2.0
    with pytest.raises(SystemExit):
        evaluated("def evaluate(path): return None")


def test_an_error_is_a_crash_and_not_a_zero(tmp_path: Path) -> None:
    write(tmp_path, {"evaluator.py": "def evaluate(p): return {'combined_score': 0.0, 'error': 'no'}\n", "i.py": ""})
    done = subprocess.run(
        [sys.executable, "-m", "autoresearch.adapters.openevolve", "evaluator.py", "i.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "the evaluator says: no\n"


def test_numbers_of_other_tools_get_names_a_task_can_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    say.metrics({"total_µs": 1.0, "a b": 2.0, "9": 3.0, "nan": float("nan")})
    assert capsys.readouterr().out == "METRIC total_us=1.0\nMETRIC a_b=2.0\nMETRIC _9=3.0\n"


def test_what_cargo_prints_is_read() -> None:
    text = "test tests::bench_a ... bench:       1,234 ns/iter (+/- 12)\n"
    text += "parse/small            time:   [1.10 µs 1.20 µs 1.30 µs]\n"
    assert benchmarks._LIBTEST.findall(text) == [("tests::bench_a", "1,234", "ns")]
    assert benchmarks._CRITERION.findall(text) == [("parse/small", "1.20", "µs")]


def test_what_a_repository_measures_itself_with_is_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pyproject.toml": '[project]\nname="x"\n[dependency-groups]\ndev=["pytest-benchmark"]\n',
            "tests/test_speed.py": "def test_it(benchmark): ...\n",
            "Makefile": "all:\n\techo\nbench: all\n\techo\nbench_flags := -O2\n",
            "package.json": '{"scripts": {"build": "x", "bench:parse": "y"}}',
            "Cargo.toml": '[[bench]]\nname = "b"\n',
            "compare.sh": "hyperfine ./a\n",
            "train.py": "",
        },
    )
    assert [each.command for each in detect(tmp_path)] == [
        "python -m autoresearch.adapters.benchmarks pytest tests/test_speed.py",
        "python -m autoresearch.adapters.benchmarks cargo",
        "npm run --silent bench:parse",
        "make -s bench",
        "bash compare.sh",
        "python train.py",
    ]


def test_what_a_benchmark_imports_is_proposed_and_not_the_benchmark(tmp_path: Path) -> None:
    files = {
        "bench.py": "import json\nimport parser_of_mine\nfrom fast.lines import split\nfrom tools import helper\n",
        "parser_of_mine.py": "",
        "src/fast/__init__.py": "",
        "src/fast/lines.py": "",
        "src/tools/__init__.py": "",
        "src/tools/helper.py": "",
        "train.py": "import parser_of_mine\n",
        "tests/test_speed.py": "from fast import lines\n",
        "tests/eval_broken.py": "import (",
        "measure.sh": "python bench.py",
    }
    write(tmp_path, files)
    proposed = {
        command: scope.likely(tmp_path, command, list(files))
        for command in (
            "python bench.py",
            "python train.py",
            "python tests/eval_broken.py",
            "bash measure.sh",
            "python -m autoresearch.adapters.benchmarks pytest tests/test_speed.py",
            "cargo bench",
        )
    }
    assert list(proposed.values()) == [
        ["parser_of_mine.py", "src/fast/lines.py", "src/tools/**/*.py"],
        ["train.py"],
        ["tests/eval_broken.py"],
        ["measure.sh"],
        ["src/fast/**/*.py"],
        [],
    ]
    for globs in proposed.values():
        scope.demand(globs, list(files))


def test_without_a_terminal_init_asks_nobody_and_names_what_it_saw(tmp_path: Path) -> None:
    root = repository(tmp_path / "mine", {"bench.py": "print('loss: 1.5')\nprint('METRIC speed=3')\nopen('x', 'w')\n"})
    (root / "data").symlink_to("/usr/share")
    git(root, "add", "data")
    git(root, "commit", "--quiet", "-m", "a link to data elsewhere")
    before = fingerprint(root)
    bare = run(root, "init")
    assert bare.returncode == 1
    assert "python bench.py    (there is a bench.py)" in bare.stderr
    assert "autoresearch init --command 'python bench.py'" in bare.stderr
    lost = run(root, "init", "--editable", "bench.py", "--editable", "nothere/*.py")
    assert "'nothere/*.py' matches no file that git knows." in lost.stderr
    named = run(root, "init", "--command", "python bench.py", "--metric", "loss", "--direction", "minimize")
    assert "autoresearch init --editable bench.py" in named.stderr, "what the command runs is proposed"
    tried = run(root, "init", "--command", "python bench.py")
    assert tried.returncode == 1
    assert "lead out of the repository: data." in tried.stderr
    assert "  1  loss = 1.5\n  2  speed = 3\n" in tried.stderr
    assert "autoresearch init --metric loss" in tried.stderr
    failed = run(root, "init", "--command", "echo hi; no-such-tool --fast")
    assert "did not work: `echo hi; no-such-tool --fast`: status 127, and it said:\n    hi\n" in failed.stderr
    assert "no-such-tool: not found" in failed.stderr
    assert fingerprint(root) == before


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_on_a_terminal_init_asks_and_writes_what_was_answered(tmp_path: Path) -> None:
    import pty

    root = repository(tmp_path / "mine", {"bench.py": "print('speed: 1.5')\n", "src/a.py": "A = 1\n"})
    master, slave = pty.openpty()
    pipes = {"stdin": slave, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, "init"], cwd=root, **pipes) as asking:
        os.write(master, b"1\n1\nmaximize\nnothere/*.py\nsrc/*.py bench.py\n")
        _, said = asking.communicate(timeout=60)
    os.close(master)
    os.close(slave)
    assert asking.returncode == 0, said.decode()
    task = tomllib.loads((root / "autoresearch.toml").read_text())
    assert task["experiment"]["command"] == "python bench.py"
    assert task["metric"] == {"name": "speed", "direction": "maximize"}
    assert task["editable"] == ["src/*.py", "bench.py"]
    assert b"'nothere/*.py' matches no file that git knows." in said
    assert b"then: autoresearch check" in said


def test_numbers_in_an_output() -> None:
    assert numbers("a: 1\nb = 2e3\nMETRIC c=-.5\nno number: x\nd: 1 ms\nprogress\re: 7\n") == {
        "a": 1,
        "b": 2000,
        "c": -0.5,
        "e": 7,
    }


def test_a_task_that_is_there_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "mine", {"autoresearch.toml": "name = 1\n"})
    monkeypatch.chdir(root)
    done = CliRunner().invoke(app, ["init", "--from", "karpathy"])
    assert isinstance(done.exception, UserError)
    assert (root / "autoresearch.toml").read_text() == "name = 1\n"
