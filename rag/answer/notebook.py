"""Answers as a notebook shows them: HTML without scripts, styles of its own kept within each element.

Jupyter and its relatives call `_repr_html_` of what a cell returns. Everything is made of `Html`, which escapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.answer import wording
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.changes import changes
from rag.answer.html import Html, isolated, items, link, phrase

if TYPE_CHECKING:
    from rag.answer.answer import Answer
    from rag.answer.citation import Citation

_QUOTE = Html('<blockquote dir="auto" style="white-space: pre-line; margin: .3em 0">{}<mark>{}</mark>{}</blockquote>')
_NOTE = Html('<p style="opacity: .8; margin: .2em 0">{}</p>')


def answer_notebook(answer: Answer) -> Html:
    """Return an answer as HTML: what is to be known first, then each passage with its source."""
    parts = [Html("<h4>{}</h4>").format(isolated(answer.question)), said(answer)]
    for citation in answer.passages:
        parts += [Html('<p style="margin: .8em 0 0">{}</p>').format(source(citation)), quotation(citation)]
    return Html("<div>{}</div>").format(Html().join(parts))


def said(answer: Answer) -> Html:
    """Return why nothing is shown, or that passages may not answer; the figures given; and notes on the search."""
    reason = wording.notice(answer) if answer.found else phrase(wording.refusal(answer))
    first = [Html("<p><strong>{}</strong></p>").format(reason)] if reason else []
    given = [phrase(wording.figures(answer))] if answer.figures else []
    limits = [phrase(wording.limit(found, answer)) for found in answer.constraints if found.applied]
    return Html().join([*first, *map(_NOTE.format, (*given, *limits, *map(phrase, wording.notes(answer))))])


def source(citation: Citation) -> Html:
    """Return who says something, where and when, with the title, which links to the article if it has an address."""
    outlet = Html("{} <strong>{}</strong>{}, {}").format(
        wording.attribution(citation), isolated(citation.outlet or UNKNOWN_OUTLET), isolated(wording.via(citation)),
        wording.when(citation),
    )  # fmt: skip
    title = (
        link(citation.quote_url or citation.url, citation.title or citation.url)
        if citation.url
        else isolated(citation.title or "")
    )
    return Html("{}<br>{}").format(outlet, title) if title else outlet


def quotation(citation: Citation) -> Html:
    """Return a passage, word for word, with the sentences that answer marked, and what near-copies changed in it."""
    start, end = (edge - citation.start for edge in citation.quote)
    shown = _QUOTE.format(citation.text[:start], citation.text[start:end], citation.text[end:])
    changed = [isolated(f"{change.heading}: {change}") for change in changes(citation)]
    return Html("{}{}").format(shown, items(changed)) if changed else shown
