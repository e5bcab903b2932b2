"""The lines of a page dump, and the kind of each as it shows on the whole page."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise

import regex

from rag.provenance.attribution import byline
from rag.readers.dated_lines import (
    has_unknown_label,
    is_other_date,
    publication_date,
    states_publication,
    words_without_date,
)
from rag.readers.line_classifier import (
    BRIEF_WORDS,
    CONTENT,
    ENDS,
    SPEAKER,
    LineKind,
    can_close_text,
    classify,
    count_words,
    shape,
)

MIN_PARAGRAPH_CHARS = 80  # of a line that counts as prose where indents are compared
MIN_WORDS_GOING_ON = 12  # of each paragraph below a box within the text
MAX_CREDIT_CHARS = 100  # of a line below a picture
MAX_LINES_BELOW_MARK = 3  # short lines between a date or byline and the text
LABEL_TIMES = 3  # a short line printed so often on one page is a category, a caption or a control, never a title

_COMMENTS_HEADING = regex.compile(
    r"\W*(?:\d+\s+\w|comm?ent|coment|koment|kommentar|reacti|leser|комм?ент|discussion|reader|.*(?:says|wrote)\s*:|.*\(not)",
    regex.I,
)
TRUNCATED = regex.compile(r"(?:…|\.\.\.|\[…\]?|\[\.\.\.\]?)[\s\])»→]*$")


def _indent_of_prose(lines: list[str]) -> str:
    """Return the spaces that the prose of a page is indented by, "" if most of it is not."""
    size: Counter[str] = Counter()
    for line in lines:
        if len(line) > MIN_PARAGRAPH_CHARS:
            size[line[: len(line) - len(line.lstrip())]] += len(line)
    indent = max(size, key=lambda spaces: size[spaces], default="")
    return indent if 2 * size[indent] > size.total() else ""


class Page:
    """The lines of a page dump and what they are.

    Attributes:
        lines: as printed, without NUL characters, which no text store accepts.
        kinds: the kind of each line.
        dates: the date of each line that has one of publication, None if it is ambiguous or lies in the future.
        dated: the numbers of the dated lines, in order.
        menu: the items of the page's lists. A name among them is a category, not an author.
        above, below: for each line, the nearest content line before and after it (-1 and len(lines) at the ends).
        end: the line from which on the page has no article of its own.
        is_plain: whether the page is nothing but text; then it is an article, however short.
    """

    def __init__(self, text: str):
        self.lines = [line.replace("\x00", "") for line in text.splitlines()]
        indent = _indent_of_prose(self.lines)
        self.kinds = [classify(line.removeprefix(indent)) for line in self.lines]
        self._mark_dated_titles()
        self._mark_other_dates()
        self._mark_picture_credits()
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

    def _mark_dated_titles(self) -> None:
        """Mark a title that has the date of the dated line next to it ("Press digest, May 4, 2016") as a short line."""
        dated = [i for i, kind in enumerate(self.kinds) if kind is LineKind.DATED]
        for above, i in pairwise(dated):
            days = [publication_date(self.lines[n]) for n in (above, i)]
            if i - above < 4 and days[0] and days[0] == days[1]:
                words = [len(words_without_date(self.lines[n])) for n in (above, i)]
                if min(words) == 0 and max(words) > 1 and not any(byline(self.lines[n]) for n in (above, i)):
                    self.kinds[above if words[0] else i] = LineKind.SHORT

    def _mark_other_dates(self) -> None:
        """Mark dates of something else as short lines: those below a label that says so ("Updated:"), and those with an
        unknown label ("Edition: 1 (27 May 2013)") on a page that has a bare date too.
        """
        dated = [i for i, kind in enumerate(self.kinds) if kind is LineKind.DATED]
        labels = {i: self.lines[i - 1].strip() for i in dated if i and self.lines[i - 1].strip()}
        below = {i for i, label in labels.items() if label.endswith(":") and is_other_date(label, len(label))}
        bare = any(not words_without_date(self.lines[i]) for i in dated if i not in below)
        for i in dated:
            if i in below or (bare and has_unknown_label(self.lines[i])):
                self.kinds[i] = LineKind.SHORT

    def _mark_picture_credits(self) -> None:
        """Mark short lines with a copyright sign and no year as noise, if several names are printed so: of pictures."""
        signed = [i for i, line in enumerate(self.lines) if "©" in line[:MAX_CREDIT_CHARS] and self._is_credit(i)]
        if len({self.lines[i].strip() for i in signed}) > 1:
            for i in signed:
                self.kinds[i] = LineKind.NOISE

    def _is_credit(self, i: int) -> bool:
        """Return whether a line with a copyright sign can be below a picture: short, and without a year."""
        line = self.lines[i]
        signed = self.kinds[i] is LineKind.FOOTER and "©" in line and not regex.search(r"\b(?:19|20)\d\d\b", line)
        return signed and count_words(line) < 9

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
            if (
                over
                and self.words(0, i) >= BRIEF_WORDS
                and not (kind is LineKind.TEASERS and self._is_above_article(i))
            ):
                return i  # fewer words may be a cookie banner above a sidebar
        return len(self.lines)

    def _is_above_article(self, i: int) -> bool:
        """Return whether a list at line `i` is above the article: text below a date is there, and none is above."""
        signed = (LineKind.DATED, LineKind.BYLINE)
        marks = [j for j, kind in enumerate(self.kinds) if kind in signed and j > i]
        below = next((j for j in marks if self._heads_text(j)), None)
        above = any(kind in signed for kind in self.kinds[:i])
        if self.has_more_below(i, self.words(0, i), len(self.lines)):
            return True
        return below is not None and not above and self.words(below, len(self.lines)) >= BRIEF_WORDS

    def _heads_text(self, i: int) -> bool:
        """Return whether prose is below line `i`, with a few short lines between at most: a role, a picture's label."""
        content = (j for j in range(i + 1, len(self.lines)) if self.kinds[j] in CONTENT)
        nearest = [self.kinds[j] for j, _ in zip(content, range(MAX_LINES_BELOW_MARK + 1), strict=False)]
        return LineKind.PROSE in nearest and LineKind.BULLET not in nearest[: nearest.index(LineKind.PROSE)]

    def has_more_below(self, i: int, words: int, end: int) -> bool:
        """Return whether more text than `words` is below an end at line `i`, up to the next end.

        Only if paragraphs follow each other: in lists of other articles, titles are between them.
        """
        ends = (
            j for j in range(i + 1, end) if self.kinds[j] in ENDS and self.words(i, j) and not self.is_picture_credit(j)
        )
        stop = next(ends, end)
        content = [self.kinds[j] for j in range(i + 1, stop) if self.kinds[j] in CONTENT]
        runs = sum(a is b is LineKind.PROSE for a, b in pairwise(content))
        return self.words(i, stop) > words and 3 * runs >= content.count(LineKind.PROSE) > 1

    def is_picture_credit(self, i: int) -> bool:
        """Return whether a line with a copyright sign is below a picture within the text: no year, and prose below."""
        return self._is_credit(i) and self.kinds[self._next_content(i)] is LineKind.PROSE

    def _next_content(self, i: int) -> int:
        return next((j for j in range(i + 1, len(self.lines)) if self.kinds[j] in CONTENT), i)

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
        if self._goes_on(i):
            return True
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

    def _goes_on(self, i: int) -> bool:
        """Return whether paragraphs follow the titles below a heading of others, each below one subheading at most.

        A list has a title, or as many lines, above each of its summaries; a box within a text has its titles together.
        """
        above: list[int] = []  # how many short lines each paragraph has above it
        short = 0
        for j in range(i + 1, min(i + 60, len(self.lines))):
            kind = self.kinds[j]
            if kind in ENDS or kind is LineKind.MORE:
                break
            if kind in (LineKind.SHORT, LineKind.LABEL):
                short += 1
            elif kind is LineKind.PROSE:
                if TRUNCATED.search(self.lines[j][-20:]) or count_words(self.lines[j]) < MIN_WORDS_GOING_ON:
                    return False
                above.append(short)
                short = 0
        return len(above) > 1 and above[0] > 1 and max(above[1:]) <= 1

    def date_in(self, i: int) -> dt.date | None:
        """Return the date of publication that line `i` states, of whatever kind the line is."""
        date = publication_date(self.lines[i])
        return None if date and date > dt.date.today() else date

    def ends_text(self, i: int) -> bool:
        """Return whether line `i` can end a text: prose, or a signature, credit or address directly below prose."""
        if not 0 <= i < len(self.lines) or self.kinds[i] is LineKind.PROSE:
            return 0 <= i < len(self.lines)
        above = self.above[i]
        below_prose = self.kinds[i] is LineKind.SHORT and above >= 0 and self.kinds[above] is LineKind.PROSE
        return below_prose and can_close_text(self.lines[i])
