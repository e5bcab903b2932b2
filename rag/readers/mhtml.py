"""Web pages saved as one file (.mhtml, .mht: RFC 2557) -> Articles. The page itself is read as `html` reads it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.errors import MessageError
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import bounded, html
from .html_facts import is_address

MOST_LINES = 1_000_000  # 32 MB as browsers write them have half as many
MOST_PARTS = 5_000
MOST_NESTED = 10
MOST_HEADER = 1_000  # characters; browsers write some hundred
MOST_LOCATION = 10_000  # of any other header, the rest is cut off
PAGES = ("text/html", "application/xhtml+xml")
_DAMAGED = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)  # all seen of `email`


def read(path: Path, names: Catalogue) -> Iterator[Article]:
    """The article of a page saved as one file. Raises InputError where it holds no page, or the page no article."""
    data = bounded.whole(path)
    if data.count(b"\n") > MOST_LINES or data.count(b"\n--") > MOST_PARTS:
        raise InputError(f"has more than {MOST_LINES:,} lines or {MOST_PARTS:,} parts; save the page as .html")
    try:
        message = cast(EmailMessage, email.message_from_bytes(data, policy=_Policy()))
        root = _root(message)
        page = root.get_payload(decode=True) if root else None
        charset = root.get_content_charset() if root else None
        places = (
            [message["Snapshot-Content-Location"], root["Content-Location"], message["Content-Location"]]
            if root
            else []
        )
    except _DAMAGED as error:
        raise InputError(f"not a page saved as one file, or a damaged one ({error})") from error
    if not isinstance(page, bytes) or not page.strip():
        raise InputError("no web page in it; open the page and save it again")
    addresses = (str(place).strip() for place in places if place)
    yield html.article(page, names, str(path), next(filter(is_address, addresses), None), charset)


class _Policy(email.policy.EmailPolicy):
    """As `email.policy.default`; a header that says what a part is must be short, and parts not nested without end.

    The module takes the square of such a header's length (8 s for 80 KB), and looks at each line once for each part
    that it is in.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[call-arg]  # whose stub asks for what has a default
        object.__setattr__(self, "nested", [])

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower() in ("content-type", "content-id"):
            if len(value) > MOST_HEADER:
                raise MessageError(f"a header of {len(value):,} characters says what a part is")
            if "boundary" in value.lower():
                nested: list[str] = self.nested  # type: ignore[attr-defined]
                nested.append(value)
                if len(nested) > MOST_NESTED:
                    raise MessageError(f"more than {MOST_NESTED} parts that hold parts")
        return name, value[:MOST_LOCATION]


def _root(message: EmailMessage) -> EmailMessage | None:
    """The part that is the page: the one that the file starts with, or the first that is HTML."""
    pages = [part for part in message.walk() if part.get_content_type() in PAGES]
    start = message.get_param("start", header="content-type")
    return next((part for part in pages if start and str(part["Content-ID"]).strip() == str(start).strip()), None) or (
        pages[0] if pages else None
    )
