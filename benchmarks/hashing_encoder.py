"""An encoder that hashes words: fast, deterministic and without a model, for figures that do not depend on meaning."""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # other systems in `systems/` use this encoder too, and must not pay for importing According
    from rag.models.encoder import Spans, Vectors


class HashingEncoder:
    """An `Encoder` that draws a vector for each word from its checksum; the vector of a text is their sum."""

    name = "hashed words"
    dimension = 384
    max_tokens = 254

    def count(self, texts: Sequence[str]) -> list[int]:
        return [int(1.3 * (text.count(" ") + 1)) for text in texts]

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        parts = [[self.encode_question(t[a:b]) for a, b in spans] for t, spans in zip(texts, sentences, strict=True)]
        whole = [self.encode_question(text) for text in texts]
        return self._rows(whole), [self._rows(own) for own in parts]

    def encode_question(self, question: str) -> Vectors:
        words = re.findall(r"\w+", question.lower())
        total = sum(map(_word_vector, words), np.full(self.dimension, 0.01, np.float32))
        return np.asarray(total / np.linalg.norm(total), np.float32)

    def _rows(self, vectors: list[Vectors]) -> Vectors:
        return np.array(vectors, np.float32).reshape(-1, self.dimension)


@functools.lru_cache(50_000)
def _word_vector(word: str) -> Vectors:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(384).astype(np.float32)
