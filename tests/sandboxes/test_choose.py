"""Which box a study gets, and what is said when no box will do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autoresearch import sandboxes
from autoresearch.errors import SandboxError, UserError
from autoresearch.sandboxes.advice import APPARMOR_FIX, CONTAINER_FIX, advice

from .boxes import backend

EVERYTHING = [name for name in sandboxes.PROPERTIES if name not in ("hidden_names", "private_processes", "uplink_only")]


def test_auto_takes_the_first_that_proves_what_is_required() -> None:
    backend("bubblewrap")
    sandbox, proven = sandboxes.choose("auto", sandboxes.PROPERTIES)
    assert sandbox.name == "bubblewrap"
    assert all(proven.values())


def test_a_backend_can_be_named() -> None:
    backend("embedded")
    sandbox, proven = sandboxes.choose("embedded", EVERYTHING)
    assert sandbox.name == "embedded"
    assert set(proven) == set(sandboxes.PROPERTIES)


def test_what_is_not_proven_is_an_error_and_never_a_fallback() -> None:
    with pytest.raises(SandboxError, match="none: not proven here: no_network, hidden_files") as caught:
        sandboxes.choose("none", ["no_network", "hidden_files", "memory_cap"])
    assert caught.value.fix


def test_a_property_nobody_knows_is_an_error() -> None:
    with pytest.raises(SandboxError, match="'no_netwrk'") as caught:
        sandboxes.choose("auto", ["no_netwrk"])
    assert "no_network" in caught.value.fix


def test_a_backend_nobody_knows_is_an_error() -> None:
    with pytest.raises(UserError, match="'dokcer'") as caught:
        sandboxes.choose("dokcer", [])
    assert "bubblewrap" in caught.value.fix


CHOOSE = """
import json, sys
from autoresearch import sandboxes
from autoresearch.errors import SandboxError
try:
    sandbox, proven = sandboxes.choose("auto", json.loads(sys.argv[1]))
    print(json.dumps([sandbox.name, ""]))
except SandboxError as error:
    print(json.dumps([error.message, error.fix]))
"""


def choose_elsewhere(require: list[str], *, prefix: list[str], path: str) -> tuple[str, str]:
    """`choose("auto")` by a process of its own that lives under other conditions: the name, or the message and fix."""
    root = str(Path(sandboxes.__file__).parents[2])
    command = [*prefix, sys.executable, "-c", CHOOSE, json.dumps(require)]
    done = subprocess.run(command, env={"PYTHONPATH": root, "PATH": path}, capture_output=True, check=False)
    if not done.stdout:
        pytest.skip(f"cannot be arranged here: {done.stderr.decode()[-300:]}")
    first, second = json.loads(done.stdout)
    return first, second


NO_NAMESPACES = [
    *("unshare", "--user", "--map-root-user", "--", "/bin/sh", "-c"),
    *('echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"),
]


def test_without_user_namespaces_the_embedded_box_stands_in() -> None:
    backend("embedded")
    backend("bubblewrap")
    name, _ = choose_elsewhere(["no_network", "kill_all"], prefix=NO_NAMESPACES, path=os.environ["PATH"])
    assert name == "embedded"


def test_without_user_namespaces_what_only_they_prove_is_an_error() -> None:
    backend("bubblewrap")
    message, fix = choose_elsewhere(["private_processes"], prefix=NO_NAMESPACES, path=os.environ["PATH"])
    assert "bubblewrap: the box did not come up" in message
    assert "embedded: not proven here: private_processes" in message
    assert fix in (CONTAINER_FIX, APPARMOR_FIX)


def test_without_bubblewrap_the_fix_is_to_install_it() -> None:
    backend("embedded")
    message, fix = choose_elsewhere(["private_processes"], prefix=[], path="/nowhere")
    assert "bubblewrap is not installed" in message
    assert fix == "apt-get install bubblewrap"


def test_a_machine_whose_apparmor_restricts_namespaces_gets_its_own_advice(tmp_path: Path) -> None:
    switch = tmp_path / "apparmor_restrict_unprivileged_userns"
    refusals = {"bubblewrap": "the box did not come up: bwrap: setting up uid map: Permission denied"}
    assert advice(refusals, apparmor_switch=switch) == CONTAINER_FIX
    switch.write_text("1\n")
    assert advice(refusals, apparmor_switch=switch) == APPARMOR_FIX
