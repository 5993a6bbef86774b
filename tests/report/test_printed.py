"""What programs print, made fit to be read."""

from __future__ import annotations

import json

from autoresearch.report.printed import LINE, printed


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
    (line,) = printed(b"x" * 100 * LINE, 3)
    assert line.endswith("x…")
    assert len(line) < LINE


def test_events_of_agents_programs_are_told_by_their_words() -> None:
    said = {
        "type": "assistant",
        "message": {"id": "m1", "content": [{"type": "text", "text": "I widen\nit \x1b[1mnow"}]},
    }
    ran = {"type": "item.completed", "item": {"type": "command_execution", "command": "ls -l", "exit_code": 0}}
    lines = [json.dumps(said), json.dumps(ran), '{"type":"init","tools":[]}', '{"text":"one","loss":0.5}', '{"type":"x']
    assert printed("\n".join(lines).encode(), 9) == ["assistant: I widen it now", "item.completed: ls -l", *lines[2:]]
    deep = "[" * 100_000
    assert printed(b'{"type":' + deep.encode(), 9)[0].startswith('{"type":[[[')
