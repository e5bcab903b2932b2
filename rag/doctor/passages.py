"""Check the passages of an article and their vectors, wherever they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rag.doctor.diagnosis import Check
from rag.models.encoder import Vectors
from rag.stores.base import Span, hash64

MAX_LENGTH_ERROR = 1e-3  # of a vector, whose length is 1; those of sentences are stored in half precision


class StoredPassage(NamedTuple):
    """A passage as a store has it.

    Attributes:
        key: its key.
        start, end: its span.
        content: the hash of its words.
        sentences: the spans of its sentences; None if they cannot be read.
        vector: its vector; None if there is none.
        sentence_vectors: the vectors of its sentences; None if they cannot be read.
        intact: whether the vectors are those that were stored, if the store can tell.
    """

    key: int
    start: int
    end: int
    content: int
    sentences: list[Span] | None
    vector: Vectors | None
    sentence_vectors: Vectors | None
    intact: bool = True


def unpack_vectors(numbers: bytes, dimension: int) -> Vectors | None:
    """Return vectors in half precision, (m, dimension); None if there is not a whole number of them."""
    if len(numbers) % (2 * dimension):
        return None
    return np.frombuffer(numbers, "<f2").astype(np.float32).reshape(-1, dimension)


def check_passages(
    text: str, stored: Sequence[StoredPassage], dimension: int, name: str, passages: Check, vectors: Check
) -> None:
    """Check the passages of an article.

    Args:
        text: the article's text.
        stored: its passages, in the order of the text.
        dimension: length of a vector.
        name: what the article is called in faults.
        passages, vectors: where faults are added.
    """
    for fault in _span_faults(text, stored):
        passages.add(f"{name}, {fault}")
    for fault in _vector_faults(stored, dimension):
        vectors.add(f"{name}, {fault}")


def _span_faults(text: str, passages: Sequence[StoredPassage]) -> Iterator[str]:
    """Yield the faults of the spans of an article's passages: they must be its text, cut between sentences."""
    last = 0
    for each in passages:
        key, start, end = each.key, each.start, each.end
        words = text[start:end]
        if not (0 <= start < end <= len(text)) or words != words.strip():
            yield f"passage {key}: {start} to {end} is not a span of its text"
        elif each.content != hash64(words):
            yield f"passage {key}: its words are not those that were stored"
        elif text[last:start].strip() or start < last:
            yield f"passage {key}: it does not begin where the previous one ends"
        if each.sentences is None:
            yield f"passage {key}: its sentences cannot be read"
        else:
            edges = [edge for span in each.sentences for edge in span]
            if edges != sorted(edges) or (edges and (edges[0] < start or edges[-1] > end)):
                yield f"passage {key}: its sentences are not in it, in order"
        last = end
    if passages and text[last:].strip():
        yield "its last passage ends before its text does"


def _vector_faults(passages: Iterable[StoredPassage], dimension: int) -> Iterator[str]:
    """Yield the faults of the vectors of an article's passages, and of those of their sentences."""
    for each in passages:
        name, parts = f"passage {each.key}", each.sentence_vectors
        if each.vector is None:
            yield f"{name}: it has no vector"
        elif not each.intact:
            yield f"{name}: its vectors are not those that were stored"
        elif each.vector.shape != (dimension,) or parts is None or len(parts) != len(each.sentences or ()):
            yield f"{name}: it does not have a vector of {dimension} numbers, and one for each sentence"
        else:
            errors = np.abs(np.linalg.norm(np.vstack([each.vector, parts]), axis=1) - 1)
            if not np.all(errors < MAX_LENGTH_ERROR):  # this is also so if one of them is not a number
                yield f"{name}: the length of one of its vectors is not 1"
