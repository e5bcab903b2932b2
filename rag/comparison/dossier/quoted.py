"""Quoted: a quotation of a dossier, with its number; and its receipt, by which the words can be found again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from rag.answer.citation import Citation, quote_hash

Role = Literal["passage", "timeline", "variant"]
ROLES: tuple[Role, ...] = ("passage", "timeline", "variant")
PASSAGE, TIMELINE, VARIANT = ROLES


@dataclass(frozen=True)
class Receipt:
    """What must be known of a quotation to find its words again, and who said them where and when.

    Attributes:
        number: of the quotation in its file; its place where the file numbers none.
        article_id, start, end: the span of the words in the article's text.
        quote: (start, end) in the article's text of the sentences that answer; inside the span.
        text: the words.
        content_hash: of the words (`rag.answer.citation.quote_hash`); "" where the file has none.
        outlet, host, date, title, url: as in `Article`.
        role: what the dossier quotes the words as.
        checks_url: whether the file says which URL the article has.
    """

    number: int
    article_id: str
    start: int
    end: int
    quote: tuple[int, int]
    text: str
    content_hash: str
    outlet: str | None
    host: str | None
    date: dt.date | None
    title: str | None
    url: str | None
    role: Role = PASSAGE
    checks_url: bool = True

    @property
    def quotation(self) -> str:
        """The sentences that answer, word for word."""
        a, b = (edge - self.start for edge in self.quote)
        return self.text[a:b]

    def to_dict(self) -> dict[str, Any]:
        """Return the receipt in JSON types."""
        return {
            "number": self.number,
            "role": self.role,
            "article_id": self.article_id,
            "start": self.start,
            "end": self.end,
            "quote": list(self.quote),
            "content_hash": self.content_hash,
            "outlet": self.outlet,
            "host": self.host,
            "date": self.date.isoformat() if self.date else None,
            "title": self.title,
            "url": self.url,
            "text": self.text,
        }


@dataclass(frozen=True)
class Quoted:
    """A quotation of a dossier.

    Attributes:
        number: by which the dossier's sections refer to it, from 1.
        role: "passage" of the comparison, one of the "timeline" with other sentences marked, or "variant", other words
            of a near-copy.
        citation: the words, with who said them where and when.
        of: of a variant, the number of the passage that it is a variant of.
    """

    number: int
    role: Role
    citation: Citation
    of: int | None = None

    @property
    def receipt(self) -> Receipt:
        """By which the words can be found again."""
        c = self.citation
        return Receipt(
            self.number, c.article_id, c.start, c.end, c.quote, c.text, quote_hash(c.text), c.outlet, c.host, c.date,
            c.title, c.url, self.role,
        )  # fmt: skip
