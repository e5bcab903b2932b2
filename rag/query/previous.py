"""Previous: the question before a follow-up, and what its answer speaks of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Previous:
    """The question before a follow-up, and what its answer speaks of, if that is known.

    What is taken from an answer is text from articles: it can complete a question, and never states a constraint.

    Attributes:
        question: the question, completed by the one before it if it was a follow-up itself.
        person: the first person who is named in the first marked sentence.
        place: the first place that is named there.
        title: the title of the first article.
        date: its date.
    """

    question: str
    person: str | None = None
    place: str | None = None
    title: str | None = None
    date: dt.date | None = None
