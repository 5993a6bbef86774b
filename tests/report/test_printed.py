"""What programs print, made fit to be read."""

from __future__ import annotations

from autoresearch.report.printed import LINE_BYTES, printed


def test_progress_is_shown_in_its_last_state() -> None:
    assert printed(b"epoch 1\r\n\r 0%|\r50%|#####\r99%|#########", 9) == ["epoch 1", "99%|#########"]
    assert printed(b"50%|#####\r\n100%|##########\r", 9) == ["50%|#####", "100%|##########"]


def test_escapes_do_nothing_and_hide_nothing() -> None:
    assert printed(b"\x1b[1;32mloss\x1b[0m 0.5\x1b[K\x1b[2A", 9) == ["loss 0.5"]
    assert printed(b"\x1b]0;a title\x07done \x1b]8;;http://x\x1b\\link\x1b(B", 9) == ["done link�(B"]
    assert printed("a\x07b \u202egnp.exe \u2028 \x9b31m".encode(), 9) == ["a�b �gnp.exe � �31m"]
    assert printed(b"\xff\xfe half \xe2\x82", 9) == ["�� half �"]


def test_only_the_last_lines_and_the_beginning_of_long_ones() -> None:
    assert printed(b"one\ntwo\n\nthree\n", 3) == ["two", "", "three"]
    assert printed(b"", 3) == printed(b" \r\n\n", 3) == []
    (line,) = printed(b"x" * 100 * LINE_BYTES, 3)
    assert line.endswith("x…")
    assert len(line) < LINE_BYTES
