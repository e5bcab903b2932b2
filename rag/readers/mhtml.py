"""Web pages saved as one file (.mhtml, .mht: RFC 2557) -> Articles. The page itself is read as `html` reads it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.errors import MessageError
from email.message import EmailMessage
from pathlib import Path

from ..article import Article
from ..errors import InputError
from ..outlets import Catalogue
from . import bounded, html
from .html_facts import is_address

PAGES = ("text/html", "application/xhtml+xml")
_DAMAGED = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)  # all seen of `email`


def read(path: Path, names: Catalogue) -> Iterator[Article]:
    """The article of a page saved as one file. Raises InputError where it holds no page, or the page no article."""
    data = bounded.whole(path)
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
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


def _root(message: EmailMessage) -> EmailMessage | None:
    """The part that is the page: the one that the file starts with, or the first that is HTML."""
    pages = [part for part in message.walk() if part.get_content_type() in PAGES]
    start = message.get_param("start", header="content-type")
    return next((part for part in pages if start and str(part["Content-ID"]).strip() == str(start).strip()), None) or (
        pages[0] if pages else None
    )
