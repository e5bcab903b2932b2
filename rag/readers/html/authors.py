"""Find the authors of a page, in its data and its bylines."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Iterable, Iterator

import regex
from lxml import etree
from trafilatura.metadata import extract_author

from rag.provenance.attribution import byline, names_only, split_off_outlet, staff
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.outlet import key

from .elements import clean_line, is_element_within, is_within, named, visible_text
from .outlet import name_matches_domain
from .page import WebPage
from .title import text_after_headline
from .tree import found_once

AUTHOR_METAS = (
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
MAX_BYLINE_CHARS = 160
_ON_PAGE = "[not(ancestor::figure or ancestor::aside or ancestor::footer or ancestor::nav)]"
_NAMED = named("byline", "author", attributes=("class",))
_BYLINES = etree.XPath(f"({_NAMED}){_ON_PAGE}")
_CREDITS = etree.XPath(f'({_NAMED} | //@rel[. = "author"]/.. | //@itemprop[. = "author"]/..){_ON_PAGE}')
# What trafilatura's AUTHOR_XPATHS can match, and more: each asks for one of these words in one of these attributes.
AUTHOR_WORDS = (
    *("uthor", "byl", "Byl", "BBL", "username", "screenname", "writer"),
    *("-name", "-by", "zuozhe", "bianji", "xiaobian"),
)
AUTHOR_ATTRIBUTES = ("class", "id", "rel", "itemprop", "data-testid", "data-component")
_MAY_BE_AUTHOR = etree.XPath(f"//author | //rel/.. | {named(*AUTHOR_WORDS, attributes=AUTHOR_ATTRIBUTES)}")
_NAMES_WITHIN = etree.XPath('.//*[@rel="author" or @itemprop="author" or self::a or contains(@class, "author")]')
_MAKER = regex.compile(  # of something else than the text
    r"\b(?:photo\w*|image\w*|illustrat\w*|video|graphics?|edited|translat\w*|foto\w*|bild\w*|traduit|übersetz\w*)\b",
    regex.I,
)
_BRACKETS = regex.compile(r"\([^()]*\)|\[[^\[\]]*\]")  # after a name: "(Image: ...)", "(Reuters)"
_LABEL = regex.compile(
    r"\W*(?:image|photo|picture|foto|bild|credit|video|text|share|follow|more|view|read|see|about|contact|teilen|mehr|updated|"
    r"published|posted|aktualisiert)\w*\b(?!\s+\p{Lu}\.)|.*:",
    regex.I,
)
_UNSPACED_NAME = regex.compile(
    r"\p{Han}{2,4}|[\p{Han}\p{Hiragana}]{2,8}|\p{Hangul}{2,5}|[\p{Katakana}ー]{2,12}[・=][\p{Katakana}ー・]{2,16}"
)
_NOT_AUTHOR_CJK = regex.compile(
    r"编辑|編集|編輯|记者|記者|报$|報$|新聞|新闻|通讯|通信|社$|网$|網$|本站|原创|匿名|未知|作者|来源|管理|"
    r"기자$|뉴스|신문|통신|일보|방송|편집|관리자|특파원"
)
_ROLE_CJK = regex.compile(
    r"\s*(?:本报|本報)?(?:记者|記者|기자|특파원|編集委員|论说委员|論説委員|さん|氏)$|^(?:作者|记者|記者|文|撰文)[:：/／\s]\s*"
)
_BYLINE_CJK = regex.compile(
    r"(?:作者|记者|記者|撰文|(?<!\p{Han})文)\s*[:：/／|]\s*(?P<a>\p{Han}{2,4})(?!\p{Han})|(?P<b>\p{Hangul}{2,4})\s*(?:기자|특파원)(?!\p{Hangul})"
)
_BUTTON = regex.compile(r"\s+(?:follow|subscribe)$", regex.I)  # after a name
_NOT_AUTHOR = regex.compile(
    r"@|www\.|\d{3}|\b(?:staff|editorial|newsroom|writers|editors|correspondent|reporter|news|group|grupa|corp|inc|llc|ltd|"
    r"gmbh|kft|sp\.\s*z|redaktion|redazione|rédaction|redacción|foundation|ministry|\w*ministerium|department|fraktion|"
    r"committee|themes?|e\.\s?v)\b|\bdesk$|\bs\.\s?a\.?$",
    regex.I,
)


@found_once
def credit_lines(page: WebPage, title: str | None) -> list[str]:
    """Return the lines near the headline that can name author and outlet."""
    found = _CREDITS(page.tree)
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
    stated = [page.article.get(field) for field in ("author", "creator")]
    persons = [page.persons_in(value) for value in stated]
    host = domain(page.url or "")
    own = {key(name) for name in (site, *page.publishers, *page.sites) if name}
    blog = {key(name) for place in persons for name in place} & own  # a blog has its author's name
    later: tuple[str, ...] = ()
    for place in itertools.chain(persons, map(page.names_in, stated), _places(page, title), [named_in_text]):
        people = _people(place, catalogue)
        people = [p for p in people if key(p) in blog or not (name_matches_domain(p, host) or _names_site(p, own))]
        if people and (place in persons or not _are_organisations(page, people)):
            return tuple(people)
        later = later or tuple(people)
    return later


def _places(page: WebPage, title: str | None) -> Iterator[Iterable[str]]:
    """Yield what each place but the JSON-LD names as authors; those that take longer to find come last."""
    yield from (page.meta(name) for name in AUTHOR_METAS)
    yield _names_in_byline(page, title)
    yield [name for text in credit_lines(page, title) for name in _signers(text)]
    with contextlib.suppress(ValueError, RecursionError):
        yield _printed(page, [text for text in _by_trafilatura(page).split("; ") if names_only(text)])


def _people(place: Iterable[str], catalogue: Catalogue) -> list[str]:
    """Return the persons that a place names, without its "By", buttons and brackets."""
    parts = (
        _BY.sub("", part).strip(" .") for text in place for part in _AND.split(_BRACKETS.sub(" ", clean_line(text)))
    )
    people = [
        split_off_outlet(_BUTTON.sub("", _ROLE_CJK.sub("", part)).strip(), catalogue)[0]
        for part in itertools.islice(dict.fromkeys(parts), MAX_PARTS)
    ]
    return [p for p in people if _is_person(p) and not staff(p, catalogue)]


def _is_person(name: str) -> bool:
    """Return whether a stated name can be a person's: two words, or a name in a script without spaces."""
    if len(name) >= 60 or _NOT_AUTHOR.search(name) or _LABEL.match(name):
        return False
    return " " in name or bool(_UNSPACED_NAME.fullmatch(name) and not _NOT_AUTHOR_CJK.search(name))


def _names_site(person: str, own: set[str]) -> bool:
    return any(len(name) > 2 and name in key(person) for name in own)


def _are_organisations(page: WebPage, people: list[str]) -> bool:
    """Return whether the page's data state names as those of organisations, which other places may know better."""
    return {key(p) for p in people} <= {key(name) for name in page.organisations}


def _signers(line: str) -> tuple[str, ...]:
    """Return the authors of a byline, in Chinese, Japanese or Korean too."""
    printed = tuple(match["a"] or match["b"] for match in _BYLINE_CJK.finditer(line[:MAX_BYLINE_CHARS]))
    return byline(line) or printed


def _names_in_byline(page: WebPage, title: str | None) -> list[str]:
    """Return the names that have an element each within the first byline, if these are several."""
    for element in _BYLINES(page.tree)[:4]:
        if is_element_within(element, page.furniture):
            continue
        whole = visible_text(element)
        if len(whole) > MAX_BYLINE_CHARS or _MAKER.search(whole):
            continue
        found = [_BY.sub("", visible_text(e).strip(" ,.·|")) for e in _NAMES_WITHIN(element)[:MAX_PARTS]]
        names = [name for name in dict.fromkeys(found) if names_only(name)]
        if len(names) > 1:
            return [name for name in names if not any(name != other and name in other for other in names)]
    return []


def _by_trafilatura(page: WebPage) -> str:
    """Return the authors that trafilatura finds, "" if none.

    It asks each element of a tree whether some of its attributes match several expressions, and the elements around
    those that do whether they are of comments. So it is given no other elements than these: that takes a tenth.
    """
    found = _MAY_BE_AUTHOR(page.tree)
    if not found:
        return ""
    within = set(found)
    if page.tree in within or page.tree.getparent() is not None:
        return extract_author(page.tree) or ""
    shells = {page.tree: etree.Element(page.tree.tag, dict(page.tree.attrib))}
    for element in found:
        around = list(element.iterancestors())
        if within.isdisjoint(around):
            for parent in reversed(around):
                if parent not in shells:
                    shells[parent] = etree.SubElement(shells[parent.getparent()], parent.tag, dict(parent.attrib))
            shells[around[0]].append(copy.deepcopy(element))
    return extract_author(shells[page.tree]) or ""


def _printed(page: WebPage, names: list[str]) -> list[str]:
    """Return the names that a page prints, in any letter case, outside its comments and other articles."""
    lines = [(text.casefold(), n) for text, n in zip(page.printed_lines, page.printed, strict=False)] if names else []
    return [
        name for name in names if any(name.casefold() in text and not is_within(n, page.others) for text, n in lines)
    ]
