"""A model as an agent, with no program in between: it is shown the files and answers with one edit.

The questions are asked by our own code and need no box; the answer is read as text, applied exactly or not at all, and
then judged like everybody's.
"""

from autoresearch.agents.llm.agent import SHOWN_CHARACTERS, Llm
from autoresearch.agents.llm.endpoint import Endpoint, endpoint
from autoresearch.agents.llm.talk import Allowance

__all__ = ["SHOWN_CHARACTERS", "Allowance", "Endpoint", "Llm", "endpoint"]
