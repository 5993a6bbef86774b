"""`autoresearch skill install`: tells the agents that read such files how to drive a study."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from autoresearch.cli import place
from autoresearch.errors import UserError

app = typer.Typer(help="How coding agents learn to drive a study.", no_args_is_help=True)


class Host(StrEnum):
    """Who reads skills, and by what name."""

    AGENTS = "agents"
    CLAUDE = "claude"
    CODEX = "codex"
    GEMINI = "gemini"
    OPENCODE = "opencode"
    PI = "pi"


FOLDERS = {
    Host.AGENTS: (".agents/skills", ".agents/skills"),
    Host.CLAUDE: (".claude/skills", ".claude/skills"),
    Host.CODEX: (".agents/skills", ".agents/skills"),
    Host.GEMINI: (".gemini/skills", ".gemini/skills"),
    Host.OPENCODE: (".opencode/skills", ".config/opencode/skills"),
    Host.PI: (".pi/skills", ".pi/agent/skills"),
}
"""Below the repository, and below the home folder."""

EVERYBODY = (Host.AGENTS, Host.CLAUDE)
"""Two folders that all six read between them."""

_SEAL = "<!-- as installed: "


@app.callback()
def root() -> None:
    """How coding agents learn to drive a study."""


@app.command()
def install(
    host: Annotated[list[Host] | None, typer.Option(help="For whom; may be given again. Default: for all.")] = None,
    for_all: Annotated[bool, typer.Option("--global", help="In your home folder, for every repository.")] = False,
) -> None:
    """Write the skill where the agents look for it. A file somebody changed is never overwritten."""
    base = Path.home() if for_all else place.repository()
    folders = dict.fromkeys(FOLDERS[each][for_all] for each in host or EVERYBODY)
    targets = [base / folder / "autoresearch" / "SKILL.md" for folder in folders]
    for target in targets:
        _refuse_changed(target)
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_sealed(text()), encoding="utf-8")
        typer.echo(str(target))


def text() -> str:
    """The skill, from the installed package or from the source tree."""
    installed = Path(str(resources.files("autoresearch"))) / "_skills" / "autoresearch" / "SKILL.md"
    source = Path(__file__).parents[3] / "skills" / "autoresearch" / "SKILL.md"
    return (installed if installed.is_file() else source).read_text(encoding="utf-8")


def _sealed(body: str) -> str:
    """`body` with its own digest at the end, by which a later version knows that nobody changed it."""
    return f"{body}\n{_SEAL}{hashlib.sha256(body.encode()).hexdigest()} -->\n"


def _refuse_changed(target: Path) -> None:
    if target.is_file():
        there = target.read_text(encoding="utf-8", errors="replace")
        if there != _sealed(there.rpartition(f"\n{_SEAL}")[0]):
            raise UserError(
                f"{target} was changed, or comes from elsewhere; nothing was written.",
                fix=f"mv {target} {target}.mine, then type it again",
            )
