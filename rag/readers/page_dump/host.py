"""Find the site that a page dump is from, by the name or domain in its copyright line."""

from __future__ import annotations

import regex

from rag.provenance.catalogue import Catalogue, domain
from rag.readers.line_classifier import LineKind

from .page import Page

_COPYRIGHT = regex.compile(r"(?P<before>.*?)(?:©|\(c\)|copyright|@(?=\s*(?:19|20)\d\d))(?P<rest>.*)", regex.I)
_YEARS = regex.compile(r"^[^\w|·]*(?:(?:copyright|©|\(c\)|by|(?:19|20)\d\d|present)[^\w|·]*)*+", regex.I)
_RIGHTS = regex.compile(r"\s*[,–—-]?\s*(?:\ball\s+rights?\s+reserved\b|\b(?:inc|ltd|llc)\b|(?:19|20)\d\d).*", regex.I)
_MAKER = regex.compile(r"(?:web\s*)?(?:design|develop|power|built|host|theme|made)\w*\b", regex.I)  # "Powered by ..."
_SITE = regex.compile(r"\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", regex.I)


def find_host(page: Page, catalogue: Catalogue) -> str | None:
    """Return the site that the page's copyright line names, in the catalogue's spelling if it knows it."""
    printed = {line.strip().casefold(): line.strip() for line in page.lines if len(line) < 80}
    for i, kind in enumerate(page.kinds):
        line = page.lines[i].strip()
        if kind is not LineKind.FOOTER or not (match := _COPYRIGHT.match(line)):
            continue
        sites = [domain(word) for word in _SITE.findall(line)]
        after = regex.split(r"[.|·©]|\s[–—-]\s", _YEARS.sub("", match["rest"]))
        before = regex.split(r"[|·]", match["before"])[-1]
        parts = (after[0], before, *after[1:])  # "© NAME", "NAME © 2015", "© 2015 | NAME"
        stated = (_RIGHTS.sub("", part).strip(" ,-–—\t\u00a0") for part in parts)
        name = next((name for name in stated if name and not _MAKER.match(name)), "")
        known = [outlet for site in sites if (outlet := catalogue.of_url(site))] + [catalogue.resolve(name)]
        shown = printed.get(name.casefold()) or (name if 0 < len(name.split()) <= 6 else None)
        if found := next((host for host in [*known, shown, *sites] if host), None):
            return str(found)
    return None
