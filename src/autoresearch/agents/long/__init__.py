"""Long sessions: a program that is started once and tries many changes, through a door that the engine keeps."""

from autoresearch.agents.long.agent import Long
from autoresearch.agents.long.resident import Desk, Resident, residents
from autoresearch.agents.long.session import Over, Stays, Terms, Used

__all__ = ["Desk", "Long", "Over", "Resident", "Stays", "Terms", "Used", "residents"]
