"""Catalogue: the outlets that According knows by name: spellings and web domains, each leading to one name.

The data stand in `outlets.toml`. The catalogue names outlets; it holds no opinion of them.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from urllib.parse import urlsplit

import regex


@dataclass(frozen=True)
class Outlet:
    """One publisher.

    Attributes:
        name: the name shown.
        spellings: other ways in which it is printed.
        domains: web domains that it publishes under, lower case, without "www.".
    """

    name: str
    spellings: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class Catalogue:
    """Outlets, found by spelling, by web address, or by name inside a text."""

    def __init__(self, outlets: Iterable[Outlet]):
        self.outlets = tuple(outlets)
        self._names = {key(s): o.name for o in self.outlets for s in (*o.spellings, *o.domains)}
        self._names |= {key(o.name): o.name for o in self.outlets}
        self._by_domain = {d: o.name for o in self.outlets for d in o.domains}

    def resolve(self, spelling: str) -> str | None:
        """The name shown for a spelling (letter case, "The" and punctuation do not matter), or None if unknown."""
        return self._names.get(key(spelling))

    def of_url(self, url: str) -> str | None:
        """The outlet that publishes under the address's domain or a parent of it, or None."""
        labels = domain(url).split(".")
        parents = (".".join(labels[i:]) for i in range(len(labels) - 1))
        return next((self._by_domain[d] for d in parents if d in self._by_domain), None)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Names standing in `text` as whole words, case-sensitively: (start, end, name shown), in order."""
        for match in self._pattern.finditer(text):
            yield match.start(), match.end(), self._names[key(match.group())]

    @functools.cached_property
    def _pattern(self) -> regex.Pattern[str]:
        names = {s for o in self.outlets for s in (o.name, *o.spellings)}
        longest_first = "|".join(map(regex.escape, sorted(names, key=len)[::-1]))
        return regex.compile(rf"(?<![\w.@-])(?:{longest_first})(?![\w@-])")


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue that comes with According."""
    data = tomllib.loads(resources.files("rag").joinpath("outlets.toml").read_text("utf-8"))
    return Catalogue(
        Outlet(o["name"], tuple(o.get("spellings", ())), tuple(o.get("domains", ()))) for o in data["outlet"]
    )


def domain(url: str) -> str:
    """The web domain of an address, lower case, without "www."; "" where there is none."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def key(spelling: str) -> str:
    """What two spellings of one name share: their letters and digits, without letter case or a leading "The"."""
    return regex.sub(r"[\W_]+", "", regex.sub(r"^the\s+", "", spelling.strip().casefold()))
