"""The agent that needs no model and no key: it moves the constants of the editable Python files."""

from autoresearch.agents.tuner.agent import Tuner
from autoresearch.agents.tuner.space import Constant, Space, space_of

__all__ = ["Constant", "Space", "Tuner", "space_of"]
