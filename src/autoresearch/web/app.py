"""The server's answers: the page, its data, what happens meanwhile, and a human's word back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from autoresearch import clean, control
from autoresearch.errors import UserError
from autoresearch.history import Archive
from autoresearch.ledger import Ledger
from autoresearch.report import svg
from autoresearch.report.printed import NEWEST, printed
from autoresearch.site import Site
from autoresearch.web import close_up, guard, picture
from autoresearch.web.feed import Feed

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(svg.__file__).parent / "templates"
BEAT = 0.5
"""Seconds between two looks at the ledger."""
QUIET = 30
"""Looks without news after which a sign of life is sent."""
Word = Callable[[Site, Ledger[Archive]], str]
"""Says something to a study; returns what it comes to."""
WORDS: dict[str, Word] = {
    "pause": control.pause,
    "resume": control.resume,
    "stop": control.stop,
    "untell": lambda _, ledger: control.tell(ledger, ""),
}
MOST_TOLD = 2000
"""Characters of one `tell`."""


class Answer(JSONResponse):
    """Plain data. What no file can hold of others' texts becomes a question mark, and keeps nobody from the rest."""

    def render(self, content: Any) -> bytes:
        """As JSON in UTF-8."""
        return clean.writable(json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))).encode()


@dataclass(slots=True)
class Pages:
    """The answers for one study."""

    feed: Feed
    diff_of: close_up.DiffOf
    report: Callable[[], str]
    """Makes the report's page. Raises UserError."""
    may_control: bool
    is_over: Callable[[], bool] = lambda: False
    """Whether the server wants to end: pages that listen for events never hang up by themselves."""

    def application(self) -> Starlette:
        """All of them, by address."""
        gets: dict[str, Callable[..., Any]] = {
            "/": self.page,
            "/report": self.morning,
            "/report.css": self.style,
            "/picture.css": self.picture_style,
            "/api/study": self.study,
            "/api/live": self.live,
            "/api/picture": self.picture,
            "/api/experiments/{number:int}": self.experiment,
            "/api/compare/{one:int}/{other:int}": self.compare,
        }
        routes = [Route(path, answer, methods=["GET"]) for path, answer in gets.items()]
        if self.may_control:
            routes.append(Route("/api/word", self.word, methods=["POST"]))
        app = Starlette(
            routes=routes,
            middleware=[Middleware(GZipMiddleware, minimum_size=2000)],
            exception_handlers={UserError: _told, IndexError: _absent, ValueError: _unclear, RecursionError: _unclear},
        )
        app.mount("/static", StaticFiles(directory=STATIC))
        return app

    def page(self, _: Request) -> Response:
        """The one page; it loads everything else."""
        text = (STATIC / "page.html").read_text(encoding="utf-8")
        return HTMLResponse(text.replace('data-control=""', f'data-control="{"yes" if self.may_control else ""}"'))

    def morning(self, _: Request) -> Response:
        """The report as it would be written now. It has no script, and its style inside."""
        return HTMLResponse(
            self.report(), headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        )

    def style(self, _: Request) -> Response:
        """The report's style, which the page goes on from."""
        return Response((TEMPLATES / "report.css").read_text(encoding="utf-8"), media_type="text/css")

    def picture_style(self, _: Request) -> Response:
        """The colours of the staircase, which the report has inside its picture."""
        return Response(svg.style(), media_type="text/css")

    def study(self, _: Request) -> Response:
        """Everything the first screen needs."""
        return Answer(self.feed.since(-1))

    def picture(self, request: Request) -> Response:
        """The staircase of one epoch, the newest one's by default, drawn for a width in pixels."""
        index = int(request.query_params.get("epoch", -1))
        width = int(request.query_params.get("width", 960))
        return Answer(self.feed.read(partial(picture.picture, index=index, width=width)))

    def experiment(self, request: Request) -> Response:
        """One experiment, closely."""
        number = request.path_params["number"]
        look = partial(close_up.close_up, number=number, diff_of=self.diff_of, site=self.feed.site)
        return Answer(self.feed.read(look))

    def compare(self, request: Request) -> Response:
        """Two experiments, side by side."""
        one, other = request.path_params["one"], request.path_params["other"]
        return Answer(self.feed.read(partial(close_up.beside, one=one, other=other, diff_of=self.diff_of)))

    async def live(self, request: Request) -> Response:
        """What happens, as server-sent events; a browser that lost the connection says where it was."""
        turn = int(request.headers.get("last-event-id") or request.query_params.get("since") or -1)
        return StreamingResponse(self._events(turn), media_type="text/event-stream")

    async def _events(self, turn: int) -> AsyncIterator[str]:
        quiet, heard = 0, None
        while not self.is_over():
            try:
                news = await asyncio.to_thread(self.feed.since, turn)
            except UserError as error:
                yield f"event: end\ndata: {json.dumps(error.sentences)}\n\n"
                return
            if news is not None:
                turn, quiet = news["turn"], 0
                yield f"id: {turn}\ndata: {json.dumps(news, separators=(',', ':'))}\n\n"
            elif (quiet := quiet + 1) % QUIET == 0:
                yield ": nothing new\n\n"
            tail = await asyncio.to_thread(self.feed.site.tail)
            if tail != heard:
                heard = tail
                yield f"event: printed\ndata: {json.dumps(printed(tail, NEWEST))}\n\n"
            await asyncio.sleep(BEAT)

    async def word(self, request: Request) -> Response:
        """A human's word: pause, resume, stop, something to tell, or that all which was told is taken back."""
        say = _meant(await request.json())
        return Answer({"said": await asyncio.to_thread(self.feed.say, say)})


def guarded(pages: Pages, *, token: str, port: int) -> guard.Guard:
    """The application behind its guard."""
    return guard.Guard(pages.application(), token, f"autoresearch_{port}")


def _meant(said: object) -> Word:
    """The word in a request's body. Raises ValueError where there is none, UserError where nothing is told."""
    if not isinstance(said, dict):
        raise ValueError("a word comes as an object")
    word, text = said.get("word"), str(said.get("text", ""))[:MOST_TOLD]
    if word == "tell":
        if not text.strip():  # to the ledger, that would take back everything told
            raise UserError("There is nothing to tell.", fix="write what the next agents should know or do")
        return lambda _, ledger: control.tell(ledger, text)
    if isinstance(word, str) and word in WORDS:
        return WORDS[word]
    raise ValueError("the words are pause, resume, stop, tell and untell")


def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, UserError)
    return Answer({"error": error.message, "fix": error.fix}, 409)


def _absent(_: Request, __: Exception) -> Response:
    return Answer({"error": "There is no such experiment."}, 404)


def _unclear(_: Request, __: Exception) -> Response:
    return Answer({"error": "That cannot be read."}, 400)
