"""A task file before it is one: what was found, what it means, and what a person should look at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autoresearch import clean, config
from autoresearch.errors import UserError
from autoresearch.readers.directions import likely


@dataclass(frozen=True, slots=True)
class Gate:
    """A check before any number."""

    name: str
    command: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a task file says, in the words of the file."""

    name: str
    goal: str
    editable: Sequence[str]
    metric: str
    direction: str
    command: str
    is_guess: bool = False
    """Whether nothing but the metric's name says which way is better."""
    seconds: float = 300.0
    unit: str = ""
    bounds: tuple[float, float] | None = None
    evaluation: str = ""
    grace_seconds: float = 0.0
    cores: int | None = 1
    gpus: int = 0
    writable_tree: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    read: Sequence[str] = ()
    gates: Sequence[Gate] = ()
    experiments: int = 100
    preset: str = ""
    """Empty for the default."""
    remarks: Sequence[str] = ()
    """What a person should know, a sentence each."""
    hints: Sequence[str] = ()
    """For program.md, where there is none."""

    @property
    def said(self) -> list[str]:
        """What a person should look at, a sentence each; the file begins with them."""
        guess = f"Look at `direction`: only the metric's name says that {self.direction} is meant, it is a guess."
        return [*self.remarks, *([guess] if self.is_guess else [])]


def measured_by(draft: Draft, metric: str | None, direction: str | None) -> Draft:
    """`draft` with what a person said of its number; the way of another metric than the set-up's is guessed."""
    if metric and metric != draft.metric:
        draft = replace(draft, metric=metric, direction=str(likely(metric)), is_guess=True, unit="", bounds=None)
    return replace(draft, direction=direction, is_guess=False) if direction else draft


_GATE = """\
# [[check]]                          # gates before any number: failing means no score
# name = "tests"
# command = "pytest -q"
# seconds = 120
"""


def write(root: Path, draft: Draft, *, head: str = "") -> list[str]:
    """Write autoresearch.toml, which begins with `head`, and program.md where there is none. Returns their names.

    Raises UserError, with nothing written, when there is a task file or the draft makes none that can be used.
    """
    target = root / config.TASK_FILE
    if target.exists():
        raise UserError(f"{target} exists already.", fix="autoresearch check")
    target.write_text(head + render(draft), encoding="utf-8")
    try:
        config.load(root)
    except UserError:
        target.unlink()
        raise
    program = root / config.PROGRAM_FILE
    if program.exists():
        return [target.name]
    program.write_text(_program(draft), encoding="utf-8")
    return [target.name, program.name]


def render(draft: Draft) -> str:
    """The task file, with a word beside what is not obvious."""
    parts = [
        *(f"# {remark}" for remark in draft.said),
        *([""] if draft.said else []),
        f"name = {toml(draft.name)}",
        f"goal = {toml(draft.goal)}",
        _said(f"editable = [{', '.join(map(toml, draft.editable))}]", "what may change; everything else is sealed"),
        _said('# hidden = ["holdout/**"]', "what neither agent nor candidate may ever see"),
        *_metric(draft),
        *_experiment(draft),
        *_evaluation(draft),
        *_gates(draft),
        *(["", "[sandbox]", f"read = [{', '.join(map(toml, draft.read))}]"] if draft.read else []),
        *(["", "[referee]", f"preset = {toml(draft.preset)}"] if draft.preset else []),
        "",
        "[budget]",
        f"experiments = {draft.experiments}",
        "",
        "[agent]",
        _said('use = "tuner"', "needs no model and no key"),
        "# or a coding agent: claude, codex, gemini, pi, opencode, mini, aider; acp is any that speaks its protocol,",
        "# llm a model without a program, command a program of yours, portfolio several of these",
    ]
    return "\n".join(parts) + "\n"


def toml(text: str) -> str:
    """`text` as a TOML basic string."""
    return json.dumps(clean.writable(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def safe_name(text: str) -> str:
    """`text` as a study may be called."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in text)
    return kept.strip("-._")[:64] or "study"


def inside(root: Path, folder: Path) -> str:
    """`folder` relative to the repository, with a slash at the end; empty for the root itself."""
    path = folder.resolve().relative_to(root.resolve()).as_posix()
    return "" if path == "." else f"{path}/"


def _said(line: str, what: str) -> str:
    """A line of the file and a word on it, where all such words begin."""
    return f"{line:<36} # {what}"


def _metric(draft: Draft) -> list[str]:
    lines = ["", "[metric]", f"name = {toml(draft.metric)}", f"direction = {toml(draft.direction)}"]
    lines.append(f"unit = {toml(draft.unit)}" if draft.unit else '# unit = "s"')
    low, high = draft.bounds or (0.0, 1000.0)
    word = "bounds" if draft.bounds else "# bounds"
    return [*lines, _said(f"{word} = [{low}, {high}]", "physical limits: a value outside is a violation, not a record")]


def _experiment(draft: Draft) -> list[str]:
    lines = [
        "",
        _said("[experiment]", "untrusted: runs boxed, in a read-only copy, without a network"),
        f"command = {toml(draft.command)}",
        _said(f"seconds = {draft.seconds:g}", "the clock; then everything it started is killed"),
    ]
    if draft.grace_seconds:
        lines.append(f"grace_seconds = {draft.grace_seconds:g}")
    if draft.cores:
        lines.append(_said(f"cores = {draft.cores}", "pin it: other load then disturbs it least"))
    if draft.gpus:
        lines.append(f"gpus = {draft.gpus}")
    if draft.writable_tree:
        lines.append(_said("writable_tree = true", "it may write into its (throw-away) copy of the tree"))
    if draft.env:
        lines.append(f"env = {{ {', '.join(f'{name} = {toml(value)}' for name, value in draft.env.items())} }}")
    lines.append('# memory = "8 GiB"')
    return lines


def _evaluation(draft: Draft) -> list[str]:
    if draft.evaluation:
        return [
            "",
            _said("[evaluation]", "trusted: sealed files only, after the candidate is dead"),
            _said(f"command = {toml(draft.evaluation)}", "reads $AUTORESEARCH_ARTIFACTS, writes $AUTORESEARCH_METRICS"),
            "seconds = 60",
        ]
    return [
        "",
        "# Without [evaluation] the number is the candidate's own word, in its output, and every certificate is",
        "# labelled `self-reported`. To seal it, add:",
        "# [evaluation]",
        '# command = "python evaluate.py"     # reads $AUTORESEARCH_ARTIFACTS, writes $AUTORESEARCH_METRICS',
        "# seconds = 60",
    ]


def _gates(draft: Draft) -> list[str]:
    if not draft.gates:
        return ["", *_GATE.splitlines()]
    lines = []
    for gate in draft.gates:
        lines += ["", "[[check]]", f"name = {toml(gate.name)}", f"command = {toml(gate.command)}"]
        lines.append(f"seconds = {gate.seconds:g}")
    return lines


def _program(draft: Draft) -> str:
    may = ", ".join(f"`{glob}`" for glob in draft.editable)
    hints = "".join(f"\n{hint}\n" for hint in draft.hints)
    return (
        f"# {draft.name}\n\n{draft.goal}\n\n"
        f"CAN: change {may}. One change an experiment, small enough to be blamed or praised for the result.\n\n"
        "CANNOT: anything else; the evaluation, the data and the clock are sealed.\n"
        f"{hints}\nHints for whoever proposes changes go here. This file may be edited between experiments.\n"
    )
