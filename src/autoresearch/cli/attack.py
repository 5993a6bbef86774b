"""What `check --attack` prints: every attack, and what became of it on this task and machine."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from autoresearch.assembly import Rig
    from autoresearch.attacks.trial import Finding


def attack(rig: Rig, *, as_json: bool) -> bool:
    """Try every portable attack on `rig` and print the table. Whether nothing worked that should not have."""
    from autoresearch.attacks.attack import Standing
    from autoresearch.attacks.catalogue import FAMILIES
    from autoresearch.attacks.lies import lies
    from autoresearch.attacks.trial import played

    found = [*played(rig, FAMILIES), *lies(rig)]
    if as_json:
        typer.echo(json.dumps({"schema": 1, "sandbox": rig.sandbox.name, "attacks": [asdict(one) for one in found]}))
    else:
        _print(found)
    return all(one.standing is not Standing.WORKED for one in found)


def _print(found: list[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    from autoresearch.attacks.attack import Standing
    from autoresearch.cli.tables import console
    from autoresearch.views.words import plain

    style = {Standing.STOPPED: "green", Standing.NOT_GIVEN: "yellow", Standing.WORKED: "bold red"}
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("row", "family", "attack", "", "by, or why not"):
        table.add_column(name, no_wrap=name in ("row", "family", ""))
    for one in found:
        standing = Text(one.standing, style.get(one.standing, "dim"))
        table.add_row(str(one.row), one.family, Text(plain(one.title)), standing, Text(plain(one.why, 200)))
    out, counts = console(), Counter(one.standing for one in found)
    out.print(table)
    out.print(", ".join(f"{count} {standing}" for standing, count in sorted(counts.items())))
