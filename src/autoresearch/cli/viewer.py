"""How to get `watch` and `serve` where they are missing, without touching what the study's numbers depend on."""

from __future__ import annotations

import shlex
import sys

from autoresearch.site import Site


def install(site: Site) -> str:
    """The command that installs both views: for us, or elsewhere where the study's commands use our packages."""
    from autoresearch.surroundings.surroundings import ELSEWHERE
    from autoresearch.surroundings.toolchain import Toolchain

    if Toolchain(site.root).is_ours:
        return f"{ELSEWHERE} (here it would change what the study's numbers depend on)"
    return f"{shlex.quote(sys.executable)} -m pip install 'autoresearch[tui,web]'"
