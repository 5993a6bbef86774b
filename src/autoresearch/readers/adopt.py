"""From a file that was read to a read-only study beside the others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import autoresearch
from autoresearch.errors import UserError
from autoresearch.hearsay import IMPORTED, Imported
from autoresearch.history import Archive, Epoch, Note, StudyStart
from autoresearch.ledger import Ledger, now
from autoresearch.readers.foreign import Foreign, Segment
from autoresearch.records import Metric
from autoresearch.site import Site, rewrite

RULE = "their own"
"""Name of the referee of an imported epoch: none of ours."""


def adopt(root: Path, name: str, *, file: Path, data: bytes, found: Foreign) -> Site:
    """Write what was read as the study `name`, whole or not at all. The same bytes again change nothing.

    Raises UserError when the file has no row, or a study of that name has begun from something else.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise UserError(f"{name!r} is not a name for a study: letters, digits, dots, dashes.", fix="--as NAME")
    if not found.rows:
        raise UserError(f"{file} has no row that could be read.", fix="look at it: autoresearch import FILE --dry-run")
    site = Site(root, name)
    source = _source(file, data, found)
    if site.ledger_path.exists() and _is_whole(site, source):
        return site
    site.create()
    kept = site.folder / "imported" / source.sha256
    kept.parent.mkdir(exist_ok=True)
    rewrite(kept, data)
    with TemporaryDirectory(prefix="import-", dir=site.folder) as place:
        begun = Path(place) / site.ledger_path.name
        Ledger(begun, Archive()).append(*_records(name, source, found))
        begun.replace(site.ledger_path)
    return site


def _source(file: Path, data: bytes, found: Foreign) -> Imported:
    name = file.name.encode("utf-8", "replace").decode()
    digest = hashlib.sha256(data).hexdigest()
    rows = len(found.rows)
    return Imported(name, digest, found.form, len(data), found.lines, rows, doubts=tuple(found.doubts))


def _is_whole(site: Site, source: Imported) -> bool:
    """Whether what stands there has every row of `source`. Raises UserError when it begins otherwise."""
    history = site.ledger().history
    begun = history.imported
    if begun is None or begun.sha256 != source.sha256:
        what = f"was imported from another {begun.file}" if begun else "is a study of its own"
        raise UserError(f"{site.study!r} {what}.", fix=f"autoresearch import {source.file} --as ANOTHER-NAME")
    return len(history.hearsay) == source.rows


def _records(name: str, source: Imported, found: Foreign) -> Iterator[object]:
    """The whole ledger. Where it comes from stands above the rows, so that no part of it passes for a study of ours."""
    yield StudyStart(name, base="", secret="", version=autoresearch.__version__)
    yield source
    for number, segment in enumerate(found.segments, 1):
        yield _epoch(number, segment, source)
        yield from segment.rows
    yield from (Note("doubt", doubt) for doubt in found.doubts)


def _epoch(number: int, segment: Segment, source: Imported) -> Epoch:
    return Epoch(
        number,
        digest=f"{source.sha256}:{number}",
        task="",
        trust_class=IMPORTED,
        sandbox="unknown",
        properties={},
        machine={},
        environment={},
        metric=Metric(segment.metric, segment.direction, segment.unit),
        referee=RULE,
        why=segment.why,
        started=now(),
    )
