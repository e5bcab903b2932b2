"""Article: what one text says, and all that is known of who said it, where and when.

First noun on the way of the data: readers make Articles, everything after them only reads Articles.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace

PUBLISHED = "published"
POSTED = "posted by host"
FROM_URL = "from the address"
REFUSED = (
    "refused: "  # how the basis of a date begins that was stated and is not taken, the words and the reason after it
)
ARTICLE_KINDS = ("full text", "digest")
# Of the evidence for an outlet: something names it as the text's origin; it follows from the text; it is the site on
# which the text stands; there is none.
STRENGTHS = ("explicit", "inferred", "host", "unknown")
EXPLICIT = ("metadata", "byline", "credit line", "dateline", "url")


@dataclass(frozen=True)
class Article:
    """One article as its source printed it: cleaned of navigation, never reworded.

    Attributes:
        id: stable name; given by the input, otherwise derived from the content (see `identify`).
        text: the article's own words; every quotation is a span of it.
        title: printed title, or None where the page prints none.
        outlet: original publisher, or None where nothing shows who it is.
        outlet_basis: the evidence for `outlet`: its kind, then the words or field it rests on
            ("byline: By Jane Roe, The Example"), or "unknown". How strong that is, `strength` says.
        host: the site that the text was taken from, where one is named.
        authors: names, in the order printed.
        date: day of publication or posting, or None; never a guess.
        date_basis: whose date it is: "published" (by the outlet), "posted by host", "from the address"; None where
            no date is stated, "refused: WORDS (why)" where the one stated cannot be right or has two readings.
        url: address of the article, where the input states one.
        kind: "full text" or "digest" (a summary in somebody else's words).
        source: the file it was read from.
    """

    id: str
    text: str
    title: str | None = None
    outlet: str | None = None
    outlet_basis: str = "unknown"
    host: str | None = None
    authors: tuple[str, ...] = ()
    date: dt.date | None = None
    date_basis: str | None = None
    url: str | None = None
    kind: str = "full text"
    source: str = ""

    @property
    def strength(self) -> str:
        """How strong the evidence for the outlet is, one of STRENGTHS."""
        kind = self.outlet_basis.partition(":")[0]
        if kind == "unknown" or self.outlet is None:
            return "unknown"
        return "host" if kind == "host page" else "explicit" if kind in EXPLICIT else "inferred"

    @property
    def content_hash(self) -> str:
        """Hex digest of all that is stored of the article except where it was read from: equal, nothing changed."""
        fields = (self.id, self.text, self.title, self.outlet, self.outlet_basis, self.host, self.authors)
        return _digest(*map(repr, (*fields, self.date, self.date_basis, self.url, self.kind)))


def identify(article: Article) -> Article:
    """The article with an id derived from its words, its title and where it stood.

    Inferred attribution (author, outlet, date) is left out, so that a better reader tomorrow keeps today's ids;
    an outlet that the input itself states is in, so that two outlets' copies of one text stay two articles.
    """
    stated = article.outlet if article.outlet_basis.startswith("metadata") else None
    parts = (article.text, article.title, article.url, article.host, stated)
    return replace(article, id=_digest(*(part or "" for part in parts))[:20])


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
