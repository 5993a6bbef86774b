"""The bandit: who is asked, and that nothing but the ledger decides it."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from autoresearch import agents, config
from autoresearch.agents.long import residents
from autoresearch.agents.portfolio import PATIENCE, Portfolio, chosen, shares_of_cost
from autoresearch.agents.scripted import Edit, Scripted
from autoresearch.assembly import assemble
from autoresearch.errors import Foul, TaskError
from autoresearch.history import History, StudyStart
from autoresearch.history.tally import tries
from autoresearch.records import (
    Brief,
    Candidate,
    Direction,
    Experiment,
    Measurement,
    Metric,
    Outcome,
    Side,
    Verdict,
)
from autoresearch.sandboxes.unsafe import Unsafe
from autoresearch.surroundings.toolchain import Toolchain
from autoresearch.task import Limits, Phase, Task
from autoresearch.testing import toy

TASK = Task("toy", "Lowest loss", ("train.py",), Metric("loss", Direction.MINIMIZE), Phase(("true",), Limits(5.0)))


class Night:
    """A history in which members gain what they are told to, every keep measured afresh at once."""

    def __init__(self, secret: str = "0") -> None:
        self.history = History(Metric("loss", Direction.MINIMIZE))
        self.history.add(StudyStart("toy", "c0", secret, "0"))
        self.level = 100.0
        self.ended("", "c0", self.level, seconds=1.0)

    def ended(self, agent: str, parent: str, value: float | None, *, seconds: float, usd: float | None = 0.0) -> None:
        number = self.history.next_number
        made = Candidate(number, f"c{number}", parent, "change", agent=agent, cost_usd=usd)
        is_kept = value is not None and value <= self.level
        self.history.add(made)
        if value is not None:
            self.history.add(Measurement(made.commit, Side.CANDIDATE, value, 0, seconds, experiment=number))
        verdict = Verdict(Outcome.KEEP if is_kept else Outcome.CRASH, "")
        commit = parent if number == 0 else made.commit
        made = made if number else Candidate(0, commit, commit, "baseline")
        self.history.add(Experiment(number, made, verdict, value, parent, agent, seconds=seconds, cost_usd=usd))
        if is_kept and value is not None:
            self.level = value
            self.history.add(Measurement(commit, Side.INCUMBENT, value, 0, seconds, experiment=number))

    def play(self, gains: dict[str, float], times: int, *, seconds: dict[str, float] | None = None) -> Counter[str]:
        asked: Counter[str] = Counter()
        for _ in range(times):
            number = self.history.next_number
            agent = chosen(self.history, tuple(gains), number=number)
            asked[agent] += 1
            value = self.level - gains[agent] if gains[agent] else None
            self.ended(agent, self.history.tip_commit, value, seconds=(seconds or {}).get(agent, 1.0))
        return asked


def test_everybody_is_asked_first_and_then_whoever_gains() -> None:
    night = Night()
    assert night.play({"good": 1.0, "bad": 0.0, "poor": 0.1}, 3) == {"good": 1, "bad": 1, "poor": 1}
    asked = night.play({"good": 1.0, "bad": 0.0, "poor": 0.1}, 60)
    assert asked["good"] > 40
    assert min(asked.values()) >= 60 // (PATIENCE * 3 + 1), "nobody is given up for good"


def test_the_slower_of_two_equals_is_asked_less() -> None:
    shares = [
        Night(str(seed)).play({"quick": 1.0, "slow": 1.0}, 40, seconds={"quick": 1.0, "slow": 20.0})["quick"]
        for seed in range(5)
    ]
    assert sum(shares) / 5 > 25


def test_it_turns_to_another_member_when_the_best_one_has_no_ideas_left() -> None:
    night = Night()
    night.play({"first": 1.0, "second": 0.0}, 30)
    assert night.play({"first": 0.0, "second": 1.0}, 60)["second"] > 30


def test_the_same_ledger_asks_the_same_member() -> None:
    one, other = Night("5"), Night("5")
    gains = {"a": 1.0, "b": 0.9, "c": 0.0}
    one.play(gains, 20)
    for done in one.history.experiments[1:]:
        other.ended(done.agent, other.history.tip_commit, done.value, seconds=1.0)
    for number in range(21, 40):
        assert chosen(one.history, tuple(gains), number=number) == chosen(other.history, tuple(gains), number=number)


def test_money_counts_only_where_everybodys_is_known() -> None:
    night = Night()
    night.ended("a", "c0", None, seconds=1.0, usd=3.0)
    night.ended("b", "c0", None, seconds=1.0, usd=1.0)
    assert shares_of_cost(tries(night.history)) == pytest.approx([(2 + 1.5) / 3, (2 + 0.5) / 3])
    night.ended("b", "c0", None, seconds=1.0, usd=None)
    assert shares_of_cost(tries(night.history)) == [1.0, 1.0, 1.0]


def write(text: str) -> Edit:
    return Edit(text, lambda tree: (tree / "train.py").write_text(text) and None)


def test_the_member_asked_is_the_agent_of_what_came_of_it(tmp_path: Path) -> None:
    night = Night()
    portfolio = Portfolio({"one": Scripted([write("1"), write("2")]), "empty": Scripted([])})
    assert portfolio.edit(Brief(1, "c0"), tmp_path, night.history).agent == "one"
    night.ended("one", "c0", None, seconds=1.0)
    with pytest.raises(Foul, match="end"):
        portfolio.edit(Brief(2, "c0"), tmp_path, night.history)
    assert portfolio.name == "empty", "the loop charges the failure to it"


def test_what_a_member_made_is_mended_by_the_same_member(tmp_path: Path) -> None:
    night = Night()
    portfolio = Portfolio({"one": Scripted([write("1")]), "two": Scripted([write("2")])})
    night.history.add(Candidate(1, "c1", "c0", "change", agent="two"))
    assert portfolio.edit(Brief(1, "c0", step="mend"), tmp_path, night.history).agent == "two"


def test_a_human_stops_every_member() -> None:
    members = {"one": Scripted([]), "two": Scripted([])}
    portfolio = Portfolio(members)
    portfolio.stop = asked = threading.Event()
    assert {member.stop for member in members.values()} == {portfolio.stop} == {asked}


def make(root: Path, **options: object) -> agents.Agent:
    return agents.make("portfolio", options, task=TASK, sandbox=Unsafe(), toolchain=Toolchain(root))


def test_members_have_a_table_each_and_may_be_of_the_same_kind(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("pass\n")
    tables = {name: {"use": "command", "command": f"./{name}.sh"} for name in ("cheap", "dear")}
    made = make(tmp_path, members=["tuner", "cheap", "dear"], **tables)
    assert [member.name for member in made.members.values()] == ["tuner", "command", "command"]  # type: ignore[attr-defined]
    assert [agents.mends(made, name) for name in ("tuner", "cheap")] == [False, True]
    assert [text.split(":")[0] for text in agents.problems(made, tmp_path, ["train.py"])] == ["tuner", "cheap", "dear"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "agent.members must name"),
        ({"members": ["tuner", "tuner"]}, "each once"),
        ({"members": ["tuner"], "tunr": {}}, "agent.tunr is not an option .* did you mean 'tuner'"),
        ({"members": ["tuner"], "tuner": 3}, "agent.tuner must be a table"),
        ({"members": ["x"], "x": {"use": "portfolio"}}, "agent.x.use must not be a portfolio"),
        ({"members": ["command"]}, "agent.command.command must be a command"),
        ({"members": ["command"], "command": {"command": "x", "secnds": 3}}, "agent.command.secnds is not an option"),
        ({"members": ["tunner"]}, 'agent.tunner.use = "tunner" is not a known agent'),
    ],
)
def test_mistakes_are_named_where_they_are(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(TaskError, match=message) as error:
        make(tmp_path, **options)
    assert error.value.fix


STAYS = """
[agent.{name}]
use = "command"
rhythm = "long"
command = '''sed -i "s/WIDTH = .*/WIDTH = 64/" settings.py; "$AUTORESEARCH_ASK" try -m wider; sleep 60'''
"""
BOTH = '[agent]\nuse = "portfolio"\nmembers = ["a", "b"]\nbundles = "split"\n' + "".join(
    STAYS.format(name=name) for name in "ab"
)


def test_two_members_stay_side_by_side_with_the_same_program(tmp_path: Path) -> None:
    root = toy.make(tmp_path / "toy", more=BOTH)
    assembly = assemble(root, config.load(root))
    try:
        study = assembly.study
        for agent in residents(study.agent):
            with study.workspace.draft(study.workspace.base) as tree:
                agent.edit(Brief(1, study.workspace.base), tree, study.history)  # type: ignore[attr-defined]
                assert "WIDTH = 64" in (tree / "settings.py").read_text()
    finally:
        assembly.close()
