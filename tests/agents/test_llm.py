"""A model as an agent, over real sockets: every kind of answer, and every kind of none."""

from __future__ import annotations

import re
import threading
import time
import tomllib
from pathlib import Path

import pytest
from canned import Answer, Canned, canned, chat, edit, messages
from models import Edit, Fail, Models, Scene, Text

from autoresearch import agents
from autoresearch.agents.llm import Allowance, Llm, edits, endpoint
from autoresearch.agents.patience import Patience
from autoresearch.brief import render
from autoresearch.causes import Cause
from autoresearch.errors import Foul, Interrupted, TaskError, UserError
from autoresearch.history import History
from autoresearch.records import Brief, Direction, Metric, Outcome, Proposal
from autoresearch.sandboxes.unsafe import Unsafe
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Limits, Phase, Task
from autoresearch.uplink import Usage, named
from autoresearch.uplink.prices import Prices, listed
from autoresearch.workspace.globs import Globs

KEY = "sk-test-0123456789abcdef"
TASK = Task("toy", "Lowest loss", ("*.py",), Metric("loss", Direction.MINIMIZE), Phase(("true",), Limits(5.0)))
GOOD = Answer(chat(edit("LR = 0.1", "LR = 0.2")))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "train.py").write_text("LR = 0.1\nprint(LR)\n")
    (tree / "evaluate.sh").write_text("sealed\n")
    return tree


def agent(
    url: str,
    *,
    provider: str = "openai",
    seconds: float = 10.0,
    tokens: int | None = None,
    cost_usd: float | None = None,
    prices: Prices | None = None,
    **more: float,
) -> Llm:
    place = endpoint(named(provider, url=url, key_env=["MY_KEY"]), prices)
    return Llm(
        "scripted",
        place,
        editable=("*.py",),
        allowance=Allowance(seconds, 4096, tokens, cost_usd),
        patience=Patience(more.get("patience", 5.0), first=0.05),
        shown=int(more.get("shown", 10_000)),
    )


def ask(llm: Llm, tree: Path) -> Proposal:
    return llm.edit(Brief(7, "base", render=lambda _: "Improve the LR.\n"), tree, History())


def foul(llm: Llm, tree: Path) -> Foul:
    with pytest.raises(Foul) as caught:
        ask(llm, tree)
    assert (tree / "train.py").read_text() == "LR = 0.1\nprint(LR)\n"
    return caught.value


def refused(tree: Path, *answers: Answer, **more: float) -> tuple[Foul, Canned]:
    with canned(*answers) as server:
        return foul(agent(server.url, **more), tree), server


@pytest.mark.parametrize(("provider", "answer"), [("openai", chat), ("anthropic", messages)])
def test_one_answer_is_one_edit(tree: Path, provider: str, answer: object) -> None:
    with canned(Answer(answer(edit("LR = 0.1", "LR = 0.2")))) as server:  # type: ignore[operator]
        proposal = ask(agent(server.url, provider=provider), tree)
    assert (tree / "train.py").read_text() == "LR = 0.2\nprint(LR)\n"
    assert (proposal.summary, proposal.hypothesis) == ("larger steps", "they reach further")
    assert proposal.detail == {"expected_effect": "0.1 lower", "risk": "it diverges", "notes": ["#3 did"]}
    assert (proposal.tokens, proposal.cost_usd) == (1050, None)
    assert proposal.agent_version in ("local-1", "claude-1")
    asked = str(server.asked[0])
    assert "LR = 0.1" in asked
    assert "Improve the LR." in asked
    assert "sealed" not in asked
    assert KEY in str(server.headers[0])
    assert KEY.encode() not in proposal.transcript
    assert b"Improve the LR." in proposal.transcript
    assert b"larger steps" in proposal.transcript
    assert server.paths == ["/v1/chat/completions" if provider == "openai" else "/v1/messages"]


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_the_scripted_model_is_understood_in_both_dialects(tree: Path, provider: str) -> None:
    with Models([Edit("train.py", "LR = 0.1", "LR = 0.3"), Text("SUMMARY: more")]) as models:
        proposal = ask(agent(f"{models.url}/v1", provider=provider), tree)
    assert (tree / "train.py").read_text() == "LR = 0.3\nprint(LR)\n"
    assert proposal.summary == "more"
    assert proposal.tokens


def test_a_whole_file_and_a_new_one(tree: Path) -> None:
    text = "SUMMARY: rewrite\n\nFILE: train.py\n````python\nLR = 0.4\n```\n````\n\nFILE: new.py\n```\nX = 1\n```\n"
    with canned(Answer(chat(text))) as server:
        ask(agent(server.url), tree)
    assert (tree / "train.py").read_text() == "LR = 0.4\n```\n"
    assert (tree / "new.py").read_text() == "X = 1\n"


def test_thinking_is_no_part_of_the_answer(tree: Path) -> None:
    thought = f"<think>\n{edit('LR = 0.1', 'LR = 9')}</think>\n"
    with canned(Answer(chat(thought + edit("LR = 0.1", "LR = 0.2"), reasoning_content="LR = 8?"))) as server:
        ask(agent(server.url), tree)
    assert (tree / "train.py").read_text() == "LR = 0.2\nprint(LR)\n"


def test_an_edit_that_does_not_fit_gets_one_more_chance_with_the_reason(tree: Path) -> None:
    with canned(Answer(chat(edit("LR = 0.1 # rate", "LR = 0.2"))), GOOD) as server:
        proposal = ask(agent(server.url), tree)
    assert (tree / "train.py").read_text() == "LR = 0.2\nprint(LR)\n"
    assert proposal.tokens == 2100
    said = server.asked[1]["messages"]
    assert [turn["role"] for turn in said] == ["system", "user", "assistant", "user"]
    assert "a SEARCH text stands nowhere in train.py" in said[-1]["content"]


def test_a_model_that_missed_by_a_blank_is_shown_the_place(tree: Path) -> None:
    with canned(Answer(chat(edit("  LR = 0.1\nprint(LR)", "LR = 0.2"))), GOOD) as server:
        ask(agent(server.url), tree)
    assert "The nearest place is line 1 of train.py, which reads:\n\nLR = 0.1\n" in str(
        server.asked[1]["messages"][-1]["content"]
    )


@pytest.mark.parametrize(
    ("text", "outcome", "cause", "asked"),
    [
        ("", Outcome.NO_CHANGE, Cause.EMPTY, 1),
        ("Which metric matters most to you?", Outcome.NO_CHANGE, Cause.ASKED, 2),
        ("I raised LR to 0.2, and all is well.", Outcome.CRASH, Cause.FORMAT, 2),
        (edit("LR = 0.1", "LR = 0.1"), Outcome.NO_CHANGE, Cause.EMPTY, 1),
        (edit("LR = 7", "LR = 8"), Outcome.CRASH, Cause.EDIT, 2),
        (edit("", "LR = 8"), Outcome.CRASH, Cause.EDIT, 2),
        (edit("sealed", "opened", path="evaluate.sh"), Outcome.OUT_OF_SCOPE, Cause.SCOPE, 2),
        (edit("x", "y", path="../outside.py"), Outcome.CRASH, Cause.EDIT, 2),
        (edit("x", "y", path="/etc/passwd.py"), Outcome.CRASH, Cause.EDIT, 2),
        (edit("x", "y", path="settings\0b.py"), Outcome.CRASH, Cause.EDIT, 2),
        (edit("x", "y", path=f"{'n' * 300}.py"), Outcome.CRASH, Cause.EDIT, 2),
        ("half \ud800 a pair", Outcome.CRASH, Cause.FORMAT, 2),
        (edit("LR = 0.1", "LR = 0.2").split("=======")[0], Outcome.CRASH, Cause.FORMAT, 2),
    ],
)
def test_answers_that_are_none(tree: Path, text: str, outcome: Outcome, cause: Cause, asked: int) -> None:
    caught, server = refused(tree, Answer(chat(text)))
    assert (caught.outcome, caught.cause) == (outcome, cause)
    assert len(server.asked) == asked
    assert caught.tokens == 1050 * asked
    assert b"Improve the LR." in caught.log
    assert KEY.encode() not in caught.log


def test_a_search_text_that_stands_twice_is_refused(tree: Path) -> None:
    (tree / "train.py").write_text("LR = 0.1\nLR = 0.1\n")
    with canned(Answer(chat(edit("LR = 0.1", "LR = 0.2")))) as server, pytest.raises(Foul, match="stands 2 times"):
        ask(agent(server.url), tree)


def test_all_of_an_answer_is_applied_or_none(tree: Path) -> None:
    both = edit("LR = 0.1", "LR = 0.2") + edit("no such line", "x").partition("\n\n")[2]
    caught, _ = refused(tree, Answer(chat(both)))
    assert caught.cause == Cause.EDIT


@pytest.mark.parametrize(
    ("body", "cause", "asked"),
    [
        (chat(edit("LR = 0.1", "LR"), ended="length"), Cause.TRUNCATED, 2),
        (chat(None, refusal="I cannot help with that."), Cause.REFUSED, 1),
        (chat("", ended="content_filter"), Cause.REFUSED, 1),
    ],
)
def test_cut_off_and_declined_are_told_apart(tree: Path, body: object, cause: Cause, asked: int) -> None:
    caught, server = refused(tree, Answer(body))
    assert caught.cause == cause
    assert len(server.asked) == asked


@pytest.mark.parametrize(("ended", "cause"), [("max_tokens", Cause.TRUNCATED), ("refusal", Cause.REFUSED)])
def test_so_they_are_in_the_other_dialect(tree: Path, ended: str, cause: Cause) -> None:
    with canned(Answer(messages("SUMMARY: x", ended=ended))) as server:
        assert foul(agent(server.url, provider="anthropic"), tree).cause == cause


@pytest.mark.parametrize("paths", [("train.py/b.py",), ("new.py", "new.py/b.py"), ("a/b.py", "a")])
def test_nothing_lies_below_a_file(tree: Path, paths: tuple[str, ...]) -> None:
    made = [edits.Whole(path, "X = 1\n") for path in paths]
    with pytest.raises(edits.Unfit, match="lies below what is a file"):
        edits.apply(made, tree, editable=Globs(("**",)))
    assert sorted(path.name for path in tree.iterdir()) == ["evaluate.sh", "train.py"]


def test_half_a_surrogate_pair_is_a_question_mark_wherever_it_goes(tree: Path) -> None:
    with canned(Answer(chat(edit("LR = 0.1", "LR = '\udc41'").replace("larger", "lar\ud800ger")))) as server:
        proposal = ask(agent(server.url), tree)
    assert (tree / "train.py").read_text() == "LR = '?'\nprint(LR)\n"
    assert proposal.summary == "lar?ger steps"
    assert b"lar?ger" in proposal.transcript


def test_crlf_stays_crlf(tree: Path) -> None:
    (tree / "train.py").write_bytes(b"LR = 0.1\r\nprint(LR)\r\n")
    with canned(GOOD) as server:
        ask(agent(server.url), tree)
    assert (tree / "train.py").read_bytes() == b"LR = 0.2\r\nprint(LR)\r\n"


def test_rate_limits_and_outages_are_waited_for(tree: Path) -> None:
    failures = [Fail(429, retry_after=0.3, times=1), Fail(529, times=1), Fail(503, times=1)]
    with Models([Scene("", *failures, Edit("train.py", "LR = 0.1", "LR = 0.2"), Text("SUMMARY: more"))]) as models:
        llm, phases = agent(f"{models.url}/v1"), list[str]()
        llm.on_phase = lambda name, _: phases.append(name)
        began = time.monotonic()
        ask(llm, tree)
        assert time.monotonic() - began >= 0.3
        assert len(models.seen) == 4
    assert phases[:3] == ["asking scripted", "waiting for the provider (rate_limited)", "asking scripted"]


@pytest.mark.parametrize(
    ("status", "message", "cause", "tries"),
    [
        (401, "Incorrect API key provided", Cause.LOGIN, 1),
        (403, "no", Cause.LOGIN, 1),
        (400, "unknown parameter", Cause.MODEL, 1),
        (404, "model not found", Cause.MODEL, 1),
        (429, "Rate limit reached", Cause.RATE_LIMITED, 2),
        (429, "You exceeded your current quota (insufficient_quota)", Cause.QUOTA, 2),
        (402, "pay", Cause.QUOTA, 2),
        (500, "oops", Cause.MODEL, 2),
    ],
)
def test_providers_that_do_not_answer(tree: Path, status: int, message: str, cause: Cause, tries: int) -> None:
    error = Answer({"error": {"message": f"{message}: {KEY}"}}, status)
    caught, server = refused(tree, error, patience=0.06)
    assert (caught.outcome, caught.cause) == (Outcome.CRASH, cause)
    assert len(server.asked) == tries
    assert f"status {status}" in caught.reason
    assert message in caught.reason
    assert KEY not in caught.reason
    assert KEY.encode() not in caught.log
    assert caught.tokens == 0


def test_longer_than_our_patience_is_not_waited_at_all(tree: Path) -> None:
    busy = Answer({"error": {"message": "slow down"}}, 429, headers={"retry-after": "3600"})
    caught, server = refused(tree, busy)
    assert caught.cause == Cause.RATE_LIMITED
    assert "3600 s is longer than we wait" in caught.reason
    assert len(server.asked) == 1


def test_a_line_that_breaks_and_a_server_that_is_gone(tree: Path) -> None:
    with Models(failures={n: Fail(hang_up=True) for n in range(1, 9)}) as models:
        broken = foul(agent(f"{models.url}/v1", patience=0.06), tree)
    gone = foul(agent(f"{models.url}/v1", patience=0.06), tree)
    assert (broken.cause, gone.cause) == (Cause.MODEL, Cause.MODEL)
    assert "cannot be reached: Connection refused" in gone.reason
    assert gone.tokens == 0
    assert broken.tokens is None


def test_an_error_inside_a_good_answer_and_a_page_that_is_none(tree: Path) -> None:
    caught, _ = refused(tree, Answer({"error": {"message": "busy", "code": 429}}), patience=0.01)
    assert caught.cause == Cause.RATE_LIMITED
    caught, _ = refused(tree, Answer(b"<html>welcome</html>"))
    assert caught.cause == Cause.MODEL
    assert "no form we know: <html>" in caught.reason


def test_a_flood_is_not_read(tree: Path) -> None:
    caught, _ = refused(tree, Answer(b"x" * (9 << 20)))
    assert caught.cause == Cause.FLOOD


def test_its_own_limits_of_time_and_tokens(tree: Path) -> None:
    for late in (Answer(chat("late"), after=60.0), Answer(chat("late"), drip=1.0)):
        began = time.monotonic()
        caught, _ = refused(tree, late, seconds=0.4)
        assert caught.outcome is Outcome.TIMEOUT
        assert caught.tokens is None
        assert time.monotonic() - began < 30
    caught, server = refused(tree, Answer(chat("no edit here")), tokens=1700)
    assert caught.cause == Cause.TOKENS
    assert len(server.asked) == 1
    assert server.asked[0]["max_tokens"] < 1700
    assert caught.tokens == 1050


def test_a_stop_ends_a_question_and_a_wait_at_once(tree: Path) -> None:
    slow = Answer(chat("late"), after=60.0)
    busy = Answer({}, 429, headers={"retry-after": "60"})
    for answer in (slow, busy):
        with canned(answer) as server:
            llm = agent(server.url, seconds=100.0, patience=100.0)
            threading.Timer(0.3, llm.stop.set).start()
            began = time.monotonic()
            with pytest.raises(Interrupted):
                ask(llm, tree)
            assert time.monotonic() - began < 30


def test_long_files_are_shown_in_part_and_never_written_whole(tree: Path) -> None:
    filler = "".join(f"value_{n} = {n}\n" for n in range(2000))
    (tree / "train.py").write_text(filler + "momentum = 0.9\n" + filler.replace("value", "other"))
    (tree / "small.py").write_text("A = 1\n")
    whole = Answer(chat("SUMMARY: x\n\nFILE: train.py\n```\nA = 2\n```\n"))
    with canned(
        whole, Answer(chat(edit("momentum = 0.9", "momentum = 0.8", path="train.py (shown in part)")))
    ) as server:
        llm = agent(server.url, shown=6000)
        llm.edit(Brief(1, "base", render=lambda _: "Tune the momentum.\n"), tree, History())
    told = server.asked[0]["messages"][1]["content"]
    assert "  2001  momentum = 0.9" in told
    assert "A = 1" in told
    assert "are not shown]" in told
    assert len(told) < 12_000
    assert "FILE: train.py (shown in part; " in told
    assert "was shown in part" in server.asked[1]["messages"][-1]["content"]
    assert "momentum = 0.8\n" in (tree / "train.py").read_text()


def made(options: dict[str, object], tmp_path: Path) -> agents.Agent:
    return agents.make("llm", options, task=TASK, sandbox=Unsafe(), toolchain=Toolchain(tmp_path))


def test_options_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local: dict[str, object] = {"model": "qwen", "provider": "ollama"}
    assert made(local | {"temperature": 0, "tokens": 9000, "patience": 60}, tmp_path).name == "llm"
    for wrong, said in (
        ({}, "agent.model must be"),
        (local | {"provider": "nobody"}, "no provider known here"),
        (local | {"base_url": "nowhere"}, "is no base URL"),
        (local | {"prices": {"qwen": 1}}, "is no price"),
        (local | {"max_output_tokens": 0}, "a positive whole number"),
        (local | {"temperature": "hot"}, "a number from 0 on"),
        (local | {"modell": "x"}, "did you mean 'model'?"),
    ):
        with pytest.raises(TaskError, match=said):
            made(wrong, tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UserError, match="OPENAI_API_KEY is not set"):
        made({"model": "m"}, tmp_path)
    with pytest.raises(TaskError, match="unencrypted"):
        made({"model": "m", "base_url": "http://192.0.2.1/v1", "key_env": "MY_KEY"}, tmp_path)


def test_a_server_that_is_not_there_is_found_before_the_night(tree: Path) -> None:
    with canned(GOOD) as server:
        llm = agent(server.url)
        assert agents.problems(llm, tree, ["*.py"]) == []
    (problem,) = agents.problems(llm, tree, ["*.py"])
    assert problem.startswith("Nobody answers at 127.0.0.1:")


def test_the_form_of_the_answer_is_the_only_one_it_is_told(tree: Path) -> None:
    document = render(TASK, History(), number=7)
    with canned(GOOD) as server:
        agent(server.url).edit(Brief(7, "base", render=lambda _: document), tree, History())
    told = server.asked[0]["messages"][1]["content"]
    assert "AUTORESEARCH_PROPOSAL" in document
    assert "AUTORESEARCH_PROPOSAL" not in told
    assert "## What was tried" in told
    assert told.count("SUMMARY:") == 1


def test_the_how_to_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("MY_SERVER_KEY", KEY)
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "ask-a-model-directly.md").read_text()
    tables = [tomllib.loads(text)["agent"] for text in re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)]
    assert len(tables) == 3
    for table in tables:
        assert table.pop("use") == "llm"
        made(table, tmp_path)
    for option in re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE):
        if option != "give_up_after":
            made({"model": "qwen", "provider": "ollama", option: 1}, tmp_path)


def test_servers_of_ones_own_cost_nothing_and_prices_are_known_or_not() -> None:
    for provider, model, cost in (("ollama", "local-1", 0.0), ("other", "local-1", None), ("other", "priced", 1.1)):
        place = endpoint(
            named(provider, url="http://127.0.0.1:1/v1"), listed().changed({"priced": {"input": 1, "output": 2}})
        )
        assert place.cost(model, Usage(input=900_000, output=100_000)) == cost


def test_its_own_limit_of_dollars_holds_from_the_first_question_on(tree: Path) -> None:
    prices = listed().changed({"scripted": {"input": 0.0, "output": 1000.0}})
    with canned(Answer(chat("no edit here"))) as server:
        caught = foul(agent(server.url, cost_usd=0.3, prices=prices), tree)
        assert [asked["max_tokens"] for asked in server.asked] == [300]
        assert caught.reason == "its limit of 0.3 US$ allows no answer", "the first one took 50 tokens of them"
        llm = agent(server.url, cost_usd=0.3)
        caught = foul(llm, tree)
        assert (len(server.asked), caught.cause) == (1, Cause.TOKENS)
        (problem,) = agents.problems(llm, tree, ["*.py"])
    assert problem == f"{caught.reason[0].upper()}{caught.reason[1:]}."
    assert problem.startswith("The price of scripted is unknown")
