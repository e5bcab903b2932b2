"""The figures that sources give for what a question asks: how many, how much, what share, when.

Nothing is inferred and nothing judged: a figure is a value printed in a sentence that is marked as answering, which
counts what the question asks; equal values are grouped. In doubt a value is left out (docs/measurements/figures.md).

    asked.py       what the question asks for, if it asks for a figure
    sentence.py    the marked sentences, with their words and clauses
    values.py      the values in them: numbers, sums, percentages, dates
    measures.py    ages, durations and distances
    matching.py    which values are shown, with the help of
    evidence.py    what speaks for a value and against, with weights.toml
    nouns.py       what a number counts
    elsewhere.py   whether it is said of another time or place
    words.py       forms of words, and the English of vocabulary.toml
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import regex

from rag.answer.figures.figure import Amount, Figure, Mention

if TYPE_CHECKING:
    from rag.answer.citation import Citation
    from rag.retrieval.parse import ParsedQuery

__all__ = ["Figure", "Mention", "figures_for", "find_figures"]

# What every question for a figure holds. Any other costs this search, and none of the modules below is loaded.
_MAY_ASK = regex.compile(
    r"\b(?:how (?:many|much|old|long|far|tall|deep|wide|high|fast|strong|big|large|expensive)|when|what|which|"
    r"number of|toll|share|percentage|per ?cent|proportion|rate|cost|price)\b",
    regex.I,
)


def find_figures(parsed: ParsedQuery, citations: Sequence[Citation]) -> tuple[Figure, ...]:
    """Return the values that the marked sentences give for what a question asks, in the order of the passages.

    Args:
        parsed: the question as it was searched for.
        citations: the passages shown.
    """
    return figures_for(parsed.text, citations, ((alias.words, *alias.spellings) for alias in parsed.aliases))


def figures_for(
    question: str, citations: Sequence[Citation], aliases: Iterable[tuple[str, ...]] = ()
) -> tuple[Figure, ...]:
    """Return what `find_figures` does, for a question in words.

    Args:
        question: the question.
        citations: the passages shown.
        aliases: the spellings of each name in the question that has several.
    """
    if not citations or not _MAY_ASK.search(question):
        return ()
    from rag.answer.figures.asked import asked
    from rag.answer.figures.matching import matching_values

    wanted = asked(question, aliases)
    if wanted is None:
        return ()
    groups: dict[tuple[str, Amount, Amount | None, str], list[Mention]] = {}
    for c in citations:
        for value in matching_values(wanted, c):
            start, end = value.outer
            words = c.text[start - c.start : end - c.start]
            unit = value.unit or wanted.unit
            mention = Mention(c.article_id, start, end, words, c.outlet, c.date, c.kind)
            groups.setdefault((value.kind, value.value, value.upper, unit), []).append(mention)
    return tuple(Figure(*group, tuple(mentions)) for group, mentions in groups.items())
