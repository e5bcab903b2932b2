"""Read MHTML (.mhtml, .mht: RFC 2557), a web page saved as one file. The page in it is parsed by `html`."""

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

from . import html, limits
from .html.elements import is_url
from .http_content import HTML_TYPES

MAX_LINES = 1_000_000  # 32 MB as browsers write them have half as many
MAX_PARTS = 5_000
MAX_NESTED = 10
MAX_TYPE_HEADER_CHARS = 1_000  # of Content-Type and Content-ID; browsers write a few hundred
MAX_HEADER_CHARS = 10_000  # any other header is cut off there
DAMAGED = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)  # `email` raises them all


def read(path: Path, catalogue: Catalogue) -> Iterator[Article]:
    """Yield the article of a page saved as one file.

    Raises:
        InputError: if the file holds no page, or the page no article.
    """
    data = limits.read_bytes(path)
    if data.count(b"\n") > MAX_LINES or data.count(b"\n--") > MAX_PARTS:
        raise InputError(f"has more than {MAX_LINES:,} lines or {MAX_PARTS:,} parts; save the page as .html")
    try:
        message = cast(EmailMessage, email.message_from_bytes(data, policy=MimePolicy()))
        root = _root(message)
        page = root.get_payload(decode=True) if root else None
        charset = root.get_content_charset() if root else None
        places = (
            [message["Snapshot-Content-Location"], root["Content-Location"], message["Content-Location"]]
            if root
            else []
        )
    except DAMAGED as error:
        raise InputError(f"not an MHTML file, or a damaged one ({error}); save the page again") from error
    if not isinstance(page, bytes) or not page.strip():
        raise InputError("no web page in it; open the page and save it again")
    urls = (str(place).strip() for place in places if place)
    yield html.parse(page, catalogue, str(path), next(filter(is_url, urls), None), charset)


class MimePolicy(email.policy.EmailPolicy):
    """As `email.policy.default`, with limits on the size of headers and the nesting of parts.

    The module takes time quadratic in the length of a type header (8 s for 80 KB), and processes each line once for
    every part around it.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[call-arg]  # the stub requires arguments that have defaults
        object.__setattr__(self, "nested", [])

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower() in ("content-type", "content-id"):
            if len(value) > MAX_TYPE_HEADER_CHARS:
                raise MessageError(f"its {name} header has {len(value):,} characters")
            if "boundary" in value.lower():
                nested: list[str] = self.nested  # type: ignore[attr-defined]
                nested.append(value)
                if len(nested) > MAX_NESTED:
                    raise MessageError(f"more than {MAX_NESTED} nested parts")
        return name, value[:MAX_HEADER_CHARS]


def _root(message: EmailMessage) -> EmailMessage | None:
    """Return the part that is the page: the start part that the file declares, or the first HTML part."""
    pages = [part for part in message.walk() if part.get_content_type() in HTML_TYPES]
    start = message.get_param("start", header="content-type")
    return next((part for part in pages if start and str(part["Content-ID"]).strip() == str(start).strip()), None) or (
        pages[0] if pages else None
    )
