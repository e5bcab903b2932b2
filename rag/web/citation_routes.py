"""A citation that the app has shown -> a file to download, made of the stored article."""

from __future__ import annotations

import contextlib
import datetime as dt
import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rag.answer.citation import Citation, cite_span
from rag.answer.export import COPIED, FORMS, is_former_key, key
from rag.article import Article
from rag.errors import CitationError, LibraryError
from rag.library import Library

_SPAN = re.compile(r"([0-9]{1,12})-([0-9]{1,12})")
_FORMER = (
    "This link was made by an earlier version of According, whose links do not prove which words they were made for. "
    "Open the article, or ask again, and take the citation from there."
)
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def routes(library: Library) -> list[Route]:
    """Return the route of GET /cite/ARTICLE?at=START-END&quote=START-END&as=FORM[&key=KEY] (see `urls.citation_url`).

    The article is the current one, or an earlier version if only that has the citation with the key.
    """
    forms = FORMS | COPIED

    def cite(request: Request) -> Response:
        given = request.query_params
        form = forms.get(given.get("as", ""))
        at, quote = (_span(given.get(name, "")) for name in ("at", "quote"))
        if form is None:
            return _refused(400, f"Give a format: as=FORM, one of {', '.join(forms)}.")
        if at is None or quote is None:
            return _refused(400, "Give the spans: at=START-END of the passage, quote=START-END of the quotation.")
        article_id, wanted = request.path_params["article_id"] or given.get("id", ""), given.get("key")
        if wanted and is_former_key(wanted):
            return _refused(410, _FORMER)
        try:
            with library.reading() as now:
                versions, catalogue = now.versions(article_id), now.catalogue
        except LibraryError:
            return _refused(404, "The index has no readable article with this ID; it may have been removed.")
        citation = _citation([version.article for version in versions], at, quote, wanted)
        if citation is None:
            return _refused(404, "No stored version of this article has these words; ask again to see the current one.")
        name = f"{key(citation)}{form.suffix}"
        latest = versions[0]
        if latest.current and latest.article.text[citation.start : citation.end] == citation.text:
            with contextlib.suppress(CitationError):  # another process has just changed the article
                citation = library.with_copies(citation)
        text = form.write(citation, dt.date.today(), catalogue)
        headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type=f"{form.media}; charset=utf-8", headers=headers)

    return [Route("/cite/{article_id:path}", cite)]


def _citation(
    versions: list[Article], at: tuple[int, int], quote: tuple[int, int], wanted: str | None
) -> Citation | None:
    """Return the citation of the first version that has the spans, and the key if one is given."""
    for article in versions:
        try:
            citation = cite_span(article, at, quote)
        except CitationError:
            continue
        if wanted is None or key(citation) == wanted:
            return citation
    return None


def _span(text: str) -> tuple[int, int] | None:
    found = _SPAN.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def _refused(status: int, message: str) -> Response:
    return PlainTextResponse(f"{message}\n", status, headers=_HEADERS)
