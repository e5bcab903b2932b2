"""Find the text of the article in a section of a page dump, and tell it from lists of other articles."""

from __future__ import annotations

from itertools import pairwise

import regex

from rag.readers.dated_lines import states_moment
from rag.readers.line_classifier import (
    BRIEF_WORDS,
    CAPTION,
    CONTENT,
    ENDS,
    LONG_LINE,
    MORE_AT_END,
    PRODUCTION,
    LineKind,
    can_close_text,
    count_words,
)

from .layout import HEAD_LINES, MIN_WORDS, Layout, Section
from .page import TRUNCATED, Page

EXCERPT_WORDS = 120  # a shorter text that ends in "..." is a teaser of an article, not the article

_ERROR = regex.compile(r"\b404\b|\b(?:page|nothing)\b.{0,20}\b(?:not|n[’']t|was)\s+(?:be\s+)?found\b", regex.I)


def first_paragraph(page: Page, section: Section) -> int | None:
    """Return the first line of prose of the article. It is below the mark, unless marks end articles."""
    mark = section.mark if section.layout is not Layout.DATE_LAST else None
    start = mark.last + 1 if mark else _main_part(page, section)
    prose = (i for i in range(start, section.end) if page.kinds[i] is LineKind.PROSE)
    first = next(prose, None)
    if first is None or section.mark or count_words(page.lines[first]) >= BRIEF_WORDS:
        return first
    second = next(prose, first)  # a sentence above the menu is the site's slogan
    between = page.kinds[first:second]
    return second if LineKind.CRUMBS in between or between.count(LineKind.BULLET) > 2 * HEAD_LINES else first


def _main_part(page: Page, section: Section) -> int:
    """Return where the first part of a page begins that has much of its text. Above it may be notices and slogans.

    Parts end where lists of other articles, footers or comments begin.
    """
    if section.layout is not Layout.SINGLE or section.mark:
        return section.start
    ends = [i for i in range(section.start, section.end) if page.kinds[i] in ENDS]
    parts = list(pairwise([section.start, *ends, section.end]))
    most = max(page.words(start, end) for start, end in parts)
    return next(start for start, end in parts if 3 * page.words(start, end) >= most)


def _goes_on(page: Page, body: int, i: int, section: Section) -> bool:
    """Return whether the text goes on below what ends it at line `i`, usually a list of others or a footer."""
    if page.kinds[i] is LineKind.FOOTER and page.is_picture_credit(i):
        return True
    if section.layout is not Layout.SINGLE or page.kinds[i] is LineKind.COMMENTS:
        return False
    return page.has_more_below(i, page.words(body, i), section.end)


def text_lines(page: Page, start: int, body: int, end: int) -> list[int]:
    """Return the lines of [start, end) that are text: no furniture, and only a standfirst before line `body`."""
    kept: list[int] = []
    heading, bulleted = LineKind.BLANK, False
    boxed = False  # the items below the heading of a table of contents, or of other articles, are not text
    for i in range(start, end):
        kind = page.kinds[i]
        if kind is not LineKind.BLANK:
            listed = kind is LineKind.SHORT and heading is LineKind.TEASERS and not bulleted
            boxed = kind in (LineKind.BOX, LineKind.TEASERS) or (boxed and (listed or kind is LineKind.BULLET))
            heading = kind if kind in (LineKind.BOX, LineKind.TEASERS) else heading
            bulleted = boxed and (kind is LineKind.BULLET or (bulleted and kind is not heading))
        if i >= body:
            within = (LineKind.SHORT, LineKind.LABEL, LineKind.BULLET, LineKind.BYLINE, LineKind.DATED)
            inside = kind in within and not boxed
        else:
            long_enough = count_words(page.lines[i]) >= (4 if page.is_set_apart(i) else 8)
            inside = kind is LineKind.SHORT and long_enough and not CAPTION.search(page.lines[i])
            inside = inside and not states_moment(page.lines[i])
        if inside or kind is LineKind.PROSE:
            kept.append(i)
    return kept


def text_end(page: Page, body: int, section: Section) -> int:
    """Return the line after the last of the article's text."""
    end = section.end
    for i in range(body, section.end):
        kind = page.kinds[i]
        more = kind is LineKind.MORE and section.layout is not Layout.SINGLE
        resumed = (kind is LineKind.TEASERS and page.resumes(i)) or (kind in ENDS and _goes_on(page, body, i, section))
        if more or (kind in ENDS and not resumed):
            end = i
            break
        if PRODUCTION.fullmatch(page.lines[i].strip()[:LONG_LINE]):
            end = i + 1
            break
    if section.layout is Layout.DATE_LAST and end == section.end:
        return end
    last = next(i for i in range(end - 1, body - 1, -1) if page.kinds[i] is LineKind.PROSE)
    while last > body and _is_appended(page, last):
        last = next(i for i in range(last - 1, body - 1, -1) if page.kinds[i] is LineKind.PROSE)
    furniture = (LineKind.LABEL, LineKind.BULLET, LineKind.BOX, LineKind.CRUMBS, LineKind.DATED)
    for i in range(last + 1, end):
        if page.kinds[i] in (LineKind.SHORT, LineKind.BYLINE) and can_close_text(page.lines[i]):
            last = i
        elif page.kinds[i] is LineKind.SHORT or page.kinds[i] in furniture:
            break
    return last + 1


def _is_appended(page: Page, i: int) -> bool:
    """Return whether a last paragraph is not part of the text: the summary of a teaser, or a line in a box."""
    before = page.above[i]
    in_box = LineKind.BOX in page.kinds[max(before, i - HEAD_LINES) : i] and count_words(page.lines[i]) < MIN_WORDS
    return in_box or (_is_truncated(page, i) and page.kinds[before] is LineKind.SHORT)


def _is_truncated(page: Page, i: int) -> bool:
    """Return whether line `i` is a short paragraph that ends in "...", or is followed by "Continue reading"."""
    line = page.lines[i]
    more = page.kinds[page.following(i)] is LineKind.MORE or MORE_AT_END.search(line[-LONG_LINE:])
    return bool(more or TRUNCATED.search(line[-20:])) and count_words(line) < EXCERPT_WORDS


def is_list_of_others(page: Page, text: list[int], section: Section) -> bool:
    """Return whether lines are no article: too few words, an excerpt, or titles alternating with summaries."""
    prose = [i for i in text if page.kinds[i] is LineKind.PROSE]
    words = sum(count_words(page.lines[i]) for i in prose)
    signed = section.mark or any(page.kinds[i] is LineKind.META for i in range(section.end))
    if not prose or (words < MIN_WORDS * (1 if signed else 2) and not page.is_plain):
        return True
    last = max(i for i in text if page.kinds[i] in CONTENT)
    if words < EXCERPT_WORDS and len(prose) < 3 and _is_truncated(page, last):
        return True
    # a title has more than three words; a shorter line is a picture's label
    titled = [page.kinds[i] is LineKind.SHORT and count_words(page.lines[i]) > 3 for i in text]
    pairs = sum(above and page.kinds[i] is LineKind.PROSE for above, i in zip(titled, text[1:], strict=False))
    truncated = sum(_is_truncated(page, i) for i in prose)
    brief = words / len(prose) < BRIEF_WORDS and not section.mark  # with a date of its own it may be an interview
    return len(prose) > 2 and pairs >= len(prose) - 1 and (brief or truncated * 2 > len(prose))


def is_error_page(page: Page, section: Section, body: int) -> bool:
    """Return whether the page says that there is no such page."""
    short = section.layout is Layout.SINGLE and page.words(0, page.end) < EXCERPT_WORDS
    return short and any(_ERROR.search(page.lines[i][:LONG_LINE]) for i in range(body + 1))
