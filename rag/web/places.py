"""The bounds for every way into the app: how many requests are worked on, how many wait, how many streams are open.

What is over is refused at once, with 503 and when to try again, or with 429 if one address has taken its share. Those
that wait take turns by address (`turns`): one that asks for much does not keep another from its next turn. Of the
events in Gradio's queue MAX_CONCURRENT are worked on at a time (`launch`), and as many of all other requests, of which
this module makes the rest wait for their turn: so neither kind keeps the other from its own. Views of answers, which
take as long as questions, are a third kind, of which one is worked on at a time. What the event loop answers without
work (scripts, styles, joining the queue) is not held up.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter, deque
from collections.abc import Iterator

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.web import assets, gradio_internals
from rag.web.gradio_internals import AT_ONCE, IMMEDIATE, OPEN_PAGE, SESSION, STARTING, STREAM, TOOLS, UPLOADING
from rag.web.refusals import RefusedError, refusal
from rag.web.security import route_path
from rag.web.turns import SHARE, Turns, client_at, client_of
from rag.web.urls import CALL, HEALTH, METRICS

# Requests that are worked on at the same time, and questions that may wait. Ten readers are answered equally fast with
# 1, 2, 4 or 8 at a time, chance apart (benchmarks/sessions.py); with two, one slow question does not hold up the rest.
MAX_CONCURRENT, MAX_WAITING = 2, 64
# Pages that may wait; each takes some 10 ms. Three hundred readers who open the app at once get it.
MAX_PAGES = 320
# Streams that wait for answers: one for each question, and some that end. Each page keeps one that says it is open.
MAX_RESULTS, MAX_OPEN_PAGES = 2 * (MAX_CONCURRENT + MAX_WAITING), 500
MAX_UPLOADS = 4
# Views of answers that are worked on or wait, and how many are worked on; each takes the models 0.5 to 1.5 s.
MAX_VIEWS, VIEWS_AT_ONCE = 32, 1
RETRY_SECONDS = 5
# Sessions whose events are known before those that wait for nothing are forgotten, and of how many of them answers are
# kept until they are fetched: more than can wait and be fetched at a time, so that nobody else's asking loses one.
_MAX_SESSIONS, _MAX_UNREAD, _MAX_EVENTS = 4000, 2 * MAX_RESULTS, 50

# Not to wait behind questions: what says how busy the app is.
_WITHOUT_WORK = {*assets.PATHS, HEALTH, METRICS}

_ANSWER = re.compile(r"/answer/[^/]+(?P<view>/[^/]+)?/?")
_BUSY = "The app is busy; please try again in some seconds."
_SHARE_TAKEN = "Too many requests from your address are under way; please try again when they are answered."
_NOTHING_WAITS = "There is nothing to wait for: this was answered already, or never asked."


class _Places:
    """Places of one kind, taken by addresses."""

    def __init__(self, number: int, share: float):
        self.number, self.each = number, int(number * share)
        self.taken = 0
        self.by = Counter[str]()

    @contextlib.contextmanager
    def one(self, address: str, others: Counter[str] | None = None) -> Iterator[None]:
        """Hold a place; raise RefusedError if there is none.

        Args:
            address: who takes it.
            others: places of the same kind that are held elsewhere, by address.
        """
        others = others or Counter()
        if self.taken + others.total() >= self.number:
            raise RefusedError(503, _BUSY, RETRY_SECONDS)
        if self.by[address] + others[address] >= self.each:
            raise RefusedError(429, _SHARE_TAKEN, RETRY_SECONDS)
        self.taken += 1
        self.by[address] += 1
        try:
            yield
        finally:
            self.taken -= 1
            self.by[address] -= 1
            if not self.by[address]:
                del self.by[address]


class PlacesMiddleware:
    """ASGI middleware that admits requests, after those were refused that may not come in."""

    def __init__(self, app: ASGIApp, is_local: bool = False) -> None:
        """Set who is let in.

        Args:
            app: Gradio's app.
            is_local: whether all requests come from this machine, so that one address is everybody.
        """
        self.app = app
        self.work, self.viewing = Turns(MAX_CONCURRENT), Turns(VIEWS_AT_ONCE)
        share = 1 if is_local else SHARE
        self.questions = _Places(MAX_CONCURRENT + MAX_WAITING, share)
        self.pages = _Places(MAX_PAGES, share)
        self.results = _Places(MAX_RESULTS, share)
        self.open_pages = _Places(MAX_OPEN_PAGES, share)
        self.uploads = _Places(MAX_UPLOADS, share)
        self.views = _Places(MAX_VIEWS, share)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = route_path(scope)
        client = client_of(scope)
        asked = scope["method"] == "POST"
        try:
            starting, tool = STARTING.fullmatch(path), bool(TOOLS.fullmatch(path))
            call = CALL.fullmatch(path)
            if asked and (starting or tool or call):
                with self.questions.one(client, _queued(scope)):
                    if tool or call or (starting and starting["kind"] in AT_ONCE):
                        await self._in_turn(self.work, scope, receive, send, whole=tool)
                    else:
                        await self.app(scope, receive, send)
                        gradio_internals.take_turns(scope, client_at)
            elif not asked and (stream := STREAM.fullmatch(path)):
                with self.results.one(client):
                    await self.app(scope, _while_waiting(scope, stream, receive), send)
            elif OPEN_PAGE.fullmatch(path.removesuffix("/")):
                with self.open_pages.one(client):
                    await self.app(scope, receive, send)
            elif UPLOADING.fullmatch(path):
                with self.uploads.one(client):
                    await self.app(scope, receive, send)
            elif _is_view(path, scope):
                with self.views.one(client):
                    await self._in_turn(self.viewing, scope, receive, send)
            elif IMMEDIATE.fullmatch(path) or path in _WITHOUT_WORK:
                await self.app(scope, receive, send)
            else:
                with self.pages.one(client):
                    await self._in_turn(self.work, scope, receive, send)
        except RefusedError as refused:
            response = refusal(path, refused.status, refused.message, refused.retry_after)
            await response(scope, receive, send)

    async def _in_turn(self, turns: Turns, scope: Scope, receive: Receive, send: Send, whole: bool = False) -> None:
        """Answer a request when it is its turn.

        While the answer is sent, others have theirs: the reader may be slow. Only `whole`, of an answer that begins
        before the work does, waits for its end. Of a reader who is gone when the turn comes, or before, nothing is
        worked on.
        """
        waiting = _Waiting(receive)
        if not await waiting.begin(turns, client_of(scope)):
            return
        working = True

        def done() -> None:
            nonlocal working
            if working:
                working = False
                turns.end()

        async def sent(message: Message) -> None:
            if not whole:
                done()
            await send(message)

        try:
            await self.app(scope, waiting.receive, sent)
        finally:
            done()


class _Waiting:
    """A request that waits for its turn: what arrives of it meanwhile is kept for the app."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept = deque[Message]()

    async def begin(self, turns: Turns, client: str) -> bool:
        """Wait, and return whether the turn has come: not if the reader goes before."""
        turn = turns.take(client)
        if turn.done():
            return True
        gone = asyncio.create_task(self._until_gone())
        begun = False
        try:
            await asyncio.wait((turn, gone), return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                gone.result()  # raises what is refused of a body
            begun = not gone.done()
            return begun
        finally:
            gone.cancel()
            if not begun:
                turns.leave(client, turn)

    async def _until_gone(self) -> None:
        while not self._kept or self._kept[-1]["type"] != "http.disconnect":
            self._kept.append(await self._receive())

    async def receive(self) -> Message:
        return self._kept.popleft() if self._kept else await self._receive()


def _is_view(path: str, scope: Scope) -> bool:
    """Return whether a request is for a view of an answer, or its dossier; its other files are there already."""
    if not (found := _ANSWER.fullmatch(path)):
        return False
    return bool(found["view"]) or QueryParams(scope["query_string"]).get("as", "").startswith("dossier")


def _queued(scope: Scope) -> Counter[str]:
    """Return how many questions wait in Gradio's queue or are worked on, by who asked them."""
    gradio_internals.forget_answers(scope, _MAX_SESSIONS, _MAX_UNREAD, _MAX_EVENTS)
    return gradio_internals.questions_by_client(scope, client_at)


def _while_waiting(scope: Scope, stream: re.Match[str], receive: Receive) -> Receive:
    """Return `receive` for a stream of results, so that it ends when its session waits for nothing.

    Gradio keeps a second stream for the same answer open for ever, and asks every ten seconds if the reader is gone.

    Raises:
        RefusedError: the session waits for nothing now.
    """
    if stream["event"]:
        session = gradio_internals.session_of(scope, stream["event"])
    elif stream["page"]:
        session = QueryParams(scope["query_string"]).get(SESSION, "")
    else:
        return receive

    if not gradio_internals.is_waiting(scope, session):
        raise RefusedError(404, _NOTHING_WAITS)

    async def received() -> Message:
        waits = gradio_internals.is_waiting(scope, session)
        return await receive() if waits else {"type": "http.disconnect"}

    return received
