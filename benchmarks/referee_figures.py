"""The tables and the picture of docs/explanation/referee.md, and each preset's page, from benchmarks/null_nights.json.

python benchmarks/referee_figures.py            writes them
python benchmarks/referee_figures.py --check    exit status 1 when the documentation says something else
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import naive
from autoresearch.referees import PRESETS
from dream import LAWS
from power_picture import Curve, draw

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "benchmarks" / "null_nights.json"
PAGE, PICTURE = ROOT / "docs" / "explanation" / "referee.md", ROOT / "docs" / "power.svg"
PRESET_PAGES = {preset: ROOT / "docs" / "explanation" / "presets" / f"{preset}.md" for preset in PRESETS}
NOISY = [law for law in LAWS if law != "no noise"]
ABOUT = {
    "certify": "a block of keeps; one of two certificates",
    "timing": "one change of a hundred; sigma of a pair",
    "fdr": "one change of a hundred, before any keep",
    "strict": "one change of a hundred",
    "few": "one change of a hundred",
    "better than the best run stored": "after a hundred that were no better",
}
"""What the picture shows, in this order, and what is found there."""

Row = Mapping[str, object]


def nothing_better(figures: Mapping[str, list[Row]]) -> list[str]:
    """What each rule keeps in nights in which nothing is better, by law of noise."""
    head = [
        "rule",
        "what is counted",
        *(f"{law} noise" if law == "normal" else law for law in NOISY),
        "runs a candidate",
    ]
    return table(head, (_nothing_better(figures, rule) for rule in (*naive.RULES, *PRESETS)))


def _nothing_better(figures: Mapping[str, list[Row]], rule: str) -> list[str]:
    rows = {row["law"]: row for row in figures["nothing_better"] if row["rule"] == rule}
    if rule == "exact":
        none = rows["no noise"]
        return [name(rule), "a false keep", *["refuses"] * len(NOISY), f"{_a_candidate(figures, none)} without noise"]
    key = "false_certificate_nights" if rule == "certify" else "false_keep_nights"
    cells = [share(rows[law][key], rows[law]["nights"]) for law in NOISY]
    runs = _a_candidate(figures, rows["normal"])
    return [name(rule), "a false certificate" if rule == "certify" else "a false keep", *cells, runs]


def mixture(figures: Mapping[str, list[Row]]) -> list[str]:
    """What each rule makes of a night with good, useless and harmful candidates."""
    head = ["rule", "kept", "of these false", "true gain delivered", "runs a candidate", "nights"]
    rows = {row["rule"]: row for row in figures["mixture"]}
    return table(head, (_mixture(figures, rows[rule]) for rule in (*naive.RULES, *PRESETS) if rule in rows))


def _mixture(figures: Mapping[str, list[Row]], row: Row) -> list[str]:
    kept, false = f"{row['keeps']:.1f}", f"{row['false_share']:.1%}"
    runs = _a_candidate(figures, row)
    return [name(str(row["rule"])), kept, false, f"{row['gain']:+.1f} sigma", runs, f"{row['nights']:,}"]


def power(figures: Mapping[str, list[Row]]) -> list[str]:
    """How often one gain is found, by its size."""
    sizes = (0.5, 1.0, 2.0, 3.0)
    head = ["rule", *(f"+{size:g} sigma" for size in sizes), "80 % from", "runs at +2"]
    found = {(row["rule"], row["effect"]): row for row in figures["power"]}
    rules = [rule for rule in (*naive.RULES, *PRESETS) if (rule, 2.0) in found]
    return table(head, (_power(found, rule, sizes) for rule in rules))


def _power(found: Mapping[tuple[object, object], Row], rule: str, sizes: Sequence[float]) -> list[str]:
    runs = found[rule, 2.0]["runs"]
    sure = curve(found.values(), rule).sure_from
    return [
        name(rule),
        *(f"{found[rule, size]['found']:.1%}" for size in sizes),
        "over 4" if sure is None else f"{sure:.1f}",
        "" if runs is None else f"{runs:.1f}",
    ]


def planted(figures: Mapping[str, list[Row]]) -> list[str]:
    """The true gain of what is delivered when one candidate in ten is better."""
    sizes = sorted({float(str(row["size"])) for row in figures["planted"]})
    rows = {(row["rule"], row["size"]): row for row in figures["planted"]}
    head = ["one candidate in ten is better by", *(f"+{size:g} ({10 * size:g} planted)" for size in sizes), "nights"]
    rules = [rule for rule in (*naive.RULES, *PRESETS) if all((rule, size) in rows for size in sizes)]
    gains = {rule: [f"{rows[rule, size]['gain']:.1f}" for size in sizes] for rule in rules}
    return table(head, ([name(rule), *gains[rule], f"{rows[rule, sizes[0]]['nights']:,}"] for rule in rules))


def speedups(figures: Mapping[str, list[Row]]) -> list[str]:
    """How `timing` finds a speed-up of 5 % on quiet and on restless machines."""
    head = ["the same code, timed beside itself, differs by", "a change 5 % faster is kept", "runs it takes"]
    rows = figures["speedups"]
    return table(head, ([f"{row['spread']:.0%}", f"{row['found']:.1%}", f"{row['runs']:.1f}"] for row in rows))


def of_preset(figures: Mapping[str, list[Row]], preset: str) -> list[str]:
    """One preset's figures, a line each."""
    _, counted, *by_law, runs = _nothing_better(figures, preset)
    rows = [[f"nights that end with {counted}, {law} noise", cell] for law, cell in zip(NOISY, by_law, strict=True)]
    rows.append(["runs a candidate, where nothing is better", runs])
    found = {(row["rule"], row["effect"]): row for row in figures["power"]}
    if (preset, 2.0) in found:
        sizes = (0.5, 1.0, 2.0, 3.0)
        _, *shares, sure, spent = _power(found, preset, sizes)
        rows += [[f"a gain of {size:g} sigma is found", cell] for size, cell in zip(sizes, shares, strict=True)]
        rows += [["a gain is found with 80 % probability from", f"{sure} sigma"], ["runs to find 2 sigma", spent]]
    if mixed := next((row for row in figures["mixture"] if row["rule"] == preset), None):
        _, kept, false, gain, runs, _ = _mixture(figures, mixed)
        rows.append(["a mixed night keeps", f"{kept} changes, {false} of them false"])
        rows.append(["and delivers", f"{gain}, with {runs} runs a candidate"])
    return table(["what", "how often, how much"], rows)


Tables = Mapping[str, Callable[[Mapping[str, list[Row]]], list[str]]]
TABLES: Tables = {
    "nothing better": nothing_better,
    "mixture": mixture,
    "power": power,
    "planted": planted,
    "speed-ups": speedups,
}


def picture(figures: Mapping[str, list[Row]]) -> str:
    """The power curves."""
    return draw([curve(figures["power"], rule) for rule in ABOUT])


def curve(rows: Iterable[Row], rule: str) -> Curve:
    """One rule's power by size of gain."""
    points = sorted((float(str(row["effect"])), float(str(row["found"]))) for row in rows if row["rule"] == rule)
    return Curve(rule, ABOUT.get(rule, ""), points, rule in naive.RULES)


def name(rule: str) -> str:
    return f"`{rule}`" if rule in PRESETS else rule


def share(hits: object, of: object) -> str:
    """A rate with its standard error."""
    n = int(str(of))
    rate = int(str(hits)) / n
    return f"{rate:.1%} ± {(rate * (1 - rate) / n) ** 0.5:.1%}"


def _a_candidate(figures: Mapping[str, list[Row]], row: Row) -> str:
    return f"{float(str(row['runs'])) / int(str(figures['experiments'])):.1f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table, a line each."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def rendered(page: str, figures: Mapping[str, list[Row]], tables: Tables = TABLES) -> str:
    """The page with every table made again, between its marks."""
    for title, make in tables.items():
        start, end = f"<!-- {title}: benchmarks/referee_figures.py -->", "<!-- end -->"
        found = re.compile(re.escape(start) + r"\n.*?" + re.escape(end), re.S)
        if not found.search(page):
            raise SystemExit(f"a page has no place marked {start}")
        page = found.sub(lambda _: "\n".join([start, *make(figures), end]), page)  # noqa: B023
    return page


def preset_pages(figures: Mapping[str, list[Row]]) -> dict[Path, str]:
    """Every preset's page with its figures."""
    return {
        path: rendered(path.read_text(), figures, {"figures": partial(of_preset, preset=preset)})
        for preset, path in PRESET_PAGES.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the documentation differs")
    options = parser.parse_args()
    figures = json.loads(FIGURES.read_text())
    wanted = {PAGE: rendered(PAGE.read_text(), figures), PICTURE: picture(figures)} | preset_pages(figures)
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if options.check:
        sys.exit("".join(f"{path.name} does not say what {FIGURES.name} says\n" for path in stale) or 0)
    for path in stale:
        path.write_text(wanted[path])


if __name__ == "__main__":
    main()
