"""The git side of a study."""

from autoresearch.workspace.workspace import Taken, Workspace

__all__ = ["Taken", "Workspace"]
