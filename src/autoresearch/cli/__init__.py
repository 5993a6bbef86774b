"""The command line: one file a verb; commands parse, build objects, call the library, print.

Data goes to standard output, narrative to standard error. Exit codes: 0 done, 1 expected failure (the message says
what to type next), 2 usage, 3 a bug of ours (a report file is written), 4 `check` or `replay` found a problem,
130 interrupted.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

import typer

from autoresearch.cli import (
    brief,
    check,
    control,
    demo,
    diff,
    export,
    finish,
    importing,
    init,
    log,
    mcp_,
    place,
    prune,
    replay,
    report,
    revalidate,
    run,
    schema,
    serve,
    show,
    skill,
    status,
    tell,
    try_,
    vault,
    watch,
)
from autoresearch.cli.failure import explain

app = typer.Typer(
    name="autoresearch",
    help="Run the research loop on a git repository: propose, measure, keep what is proven, record everything.",
    no_args_is_help=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(context: typer.Context, version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    """Without a verb: the status of the study here, or this help."""
    if version:
        import autoresearch

        typer.echo(autoresearch.__version__)
    elif context.invoked_subcommand is None:
        if place.has_study():
            status.status(name=None, as_json=False)
        else:
            typer.echo(context.get_help())


VERBS: tuple[Callable[..., None], ...] = (
    *(init.init, check.check, demo.demo, run.run, status.status, log.log, show.show, diff.diff, report.report),
    *(importing.import_, watch.watch, serve.serve),
    *(prune.prune, replay.replay, revalidate.revalidate, vault.vault, finish.finish, try_.try_, mcp_.mcp_),
    *(brief.brief, tell.tell, tell.note),
    *(control.pause, control.resume, control.stop, schema.schema),
)
for verb in VERBS:
    app.command(verb.__name__.rstrip("_"))(verb)  # two verbs are words of Python's, or of a library's
app.add_typer(export.app, name="export")
app.add_typer(skill.app, name="skill")


def main() -> None:
    """Entry point of the `autoresearch` program. Terminated is interrupted: what was laid out is removed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except Exception as error:  # the one place where anything is caught: it becomes an exit code and a sentence
        sys.exit(explain(error))
