"""No key gets through, wherever the stream is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.uplink.secret import BLANK, Blotter

KEY = "sk-aab-sk-aac"


@given(st.lists(st.sampled_from(["sk-", "aab", "-", "aac", KEY, "x", "sk-aab-sk-a"]), max_size=12), st.data())
def test_a_stream_is_the_same_as_the_whole(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    blotter = Blotter([KEY])
    out = b"".join(blotter.feed(text[low:high]) for low, high in zip([0, *cuts], [*cuts, len(text)], strict=True))
    out += blotter.rest()
    assert out == text.replace(KEY.encode(), BLANK)
    assert KEY.encode() not in out


def test_nothing_is_held_back_that_is_no_beginning_of_a_key() -> None:
    blotter = Blotter([KEY, ""])
    assert blotter.feed(b"data: hello\n\n") == b"data: hello\n\n"
    assert blotter.feed(b"data: sk-a") == b"data: "
    assert blotter.rest() == b"sk-a"
