"""Running it: a socket on the loopback, an address with a token in it, until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import uvicorn

from autoresearch.errors import UserError
from autoresearch.web.app import Pages, guarded

GRACE = 3
"""Seconds that answers under way may still take."""


def serve(pages: Pages, *, port: int, announce: Callable[[str], None]) -> None:
    """Answer until interrupted. `announce` gets the address to open. Port 0 is any free one. Raises UserError."""
    with _listening(port) as listener:
        taken: int = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        app = guarded(pages, token=token, port=taken)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=GRACE)
        )
        pages.is_over = lambda: server.should_exit
        announce(f"http://127.0.0.1:{taken}/?token={token}")
        server.run(sockets=[listener])


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()  # whoever reads the address may come at once
    except OSError as error:
        listener.close()
        raise UserError(
            f"Port {port} cannot be used ({error.strerror}).", fix="leave --port out, and a free one is taken"
        ) from error
    return listener
