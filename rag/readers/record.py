"""A record of named fields (a line of JSONL, a row of a table, the front matter of a Markdown file) -> Article.

Every source names its fields in its own way. The names below are taken whatever their letter case and whether "_",
"-" or spaces part their words; where a record has several for one thing, the one that stands first here counts. A value
may be nested as schema.org, NewsAPI, WordPress and MongoDB nest it. A value of the wrong kind is an error under the
names of According's own format, which stand in OWN; under another name it means something else, and is passed over.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import regex

from rag.article import ARTICLE_KINDS, PUBLISHED, REFUSED, Article, identify
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import refusal, stated

from . import decode, markup

TEXT = (
    *("text", "body", "content", "article", "article_text", "articleBody", "full_text", "maintext", "story"),
    "content_text",
)
TITLE = ("title", "headline", "name")
OUTLET = (
    *("outlet", "source", "publisher", "publication", "source_name", "site_name", "sitename", "newspaper", "media"),
    *("outlet_name", "news_outlet", "source_domain"),
)
DATE = (
    *("date", "published_at", "publish_date", "date_publish", "datePublished", "publishedAt", "published", "pubDate"),
    *("pub_date", "publication_date", "date_published", "timestamp", "created_at", "time"),
)
URL = ("url", "link", "canonical_url", "web_url", "source_url", "webUrl", "permalink")
AUTHORS = ("authors", "author", "byline", "creator", "by")
HOST = ("host", "hostname")
ID = ("id", "_id", "guid", "uuid", "article_id")
MOST_CHARS = 10_000  # of any value but the text; titles, addresses and lists of authors have some hundred
MOST_FIELDS = 10_000  # the widest of the news APIs have 40
OWN = frozenset({"text", "title", "outlet", "source", "publisher", "url", "authors", "host", "id"})

_INSIDE = (  # where a nested value keeps what it says, the most telling first
    *("name", "title", "rendered", "#text", "@value", "value", "$oid", "$date", "$numberLong", "href", "uri"),
    *("domain", "url", "id"),
)
_NO_TEXT = regex.compile(r"[\x00\ud800-\udfff]")
_CUT = regex.compile(r"(?:…|\.\.\.)?\s*\[\+\d+ chars\]\s*$")  # how NewsAPI ends what it cuts off
_ADDRESS = regex.compile(r"(?:https?://)?(?:[\w-]+\.)+\p{L}{2,}(?::\d+)?(?:[/?#]\S*)?", regex.I)
_PAGE = regex.compile(r"https?://[^/\s]+/\S+", regex.I)
_MAIL = regex.compile(r"[<(\[]?\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b[>)\]]?")
_LISTED = regex.compile(r"\[\s*(?:(?:'[^']*'|\"[^\"]*\")\s*,?\s*)*\]")  # a list as Python or JSON prints it
_SUFFIX = r"(?:Jr|Sr|II|III|IV|M\.?D|Ph\.?D|Esq)\b"


def article(fields: Mapping[str, Any], source: str, names: Catalogue, text: str | None = None) -> Article:
    """The article that a record states; `text` where the text stands beside the record.

    Raises InputError where it holds no text, or a field that cannot be right. A date that cannot be right is refused,
    and the article kept: `date_basis` tells why.
    """
    if len(fields) > MOST_FIELDS:
        raise InputError(f"has {len(fields):,} fields; at most {MOST_FIELDS:,} can be read, leave the others out")
    spelt = {_bare(name): name for name in list(fields)[::-1] if isinstance(name, str)}
    stated = {
        of: [(spelt[key], fields[spelt[key]]) for name in of if (key := _bare(name)) in spelt]
        for of in (TEXT, TITLE, OUTLET, DATE, URL, AUTHORS, HOST, ID, ("kind",), ("date_basis",))
    }
    stated = {of: [(name, value) for name, value in found if _is_said(value)] for of, found in stated.items()}

    for of in (TITLE, OUTLET, DATE, URL, AUTHORS, HOST, ID):
        for name, value in stated[of]:
            short(name, value)
    own = _lines(text) if text is not None else _text(stated[TEXT])
    url = _string(stated[URL])
    key, said = next(_strings(stated[OUTLET]), ("", None))
    url = url or (said if said and _PAGE.fullmatch(said) else None)
    outlet, outlet_basis = (_outlet(said, names), f"metadata: {key}") if said else (None, "unknown")
    if outlet is None and url and (named := names.of_url(url)):
        outlet, outlet_basis = named, f"url: {url}"
    kind = next((value for _, value in stated[("kind",)]), ARTICLE_KINDS[0])
    if kind not in ARTICLE_KINDS:
        said = repr(kind[:40]) if isinstance(kind, str) else f"a {type(kind).__name__}"
        raise InputError(f"kind is {said}; it can be {' or '.join(map(repr, ARTICLE_KINDS))}")
    day, basis = dated(next((value for _, value in stated[DATE]), None))
    made = Article(
        id=_id(stated[ID]),
        text=own,
        title=_string(stated[TITLE]),
        outlet=outlet,
        outlet_basis=outlet_basis,
        host=_site(_string(stated[HOST]), url, outlet, names),
        authors=_authors(stated[AUTHORS]),
        date=day,
        date_basis=_string(stated[("date_basis",)]) or basis if day else basis,
        url=url,
        kind=kind,
        source=source,
    )
    return made if made.id else identify(made)


def short(name: str, value: object) -> None:
    """Raises InputError where a value that is not the text is longer than any title, address or list of authors."""
    if (size := _size(value)) > MOST_CHARS:
        raise InputError(f"its {name[:40]} has {size:,} characters; at most {MOST_CHARS:,} can be read")


def _size(value: object, depth: int = 4) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | Mapping) and depth:
        return sum(1 + _size(inner, depth - 1) for inner in (value if isinstance(value, list) else value.values()))
    return 0


Stated = list[tuple[str, Any]]  # (name as the record spells it, value), the name that counts first


def has_text(names: Iterable[str]) -> bool:
    """Whether one of the names is a text field's."""
    return not {*map(_bare, names)}.isdisjoint(map(_bare, TEXT))


def known(names: Iterable[str]) -> int:
    """How many of the names are those of a record's fields."""
    every = {_bare(name) for of in (TEXT, TITLE, OUTLET, DATE, URL, AUTHORS, HOST, ID) for name in of}
    return len(every & {*map(_bare, names)})


@functools.lru_cache(4096)
def _bare(name: str) -> str:
    return str(regex.sub(r"[_\-\s]+", "", name.casefold()))


def _is_said(value: object) -> bool:
    empty = value is None or value == "" or value == [] or value == {} or value != value  # NaN is what pandas leaves
    return not empty and not (isinstance(value, str) and not value.strip())


def _text(stated: Stated) -> str:
    cut = ""
    for name, value in stated:
        value = _inner(value) if isinstance(value, Mapping) else value
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            value = "\n\n".join(value)  # a list of paragraphs
        if not isinstance(value, str) or not value.strip():
            continue
        if not _CUT.search(value[-80:]):
            return _lines(markup.plain(_valid(value)))
        cut = f"its {name} is cut off ({value[-30:].strip()!r}); get the full text"
    raise InputError(cut or "no text")


def _lines(text: str) -> str:
    """A text with the line ends of one kind. Raises InputError where nothing is in it."""
    text = _valid(text).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not text.strip():
        raise InputError("no text")
    return text


def _valid(value: str) -> str:
    if _NO_TEXT.search(value):
        raise InputError("holds characters that are no text (NUL or half a surrogate pair)")
    return decode.mended(value)


def _inner(value: object, depth: int = 3) -> object:
    """What a nested value says: a list's only item, an object's name."""
    while depth and isinstance(value, list | Mapping):
        depth -= 1
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        else:
            value = next((value[key] for key in _INSIDE if _is_said(value.get(key))), None)
    return value if not isinstance(value, list | Mapping) else None


def _strings(stated: Stated) -> Iterator[tuple[str, str]]:
    """(name, text) of each value that is text. Raises InputError for another under a name of OWN."""
    for name, value in stated:
        said = _inner(value)
        if isinstance(said, int | float) and not isinstance(said, bool) and _bare(name) in {"title", "headline"}:
            said = str(said)
        if isinstance(said, str):
            if shown := regex.sub(r"\s*\n\s*", " ", markup.plain(_valid(said))).strip():
                yield name, shown
        elif _bare(name) in OWN and not isinstance(value, Mapping):
            raise InputError(f"{name} is {type(value).__name__}, not text")


def _string(stated: Stated) -> str | None:
    return next((value for _, value in _strings(stated)), None)


def _outlet(said: str, names: Catalogue) -> str:
    """The catalogue's name for a spelling or address; else the spelling, or the address's domain."""
    if name := names.resolve(said):
        return name
    return names.of_url(said) or domain(said) if _ADDRESS.fullmatch(said) else said


def _site(host: str | None, url: str | None, outlet: str | None, names: Catalogue) -> str | None:
    """The site that a text was taken from: the one stated, else the one at its address where that is not the outlet's.

    A site unknown to the catalogue is another's only where the catalogue knows the outlet's own, or no outlet is known.
    """
    if host:
        return names.resolve(host) or names.of_url(host) or host
    named = names.of_url(url) if url else None
    if not url or named:
        return None if named == outlet else named
    own = names.outlet(outlet) if outlet else None
    return domain(url) or None if outlet is None or (own and own.domains) else None


def _id(stated: Stated) -> str:
    for name, value in stated:
        said = _inner(value)
        if isinstance(said, str | int | float) and not isinstance(said, bool):
            return _valid(str(said)).strip()
        if _bare(name) in OWN:
            raise InputError(f"{name} is {type(value).__name__}, not text")
    return ""


def _authors(stated: Stated) -> tuple[str, ...]:
    for name, value in stated:
        if people := tuple(dict.fromkeys(_people(value))):
            return people
        if _bare(name) in OWN and not isinstance(value, str | list | Mapping):
            raise InputError(f"{name} is neither text nor a list of texts")
    return ()


def _people(value: object) -> Iterator[str]:
    """The persons of a field: of a list each item is one, except where it says "By" as bylines do."""
    if isinstance(value, str) and _LISTED.fullmatch(value.strip()):
        value = [a or b for a, b in regex.findall(r"'([^']*)'|\"([^\"]*)\"", value)]
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str) and not _BY.match(item):
                yield from filter(None, [_person(item)])
            elif isinstance(item, str | Mapping):
                yield from _people(item)
            else:
                raise InputError("authors is neither text nor a list of texts")
    elif isinstance(value, Mapping):
        parts = [value.get(key) for key in ("firstName", "lastName")]
        whole = " ".join(part for part in parts if isinstance(part, str))
        if said := _inner(value) if _is_said(value.get("name")) else whole or _inner(value):
            yield from _people([said] if isinstance(said, str) else [])
    elif isinstance(value, str):
        printed = _BY.sub("", _MAIL.sub("", value).strip())
        if regex.fullmatch(r"[\p{L}'’-]+,\s*[\p{L}'’-]+", printed.strip()):
            yield _person(printed)  # "Roe, Jane", as it is printed
        else:
            joint = rf"\s*[;\n|]\s*|\s*,\s*+(?!{_SUFFIX})(?:and\s+)?|\s+and\s+|\s+&\s+"
            yield from filter(None, map(_person, regex.split(joint, printed)))


_BY = regex.compile(r"\s*by\b:?\s+", regex.I)


def _person(printed: str) -> str:
    name = markup.plain(_MAIL.sub("", _valid(printed)))
    return str(regex.sub(r"\s+", " ", name)).strip(' ,;()<>"')


def dated(value: object) -> tuple[dt.date | None, str | None]:
    """The day that a value states and its basis; (None, "refused: ...") for one that cannot be right."""
    value = _inner(value)
    if value is None:
        return None, None
    if isinstance(value, dt.date):
        day: dt.date | None = value.date() if isinstance(value, dt.datetime) else value
        why = refusal(day)
    else:
        day, why = (None, "not a day") if isinstance(value, bool) else stated(str(value))
    return (day, PUBLISHED) if not why else (None, f"{REFUSED}{str(value).strip()[:80]} ({why})")
