"""Library -> plain pages beside the app: an article with a passage marked in it, and what the index holds.

They need no script and load nothing; like `cards`, they escape every text as it goes in. The address of a passage can
be kept: it names the article, the span of the words quoted, and what tells these words from others, so that it leads to
them after the index was built anew, or the article was edited (`Library.locate`).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from importlib import resources
from itertools import islice
from urllib.parse import urlencode

import regex
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from rag.answer.balance import Counts
from rag.answer.citation import find_words, quote_hash
from rag.answer.wording import DIGEST, UNKNOWN_OUTLET, attribution, via, when
from rag.article import Article
from rag.browse import Resolved
from rag.errors import AccordingError, public_message
from rag.ingest.report import without_details
from rag.library import Library
from rag.provenance.outlet import Outlet
from rag.readers.skipped import Skipped
from rag.text import spelled_date
from rag.web.answer_html import _bare, _link, _list, _stated, _text, article_address

PAGE = 100  # articles listed on one page
PLACES, REASONS = 100, 50  # listed of what was skipped: places of each reason, and reasons
LISTED = 20  # of the articles that are one text with this one, or stand in its place

Span = tuple[int, int]
Body = tuple[str, str]  # title, and what stands in <main>


class _NoPageError(Exception):
    """There is no such page; says so in words, with the status that says it to programs."""

    def __init__(self, status: int, title: str, words: str):
        self.status, self.title, self.words = status, title, words


def routes(library: Library, alone: bool = True) -> list[Route]:
    """`/article/ID` and `/contents`, to be served at the app's own address; `alone` as in `errors.told`."""

    def article(request: Request) -> Response:
        return _response(request, functools.partial(_article, library), alone)

    def contents(request: Request) -> Response:
        return _response(request, functools.partial(_contents, library), alone)

    return [Route("/article/{article_id:path}", article), Route("/contents", contents)]


def _refusal(request: Request, status: int, title: str, words: str) -> Response:
    """A page that says why there is none."""
    return _page(request, status, title, f"<h1>{_text(title)}</h1><p>{_text(words)}</p>")


def _response(request: Request, make: Callable[[Request, str], Body], alone: bool) -> Response:
    try:
        return _page(request, 200, *make(request, _root(request)))
    except _NoPageError as none:
        return _refusal(request, none.status, none.title, none.words)
    except AccordingError as error:
        return _refusal(request, 500, "This page cannot be made now", public_message(error, alone))


def _root(request: Request) -> str:
    """The app's own address, relative to the one that was asked for."""
    path = request.scope["raw_path"].decode("latin-1")
    return "../" * (path.removeprefix(request.scope.get("root_path", "")).count("/") - 1) or "./"


@functools.cache
def _style() -> tuple[str, str]:
    """The style sheet, and the policy by which a browser takes it and nothing else."""
    css = resources.files("rag.web").joinpath("article_pages.css").read_text("utf-8")
    own = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return css, (
        f"default-src 'none'; style-src 'sha256-{own}'; img-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _page(request: Request, status: int, title: str, main: str) -> Response:
    root, (css, policy) = _root(request), _style()
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{_bare(title)} – According</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<style>{css}</style>\n</head>\n<body>\n'
        '<a class="skip" href="#main">Skip to the content</a>\n'
        f'<header><nav aria-label="According"><a href="{root}">Ask the press</a> '
        f'<a href="{root}contents">What the index holds</a></nav></header>\n'
        f'<main id="main">\n{main}\n</main>\n</body>\n</html>\n'
    )
    tag = f'W/"{hashlib.blake2b(page.encode(), digest_size=12).hexdigest()}"'
    headers = {"Content-Security-Policy": policy, "Cache-Control": "private, no-cache", "ETag": tag}
    if status == 200 and tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(page, status, headers)


# An article


@dataclass(frozen=True)
class _Place:
    """What an address says of a passage: its span, that of the sentences that answer, the words' fingerprint."""

    start: int
    end: int
    quote: Span
    of: str

    def moved(self, start: int) -> _Place:
        by = start - self.start
        return _Place(start, self.end + by, (self.quote[0] + by, self.quote[1] + by), self.of)

    @property
    def address(self) -> dict[str, str]:
        place, marked = f"{self.start}-{self.end}", f"{self.quote[0]}-{self.quote[1]}"
        return {"at": place, **({"quote": marked} if self.quote[0] < self.quote[1] else {}), "of": self.of}


def _place(given: QueryParams) -> _Place | None:
    """The passage that an address points to; None where it points to the article alone."""
    if not given.keys() & {"at", "quote", "of"}:
        return None
    start, end = _span(given.get("at", ""))
    quote = _span(given["quote"]) if "quote" in given else (start, start)
    if not (start <= quote[0] and quote[1] <= end and regex.fullmatch("[0-9a-f]{12}", given.get("of", ""))):
        raise _unreadable()
    return _Place(start, end, quote, given["of"])


def _span(value: str) -> Span:
    match = regex.fullmatch(r"([0-9]{1,10})-([0-9]{1,10})", value)
    start, end = map(int, match.groups()) if match else (0, 0)
    if start >= end:
        raise _unreadable()
    return start, end


def _unreadable() -> _NoPageError:
    return _NoPageError(
        400,
        "This address cannot be read",
        "The passage is given as at=START-END, quote=START-END within it, and of=12 hex digits. Part of the address is "
        "missing or was changed: leave out all that stands behind the question mark to read the article alone.",
    )


def _article(library: Library, request: Request, root: str) -> Body:
    given = request.query_params
    article_id = request.path_params["article_id"] or given.get("id", "")
    place = _place(given)
    if article_id not in library:
        raise _NoPageError(
            404,
            "No such article",
            f"The index has no article with the id “{article_id}”. It may have been removed, or have another id since "
            "its text was changed.",
        )
    versions = library.versions(article_id)
    if place:
        shown, span = library.locate(article_id, place.start, place.end, place.of)
        passage = place.moved(span[0]) if span else None
    else:
        shown, passage = _version(versions, given.get("version")), None
    notes = [_replaced(library, shown, passage, root)] if shown.note else []
    if place and not passage:
        notes.append("The words that this address points to are no longer in the article.")
    elif passage != place:
        notes.append("The article was edited since this address was made; the words that it points to stand here now.")
    article = shown.article
    earlier = [v for v in versions if v.article.text != article.text and not v.current]
    outlet = article.outlet or UNKNOWN_OUTLET
    return f"{article.title or 'An article without a printed title'}, {outlet}", (
        f'<article>\n<header><p class="said">{attribution(article)} <strong>{_text(outlet)}</strong>'
        f"{_text(via(article))}<br>{_text(when(article))}</p>\n{_heading(article)}</header>\n"
        + "".join(f'<p class="note">{note}</p>\n' for note in notes)
        + ('<p class="there"><a href="#passage">To the passage quoted</a></p>\n' if passage else "")
        + f"<h2>What is known of it</h2>\n{_known(library, article, earlier, root)}\n<h2>The text</h2>\n"
        f'<div class="text" lang="">\n{"".join(_paragraphs(article.text, passage))}</div>\n</article>'
    )


def _version(versions: list[Resolved], wanted: str | None) -> Resolved:
    """The version with the fingerprint wanted; today's, or the last one, where none is."""
    found = next((v for v in versions if wanted in (None, quote_hash(v.article.text))), None)
    if not found:
        raise _NoPageError(404, "No such version", "The index does not keep this version of the article.")
    return found


def _replaced(library: Library, shown: Resolved, passage: _Place | None, root: str) -> str:
    """That a text is not today's, and the way to what is in its place: to the passage in it, where that is one way."""
    ids, at = shown.successors, None
    if passage and len(ids) == 1:
        at = find_words(library.article(ids[0]).text, passage.end - passage.start, passage.of)
    query, there = (passage.moved(at).address, "#passage") if passage and at is not None else ({}, "")
    links = [
        f'<a href="{escape(f"{root}{article_address(i, **query)}{there}")}">Read {_text(i)}</a>' for i in ids[:LISTED]
    ]
    return " ".join([f"{_text(shown.note[0].upper() + shown.note[1:])}.", *links])


def _heading(article: Article) -> str:
    title = f'<h1 lang="" dir="auto">{_bare(article.title)}</h1>' if article.title else "<h1>No title printed</h1>"
    by = f'<p class="by">by {_text(", ".join(article.authors))}</p>' if article.authors else ""
    digest = f'<p><span class="kind">{DIGEST}</span></p>'
    return f"{title}\n{by}{digest if article.kind == 'digest' else ''}"


def _known(library: Library, article: Article, earlier: list[Resolved], root: str) -> str:
    rows = [("Outlet known by", _text(f"{article.strength}: {article.outlet_basis}"))]
    rows.append(("Date", _text(article.date_basis or "none stated") if not article.date else _text(when(article))))
    if article.host:
        rows.append(("Taken from", _text(article.host)))
    if article.url:
        rows.append(("Address", _link(article.url)))
    if copies := library.duplicates(article.id):
        carried = [_named(library.article(i), root) for i in copies[:LISTED]]
        more = [f"{len(copies) - LISTED:,} more"] if len(copies) > LISTED else []
        rows.append(("The same text is carried by", _items([*carried, *more])))
    if earlier:
        rows.append(("Earlier versions", _items(_earlier(v, root) for v in earlier)))
    rows.append(("Id", f"<code>{_text(article.id)}</code>"))
    return _list(rows)


def _named(article: Article, root: str) -> str:
    said = f"{article.outlet or UNKNOWN_OUTLET}{via(article)}, {when(article)}"
    return f'<a href="{escape(root + article_address(article.id))}">{_text(said)}</a>'


def _earlier(version: Resolved, root: str) -> str:
    article, until = version.article, version.retired
    address = article_address(article.id, version=quote_hash(article.text))
    words = f"replaced on {spelled_date(until)}" if until else "replaced on a day that was not written down"
    return f'<a href="{escape(root + address)}">{words}</a>'


def _paragraphs(text: str, place: _Place | None) -> Iterator[str]:
    """The text, paragraph by paragraph; `#passage` is where the sentences that answer begin, else the passage."""
    edges = (place.start, *place.quote, place.end) if place else (0, 0, 0, 0)
    landing = -1 if not place else place.quote[0]
    start = 0
    for gap in (*regex.finditer(r"\n\s*\n", text), None):
        end = gap.start() if gap else len(text)
        if text[start:end].strip():
            s, a, b, e = (min(max(edge, start), end) for edge in edges)
            here = ' id="passage"' if start <= landing < end else ""
            mark = f"<mark{here}>{_bare(text[a:b])}</mark>" if a < b else ""
            passage = f"{_bare(text[s:a])}{mark}{_bare(text[b:e])}"
            own = "" if mark else here
            whole = f'<span class="passage"{own}>{passage}</span>' if s < e else ""
            yield f'<p dir="auto">{_bare(text[start:s])}{whole}{_bare(text[e:end])}</p>\n'
        start = gap.end() if gap else end


# What the index holds


def _contents(library: Library, request: Request, root: str) -> Body:
    outlet = request.query_params.get("outlet")
    if outlet is not None:
        return _outlet(library, outlet or None, request.query_params.get("page", "1"), root)
    counts, outlets = library.counts(), library.counts_by_outlet()
    about = [
        ("Articles", f"{counts.articles:,}"), ("Outlets known by name", f"{counts.named:,}"), ("Dates", _dates(counts)),
        ("Undated", f"{counts.undated:,}"), ("Independent sources", f"at least {counts.independent:,}"),
        ("Encoder", _text(library.encoder)),
    ]  # fmt: skip
    rows = (_counted(name, own, root) for name, own in outlets.items())
    tables = [_table("Outlets", ("Outlet", "Articles", "Kind", "Dates"), rows)]
    for heading, first, counted in (
        ("Kinds of outlets, by the catalogue", "Kind", counts.outlet_kinds),
        ("Sites that texts of other outlets were taken from", "Site", counts.hosts),
    ):
        tables.append(_table(heading, (first, "Articles"), ((_text(n), f"{c:,}") for n, c in counted.items())))
    title = "What the index holds"
    return title, f"<h1>{title}</h1>\n{_list(about)}\n{''.join(tables)}{_skipped(library)}"


def _counted(name: str | None, counts: Counts, root: str) -> tuple[str, ...]:
    """An outlet's row: its name, its articles, its kind, their dates."""
    outlet = f'<a href="{_outlet_address(name, root)}">{_text(name or UNKNOWN_OUTLET)}</a>'
    return outlet, f"{counts.articles:,}", escape(next(iter(counts.outlet_kinds))), _dates(counts)


def _dates(counts: Counts) -> str:
    if not counts.first:
        return "none"
    return " to ".join(f"<time>{day}</time>" for day in dict.fromkeys((counts.first, counts.last)))


def _outlet_address(name: str | None, root: str, **parameters: int) -> str:
    return escape(f"{root}contents?{urlencode({'outlet': name or '', **parameters}, errors='replace')}")


def _skipped(library: Library) -> str:
    """What was skipped when the files were last read, by reason."""
    counts, places = Counter[str](), defaultdict[str, list[str]](list)
    for item in library.skipped():
        reason = without_details(item.reason)
        counts[reason] += 1
        if counts[reason] <= PLACES:
            places[reason].append(_text(_left_out(item)))
    parts = ["<h2>What was skipped</h2>\n"] if counts else ["<h2>What was skipped</h2>\n<p>Nothing.</p>\n"]
    for reason, number in counts.most_common(REASONS):
        first = f", the first {PLACES}" if number > PLACES else ""
        summary = f"<summary>{number:,}: {_text(reason)}{first}</summary>"
        parts.append(f"<details>{summary}{_items(places[reason])}</details>\n")
    if len(counts) > REASONS:
        parts.append(f"<p>{len(counts) - REASONS:,} more reasons; <code>according skipped</code> lists all.</p>\n")
    return "".join(parts)


def _left_out(item: Skipped) -> str:
    """Where something was skipped and why, without the folders of this machine, which are nobody's business."""
    name = item.source if "://" in item.source else item.source.rpartition("/")[2]
    return str(replace(item, source=name, reason=item.reason.replace(item.source, name)))


def _outlet(library: Library, name: str | None, number: str, root: str) -> Body:
    """An outlet's articles, a hundred a page, and what the catalogue states of it."""
    ids = library.of_outlet(name)
    shown = name or UNKNOWN_OUTLET
    if not ids:
        raise _NoPageError(404, "No such outlet", f"The index holds nothing of an outlet called “{shown}”.")
    pages = math.ceil(len(ids) / PAGE)
    if not regex.fullmatch("[0-9]{1,9}", number):
        raise _NoPageError(400, "This address cannot be read", "The page is given as a number, as in page=2.")
    page = int(number)
    if not 1 <= page <= pages:
        raise _NoPageError(404, "No such page", f"The articles of “{shown}” fill pages 1 to {pages:,}.")
    rows = (_row(library.article(i), root) for i in islice(ids, (page - 1) * PAGE, page * PAGE))
    heading = f"{len(ids):,} article{'s' if len(ids) > 1 else ''}"
    where = f", page {page:,} of {pages:,}" if pages > 1 else ""
    listed = _table(heading + where, ("Date", "Title"), rows)
    return f"{shown}, what the index holds", (
        f"<h1>{_text(shown)}</h1>\n<p>The latest come first, undated ones last.</p>\n{listed}"
        f"{_turning(name, page, pages, root)}{_catalogued(library.catalogue.outlet(name) if name else None)}"
    )


def _row(article: Article, root: str) -> tuple[str, str]:
    title = f'<a lang="" href="{escape(root + article_address(article.id))}">{_text(article.title or article.id)}</a>'
    return f"<time>{article.date}</time>" if article.date else "undated", title + _text(via(article))


def _turning(name: str | None, page: int, pages: int, root: str) -> str:
    """Links to the pages before and after."""
    links = [
        f'<a href="{_outlet_address(name, root, page=other)}">{words}</a>'
        for other, words in ((page - 1, "Later articles"), (page + 1, "Earlier articles"))
        if 1 <= other <= pages
    ]
    return f'<nav class="pages" aria-label="Pages">{" ".join(links)}</nav>\n' if links else ""


def _catalogued(outlet: Outlet | None) -> str:
    """What the catalogue knows of an outlet."""
    heading = "<h2>What the catalogue states of it</h2>\n"
    if not outlet:
        return f"{heading}<p>Nothing: it is not in the catalogue.</p>"
    rows = [("Also printed as", _text("; ".join(outlet.spellings)))] if outlet.spellings else []
    rows.append(("Domains", _text(", ".join(outlet.domains) or "none known")))
    return f"{heading}{_list([*rows, *_stated(outlet)])}"


# Parts


def _items(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _table(caption: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A section with a table; empty without rows."""
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    names = "".join(f'<th scope="col">{name}</th>' for name in head)
    table = f"<h2>{caption}</h2>\n<table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table>\n"
    return table if lines else ""
