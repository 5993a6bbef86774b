"""The coding programs that `make agents` installs for the tests, and how each is pointed at the scripted model."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / ".agents"
PATH = os.pathsep.join([str(FOLDER / "node_modules" / ".bin"), str(FOLDER / "bin"), os.environ.get("PATH", "")])
OPTIONS = {
    "claude": 'model = "sonnet"',
    "codex": 'model = "gpt-5.5"\nbase_url = "{url}/v1"',
    "gemini": 'model = "gemini-2.5-flash"',
    "pi": 'model = "scripted"',
    "opencode": 'model = "scripted"\nprovider = "openai"\nwire = "openai"\nbase_url = "{url}/v1"',
    "mini": 'model = "scripted"\nprovider = "local"\nbase_url = "{url}/v1"',
    "aider": 'model = "scripted"\nprovider = "local"\nbase_url = "{url}/v1"',
}
"""Lines below [agent], such that every wire is used by somebody."""


def need(executable: str) -> None:
    """Skip the test where the program is not installed."""
    if shutil.which(executable, path=PATH) is None:
        pytest.skip(f"{executable} is not installed: make agents")


def table(name: str, url: str) -> str:
    """`[agent]` for the program called `name` and a model at `url`."""
    lines = OPTIONS[name] if "base_url" in OPTIONS[name] else OPTIONS[name] + '\nbase_url = "{url}"'
    return f'[agent]\nuse = "{name}"\nkey_env = "MODEL_KEY"\n' + lines.format(url=url) + "\n"
