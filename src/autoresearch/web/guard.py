"""Who may ask: whoever has the printed address, from a page of ours, by the name of this machine's loopback."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Wraps the application. A name that is not loopback's is a rebound one, and is refused before anything else."""

    app: ASGIApp
    token: str
    """In the printed address, then in a cookie."""
    cookie: str
    """The cookie's name: cookies know no ports, so each server has its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse in one sentence."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        refused = self._refusal(request)
        app = PlainTextResponse(refused + "\n", 403) if refused else self.app

        async def armed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._arm(MutableHeaders(scope=message), request, refused)
            await send(message)

        await app(scope, receive, armed)

    def _arm(self, headers: MutableHeaders, request: Request, refused: str) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        headers.setdefault("Content-Security-Policy", POLICY)
        if not refused and "token" in request.query_params:
            headers.append("Set-Cookie", f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict")

    def _refusal(self, request: Request) -> str:
        """Why this request is not answered; empty when it is."""
        if _name(request.headers.get("host", "")) not in LOOPBACK:
            return "This server answers to 127.0.0.1 and localhost only."
        if not self._is_known(request):
            return "Open the address that `autoresearch serve` printed."
        if request.method not in ("GET", "HEAD") and not _is_same_origin(request.headers):
            return "A page of another origin asked for this."
        return ""

    def _is_known(self, request: Request) -> bool:
        """By the address or the cookie: a cookie may be left of an earlier server at this port."""
        shown = request.query_params.get("token", ""), request.cookies.get(self.cookie, "")
        return any(secrets.compare_digest(each.encode("utf-8", "replace"), self.token.encode()) for each in shown)


def _name(host: str) -> str | None:
    """The name in a Host header, without the port; None where it cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_same_origin(headers: Headers) -> bool:
    """Whether a browser says that our own page asks, in the one content type that no form can send."""
    ours = headers.get("origin") == f"http://{headers.get('host')}"
    plain = headers.get("content-type", "").partition(";")[0].strip() == "application/json"
    return ours and plain and headers.get("sec-fetch-site", "same-origin") == "same-origin"
