"""Outlets that are described and not named: "Iranian media", "Western newspapers", "state media", "news agencies"."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

import regex

from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import OUTLET_KINDS, UNCLASSIFIED, Outlet

_PLURALS = {"news agency": "news agencies", "public body": "public bodies", "think-tank publication": "think tanks"}
KINDS = {_PLURALS.get(kind, f"{kind}s"): kind for kind in OUTLET_KINDS} | {"papers": "newspaper"}
MEDIA = r"(?:media|outlets|press|news\s+sites|news\s+sources)"
_STATE = r"(?:state|government)(?:[- ](?:owned|run|controlled|funded|backed))?"


@dataclass(frozen=True)
class Description:
    """What outlets have in common, as far as the catalogue tells.

    Attributes:
        countries: where they are run from; empty for anywhere.
        kind: their kind; None for any.
        of_state: whether a government owns or funds them; False for any.
    """

    countries: frozenset[str] = frozenset()
    kind: str | None = None
    of_state: bool = False

    def outlets(self, catalogue: Catalogue, indexed: Iterable[str]) -> list[str]:
        """Return which outlets of an index it fits."""
        return [outlet for outlet in indexed if self._fits(outlet, catalogue)]

    def _fits(self, outlet: str, catalogue: Catalogue) -> bool:
        facts = catalogue.outlet(outlet) or Outlet(outlet)
        if self.countries and not (facts.country and facts.country.value in self.countries):
            return False
        return self.kind in (None, facts.kind or UNCLASSIFIED) and (facts.state is not None or not self.of_state)


def described(words: str) -> Description | None:
    """Return what some words describe: "Iranian state media", "newspapers", "Iran"; None if it is no outlets."""
    words = " ".join(words.split())
    if countries := adjectives().get(words.casefold()) or countries_named().get(words.casefold()):
        return Description(countries)
    match = phrase().fullmatch(words)
    if match is None:
        kind = next((kind for kind in (*OUTLET_KINDS, UNCLASSIFIED) if kind == words.casefold()), None)
        return Description(kind=kind) if kind else None
    kind = KINDS.get((match["kind"] or "").casefold())
    countries = adjectives()[match["adjective"].casefold()] if match["adjective"] else frozenset()
    return Description(countries, kind, bool(match["state"])) if countries or kind or match["state"] else None


@functools.cache
def phrase() -> regex.Pattern[str]:
    """Return what finds a description: an adjective, "state", and a kind of outlets or "media"."""
    kinds = "|".join(regex.escape(kind) for kind in sorted(KINDS, key=len, reverse=True))
    return regex.compile(
        rf"(?:(?P<adjective>{adjective()})\s+)?(?:(?P<state>{_STATE})\s+)?(?:(?P<kind>{kinds})|(?P<media>{MEDIA}))\b",
        regex.I,
    )


@functools.cache
def adjective() -> str:
    """Return a pattern of all adjectives. "us", which is a word, counts in capitals only."""
    words = sorted(adjectives(), key=len, reverse=True)
    return "|".join("(?-i:US)" if word == "us" else regex.escape(word) for word in words)


@functools.cache
def adjectives() -> dict[str, frozenset[str]]:
    """Return the countries of each adjective, in small letters."""
    table = _table()
    one = {word.casefold(): frozenset({country}) for country, own in table["adjectives"].items() for word in own}
    return one | {region.casefold(): frozenset(countries) for region, countries in table["regions"].items()}


@functools.cache
def countries_named() -> dict[str, frozenset[str]]:
    """Return each country by its name in small letters."""
    return {country.casefold(): frozenset({country}) for country in _table()["adjectives"]}


@functools.cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(resources.files("rag.comparison").joinpath("countries.toml").read_text("utf-8"))
