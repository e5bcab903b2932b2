"""Find the authors of a page, in its data and its bylines."""

from __future__ import annotations

import contextlib
import itertools

import regex
from trafilatura.metadata import extract_author

from rag.provenance.attribution import byline, names_only, split_off_outlet, staff
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.outlet import key

from .elements import MAX_TEXT_NODES, TEXT_NODE, clean_line, is_within, visible_text
from .outlet import name_matches_domain
from .page import WebPage
from .title import text_after_headline

_AUTHOR_METAS = (
    "author",
    "article:author",
    "byl",
    "dc.creator",
    "parsely-author",
    "sailthru.author",
    "dcterms.creator",
)
_BY = regex.compile(r"^(?:by|von|par|por)\b[\s:]*", regex.I)
_AND = regex.compile(r"\s*[;,]\s*(?:and\s+)?|\s+(?:and|&|et|und)\s+")
_SOURCE = regex.compile(r"\W*(?:by|source|via|from|credit|(?:first|originally)\s+published)\b", regex.I)
MAX_PARTS = 100  # of what a place states, among which persons are looked for
_BUTTON = regex.compile(r"\s+(?:follow|subscribe)$", regex.I)  # after a name
_NOT_AUTHOR = regex.compile(
    r"@|www\.|\d{3}|\b(?:staff|editorial|newsroom|writers|editors|correspondent|reporter|news|group|grupa|corp|inc|llc|ltd|"
    r"gmbh|kft|sp\.\s*z|redaktion|redazione|rédaction|redacción|foundation|ministry|\w*ministerium|department|fraktion|"
    r"committee|themes?|e\.\s?v)\b|\bdesk$|\bs\.\s?a\.?$",
    regex.I,
)


def credit_lines(page: WebPage, title: str | None) -> list[str]:
    """Return the lines near the headline that can name author and outlet."""
    found = page.tree.xpath(
        '//*[contains(@class, "byline") or contains(@class, "author") or @rel="author" or @itemprop="author"]'
        "[not(ancestor::figure or ancestor::aside or ancestor::footer or ancestor::nav)]"
    )
    lines = [clean_line(node) for node in text_after_headline(page, title)[:20]]
    pairs = [" ".join(pair) for pair in itertools.pairwise(lines) if _SOURCE.match(pair[0])]
    return [text for text in dict.fromkeys([*map(visible_text, found[:4]), *pairs]) if 2 < len(text) < 160]


def find_authors(
    page: WebPage, catalogue: Catalogue, site: str | None, title: str | None, named_in_text: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the persons that the first place with any names as authors: the page's data, its bylines, its text.

    Args:
        page: the page.
        catalogue: used to tell persons from outlets.
        site: the site that the page is on.
        title: the headline.
        named_in_text: the authors that the text itself names.
    """
    places = [page.names_in(page.article.get(n)) for n in ("author", "creator")] + [page.meta(n) for n in _AUTHOR_METAS]
    places.append([name for text in credit_lines(page, title) for name in byline(text)])
    with contextlib.suppress(ValueError, RecursionError):
        guessed = [text for text in (extract_author(page.tree) or "").split("; ") if names_only(text)]
        places.append(_printed(page, guessed))
    host = domain(page.url or "")
    for place in (*places, named_in_text):
        parts = (_BY.sub("", part).strip(" .") for text in place for part in _AND.split(clean_line(text)))
        people = [
            split_off_outlet(_BUTTON.sub("", part), catalogue)[0]
            for part in itertools.islice(dict.fromkeys(parts), MAX_PARTS)
        ]
        people = [p for p in people if " " in p and len(p) < 60 and not _NOT_AUTHOR.search(p)]
        people = [p for p in people if not (staff(p, catalogue) or name_matches_domain(p, host))]
        people = [p for p in people if not (site and key(site) in key(p))]
        if people:
            return tuple(people)
    return ()


def _printed(page: WebPage, names: list[str]) -> list[str]:
    """Return the names that a page prints, in any letter case, outside its comments and other articles."""
    nodes = page.tree.xpath(f"//body//{TEXT_NODE}")[:MAX_TEXT_NODES] if names else []
    lines = [(clean_line(node).casefold(), node) for node in nodes]
    return [
        name for name in names if any(name.casefold() in text and not is_within(n, page.others) for text, n in lines)
    ]
