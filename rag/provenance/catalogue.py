"""Catalogue: the outlets that According knows by name, and what is stated about each, with its source.

Spellings and web domains lead to one name. Beside it may stand country, owner, funding, state and stance, each with the
page that states it, and our own classification (`KINDS`). The data that come with According are in `outlets.toml`; a
user's TOML of the same shape adds to them. Ratings come from the user alone. docs/outlets.md describes both.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import regex

from rag.errors import InputError

OUTLET_KINDS = (
    "news agency", "newspaper", "magazine", "broadcaster", "website", "advocacy group", "think-tank publication",
    "aggregator", "public body",
)  # fmt: skip
UNCLASSIFIED = "unclassified"
FACT_FIELDS = ("country", "owner", "funding", "state", "stance")

# A name that is also a word ("Reason") is an outlet in running text only with one of these right beside it. In 12,000
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


@dataclass(frozen=True)
class Fact:
    """What a page states of an outlet.

    Attributes:
        value: the fact, in our own words.
        source: the page's address.
        as_of: "YYYY", "YYYY-MM" or "YYYY-MM-DD", the day for which it is stated; None where the page gives none.
    """

    value: str
    source: str
    as_of: str | None = None


@dataclass(frozen=True)
class Rating:
    """What `rater` called an outlet on `date` ("YYYY", "YYYY-MM" or "YYYY-MM-DD"); supplied by the user."""

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
        kind: one of KINDS, by our own classification, or None.
        country: where it is run from.
        owner: who owns it, as stated.
        funding: what it lives on, as stated.
        state: the state whose government owns or funds it, as the source of `owner` or `funding` states; None is no
            statement that it is free of one.
        stance: what it stands for, as stated by itself or by the source.
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
        """All names that it is printed under, the name shown first."""
        return (self.name, *self.spellings)

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values, fit for JSON."""
        return dataclasses.asdict(self)


class Catalogue:
    """Outlets, found by spelling, by web address, or by name inside a text.

    Attributes:
        outlets: the outlets held.
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
        self._printed = {form for w in self._words for form in (_letters(w), _letters(w).upper())}
        self._word_keys = {key(w) for w in self._words}

    def resolve(self, spelling: str) -> str | None:
        """The name shown for a spelling that a user gives, or None; letter case, "The", punctuation do not matter."""
        return self._names.get(key(spelling))

    def printed(self, spelling: str) -> str | None:
        """As `resolve`, for a name printed in a text: one that is also a word needs its own capitals, or all of them.

        "Reason", "REASON" and "The Reason" are Reason; "reason" is none.
        """
        if key(spelling) in self._word_keys and _letters(spelling) not in self._printed:
            return None
        return self.resolve(spelling)

    def outlet(self, spelling: str) -> Outlet | None:
        """All that is known of the outlet with this spelling, or None."""
        return self._by_name.get(self.resolve(spelling) or "")

    def kind(self, spelling: str) -> str:
        """The kind of the outlet with this spelling, one of KINDS or UNCLASSIFIED."""
        known = self.outlet(spelling)
        return known.kind if known and known.kind else UNCLASSIFIED

    def of_url(self, url: str) -> str | None:
        """The outlet that publishes under the address's domain or a parent of it, or None."""
        labels = domain(url).split(".")
        parents = (".".join(labels[i:]) for i in range(len(labels) - 1))
        return next((self._by_domain[d] for d in parents if d in self._by_domain), None)

    def find(self, text: str, credit: bool = False) -> Iterator[tuple[int, int, str]]:
        """Names standing in `text` as whole words, case-sensitively: (start, end, name shown), in order.

        Names that are also words count only with a cue beside them ("told Reason", "Reason magazine", "(Reason)"),
        unless the text is a `credit`, where a name is to be expected. The credits of pictures ("AP Photo/Jane Roe",
        "Jane Roe/Reuters") and the halves of joint names ("Reuters/Ipsos") count as none.
        """
        for match in self._pattern.finditer(text):
            start, end = match.span()
            name = match.group().replace("’", "'")
            if credit or name not in self._words or _cued(text, start, end):
                yield start, end, self._names[key(name)]

    @functools.cached_property
    def _pattern(self) -> regex.Pattern[str]:
        names = sorted({s for o in self.outlets for s in o.names}, key=len)[::-1]
        first = "".join({regex.escape(n[0], literal_spaces=True) for n in names}) or "."  # 3 times as fast with this
        longest_first = "|".join(map(regex.escape, names)).replace("'", "['’]") or "(?!)"
        return regex.compile(rf"(?=[{first}])(?<![\w.@/-])(?:{longest_first})(?![\w@/-]|\s(?i:photos?)\b)")

    def extended(self, text: str, name: str) -> Catalogue:
        """This catalogue with the outlets of a user's TOML (see `parse`), which `name` names in errors.

        An outlet that is here already, letter case and "The" aside, keeps its name, gains the spellings, domains,
        words and ratings, and has each other field replaced that is given. Raises InputError where a spelling would
        lead to two outlets.
        """
        added = parse_outlets(text, name)
        merged = {key(o.name): o for o in self.outlets}
        for outlet in added:
            known = merged.get(key(outlet.name))
            merged[key(outlet.name)] = _merge(known, outlet) if known else outlet
        owners: dict[str, set[str]] = {}
        for own, outlet in merged.items():
            for spelling in (*outlet.names, *outlet.domains):
                owners.setdefault(key(spelling), set()).add(own)
        for outlet in added:
            for spelling in (*outlet.names, *outlet.domains):
                if others := owners[key(spelling)] - {key(outlet.name)}:
                    other = merged[min(others)].name
                    raise InputError(
                        f'{name}: outlet "{outlet.name}": "{spelling}" already leads to "{other}"; leave it out here, '
                        f'or give the entry the name "{other}"'
                    )
        return Catalogue(merged.values(), text)


@functools.lru_cache(maxsize=8)
def load_catalogue(extra: str | None = None, name: str = "the index's catalogue of outlets") -> Catalogue:
    """The catalogue that comes with According, extended by a user's TOML text where one is given.

    Raises InputError, which calls the text `name`, where it cannot be used.
    """
    if extra is not None:
        return load_catalogue().extended(extra, name)
    ours = resources.files("rag.provenance").joinpath("outlets.toml")
    return Catalogue(parse_outlets(ours.read_text("utf-8"), "outlets.toml"))


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue that comes with According, extended by a user's TOML file. Raises InputError."""
    return load_catalogue(toml_text(path), str(path))


def toml_text(path: Path) -> str:
    """The text of a user's TOML file. Raises InputError where it cannot be read."""
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give the path of a TOML file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error}); save it as UTF-8") from error


def parse_outlets(text: str, name: str) -> tuple[Outlet, ...]:
    """The outlets that a TOML text describes. Raises InputError, which calls the text `name`, for any mistake in it."""
    try:
        data = tomllib.loads(unicodedata.normalize("NFC", text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{name}: not TOML ({error}); docs/outlets.md has an example") from error
    tables = data.pop("outlet", None)
    if data or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        wrong = f'unknown key "{next(iter(data))}"' if data else "no outlets"
        raise InputError(f"{name}: {wrong}; write each outlet below a line [[outlet]]")
    outlets: dict[str, Outlet] = {}
    for number, table in enumerate(tables, 1):
        called = f'"{table["name"]}"' if isinstance(table.get("name"), str) else f"{number}"
        try:
            outlet = _outlet(table)
            if key(outlet.name) in outlets:
                raise InputError("it is there twice; make one entry of the two")
        except InputError as error:
            raise InputError(f"{name}: outlet {called}: {error}") from None
        outlets[key(outlet.name)] = outlet
    return tuple(outlets.values())


def describe_outlet(outlet: Outlet) -> list[str]:
    """What is known of an outlet, as lines to print; each fact with its source and the day it is stated for."""
    shown = [outlet.name]
    if outlet.spellings:
        shown.append(f"  also printed as: {'; '.join(outlet.spellings)}")
    shown.append(f"  domains: {', '.join(outlet.domains) or 'none known'}")
    shown.append(f"  kind: {f'{outlet.kind} (own classification)' if outlet.kind else 'not classified'}")
    for field in FACT_FIELDS:
        fact: Fact | None = getattr(outlet, field)
        shown.append(f"  {field}: {fact.value if fact else 'not stated'}")
        if fact:
            shown.append(f"    source: {fact.source} ({f'as of {fact.as_of}' if fact.as_of else 'date not stated'})")
    if not outlet.ratings:
        shown.append("  rating: unrated")
    for rating in outlet.ratings:
        shown.append(f"  rating: {rating.value}, by {rating.rater}, {rating.date}")
        if rating.source:
            shown.append(f"    source: {rating.source}")
    return shown


def domain(url: str) -> str:
    """The web domain of an address, lower case, without "www."; "" where there is none."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def key(spelling: str) -> str:
    """What two spellings of one name share: their letters and digits, without letter case or a leading "The"."""
    return _letters(spelling).casefold()


def _letters(spelling: str) -> str:
    return regex.sub(r"[\W_]+", "", regex.sub(r"^(?i:the)\s+", "", unicodedata.normalize("NFC", spelling).strip()))


def _cued(text: str, start: int, end: int) -> bool:
    """Whether a name at text[start:end] that is also a word stands where an outlet is named."""
    before = text[max(0, start - 60) : start]
    if (before[-1:] == "(" and text[end : end + 1] == ")") or _CUE_BEFORE.search(before):
        return not _LONGER_AFTER.match(text, end)
    if _LONGER_BEFORE.search(before):
        return False
    if _CUE_AFTER.match(text, end):
        return True
    within = text.startswith("The ", start) and _CUE_BEFORE_THE.search(before)
    return bool(within) and not _LONGER_AFTER.match(text, end)


def _merge(ours: Outlet, theirs: Outlet) -> Outlet:
    changes: dict[str, Any] = {f: v for f in ("kind", *FACT_FIELDS) if (v := getattr(theirs, f)) is not None}
    for field in ("spellings", "domains", "words", "ratings"):
        changes[field] = tuple(dict.fromkeys((*getattr(ours, field), *getattr(theirs, field))))
    return dataclasses.replace(ours, **changes)


def _outlet(table: Mapping[str, Any]) -> Outlet:
    _known(table, ("name", "spellings", "domains", "words", "kind", *FACT_FIELDS, "rating"))
    name, spellings = _name(_text(table, "name")), tuple(map(_name, _texts(table, "spellings")))
    words = _texts(table, "words")
    if strange := set(words) - {name, *spellings}:
        raise InputError(f"words has {min(strange)!r}; add it to the spellings, or leave it out")
    domains = tuple(d.lower().removeprefix("www.") for d in _texts(table, "domains"))
    if wrong := next((d for d in domains if not regex.fullmatch(r"[\w-]+(\.[\w-]+)+", d)), None):
        raise InputError(f'domains has {wrong!r}; write a web domain like "example.org", without "https://" or a path')
    kind = _text(table, "kind") if "kind" in table else None
    if kind and kind not in OUTLET_KINDS:
        raise InputError(f"kind is {kind!r}; it can be {', '.join(OUTLET_KINDS)}")
    ratings = table.get("rating", [])
    if not isinstance(ratings, list):
        raise InputError("rating is no list; write each below a line [[outlet.rating]]")
    facts = {f: _fact(table[f], f) for f in FACT_FIELDS if f in table}
    return Outlet(name, spellings, domains, words, kind, **facts, ratings=tuple(map(_rating, ratings)))


def _fact(table: object, field: str) -> Fact:
    try:
        given = _known(table, ("value", "source", "as_of"))
        return Fact(_text(given, "value"), _text(given, "source"), _day(given, "as_of") if "as_of" in given else None)
    except InputError as error:
        raise InputError(f"{field}: {error}") from None


def _rating(table: object) -> Rating:
    try:
        given = _known(table, ("rater", "value", "date", "source"))
        source = _text(given, "source") if "source" in given else None
        return Rating(_text(given, "rater"), _text(given, "value"), _day(given, "date"), source)
    except InputError as error:
        raise InputError(f"rating: {error}") from None


def _known(table: object, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(table, dict):
        raise InputError(f"it is no table; write {{ {' = ..., '.join(keys)} = ... }}, each in quotes")
    if unknown := next((k for k in table if k not in keys), None):
        raise InputError(f"unknown key {unknown!r}; there are {', '.join(keys)}")
    return table


def _text(table: Mapping[str, Any], field: str) -> str:
    if field not in table:
        raise InputError(f'no {field}; add {field} = "..."')
    return _line(table[field], field)


def _texts(table: Mapping[str, Any], field: str) -> tuple[str, ...]:
    values = table.get(field, [])
    if not isinstance(values, list):
        raise InputError(f'{field} is no list; write {field} = ["...", "..."]')
    return tuple(_line(v, field) for v in values)


def _line(value: object, field: str) -> str:
    if not isinstance(value, str) or not value.strip() or regex.search(r"[\p{Cc}\p{Zl}\p{Zp}]", value):
        raise InputError(f"{field} is {value!r}; give one line of text in quotes")
    return value.strip()


def _name(value: str) -> str:
    if not key(value):
        raise InputError(f"{value!r} has no letter or digit that it could be found by")
    return value


def _day(table: Mapping[str, Any], field: str) -> str:
    value = table.get(field)
    printed = value.isoformat()[:10] if isinstance(value, dt.date) else value
    if isinstance(printed, str) and regex.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", printed):
        try:
            dt.date.fromisoformat(f"{printed}-01-01"[:10])
            return printed
        except ValueError:
            pass
    raise InputError(f'{field} is {value!r}; write it as "2024", "2024-06" or "2024-06-11"')
