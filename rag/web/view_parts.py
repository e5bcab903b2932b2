"""What the views of an answer share: the sentences above them, and the facts after a name."""

from __future__ import annotations

from collections.abc import Iterable

from rag.answer import wording
from rag.answer.answer import Answer
from rag.answer.html import Html, phrase
from rag.answer.wording import MAY_NOT_ANSWER, Phrase
from rag.comparison.side_by_side.wording import DIGESTS

_FACT, _DOUBT = Html("<span>{}</span>"), Html('<span class="doubt">{}</span>')
_QUOTED = Html('<p class="quoted" dir="auto"><a href="{}" target="_blank" rel="noopener"><mark>{}</mark></a></p>')


def said_first(answer: Answer) -> Html:
    """Return that the passages may not answer, or why there are none; and what was searched for instead."""
    if not answer.found:
        first = Html('<p class="nothing" role="status">{}</p>').format(phrase(wording.refusal(answer)))
    elif said := wording.notice(answer):
        first = Html('<p class="near">{}</p>').format(said)
    else:
        first = Html()
    notes: list[Phrase | str] = [wording.suggestion(found) for found in answer.suggestions]
    notes += [DIGESTS] if any(cited.kind == "digest" for cited in answer.passages) else []
    return Html().join([first, *(note(phrase(words)) for words in notes)])


def note(words: str) -> Html:
    """Return a sentence that a reader should know, without its full stop."""
    return Html('<p class="note">{}.</p>').format(words)


def facts_html(facts: Iterable[Phrase]) -> Html:
    """Return what is known of a source, one after the other; empty facts are left out."""
    said = [(_DOUBT if str(fact) == MAY_NOT_ANSWER else _FACT, phrase(fact)) for fact in facts if str(fact)]
    shown = Html(" ").join(span.format(words) for span, words in said)
    return Html('<span class="facts">{}</span>').format(shown) if shown else Html()


def quoted_html(url: str, words: str) -> Html:
    """Return the sentences that answer, marked, as a link to them in their article."""
    return _QUOTED.format(url, words)
