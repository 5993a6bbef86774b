"""Starts a coding program headless: in the agent box, over an uplink, with a HOME of its own and limits of ours."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from autoresearch.agents.access import Access
from autoresearch.agents.programs import place
from autoresearch.agents.programs.dialect import Dialect, Said, Start
from autoresearch.agents.programs.watch import Watch
from autoresearch.box import Box, Exit
from autoresearch.budget import Left
from autoresearch.errors import UserError
from autoresearch.protocols import Sandbox
from autoresearch.surroundings.toolchain import Toolchain, bounded, finding
from autoresearch.task import Limits
from autoresearch.uplink import Trouble, Uplink

MAX_PROMPT_BYTES = 120_000
"""The kernel takes no longer argument than 128 KiB."""
VERSION_SECONDS = 60.0
OUTPUT_BYTES = 32 * 2**20
"""What a program may print; beyond that it floods."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a person decided about a program."""

    access: Access
    """Whom it asks, and the limits of one start: of tokens held by the proxy, of money by the program as well."""
    model: str = ""
    """Empty leaves it to the program."""
    args: tuple[str, ...] = ()
    """Further arguments for the program."""
    editable: tuple[str, ...] = ()
    """Globs of what it is to change."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one start of a program went."""

    exit: Exit
    said: Said
    tokens: int | None
    """As the provider counted them."""
    cost_usd: float | None
    """As the program tells it, else by the table of prices; None is unknown."""
    trouble: Trouble | None
    """The provider's last answer, where it was an error."""
    gave_up: bool
    """Whether we ended it because of that trouble."""
    exhausted: bool
    """Whether it was turned away because its tokens or money were used up."""
    refusals: tuple[str, ...] = ()
    """Where it wanted to go besides its provider, a line each."""

    @property
    def transcript(self) -> bytes:
        """Its own stream of events, the middle left out when long."""
        return self.exit.output


class Program:
    """One coding program, found on PATH, set up for one provider. Thread-safe."""

    def __init__(self, dialect: Dialect, setup: Setup, *, sandbox: Sandbox, toolchain: Toolchain) -> None:
        self.dialect = dialect
        self.setup = setup
        self._sandbox = sandbox
        self._toolchain = toolchain

    def start(
        self,
        prompt: str,
        tree: Path,
        scratch: Path,
        *,
        seconds: float,
        stop: threading.Event,
        home: Path | None = None,
        session: str = "",
        lasting: bool = False,
        shell: bool = False,
        env: Mapping[str, str] | None = None,
        commands: Path | None = None,
        read: Sequence[Path] = (),
        write: Sequence[Path] = (),
        door: int | None = None,
        seen: Callable[[Uplink], None] = lambda _: None,
        left: Left | None = None,
    ) -> Ended:
        """Have it work on `tree` for at most `seconds`, or until `stop` is set.

        It can write `tree`, `scratch` and its `home`, by default a fresh one below `scratch`, and what `write` adds;
        it can reach its provider and nothing else, but for `door`, a socket it finds as descriptor 3. `session` goes on
        with an earlier conversation; `lasting` keeps this one for later, in `home`. `shell` lets it run commands,
        and those in `commands` are found by name.
        `seen` is handed the uplink, whose counters may be read while the program runs. Of what is `left` of the night
        it gets no more.
        Raises UserError when it is not installed, no key is set, or the prompt is too long for any program.
        """
        home = home or scratch / "home"
        found = self._found()
        if len(prompt.encode()) > MAX_PROMPT_BYTES:
            raise UserError("The brief is too long to be handed to a program.", fix="shorten program.md")
        access = self.setup.access.within(left) if left else self.setup.access
        with access.uplink() as up:
            start = self._start(prompt, tree, home, up, session=session, lasting=lasting, shell=shell)
            start = replace(start, cost_usd=access.cost_usd)
            own = self._env(home, scratch) | dict(self.dialect.env(start)) | dict(env or {})
            box = Box(
                (str(found.program), *self.dialect.argv(start)),
                cwd=tree,
                limits=bounded(Limits(seconds=seconds, output_bytes=OUTPUT_BYTES), scratch),
                read=(*self._toolchain.readable, *found.needs, *read),
                write=tuple(dict.fromkeys((tree, scratch, home, *write))),
                env=own | (finding(commands, own) if commands else {}),
                door=door,
                uplink=up.address,
                aloud=True,
            )
            self._lay_out(start, scratch)
            seen(up)
            with Watch(up, stop) as watch:
                ended, said = self.dialect.run(self._sandbox, box, start, stop=watch.halt)
        cost = up.cost_usd if said.cost_usd is None else said.cost_usd
        return Ended(ended, said, up.tokens, cost, up.trouble, watch.gave_up, up.exhausted, up.refusals)

    def problems(self) -> list[str]:
        """Why it could not be started, a sentence each."""
        try:
            self._found()
        except UserError as error:
            return [error.sentences]
        access = self.setup.access
        tells = self.dialect.tells_cost and access.provider.name != "local"
        if problems := access.problems("" if tells else self.setup.model):
            return problems
        return [] if self.version else [f"{self.dialect.executable} is installed, and does not start here."]

    @cached_property
    def version(self) -> str:
        """What it says of itself, asked once, without a network; empty where it says nothing."""
        found = self._found()
        with TemporaryDirectory(prefix="autoresearch-") as name:
            folder = Path(name)
            box = Box(
                (str(found.program), *self.dialect.asks_version),
                cwd=folder,
                limits=bounded(Limits(seconds=VERSION_SECONDS), folder),
                read=(*self._toolchain.readable, *found.needs),
                write=(folder,),
                env=self._env(folder, folder),
            )
            said = self._sandbox.run(box).output.decode("utf-8", "replace")
        numbers = re.search(r"\d+(\.\d+)+[\w.+-]*", said)
        return numbers[0].rstrip(".") if numbers else ""

    def _found(self) -> place.Place:
        found = place.find(self.dialect.executable, self._toolchain.path)
        if found is None:
            raise UserError(
                f"{self.dialect.executable!r}, the program of the {self.dialect.name} agent, is not on PATH.",
                fix=self.dialect.install,
            )
        return found

    def _start(
        self, prompt: str, tree: Path, home: Path, up: Uplink, *, session: str, lasting: bool, shell: bool
    ) -> Start:
        return Start(
            prompt,
            tree,
            home,
            url=up.url,
            key=up.key,
            wire=up.provider.wire,
            model=self.setup.model,
            session=session,
            lasting=lasting,
            shell=shell,
            args=self.setup.args,
            editable=self.setup.editable,
        )

    def _env(self, home: Path, scratch: Path) -> dict[str, str]:
        env = self._toolchain.env(cores=None, home=home)
        return env | {"TMPDIR": str(scratch / "tmp"), "TERM": "dumb", "NO_COLOR": "1", "DO_NOT_TRACK": "1"}

    def _lay_out(self, start: Start, scratch: Path) -> None:
        """Its HOME with its settings as we want them, whatever it made of them before, and a folder for its litter."""
        (scratch / "tmp").mkdir(exist_ok=True)
        start.home.mkdir(parents=True, exist_ok=True)
        for name, text in self.dialect.files(start).items():
            _write(start.home, name, text)


def _write(home: Path, name: str, text: str) -> None:
    """Lay `text` at `name` below `home`, where a program of an earlier attempt may have left links."""
    folder = home
    for part in Path(name).parts[:-1]:
        folder /= part
        if folder.is_symlink():
            folder.unlink()
        folder.mkdir(exist_ok=True)
    path = folder / Path(name).name
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
