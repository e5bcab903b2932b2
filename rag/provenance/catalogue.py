"""Catalogue: the outlets that According knows, found by spelling, by web domain, or by name inside a text.

The bundled outlets are in `outlets.toml`; a user's TOML of the same shape extends them. Readers take outlets from here,
and filters, balance and the pages about an outlet look them up. docs/outlets.md describes the data.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import regex

from rag.address import as_followed
from rag.errors import InputError
from rag.provenance.outlet import UNCLASSIFIED, Outlet, key, letters
from rag.provenance.outlets_toml import parse_outlets
from rag.provenance.user_toml import read_text

# A name that is also a word ("Reason") is an outlet in running text only with one of these cues next to it. In 12,000
# articles 1,452 places passed; of the 300 read, 4 named something else, each time the politician Bloomberg.
_ROLE = r"(?:reporter|correspondent|editor|writer|columnist|contributor|journalist|photographer|blogger|publisher)s?"
_CUE_BEFORE = regex.compile(
    r"(?:\b(?i:told|tells|telling|according\s+to|interview(?:ed)?\s+(?:with|by)|statement\s+to|obtained\s+by|via|"
    r"(?:reported|published|posted|appear(?:ed|ing|s)|written|wrote|writes|writing|report|story|article|op-ed|"
    r"essay|column|editorial|piece|interview)\s+(?:last\s+\w+\s+|\w+day\s+)?(?:in|by|for|from|on|at)|"
    rf"{_ROLE}\b[^.\n]{{0,30}}?\s(?:for|at|of|with|from)|"
    r"magazine|newspaper|website|news\s+(?:site|outlet)|publication)\s+(?:the\s+)?)$"
)
# "The" printed as part of the name within a sentence ("read The Hill today"), unless it may be a place ("up The Hill").
_CUE_BEFORE_THE = regex.compile(
    r"(?<!\b(?:up|down|on|over|under|across|atop|near|behind|around|outside|the))(?:(?<=\p{Ll})[,;]?|,)[ \u00a0]$"
)
_CUE_AFTER = regex.compile(
    rf"(?:[’']s)?[ \u00a0](?:magazine|newspaper|website|staff|(?:(?!told)\w+\s)?{_ROLE})\b|"
    r"[’']s[ \u00a0](?!Up\b)\p{Lu}[\p{L}’'-]+[ \u00a0]\p{Lu}|"
    r"[ \u00a0](?:(?:has|had|also|first|previously|later)\s)*(?:reported|published|reports\sthat)\b"
)
_LONGER_BEFORE = regex.compile(  # "Jane Forbes", "Face The Nation"
    r"(?<![\p{L}’'])(?!(?:A|And|As|At|But|By|For|From|In|On|The|When|While)[ \u00a0])\p{Lu}[\p{L}\p{M}.’'-]*[ \u00a0]$"
)
_LONGER_AFTER = regex.compile(
    r"[ \u00a0](?:of )?(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|Magazine\b|[A-Z]\.)\p{Lu}"
)


MAX_NAME_CHARS = 300  # of a spelling that is looked up; the longest name of an outlet has some 60


class Catalogue:
    """Outlets, found by spelling, by web domain, or by name inside a text.

    Attributes:
        outlets: the outlets it has.
        extra: the user's TOML text that extended the catalogue, or None.
    """

    def __init__(self, outlets: Iterable[Outlet], extra: str | None = None):
        self.outlets = tuple(outlets)
        self.extra = extra
        self._names = {key(s): o.name for o in self.outlets for s in (*o.spellings, *o.domains)}
        self._names |= {key(o.name): o.name for o in self.outlets}
        self._by_domain = {d: o.name for o in self.outlets for d in o.domains}
        self._by_name = {o.name: o for o in self.outlets}
        self._words = {w for o in self.outlets for w in o.words}
        self._printed = {form for w in self._words for form in (letters(w), letters(w).upper())}
        self._word_keys = {key(w) for w in self._words}

    def resolve(self, spelling: str) -> str | None:
        """Return the name shown for a spelling, or None.

        Letter case, a leading "The" and punctuation do not matter.
        """
        return self._names.get(key(spelling)) if len(spelling) <= MAX_NAME_CHARS else None

    def resolve_printed(self, spelling: str) -> str | None:
        """Return the name shown for a name printed in a text, or None.

        As `resolve`, but a name that is also a word needs its own capitals, or capitals throughout: "Reason", "REASON"
        and "The Reason" are Reason; "reason" is not.
        """
        if len(spelling) > MAX_NAME_CHARS or (
            key(spelling) in self._word_keys and letters(spelling) not in self._printed
        ):
            return None
        return self.resolve(spelling)

    def outlet(self, spelling: str) -> Outlet | None:
        """Return the outlet with this spelling, or None."""
        return self._by_name.get(self.resolve(spelling) or "")

    def kind(self, spelling: str) -> str:
        """Return the kind of the outlet with this spelling: one of OUTLET_KINDS, or UNCLASSIFIED."""
        known = self.outlet(spelling)
        return known.kind if known and known.kind else UNCLASSIFIED

    def of_url(self, url: str) -> str | None:
        """Return the outlet that publishes under the URL's domain or a parent domain, or None."""
        labels = domain(url).split(".")
        parents = (".".join(labels[i:]) for i in range(len(labels) - 1))
        return next((self._by_domain[d] for d in parents if d in self._by_domain), None)

    def find(self, text: str, credit: bool = False) -> Iterator[tuple[int, int, str]]:
        """Find outlet names in `text` as whole words, case-sensitively.

        Names that are also words count only next to a cue ("told Reason", "Reason magazine", "(Reason)"). Picture
        credits ("AP Photo/Jane Roe", "Jane Roe/Reuters") and the halves of joint names ("Reuters/Ipsos") do not count.

        Args:
            text: the text to search.
            credit: whether the text is a credit, where a name is to be expected and no cue is needed.

        Yields:
            (start, end, name shown), in order.
        """
        for match in self._pattern.finditer(text):
            start, end = match.span()
            name = match.group().replace("’", "'")
            if credit or name not in self._words or _has_cue(text, start, end):
                yield start, end, self._names[key(name)]

    @functools.cached_property
    def _pattern(self) -> regex.Pattern[str]:
        names = sorted({s for o in self.outlets for s in o.names}, key=len)[::-1]
        first = "".join({regex.escape(n[0], literal_spaces=True) for n in names}) or "."  # 3 times as fast with this
        longest_first = "|".join(map(regex.escape, names)).replace("'", "['’]") or "(?!)"
        return regex.compile(rf"(?=[{first}])(?<![\w.@/-])(?:{longest_first})(?![\w@/-]|\s(?i:photos?)\b)")

    def extended(self, text: str, name: str) -> Catalogue:
        """Return this catalogue with the outlets of a user's TOML added.

        An outlet that is here already (letter case and "The" aside) keeps its name, gains the spellings, domains, words
        and ratings, and has each other field replaced that is given.

        Args:
            text: the TOML (see `parse_outlets`).
            name: what errors call it.

        Raises:
            InputError: for a mistake in the text, or a spelling that would belong to two outlets.
        """
        added = parse_outlets(text, name)
        merged = {key(o.name): o for o in self.outlets}
        for outlet in added:
            known = merged.get(key(outlet.name))
            merged[key(outlet.name)] = known.updated(outlet) if known else outlet
        owners: dict[str, set[str]] = {}
        for own, outlet in merged.items():
            for spelling in (*outlet.names, *outlet.domains):
                owners.setdefault(key(spelling), set()).add(own)
        for outlet in added:
            for spelling in (*outlet.names, *outlet.domains):
                if others := owners[key(spelling)] - {key(outlet.name)}:
                    other = merged[min(others)].name
                    raise InputError(
                        f'{name}: outlet "{outlet.name}": "{spelling}" already belongs to "{other}"; '
                        f'leave it out here, or give the entry the name "{other}"'
                    )
        return Catalogue(merged.values(), text)


@functools.lru_cache(maxsize=8)
def load_catalogue(extra: str | None = None, name: str = "the index's catalogue of outlets") -> Catalogue:
    """Return the bundled catalogue, extended by a user's TOML text if one is given.

    Args:
        extra: the user's TOML, or None.
        name: what errors call it.

    Raises:
        InputError: if the text cannot be used.
    """
    if extra is not None:
        return load_catalogue().extended(extra, name)
    bundled = resources.files("rag.provenance").joinpath("outlets.toml")
    return Catalogue(parse_outlets(bundled.read_text("utf-8"), "outlets.toml"))


def read_catalogue(path: Path) -> Catalogue:
    """Return the bundled catalogue, extended by a user's TOML file.

    Raises:
        InputError: if the file cannot be read or used.
    """
    return load_catalogue(read_text(path), str(path))


def domain(url: str) -> str:
    """Return the web domain of a URL, lower case and without "www."; "" if it has none."""
    url = as_followed(url)
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _has_cue(text: str, start: int, end: int) -> bool:
    """Return whether the words around text[start:end], a name that is also a word, show that it is an outlet."""
    before = text[max(0, start - 60) : start]
    if (before[-1:] == "(" and text[end : end + 1] == ")") or _CUE_BEFORE.search(before):
        return not _LONGER_AFTER.match(text, end)
    if _LONGER_BEFORE.search(before):
        return False
    if _CUE_AFTER.match(text, end):
        return True
    within = text.startswith("The ", start) and _CUE_BEFORE_THE.search(before)
    return bool(within) and not _LONGER_AFTER.match(text, end)
