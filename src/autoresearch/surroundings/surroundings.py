"""What numbers depend on outside git: programs, packages and the folders a candidate may read, known by content.

What they are goes into the epoch; while a night runs they are watched, by what `stat` says of them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import autoresearch
from autoresearch.errors import UserError
from autoresearch.surroundings.drift import Drift
from autoresearch.surroundings.inventory import DIST_INFO, Digest, Memory, Place, as_installed, installed
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Phase, Task
from autoresearch.workspace.trees import Unreadable

HASHED_BYTES = 8 << 30
"""Of one readable folder, in order of path: about ten seconds, once. The rest is known by size and time of change."""

SHARE = 100
"""Looking takes at most this part of the time: a folder that takes 20 ms to look through is looked at every 2 s."""

MOST_TOLD = 5
"""Changes named in one sentence."""


def elsewhere(extra: str) -> str:
    """The command that puts what only looks on where no number depends on it."""
    return f"python3 -m venv ../look && ../look/bin/pip install 'autoresearch[{extra}]'"


_VIEWS = elsewhere("tui,web")
OURS = f"The commands' python is autoresearch's own: what only looks on belongs into another environment: {_VIEWS}"
"""What to know when a package came or went where we are installed ourselves."""

LOOSE = "(loose files)"
"""Stands for what lies among the packages and belongs to none."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The places, and what of them goes into the epoch."""

    environment: Mapping[str, object]
    """JSON-able: versions, and digests of what has none."""
    places: tuple[Place, ...]
    remarks: tuple[str, ...] = ()
    """What is not known by content, a sentence each."""


def survey(task: Task, toolchain: Toolchain, memory: Memory) -> Surroundings:
    """Look at everything once; what was looked at before is not read again. Raises UserError."""
    programs = [_place(f"program {name}", path, _hashed(path, memory)) for name, path in _programs(task, toolchain)]
    advice = OURS if toolchain.is_ours else ""
    packages = [_packages(folder, memory, advice) for folder in _package_folders(toolchain)]
    readable = [_readable(Path(path), memory) for path in task.read]
    python = toolchain.python or {}
    environment = {
        "autoresearch": autoresearch.__version__,
        "python": python.get("version"),
        "executable": python.get("executable"),
        "programs": {place.name.removeprefix("program "): place.total() for place in programs},
        "packages": {name: digest for _, names in reversed(packages) for name, digest in names.items()},
        "read": {str(place.root): place.total() for place, _ in readable},
        "locale": toolchain.locale,
    }
    memory.save()
    places = (*programs, *(place for place, _ in packages), *(place for place, _ in readable))
    return Surroundings(environment, places, tuple(remark for _, remark in readable if remark))


def _hashed(root: Path, memory: Memory) -> Digest:
    return lambda path, info: memory.digest(root / path if path else root, info)


def _programs(task: Task, toolchain: Toolchain) -> Iterator[tuple[str, Path]]:
    """Every program outside the repository that a word of the task's commands names, and the interpreter."""
    words = dict.fromkeys(word for phase in _phases(task) for part in phase.command for word in _words(part))
    if toolchain.python:
        words |= {str(toolchain.python["executable"]): None, f"{toolchain.python['prefix']}/pyvenv.cfg": None}
    for word in words:
        path = Path(word) if word.endswith("/pyvenv.cfg") else toolchain.find(word)
        if path and path.is_file():
            yield word, path


def _phases(task: Task) -> Iterator[Phase]:
    phases = (task.experiment, task.evaluation, task.contestant, task.holdout)
    yield from (phase for phase in phases if phase)
    yield from (check.phase for check in task.checks)
    if task.precheck:
        yield task.precheck


def _words(part: str) -> Iterable[str]:
    """What of one argument could be a program's name: all of it, or the words of a shell's line."""
    return re.findall(r"[\w./+-]+", part)


def _package_folders(toolchain: Toolchain) -> list[Path]:
    listed = (toolchain.python or {}).get("packages", [])
    assert isinstance(listed, list)
    return [Path(folder) for folder in dict.fromkeys(listed)]


def _packages(folder: Path, memory: Memory, advice: str) -> tuple[Place, dict[str, str]]:
    """A folder of packages, and for each of them its version and the digest of its files."""
    listed = installed(folder)
    place = _place(f"package file {folder}", folder, as_installed(folder, listed, memory), advice)
    members: dict[str, list[str]] = {}
    for path in place.seen:
        top, known = path.partition("/")[0], listed.get(path)
        package = known.package if known else top.removesuffix(DIST_INFO) if top.endswith(DIST_INFO) else LOOSE
        members.setdefault(package, []).append(path)
    found = {}
    for package, paths in members.items():
        name, _, version = package.partition("-")
        found[name] = f"{version} {place.total(paths)[:16]}".strip()
    return place, found


def _readable(root: Path, memory: Memory) -> tuple[Place, str]:
    """A folder of the task's `[sandbox] read`, and what of it is not known by its content."""
    digest = _Budgeted(_hashed(root, memory), HASHED_BYTES)
    place = _place(f"[sandbox] read {root}", root, digest)
    left_out = digest.left_out
    if not left_out:
        return place, ""
    some = f"{left_out} files of {root}, beyond the first {HASHED_BYTES / 2**30:.3g} GiB"
    return place, f"{some}, are known by size and time of change, not by content."


class _Budgeted:
    """Digests by content for the first files that are asked about, by size and time of change for the rest."""

    def __init__(self, digest: Digest, n_bytes: int) -> None:
        self._digest = digest
        self._left = n_bytes
        self._inside: dict[str, bool] = {}

    @property
    def left_out(self) -> int:
        """How many files are not known by content."""
        return sum(not inside for inside in self._inside.values())

    def __call__(self, path: str, info: os.stat_result) -> str:
        if path not in self._inside:
            self._left -= info.st_size
            self._inside[path] = self._left >= 0
        return self._digest(path, info) if self._inside[path] else f"{info.st_size} bytes of {info.st_mtime_ns}"


def _place(name: str, root: Path, digest: Digest, advice: str = "") -> Place:
    """Raises UserError when it is not there or cannot be read."""
    try:
        return Place(name, root, digest, advice)
    except Unreadable as error:
        why = f"{root}/{error}"
    except FileNotFoundError:
        raise UserError(
            f"What numbers depend on is not there: {root}.",
            fix="make it, with `python prepare.py` where that fetches the data, or leave it out of [sandbox] read",
        ) from None
    except OSError as error:
        why = f"{root}: {error.strerror}"
    raise UserError(
        f"What numbers depend on cannot be read: {why}.",
        fix="mend its permissions, or name in [sandbox] read only what candidates need",
    )


@dataclass(slots=True)
class Post:
    """One thing that is watched."""

    look: Callable[[], Sequence[str]]
    """What of it is no longer as it was."""
    sign: Callable[[], object] = lambda: None
    """Something far cheaper to ask for; when its answer changes it is time to look."""
    advice: str = ""
    """What to know when it changed."""
    known: object = None
    due: float = 0.0
    """When to look again in any case, on the monotonic clock."""


class Watch:
    """Looks again at what numbers depend on, as often as it is cheap."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self.posts = tuple(posts)

    def drift(self, *, thorough: bool = False) -> Drift | None:
        """What is no longer as it was when the watch began; None while nothing is known to have changed.

        Each thing is looked at when its sign changed, or when looking keeps within its `SHARE` of the time;
        `thorough` looks at everything.
        """
        found = [(post, _changes(post, thorough=thorough)) for post in self.posts]
        changes = [change for _, some in found for change in some]
        advice = dict.fromkeys(post.advice for post, some in found if some and post.advice)
        return Drift(told(changes), advice=" ".join(advice)) if changes else None


def _changes(post: Post, *, thorough: bool) -> Sequence[str]:
    sign, began, worked = post.sign(), time.monotonic(), time.thread_time()
    if not thorough and sign == post.known and began < post.due:
        return ()
    found = post.look()
    ended = time.monotonic()
    took = min(ended - began, 10 * (time.thread_time() - worked))  # a core that others had is no cost of looking
    post.due = ended + SHARE * took
    if not found:
        post.known = sign
    return found


def watch(surroundings: Surroundings, workspace_changes: Callable[[], Sequence[str]]) -> Watch:
    """A watch over the places, and over the sealed files as they were laid out for this study."""
    posts = [Post(place.changes, place.sign, place.advice) for place in surroundings.places]
    return Watch([*posts, Post(workspace_changes)])


def told(changes: Sequence[str]) -> str:
    """The changes as the end of a sentence."""
    more = f" and {len(changes) - MOST_TOLD} more" if len(changes) > MOST_TOLD else ""
    return "; ".join(changes[:MOST_TOLD]) + more
