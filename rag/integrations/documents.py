"""A cited passage as other frameworks take it: a text, and metadata that say where the words are from.

A retriever returns what `Library.ask` shows: nothing where nothing answers, and passages graded "near" only unless they
are left out (`strict`). The text is the passage, word for word; a program that shows it can check it again at any time
with the receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.comparison.dossier.quoted import PASSAGE, Quoted
from rag.errors import QuestionError
from rag.library import Library
from rag.text import iso_date

# Arguments of `Library.ask` that a retriever is made with; the question is the caller's.
FILTERS = frozenset(
    {"outlets", "after", "before", "exclude_outlets", "outlet_kinds", "undated", "ignore", "order", "asked_on",
     "min_confidence"}
)  # fmt: skip


def ask(library: Library, question: str, k: int, strict: bool, filters: Mapping[str, Any]) -> Answer:
    """Return the answer to a question.

    Args:
        library: what is asked.
        question: in plain words.
        k: maximum number of passages.
        strict: whether passages that may not answer are left out.
        filters: further arguments of `Library.ask`, of those in FILTERS.

    Raises:
        QuestionError: for a filter that there is not, or as `Library.ask` does.
    """
    if unknown := sorted(set(filters) - FILTERS):
        raise QuestionError(f"there is no filter {unknown[0]!r}; the filters are {', '.join(sorted(FILTERS))}")
    return library.ask(question, k, strict=strict, **filters)


def metadata(citation: Citation, number: int = 1) -> dict[str, Any]:
    """Return who said a passage, where and when, in JSON types.

    Args:
        citation: the passage.
        number: its place in the answer, from 1.

    Returns:
        `outlet`, `outlet_basis`, `strength`, `host`, `authors`, `date`, `date_basis`, `title`, `url`, `quote_url`,
        `kind`, `grade` and `score` as in the JSON of an answer; `article_id`; `span` of the passage and `quote` of the
        sentences that answer, each [start, end] in the article's text; `quotation`, those sentences; and the `receipt`,
        by which `according verify` finds the words again.
    """
    return {
        "outlet": citation.outlet,
        "outlet_basis": citation.outlet_basis,
        "strength": citation.strength,
        "host": citation.host,
        "authors": list(citation.authors),
        "date": iso_date(citation.date),
        "date_basis": citation.date_basis,
        "title": citation.title,
        "url": citation.url,
        "quote_url": citation.quote_url,
        "kind": citation.kind,
        "grade": citation.grade,
        "score": citation.score,
        "article_id": citation.article_id,
        "span": [citation.start, citation.end],
        "quote": list(citation.quote),
        "quotation": citation.quotation,
        "receipt": Quoted(number, PASSAGE, citation).receipt.to_dict(),
    }


def passage_id(citation: Citation) -> str:
    """Return an id of a passage: the same as long as its article has these words at this place."""
    return f"{citation.article_id}:{citation.start}-{citation.end}"
