"""The security middleware of the browser app, and the decision where it listens and who must sign in.

Every request and every response passes through `SecurityMiddleware`, also those of routes that are not Gradio's. The
middleware refuses what the app has no use for, checks who is signed in, limits sizes, and sets security headers.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from urllib.parse import urlsplit

from markupsafe import Markup
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.errors import AccordingError
from rag.web import assets, gradio_internals, urls
from rag.web.gradio_internals import ANY_UPLOAD, CLOSED, FILES, PAGE, PUBLIC
from rag.web.refusals import refusal

LOOPBACK = "127.0.0.1"
MAX_COMPRESSED_BYTES = 2**20  # of a file that is the same for all readers

# The browser itself refuses what the app never needs: anything from another machine, and scripts in the page that are
# not Gradio's. Gradio turns the `js=` of events into functions, hence 'unsafe-eval'; it styles inline throughout.
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


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(
    host: str | None = None, auth: str | None = None, no_auth: bool = False
) -> tuple[str, tuple[str, str] | None]:
    """Return the address to listen on, and the name and password to sign in with (None if there is no sign-in).

    What is not given is taken from the environment: HOST (or GRADIO_SERVER_NAME, which a Hugging Face Space sets),
    AUTH, NO_AUTH=1.

    Args:
        host: the address; by default 127.0.0.1.
        auth: "USER:PASSWORD".
        no_auth: whether anyone who can reach the app may use it; needed for an address beyond this machine without
            `auth`.

    Raises:
        AccordingError: other machines could connect and neither `auth` nor `no_auth` is given, or `auth` is malformed.
    """
    host = (host or os.environ.get("HOST") or os.environ.get("GRADIO_SERVER_NAME") or LOOPBACK).strip("[]")
    given = auth if auth is not None else "" if no_auth else os.environ.get("AUTH", "")
    if given or auth is not None:
        user, colon, password = given.partition(":")
        if not (user.strip() and colon and password):
            raise AccordingError("give the name and password to sign in with as USER:PASSWORD; neither can be empty")
        return host, (user.strip(), password)
    if not (is_loopback(host) or no_auth or os.environ.get("NO_AUTH") == "1"):
        raise AccordingError(
            f"to listen on {host}, which other machines can reach, say who may connect: --auth USER:PASSWORD (or AUTH "
            "in the environment) makes readers sign in, --no-auth (or NO_AUTH=1) lets anyone in"
        )
    return host, None


def bypass_proxies(host: str) -> None:
    """Keep this process from sending requests to itself through a proxy: Gradio checks that it can be reached."""
    kept = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, (kept, "localhost,127.0.0.1,::1", host)))


# A name or an address, with a port; HTTP/1.0 has none.
_HOST = re.compile(r"(?:(?:[\w.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)?", re.ASCII | re.IGNORECASE)
_NO_HOST = PlainTextResponse(
    "The header Host of this request is not a name or an address, with or without a port.", 400
)
_NOT_FOUND = PlainTextResponse("Not found.", 404)
# The second decides itself who may read it (`metrics`).
_FOR_ALL = {*assets.PATHS, urls.HEALTH, urls.METRICS}
_ELSEWHERE = PlainTextResponse("This app only accepts requests to localhost; see --host, --auth and --no-auth.", 421)
_SIGN_IN = "Not signed in: sign in on the home page of this app, then try again."


def route_path(scope: Scope) -> str:
    """Return the path of a request as routes see it: without that of a server in front, if that is passed on."""
    path, root = str(scope["path"]), scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if path == root or path.startswith(f"{root}/") else path


class SecurityMiddleware:
    """ASGI middleware that refuses requests, limits them and adds headers. Responses that stream keep streaming."""

    def __init__(self, app: ASGIApp, files: bool = False, is_local: bool = False, title: str = "") -> None:
        """Set what is let through.

        Args:
            app: the app that is protected.
            files: whether files may be uploaded.
            is_local: whether to answer only to names of this machine for itself, so that no page of another site can
                point its own name here and read the app (DNS rebinding).
            title: of Gradio's page until the app has loaded, which is after signing in.
        """
        self.app = app
        self.files = files
        self.is_local = is_local
        self.head = str(Markup("<title>{}</title>{}").format(title, assets.tags()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        path = route_path(scope)
        page = path in PAGE
        nonce = secrets.token_urlsafe(16) if page else ""
        send = _with_headers(send, nonce, for_all=bool(FILES.fullmatch(path)))
        uploading = bool(ANY_UPLOAD.fullmatch(path))
        if refused := self._refused(scope, path, uploading):
            await refused(scope, receive, send)
            return
        await self.app(scope, receive, self._with_nonce(send, nonce) if page else send)

    def _refused(self, scope: Scope, path: str, uploading: bool) -> Response | None:
        """Return the response to a request that is refused; None if it is let through."""
        if not _HOST.fullmatch(Headers(scope=scope).get("host", "")):  # it would be part of a redirect's address
            return _NO_HOST
        if "\n" in path:  # a route takes a path with a line end after it for its own; the patterns above do not
            return _NOT_FOUND
        if self.is_local and not names_this_machine(scope):
            return _ELSEWHERE
        if scope["type"] != "http" or CLOSED.fullmatch(path) or (uploading and not self.files):
            return _NOT_FOUND
        if not gradio_internals.has_sign_in(scope) or PUBLIC.fullmatch(path) or path in _FOR_ALL:
            return None
        return refusal(path, 401, _SIGN_IN) if gradio_internals.reader_of(scope) is None else None

    def _with_nonce(self, send: Send, nonce: str) -> Send:
        """Give the page its title, and mark its scripts as its own."""
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
                whole = gradio_internals.own_page(whole, self.head, nonce)
                headers["content-length"] = str(len(whole))
            await send(start)
            await send({"type": "http.response.body", "body": whole})

        return sent


def names_this_machine(scope: Scope) -> bool:
    """Return whether a request is sent to a name that only this machine has for itself."""
    try:
        return is_loopback(urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname or "")
    except ValueError:
        return False


def _with_headers(send: Send, nonce: str, for_all: bool) -> Send:
    """Add the headers that a response has not set itself; what is not the same for all, no server may keep for others.

    A cache in front keeps what was answered to a request with a cookie, too, unless a header forbids it. Gradio
    compresses its files anew for each request, also of those who have not signed in: not the one that takes it 0.3 s,
    which no page of this app loads.
    """
    space = bool(os.environ.get("SPACE_ID"))
    scripts = f" 'nonce-{nonce}' 'unsafe-eval'" if nonce else ""
    policy = _POLICY.format(scripts=scripts, frames=_SPACES if space else "'none'")
    added = _HEADERS | {"Content-Security-Policy": policy} | ({} if space else {"X-Frame-Options": "DENY"})
    added |= {} if for_all else {"Cache-Control": "private, no-cache"}

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in added.items():
                headers.setdefault(name, value)
            if for_all and int(headers.get("content-length", 0)) > MAX_COMPRESSED_BYTES:
                headers.setdefault("Content-Encoding", "identity")
        await send(message)

    return sent
