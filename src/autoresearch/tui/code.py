"""A patch in colours: what was added in those of its language, what was removed in red, told apart by sign first."""

from __future__ import annotations

from rich.syntax import Syntax
from rich.text import Text

from autoresearch.report.diffs import Diff

QUIET = ("diff ", "index ", "--- ")
"""Beginnings of lines that say nothing a reader of one change needs."""


def painted(diff: Diff) -> Text:
    """The patch, line by line."""
    lines, name, text = [], "", Text(no_wrap=True)
    for kind, line in diff.lines:
        if kind == "file":
            name = line.removeprefix("+++ b/") if line.startswith("+++ b/") else name
            if line.startswith(QUIET):
                continue
        lines.append(_line(kind, line, name))
    text = Text("\n").join(lines)
    return text.append(f"\n… {diff.cut:,} more lines: autoresearch diff", "dim") if diff.cut else text


def _line(kind: str, line: str, name: str) -> Text:
    match kind:
        case "add":
            return Text.assemble(("+", "bold green"), _code(line[1:], name))
        case "del":
            return Text.assemble(("-", "bold red"), (line[1:], "red"))
        case "hunk":
            return Text(line, "cyan")
        case "file":
            return Text(line.removeprefix("+++ b/"), "bold")
    return Text(line, "dim")


def _code(line: str, name: str) -> Text:
    """One line in the terminal's own colours for its language; plain where there is none for it."""
    lexer = Syntax.guess_lexer(name)
    if lexer == "default":
        return Text(line, "green")
    found = Syntax("", lexer, theme="ansi_dark", background_color="default").highlight(line)
    found.rstrip()
    return found if found.plain == line.rstrip() else Text(line, "green")
