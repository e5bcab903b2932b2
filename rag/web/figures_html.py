"""The figures of an answer or a comparison as HTML: the values given, each with links to the places that give it."""

from __future__ import annotations

from dataclasses import replace

from rag.answer import wording
from rag.answer.answer import Answer
from rag.answer.figures import Figure, Mention
from rag.answer.html import Html, isolated, page_link, phrase
from rag.web.urls import passage_url

_LINE = Html('<p class="figures">{} {}</p>')
_VALUE = Html("<span><strong>{}</strong> ({})</span>")


def figures_html(answer: Answer) -> Html:
    """Return the values that the marked sentences give for what is asked, and by whom; nothing if there are none."""
    if not answer.figures:
        return Html()
    values = Html(" · ").join(_value(figure, answer) for figure in answer.figures)
    return _LINE.format(wording.figures_label(answer), values)


def _value(figure: Figure, answer: Answer) -> Html:
    sources = Html("; ").join(
        page_link(_place(mention, answer), phrase(wording.figure_source(mention, answer)))
        for mention in figure.mentions
    )
    return _VALUE.format(isolated(wording.figure_words(figure)), sources)


def _place(mention: Mention, answer: Answer) -> str:
    """Return the URL of the words that give a value, marked in their article."""
    held = (c for c in answer.passages if c.article_id == mention.article_id)
    cited = next(c for c in held if c.quote[0] <= mention.start < c.quote[1])
    return passage_url(replace(cited, quote=(mention.start, mention.end)))
