"""From a repository with a task file to a study that can run: names become objects, and the ledger learns the setting.

The setting is three records, each written only when it says something new: the study (once), the epoch (whenever
anything a number depends on has changed) and the night (whenever a budget is granted).
"""

from autoresearch.assembly.beginnings import assemble, assemble_tries, begin_try, reopen
from autoresearch.assembly.epoch import setting
from autoresearch.assembly.parts import Assembly, author
from autoresearch.assembly.remarks import READ_FROM_DISK, refuse_superseded, warnings
from autoresearch.assembly.rig import Rig, rig_up
from autoresearch.assembly.vault import open_vault

__all__ = [
    "READ_FROM_DISK",
    "Assembly",
    "Rig",
    "assemble",
    "assemble_tries",
    "author",
    "begin_try",
    "open_vault",
    "refuse_superseded",
    "reopen",
    "rig_up",
    "setting",
    "warnings",
]
