"""Outlet: one publisher, and what is stated about it. `outlets_toml` reads outlets, `Catalogue` finds them by name.

Each fact carries the page that states it. The kind is our own classification (docs/outlets.md), and ratings come from
the user alone.
"""

from __future__ import annotations

import dataclasses
import functools
import unicodedata
from dataclasses import dataclass
from typing import Any

import regex

OUTLET_KINDS = (
    "news agency", "newspaper", "magazine", "broadcaster", "website", "advocacy group", "think-tank publication",
    "aggregator", "public body",
)  # fmt: skip
UNCLASSIFIED = "unclassified"
FACT_FIELDS = ("country", "owner", "funding", "state", "stance")


@dataclass(frozen=True)
class Fact:
    """What a page states about an outlet.

    Attributes:
        value: the fact, in our own words.
        source: URL of the page.
        as_of: "YYYY", "YYYY-MM" or "YYYY-MM-DD", the date for which it is stated; None where the page gives none.
    """

    value: str
    source: str
    as_of: str | None = None


@dataclass(frozen=True)
class Rating:
    """A third party's rating of an outlet, supplied by the user.

    Attributes:
        rater: who rated it.
        value: the rating, in the rater's words.
        date: "YYYY", "YYYY-MM" or "YYYY-MM-DD".
        source: where the rating is published, or None.
    """

    rater: str
    value: str
    date: str
    source: str | None = None


@dataclass(frozen=True)
class Outlet:
    """One publisher.

    Attributes:
        name: the name shown.
        spellings: other ways in which it is printed.
        domains: web domains that it publishes under, lower case, without "www.".
        words: those of its names that are also ordinary words or other people's names ("Reason", "Time").
        kind: one of OUTLET_KINDS, by our own classification, or None.
        country: where it is run from.
        owner: who owns it, as stated.
        funding: how it is funded, as stated.
        state: the state whose government owns or funds it, as the source of `owner` or `funding` states. None does not
            mean that it is independent of every state.
        stance: its political position, as stated by itself or by the source.
        ratings: third parties' ratings, only ever from the user; empty means unrated, which is no place on a scale.
    """

    name: str
    spellings: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    kind: str | None = None
    country: Fact | None = None
    owner: Fact | None = None
    funding: Fact | None = None
    state: Fact | None = None
    stance: Fact | None = None
    ratings: tuple[Rating, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names that it is printed under, the name shown first."""
        return (self.name, *self.spellings)

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain values, ready for JSON."""
        return dataclasses.asdict(self)

    def updated(self, other: Outlet) -> Outlet:
        """Return this outlet with another entry for it merged in.

        Spellings, domains, words and ratings are added; the kind and each fact that `other` has replace those here.
        """
        changes: dict[str, Any] = {f: v for f in ("kind", *FACT_FIELDS) if (v := getattr(other, f)) is not None}
        for field in ("spellings", "domains", "words", "ratings"):
            changes[field] = tuple(dict.fromkeys((*getattr(self, field), *getattr(other, field))))
        return dataclasses.replace(self, **changes)


def describe_outlet(outlet: Outlet) -> list[str]:
    """Return what is known of an outlet as lines to print, each fact with its source and the date it is stated for."""
    lines = [outlet.name]
    if outlet.spellings:
        lines.append(f"  also printed as: {'; '.join(outlet.spellings)}")
    lines.append(f"  domains: {', '.join(outlet.domains) or 'none known'}")
    lines.append(f"  kind: {f'{outlet.kind} (own classification)' if outlet.kind else 'not classified'}")
    for field in FACT_FIELDS:
        fact: Fact | None = getattr(outlet, field)
        lines.append(f"  {field}: {fact.value if fact else 'not stated'}")
        if fact:
            lines.append(f"    source: {fact.source} ({f'as of {fact.as_of}' if fact.as_of else 'date not stated'})")
    if not outlet.ratings:
        lines.append("  rating: unrated")
    for rating in outlet.ratings:
        lines.append(f"  rating: {rating.value}, by {rating.rater}, {rating.date}")
        if rating.source:
            lines.append(f"    source: {rating.source}")
    return lines


_THE = regex.compile(r"^the\s+", regex.I)
_UNSEEN = regex.compile(r"[\W_\p{Default_Ignorable_Code_Point}]+")


@functools.lru_cache(2048)  # each line of a page is compared several times
def key(spelling: str) -> str:
    """Return what two spellings of one name share: their letters and digits, without letter case or a leading "The"."""
    return letters(spelling).casefold()


def letters(spelling: str) -> str:
    """Return the letters and digits of a name that a reader sees, without a leading "The"."""
    return _UNSEEN.sub("", _THE.sub("", unicodedata.normalize("NFC", spelling).strip()))
