"""One night per family and sandbox, shared by the rows of the family; see this package's docstring."""

from __future__ import annotations

import pytest

from .night import BACKENDS, UNBOXED, Night, is_boxed, play, proven

pytest.register_assert_rewrite(f"{__package__}.rows")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`attack` is each row of the module's FAMILY, `boxed_attack` each that a property of the sandbox stops."""
    attacks = metafunc.module.FAMILY.attacks if hasattr(metafunc.module, "FAMILY") else ()
    for name, rows in ("attack", attacks), ("boxed_attack", [attack for attack in attacks if is_boxed(attack)]):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows, ids=lambda attack: f"{attack.row} {attack.title}")


@pytest.fixture(scope="module", params=BACKENDS)
def night(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night of the module's FAMILY on each sandbox of this machine."""
    found = proven(request.param)
    if isinstance(found, str):
        pytest.skip(f"{request.param}: {found}")
    return play(request.module.FAMILY, request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def unboxed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The attacks of FAMILY that rest on a property of the sandbox, without any."""
    return play(request.module.FAMILY, UNBOXED, tmp_path_factory.mktemp(UNBOXED))
