"""An article as a plain page, with a passage marked in it if the URL names one (see `urls.passage_url`)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import regex
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.routing import Route

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.citation import FORMER_HASH_DIGITS, HASH_DIGITS, find_words, is_of, quote_hash
from rag.answer.html import Html, definitions, isolated, items, link
from rag.answer.wording import DIGEST, attribution, outlet_evidence, via, when
from rag.article import Article
from rag.browse import ReadOnlyLibrary, Resolved
from rag.library import Library
from rag.provenance.revisions import revision
from rag.text import spelled_date
from rag.web.plain_page import NoPageError, Page, route
from rag.web.revision_html import comparison_html
from rag.web.urls import article_url

_REVISED = (
    "Words removed are struck through, words added are underlined. The index has both texts; it does not know why they "
    "differ."
)
MAX_COMPARED = 5  # pairs of versions that are compared
MAX_LISTED = 20  # other articles with the same text, or successors of this one, that are listed
_FORMER = (
    "This link was made by an earlier version of According, whose links do not prove which words they were made for: "
    "if in doubt, compare the words with those that you were shown."
)
_HASH = rf"[0-9a-f]{{{FORMER_HASH_DIGITS}}}|[0-9a-f]{{{HASH_DIGITS}}}"

Span = tuple[int, int]


def routes(library: Library, is_local: bool = True) -> list[Route]:
    """Return the route of `/article/ID`.

    Args:
        library: where the articles are.
        is_local: whether only this machine can ask (see `errors.public_message`).
    """
    return [route("/article/{article_id:path}", library, _article, is_local)]


@dataclass(frozen=True)
class _Place:
    """A passage as a URL names it: its span, the span of the sentences that answer, and the words' fingerprint."""

    start: int
    end: int
    quote: Span
    of: str

    def moved(self, start: int) -> _Place:
        """Return the same place in a text where the passage begins elsewhere."""
        by = start - self.start
        return _Place(start, self.end + by, (self.quote[0] + by, self.quote[1] + by), self.of)

    @property
    def parameters(self) -> dict[str, str]:
        """The query that names it."""
        span, quote = f"{self.start}-{self.end}", f"{self.quote[0]}-{self.quote[1]}"
        return {"at": span, **({"quote": quote} if self.quote[0] < self.quote[1] else {}), "of": self.of}


def _place(given: QueryParams) -> _Place | None:
    """Return the passage that a URL names; None if it names the article alone."""
    if not given.keys() & {"at", "quote", "of"}:
        return None
    start, end = _span(given.get("at", ""))
    quote = _span(given["quote"]) if "quote" in given else (start, start)
    if not (start <= quote[0] and quote[1] <= end and regex.fullmatch(_HASH, given.get("of", ""))):
        raise _invalid_link()
    return _Place(start, end, quote, given["of"])


def _span(value: str) -> Span:
    match = regex.fullmatch(r"([0-9]{1,10})-([0-9]{1,10})", value)
    start, end = map(int, match.groups()) if match else (0, 0)
    if start >= end:
        raise _invalid_link()
    return start, end


def _invalid_link() -> NoPageError:
    return NoPageError(
        400,
        "This link is not valid",
        "A link to a passage has at=START-END, quote=START-END within it, and of=32 hex digits. Part of it is missing "
        "or was changed; to read the article alone, remove the question mark and everything after it.",
    )


def _article(library: ReadOnlyLibrary, request: Request, root: str) -> Page:
    given = request.query_params
    article_id = request.path_params["article_id"] or given.get("id", "")
    place = _place(given)
    if article_id not in library:
        raise NoPageError(
            404,
            "No such article",
            f"The index has no article with the ID “{article_id}”. It may have been removed, or have a new ID "
            "since its text changed.",
        )
    versions = library.versions(article_id)
    if place:
        shown, span = library.locate(article_id, place.start, place.end, place.of)
        passage = place.moved(span[0]) if span else None
    else:
        shown, passage = _version(versions, given.get("version")), None
    notes: list[str] = [_replaced(library, shown, passage, root)] if shown.note else []
    if place and not passage:
        notes.append("The quoted words are no longer in the article.")
    elif passage != place:
        notes.append("The article has been edited since this link was made; the quoted words are now here.")
    if len(passage.of if passage else given.get("version", "")) == FORMER_HASH_DIGITS:
        notes.append(_FORMER)
    article = shown.article
    earlier = [v for v in versions if v.article.text != article.text and not v.current]
    outlet = article.outlet or UNKNOWN_OUTLET
    main = Html(
        '<article>\n<header><p class="source">{} <strong>{}</strong>{}<br>{}</p>\n{}</header>\n{}{}'
        '<h2>About this article</h2>\n{}\n{}<h2>Text</h2>\n<div class="text" lang="">\n{}</div>\n</article>'
    ).format(
        attribution(article), isolated(outlet), isolated(via(article)), isolated(when(article)), _heading(article),
        Html().join(map(Html('<p class="note">{}</p>\n').format, notes)),
        Html('<p class="jump"><a href="#passage">Go to the quoted passage</a></p>\n') if passage else "",
        _details(library, article, earlier, root),
        _changes(versions),
        Html().join(_paragraphs(article.text, passage)),
    )  # fmt: skip
    return Page(f"{article.title or 'Article without a title'}, {outlet}", main)


def _version(versions: list[Resolved], wanted: str | None) -> Resolved:
    """Return the version with the fingerprint wanted; the current or else the latest one for None."""
    found = next((v for v in versions if wanted is None or is_of(v.article.text, wanted)), None)
    if not found:
        raise NoPageError(404, "No such version", "The index does not keep this version of the article.")
    return found


def _replaced(library: ReadOnlyLibrary, shown: Resolved, passage: _Place | None, root: str) -> Html:
    """Return the note that a text is not current, with links to its successors: to the passage if there is only one."""
    ids, at = shown.successors, None
    if passage and len(ids) == 1:
        at = find_words(library.article(ids[0]).text, passage.end - passage.start, passage.of)
    parameters, anchor = (passage.moved(at).parameters, "#passage") if passage and at is not None else ({}, "")
    read = Html('<a href="{}">Read {}</a>')
    links = [read.format(f"{root}{article_url(i, **parameters)}{anchor}", isolated(i)) for i in ids[:MAX_LISTED]]
    return Html(" ").join([isolated(f"{shown.note[0].upper()}{shown.note[1:]}."), *links])


def _heading(article: Article) -> Html:
    title = Html('<h1 lang="" dir="auto">{}</h1>').format(article.title) if article.title else Html("<h1>No title</h1>")
    authors = Html('<p class="by">by {}</p>').format(isolated(", ".join(article.authors))) if article.authors else ""
    digest = Html('<p><span class="kind">{}</span></p>').format(DIGEST) if article.kind == "digest" else ""
    return Html("{}\n{}{}").format(title, authors, digest)


def _details(library: ReadOnlyLibrary, article: Article, earlier: list[Resolved], root: str) -> Html:
    """Return what is known of an article, with the evidence."""
    date = isolated(when(article) if article.date else article.date_basis or "not stated")
    rows: list[tuple[str, str]] = [
        ("Evidence for the outlet", isolated(outlet_evidence(article))),
        ("Date", date),
    ]
    if article.host:
        rows.append(("Taken from", isolated(article.host)))
    if article.url:
        rows.append(("URL", link(article.url)))
    if duplicates := library.duplicates(article.id):
        links: list[str] = [_named(library.article(i), root) for i in duplicates[:MAX_LISTED]]
        more = [f"{len(duplicates) - MAX_LISTED:,} more"] if len(duplicates) > MAX_LISTED else []
        rows.append(("Also published by", items([*links, *more])))
    if earlier:
        rows.append(("Earlier versions", items(_earlier(v, root) for v in earlier)))
    rows.append(("ID", Html("<code>{}</code>").format(isolated(article.id))))
    return definitions(rows)


def _changes(versions: list[Resolved]) -> Html:
    """Return what changed from version to version, the latest change first; nothing where there is one version."""
    parts: list[Html] = []
    for later, earlier in itertools.pairwise(versions):
        if len(parts) < MAX_COMPARED and (found := revision(earlier.article, later.article, earlier.retired)):
            heading = Html("<h3>Since {}</h3>\n{}").format(
                isolated(found.since), comparison_html(earlier.article, later.article)
            )
            parts.append(heading)
    if not parts:
        return Html()
    section = Html('<section aria-labelledby="changes">\n<h2 id="changes">What changed</h2>\n<p>{}</p>\n{}</section>\n')
    return section.format(_REVISED, Html().join(parts))


def _named(article: Article, root: str) -> Html:
    words = f"{article.outlet or UNKNOWN_OUTLET}{via(article)}, {when(article)}"
    return Html('<a href="{}">{}</a>').format(root + article_url(article.id), isolated(words))


def _earlier(version: Resolved, root: str) -> Html:
    article, until = version.article, version.retired
    url = root + article_url(article.id, version=quote_hash(article.text))
    words = f"replaced on {spelled_date(until)}" if until else "replaced, date not recorded"
    return Html('<a href="{}">{}</a>').format(url, words)


def _paragraphs(text: str, place: _Place | None) -> Iterator[Html]:
    """Yield the paragraphs; `#passage` is where the sentences that answer begin, or else the passage."""
    edges = (place.start, *place.quote, place.end) if place else (0, 0, 0, 0)
    landing = -1 if not place else place.quote[0]
    start = 0
    for gap in (*regex.finditer(r"\n\s*\n", text), None):
        end = gap.start() if gap else len(text)
        if text[start:end].strip():
            s, a, b, e = (min(max(edge, start), end) for edge in edges)
            anchor = Html(' id="passage"') if start <= landing < end else ""
            mark = Html("<mark{}>{}</mark>").format(anchor, text[a:b]) if a < b else ""
            whole = Html('<span class="passage"{}>{}{}{}</span>')
            passage = whole.format("" if mark else anchor, text[s:a], mark, text[b:e]) if s < e else ""
            yield Html('<p dir="auto">{}{}{}</p>\n').format(text[start:s], passage, text[e:end])
        start = gap.end() if gap else end
