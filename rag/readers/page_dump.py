"""Text dumps of web pages -> Articles.

A dump is what a page shows, as lines of text: menus, the articles, lists of other articles, footers. One page may
hold ten articles. Nothing marks where one begins, so the reader goes by what such pages have in common:

1. Each line gets a kind (`classify`): prose, a short line, a dated line ("March 26, 2009 0 comments"), a byline, or
   furniture. Short lines that return all over the page are labels.
2. Dated lines and bylines beside prose are the page's rhythm (`rhythm`): they stand in each article between title and
   text, above the title, or below the text. Stretches cut by them hold one article each; a page without rhythm is one.
3. In a stretch, the short lines above the first paragraph are its head, the best of which is the title (`pick_title`);
   the text ends where lists of other articles, comments or footers begin (`text_end`).

A stretch whose prose is cut off ("... Continue reading") or that alternates titles and summaries is a list of other
articles, and yields nothing. The words below are those of page templates everywhere, not of one site. They and the
limits were tuned on 5 real dumps (23 articles) and 30 made for the purpose (53 articles, some in tests/pages);
`tests/test_page_dump.py` holds what they reach.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

import regex

from rag.article import POSTED, PUBLISHED, Article, identify
from rag.provenance.attribution import attribute, byline, names_only
from rag.provenance.catalogue import Catalogue, domain
from rag.provenance.dates import find_date

from .page_line import (
    BRIEF_WORDS,
    CAPTION,
    CONTENT,
    ENDS,
    LONG_LINE,
    PRODUCTION,
    SPEAKER,
    Kind,
    classify,
    closing,
    count,
    crumbs,
    dated,
    left_of_date,
    shape,
)  # fmt: skip

MIN_WORDS = 18  # a brief of one sentence counts (the shortest real one has 33 words); a slogan does not
EXCERPT_WORDS = 120  # a text cut off with "..." and shorter than this is a teaser of an article, not the article
LABEL_TIMES = 3  # a short line printed so often on one page is a category, a caption or a control, never a title
HEAD_LINES = 4  # content lines between a date and the text: title, category, picture label, standfirst

_COMMENTS_HEADING = regex.compile(
    r"\W*(?:\d+\s+\w|comm?ent|kommentare|discussion|reader|.*(?:says|wrote)\s*:|.*\(not)", regex.I
)
_MORE_INLINE = regex.compile(r"(?:…|\.\.\.)\W*(?:continue\s+reading|read\s+more)", regex.I)
_CUT = regex.compile(r"(?:…|\.\.\.|\[…\]?|\[\.\.\.\]?)[\s\])»→]*$")
_ERROR = regex.compile(r"\b404\b|\b(?:page|nothing)\b.{0,20}\b(?:not|n[’']t|was)\s+(?:be\s+)?found\b", regex.I)
_DATELINE = regex.compile(r"\(?\p{Lu}[\p{L} .,'’-]{1,40},\s*(?P<day>[^()–—]{6,25}?)\s*\)?\s*[–—-]")


def parse(text: str, source: str, names: Catalogue) -> Iterator[Article]:
    """The articles of a dump given as text; `source` is recorded with each."""
    page = Page(text)
    host = find_host(page, names)
    entries = [entry for stretch, title, body in heads(page) if (entry := extract(page, stretch, title, body))]
    for entry in without_summaries(entries, page):
        lines = entry.lines(page)
        found = attribute([page.lines[i] for i in entry.head], lines, names, host)
        yield identify(
            Article(
                id="",
                text="\n".join(lines).strip(),
                title=page.lines[entry.title].strip() if entry.title is not None else None,
                outlet=found.outlet,
                outlet_basis=found.outlet_basis,
                host=host,
                authors=found.authors,
                date=entry.day,
                date_basis=None if entry.day is None else PUBLISHED if found.outlet == host else POSTED,
                source=source,
            )
        )


class Page:
    """The lines of a page and what each is.

    Attributes:
        lines: as printed, without NUL characters, which no store of text takes.
        kinds: the kind of each line.
        dates: the day of each dated line, None where its form is ambiguous or it lies in the future.
        dated: the dated lines in order.
        menu: the items of the page's lists: a name that stands in a menu is a category's.
        above, below: for each line the nearest content line before and after it (-1 and len(lines) at the edges).
        end: the line from which on the page holds no article of its own.
        is_plain: whether there is nothing on it but text: then it is an article, however short.
    """

    def __init__(self, text: str):
        self.lines = [line.replace("\x00", "") for line in text.splitlines()]
        self.kinds = [classify(line) for line in self.lines]
        self.dates = {i: dated(self.lines[i]) for i, kind in enumerate(self.kinds) if kind is Kind.DATED}
        self.dates = {i: None if day and day > dt.date.today() else day for i, day in self.dates.items()}
        self.dated = sorted(self.dates)
        self.menu = {
            line.strip(" •◦▪*·–—-") for line, k in zip(self.lines, self.kinds, strict=True) if k is Kind.BULLET
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
            self._words.append(self._words[-1] + (count(line) if kind is Kind.PROSE else 0))
        self.end = self._end()
        self.is_plain = {*self.kinds} <= {Kind.PROSE, Kind.SHORT, Kind.BLANK}

    def _mark_labels(self) -> None:
        """Tell the lines that return all over the page: nobody prints a title or a paragraph three times."""
        shapes = {i: shape(self.lines[i]) for i, k in enumerate(self.kinds) if k is Kind.SHORT}
        shapes |= {i: self.lines[i].strip() for i, k in enumerate(self.kinds) if k is Kind.PROSE}
        times = Counter(shapes.values())
        for i, form in shapes.items():
            if times[form] >= LABEL_TIMES:
                self.kinds[i] = Kind.LABEL if self.kinds[i] is Kind.SHORT else Kind.NOISE

    def _mark_comments(self) -> None:
        """Tell a reader's comment ("Jane says:", then a date) from words quoted in a text ("The minister wrote:")."""
        for i, line in enumerate(self.lines):
            short = self.kinds[i] is Kind.SHORT and SPEAKER.fullmatch(line.strip())
            if short and self.kinds[self.following(i)] is Kind.DATED:
                self.kinds[i] = Kind.COMMENTS

    def following(self, i: int) -> int:
        """The next line that is not blank; `i` itself at the page's end."""
        return next((j for j in range(i + 1, len(self.lines)) if self.kinds[j] is not Kind.BLANK), i)

    def _end(self) -> int:
        """A lone heading of comments, or one of other articles that no text follows, after prose."""
        times = Counter(shape(line) for line, kind in zip(self.lines, self.kinds, strict=True) if kind is Kind.COMMENTS)
        for i, kind in enumerate(self.kinds):
            lone = kind is Kind.COMMENTS and times[shape(self.lines[i])] == 1 and _COMMENTS_HEADING.match(self.lines[i])
            over = lone or (kind is Kind.TEASERS and not self.resumes(i))
            if over and self.words(0, i) >= BRIEF_WORDS:  # less than that can be a cookie banner above a sidebar
                return i
        return len(self.lines)

    def words(self, start: int, end: int) -> int:
        """How many words of prose lines [start, end) hold."""
        return self._words[max(start, end)] - self._words[start]

    def is_alone(self, i: int) -> bool:
        """Whether line `i` is set off as headings are: no text right above or below it."""
        sides = (j for j in (i - 1, i + 1) if 0 <= j < len(self.lines))
        return not any(self.kinds[j] in CONTENT or self.kinds[j] is Kind.LABEL for j in sides)

    def resumes(self, i: int) -> bool:
        """Whether the text goes on below a box or list at line `i`: a few short lines, then two paragraphs in a row.

        Below a list of bulleted items, which shows where it ends, a subheading may part the two.
        """
        run, passed, short = 0, 0, False
        for j in range(i + 1, min(i + 60, len(self.lines))):
            kind = self.kinds[j]
            if kind is Kind.PROSE and not _CUT.search(self.lines[j][-20:]):
                run += 1
                if run == 2:
                    return True
            elif kind in (Kind.SHORT, Kind.BULLET, Kind.DATED, Kind.PROSE, Kind.LABEL):
                short = short or (kind is not Kind.BULLET and not run)
                if (run and (short or kind is not Kind.SHORT)) or passed > 10:
                    return False
                passed += 1
            elif kind in ENDS:
                return False
        return False

    def ends_text(self, i: int) -> bool:
        """Whether line `i` ends a text: prose, or a signature, credit or address right below prose."""
        if not 0 <= i < len(self.lines) or self.kinds[i] is Kind.PROSE:
            return 0 <= i < len(self.lines)
        above = self.above[i]
        return self.kinds[i] is Kind.SHORT and above >= 0 and self.kinds[above] is Kind.PROSE and closing(self.lines[i])


class Layout(Enum):
    SINGLE = auto()  # one article on the page
    DATE_LAST = auto()  # title, text, date; title, text, date
    DATE_SECOND = auto()  # title, date, text
    DATE_FIRST = auto()  # date, title, text


@dataclass(frozen=True)
class Mark:
    """Dated lines and bylines with nothing but blanks and controls between them: lines `first` to `last`.

    `line` is the dated one, or the first where none is.
    """

    first: int
    last: int
    line: int


def marks(page: Page) -> list[Mark]:
    """The marks above the page's end, in order."""
    found: list[Mark] = []
    for i in range(page.end):
        if page.kinds[i] not in (Kind.DATED, Kind.BYLINE):
            continue
        between = page.kinds[found[-1].last + 1 : i] if found and i - found[-1].last < 6 else [Kind.PROSE]
        if all(kind in (Kind.BLANK, Kind.NOISE, Kind.META) for kind in between):
            old = found.pop()
            line = old.line if old.line in page.dates or i not in page.dates else i
            found.append(Mark(old.first, i, line))
        else:
            found.append(Mark(i, i, i))
    return found


@dataclass(frozen=True)
class Place:
    """Where a mark stands: what is right above it, and what is below."""

    text_above: bool
    title_above: bool
    text_below: bool
    title_below: bool


def place(page: Page, mark: Mark, following: int) -> Place:
    """The place of a mark, when the next mark stands at line `following`."""
    above, below = page.above[mark.first], page.below[mark.last]
    text_above = page.ends_text(above)
    short_above = above >= 0 and page.kinds[above] is Kind.SHORT and not text_above
    over_standfirst = text_above and _is_standfirst(page, above)
    text, steps = below, 0
    while text < following and page.kinds[text] is Kind.SHORT and steps < HEAD_LINES:
        text, steps = page.below[text], steps + 1
    reaches = text < min(following, page.end) and page.kinds[text] is Kind.PROSE
    return Place(text_above, short_above or over_standfirst, reaches and steps == 0, reaches and steps > 0)


def _is_standfirst(page: Page, i: int) -> bool:
    """Whether prose at line `i` can stand between title and date: one short paragraph below a line set off."""
    above = page.above[i]
    return (
        page.kinds[i] is Kind.PROSE
        and count(page.lines[i]) < BRIEF_WORDS
        and above >= 0
        and page.kinds[above] is Kind.SHORT
        and page.is_alone(above)
        and not closing(page.lines[above])
    )


def rhythm(page: Page) -> tuple[list[Mark], Layout]:
    """The marks that belong to articles, and where they stand in them.

    A mark counts when text stands right before it, right after it, or after a title: dates in lists of titles ("Recent
    Posts") have no prose beside them, and belong to nothing. Bylines make a rhythm only where dates make none.
    """
    every = marks(page)
    nexts = [*(mark.first for mark in every[1:]), page.end]
    places = {mark: place(page, mark, following) for mark, following in zip(every, nexts, strict=False)}
    beside = [m for m, p in places.items() if p.text_above or p.text_below or p.title_below]
    days = [m for m in beside if m.line in page.dates]
    signed = [m for m in beside if m.line not in page.dates]
    chosen = signed if len(signed) > max(2, len(days)) else days
    if not chosen:
        return [], Layout.SINGLE
    first, half = places[chosen[0]], len(chosen) / 2
    below = sum(places[m].text_below for m in chosen)
    second = sum(places[m].text_below or (places[m].title_above and places[m].title_below) for m in chosen)
    if below > half or (second > half and not first.text_above):
        titled = sum(places[m].title_above for m in chosen) >= half
        layout = Layout.DATE_SECOND if titled else Layout.DATE_FIRST
    else:
        layout = Layout.DATE_LAST if first.text_above else Layout.DATE_FIRST
    usual, times = Counter(form(page, mark) for mark in chosen).most_common(1)[0]
    if times > 1:  # a date of another form is the article's, as of a letter quoted in it, unless it ends a text
        fits = {m for m in chosen if layout is not Layout.DATE_LAST or places[m].text_above}
        chosen = [mark for mark in every if mark in fits or form(page, mark) == usual]
    lines = [mark.line for mark in chosen]
    cuts = [0, *lines] if layout is Layout.DATE_LAST else [*lines, page.end]
    texts = sum(page.words(start, end) >= MIN_WORDS for start, end in pairwise(cuts))
    return chosen, layout if texts > 1 else Layout.SINGLE


def form(page: Page, mark: Mark) -> str:
    """What a mark's line looks like whatever the day: marks of one form are printed by one template."""
    line = page.lines[mark.line]
    found = find_date(line) or (0, 0)
    return regex.sub(r"s\b", "", shape(f"{line[: found[0]]}#{line[found[1] :]}"))  # "1 comment", "2 comments"


@dataclass(frozen=True)
class Stretch:
    """Lines [start, end) that hold one article, and its mark. In DATE_LAST the last lines are known to be its own."""

    start: int
    end: int
    mark: Mark | None
    layout: Layout


def stretches(page: Page) -> Iterator[Stretch]:
    """The stretches of a page, in order."""
    found, layout = rhythm(page)
    if layout is Layout.SINGLE:
        yield single(page, found)
    elif layout is Layout.DATE_LAST:
        for start, mark in zip([0, *(m.last + 1 for m in found)], found, strict=False):
            yield Stretch(start, mark.line, mark, layout)
    else:
        starts = [mark.first for mark in found]
        if layout is Layout.DATE_SECOND:
            starts = [head_above(page, mark, previous) for previous, mark in zip([None, *found], found, strict=False)]
        for start, end, mark in zip(starts, [*starts[1:], page.end], found, strict=True):
            yield Stretch(start, end, mark, layout)


def single(page: Page, found: list[Mark]) -> Stretch:
    """The stretch of a page with one article: from the head that its mark stands in, where most text is below."""
    mark = next((m for m in found if page.words(0, m.first) < page.words(m.last, page.end)), None)
    start = head_above(page, mark, None) if mark else 0
    return Stretch(start, page.end, mark, Layout.SINGLE)


def head_above(page: Page, mark: Mark, previous: Mark | None) -> int:
    """Where the head of the article with `mark` begins: below the text or menu above it."""
    over = {Kind.SHORT, Kind.LABEL, Kind.BLANK, Kind.META, Kind.CRUMBS, Kind.TAGS}
    if previous is None:
        over |= {Kind.NOISE, Kind.BYLINE}
    i, limit = mark.first, previous.last + 1 if previous else 0
    while i > limit:
        kind = page.kinds[i - 1]
        near = previous is None or page.above[mark.first] == i - 1
        standfirst = kind is Kind.PROSE and near and _is_standfirst(page, i - 1)
        if not (kind in over or standfirst) or (kind is Kind.SHORT and page.ends_text(i - 1)):
            break
        i -= 1
    return i


@dataclass(frozen=True)
class Entry:
    """What was found in a stretch: lines of the title, the text, and the bylines and dates around it; the day."""

    title: int | None
    text: list[int]
    head: list[int]
    day: dt.date | None

    def lines(self, page: Page) -> list[str]:
        """The lines of the text as printed; one blank line where others stood between."""
        lines: list[str] = []
        for before, i in pairwise([self.text[0] - 1, *self.text]):
            lines += ["", page.lines[i].rstrip()] if i - before > 1 else [page.lines[i].rstrip()]
        return lines


def heads(page: Page) -> list[tuple[Stretch, int | None, int]]:
    """The stretches that hold prose, with the lines of their titles and first paragraphs.

    Where most titles stand at one place of their heads, all do; above the first head stands the page's own.
    """
    bodies = {stretch: body for stretch in stretches(page) if (body := first_paragraph(page, stretch)) is not None}
    titles = {stretch: pick_title(page, stretch, body) for stretch, body in bodies.items()}
    later = list(bodies)[1:]
    blocks = {s: _block(page, s.start, title) for s in later if (title := titles[s]) is not None}
    usual, times = Counter(blocks.values()).most_common(1)[0] if len(blocks) > 1 else (0, 0)
    for stretch in later if times * 2 > len(blocks) else []:
        lines = [i for i in range(stretch.start, bodies[stretch]) if page.kinds[i] is Kind.SHORT]
        there = [i for i in lines if _block(page, stretch.start, i) == usual]
        if blocks.get(stretch) != usual and len(there) == 1 and count(page.lines[there[0]]) > 1:
            titles[stretch] = there[0]
    return [(stretch, titles[stretch], body) for stretch, body in bodies.items()]


def _block(page: Page, start: int, i: int) -> int:
    """How many groups of lines, set apart by blanks, stand from line `start` to line `i`."""
    shown = [page.kinds[j] is not Kind.BLANK for j in range(start, i + 1)]
    return sum(here and not before for before, here in pairwise([False, *shown]))


def extract(page: Page, stretch: Stretch, title: int | None, body: int) -> Entry | None:
    """The article of one stretch, or None where it holds none."""
    start, end = body if title is None else title + 1, text_end(page, body, stretch)
    text = text_lines(page, start, body, end)
    if is_error_page(page, stretch, body) or is_list_of_others(page, text, stretch):
        return None
    mark = stretch.mark or Mark(body, body, body)
    top = max(stretch.start, start - HEAD_LINES) if stretch.layout is Layout.SINGLE else stretch.start
    lines = sorted({*range(top, body), *range(mark.first, mark.last + 1)} - set(text))
    signs = (Kind.DATED, Kind.BYLINE)
    head = [i for i in lines if page.kinds[i] in signs or is_name(page, i, start, body)]
    return Entry(title, text, head, find_day(page, stretch, title, body, end))


def first_paragraph(page: Page, stretch: Stretch) -> int | None:
    """The first line of prose of the article, which stands below its mark, except where marks close articles."""
    below = stretch.mark if stretch.layout is not Layout.DATE_LAST else None
    start = below.last + 1 if below else stretch.start
    prose = (i for i in range(start, stretch.end) if page.kinds[i] is Kind.PROSE)
    first = next(prose, None)
    if first is None or stretch.mark or count(page.lines[first]) >= BRIEF_WORDS:
        return first
    second = next(prose, first)  # a sentence above the menu is the site's, not the article's
    between = page.kinds[first:second]
    return second if Kind.CRUMBS in between or between.count(Kind.BULLET) > 2 * HEAD_LINES else first


def text_lines(page: Page, start: int, body: int, end: int) -> list[int]:
    """The lines of [start, end) that are text: all but furniture, and above the first paragraph only a standfirst."""
    kept: list[int] = []
    boxed = False  # items below the heading of a table of contents, or of other articles, are not the text's
    for i in range(start, end):
        kind = page.kinds[i]
        if kind is not Kind.BLANK:
            boxed = kind in (Kind.BOX, Kind.TEASERS) or (boxed and kind is Kind.BULLET)
        if i >= body:
            inside = kind in (Kind.SHORT, Kind.LABEL, Kind.BULLET, Kind.BYLINE, Kind.DATED) and not boxed
        else:
            long_enough = count(page.lines[i]) >= (4 if page.is_alone(i) else 8)
            inside = kind is Kind.SHORT and long_enough and not CAPTION.search(page.lines[i])
        if inside or kind is Kind.PROSE:
            kept.append(i)
    return kept


def text_end(page: Page, body: int, stretch: Stretch) -> int:
    """The line after the last of the article's text."""
    end = stretch.end
    for i in range(body, stretch.end):
        kind = page.kinds[i]
        listed = kind is Kind.MORE and stretch.layout is not Layout.SINGLE
        if listed or (kind in ENDS and not (kind is Kind.TEASERS and page.resumes(i))):
            end = i
            break
        if PRODUCTION.fullmatch(page.lines[i].strip()[:LONG_LINE]):
            end = i + 1
            break
    if stretch.layout is Layout.DATE_LAST and end == stretch.end:
        return end
    last = next(i for i in range(end - 1, body - 1, -1) if page.kinds[i] is Kind.PROSE)
    while last > body and is_appended(page, last):
        last = next(i for i in range(last - 1, body - 1, -1) if page.kinds[i] is Kind.PROSE)
    for i in range(last + 1, end):
        if page.kinds[i] in (Kind.SHORT, Kind.BYLINE) and closing(page.lines[i]):
            last = i
        elif page.kinds[i] in (Kind.SHORT, Kind.LABEL, Kind.BULLET, Kind.BOX, Kind.CRUMBS, Kind.DATED):
            break
    return last + 1


def is_appended(page: Page, i: int) -> bool:
    """Whether a last paragraph is no part of the text: a teaser's summary below its title, or a line in a box."""
    before = page.above[i]
    boxed = Kind.BOX in page.kinds[max(before, i - HEAD_LINES) : i] and count(page.lines[i]) < MIN_WORDS
    return boxed or (is_cut(page, i) and page.kinds[before] is Kind.SHORT)


def is_cut(page: Page, i: int) -> bool:
    """Whether line `i` is a short paragraph cut off ("..."), or followed by "Continue reading"."""
    line = page.lines[i]
    more = page.kinds[page.following(i)] is Kind.MORE or _MORE_INLINE.search(line[-LONG_LINE:])
    return bool(more or _CUT.search(line[-20:])) and count(line) < EXCERPT_WORDS


def is_list_of_others(page: Page, text: list[int], stretch: Stretch) -> bool:
    """Whether lines are no article: too few words, an excerpt cut off, or titles alternating with summaries."""
    prose = [i for i in text if page.kinds[i] is Kind.PROSE]
    words = sum(count(page.lines[i]) for i in prose)
    signed = stretch.mark or any(page.kinds[i] is Kind.META for i in range(stretch.end))
    if not prose or (words < MIN_WORDS * (1 if signed else 2) and not page.is_plain):
        return True
    last = max(i for i in text if page.kinds[i] in CONTENT)
    if words < EXCERPT_WORDS and len(prose) < 3 and is_cut(page, last):
        return True
    titled = [page.kinds[i] is Kind.SHORT and count(page.lines[i]) > 3 for i in text]  # less is a picture's label
    pairs = sum(above and page.kinds[i] is Kind.PROSE for above, i in zip(titled, text[1:], strict=False))
    cut = sum(is_cut(page, i) for i in prose)
    brief = words / len(prose) < BRIEF_WORDS and not stretch.mark  # with a date of its own it is an interview, say
    return len(prose) > 2 and pairs >= len(prose) - 1 and (brief or cut * 2 > len(prose))


def is_error_page(page: Page, stretch: Stretch, body: int) -> bool:
    """Whether the page says that there is no such page."""
    short = stretch.layout is Layout.SINGLE and page.words(0, page.end) < EXCERPT_WORDS
    return short and any(_ERROR.search(page.lines[i][:LONG_LINE]) for i in range(body + 1))


def without_summaries(entries: list[Entry], page: Page) -> list[Entry]:
    """All entries, or only the full one where all others are single short paragraphs: a list beside an article."""
    full = [e for e in entries if len(e.text) > 1 or page.words(e.text[0], e.text[-1] + 1) >= BRIEF_WORDS]
    return full if len(full) <= 1 and len(entries) > 2 else entries


def pick_title(page: Page, stretch: Stretch, body: int) -> int | None:
    """The line of the title among the short lines above the text; None where there are none that could be one."""
    start, mark = stretch.start, stretch.mark
    if mark and stretch.layout is Layout.DATE_FIRST:
        start = mark.last
    head = [i for i in range(start, body) if page.kinds[i] is Kind.SHORT]
    if mark and stretch.layout is Layout.DATE_SECOND:
        head = [i for i in head if i < mark.first] or head
    if not head:
        return None
    trail = next((crumbs(page.lines[i])[-1] for i in range(start, body) if page.kinds[i] is Kind.CRUMBS), "")
    listed = stretch.layout is not Layout.SINGLE
    said = set(regex.findall(r"\w{4,}", " ".join(page.lines[body : body + 6])[:2000].casefold()))
    scores: dict[int, float] = {}
    for rank, i in enumerate(head):
        scores[i] = _title_score(page, i, trail, said) + rank / len(head) / (2 if listed else 4)
        if page.following(i) == body and page.is_alone(i):
            scores[i] += 3.0 if listed else 0.5
        before = head[rank - 1] if rank else None
        if before is not None and _is_subtitle(page, before, i):
            scores[i] -= 2.5
    best = max(head, key=lambda i: (scores[i], i))
    return best if scores[best] > 0 or listed else None


def _title_score(page: Page, i: int, trail: str, said: set[str]) -> float:
    """How much a line looks like the title of a text that begins with the words `said`; `trail` ends the crumbs."""
    line = page.lines[i].strip()
    words = count(line)
    score = {1: -2.0, 2: -1.0, 3: 0.5}.get(words, 2.0 if words <= 18 else 0.5)
    score += page.is_alone(i)
    if trail and (line.casefold() == trail.casefold() or (count(trail) > 3 and line.startswith(trail))):
        score += 6
    score += min(2.0, 0.7 * len(said & set(regex.findall(r"\w{4,}", line.casefold()))))
    if CAPTION.search(line) or regex.search(r"[:,;]$|\|", line) or byline(line):
        score -= 3
    below = page.following(i)
    if page.lines[below].strip().startswith(line):  # the label of a picture, then its caption
        score -= 3
    signed = page.kinds[below] in (Kind.DATED, Kind.BYLINE, Kind.META)
    return score + (0.0 if not signed else 1.5 if page.is_alone(i) else 0.75)


def _is_subtitle(page: Page, before: int, i: int) -> bool:
    """Whether line `i` is the standfirst of a title `before` it: the next line, longer, both set off."""
    titles = count(page.lines[before]) > 4 and count(page.lines[i]) > 5 and page.is_alone(before) and page.is_alone(i)
    return titles and page.below[before] == i and len(page.lines[i]) > len(page.lines[before])


def is_name(page: Page, i: int, start: int, body: int) -> bool:
    """Whether line `i`, between title and text, names the author and nothing else, near a date or byline."""
    if not start <= i < body or page.kinds[i] is not Kind.SHORT or not names_only(page.lines[i]):
        return False
    near = page.kinds[max(start, i - 4) : i + 10]
    return (Kind.DATED in near or Kind.META in near) and page.lines[i].strip() not in page.menu


def find_day(page: Page, stretch: Stretch, title: int | None, body: int, end: int) -> dt.date | None:
    """The day of the article: its mark's, or that of a date between title and text, above, below, or in a dateline."""
    top = body if title is None else title
    alone = stretch.layout is Layout.SINGLE
    line = stretch.mark.line if stretch.mark else -1
    if line in page.dates and (line > top or not alone):
        return page.dates[line]
    inside = next((i for i in range(top, body) if i in page.dates), None)
    if inside is not None:
        return page.dates[inside]
    above = page.dated[bisect(page.dated, top) - 1] if page.dated and page.dated[0] < top else -1
    if above >= 0 and (page.below[above] == top or not alone) and not left_of_date(page.lines[above]):
        return page.dates[above]  # a day over the title, or over all the posts of one day
    below = next((i for i in range(end, min(end + HEAD_LINES, len(page.lines))) if i in page.dates), None)
    if alone and below is not None:
        return page.dates[below]
    dateline = _DATELINE.match(page.lines[body][:LONG_LINE])
    found = find_date(dateline["day"]) if dateline else None
    return found[2] if found else None


_COPYRIGHT = regex.compile(r"(?P<before>.*?)(?:©|\(c\)|copyright|@(?=\s*(?:19|20)\d\d))(?P<rest>.*)", regex.I)
_YEARS = regex.compile(r"^[^\w|·]*(?:(?:copyright|©|\(c\)|by|(?:19|20)\d\d|present)[^\w|·]*)*+", regex.I)
_RIGHTS = regex.compile(r"\s*[,–—-]?\s*(?:\ball\s+rights?\s+reserved\b|\b(?:inc|ltd|llc)\b|(?:19|20)\d\d).*", regex.I)
_MAKER = regex.compile(r"(?:web\s*)?(?:design|develop|power|built|host|theme|made)\w*\b", regex.I)  # "Powered by ..."
_SITE = regex.compile(r"\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b", regex.I)


def find_host(page: Page, names: Catalogue) -> str | None:
    """The site that the page says it is, by the name or domain in its copyright line; None where it says nothing."""
    printed = {line.strip().casefold(): line.strip() for line in page.lines if len(line) < 80}
    for i, kind in enumerate(page.kinds):
        line = page.lines[i].strip()
        if kind is not Kind.FOOTER or not (match := _COPYRIGHT.match(line)):
            continue
        sites = [domain(word) for word in _SITE.findall(line)]
        after = regex.split(r"[.|·©]|\s[–—-]\s", _YEARS.sub("", match["rest"]))
        before = regex.split(r"[|·]", match["before"])[-1]
        parts = (after[0], before, *after[1:])  # "© NAME", "NAME © 2015", "© 2015 | NAME"
        stated = (_RIGHTS.sub("", part).strip(" ,-–—\t\u00a0") for part in parts)
        name = next((name for name in stated if name and not _MAKER.match(name)), "")
        known = [outlet for site in sites if (outlet := names.of_url(site))] + [names.resolve(name)]
        shown = printed.get(name.casefold()) or (name if 0 < len(name.split()) <= 6 else None)
        if found := next((host for host in [*known, shown, *sites] if host), None):
            return str(found)
    return None
