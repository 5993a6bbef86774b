"""The examples as tests meet them: files loaded by path, evaluators behind a real door."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from here import ONE_THREAD, ROOT

from door import Door


@pytest.fixture
def load():
    """A function that loads `examples/<path>` as a module of its own, so that a test may set its constants."""

    def load_file(path):
        spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / "examples" / path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_file


@pytest.fixture
def judge(tmp_path):
    """A function that runs an evaluator against a contestant's command and returns what it wrote."""

    def run(evaluator, contestant, *arguments, artifacts=tmp_path, seed=1):
        metrics = tmp_path / "metrics.json"
        env = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT / "src"), "AUTORESEARCH_ARTIFACTS": str(artifacts)}
        with Door(contestant, env=env) as door:
            env |= {
                "AUTORESEARCH_DOOR": str(door.number),
                "AUTORESEARCH_METRICS": str(metrics),
                "AUTORESEARCH_SEED": str(seed),
            }
            command = [sys.executable, str(evaluator), *arguments]
            subprocess.run(command, env=env, pass_fds=[door.number], check=True, capture_output=True)
        return json.loads(metrics.read_text())

    return run
