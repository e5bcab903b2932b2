"""ScoredPassages -> the same: a model has looked in the best of them for the words that answer.

The order stays. The words become what is marked (`rag.answer.citation`), and how sure the model is that they answer a
signal of confidence (`rag.answer.confidence`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.models.extractive_reader import Reader
from rag.retrieval.reranking import share
from rag.retrieval.scored_passage import ScoredPassage, Span

# Passages that are read: those that fit best, from which the signals of confidence are taken too; so many are shown
# unless a caller asks for another number.
MAX_READ = 5


def read(reader: Reader, question: str, found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Let a model look for the words that answer in the MAX_READ passages that fit best.

    Args:
        reader: the model.
        question: the question, without the words that became filters.
        found: in any order.
    """
    best = sorted(found, key=lambda passage: -passage.fit)[:MAX_READ]
    readings = dict(zip((p.keys for p in best), reader.read(question, [p.text for p in best]), strict=True))

    def with_span(passage: ScoredPassage) -> ScoredPassage:
        reading = readings.get(passage.keys)
        if reading is None:
            return passage
        at = passage.passage.start
        return replace(passage, span=Span(at + reading.start, at + reading.end, share(reading.logit)))

    return [with_span(passage) for passage in found]
