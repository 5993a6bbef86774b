"""The browser view, clicked through in a real browser while a real study's ledger grows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoresearch.history import is_baseline
from autoresearch.ledger import now
from autoresearch.records import Candidate, Experiment, Measurement, Outcome, Side, Verdict
from autoresearch.site import Site, rewrite
from autoresearch.testing import toy
from browser import Window, browser, needs_chromium
from program import autoresearch
from test_serve import Served, ended, started

pytestmark = [needs_chromium, pytest.mark.slow]

SCRIPT = "<script>window.taken = 1</script><img src=x onerror='window.taken = 2'>\u202e"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A toy night that is over, served with control."""
    root = toy.make(tmp_path_factory.mktemp("served") / "toy", preset="exact", noise=0.0, experiments=5)
    autoresearch(root, "run", code=0)
    served = started(Site(root, "toy"), "--control")
    yield served
    ended(served)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as running:
        yield running


@pytest.fixture
def window(chromium: Any) -> Iterator[Window]:
    """A window that must not have complained."""
    window = Window(chromium)
    yield window
    window.close()
    assert window.complaints == []


def record(site: Site, *, summary: str, hypothesis: str = "", value: float = 0.5) -> int:
    """One more experiment, as a running night would append it. Returns its number."""
    ledger = site.ledger()
    history = ledger.history
    number, tip = history.next_number, history.tip_commit
    known = next(done.candidate for done in reversed(history.experiments) if done.candidate)
    made = Candidate(number, known.commit, tip, summary, hypothesis=hypothesis, agent=SCRIPT, started=now())
    run = Measurement(made.commit, Side.CANDIDATE, value, 1, 0.1, experiment=number)
    verdict = Verdict(Outcome.DISCARD, f"no better {SCRIPT}", {"gain": 0.0})
    ledger.append(made, run, Experiment(number, made, verdict, value, tip, SCRIPT, now(), 0.1))
    return number


def test_what_happens_appears_and_stays_text(served: Served, window: Window) -> None:
    page = window.open(served.address)
    assert "token" not in page.url
    number = record(served.site, summary=f"hostile {SCRIPT}", hypothesis=SCRIPT)
    row = page.wait_for_selector(f"#row-{number}")
    assert "hostile <script>" in row.inner_text()
    assert f"Experiment {number}" in page.inner_text("#news")
    row.click()
    page.wait_for_selector("#closeup h2")
    told = page.inner_text("#closeup")
    assert told.count("<script>window.taken = 1</script>") >= 3
    assert "\u202e" not in page.inner_text("#table")
    page.goto(f"{served.origin}/#/compare/1/{number}")
    page.wait_for_selector("#compare h2")
    page.click("text=Lineage")
    page.wait_for_selector("#lineage h2")
    assert page.evaluate("window.taken") is None
    assert page.query_selector("main script, main img") is None


def test_search_filter_and_sort(served: Served, window: Window) -> None:
    page = window.open(served.address)
    history = served.site.ledger().history
    tried = sum(not is_baseline(done) for done in history.experiments)
    assert page.inner_text("#shown") == f"{tried} experiments"
    assert page.inner_text("#headline .facts").splitlines()[:2] == ["experiments", str(tried)]
    page.fill("#search", "#3")
    assert page.inner_text("#shown").startswith("1 of")
    page.fill("#search", "nothing is called this")
    assert "Nothing fits." in page.inner_text("#table")
    page.fill("#search", "")
    page.select_option("#filter", "kept")
    kept = sum(done.verdict.outcome is Outcome.KEEP for done in history.experiments) - 1
    assert page.inner_text("#shown").startswith(f"{kept} of")
    page.select_option("#filter", "")
    page.click("[data-sort=value]")
    assert page.get_attribute(".c-value[role=columnheader]", "aria-sort") == "ascending"
    values = [done.value for done in history.experiments if done.value is not None]
    first = page.query_selector("[aria-rowindex='2'] .c-value")
    assert float(first.inner_text()) == pytest.approx(min(values), rel=1e-4)


def test_two_experiments_side_by_side(served: Served, window: Window) -> None:
    page = window.open(served.address)
    page.click("#row-1 input")
    assert "choose another one" in page.inner_text("#pair")
    page.click("#row-3 input")
    page.click("text=Compare #1 with #3")
    page.wait_for_selector("#compare .versus")
    text = page.inner_text("#compare")
    assert "#1 beside #3" in text
    assert "settings.py" in text
    assert page.query_selector("#compare .diff .add") is not None
    assert page.query_selector("#compare .strip circle") is not None


def test_the_keyboard_alone_will_do(served: Served, window: Window) -> None:
    page = window.open(served.address)
    page.focus("[role=grid]")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_selector("#closeup h2")
    assert page.inner_text("#closeup h2").startswith("#0 ")
    assert page.evaluate("document.activeElement.id") == "closeup-name"
    page.keyboard.press("Escape")
    page.wait_for_selector("#closeup", state="hidden")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "grid"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"


def test_the_picture_can_be_pointed_at(served: Served, window: Window) -> None:
    page = window.open(served.address)
    dot = page.wait_for_selector("#picture circle.keep[cx]:has(title)")
    dot.hover(force=True)
    assert page.inner_text("#picture .tip").startswith("#")
    dot.click(force=True)
    page.wait_for_selector("#closeup h2")
    assert page.wait_for_selector("#picture .here")
    assert page.evaluate(ROOM) > 300, "what was opened is seen"


def test_what_a_click_leaves_another_width_is_drawn_at_once(served: Served, window: Window) -> None:
    page = window.open(served.address)
    page.wait_for_selector("#picture svg")
    whole = f"#picture svg[viewBox^='0 0 {page.evaluate('picture.width')} ']"
    page.evaluate("picture.rest = Date.now() + 1e6")  # as after a drawing that took long
    page.click("#row-1")
    page.wait_for_selector(f"#picture svg:not({whole})")
    page.evaluate("picture.rest = Date.now() + 1e6")
    page.click("text=Close")
    page.wait_for_selector(whole)


ROOM = "innerHeight - byId('closeup-name').getBoundingClientRect().top"
"""Pixels of the open experiment, from its name to the end of the window."""


def test_a_link_opens_what_it_names_and_nothing_else(served: Served, window: Window) -> None:
    page = window.open(f"{served.address}#/n/1")
    page.wait_for_selector("#closeup h2")
    assert page.evaluate(ROOM) > 300
    page.evaluate("location.hash = '#/n/999'")
    page.wait_for_selector("#notice:has-text('There is no such experiment')")
    assert not page.is_visible("#closeup")
    page.evaluate("scrollTo(0, 1e6)")
    page.evaluate("location.hash = '#/compare/1/2'")
    page.wait_for_selector("#compare .versus")
    assert page.evaluate("scrollY") == 0, "it is read from its top"
    assert page.inner_text("#notice") == ""
    page.evaluate("location.hash = '#/compare/1/999'")
    page.wait_for_selector("#notice:has-text('There is no such experiment')")
    assert page.inner_text("#compare") == ""


def test_a_word_from_the_page_reaches_the_ledger(served: Served, window: Window) -> None:
    page = window.open(served.address)
    page.click("[data-word=pause]")
    page.wait_for_selector("#said:has-text('pauses')")
    assert served.site.ledger().history.paused
    page.wait_for_selector("#state[data-state=paused]")
    page.click("[data-word=resume]")
    page.wait_for_selector("#state[data-state=idle]")
    page.fill("#tell", "leave it alone")
    page.press("#tell", "Enter")
    page.wait_for_selector("#said:has-text('leave it alone')")
    assert served.site.ledger().history.told == ["leave it alone"]
    page.fill("#tell", "  ")
    page.press("#tell", "Enter")
    page.wait_for_selector("#said:has-text('nothing to tell')")
    assert served.site.ledger().history.told == ["leave it alone"]
    page.click("[data-word=untell]")
    page.wait_for_selector("#said:has-text('nothing of yours')")
    assert served.site.ledger().history.told == []
    page.wait_for_selector("[data-word=untell]", state="hidden")
    page.evaluate("location.hash = '#/study'")
    page.wait_for_selector("#study h2")
    assert page.inner_text("#said") == ""


def test_a_study_that_is_gone_is_said(served: Served, window: Window) -> None:
    page = window.open(served.address)
    path = served.site.ledger_path
    away = path.rename(path.with_suffix(".away"))
    page.wait_for_selector("#alarms:has-text('another study has its place')")
    assert page.inner_text("#state") == "not followed any more"
    away.rename(path)
    window.open(served.address)
    assert page.inner_text("#alarms") == ""
    # What the page was just asking for when it went was refused in the same words.
    window.complaints = [each for each in window.complaints if not re.search("409|another study has its place", each)]


SHOWN = {
    "": "#picture svg",
    "n/1": "#closeup h2",
    "compare/1/2": "#compare .versus td",
    "lineage": "#lineage h2",
    "study": "#study h2",
}
"""What is there once each view is."""


@pytest.mark.parametrize("place", SHOWN)
def test_a_phone_shows_it_all_without_moving_sideways(served: Served, chromium: Any, place: str) -> None:
    window = Window(chromium, viewport={"width": 390, "height": 844}, is_mobile=True, color_scheme="dark")
    page = window.open(f"{served.address}#/{place}")
    page.wait_for_selector(SHOWN[place])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.is_visible("#tell"), "what steers is folded away where there is no room"
    edges = "[...document.querySelectorAll('.versus td')].map((each) => each.getBoundingClientRect().right)"
    assert max(page.evaluate(edges), default=0) <= 390, "both of two experiments are in sight"
    tall = "[...document.querySelectorAll('.strip text')].map((each) => each.getBoundingClientRect().height)"
    assert min(page.evaluate(tall), default=12) >= 12
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 16, 20)"
    window.close()
    assert window.complaints == []


def test_what_is_shown_has_names_for_who_cannot_see(served: Served, window: Window) -> None:
    page = window.open(f"{served.address}#/n/1")
    page.wait_for_selector("#closeup h2")
    nameless = """[...document.querySelectorAll("button, input, select, a, [role=grid], [role=region], aside")]
        .filter((each) => !each.getAttribute("aria-label") && !each.labels?.length && !each.textContent.trim())
        .map((each) => each.outerHTML)"""
    assert page.evaluate(nameless) == []
    assert page.get_attribute("#picture svg", "role") == "img"
    assert "experiments:" in page.inner_text("#picture figcaption") or "experiment" in page.inner_text("figcaption")
    for landmark in ("header", "nav", "main", "[role=search]"):
        assert page.query_selector(landmark)


def test_what_is_printed_now_is_text_and_followed_unless_somebody_reads(served: Served, window: Window) -> None:
    page, path = window.open(served.address), served.site.tail_path
    page.click("nav >> text=Now")
    page.wait_for_selector("#printed:has-text('Nothing is being printed now.')")
    at = "[document.getElementById('printed').scrollTop, document.getElementById('printed').scrollHeight]"
    with served.site.occupied():
        served.site.set_step(f"experiment 9: {SCRIPT}", seconds=60, began=now())
        rewrite(path, "".join(f"\x1b[32mstep {i}\x1b[0m {SCRIPT}\n" for i in range(99)).encode())
        page.wait_for_selector("#printed:has-text('step 98 <script>')")
        page.wait_for_selector("#doing:has-text('experiment 9: <script>')")
        top, height = page.evaluate(at)
        assert top > height / 2
        page.evaluate("document.getElementById('printed').scrollTop = 10")
        rewrite(path, path.read_bytes() + b"1%\r100%\n")
        page.wait_for_selector("#printed:has-text('100%')")
        assert "\n100%" in page.inner_text("#printed")
        assert page.evaluate(at)[0] == 10
        path.unlink()
        page.wait_for_selector("#printed:has-text('Nothing is being printed now.')")
    assert page.evaluate("window.taken") is None


def test_a_frozen_page_is_one_file_that_works(served: Served, window: Window, tmp_path: Path) -> None:
    number = record(served.site, summary=f"frozen {SCRIPT}", hypothesis=f"</script>{SCRIPT}")
    file = tmp_path / "night.html"
    autoresearch(served.site.root, "report", "--html", str(file), code=0)
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.url))
    page = window.open(f"{file.as_uri()}#/n/{number}")
    page.wait_for_selector("#closeup h2")
    assert "</script><script>window.taken = 1</script>" in page.inner_text("#closeup")
    assert page.inner_text("#notice") == ""
    page.wait_for_selector("#picture svg[viewBox^='0 0 640 ']")  # drawn for the room beside what is open
    page.goto(f"{file.as_uri()}#/compare/1/3")
    page.wait_for_selector("#compare .versus")
    page.click("text=Report")
    assert "What survived" in page.inner_text("#report")
    assert page.evaluate("window.taken") is None
    assert page.query_selector("#now, nav [href='#/now']") is None
    assert "paintPrinted(lines)" not in file.read_text(encoding="utf-8")
    assert [url for url in asked if not url.startswith(file.as_uri())] == []


def test_a_frozen_page_without_scripts_is_the_report(served: Served, chromium: Any, tmp_path: Path) -> None:
    file = tmp_path / "night.html"
    autoresearch(served.site.root, "report", "--html", str(file), code=0)
    window = Window(chromium, java_script_enabled=False)
    window.page.goto(file.as_uri())
    assert window.page.is_visible("text=What survived")
    assert not window.page.is_visible("#search")
    window.close()


def test_another_tools_ledger_claims_nothing_of_ours(chromium: Any, tmp_path: Path) -> None:
    rows = ("commit\tval_bpb\tstatus\tdescription", "a1b2c3d\t0.9979\tkeep\tbaseline", "b2c3d4e\t0.99\tkeep\tfaster")
    (tmp_path / "results.tsv").write_text("\n".join(rows) + "\n")
    autoresearch(tmp_path, "import", "results.tsv", "--as", "theirs", code=0)
    served, window = started(Site(tmp_path, "theirs"), "--control"), Window(chromium)
    page = window.open(served.address)
    assert page.inner_text("#row-1 .badge") == "kept, by their word"
    assert page.inner_text("#shown") == "1 experiment"
    assert page.inner_text("#state") == "imported, read-only"
    assert not page.is_visible("#control")
    assert page.query_selector("#filter [value=certified], nav [href='#/now']") is None
    page.click("text=Study")
    page.wait_for_selector("#study h2")
    assert "every number is their word" in page.inner_text("#study")
    assert not {"Certificates", "Budget"} & set(page.inner_text("#study").splitlines())
    window.close()
    ended(served)
    assert window.complaints == []


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_stands_out_from_its_ground(dark: bool) -> None:
    import autoresearch.report

    css = (Path(autoresearch.report.__file__).parent / "templates" / "report.css").read_text()
    block = css.split(":root{")[2 if dark else 1].split("}")[0]
    colours = dict(part.removeprefix("--").split(":") for part in block.split(";") if part)
    whole = {
        name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:]) for name, value in colours.items()
    }
    for text in ("ink", "quiet", "keep", "certified", "undone"):
        for ground in ("ground", "sheet", "code"):
            light, deep = sorted((luminance(whole[text]), luminance(whole[ground])), reverse=True)
            assert (light + 0.05) / (deep + 0.05) >= 4.5, (text, ground)
