"""What stands between the network and the browser app: who may listen in, who may come in, what a browser may do.

`listening` decides on which address the app may listen, and who must sign in. Every request and every answer passes
through `Guard`, those of routes beside Gradio's own as well.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import secrets
from html import escape
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import AccordingError

LOOPBACK = "127.0.0.1"
# A request's body: the chat goes with each question, some 20 kB for each answer shown.
LARGEST_BODY = 16 * 2**20  # bytes

# The browser itself refuses what the app never needs: anything from another machine, and scripts in the page that are
# not the page's own. Gradio makes functions of the `js=` of events, hence 'unsafe-eval'; it styles inline throughout.
_POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' blob: data:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors {frames}"
)
_HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# A Hugging Face Space is shown in a frame of that site.
_SPACES = "https://huggingface.co https://*.hf.space"

# Of Gradio, what a reader who has not signed in gets: the page, which then asks for name and password, and its parts.
# `startup-events` is asked for by Gradio itself; it tells nothing.
_OPEN = re.compile(
    r"/?|/(login|logout|theme\.css|favicon\.ico|robots\.txt|manifest\.json)/?|/(assets|static|svelte)/.*|"
    r"/gradio_api/(startup-events|theme\.css|login_check|user)/?"
)
# Of Gradio, what this app has no use for, and what would fetch from elsewhere or keep something.
_SHUT = re.compile(
    r"/gradio_api/(process_recording|deep_link|component_server|vibe-|undo-vibe-|custom_component|"
    r"stream|proxy=|dev|file=\s*https?:).*|/(monitoring|pwa_icon).*",
    re.IGNORECASE | re.DOTALL,
)


# What takes files in, where readers may add some, and a file that stands at an address.
_FILES = re.compile(r"/gradio_api/upload(_progress)?/?")
_ADDRESS = re.compile(r"'path': '\s*[a-z][a-z0-9+.-]+:", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, out of reach for every other."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(
    host: str | None = None, auth: str | None = None, no_auth: bool = False
) -> tuple[str, tuple[str, str] | None]:
    """The address to listen on, and the name and password to sign in with, or None where nobody has to.

    What is not given is taken from the environment: HOST (on a Hugging Face Space GRADIO_SERVER_NAME, which is set
    there), AUTH, NO_AUTH=1. The address is 127.0.0.1 where nothing says otherwise.

    Args:
        auth: "USER:PASSWORD".
        no_auth: whoever reaches the address may ask; said aloud, for an address beyond this machine.

    Raises AccordingError where others could reach the app and neither is given, or where `auth` is not so written.
    """
    host = (host or os.environ.get("HOST") or os.environ.get("GRADIO_SERVER_NAME") or LOOPBACK).strip("[]")
    given = auth if auth is not None else "" if no_auth else os.environ.get("AUTH", "")
    if given or auth is not None:
        user, colon, password = given.partition(":")
        if not (user.strip() and colon and password):
            raise AccordingError("the name and password to sign in with are given as USER:PASSWORD, neither empty")
        return host, (user.strip(), password)
    if not (is_loopback(host) or no_auth or os.environ.get("NO_AUTH") == "1"):
        raise AccordingError(
            f"{host} can be reached from other machines: give --auth USER:PASSWORD (or AUTH=USER:PASSWORD in the "
            "environment) to have readers sign in, or --no-auth (or NO_AUTH=1) to let in whoever can reach it"
        )
    return host, None


def past_proxies(host: str) -> None:
    """Sees to it that this process asks no proxy for its own addresses: Gradio asks itself whether it is open."""
    kept = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, (kept, "localhost,127.0.0.1,::1", host)))


_NOT_FOUND = PlainTextResponse("Not found.", 404)
_ELSEWHERE = PlainTextResponse("This app answers to localhost alone; see --host, --auth and --no-auth.", 421)
_SIGN_IN = PlainTextResponse("Not signed in: open the first page of this app, sign in there, and come back.", 401)


class Guard:
    """A layer about the app (ASGI): refuses, limits, and adds headers. What streams goes on streaming."""

    def __init__(self, app: ASGIApp, files: bool = False, alone: bool = False, title: str = "") -> None:
        """What to let through.

        Args:
            app: what is guarded.
            files: whether files are taken in; never by naming an address.
            alone: whether only this machine's own names for itself are answered to, so that no page of another site can
                have its own name lead here, and read what the app says (DNS rebinding).
            title: that of Gradio's page until the app has been loaded, which is after signing in.
        """
        self.app = app
        self.files = files
        self.alone = alone
        self.head = f"<head><title>{escape(title)}</title>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        page = path in ("", "/")
        nonce = secrets.token_urlsafe(16) if page else ""
        send = _with_headers(send, nonce)
        uploading = bool(_FILES.fullmatch(path))
        if refused := self._refused(scope, path, uploading):
            await refused(scope, receive, send)
            return
        if scope.get("method") == "POST" and not uploading:
            body = await _body(receive)
            if body is None:
                await PlainTextResponse("That is more than this app takes in.", 413)(scope, receive, send)
                return
            if _names_a_file(body, self.files):
                await PlainTextResponse("This app takes no files.", 403)(scope, receive, send)
                return
            receive = _replayed(body, receive)
        await self.app(scope, receive, self._marked(send, nonce) if page else send)

    def _refused(self, scope: Scope, path: str, uploading: bool) -> PlainTextResponse | None:
        """The answer to a request that may not go on."""
        if self.alone and not _is_asked_by_own_name(scope):
            return _ELSEWHERE
        if scope["type"] != "http" or _SHUT.fullmatch(path) or (uploading and not self.files):
            return _NOT_FOUND
        if scope["app"].auth is None or _OPEN.fullmatch(path) or _user(Request(scope)) is not None:
            return None
        return _SIGN_IN

    def _marked(self, send: Send, nonce: str) -> Send:
        """Marks the scripts of Gradio's page as its own. What it holds of other origin is JSON without a "<"."""
        start: Message = {}
        body = bytearray()

        async def sent(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            whole = bytes(body)
            headers = MutableHeaders(scope=start)
            if headers.get("content-type", "").startswith("text/html"):
                whole = whole.replace(b"<head>", self.head, 1)
                whole = whole.replace(b"<script", f'<script nonce="{nonce}"'.encode())
                headers["content-length"] = str(len(whole))
            await send(start)
            await send({"type": "http.response.body", "body": whole})

        return sent


def _is_asked_by_own_name(scope: Scope) -> bool:
    """Whether a request is sent to a name that this machine alone has for itself."""
    try:
        return is_loopback(urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname or "")
    except ValueError:
        return False


def _user(request: Request) -> str | None:
    """Who has signed in, by the cookies that Gradio gave (`get_current_user` in gradio/routes.py)."""
    app, cookies = request.app, request.cookies
    token = cookies.get(f"access-token-{app.cookie_id}") or cookies.get(f"access-token-unsecure-{app.cookie_id}")
    user: str | None = app.tokens.get(token)
    return user


async def _body(receive: Receive) -> bytes | None:
    """The whole body of a request; None where it is too large, or the sender is gone."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY or message["type"] == "http.disconnect":
            return None
    return bytes(body)


def _names_a_file(body: bytes, taken: bool) -> bool:
    """Whether a value is of the form that makes Gradio copy a file; where those uploaded are `taken`, fetch one."""
    if b"_type" not in body and b"\\u" not in body:
        return False
    try:
        value = str(json.loads(body))
        return "gradio.FileData" in value and (not taken or bool(_ADDRESS.search(value)))
    except (ValueError, RecursionError):
        return False  # nor can Gradio read it


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _with_headers(send: Send, nonce: str) -> Send:
    """Adds the headers that a response has not set itself."""
    space = bool(os.environ.get("SPACE_ID"))
    scripts = f" 'nonce-{nonce}' 'unsafe-eval'" if nonce else ""
    policy = _POLICY.format(scripts=scripts, frames=_SPACES if space else "'none'")
    added = _HEADERS | {"Content-Security-Policy": policy} | ({} if space else {"X-Frame-Options": "DENY"})

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
