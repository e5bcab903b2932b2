"""Why there is no answer, as data: what no article holds, what the filters shut out, and the one reason that is given.

`rag.answer.wording` makes one sentence of a reason, for all that show answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import regex

from rag.answer.suggestions import printed_forms
from rag.query import not_a_question
from rag.query.languages import SCRIPTS
from rag.retrieval.by_words import asked_words, held, words_of
from rag.retrieval.filters import Filters
from rag.stores.filters import IndexFilter, mask
from rag.stores.tantivy_index import FUNCTION_WORDS, analyse

if TYPE_CHECKING:
    from rag.answer.suggestions import Suggestion
    from rag.query.languages import Language
    from rag.query.query import Query
    from rag.retrieval.parse import ParsedQuery
    from rag.retrieval.scored_passage import ScoredPassage
    from rag.stores.base import Store, View

# Reasons; the first that applies is given.
NO_QUESTION = "not a question"
NO_ARTICLES = "no articles"
FILTERS = "filters"
PHRASE = "phrase"
STRICT = "strict"
LANGUAGE = "language"
WORDS = "words"
CONFIDENCE = "confidence"
NOT_NEAR = "not near"
REASONS = (NO_QUESTION, NO_ARTICLES, FILTERS, PHRASE, STRICT, LANGUAGE, WORDS, CONFIDENCE, NOT_NEAR)

# Kinds of filters, as `ShutOut.kind`
OUTLETS, EXCLUDED_OUTLETS, DATES, EXCLUDED_DATES, DATED = "outlets", "not outlets", "dates", "not dates", "dated"

MAX_MISSING_WORDS, MAX_NEAREST = 10, 3  # words that are named; of the first, the nearest is looked for
MIN_LETTERS = 5  # as in `suggestions`: from shorter words too many differ by one letter
_WORD = regex.compile(r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|[.,'’-](?=[\p{L}\p{N}]))*")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


@dataclass(frozen=True)
class MissingWord:
    """A word of a question that no article holds.

    Attributes:
        word: as the question has it.
        name: whether it is, or may be, a name or number: any word may be a name in a question without capitals.
        nearest: a word that articles print and that differs by a letter, whatever its case and accents; None if none is
            known.
    """

    word: str
    name: bool
    nearest: str | None = None


@dataclass(frozen=True)
class ShutOut:
    """What one filter shuts out by itself.

    Attributes:
        kind: what it looks at: "outlets", "not outlets", "dates", "not dates", or "dated" (only articles with a date).
        values: the outlets, or the first and the last day of each span of time as YYYY-MM-DD, "" for no limit.
        articles: how many articles it shuts out.
    """

    kind: str
    values: tuple[str, ...]
    articles: int


@dataclass(frozen=True)
class Missing:
    """What keeps a question from being answered.

    Attributes:
        words: words of the question that no article holds, names first.
        filters: what each filter shuts out.
        language: the question's, where the encoder does not know it; "" where it does.
        in_script: how many articles hold a word in its script, where that is not Latin; None if that is not known.
    """

    words: tuple[MissingWord, ...] = ()
    filters: tuple[ShutOut, ...] = ()
    language: str = ""
    in_script: int | None = None


@dataclass(frozen=True)
class Why:
    """Why nothing is shown.

    Attributes:
        reason: one of REASONS.
        about: what the reason is about: the kind of what is no question, the quoted phrase, the names that no article
            holds, the language, or the confidence asked for.
    """

    reason: str
    about: tuple[str, ...] = ()


def refused_unsearched(view: View, query: Query) -> Why | None:
    """Return why nothing is to be searched for; None for a question.

    Args:
        view: what would be searched.
        query: what was typed, with the filters.
    """
    if kind := not_a_question.kind(query.text):
        return Why(NO_QUESTION, (kind,))
    if not query.previous and _names_nothing(query.text):
        return Why(NO_QUESTION, (not_a_question.NO_SUBJECT,))
    return None if view.columns.articles else Why(NO_ARTICLES)


def missing(
    view: View, store: Store, parsed: ParsedQuery, found: Sequence[ScoredPassage], suggestions: Sequence[Suggestion]
) -> Missing:
    """Return what keeps a question from being answered.

    Args:
        view: what was searched.
        store: where it is stored.
        parsed: the question as it was searched for.
        found: the passages found, best first.
        suggestions: words for those that no article holds.
    """
    unknown = parsed.language if parsed.by_words else None
    script = unknown.script if unknown else "Latin"
    in_script = view.articles_in_script(script) if script != "Latin" and script in SCRIPTS else None
    suggested = {each.words: each.suggested for each in suggestions}
    words = _words(parsed, found)
    for at, word in enumerate(words[:MAX_NEAREST]):
        words[at] = replace(word, nearest=suggested.get(word.word) or _nearest(view, store, word.word))
    return Missing(tuple(words), tuple(_shut_out(view, parsed.filters)), unknown.name if unknown else "", in_script)


def why(
    query: Query, parsed: ParsedQuery, lacking: Missing, found: Sequence[ScoredPassage], near: int, left: int
) -> Why:
    """Return why nothing is shown.

    Args:
        query: the question and the caller's filters.
        parsed: the question as it was searched for.
        lacking: what keeps it from being answered.
        found: the passages found.
        near: how many passages were left out because they may not answer.
        left: how many articles the filters leave.
    """
    if near:
        return Why(STRICT)
    if not left:
        return Why(FILTERS)
    if parsed.phrases and not found:
        return Why(PHRASE, parsed.phrases)
    if lacking.language:
        return Why(LANGUAGE, (lacking.language,))
    if names := tuple(word.word for word in lacking.words if word.name):
        return Why(WORDS, names)
    if query.min_confidence is not None:
        return Why(CONFIDENCE, (f"{query.min_confidence:g}",))
    if lacking.words:
        return Why(WORDS, tuple(word.word for word in lacking.words))
    return Why(NOT_NEAR)


def _names_nothing(text: str) -> bool:
    """Return whether a text has only words that say how something is asked, and no acronym such as WHO."""
    return all(word.lower() in FUNCTION_WORDS for word in _WORD.findall(text)) and not any(
        analysed.endswith("0") for analysed in analyse(text)
    )


def _nearest(view: View, store: Store, word: str) -> str | None:
    """Return a word that articles print and that differs from one of the question by a letter."""
    if len(word) < MIN_LETTERS or not word.isalpha():
        return None
    forms = printed_forms(view, store, word, next(iter(analyse(word)), ""))
    return next((most for form in forms for most, _ in form.most_common(1)), None)


def _words(parsed: ParsedQuery, found: Sequence[ScoredPassage]) -> list[MissingWord]:
    """Return the words that no article holds, names first; none of writings without spaces, which have none to name."""
    unknown = {
        term.spellings[0][0]: term.name
        for term in parsed.terms
        if term.unheld and len(term.spellings) == 1 and len(term.spellings[0]) == 1
    }
    asked = asked_words(parsed.text, parsed.language) if parsed.by_words and parsed.language else None
    printed = frozenset[str]()
    if asked is not None:
        for passage in found:
            printed |= held(asked, words_of(passage.text))
    words: dict[str, MissingWord] = {}
    for match in _WORD.finditer(parsed.text):
        word = match.group()
        analysed = next(iter(analyse(word)), "")
        if analysed not in unknown or analysed in words or word.lower() in FUNCTION_WORDS or _UNSPACED.search(word):
            continue
        if asked is not None:
            spelled = words_of(word).spaced
            if not set(spelled) & set(asked.spaced) or set(spelled) & printed:
                continue  # a function word, or held in another form
        named = unknown[analysed] and (asked is None or _is_printed_as_name(word, parsed.language))
        words[analysed] = MissingWord(word, named)
    return sorted(words.values(), key=lambda each: not each.name)[:MAX_MISSING_WORDS]


def _is_printed_as_name(word: str, language: Language | None) -> bool:
    """Return whether a word of another language is printed as a name: not in German, where every noun has a capital."""
    return word[0].isdigit() or (word[0].isupper() and (language is None or language.code != "de"))


def _shut_out(view: View, filters: Filters) -> list[ShutOut]:
    """Return what each filter shuts out of the whole index by itself, the most first."""
    parts: list[tuple[str, tuple[str, ...], Filters]] = []
    if filters.outlets:
        parts.append((OUTLETS, tuple(sorted(filters.outlets)), Filters(outlets=filters.outlets)))
    if filters.exclude_outlets:
        excluded = Filters(exclude_outlets=filters.exclude_outlets)
        parts.append((EXCLUDED_OUTLETS, tuple(sorted(filters.exclude_outlets)), excluded))
    if filters.has_span:
        days = tuple(day.isoformat() if day else "" for day in (filters.after, filters.before))
        span = Filters(after=filters.after, before=filters.before, undated=filters.undated)
        parts.append((DATES, days, span))
    elif filters.undated is False:
        parts.append((DATED, (), Filters(undated=False)))
    if filters.exclude_dates:
        days = tuple(day.isoformat() for span in filters.exclude_dates for day in span)
        parts.append((EXCLUDED_DATES, days, Filters(exclude_dates=filters.exclude_dates)))
    found = [ShutOut(kind, values, _left_out(view, each.index_filter)) for kind, values, each in parts]
    return sorted(found, key=lambda each: -each.articles)


def _left_out(view: View, index_filter: IndexFilter) -> int:
    passing = mask(index_filter, view.columns)
    return 0 if passing is None else view.columns.articles - view.columns.some(passing).articles
