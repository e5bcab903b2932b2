"""A reranker that keeps what it has read, so that an answer, a comparison and a timeline read each passage once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from cachetools import LRUCache

if TYPE_CHECKING:
    from rag.models.reranker import Reranker

MAX_CACHED_PAIRS = 16_384  # of about a thousand questions; 4 MB


class CachingReranker:
    """A reranker whose last scores are kept. Safe to use from several threads.

    They are kept by the words that were read, so that a passage which has changed is read again, and one that has not
    keeps its score when the rest of the index changes.

    Attributes:
        name, languages: those of the model.
    """

    def __init__(self, model: Reranker):
        """Keep what a model says.

        Args:
            model: the model; its score of a pair must not depend on what else it reads.
        """
        self.name: str = model.name
        self.languages: frozenset[str] | None = getattr(model, "languages", None)
        self._model = model
        self._scores: LRUCache[bytes, float] = LRUCache(MAX_CACHED_PAIRS)
        self._lock = threading.Lock()

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Score how well each of n texts answers the question, (n,), as the model does."""
        keys = [_key(question, text) for text in texts]
        with self._lock:
            scores = {key: self._scores[key] for key in keys if key in self._scores}
        unread = {key: text for key, text in zip(keys, texts, strict=True) if key not in scores}
        if unread:  # by several threads at once: two that ask the same read it twice rather than wait for each other
            read = dict(zip(unread, self._model.score(question, list(unread.values())).tolist(), strict=True))
            scores |= read
            with self._lock:
                self._scores.update(read)
        return np.array([scores[key] for key in keys], np.float32)


def _key(question: str, text: str) -> bytes:
    """What a pair is kept by: shorter than its words, and the same for no two pairs."""
    pair = hashlib.blake2b(len(question).to_bytes(4), digest_size=16)
    pair.update(f"{question}{text}".encode("utf-8", "surrogatepass"))
    return pair.digest()
