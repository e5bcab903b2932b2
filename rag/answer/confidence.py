"""Signals of a search -> the probability that its passages answer, and the bar that it must clear.

After search, before the answer. A logistic regression over the signals at hand, fitted on labelled questions by
`according evaluate --fit` and kept with the name of the encoder, since each encoder has its own scale. The one for the
default encoder comes with According (`confidence.json`); an index can hold one of its own.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import LibraryError

if TYPE_CHECKING:
    from rag.retrieval.search import ScoredPassage
    from rag.stores.base import View
    from rag.stores.tantivy_index import Term

LOOKED_AT = 5  # best passages that the signals are taken from
REFUSED = 0.98  # share of questions about other things that are to be answered with nothing
REGULARISED = 0.3  # inverse strength of the ridge; 0.1 and 1 change the figures by a question or two
AGAIN = "fit it again: according evaluate --fit"


@dataclass(frozen=True)
class Signals:
    """What speaks for an answer. Each is a share or a cosine.

    Attributes:
        sentence: the best cosine of a sentence, of the five best passages.
        own: the best cosine of a passage.
        words: the largest share of the question's words in one passage, rarer words counting more.
        unknown: share of the question's words that the index does not hold at all.
        strangers: share of its names and numbers that the index does not hold.
        named: the largest share of its names and numbers in one of the articles; 1 where it has none.
    """

    sentence: float
    own: float
    words: float
    unknown: float
    strangers: float
    named: float


@dataclass(frozen=True)
class ConfidenceModel:
    """How sure an answer must be.

    Attributes:
        encoder: name of the encoder that it was fitted for.
        weights: of the signals, in the order of their fields.
        bias: the constant beside them.
        min_confidence: the probability from which an answer is shown.
        fitted: number of questions with and without an answer that it was fitted on.
    """

    encoder: str
    weights: tuple[float, ...]
    bias: float
    min_confidence: float
    fitted: tuple[int, int]

    def probability(self, signals: Signals) -> float:
        """The probability that the passages hold the answer: 0 to 1."""
        x = self.bias + sum(w * s for w, s in zip(self.weights, astuple(signals), strict=True))
        return 1 / (1 + math.exp(-x))

    def to_json(self) -> str:
        """As text, for `parse`. An index keeps `min_confidence` under the key "least"."""
        values = asdict(self)
        values["least"] = values.pop("min_confidence")
        return json.dumps(values)


def parse(text: str) -> ConfidenceModel:
    """A bar from JSON. Raises LibraryError where it is none."""
    try:
        values = json.loads(text)
        bar = ConfidenceModel(
            str(values["encoder"]), tuple(map(float, values["weights"])), float(values["bias"]),
            float(values["least"]), (int(values["fitted"][0]), int(values["fitted"][1])),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise LibraryError(f"the bar kept in the index cannot be read ({error}); {AGAIN}") from None
    if len(bar.weights) != len(fields(Signals)):
        raise LibraryError(f"the bar kept in the index is of another version of According; {AGAIN}")
    return bar


@functools.cache
def shipped() -> ConfidenceModel:
    """The bar of the default encoder."""
    return parse(resources.files("rag.answer").joinpath("confidence.json").read_text("utf-8"))


def signals(view: View, terms: Sequence[Term], ranked: Sequence[ScoredPassage]) -> Signals:
    """The signals of a search: its question's words, and its passages, best first."""
    best = ranked[:LOOKED_AT]
    named = [t for t in terms if t.name]
    if not best:
        return Signals(0, 0, 0, 1, 1 if named else 0, 0)
    return Signals(
        max(r.sentence for r in best),
        max(r.own for r in best),
        max(r.words for r in best),
        sum(t.unknown for t in terms) / len(terms) if terms else 0.0,
        sum(t.unknown for t in named) / len(named) if named else 0.0,
        view.holding(named, [r.key for r in best]) if named else 1.0,
    )


def fit(
    encoder: str,
    seen: Sequence[Signals],
    right: Sequence[bool],
    answerable: Sequence[bool],
    unrelated: Sequence[bool],
) -> ConfidenceModel:
    """A bar fitted on labelled questions, by logistic regression on standardised signals.

    `least` is the lowest probability at which REFUSED of the unrelated questions are answered with nothing. Questions
    without an answer weigh no more together than those that have one, since anybody can write any number of them.

    Args:
        encoder: name of the encoder.
        seen: the signals of each question.
        right: whether the passages found hold its answer.
        answerable: whether the index does.
        unrelated: whether it is about something that the index does not treat at all.

    Raises LibraryError where one of these kinds of questions is missing.
    """
    from sklearn.linear_model import LogisticRegression

    x, y, has, other = np.array([astuple(s) for s in seen]), *map(np.array, (right, answerable, unrelated))
    if not other.any() or not y.any():
        raise LibraryError(
            "a bar is fitted on questions that the index answers (with `answers`) and on questions about other things "
            '(of the kind "unanswerable-offtopic"); add what is missing'
        )
    mean, spread = x.mean(0), x.std(0) + 1e-9
    weight = np.where(has, 1.0, min(1.0, has.sum() / (~has).sum()))
    model = LogisticRegression(C=REGULARISED, max_iter=1000).fit((x - mean) / spread, y, sample_weight=weight)
    weights = model.coef_[0] / spread
    bias = float(model.intercept_[0] - weights @ mean)
    fitted = int(has.sum()), int((~has).sum())
    bar = ConfidenceModel(encoder, tuple(round(float(w), 6) for w in weights), round(bias, 6), 0.0, fitted)
    chances = np.array([bar.probability(s) for s in seen])
    min_confidence = float(np.quantile(chances[other], REFUSED, method="higher"))
    return replace(bar, min_confidence=math.ceil(min_confidence * 1000 + 1e-6) / 1000)
