"""What was tried, by idea; near misses that belong together; notes and the claims in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autoresearch.errors import UserError
from autoresearch.history import AGENTS_NOTE, NOTE, Ended, History, Note
from autoresearch.history.tried import combinable, tried
from autoresearch.memory import claims, notes
from autoresearch.memory.ideas import ideas
from autoresearch.records import Outcome
from pasts import METRIC, Try, attempt, past

LR, WIDTH, STEP = ("train.py:LR",), ("train.py:WIDTH",), ("train.py:step()",)


def found(*tries: Try) -> dict[str, list[int]]:
    return {notes.title(idea): [each.number for each in idea.members] for idea in ideas(tried(past(*tries)))}


def test_a_constant_is_one_idea_whatever_it_is_called() -> None:
    assert found(
        Try(0.9, "raise the rate", LR), Try(1.2, "a bolder step size", LR), Try(1.1, "wider", WIDTH), Try(None, "x", LR)
    ) == {"`train.py:LR`": [1, 2, 4], "`train.py:WIDTH`": [3]}


def test_a_function_holds_as_many_ideas_as_its_summaries_name() -> None:
    assert found(
        Try(1.2, "vectorise the inner loop", STEP),
        Try(1.1, "cache gradient norms", STEP),
        Try(1.3, "inner loop vectorised by hand", STEP),
        Try(1.4, "caching of the gradients' norms", STEP),
    ) == {"`train.py:step()`, gradient norms cache": [2, 4], "`train.py:step()`, vectorise inner loop": [1, 3]}


def test_without_places_words_must_do() -> None:
    named = found(Try(1.2, "warm-up of 5 %"), Try(1.3, "longer warm-up, 10 %"), Try(1.2, "dropout"))
    assert list(named.values()) == [[3], [1, 2]]


def test_the_most_informative_come_first() -> None:
    made = ideas(
        tried(
            past(
                Try(1.5, "a", LR),
                Try(1.001, "b", WIDTH),
                Try(0.9, "c", STEP),
                Try(1.2, "d", ("m.py:DEPTH",)),
            )
        )
    )
    assert [idea.place for idea in made] == ["train.py:step()", "train.py:WIDTH", "m.py:DEPTH", "train.py:LR"]
    assert [len(idea.kept) for idea in made] == [1, 0, 0, 0]
    assert [len(idea.near) for idea in made] == [0, 1, 0, 0]


def test_near_misses_in_different_places_are_paired_until_somebody_did() -> None:
    history = past(Try(1.002, "a", LR), Try(1.004, "b", WIDTH), Try(1.003, "c", LR), Try(1.5, "d", STEP))
    (pair,) = combinable(list(tried(history)))
    assert [each.number for each in pair] == [1, 2]
    attempt(history, Try(1.1, "both", (*LR, *WIDTH)))
    assert combinable(list(tried(history))) == []
    attempt(history, Try(1.001, "d", STEP))
    (pair,) = combinable(list(tried(history)))
    assert [each.number for each in pair] == [6, 1]


def test_a_claim_needs_an_experiment_there_was() -> None:
    history = past(
        Try(1.2, "a", LR, detail={"notes": ["#0 is noisy", "#9 is better", "rates matter"]}),
        Try(1.3, "b", LR, detail={"notes": ["#1: the rate is too low", "experiment 1 says the rate is too low"]}),
    )
    said, dropped = claims.of_agents(history)
    assert [claim.text for claim in said] == ["experiment 1 says the rate is too low", "#0 is noisy"]
    assert dropped == 2
    for n in range(8):
        attempt(history, Try(1.2, f"c{n}", LR))
    assert claims.of_agents(history)[1] == 2  # experiment 9 came later: nobody could cite it then


def test_a_later_claim_replaces_what_it_says_again() -> None:
    history = past(Try(1.2), Try(1.3))
    history.add(Note(AGENTS_NOTE, "#1 the warm-up hurts here"))
    history.add(Note(AGENTS_NOTE, "the warm-up hurts here, see #1 and #2"))
    said, _ = claims.of_agents(history)
    assert [claim.cites for claim in said] == [(1, 2)]


def test_who_may_note_what() -> None:
    history = past(Try(1.2))
    assert claims.note(history, "  take\ncare ") == Note(NOTE, "take care")
    assert claims.note(history, "#1 hurts", agent=True) == Note(AGENTS_NOTE, "#1 hurts")
    for text, agent in (("see #7", False), ("", False), ("nothing cited", True)):
        with pytest.raises(UserError):
            claims.note(history, text, agent=agent)


def everything() -> History:
    history = past(
        *(Try(1.2 + n / 10, f"try {n}", LR) for n in range(3)),
        Try(1.001, "wider", WIDTH),
        Try(1.003, "later", STEP),
        Try(None, "fused kernels", ("k.py:fused()",), reason="out\nof memory"),
        Try(0.8, "deeper", ("m.py:DEPTH",), detail={"notes": ["#7 and #1 together?", "no number"]}),
    )
    history.add(Note(NOTE, "the #4 idea deserves more"))
    return history


def test_the_notes_say_what_is_known_and_cite_it() -> None:
    page = notes.page(everything())
    for part in (
        "# Notes of toy after experiment 7",
        "## From people\n\n- the #4 idea deserves more",
        "## What helped\n\n- `m.py:DEPTH`: helped in #7, at best",
        "## Dead ends\n\n- `train.py:LR`: 3 tries (#1, #2, #3), the best of them 24.5 sigma worse",
        "## Near misses worth combining\n\n- #4 (0.1 sigma worse: wider) with #5 (0.4 sigma worse: later)",
        "never measured, crash in #6 (out of memory)",
        "- `train.py:WIDTH`: tried once, 0.1 sigma worse (#4), too close to call",
        "## From agents\n\n- #7 and #1 together?",
        "Left out: 1 claim of an agent's, which cites",
    ):
        assert part in page, part


def test_the_notes_are_the_same_whenever_they_are_written(tmp_path: Path) -> None:
    history, again = everything(), everything()
    path = notes.write(tmp_path / "notes", history)
    first = path.read_text()
    path.unlink()
    assert notes.write(tmp_path / "notes", again).read_text() == first


def test_they_are_written_every_so_often_and_at_the_end(tmp_path: Path) -> None:
    history = past(*(Try(1.2, f"try {n}", LR) for n in range(notes.EVERY)))
    hear = notes.Consolidation(lambda: history, tmp_path)
    hear(history.experiments[notes.EVERY - 1])
    hear(history.candidates[1])
    assert not (tmp_path / "notes.md").exists()
    hear(history.experiments[notes.EVERY])
    assert "after experiment 20" in (tmp_path / "notes.md").read_text()
    attempt(history, Try(1.2, "one more", LR))
    hear(Ended("the budget is spent"))
    assert "after experiment 21" in (tmp_path / "notes.md").read_text()


@pytest.mark.parametrize("feedback", ["ladder", "bit"])
def test_notes_tell_no_more_than_the_loop_may_know(feedback: str) -> None:
    metric = replace(METRIC, source="depleting", feedback=feedback, step=0.2)
    pages = {
        notes.page(past(Try(value, "a", LR), Try(value + 0.1, "b", WIDTH), Try(0.7, "c", STEP), metric=metric))
        for value in (1.001, 1.3, 1.09)
    }
    assert len(pages) == 1
    assert "sigma" not in pages.pop()
    assert not combinable(list(tried(past(Try(1.0, "a", LR), Try(1.0, "b", WIDTH), metric=metric))))
    assert Outcome.DISCARD in {each.outcome for each in tried(past(Try(1.0, "a", LR), metric=metric))}
