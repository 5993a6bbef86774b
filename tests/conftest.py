"""What every test stands on: lines end nowhere, whatever terminal the tests are started from, a bare Python, and luck.

The seeds of a study's runs follow from a secret that is drawn when it begins. Here it follows from the name of the
test, or of the module whose fixture begins it, as Hypothesis' draws do: what a test asserts of noise is then true in
every run of it, or in none. Nothing is asserted of how long one draw takes, nor of how a person has set up git.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import hypothesis
import pytest

import luck
from interpreters import WITH_PACKAGES, activated, bare

for name in ("COLUMNS", "LINES"):  # workers of pytest-xdist set them
    os.environ.pop(name, None)

# A shell's background job ignores Ctrl-C, and so would every program that tests begin.
signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ.update(activated(bare()), GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")

hypothesis.settings.register_profile("same in every run", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same in every run")


@pytest.fixture(scope="module", autouse=True)
def _luck_of_fixtures(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv(luck.VARIABLE, request.node.nodeid)
        luck.give(put=monkeypatch.setattr)
        yield


@pytest.fixture(autouse=True)
def _luck(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(luck.VARIABLE, request.node.nodeid)
    luck.give(put=monkeypatch.setattr)


@pytest.fixture
def with_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of this test's studies may import what is installed beside the tests."""
    for name, value in WITH_PACKAGES.items():
        monkeypatch.setenv(name, value)
