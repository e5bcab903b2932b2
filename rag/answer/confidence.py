"""Confidence: the probability that the passages found answer a question, and the thresholds of the grades.

A logistic regression over the signals of a search, fitted on labelled questions by `according evaluate --fit` and
stored with the name of the encoder, since each encoder has its own scale. The models for the default encoder, with and
without the default reranker, come with According (`confidence.json`); an index can hold its own.
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
    from rag.retrieval.scored_passage import ScoredPassage
    from rag.stores.base import View
    from rag.stores.tantivy_index import Term

MAX_PASSAGES_JUDGED = 5  # best passages, which the signals are taken from
MIN_REFUSED = 0.98  # share of questions about other things that must be answered with nothing
SURE_ANSWERED = 0.8  # share of the questions with an answer that must be graded "answers"
INVERSE_REGULARISATION = 0.3  # scikit-learn's C; 0.1 and 1 change the figures by a question or two
FIT_AGAIN = "fit it again: according evaluate --fit"


@dataclass(frozen=True)
class Signals:
    """The evidence that passages answer a question. Each signal is a share or a cosine.

    Attributes:
        sentence: the best cosine of a sentence, of the five best passages.
        own: the best cosine of a passage.
        words: the largest share of the question's words in one passage, rarer words counting more.
        unknown: share of the question's words that the index does not hold at all.
        strangers: share of its names and numbers that the index does not hold.
        named: the largest share of its names and numbers in one of the articles; 1 if it has none.
        relevance: the highest that the reranker gives a passage; 0 if it has read none.
    """

    sentence: float
    own: float
    words: float
    unknown: float
    strangers: float
    named: float
    relevance: float = 0.0


@dataclass(frozen=True)
class ConfidenceModel:
    """Turns signals into a probability, and says how high it must be.

    Attributes:
        encoder: name of the encoder that it was fitted for.
        weights: of the signals, in the order of their fields.
        bias: the constant term.
        near: the probability from which passages are shown.
        sure: the probability from which they are graded "answers"; below it, "near".
        fitted: number of questions with and without an answer that it was fitted on.
        reranker: name of the model that had read the passages; None if none had.
    """

    encoder: str
    weights: tuple[float, ...]
    bias: float
    near: float
    sure: float
    fitted: tuple[int, int]
    reranker: str | None = None

    def probability(self, signals: Signals) -> float:
        """Return the probability that the passages answer, 0 to 1."""
        x = self.bias + sum(w * s for w, s in zip(self.weights, astuple(signals), strict=True))
        return 1 / (1 + math.exp(-x))

    def to_json(self) -> str:
        """Return the model as text, for `parse`. An index keeps `near` under the key "least", its earlier name."""
        values = asdict(self)
        values["least"] = values.pop("near")
        return json.dumps(values)


def parse(text: str) -> ConfidenceModel:
    """Read a model from JSON.

    Raises:
        LibraryError: if the text is not a model.
    """
    try:
        values = json.loads(text)
        encoder, weights = str(values["encoder"]), tuple(map(float, values["weights"]))
        if "reranker" not in values:  # it was fitted before passages were reranked
            weights = (*weights, 0.0)
        reranker, near = values.get("reranker"), float(values["least"])
        sure = max(near, float(values["sure"]) if "sure" in values else _usual_sure(encoder, reranker))
        model = ConfidenceModel(
            encoder, weights, float(values["bias"]), near, sure,
            (int(values["fitted"][0]), int(values["fitted"][1])), reranker,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise LibraryError(f"the confidence model stored in the index cannot be read ({error}); {FIT_AGAIN}") from None
    if len(model.weights) != len(fields(Signals)):
        raise LibraryError(f"the confidence model stored in the index is of another version of According; {FIT_AGAIN}")
    return model


def _usual_sure(encoder: str, reranker: str | None) -> float:
    """Return `sure` for a model that was fitted before there were grades; 0 for models that none is shipped for."""
    usual = shipped(reranker)
    return usual.sure if (usual.encoder, usual.reranker) == (encoder, reranker) else 0.0


@functools.cache
def shipped(reranker: str | None = None) -> ConfidenceModel:
    """The model for the default encoder, with the reranker of that name if there is one, else without any."""
    models = json.loads(resources.files("rag.answer").joinpath("confidence.json").read_text("utf-8"))
    with_reranker = {values["reranker"]: parse(json.dumps(values)) for values in models}
    return with_reranker.get(reranker) or with_reranker[None]


def signals(view: View, terms: Sequence[Term], found: Sequence[ScoredPassage]) -> Signals:
    """Return the signals of a search: its question's words, and its passages, best first."""
    best = found[:MAX_PASSAGES_JUDGED]
    named = [t for t in terms if t.name]
    if not best:
        return Signals(0, 0, 0, 1, 1 if named else 0, 0)
    return Signals(
        max(p.best_sentence for p in best),
        max(p.own for p in best),
        max(p.words for p in best),
        sum(t.unknown for t in terms) / len(terms) if terms else 0.0,
        sum(t.unknown for t in named) / len(named) if named else 0.0,
        view.article_coverage(named, [key for p in best for key in p.keys]) if named else 1.0,
        max(p.relevance for p in best),
    )


def fit(
    encoder: str,
    seen: Sequence[Signals],
    right: Sequence[bool],
    answerable: Sequence[bool],
    unrelated: Sequence[bool],
    reranker: str | None = None,
) -> ConfidenceModel:
    """Fit a model on labelled questions, by logistic regression on standardised signals.

    `near` is the lowest probability at which MIN_REFUSED of the unrelated questions are answered with nothing, `sure`
    the highest at which SURE_ANSWERED of the answerable ones are graded "answers", but never below `near`. Questions
    without an answer together weigh no more than those that have one, since anyone can write any number of them.

    Args:
        encoder: name of the encoder.
        seen: the signals of each question.
        right: whether the passages found hold its answer.
        answerable: whether the index does.
        unrelated: whether it is about something that the index does not treat at all.
        reranker: name of the model that had read the passages.

    Raises:
        LibraryError: if one of these kinds of questions is missing.
    """
    from sklearn.linear_model import LogisticRegression

    x, y, has, other = np.array([astuple(s) for s in seen]), *map(np.array, (right, answerable, unrelated))
    if not other.any() or not y.any():
        raise LibraryError(
            "a confidence model is fitted on questions that the index answers (with `answers`) and on questions about "
            'other things (of the kind "unanswerable-offtopic"); add what is missing'
        )
    mean, spread = x.mean(0), x.std(0) + 1e-9
    weight = np.where(has, 1.0, min(1.0, has.sum() / (~has).sum()))
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=1000).fit(
        (x - mean) / spread, y, sample_weight=weight
    )
    weights = model.coef_[0] / spread
    bias = float(model.intercept_[0] - weights @ mean)
    fitted = int(has.sum()), int((~has).sum())
    rounded = tuple(round(float(w), 6) for w in weights)
    fitted_model = ConfidenceModel(encoder, rounded, round(bias, 6), 0.0, 0.0, fitted, reranker)
    chances = np.array([fitted_model.probability(s) for s in seen])
    near = math.ceil(float(np.quantile(chances[other], MIN_REFUSED, method="higher")) * 1000 + 1e-6) / 1000
    answered = float(np.sort(chances[has])[int((1 - SURE_ANSWERED) * has.sum() + 1e-9)])
    return replace(fitted_model, near=near, sure=max(near, math.floor(answered * 1000) / 1000))
