"""A model that plays a script: a server on loopback that real agents, and ours, take for their provider.

    with Models([Scene("Experiment 1", Edit("train.py", "LR = 0.1", "LR = 0.2"), Text("Done."))]) as models:
        ...  # point an agent to models.url; look at models.seen

It speaks Anthropic Messages, OpenAI Chat, OpenAI Responses and Gemini, streaming or not; one script does for all. Each
step becomes a call of whatever tool the client offers for it. `python -m models` (from tests/agents) serves by hand.
"""

from models.script import Edit, Fail, Read, Scene, Script, Shell, Step, Text
from models.server import Models, Seen
from models.wires import Ask, Message

__all__ = ["Ask", "Edit", "Fail", "Message", "Models", "Read", "Scene", "Script", "Seen", "Shell", "Step", "Text"]
