"""Fetch one URL (http or https), and read the page, feed or PDF there.

Only the URL itself is fetched: no links, images or scripts. The limits hold for the whole fetch, not for each step of
it: a server that sends a byte per second, or never stops, costs TIMEOUT_SECONDS and limits.MAX_BYTES at most.

The URL may be of any machine: the user named it. A redirect was chosen by the site, so it is followed only to where the
site could be itself: `connection` looks at the address that is connected to, at every step, before anything is sent.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar
from urllib.parse import urljoin

import httpcore
import httpx

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import feed, html, http_content, limits, pdf
from .connection import NO_SITE, Connector, check_redirect_through_proxy, proxy_for, time_left
from .http_content import HTML_TYPES
from .reach import Reach
from .skipped import Skipped

TIMEOUT_SECONDS = 30.0  # from the DNS lookup to the last byte
MAX_REDIRECTS = 5  # a URL shortener, the change to https, a change of domain, a consent page; more is a loop
# Who asks, and where to read what it is and does, as sites want to know it.
NAME, HOME = "According", "https://github.com/according-press/according"
_ACCEPT = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, "
    "application/pdf;q=0.9, */*;q=0.1"
)
_REDIRECTS = (301, 302, 303, 307, 308)
_NETWORK_ERRORS = httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, OSError
UNREACHED = *_NETWORK_ERRORS, httpcore.TimeoutException  # why a site that is there may not have replied
_SAVE = "open it in a browser, save it, and give the file"
TOO_MANY_REDIRECTS = f"redirects more than {MAX_REDIRECTS} times; {_SAVE}"
_STATUS = {
    401: "it requires a password",
    402: "it requires payment",
    403: "it does not allow programs to read this page",
    404: "it has no such page; check the URL",
    410: "it no longer has this page",
    429: "it has received too many requests; try again later",
    451: "it may not show this page here",
}

Result = TypeVar("Result")


def read(url: str, catalogue: Catalogue) -> Iterator[Article | Skipped]:
    """Yield the articles at a URL: one for a page or a PDF, one per entry for a feed.

    Raises:
        InputError: if the URL is invalid, cannot be fetched in time, or holds nothing that can be read.
    """
    source = normalize(url)
    yield from articles(
        within(TIMEOUT_SECONDS, lambda deadline: _fetch(httpx.URL(source), deadline)), catalogue, source
    )


def articles(
    response: Response, catalogue: Catalogue, source: str, follow: feed.Follow | None = None
) -> Iterator[Article | Skipped]:
    """Yield the articles of what a URL returned, as `read` does.

    Args:
        response: what it returned.
        catalogue: used to recognise outlets.
        source: the URL that is recorded with each article.
        follow: fetches the pages of entries that are only summaries (see `feed.parse`).

    Raises:
        InputError: if it holds nothing that can be read.
    """
    if response.data.lstrip()[:5] == b"%PDF-":
        yield pdf.parse(response.data, catalogue, source, response.url)
    elif feed.is_feed(response.data):
        yield from feed.parse(response.data, catalogue, source, response.url, follow)
    elif response.media_type in HTML_TYPES or feed.root_element(response.data).lower() == "html":
        yield html.parse(response.data, catalogue, source, response.url, response.charset)
    elif not response.data.strip():
        raise InputError("the page is empty")
    else:
        raise InputError(
            f"its type is {response.media_type or 'not stated'}; only HTML pages, feeds and PDF files can be read"
        )


@dataclass(frozen=True)
class Response:
    """What a URL, after redirects, returned."""

    data: bytes
    url: str
    media_type: str
    charset: str | None


@dataclass(frozen=True)
class Reply:
    """What a site sent for one request.

    Attributes:
        status, phrase: of the status line.
        headers: the values of each header, joined by commas, by its name in lower case.
        data: the body, as sent; of a redirect, or of an error, none.
        url: what was asked for.
        reached: how far in the site is; behind a proxy that is not known, and it counts as public.
    """

    status: int
    phrase: str
    headers: Mapping[str, str]
    data: bytes
    url: str
    reached: Reach

    @property
    def location(self) -> str | None:
        """Where it redirects to; None if it does not."""
        return self.headers.get("location") if self.status in _REDIRECTS else None

    def content(self) -> Response:
        """Return the page, decompressed. Raises InputError if there is none, with the reason."""
        if not 200 <= self.status < 300:
            raise InputError(_refusal(self.status, self.phrase))
        content_type = self.headers.get("content-type")
        data = http_content.decompress(self.data, self.headers.get("content-encoding"))
        return Response(data, self.url, http_content.media_type(content_type), http_content.charset(content_type))


def normalize(url: str, base: str = "") -> str:
    """Return an absolute URL without user name, password and fragment.

    Args:
        url: absolute, or relative to `base`.
        base: absolute.

    Raises:
        InputError: if it is not an http(s) URL.
    """
    try:
        parsed = httpx.URL(urljoin(base, url.strip()))
        host = parsed.host  # decodes an international name, which may fail
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError("not a valid URL; it must begin with http:// or https://") from error
    if parsed.scheme not in ("http", "https") or not host:
        raise InputError("not a URL that can be fetched; it must begin with http:// or https://")
    if parsed.port is not None and not 0 < parsed.port < 2**16:
        raise InputError(f"not a valid URL; there is no port {parsed.port}")
    return str(parsed.copy_with(userinfo=b"", fragment=None))


def within(seconds: float, work: Callable[[float], Result]) -> Result:
    """Call a function that fetches, for at most `seconds`, DNS lookup included; it is given its deadline.

    This needs a daemon thread, because nothing interrupts getaddrinfo. `anyio.fail_after` does not bound the lookup:
    its event loop waits for the thread that runs getaddrinfo before it closes (4 s of lookup under a timeout of 0.3 s
    took 4.1 s), and it cannot be run where an event loop runs already, as in a notebook.

    Raises:
        InputError: if it takes longer, or a site cannot be reached; and what the function raises.
    """
    results: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
    deadline = time.monotonic() + seconds

    def run() -> None:
        try:
            results.put(work(deadline))
        except BaseException as error:  # raised in the thread that waits
            results.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        result = results.get(timeout=seconds)
    except queue.Empty:
        result = httpcore.ReadTimeout()
    if isinstance(result, httpcore.TimeoutException):
        raise InputError(f"no complete response within {seconds:.0f} s; try again later, or {_SAVE}") from result
    if isinstance(result, _NETWORK_ERRORS):
        raise InputError(_failure(result)) from result
    if isinstance(result, BaseException):
        raise result
    return result


def _user_agent() -> str:
    try:
        return f"{NAME}/{version('according')} (+{HOME})"
    except PackageNotFoundError:  # run from a checkout that is not installed
        return f"{NAME} (+{HOME})"


def _fetch(url: httpx.URL, deadline: float) -> Response:
    allowed = Reach.MACHINE
    before: httpx.URL | None = None
    for _ in range(MAX_REDIRECTS + 1):
        reply = request(url, before, allowed, deadline)
        if not reply.location:
            return reply.content()
        allowed = min(allowed, reply.reached)
        before, url = url, httpx.URL(normalize(reply.location, str(url)))
    raise InputError(TOO_MANY_REDIRECTS)


def request(
    url: httpx.URL,
    before: httpx.URL | None,
    allowed: Reach,
    deadline: float,
    headers: Mapping[str, str] | None = None,
    max_bytes: int | None = None,
) -> Reply:
    """Make one request, and follow no redirect.

    Args:
        url: what to ask for.
        before: the URL of the page that leads there; None if the user named this one.
        allowed: how far in the site may be.
        deadline: when everything must be over, on the clock of `time.monotonic`.
        headers: more headers to send.
        max_bytes: of the body; None for limits.MAX_BYTES.

    Raises:
        InputError: if the site is further in, or sends more.
        httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException: and what else `within` reports.
    """
    proxy = proxy_for(url)
    if proxy and before:
        check_redirect_through_proxy(before, url)
    connector = Connector(Reach.MACHINE if proxy else allowed, deadline, proxy)
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    sent: dict[bytes | str, bytes | str] = {
        "Host": url.netloc,
        "User-Agent": _user_agent(),
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }
    sent.update(headers or {})
    with (
        httpcore.ConnectionPool(httpx.create_ssl_context(), proxy, network_backend=connector) as pool,
        pool.stream("GET", target, headers=sent) as response,
    ):
        phrase = response.extensions.get("reason_phrase", b"").decode("ascii", "ignore")[:40]
        limit = limits.MAX_BYTES if max_bytes is None else max_bytes
        data = _body(response, deadline, limit) if 200 <= response.status < 300 else b""
        reached = Reach.PUBLIC if proxy or connector.reached is None else connector.reached
        return Reply(response.status, phrase, _headers(response), data, str(url), reached)


def _headers(response: httpcore.Response) -> dict[str, str]:
    joined: dict[str, bytes] = {}
    for name, value in response.headers:
        lower = name.lower().decode("latin-1")
        joined[lower] = joined[lower] + b", " + value if lower in joined else value
    return {name: _decoded(value) for name, value in joined.items()}


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _body(response: httpcore.Response, deadline: float, limit: int) -> bytes:
    """Return the body as sent. Raises InputError if it is too large, httpcore.ReadTimeout after the deadline."""
    length = _headers(response).get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise InputError(limits.too_large(int(length)))
    data = bytearray()
    for chunk in response.iter_stream():
        data += chunk
        if len(data) > limit:
            raise InputError(limits.too_large())
        time_left(deadline)
    return bytes(data)


def _refusal(status: int, phrase: str) -> str:
    """Return the reason why a site's response holds no page."""
    meaning = _STATUS.get(status) or ("its server failed; try again later" if status >= 500 else "there is no page")
    advice = f"; {_SAVE}" if status in (401, 402, 403, 429) else ""
    if status == 407:
        return "the proxy requires a password; give it in HTTP_PROXY and HTTPS_PROXY"
    return f"the site responds {status} {phrase}: {meaning}{advice}"


def _failure(error: BaseException) -> str:
    """Return the reason why a site could not be reached."""
    if isinstance(error, httpcore.ProxyError):
        return f"the proxy does not fetch it ({error}); check HTTP_PROXY and HTTPS_PROXY"
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, socket.gaierror):
            return NO_SITE
        if isinstance(cause, ssl.SSLError):
            detail = getattr(cause, "verify_message", "") or cause.reason
            return f"its certificate cannot be trusted ({detail}); {_SAVE}"
        if isinstance(cause, ConnectionRefusedError):
            return "the site refuses the connection; check the URL, or try again later"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.RemoteProtocolError | httpcore.ReadError):
        return "its response is truncated, or not HTTP; try again later"
    return f"cannot be reached ({type(error).__name__})"
