"""The lines of a page dump, and the kind of each as it shows on the whole page."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import regex

from rag.readers.line_classifier import (
    BRIEF_WORDS,
    CONTENT,
    ENDS,
    SPEAKER,
    LineKind,
    can_close_text,
    classify,
    count_words,
    publication_date,
    shape,
    states_publication,
)

LABEL_TIMES = 3  # a short line printed so often on one page is a category, a caption or a control, never a title

_COMMENTS_HEADING = regex.compile(
    r"\W*(?:\d+\s+\w|comm?ent|kommentare|discussion|reader|.*(?:says|wrote)\s*:|.*\(not)", regex.I
)
TRUNCATED = regex.compile(r"(?:…|\.\.\.|\[…\]?|\[\.\.\.\]?)[\s\])»→]*$")


class Page:
    """The lines of a page dump and what they are.

    Attributes:
        lines: as printed, without NUL characters, which no text store accepts.
        kinds: the kind of each line.
        dates: the date of each dated line that has one of publication, None if its form is ambiguous or it lies in the future.
        dated: the numbers of the dated lines, in order.
        menu: the items of the page's lists. A name among them is a category, not an author.
        above, below: for each line, the nearest content line before and after it (-1 and len(lines) at the ends).
        end: the line from which on the page has no article of its own.
        is_plain: whether the page is nothing but text; then it is an article, however short.
    """

    def __init__(self, text: str):
        self.lines = [line.replace("\x00", "") for line in text.splitlines()]
        self.kinds = [classify(line) for line in self.lines]
        dated = (i for i, k in enumerate(self.kinds) if k is LineKind.DATED and states_publication(self.lines[i]))
        self.dates = {i: publication_date(self.lines[i]) for i in dated}
        self.dates = {i: None if date and date > dt.date.today() else date for i, date in self.dates.items()}
        self.dated = sorted(self.dates)
        self.menu = {
            line.strip(" •◦▪*·–—-") for line, k in zip(self.lines, self.kinds, strict=True) if k is LineKind.BULLET
        }
        self._mark_labels()
        self._mark_comments()
        n = len(self.lines)
        self.above, self.below = [-1] * n, [n] * n
        for i in range(1, n):
            self.above[i] = i - 1 if self.kinds[i - 1] in CONTENT else self.above[i - 1]
        for i in range(n - 2, -1, -1):
            self.below[i] = i + 1 if self.kinds[i + 1] in CONTENT else self.below[i + 1]
        self._words = [0]
        for line, kind in zip(self.lines, self.kinds, strict=True):
            self._words.append(self._words[-1] + (count_words(line) if kind is LineKind.PROSE else 0))
        self.end = self._end()
        self.is_plain = {*self.kinds} <= {LineKind.PROSE, LineKind.SHORT, LineKind.BLANK}

    def _mark_labels(self) -> None:
        """Mark the lines that recur all over the page: a title or paragraph is not printed three times."""
        shapes = {i: shape(self.lines[i]) for i, k in enumerate(self.kinds) if k is LineKind.SHORT}
        shapes |= {i: self.lines[i].strip() for i, k in enumerate(self.kinds) if k is LineKind.PROSE}
        times = Counter(shapes.values())
        for i, form in shapes.items():
            if times[form] >= LABEL_TIMES:
                self.kinds[i] = LineKind.LABEL if self.kinds[i] is LineKind.SHORT else LineKind.NOISE

    def _mark_comments(self) -> None:
        """Mark readers' comments ("Jane says:", then a date), unlike words quoted in a text ("The minister wrote:")."""
        for i, line in enumerate(self.lines):
            short = self.kinds[i] is LineKind.SHORT and SPEAKER.fullmatch(line.strip())
            if short and self.kinds[self.following(i)] is LineKind.DATED:
                self.kinds[i] = LineKind.COMMENTS

    def following(self, i: int) -> int:
        """Return the next line that is not blank, or `i` itself at the end of the page."""
        return next((j for j in range(i + 1, len(self.lines)) if self.kinds[j] is not LineKind.BLANK), i)

    def _end(self) -> int:
        """Return the first heading, after prose, of comments, or of other articles with no text after them."""
        comments = LineKind.COMMENTS
        times = Counter(shape(line) for line, kind in zip(self.lines, self.kinds, strict=True) if kind is comments)
        for i, kind in enumerate(self.kinds):
            only = kind is comments and times[shape(self.lines[i])] == 1 and _COMMENTS_HEADING.match(self.lines[i])
            over = only or (kind is LineKind.TEASERS and not self.resumes(i))
            if over and self.words(0, i) >= BRIEF_WORDS:  # fewer words may be a cookie banner above a sidebar
                return i
        return len(self.lines)

    def words(self, start: int, end: int) -> int:
        """Return the number of words of prose in lines [start, end)."""
        return self._words[max(start, end)] - self._words[start]

    def is_set_apart(self, i: int) -> bool:
        """Return whether line `i` is set apart like a heading, without text directly above or below it."""
        sides = (j for j in (i - 1, i + 1) if 0 <= j < len(self.lines))
        return not any(self.kinds[j] in CONTENT or self.kinds[j] is LineKind.LABEL for j in sides)

    def resumes(self, i: int) -> bool:
        """Return whether the text continues below a box or list at line `i`: a few short lines, then two paragraphs.

        The two follow each other directly, except below a bulleted list, whose end is clear: there a subheading may
        separate them.
        """
        run, passed, short = 0, 0, False
        for j in range(i + 1, min(i + 60, len(self.lines))):
            kind = self.kinds[j]
            if kind is LineKind.PROSE and not TRUNCATED.search(self.lines[j][-20:]):
                run += 1
                if run == 2:
                    return True
            elif kind in (LineKind.SHORT, LineKind.BULLET, LineKind.DATED, LineKind.PROSE, LineKind.LABEL):
                short = short or (kind is not LineKind.BULLET and not run)
                if (run and (short or kind is not LineKind.SHORT)) or passed > 10:
                    return False
                passed += 1
            elif kind in ENDS:
                return False
        return False

    def ends_text(self, i: int) -> bool:
        """Return whether line `i` can end a text: prose, or a signature, credit or address directly below prose."""
        if not 0 <= i < len(self.lines) or self.kinds[i] is LineKind.PROSE:
            return 0 <= i < len(self.lines)
        above = self.above[i]
        below_prose = self.kinds[i] is LineKind.SHORT and above >= 0 and self.kinds[above] is LineKind.PROSE
        return below_prose and can_close_text(self.lines[i])
