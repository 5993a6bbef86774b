"""Real coding programs, each through a night of five experiments: a keep, a discard, a crash, a refusal, a rate limit.

All of it by the command line, in real boxes, against the scripted model. Install the programs with `make agents`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import installed
import pytest
from models import Edit, Fail, Models, Read, Scene, Step, Text

from autoresearch.agents.programs import DIALECTS
from autoresearch.testing import toy
from program import autoresearch

KEY = "key-4711-that-nobody-may-see"


def scene(number: int, *steps: Step) -> Scene:
    return Scene(rf"# Experiment {number} of", *steps)


NIGHT = [
    scene(
        1,
        Read("settings.py"),
        Edit("settings.py", "LEARNING_RATE = 0.003", "LEARNING_RATE = 0.02"),
        Text("Done.\n\nSummary: larger steps\nHypothesis: they were too small"),
    ),
    scene(
        2,
        Read("settings.py"),
        Edit("settings.py", "DROPOUT = 0.5", "DROPOUT = 0.9"),
        Text('{"summary": "more dropout"}'),
    ),
    scene(3, Read("settings.py"), Edit("settings.py", "WIDTH = 32", "WIDTH = 1 // 0"), Text("A narrower network.")),
    scene(4, Read("loss.py"), Edit("loss.py", "import math, random", "import random"), Text("Summary: a kinder loss")),
    scene(5, Fail(429, retry_after=7200)),
]


def records(root: Path, kind: str) -> list[dict[str, Any]]:
    lines = (root / ".autoresearch" / "toy" / "ledger.jsonl").read_text().splitlines()
    return [line["body"] for line in map(json.loads, lines) if line["type"] == kind]


def run(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return autoresearch(root, "run", *options, PATH=installed.PATH, MODEL_KEY=KEY)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "pi", "opencode", "mini"])
def test_a_night(name: str, tmp_path: Path) -> None:
    installed.need(DIALECTS[name].executable)
    with Models(NIGHT) as models:
        root = toy.make(
            tmp_path / "toy", preset="exact", noise=0.0, experiments=5, more=installed.table(name, models.url)
        )
        done = run(root)
        assert done.returncode == 0, done.stderr
        keys = {seen.headers.get("x-api-key", seen.headers.get("x-goog-api-key")) for seen in models.seen} - {None}
        bearers = {seen.headers.get("authorization") for seen in models.seen} - {None}
    assert keys | bearers <= {KEY, f"Bearer {KEY}"}
    ended = records(root, "experiment")[1:]
    told = [(each["verdict"]["outcome"], each["verdict"].get("cause", "")) for each in ended]
    assert [outcome for outcome, _ in told] == ["keep", "discard", "crash", "out_of_scope", "crash"], told
    assert told[4][1] == "rate_limited"
    made = [each["candidate"] for each in ended if each["candidate"]]
    assert [each["summary"] for each in made] == ["larger steps", "more dropout", "A narrower network."]
    assert made[0]["hypothesis"] == "they were too small"
    assert all(each["tokens"] > 0 for each in ended[:4])
    assert ended[4]["tokens"] == 0
    for candidate in made:
        assert candidate["agent_version"][0].isdigit()
        assert candidate["transcript"]
    assert hidden(root)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["claude", "codex", "pi"])
def test_a_conversation_that_goes_on(name: str, tmp_path: Path) -> None:
    installed.need(DIALECTS[name].executable)
    with Models(NIGHT) as models:
        more = installed.table(name, models.url) + 'session = "continue"\n'
        root = toy.make(tmp_path / "toy", preset="exact", noise=0.0, experiments=2, more=more)
        done = run(root)
        assert done.returncode == 0, done.stderr
        first, later = models.seen[0].ask, models.seen[-1].ask
    assert [each["verdict"]["outcome"] for each in records(root, "experiment")[1:]] == ["keep", "discard"]
    prompts = [message.text for message in later.messages if message.role == "user"]
    assert sum("# Experiment 1 of" in prompt for prompt in prompts) == 1
    assert sum("# Experiment 2 of" in prompt for prompt in prompts) == 1
    assert len(later.messages) > 2 * len(first.messages)


def hidden(root: Path) -> bool:
    """Whether the key stands nowhere in what the study left behind."""
    files = [path for path in (root / ".autoresearch").rglob("*") if path.is_file() and not path.is_symlink()]
    return len(files) > 5 and not any(KEY.encode() in path.read_bytes() for path in files)
