"""Find the site that a page dump is from, by the name or domain in its copyright line.

A copyright sign is also printed above a photographer's name, an agency's licence and a notice that forbids copying. So
a name counts if the page shows it by another sign too (a masthead, an address, the catalogue), or if it is written like
the name of a publisher; without a year it must be below the text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import regex

from rag.provenance.catalogue import Catalogue, domain
from rag.readers.line_classifier import LineKind

from .page import Page

MAX_NAME_WORDS = 8
MAX_ADDRESSES = 200  # of a page that are compared with the name

_COPYRIGHT = regex.compile(r"(?P<before>.*?)(?:©|\(c\)|copyright|@(?=\s*(?:19|20)\d\d))(?P<rest>.*)", regex.I)
_YEAR = regex.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEARS = regex.compile(r"^[^\w|·]*(?:(?:copyright|©|\(c\)|by|(?:19|20)\d\d|present)[^\w|·]*)*+", regex.I)
_PARTS = regex.compile(r"\.(?=\s|$)|[|·©]|\s[–—-]\s")
# "All rights reserved" has in each language a word for "all" and one for "reserved".
_RESERVED = (
    r"(?:reserv|r[ée]serv|riserv|rezerv|vorbehalt|voorbehoud|förbehåll|forbehold|zastrzeż|saugom|aizsarg|kaitst|pidät|"
    r"vyhraz|vyhrad|fenntart|saklı|pridrž|zadrž|защищ|захищ|запаз|dilindungi|محفوظ)"
)
_RIGHTS = regex.compile(
    r"\s*[,–—-]?\s*(?:\b(?:all|alle|alla|tous|tout|todos|todas|tutti|tutte|toate|wszelkie|wszystkie|visos|visas|kõik|"
    rf"kaikki|všechna|všetky|minden|her|tüm|sva|все|всі|усі|всички)\s+(?:\p{{L}}+\s+){{1,3}}{_RESERVED}|"
    r"\b(?:inc|ltd|llc)\b|,\s+an?\s|\b(?:or|and)\s+its\s+(?:affiliat|licensor|subsidiar)|(?:19|20)\d\d).*",
    regex.I,
)
_NOTICE = regex.compile(
    rf"\b{_RESERVED}|^(?:an?|part\s+of)\s|\b(?:licen[csz]|copyright|reprodu|riprodu)|版权|版權|著作権|無断",
    regex.I,
)
_MAKER = regex.compile(r"(?:web\s*)?(?:design|develop|power|built|host|theme|made)\w*\b", regex.I)  # "Powered by ..."
_SITE = regex.compile(r"(?<!@)\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", regex.I)
_ADDRESS = regex.compile(r"(?:https?://|www\.|@)[\w-]+(?:\.[\w-]+)+", regex.I)
_JOINT = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})")
_LEGAL_FORM = regex.compile(r"\s+(?:plc|gmbh|ag|s\.?a\.?s?|limited|corp(?:oration)?|b\.?v\.?|a\.?s\.?)\W*$", regex.I)
_SMALL_WORD = regex.compile(
    r"of|the|and|for|in|on|at|to|de|del|della|des|du|la|le|les|el|los|di|da|do|dos|der|die|das|und|für|y|e|et|i|w|van|"
    r"von|al|&"
)


def find_host(page: Page, catalogue: Catalogue) -> str | None:
    """Return the site that the page's copyright line names, in the catalogue's spelling if it knows it."""
    copyrights = [
        (i, line, match)
        for i, kind in enumerate(page.kinds)
        if kind is LineKind.FOOTER and (match := _COPYRIGHT.match(line := page.lines[i].strip()))
    ]
    if not copyrights:
        return None
    own = {i for i, _, _ in copyrights}
    printed = {s.casefold(): s for i, line in enumerate(page.lines) if i not in own and 0 < len(s := line.strip()) < 80}
    addresses = {domain(text) for text in _addresses(page)} - {""}
    last_prose = max((i for i, kind in enumerate(page.kinds) if kind is LineKind.PROSE), default=-1)
    for i, line, match in copyrights:
        sites = [domain(word) for word in _SITE.findall(line)]
        names = list(_names(match))
        for name in names:
            if known := _known(name, printed, addresses, catalogue):
                return known
        if known := next((outlet for site in sites if (outlet := catalogue.of_url(site))), None):
            return known
        if _YEAR.search(line) or i > last_prose:
            shaped = next((name for name in names if _is_name(name) and not _is_agency(name, catalogue)), None)
            if found := shaped or next(iter(sites), None):
                return found
    return None


def _addresses(page: Page) -> Iterator[str]:
    count = 0
    for line in page.lines:
        for match in _ADDRESS.finditer(line) if "." in line else ():
            yield match.group().removeprefix("@")
            count += 1
            if count == MAX_ADDRESSES:
                return


def _names(match: regex.Match[str]) -> Iterator[str]:
    """Yield what may be the name in a copyright line: "© NAME", "NAME © 2015", "© 2015 | NAME"."""
    after = _PARTS.split(_YEARS.sub("", match["rest"]))
    before = regex.split(r"[|·]", match["before"])[-1]
    for part in (after[0], before, *after[1:]):
        name = _RIGHTS.sub("", part).strip(" ,-–—\t\u00a0")
        if not name or _MAKER.match(name) or _NOTICE.search(name) or _SITE.fullmatch(name):
            continue
        if len(joints := [j.start() for j in _JOINT.finditer(name)]) > 1:  # the items of a menu, run together
            yield from (name[:end] for end in joints if " " in name[:end])
        else:
            yield name


def _known(name: str, printed: dict[str, str], addresses: set[str], catalogue: Catalogue) -> str | None:
    """Return the name shown of a publisher that the page shows by another sign too, None for any other."""
    bare = _LEGAL_FORM.sub("", name)
    shown = printed.get(name.casefold()) or printed.get(bare.casefold())
    flat = _flat(bare)
    at_address = len(flat) > 2 and any(flat in _flat(site) for site in addresses)
    known = catalogue.resolve(name) or catalogue.resolve(bare)
    if known and (shown or at_address or not _is_agency(known, catalogue)):
        return known
    return None if known else shown or (name if at_address else None)


def _is_agency(name: str, catalogue: Catalogue) -> bool:
    """Return whether a name is that of a news agency, whose copyright is printed below what others took from it."""
    return catalogue.kind(name) == "news agency"


def _is_name(name: str) -> bool:
    """Return whether words are written like the name of a publisher: capitals, and at most small words between."""
    words = name.split()
    if not 0 < len(words) <= MAX_NAME_WORDS or regex.search(r"[:/@<>{}]|\d{3}", name):
        return False
    if _LEGAL_FORM.search(name):  # the owner, which may publish a hundred sites
        return False
    if not regex.match(r"[\p{Lu}\p{Lo}\d]", words[0]):
        return False
    return all(regex.match(r"\W*[\p{Lu}\p{Lo}\d]", word) or _SMALL_WORD.fullmatch(word) for word in words)


def _flat(text: str) -> str:
    return str(regex.sub(r"\P{L}", "", unicodedata.normalize("NFKD", text.casefold()))).removeprefix("the")
