"""`autoresearch finish`: from what survived to branches a reviewer accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch.cli import place
from autoresearch.cli.run import Overrides, stoppable
from autoresearch.errors import UserError

if TYPE_CHECKING:
    from autoresearch.finish.plan import Plan
    from autoresearch.history import Archive, Delivered
    from autoresearch.site import Site
    from autoresearch.views.finished import Finished
    from autoresearch.workspace.git import Store, UserRepository


def finish(
    onto: Annotated[
        str | None, typer.Option(help="What the branches are to be merged into. Default: the branch checked out.")
    ] = None,
    squash: Annotated[bool, typer.Option("--squash", help="One branch of everything.")] = False,
    group: Annotated[
        list[str] | None, typer.Option(metavar="N,N", help="Experiments to put into one branch; may be repeated.")
    ] = None,
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Also what is not certified. Labelled wherever it is told.")
    ] = False,
    runs: Annotated[int, typer.Option(min=4, max=100, help="Runs of the base and of each branch alone.")] = 5,
    measure: Annotated[bool, typer.Option("--measure/--no-measure", help="Measure each branch alone first.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be made, and stop.")] = False,
    study: place.StudyName = None,
    overrides: Overrides = None,
    as_json: place.AsJson = False,
) -> None:
    """Make branches of what survived, one for each group of changes that share files, with the evidence in each."""
    from autoresearch.finish.plan import Wish, plan, summary
    from autoresearch.workspace import git

    wish = Wish(onto, provisional, squash, [_numbers(text) for text in group or ()])
    site, ledger = place.open_ledger(study)
    ledger.demand_ours()
    user = git.UserRepository(site.root)
    with git.Store.open(site.folder / "referee.git", beside=user) as store:
        planned = plan(ledger.history, user, store, wish)
        for line in summary(planned):
            typer.echo(line, err=not dry_run)
        if dry_run:
            return
        with site.occupied():
            table = _make(_Work(site, user, store, planned), runs if measure else 0, overrides or ())
    _tell(site, planned, table, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Work:
    """A hand-over in hand."""

    site: Site
    user: UserRepository
    store: Store
    plan: Plan


def _make(work: _Work, runs: int, overrides: Sequence[str]) -> Finished | None:
    """Make the commits, measure them, deliver the branches. None when nothing was measured."""
    from autoresearch.finish.branches import deliver, made
    from autoresearch.finish.measuring import recorded, refuse_broken
    from autoresearch.views.finished import finished

    with made(work.store, work.plan) as done:
        if runs:
            _measure(work, done, runs, overrides)
            refuse_broken(work.site.ledger().history)
        else:
            recorded(work.site.ledger(), work.plan, done)
        deliver(work.user, work.store, done)
    return finished(work.site.ledger().history) if runs else None


def _measure(work: _Work, done: Sequence[Delivered], runs: int, overrides: Sequence[str]) -> None:
    from autoresearch import config, revalidation
    from autoresearch.finish.measuring import begin

    task = config.load(work.site.root, overrides)
    if task.name != work.site.study:
        raise UserError(
            f"autoresearch.toml describes {task.name!r}, not {work.site.study!r}, so it cannot be measured.",
            fix="check out the task file of that study, or autoresearch finish --no-measure",
        )
    assembly, record = begin(work.site.root, task, work.plan, done, runs=runs)
    for sentence in assembly.news:
        typer.echo(sentence, err=True)
    with stoppable(assembly):
        try:
            for run in revalidation.follow(assembly.study, record):
                typer.echo(f"{run.commit[:9]}  {run.foul if run.value is None else f'{run.value + 0.0:.6g}'}", err=True)
        finally:
            assembly.rig.workspace.close()


def _tell(site: Site, plan: Plan, table: Finished | None, *, as_json: bool) -> None:
    """Write each branch's description beside the ledger, and print them."""
    from autoresearch.finish.pull_request import body
    from autoresearch.workspace.refs import short_name

    folder = site.folder / "finish"
    folder.mkdir(exist_ok=True)
    texts = {each.branch: body(plan, each, table) for each in plan.branches}
    paths = {branch: folder / f"{branch.rpartition('/')[2]}.md" for branch in texts}
    for branch, text in texts.items():
        paths[branch].write_text(text, encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(_plain(site.ledger().history, plan, table, paths)))
    else:
        typer.echo("\n---\n\n".join(texts.values()), nl=False)
    alone = {row.name: row.measured.verdict for row in table.rows} if table else {}
    for branch, path in paths.items():
        verdict = alone.get(short_name(branch), "not measured again")
        typer.echo(f"{short_name(branch)}  alone: {verdict}; described in {path}", err=True)
    typer.echo(f"To hand one over: git push -u origin {short_name(plan.branches[0].branch)}", err=True)


def _plain(history: Archive, plan: Plan, table: Finished | None, paths: dict[str, Path]) -> dict[str, object]:
    from autoresearch.views.rows import finite

    assert history.finish
    commits = {each.branch: each.commit for each in history.finish.branches}
    rows = table.rows if table else [None] * len(plan.branches)
    branches = []
    for each, row in zip(plan.branches, rows, strict=False):
        gain = row.measured.gain if row else None
        branches.append(
            {
                "branch": each.branch,
                "commit": commits[each.branch],
                "title": each.title,
                "experiments": list(each.experiments),
                "files": list(each.changes),
                "gain": [finite(end) for end in (gain.estimate, gain.low, gain.high)] if gain else None,
                "runs": row.measured.runs if row else 0,
                "verdict": row.measured.verdict if row else "not measured again",
                "body": str(paths[each.branch]),
            }
        )
    whole = {"base": plan.base, "commit": plan.commit, "certified": plan.evidence.certified, "onto": plan.onto}
    return {"schema": 1, **whole, "branches": branches}


def _numbers(text: str) -> list[int]:
    if not re.fullmatch(r"\s*[0-9]{1,18}\s*(,\s*[0-9]{1,18}\s*)*", text):
        raise UserError(f"--group {text} is not a list of experiments.", fix="for example: --group 3,7")
    return [int(part) for part in text.split(",")]
