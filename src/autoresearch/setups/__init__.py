"""Task files around set-ups that exist already: for other tools, or none. Nothing of theirs is changed."""

from collections.abc import Callable, Mapping
from pathlib import Path

from autoresearch.setups import karpathy, openevolve, pi, shinka
from autoresearch.setups.draft import Draft, measured_by, write

SOURCES: Mapping[str, Callable[[Path, Path], Draft]] = {
    "karpathy": karpathy.draft,
    "pi": pi.draft,
    "openevolve": openevolve.draft,
    "shinka": shinka.draft,
}
"""By the word `init --from` takes: from the repository's root and the set-up's folder to a draft."""

__all__ = ["SOURCES", "Draft", "measured_by", "write"]
