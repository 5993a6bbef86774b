import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nights import Teller, a_diff, a_night, a_task

from autoresearch.history import Archive, Control
from autoresearch.records import Certificate, Direction, Metric, Outcome, Ruling, Side
from autoresearch.referees import sealed_gain
from autoresearch.report import build
from autoresearch.report.diffs import LINES, parse
from autoresearch.report.headline import certified_gain, headline, total_gain
from autoresearch.report.markdown import escape, fenced
from autoresearch.views import Reading

EVIL = (
    "<script>alert(1)</script><img src=https://evil.example/x.png onerror=alert(1)>",
    "`x` | **bold** [link](https://evil.example) @someone",
    "\x1b[31mred \u202eevil\x00 \ud800",
    "日本語の要約",
    "long " * 100,
)


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def written(history: Archive, folder: Path, diff_of: Callable[[str, str], str] = a_diff) -> tuple[str, str]:
    paths = build(history, task=a_task(history.metric), diff_of=diff_of, out_dir=folder / "new")
    assert paths.svg.is_file()
    return paths.html.read_text(), paths.markdown.read_text()


@pytest.mark.parametrize("experiments", [0, 1, 12, 100])
def test_a_night_of_any_length_is_a_page(tmp_path: Path, experiments: int) -> None:
    html, markdown = written(a_night(experiments, seed=3), tmp_path)
    assert "<h2>What survived</h2>" in html
    assert "![" in markdown
    assert "Check it yourself" in html


def test_a_study_without_any_record_is_a_page(tmp_path: Path) -> None:
    html, markdown = written(Archive(), tmp_path)
    assert "Nothing was found: nothing has been measured yet" in html
    assert "Nothing was found: nothing has been measured yet" in markdown


def test_what_strangers_wrote_stays_text(tmp_path: Path) -> None:
    metric = Metric("<b>m</b>", Direction.MINIMIZE, "<i>u</i>")
    teller = Teller(seed=6, texts=EVIL, metric=metric).begin().go(60).note("alarm", EVIL[0])
    diff = "diff --git a/x b/x\n+</pre><script>alert(2)</script>\n+\x1b[2J````\n"
    html, _ = written(teller.history, tmp_path, lambda *_: diff)
    tags = Tags(html)
    assert not {tag for tag, _ in tags.seen} & {"script", "img", "iframe", "link", "object", "image", "i", "b", "a"}
    assert not [name for _, attrs in tags.seen for name in attrs if name.startswith("on") or name in ("src", "href")]
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_the_page_asks_for_nothing(tmp_path: Path) -> None:
    html, _ = written(a_night(60, seed=3), tmp_path)
    assert set(re.findall(r"https?://[^\"'<\s]+", html)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in html
    assert "@import" not in html
    assert "url(" not in html


def test_markdown_shows_strangers_text_and_nothing_else(tmp_path: Path) -> None:
    _, markdown = written(a_night(60, seed=6, texts=EVIL), tmp_path)
    prose = re.sub(r"^(`{3,})diff\n.*?^\1$", "", markdown, flags=re.S | re.M)
    assert "<script" not in prose
    assert "https://" not in prose
    assert "@someone" not in prose
    assert escape("a|b*[c](d) @e <f>") == r"a\|b\*\[c\]\(d\) &#64;e &lt;f&gt;"


def test_no_backticks_close_the_block_a_diff_is_in() -> None:
    text = fenced(parse("+a ````` b\n"))
    assert text.startswith("``````diff\n")
    assert text.endswith("\n``````")


def test_a_long_diff_is_cut_and_says_so() -> None:
    diff = parse("".join(f"+line {n}\n" for n in range(LINES + 40)))
    assert (len(diff.lines), diff.cut, diff.added, diff.removed) == (LINES, 40, LINES + 40, 0)


def test_diff_lines_have_their_kind() -> None:
    kinds = [kind for kind, _ in parse(a_diff("a" * 40, "b" * 40)).lines]
    assert kinds == ["file", "file", "file", "file", "hunk", "same", "same", "same", "del", "add", "same"]


def claim(teller: Teller) -> str:
    return headline(Reading.of(teller.history)).claim


def test_nothing_measured() -> None:
    assert headline(Reading.of(Archive())).claim == "Nothing was found: nothing has been measured yet"


def test_only_a_baseline() -> None:
    teller = Teller().begin()
    assert claim(teller) == "Nothing is certified yet: only the baseline has been measured"
    assert claim(teller.end()) == "Nothing was found: only the baseline has been measured"


def test_nothing_kept() -> None:
    teller = Teller().begin()
    teller.experiment(effect=-5, outcome=Outcome.DISCARD)
    assert claim(teller.end()) == "Nothing was found: no change was kept"


def test_a_lucky_best_of_many_is_named_noise() -> None:
    teller = Teller().begin()
    for _ in range(40):
        teller.experiment(effect=-3, outcome=Outcome.DISCARD)
    teller.experiment(effect=0, luck=2.5, outcome=Outcome.KEEP)
    got = headline(Reading.of(teller.end().history))
    assert got.claim == "Nothing was found: the improvements seen are indistinguishable from noise"
    assert "the luckiest of 42 unchanged programs may reach" in got.detail


def test_a_large_gain_without_a_certificate_is_not_yet_proven() -> None:
    teller = Teller().begin()
    teller.experiment(effect=12, outcome=Outcome.KEEP)
    assert claim(teller) == "Nothing is certified yet: improvements were seen, and the next certificate decides"
    teller.add(Control("pause"))
    assert claim(teller).startswith("Nothing is certified yet")
    got = headline(Reading.of(teller.end().history))
    assert got.claim == "Nothing was found: improvements were seen, but none is certified"
    assert got.detail.endswith("More budget lets a certificate decide.")
    assert not got.proven
    teller.experiment(effect=-5, outcome=Outcome.DISCARD)
    assert claim(teller).startswith("Nothing is certified yet"), "the night goes on"
    late = headline(Reading.of(teller.history), ran_out=True)
    assert late.claim == got.claim
    assert late.detail.endswith("`autoresearch run --hours 8` grants another.")
    teller.add(Control("stop"))
    assert claim(teller).startswith("Nothing was found")


def test_a_try_after_the_night_does_not_open_it_again() -> None:
    teller = Teller().begin().end()
    granted = teller.history.night
    assert granted
    teller.add(replace(granted, number=2, purpose="try"))
    teller.experiment(effect=-5, outcome=Outcome.DISCARD)
    teller.add(granted)
    assert claim(teller).startswith("Nothing was found")


def test_all_rolled_back() -> None:
    teller = Teller().begin()
    teller.experiment(effect=-8, luck=12, outcome=Outcome.KEEP)
    teller.certificate()
    assert claim(teller.end()) == "Nothing was found: what was kept has been rolled back"


def test_without_noise_nothing_is_claimed() -> None:
    teller = Teller().begin(baseline_runs=1)
    teller.experiment(effect=12, outcome=Outcome.KEEP)
    assert claim(teller.end()) == "Nothing was found: the noise is unknown"


def test_the_headline_is_the_certificates_mean_and_interleaved_gain() -> None:
    teller = Teller(seed=3).begin()
    for _ in range(2):
        teller.experiment(effect=6, luck=2, outcome=Outcome.KEEP)
        teller.certificate()
    first, second = teller.history.certificates
    got = headline(Reading.of(teller.history))
    assert got.proven
    assert got.after == f"{second.mean:.4f} bit/byte"
    assert got.claim == f"{first.gain + second.gain:.4f} bit/byte better, certified"
    assert "from the interleaved runs of certificates 1 and 2" in got.detail


def test_a_certificate_of_an_earlier_epoch_says_so() -> None:
    teller = Teller(seed=3).begin()
    teller.experiment(effect=6, outcome=Outcome.KEEP)
    teller.certificate()
    teller.begin(epoch=2).go(3)
    assert "Measured in epoch 1; what is measured has changed since." in headline(Reading.of(teller.history)).detail


def test_gains_add_and_their_intervals_add_in_quadrature() -> None:
    proofs = [
        Certificate(n, "b", "a", Ruling.CERTIFIED, "", 0.01, 0.0125, 12, 2.9, 2.8, 3.0, gain, gain - down, gain + up)
        for n, (gain, down, up) in enumerate([(1.0, 0.3, 0.5), (2.0, 0.4, 1.2)], 1)
    ]
    whole = total_gain(proofs)
    assert (whole.estimate, whole.low, whole.high) == pytest.approx((3.0, 2.5, 4.3))


def test_on_finite_data_the_two_ends_of_a_chain_are_compared_record_by_record() -> None:
    teller = Teller(seed=3).begin()
    for _ in range(2):
        teller.experiment(effect=6, outcome=Outcome.KEEP)
        teller.certificate()
    history, metric = teller.history, teller.history.metric
    scores = {0: [3.0 + 0.01 * (n % 7) for n in range(320)], 1: [1.0 + 0.01 * (n % 5) for n in range(320)]}
    ends = ((0, Side.INCUMBENT), (1, Side.CANDIDATE))
    for number, side in ends:
        runs = history.proofs[number]
        runs[:] = [replace(run, records=tuple(scores[number])) if run.side is side else run for run in runs]
    first, last = (next(run for run in history.proofs[n] if run.side is side) for n, side in ends)
    assert certified_gain(Reading.of(history)) == sealed_gain(metric, last, first)
    assert certified_gain(Reading.of(history)) != total_gain(history.certificates)


def test_unsafe_stands_in_every_line(tmp_path: Path) -> None:
    html, markdown = written(a_night(30, seed=6, unsafe=True, certify_every=10**6), tmp_path)
    assert "<h1>Unsafe: nothing was found" in html
    rows = html.count("<summary>")
    assert rows > 20
    assert html.count('<span class="badge undone">unsafe</span>') == rows
    table = [line for line in markdown.split("\n") if re.match(r"\| \d+ \|", line)]
    assert all("UNSAFE" in line for line in table)


def test_what_was_rolled_back_did_not_survive(tmp_path: Path) -> None:
    teller = Teller(seed=3, texts=("bad luck",)).begin()
    teller.experiment(effect=-8, luck=12, outcome=Outcome.KEEP)
    teller.certificate()
    teller.texts = ("good idea",)
    teller.experiment(effect=8, outcome=Outcome.KEEP)
    _, markdown = written(teller.history, tmp_path)
    survived, undone = markdown.index("## What survived"), markdown.index("## What was kept at first")
    assert survived < markdown.index("| 2 | good idea") < undone < markdown.index("| 1 | bad luck")


def test_a_gain_stands_beside_its_own_interval(tmp_path: Path) -> None:
    teller = Teller(seed=3).begin()
    teller.experiment(effect=6, luck=4, outcome=Outcome.KEEP)
    teller.certificate()
    _, markdown = written(teller.history, tmp_path)
    row = next(line for line in markdown.split("\n") if line.startswith("| 1 |")).replace("\\", "")
    gain, low, high = (float(x) for x in re.findall(r"\+(\d\.\d+)", row))
    assert gain == pytest.approx((low + high) / 2, abs=2e-4)


def test_what_the_sandbox_does_not_give_is_named(tmp_path: Path) -> None:
    html, markdown = written(a_night(3), tmp_path)
    assert "not given: memory cap" in html
    assert "not given: memory cap" in markdown


def test_a_long_night_is_still_a_small_page(tmp_path: Path) -> None:
    history = a_night(5000, seed=3, certify_every=600, good=0.01)
    html, markdown = written(history, tmp_path, lambda *_: "+x\n" * 10_000)
    assert len(html.encode()) < 3_000_000
    assert len(markdown.encode()) < 1_500_000
    assert "autoresearch log" in html


def test_the_same_ledger_is_the_same_page(tmp_path: Path) -> None:
    history = a_night(30, seed=3)
    assert written(history, tmp_path / "a") == written(history, tmp_path / "b")
