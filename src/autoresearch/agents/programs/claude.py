"""Claude Code, without the settings, hooks, plug-ins and instructions that it finds on a machine (`--bare`)."""

from __future__ import annotations

from collections.abc import Mapping

from autoresearch.agents.programs.dialect import Dialect, Said, Start, count, events, inside, money, words
from autoresearch.causes import Cause

_LIMITS = ("error_max_turns", "error_max_budget_usd")


class Claude(Dialect):
    """`claude -p`: one JSON object an event, the last of type "result"."""

    name = "claude"
    executable = "claude"
    install = "npm install -g @anthropic-ai/claude-code"
    wires = ("anthropic",)
    provider = "anthropic"
    tells_cost = True

    def argv(self, start: Start) -> tuple[str, ...]:
        """Edits are accepted without asking; what else it would have to ask for is refused, and told to it."""
        return (
            *("--bare", "--print", "--output-format", "stream-json", "--verbose"),
            *("--permission-mode", "acceptEdits", "--tools", "Read,Edit,Write" + (",Bash" if start.shell else "")),
            *(("--allowedTools", "Bash") if start.shell else ()),
            *(("--model", start.model) if start.model else ()),
            *(("--max-budget-usd", f"{start.cost_usd:g}") if start.cost_usd is not None else ()),
            *(("--resume", start.session) if start.session else ()),
            *(() if start.lasting else ("--no-session-persistence",)),
            *start.args,
            *("--", start.prompt),
        )

    def env(self, start: Start) -> Mapping[str, str]:
        """It is told that it sits in a sandbox: without, it refuses to work for user 0."""
        return {
            "ANTHROPIC_BASE_URL": start.url,
            "ANTHROPIC_API_KEY": start.key,
            "IS_SANDBOX": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": "4",
            "DISABLE_AUTOUPDATER": "1",
        }

    def said(self, output: str, start: Start) -> Said:
        """`subtype` says "success" of failures too; `is_error` does not.

        Of a conversation gone on with, its money counts what was before, too: then it is unknown.
        """
        result = next((event for event in events(output) if event.get("type") == "result"), {})
        text, subtype = words(result.get("result")), words(result.get("subtype"))
        failed = result.get("is_error") is not False or subtype != "success"
        used = [inside(result, "usage", f"{kind}_tokens") for kind in ("input", "output")]
        used += [inside(result, "usage", f"cache_{kind}_input_tokens") for kind in ("creation", "read")]
        denials = result.get("permission_denials")
        return Said(
            text=text,
            finished=bool(result) and not failed,
            trouble=(text or subtype) if failed else "",
            cause=Cause.TOKENS if subtype in _LIMITS else None,
            tokens=count(*used) if result else None,
            cost_usd=None if start.session else money(result.get("total_cost_usd")),
            session=words(result.get("session_id")),
            refused=tuple(_denial(each) for each in denials[:20]) if isinstance(denials, list) else (),
        )


def _denial(denial: object) -> str:
    path = inside(denial, "tool_input", "file_path") or inside(denial, "tool_input", "command")
    return f"{words(inside(denial, 'tool_name'))} {words(path)}".strip()
