"""Programs of one's own with a way to a model: options, what they find, what is charged, what is said when it fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from models import Fail, Models, Scene, Text

from autoresearch import sandboxes
from autoresearch.agents import access, make
from autoresearch.agents.access import Access
from autoresearch.agents.command import Command
from autoresearch.agents.options import Options
from autoresearch.causes import Cause
from autoresearch.errors import Foul, TaskError
from autoresearch.history import History, Night
from autoresearch.records import Brief, Proposal
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Budget

pytestmark = pytest.mark.usefixtures("with_packages")  # these programs are run by the Python of the tests

ASKING = """
import json, os, urllib.error, urllib.request
body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "What now?"}]}
told = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "content-type": "application/json"}
def ask():
    asked = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", json.dumps(body).encode(), told)
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return json.load(answer)["content"][0]["text"]
"""
OBEYING = ASKING + 'open("answer.txt", "w").write(ask())\n'
SAYING = ASKING + (
    'ask()\njson.dump({"summary": "s", "tokens": 7, "cost_usd": 0.0}, open(os.environ["AUTORESEARCH_PROPOSAL"], "w"))\n'
)
INSISTING = ASKING + "while True: ask()\n"
KEY = "sk-of-mine-0123456789"


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "draft" / "tree"
    path.mkdir(parents=True)
    return path


def terms(**given: object) -> Access:
    options = Options("command", given)
    found = access.read(options, night=Budget())
    options.done()
    return found


def edited(code: str, tree: Path, models: Models, *, history: History | None = None, **more: object) -> Proposal:
    agent = Command(
        (sys.executable, "-I", "-c", code),
        sandbox=sandboxes.choose("auto", ())[0],
        toolchain=Toolchain(tree.parent),
        seconds=30,
        access=terms(base_url=models.url, wire="anthropic", key_env="MY_KEY", **more),
    )
    return agent.edit(Brief(1, "parent"), tree, history or History())


def test_a_program_asks_its_model_and_is_charged_for_it(tree: Path) -> None:
    with Models([Scene("", Text("Try a smaller step."))]) as models:
        proposal = edited(OBEYING, tree, models)
        (seen,) = models.seen
    assert (tree / "answer.txt").read_text() == "Try a smaller step."
    assert seen.headers["x-api-key"] == KEY
    assert seen.usage is not None
    used = seen.usage
    assert proposal.tokens == used.read + used.written
    assert proposal.cost_usd == pytest.approx((3 * used.read + 15 * used.written) / 1e6)
    assert b"smaller step" in proposal.transcript
    assert KEY.encode() not in proposal.transcript


def test_its_own_figures_count_unless_ours_are_larger(tree: Path) -> None:
    with Models([Scene("", Text("Hi."))]) as models:
        proposal = edited(SAYING, tree, models)
    assert proposal.tokens is not None
    assert proposal.tokens > 7
    assert proposal.cost_usd is not None
    assert proposal.cost_usd > 0


def test_a_price_of_ones_own(tree: Path, tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text('["claude-sonnet-4-5"]\ninput = 0\noutput = 0\n')
    with Models([Scene("", Text("Hi."))]) as models:
        assert edited(OBEYING, tree, models, prices=str(own)).cost_usd == 0.0
        table = {"claude-sonnet-4-5": {"input": 1e6, "output": 1e6}}
        proposal = edited(OBEYING, tree, models, prices=table)
    assert proposal.cost_usd == proposal.tokens


@pytest.mark.parametrize(
    ("failures", "more", "cause"),
    [
        ({}, {"tokens": 100}, Cause.TOKENS),
        ({1: Fail(401)}, {}, Cause.LOGIN),
        ({1: Fail(429, retry_after=9)}, {}, Cause.RATE_LIMITED),
        ({1: Fail(500)}, {}, Cause.MODEL),
        ({1: Fail(hang_up=True)}, {}, Cause.MODEL),
    ],
)
def test_why_it_failed_is_known(
    tree: Path, failures: Mapping[int, Fail], more: dict[str, object], cause: Cause
) -> None:
    with Models([Scene("", *[Text("Hi.")])], failures=failures) as models, pytest.raises(Foul) as caught:
        edited(INSISTING, tree, models, **more)
    assert caught.value.cause == cause
    first = next(line for line in caught.value.log.splitlines() if line.startswith(b'{"at"'))
    assert json.loads(first)["asked"] == "POST /v1/messages"


def test_a_missing_key_is_a_problem_before_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY")
    (problem,) = terms(base_url="https://models.example/v1", key_env="MY_KEY").problems()
    assert problem == "MY_KEY is not set, and local asks for a key. Try: export MY_KEY=..."
    assert terms(base_url="http://127.0.0.1:8080/v1").problems() == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"provider": "opnai"}, "did you mean 'openai'"),
        ({"base_url": "http://models.example/v1"}, "unencrypted"),
        ({"base_url": "http://127.0.0.1:1", "wire": "morse"}, "nothing a provider speaks"),
        ({"provider": "openai", "prices": "/nowhere.toml"}, "cannot be read"),
        ({"provider": "openai", "prices": {"m": {"input": 1}}}, "no price of a model"),
        ({"provider": "openai", "tokens": 0}, "positive whole number"),
    ],
)
def test_terms_that_cannot_be_used_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(TaskError, match=said):
        terms(**given)


def test_without_a_provider_a_command_has_no_way_out(tree: Path) -> None:
    options = {"command": "true"}
    agent = make("command", options, task=None, sandbox=None, toolchain=Toolchain(tree))  # type: ignore[arg-type]
    assert isinstance(agent, Command)
    assert agent.problems(tree) == []


def test_an_attempt_cannot_use_more_than_the_night_has_left(tree: Path) -> None:
    night = History()
    night.add(Night(1, Budget(tokens=100), 1, 0, "2026-01-01T00:00:00+00:00"))
    with Models([Scene("", *[Text("Hi.")])]) as models, pytest.raises(Foul) as caught:
        edited(INSISTING, tree, models, history=night)
    assert caught.value.cause == Cause.TOKENS


def test_a_limit_that_cannot_be_held_is_a_problem_before_the_night() -> None:
    priced = {"m": {"input": 1, "output": 2}}
    limited = terms(base_url="http://127.0.0.1:8080/v1", cost_usd=1.0, prices=priced)
    assert limited.problems("m") == []
    (problem,) = limited.problems("n")
    assert problem.startswith("The price of n is unknown")
    assert '[agent.prices."n"]' in problem
    assert terms(base_url="http://127.0.0.1:8080/v1").problems("n") == []
