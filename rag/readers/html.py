"""Saved web pages -> Articles: the words that trafilatura finds, with what the page says of itself (`html_facts`).

The outlet is the site, unless the page shows another to be the original one: by its data first, then by the credits
around its text (`attribution`). What is no article (a front page, a list, an error, a log-in form) is refused.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import regex
import trafilatura
from trafilatura.metadata import extract_author

from rag.article import EXPLICIT, POSTED, PUBLISHED, Article, identify
from rag.errors import InputError
from rag.provenance.attribution import Attribution, attribute, byline, names_only, split_off_outlet, staff
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.outlet import key

from . import bounded, decode, html_facts, markup
from .html_facts import Facts, agreement, alike, is_address, line, shown, types
from .page_line import Kind, classify, count

MIN_WORDS = 18  # as of page dumps: a brief of one sentence counts, a slogan does not
WALL_WORDS = 120  # a page of no more words than this may be an error, a consent form or a log-in
TEASERS = 3  # links that head parts of a text: an article's headline is one, a list has one for each article
LITTLE = 0.5  # of the words that a page states as its article's: with less, the page hides them from readers

_CHARSET = regex.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", regex.I)
_MARKS = regex.compile(r"^-\s+|^\|\s*|\s*\|$")  # what trafilatura writes of lists and tables
_STOPPED = regex.compile(r"[.!?…。！？]\W*$")
_BY = regex.compile(r"^(?:by|von|par|por)\b[\s:]*", regex.I)
_AND = regex.compile(r"\s*[;,]\s*(?:and\s+)?|\s+(?:and|&|et|und)\s+")
_SOURCE = regex.compile(r"\W*(?:by|source|via|from|credit|(?:first|originally)\s+published)\b", regex.I)
_CONTROL = regex.compile(r"\s+(?:follow|subscribe)$", regex.I)  # the button behind a name
_NO_AUTHOR = regex.compile(
    r"@|www\.|\d{3}|\b(?:staff|editorial|newsroom|writers|editors|correspondent|reporter|news|group|grupa|corp|inc|llc|ltd|"
    r"gmbh|kft|sp\.\s*z|redaktion|redazione|rédaction|redacción|foundation|ministry|\w*ministerium|department|fraktion|"
    r"committee|themes?|e\.\s?v)\b|\bdesk$|\bs\.\s?a\.?$",
    regex.I,
)
_ABOVE = (Kind.BYLINE, Kind.DATED, Kind.META, Kind.CRUMBS)
_SOURCES = ("original-source", "syndication-source", "source", "dc.source", "content_source", "contentsource")
_FRONT = ("", "index.html", "index.htm", "index.php", "default.aspx", "home", "homepage")
_LISTS = {"CollectionPage", "SearchResultsPage", "ProfilePage"}
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
    "a check for robots": regex.compile(
        r"^\W*(?:just\s+a\s+moment|attention\s+required)\b|\bunusual\s+(?:traffic|activity)\b|\bchecking\s+your\s+browser|"
        r"\byou\s+are\s+(?:not\s+)?a?\s*(?:human|robot)\b|\bplease\s+enable\s+(?:javascript|js|cookies)\b",
        regex.I | regex.M,
    ),
}


def read(path: Path, names: Catalogue) -> Iterator[Article]:
    """The article of a saved page. Raises InputError where the page holds none."""
    yield article(bounded.whole(path), names, str(path))


def article(
    page: bytes | str, names: Catalogue, source: str, url: str | None = None, charset: str | None = None
) -> Article:
    """The article that a page holds.

    `url` is the address that the page came from, where the caller knows it; `charset` what the server declared.
    Raises InputError where the page holds no article, and says what it is instead.
    """
    _quiet()
    found = html_facts.facts(page if isinstance(page, str) else _characters(page, charset), url)
    site = html_facts.site(found, names)
    title = html_facts.title(found, {key(name) for name in (site, *found.sites) if name})
    above, lines = _text(found, title)
    text = "\n".join(lines)
    if reason := _no_article(found, title, text):
        raise InputError(reason)
    outlet, basis, shown_authors = _outlet(found, names, site, title, [*_credits(found, title), *above], lines)
    day, day_basis = html_facts.day(found, title)
    copied = outlet and site and key(outlet) != key(site)
    made = Article(
        id="",
        text=text,
        title=title,
        outlet=outlet,
        outlet_basis=basis,
        host=site,
        authors=_authors(found, names, site, title, shown_authors),
        date=day,
        date_basis=POSTED if copied and day_basis == PUBLISHED else day_basis,
        url=found.url,
        source=source,
    )
    return identify(made)


def _characters(page: bytes, charset: str | None) -> str:
    if len(page) > bounded.MOST_BYTES:
        raise InputError(bounded.too_large(len(page)))
    if 0 < page.count(0) < len(page) / 100:
        page = page.replace(b"\x00", b"")  # stray ones; of UTF-16 every second byte is one
    declared = _CHARSET.search(page, 0, 4096)
    return decode.text(page, charset or (declared[1].decode("ascii", "ignore") if declared else None))


def _text(page: Facts, title: str | None) -> tuple[list[str], list[str]]:
    """(byline and date printed above the article's words, its words), a paragraph a line.

    Raises InputError where its markup is too much for the library.
    """
    try:
        found = trafilatura.extract(page.tree, url=page.url, include_comments=False) or ""
    except (ValueError, RecursionError) as error:
        raise InputError(f"its markup cannot be read ({error})") from error
    body = page.article.get("articleBody")
    stated = markup.plain(body) if isinstance(body, str) else ""
    if len(found) < LITTLE * len(stated) or found.split() == stated.split():
        found = stated  # with its paragraphs, which trafilatura joins
    lines = [" ".join(html_facts.NO_TEXT.sub("", _MARKS.sub("", row)).split()) for row in found.split("\n")]
    lines = [text for text in lines if text]
    titles = [title or "", *page.meta("og:title")]
    heads = [n for n, text in enumerate(lines[:4]) if agreement(text, titles) > 0.9]
    above = lines[: heads[-1]] if heads else []
    if heads and not any(_STOPPED.search(text) for text in above) and 2 * len("".join(above)) < len("".join(lines)):
        lines = lines[heads[-1] + 1 :]  # the headline is kept as such, and what stands above it is no text
    first = next((n for n, text in enumerate(lines) if classify(text) not in _ABOVE), 0)
    return lines[:first], lines[first:]


def _no_article(page: Facts, title: str | None, text: str) -> str | None:
    """Why a page is no article, or None where it is one."""
    words = count(text)
    if words <= WALL_WORDS:
        walls = (kind for kind, sign in _WALLS.items() if sign.search(f"{title}\n{text}"))
        if wall := next(walls, None):
            return f"{wall}, not an article"
    if words < MIN_WORDS:
        return "no article text found on the page"
    headline = line(page.article.get("headline"))
    if "article" in page.meta("og:type") or agreement(headline, [title or ""]) > 0.5:
        return None
    if page.url and urlsplit(page.url).path.strip("/") in _FRONT and not urlsplit(page.url).query:
        return "the front page of a site, not an article"
    if _LISTS & {t for o in page.objects for t in types(o)} or _listed(page, text):
        return "a list of articles, not an article"
    return None


def _listed(page: Facts, text: str) -> bool:
    """Whether most of the text stands below headings that lead to several other pages, as teasers do."""
    begins = {row[:40] for row in text.split("\n") if len(row) > 40}
    below: Counter[str] = Counter()
    heading = ""
    for element in page.tree.iter("h1", "h2", "h3", "h4", "p", "div"):
        if element.tag in ("p", "div"):
            words = line(element.text)
            below[heading] += len(words) if words[:40] in begins else 0
        else:
            links = [*element.xpath(".//a/@href")[:1], *element.xpath("ancestor::a/@href")[-1:]]
            heading = next((str(link) for link in links if not str(link).startswith("#")), "")
    own = (urlsplit(page.url or "").path or "/").rstrip("/")
    other = {link: size for link, size in below.items() if link and not (own and link.rstrip("/").endswith(own))}
    return sum(size > 0 for size in other.values()) >= TEASERS and 2 * sum(other.values()) > below.total()


def _outlet(
    page: Facts, names: Catalogue, site: str | None, title: str | None, head: list[str], text: list[str]
) -> tuple[str | None, str, tuple[str, ...]]:
    """(original outlet, its basis, the authors that the text itself shows)."""
    seen = attribute(head, text, names)
    if seen.outlet and site and key(seen.outlet) in key(site):  # "Le Monde" on Le Monde diplomatique's page
        seen = Attribution()
    for field, value in _sources(page):
        name = names.of_url(value) if is_address(value) else staff(value, names)
        if name and key(name) != key(site or ""):
            return name, f"metadata: {field}", seen.authors
    own = {key(name) for name in (site, *page.sites, *html_facts.beside_title(page)) if name}
    if (source := html_facts.source(page, title)) and not any(key(source[0]) in k or k in key(source[0]) for k in own):
        return names.resolve_printed(source[0]) or source[0], f"credit line: {source[1]}", seen.authors
    stated = bool(page.publishers or page.meta("article:publisher"))
    kind = seen.outlet_basis.partition(":")[0]
    if seen.outlet and key(seen.outlet) != key(site or "") and (kind in EXPLICIT or not stated):
        return seen.outlet, seen.outlet_basis, seen.authors
    if site is None:
        return None, "unknown", seen.authors
    return site, "metadata: publisher" if stated else f"host page: {site}", seen.authors


def _sources(page: Facts) -> Iterator[tuple[str, str]]:
    """(field, name or address) for each place in the page's data that can name another outlet than the site."""
    yield from ((name, value) for name in _SOURCES for value in page.meta(name))
    for name in ("sourceOrganization", "isBasedOn", "isBasedOnUrl", "author", "creator", "publisher"):
        value = page.article.get(name)
        for item in value if isinstance(value, list) else [value]:
            address = item.get("url") if isinstance(item, dict) else item
            if name.startswith("isBasedOn") and isinstance(address, str):
                yield name, address
            yield from ((name, called) for called in page.called(item))
    yield from (("author", line(value)) for value in page.meta("author", "article:author", "byl"))
    if page.canonical:
        yield "canonical", page.canonical


def _credits(page: Facts, title: str | None) -> list[str]:
    """The lines beside the headline that can name author and outlet."""
    found = page.tree.xpath(
        '//*[contains(@class, "byline") or contains(@class, "author") or @rel="author" or @itemprop="author"]'
        "[not(ancestor::figure or ancestor::aside or ancestor::footer or ancestor::nav)]"
    )
    pieces = [line(piece) for piece in html_facts.behind_headline(page, title)[:20]]
    runs = [" ".join(run) for run in itertools.pairwise(pieces) if _SOURCE.match(run[0])]
    return [text for text in dict.fromkeys([*map(shown, found[:4]), *runs]) if 2 < len(text) < 160]


def _authors(
    page: Facts, names: Catalogue, site: str | None, title: str | None, shown_authors: tuple[str, ...]
) -> tuple[str, ...]:
    """The persons that the page names as authors, by the first place that names any: its data, then its bylines."""
    metas = ("author", "article:author", "byl", "dc.creator", "parsely-author", "sailthru.author", "dcterms.creator")
    places = [page.called(page.article.get(n)) for n in ("author", "creator")] + [page.meta(n) for n in metas]
    places.append([name for text in _credits(page, title) for name in byline(text)])
    with contextlib.suppress(ValueError, RecursionError):
        guessed = [text for text in (extract_author(page.tree) or "").split("; ") if names_only(text)]
        places.append([text for text in guessed if html_facts.printed(page, text)])
    address = domain(page.url or "")
    for place in (*places, shown_authors):
        parts = (_BY.sub("", part).strip(" .") for text in place for part in _AND.split(line(text)))
        people = [split_off_outlet(_CONTROL.sub("", part), names)[0] for part in dict.fromkeys(parts)]
        people = [p for p in people if " " in p and len(p) < 60 and not _NO_AUTHOR.search(p)]
        people = [p for p in people if not (staff(p, names) or alike(p, address) or (site and key(site) in key(p)))]
        if people:
            return tuple(people)
    return ()


@functools.cache
def _quiet() -> None:
    """What the libraries log goes where the program's user wants it, and not to stderr by default."""
    for name in ("trafilatura", "htmldate"):
        logging.getLogger(name).addHandler(logging.NullHandler())
