"""Build an Article from a record of named fields: a line of JSON Lines, a row of a table, the front matter of Markdown.

Each source has its own field names, which `columns` knows. Values may be nested as in schema.org, NewsAPI, WordPress
and MongoDB. A value of the wrong type is an error under a name of According's own format (STRICT); under any other name
the field probably means something else, and is ignored.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import regex

from rag.article import ARTICLE_KINDS, PUBLISHED, REFUSED, Article, identify
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import refusal, stated
from rag.text import is_blank

from . import decoding
from .columns import Columns, Values, has_value, names_of, normalize
from .html_to_text import html_to_text

TITLE, OUTLET, DATE, URL, AUTHORS, HOST = map(names_of, ("title", "outlet", "date", "url", "authors", "host"))
MAX_FIELD_CHARS = 10_000  # of any value but the text; titles, URLs and lists of authors have a few hundred
MAX_FIELDS = 10_000  # the widest records of the news APIs have 40
NO_ADDRESSES = frozenset(names_of("not_addresses"))  # an address in one of these columns is not an outlet
STRICT = frozenset({"text", "title", "outlet", "source", "publisher", "url", "authors", "host", "id"})

_NESTED_KEYS = (  # the keys under which a nested value holds its text, best first
    *("name", "title", "rendered", "#text", "@value", "value", "$oid", "$date", "$numberLong", "href", "uri"),
    *("domain", "url", "id"),
)
_NOT_TEXT = regex.compile(r"[\x00\ud800-\udfff]")
_TRUNCATED = regex.compile(r"(?:…|\.\.\.)?\s*\[\+\d+ chars\]\s*$")  # how NewsAPI ends a truncated text
_URL_OR_DOMAIN = regex.compile(r"(?:https?://)?(?:[\w-]+\.)+\p{L}{2,}(?::\d+)?(?:[/?#]\S*)?", regex.I)
_PAGE_URL = regex.compile(r"https?://[^/\s]+/\S+", regex.I)
_EMAIL = regex.compile(r"(?:[<(\[]|(?<![\w.+-])[.+-]*+\K)\b[\w.+-]++@[\w-]++(?:\.[\w-]+)+\b[>)\]]?")
# a list as Python or JSON prints it
_PRINTED_LIST = regex.compile(r"\[\s*+(?:(?:'[^']*+'|\"[^\"]*+\")\s*+(?:,\s*+)?+)*+\]")
_SPACES = regex.compile(r"[^\S\n]+")
_NAME_SUFFIX = r"(?:Jr|Sr|II|III|IV|M\.?D|Ph\.?D|Esq)\b"
_BY = regex.compile(r"^\s*by\b:?\s+", regex.I)

DEFAULT = Columns()
SEEN = "first seen by a collector"  # the basis of a date that is not of publication


def parse(
    fields: Mapping[str, Any],
    catalogue: Catalogue,
    source: str,
    text: str | None = None,
    columns: Columns = DEFAULT,
) -> Article:
    """Build the article of a record.

    A date that cannot be right is rejected and the article kept; `date_basis` then has the reason.

    Args:
        fields: the record.
        catalogue: used to normalise outlet names.
        source: the file that is recorded with the article.
        text: the text of the article, if it is not one of the fields.
        columns: which columns the fields are read from; counts those that were.

    Raises:
        InputError: if the record has no text, or an invalid field.
    """
    if len(fields) > MAX_FIELDS:
        raise InputError(
            f"has {len(fields):,} fields; the limit is {MAX_FIELDS:,}, so leave out those that it can do without"
        )
    used: dict[str, str] = {}
    try:
        return _parse(fields, catalogue, source, text, columns, used)
    finally:
        if columns is not DEFAULT:
            columns.count(fields, {name: column for name, column in used.items() if column})


def _parse(
    fields: Mapping[str, Any],
    catalogue: Catalogue,
    source: str,
    text: str | None,
    columns: Columns,
    used: dict[str, str],
) -> Article:
    """Build the article of a record; put the column that each field was read from into `used`."""
    found = columns.find(fields)
    values = {name: [(column, value) for column, value in own if has_value(value)] for name, own in found.items()}

    def take(name: str) -> str | None:
        column, value = next(_strings(values.get(name, [])), ("", None))
        if column:
            used[name] = column
        return value

    for name in ("title", "outlet", "date", "url", "authors", "host", "id"):
        for column, value in values.get(name, ()):
            check_length(column, value)
    if text is not None:
        own_text = _lines(text)
    else:
        used["text"], own_text = _text(values.get("text", []), values.get("summary", []))
    url = take("url")
    stated_outlet, outlet_column = _stated_outlet(values.get("outlet", []))
    url = url or (stated_outlet if stated_outlet and _PAGE_URL.fullmatch(stated_outlet) else None)
    outlet, outlet_basis = None, "unknown"
    if stated_outlet:
        used["outlet"] = outlet_column
        outlet, outlet_basis = _outlet(stated_outlet, catalogue), f"metadata: {outlet_column}"
    if outlet is None and url and (known := catalogue.of_url(url)):
        outlet, outlet_basis = known, f"url: {url}"
    used["kind"], kind = next(iter(values.get("kind", ())), ("", ARTICLE_KINDS[0]))
    if kind not in ARTICLE_KINDS:
        shown = repr(kind[:40]) if isinstance(kind, str) else type_name(kind)
        raise InputError(f"its kind is {shown}; it must be {' or '.join(map(repr, ARTICLE_KINDS))}")
    used["date"], date, basis = _dated(values)
    used["authors"], authors = _authors(values.get("authors", []))
    used["id"], article_id = _id(values.get("id", []))
    article = Article(
        id=article_id,
        text=own_text,
        title=take("title"),
        outlet=outlet,
        outlet_basis=outlet_basis,
        host=_host(take("host"), url, outlet, catalogue),
        authors=authors,
        date=date,
        date_basis=take("date_basis") or basis if date else basis,
        url=url,
        kind=kind,
        source=source,
    )
    return article if article.id else identify(article)


def _dated(values: Mapping[str, Values]) -> tuple[str, dt.date | None, str | None]:
    """Return (column, date, basis): of the publication, else of the day on which a collector found the article."""
    for name, basis in (("date", PUBLISHED), ("date_seen", SEEN)):
        for column, value in values.get(name, [])[:1]:
            date, found = read_date(value)
            return column, date, basis if date else found
    return "", None, None


def _stated_outlet(values: Values) -> tuple[str | None, str]:
    """Return (outlet, column) of the first column that states one."""
    for column, value in _strings(values):
        if normalize(column) not in NO_ADDRESSES or not _URL_OR_DOMAIN.fullmatch(value):
            return value, column
    return None, ""


def check_length(name: str, value: object) -> None:
    """Check that the value of a field other than the text is no longer than MAX_FIELD_CHARS.

    Raises:
        InputError: if it is longer.
    """
    if (size := _size(value)) > MAX_FIELD_CHARS:
        raise InputError(f"its {name[:40]} has {size:,} characters; the limit is {MAX_FIELD_CHARS:,}")


def _size(value: object, depth: int = 4) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | Mapping) and depth:
        return sum(1 + _size(inner, depth - 1) for inner in (value if isinstance(value, list) else value.values()))
    return 0


def type_name(value: object) -> str:
    """Return the JSON type of a value in words: "a list", "null"."""
    names = {type(None): "null", str: "a string", bool: "a boolean", list: "a list", dict: "an object"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else f"a {type(value).__name__}")


def _text(values: Values, summaries: Values) -> tuple[str, str]:
    """Return (column, text). Raises InputError if there is none; a summary is not the text."""
    truncated = ""
    for name, value in values:
        value = _unwrap(value) if isinstance(value, Mapping) else value
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = "\n\n".join(value)  # a list of paragraphs
        if not isinstance(value, str) or not value.strip():
            continue
        if not _TRUNCATED.search(value[-80:]):
            return name, _lines(html_to_text(_clean(value)))
        truncated = f"its {name} is truncated ({value[-30:].strip()!r}); get the full text"
    if not truncated and (column := next((name for name, _ in summaries), None)):
        raise InputError(
            f"no text; its {column[:40]} is not the article itself (to read it, --field text={column[:40]})"
        )
    raise InputError(truncated or "no text")


def _lines(text: str) -> str:
    """Return a text with all line ends as "\\n". Raises InputError if it is empty."""
    text = _clean(text).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not text.strip():
        raise InputError("no text")
    return text


def _clean(value: str) -> str:
    if _NOT_TEXT.search(value):
        raise InputError("has invalid characters (NUL or half of a surrogate pair)")
    return decoding.clean(value)


def _plain(value: str) -> str:
    """Return a text as displayed, without HTML."""
    return _clean(html_to_text(_clean(value)))


def _unwrap(value: object, depth: int = 3) -> object:
    """Return the scalar in a nested value: the only item of a list, the name of an object; None if there is none."""
    while depth and isinstance(value, list | Mapping):
        depth -= 1
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        else:
            value = next((value[key] for key in _NESTED_KEYS if has_value(value.get(key))), None)
    return value if not isinstance(value, list | Mapping) else None


def _strings(values: Values) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of each value that is text. Raises InputError for any other under a STRICT name."""
    for name, value in values:
        inner = _unwrap(value)
        if isinstance(inner, int | float) and not isinstance(inner, bool) and normalize(name) in {"title", "headline"}:
            inner = str(inner)
        if isinstance(inner, str):
            text = " ".join(filter(None, map(str.strip, _plain(inner).split("\n"))))
            if not is_blank(text):
                yield name, text
        elif normalize(name) in STRICT and not isinstance(value, Mapping):
            raise InputError(f"its {name} is {type_name(value)}, not text")


def _outlet(stated: str, catalogue: Catalogue) -> str:
    """Return the catalogue's name for a spelling or URL, else the spelling itself, or the domain of the URL."""
    if name := catalogue.resolve(stated):
        return name
    return catalogue.of_url(stated) or domain(stated) if _URL_OR_DOMAIN.fullmatch(stated) else stated


def _host(host: str | None, url: str | None, outlet: str | None, catalogue: Catalogue) -> str | None:
    """Return the site that a text was taken from: the stated one, else that of the URL if it is not the outlet's.

    A site that is not in the catalogue counts only if the outlet is unknown, or the catalogue knows its domains.
    """
    if host:
        return catalogue.resolve(host) or catalogue.of_url(host) or host
    known = catalogue.of_url(url) if url else None
    if not url or known:
        return None if known == outlet else known
    own = catalogue.outlet(outlet) if outlet else None
    return domain(url) or None if outlet is None or (own and own.domains) else None


def _id(values: Values) -> tuple[str, str]:
    for name, value in values:
        inner = _unwrap(value)
        if isinstance(inner, str | int | float) and not isinstance(inner, bool):
            return name, _clean(str(inner)).strip()
        if normalize(name) in STRICT:
            raise InputError(f"its {name} is {type_name(value)}, not text")
    return "", ""


def _authors(values: Values) -> tuple[str, tuple[str, ...]]:
    for name, value in values:
        if people := tuple(dict.fromkeys(_people(value))):
            return name, people
        if normalize(name) in STRICT and not isinstance(value, str | list | Mapping):
            raise InputError(f"its {name} field is neither text nor a list of texts")
    return "", ()


def _people(value: object) -> Iterator[str]:
    """Yield the persons that a field names. An item of a list is one person, unless it is a byline ("By A and B")."""
    if isinstance(value, str) and _PRINTED_LIST.fullmatch(value.strip()):
        value = [a or b for a, b in regex.findall(r"'([^']*)'|\"([^\"]*)\"", value)]
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str) and not _BY.match(item):
                yield from filter(None, [_person(item)])
            elif isinstance(item, str | Mapping):
                yield from _people(item)
            else:
                raise InputError("its authors field is neither text nor a list of texts")
    elif isinstance(value, Mapping):
        parts = [value.get(key) for key in ("firstName", "lastName")]
        whole = " ".join(part for part in parts if isinstance(part, str))
        if name := _unwrap(value) if has_value(value.get("name")) else whole or _unwrap(value):
            yield from _people([name] if isinstance(name, str) else [])
    elif isinstance(value, str):
        line = _BY.sub("", _EMAIL.sub("", _SPACES.sub(" ", value)).strip())
        if regex.fullmatch(r"[\p{L}'’-]+,\s*[\p{L}'’-]+", line.strip()):
            yield _person(line)  # "Roe, Jane", kept as printed
        else:
            separator = rf"\s*[;\n|]\s*|\s*,\s*+(?!{_NAME_SUFFIX})(?:and\s+)?|\s+and\s+|\s+&\s+"
            yield from filter(None, map(_person, regex.split(separator, line)))


def _person(printed: str) -> str:
    name = _plain(_EMAIL.sub("", printed))
    return str(regex.sub(r"\s+", " ", name)).strip(' ,;()<>"')


def read_date(value: object) -> tuple[dt.date | None, str | None]:
    """Return the date that a value states and its basis, as in `Article`.

    (None, "refused: ...") stands for a date that cannot be right, (None, None) for no value.
    """
    value = _unwrap(value)
    if value is None:
        return None, None
    if isinstance(value, dt.date):
        date: dt.date | None = value.date() if isinstance(value, dt.datetime) else value
        reason = refusal(date)
    else:
        date, reason = (None, "not a day") if isinstance(value, bool) else stated(str(value))
    return (date, PUBLISHED) if not reason else (None, f"{REFUSED}{str(value).strip()[:80]} ({reason})")
