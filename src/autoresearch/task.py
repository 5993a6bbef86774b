"""The immutable contract of a study, as the engine sees it. `config.py` makes it from `autoresearch.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoresearch.records import Direction, Metric, TrustClass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one boxed process tree may use. None is "no limit of ours"."""

    seconds: float
    """Wall clock from exec, grace included; then every descendant dies."""
    memory_bytes: int | None = None
    """Resident memory of the whole tree."""
    processes: int | None = None
    disk_bytes: int | None = None
    """Bytes below the scratch directory, and the size of any one file."""
    output_bytes: int = 64 * 2**20
    """Bytes of output read before the tree is stopped; the head and tail kept are far smaller."""
    cores: int | None = None
    """CPU cores the tree is pinned to; None leaves it to the scheduler."""
    gpus: int = 0
    network: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """One command of the task and the limits it runs under."""

    command: tuple[str, ...]
    limits: Limits
    env: Mapping[str, str] = field(default_factory=dict)
    seed_env: str = "AUTORESEARCH_SEED"
    writable_tree: bool = False
    """Whether the command may write into its throw-away copy of the tree."""


@dataclass(frozen=True, slots=True)
class Check:
    """A gate before any metric: exit 0 or no score."""

    name: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class SelfTest:
    """A change whose worth is known, to examine the evaluator with."""

    name: str
    patch: str
    """A unified diff of editable files: its path in the repository. Hidden from agents and candidates."""
    expect: str
    """better | worse | same | cheating"""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A one-sided limit on another value of the runs that are judged. A missing value never meets it."""

    metric: str
    """A name of the evaluation's, or one of the referee's own: `run.seconds`, `run.peak_memory_mb` ..."""
    max: float | None = None
    min: float | None = None
    max_ratio: float | None = None
    min_ratio: float | None = None
    """Limits relative to the mean of the baseline's runs."""
    margin: float | None = None
    """How far beyond its limit noise may take the mean of n runs, in the metric's unit; None is 2 sigma / sqrt(n)."""

    def __str__(self) -> str:
        limits = {"at most ": self.max, "at least ": self.min}
        ratios = {"at most ": self.max_ratio, "at least ": self.min_ratio}
        said = [f"{word}{limit:g}" for word, limit in limits.items() if limit is not None]
        said += [f"{word}{ratio:g} x the baseline" for word, ratio in ratios.items() if ratio is not None]
        margin = "2 sigma / sqrt(runs)" if self.margin is None else f"{self.margin:g}"
        return f"{self.metric} {' and '.join(said)}, margin {margin}"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a night may use. None is unlimited; a night needs at least one limit."""

    experiments: int | None = None
    hours: float | None = None
    cost_usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Goal, what may change, what is sealed, commands, metric, checks, clock, gate."""

    name: str
    goal: str
    editable: tuple[str, ...]
    """Globs, relative to the repository root, `/`-separated. Everything else is sealed by construction."""
    metric: Metric
    experiment: Phase | None
    """Untrusted: the candidate's process, in the candidate box. None: there are only contestants."""
    hidden: tuple[str, ...] = ()
    """Globs never in the agent's or the candidate's view."""
    evaluation: Phase | None = None
    """Trusted: sealed files only. None: the metric is read from the experiment's own output."""
    contestant: Phase | None = None
    """Untrusted: what the evaluation may start, fresh, in the candidate box, to answer its questions."""
    holdout: Phase | None = None
    """The evaluation on data only certificates ask about."""
    holdout_budget: int | None = None
    vault: Phase | None = None
    """The evaluation on data a human may ask about once."""
    precheck: Phase | None = None
    """A quick look at whether a candidate works at all, before any check and any clock."""
    checks: tuple[Check, ...] = ()
    selftests: tuple[SelfTest, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    pareto: Mapping[str, Direction] = field(default_factory=dict)
    """Other values the report weighs against the metric, and which way each is better."""
    metric_file: str = ""
    """Without an evaluation: a JSON file below the artifacts directory with the metrics; empty: the output has them."""
    referee: str = "certify"
    referee_options: Mapping[str, float] = field(default_factory=dict)
    agent: str = "tuner"
    agent_options: Mapping[str, object] = field(default_factory=dict)
    repair: int = 0
    """How often an agent may mend what failed by itself, within one experiment."""
    bundles: str = "allow"
    """What becomes of a proposal that holds several independent changes: allow | split | refuse."""
    give_up_after: int = 8
    """Like failures of the agent in a row that end the night; 0 for never."""
    strategy: str = "greedy"
    steps: tuple[str, ...] = ()
    """Kinds of step the strategy may ask for; empty for its own choice."""
    sandbox: str = "auto"
    require: tuple[str, ...] = ()
    """Sandbox properties that must be proven here."""
    read: tuple[str, ...] = ()
    """Absolute paths a candidate may read besides the system and its interpreter."""
    budget: Budget = field(default_factory=Budget)
    alarm: tuple[str, ...] = ()
    """Command that hears every alarm on its standard input; empty for none."""
    told_nights: tuple[str, ...] = ()
    """Command that hears how a night ended on its standard input; empty for none."""
    notify: tuple[str, ...] = ()
    """URLs told of alarms and of the ends of nights; secrets stand in them as `${NAME}`."""
    errand: tuple[str, ...] = ()
    """Command started after every experiment; empty for none."""
    program: str = ""
    """Text of program.md, or empty."""
    digest: str = ""
    """sha256 over everything above that changes what is measured."""
    measured: Mapping[str, object] = field(default_factory=dict)
    """What `digest` is over: the tables of the task file that decide a measurement or a verdict, JSON-able."""

    @property
    def trust_class(self) -> TrustClass:
        """`supervised` when the evaluation asks contestants, `sealed` when it does not; else `self-reported`."""
        if self.evaluation is None:
            return TrustClass.SELF_REPORTED
        return TrustClass.SUPERVISED if self.contestant else TrustClass.SEALED

    @property
    def untrusted(self) -> Phase:
        """The phase in which the candidate does its work: the experiment, or the contestant where there is none."""
        phase = self.experiment or self.contestant
        assert phase is not None  # the task file is refused without either
        return phase
