"""URLs of the app's own pages, relative to the app's root: an article, a passage in it, an outlet, an answer's views.

The URL of a passage can be kept: it names the article, the span of the words, and a fingerprint of them, so that it
still leads to the words after the index was rebuilt or the article was edited (`Library.locate`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from rag.answer.citation import Citation, quote_hash
from rag.answer.export import key
from rag.answer.variants import Variant

HEALTH, METRICS = "/healthz", "/metrics"  # see `health`, `metrics`
API = "/api"  # before what `json_api` answers
CALL = re.compile(rf"{API}/(?P<endpoint>[a-z]+)")  # POST: an endpoint, in one step


def article_url(article_id: str, **parameters: str) -> str:
    """Return the URL of an article's page.

    The id is a segment of the path, unless browsers or routes would not take it for one; then it is a parameter.

    Args:
        article_id: the article's id.
        **parameters: of the query, such as `version`.
    """
    return _of_article("article", article_id, parameters)


def _of_article(page: str, article_id: str, parameters: Mapping[str, str]) -> str:
    segment = "" if article_id in (".", "..") or "\n" in article_id else quote(article_id, safe="", errors="replace")
    query = urlencode({**({} if segment else {"id": article_id}), **parameters}, errors="replace")
    return f"{page}/{segment}{'?' if query else ''}{query}"


def passage_url(citation: Citation) -> str:
    """Return the URL of the whole article with the cited passage marked in it."""
    return _span_url(citation.article_id, (citation.start, citation.end), citation.quote, citation.text)


def variant_url(variant: Variant) -> str:
    """Return the URL of a near-copy, with the sentences marked that have other words; of the whole if it has none."""
    span = variant.start, variant.end
    return _span_url(variant.article_id, span, span, variant.text) if variant.text else article_url(variant.article_id)


def _span_url(article_id: str, span: tuple[int, int], quoted: tuple[int, int], text: str) -> str:
    passage, sentences = ("-".join(map(str, edges)) for edges in (span, quoted))
    return f"{article_url(article_id, at=passage, quote=sentences, of=quote_hash(text))}#passage"


def citation_url(citation: Citation, form: str) -> str:
    """Return the URL of the file of a citation in one of `export.FORMS`, which `citation_routes` serves."""
    at, spoken = (f"{start}-{end}" for start, end in ((citation.start, citation.end), citation.quote))
    parameters = {"at": at, "quote": spoken, "key": key(citation), "as": form}
    return _of_article("cite", citation.article_id, parameters)


def answer_url(handle: str, form: str) -> str:
    """Return the URL of the file of a whole answer in one of `export.FORMS` or `dossier_files.DOSSIERS`."""
    return f"answer/{quote(handle, safe='')}?as={form}"


def view_url(handle: str, view: str, **parameters: str) -> str:
    """Return the URL of a view of an answer, which `answer_views` serves: "side-by-side" or "timeline".

    Args:
        handle: the answer's.
        view: which one.
        **parameters: of the query, such as `sort`.
    """
    return f"answer/{quote(handle, safe='')}/{view}{'?' if parameters else ''}{urlencode(parameters)}"


def outlet_url(name: str | None, **parameters: int) -> str:
    """Return the URL of the page that lists an outlet's articles; of the articles without an outlet, for None."""
    return contents_url({"outlet": name or "", **parameters})


def contents_url(parameters: Mapping[str, str | int]) -> str:
    """Return the URL of a list in the contents of the index (see `contents_address`)."""
    return f"contents{'?' if parameters else ''}{urlencode(parameters, errors='replace')}"


def asking_url(**parameters: str) -> str:
    """Return the URL of the app with a question or filters set, as its own address has them."""
    return f"?{urlencode(parameters, errors='replace')}"
