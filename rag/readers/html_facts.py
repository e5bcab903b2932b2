"""What a web page says of itself: its address, data, site, headline and day; `html` makes Articles of it.

A page says each of these several times (JSON-LD, meta elements, the headline as printed), and the places disagree: a
site's name hides in the title, a social title is another one, a template names its software as publisher. Each function
takes the places in the order that real pages proved right (`benchmarks/html_pages.py`).
"""

from __future__ import annotations

import copy
import datetime as dt
import functools
import itertools
import json
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import htmldate
import regex
import trafilatura
from lxml.etree import tostring

from rag.article import FROM_URL, PUBLISHED, REFUSED
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import find_date, refusal, stated
from rag.provenance.outlet import key

from . import bounded
from .page_line import Kind, classify, dated, left_of_date

BESIDE_DATE = 6  # words that may stand in a line beside its date: an author, a place, a section
HEAD_CHARS = 600  # how far behind the headline its date and byline stand; past that, dates are those of other articles
ABOVE_HEAD = 8  # pieces of text above the headline among which its date may stand
SHORTEST = 10  # letters; a stated title of fewer than this gives way to a printed one of three words
AGREED = 0.5  # share of words that a printed headline and a stated one have in common, however one was edited
SOURCE_CHARS = 80  # a line that states a source is no longer
MOST_OBJECTS = 5000
TITLE_CHARS = 400

NO_TEXT = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\w\p{M}]+")
_PIECE = "text()[normalize-space() and not(parent::script or parent::style or parent::noscript)]"
_FOOTERS = "//footer | //aside | //nav | //*[contains(@class, 'footer') or contains(@id, 'footer')]"
_OTHERS = (
    "//*[" + " or ".join(f"contains(@{n}, '{word}')" for n in ("class", "id") for word in ("comment", "related")) + "]"
)

_CHANGED = (
    "self::*[contains(@class, 'updated') or contains(@class, 'modified')]"
    "[not(contains(@class, 'published') or contains(@class, 'entry-date'))]"
)
_LINKED_HEADING = "preceding::*[self::h1 or self::h2 or self::h3 or self::h4][.//a or ancestor::a][1]"

_ARTICLE = regex.compile(r"(?:Article|Posting|Report|Review)$")
_OF_OTHERS = {"itemListElement", "hasPart", "comment", "mentions", "about", "citation", "relatedLink", "video", "image"}
_SOFTWARE = {"blogger", "blogspot", "wordpress", "wordpresscom", "drupal", "joomla", "medium", "wix", "squarespace"}
_NO_NAMES = {"blog", "news", "home", "homepage", "startseite", "accueil", "index", "article", "artikel"}
_PUBLISHER = ("dc.publisher", "dcterms.publisher", "dc.publisher.corporatename", "publisher", "citation_publisher")
_SAVED_FROM = regex.compile(r"<!--\s*saved from url=\(\d{1,6}\)(?P<url>\S{1,2000})")
_SEPARATOR = regex.compile(  # and, in scripts that set no spaces, a hyphen or an underscore without any
    r"\s+[-–—|»«›‹•·:/]{1,2}\s+|\s*[|»]\s*|\s*：\s*|(?<=[\p{Han}\p{Hiragana}\p{Katakana}？！。…”》])[-_]{1,2}(?=\p{L})|"
    r"(?<=\w)[-_]{1,2}(?=[\p{Han}\p{Katakana}])"
)
_JOINT = regex.compile(r"(?<=[\p{Han}\p{Katakana}])\s|[-_](?=[^-_]*\p{Han})")  # where a printed headline ends surely
_DOMAIN = regex.compile(r"[\w-]+(?:\.[\w-]+)+")
_FILE_NAME = regex.compile(r"(?!.*\p{Han})\S+[-_]\S+[-_]\S+")  # "tram-port-selwyn-2014" is no headline
_ARCHIVE = regex.compile(r"^.+?\s+»\s+Blog\s+Archive\s+»\s+(?P<title>.+)$")  # WordPress until 2010
_COPYRIGHT = regex.compile(
    r"(?:©|\(c\)|copyright(?!ed))(?:\W|\d|copyright|by\b)*+(?P<owner>\p{L}[^.,|•·©]{2,60}?)\s*"
    r"(?:[.,|•·©]|all\s+rights|版权所有|\p{Han}ICP|\s(?:www|\p{Han}+：)|$)",
    regex.I,
)

_SOURCE_LABEL = regex.compile(
    r"(?:^|[\s\d|])(?:信息|文章|内容|內容|新闻|新聞|本文|稿件)?(?:来源|來源|稿源|出处|出處)于?\s*[:：]\s*"
)
_SOURCE_NAME = regex.compile(
    r"(?!网络|網絡|互联网|本站|原创|转载|未知|综合|整理|作者|打印|字号|分享|浏览|举报|评论)"
    r"(?P<name>\p{L}[^\s|·•,，。;；:：()（）—-]{1,30})(?=[\s|·•,，。;；()（）—-]|$)"
)
_SOURCE_CLASS = regex.compile(r"(?:^|[\s_-])source(?:[\s_-]|$)")
_OUTLET_NAME = regex.compile(
    r"(?!.*(?:举报|舉報|播报|預報|预报|汇报|海报|官网|互联网|上网))\p{Han}{2,10}(?:报|報|网|網|社|周刊|电视台|電視台|电台|電台)"
)

_DATE_NAME = regex.compile(
    r"(?:pub|issue|first|orig).*(?:date|time)|date.*(?:pub|issue|orig|first)|firstpublished|sailthru\.date|"
    r"(?:^|[.:_-])(?:date|published|issued)$"
)
_CREATED = regex.compile(r"creat.*(?:date|time)|date.*creat|(?:^|[.:_-])created$")
_NO_DATE_NAME = regex.compile(
    r"modif|updat|expir|end|valid|upload|release|id$|type|video|image|author|source|publisher"
)
_URL_DAY = regex.compile(
    r"/(?P<y>(?:19|20)\d\d)(?:/[a-z_]{3,})?(?P<s>[/_-])(?P<m>\d{1,2}|[a-z]{3})(?P=s)(?P<d>\d{1,2})(?!\d)|"
    r"[/_-](?P<y>20[0-3]\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-3]\d)(?=[/_.-]|$)"
)
_LABEL = regex.compile(  # what stands before a date, from the beginning of its line: prose tells of other texts
    r"\W*(?:(?:(?:this|diese[rs]?|cet(?:te)?|este|questo)\s+\w+\s+(?:was|wurde|a\s+été|fue)\s+)?(?:(?:first|originally)\s+)?"
    r"(?:published|posted|publication|created|written|date|veröffentlich(?:t|ung)|publiziert|erstellt|geschrieben|"
    r"erschienen|datum|publiée?|mis\s+en\s+ligne|publicad[oa]|fecha|pubblicato|gepubliceerd|geplaatst|opublikowano|"
    r"publicerad|julkaistu|дата|опубликован[оа]?|發布|发布)(?:\s+date)?|diese[rs]?\s+(?:artikel|beitrag|eintrag)\s+wurde|"
    r"(?:(?:posted|written)\s+)?(?:by|von|par|por|di|door)\s+\p{Lu}[^|.]{1,60}?(?=\s(?:on|am|le|el|il|op)\s))"
    r"(?:\s+(?:on|at|the|am|vom|le|el|em|il|op|den|dnia))?[\s:：]*(?:\p{L}+,\s*)?",
    regex.I,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Facts:
    """What a page states.

    Attributes:
        tree: its elements, as lxml holds them.
        url: the address that it came from, or gives as its own.
        canonical: the address that it gives as that of the text, which may be another site's.
        metas: (name in lower case, content) of its meta elements, in order.
        objects: the objects of its JSON-LD, without those of other articles.
    """

    tree: Any
    url: str | None
    canonical: str | None
    metas: tuple[tuple[str, str], ...]
    objects: tuple[dict[str, Any], ...]

    @functools.cached_property
    def article(self) -> dict[str, Any]:
        """The JSON-LD of the article, {} where there is none."""
        stated = [o for o in self.objects if any(_ARTICLE.search(t) for t in types(o))]
        stated = [o for o in stated if {"headline", "articleBody", "datePublished"} & o.keys()]
        titles = [self.title_element, *self.meta("og:title")]
        return max(stated, key=lambda o: agreement(line(o.get("headline")), titles), default={})

    @functools.cached_property
    def others(self) -> set[Any]:
        """The elements of comments and other articles, of which none holds the headline."""
        return set(self.tree.xpath(_OTHERS)) - self._around

    @functools.cached_property
    def furniture(self) -> set[Any]:
        """The elements of footers and menus too."""
        return self.others | (set(self.tree.xpath(_FOOTERS)) - self._around)

    @functools.cached_property
    def _around(self) -> set[Any]:
        return {parent for head in self.tree.iter("h1", "article") for parent in (head, *head.iterancestors())}

    @functools.cached_property
    def title_element(self) -> str:
        """What the page's title element says."""
        found = self.tree.xpath("//title[not(ancestor::svg)]")
        return shown(found[0])[:TITLE_CHARS] if found else ""

    @functools.cached_property
    def printed_start(self) -> str:
        """The longest beginning of the title element that the page prints by itself: a headline in no heading.

        "" where a longer part follows: what stands before a headline is the name of a site.
        """
        whole = self.title_element
        pieces = {line(piece) for piece in self.tree.xpath(f"//body//{_PIECE}")[:MOST_OBJECTS]}
        starts = (text for text in pieces if len(key(text)) >= SHORTEST and whole.startswith(text))
        found = max(
            (s for s in starts if _SEPARATOR.match(whole, len(s)) or _JOINT.match(whole, len(s))), key=len, default=""
        )
        rest = regex.split(rf"{_SEPARATOR.pattern}|_", whole[len(found) :])
        return found if all(len(part) <= len(found) for part in rest) else ""

    def meta(self, *names: str) -> list[str]:
        """The contents of the meta elements of these names, in the order of the names."""
        return [content for name in names for found, content in self.metas if found == name]

    def microdata(self, name: str) -> list[str]:
        """The values of the elements with this itemprop."""
        found = self.tree.xpath("//*[@itemprop=$name]", name=name)[:20]
        return [v for e in found if (v := line(e.get("content") or e.get("datetime") or shown(e)))]

    def called(self, value: object, depth: int = 4) -> list[str]:
        """The names in a JSON-LD value: text, an object with a name, a reference to one, or a list of these."""
        if isinstance(value, list) and depth:
            return [name for item in value[:50] for name in self.called(item, depth - 1)]
        if isinstance(value, dict) and depth:
            named = value if "name" in value else self._identified.get(str(value.get("@id")), {})
            return self.called(named.get("name"), depth - 1)
        name = line(value)
        return [name] if name and not is_address(name) else []

    @functools.cached_property
    def _identified(self) -> dict[str, dict[str, Any]]:
        return {str(o["@id"]): o for o in self.objects[::-1] if "@id" in o and "name" in o}

    @functools.cached_property
    def publishers(self) -> list[str]:
        """The names of the publisher that the page states."""
        nodes = (self.article, *(o for o in self.objects if "WebPage" in types(o)))
        found = [name for node in nodes for name in self.called(node.get("publisher"))]
        return _names([*found, *self.meta(*_PUBLISHER)])

    @functools.cached_property
    def sites(self) -> list[str]:
        """The names by which the page calls the site that it stands on."""
        own = [n for o in self.objects if {"WebSite", "NewsMediaOrganization"} & {*types(o)} for n in self.called(o)]
        return _names([*self.meta("og:site_name"), *own, *self.meta("application-name", "sitename")])


def facts(markup: str, url: str | None) -> Facts:
    """What a page states; `url` is the address it came from, where that is known.

    Raises InputError where the markup is none, or too much.
    """
    clean = NO_TEXT.sub("", markup)
    bounded.marked_up(clean)
    try:
        tree = trafilatura.load_html(clean)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not a web page that can be read ({error})") from error
    if tree is None:
        raise InputError("not a web page: no HTML that can be parsed in it")
    metas = tuple(
        (name.strip().lower(), content)
        for e in tree.iter("meta")
        if (name := e.get("property") or e.get("name") or e.get("itemprop"))
        and (content := (e.get("content") or e.get("value") or "").strip())
    )
    canonical = next((a for a in map(str.strip, tree.xpath('//link[@rel="canonical"]/@href')) if is_address(a)), None)
    saved = _SAVED_FROM.search(markup, 0, 5000)
    own = [url, saved["url"] if saved else None, *(c for n, c in metas if n in ("og:url", "twitter:url"))]
    place = next((a for a in own if a and is_address(a)), None)
    if canonical and (not place or (place not in own[:2] and domain(place) == domain(canonical))):
        place = canonical
    return Facts(tree, place, canonical, metas, tuple(itertools.islice(_objects(tree), MOST_OBJECTS)))


def _objects(tree: Any) -> Iterator[dict[str, Any]]:
    """Each object in the page's JSON-LD, outer ones first, but for those of other articles."""
    for script in tree.xpath('//script[contains(@type, "ld+json")]')[:50]:
        waiting = deque([_json(script.text or "")])
        while waiting:
            value = waiting.popleft()
            if isinstance(value, dict):
                yield value
                value = [v for k, v in value.items() if k not in _OF_OTHERS]
            if isinstance(value, list):
                waiting += [v for v in value if isinstance(v, dict | list)]


def _json(text: str) -> Any:
    """A script's data; None where it is no JSON even without what templates leave in it."""
    bare = regex.sub(r"^\s*(?:<!--|(?://)?\s*<!\[CDATA\[)|(?:-->|(?://)?\s*\]\]>|;)\s*$", "", text.strip())
    for attempt in (bare, regex.sub(r",\s*(?=[}\]])", "", bare)):
        try:
            return json.JSONDecoder(strict=False).raw_decode(attempt.strip())[0]
        except (ValueError, RecursionError):
            continue
    return None


def types(node: dict[str, Any]) -> list[str]:
    """The types of a JSON-LD object."""
    kinds = node.get("@type")
    return [k for k in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(k, str)]


def _names(values: list[str]) -> list[str]:
    return [n for n in map(line, values) if 1 < len(n) < 100 and key(n) not in _SOFTWARE and not is_address(n)]


def line(value: object) -> str:
    """A field's words on one line, entities resolved, without tags and what is no character."""
    if not isinstance(value, str):
        return ""
    bare = regex.sub(r"</?[a-zA-Z][^<>]*>", " ", unescape(unescape(value)))
    return " ".join(NO_TEXT.sub("", bare).split())


def shown(element: Any) -> str:
    """The words that an element shows, on one line."""
    return line(" ".join(element.xpath(".//text()[not(parent::script or parent::style)]")[:200]))


def is_address(text: str) -> bool:
    """Whether a text is a web address, and one that can be taken apart."""
    return bool(regex.fullmatch(r"https?://\w[\w.-]*\.\w+(?::\d+)?(?:[/?#]\S{0,2000})?", text))


def agreement(text: str, others: list[str]) -> float:
    """The share of words, or of letters where words are not set apart, that a line has in common with one of others.

    F1 of the two sets: 1.0 for the same words, 0.0 for none.
    """
    words = set(_WORD.findall(text.casefold()))
    sets = (set(_WORD.findall(other.casefold())) for other in others)
    return max((2 * len(words & other) / (len(words) + len(other)) for other in sets if words and other), default=0.0)


def site(page: Facts, names: Catalogue) -> str | None:
    """The name of the site that the page stands on: as the catalogue has it, as the page says it, or its domain."""
    address = domain(page.url or "")
    beside = beside_title(page)
    suffix = sorted((name for name in beside if alike(name, address)), key=len) or [
        name for name in beside[:1] if not address or not regex.search(r"\p{Latin}", name)
    ]
    found = [
        _without_tagline(name, address) for name in (*page.sites, *page.publishers, *suffix) if not is_address(name)
    ]
    fitting = [name for name in found if alike(name, address)]
    known = names.of_url(page.url) if page.url else None
    if known and (page.url != page.canonical or not page.sites or fitting or known in map(names.resolve, found)):
        return known  # but where all that leads to an outlet is the canonical address, the page may be a copy
    found = [*fitting, *found] or ([address] if address else _copyright(page))
    return next((n for n in (*map(names.resolve, found), *found) if n), None)


def _without_tagline(name: str, address: str) -> str:
    """The name alone of "The Example - news and views" or "www.example.org"."""
    parts = [p for p in _SEPARATOR.split(name) if p]
    best = next((p for p in parts if alike(p, address)), parts[0] if parts else name)
    return best.removeprefix("www.")


def alike(name: str, address: str) -> bool:
    """Whether a web domain is made from a name: "The Example" and example.org."""
    flat, parts = _flat(name), [_flat(part) for part in address.split(".")]
    return len(flat) > 2 and (flat in "".join(parts) or any(len(p) > 3 and p in flat for p in parts[:-1]))


def _flat(name: str) -> str:
    return str(regex.sub(r"\p{M}", "", unicodedata.normalize("NFKD", key(name))))


def beside_title(page: Facts) -> list[str]:
    """What the title element holds beside the printed headline: the site's name, or a section's."""
    whole = page.title_element
    heads = [h for e in itertools.islice(page.tree.iter("h1", "h2", "h3"), 20) if len(key(h := _headline(page, e))) > 9]
    headline = max(heads, key=lambda h: (h in whole, key(h) in key(whole), len(h)), default="")
    if page.printed_start and not (headline and whole.startswith(headline)):
        headline = page.printed_start
    rest = regex.split(rf"{_SEPARATOR.pattern}|_", whole.replace(headline or "_", " | "))
    parts = [part.strip(" -–—«»‹›:|") for part in rest]
    others = [part for part in parts if key(part) and key(part) not in key(headline) and key(part) not in _NO_NAMES]
    others.sort(key=lambda part: not _DOMAIN.fullmatch(part))
    return others[::-1] if headline and key(headline) in key(whole) else []


def _headline(page: Facts, element: Any) -> str:
    """The words of an element that prints the headline, without what only its inner elements add to it."""
    whole, own = shown(element), line(element.text)
    for day in element.xpath(".//time"):
        whole = " ".join(whole.replace(shown(day), " ", 1).split())
    shorter = len(own.split()) > 2 and page.title_element.startswith(own) and not page.title_element.startswith(whole)
    return own if shorter else whole


def _copyright(page: Facts) -> list[str]:
    """The owner that the page's last copyright line names."""
    lines = page.tree.xpath(f"//body//{_PIECE}[contains(., '©') or contains(., 'opyright')]")
    found = (_COPYRIGHT.search(line(text[:500])) for text in lines[:-50:-1])
    return [owner for match in found if match and not is_address(owner := match["owner"].strip())][:1]


def title(page: Facts, sites: set[str]) -> str | None:
    """The headline: as printed where the page's data or title agree with it, otherwise as they state it.

    `sites` are the keys of the site's names, which titles carry too.
    """
    if archive := _ARCHIVE.match(page.title_element):
        return str(archive["title"])
    heads = [*page.tree.xpath('//*[@itemprop="headline"]')[:3], *itertools.islice(page.tree.iter("h1"), 8)]
    heads = heads or page.tree.xpath('//*[contains(@class, "headline") or contains(@class, "entry-title")]')[:1]
    stated = [*page.called(page.article.get("headline")), *page.meta("og:title", "twitter:title"), page.title_element]
    stated = [t for s in stated if (t := _without_site(line(s)[:TITLE_CHARS], sites)) and not _FILE_NAME.fullmatch(t)]
    printed = [t for e in heads if (t := _without_site(_headline(page, e)[:TITLE_CHARS], sites))]
    best = max(printed, key=lambda text: agreement(text, stated), default=None)
    named = len(stated) == 1 and any(site in key(stated[0]) for site in sites)  # "News from The Example"
    full = next((text for text in printed if len(text.split()) > 2), None)
    if full and all(len(key(text)) < SHORTEST for text in stated):
        return full
    begins = best and " " in best and any(key(best) == key(_SEPARATOR.split(text)[0]) for text in stated)
    if best and (not stated or begins or agreement(best, stated) >= AGREED):
        return best
    if other := _otherwise_printed(page, stated, printed, sites):
        return other
    if best and named:
        return best
    if len(stated) == 1 and page.printed_start:
        return page.printed_start
    if len(stated) == 1 and (joints := list(_SEPARATOR.finditer(stated[0]))):
        head, tail = stated[0][: joints[-1].start()], stated[0][joints[-1].end() :]
        return head if len(tail.split()) <= 4 and len(head.split()) >= 3 else stated[0]
    return max(stated, key=lambda text: sum(agreement(text, [other]) for other in stated), default=None)


def _otherwise_printed(page: Facts, stated: list[str], printed: list[str], sites: set[str]) -> str | None:
    """The headline where no h1 says what the page states: a lower heading that does, or an only h1 near enough to it.

    A title made for search engines shares a word with the headline, or the address does; a site's motto shares none.
    """
    lower = [_without_site(shown(e)[:TITLE_CHARS], sites) for e in itertools.islice(page.tree.iter("h2", "h3"), 20)]
    lower = [h for h in lower if not h.endswith((":", "："))]  # half of a headline in two lines
    found = [h for h in lower if len(h.split()) > 2 and any(key(h) in key(text) for text in stated)]
    if found:
        return max(found, key=len)
    if not printed and not stated:
        return next((h for h in lower if len(h.split()) > 2), None)
    address = regex.sub(r"[\W_]+", " ", urlsplit(page.url or "").path.rstrip("/").rpartition("/")[2])
    long = [" ".join(w for w in _WORD.findall(text) if len(w) > 3) for text in (*printed, *stated, address)]
    near = len(printed) == 1 and len(printed[0].split()) > 2 and agreement(long[0], long[1:])
    return printed[0] if near else None


def _without_site(text: str, sites: set[str]) -> str:
    """A title without the site's name before or behind it; "" where it is nothing else."""
    while text and key(text) not in sites:
        joints = list(_SEPARATOR.finditer(text))
        if joints and _names_site(text[joints[-1].end() :], sites):
            text = text[: joints[-1].start()]
        elif joints and _names_site(text[: joints[0].start()], sites):
            text = text[joints[0].end() :]
        else:
            return text.strip()
    return ""


def _names_site(part: str, sites: set[str]) -> bool:
    """Whether a part of a title is a site's name, or a form of it such as "CNN Politics"."""
    short = key(part)
    forms = (len(s) > 2 and (s in short or (len(short) > 2 and short in s)) for s in sites)
    return short in sites or (_size(part) <= 4 and any(forms))


def _size(text: str) -> float:
    """How many words a text has, of which two letters make one where words are not set apart."""
    return sum(0.5 if regex.match(r"[\p{Han}\p{Hiragana}\p{Katakana}]", w) else 1 for w in _WORD.findall(text))


def behind_headline(page: Facts, headline: str | None) -> list[Any]:
    """The pieces of text between the headline and the first paragraphs, of which one may be a standfirst."""
    found: list[Any] = []
    for head in _headings(page, headline):
        prose = 0
        for piece in head.xpath(f"(following::{_PIECE})[position() <= 100]"):
            if _within(piece, page.furniture):
                continue
            prose += classify(line(piece)) is Kind.PROSE
            if prose > 1:
                break
            found.append(piece)
    return found


def source(page: Facts, headline: str | None) -> tuple[str, str] | None:
    """(name, the words that state it) of the source that a page in Chinese prints between headline and text.

    By its label ("来源："), by the class of its element, or as a name that only an outlet has, beside the date.
    """
    pieces = behind_headline(page, headline)
    lines = [line(piece) for piece in pieces]
    for n, said in enumerate(lines):
        if len(said) > SOURCE_CHARS:
            break
        if (label := _SOURCE_LABEL.search(said)) and (
            name := _SOURCE_NAME.match(said[label.end() :] or "".join(lines[n + 1 : n + 2]))
        ):
            return name["name"], f"{label[0].strip()}{name['name']}"
        parent = pieces[n].getparent()
        classed = _SOURCE_CLASS.search(f"{parent.get('class')} {parent.get('id')}")
        if classed and regex.fullmatch(r"\p{Han}{2,12}", said):
            return said, said
        if _OUTLET_NAME.fullmatch(said) and any(find_date(other) for other in lines[max(0, n - 1) : n + 2]):
            return said, said
    return None


def printed(page: Facts, words: str) -> bool:
    """Whether a page prints words as they are, letter case aside, outside its comments and other articles."""
    pieces = page.tree.xpath(f"//body//{_PIECE}")[:MOST_OBJECTS]
    return any(words.casefold() in line(p).casefold() and not _within(p, page.others) for p in pieces)


def _within(piece: Any, elements: set[Any]) -> bool:
    return bool(elements.intersection((piece.getparent(), *piece.getparent().iterancestors())))


def _headings(page: Facts, headline: str | None) -> list[Any]:
    """The elements that print the headline."""
    found = [e for e in page.tree.iter("h1", "h2", "h3", "h4") if headline and agreement(shown(e), [headline]) > 0.8]
    if headline and not found:
        pieces = page.tree.xpath(f"//body//{_PIECE}[not(ancestor::a)]")[:MOST_OBJECTS]
        found = [piece.getparent() for piece in pieces if line(piece) == headline]
    return found[:2]


def day(page: Facts, headline: str | None) -> tuple[dt.date | None, str | None]:
    """(the day of publication as the outlet prints it, its basis as `Article.date_basis` has it).

    Taken from the page's data, then from beside the headline, then from the address, then from where htmldate looks.
    """
    refused = None
    address = _address_day(page.url or "")
    for stamp, basis in _dates(page, headline, address):
        found, reason = _judge(stamp)
        if found:
            return _local(stamp, found, page, address), basis
        refused = refused or reason
    if not refused and (found := _searched(page)):
        return found, PUBLISHED
    return None, refused


def _dates(page: Facts, headline: str | None, address: dt.date | None) -> Iterator[tuple[str, str]]:
    """(date as stated, basis) for each place that may hold the day of publication, the surest first."""
    titles = (page.title_element, *page.meta("og:title"))
    parts = [
        part
        for text in titles
        for part in _SEPARATOR.split(text)
        if (span := find_date(part)) and span[:2] == (0, len(part))
    ]
    yield from ((stamp, PUBLISHED) for stamp in (*_stamps(page), *parts))
    yield from ((stamp, PUBLISHED) for stamp in _dated_runs(behind_headline(page, headline)))
    yield from ((stamp, PUBLISHED) for stamp in _labelled(page, headline))
    for head in _headings(page, headline):
        yield from ((stamp, PUBLISHED) for stamp in _dated_runs(head.xpath(f"preceding::{_PIECE}")[-ABOVE_HEAD:]))
    yield from ((stamp, PUBLISHED) for stamp in _opening(page, headline))
    if address:
        yield address.isoformat(), FROM_URL
    created = [content for name, content in page.metas if _CREATED.search(name)]  # the page's, with some systems
    yield from ((stamp, PUBLISHED) for stamp in (*created, line(page.article.get("dateCreated"))))


def _stamps(page: Facts) -> Iterator[str]:
    """The dates of publication in the page's data, the surest first."""
    pages = [o for o in page.objects if "WebPage" in types(o)]
    yield from (line(o.get("datePublished")) for o in (page.article, *pages))
    yield from page.microdata("datePublished")
    yield from page.meta("article:published_time", "og:article:published_time")
    yield from page.tree.xpath("//time[@pubdate]/@datetime")[:1]
    yield from (content for name, content in page.metas if _DATE_NAME.search(name) and not _NO_DATE_NAME.search(name))


def _judge(stamp: str) -> tuple[dt.date | None, str | None]:
    """(the day of a stamp, None), or (None, why it was refused); (None, None) where it holds no date."""
    said = stamp.strip()[:HEAD_CHARS]
    printed = find_date(said)
    found, why = stated(said)
    if found and printed and find_date(said[printed[1] :]):
        found = dated(said)  # of several, that of publication
        why = refusal(found)
    words = said[printed[0] : printed[1]] if printed and len(said) > 40 else said
    if found and not why:
        return found, None
    return None, f"{REFUSED}{words[:40]} ({why})" if regex.search(r"\d{4}", words[:40]) else None


def _local(stamp: str, found: dt.date, page: Facts, address: dt.date | None) -> dt.date:
    """The day as the outlet prints it: a stamp in universal time may lie a day off, as page or address show."""
    moment = _moment(stamp)
    if moment and moment.utcoffset():
        return found
    stamps = (_moment(str(s)) for s in (*_stamps(page), *page.tree.xpath("//time/@datetime")[:20]))
    if same := [m for m in stamps if m and m.utcoffset() and m == moment]:
        return same[0].date()
    timed = regex.match(r"\d{4}-\d\d-\d\d[T ]\d", stamp)
    return address if timed and address and abs(address - found).days == 1 else found


def _moment(stamp: str) -> dt.datetime | None:
    """The moment that a stamp with a time zone states."""
    try:
        moment = dt.datetime.fromisoformat(stamp.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _address_day(url: str) -> dt.date | None:
    """The day in an address such as /2014/09/05/ or /2014/sep/05/."""
    match = _URL_DAY.search(urlsplit(url).path.lower()) if is_address(url) else None
    if not match:
        return None
    month = match["m"]
    try:
        number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
        found = dt.date(int(match["y"]), number, int(match["d"]))
    except ValueError:
        return None
    return found if found <= dt.date.today() else None


def _dated_runs(pieces: list[Any]) -> Iterator[str]:
    """The runs of up to four pieces that are a date and what stands beside one, HEAD_CHARS from the first at most."""
    pieces = sorted(pieces, key=lambda piece: bool(piece.getparent().xpath(_CHANGED)))
    lines = [line(piece) for piece in pieces]
    for start in range(len(lines)):
        if sum(map(len, lines[:start])) > HEAD_CHARS:
            return
        if not find_date(lines[start]):  # of a time that is printed in full, the stamp may be that of a change
            yield from pieces[start].getparent().xpath("ancestor-or-self::time/@datetime")
        runs = (" ".join(lines[start:end]) for end in range(start + 1, min(start + 5, len(lines) + 1)))
        yield from [run for run in runs if find_date(run) and len(left_of_date(run)) <= BESIDE_DATE][:1]


def _labelled(page: Facts, headline: str | None) -> list[str]:
    """The day that the page calls one of publication, in the foot of the article too; none where these are several."""
    found: dict[dt.date, str] = {}
    for before, piece in itertools.pairwise([None, *page.tree.xpath(f"//body//{_PIECE}")[:MOST_OBJECTS]]):
        said, behind = line(piece)[:HEAD_CHARS], line(before)
        span = find_date(said)
        if not span or not span[2] or _within(piece, page.others):
            continue
        left = said[: span[0]][:100]
        if _LABEL.fullmatch(left) or _LABEL.fullmatch(f"{behind[:30]} {left}"):
            above = [shown(e) for e in piece.getparent().xpath(_LINKED_HEADING)]
            if len(behind.split()) > 4 and before.getparent().xpath("ancestor-or-self::a"):
                above.append(behind)
            if all(agreement(text, [headline or ""]) > 0.8 for text in above):  # and not of another article
                found[span[2]] = said[span[0] : span[1]]
    return list(found.values()) if len(found) == 1 else []


def _opening(page: Facts, headline: str | None) -> list[str]:
    """The day that opens the text, set apart by a dash: "Feb. 23, 2015 -- The council voted"."""
    for piece in behind_headline(page, headline):
        said = line(piece)[:HEAD_CHARS]
        span = find_date(said)
        if span and span[0] == 0 and regex.match(r"\s*(?:--|[–—])", said, pos=span[1]):
            return [said[: span[1]]]
    return []


def _searched(page: Facts) -> dt.date | None:
    """What htmldate finds elsewhere on the page, without footers, comments and days of change.

    It is taken only where it stands on the page in full: htmldate also makes days up from a month or from pictures.
    """
    tree = copy.deepcopy(page.tree)
    copies = dict(zip(page.tree.iter(), tree.iter(), strict=True))
    changed = [e for e in tree.iter("meta") if _NO_DATE_NAME.search((e.get("property") or e.get("name") or "").lower())]
    for element in (*changed, *(copies[e] for e in page.furniture if e in copies)):
        if element.getparent() is not None:
            element.drop_tree()
    try:
        found = htmldate.find_date(tree, original_date=True, extensive_search=False, url="")
        markup = tostring(tree, encoding="unicode")
    except (ValueError, RecursionError):
        return None
    if not found or found in markup:
        return dt.date.fromisoformat(found) if found else None
    printed = (find_date(line(piece)[:200]) for piece in tree.xpath(f"//{_PIECE}"))
    return next((day for span in printed if span and (day := span[2]) and day.isoformat() == found), None)
