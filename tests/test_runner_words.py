"""How a command ended, in the words that end up in a verdict."""

from __future__ import annotations

import subprocess

import pytest

from autoresearch.box import Exit
from autoresearch.commandline import arguments
from autoresearch.runners.local import _how
from autoresearch.task import Limits, Phase


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("true && pythn train.py", "command not found: pythn"),
        ("exec 2>&1; echo so; exit 127", "exit status 127: so"),
        ("exit 127;", "exit status 127: it said nothing"),
    ],
)
def test_a_shell_names_the_program_that_is_missing(command: str, words: str) -> None:
    argv = arguments(command)
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert _how(Exit(done.returncode, None, "", 0.1, done.stdout), Phase(argv, Limits(1.0))) == words


def test_bash_says_it_in_other_words() -> None:
    ended = Exit(127, None, "", 0.1, b"./run.sh: line 3: pythn: command not found\n")
    assert _how(ended, Phase(("./run.sh",), Limits(1.0))) == "command not found: pythn"


def test_without_a_shell_it_is_the_command() -> None:
    ended = Exit(127, None, "", 0.1, b"autoresearch: no such file\n")
    assert _how(ended, Phase(("pyhton", "x.py"), Limits(1.0))) == "command not found: pyhton"
