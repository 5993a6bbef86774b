"""What must hold of every row, on every sandbox."""

from __future__ import annotations

import pytest

from autoresearch.attacks.attack import Attack

from .night import Night, autoresearch, backend_options


def demand_stopped(night: Night, attack: Attack) -> None:
    """Not kept, for the right reason, to no effect; or reported as not given, and then a hard error to require."""
    if why := attack.not_here():
        pytest.skip(why)
    if night.is_given(attack):
        assert night.objections(attack) == []
    else:
        demand_reported(night, attack)


def demand_reported(night: Night, attack: Attack) -> None:
    """The sandbox says that it does not give the property, and a task that requires it does not start."""
    assert night.history.epoch is not None
    assert night.history.epoch.properties[attack.needs] is False
    require = f"sandbox.require=['{attack.needs}']"
    refused = autoresearch(night.root, "run", *backend_options(night.backend), "-c", require)
    assert refused.returncode == 1
    assert f"not proven here: {attack.needs}" in refused.stderr


def demand_undisturbed(night: Night) -> None:
    """The study went on, and nothing outside of it changed."""
    assert night.disturbances() == []


def demand_worked(unboxed: Night, attack: Attack) -> None:
    """In no sandbox the same attack works, so it is the sandbox that stops it."""
    if why := attack.not_here():
        pytest.skip(why)
    done = unboxed.tried(attack)
    assert len(done) == len(attack.acts)
    assert all(unboxed.worked(one) for one in done)
