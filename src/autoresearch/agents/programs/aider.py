"""aider: no tools; the model answers with blocks to search for and to put in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autoresearch.agents.programs.dialect import Dialect, Said, Start, count, money, words
from autoresearch.agents.programs.mini import litellm_env, litellm_model
from autoresearch.workspace.globs import Globs

_PREFIXES = ("anthropic", "openai", "responses", "gemini")
_FIGURE = r"([0-9]{1,12}(?:\.[0-9]{0,12})?)"
_USED = re.compile(
    rf"^Tokens: {_FIGURE}(k?) sent.*?, {_FIGURE}(k?) received\.(?: Cost: \${_FIGURE} message)?", re.MULTILINE
)
_BROKEN = re.compile(
    r"^(?:litellm\.\w+|.*(?:AuthenticationError|RateLimitError|APIError|APIConnectionError)).*", re.MULTILINE
)
_BLOCK = re.compile(r"^[^\n]*\n?```.*?^```\n?|<<<<<<< SEARCH.*?>>>>>>> REPLACE", re.MULTILINE | re.DOTALL)
_GREETING = re.compile(r"^(?:Aider v|Model: |Git repo: |Repo-map: |Added ).*$", re.MULTILINE)
_NOISE = ("Tokens: ", "Applied edit to ")
MOST_FILES = 50
"""Files named on its command line; it asks for others by name."""


class Aider(Dialect):
    """`aider --message`: text for people. It shows the model the files that are named to it."""

    name = "aider"
    executable = "aider"
    install = "pip install aider-chat"
    wires = _PREFIXES
    provider = "anthropic"
    tells_cost = True
    needs_model = True
    resumes = False

    def argv(self, start: Start) -> tuple[str, ...]:
        """No git, no updates, no questions, no colours."""
        return (
            *(
                "--model",
                litellm_model(start),
                "--edit-format",
                "diff",
                "--yes-always",
                "--no-git",
                "--map-tokens",
                "0",
            ),
            *("--no-check-update", "--no-show-release-notes", "--no-show-model-warnings", "--no-analytics"),
            *("--no-stream", "--no-pretty", "--no-suggest-shell-commands", "--no-detect-urls", "--no-gitignore"),
            *("--chat-history-file", str(start.home / "chat.md"), "--input-history-file", str(start.home / "input")),
            *start.args,
            *("--message", start.prompt, *_files(start)),
        )

    def env(self, start: Start) -> Mapping[str, str]:
        """What LiteLLM reads."""
        return litellm_env(start)

    def files(self, start: Start) -> Mapping[str, str]:  # noqa: ARG002 - the same for every start
        """A list of prices with nothing in it, or it would wait for one that it cannot fetch."""
        return {".aider/caches/model_prices_and_context_window.json": '{"nothing": {}}'}

    def said(self, output: str, start: Start) -> Said:  # noqa: ARG002 - all of it is in its output
        """Its exit status is 0 also when it may not log in; the line with its usage comes only after an answer."""
        used = list(_USED.finditer(output))
        broken = list(_BROKEN.finditer(output))
        failed = bool(broken) and (not used or broken[-1].start() > used[-1].start())
        costs = [match[5] for match in used]
        return Said(
            text=words(_spoken(output)),
            finished=bool(used) and not failed,
            trouble=words(broken[-1][0]) if failed else "" if used else "no answer of the model's",
            tokens=count(*(_number(*match.group(*at)) for match in used for at in ((1, 2), (3, 4)))) if used else None,
            cost_usd=money(*map(float, costs)) if costs and None not in costs else None,
        )


def _number(digits: str, thousands: str) -> int:
    return round(float(digits) * (1000 if thousands else 1))


def _files(start: Start) -> list[str]:
    """The editable files; of very many none, which makes it look for itself."""
    globs = Globs(start.editable)
    paths = (path for path in sorted(start.tree.rglob("*")) if path.is_file())
    found = [name for path in paths if (name := path.relative_to(start.tree).as_posix()) in globs]
    return found if len(found) <= MOST_FILES else []


def _spoken(output: str) -> str:
    """What the model said, as far as it is not edits or aider's own words: its greeting stands above."""
    greetings = list(_GREETING.finditer(output))
    lines = _BLOCK.sub("", output[greetings[-1].end() :] if greetings else output).splitlines()
    return "\n".join(line for line in lines if line.strip() and not line.startswith(_NOISE))
