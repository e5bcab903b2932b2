"""One address (http or https) -> the Articles of the page, feed or PDF that stands there.

Only what the address itself holds is fetched: no links, pictures or scripts. The limits are of the whole, not of each
step: a server that sends a byte a second, or without end, costs SECONDS and bounded.MOST_BYTES, no more.
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

from . import bounded, feed, html, http_body, pdf
from .skipped import Skipped

SECONDS = 30.0  # from the first look-up of the name to the last byte
REDIRECTS = 5  # a shortener, the change to https, a change of name, a consent page; more is a loop
_ACCEPT = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, "
    "application/pdf;q=0.9, */*;q=0.1"
)
_SAVE = "open it in a browser, save it, and give the file"
_STATUS = {
    401: "asks for a password",
    402: "asks for payment",
    403: "does not let programs read this page",
    404: "has no such page; check the address",
    410: "no longer has this page",
    429: "has had too many requests; try again later",
    451: "may not show this page here",
}


def page(url: str, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles that an address holds: one of a page or a PDF, many of a feed.

    Raises InputError where the address is none, cannot be reached in time, or holds nothing that can be read.
    """
    source = bare(url)
    got = _within(SECONDS, source)
    if got.data.lstrip()[:5] == b"%PDF-":
        yield pdf.article(got.data, names, source, got.url)
    elif feed.is_feed(got.data):
        yield from feed.articles(got.data, names, source, got.url)
    elif got.media_type in ("text/html", "application/xhtml+xml") or feed.root(got.data).lower() == "html":
        yield html.article(got.data, names, source, got.url, got.charset)
    elif not got.data.strip():
        raise InputError("the page is empty")
    else:
        raise InputError(f"it is {got.media_type or 'of no stated type'}; HTML pages, feeds and PDF files can be read")


@dataclass(frozen=True)
class _Got:
    data: bytes
    url: str
    media_type: str
    charset: str | None


def bare(url: str, base: str = "") -> str:
    """An address, whole or as seen from `base`, without user name, password and fragment.

    Raises InputError where it is no http(s) address.
    """
    try:
        parsed = httpx.URL(urljoin(base, url.strip()))
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError("no address that can be read; it begins with http:// or https://") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InputError("no address that can be fetched: only http:// and https:// are")
    return str(parsed.copy_with(userinfo=b"", fragment=None))


def _within(seconds: float, url: str) -> _Got:
    """What stands at an address. In a thread of its own: no limit of httpx's bounds the time of the whole."""
    answer: queue.SimpleQueue[_Got | BaseException] = queue.SimpleQueue()
    headers = {"User-Agent": _agent(), "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}

    def work(client: httpx.Client) -> None:
        try:
            answer.put(_get(client, httpx.URL(url), time.monotonic() + seconds))
        except BaseException as error:  # raised where the answer is taken
            answer.put(error)

    with httpx.Client(headers=headers, timeout=seconds, follow_redirects=False) as client:
        threading.Thread(target=work, args=(client,), daemon=True).start()
        try:
            got = answer.get(timeout=seconds)
        except queue.Empty:
            got = httpx.ReadTimeout("")
    if isinstance(got, httpx.TimeoutException):
        raise InputError(f"no whole answer within {seconds:.0f} s; try again later, or {_SAVE}") from got
    if isinstance(got, httpx.HTTPError | httpx.InvalidURL | OSError):
        raise InputError(_failure(got)) from got
    if isinstance(got, BaseException):
        raise got
    return got


def _agent() -> str:
    try:
        return f"According/{version('according')}"
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "According"


def _get(client: httpx.Client, address: httpx.URL, end: float) -> _Got:
    first = address
    for _ in range(REDIRECTS + 1):
        client.cookies.clear()
        with client.stream("GET", address) as response:
            if response.has_redirect_location:
                address = httpx.URL(bare(response.headers["Location"], str(address)))
                if address.host != first.host and _is_private(address.host) and not _is_private(first.host):
                    raise InputError("leads to an address inside this machine's own network; that is not followed")
                continue
            if not response.is_success:
                raise InputError(_refusal(response))
            stated = response.headers.get("Content-Type")
            data = http_body.unpacked(_body(response, end), response.headers.get("Content-Encoding"))
            return _Got(data, str(address), http_body.media_type(stated), http_body.charset(stated))
    raise InputError(f"leads from address to address more than {REDIRECTS} times; {_SAVE}")


def _body(response: httpx.Response, end: float) -> bytes:
    """The body as sent. Raises InputError where it is too large, httpx.ReadTimeout past the time `end`."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > bounded.MOST_BYTES:
        raise InputError(bounded.too_large(int(length)))
    data = bytearray()
    for piece in response.iter_raw():
        data += piece
        if len(data) > bounded.MOST_BYTES:
            raise InputError(bounded.too_large())
        if time.monotonic() > end:
            raise httpx.ReadTimeout("")
    return bytes(data)


def _refusal(response: httpx.Response) -> str:
    status = response.status_code
    told = _STATUS.get(status) or ("has a fault of its own; try again later" if status >= 500 else "gives no page")
    advice = f"; {_SAVE}" if status in (401, 402, 403, 429) else ""
    return f"the site answers {status} {response.reason_phrase[:40]}: it {told}{advice}"


def _failure(error: BaseException) -> str:
    """Why an address could not be reached, in words."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, socket.gaierror):
            return "no site of this name was found; check the address, and whether this machine is online"
        if isinstance(cause, ssl.SSLError):
            return (
                f"its certificate cannot be trusted ({getattr(cause, 'verify_message', '') or cause.reason}); {_SAVE}"
            )
        if isinstance(cause, ConnectionRefusedError):
            return "nothing answers at this address (connection refused)"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.InvalidURL):
        return "leads to no address that can be fetched"
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return "the answer breaks off or is not HTTP; try again later"
    return f"cannot be reached ({type(error).__name__})"


def _is_private(host: str) -> bool:
    """Whether a name leads into this machine or its network. False where the name is not found: nothing is there."""
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return any(not ipaddress.ip_address(str(info[4][0]).partition("%")[0]).is_global for info in found)
