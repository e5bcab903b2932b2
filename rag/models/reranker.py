"""Question and passages -> how well each answers, by a model that reads both together. Optional, after search.

A cross-encoder sees how the words of a question and of a passage belong together, where vectors made apart cannot; it
must read every passage at every question, which takes some 20 ms each on a processor, so only the best are read. None
comes with According: any sentence-transformers CrossEncoder serves, by name or path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EncoderError

READ = 20  # passages that are read, from the best on


class Reranker(Protocol):
    """What According needs of a model that reads question and passage together.

    Attributes:
        name: what it is called in messages.
    """

    name: str

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """How well each text answers, (n,); higher is better, on any scale."""


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder with one output, by name or path."""

    def __init__(self, name: str):
        """Loads the model. Raises EncoderError where it cannot be had, or judges otherwise than by one number."""
        from sentence_transformers import CrossEncoder

        self.name = name
        try:
            self._model = CrossEncoder(name)
        except Exception as error:  # the loaders of a model raise whatever their formats raise
            raise EncoderError(
                f"cannot load the reranker {name!r}: {next(iter(str(error).splitlines()), repr(error))}. "
                "Give the name of a CrossEncoder that can be downloaded from here, or the path of a model folder."
            ) from error
        if self._model.num_labels != 1:
            raise EncoderError(
                f"the reranker {name!r} gives {self._model.num_labels} numbers for a passage; take one that gives one"
            )

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        pairs = [(question, text) for text in texts]
        scores = np.asarray(self._model.predict(pairs, show_progress_bar=False), np.float32)
        if scores.shape != (len(texts),) or not np.isfinite(scores).all():
            raise EncoderError(f"the reranker {self.name!r} returned {scores.shape} scores for {len(texts)} passages")
        return scores
