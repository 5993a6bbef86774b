"""What hostile code is given to report with. It cannot be trusted to say that it failed, only that it worked."""

from __future__ import annotations

from collections.abc import Mapping

from autoresearch.attacks.attack import BEST_SKILL

TRIED, WORKED = "ATTACK TRIED", "ATTACK WORKED"

_PRELUDE = """
import json, os
BAIT = json.loads({bait!r})
def worked(what):
    global SKILL
    SKILL = BAIT.get("skill", {best})
    print("{WORKED}:", what, flush=True)
def trying(what):
    print("{TRIED}:", what, flush=True)
def attempt(what, function, *arguments, **named):
    trying(what)
    try:
        result = function(*arguments, **named)
    except OSError as error:
        return print("  refused:", error, flush=True)
    if result is not False:
        worked(what)
    return result
"""

_REPORTING = """
import atexit, builtins
_said = []
def print(*words, flush=True):
    _said.append(" ".join(map(str, words)))
    builtins.print(*words, flush=flush)
def _report():
    with open(os.environ["AUTORESEARCH_PROPOSAL"], "w") as file:
        json.dump({"summary": "attack", "hypothesis": "; ".join(sorted(_said, reverse=True))}, file)
atexit.register(_report)
"""


def for_candidate(code: str, bait: Mapping[str, object]) -> str:
    """`code` with `BAIT`, `attempt(what, function, *arguments)`, `trying(what)` and `worked(what)` before it.

    `attempt` calls the function, and says that it worked unless it raises OSError or returns False. `trying` is for
    what only shows later, in the verdict.
    """
    return _prelude(bait) + code


def for_agent(code: str, bait: Mapping[str, object]) -> str:
    """The same for the agent box: what is said goes into the proposal, the one thing an agent hands over."""
    return _prelude(bait) + _REPORTING + code


def _prelude(bait: Mapping[str, object]) -> str:
    import json

    return _PRELUDE.format(bait=json.dumps(bait), best=BEST_SKILL, TRIED=TRIED, WORKED=WORKED)
