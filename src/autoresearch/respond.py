"""The candidate's side of a conversation, for a `[contestant]` command: questions in, a function's answers out.

    python -m autoresearch.respond package.module:function     each question is a call of that function
    python -m autoresearch.respond package.module              each question names the function it calls
    python -m autoresearch.respond --program ./tool            each question is a run of that program

It runs in the candidate box, beside the code it calls, and nothing rests on its honesty. Standard library only.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from autoresearch.plain import decode, encode

USAGE = "usage: python -m autoresearch.respond package.module[:function] | --program command [argument ...]"
LENGTH_BYTES = 4

Target = Callable[[str], Callable[..., Any]]
"""The function a question means, by the name it gives; empty where it gives none."""


def main(arguments: list[str]) -> int:
    """Answer until the evaluator hangs up."""
    if not arguments or (arguments[0] == "--program") != (len(arguments) > 1):
        print(USAGE, file=sys.stderr)
        return 2
    questions, answers = _private_ends()
    sys.path.insert(0, os.getcwd())
    target = _program(arguments[1:]) if arguments[0] == "--program" else _module(arguments[0])
    while head := questions.read(LENGTH_BYTES):
        answer = _answer(questions.read(int.from_bytes(head, "little")), target)
        answers.write(len(answer).to_bytes(LENGTH_BYTES, "little") + answer)
        answers.flush()
    return 0


def _private_ends() -> tuple[BinaryIO, BinaryIO]:
    """The conversation, moved to where a stray `print` or `input` of the code we call cannot reach it."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return questions, answers


def _module(name: str) -> Target:
    module_name, _, fixed = name.partition(":")
    module = importlib.import_module(module_name)

    def find(asked: str) -> Callable[..., Any]:
        function: Any = module
        for part in (fixed or asked).split("."):
            function = getattr(function, part)
        return function  # type: ignore[no-any-return]  # whatever it is, calling it is the candidate's own risk

    if fixed:
        find("")  # a missing function ends the process before it is asked anything
    return find


def _program(command: list[str]) -> Target:
    import subprocess  # a function's processes start without it

    def run(arguments: list[str], stdin: bytes = b"") -> dict[str, object]:
        done = subprocess.run([*command, *arguments], input=stdin, capture_output=True, check=False)
        return {"status": done.returncode, "stdout": done.stdout, "stderr": done.stderr}

    return lambda _: run


def _answer(question: bytes, target: Target) -> bytes:
    call = decode(question)
    if call is None:  # are you there?
        return encode(None)
    try:
        function, arguments = call
        return encode({"returned": target(function)(*arguments)})
    except Exception as error:
        return encode({"raised": type(error).__name__})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
