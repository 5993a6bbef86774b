from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.errors import UserError
from autoresearch.workspace.globs import Globs


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("train.py", ["train.py"], ["src/train.py", "train.pyc", "Train.py", "train_py"]),
        ("*.py", ["a.py", ".py", ".hidden.py"], ["src/a.py", "a.pyx"]),
        ("src/*.py", ["src/a.py"], ["src/b/a.py", "a.py"]),
        ("src/**", ["src/a", "src/b/c/.d"], ["src", "srcs/a"]),
        ("src/", ["src/a", "src/b/c"], ["src"]),
        ("**", ["a", "a/b/c"], []),
        ("**/*.py", ["a.py", "x/a.py", "x/y/a.py"], ["a.pyc"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb"]),
        ("a?c", ["abc", "a c", "aéc"], ["ac", "a/c", "abbc"]),
        ("v[0-9].txt", ["v1.txt"], ["v10.txt", "va.txt"]),
        ("v[!0-9].txt", ["va.txt"], ["v1.txt", "v/.txt"]),
        ("[[]x]", ["[x]"], ["x"]),
        ("a[].txt", ["a[].txt"], ["a.txt"]),
        ("[a^-]", ["^", "-", "a"], ["b"]),
        ("a+(b).{c}", ["a+(b).{c}"], ["aab.c"]),
        ("line\nend*", ["line\nend\nmore"], ["line"]),
        ("with space/ü.py", ["with space/ü.py"], ["with space/u.py"]),
    ],
)
def test_a_pattern_means_these_paths(pattern: str, inside: list[str], outside: list[str]) -> None:
    globs = Globs((pattern,))
    assert [path for path in inside if path not in globs] == []
    assert [path for path in outside if path in globs] == []


def test_any_pattern_is_enough_and_none_is_never() -> None:
    assert "b" in Globs(("a", "b"))
    assert "a" not in Globs(())
    assert "" not in Globs(())


@pytest.mark.parametrize("pattern", ["", "/etc/x", "../x", "a/../b", "./a", "a//b", "a**", "a/**b/c", "[z-a]", "//"])
def test_a_pattern_that_means_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(UserError, match="The pattern"):
        Globs((pattern,))


@given(st.text(st.characters(exclude_characters="/[]*?"), min_size=1).filter(lambda name: name not in {".", ".."}))
def test_a_plain_name_means_itself(name: str) -> None:
    assert name in Globs((name,))
    assert name + "x" not in Globs((name,))
    assert name in Globs(("**/" + name,))
