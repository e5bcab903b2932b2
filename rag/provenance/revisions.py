"""What changed between two texts of one article, to be shown: the words removed and added, in their context.

Nothing here says why a text changed: that an outlet corrected itself is for the reader to judge.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import regex

from rag.article import Article
from rag.provenance.differences import Difference, Segment, difference, word_diff
from rag.provenance.identity import likeness
from rag.text import spelled_date

CONTEXT_CHARACTERS = 80  # on each side of a change
MAX_SHOWN = 3  # changes that a line lists
MAX_WORDS_CHARACTERS = 120  # of the words of a change in a line

Run = tuple[Literal["same", "removed", "added"], str]


@dataclass(frozen=True)
class Change:
    """Words of an earlier text, and what the later one has in their place.

    Attributes:
        removed: the words of the earlier text; "" if something was added.
        added: those of the later one; "" if something was left out.
        start, end: where these are in the later text.
        difference: "number", "negation", "name" or "other".
    """

    removed: str
    added: str
    start: int
    end: int
    difference: Difference


@dataclass(frozen=True)
class Revision:
    """What an article said before in a passage.

    Attributes:
        date: the date of the earlier version, if it differs from that of this one.
        replaced: the day on which the index took in the later version; None if it never had the earlier one alone.
        changes: what differs in the passage.
    """

    date: dt.date | None
    replaced: dt.date | None
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        """What changed, in a line: "changed since the version of 3 May 2024: “5,000” → “500”"."""
        shown = [_arrow(change) for change in self.changes[:MAX_SHOWN]]
        more = len(self.changes) - len(shown)
        listed = "; ".join([*shown, *([f"{more:,} more"] if more else [])])
        return f"changed since {self.since}: {listed}"

    @property
    def since(self) -> str:
        """Which version it is compared with: "the version of 3 May 2024", "an earlier version, replaced ..."."""
        if self.date:
            return f"the version of {spelled_date(self.date)}"
        replaced = f", replaced in this index on {spelled_date(self.replaced)}" if self.replaced else ""
        return f"an earlier version{replaced}"


def revision(
    earlier: Article, later: Article, replaced: dt.datetime | None, span: tuple[int, int] | None = None
) -> Revision | None:
    """Return what changed in a text, or in a span of it, since an earlier version.

    Args:
        earlier: the earlier version.
        later: the later one.
        replaced: when the index retired the earlier one.
        span: a span of the later text; None for all of it.

    Returns:
        What changed; None if no word did, or if the earlier text is not a version of this one.
    """
    like = likeness(earlier, later)
    if not like.related or like.outlets_differ:
        return None
    start, end = span or (0, len(later.text))
    found = tuple(c for c in changes(earlier.text, later.text) if c.start <= end and c.end >= start)
    date = earlier.date if earlier.date != later.date else None
    return Revision(date, replaced.date() if replaced else None, found) if found else None


@functools.lru_cache(256)
def changes(old: str, new: str) -> tuple[Change, ...]:
    """Return what differs between two texts, in the order of the later one."""
    found = []
    for segment in compare(old, new):
        if not segment.same:
            removed, (start, end) = old[slice(*segment.old)].strip(), _trimmed(new, segment.new)
            added, context = new[start:end], new[max(0, start - CONTEXT_CHARACTERS) : end + CONTEXT_CHARACTERS]
            kind = difference(removed, added, context)
            found.append(Change(removed, added, start, end, kind or "other"))
    return tuple(found)


@functools.lru_cache(256)
def compare(old: str, new: str) -> tuple[Segment, ...]:
    """Return the segments of two texts as `differences.word_diff` does, in bounded time."""
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    a, b = old[first : len(old) - last], new[first : len(new) - last]
    middle = word_diff(a, b)
    moved = [
        replace(s, old=(s.old[0] + first, s.old[1] + first), new=(s.new[0] + first, s.new[1] + first)) for s in middle
    ]
    head = Segment((0, first), (0, first), True)
    tail = Segment((len(old) - last, len(old)), (len(new) - last, len(new)), True)
    found: list[Segment] = []
    for segment in (head, *moved, tail):
        if found and found[-1].same and segment.same:
            found[-1] = Segment((found[-1].old[0], segment.old[1]), (found[-1].new[0], segment.new[1]), True)
        elif segment.old[0] < segment.old[1] or segment.new[0] < segment.new[1]:
            found.append(segment)
    return tuple(found)


def excerpts(old: str, new: str) -> Iterator[list[Run]]:
    """Yield the places of a text that changed, each as runs of words, with some words before and after it."""
    runs: list[Run] = []
    pieces = compare(old, new)
    for i, segment in enumerate(pieces):
        before, after = old[slice(*segment.old)], new[slice(*segment.new)]
        if not segment.same:
            runs += [run for run in (("removed", before), ("added", after)) if run[1]]
        elif i and i + 1 < len(pieces) and len(after) <= 2 * CONTEXT_CHARACTERS:
            runs.append(("same", after))
        else:
            if i:
                yield [*runs, ("same", _opening(after))]
            runs = [("same", _closing(after))] if i + 1 < len(pieces) else []
    if runs:
        yield runs


def _opening(text: str) -> str:
    """Return the first words of a text, with an ellipsis if there are more."""
    if len(text) <= CONTEXT_CHARACTERS:
        return text
    cut = regex.match(rf"(?s).{{1,{CONTEXT_CHARACTERS}}}(?=\s)", text)
    return f"{cut.group() if cut else text[:CONTEXT_CHARACTERS]} …"


def _closing(text: str) -> str:
    """Return the last words of a text, with an ellipsis if there are more."""
    if len(text) <= CONTEXT_CHARACTERS:
        return text
    cut = regex.search(r"(?s)(?<=\s)\S.*", text[-CONTEXT_CHARACTERS:])
    return f"… {cut.group() if cut else text[-CONTEXT_CHARACTERS:]}"


def _arrow(change: Change) -> str:
    removed, added = (shortened(words) for words in (change.removed, change.added))
    if removed and added:
        return f"“{removed}” → “{added}”"
    return f"added “{added}”" if added else f"left out “{removed}”"


def shortened(text: str) -> str:
    """Return the words of a change in one line, cut if they are many."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_WORDS_CHARACTERS else f"{line[:MAX_WORDS_CHARACTERS].rstrip()} …"


def _common(one: str, other: str) -> int:
    """Return how many characters at the beginning of two texts are the same, without the beginning of a word."""
    shorter = min(len(one), len(other))
    low, high = 0, shorter  # the first `low` characters are equal
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    if low == len(one) == len(other):
        return low
    while low and not one[low - 1].isspace():  # not inside a word
        low -= 1
    return low


def _trimmed(text: str, span: Sequence[int]) -> tuple[int, int]:
    """Return a span without white space at its edges."""
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
