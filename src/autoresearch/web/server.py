"""Running it: a socket on the loopback, an address with a token in it, until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import uvicorn

from autoresearch.errors import UserError
from autoresearch.web.app import Pages, guarded


def serve(pages: Pages, *, port: int, announce: Callable[[str], None]) -> None:
    """Answer until interrupted. `announce` gets the address to open. Port 0 is any free one. Raises UserError."""
    with _listening(port) as listener:
        taken: int = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        config = uvicorn.Config(
            guarded(pages, token=token, port=taken),
            log_level="error",
            access_log=False,
            timeout_graceful_shutdown=1,  # pages that listen for events never hang up by themselves
        )
        announce(f"http://127.0.0.1:{taken}/?token={token}")
        uvicorn.Server(config).run(sockets=[listener])


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise UserError(
            f"Port {port} cannot be used ({error.strerror}).", fix="leave --port out, and a free one is taken"
        ) from error
    return listener
