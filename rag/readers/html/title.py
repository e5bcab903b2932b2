"""Find the headline of a page, the headings that print it, and the text that follows it."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import urlsplit

import regex
from lxml import etree

from rag.provenance.outlet import key
from rag.readers.line_classifier import is_prose

from .elements import (
    MAX_TEXT_NODES,
    PART_END,
    SEPARATOR,
    TEXT_NODE,
    WORD,
    clean_line,
    is_within,
    visible_text,
    word_overlap,
)
from .page import MAX_TITLE_CHARS, MIN_HEADLINE_LETTERS, WebPage
from .tree import found_once

SAME_HEADLINE = 0.5  # word overlap of a printed headline with the stated one, however it was edited

MAX_NODES_AFTER = 100  # text nodes after a headline that are looked at
_FOLLOWING = etree.XPath(f"(following::{TEXT_NODE})[position() <= {MAX_NODES_AFTER}]")
_LAST_WITHIN = etree.XPath(f"(.//{TEXT_NODE})[last()]")
_NOT_SITES = {"blog", "news", "home", "homepage", "startseite", "accueil", "index", "article", "artikel"}
_DOMAIN = regex.compile(r"[\w-]+(?:\.[\w-]+)+")
_FILE_NAME = regex.compile(r".[^-_]*+[-_].[^-_]*+[-_].")  # "tram-port-selwyn-2014" is no headline
_NOT_IN_FILE_NAME = regex.compile(r"[\s\p{Han}]")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_NOT_LETTERS = regex.compile(r"[\W_]+")
MAX_STATED = 20  # titles that are compared with each other
_ARCHIVE = regex.compile(r"^.+?\s+»\s+Blog\s+Archive\s+»\s+(?P<title>.+)$")  # WordPress until 2010


def find_title(page: WebPage, sites: set[str]) -> str | None:
    """Return the headline: as printed, if the page's data or title element agree with it, else as they state it.

    Args:
        page: the page.
        sites: the keys of the site's names, which are cut off from titles.
    """
    if archive := _ARCHIVE.match(page.title_element):
        return str(archive["title"])
    heads = [*page.with_itemprop("headline")[:3], *itertools.islice(page.tree.iter("h1"), 8)]
    heads = heads or page.tree.xpath('//*[contains(@class, "headline") or contains(@class, "entry-title")]')[:1]
    stated = [*page.names_in(page.article.get("headline")), *page.meta("og:title", "twitter:title"), page.title_element]
    stated = [_without_site(clean_line(title)[:MAX_TITLE_CHARS], sites) for title in stated]
    stated = [title for title in stated if title and not _is_file_name(title)][:MAX_STATED]
    printed = [t for e in heads if (t := _without_site(_heading_text(page, e)[:MAX_TITLE_CHARS], sites))]
    best = max(printed, key=lambda text: word_overlap(text, stated), default=None)
    named = len(stated) == 1 and any(site in key(stated[0]) for site in sites)  # "News from The Example"
    full = next((text for text in printed if len(text.split()) > 2), None)
    if full and all(len(key(text)) < MIN_HEADLINE_LETTERS for text in stated):
        return full
    begins = best and " " in best and any(key(best) == key(SEPARATOR.split(text)[0]) for text in stated)
    if best and (not stated or begins or word_overlap(best, stated) >= SAME_HEADLINE):
        return best
    agreed = len(stated) > 1 and len({key(text) for text in stated}) == 1 and len(stated[0].split()) > 3
    if other := _other_heading(page, stated, printed if not agreed else [], sites):
        return other
    if agreed:
        return stated[0]
    if best and named:
        return best
    if len(stated) == 1 and page.printed_start:
        return page.printed_start
    if len(stated) == 1 and (separators := list(SEPARATOR.finditer(stated[0]))):
        head, tail = stated[0][: separators[-1].start()], stated[0][separators[-1].end() :]
        return head if len(tail.split()) <= 4 and len(head.split()) >= 3 else stated[0]
    return max(stated, key=lambda text: sum(word_overlap(text, [other]) for other in stated), default=None)


def _is_file_name(title: str) -> bool:
    return not _NOT_IN_FILE_NAME.search(title) and bool(_FILE_NAME.match(title))


def _other_heading(page: WebPage, stated: list[str], printed: list[str], sites: set[str]) -> str | None:
    """Return the headline if no h1 prints the stated one: a lower heading that does, or the only h1 if similar.

    A title written for search engines, or the URL, shares a word with the headline; a site's motto shares none.
    """
    lower = itertools.islice(page.tree.iter("h2", "h3"), 20)
    headings = [_without_site(visible_text(e)[:MAX_TITLE_CHARS], sites) for e in lower]
    headings = [h for h in headings if not h.endswith((":", "："))]  # the first of a headline's two lines
    found = [h for h in headings if len(h.split()) > 2 and any(_prints(h, text) for text in stated)]
    if found:
        return max(found, key=len)
    if not printed and not stated:
        return next((h for h in headings if len(h.split()) > 2), None)
    slug = _NOT_LETTERS.sub(" ", urlsplit(page.url or "").path.rstrip("/").rpartition("/")[2])
    long_words = [" ".join(w for w in WORD.findall(text) if len(w) > 3) for text in (*printed, *stated, slug)]
    similar = len(printed) == 1 and len(printed[0].split()) > 2 and word_overlap(long_words[0], long_words[1:])
    return printed[0] if similar else None


def _prints(heading: str, stated: str) -> bool:
    """Return whether a heading is the stated title, or most of it: a fragment is a heading within the text."""
    return key(heading) in key(stated) and 2 * len(key(heading)) > len(key(stated))


@found_once
def title_suffixes(page: WebPage) -> list[str]:
    """Return the parts of the title element other than the printed headline: names of the site, or of sections."""
    title = page.title_element
    texts = (_heading_text(page, e) for e in itertools.islice(page.tree.iter("h1", "h2", "h3"), 20))
    headings = [text for text in texts if len(key(text)) > 9]
    headline = max(headings, key=lambda h: (h in title, key(h) in key(title), len(h)), default="")
    if page.printed_start and not (headline and title.startswith(headline)):
        headline = page.printed_start
    rest = PART_END.split(title.replace(headline or "_", " | "))
    parts = [part.strip(" -–—«»‹›:|") for part in rest]
    parts = [part for part in parts if part != title]  # a heading in other letters is not cut out of it
    others = [part for part in parts if key(part) and key(part) not in key(headline) and key(part) not in _NOT_SITES]
    others.sort(key=lambda part: not _DOMAIN.fullmatch(part))
    return others[::-1] if headline and key(headline) in key(title) else []


def _heading_text(page: WebPage, element: Any) -> str:
    """Return the text of a heading, without dates in it, and without child elements that the title does not have."""
    whole, own = visible_text(element), clean_line(element.text)
    for date in element.iterdescendants("time"):
        whole = " ".join(whole.replace(visible_text(date), " ", 1).split())
    shorter = len(own.split()) > 2 and page.title_element.startswith(own) and not page.title_element.startswith(whole)
    return own if shorter else whole


def _without_site(text: str, sites: set[str]) -> str:
    """Return a title without the names of the site at its start and end, "" if nothing else is left."""
    while text and key(text) not in sites:
        separators = list(SEPARATOR.finditer(text))
        if separators and _names_site(text[separators[-1].end() :], sites):
            text = text[: separators[-1].start()]
        elif separators and _names_site(text[: separators[0].start()], sites):
            text = text[separators[0].end() :]
        else:
            return text.strip()
    return ""


def _names_site(part: str, sites: set[str]) -> bool:
    """Return whether a part of a title is a name of the site, or a form of it such as "CNN Politics"."""
    short = key(part)
    forms = (len(s) > 2 and (s in short or (len(short) > 2 and short in s)) for s in sites)
    return short in sites or (_word_count(part) <= 4 and any(forms))


def _word_count(text: str) -> float:
    """Return the number of words of a text; a letter of Chinese or Japanese counts as half a word."""
    return sum(0.5 if _UNSPACED.match(w) else 1 for w in WORD.findall(text))


@found_once
def find_headings(page: WebPage, headline: str | None) -> list[Any]:
    """Return the elements that print the headline, two at most."""
    headings = page.tree.iter("h1", "h2", "h3", "h4")
    found = [e for e in headings if headline and word_overlap(visible_text(e), [headline]) > 0.8]
    if headline and not found:
        nodes = page.tree.xpath(f"//body//{TEXT_NODE}[not(ancestor::a)]")[:MAX_TEXT_NODES]
        found = [node.getparent() for node in nodes if clean_line(node) == headline]
    return found[:2]


@found_once
def text_after_headline(page: WebPage, headline: str | None) -> list[Any]:
    """Return the text nodes after the headline, up to the second paragraph: the first may be a standfirst."""
    found: list[Any] = []
    for heading in find_headings(page, headline):
        paragraphs = 0
        for node in _following(page, heading):
            if is_within(node, page.furniture):
                continue
            paragraphs += is_prose(clean_line(node))
            if paragraphs > 1:
                break
            found.append(node)
    return found


def _following(page: WebPage, element: Any) -> list[Any]:
    """Return the first text nodes after an element, from those of the page where they are found among them."""
    last = next(iter(_LAST_WITHIN(element)), None)
    if last is not None:
        parent, is_tail = last.getparent(), last.is_tail
        for n, node in enumerate(page.printed):
            if node == last and node.is_tail == is_tail and node.getparent() is parent:
                return page.printed[n + 1 : n + 1 + MAX_NODES_AFTER]
    return list(_FOLLOWING(element))
