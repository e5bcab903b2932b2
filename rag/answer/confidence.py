"""Confidence: the probability that the passages found answer a question, and the thresholds of the grades.

A logistic regression over the signals of a search, fitted on labelled questions by `according evaluate --fit` and
stored with the names of the models whose scores it knows, since each has its own scale. The models for the default
encoder, with and without the default reranker, come with According (`confidence.json`): they were fitted on several
corpora by `benchmarks/confidence.py`. An index can hold its own.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag.errors import LibraryError

if TYPE_CHECKING:
    from rag.retrieval.scored_passage import ScoredPassage
    from rag.stores.base import View
    from rag.stores.tantivy_index import Term

MAX_PASSAGES_JUDGED = 5  # best passages, which the signals are taken from
MIN_REFUSED = 0.98  # share of questions about other things that must be answered with nothing
SURE_ANSWERED = 0.8  # share of the questions with an answer that must be graded "answers"
# The signals that a model weighs. Those left out make it worse on corpora that it was not fitted on
# (docs/measurements/confidence.md, "Signals").
WEIGHED = ("sentence", "words", "strangers", "log_odds", "lead", "reader")
WEIGHED_UNREAD = ("sentence", "strangers", "lead", "reader")  # where no reranker has read the passages
EARLIER = ("sentence", "own", "words", "unknown", "strangers", "named", "relevance")  # in the order of their weights
USUAL_LEAD = 0.17  # the mean over all these corpora, where a filter leaves a single passage
MAX_WEIGHT = 100  # questions of a corpus count as so many with an answer and so many without, at most
FIT_AGAIN = "fit it again: according evaluate --fit"


@dataclass(frozen=True)
class Signals:
    """The evidence that passages answer a question. Each signal is a share or a cosine, but for the last two.

    Attributes:
        sentence: the best cosine of a sentence, of the five best passages.
        own: the best cosine of a passage.
        words: the largest share of the question's words in one passage, rarer words counting more.
        unknown: share of the question's words that the index does not hold at all.
        strangers: share of its names and numbers that the index does not hold.
        named: the largest share of its names and numbers in one of the articles; 1 if it has none.
        relevance: the highest that the reranker gives a passage; 0 if it has read none.
        reader: how sure the reader is, at most, that words of a passage answer; 0 if it has read none.
        lead: by how much the score of the best passage exceeds the mean of the next five, 0 to 2.1. Passages that only
            touch the subject are many and alike; one that answers stands out.
        timely: whether they may speak of the time that the question names; passages of another time do not answer.
    """

    sentence: float
    own: float
    words: float
    unknown: float
    strangers: float
    named: float
    relevance: float = 0.0
    reader: float = 0.0
    lead: float = 0.0
    timely: bool = True

    @property
    def log_odds(self) -> float:
        """The relevance as log-odds, which tell 0.01 from 0.0001; 0 if the reranker has read no passage."""
        return math.log(self.relevance / (1 - self.relevance)) if 0 < self.relevance < 1 else 0.0


@dataclass(frozen=True)
class ConfidenceModel:
    """Turns signals into a probability, and says how high it must be.

    Attributes:
        encoder: name of the encoder that it was fitted for.
        weights: of signals, by their names.
        bias: the constant term.
        near: the probability from which passages are shown.
        sure: the probability from which they are graded "answers"; below it, "near".
        fitted: number of questions with and without an answer that it was fitted on.
        reranker: name of the model that had read the passages; None if none had.
        reader: name of the model that had looked for the words that answer; None if none had.
    """

    encoder: str
    weights: Mapping[str, float]
    bias: float
    near: float
    sure: float
    fitted: tuple[int, int]
    reranker: str | None = None
    reader: str | None = None

    def probability(self, signals: Signals) -> float:
        """Return the probability that the passages answer, 0 to 1: at most `near` for those of another time."""
        x = self.bias + sum(weight * getattr(signals, name) for name, weight in self.weights.items())
        found = 1 / (1 + math.exp(-max(-700.0, min(700.0, x))))
        return found if signals.timely else min(found, self.near, math.nextafter(self.sure, 0))

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
        encoder, given = str(values["encoder"]), values["weights"]
        if isinstance(given, list):  # it was fitted by an earlier version
            given = dict(zip(EARLIER[: len(given)], given, strict=True))
        weights = {str(name): float(weight) for name, weight in given.items()}
        reranker, near = values.get("reranker"), float(values["least"])
        sure = max(near, float(values["sure"]) if "sure" in values else _usual_sure(encoder, reranker))
        model = ConfidenceModel(
            encoder, weights, float(values["bias"]), near, sure,
            (int(values["fitted"][0]), int(values["fitted"][1])), reranker, values.get("reader"),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise LibraryError(f"the confidence model stored in the index cannot be read ({error}); {FIT_AGAIN}") from None
    if not weights.keys() <= {*EARLIER, *WEIGHED}:
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


def signals(
    view: View,
    terms: Sequence[Term],
    found: Sequence[ScoredPassage],
    rivals: Sequence[ScoredPassage] | None = None,
) -> Signals:
    """Return the signals of a search.

    Args:
        view: the passages that were searched.
        terms: the question's words.
        found: its passages, best first.
        rivals: those that the best one is compared with; None for those that come after it.
    """
    best = found[:MAX_PASSAGES_JUDGED]
    rivals = found[1 : MAX_PASSAGES_JUDGED + 1] if rivals is None else rivals
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
        max((p.span.answers for p in best if p.span), default=0.0),
        best[0].fit - sum(p.fit for p in rivals) / len(rivals) if rivals else USUAL_LEAD,
    )


def fit(
    encoder: str,
    seen: Sequence[Signals],
    right: Sequence[bool],
    answerable: Sequence[bool],
    unrelated: Sequence[bool],
    reranker: str | None = None,
    reader: str | None = None,
    corpora: Sequence[str] = (),
) -> ConfidenceModel:
    """Fit a model on labelled questions, by logistic regression on standardised signals.

    `near` is the lowest probability at which MIN_REFUSED of the unrelated questions of each corpus are answered with
    nothing, `sure` the highest at which SURE_ANSWERED of the answerable ones are graded "answers", each corpus counting
    the same, but never below `near`. In each corpus, questions without an answer together weigh as much as those that
    have one, since anyone can write any number of them.

    Args:
        encoder: name of the encoder.
        seen: the signals of each question.
        right: whether the passages found hold its answer.
        answerable: whether the index does.
        unrelated: whether it is about something that the index does not treat at all.
        reranker: name of the model that had read the passages.
        reader: name of the model that had looked for the words that answer.
        corpora: the name of what each question was asked of; by default, all of the same.

    Raises:
        LibraryError: if one of these kinds of questions is missing.
    """
    from sklearn.linear_model import LogisticRegression

    names = WEIGHED if reranker else WEIGHED_UNREAD
    x = np.array([[getattr(s, name) for name in names] for s in seen])
    y, has, other = map(np.array, (right, answerable, unrelated))
    if not other.any() or not y.any():
        raise LibraryError(
            "a confidence model is fitted on questions that the index answers (with `answers`) and on questions about "
            'other things (of the kind "unanswerable-offtopic"); add what is missing'
        )
    corpus = np.array(corpora or [""] * len(seen))
    mean, spread = x.mean(0), x.std(0) + 1e-9
    model = LogisticRegression(max_iter=1000).fit((x - mean) / spread, y, sample_weight=_importance(y, corpus))
    weights = {
        name: round(float(weight), 6) for name, weight in zip(names, model.coef_[0] / spread, strict=True) if weight
    }
    bias = float(model.intercept_[0] - (model.coef_[0] / spread) @ mean)
    fitted = int(has.sum()), int((~has).sum())
    fitted_model = ConfidenceModel(encoder, weights, round(bias, 6), 0.0, 0.0, fitted, reranker, reader)
    chances = np.array([fitted_model.probability(s) for s in seen])
    near = max(
        float(np.quantile(chances[other & (corpus == name)], MIN_REFUSED, method="higher"))
        for name in np.unique(corpus[other])
    )
    near = math.ceil(near * 1000 + 1e-6) / 1000
    sure = math.floor(_reached(chances[has], corpus[has], SURE_ANSWERED) * 1000) / 1000
    return replace(fitted_model, near=near, sure=max(near, sure))


def _importance(y: npt.NDArray[np.bool_], corpus: npt.NDArray[np.str_]) -> npt.NDArray[np.float64]:
    """Return how much each question weighs, so that no corpus, and in it neither label, outweighs the others."""
    weight = np.zeros(len(y))
    for name in np.unique(corpus):
        own = corpus == name
        for label in (True, False):
            same = own & (y == label)
            weight[same] = min(own.sum(), MAX_WEIGHT) / max(1, same.sum())
    return weight


def _reached(chances: npt.NDArray[np.float64], corpus: npt.NDArray[np.str_], share: float) -> float:
    """Return the highest probability that a share of questions reaches, each corpus counting the same."""
    order = np.argsort(-chances, kind="stable")
    _, which, counts = np.unique(corpus, return_inverse=True, return_counts=True)
    reached = np.cumsum(1 / counts[which[order]]) / len(counts)
    return float(chances[order][np.argmax(reached >= share - 1e-9)])
