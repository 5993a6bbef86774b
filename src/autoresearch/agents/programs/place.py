"""Where a program is installed, and what of the machine it needs to read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """A program that was found."""

    program: Path
    """As it stands on PATH."""
    needs: tuple[Path, ...]
    """Folders to be readable: the packages it is made of, the interpreter it runs on."""


def find(executable: str, path: str) -> Place | None:
    """The program called `executable` on `path`; None when there is none."""
    found = shutil.which(executable, path=path)
    if found is None:
        return None
    program = Path(found).absolute()
    return Place(program, tuple(dict.fromkeys(_needs(program))))


def _needs(program: Path) -> list[Path]:
    real = program.resolve()
    environment = real.parent.parent
    if modules := [parent for parent in real.parents if parent.name == "node_modules"]:
        return [program.parent, modules[-1]]
    if (environment / "pyvenv.cfg").is_file():
        return [program.parent, environment, *_interpreter(environment)]
    return [program.parent, real.parent]


def _interpreter(environment: Path) -> list[Path]:
    """Where the Python of a virtual environment really lives."""
    real = (environment / "bin" / "python").resolve()
    return [real.parent.parent] if real.is_file() and real.parent.parent != Path("/usr") else []
