"""The tables of `autoresearch.toml`, as pydantic reads them: frozen, no unknown keys, no coercion between types."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from autoresearch.commandline import arguments

_UNITS = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}


def size(value: object) -> int:
    """Bytes from `"8 GiB"`, `"500 MB"` or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?i?B)\s*", value, re.I) if isinstance(value, str) else None
    if found and (n_bytes := int(float(found[1]) * _UNITS[found[2].upper()])) > 0:
        return n_bytes
    raise ValueError('must be a size such as "8 GiB" or "500 MB"')


def glob(value: str) -> str:
    """A relative, `/`-separated pattern that stays inside the repository."""
    if not value or value.startswith(("/", "~")) or "\\" in value or ".." in value.split("/"):
        raise ValueError('must be a pattern relative to the repository root, such as "src/**/*.py"')
    return value.removeprefix("./")


Size = Annotated[int, BeforeValidator(size)]
Command = Annotated[tuple[str, ...], BeforeValidator(arguments)]
Glob = Annotated[str, AfterValidator(glob)]
Seconds = Annotated[float, Field(gt=0, le=30 * 24 * 3600, allow_inf_nan=False)]
Positive = Annotated[int, Field(gt=0)]


class Table(BaseModel):
    """A table of the task file: frozen, no unknown keys, no coercion between types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MetricTable(Table):
    """What is measured, and which way is better."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_./-]{0,63}$")
    direction: Literal["minimize", "maximize"]
    unit: str = ""
    target: float | None = Field(default=None, description="The study ends when a certificate reaches it.")
    bounds: Annotated[list[float], Field(min_length=2, max_length=2)] = Field(
        [-math.inf, math.inf], description="Physical limits. A value outside them is a violation, not a record."
    )
    source: Literal["regenerating", "depleting"] = Field(
        "regenerating", description="Whether looking at the metric uses up the data it is measured on."
    )
    feedback: Literal["score", "ladder", "bit"] | None = Field(
        default=None, description='What the loop is told. Default: "ladder" for a depleting source, else "score".'
    )
    records: Positive | None = Field(default=None, description="How many records the public score averages.")
    step: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Height of the ladder's steps, in the metric's unit."
    )
    file: str = Field(
        "", description="JSON file below $AUTORESEARCH_ARTIFACTS to read metrics from, without [evaluation]."
    )
    objective: str = Field(default="", description="Not available yet.")


class ExperimentTable(Table):
    """The candidate's process: untrusted, in the candidate box."""

    command: Command
    seconds: Seconds
    grace_seconds: float = Field(0.0, ge=0, le=24 * 3600, allow_inf_nan=False)
    memory: Size | None = None
    processes: Positive | None = None
    disk: Size | None = None
    output: Size = 64 * 2**20
    cores: Positive | None = Field(
        default=None, description="CPU cores to pin the run to. One is best for a fixed clock."
    )
    gpus: int = Field(default=0, ge=0)
    network: bool = False
    seed_env: str = Field("AUTORESEARCH_SEED", pattern=r"^[A-Z_][A-Z0-9_]*$")
    env: dict[str, str] = {}
    writable_tree: bool = Field(
        default=False, description="Let the command write into its throw-away copy of the tree."
    )


class EvaluationTable(Table):
    """The judge's process: trusted, sealed files only, after the candidate is dead."""

    command: Command
    seconds: Seconds
    memory: Size | None = None
    processes: Positive | None = None
    disk: Size | None = None
    cores: Positive | None = None
    gpus: int = Field(default=0, ge=0)
    env: dict[str, str] = {}


class ContestantTable(Table):
    """What the evaluation may start, fresh, in the candidate box, to answer its questions. Untrusted."""

    command: Command
    memory: Size | None = None
    processes: Positive | None = None
    cores: Positive | None = None
    gpus: int = Field(default=0, ge=0)
    env: dict[str, str] = {}


class HoldoutTable(Table):
    """The evaluation on data that only certificates ask about."""

    command: Command
    seconds: Seconds | None = Field(default=None, description="Default: those of [evaluation].")
    budget: Positive = Field(default=8, description="How many certificates the data may ever answer.")


class VaultTable(Table):
    """The evaluation on data that a human asks about once, with `autoresearch vault`."""

    command: Command
    seconds: Seconds | None = Field(default=None, description="Default: those of [evaluation].")


class HooksTable(Table):
    """Commands of the owner's own, run outside of all boxes."""

    alarm: Command | None = Field(default=None, description="Hears every alarm on its standard input.")


class CheckTable(Table):
    """A gate before any metric: exit 0 or no score."""

    name: str = Field(min_length=1)
    command: Command
    seconds: Seconds
    memory: Size | None = None
    processes: Positive | None = None


class BudgetTable(Table):
    """What one night may use."""

    experiments: Positive | None = None
    hours: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    cost_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    tokens: Positive | None = None


class RefereeTable(BaseModel):
    """Which rule keeps a change, and its options."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    preset: str = "certify"


class AgentTable(BaseModel):
    """Who edits the tree, and its options."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    use: str = "tuner"


class StrategyTable(Table):
    """Where to work next."""

    use: str = "greedy"


class SandboxTable(Table):
    """How the untrusted run, and what must be proven about it."""

    use: Literal["auto", "bubblewrap", "embedded", "seatbelt"] = "auto"
    require: list[str] = []
    read: list[str] = Field(
        default=[], description="Absolute paths a candidate may read besides the system and its interpreter."
    )


class TaskFile(Table):
    """The whole task file."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    goal: str = Field(min_length=1)
    editable: Annotated[list[Glob], Field(min_length=1)]
    hidden: list[Glob] = []
    metric: MetricTable
    experiment: ExperimentTable | None = Field(
        default=None, description="May be left out when [evaluation] asks a [contestant]: nothing runs beforehand."
    )
    evaluation: EvaluationTable | None = None
    contestant: ContestantTable | None = None
    holdout: HoldoutTable | None = None
    vault: VaultTable | None = None
    hooks: HooksTable = HooksTable()
    check: list[CheckTable] = []
    constraint: list[dict[str, Any]] = Field(default=[], description="Not available yet.")
    selftest: list[dict[str, Any]] = Field(default=[], description="Not available yet.")
    referee: RefereeTable = RefereeTable()
    budget: BudgetTable = BudgetTable()
    agent: AgentTable = AgentTable()
    strategy: StrategyTable = StrategyTable()
    sandbox: SandboxTable = SandboxTable()
