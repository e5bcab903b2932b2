"""Question -> Hits: the passages nearest in meaning, within what the filters allow.

Ranking is by inner product of unit vectors. A lexical ranking takes its place beside it in `rank`; restrictions that a
question states in words become filters before `allowed`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import faiss
import numpy as np
import numpy.typing as npt

from .encoder import Vectors
from .errors import QuestionError
from .outlets import Catalogue, key
from .store import View

# Share of the best sentence in a passage's score, and how many passages are scored by their sentences; measured on
# the seed questions and on TIME (docs/measurements.md, "Sentences").
SENTENCE = 0.85
CANDIDATES = 100


@dataclass(frozen=True)
class Hit:
    """A passage found: where it stands, its words, how near it is (see `rank`), and whose it is.

    `text` is the article's text from `start` to `end`.
    """

    article_id: str
    start: int
    end: int
    text: str
    score: float
    outlet: str | None
    date: dt.date | None


@dataclass(frozen=True)
class Filters:
    """What an answer may be taken from.

    Attributes:
        outlets: names as they stand in the index; empty for all.
        after: first day allowed.
        before: last day allowed.
    """

    outlets: frozenset[str] = field(default_factory=frozenset)
    after: dt.date | None = None
    before: dt.date | None = None

    @property
    def dated(self) -> bool:
        """Whether only articles with a date pass: one without a date cannot be shown to lie in a span of time."""
        return self.after is not None or self.before is not None


def filters(
    view: View, catalogue: Catalogue, outlets: str | Iterable[str] | None, after: object, before: object
) -> Filters:
    """Filters from what a caller gives. Raises QuestionError for an outlet or a date that cannot be meant."""
    first, last = day(after, "after"), day(before, "before")
    if first and last and first > last:
        raise QuestionError(f"after ({first}) is later than before ({last}); no article can be dated both")
    names = [outlets] if isinstance(outlets, str) else list(outlets or ())
    return Filters(frozenset(o for name in names for o in _outlets(view, catalogue, name)), first, last)


def day(value: object, name: str) -> dt.date | None:
    """A date from a date, a datetime or "YYYY-MM-DD". Raises QuestionError for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise QuestionError(f"{name} is {value!r}; give a day as YYYY-MM-DD") from None


def passing(view: View, chosen: Filters) -> npt.NDArray[np.bool_] | None:
    """Which articles of the view the filters let through, (m,); None for all. Undated ones fail a filter by date."""
    if not chosen.outlets and not chosen.dated:
        return None
    mask = np.ones(len(view.ids), bool)
    if chosen.outlets:
        mask &= np.array([o in chosen.outlets for o in view.outlets], bool)[view.outlet] if len(view.outlets) else False
    if chosen.dated:
        mask &= view.day > 0
    if chosen.after:
        mask &= view.day >= chosen.after.toordinal()
    if chosen.before:
        mask &= view.day <= chosen.before.toordinal()
    return mask


def allowed(view: View, chosen: Filters) -> npt.NDArray[np.bool_] | None:
    """Which passages of the view the filters let through, (n,); None for all."""
    mask = passing(view, chosen)
    return None if mask is None else mask[view.article]


@dataclass(frozen=True)
class Ranked:
    """A passage's key, its score, and the score of each of its sentences, (m,)."""

    key: int
    score: float
    sentences: Vectors


def rank(
    view: View,
    question: Vectors,
    k: int,
    sentence_vectors: Callable[[Sequence[int]], dict[int, Vectors]],
    mask: npt.NDArray[np.bool_] | None = None,
) -> list[Ranked]:
    """The `k` best passages for a question's vector, best first; fewer where fewer are allowed.

    FAISS finds candidates by the passages' own vectors; their order is by a mean of that cosine and of the cosine of
    the sentence nearest to the question, since an answer is a sentence, and its passage may be about much else.
    """
    if not len(view.keys) or (mask is not None and not mask.any()):
        return []
    packed = None if mask is None else np.packbits(mask, bitorder="little")
    parameters = None if packed is None else faiss.SearchParameters(sel=faiss.IDSelectorBitmap(packed))  # type: ignore[call-arg, arg-type]
    scores, rows = view.index.search(question[None], min(max(CANDIDATES, k), len(view.keys)), params=parameters)
    near = {int(view.keys[row]): float(score) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0}
    parts = {key: vectors @ question for key, vectors in sentence_vectors(list(near)).items()}
    ranked = [Ranked(key, _score(near[key], own), own) for key, own in parts.items()]
    return sorted(ranked, key=lambda r: -r.score)[:k]


def _score(whole: float, sentences: Vectors) -> float:
    return (1 - SENTENCE) * whole + SENTENCE * float(sentences.max()) if len(sentences) else whole


def _outlets(view: View, catalogue: Catalogue, name: str) -> Sequence[str]:
    """The outlets of the view that a spelling means. One that is known but not in the index means none of them."""
    known = catalogue.resolve(name)
    found = [o for o in view.outlets if o and key(o) in (key(name), key(known or name))]
    if not found and not known:
        raise QuestionError(
            f"no outlet {name!r} in this index; it has: {', '.join(o for o in view.outlets if o) or 'none'}"
        )
    return found or [known or name]
