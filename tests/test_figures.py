"""The referee's page says what the benchmark measured, and its picture shows it."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autoresearch.referees import PRESETS

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import naive
import referee_figures
from power_picture import Curve, draw

FIGURES = json.loads(referee_figures.FIGURES.read_text())


def test_page_and_picture_are_made_from_the_figures():
    page = referee_figures.PAGE.read_text()
    assert referee_figures.rendered(page, FIGURES) == page
    assert referee_figures.picture(FIGURES) == referee_figures.PICTURE.read_text()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_a_page_with_its_figures(preset):
    path = referee_figures.PRESET_PAGES[preset]
    assert referee_figures.preset_pages(FIGURES)[path] == path.read_text()
    assert path.read_text().startswith(f"# `{preset}`")


def test_every_preset_and_law_of_noise_is_in_the_tables_with_a_thousand_nights():
    rows = FIGURES["nothing_better"]
    for preset in PRESETS:
        laws = {row["law"] for row in rows if row["rule"] == preset}
        assert laws >= (set(referee_figures.NOISY) if preset != "exact" else {"no noise"}), preset
    assert {row["nights"] for row in rows} == {1000}
    assert min(row["contests"] for row in FIGURES["power"]) >= 250
    for part in ("mixture", "planted"):
        assert {row["rule"] for row in FIGURES[part]} == {*naive.RULES, *PRESETS} - {"exact"}
        assert min(row["nights"] for row in FIGURES[part]) >= 100


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_is_wrong_more_often_than_it_says(preset):
    """The bound, and three standard errors of a thousand nights."""
    allowed = {"fdr": 0.0608}.get(preset, 0.05)
    key = "false_certificate_nights" if preset == "certify" else "false_keep_nights"
    for row in FIGURES["nothing_better"]:
        if row["rule"] == preset:
            assert row[key] / 1000 <= allowed + 3 * (allowed / 1000) ** 0.5, row


def test_the_share_of_false_keeps_of_fdr_is_within_ten_per_cent():
    (row,) = (row for row in FIGURES["mixture"] if row["rule"] == "fdr")
    assert row["false_share"] < 0.10


def test_a_page_without_a_place_for_a_table_is_an_error():
    with pytest.raises(SystemExit, match="no place marked"):
        referee_figures.rendered("# The referee\n", FIGURES)


def test_the_picture_is_well_formed_and_asks_for_nothing():
    root = ElementTree.fromstring(referee_figures.PICTURE.read_text())
    assert root.tag.endswith("svg")
    assert not re.search(r"(href|url\(|<script|@import)", referee_figures.PICTURE.read_text())
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    for dot in root.iter("{http://www.w3.org/2000/svg}circle"):
        assert 0 < float(dot.attrib["cx"]) < width
        assert 0 < float(dot.attrib["cy"]) < height


def test_a_curve_knows_from_where_it_is_sure():
    assert Curve("a", "", [(0.0, 0.0), (1.0, 0.4), (2.0, 1.0)]).sure_from == pytest.approx(1 + 2 / 3)
    assert Curve("a", "", [(0.0, 0.0), (4.0, 0.7)]).sure_from is None
    assert "never 80 %" in draw([Curve("a <b>", "", [(0.0, 0.0), (4.0, 0.7)])])
    assert "a &lt;b&gt;" in draw([Curve("a <b>", "", [(0.0, 0.0), (4.0, 0.7)])])
