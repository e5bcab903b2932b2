"""A question as it was asked, so that its answer can be shown side by side, as a timeline, or as a dossier."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from rag.answer.answer import Answer
from rag.query.previous import Previous
from rag.query.query import NOW, RELEVANCE, Query


@dataclass(frozen=True)
class KeptQuestion:
    """A question with its filters: what `ask`, `compare`, `timeline` and `dossier` of a library all take.

    Attributes:
        question: as typed.
        outlets: only these; None for all.
        after, before: the first and the last day allowed, or empty.
        previous: the question before, if this may be a follow-up.
        asked_on: the day that "last year" counts from (see `day_of_asking`).
        ignore: words of constraints that are not applied.
        min_confidence: the probability from which passages are shown; None for the fitted one.
        outlet_kinds: only outlets of these kinds; None for all.
        undated: whether undated articles may be shown; None to leave it to the question.
        exclude_outlets: none of these; None for all.
        strict: whether passages that may not answer are left out.
    """

    question: str
    outlets: tuple[str, ...] | None = None
    after: str | None = None
    before: str | None = None
    previous: Previous | None = None
    asked_on: dt.date | str = NOW
    ignore: tuple[str, ...] = ()
    min_confidence: float | None = None
    outlet_kinds: tuple[str, ...] | None = None
    undated: bool | None = None
    exclude_outlets: tuple[str, ...] | None = None
    strict: bool = False

    def arguments(self) -> dict[str, Any]:
        """Return the arguments with which the library is asked."""
        return dict(vars(self))

    def query(self, k: int = 5, order: str = RELEVANCE) -> Query:
        """Return it as a question for at most `k` passages.

        Raises:
            QuestionError: as `Library.ask` does.
        """
        arguments = self.arguments()
        return Query.of(arguments.pop("question"), k, order=order, **arguments)


def day_of_asking(answer: Answer) -> dt.date | str:
    """Return the day that words such as "last year" counted from in an answer, so that they mean the same later.

    Where no words count from a day, that is "now".
    """
    return next((c.counted_from for c in answer.constraints if c.counted_from), NOW)
