"""Parse and validate outlets in TOML: the bundled `outlets.toml`, or a user's own file (docs/outlets.md)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import regex

from rag.errors import InputError
from rag.provenance.outlet import FACT_FIELDS, OUTLET_KINDS, Fact, Outlet, Rating, key
from rag.provenance.user_toml import one_line, parse_tables


def parse_outlets(text: str, name: str) -> tuple[Outlet, ...]:
    """Return the outlets that a TOML text describes.

    Args:
        text: the TOML.
        name: what errors call it.

    Raises:
        InputError: for any mistake in the text; the message names the outlet and the remedy.
    """
    outlets: dict[str, Outlet] = {}
    for number, table in enumerate(parse_tables(text, name, "outlet", "docs/outlets.md has an example"), 1):
        title = f'"{table["name"]}"' if isinstance(table.get("name"), str) else f"{number}"
        try:
            outlet = _outlet(table)
            if key(outlet.name) in outlets:
                raise InputError("listed twice; merge the two entries")
        except InputError as error:
            raise InputError(f"{name}: outlet {title}: {error}") from None
        outlets[key(outlet.name)] = outlet
    return tuple(outlets.values())


def _outlet(table: Mapping[str, Any]) -> Outlet:
    _table(table, ("name", "spellings", "domains", "words", "kind", *FACT_FIELDS, "rating"))
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
        raise InputError("rating is not a list; write each below a line [[outlet.rating]]")
    facts = {f: _fact(table[f], f) for f in FACT_FIELDS if f in table}
    return Outlet(name, spellings, domains, words, kind, **facts, ratings=tuple(map(_rating, ratings)))


def _fact(table: object, field: str) -> Fact:
    try:
        given = _table(table, ("value", "source", "as_of"))
        value, source = _text(given, "value"), _text(given, "source")
        return Fact(value, source, _date(given, "as_of") if "as_of" in given else None)
    except InputError as error:
        raise InputError(f"{field}: {error}") from None


def _rating(table: object) -> Rating:
    try:
        given = _table(table, ("rater", "value", "date", "source"))
        source = _text(given, "source") if "source" in given else None
        return Rating(_text(given, "rater"), _text(given, "value"), _date(given, "date"), source)
    except InputError as error:
        raise InputError(f"rating: {error}") from None


def _table(value: object, fields: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"not a table; write {{ {' = ..., '.join(fields)} = ... }}, each in quotes")
    if unknown := next((k for k in value if k not in fields), None):
        raise InputError(f"unknown key {unknown!r}; the keys are {', '.join(fields)}")
    return value


def _text(table: Mapping[str, Any], field: str) -> str:
    if field not in table:
        raise InputError(f'no {field}; add {field} = "..."')
    return one_line(table[field], f"{field} is")


def _texts(table: Mapping[str, Any], field: str) -> tuple[str, ...]:
    values = table.get(field, [])
    if not isinstance(values, list):
        raise InputError(f'{field} is not a list; write {field} = ["...", "..."]')
    return tuple(one_line(v, f"{field} is") for v in values)


def _name(value: str) -> str:
    if not key(value):
        raise InputError(f"{value!r} has no letter or digit to be found by")
    return value


def _date(table: Mapping[str, Any], field: str) -> str:
    value = table.get(field)
    printed = value.isoformat()[:10] if isinstance(value, dt.date) else value
    if isinstance(printed, str) and regex.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", printed):
        try:
            dt.date.fromisoformat(f"{printed}-01-01"[:10])
            return printed
        except ValueError:
            pass
    raise InputError(f'{field} is {value!r}; write it as "2024", "2024-06" or "2024-06-11"')
