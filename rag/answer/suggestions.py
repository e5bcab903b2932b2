"""A word that no article holds -> the word of the index that differs by one letter: "Did you mean Ashraf?"

A question is never changed in silence: what is suggested is part of the answer, and is searched for only where nothing
else is found, which the answer says.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

import regex

from rag.query.query import Query
from rag.retrieval.parse import ParsedQuery
from rag.stores.base import Store, View
from rag.stores.tantivy_index import Term, analyse, differs_by_a_letter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from rag.answer.answer import Answer

    class _WithAnswer(DataclassInstance, Protocol):
        """What is made with an answer."""

        @property
        def answer(self) -> Answer: ...


HasAnswer = TypeVar("HasAnswer", bound="_WithAnswer")

MIN_LETTERS = 5  # of a word that is suggested for: of shorter ones too many differ by one letter
MAX_SUGGESTIONS = 3
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*")


@dataclass(frozen=True)
class Suggestion:
    """A word of a question that no article holds, and one that articles print, which differs by one letter.

    Attributes:
        words: the word as the question has it.
        suggested: the word as articles print it.
        question: the question with the suggested word.
        searched: whether that was searched for, since nothing else was found.
    """

    words: str
    suggested: str
    question: str
    searched: bool = False


def suggest(view: View, store: Store, query: Query, parsed: ParsedQuery) -> tuple[Suggestion, ...]:
    """Return what may be meant by names in a question that no article holds.

    Args:
        view: the passages that are searched.
        store: where they are stored.
        query: the question; what its `ignore` holds is not suggested for.
        parsed: the question as it is searched for.
    """
    ignored = {words.casefold() for words in query.ignore}
    careless = not any(map(str.isupper, query.text[1:]))  # so that a name may be in small letters
    unknown = {term.spellings[0][0]: term.name for term in parsed.terms if _is_strange(term, careless)}
    if not unknown or "all" in ignored:
        return ()
    found: dict[str, Suggestion] = {}
    for match in _WORD.finditer(query.text):
        asked = match.group()
        word = next(iter(analyse(asked)), "")
        if word not in unknown or word in found or asked.casefold() in ignored or len(asked) < MIN_LETTERS:
            continue
        if printed := _printed(view, store, asked, word, unknown[word]):
            question = f"{query.text[: match.start()]}{printed}{query.text[match.end() :]}"
            found[word] = Suggestion(asked, printed, question)
    return tuple(found.values())[:MAX_SUGGESTIONS]


def answer_or_suggested(
    view: View, query: Query, answer: Callable[[View, Query], tuple[Answer, bool]]
) -> tuple[Answer, bool]:
    """Answer a question; where nothing is found, answer it with the words that are suggested, if that finds something.

    Args:
        view: the passages to search.
        query: the question.
        answer: answers it, and says whether the answer is of the view.
    """
    first, current = answer(view, query)
    if (other := _suggested(query, first)) is None:
        return first, current
    second, current = answer(view, other)
    return (_searched_instead(first, second) if second.found else first), current


def made_or_suggested(
    view: View, query: Query, make: Callable[[View, Query], tuple[HasAnswer, bool]]
) -> tuple[HasAnswer, bool]:
    """Do the same for what is made with an answer: a comparison, a timeline."""
    first, current = make(view, query)
    if (other := _suggested(query, first.answer)) is None:
        return first, current
    second, current = make(view, other)
    if not second.answer.found:
        return first, current
    return replace(second, answer=_searched_instead(first.answer, second.answer)), current


def _suggested(query: Query, answer: Answer) -> Query | None:
    """Return a question with the words that are suggested; None if it is answered, or nothing is."""
    if answer.found or not answer.suggestions:
        return None
    text = query.text
    for found in answer.suggestions:
        place = regex.search(rf"(?<!\w){regex.escape(found.words)}(?!\w)", text)
        text = f"{text[: place.start()]}{found.suggested}{text[place.end() :]}" if place else text
    return replace(query, text=text)


def _searched_instead(first: Answer, second: Answer) -> Answer:
    """Return the answer to a question with suggested words as one to the question itself, which says so."""
    suggestions = tuple(replace(found, searched=True) for found in first.suggestions)
    return replace(second, question=first.question, suggestions=suggestions)


def _is_strange(term: Term, careless: bool) -> bool:
    return term.unheld and (term.name or careless) and len(term.spellings) == 1 and len(term.spellings[0]) == 1


def printed_forms(view: View, store: Store, asked: str, word: str) -> Iterator[Counter[str]]:
    """Yield how often passages print each form of an indexed word that differs from one by a letter, for each such.

    Args:
        view: the passages that are searched.
        store: where they are stored.
        asked: the word as the question has it.
        word: as it is indexed.
    """
    for similar, keys in view.similar_words(word):
        yield Counter(
            unicodedata.normalize("NFC", printed)
            for passage, article in store.passages(keys).values()
            for printed in _WORD.findall(article.text[passage.start : passage.end])
            if analyse(printed) == [similar] and differs_by_a_letter(asked, printed)
        )


def _printed(view: View, store: Store, asked: str, word: str, name: bool) -> str | None:
    """Return a word of the index that differs from one by a letter, as most passages that hold it print it.

    Args:
        view: the passages that are searched.
        store: where they are stored.
        asked: the word as the question has it.
        word: as it is indexed.
        name: whether the question has it as a name; if not, most passages have to print the other one as a name.
    """
    for forms in printed_forms(view, store, asked, word):
        names = [form for form, _ in forms.most_common() if form[0].isupper() or form.lower() == form.upper()]
        if names and (name or names[0] == forms.most_common(1)[0][0]):
            return names[0]
    return None
