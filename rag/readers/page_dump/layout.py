"""Cut a page dump into sections of one article each, by the dated lines and bylines that recur with each article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

import regex

from rag.provenance.dates import find_date
from rag.readers.line_classifier import BRIEF_WORDS, LineKind, can_close_text, count_words, shape

from .page import Page

MIN_WORDS = 18  # a brief of one sentence is an article (the shortest real one has 33 words), a slogan is not
HEAD_LINES = 4  # content lines between a date and the text: title, category, picture label, standfirst

MIN_WORDS_ABOVE = 100  # of an article that has nothing but dated comments below it
MIN_COMMENTS = 3


class Layout(Enum):
    """Where the articles of a page print their dates."""

    SINGLE = auto()  # one article on the page
    DATE_LAST = auto()  # title, text, date; title, text, date
    DATE_SECOND = auto()  # title, date, text
    DATE_FIRST = auto()  # date, title, text


@dataclass(frozen=True)
class Mark:
    """Dated lines and bylines with only blanks and controls between them: lines `first` to `last`.

    `line` is the dated one, or the first if there is none.
    """

    first: int
    last: int
    line: int


def find_marks(page: Page) -> list[Mark]:
    """Return the marks above the page's end, in order."""
    found: list[Mark] = []
    for i in range(page.end):
        if page.kinds[i] not in (LineKind.DATED, LineKind.BYLINE):
            continue
        between = page.kinds[found[-1].last + 1 : i] if found and i - found[-1].last < 6 else [LineKind.PROSE]
        if all(kind in (LineKind.BLANK, LineKind.NOISE, LineKind.META) for kind in between):
            old = found.pop()
            line = old.line if old.line in page.dates or i not in page.dates else i
            found.append(Mark(old.first, i, line))
        else:
            found.append(Mark(i, i, i))
    return found


@dataclass(frozen=True)
class Surroundings:
    """What is directly above a mark, and what is below it."""

    text_above: bool
    title_above: bool
    text_below: bool
    title_below: bool


def look_around(page: Page, mark: Mark, next_mark: int) -> Surroundings:
    """Return the surroundings of a mark, `next_mark` being the line of the next one."""
    above, below = page.above[mark.first], page.below[mark.last]
    text_above = page.ends_text(above)
    short_above = above >= 0 and page.kinds[above] is LineKind.SHORT and not text_above
    below_standfirst = text_above and _is_standfirst(page, above)
    text, steps = below, 0
    while text < next_mark and page.kinds[text] is LineKind.SHORT and steps < HEAD_LINES:
        text, steps = page.below[text], steps + 1
    has_text = text < min(next_mark, page.end) and page.kinds[text] is LineKind.PROSE
    return Surroundings(text_above, short_above or below_standfirst, has_text and steps == 0, has_text and steps > 0)


def _is_standfirst(page: Page, i: int) -> bool:
    """Return whether prose at line `i` can be between title and date: a short paragraph below a line set apart."""
    above = page.above[i]
    return (
        page.kinds[i] is LineKind.PROSE
        and count_words(page.lines[i]) < BRIEF_WORDS
        and above >= 0
        and page.kinds[above] is LineKind.SHORT
        and page.is_set_apart(above)
        and not can_close_text(page.lines[above])
    )


def find_layout(page: Page) -> tuple[list[Mark], Layout]:
    """Return the marks that belong to articles, and where they are in them, as `_chosen_marks` does.

    Dates below an article that is longer than anything below them are those of readers' comments, where there are
    several short ones: the page ends there. Else they are printed within one long text, which they do not cut.
    """
    chosen, layout = _chosen_marks(page)
    if layout in (Layout.SINGLE, Layout.DATE_LAST):
        return chosen, layout
    first = chosen[0].first
    above = page.words(0, first)
    longest = max(page.words(start, end) for start, end in pairwise([*(mark.line for mark in chosen), page.end]))
    if above < MIN_WORDS_ABOVE or above <= longest:
        return chosen, layout
    if len(chosen) < MIN_COMMENTS:
        return [], Layout.SINGLE
    if above < 2 * longest:
        return chosen, layout
    page.end = first
    return _chosen_marks(page)


def _chosen_marks(page: Page) -> tuple[list[Mark], Layout]:
    """Return the marks that belong to articles, and where they are in them.

    A mark belongs to an article if text directly precedes or follows it, or follows after a title. Dates in lists of
    titles ("Recent Posts") have no prose next to them. Bylines count only on a page whose articles print no dates.
    """
    marks = find_marks(page)
    nexts = [*(mark.first for mark in marks[1:]), page.end]
    around = {mark: look_around(page, mark, following) for mark, following in zip(marks, nexts, strict=False)}
    near_text = [m for m, p in around.items() if p.text_above or p.text_below or p.title_below]
    with_date = [m for m in near_text if m.line in page.dates]
    without_date = [m for m in near_text if m.line not in page.dates]
    chosen = without_date if len(without_date) > max(2, len(with_date)) else with_date
    if not chosen:
        return [], Layout.SINGLE
    first, half = around[chosen[0]], len(chosen) / 2
    below = sum(around[m].text_below for m in chosen)
    second = sum(around[m].text_below or (around[m].title_above and around[m].title_below) for m in chosen)
    if below > half or (second > half and not first.text_above):
        titled = sum(around[m].title_above for m in chosen) >= half
        layout = Layout.DATE_SECOND if titled else Layout.DATE_FIRST
    else:
        layout = Layout.DATE_LAST if first.text_above else Layout.DATE_FIRST
    usual, times = Counter(_template(page, mark) for mark in chosen).most_common(1)[0]
    if times > 1:  # a date in another form is part of a text, such as a quoted letter, unless it ends the text
        fits = {m for m in chosen if layout is not Layout.DATE_LAST or around[m].text_above}
        chosen = [mark for mark in marks if mark in fits or _template(page, mark) == usual]
    lines = [mark.line for mark in chosen]
    cuts = [0, *lines] if layout is Layout.DATE_LAST else [*lines, page.end]
    texts = sum(page.words(start, end) >= MIN_WORDS for start, end in pairwise(cuts))
    return chosen, layout if texts > 1 else Layout.SINGLE


def _template(page: Page, mark: Mark) -> str:
    """Return a mark's line without its date and numbers: the same for all marks that one template prints."""
    line = page.lines[mark.line]
    found = find_date(line) or (0, 0)
    return regex.sub(r"s\b", "", shape(f"{line[: found[0]]}#{line[found[1] :]}"))  # "1 comment", "2 comments"


@dataclass(frozen=True)
class Section:
    """Lines [start, end) that hold one article, and its mark. In DATE_LAST the last lines are known to be its own."""

    start: int
    end: int
    mark: Mark | None
    layout: Layout


def find_sections(page: Page) -> Iterator[Section]:
    """Yield the sections of a page in order."""
    marks, layout = find_layout(page)
    if layout is Layout.SINGLE:
        yield _single_section(page, marks)
    elif layout is Layout.DATE_LAST:
        for start, mark in zip([0, *(m.last + 1 for m in marks)], marks, strict=False):
            yield Section(start, mark.line, mark, layout)
    else:
        starts = [mark.first for mark in marks]
        if layout is Layout.DATE_SECOND:
            starts = [_head_start(page, mark, previous) for previous, mark in zip([None, *marks], marks, strict=False)]
        for start, end, mark in zip(starts, [*starts[1:], page.end], marks, strict=True):
            yield Section(start, end, mark, layout)


def _single_section(page: Page, marks: list[Mark]) -> Section:
    """Return the section of a page with one article, from the head of the first mark with most of the text below it."""
    if closing := next((m for m in marks if _closes(page, m)), None):
        return Section(0, closing.first, None, Layout.SINGLE)
    mark = next((m for m in marks if page.words(0, m.first) < page.words(m.last, page.end)), None)
    start = _head_start(page, mark, None) if mark else 0
    return Section(start, page.end, mark, Layout.SINGLE)


def _closes(page: Page, mark: Mark) -> bool:
    """Return whether a mark is below its article: paragraphs directly above it, and directly below controls or tags."""
    below = (LineKind.TAGS, LineKind.PAGER, LineKind.COMMENTS, LineKind.NOISE)
    if page.kinds[page.following(mark.last)] not in below or not page.ends_text(page.above[mark.first]):
        return False
    above = [j for j in range(max(0, mark.first - 2 * MIN_WORDS), mark.first) if page.kinds[j] is LineKind.PROSE]
    return sum(count_words(page.lines[j]) for j in above) >= MIN_WORDS_ABOVE and len(above) > 1


def _head_start(page: Page, mark: Mark, previous: Mark | None) -> int:
    """Return where the head of the article with `mark` begins: below the text or menu above it."""
    in_head = {LineKind.SHORT, LineKind.LABEL, LineKind.BLANK, LineKind.META, LineKind.CRUMBS, LineKind.TAGS}
    if previous is None:
        in_head |= {LineKind.NOISE, LineKind.BYLINE}
    i, limit = mark.first, previous.last + 1 if previous else 0
    while i > limit:
        kind = page.kinds[i - 1]
        near = previous is None or page.above[mark.first] == i - 1
        standfirst = kind is LineKind.PROSE and near and _is_standfirst(page, i - 1)
        if not (kind in in_head or standfirst) or (kind is LineKind.SHORT and page.ends_text(i - 1)):
            break
        i -= 1
    return i
