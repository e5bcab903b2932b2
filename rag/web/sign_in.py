"""Signing in and out: guesses at the password are slowed, and signing out ends the session of that reader alone.

Gradio lets anyone guess without limit, and its sign-out ends the sessions of all who use the same name; all readers of
this app do.
"""

from __future__ import annotations

import logging
import math
import os
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.web import gradio_internals
from rag.web.gradio_internals import SIGN_IN, SIGN_OUT
from rag.web.refusals import refusal
from rag.web.security import route_path
from rag.web.sessions import from_elsewhere, new_cookie
from rag.web.turns import client_at

MAX_FORM_BYTES = 8192
# Guesses that an address may make at once, and the seconds after which it may make another one. While all addresses
# together guess more than is usual, each of them may make one at once, and the next after GUESSES * SECONDS_PER_GUESS:
# whoever guesses, from wherever, a reader with the right password gets in at the first attempt. One address has 4,320
# guesses a day and each of many 864: eight random letters and digits last for thousands of years against 100,000.
GUESSES, SECONDS_PER_GUESS = 5, 20.0
USUAL_GUESSES, USUAL_SECONDS_PER_GUESS = 50, 5.0
MAX_ADDRESSES = 10_000  # that are remembered

_ELSEWHERE = "Another site asked for this; to sign out, open the address of this page yourself."

_NOT_HERE = "Another site asked for this; to sign in, open the address of this page yourself."

log = logging.getLogger("rag")


@dataclass
class _Allowance:
    """Attempts that are left, refilled one by one.

    Attributes:
        most: that can be left.
        seconds: after which one is added.
        left: at `at`, a fraction for one that is being added.
    """

    most: int
    seconds: float
    left: float
    at: float

    def wait(self, now: float, cost: float) -> float:
        """Return the seconds until there are `cost` attempts; 0 if there are."""
        self.left = min(self.most, self.left + (now - self.at) / self.seconds)
        self.at = now
        return round(max(0.0, (cost - self.left) * self.seconds), 3)


class Guesses:
    """Counts attempts to sign in, by address and in all."""

    def __init__(self) -> None:
        self.all = _Allowance(USUAL_GUESSES, USUAL_SECONDS_PER_GUESS, USUAL_GUESSES, monotonic())
        self.by: OrderedDict[str, _Allowance] = OrderedDict()
        self.known: OrderedDict[str, None] = OrderedDict()  # somebody has signed in from there

    def take(self, address: str) -> int:
        """Take an attempt, and return 0; or the seconds after which there is one. `right` gives it back."""
        now, key = monotonic(), client_at(address)
        own = self.by.setdefault(key, _Allowance(GUESSES, SECONDS_PER_GUESS, GUESSES, now))
        _remember(self.by, key)
        cost = GUESSES if self.all.wait(now, 1) and key not in self.known else 1
        if wait := own.wait(now, cost):
            return math.ceil(wait)
        own.left -= cost
        self.all.left = max(0.0, self.all.left - 1)
        return 0

    def right(self, address: str) -> None:
        """Note that an attempt was right, and let its address begin anew."""
        key = client_at(address)
        self.by.pop(key, None)
        self.all.left += 1
        self.known[key] = None
        _remember(self.known, key)


def _remember(table: OrderedDict[str, Any], key: str) -> None:
    """Make an address the last to be forgotten."""
    table.move_to_end(key)
    while len(table) > MAX_ADDRESSES:
        table.popitem(last=False)


class SignInMiddleware:
    """ASGI middleware in front of Gradio's routes for signing in and out."""

    def __init__(self, app: ASGIApp) -> None:
        """Count attempts from now on.

        Args:
            app: the app, with Gradio's routes.
        """
        self.app = app
        self.guesses = Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = route_path(scope) if scope["type"] == "http" else ""
        if path.rstrip("/") == SIGN_IN and gradio_internals.has_sign_in(scope):
            await self._sign_in(path, scope, receive, send)
        elif path.rstrip("/") == SIGN_OUT:
            site = Headers(scope=scope).get("sec-fetch-site", "")  # not even a link of another site may sign out
            elsewhere = site in ("cross-site", "same-site") or from_elsewhere(scope)
            response = refusal(path, 403, _ELSEWHERE) if elsewhere else _signed_out(scope)
            await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _sign_in(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers, address = Headers(scope=scope), (scope.get("client") or ("", 0))[0]
        if scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        if from_elsewhere(scope):  # such attempts must not count: they would keep the reader of that browser out
            await refusal(path, 403, _NOT_HERE)(scope, receive, send)
            return
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_FORM_BYTES:
            message = f"Send a name and a password, of {MAX_FORM_BYTES:,} bytes at most, with a Content-Length."
            await refusal(path, 413, message)(scope, receive, send)
            return
        if wait := self.guesses.take(address):
            message = f"Too many attempts to sign in; please try again in {wait} seconds."
            await refusal(path, 429, message, wait)(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == 200:
                    self.guesses.right(address)
                    # Another session than before: somebody else may know that one, or have used this browser.
                    session = (b"set-cookie", new_cookie(scope).encode())
                    message["headers"] = [*(_guarded(header, scope) for header in message["headers"]), session]
                else:
                    log.warning("a wrong name or password from %s", address)
            await send(message)

        await self.app(scope, receive, sent)


def _guarded(header: tuple[bytes, bytes], scope: Scope) -> tuple[bytes, bytes]:
    """Return a header with which Gradio sets a cookie, so that neither other sites nor plain HTTP get to send it.

    Gradio lets one cookie go with requests of any site (SameSite=None), and the other one go unencrypted.
    """
    name, value = header
    if name.lower() != b"set-cookie" or not value.startswith(gradio_internals.SIGN_IN_COOKIE.encode()):
        return header
    if not os.environ.get("SPACE_ID"):  # a Space is in a frame of another site (see `sessions`)
        value = value.replace(b"SameSite=none", b"SameSite=lax")
    if scope["scheme"] == "https" and b"; Secure" not in value:
        value += b"; Secure"
    return name, value


def _signed_out(scope: Scope) -> RedirectResponse:
    """End the session that a request belongs to, and return the way to the page on which to sign in.

    The next reader of this browser has other ids, with which what was asked and answered here cannot be opened.
    """
    response = RedirectResponse(f"{scope.get('root_path', '')}/", 302)
    gradio_internals.end_sign_in(scope, response)
    response.headers.append("Set-Cookie", new_cookie(scope))
    return response
