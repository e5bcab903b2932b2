"""Assemble the article of each section of a page dump: the lines of its title, text and head, and its date."""

from __future__ import annotations

import datetime as dt
from bisect import bisect
from dataclasses import dataclass
from itertools import pairwise

import regex

from rag.provenance.attribution import byline, names_only
from rag.provenance.dates import find_date
from rag.readers import left_out
from rag.readers.dated_lines import (
    has_time,
    has_weekday,
    is_dated,
    is_labelled,
    spread,
    states_moment,
    words_without_date,
)
from rag.readers.line_classifier import BRIEF_WORDS, CONTENT, LONG_LINE, LineKind, count_words

from .body import is_error_page, is_list_of_others, text_end, text_lines
from .layout import HEAD_LINES, Layout, Mark, Section
from .page import Page
from .title import find_heads

_TODAY = regex.compile(r"\b(?:today|heute|aujourd['’]hui|hoy|oggi|hoje|vandaag|dziś|dzisiaj|сегодня|bugün)\b", regex.I)
_DATELINE = regex.compile(r"\(?\p{Lu}[\p{L} .,'’-]{1,40},\s*(?P<date>[^()–—]{6,25}?)\s*\)?\s*[–—-]")

_OPENING_DATE = regex.compile(r"(?P<date>(?:\p{Lu}\p{L}{2,}|\d)[^()–—]{5,25}?\d)\s*(?:[–—]|-{1,2}\s)")
MAX_MOMENT_WORDS = 25  # of a line with a date and what is run together with it: authors, a section, tags


@dataclass(frozen=True)
class Entry:
    """An article found in a section.

    Attributes:
        title: the line of the title, if there is one.
        text: the lines of the text.
        head: the lines of bylines, dates and names above and below the text.
        date: the printed date, if there is one.
    """

    title: int | None
    text: list[int]
    head: list[int]
    date: dt.date | None

    def lines(self, page: Page) -> list[str]:
        """Return the lines of the text as printed, with one blank line in place of what was left out."""
        lines: list[str] = []
        for before, i in pairwise([self.text[0] - 1, *self.text]):
            lines += ["", page.lines[i].rstrip()] if i - before > 1 else [page.lines[i].rstrip()]
        return lines


def find_entries(page: Page) -> list[Entry]:
    """Return the articles of a page.

    If all but one are single short paragraphs, these are a list next to the article, and are left out.
    """
    found = (_extract(page, section, title, body) for section, title, body in find_heads(page))
    entries = [entry for entry in found if entry]
    full = [e for e in entries if len(e.text) > 1 or page.words(e.text[0], e.text[-1] + 1) >= BRIEF_WORDS]
    return full if len(full) <= 1 and len(entries) > 2 else entries


_REASONS = {
    "paragraphs outside the articles": (LineKind.PROSE,),
    "titles, captions and other short lines outside the articles": (LineKind.SHORT, LineKind.LABEL, LineKind.BULLET),
    "dates and bylines outside the articles": (LineKind.DATED, LineKind.BYLINE),
    "boxes, and headings of comments and of other articles": (
        *(LineKind.BOX, LineKind.TEASERS, LineKind.COMMENTS, LineKind.MORE),
    ),
    "menus, controls and footers": (
        *(LineKind.NOISE, LineKind.PAGER, LineKind.CRUMBS, LineKind.TAGS, LineKind.FOOTER, LineKind.META),
    ),
}


def report_left_out(page: Page, entries: list[Entry], source: str) -> None:
    """Put on record which lines of a page are in none of its articles, and what they are."""
    taken = {i for e in entries for i in (*e.head, *([e.title] if e.title is not None else []))}
    used = taken.union(*(e.text for e in entries))
    left_out.report(source, left_out.TAKEN, (page.lines[i] for i in sorted(taken)))
    for reason, kinds in _REASONS.items():
        rest = (i for i in range(len(page.lines)) if page.kinds[i] in kinds and i not in used)
        left_out.report(source, reason, (page.lines[i] for i in rest))


def _extract(page: Page, section: Section, title: int | None, body: int) -> Entry | None:
    """Return the article of a section, or None if it has none."""
    start, end = body if title is None else title + 1, text_end(page, body, section)
    text = text_lines(page, start, body, end)
    if is_error_page(page, section, body) or is_list_of_others(page, text, section):
        return None
    mark = section.mark or Mark(body, body, body)
    top = max(section.start, start - HEAD_LINES) if section.layout is Layout.SINGLE else section.start
    lines = sorted({*range(top, body), *range(mark.first, mark.last + 1)} - set(text))
    metadata = (LineKind.DATED, LineKind.BYLINE)
    head = [i for i in lines if page.kinds[i] in metadata or _is_name(page, i, start, body)]
    return Entry(title, text, head, _find_date(page, section, title, body, end))


def _is_name(page: Page, i: int, start: int, body: int) -> bool:
    """Return whether line `i`, between title and text, names the author and nothing else, near a date or byline."""
    if not start <= i < body or page.kinds[i] is not LineKind.SHORT or not names_only(page.lines[i]):
        return False
    near = page.kinds[max(start, i - 4) : i + 10]
    return (LineKind.DATED in near or LineKind.META in near) and page.lines[i].strip() not in page.menu


def _date_near_title(page: Page, title: int, body: int) -> int | None:
    """Return the line of a date that is indented or an item of a list below the title, or above it."""
    below = (i for i in range(title + 1, body) if page.kinds[i] in (LineKind.META, LineKind.BULLET))
    if listed := next((i for i in below if page.date_in(i) and is_dated(page.lines[i])), None):
        return listed
    above = page.dated[bisect(page.dated, title) - 1] if page.dated and page.dated[0] < title else -1
    return above if above >= 0 and _is_above_title(page, above, title) else None


def _is_above_title(page: Page, above: int, title: int) -> bool:
    """Return whether the date at line `above` is that of the article, not the day on which the page was shown.

    That one is at the top of a page, above the site's name, with a weekday and without a time.
    """
    if _TODAY.search(page.lines[above]):
        return False
    between = [i for i in range(above + 1, title) if page.kinds[i] in CONTENT]
    if not between:
        return True
    line = page.lines[above]
    of_day = has_weekday(line) and not has_time(line) and not words_without_date(line)
    menu = sum(kind in CONTENT for kind in page.kinds[:above])
    return menu > 1 and not of_day and len(between) < 3 and all(page.kinds[i] is LineKind.SHORT for i in between)


def _moment(page: Page, title: int | None, body: int, end: int) -> int | None:
    """Return the line next to a title or text that has a date among other words, if it is clear what the date is of.

    It is the article's where a time of day is printed with it, or the line is a byline or begins with a person.
    """
    top = body if title is None else title
    inside = [i for i in range(top + 1, body) if page.kinds[i] not in (LineKind.BULLET, LineKind.PROSE)]
    above = [page.above[top]] if page.above[top] >= 0 and page.kinds[page.above[top]] is LineKind.SHORT else []
    below = [i for i in range(end, min(end + HEAD_LINES, page.end)) if page.kinds[i] is LineKind.SHORT]
    for i in [*inside, *above, *below]:
        line = page.lines[i].strip()[:LONG_LINE]
        found = find_date(spread(line)) if count_words(line) <= MAX_MOMENT_WORDS and page.date_in(i) else None
        if found and not _TODAY.search(line):
            person = byline(line) or names_only(line[: found[0]].strip(" |•·–—-,"))
            if person or (i not in below and states_moment(line)):
                return i
    return None


def _date_below(page: Page, section: Section, body: int, end: int) -> int | None:
    """Return the line of a date between the standfirst and the text, or of the only labelled one on the page."""
    second = next((i for i in range(body + 1, end) if page.kinds[i] is LineKind.PROSE), end)
    if standfirst := next((i for i in range(body + 1, second) if page.dates.get(i)), None):
        return standfirst
    labelled = [i for i in range(body, page.end) if len(page.lines[i]) < LONG_LINE and is_labelled(page.lines[i])]
    days = {page.date_in(i) for i in labelled}
    return labelled[0] if len(days) == 1 and section.layout is Layout.SINGLE else None


def _find_date(page: Page, section: Section, title: int | None, body: int, end: int) -> dt.date | None:
    """Return the date of the mark, else one between title and text, above the title, below the text, or a dateline."""
    top = body if title is None else title
    alone = section.layout is Layout.SINGLE
    line = section.mark.line if section.mark else -1
    if line in page.dates and (line > top or not alone or (title is None and is_labelled(page.lines[line]))):
        return page.dates[line]
    inside = next((i for i in range(top, body) if i in page.dates), None)
    if inside is not None:
        return page.dates[inside]
    above = page.dated[bisect(page.dated, top) - 1] if page.dated and page.dated[0] < top else -1
    if above >= 0 and (page.below[above] == top or not alone) and not words_without_date(page.lines[above]):
        return page.dates[above]  # a date above the title, or above all the posts of one day
    below = next((i for i in range(end, min(end + HEAD_LINES, len(page.lines))) if i in page.dates), None)
    if alone and below is not None:
        return page.dates[below]
    near = _date_near_title(page, top, body) if alone else None
    near = _moment(page, title, body, end) if near is None and alone else near
    near = _date_below(page, section, body, end) if near is None else near
    if near is not None:
        return page.date_in(near)
    opening = page.lines[body].strip()[:LONG_LINE]
    dateline = _DATELINE.match(opening) or _OPENING_DATE.match(opening)
    found = find_date(dateline["date"]) if dateline else None
    return found[2] if found else None
