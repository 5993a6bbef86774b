"""The study as tools of the Model Context Protocol, for whatever agent a person already talks to.

Six tools over the same functions the verbs call. They tell what an agent is told in its brief, and no more: on finite
data the numbers stay as coarse as they are there, and nothing sealed or hidden is read at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from autoresearch import clean, config, strategies, telling, tries
from autoresearch.assembly import author
from autoresearch.errors import AutoresearchError, UserError
from autoresearch.extras import ExtraMissing
from autoresearch.history import TELL, History, Note
from autoresearch.history.disclosure import shown
from autoresearch.ledger import Ledger, now
from autoresearch.site import Site
from autoresearch.task import Task
from autoresearch.workspace import git

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from pydantic import ValidationError

P = ParamSpec("P")
R = TypeVar("R")

INSTRUCTIONS = """\
This repository is under study: one number is to get better, and only a sealed referee measures it. Read `brief` first.
Then again and again: change one thing in the files that may change, call `try` with the hypothesis, read the verdict.
A kept change stays; after any other verdict your files are put back. Go on until the person says stop.
"""


def server(root: Path) -> MCPServer:
    """The tools for the repository at `root`. Raises ExtraMissing where the SDK is not installed."""
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.types import ToolAnnotations
    except ImportError:
        raise ExtraMissing("The MCP server needs the official SDK.", extra="mcp", looks_on=False) from None
    from pydantic import ValidationError

    import autoresearch

    class Clear(MCPServer):
        """Names an argument that is wrong in a sentence of ours."""

        async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
            try:
                return await super().call_tool(name, arguments, context)
            except ToolError as error:
                if isinstance(error.__cause__, ValidationError):
                    raise ToolError(_misfit(name, error.__cause__)) from None
                raise

    made = Clear("autoresearch", instructions=INSTRUCTIONS, version=autoresearch.__version__, log_level="ERROR")
    tools = Tools(root)
    made.tool("try", annotations=ToolAnnotations(destructive_hint=False))(_saying(tools.attempt))
    made.tool("tell", annotations=ToolAnnotations(destructive_hint=False))(_saying(tools.tell))
    for reading in (tools.status, tools.log, tools.show, tools.brief):
        made.tool(reading.__name__, annotations=ToolAnnotations(read_only_hint=True))(_saying(reading))
    return made


def _saying(tool: Callable[P, R]) -> Callable[P, R]:
    """`tool`, whose expected failures become one clear sentence and the next step."""

    @wraps(tool)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        from mcp.server.mcpserver.exceptions import ToolError

        try:
            return tool(*args, **kwargs)
        except UserError as error:
            raise ToolError(f"{error.message} Next: {error.fix}") from error
        except AutoresearchError as error:
            raise ToolError(f"{error}. Nothing that was recorded is lost.") from error

    return wrapped


def _misfit(tool: str, wrong: ValidationError) -> str:
    """What is wrong with the arguments of a call, and the next step."""
    names = " and ".join(dict.fromkeys(f"`{error['loc'][0]}`" for error in wrong.errors()))
    return f"`{tool}` cannot do with the arguments it got: see to {names}. Next: call it as its schema says."


@dataclass(frozen=True, slots=True)
class Tools:
    """One method a tool; the docstrings are what the agent reads."""

    root: Path

    def attempt(self, hypothesis: str, summary: str = "") -> dict[str, Any]:
        """Measure the change in the working copy as one experiment. Kept, or the changed files are put back."""
        tried = tries.attempt(self.root, self._task, hypothesis=hypothesis, summary=summary, during=tries.quietly)
        return tried.as_dict()

    def status(self) -> dict[str, Any]:
        """Where the study stands: best, baseline, noise, counts, what is left of the budget."""
        return telling.standing(self._history(), now())

    def log(self, last: int = 50) -> str:
        """The last experiments, a line each, oldest first."""
        return "\n".join(telling.rows(self._history(), max(1, last))) or "No experiment yet."

    def show(self, number: int) -> dict[str, Any]:
        """One experiment: what was tried, the verdict and why, the patch, the end of a failed one's log."""
        history, task = self._history(), self._task
        if not 0 <= number < len(history.experiments):
            raise UserError(f"There is no experiment {number}.", fix="log names those there are")
        told, done, site = telling.account(history, number), history.experiments[number], Site(self.root, task.name)
        log = telling.end_of_log(done, task, site.log_path(done.log))
        with self._store(task) as store:
            patch = store.diff(done.parent, told["commit"]) if told["commit"] else ""
        return told | {"patch": patch[: telling.MAX_PATCH], "log": log}

    def brief(self) -> str:
        """The goal, the rules, the noise, what was tried, and what is wanted next."""
        task = self._task
        with self._store(task) as store:
            strategy = strategies.make(task.strategy, task, author(task, self.root, store.diff))
            return strategy.ask(self._history()).text_for_person

    def tell(self, text: str) -> str:
        """Pass a person's wish on: it stands in every brief from now on."""
        site = Site(self.root, self._task.name)
        if not site.ledger_path.exists():
            raise telling.nothing_begun()
        site.ledger().append(Note(TELL, clean.writable(text.strip())))
        return "It stands in the next brief."

    def _store(self, task: Task) -> git.Store:
        return git.Store(Site(self.root, task.name).folder / "referee.git")

    @property
    def _task(self) -> Task:
        return config.load(self.root)

    def _history(self) -> History:
        """What may be told. Empty before the first experiment."""
        path = Site(self.root, self._task.name).ledger_path
        if not path.exists():
            return History(self._task.metric)
        ledger = Ledger(path, History())
        ledger.refresh()
        return shown(ledger.history)
