"""Upstream's three files: prepare.py, train.py, program.md. train.py prints val_bpb and is all that may change."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from autoresearch.setups.draft import Draft, inside, safe_name
from autoresearch.setups.files import constant, demand, text

BUDGET = 300.0
"""Seconds of training where prepare.py does not say."""
STARTUP = 300.0
"""Seconds for what upstream does not count: imports, compiling, the first steps, the evaluation."""

KERNELS = ".cache/huggingface"
"""Where below the home directory `get_kernel` puts what it downloads."""
OFFLINE = {"HF_HUB_OFFLINE": "1"}
"""Has it take what is there: the box has no network to ask whether there is something newer."""


def draft(root: Path, folder: Path) -> Draft:
    """A task around them. Raises UserError where they are not there."""
    train = demand(folder, "train.py", what="upstream's set-up")
    prepare = demand(folder, "prepare.py", what="upstream's set-up")
    where = inside(root, folder)
    training = constant(text(prepare), "TIME_BUDGET") or BUDGET
    caches = [cache for cache in (_cache(text(prepare)), KERNELS if _takes_kernels(text(train)) else "") if cache]
    return Draft(
        name=safe_name(folder.resolve().name),
        goal="Lowest validation bits per byte after a fixed training time",
        editable=[f"{where}train.py"],
        metric="val_bpb",
        direction="minimize",
        unit="bit/byte",
        bounds=(0.0, 20.0),
        command=shlex.join([*(["env", "-C", where] if where else []), "python", "train.py"]),
        seconds=training,
        grace_seconds=STARTUP,
        cores=None,
        gpus=1 if re.search(r"\bcuda\b", text(train)) else 0,
        env=({"HOME": str(Path.home())} if caches else {}) | (OFFLINE if KERNELS in caches else {}),
        read=[str(Path.home() / cache) for cache in caches],
        remarks=_remarks(folder, takes_kernels=KERNELS in caches),
        hints=["Change train.py only."],
    )


def _cache(prepare: str) -> str:
    """The folder below the home directory that prepare.py fills; empty where it uses none."""
    found = re.search(r"""["']~["']\s*\)?\s*,\s*((?:["'][^"']+["']\s*,?\s*)+)""", prepare)
    if found:
        return "/".join(re.findall(r"""["']([^"']+)["']""", found[1]))
    found = re.search(r"""["']~/([^"']+)["']""", prepare)
    return found[1] if found else ""


def _takes_kernels(train: str) -> bool:
    return bool(re.search(r"\bget_kernel\b", train))


def _remarks(folder: Path, *, takes_kernels: bool) -> list[str]:
    remarks = [
        "Upstream's set-up, as it is. The number is printed by train.py itself, which may change: it is self-reported.",
        "Run `python prepare.py` once before the first night.",
    ]
    if takes_kernels:
        remarks.append(
            f"train.py downloads a kernel with get_kernel; a night reads it from ~/{KERNELS}, without a network. "
            "Run `python train.py` once before, so that it is there."
        )
    if (folder / "program.md").exists():
        remarks.append("program.md tells an agent to run the loop; autoresearch runs it, agents only edit.")
    return remarks
