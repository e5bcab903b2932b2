"""Asked, and the sentences that answer -> the values in them that count what is asked. In doubt a value is left out."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.answer.figures.asked import Asked
from rag.answer.figures.evidence import SHOWN, About, probability
from rag.answer.figures.figure import NUMBER, PERCENTAGE
from rag.answer.figures.measures import find_joined, find_measures
from rag.answer.figures.sentence import Sentence, marked_sentences
from rag.answer.figures.values import Value, find_values

if TYPE_CHECKING:
    from rag.answer.citation import Citation


def matching_values(asked: Asked, citation: Citation) -> Iterator[Value]:
    """Yield the values in a citation's marked sentences that count what is asked; spans are of the article's text."""
    about: About | None = None  # made where there is a value, as most passages have none
    for sentence, value in candidates(asked, citation):
        about = about or About.of(asked, citation)
        if probability(asked, sentence, value, about) >= SHOWN:
            by = citation.start
            outer = max(value.outer[0], sentence.start) + by, value.outer[1] + by
            yield replace(value, start=value.start + by, end=value.end + by, outer=outer)


def candidates(asked: Asked, citation: Citation) -> Iterator[tuple[Sentence, Value]]:
    """Yield the values of the kind that is asked for in a citation's marked sentences; spans are of its text."""
    for sentence in marked_sentences(citation, functools.partial(_find, asked)):
        for value in sentence.values:
            yield sentence, value


def _find(asked: Asked, text: str, start: int, end: int) -> list[Value]:
    """Return the values of the kind that a question asks for in text[start:end]."""
    if asked.measure:
        return find_measures(text, start, end, asked.measure, asked.noun)
    if asked.counts_noun:
        found = find_values(text, start, end, NUMBER)
        joined = find_joined(text, start, end, {asked.noun: asked.unit})
        found += [j for j in joined if not any(v.start <= j.start < v.end for v in found)]
        return sorted(found, key=lambda v: v.start)
    kinds = (asked.kind, PERCENTAGE) if asked.of_change else (asked.kind,)
    return [value for kind in kinds for value in find_values(text, start, end, kind)]
