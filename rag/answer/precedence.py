"""Decide which version of a text is shown first: that of an agency which is credited, else the earliest by date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import regex

from rag.article import Article
from rag.provenance.catalogue import Catalogue
from rag.provenance.uploads import is_uploaded

AGENCY, EARLIEST, UNKNOWN_ORDER = "agency", "earliest", "order unknown"
LATER = "later version"  # the first one is not among the passages found, or the filters exclude it
NEWS_AGENCY = "news agency"  # a kind of outlet
_SPOKEN_OF = (  # lookbehinds: before a name that a sentence speaks of
    r"(?<!(?i:told|tells|telling|asked|called|criticised|criticized|sued|accused|denied|against|about|to|than|like|"
    r"spokes\w+ (?:for|of)|according to)\s+(?:the\s+)?)"
)
_DOING = r"(?!['’]s?\s|\s+(?!(?:via|on|in|at|and|or|with|for|by|under|as)\b)\p{Ll})"  # behind one that acts
CREDIT_CHARACTERS = 200  # at either end of a text, where a copy names the outlet that it is from


def first_version(versions: Sequence[Article], catalogue: Catalogue) -> tuple[Article, str]:
    """Return the version that is shown first, and why.

    An agency that is credited comes first: an outlet that the catalogue has as a news agency, or that another version
    names where credits are. Then the earliest date; undated versions come last, and ties are in the order of their ids.
    What a reader uploaded, whatever it states, comes after all else.

    Args:
        versions: near-copies of one text.
        catalogue: which outlets are news agencies.

    Returns:
        The version, and AGENCY, EARLIEST, or UNKNOWN_ORDER for a tie or an undated one.
    """
    indexed = [version for version in versions if not is_uploaded(version.id)]
    if 0 < len(indexed) < len(versions):
        first, why = first_version(indexed, catalogue)
        return first, why if why == AGENCY else UNKNOWN_ORDER
    agencies = _agencies(versions, catalogue)
    keys = sorted((a.outlet not in agencies, a.date is None, a.date or dt.date.max, a.id) for a in versions)
    uncredited, undated, date, article_id = keys[0]
    first = next(article for article in versions if article.id == article_id)
    if not uncredited and keys[-1][0]:
        return first, AGENCY
    is_earliest = not undated and all(date < other for _, _, other, _ in keys[1:])
    return first, EARLIEST if is_earliest else UNKNOWN_ORDER


def _agencies(versions: Collection[Article], catalogue: Catalogue) -> set[str]:
    """Return the outlets of some versions that are agencies, or that the version of another outlet credits."""
    credits = [(article.outlet, line) for article in versions for line in _credits(article)]
    outlets = {article.outlet for article in versions if article.outlet}
    known = {outlet for outlet in outlets if catalogue.kind(outlet) == NEWS_AGENCY}
    return known | {
        outlet
        for outlet in outlets - known
        if any(by != outlet and outlet.lower() in line.lower() and _is_credit(outlet, line) for by, line in credits)
    }


def _credits(article: Article) -> list[str]:
    """Return where an article may name the outlet that it is from: its authors, and both ends of its text."""
    return [*article.authors, article.text[:CREDIT_CHARACTERS], article.text[-CREDIT_CHARACTERS:]]


def _is_credit(outlet: str, line: str) -> bool:
    """Return whether a name is printed as a whole; one of a single word, such as "Time", also as credits are."""
    name = regex.escape(outlet)
    if " " in outlet:  # "Varna Wire could not be reached", "told Varna Wire" cite it, or speak of it
        return bool(regex.search(rf"(?<!\w){_SPOKEN_OF}{name}(?!\w){_DOING}", line))
    signed = rf"[(\[]\s*{name}\s*[)\]/]|[-–—]\s*{name}\W*$|^\W*{name}\s*(?:[-–—:]|\W*$)"
    return bool(regex.search(rf"{signed}|\b(?:by|from|via|source|©)\W+{name}\b", line, regex.I | regex.M))
