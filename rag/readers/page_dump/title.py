"""Choose the title of each section of a page dump among the short lines above its text."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate, pairwise

import regex

from rag.provenance.attribution import byline
from rag.readers.line_classifier import CAPTION, LineKind, breadcrumbs, count_words

from .body import first_paragraph
from .layout import Layout, Section, find_sections
from .page import Page


def find_heads(page: Page) -> list[tuple[Section, int | None, int]]:
    """Return the sections that have prose, each with the lines of its title and of its first paragraph.

    If most titles are at one place of their heads, the others are moved there. The first section is left alone: the
    page's own head is above it.
    """
    bodies = {section: body for section in find_sections(page) if (body := first_paragraph(page, section)) is not None}
    titles = {section: _pick_title(page, section, body) for section, body in bodies.items()}
    later = list(bodies)[1:]
    blocks = {s: _blocks(page, s.start, title + 1)[-1] for s in later if (title := titles[s]) is not None}
    usual, times = Counter(blocks.values()).most_common(1)[0] if len(blocks) > 1 else (0, 0)
    for section in later if times * 2 > len(blocks) else []:
        lines = [i for i in range(section.start, bodies[section]) if page.kinds[i] is LineKind.SHORT]
        blocks_of = _blocks(page, section.start, bodies[section])
        there = [i for i in lines if blocks_of[i - section.start] == usual]
        if blocks.get(section) != usual and len(there) == 1 and count_words(page.lines[there[0]]) > 1:
            titles[section] = there[0]
    return [(section, titles[section], body) for section, body in bodies.items()]


def _blocks(page: Page, start: int, end: int) -> list[int]:
    """Return, for each of the lines [start, end), how many groups of lines between blank lines begin up to there."""
    filled = [page.kinds[j] is not LineKind.BLANK for j in range(start, end)]
    return list(accumulate(here and not before for before, here in pairwise([False, *filled])))


def _pick_title(page: Page, section: Section, body: int) -> int | None:
    """Return the line of the title among the short lines above the text, or None if none of them can be one."""
    start, mark = section.start, section.mark
    if mark and section.layout is Layout.DATE_FIRST:
        start = mark.last
    head = [i for i in range(start, body) if page.kinds[i] is LineKind.SHORT]
    if mark and section.layout is Layout.DATE_SECOND:
        head = [i for i in head if i < mark.first] or head
    if not head:
        return None
    trail = next((breadcrumbs(page.lines[i])[-1] for i in range(start, body) if page.kinds[i] is LineKind.CRUMBS), "")
    several = section.layout is not Layout.SINGLE
    opening = set(regex.findall(r"\w{4,}", " ".join(page.lines[body : body + 6])[:2000].casefold()))
    scores: dict[int, float] = {}
    for rank, i in enumerate(head):
        scores[i] = _title_score(page, i, trail, opening) + rank / len(head) / (2 if several else 4)
        if page.following(i) == body and page.is_set_apart(i):
            scores[i] += 3.0 if several else 0.5
        before = head[rank - 1] if rank else None
        if before is not None and _is_subtitle(page, before, i):
            scores[i] -= 2.5
    best = max(head, key=lambda i: (scores[i], i))
    return best if scores[best] > 0 or several else None


def _title_score(page: Page, i: int, trail: str, opening: set[str]) -> float:
    """Return how much a line looks like a title.

    Args:
        page: the page.
        i: the line.
        trail: the last part of the breadcrumbs, "" for none.
        opening: the words of the first lines of the text.
    """
    line = page.lines[i].strip()
    words = count_words(line)
    score = {1: -2.0, 2: -1.0, 3: 0.5}.get(words, 2.0 if words <= 18 else 0.5)
    score += page.is_set_apart(i)
    if trail and (line.casefold() == trail.casefold() or (count_words(trail) > 3 and line.startswith(trail))):
        score += 6
    score += min(2.0, 0.7 * len(opening & set(regex.findall(r"\w{4,}", line.casefold()))))
    if CAPTION.search(line) or regex.search(r"[:,;]$|\|", line) or byline(line):
        score -= 3
    below = page.following(i)
    if page.lines[below].strip().startswith(line):  # a picture's label, repeated by its caption
        score -= 3
    signed = page.kinds[below] in (LineKind.DATED, LineKind.BYLINE, LineKind.META)
    return score + (0.0 if not signed else 1.5 if page.is_set_apart(i) else 0.75)


def _is_subtitle(page: Page, before: int, i: int) -> bool:
    """Return whether line `i` is the standfirst of the title `before` it: the next line, longer, both set apart."""
    both_apart = page.is_set_apart(before) and page.is_set_apart(i)
    titles = both_apart and count_words(page.lines[before]) > 4 and count_words(page.lines[i]) > 5
    return titles and page.below[before] == i and len(page.lines[i]) > len(page.lines[before])
