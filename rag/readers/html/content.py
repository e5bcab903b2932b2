"""Extract the text of a page with trafilatura, and recognise pages that are not articles."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import regex
import trafilatura
from lxml import etree

from rag.errors import InputError
from rag.readers import left_out
from rag.readers.decoding import INVALID_IN_MARKUP
from rag.readers.html_to_text import html_to_text
from rag.readers.line_classifier import PROSE_WORDS, LineKind, classify, count_words

from .elements import MAX_TEXT_NODES, clean_line, is_element_within, is_within, visible_text, word_overlap
from .page import WebPage, schema_types
from .placeholders import as_extracted, with_placeholders

MIN_WORDS = 18  # as in page dumps: a brief of one sentence is an article, a slogan is not
MAX_WALL_WORDS = 120  # a page with no more words than this may be an error, a consent form or a log-in
# Of a page whose text trafilatura compares with what other algorithms find. One of them, jusText, takes time quadratic
# in the number of short paragraphs: 0.1 s for 1,000, 0.9 s for 3,000, 90 s for 30,000. Of 456 real pages twelve, of
# seven sites, have more than 1,000 (at most 1,582): for them, both ways find the same text.
MAX_PARAGRAPHS = 1_000
MAX_BLOCKS = 500  # lists and quotations of a page that are looked at
TEASERS = 3  # headings that link to other pages; an article may have one as its headline, a list has one per article
MAX_COMPARED_CHARS = 1_000_000  # of a text with which the other paragraphs of its page are compared
RUN_WORDS = 6  # of a paragraph that are looked for in the text; a paragraph has ten
MIN_SHARE = 0.5  # of the words that a page states as its article's; with less, it hides them from readers

_LIST_MARKUP = regex.compile(r"^\s*-\s+|^\|\s*|(?:(?<!\s)\s+)?\|\s*$")  # trafilatura's notation of lists and tables
_SENTENCE_END = regex.compile(r"[.!?…。！？]\W*$")
_PARAGRAPHS = (
    "p",
    "div",
    "li",
    "td",
    "th",
    "tr",
    "br",
    "dd",
    "dt",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
)
_COUNT = etree.XPath("count(//*)")
_ABOVE_TEXT = (LineKind.BYLINE, LineKind.DATED, LineKind.META, LineKind.CRUMBS)
_FRONT_PAGES = ("", "index.html", "index.htm", "index.php", "default.aspx", "home", "homepage")
_LIST_TYPES = {"CollectionPage", "SearchResultsPage", "ProfilePage"}
_WALLS = {
    "a log-in or subscription form": regex.compile(
        r"\b(?:log\s*in|sign\s+in|subscribe|register|create\s+an?\s+(?:free\s+)?account)\s+(?:now\s+)?to\s+"
        r"(?:read|continue|view|access|see|keep)\b|\bsubscribers?[\s-]only\b|\bforgot(?:ten)?\s+(?:your\s+)?password|"
        r"\balready\s+(?:a\s+(?:subscriber|member)|registered|have\s+an\s+account)\b",
        regex.I,
    ),
    "an error page": regex.compile(
        r"^\W*(?:error\s+)?(?:40\d|410|50\d)\b|^\W*(?:not\s+found|access\s+denied|forbidden|service\s+unavailable|"
        r"bad\s+gateway|internal\s+server\s+error)\b|\b(?:page|file|article|url)\b.{0,40}\b(?:not\s+found|could\s+not\s+be"
        r"\s+found|(?:does\s+not|doesn.t|no\s+longer)\s+exists?|no\s+longer\s+available)\b",
        regex.I | regex.M,
    ),
    "a check against robots": regex.compile(
        r"^\W*(?:just\s+a\s+moment|attention\s+required)\b|\bunusual\s+(?:traffic|activity)\b|\bchecking\s+your\s+browser|"
        r"\byou\s+are\s+(?:not\s+)?a?\s*(?:human|robot)\b|\bplease\s+enable\s+(?:javascript|js|cookies)\b",
        regex.I | regex.M,
    ),
}


def extract_text(page: WebPage, title: str | None) -> tuple[list[str], list[str]]:
    """Return (the byline and date printed above the article's text, its text), both as lines of one paragraph each.

    Raises:
        InputError: if trafilatura cannot parse the page.
    """
    try:
        tree, undo = with_placeholders(page.tree)
        many = _COUNT(page.tree) > MAX_PARAGRAPHS and sum(1 for _ in page.tree.iter(*_PARAGRAPHS)) > MAX_PARAGRAPHS
        found = trafilatura.extract(tree, url=page.url, include_comments=False, fast=many) or ""
    except (ValueError, RecursionError) as error:
        raise InputError(f"its markup cannot be parsed ({error})") from error
    body = page.article.get("articleBody")
    stated = html_to_text(body) if isinstance(body, str) else ""
    rows = [_LIST_MARKUP.sub("", row).translate(undo) for row in found.split("\n")]
    if stated and (len(found) < MIN_SHARE * len(stated) or as_extracted("\n".join(rows)) == as_extracted(stated)):
        rows = stated.split("\n")  # with its paragraphs, which trafilatura joins
    lines = [" ".join(INVALID_IN_MARKUP.sub("", row).split()) for row in rows]
    lines = _with_lists(page, [text for text in lines if text])
    titles = [title or "", *page.meta("og:title")]
    headlines = [n for n, text in enumerate(lines[:4]) if word_overlap(text, titles) > 0.9]
    above = lines[: headlines[-1]] if headlines else []
    in_text = any(_SENTENCE_END.search(text) for text in above) or 2 * len("".join(above)) >= len("".join(lines))
    if headlines and not in_text:
        lines = lines[headlines[-1] + 1 :]  # the headline is no part of the text, and neither is what is above it
    first = next((n for n, text in enumerate(lines) if classify(text) not in _ABOVE_TEXT), 0)
    return lines[:first], lines[first:]


def report_paragraphs(page: WebPage, text: str, taken: list[str], source: str) -> None:
    """Put on record which paragraphs of a page are not in the text of its article, and where they are.

    Args:
        page: the page.
        text: the article's.
        taken: its title, bylines and credits.
        source: the file.
    """
    if len(text) > MAX_COMPARED_CHARS:
        return
    words = text.split()
    runs = {hash(tuple(words[n : n + RUN_WORDS])) for n in range(len(words))}
    found: dict[str, list[str]] = {}
    for node in itertools.islice((n for n in page.printed if len(n.split()) >= PROSE_WORDS), MAX_TEXT_NODES):
        line = clean_line(node)
        run = line.split()[1 : 1 + RUN_WORDS]  # the first word may be joined to what is before it
        if hash(tuple(run)) in runs or line in taken:
            continue
        if is_within(node, page.others):
            reason = "paragraphs in comments or about other articles"
        else:
            within = is_within(node, page.furniture)
            reason = "paragraphs in a footer, menu or aside" if within else "paragraphs not found to be of the article"
        found.setdefault(reason, []).append(line)
    for reason, lines in found.items():
        left_out.report(source, reason, lines)


def reason_against(page: WebPage, title: str | None, text: str) -> str | None:
    """Return why a page is not an article, None if it is one."""
    words = count_words(text)
    if words <= MAX_WALL_WORDS:
        walls = (kind for kind, sign in _WALLS.items() if sign.search(f"{title}\n{text}"))
        if wall := next(walls, None):
            return f"{wall}, not an article"
    if words < MIN_WORDS:
        return "no article text found on the page"
    headline = clean_line(page.article.get("headline"))
    if "article" in page.meta("og:type") or word_overlap(headline, [title or ""]) > 0.5:
        return None
    if page.url and urlsplit(page.url).path.strip("/") in _FRONT_PAGES and not urlsplit(page.url).query:
        return "the front page of a site, not an article"
    if _LIST_TYPES & {t for o in page.objects for t in schema_types(o)} or _is_list(page, text):
        return "a list of articles, not an article"
    return None


def _is_list(page: WebPage, text: str) -> bool:
    """Return whether most of the text is below headings that link to several other pages, like teasers."""
    starts = {row[:40] for row in text.split("\n") if len(row) > 40}
    below: Counter[str] = Counter()
    link = ""
    for element in page.tree.iter("h1", "h2", "h3", "h4", "p", "div"):
        if element.tag in ("p", "div"):
            words = clean_line(element.text)
            below[link] += len(words) if words[:40] in starts else 0
        else:
            links = [a.get("href") for a in element.iter("a") if _is_most_of(a, element)][:1]
            links += element.xpath("ancestor::a/@href")[-1:]
            link = next((str(href) for href in links if href and not str(href).startswith("#")), "")
    own = (urlsplit(page.url or "").path or "/").rstrip("/")
    other = {href: size for href, size in below.items() if href and not (own and href.rstrip("/").endswith(own))}
    return sum(size > 0 for size in other.values()) >= TEASERS and 2 * sum(other.values()) > below.total()


def _is_most_of(part: Any, whole: Any) -> bool:
    """Return whether a link is most of a heading: that of a teaser is, one that edits the section is not."""
    return 2 * len(visible_text(part)) > len(visible_text(whole))


def _with_lists(page: WebPage, lines: list[str]) -> list[str]:
    """Return the lines of a text with the lists and quotations that the page prints between its paragraphs.

    trafilatura leaves lists out where nothing but the page's body is around the paragraphs. A list of links is none of
    the text, nor is one with an item that the text has.
    """
    numbers = {line: n for n, line in enumerate(lines)}
    added: dict[int, list[str]] = {}
    for block in itertools.islice(page.tree.iter("ul", "ol", "dl", "blockquote"), MAX_BLOCKS):
        above, below = block.getprevious(), block.getnext()
        if above is None or below is None or above.tag != "p" or below.tag != "p":
            continue
        n = numbers.get(visible_text(above))
        if n is None or numbers.get(visible_text(below)) != n + 1 or is_element_within(block, page.furniture):
            continue
        items = [visible_text(e) for e in block if isinstance(e.tag, str)] or [visible_text(block)]
        items = [item for item in items if item]
        linked = sum(len(visible_text(a)) for a in block.iter("a"))
        sentences = sum(bool(_SENTENCE_END.search(item)) for item in items)
        if items and 2 * linked < len(" ".join(items)) and 2 * sentences > len(items) and not numbers.keys() & {*items}:
            added[n] = items
    return [text for n, line in enumerate(lines) for text in (line, *added.get(n, ()))]
