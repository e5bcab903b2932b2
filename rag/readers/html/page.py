"""Parse a saved web page, and give access to what it states about itself: JSON-LD, meta elements, its title element.

A page states each fact several times, and the places disagree: the title hides a site's name, the social title differs
from the headline, a template names its software as the publisher. The modules `title`, `date`, `outlet` and `authors`
consult the places in the order that proved right on real pages (`benchmarks/html_pages.py`).
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import regex
from lxml import etree

from rag.errors import InputError
from rag.provenance.catalogue import domain
from rag.provenance.outlet import key
from rag.readers import limits
from rag.readers.decoding import INVALID_IN_MARKUP

from .elements import (
    MAX_LINE_CHARS,
    MAX_TEXT_NODES,
    PART_END,
    SEPARATOR,
    TEXT_NODE,
    clean_line,
    is_url,
    named,
    visible_text,
    word_overlap,
)
from .tree import parse_tree

MAX_OBJECTS = 5000  # of JSON-LD
MAX_METAS = 500  # that are looked at; pages have some 50
MAX_VALUES = 20  # of one name, in the page's data: the authors of an article, the names of a site
MAX_NAME_CHARS = 100  # of a meta element's name
MAX_ATTRIBUTE_CHARS = 10_000  # of an element; a longer one, such as an image written out, is dropped
MAX_ARTICLES = 100  # of them, that are compared with the title; a page of a live blog has an object for each entry
MAX_TITLE_CHARS = 400
MIN_HEADLINE_LETTERS = 10  # a shorter stated title gives way to a printed one of three words

_FOOTERS = etree.XPath(f"//footer | //aside | //nav | {named('footer')}")
_OTHERS = etree.XPath(named("comment", "related"))
_PRINTED = etree.XPath(f"//body//{TEXT_NODE}")
_MICRODATA = etree.XPath("//@itemprop/..")
_CANONICAL = etree.XPath('//link[@rel="canonical"]/@href')
_SCRIPTS = etree.XPath('//script[contains(@type, "ld+json")]')
_TITLES = etree.XPath("//title[not(ancestor::svg)]")
_LONG_VALUES = etree.XPath(f"//@*[string-length() > {MAX_LINE_CHARS}]")
_ARTICLE_TYPE = regex.compile(r"(?:Article|Posting|Report|Review)$")
_KEYS_OF_OTHERS = {
    *("itemListElement", "hasPart", "comment", "mentions", "about", "citation", "relatedLink", "video", "image"),
}
_SOFTWARE = {"blogger", "blogspot", "wordpress", "wordpresscom", "drupal", "joomla", "medium", "wix", "squarespace"}
_PUBLISHER_METAS = (
    "dc.publisher",
    "dcterms.publisher",
    "dc.publisher.corporatename",
    "publisher",
    "citation_publisher",
)
_END_CHARS = 50  # of a script, in which the end of a comment or CDATA section around it is looked for
_SCRIPT_START = regex.compile(r"^(?:<!--|(?://)?\s*<!\[CDATA\[)")
_SCRIPT_END = regex.compile(r"(?:-->|(?://)?\s*\]\]>|;)\s*$")
_LEFT_COMMA = regex.compile(r",\s*(?=[}\]])")
_SAVED_FROM = regex.compile(r"<!--\s*saved from url=\(\d{1,6}\)(?P<url>\S{1,2000})")
_HEADLINE_END = regex.compile(
    r"(?<=[\p{Han}\p{Katakana}])\s|[-_](?=[^-_]*\p{Han})"
)  # of one that is known to be printed


@dataclass(frozen=True)
class WebPage:
    """A parsed page and what it states about itself.

    Attributes:
        tree: the lxml tree.
        url: where the page came from, or the URL that it gives as its own.
        canonical: the URL that it gives as that of the text, which may be on another site.
        metas: (name in lower case, content) of its meta elements, in order.
        objects: the objects of its JSON-LD, without those about other articles.
    """

    tree: Any
    url: str | None
    canonical: str | None
    metas: tuple[tuple[str, str], ...]
    objects: tuple[dict[str, Any], ...]

    @functools.cached_property
    def remembered(self) -> dict[Any, Any]:
        """What functions that are `found_once` found in it."""
        return {}

    @functools.cached_property
    def printed(self) -> list[Any]:
        """The text nodes that it displays, in order."""
        return list(_PRINTED(self.tree))

    @functools.cached_property
    def printed_lines(self) -> list[str]:
        """The first MAX_TEXT_NODES of them as `clean_line` returns them."""
        return [clean_line(node) for node in self.printed[:MAX_TEXT_NODES]]

    @functools.cached_property
    def article(self) -> dict[str, Any]:
        """The JSON-LD object of the article, {} if there is none."""
        found = [o for o in self.objects if any(_ARTICLE_TYPE.search(t) for t in schema_types(o))]
        found = [o for o in found if {"headline", "articleBody", "datePublished"} & o.keys()][:MAX_ARTICLES]
        titles = [title[:MAX_TITLE_CHARS] for title in (self.title_element, *self.meta("og:title")[:2])]
        return max(found, key=lambda o: word_overlap(clean_line(o.get("headline")), titles), default={})

    @functools.cached_property
    def others(self) -> set[Any]:
        """The elements of comments and other articles, without those around the headline."""
        return set(_OTHERS(self.tree)) - self._around_headline

    @functools.cached_property
    def furniture(self) -> set[Any]:
        """The elements of comments, other articles, footers and menus, without those around the headline."""
        return self.others | (set(_FOOTERS(self.tree)) - self._around_headline)

    @functools.cached_property
    def _around_headline(self) -> set[Any]:
        return {parent for head in self.tree.iter("h1", "article") for parent in (head, *head.iterancestors())}

    @functools.cached_property
    def title_element(self) -> str:
        """The text of the title element."""
        found = _TITLES(self.tree)
        return visible_text(found[0])[:MAX_TITLE_CHARS] if found else ""

    @functools.cached_property
    def printed_start(self) -> str:
        """The longest start of the title element that is a text node of its own: a headline outside any heading.

        "" if a longer part follows: then the start is the name of the site.
        """
        if not (title := self.title_element):
            return ""
        texts = set()
        for node in self.printed[:MAX_TEXT_NODES]:
            first = node.lstrip()[:1]  # `clean_line` changes no letter or digit
            if (first == title[0] or not first.isalnum()) and title.startswith(text := clean_line(node)):
                texts.add(text)
        starts = (text for text in texts if len(key(text)) >= MIN_HEADLINE_LETTERS)
        whole = (s for s in starts if SEPARATOR.match(title, len(s)) or _HEADLINE_END.match(title, len(s)))
        found = max(whole, key=len, default="")
        rest = PART_END.split(title[len(found) :])
        return found if all(len(part) <= len(found) for part in rest) else ""

    def meta(self, *names: str) -> list[str]:
        """Return the contents of the meta elements of these names, in the order of the names, MAX_VALUES of each."""
        return [content for name in names for content in [c for n, c in self.metas if n == name][:MAX_VALUES]]

    def microdata(self, name: str) -> list[str]:
        """Return the values of the elements with this itemprop."""
        found = self.with_itemprop(name)[:20]
        return [v for e in found if (v := clean_line(e.get("content") or e.get("datetime") or visible_text(e)))]

    def with_itemprop(self, name: str) -> list[Any]:
        """Return the elements with this itemprop, in order."""
        return self._by_itemprop.get(name, [])

    @functools.cached_property
    def _by_itemprop(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for element in _MICRODATA(self.tree):
            found.setdefault(element.get("itemprop"), []).append(element)
        return found

    def names_in(self, value: object, depth: int = 4) -> list[str]:
        """Return the names in a JSON-LD value: text, an object with a name, a reference to one, or a list of these.

        MAX_VALUES at most.
        """
        if isinstance(value, list) and depth:
            return [name for item in value[:MAX_VALUES] for name in self.names_in(item, depth - 1)][:MAX_VALUES]
        if isinstance(value, dict) and depth:
            named = value if "name" in value else self._by_id.get(str(value.get("@id")), {}) or value
            parts = [clean_line(named.get(part)) for part in ("givenName", "familyName")]
            return self.names_in(named.get("name") or " ".join(filter(None, parts)), depth - 1)
        name = "" if _is_long(value) else clean_line(value)
        return [name] if name and not is_url(name) else []

    def persons_in(self, value: object) -> list[str]:
        """Return the names in a JSON-LD value that it states to be those of persons."""
        items = value if isinstance(value, list) else [value]
        resolved = (self._by_id.get(str(i.get("@id")), i) if isinstance(i, dict) else {} for i in items[:MAX_VALUES])
        return [name for item in resolved if "Person" in schema_types(item) for name in self.names_in(item)]

    @functools.cached_property
    def organisations(self) -> list[str]:
        """The names of its publisher, and of the authors that its data state to be organisations."""
        value = self.article.get("author")
        items = [
            item for item in (value if isinstance(value, list) else [value])[:MAX_VALUES] if isinstance(item, dict)
        ]
        stated = [item for item in items if any(t.endswith("Organization") for t in schema_types(item))]
        return [name for item in (*stated, self.article.get("publisher")) for name in self.names_in(item)]

    @functools.cached_property
    def _by_id(self) -> dict[str, dict[str, Any]]:
        return {str(o["@id"]): o for o in self.objects[::-1] if "@id" in o and "name" in o}

    @functools.cached_property
    def publishers(self) -> list[str]:
        """The names that the page states as its publisher."""
        nodes = (self.article, *(o for o in self.objects if "WebPage" in schema_types(o)))
        found = [name for node in nodes[:MAX_VALUES] for name in self.names_in(node.get("publisher"))]
        return _site_names([*found, *self.meta(*_PUBLISHER_METAS)])

    @functools.cached_property
    def sites(self) -> list[str]:
        """The names that the page gives to its site."""
        own_types = {"WebSite", "NewsMediaOrganization"}
        sites = [o for o in self.objects if own_types & {*schema_types(o)}]
        own = [name for o in sites[:MAX_VALUES] for name in self.names_in(o)]
        names = _site_names([*self.meta("og:site_name"), *own, *self.meta("application-name", "sitename")])
        return [name for name in names if key(name) not in self._repeated_headlines]

    @functools.cached_property
    def _repeated_headlines(self) -> set[str]:
        """The keys of the titles that the page states and prints as a heading: in a field for a name, a mistake."""
        stated = {key(title) for title in (*self.meta("og:title"), *self.names_in(self.article.get("headline")))}
        texts = {key(visible_text(e)) for e in itertools.islice(self.tree.iter("h1", "h2"), 20)}
        return {title for title in stated & texts if len(title) >= MIN_HEADLINE_LETTERS} - {key(domain(self.url or ""))}


def parse_page(markup: str, url: str | None) -> WebPage:
    """Parse a page.

    Args:
        markup: the page.
        url: where it came from, if known.

    Raises:
        InputError: if it is not HTML, or too large to be parsed.
    """
    clean = INVALID_IN_MARKUP.sub("", markup)
    limits.check_markup(clean)
    try:
        tree = parse_tree(clean)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not a web page that can be parsed ({error})") from error
    if tree is None:
        raise InputError("not a web page: it contains no HTML")
    limits.check_tree(tree)
    _drop_long_attributes(tree)
    metas = tuple(
        (name.strip().lower(), content)
        for e in itertools.islice(tree.iter("meta"), MAX_METAS)
        if (name := e.get("property") or e.get("name") or e.get("itemprop"))
        and len(name) <= MAX_NAME_CHARS
        and (content := " ".join((e.get("content") or e.get("value") or "").split()))
    )
    canonical = next((a for a in map(str.strip, _CANONICAL(tree)) if is_url(a)), None)
    saved = _SAVED_FROM.search(markup, 0, 5000)
    own = [url, saved["url"] if saved else None, *(c for n, c in metas if n in ("og:url", "twitter:url"))]
    page_url = next((a for a in own if a and is_url(a)), None)
    if canonical and (not page_url or (page_url not in own[:2] and domain(page_url) == domain(canonical))):
        page_url = canonical
    return WebPage(tree, page_url, canonical, metas, tuple(itertools.islice(_objects(tree), MAX_OBJECTS)))


def _drop_long_attributes(tree: Any) -> None:
    """Drop attributes of a length that no title, name, date or address has, before any expression searches them."""
    for value in _LONG_VALUES(tree):
        element = value.getparent()
        if element.tag == "meta" or len(value) > MAX_ATTRIBUTE_CHARS:
            element.attrib.pop(value.attrname, None)


def _objects(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects in the page's JSON-LD, outer ones first, without those about other articles."""
    for script in _SCRIPTS(tree)[:50]:
        waiting = deque([_load_json(script.text or "")])
        while waiting:
            value = waiting.popleft()
            inner = value if isinstance(value, list) else []
            if isinstance(value, dict):
                yield {k: v for k, v in value.items() if k == "articleBody" or not _is_long(v)}
                inner = [v for k, v in value.items() if k not in _KEYS_OF_OTHERS]
            waiting += [v for v in inner if isinstance(v, dict | list)]


def _is_long(value: object) -> bool:
    return isinstance(value, str) and len(value) > MAX_LINE_CHARS


def _load_json(text: str) -> Any:
    """Return the data of a script, None if it is not JSON even without a template's leftovers."""
    bare = _SCRIPT_START.sub("", text.strip())
    bare = bare[:-_END_CHARS] + _SCRIPT_END.sub("", bare[-_END_CHARS:])
    with contextlib.suppress(ValueError, RecursionError):
        return json.JSONDecoder(strict=False).raw_decode(bare.strip())[0]
    with contextlib.suppress(ValueError, RecursionError):
        return json.JSONDecoder(strict=False).raw_decode(_LEFT_COMMA.sub("", bare).strip())[0]
    return None


def schema_types(node: dict[str, Any]) -> list[str]:
    """Return the types of a JSON-LD object."""
    types = node.get("@type")
    return [t for t in (types if isinstance(types, list) else [types]) if isinstance(t, str)]


def _site_names(values: list[str]) -> list[str]:
    names = map(clean_line, values)
    return [n for n in names if 1 < len(n) < 100 and key(n) not in _SOFTWARE and not is_url(n)]
