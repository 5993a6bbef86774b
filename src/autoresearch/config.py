"""`autoresearch.toml` read, checked and turned into a `Task`. Unknown keys are refused with the nearest known one."""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
import math
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from autoresearch.errors import TaskError
from autoresearch.records import Direction, Metric
from autoresearch.sandboxes.properties import PROPERTIES
from autoresearch.task import Budget, Check, Constraint, Limits, Phase, SelfTest, Task
from autoresearch.taskfile import CheckTable, ExperimentTable, PrecheckTable, TaskFile
from autoresearch.workspace.globs import Globs

TASK_FILE = "autoresearch.toml"
PROGRAM_FILE = "program.md"

NOT_YET = {
    "strategy.use": "strategies other than greedy",
}
"""Keys of the design whose feature does not exist yet. They are refused in one line, never ignored."""

INTERPRETERS = re.compile(r"(python|pypy|node|ruby|perl|julia|Rscript|bash|sh)[\d.]*")
"""Programs whose first argument is the file that they run."""


def load(root: Path, overrides: Sequence[str] = ()) -> Task:
    """The task of the repository at `root`, with `key=value` overrides applied.

    Raises TaskError naming file, key, nearest known key and the next step.
    """
    path = root / TASK_FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TaskError(f"There is no {TASK_FILE} in {root}.", fix="autoresearch init") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TaskError(f"{path} is not valid TOML: {error}.", fix=f"mend {path}, then `autoresearch check`") from None
    whole = copy.deepcopy(data)
    for override in overrides:
        _override(whole, override)
    return _task(_overridden(whole, data, path, overrides), program(root))


def program(root: Path) -> str:
    """What `program.md` in `root` says now; empty without one."""
    path = root / PROGRAM_FILE
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def parse(data: Mapping[str, Any], *, program: str = "") -> Task:  # what the file of that name would say
    """The task in `data`, as `tomllib` would give it. Raises TaskError."""
    return _task(_validated(dict(data), TASK_FILE), program)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the task file, draft 2020-12."""
    schema: dict[str, Any] = _without_null(TaskFile.model_json_schema(mode="validation"))
    return schema | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": TASK_FILE}


def _without_null(schema: Any) -> Any:
    """`schema` for a format that has no null: an editor then complains about the key that is wrong, not the table."""
    if isinstance(schema, list):
        return [_without_null(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _without_null(each) for key, each in schema.items() if (key, each) != ("default", None)}
    choices = [each for each in kept.pop("anyOf", ()) if each != {"type": "null"}]
    return kept | (choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {})


def _override(data: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise TaskError(f"-c {override} is not of the form key=value.", fix="for example: -c budget.experiments=20")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *tables, last = key.strip().split(".")
    for name in tables:
        data = data.setdefault(name, {})
        if not isinstance(data, dict):
            raise TaskError(f"-c {override}: {name} is not a table.", fix="autoresearch schema")
    data[last] = value


def _overridden(whole: dict[str, Any], data: dict[str, Any], path: Path, overrides: Sequence[str]) -> TaskFile:
    """The task file in `whole`, which is `data` of `path` with the overrides; whichever is wrong gets the blame."""
    try:
        return _validated(whole, str(path))
    except TaskError:
        _validated(data, str(path))
        return _validated(whole, " ".join(f"-c {override}" for override in overrides))


def _validated(data: dict[str, Any], path: str) -> TaskFile:
    """The task file in `data`, which comes from `path`: a file's, or the command line's."""
    try:
        file = TaskFile.model_validate(data)
    except ValidationError as error:
        raise TaskError("\n".join(_explain(error, path)), fix=f"mend {path}, then `autoresearch check`") from None
    for key, what in _not_yet(file):
        raise TaskError(f"{path}: {key}: {what} are not available yet.", fix=f"remove it from {path} for now")
    problem = _inconsistent(file)
    if problem:
        raise TaskError(f"{path}: {problem}", fix=f"mend {path}, then `autoresearch check`")
    return file


def _not_yet(file: TaskFile) -> Iterator[tuple[str, str]]:
    asked = {
        "strategy.use": file.strategy.use != "greedy",
    }
    for key, is_asked in asked.items():
        if is_asked:
            yield key, NOT_YET[key]


def _inconsistent(file: TaskFile) -> str:
    low, high = file.metric.bounds
    if TASK_FILE in Globs(tuple(file.editable)):
        return f"editable = {file.editable} covers {TASK_FILE} itself: a candidate could rewrite its own contract."
    if problem := _overlapping(file):
        return problem
    if not low < high:
        return f"metric.bounds = [{low}, {high}]: the first must be below the second."
    if file.metric.target is not None and not low <= file.metric.target <= high:
        return f"metric.target = {file.metric.target} lies outside metric.bounds."
    if problem := _unsealed(file) if file.metric.source == "depleting" else _idle(file):
        return problem
    if file.evaluation is None:
        for name in ("contestant", "holdout", "vault"):
            if getattr(file, name) is not None:
                return f"[{name}] needs an [evaluation]: without one the candidate reports its own number."
    elif file.metric.file:
        return "metric.file is for tasks without [evaluation]; the evaluation writes $AUTORESEARCH_METRICS."
    for table in ("selftest", "check"):
        names = [each.name for each in getattr(file, table)]
        if len(set(names)) < len(names):
            return f"two [[{table}]] tables have the same name."
    if strange := [name for name in file.sandbox.require if name not in PROPERTIES]:
        near = difflib.get_close_matches(strange[0], PROPERTIES, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(PROPERTIES)}."
        return f"sandbox.require: {strange[0]!r} is nothing a sandbox proves; {hint}"
    if file.experiment is None and file.contestant is None:
        return "[experiment] is missing: only an [evaluation] that asks a [contestant] can do without."
    if file.experiment is None and (
        file.metric.objective == "time_to_target" or any(limit.metric == "run.seconds" for limit in file.constraint)
    ):
        return "the time of the run counts, so the task needs an [experiment] that runs."
    if file.experiment and file.experiment.network and "no_network" in file.sandbox.require:
        return "experiment.network = true contradicts sandbox.require's no_network."
    return ""


def _overlapping(file: TaskFile) -> str:
    """What `editable` must not name; empty when it names nothing of the kind."""
    editable, hidden = Globs(tuple(file.editable)), Globs(tuple(file.hidden))
    if lost := [path for path in file.editable if path in hidden]:
        return f"{lost[0]} is in editable and matches hidden, which wins: nobody could change it. Narrow hidden."
    for name in ("evaluation", "holdout", "vault"):
        table = getattr(file, name)
        for path in scripts(table.command) if table else ():
            if path in editable and path not in hidden:
                return f"{path}, which [{name}] runs, matches editable, so it is not sealed. Narrow editable."
    return ""


def scripts(command: Sequence[str]) -> Iterator[str]:
    """Files that a command runs: its own first word where that is a path, or an interpreter's. Shell lines too."""
    is_shell = command[0].endswith("sh") and command[1:2] == ("-c",) and len(command) == 3
    for line in re.split(r"[|&;\n]+", command[2]) if is_shell else [shlex.join(command)]:
        words = [word.strip("\"'") for word in line.split() if not re.match(r"\w+=", word)]
        script = next((word for word in words[1:] if not word.startswith("-")), "")
        runs = INTERPRETERS.fullmatch(Path(words[0]).name) if words else None
        found = script if runs else words[0] if words and "/" in words[0] else ""
        yield found.removeprefix("./")


def _idle(file: TaskFile) -> str:
    """A key about how a finite record is told, where scores are told as they are; empty without one."""
    metric = file.metric
    idle = [key for key in ("records", "step") if getattr(metric, key) is not None]
    if not idle or metric.feedback in ("ladder", "bit"):
        return ""
    return f'metric.{idle[0]} says nothing about source = "regenerating", unless feedback is "ladder" or "bit".'


def _unsealed(file: TaskFile) -> str:
    """What a finite source lacks; empty when it is complete."""
    metric = file.metric
    if file.holdout is None:
        return 'metric.source = "depleting" needs a [holdout]: its records answer what the public ones no longer can.'
    scaled = metric.records is not None and math.isfinite(metric.bounds[1] - metric.bounds[0])
    if metric.feedback in (None, "ladder") and metric.step is None and not scaled:
        return (
            'metric.source = "depleting" needs metric.step, the smallest difference worth telling, or metric.records'
            " with finite metric.bounds to derive it from."
        )
    return ""


def _task(file: TaskFile, program: str) -> Task:
    low, high = file.metric.bounds
    metric = Metric(
        file.metric.name,
        Direction(file.metric.direction),
        file.metric.unit,
        low=low,
        high=high,
        target=file.metric.target,
        source=file.metric.source,
        feedback=file.metric.feedback or ("ladder" if file.metric.source == "depleting" else "score"),
        records=file.metric.records,
        step=file.metric.step,
        objective=file.metric.scalarisation(),
    )
    experiment, evaluation, holdout = file.experiment, file.evaluation, file.holdout
    judge = secret = vault = contestant = None
    if evaluation is not None:
        judge = _phase(evaluation, seconds=evaluation.seconds)
        patience = max(evaluation.seconds, *(table.seconds or 0.0 for table in (holdout, file.vault) if table), 0.0)
        contestant = _phase(file.contestant, seconds=patience) if file.contestant else None
        if holdout is not None:
            secret = _phase(evaluation, command=holdout.command, seconds=holdout.seconds or evaluation.seconds)
        if file.vault is not None:
            vault = _phase(evaluation, command=file.vault.command, seconds=file.vault.seconds or evaluation.seconds)
    return Task(
        name=file.name,
        goal=file.goal,
        editable=tuple(file.editable),
        hidden=(*file.hidden, *(test.patch for test in file.selftest)),
        metric=metric,
        experiment=_phase(experiment, seconds=experiment.seconds + experiment.grace_seconds) if experiment else None,
        evaluation=judge,
        contestant=contestant,
        holdout=secret,
        holdout_budget=holdout.budget if holdout else None,
        vault=vault,
        precheck=_gate(file.precheck, experiment) if file.precheck else None,
        checks=tuple(Check(check.name, _gate(check, experiment)) for check in file.check),
        selftests=tuple(SelfTest(**test.model_dump()) for test in file.selftest),
        constraints=tuple(Constraint(**limit.model_dump()) for limit in file.constraint),
        pareto={name: Direction(way) for name, way in file.report.pareto.items()},
        metric_file=file.metric.file,
        referee=file.referee.preset,
        referee_options=file.referee.model_extra or {},
        agent=file.agent.use,
        agent_options=file.agent.model_extra or {},
        repair=file.agent.repair,
        bundles=file.agent.bundles,
        give_up_after=file.agent.give_up_after,
        strategy=file.strategy.use,
        steps=tuple(file.strategy.steps),
        sandbox=file.sandbox.use,
        require=tuple(file.sandbox.require),
        read=tuple(file.sandbox.read),
        budget=Budget(**file.budget.model_dump()),
        alarm=file.hooks.alarm or (),
        told_nights=file.hooks.night or (),
        notify=tuple(file.notify.urls),
        errand=file.hooks.experiment or (),
        program=program,
        digest=hashlib.sha256(json.dumps(_measured(file), sort_keys=True).encode()).hexdigest(),
        measured=_measured(file),
    )


def _phase(table: Any, *, seconds: float, command: tuple[str, ...] | None = None, writable_tree: bool = False) -> Phase:
    """The Phase a table describes. `table` has the keys of its kind; the missing ones take the Limits' defaults."""

    def get(name: str, default: Any = None) -> Any:
        return getattr(table, name, default)

    limits = Limits(
        seconds=seconds,
        memory_bytes=get("memory"),
        processes=get("processes"),
        disk_bytes=get("disk"),
        output_bytes=get("output", 64 * 2**20),
        cores=get("cores"),
        gpus=get("gpus", 0),
        network=get("network", False),
    )
    return Phase(
        command=command or table.command,
        limits=limits,
        env=get("env", {}),
        seed_env=get("seed_env", "AUTORESEARCH_SEED"),
        writable_tree=get("writable_tree", writable_tree),
    )


def _gate(table: PrecheckTable | CheckTable, experiment: ExperimentTable | None) -> Phase:
    """A gate may write into its copy of the tree where the experiment may."""
    return _phase(table, seconds=table.seconds, writable_tree=bool(experiment and experiment.writable_tree))


def _measured(file: TaskFile) -> dict[str, Any]:
    """What decides a measurement or a verdict; the budget, the agent and the goal's wording do not."""
    gate = {"precheck": file.precheck.model_dump(mode="json")} if file.precheck else {}
    return gate | file.model_dump(
        mode="json",
        include={
            "editable",
            "hidden",
            "metric",
            "experiment",
            "evaluation",
            "contestant",
            "holdout",
            "check",
            "constraint",
            "referee",
        },
    )


def _explain(error: ValidationError, path: str) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        where = problem["loc"]
        key = _dotted(where)
        match problem["type"]:
            case "missing":
                yield f"{path}: {key} is missing."
            case "extra_forbidden":
                yield f"{path}: {key} is not a known key{_nearest(where)}"
            case _:
                yield f"{path}: {key}: {problem['msg'].removeprefix('Value error, ')}."


def _dotted(where: Sequence[str | int]) -> str:
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _nearest(where: Sequence[str | int]) -> str:
    """`; did you mean X?` from the keys known where the unknown one stands."""
    known = _keys(TaskFile, [str(part) for part in where[:-1]])
    near = difflib.get_close_matches(str(where[-1]), known, n=1, cutoff=0.4)
    return f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(sorted(known))}."


def _keys(model: type[BaseModel], tables: Sequence[str]) -> list[str]:
    for name in (table for table in tables if not table.isdigit()):
        field = model.model_fields.get(name)
        inner = field and next(
            (t for t in _types(field.annotation) if isinstance(t, type) and issubclass(t, BaseModel)), None
        )
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _types(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, UnionType) or get_args(annotation):
        for inner in get_args(annotation):
            yield from _types(inner)
    else:
        yield annotation
