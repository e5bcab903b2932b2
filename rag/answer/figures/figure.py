"""Figure: a value that sources give for what a question asks, and where each of them prints it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

NUMBER, MONEY, PERCENTAGE, DATE = "number", "money", "percentage", "date"

Amount = int | float | str


@dataclass(frozen=True)
class Mention:
    """A place in an article that gives a figure.

    Attributes:
        article_id, start, end: the span in the article's text; always inside the citation's `quote`.
        words: the article's words there: the value, and what qualifies it, such as "more than 30".
        outlet, date, kind: as in `Article`; a "digest" gives figures in a summary's words, not the outlet's.
    """

    article_id: str
    start: int
    end: int
    words: str
    outlet: str | None
    date: dt.date | None
    kind: str = "full text"


@dataclass(frozen=True)
class Figure:
    """One value, with all its mentions in the sentences that answer.

    Attributes:
        kind: "number", "money", "percentage" or "date".
        value: the normalised value. A date is "2012-09-28", "2012-09", "2012", "1960s", or "--09-28" where no year is
            printed; a word that says no number, such as "dozens", is that word.
        upper: the upper end of a range, of which `value` is the lower end; else None.
        unit: what is counted, in the question's word; the currency as printed ("$", "USD"); "%"; "" for dates.
        mentions: in the order of the passages.
    """

    kind: str
    value: Amount
    upper: Amount | None
    unit: str
    mentions: tuple[Mention, ...]
