"""Fetch one URL (http or https), and read the page, feed or PDF there.

Only the URL itself is fetched: no links, images or scripts. The limits hold for the whole fetch, not for each step of
it: a server that sends a byte per second, or never stops, costs TIMEOUT_SECONDS and limits.MAX_BYTES at most.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urljoin

import httpx

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import feed, html, http_content, limits, pdf
from .http_content import HTML_TYPES
from .skipped import Skipped

TIMEOUT_SECONDS = 30.0  # from the DNS lookup to the last byte
MAX_REDIRECTS = 5  # a URL shortener, the change to https, a change of domain, a consent page; more is a loop
_ACCEPT = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, "
    "application/pdf;q=0.9, */*;q=0.1"
)
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
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError("not a valid URL; it must begin with http:// or https://") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InputError("not a URL that can be fetched; it must begin with http:// or https://")
    return str(parsed.copy_with(userinfo=b"", fragment=None))


def _fetch_within(seconds: float, url: str) -> _Response:
    """Fetch a URL in at most `seconds`, DNS lookup included.

    This needs a daemon thread. httpx's timeouts bound each step alone. `anyio.fail_after` does not bound the lookup:
    its event loop waits for the thread that runs getaddrinfo before it closes (4 s of lookup under a timeout of 0.3 s
    took 4.1 s), and it cannot be run where an event loop runs already, as in a notebook.
    """
    results: queue.SimpleQueue[_Response | BaseException] = queue.SimpleQueue()
    headers = {"User-Agent": _user_agent(), "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}

    def work(client: httpx.Client) -> None:
        try:
            results.put(_fetch(client, httpx.URL(url), time.monotonic() + seconds))
        except BaseException as error:  # raised in the thread that waits
            results.put(error)

    with httpx.Client(headers=headers, timeout=seconds, follow_redirects=False) as client:
        threading.Thread(target=work, args=(client,), daemon=True).start()
        try:
            result = results.get(timeout=seconds)
        except queue.Empty:
            result = httpx.ReadTimeout("")
    if isinstance(result, httpx.TimeoutException):
        raise InputError(f"no complete response within {seconds:.0f} s; try again later, or {_SAVE}") from result
    if isinstance(result, httpx.HTTPError | httpx.InvalidURL | OSError):
        raise InputError(_failure(result)) from result
    if isinstance(result, BaseException):
        raise result
    return result


def _user_agent() -> str:
    try:
        return f"According/{version('according')}"
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "According"


def _fetch(client: httpx.Client, url: httpx.URL, deadline: float) -> _Response:
    first = url
    for _ in range(MAX_REDIRECTS + 1):
        client.cookies.clear()
        with client.stream("GET", url) as response:
            if response.has_redirect_location:
                url = httpx.URL(normalize(response.headers["Location"], str(url)))
                if url.host != first.host and _is_private(url.host) and not _is_private(first.host):
                    raise InputError("redirects to an address in this machine's own network, which is not followed")
                continue
            if not response.is_success:
                raise InputError(_refusal(response))
            content_type = response.headers.get("Content-Type")
            data = http_content.decompress(_body(response, deadline), response.headers.get("Content-Encoding"))
            return _Response(data, str(url), http_content.media_type(content_type), http_content.charset(content_type))
    raise InputError(f"redirects more than {MAX_REDIRECTS} times; {_SAVE}")


def _body(response: httpx.Response, deadline: float) -> bytes:
    """Return the body as sent. Raises InputError if it is too large, httpx.ReadTimeout after the deadline."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > limits.MAX_BYTES:
        raise InputError(limits.too_large(int(length)))
    data = bytearray()
    for chunk in response.iter_raw():
        data += chunk
        if len(data) > limits.MAX_BYTES:
            raise InputError(limits.too_large())
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("")
    return bytes(data)


def _refusal(response: httpx.Response) -> str:
    """Return the reason why a site's response holds no page."""
    status = response.status_code
    meaning = _STATUS.get(status) or ("its server failed; try again later" if status >= 500 else "there is no page")
    advice = f"; {_SAVE}" if status in (401, 402, 403, 429) else ""
    return f"the site responds {status} {response.reason_phrase[:40]}: {meaning}{advice}"


def _failure(error: BaseException) -> str:
    """Return the reason why a site could not be reached."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, socket.gaierror):
            return "there is no site of this name; check the URL, and whether this machine is online"
        if isinstance(cause, ssl.SSLError):
            detail = getattr(cause, "verify_message", "") or cause.reason
            return f"its certificate cannot be trusted ({detail}); {_SAVE}"
        if isinstance(cause, ConnectionRefusedError):
            return "the site refuses the connection; check the URL, or try again later"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.InvalidURL):
        return "its redirect is not a URL that can be fetched"
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return "its response is truncated, or not HTTP; try again later"
    return f"cannot be reached ({type(error).__name__})"


def _is_private(host: str) -> bool:
    """Return whether a name resolves to this machine or its network; False for an unknown name."""
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return any(not ipaddress.ip_address(str(info[4][0]).partition("%")[0]).is_global for info in found)
