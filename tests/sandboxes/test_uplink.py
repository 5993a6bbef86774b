"""What a box with an uplink reaches: its endpoint, from any program, and no other place."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from autoresearch.box import Endpoint
from autoresearch.errors import SandboxError
from autoresearch.protocols import Sandbox
from autoresearch.uplink import Uplink, named

from .boxes import MakeBox

EVENTS = [f'data: {{"number": {number}, "usage": {{"input_tokens": {number}}}}}\n\n'.encode() for number in range(50)]


class _Model(BaseHTTPRequestHandler):
    """Streams its answer."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in EVENTS:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def uplink() -> Iterator[Uplink]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Model) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            with Uplink(named("model", url=url, wire="anthropic")) as up:
                yield up
        finally:
            server.shutdown()
            thread.join()


PYTHON = """
import os, urllib.request
told = {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "content-type": "application/json"}
asked = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages", b"{}", told)
print(len([line for line in urllib.request.urlopen(asked, timeout=20) if line.startswith(b"data")]))
"""

NODE = """
const {ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key} = process.env;
(async () => {
  const headers = {"x-api-key": key, "content-type": "application/json"};
  const answer = await fetch(url + "/v1/messages", {method: "POST", headers, body: "{}"});
  let text = "";
  for await (const chunk of answer.body) text += Buffer.from(chunk).toString();
  const child = require("child_process").execFileSync("/bin/echo", ["child"]).toString().trim();
  await new Promise(done => new (require("worker_threads").Worker)("0", {eval: true}).on("exit", done));
  console.log(text.split("data:").length - 1, child);
})();
"""


def test_a_python_program_streams(sandbox: Sandbox, python: MakeBox) -> None:
    with uplink() as up:
        ended = sandbox.run(python(PYTHON, env=up.env, uplink=up.address))
        assert (ended.code, ended.output) == (0, b"50\n")
    assert up.tokens == 49
    assert up.refusals == ()


def test_a_node_program_streams_and_has_children_and_threads(sandbox: Sandbox, box: MakeBox) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    read = (Path(sys.base_prefix), Path(node).resolve().parents[1])
    with uplink() as up:
        env = up.env | {"PATH": "/usr/bin:/bin"}
        ended = sandbox.run(box(node, "-e", NODE, env=env, read=read, uplink=up.address))
        assert (ended.code, ended.output) == (0, b"50 child\n")


OUT = """
import json, os, socket
tried = []
def attempt(address, family=socket.AF_INET, kind=socket.SOCK_STREAM):
    try:
        with socket.socket(family, kind) as client:
            client.settimeout(1)
            client.connect(address)
            tried.append(True)
    except OSError:
        tried.append(False)
attempt(("127.0.0.1", PORT))
attempt(("127.0.0.1", OTHER))
attempt(("127.0.0.1", 1))
attempt(("::1", PORT), socket.AF_INET6)
attempt(PATH, socket.AF_UNIX)
print(json.dumps(tried))
"""


def test_nothing_beside_it_is_reached(contained: Sandbox, python: MakeBox, tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with (
        uplink() as up,
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.socket(socket.AF_UNIX) as local,
    ):
        local.bind(path)
        local.listen()
        code = f"PORT, OTHER, PATH = {up.address.port}, {other.getsockname()[1]}, {path!r}\n{OUT}"
        ended = contained.run(python(code, uplink=up.address))
        assert json.loads(ended.output) == [True, False, False, False, False]


def test_boxes_may_share_it_and_a_box_after_its_end_reaches_nothing(contained: Sandbox, python: MakeBox) -> None:
    with uplink() as up:
        for _ in range(3):
            assert contained.run(python(PYTHON, env=up.env, uplink=up.address)).code == 0
        env, port = up.env, up.address.port
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ended = contained.run(python(PYTHON, env=env, seconds=5, uplink=Endpoint(port, theirs.fileno())))
        assert ended.code != 0


def test_a_box_without_one_has_no_socket_as_before(contained: Sandbox, python: MakeBox) -> None:
    with uplink() as up:
        code = f"PORT, OTHER, PATH = {up.address.port}, {up.address.port}, ''\n{OUT}"
        assert not any(json.loads(contained.run(python(code)).output))


def test_a_box_has_an_uplink_or_the_network(sandbox: Sandbox, python: MakeBox) -> None:
    with uplink() as up, pytest.raises(SandboxError, match="not both"):
        sandbox.run(python("", network=True, uplink=up.address))
