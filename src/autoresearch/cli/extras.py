"""How to get an extra that is missing, without touching what a study's numbers depend on."""

from __future__ import annotations

import shlex
import sys

from autoresearch.cli import place
from autoresearch.extras import ExtraMissing


def install(error: ExtraMissing) -> str:
    """The command that installs it: for us, or elsewhere where a study's commands use our packages."""
    from autoresearch.surroundings.surroundings import elsewhere
    from autoresearch.surroundings.toolchain import Toolchain

    here = f"{shlex.quote(sys.executable)} -m pip install 'autoresearch[{error.extra}]'"
    if not place.has_study() or not Toolchain(place.root_for_studies()).is_ours:
        return here
    if error.looks_on:
        return f"{elsewhere(error.extra)}, then ../look/bin/autoresearch (here it would change the study's numbers)"
    return f"{here} (between two nights: it changes what the numbers depend on, and the next begins an epoch)"
