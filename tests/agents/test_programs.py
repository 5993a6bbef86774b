"""What came of a coding program, whatever it says: real processes, real boxes, a provider that fails on demand."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny
from models import Fail, Models, Text

from autoresearch import agents
from autoresearch.agents.programs import DIALECTS, place, words
from autoresearch.agents.programs.dialect import Start
from autoresearch.errors import Foul, TaskError
from autoresearch.records import Direction, Metric, Outcome, Proposal
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Limits, Phase, Task

pytestmark = pytest.mark.usefixtures("with_packages")  # these programs are run by the Python of the tests

TASK = Task("toy", "Lowest loss", ("*.py",), Metric("loss", Direction.MINIMIZE), Phase(("true",), Limits(5.0)))
CHANGE = 'open("train.py", "w").write("LR = 0.2\\n")\n'
DONE = 'print(json.dumps({"last": "Summary: larger steps\\nHypothesis: faster"}))\n'


@pytest.fixture(scope="module")
def provider() -> Iterator[Models]:
    with Models([Text("yes")]) as models:
        yield models


@pytest.fixture(autouse=True)
def _path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.environ["PATH"])


def attempt(folder: Path, url: str, code: str, **given: object) -> Proposal:
    tiny.install(folder, code)
    return tiny.edit(tiny.coder(folder, url, **given), folder)  # type: ignore[arg-type]


def foul(folder: Path, url: str, code: str, **given: object) -> Foul:
    with pytest.raises(Foul) as caught:
        attempt(folder, url, code, **given)
    return caught.value


def test_a_change_with_its_words_its_bill_and_its_version(provider: Models, tmp_path: Path) -> None:
    code = 'assert ask(open(os.environ["HOME"] + "/.tiny/settings.json").read()) == "yes"\n' + CHANGE + DONE
    made = attempt(tmp_path, provider.url, code)
    assert (made.summary, made.hypothesis, made.agent_version) == ("larger steps", "faster", "1.2.3")
    usage = provider.seen[-1].usage
    assert usage is not None
    assert made.tokens == usage.read + usage.written
    assert made.cost_usd is None
    assert b"larger steps" in made.transcript
    assert provider.seen[-1].ask.prompt == '{"model": "m"}'


def test_a_proposal_in_the_file_wins_over_the_last_words(provider: Models, tmp_path: Path) -> None:
    code = CHANGE + 'open(os.environ["AUTORESEARCH_PROPOSAL"], "w").write(\'{"summary": "from the file"}\')\n' + DONE
    made = attempt(tmp_path, provider.url, code)
    assert (made.summary, made.hypothesis) == ("from the file", "")


def test_without_a_last_event_it_broke_whatever_its_status_says(provider: Models, tmp_path: Path) -> None:
    failed = foul(tmp_path, provider.url, CHANGE + 'print("all is well")')
    assert failed.outcome is Outcome.CRASH
    assert failed.reason == "the agent ended with status 0, and not with its last word"
    assert failed.log == b"all is well\n"
    assert (failed.tokens, failed.cost_usd) == (0, 0.0)


def test_a_status_does_not_spoil_what_is_finished(provider: Models, tmp_path: Path) -> None:
    assert attempt(tmp_path, provider.url, CHANGE + DONE + "sys.exit(3)").summary == "larger steps"


def test_its_own_trouble_has_a_cause_where_its_words_give_one_away(provider: Models, tmp_path: Path) -> None:
    failed = foul(tmp_path, provider.url, 'print(json.dumps({"last": "", "trouble": "Please run /login"}))')
    assert (failed.outcome, failed.cause) == (Outcome.CRASH, "login")
    assert failed.reason == "the agent broke off: Please run /login"


@pytest.mark.parametrize(
    ("said", "cause", "reason"),
    [
        ("I looked.\n\nShall I go on?", "asked", "changed nothing and asked: I looked. Shall I go on?"),
        ("It is optimal.", "", "changed nothing; it said: It is optimal."),
        (" ", "empty", "changed nothing and said nothing"),
    ],
)
def test_nothing_changed(provider: Models, tmp_path: Path, said: str, cause: str, reason: str) -> None:
    failed = foul(tmp_path, provider.url, f'print(json.dumps({{"last": {said!r}}}))')
    assert (failed.outcome, failed.cause) == (Outcome.NO_CHANGE, cause)
    assert failed.reason == f"the agent {reason}"


def test_our_clock_ends_it(provider: Models, tmp_path: Path) -> None:
    failed = foul(tmp_path, provider.url, CHANGE + DONE + "sys.stdout.flush(); time.sleep(60)", seconds=1.0)
    assert failed.outcome is Outcome.TIMEOUT
    assert failed.reason == "the agent ran into its limit of 1 s"


def test_a_flood_is_stopped(provider: Models, tmp_path: Path) -> None:
    failed = foul(tmp_path, provider.url, 'while True: print("x" * 65536)')
    assert (failed.outcome, failed.cause) == (Outcome.CRASH, "flood")
    assert len(failed.log) < 2**20


def test_tokens_are_held_by_the_proxy(provider: Models, tmp_path: Path) -> None:
    asking = 'try:\n    for _ in range(9): ask("x" * 4000)\nexcept Exception: pass\n'
    failed = foul(tmp_path, provider.url, asking + CHANGE + DONE, tokens=2500)
    assert (failed.outcome, failed.cause) == (Outcome.CRASH, "tokens")
    assert failed.tokens is not None
    assert 2500 <= failed.tokens < 4500


STUBBORN = "for _ in range(600):\n    try: ask(); break\n    except Exception: time.sleep(0.1)\n"


def test_a_program_that_waits_for_its_provider_is_not_waited_for(tmp_path: Path) -> None:
    with Models([Fail(429, retry_after=7200)]) as models:
        failed = foul(tmp_path, models.url, STUBBORN + CHANGE + DONE)
    assert (failed.outcome, failed.cause) == (Outcome.CRASH, "rate_limited")
    assert failed.seconds < 5
    assert "and 7200 s is longer than we wait" in failed.reason
    with Models([Fail(401)]) as models:
        failed = foul(tmp_path, models.url, STUBBORN + CHANGE + DONE)
    assert (failed.outcome, failed.cause) == (Outcome.CRASH, "login")


def test_an_experiment_waits_for_its_provider(tmp_path: Path) -> None:
    with Models([Fail(429, times=1), Text("yes")]) as models:
        made = attempt(tmp_path, models.url, "ask()\n" + CHANGE + DONE, patience=30.0)
    assert made.summary == "larger steps"
    assert len(models.seen) == 2


def test_a_change_cut_short_by_the_provider_is_not_tried_on_top_of_itself(tmp_path: Path) -> None:
    with Models([Fail(500)]) as models:
        failed = foul(tmp_path, models.url, CHANGE + "ask()\n" + DONE, patience=30.0)
    assert (failed.outcome, failed.cause) == (Outcome.CRASH, "model")
    assert len(models.seen) == 1


def test_it_reaches_its_provider_and_nobody_else(provider: Models, tmp_path: Path) -> None:
    with Models([Text("another")]) as other:
        peek = f"""
            import urllib.request
            try:
                urllib.request.urlopen("{other.url}/v1/models", timeout=3)
                print("reached")
            except OSError as error:
                print("not reached")
        """
        made = attempt(tmp_path, provider.url, textwrap.dedent(peek) + CHANGE + DONE)
    assert b"not reached" in made.transcript


def test_a_conversation_that_goes_on_has_its_home_and_its_name(provider: Models, tmp_path: Path) -> None:
    lasting = tmp_path / "lasting"
    lasting.mkdir()
    counting = """
        path = os.path.expanduser("~/count")
        n = int(open(path).read()) + 1 if os.path.exists(path) else 1
        open(path, "w").write(str(n))
        print(json.dumps({"last": f"visit {n}, of {sys.argv[2]!r}", "session": f"s{n}", "trouble": "x" * (n == 3)}))
    """
    code = CHANGE + textwrap.dedent(counting)
    tiny.install(tmp_path, code)
    agent = tiny.coder(tmp_path, provider.url, lasting=lasting)
    assert [tiny.edit(agent, tmp_path).summary for _ in range(2)] == ["visit 1, of ''", "visit 2, of 's1'"]
    with pytest.raises(Foul):
        tiny.edit(agent, tmp_path)
    assert tiny.edit(agent, tmp_path).summary == "visit 4, of ''"
    fresh = tiny.coder(tmp_path, provider.url)
    assert [tiny.edit(fresh, tmp_path).summary for _ in range(2)] == ["visit 1, of ''"] * 2


def test_problems_say_what_to_type(provider: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = tiny.coder(tmp_path, provider.url, key_env="NO_SUCH_KEY")
    found = agent.problems(tmp_path)
    assert found == ["'tiny', the program of the tiny agent, is not on PATH. Try: npm install -g tiny"]
    tiny.install(tmp_path, "")
    assert "export NO_SUCH_KEY=..." in tiny.coder(tmp_path, provider.url, key_env="NO_SUCH_KEY").problems(tmp_path)[0]
    assert tiny.coder(tmp_path, provider.url).problems(tmp_path) == []
    (tmp_path / "bin" / "tiny").write_text("#!/bin/sh\nexit 1\n")
    assert tiny.coder(tmp_path, provider.url).problems(tmp_path) == ["tiny is installed, and does not start here."]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"provider": "openai"}, "claude speaks anthropic; openai speaks responses."),
        ({"session": "forever"}, "is neither"),
        ({"modle": "x"}, "did you mean 'model'"),
        ({"cost_usd": -1}, "a number from 0 on"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: dict[str, object], why: str) -> None:
    with pytest.raises(TaskError, match=why):
        agents.make("claude", options, task=TASK, sandbox=tiny.sandbox(), toolchain=Toolchain(tmp_path))


def test_some_need_a_model_and_some_cannot_go_on(tmp_path: Path) -> None:
    def made(name: str, **options: object) -> None:
        agents.make(name, options, task=TASK, sandbox=tiny.sandbox(), toolchain=Toolchain(tmp_path))

    with pytest.raises(TaskError, match=r"agent\.model must be a text, and the agent needs it"):
        made("pi")
    with pytest.raises(TaskError, match="mini cannot go on with a conversation"):
        made("mini", model="m", session="continue")


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_dialect_puts_the_prompt_last_or_behind_its_option(name: str, tmp_path: Path) -> None:
    start = Start("--help me", tmp_path, tmp_path, url="http://127.0.0.1:1", key="k", wire="anthropic", model="m")
    argv = DIALECTS[name].argv(start)
    where = argv.index("--help me")
    assert argv[where - 1] in ("--", "--prompt", "--task", "--message")
    assert not any(word == "k" for word in argv)


@pytest.mark.parametrize(
    ("text", "summary", "hypothesis"),
    [
        ("**Summary:** a *b*\n- Hypothesis: c", "a *b*", "c"),
        ('Well.\n```json\n{"summary": "a", "hypothesis": "b", "risk": 1}\n```\nBye.', "a", "b"),
        ('{"summary": "a\\u001b[2J"}', "a [2J", ""),
        ("\n## I did it\nand more", "I did it", ""),
        ("", "", ""),
        ("Summary: " + "x" * 999, "x" * 200, ""),
    ],
)
def test_meant(text: str, summary: str, hypothesis: str) -> None:
    assert words.meant(text)[:2] == (summary, hypothesis)


def test_what_else_is_meant() -> None:
    said = '{"summary": "a", "expected_effect": "b\\nc", "risk": 3, "notes": ["d", 4, ""], "else": 1}'
    assert words.meant(f"Well, then.\n\n{said}") == ("a", "", {"expected_effect": "b c", "notes": ["d"]})


def test_what_a_program_needs_to_read(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "@a" / "b" / "cli.js"
    package.parent.mkdir(parents=True)
    package.write_text("")
    package.chmod(0o755)
    linked = tmp_path / "node_modules" / ".bin" / "b"
    linked.parent.mkdir()
    linked.symlink_to(package)
    found = place.find("b", str(linked.parent))
    assert found is not None
    assert (found.program, found.needs) == (linked, (linked.parent, tmp_path / "node_modules"))
    assert place.find("no-such-program", str(tmp_path)) is None


HUGE = "9" * 400
MESSAGE = '{"type": "message_end", "message": {"role": "assistant", "stopReason": "stop", "usage": %s}}'
STEP = '{"type": "step_finish", "part": {"reason": "stop", "tokens": {"total": %s}, "cost": %s}}'


@pytest.mark.parametrize(
    ("name", "output", "tokens", "cost"),
    [
        ("pi", MESSAGE % '{"totalTokens": 5, "cost": {"total": 0.5}}', 5, 0.5),
        ("pi", MESSAGE % f'{{"totalTokens": {HUGE}, "cost": {{"total": "free"}}}}', None, None),
        ("pi", MESSAGE % f'{{"totalTokens": 1e9, "cost": {{"total": {HUGE}}}}}', None, None),
        ("opencode", STEP % (7, 0.25), 7, 0.25),
        ("opencode", STEP % (HUGE, HUGE) + "\n" + STEP % (7, 1e308), None, None),
        ("opencode", STEP % (10**12, '"free"') + "\n" + STEP % (7, 0.5), None, None),
        ("gemini", f'{{"type": "result", "status": "success", "stats": {{"total_tokens": {HUGE}}}}}', None, None),
        ("aider", "Tokens: 2.3k sent, 500 received. Cost: $0.07 message, $0.07 session.", 2800, 0.07),
        ("aider", f"Tokens: {HUGE} sent, 5 received.", None, None),
        ("aider", "Tokens: 1.2.3 sent, 5 received. Cost: $. message", None, None),
    ],
)
def test_what_a_program_says_it_used_is_taken_for_no_more_than_it_can_be(
    name: str, output: str, tokens: int | None, cost: float | None
) -> None:
    start = Start("", Path("/nowhere"), Path("/nowhere"), "http://127.0.0.1", "k", "openai")
    said = DIALECTS[name].said(output, start)
    assert (said.tokens, said.cost_usd) == (tokens, cost)


@pytest.mark.parametrize("told", ["[1]", "3", '{"messages": 3}', '{"messages": [3], "info": [1]}'])
def test_a_trajectory_of_no_form_is_none(tmp_path: Path, told: str) -> None:
    (tmp_path / "trajectory.json").write_text(told)
    start = Start("", tmp_path, tmp_path, "http://127.0.0.1", "k", "openai")
    assert not DIALECTS["mini"].said("", start).finished


def test_nobody_waits_for_a_trajectory_that_is_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "trajectory.json")
    start = Start("", tmp_path, tmp_path, "http://127.0.0.1", "k", "openai")
    assert not DIALECTS["mini"].said("", start).finished


def test_half_a_surrogate_pair_in_its_words_is_no_more_than_a_question_mark(provider: Models, tmp_path: Path) -> None:
    made = attempt(tmp_path, provider.url, CHANGE + 'print(\'{"last": "half \\\\ud800 a pair"}\')')
    assert made.summary == "half ? a pair"
