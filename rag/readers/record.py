"""A record of named fields (a line of JSONL, the front matter of a Markdown file) -> Article."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import regex

from ..article import KINDS, PUBLISHED, Article, identify
from ..dates import parse_day
from ..errors import InputError
from ..outlets import Catalogue, domain

OUTLET = ("outlet", "source", "publisher")
DATE = ("date", "published_at", "publish_date")


def article(fields: Mapping[str, Any], text: object, source: str, names: Catalogue) -> Article:
    """The article that a record states. Raises InputError where it holds no text, or a field that cannot be right."""
    if not isinstance(text, str) or not text.strip():
        raise InputError("no text")
    for value in (text, *fields.values()):
        if isinstance(value, str) and ("\x00" in value or regex.search(r"[\ud800-\udfff]", value)):
            raise InputError("holds characters that are no text (NUL or half a surrogate pair)")
    key, outlet = _first(fields, OUTLET)
    date_key, printed = _first(fields, DATE)
    day, basis = _day(printed), fields.get("date_basis") or PUBLISHED
    if printed and day is None:
        basis = None
    if day and day > dt.date.today():
        raise InputError(f"{date_key} {printed} lies in the future")
    url = _string(fields, "url")
    if outlet is None and url and (named := names.of_url(url)):
        outlet, outlet_basis = named, f"url: {url}"
    else:
        outlet_basis = f"metadata: {key}" if outlet else "unknown"
    kind = fields.get("kind") or KINDS[0]
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}; it can be {' or '.join(map(repr, KINDS))}")
    made = Article(
        id="" if fields.get("id") is None else str(fields["id"]),
        text=text.strip("\n"),
        title=_string(fields, "title"),
        outlet=outlet,
        outlet_basis=outlet_basis,
        host=_string(fields, "host") or (domain(url) or None if url and not outlet else None),
        authors=_authors(fields.get("authors")),
        date=day,
        date_basis=str(basis) if day else None,
        url=url,
        kind=kind,
        source=source,
    )
    return made if made.id else identify(made)


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, Any]:
    return next(((n, fields[n]) for n in names if fields.get(n) not in (None, "")), (names[0], None))


def _string(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{name} is {type(value).__name__}, not text")
    return value.strip() or None if value else None


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    return parse_day(value) if isinstance(value, str) else None


def _authors(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = regex.split(r"\s*[;,]\s*|\s+and\s+", value)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InputError("authors is neither text nor a list of texts")
    return tuple(v.strip() for v in value if v.strip())
