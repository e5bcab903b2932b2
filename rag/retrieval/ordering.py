"""ScoredPassages -> those that fit well, by the dates of their articles, where the newest or the oldest come first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from rag.retrieval.scored_passage import ScoredPassage

# A passage is put in order of dates if it has at least this share of the best score by meaning and words: a lower one
# would put articles on other things first, as they are always newer than some (docs/measurements/time.md).
MIN_FIT = 0.6


def by_date(found: Sequence[ScoredPassage], order: str, asked_on: dt.date | None = None) -> list[ScoredPassage]:
    """Return the passages that fit well enough, sorted by date; of one date, the best first, and undated ones last.

    Args:
        found: passages, best first.
        order: "newest" or "oldest", which is to come first.
        asked_on: the day of asking; articles of later days come after the others.
    """
    best = max((passage.fit for passage in found), default=0.0)
    fitting = [passage for passage in found if passage.fit >= MIN_FIT * best]
    sign = -1 if order == "newest" else 1

    def place(passage: ScoredPassage) -> tuple[int, int]:
        date = passage.article.date
        if date is None:
            return 2, 0
        return int(asked_on is not None and date > asked_on), sign * date.toordinal()

    return sorted(fitting, key=place)
