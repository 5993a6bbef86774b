"""The terminal view, driven by keys on real ledgers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from ledgers import a_study, seen, until, watched, write
from textual.pilot import Pilot
from textual.widgets import Input, RichLog, Static

from autoresearch.history import Archive, Note
from autoresearch.ledger import Ledger
from autoresearch.records import Outcome
from autoresearch.site import Site
from autoresearch.tui import Watch
from autoresearch.tui.choice import Choice, Kind, Order
from autoresearch.tui.keys import KEYS
from autoresearch.views.words import count

HOSTILE = "[red]loud[/red] [@click=app.quit]here[/] \x1b[31mred\x1b[0m \u202eesrever <script>alert(1)</script> [/]"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Site:
    def tell(teller: Any) -> None:
        teller.begin().go(30).note("drift", "the incumbent is 3 sigma slower than at its baseline")

    return write(tmp_path_factory.mktemp("night"), tell)


def drive(
    site: Site, play: Callable[[Watch, Pilot[None]], Coroutine[Any, Any, None]], size: tuple[int, int] = (80, 24)
) -> None:
    async def run() -> None:
        async with watched(site, size=size) as (app, pilot):
            await play(app, pilot)

    asyncio.run(run())


def page_of(app: Watch) -> str:
    """The page of the experiment, as text."""
    from rich.console import Console

    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        console.print(app.desk.query_one("#page", Static).content)
    return console.export_text()


def test_small_screen_has_the_picture_the_list_and_the_standing(night: Site) -> None:
    async def play(app: Watch, pilot: Pilot[None]) -> None:
        text = seen(app)
        assert "quick  idle" in text
        assert "alarm: the incumbent is 3 sigma slower" in text
        assert "val_bpb (bit/byte), lower is better" in text
        assert "◆ certificate" in text
        assert "30 experiments: all, newest first" in text
        assert "4 certificates" in text, "the budget is not cut"
        assert "  30 " in text
        assert "q Detach" in text
        assert all(len(line) <= 80 for line in text.splitlines())
        await pilot.press("enter")
        await until(pilot, lambda: "experiment 30" in seen(app))
        assert "newest first" not in seen(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "newest first" in seen(app)

    drive(night, play)


def test_wide_screen_has_the_sentence_the_runs_and_the_patch_beside_the_list(night: Site) -> None:
    async def play(app: Watch, pilot: Pilot[None]) -> None:
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: "experiment 27" in seen(app) and "+LEARNING_RATE" in seen(app))
        text = seen(app)
        assert "newest first" in text
        assert "within noise" in text
        assert "+LEARNING_RATE = 0.0021" in text
        assert "candidate" in text
        await pilot.press("2")
        await until(pilot, lambda: "proven at the start" in seen(app))
        assert "NOT GIVEN HERE" in seen(app)
        assert "certificate 1" in seen(app)
        await pilot.press("3")
        await until(pilot, lambda: "run of the candidate" in seen(app))

    drive(night, play, (160, 50))


def test_filter_sort_and_search(night: Site) -> None:
    async def play(app: Watch, pilot: Pilot[None]) -> None:
        table, done = app.desk.table, app.desk.scene.history.experiments  # type: ignore[union-attr]
        await pilot.press("f")
        await pilot.pause()
        assert "of 30 experiments: kept" in seen(app)
        assert {done[number].verdict.outcome for number in table.numbers} == {Outcome.KEEP}
        await pilot.press("f", "f", "f", "f", "s", "s")
        await pilot.pause()
        values = [done[number].value for number in table.numbers]
        known = [value for value in values if value is not None]
        assert known == sorted(known)
        assert None not in values[: len(known)]
        await pilot.press("S")
        await pilot.pause()
        assert [done[number].value for number in table.numbers][: len(known)] == known[::-1]
        await pilot.press("slash", *"tie", "enter")
        await pilot.pause()
        assert table.numbers
        assert all("tie" in done[number].candidate.summary for number in table.numbers if done[number].candidate)  # type: ignore[union-attr]
        await pilot.press("escape")
        await pilot.pause()
        assert len(table.numbers) == 31
        assert not app.desk.query_one("#search", Input).display

    drive(night, play)


def test_a_word_is_said_through_the_ledger(night: Site, tmp_path: Path) -> None:
    site = a_study(tmp_path, 2)

    async def play(app: Watch, pilot: Pilot[None]) -> None:
        def said() -> Archive:
            ledger = Ledger(site.ledger_path, Archive())
            ledger.refresh()
            return ledger.history

        await pilot.press("p")
        await until(pilot, lambda: said().paused)
        await until(pilot, lambda: "paused" in seen(app), 5)
        await until(pilot, lambda: "r Resume" in seen(app))
        assert "p Pause" not in seen(app)
        await pilot.press("r")
        await until(pilot, lambda: not said().paused)
        await pilot.press("3")
        await until(pilot, lambda: "a human said resume" in seen(app), 5)
        await pilot.press("escape", "t")
        await pilot.pause()
        await pilot.press(*"less is more", "enter")
        await until(pilot, lambda: said().told == ["less is more"])
        await pilot.press("x")
        await until(pilot, lambda: any(each.message == "quick is not running." for each in app._notifications))
        assert not said().stopping

    drive(site, play)


def test_what_is_recorded_meanwhile_appears_and_the_cursor_follows_it(tmp_path: Path) -> None:
    whole = a_study(tmp_path / "whole", 12).ledger_path.read_bytes().splitlines(keepends=True)
    site = Site(tmp_path, "quick")
    site.create()
    site.ledger_path.write_bytes(b"".join(whole[:30]) + whole[30][:20])

    async def play(app: Watch, pilot: Pilot[None]) -> None:
        await pilot.pause()
        assert app.desk.scene is not None
        before = app.desk.scene.experiments
        with site.ledger_path.open("ab") as file:
            file.write(whole[30][20:] + b"".join(whole[31:]))
        await until(pilot, lambda: app.desk.scene is not None and app.desk.scene.experiments == 13)
        await pilot.pause()
        assert before < 13
        assert app.desk.table.number == 12
        await pilot.press("down", "down")
        Ledger(site.ledger_path, Archive()).append(Note("alarm", "the disk is nearly full"))
        await until(pilot, lambda: "the disk is nearly full" in seen(app))
        assert app.desk.table.number == 10

    async def run() -> None:
        async with watched_torn(site) as (app, pilot):
            await play(app, pilot)

    asyncio.run(run())


def watched_torn(site: Site) -> Any:
    """The view on a ledger whose last line is half written: it is never read to its end."""
    from contextlib import asynccontextmanager

    from nights import a_diff

    from autoresearch.cli import place

    @asynccontextmanager
    async def opened() -> Any:
        app = Watch(site, diff_of=a_diff, status_of=place.status_of)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.desk.scene is not None)
            yield app, pilot

    return opened()


def test_every_key_is_listed_and_escape_closes_the_list(night: Site) -> None:
    async def play(app: Watch, pilot: Pilot[None]) -> None:
        for away in ("escape", "question_mark"):
            await pilot.press("question_mark")
            await until(pilot, lambda: "Escape closes this" in seen(app))
            text = seen(app)
            assert all(words in text for _, words in KEYS)
            await pilot.press(away)
            await until(pilot, lambda: "newest first" in seen(app))

    drive(night, play)


def test_the_log_wraps(night: Site) -> None:
    async def play(app: Watch, pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await until(pilot, lambda: "the incumbent is 3 sigma slower than" in seen(app))
        log = app.desk.query_one("#journal", RichLog)
        assert "at its baseline" in "\n".join(line.text for line in log.lines)
        assert max(line.cell_length for line in log.lines) <= 50

    drive(night, play, (50, 24))


@pytest.mark.parametrize("experiments", [0, 1])
def test_a_study_that_has_just_begun(tmp_path: Path, experiments: int) -> None:
    async def play(app: Watch, pilot: Pilot[None]) -> None:
        await pilot.press("down", "enter", "2", "3", "escape", "f", "f", "s")
        await pilot.pause()
        assert f"{count(experiments, 'experiment')}: certified, outcome first" in seen(app)

    drive(a_study(tmp_path, experiments), play, (160, 50))


def test_without_colours_the_text_still_differs_from_its_ground(night: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def play(app: Watch, pilot: Pilot[None]) -> None:
        picture = app.export_screenshot()
        assert "newest" in picture
        assert "#000000" not in picture
        assert "#98a84b" not in picture  # the green of what was kept

    drive(night, play)


def test_another_tools_ledger_is_shown_as_hearsay_and_nothing_can_be_said_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from autoresearch.cli import app as program

    rows = ("commit\tval_bpb\tstatus\tdescription", "a1b2c3d\t0.9979\tkeep\tbaseline", "b2c3d4e\t0.99\tkeep\tfaster")
    (tmp_path / "results.tsv").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(program, ["import", "results.tsv", "--as", "quick"]).exit_code == 0

    async def play(app: Watch, pilot: Pilot[None]) -> None:
        assert "kept, by their word" in seen(app)
        await pilot.press("2")
        await until(pilot, lambda: "every number is their word" in seen(app))
        assert "imported, read-only" in seen(app)
        assert "t Tell" not in seen(app)
        assert not any(word in seen(app) for word in ("provisional", "certified blocks", "budget", "idle"))
        await pilot.press("1")
        await until(pilot, lambda: "nothing of it" in seen(app))
        assert "time unknown" in seen(app)

    drive(Site(tmp_path, "quick"), play, (110, 40))


def test_nothing_recorded_at_all(tmp_path: Path) -> None:
    async def play(app: Watch, pilot: Pilot[None]) -> None:
        await pilot.press("down", "enter", "2", "3", "escape")
        await pilot.pause()
        assert "0 experiments: all" in seen(app)

    drive(write(tmp_path, lambda teller: teller.begin(baseline_runs=0)), play)


def test_what_strangers_wrote_is_text(tmp_path: Path) -> None:
    def tell(teller: Any) -> None:
        teller.begin().go(4).note("alarm", HOSTILE)

    async def play(app: Watch, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "[red]loud[/red]" in page_of(app))
        for key in ("1", "2", "3"):
            await pilot.press(key)
            await pilot.pause(0.1)
            text = seen(app)
            assert "[red]loud" in text
            assert "\x1b" not in text
            assert "\u202e" not in text

    drive(write(tmp_path, tell, texts=(HOSTILE,), failing=0.0), play, (160, 50))


def test_a_ledger_that_was_changed_closes_the_view_with_the_reason(tmp_path: Path) -> None:
    site = a_study(tmp_path, 3)
    site.ledger_path.write_bytes(site.ledger_path.read_bytes().replace(b'"value":2.9', b'"value":1.9', 1))

    async def run() -> Watch:
        from autoresearch.cli import place

        app = Watch(site, diff_of=lambda *_: "", status_of=place.status_of)
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.trouble is not None)
        return app

    assert "does not follow from the line before it" in str(asyncio.run(run()).trouble)


@pytest.mark.slow
def test_ten_thousand_experiments_open_and_filter_fast(tmp_path: Path) -> None:
    site = a_study(tmp_path, 10_000, certify_every=500)

    async def play(app: Watch, pilot: Pilot[None]) -> None:
        scene = app.desk.scene
        assert scene is not None
        began = time.process_time()
        assert Choice(kind=Kind.ALL, words="cosine", order=Order.VALUE).numbers(scene)
        assert time.process_time() - began < 10
        began = time.process_time()
        for _ in range(20):
            app.desk.table.action_page(1)
            await pilot.pause()
        assert time.process_time() - began < 60
        assert app.desk.table.number == 10_000 - 20 * max(1, app.desk.table.size.height - 2)

    drive(site, play)
