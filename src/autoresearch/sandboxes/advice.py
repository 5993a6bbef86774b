"""What to type when no sandbox proves what a task requires."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

APPARMOR_SWITCH = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
APPARMOR_FIX = """let AppArmor grant bubblewrap its user namespaces:
printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }\\n' \\
  | sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap"""
CONTAINER_FIX = (
    "allow user namespaces (a container needs a seccomp profile that permits unshare and mount; for Docker "
    "`--security-opt seccomp=unconfined`), or require less in [sandbox] of autoresearch.toml"
)


def advice(refusals: Mapping[str, str], *, apparmor_switch: Path = APPARMOR_SWITCH) -> str:
    """The most likely next step, from what each backend said."""
    bubblewrap = refusals.get("bubblewrap", "")
    if sys.platform == "darwin":
        return "require less in [sandbox] of autoresearch.toml, or run on Linux, where more can be proven"
    if "not installed" in bubblewrap:
        return "apt-get install bubblewrap"
    if "Unknown option" in bubblewrap:
        return "install bubblewrap 0.8 or later"
    if "did not come up" in bubblewrap:
        restricted = apparmor_switch.exists() and apparmor_switch.read_text().strip() == "1"
        return APPARMOR_FIX if restricted else CONTAINER_FIX
    if not bubblewrap:
        return 'use sandbox = "auto", or apt-get install bubblewrap'
    return "require less in [sandbox] of autoresearch.toml"
