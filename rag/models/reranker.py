"""Rerank the best passages of a search with a model that reads question and passage together. Optional.

A cross-encoder sees how the words of a question and of a passage relate, which separately encoded vectors cannot show;
but it must read every passage for every question, which takes about 20 ms each on a processor, so only the best
passages are reranked. According ships no such model: any sentence-transformers CrossEncoder works, by name or path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EncoderError

MAX_RERANKED = 20  # passages, from the best one on


class Reranker(Protocol):
    """What According needs of a model that scores question and passage together.

    Attributes:
        name: its name, for messages.
    """

    name: str

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Score how well each of n texts answers the question, (n,); higher is better, on any scale."""


class CrossEncoderReranker:
    """A sentence-transformers CrossEncoder with one output."""

    def __init__(self, name: str):
        """Load the model.

        Args:
            name: name or path of the CrossEncoder.

        Raises:
            EncoderError: if it cannot be loaded, or gives more than one number per passage.
        """
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
                f"the reranker {name!r} gives {self._model.num_labels} numbers per passage; choose one that gives one"
            )

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        pairs = [(question, text) for text in texts]
        scores = np.asarray(self._model.predict(pairs, show_progress_bar=False), np.float32)
        if scores.shape != (len(texts),) or not np.isfinite(scores).all():
            raise EncoderError(f"the reranker {self.name!r} returned {scores.shape} scores for {len(texts)} passages")
        return scores
