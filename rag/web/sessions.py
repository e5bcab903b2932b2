"""Whose request it is: a cookie for each browser, to which the ids of its pages and of its events are bound.

Gradio knows a session by an id that a page makes up, and an event by the id that it answers with; whoever learns one
can read what belongs to it. `SessionMiddleware` puts an id of its own in the place of the first, made of it and of the
cookie with a secret, and remembers who started which event. Another browser's ids lead nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.web import gradio_internals
from rag.web.bodies import Known, decoded, from_page, from_program, name
from rag.web.gradio_internals import (
    CONFIG,
    ENDING,
    EVENT,
    EVENT_ID,
    OPEN_PAGE,
    OTHER_POSTS,
    PAGE,
    RESULT,
    RESULTS,
    SESSION,
    STARTED,
    STARTING,
    TOOLS,
)
from rag.web.refusals import RefusedError, refusal
from rag.web.security import route_path
from rag.web.urls import CALL

COOKIE = "according-session"
MAX_STARTED = 20_000  # events and sessions of which it is remembered who started them: hours of answers
# Events of a page whose results it has not fetched; it asks one question at a time. Gradio would keep any number.
MAX_UNREAD = 8
RETRY_SECONDS = 5

_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


def cookie_name(scope: Scope) -> str:
    """Return the name of the session cookie.

    Over HTTPS it has a prefix, with which a browser takes it from this host alone: no page of another host of the same
    domain, nor of this one over HTTP, can give a reader a session that it knows.
    """
    if scope.get("scheme") != "https":
        return COOKIE
    return f"__Host-{COOKIE}" if _root(scope) == "/" else f"__Secure-{COOKIE}"  # the first is for all paths of a host


def cookie_of(scope: Scope) -> str | None:
    """Return the token in the session cookie of a request, None if there is none that this app would have set."""
    token = Request(scope).cookies.get(cookie_name(scope), "")
    return token if _TOKEN.fullmatch(token) else None


def new_cookie(scope: Scope) -> str:
    """Return the header that gives the browser of a request another session, until it is closed."""
    # A Hugging Face Space is shown in a frame of another site, where browsers keep no other cookies.
    site = "SameSite=None; Secure; Partitioned" if os.environ.get("SPACE_ID") else "SameSite=Lax"
    secure = "; Secure" if scope.get("scheme") == "https" and "Secure" not in site else ""
    return f"{cookie_name(scope)}={secrets.token_urlsafe(32)}; Path={_root(scope)}; HttpOnly; {site}{secure}"


def _root(scope: Scope) -> str:
    return scope.get("root_path", "").rstrip("/") or "/"


def owner(scope: Scope) -> str:
    """Return whose request it is: of a browser by its cookie, of a program that sends none by its address."""
    client = scope.get("client")
    return cookie_of(scope) or f"address {client[0] if client else ''}"


def scope_of(event: Any) -> Scope:
    """Return the scope of the request that started an event, from what Gradio gives to the event (`gradio.Request`)."""
    scope: Scope = event.request.scope
    return scope


def from_elsewhere(scope: Scope) -> bool:
    """Return whether a browser sent a request for a page of another site, other than to open this app.

    Gradio lets such pages read what it answers, with the reader's cookies, unless it is on this machine.
    """
    headers = Headers(scope=scope)
    if site := headers.get("sec-fetch-site"):
        opened = scope["method"] in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"
        return site in ("cross-site", "same-site") and not opened
    origin = headers.get("origin")  # a browser that sends no such header, or does not trust the network
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


class SessionMiddleware:
    """ASGI middleware that sets the cookie, checks what events are sent, and binds ids to who made them."""

    def __init__(self, app: ASGIApp) -> None:
        """Protect an app of Gradio's, whose events it finds out when they are called."""
        self.app = app
        self._secret = secrets.token_bytes(32)
        self._owners: OrderedDict[str, str] = OrderedDict()  # of events, and of sessions that started any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            scope, receive, send = await self._bound(scope, receive, send)
        except RefusedError as refused:
            response = refusal(route_path(scope), refused.status, refused.message, refused.retry_after)
            await response(scope, receive, send)
            return
        except ClientDisconnect:
            return
        await self.app(scope, receive, send)

    async def _bound(self, scope: Scope, receive: Receive, send: Send) -> tuple[Scope, Receive, Send]:
        """Return a request as Gradio may see it.

        Raises:
            RefusedError: if it may not.
        """
        if from_elsewhere(scope):
            raise RefusedError(
                403, "This app answers only to its own pages and to programs, not to pages of other sites."
            )
        path, who = route_path(scope), owner(scope)
        tool = TOOLS.fullmatch(path)
        if scope["method"] == "POST" and (tool or not OTHER_POSTS.fullmatch(path)):
            starting, call = STARTING.fullmatch(path), CALL.fullmatch(path)
            if not (starting or tool or call or ENDING.fullmatch(path)):
                raise RefusedError(404, "Not found.")
            if not re.match(r"application/json\b", Headers(scope=scope).get("content-type", ""), re.IGNORECASE):
                raise RefusedError(415, "Send JSON, with the header Content-Type: application/json.")
            sent = decoded(await Request(scope, receive).body())
            if tool or call:
                body = from_program(sent, call["endpoint"], True, known_events(scope)) if call else sent
                return *_with_body(scope, receive, json.dumps(body).encode()), send
            body = self._started(sent, starting, who, scope) if starting else self._ended(sent, who)
            scope, receive = _with_body(scope, receive, json.dumps(body).encode())
            return scope, receive, self._recorded(send, who) if starting else send
        if path in PAGE + CONFIG:
            return scope, receive, send if cookie_of(scope) else _with_cookie(scope, send)
        if result := RESULT.fullmatch(path):
            if self._owners.get(result["event"]) != who:
                raise RefusedError(
                    404, "there is no such event, or its result was fetched before; send the cookies you got"
                )
            del self._owners[result["event"]]
        elif heartbeat := OPEN_PAGE.fullmatch(path):
            inner = self._inner(who, name(heartbeat["session"], "session"))
            scope = {**scope, "path": scope["path"].removesuffix(heartbeat["session"]) + inner}
            scope["raw_path"] = scope["path"].encode()
        elif path.removesuffix("/") == RESULTS:
            given = parse_qs(scope["query_string"].decode("latin-1")).get(SESSION, [""])
            inner = self._inner(who, name(given[0], SESSION))
            if self._owners.get(inner) != who:  # Gradio would break the connection, and log where
                raise RefusedError(404, "there is no such session; load the page again")
            scope = {**scope, "query_string": urlencode({SESSION: inner}).encode()}
        return scope, receive, send

    def _started(self, sent: dict[str, Any], starting: re.Match[str], who: str, scope: Scope) -> dict[str, Any]:
        known = known_events(scope)
        if starting["endpoint"]:
            return from_program(sent, starting["endpoint"], starting["kind"] == "call/v2", known)
        body = from_page(sent, known)
        inner = self._inner(who, body[SESSION])
        if gradio_internals.unread(scope, inner) >= MAX_UNREAD:
            raise RefusedError(
                429, "This page has asked for more than it has fetched; fetch that first.", RETRY_SECONDS
            )
        self._remember(inner, who)
        return body | {SESSION: inner}

    def _ended(self, sent: dict[str, Any], who: str) -> dict[str, Any]:
        event, index = name(sent.get(EVENT_ID), EVENT_ID), sent.get(EVENT)
        if self._owners.get(event) != who:
            raise RefusedError(404, "there is no such event")
        session = self._inner(who, name(sent.get(SESSION, ""), SESSION)) if SESSION in sent else ""
        return {EVENT_ID: event, SESSION: session, EVENT: index if isinstance(index, int) else 0}

    def _inner(self, who: str, session: str) -> str:
        """Return the id of a session that Gradio is given: another for each browser that uses the same id."""
        return hmac.new(self._secret, f"{who} {session}".encode(), hashlib.sha256).hexdigest()

    def _remember(self, started: str, who: str) -> None:
        self._owners[started] = who
        self._owners.move_to_end(started)
        while len(self._owners) > MAX_STARTED:
            self._owners.popitem(last=False)

    def _recorded(self, send: Send, who: str) -> Send:
        """Remember who started the event whose id a response has."""
        body = bytearray()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body":
                body.extend(message.get("body", b"")[:1000])
                if found := STARTED.fullmatch(body):
                    self._remember(found[1].decode(), who)
            await send(message)

        return sent


def known_events(scope: Scope) -> Known:
    """Return what can be called of the app that a request is for: events that run here, and endpoints for programs."""
    events = gradio_internals.events(scope)
    return Known(
        {event.number: event.value_count for event in events},
        {event.name: event.value_count for event in events if event.is_public},
    )


def _with_body(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """Return a request with another body, which is JSON."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    headers = MutableHeaders(raw=list(scope["headers"]))
    headers["content-length"], headers["content-type"] = str(len(body)), "application/json"
    del headers["transfer-encoding"]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return {**scope, "headers": headers.raw}, again


def _with_cookie(scope: Scope, send: Send) -> Send:
    """Set a new cookie with a response, until the browser is closed. Nobody may store the response for others."""
    cookie = new_cookie(scope)

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.append("Set-Cookie", cookie)
            headers["Cache-Control"] = "private, no-cache"
        await send(message)

    return sent
