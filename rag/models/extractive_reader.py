"""Models that find the words that answer a question in a passage, or say that none do.

An extractive question-answering model reads question and passage together, and gives each token two logits: that the
answer begins there, and that it ends there. One that was trained on questions without an answer too (SQuAD 2.0,
Rajpurkar et al. 2018, arXiv:1806.03822) points at its first token, [CLS], where the passage does not answer. None
comes with According; any of the transformers library works, by name or path. The readers of `rag.readers`, which read
files, have nothing to do with it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EncoderError

if TYPE_CHECKING:
    import torch

AUTO = "auto"  # what $READER says; else none

# A passage longer than the window is read in windows that overlap. Both are those that such models are trained with
# (Devlin et al. 2019, arXiv:1810.04805); a passage of the index nearly always fits one window.
WINDOW_TOKENS, OVERLAP_TOKENS = 384, 128
MIN_WINDOW_TOKENS = 32
MAX_ANSWER_TOKENS = 30
BATCH_WINDOWS = 8  # read at once
_SHARE_OF_QUESTION = 4  # a question takes at most one part in so many of the window
_UNUSED_POSITIONS = 2  # that models of the kind of RoBERTa count, but cannot use

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """What a model reads in a passage.

    Attributes:
        start, end: the span of the words in the passage's text that answer best.
        logit: how much likelier they are than that nothing answers: 0 where the model cannot tell, above it where the
            passage answers.
    """

    start: int
    end: int
    logit: float


class Reader(Protocol):
    """What According needs of a model that finds the words that answer.

    Attributes:
        name: its name, for messages and for the confidence model that is fitted with it.
    """

    name: str

    def read(self, question: str, texts: Sequence[str]) -> list[Reading | None]:
        """Read each of n texts: the span that answers the question best; None for a text without words."""


class ExtractiveReader:
    """A transformers model with a head for question answering. Safe to use from several threads."""

    def __init__(self, name: str):
        """Load the model.

        Args:
            name: name on the Hugging Face hub, or path of a folder. Its weights must be a safetensors file.

        Raises:
            EncoderError: if it cannot be loaded, or is not a model for question answering.
        """
        import torch
        from sentence_transformers.util import get_device_name
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        from rag.models.torch_model import quiet

        self.name = name
        self._lock = threading.Lock()
        with quiet():
            try:
                self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
                model, loaded = AutoModelForQuestionAnswering.from_pretrained(
                    name, dtype=torch.float32, use_safetensors=True, output_loading_info=True
                )
            except Exception as error:  # the loaders of a model raise whatever their formats and the network raise
                raise EncoderError(
                    f"cannot load the reader {name!r}: {next(iter(str(error).splitlines()), '') or repr(error)}. "
                    "Give the name of a model for question answering that can be downloaded from here, such as "
                    "deepset/tinyroberta-squad2, or the path of its folder."
                ) from error
        if loaded["missing_keys"]:  # transformers would fill them with random numbers
            raise EncoderError(
                f"the reader {name!r} lacks weights ({min(loaded['missing_keys'])}); choose a model that was trained "
                "for question answering, with questions that have no answer (SQuAD 2.0)"
            )
        if not getattr(self._tokenizer, "is_fast", False) or self._tokenizer.cls_token_id is None:
            raise EncoderError(
                f"the tokenizer of the reader {name!r} cannot say where in a text its tokens are, or has no first "
                "token that means that nothing answers; choose a model with a fast tokenizer of the kind of BERT's"
            )
        self._model: Any = model.eval().to(get_device_name())
        positions = getattr(model.config, "max_position_embeddings", None) or WINDOW_TOKENS + _UNUSED_POSITIONS
        self._window = int(min(WINDOW_TOKENS, self._tokenizer.model_max_length, positions - _UNUSED_POSITIONS))
        if self._window < MIN_WINDOW_TOKENS:
            raise EncoderError(
                f"the reader {name!r} reads only {self._window} tokens at once; take one that reads "
                f"{MIN_WINDOW_TOKENS} or more"
            )

    def read(self, question: str, texts: Sequence[str]) -> list[Reading | None]:
        """Read each of n texts, in windows where it is long.

        Args:
            question: the question; only its beginning if it is longer than a quarter of a window.
            texts: what may answer it.

        Returns:
            For each text the best span of any of its windows, against the least of their logits that nothing answers,
            as SQuAD 2.0 is scored; None for a text without words.

        Raises:
            EncoderError: if the model gives anything else than two finite logits a token.
        """
        readings: list[Reading | None] = [None] * len(texts)
        if not texts:
            return readings
        with self._lock:  # a tokenizer cannot cut texts for two threads at once
            windows = self._windows(question, texts)
            logits = self._logits(windows)
        nothing = [np.inf] * len(texts)  # the least logit of a window that nothing answers
        for row, text in enumerate(windows["overflow_to_sample_mapping"]):
            start, end = logits[row]
            at = windows["input_ids"][row].index(self._tokenizer.cls_token_id)
            nothing[text] = min(nothing[text], float(start[at] + end[at]))
            own = [which == 1 for which in windows.sequence_ids(row)]
            found = _best_span(start, end, own)
            best = readings[text]
            if found and (best is None or found[2] > best.logit):
                offsets = windows["offset_mapping"][row]
                readings[text] = Reading(offsets[found[0]][0], offsets[found[1]][1], found[2])
        return [
            reading and _trimmed(text, Reading(reading.start, reading.end, reading.logit - none))
            for text, reading, none in zip(texts, readings, nothing, strict=True)
        ]

    def _windows(self, question: str, texts: Sequence[str]) -> Any:
        """Question and passage as tokens, one row for each window of each text."""
        cut = self._tokenizer(
            question, add_special_tokens=False, truncation=True, max_length=self._window // _SHARE_OF_QUESTION,
            return_offsets_mapping=True, verbose=False,
        )["offset_mapping"]  # fmt: skip
        return self._tokenizer(
            [question[: cut[-1][1] if cut else 0]] * len(texts), list(texts), truncation="only_second",
            max_length=self._window, stride=min(OVERLAP_TOKENS, self._window // 4), return_overflowing_tokens=True,
            return_offsets_mapping=True, verbose=False,
        )  # fmt: skip

    def _logits(self, windows: Any) -> list[tuple[Logits, Logits]]:
        """The logits of each window's tokens: that the answer begins, and ends, there."""
        import torch

        read: list[tuple[Logits, Logits]] = [(np.empty(0, np.float32),) * 2] * len(windows["input_ids"])
        lengths = [len(ids) for ids in windows["input_ids"]]
        rows = sorted(range(len(lengths)), key=lambda row: lengths[row])  # so that a batch needs little padding
        given = [name for name in self._tokenizer.model_input_names if name in windows]
        for first in range(0, len(rows), BATCH_WINDOWS):
            batch = rows[first : first + BATCH_WINDOWS]
            padded = self._tokenizer.pad(
                {name: [windows[name][row] for row in batch] for name in given}, padding_side="right",
                return_tensors="pt", verbose=False,
            ).to(self._model.device)  # fmt: skip
            with torch.inference_mode():
                found = self._model(**padded)
            starts, ends = (self._checked(found, name, padded["input_ids"].shape) for name in ("start", "end"))
            for at, row in enumerate(batch):
                read[row] = starts[at, : lengths[row]], ends[at, : lengths[row]]
        return read

    def _checked(self, found: Any, name: str, shape: torch.Size) -> Logits:
        logits = getattr(found, f"{name}_logits", None)
        if logits is None or logits.shape != shape or not bool(logits.isfinite().all()):
            raise EncoderError(
                f"the reader {self.name!r} does not give one {name} logit for each token; choose another model"
            )
        array: Logits = logits.float().cpu().numpy()
        return array


class LazyReader:
    """A reader that is loaded when it is first used. Safe to use from several threads."""

    def __init__(self, given: Reader | str | None = AUTO):
        """Keep a model, or the name of one.

        Args:
            given: a Reader, or the name or path of a model; "auto" for $READER, and none without it; None for none.
        """
        chosen = os.environ.get("READER", "none") if given == AUTO else given
        self._given = None if isinstance(chosen, str) and chosen.lower() in ("none", "") else chosen
        self._lock = threading.Lock()

    @property
    def name(self) -> str | None:
        """The model's name; None if there is none. Nothing is loaded for it."""
        given = self._given
        return given if given is None or isinstance(given, str) else given.name

    def get(self) -> Reader | None:
        """Return the model, loading it first if need be (some seconds); None if there is none.

        Raises:
            EncoderError: if it cannot be loaded.
        """
        with self._lock:
            if isinstance(self._given, str):
                self._given = ExtractiveReader(self._given)
            return self._given


def _best_span(start: Logits, end: Logits, own: Sequence[bool]) -> tuple[int, int, float] | None:
    """The first and the last token of the likeliest answer among the passage's `own` tokens, and its logit."""
    tokens = np.flatnonzero(own)
    if not len(tokens):
        return None
    low, high = int(tokens[0]), int(tokens[-1]) + 1  # a passage's tokens follow each other
    sums = start[low:high, None] + end[None, low:high]
    length = 1 + np.arange(high - low)[None] - np.arange(high - low)[:, None]
    allowed = (length >= 1) & (length <= MAX_ANSWER_TOKENS)
    first, last = np.unravel_index(int(np.where(allowed, sums, -np.inf).argmax()), sums.shape)
    return low + int(first), low + int(last), float(sums[first, last])


def _trimmed(text: str, reading: Reading) -> Reading | None:
    """A reading without white space at its edges, which tokens of some models have; None if nothing is left."""
    words = text[reading.start : reading.end]
    start = reading.start + len(words) - len(words.lstrip())
    return Reading(start, start + len(words.strip()), reading.logit) if words.strip() else None
