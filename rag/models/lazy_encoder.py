"""An encoder that is loaded when it is first used: looking at articles, or opening an index, needs none."""

from __future__ import annotations

import functools
import threading

from rag.models.encoder import DEFAULT_ENCODER, Encoder, SentenceEncoder, Vectors

MAX_CACHED_QUESTIONS = 256  # 0.4 MB of vectors of the default encoder


def load(encoder: Encoder | str | None, precision: str) -> Encoder:
    """Return an encoder, loading it by a sentence-transformers name or path; None loads the default one.

    Raises:
        EncoderError: if it cannot be loaded.
    """
    return (
        SentenceEncoder(encoder or DEFAULT_ENCODER, precision)
        if encoder is None or isinstance(encoder, str)
        else encoder
    )


class LazyEncoder:
    """An encoder by its name, or one that is loaded already. Safe to use from several threads."""

    def __init__(self, name: str, precision: str = "auto", loaded: Encoder | None = None):
        self.precision = precision
        self._name, self._loaded = name, loaded
        self._lock = threading.Lock()
        self.question_vector = functools.lru_cache(MAX_CACHED_QUESTIONS)(self._question_vector)

    def get(self) -> Encoder:
        """Return the encoder, loading it first if need be (some seconds)."""
        if self._loaded is None:
            with self._lock:
                self._loaded = self._loaded or load(self._name, self.precision)
        return self._loaded

    @property
    def languages(self) -> frozenset[str] | None:
        """The ISO 639-1 codes of the languages that it knows; None for all. Loads the encoder."""
        found: frozenset[str] | None = getattr(self.get(), "languages", None)
        return found

    @property
    def for_workers(self) -> Encoder | str:
        """What the processes of a cluster are sent: a name that each loads for itself, else the encoder."""
        return self._loaded if self._loaded and not isinstance(self._loaded, SentenceEncoder) else self._name

    def _question_vector(self, question: str) -> Vectors:
        """The vector of a question, (dimension,); readers ask the same one again with other filters."""
        return self.get().encode_question(question)
