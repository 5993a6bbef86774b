"""Patches in colour, which stay the patch."""

from __future__ import annotations

from autoresearch.report.diffs import parse
from autoresearch.tui.code import painted

PATCH = """diff --git a/train.py b/train.py
index 1..2 100644
--- a/train.py
+++ b/train.py
@@ -1,2 +1,2 @@
 import os
-rate = 0.1
+rate = 0.2  # [bold]loud[/bold] \x1b[31m
diff --git a/notes.zzz b/notes.zzz
--- a/notes.zzz
+++ b/notes.zzz
@@ -0,0 +1 @@
+    plain words
"""


def test_every_line_of_the_change_is_there_as_text() -> None:
    text = painted(parse(PATCH))
    assert text.plain.splitlines() == [
        "train.py",
        "@@ -1,2 +1,2 @@",
        " import os",
        "-rate = 0.1",
        "+rate = 0.2  # [bold]loud[/bold] �[31m",
        "notes.zzz",
        "@@ -0,0 +1 @@",
        "+    plain words",
    ]


def test_what_was_added_has_the_colours_of_its_language_and_what_was_removed_is_red() -> None:
    text = painted(parse(PATCH))
    styles = {text.plain[span.start : span.end]: str(span.style) for span in text.spans}
    assert styles["rate = 0.1"] == "red"
    assert "0.2" in styles
    assert styles["    plain words"] == "green"


def test_a_long_patch_says_what_is_left_out() -> None:
    text = painted(parse("+++ b/a.py\n" + "+x = 1\n" * 400))
    assert text.plain.endswith("… 241 more lines: autoresearch diff")
