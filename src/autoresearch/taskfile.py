"""The tables of `autoresearch.toml`, as pydantic reads them: frozen, no unknown keys, no coercion between types."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from autoresearch.commandline import arguments
from autoresearch.metrics import OF_A_RUN, OWN
from autoresearch.objectives import Objective, Rank

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


def limit(value: str) -> tuple[str, float, float]:
    """Name, least and most of `"val_loss <= 3.28"`."""
    found = re.fullmatch(r"\s*([^\s<>=]+)\s*(<=|>=)\s*(\S+)\s*", value)
    try:
        bound = float(found[3]) if found else math.nan
    except ValueError:
        bound = math.nan
    if not found or not math.isfinite(bound):
        raise ValueError('reach must be a name, <= or >=, and a number, such as "val_loss <= 3.28"')
    return (found[1], -math.inf, bound) if found[2] == "<=" else (found[1], bound, math.inf)


_WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
Size = Annotated[int, BeforeValidator(size), WithJsonSchema({"type": ["integer", "string"]})]
Command = Annotated[
    tuple[str, ...], BeforeValidator(arguments), WithJsonSchema({"anyOf": [{"type": "string"}, _WORDS]})
]
Glob = Annotated[str, AfterValidator(glob)]
Seconds = Annotated[float, Field(gt=0, le=30 * 24 * 3600, allow_inf_nan=False)]
Positive = Annotated[int, Field(gt=0)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Table(BaseModel):
    """A table of the task file: frozen, no unknown keys, no coercion between types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RankTable(Table):
    """One place in a lexicographic order."""

    name: str = Field(min_length=1)
    step: Finite = Field(gt=0, description="Values that round to the same multiple of it count as equal.")
    bounds: Annotated[list[Finite], Field(min_length=2, max_length=2)] | None = None
    direction: Literal["minimize", "maximize"] | None = Field(default=None, description="Default: the metric's.")


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
    objective: (
        Literal["max_over", "min_over", "mean_over", "geometric_over", "weighted", "lexicographic", "time_to_target"]
        | None
    ) = Field(default=None, description="How the number is made of several values of the run.")
    over: str | list[str] = Field(default=[], description='Of ..._over: names or patterns, such as "tests/*".')
    floor: Annotated[Finite, Field(gt=0)] | None = Field(default=None, description="Of geometric_over.")
    weights: dict[str, Finite] = Field(default={}, description="Of weighted: name to weight.")
    order: list[RankTable] = Field(default=[], description="Of lexicographic: the most important first.")
    reach: str = Field(default="", description='Of time_to_target, such as "val_loss <= 3.28".')

    @model_validator(mode="after")
    def _fits(self) -> MetricTable:
        self.scalarisation()
        return self

    def scalarisation(self) -> Objective | None:
        """The objective of these keys; None without one. Raises ValueError when they do not fit together."""
        given = {key for key in ("over", "floor", "weights", "order", "reach") if getattr(self, key)}
        if stray := sorted(given - _KEYS.get(self.objective or "", set())):
            raise ValueError(f"{', '.join(stray)} says nothing about objective = {self.objective or 'none'}")
        if self.objective is None:
            return None
        if self.objective == "time_to_target" and self.direction != "minimize":
            raise ValueError("time_to_target is a time: direction must be minimize")
        reach, least, most = limit(self.reach) if self.reach else ("", -math.inf, math.inf)
        return Objective(
            self.objective,
            over=(self.over,) if isinstance(self.over, str) else tuple(self.over),
            floor=self.floor or 0.0,
            weights=dict(self.weights),
            order=tuple(self._rank(rank) for rank in self.order),
            reach=reach,
            at_most=most,
            at_least=least,
        )

    def _rank(self, rank: RankTable) -> Rank:
        low, high = rank.bounds or (-math.inf, math.inf)
        return Rank(rank.name, rank.step, low, high, reverse=rank.direction not in (None, self.direction))


_KEYS = {
    "max_over": {"over"},
    "min_over": {"over"},
    "mean_over": {"over"},
    "geometric_over": {"over", "floor"},
    "weighted": {"weights"},
    "lexicographic": {"order"},
    "time_to_target": {"reach"},
}
"""Keys each objective reads."""


class ConstraintTable(Table):
    """A one-sided limit on another value of the runs that are judged."""

    metric: str = Field(min_length=1, description="A name of the evaluation's, or run.seconds, run.peak_memory_mb ...")
    max: Finite | None = None
    min: Finite | None = None
    max_ratio: Annotated[Finite, Field(gt=0)] | None = Field(default=None, description="Relative to the baseline.")
    min_ratio: Annotated[Finite, Field(gt=0)] | None = Field(default=None, description="Relative to the baseline.")
    margin: Annotated[Finite, Field(ge=0)] | None = Field(
        default=None, description="How far beyond its limit noise may take the mean; default 2 sigma / sqrt(runs)."
    )

    @model_validator(mode="after")
    def _limits(self) -> ConstraintTable:
        if all(limit is None for limit in (self.max, self.min, self.max_ratio, self.min_ratio)):
            raise ValueError("a constraint needs max, min, max_ratio or min_ratio")
        if self.metric.startswith(OWN) and self.metric not in OF_A_RUN:
            raise ValueError(f"{self.metric} is not one of the referee's own: {', '.join(OF_A_RUN)}")
        return self


class ReportTable(Table):
    """What the report shows besides."""

    pareto: dict[str, Literal["minimize", "maximize"]] = Field(
        default={}, description="Other values weighed against the metric, and which way each is better."
    )


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
    night: Command | None = Field(default=None, description="Hears three lines on how each night ended.")
    experiment: Command | None = Field(
        default=None, description="Started after every experiment; nobody waits for it, its failure stops nothing."
    )


class NotifyTable(Table):
    """Who is told of alarms and of the ends of nights, by URL."""

    urls: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*://")]] = Field(
        default=[], description="Addresses as apprise writes them; ${NAME} is the environment variable of that name."
    )


class CheckTable(Table):
    """A gate before any metric: exit 0 or no score."""

    name: str = Field(min_length=1)
    command: Command
    seconds: Seconds
    memory: Size | None = None
    processes: Positive | None = None


class PrecheckTable(Table):
    """A quick look at whether a candidate works at all, before any check and any clock."""

    command: Command
    seconds: Seconds = 5.0
    memory: Size | None = None
    processes: Positive | None = None


class SelfTestTable(Table):
    """A change whose worth is known: `check` measures it, and `run` refuses an evaluator that gets it wrong."""

    name: str = Field(min_length=1)
    patch: Glob = Field(
        description="A unified diff of editable files, in the repository; nobody who is judged sees it."
    )
    expect: Literal["better", "worse", "same", "cheating"]


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
    repair: Literal[0, 1] = Field(
        default=1, description="How often an agent may mend what failed by itself, within one experiment."
    )
    bundles: Literal["allow", "split", "refuse"] = Field(
        default="allow", description="What becomes of a proposal that holds several independent changes."
    )
    give_up_after: int = Field(default=8, ge=0)


class StrategyTable(Table):
    """Where to work next."""

    use: str = "greedy"
    steps: list[Literal["improve", "simplify", "combine", "elsewhere"]] = Field(
        default=[],
        description='Kinds of step it may ask for. Default: all; of the tuner, which weighs them itself, "improve".',
    )


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
    notify: NotifyTable = NotifyTable()
    precheck: PrecheckTable | None = None
    check: list[CheckTable] = []
    constraint: list[ConstraintTable] = []
    selftest: list[SelfTestTable] = []
    referee: RefereeTable = RefereeTable()
    budget: BudgetTable = BudgetTable()
    agent: AgentTable = AgentTable()
    strategy: StrategyTable = StrategyTable()
    sandbox: SandboxTable = SandboxTable()
    report: ReportTable = ReportTable()
