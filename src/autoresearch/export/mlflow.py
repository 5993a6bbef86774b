"""MLflow: the study is its experiment, each of ours a run with our id as a tag. It is asked what it has already."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from autoresearch.errors import UserError
from autoresearch.export.attempts import Attempt, attempts
from autoresearch.extras import ExtraMissing
from autoresearch.history import Archive

TAG = "autoresearch.id"
PAGE = 1000


def export(history: Archive, uri: str) -> int:
    """Add the runs that the server, or database, at `uri` has not got. Returns their number. Raises UserError."""
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError:
        raise ExtraMissing("MLflow is not installed.", extra="export-mlflow") from None
    name = history.study.name if history.study else "study"
    try:
        client = MlflowClient(tracking_uri=uri)
        found = client.get_experiment_by_name(name)
        place = found.experiment_id if found else client.create_experiment(name)
        known = set(_known(client, place))
        new = [each for each in attempts(history) if each.id not in known]
        for each in new:
            _write(client, place, each)
    except (MlflowException, OSError) as error:
        fix = "give --uri a server or a database, such as sqlite:///mlflow.db"
        raise UserError(f"MLflow at {uri} refuses: {str(error).splitlines()[0]}.", fix=fix) from None
    return len(new)


def _known(client: Any, place: str) -> list[str]:
    ids, token = [], None
    while True:
        page = client.search_runs([place], max_results=PAGE, page_token=token)
        ids += [run.data.tags[TAG] for run in page if TAG in run.data.tags and run.info.status == "FINISHED"]
        token = page.token
        if not token:
            return ids


def _write(client: Any, place: str, each: Attempt) -> None:
    """One run, finished last: one that was cut off is written again, never taken for whole."""
    tags = {TAG: each.id, **{f"autoresearch.{name}": text[:4000] for name, text in each.facts.items()}}
    run = client.create_run(
        place, start_time=_milliseconds(each.facts.get("started", "")), tags=tags, run_name=each.name
    )
    for name, value in each.scalars.items():
        client.log_metric(run.info.run_id, _safe(name), value, step=each.number)
    client.set_terminated(run.info.run_id, "FINISHED")


def _safe(name: str) -> str:
    """A name MLflow takes."""
    return "".join(char if char.isalnum() or char in "_-. /" else "_" for char in name)


def _milliseconds(moment: str) -> int | None:
    try:
        return round(datetime.fromisoformat(moment).timestamp() * 1000)
    except ValueError:
        return None
