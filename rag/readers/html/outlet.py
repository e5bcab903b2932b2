"""Find the site that a page is on, and the outlet that its text is originally from.

The outlet is the site, unless the page shows that it took the text from another one: by its data, a printed source, or
credits around its text (`rag.provenance.attribution`).
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator

import regex

from rag.article import EXPLICIT
from rag.provenance.attribution import Attribution, attribute, staff
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import find_date
from rag.provenance.outlet import key

from .elements import SEPARATOR, TEXT_NODE, clean_line, is_url
from .page import WebPage
from .title import text_after_headline, title_suffixes

MAX_SOURCE_CHARS = 80  # of a line that states a source

_SOURCE_METAS = ("original-source", "syndication-source", "source", "dc.source", "content_source", "contentsource")
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
_MARK = regex.compile(r"\p{M}")
_SOURCE_CLASS = regex.compile(r"(?:^|[\s_-])source(?:[\s_-]|$)")
_OUTLET_NAME = regex.compile(
    r"(?!.*(?:举报|舉報|播报|預報|预报|汇报|海报|官网|互联网|上网))\p{Han}{2,10}(?:报|報|网|網|社|周刊|电视台|電視台|电台|電台)"
)


def find_site(page: WebPage, catalogue: Catalogue) -> str | None:
    """Return the name of the site that a page is on: the catalogue's, else the page's own, else its domain."""
    host = domain(page.url or "")
    suffixes = title_suffixes(page)
    matching = sorted((name for name in suffixes if name_matches_domain(name, host)), key=len) or [
        name for name in suffixes[:1] if not host or not regex.search(r"\p{Latin}", name)
    ]
    names = [_without_tagline(name, host) for name in (*page.sites, *page.publishers, *matching) if not is_url(name)]
    fitting = [name for name in names if name_matches_domain(name, host)]
    known = catalogue.of_url(page.url) if page.url else None
    if known and (page.url != page.canonical or not page.sites or fitting or known in map(catalogue.resolve, names)):
        return known  # unless only the canonical URL leads to this outlet: then the page may be a republished copy
    names = [*fitting, *names] or ([host] if host else _copyright_owner(page))
    return next((n for n in (*map(catalogue.resolve, names), *names) if n), None)


def _without_tagline(name: str, host: str) -> str:
    """Return only the name of "The Example - news and views" or "www.example.org"."""
    parts = [p for p in SEPARATOR.split(name) if p]
    best = next((p for p in parts if name_matches_domain(p, host)), parts[0] if parts else name)
    return best.removeprefix("www.")


def name_matches_domain(name: str, host: str) -> bool:
    """Return whether a domain is made from a name, as example.org from "The Example"."""
    flat, parts = _flat(name), [_flat(part) for part in host.split(".")]
    return len(flat) > 2 and (flat in "".join(parts) or any(len(p) > 3 and p in flat for p in parts[:-1]))


@functools.lru_cache(1024)
def _flat(name: str) -> str:
    return str(_MARK.sub("", unicodedata.normalize("NFKD", key(name))))


def _copyright_owner(page: WebPage) -> list[str]:
    """Return the owner that the page's last copyright line names, if there is one."""
    lines = page.tree.xpath(f"//body//{TEXT_NODE}[contains(., '©') or contains(., 'opyright')]")
    found = (_COPYRIGHT.search(clean_line(text[:500])) for text in lines[:-50:-1])
    return [owner for match in found if match and not is_url(owner := match["owner"].strip())][:1]


def find_outlet(
    page: WebPage, catalogue: Catalogue, site: str | None, title: str | None, head: list[str], text: list[str]
) -> tuple[str | None, str, tuple[str, ...]]:
    """Return (original outlet, its basis as in `Article.outlet_basis`, the authors that the text itself names).

    Args:
        page: the page.
        catalogue: used to recognise outlets.
        site: the site that the page is on.
        title: the headline.
        head: the lines of bylines and credits near the headline.
        text: the lines of the article.
    """
    found = attribute(head, text, catalogue, site)
    if found.outlet and site and _is_same(found.outlet, site):  # "Le Monde" on Le Monde diplomatique's page
        found = Attribution(found.authors)
    for field, value in _stated_sources(page):
        name = catalogue.of_url(value) if is_url(value) else staff(value, catalogue)
        if name and key(name) != key(site or ""):
            return name, f"metadata: {field}", found.authors
    own = {key(name) for name in (site, *page.sites, *title_suffixes(page)) if name}
    source = _printed_source(page, title)
    if source and not any(key(source[0]) in k or k in key(source[0]) for k in own):
        return catalogue.resolve_printed(source[0]) or source[0], f"credit line: {source[1]}", found.authors
    has_publisher = bool(page.publishers or page.meta("article:publisher"))
    kind = found.outlet_basis.partition(":")[0]
    credited = kind in EXPLICIT or (found.outlet_basis.startswith("production credit") and not has_publisher)
    if found.outlet and (credited or not site):
        return found.outlet, found.outlet_basis, found.authors
    if site is None:
        return None, "unknown", found.authors
    # What is only inferred may be said by any outlet that quotes another one: the site stays, and the doubt is shown.
    doubt = f"; but {found.outlet_basis}" if found.outlet else ""
    return site, f"metadata: publisher{doubt}" if has_publisher else f"host page: {site}{doubt}", found.authors


def _is_same(outlet: str, site: str) -> bool:
    """Return whether two names are those of one outlet, or of an outlet and a part of it: "CBC", "CBC News"."""
    short, long = sorted((key(outlet), key(site)), key=len)
    return len(short) > 2 and short in long


def _stated_sources(page: WebPage) -> Iterator[tuple[str, str]]:
    """Yield (field, name or URL) for each place in the page's data that can name another outlet than the site."""
    yield from ((name, value) for name in _SOURCE_METAS for value in page.meta(name))
    for name in ("sourceOrganization", "isBasedOn", "isBasedOnUrl", "author", "creator", "publisher"):
        value = page.article.get(name)
        for item in value if isinstance(value, list) else [value]:
            url = item.get("url") if isinstance(item, dict) else item
            if name.startswith("isBasedOn") and isinstance(url, str):
                yield name, url
            yield from ((name, found) for found in page.names_in(item))
    yield from (("author", clean_line(value)) for value in page.meta("author", "article:author", "byl"))
    if page.canonical:
        yield "canonical", page.canonical


def _printed_source(page: WebPage, headline: str | None) -> tuple[str, str] | None:
    """Return (name, the words that state it) of the source that a page in Chinese prints between headline and text.

    It is recognised by its label ("来源："), by the class of its element, or by a name that only an outlet has, next to
    the date.
    """
    nodes = text_after_headline(page, headline)
    lines = [clean_line(node) for node in nodes]
    for n, text in enumerate(lines):
        if len(text) > MAX_SOURCE_CHARS:
            break
        if (label := _SOURCE_LABEL.search(text)) and (
            name := _SOURCE_NAME.match(text[label.end() :] or "".join(lines[n + 1 : n + 2]))
        ):
            return name["name"], f"{label[0].strip()}{name['name']}"
        parent = nodes[n].getparent()
        has_class = _SOURCE_CLASS.search(f"{parent.get('class')} {parent.get('id')}")
        if has_class and regex.fullmatch(r"\p{Han}{2,12}", text):
            return text, text
        if _OUTLET_NAME.fullmatch(text) and any(find_date(other) for other in lines[max(0, n - 1) : n + 2]):
            return text, text
    return None
