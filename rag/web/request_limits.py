"""How large a request may be, of how many values, and how long it may take to arrive.

What is too large is refused before it is read, or where its length is not given, as soon as it is known. Nothing is
held for a sender that has stopped sending.
"""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.web.gradio_internals import UPLOADING
from rag.web.refusals import RefusedError, refusal
from rag.web.security import route_path

# A question has some 300 bytes; a call with all the outlets that it may name, each as long as it may be, 600 kB.
MAX_BODY_BYTES = 2**20
# A megabyte of "[],[],..." holds up all readers for 2 s, since Gradio looks at each value several times; 10,000 take
# 20 ms. A call with 300 names has some 320.
MAX_VALUES = 10_000
# Of bodies that are larger than a question ever is, all together: they are held in memory until they are answered.
SMALL_BODY_BYTES, MAX_HELD_BYTES = 2**14, 64 * 2**20
MAX_UPLOAD_BYTES = 1000 * 2**20  # of all the files that a reader sends at once
# Seconds in which a body arrives, and the bytes per second of an upload that takes longer.
MAX_BODY_SECONDS, MIN_UPLOAD_RATE = 30.0, 2**16

_VALUES = (b"[", b"{", b",")
_TWO_LENGTHS = "This request gives its length and is sent in chunks too; send one of the two headers."
_TOO_LARGE = "This request is too large: the limit is {:,} bytes."
_TOO_MANY = f"This request has too many values: the limit is {MAX_VALUES:,}."
_TOO_SLOW = "This request took too long to arrive."
_BUSY = "Too many large requests are under way; please try again in a moment."
BUSY_SECONDS = 5


class BodyMiddleware:
    """ASGI middleware that limits what is read of a request; the app behind it receives no more."""

    def __init__(self, app: ASGIApp, files: bool = False) -> None:
        """Set what is let through.

        Args:
            app: the app that reads.
            files: whether files may be uploaded, of MAX_UPLOAD_BYTES together.
        """
        self.app, self.files = app, files
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = route_path(scope)
        headers = Headers(scope=scope)
        if {"content-length", "transfer-encoding"} <= set(
            headers
        ):  # servers in front may see another end (RFC 9112, 6.1)
            response = refusal(path, 400, _TWO_LENGTHS)
            response.headers["connection"] = "close"
            await response(scope, receive, send)
            return
        body = _Body(self, receive, self.files and bool(UPLOADING.fullmatch(path)))
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            length = headers.get("content-length", "0")
            body.expect(int(length) if length.isdecimal() else 0)
            await self.app(scope, body.receive, sent)
        except RefusedError as refused:
            if started:
                raise
            response = refusal(path, refused.status, refused.message, refused.retry_after)
            await response(scope, receive, send)
        finally:
            self.held -= body.held


class _Body:
    """What has been read of one request."""

    def __init__(self, all_: BodyMiddleware, receive: Receive, upload: bool):
        self.all, self.more = all_, receive
        self.upload = upload
        self.most = MAX_UPLOAD_BYTES if upload else MAX_BODY_BYTES
        self.read = self.values = self.held = 0
        self.deadline: float | None = None
        self.complete = False

    def expect(self, length: int) -> None:
        """Refuse a request that will be too large."""
        if length > self.most:
            raise RefusedError(413, _TOO_LARGE.format(self.most))

    async def receive(self) -> Message:
        """Return the next part; raise RefusedError if it is one too many, or does not come."""
        if self.complete:  # what comes now is that the reader is gone, which may take as long as it likes
            return await self.more()
        now = time.monotonic()
        if self.deadline is None:
            self.deadline = now + MAX_BODY_SECONDS
        late = self.deadline + (self.read / MIN_UPLOAD_RATE if self.upload else 0)
        try:
            async with asyncio.timeout(late - now):
                message = await self.more()
        except TimeoutError:
            raise RefusedError(408, _TOO_SLOW) from None
        self._count(message.get("body", b""))
        self.complete = not message.get("more_body", False)
        return message

    def _count(self, part: bytes) -> None:
        self.read += len(part)
        self.expect(self.read)
        if self.upload:  # goes to a file
            return
        self.values += sum(map(part.count, _VALUES))
        if self.values > MAX_VALUES:
            raise RefusedError(413, _TOO_MANY)
        held = self.read if self.read > SMALL_BODY_BYTES else 0
        if self.all.held + held - self.held > MAX_HELD_BYTES:
            raise RefusedError(503, _BUSY, BUSY_SECONDS)
        self.all.held += held - self.held
        self.held = held
