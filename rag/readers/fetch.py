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
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
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
_ACCEPT = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, "
    "application/pdf;q=0.9, */*;q=0.1"
)
_REDIRECTS = (301, 302, 303, 307, 308)
_NETWORK_ERRORS = httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, OSError
_SAVE = "open it in a browser, save it, and give the file"
_STATUS = {
    401: "it requires a password",
    402: "it requires payment",
    403: "it does not allow programs to read this page",
    404: "it has no such page; check the URL",
    410: "it no longer has this page",
    429: "it has received too many requests; try again later",
    451: "it may not show this page here",
}


def read(url: str, catalogue: Catalogue) -> Iterator[Article | Skipped]:
    """Yield the articles at a URL: one for a page or a PDF, one per entry for a feed.

    Raises:
        InputError: if the URL is invalid, cannot be fetched in time, or holds nothing that can be read.
    """
    source = normalize(url)
    response = _fetch_within(TIMEOUT_SECONDS, source)
    if response.data.lstrip()[:5] == b"%PDF-":
        yield pdf.parse(response.data, catalogue, source, response.url)
    elif feed.is_feed(response.data):
        yield from feed.parse(response.data, catalogue, source, response.url)
    elif response.media_type in HTML_TYPES or feed.root_element(response.data).lower() == "html":
        yield html.parse(response.data, catalogue, source, response.url, response.charset)
    elif not response.data.strip():
        raise InputError("the page is empty")
    else:
        raise InputError(
            f"its type is {response.media_type or 'not stated'}; only HTML pages, feeds and PDF files can be read"
        )


@dataclass(frozen=True)
class _Response:
    """What a URL, after redirects, returned."""

    data: bytes
    url: str
    media_type: str
    charset: str | None


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


def _fetch_within(seconds: float, url: str) -> _Response:
    """Fetch a URL in at most `seconds`, DNS lookup included.

    This needs a daemon thread, because nothing interrupts getaddrinfo. `anyio.fail_after` does not bound the lookup:
    its event loop waits for the thread that runs getaddrinfo before it closes (4 s of lookup under a timeout of 0.3 s
    took 4.1 s), and it cannot be run where an event loop runs already, as in a notebook.
    """
    results: queue.SimpleQueue[_Response | BaseException] = queue.SimpleQueue()
    deadline = time.monotonic() + seconds

    def work() -> None:
        try:
            results.put(_fetch(httpx.URL(url), deadline))
        except BaseException as error:  # raised in the thread that waits
            results.put(error)

    threading.Thread(target=work, daemon=True).start()
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
        return f"According/{version('according')}"
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "According"


def _fetch(url: httpx.URL, deadline: float) -> _Response:
    context = httpx.create_ssl_context()
    headers: dict[bytes | str, bytes | str] = {
        "User-Agent": _user_agent(),
        "Accept": _ACCEPT,
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }
    allowed = Reach.MACHINE
    before: httpx.URL | None = None
    for _ in range(MAX_REDIRECTS + 1):
        proxy = proxy_for(url)
        if proxy and before:
            check_redirect_through_proxy(before, url)
        connector = Connector(Reach.MACHINE if proxy else allowed, deadline)
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        with (
            httpcore.ConnectionPool(context, proxy, network_backend=connector) as pool,
            pool.stream("GET", target, headers={"Host": url.netloc, **headers}) as response,
        ):
            if not (location := _redirect(response)):
                return _complete(response, str(url), deadline)
        # How far in the site is behind a proxy is not known.
        allowed = min(allowed, Reach.PUBLIC if proxy or connector.reached is None else connector.reached)
        before, url = url, httpx.URL(normalize(location, str(url)))
    raise InputError(f"redirects more than {MAX_REDIRECTS} times; {_SAVE}")


def _redirect(response: httpcore.Response) -> str | None:
    return _header(response, "Location") if response.status in _REDIRECTS else None


def _header(response: httpcore.Response, name: str) -> str | None:
    wanted = name.lower().encode()
    values = [value for given, value in response.headers if given.lower() == wanted]
    if not values:
        return None
    joined = b", ".join(values)
    try:
        return joined.decode("utf-8")
    except UnicodeDecodeError:
        return joined.decode("latin-1")


def _complete(response: httpcore.Response, url: str, deadline: float) -> _Response:
    if not 200 <= response.status < 300:
        raise InputError(_refusal(response))
    content_type = _header(response, "Content-Type")
    data = http_content.decompress(_body(response, deadline), _header(response, "Content-Encoding"))
    return _Response(data, url, http_content.media_type(content_type), http_content.charset(content_type))


def _body(response: httpcore.Response, deadline: float) -> bytes:
    """Return the body as sent. Raises InputError if it is too large, httpcore.ReadTimeout after the deadline."""
    length = _header(response, "Content-Length") or ""
    if length.isdecimal() and int(length) > limits.MAX_BYTES:
        raise InputError(limits.too_large(int(length)))
    data = bytearray()
    for chunk in response.iter_stream():
        data += chunk
        if len(data) > limits.MAX_BYTES:
            raise InputError(limits.too_large())
        time_left(deadline)
    return bytes(data)


def _refusal(response: httpcore.Response) -> str:
    """Return the reason why a site's response holds no page."""
    status = response.status
    phrase = response.extensions.get("reason_phrase", b"").decode("ascii", "ignore")[:40]
    meaning = _STATUS.get(status) or ("its server failed; try again later" if status >= 500 else "there is no page")
    advice = f"; {_SAVE}" if status in (401, 402, 403, 429) else ""
    return f"the site responds {status} {phrase}: {meaning}{advice}"


def _failure(error: BaseException) -> str:
    """Return the reason why a site could not be reached."""
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
    if isinstance(error, httpcore.ProxyError):
        return f"the proxy does not fetch it ({error}); check HTTP_PROXY and HTTPS_PROXY"
    if isinstance(error, httpcore.RemoteProtocolError | httpcore.ReadError):
        return "its response is truncated, or not HTTP; try again later"
    return f"cannot be reached ({type(error).__name__})"
