"""What a sandbox can be asked to prove."""

from __future__ import annotations

from collections.abc import Mapping

PROPERTIES: Mapping[str, str] = {
    "no_network": "No TCP, UDP or socket of the host can be reached.",
    "uplink_only": "A box with an uplink reaches its one endpoint, and no other port, host or socket.",
    "hidden_files": "A secret outside the box cannot be read, by no path and through no link.",
    "hidden_names": "Whether a secret outside exists, how large it is and when it changed cannot be asked.",
    "read_only_tree": "The tree the command starts in cannot be changed.",
    "no_outside_writes": "Nothing outside the box can be changed, neither contents nor modes, times or attributes.",
    "kill_all": "At the limit everything dies at once, daemons and what forks faster than it can be counted included.",
    "no_signals": "No process outside can be signalled, traced, slowed down or limited.",
    "memory_cap": "A process tree that holds more memory than it may is stopped.",
    "process_cap": "A process tree of more processes than it may have is stopped.",
    "disk_cap": "A process tree that fills more of the disk than it may is stopped.",
    "private_processes": "Command lines and environments of processes outside cannot be read.",
    "kernel_surface": "keyctl, io_uring, user namespaces, bpf, perf and userfaultfd are refused.",
}
"""What a task can require, and what each means. A property holds only where a canary was seen failing to break it."""
