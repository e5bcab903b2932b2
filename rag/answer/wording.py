"""Wording: what the terminal, the app, exports and tools all say of an answer, as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.text import spelled_date

if TYPE_CHECKING:
    from rag.answer.citation import Citation
    from rag.article import Article

UNKNOWN_OUTLET = "an unknown outlet"
NOTHING = "Nothing in the index answers this."
CLOSEST = f"{NOTHING} These are the closest passages; they hardly answer it."
DIGEST = "digest: a summary, not the outlet’s own words"


def attribution(source: Citation | Article) -> str:
    """How the outlet's name is introduced: a digest is not in the outlet's own words."""
    return "According to a digest of" if source.kind == "digest" else "According to"


def via(source: Citation | Article) -> str:
    """ ", via HOST" where the text was taken from another site than its outlet's; else empty."""
    return f", via {source.host}" if source.host and source.host != source.outlet else ""


def when(source: Citation | Article) -> str:
    """The date and whose it is, in words: "13 July 2021 (posted by host)", or "undated"."""
    if not source.date:
        return "undated"
    date = spelled_date(source.date)
    return f"{date} ({source.date_basis})" if source.date_basis else date
