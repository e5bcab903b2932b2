"""Find the date of publication of a page, as its outlet prints it.

The places are tried in this order: the page's data, the text around the headline, the URL, and what htmldate finds.
htmldate alone (version 1.9) is right on 250 of 258 pages of 181 present-day publishers, and this module on 252; the
gain is on older pages and blogs, whose data have no date. There htmldate takes dates of updates, footers and comments,
and misses dates in French, Spanish, Russian, Arabic and Chinese (see the section "Date" of tests/readers/test_html.py).
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import htmldate
import regex
from lxml import etree

from rag.article import FROM_URL, PUBLISHED, REFUSED
from rag.provenance.dates import find_date, refusal, stated
from rag.readers.dated_lines import (
    PUBLICATION_LABEL,
    is_other_date,
    publication_date,
    states_publication,
    words_without_date,
)

from .elements import SEPARATOR, TEXT_NODE, clean_line, is_url, is_within, visible_text, word_overlap
from .page import MAX_TITLE_CHARS, WebPage, schema_types
from .title import find_headings, text_after_headline

MAX_WORDS_WITH_DATE = 6  # other words in a dated line: an author, a place, a section
HEAD_CHARS = 600  # from the headline to its date and byline; later dates are those of other articles
MAX_LABELLED = 50  # dates with a label, as lists of articles have them; to find the heading above one takes long
NODES_ABOVE_HEADLINE = 8  # text nodes before the headline among which its date may be

_UPDATED = etree.XPath(
    "self::*[contains(@class, 'updated') or contains(@class, 'modified')]"
    "[not(contains(@class, 'published') or contains(@class, 'entry-date'))]"
)
_TIMES_AROUND = etree.XPath("ancestor-or-self::time/@datetime")
_PUBDATE = etree.XPath("//time[@pubdate]/@datetime")
_LINKED_HEADING = etree.XPath("preceding::*[self::h1 or self::h2 or self::h3 or self::h4][.//a or ancestor::a][1]")

_DATE_NAME = regex.compile(
    r"(?:pub|issue|first|orig).*(?:date|time)|date.*(?:pub|issue|orig|first)|firstpublished|sailthru\.date|"
    r"(?:^|[.:_-])(?:date|published|issued)$"
)
_CREATED = regex.compile(r"creat.*(?:date|time)|date.*creat|(?:^|[.:_-])created$")
_CHANGED = regex.compile(r"modif|updat")
_NOT_DATE_NAME = regex.compile(
    r"modif|updat|expir|end|valid|upload|release|regist|review|creat|id$|type|video|image|author|source|publisher"
)
_URL_DATE = regex.compile(
    r"/(?P<y>(?:19|20)\d\d)(?:/[a-z_]{3,})?(?P<s>[/_-])(?P<m>\d{1,2}|[a-z]{3})(?P=s)(?P<d>\d{1,2})(?!\d)|"
    r"[/_-](?P<y>20[0-3]\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)(?=[/_.-]|$)"
)
_FOUR_DIGITS = regex.compile(r"\d{4}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def find_publication_date(page: WebPage, headline: str | None) -> tuple[dt.date | None, str | None]:
    """Return (the date of publication as the outlet prints it, its basis as in `Article.date_basis`)."""
    refused = None
    url_date = _url_date(page.url or "")
    for stamp, basis in _candidates(page, headline, url_date):
        found, reason = _judge(stamp)
        if found:
            return _in_local_time(stamp, found, page, url_date), basis
        refused = refused or reason
    if not refused and (found := _htmldate(page)):
        return found, PUBLISHED
    return None, refused


def _candidates(page: WebPage, headline: str | None, url_date: dt.date | None) -> Iterator[tuple[str, str]]:
    """Yield (date as stated, basis) for each place that may hold the date of publication, the most reliable first."""
    titles = [title[:MAX_TITLE_CHARS] for title in (page.title_element, *page.meta("og:title"))]
    parts = [part for title in titles for part in SEPARATOR.split(title)]
    dates_in_titles = [part for part in parts if (span := find_date(part)) and span[:2] == (0, len(part))]
    yield from ((stamp, PUBLISHED) for stamp in (*_published_stamps(page), *dates_in_titles))
    yield from ((stamp, PUBLISHED) for stamp in _dated_runs(text_after_headline(page, headline)))
    yield from ((stamp, PUBLISHED) for stamp in _labelled(page, headline))
    for heading in find_headings(page, headline):
        above = heading.xpath(f"preceding::{TEXT_NODE}")[-NODES_ABOVE_HEADLINE:]
        yield from ((stamp, PUBLISHED) for stamp in _dated_runs(above))
    yield from ((stamp, PUBLISHED) for stamp in _dateline(page, headline))
    if url_date:
        yield url_date.isoformat(), FROM_URL
    created = [content for name, content in page.metas if _CREATED.search(name)]  # in some systems, of the page itself
    yield from ((stamp, PUBLISHED) for stamp in (*created, clean_line(page.article.get("dateCreated"))))


def _stamps(page: WebPage) -> Iterator[str]:
    """Yield the dates of publication in the page's data, the most reliable first."""
    pages = [o for o in page.objects if "WebPage" in schema_types(o)]
    yield from (clean_line(o.get("datePublished")) for o in (page.article, *pages))
    yield from page.microdata("datePublished")
    yield from page.meta("article:published_time", "og:article:published_time")
    yield from _PUBDATE(page.tree)[:1]
    yield from (content for name, content in page.metas if _DATE_NAME.search(name) and not _NOT_DATE_NAME.search(name))


def _published_stamps(page: WebPage) -> list[str]:
    """Return the dates of publication in the page's data. Templates fill in the date of the last change by mistake.

    So a date that the page's data also give as that of a change comes after an earlier one.
    """
    stamps = [stamp for stamp in _stamps(page) if stamp]
    changes = [content for name, content in page.metas if _CHANGED.search(name)]
    changed = {
        found for stamp in (*changes, clean_line(page.article.get("dateModified"))) if (found := _judge(stamp)[0])
    }
    days = {stamp: _judge(stamp)[0] for stamp in stamps} if changed else {}
    first = min((day for day in days.values() if day), default=None)
    return sorted(stamps, key=lambda stamp: days.get(stamp) in changed and days[stamp] != first)


def _judge(stamp: str) -> tuple[dt.date | None, str | None]:
    """Return (date, None), (None, the reason for refusing it), or (None, None) if there is no date in a stamp."""
    text = stamp.strip()[:HEAD_CHARS]
    span = find_date(text)
    found, reason = stated(text)
    if found and span and find_date(text[span[1] :]):
        found = publication_date(text)
        reason = refusal(found)
    words = text[span[0] : span[1]] if span and len(text) > 40 else text
    if found and not reason:
        return found, None
    return None, f"{REFUSED}{words[:40]} ({reason})" if _FOUR_DIGITS.search(words[:40]) else None


def _in_local_time(stamp: str, found: dt.date, page: WebPage, url_date: dt.date | None) -> dt.date:
    """Return the date in the outlet's time zone, if the page or its URL shows that a UTC stamp is a day off."""
    moment = _moment(stamp)
    if moment and moment.utcoffset():
        return found
    stamps = (_moment(str(s)) for s in (*_stamps(page), *page.tree.xpath("//time/@datetime")[:20]))
    if same := [m for m in stamps if m and m.utcoffset() and m == moment]:
        return same[0].date()
    has_time = regex.match(r"\d{4}-\d\d-\d\d[T ]\d", stamp)
    return url_date if has_time and url_date and abs(url_date - found).days == 1 else found


def _moment(stamp: str) -> dt.datetime | None:
    """Return the moment of a stamp that has a time zone."""
    try:
        moment = dt.datetime.fromisoformat(stamp.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _url_date(url: str) -> dt.date | None:
    """Return the date in a URL such as /2014/09/05/ or /2014/sep/05/."""
    match = _URL_DATE.search(urlsplit(url).path.lower()) if is_url(url) else None
    if not match:
        return None
    month = match["m"]
    try:
        number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
        found = dt.date(int(match["y"]), number, int(match["d"]))
    except ValueError:
        return None
    return found if found <= dt.date.today() else None


def _dated_runs(nodes: list[Any]) -> Iterator[str]:
    """Yield the runs of up to four text nodes, in the first HEAD_CHARS, that are a date with few other words."""
    nodes = sorted(nodes, key=lambda node: bool(_UPDATED(node.getparent())))
    lines = [clean_line(node)[:HEAD_CHARS] for node in nodes]
    for start in range(len(lines)):
        if sum(map(len, lines[:start])) > HEAD_CHARS:
            return
        if not find_date(lines[start]):  # where a date is printed, the stamp may be that of an update
            yield from _TIMES_AROUND(nodes[start].getparent())
        runs = (" ".join(lines[start:end]) for end in range(start + 1, min(start + 5, len(lines) + 1)))
        yield from [r for r in runs if states_publication(r) and len(words_without_date(r)) <= MAX_WORDS_WITH_DATE][:1]


def _labelled(page: WebPage, headline: str | None) -> list[str]:
    """Return the date that the page labels as that of publication, even below the text; none if there are several."""
    found: dict[dt.date, str] = {}
    left = MAX_LABELLED
    lines = page.printed_lines
    for n, line in enumerate(lines):
        text = line[:HEAD_CHARS]
        span = find_date(text)
        if not span or not span[2] or is_other_date(text, span[0]) or is_within(page.printed[n], page.others):
            continue
        node, before = page.printed[n], lines[n - 1] if n else ""
        label = text[: span[0]][:100]
        if left and (PUBLICATION_LABEL.fullmatch(label) or PUBLICATION_LABEL.fullmatch(f"{before[:30]} {label}")):
            left -= 1
            titles = [visible_text(e) for e in _LINKED_HEADING(node.getparent())]
            if len(before.split()) > 4 and page.printed[n - 1].getparent().xpath("ancestor-or-self::a"):
                titles.append(before)
            if all(word_overlap(title, [headline or ""]) > 0.8 for title in titles):  # not another article's
                found[span[2]] = text[span[0] : span[1]]
    return list(found.values()) if len(found) == 1 else []


def _dateline(page: WebPage, headline: str | None) -> list[str]:
    """Return the date that opens the text before a dash: "Feb. 23, 2015 -- The council voted"."""
    for node in text_after_headline(page, headline):
        text = clean_line(node)[:HEAD_CHARS]
        span = find_date(text)
        if span and span[0] == 0 and regex.match(r"\s*(?:--|[–—])", text, pos=span[1]):
            return [text[: span[1]]]
    return []


def _htmldate(page: WebPage) -> dt.date | None:
    """Return what htmldate finds in the page without its footers, comments and dates of updates.

    It counts only if the page prints the full date: htmldate also makes up dates from a month, or from image paths.
    """
    tree = copy.deepcopy(page.tree)
    copies = dict(zip(page.tree.iter(), tree.iter(), strict=True))
    metas = [(e, (e.get("property") or e.get("name") or "").lower()) for e in tree.iter("meta")]
    updates = [e for e, name in metas if _NOT_DATE_NAME.search(name)]
    for element in (*updates, *(copies[e] for e in page.furniture if e in copies)):
        if element.getparent() is not None:
            element.drop_tree()
    try:
        found = htmldate.find_date(tree, original_date=True, extensive_search=False, url="")
        markup = etree.tostring(tree, encoding="unicode")
    except (ValueError, RecursionError):
        return None
    if not found or found in markup:
        return dt.date.fromisoformat(found) if found else None
    printed = (publication_date(clean_line(node)[:200]) for node in tree.xpath(f"//{TEXT_NODE}"))
    return next((date for date in printed if date and date.isoformat() == found), None)
