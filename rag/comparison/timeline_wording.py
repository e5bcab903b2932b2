"""The words in which a timeline is shown: for the terminal, Markdown and notebooks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from rag.answer.wording import Phrase, counted, joined, listed
from rag.article import date_basis_label
from rag.text import spelled_date

if TYPE_CHECKING:
    from rag.comparison.timeline import Entry, Timeline, When

UNDATED = "Without a date"
MAX_NAMED = 3  # others that print the same sentences, named in a line
_PLACES = {
    "sentence": "stated: “{}”{}",
    "first sentences": "stated in the first sentences: “{}”{}",
    "title": "stated in the title: “{}”{}",
}


def spelled(when: When | None) -> str:
    """Return a date as readers see it: "1 September 2013", "September 2013", "1981 to 1989"; "no date" for none."""
    if when is None:
        return "no date"
    if when.precision == "decade":
        return when.value.replace("/", " to ")
    first, last = (_spelled(day, when.precision) for day in (when.first, when.last))
    return first if first == last else f"{first} to {last}"


def _spelled(day: dt.date, precision: str) -> str:
    return {"day": spelled_date(day), "month": f"{day:%B} {day.year}", "year": f"{day.year}"}[precision]


def evidence(entry: Entry) -> Phrase:
    """Return where an entry's date comes from: "stated: “Monday”, counted from the date of the article"."""
    when = entry.when
    if when is None:
        return Phrase("neither the sentences nor the article state one")
    if when.basis == "article":
        if entry.citation.date is None:
            return Phrase("date of the article, which names no day")
        return Phrase("date of the article, {}", date_basis_label(entry.citation.date_basis))
    return Phrase(_PLACES[when.basis], when.words, ", counted from the date of the article" if when.counted else "")


def elsewhere(entry: Entry) -> Phrase | None:
    """Return who else prints an entry's sentences, and how many more there are of its date; None for neither."""
    parts = [Phrase("also printed by {}", listed(entry.also, MAX_NAMED))] if entry.also else []
    parts += [Phrase(f"{counted(entry.more, 'more sentence')} of this source on this date")] if entry.more else []
    return joined(parts) if parts else None


def notes(timeline: Timeline) -> list[str]:
    """Return what a reader should know of the order: what is left out, and which dates are not of the events."""
    lines = (
        [f"{counted(timeline.left_out, 'entry').replace('entrys', 'entries')} left out"] if timeline.left_out else []
    )
    own = sum(entry.when is not None and entry.when.basis == "article" for entry in timeline.entries)
    if own:
        entries = "entry has" if own == 1 else "entries have"
        lines.append(f"{own:,} {entries} the date of the article, since the sentences state none")
    return lines
