"""Article: one text with what is known about who said it, where and when.

Readers make Articles; every later stage of a build only reads them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace

from rag.address import canonical_address

ID_DIGITS = 32  # of a derived id: 128 bits, so that nobody can make another article with the same one
FORMER_ID_DIGITS = 20  # of one derived by an earlier version; such an article keeps it
PUBLISHED = "published"
POSTED = "posted by host"
FROM_URL = "from the address"  # as stored and hashed; shown as "from the URL"
# Begins the basis of a date that the source states but that was not taken; its words and the reason follow.
REFUSED = "refused: "
ARTICLE_KINDS = ("full text", "digest")
# Evidence for an outlet: something names it as the text's origin; it follows from the text; it is the site that the
# text was taken from; there is none.
STRENGTHS = ("explicit", "inferred", "host", "unknown")
EXPLICIT = ("metadata", "byline", "credit line", "dateline", "url")


@dataclass(frozen=True)
class Article:
    """One article as its source printed it: cleaned of navigation, never reworded.

    Attributes:
        id: stable id; given by the input, otherwise derived from the address or the content (see `derived_ids`). In an
            index, an article whose id another outlet's article has already gets one of its own: "1@inland-post".
        text: the article's own words; every quotation is a span of it.
        title: printed title, or None if the page prints none.
        outlet: original publisher, or None if nothing shows who it is.
        outlet_basis: the evidence for `outlet`: its kind, then the words or field it rests on
            ("byline: By Jane Roe, The Example"), or "unknown". `strength` says how strong it is.
        host: the site that the text was taken from, if one is named.
        authors: names, in the order printed.
        date: date of publication or posting, or None; never a guess.
        date_basis: whose date it is: "published" (by the outlet), "posted by host", "from the address"; None if no date
            is stated, "refused: WORDS (why)" if the one stated cannot be right or can be read in two ways.
        url: URL of the article, if the input states one.
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
        """SHA-256, in hex, of everything stored of the article except its source file: if equal, nothing changed."""
        fields = (self.id, self.text, self.title, self.outlet, self.outlet_basis, self.host, self.authors)
        return _sha256(*map(repr, (*fields, self.date, self.date_basis, self.url, self.kind)))


def date_basis_label(basis: str | None) -> str:
    """Return the `date_basis` of an article as readers see it."""
    return "from the URL" if basis == FROM_URL else basis or "not stated"


def identify(article: Article) -> Article:
    """Return the article, which the input gives no id, with one derived from its address or else from its content."""
    return replace(article, id=derived_ids(article)[0])


def derived_ids(article: Article) -> tuple[str, ...]:
    """Return the ids that an article can have which the input gives none, the preferred one first.

    They are made from its canonical address, if it has one; from its content (text, title, URL, host); and, as earlier
    versions of According did, from less of the same hash. Inferred attribution (author, outlet, date) is left out, so
    that a better reader keeps today's ids. An outlet that the input itself states is included in the content, so that
    two outlets' copies of one text stay two articles.
    """
    address = canonical_address(article.url)
    stated = article.outlet if article.outlet_basis.startswith("metadata") else None
    parts = (article.text, article.title, article.url, article.host, stated)
    content = _sha256(*(part or "" for part in parts))
    by_address = (_sha256("address", address)[:ID_DIGITS],) if address else ()
    return *by_address, content[:ID_DIGITS], content[:FORMER_ID_DIGITS]


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
