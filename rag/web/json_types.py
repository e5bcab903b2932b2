"""The JSON of the endpoints as types: pydantic models made of the dataclasses that the library returns.

OpenAPI describes results by them. They are made of the same fields as the JSON (`Answer.to_dict` and the like), so that
a field that is added is described without being written down again; tests/web/test_json_api.py validates real results.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import Any, Self, get_type_hints

from pydantic import BaseModel, Field, create_model

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.refusals import Missing, Why
from rag.answer.suggestions import Suggestion
from rag.article import Article
from rag.comparison.coverage.coverage import Coverage, Report, SilentOutlet
from rag.comparison.side_by_side.comparison import Row
from rag.comparison.timeline.timeline import Entry
from rag.query.constraints import Constraint
from rag.retrieval.scored_passage import Hit

Model = type[BaseModel]
_VERSION = (int, Field(description="of the JSON: raised if a field is removed or changes its meaning"))


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str


class ListedArticle(BaseModel):
    """An article in a list, without its text."""

    id: str
    title: str | None
    outlet: str | None
    outlet_basis: str
    strength: str
    host: str | None
    authors: list[str]
    date: dt.date | None
    date_basis: str | None
    url: str | None
    kind: str
    characters: int

    @classmethod
    def of(cls, article: Article) -> Self:
        """Return what a list shows of an article."""
        return cls(
            id=article.id, title=article.title, outlet=article.outlet, outlet_basis=article.outlet_basis,
            strength=article.strength, host=article.host, authors=list(article.authors), date=article.date,
            date_basis=article.date_basis, url=article.url, kind=article.kind, characters=len(article.text),
        )  # fmt: skip


class ListedArticles(BaseModel):
    """A part of the list of articles, and how many the whole list has."""

    version: int
    total: int
    articles: list[ListedArticle]


class ListedOutlet(BaseModel):
    """An outlet; its name is null for articles whose outlet is not known."""

    outlet: str | None
    articles: int
    kind: str | None


class UnmatchedGroup(BaseModel):
    """A group of a comparison without a passage, and how many articles it has."""

    group: str
    articles: int


def _made(name: str, of: type, without: tuple[str, ...] = (), **more: Any) -> Model:
    """Return a model with the fields of a dataclass and more; a type alone is that of a field that is always there."""
    types = get_type_hints(of)
    own: dict[str, Any] = {f.name: (types[f.name], ...) for f in fields(of) if f.name not in without}
    added = {field: given if isinstance(given, tuple) else (given, ...) for field, given in more.items()}
    doc = (of.__doc__ or "").partition("\n")[0]
    return create_model(name, __doc__=doc, **own | added)


Passage = _made("Passage", Citation, quote_url=str | None)
_OF_ANSWER: dict[str, Any] = {"version": _VERSION, "found": bool, "notice": str | None}
AnswerResult = _made("Answer", Answer, **_OF_ANSWER, passages=list[Passage])  # type: ignore[valid-type]
_HITS: dict[str, Any] = {"version": _VERSION, "hits": (list[Hit], ...)}
SearchResult = create_model("Search", __doc__="The nearest passages, whether or not they answer.", **_HITS)
ComparedRow = _made("Row", Row, citation=Passage, further=list[Passage])  # type: ignore[valid-type]
ComparisonResult = _made(
    "Comparison", Answer, ("passages",), **_OF_ANSWER, by=str, rows=list[ComparedRow],  # type: ignore[valid-type]
    silent=list[UnmatchedGroup], more=int, whole=bool, sides=dict[str, list[str]], several=dict[str, list[str]],
    asked=str,
)  # fmt: skip
TimelineEntry = _made("Entry", Entry, citation=Passage)
TimelineResult = _made(
    "Timeline", Answer, ("passages",), **_OF_ANSWER, entries=list[TimelineEntry],  # type: ignore[valid-type]
    undated=list[TimelineEntry], left_out=int,  # type: ignore[valid-type]
)  # fmt: skip
CoverageReport = _made("Report", Report, citation=Passage)
CoverageResult = _made(
    "Coverage", Coverage, ("answer",), **_OF_ANSWER, notes=list[str], reports=list[CoverageReport],  # type: ignore[valid-type]
    undated=list[CoverageReport], silent=list[SilentOutlet], grade=str | None, why=Why | None,  # type: ignore[valid-type]
    missing=Missing | None, constraints=list[Constraint] | None, suggestions=list[Suggestion] | None,
)  # fmt: skip
_DOSSIER: dict[str, Any] = {
    "version": _VERSION, "question": (str, ...), "grade": (str, ...), "found": (bool, ...), "rows": (int, ...),
    "silent": (int, ...), "receipts": (int, ...), "name": (str, ...), "media": (str, ...), "text": (str | None, ...),
    "data": (str | None, Field(description="the file in base64, if it is no text")),
}  # fmt: skip
DossierResult = create_model("Dossier", __doc__="A dossier as one file, and what is in it.", **_DOSSIER)
ArticleVersion = _made(
    "Article", Article, strength=str, current=bool, retired=dt.datetime | None, successors=list[str], note=str
)
_ARTICLE: dict[str, Any] = {
    "version": _VERSION, "article": (ArticleVersion, ...), "versions": (list[ArticleVersion], ...),  # type: ignore[valid-type]
}  # fmt: skip
ArticleResult = create_model(
    "ArticleWithVersions", __doc__="An article and its earlier texts, latest first.", **_ARTICLE
)
_OUTLETS: dict[str, Any] = {"version": _VERSION, "outlets": (list[ListedOutlet], ...)}
OutletsResult = create_model("Outlets", __doc__="The outlets of the index.", **_OUTLETS)

RESULTS: dict[str, Model] = {
    "ask": AnswerResult, "search": SearchResult, "compare": ComparisonResult, "timeline": TimelineResult,
    "coverage": CoverageResult, "dossier": DossierResult, "article": ArticleResult, "outlets": OutletsResult,
}  # fmt: skip
