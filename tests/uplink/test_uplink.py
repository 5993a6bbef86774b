"""The proxy between a program and its model: what passes, what is put in, what is counted, what is refused."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from models import Fail, Models, Scene, Text

from autoresearch.errors import UserError
from autoresearch.uplink import Price, Prices, Uplink, named

KEY = "sk-the-real-key-0123456789"
HELLO = [{"role": "user", "content": "hello"}]
CALLS = {
    "anthropic": ("", "/v1/messages", {"max_tokens": 9, "messages": HELLO}, "x-api-key"),
    "openai": ("/v1", "/chat/completions", {"messages": HELLO}, "authorization"),
    "responses": ("/v1", "/responses", {"input": HELLO}, "authorization"),
    "gemini": (
        "",
        "/v1beta/models/m:{verb}",
        {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
        "x-goog-api-key",
    ),
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REAL_KEY", KEY)


@contextmanager
def linked(models: Models, wire: str = "anthropic", **limits: Any) -> Iterator[Uplink]:
    provider = named("scripted", url=models.url + CALLS[wire][0], wire=wire, key_env=["REAL_KEY"])
    with Uplink(provider, **limits) as up:
        yield up


def ask(up: Uplink, *, stream: bool = False, key: str = "", path: str = "", **more: Any) -> str:
    """One call, as a program of that wire makes it."""
    _, usual, body, header = CALLS[up.provider.wire]
    usual = usual.format(verb="streamGenerateContent?alt=sse" if stream else "generateContent")
    streaming = {"stream": True} if stream and up.provider.wire != "gemini" else {}
    data = json.dumps({"model": "m", **body, **streaming, **more}).encode()
    value = (key or up.key) if header != "authorization" else f"Bearer {key or up.key}"
    request = urllib.request.Request(
        up.url + (path or usual), data, {header: value, "content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())


def refused(up: Uplink, **more: Any) -> tuple[int, Any]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(up, **more)
    with caught.value as error:
        return error.code, json.loads(error.read())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", CALLS)
def test_every_wire_passes_with_the_real_key_and_is_counted(wire: str, stream: bool) -> None:
    with Models([Scene("", Text("Good morning."))]) as models, linked(models, wire) as up:
        assert "Good" in ask(up, stream=stream)
        seen = models.seen[0]
        assert KEY in seen.headers[CALLS[wire][3]]
        assert up.key not in str(seen.headers)
        assert seen.usage is not None
        assert up.tokens == up.usage.total == seen.usage.read + seen.usage.written
        assert up.trouble is None
        assert up.refusals == ()
    said = up.transcript().decode()
    assert "Good" in said
    assert "hello" in said
    assert KEY not in said


def test_a_stream_arrives_as_it_comes() -> None:
    with _slowly([b"data: one\n\n", b"data: two\n\n"]) as (url, go), _mine(url) as up:
        connection = http.client.HTTPConnection("127.0.0.1", up.address.port, timeout=20)
        connection.request("POST", "/v1/messages", b"{}", {"x-api-key": up.key})
        answer = connection.getresponse()
        assert answer.read1(100) == b"data: one\n\n"
        go.set()
        assert answer.read() == b"data: two\n\n"
        connection.close()


@contextmanager
def _mine(url: str, **limits: Any) -> Iterator[Uplink]:
    with Uplink(named("mine", url=url, wire="anthropic", key_env=["REAL_KEY"]), **limits) as up:
        yield up


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"


@contextmanager
def _slowly(pieces: list[bytes], *, head: bytes = b"", cut: bool = False) -> Iterator[tuple[str, threading.Event]]:
    """A provider that sends each piece but the first only when told to go on."""
    go = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as asked, suppress(OSError):
                size = 0
                while (line := asked.readline().lower()) != b"\r\n":
                    size = int(line.split()[1]) if line.startswith(b"content-length") else size
                asked.read(size)
                connection.sendall((head or STREAM) + b"\r\n")
                for piece in pieces:
                    connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
                    go.wait(20)
                if not cut:
                    connection.sendall(b"0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", go
        finally:
            go.set()
            thread.join()


def test_a_key_that_the_provider_repeats_is_taken_out() -> None:
    half = len(KEY) // 2
    pieces = [b"data: " + KEY[:half].encode(), KEY[half:].encode() + b"\n\n"]
    with _slowly(pieces) as (url, go), _mine(url) as up:
        go.set()
        assert ask(up) == "data: [key]\n\n"
    assert KEY.encode() not in up.transcript()


def test_a_key_in_an_error_is_taken_out_before_the_error_is_cut_short() -> None:
    said = json.dumps({"error": {"message": "x" * 280 + f" the key {KEY} is wrong"}}).encode()
    head = b"HTTP/1.1 401 Unauthorized\r\nRequest-Id: " + KEY.encode() + b"\r\nTransfer-Encoding: chunked\r\n"
    with _slowly([said], head=head) as (url, go), _mine(url) as up:
        go.set()
        status, told = refused(up)
        assert status == 401
        assert told["error"]["message"].endswith("the key [key] is wrong")
        assert up.trouble is not None
        assert KEY[:6] not in up.trouble.text


def test_an_answer_that_breaks_off_is_no_whole_answer() -> None:
    with (
        _slowly([b'data: {"usage": {"input_tokens": 7, "output_tokens": 1}}\n\n'], cut=True) as (url, go),
        _mine(url) as up,
    ):
        go.set()
        with pytest.raises(http.client.IncompleteRead):
            ask(up)
        assert up.trouble is not None
        assert "broke off" in up.trouble.text
        assert up.tokens == 8


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        b"no HTTP at all\r\n",
    ],
)
def test_what_cannot_be_looked_into_is_not_passed_on(head: bytes) -> None:
    with _slowly([], head=head) as (url, go), _mine(url) as up:
        go.set()
        status, said = refused(up)
        assert (status, said["type"]) == (502, "error")
        assert up.trouble is not None
        assert up.trouble.status is None


def test_no_connection_is_trouble_with_the_model() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with _mine(url) as up:
        assert refused(up)[0] == 502
        assert up.trouble is not None
        assert "cannot be reached" in up.trouble.text


def test_a_rate_limit_is_passed_on_and_remembered_until_an_answer_comes() -> None:
    with Models([Scene("", Text("Hi."))], failures={1: Fail(429, retry_after=17)}) as models, linked(models) as up:
        assert refused(up)[0] == 429
        assert up.trouble is not None
        assert (up.trouble.status, up.limited) == (429, 17.0)
        ask(up)
        assert (up.trouble, up.limited) == (None, 0.0)


def test_the_limit_of_tokens_holds() -> None:
    with Models([Scene("", *[Text("Hi.")])]) as models, linked(models, "responses", tokens=10) as up:
        ask(up)
        assert not up.exhausted
        status, said = refused(up)
        assert status == 400
        assert "limit of 10 tokens" in said["error"]["message"]
        assert up.exhausted
        assert len(models.seen) == 1


def test_the_limit_of_money_holds_where_the_price_is_known() -> None:
    prices = Prices({"m": Price(input=1e6, output=1e6, cached=1e6, written=1e6)})
    with Models([Scene("", Text("Hi."))]) as models, linked(models, cost_usd=1.0, prices=prices) as up:
        ask(up)
        assert up.tokens is not None
        assert up.cost_usd == pytest.approx(up.tokens)
        assert "dollars" in refused(up)[1]["error"]["message"]


def test_an_unknown_price_is_not_zero() -> None:
    with Models([Scene("", Text("Hi."))]) as models, linked(models) as up:
        ask(up)
        assert up.cost_usd is None
        assert up.bill(cost_usd=0.25) == (up.tokens, 0.25)
        assert up.bill(tokens=1)[0] == up.tokens


def test_an_answer_without_usage_makes_the_count_unknown_and_is_guessed_for_the_limit() -> None:
    with _slowly([b"data: {}\n\n" * 100]) as (url, go), _mine(url, tokens=100) as up:
        go.set()
        ask(up)
        assert up.tokens is None
        assert up.cost_usd is None
        assert "limit" in refused(up)[1]["error"]["message"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"key": "wrong"}, 401),
        ({"key": KEY}, 401),
        ({"path": "/v1/files"}, 403),
        ({"path": "/v1/messages/../files"}, 403),
        ({"path": "/v1/models/../files"}, 403),
        ({"path": "//v1/messages"}, 200),
        ({"path": "/v1/messages?x=1"}, 200),
        ({"messages": [{"role": "user", "content": [{"type": "image", "source": {"url": "http://x"}}]}]}, 403),
    ],
)
def test_only_calls_to_the_model_pass_and_the_others_are_noted(more: dict[str, Any], status: int) -> None:
    with Models([Scene("", Text("Hi."))]) as models, linked(models) as up:
        if status == 200:
            ask(up, **more)
            assert up.refusals == ()
            return
        assert refused(up, **more)[0] == status
        assert len(up.refusals) == 1
        assert up.refusals[0].startswith(f"{status} POST ")
        assert models.seen == []


def test_its_own_key_among_the_query_is_known_and_goes_no_further() -> None:
    with Models([Scene("", Text("Hi."))]) as models, linked(models, "gemini") as up:
        request = urllib.request.Request(
            f"{up.url}/v1beta/models/m:generateContent?key={up.key}", json.dumps(CALLS["gemini"][2]).encode()
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 200
        assert models.seen[0].headers["x-goog-api-key"] == KEY
    assert up.key.encode() not in up.transcript()


def test_a_body_in_chunks_passes() -> None:
    with Models([Scene("", Text("Hi."))]) as models, linked(models) as up:
        connection = http.client.HTTPConnection("127.0.0.1", up.address.port, timeout=20)
        body = json.dumps({"model": "m", "messages": HELLO}).encode()
        connection.request("POST", "/v1/messages", iter([body[:5], body[5:]]), {"x-api-key": up.key})
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: +2",
        "Content-Length: " + "9" * 5000,
        "Content-Length: 99999999999",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Content-Length: 2\r\nContent-Encoding: gzip",
    ],
)
def test_a_length_that_can_be_read_in_two_ways_is_refused(head: str) -> None:
    with Models() as models, linked(models) as up:
        assert raw(up, f"POST /v1/messages HTTP/1.1\r\nx-api-key: {up.key}\r\n{head}\r\n\r\n{{}}").startswith(
            "HTTP/1.1 4"
        )
        assert models.seen == []


@pytest.mark.parametrize(
    "body", ["-5\r\n{}", "+2\r\n{}\r\n0\r\n\r\n", "2\r\n{}xx0\r\n\r\n", "ffffffff\r\n", "0\r\n" + "a: b\r\n" * 200]
)
def test_chunks_that_are_none_are_refused(body: str) -> None:
    with Models() as models, linked(models) as up:
        head = f"POST /v1/messages HTTP/1.1\r\nx-api-key: {up.key}\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert raw(up, head + body).startswith("HTTP/1.1 4")
        assert models.seen == []


def test_a_connection_carries_one_request() -> None:
    with Models([Scene("", Text("Hi."))]) as models, linked(models) as up:
        body = json.dumps({"model": "m", "messages": HELLO})
        one = f"POST /v1/messages HTTP/1.1\r\nx-api-key: {up.key}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        assert raw(up, one + one).count("HTTP/1.1 200") == 1
        assert len(models.seen) == 1


def raw(up: Uplink, text: str) -> str:
    with socket.create_connection(("127.0.0.1", up.address.port), 20) as client:
        client.sendall(text.encode())
        said = b""
        while more := client.recv(1 << 16):
            said += more
    return said.decode()


def test_the_end_of_the_attempt_cuts_what_still_runs() -> None:
    before = threading.active_count()
    with _slowly([b"data: one\n\n", b"data: two\n\n"]) as (url, _):
        with _mine(url) as up:
            port = up.address.port
            client = socket.create_connection(("127.0.0.1", port), 20)
            client.sendall(
                f"POST /v1/messages HTTP/1.1\r\nx-api-key: {up.key}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
            )
            while b"data: one" not in client.recv(1 << 16):
                pass
            began = time.monotonic()
        assert time.monotonic() - began < 15
        client.settimeout(20)
        assert client.recv(1 << 16) == b""
        client.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)
    assert threading.active_count() <= before


def test_many_calls_at_once_are_all_answered_and_counted() -> None:
    with Models([Scene("", Text("Hi."))], delay=0.01) as models, linked(models) as up:
        threads = [threading.Thread(target=lambda: [ask(up) for _ in range(6)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(models.seen) == 48
        assert up.tokens == sum(seen.usage.read + seen.usage.written for seen in models.seen if seen.usage)


def test_a_transcript_is_bounded_and_says_what_is_left_out() -> None:
    with Models([Scene("", Text("x" * 60_000))]) as models, linked(models) as up:
        for number in range(30):
            ask(up, system=f"{number}" + "y" * 40_000)
        text = up.transcript()
    assert len(text) < 1.2 * 2**20
    lines = [json.loads(line) for line in text.splitlines()]
    assert sum(line.get("left_out", 1) for line in lines) == 30
    assert "29yyy" in lines[-1]["said"]


def test_without_its_key_an_uplink_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REAL_KEY")
    with pytest.raises(UserError, match="REAL_KEY is not set"):
        Uplink(named("mine", url="http://127.0.0.1:1", key_env=["REAL_KEY"]))
