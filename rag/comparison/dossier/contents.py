"""What a dossier shows, section by section: the same in HTML, in Markdown and in PDF.

Everything here is plain text and numbers. The formats decide how it looks, and make whatever an article holds harmless.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.changes import Change, changes, heading, order_note, source
from rag.answer.changes import kind as kind_of_change
from rag.answer.citation import Citation
from rag.answer.grade import ANSWERS
from rag.answer.wording import (
    DIGEST,
    MAY_NOT_ANSWER,
    attribution,
    caution,
    counted,
    limit,
    notes,
    notice,
    outlet_evidence,
    repeated,
    republished,
    unapplied,
    via,
    when,
)
from rag.comparison.dossier.dossier import Dossier, number_of
from rag.comparison.dossier.quoted import PASSAGE, VARIANT, Quoted
from rag.comparison.side_by_side.comparison import Comparison, Row
from rag.comparison.side_by_side.wording import more, on_sides
from rag.comparison.timeline.timeline import Entry
from rag.comparison.timeline.wording import elsewhere, evidence, spelled
from rag.text import is_web_url, one_line, spelled_date

MAX_LANES = 30  # groups in the picture
NO_KIND = "not in the catalogue"
GROUPS = {  # of `Comparison.by`: one group, and several
    "outlet": ("Outlet", "outlets"),
    "kind": ("Kind of outlet", "kinds of outlets"),
    "host": ("Site", "sites"),
    "country": ("Country", "countries"),
    "year": ("Year", "years"),
    "side": ("Side", "sides"),
}


@dataclass(frozen=True)
class SideBySide:
    """A line of the table that compares: one group, and its best words."""

    number: int
    group: str
    kind: str
    who: str
    when: str
    quotation: str
    note: str
    articles: str
    also: str


@dataclass(frozen=True)
class Said:
    """A line of the timeline: a day, and what is quoted as said of it."""

    number: int
    day: str
    who: str
    quotation: str
    note: str


@dataclass(frozen=True)
class Dot:
    """A mark in the picture of who spoke when: how far along it is, 0 to 1, and the quotation that it stands for."""

    at: float
    number: int
    label: str


@dataclass(frozen=True)
class Lane:
    """A line of the picture of who spoke when: a group and its marks."""

    group: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Picture:
    """Who spoke when: lanes between two days; how many groups it leaves out, and those without a date."""

    first: str
    last: str
    lanes: tuple[Lane, ...]
    left_out: int
    undated: tuple[str, ...]


@dataclass(frozen=True)
class Spoke:
    """A line of the balance: of one kind of outlets, how many have a passage, and how many are silent."""

    kind: str
    speaking: int
    silent: int


@dataclass(frozen=True)
class Given:
    """A line of the figures: a value, and who gives it in which quotation."""

    value: str
    by: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Changed:
    """What near-copies of a passage have in other words."""

    of: int
    heading: str
    who: str
    kind: str
    parts: tuple[tuple[str, str, bool], ...]
    text: str
    numbers: tuple[int, ...]
    order: str


@dataclass(frozen=True)
class Shown:
    """A quotation with its receipt."""

    number: int
    role: str
    attribution: str
    outlet: str
    via: str
    when: str
    before: str
    marked: str
    after: str
    notes: tuple[str, ...]
    title: str
    url: str
    href: str
    receipt: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Contents:
    """What a dossier shows."""

    question: str
    about: tuple[str, ...]
    notices: tuple[str, ...]
    group: str
    groups: str
    rows: tuple[SideBySide, ...]
    more: str
    picture: Picture | None
    said: tuple[Said, ...]
    spoke: tuple[Spoke, ...]
    figures: tuple[Given, ...]
    changed: tuple[Changed, ...]
    silent: tuple[tuple[str, int], ...]
    quotations: tuple[Shown, ...]
    references: tuple[tuple[str, str], ...]


def contents(dossier: Dossier) -> Contents:
    """Return what a dossier shows."""
    comparison = dossier.comparison
    group, groups = GROUPS[comparison.by]
    return Contents(
        question=one_line(comparison.question),
        about=_about(dossier),
        notices=_notices(comparison),
        group=group,
        groups=groups,
        rows=tuple(_row(dossier, row, cited) for row, cited in comparison.passages),
        more=f"{words}." if (words := more(comparison)) else "",
        picture=_picture(dossier),
        said=tuple(_said(dossier, entry) for entry in (*dossier.timeline.entries, *dossier.timeline.undated)),
        spoke=_spoke(dossier),
        figures=_figures(dossier),
        changed=tuple(c for q in dossier.quotations if q.role == PASSAGE for c in _changed(dossier, q)),
        silent=tuple((s.group or UNKNOWN_OUTLET, s.articles) for s in comparison.silent),
        quotations=tuple(_shown(dossier, q) for q in dossier.quotations),
        references=_references(dossier),
    )


def who(citation: Citation) -> str:
    """Return the outlet of a quotation, and that it is a digest where it is one."""
    name = citation.outlet or UNKNOWN_OUTLET
    return f"{name} (digest)" if citation.kind == "digest" else name


def _about(dossier: Dossier) -> tuple[str, ...]:
    """Return when and of what it was asked."""
    index = dossier.comparison.answer.balance.index
    asked = f"Asked on {spelled_date(dossier.accessed)} of {counted(index.articles, 'article')} "
    return (
        f"{asked}from {counted(index.named, 'outlet')}; generation {dossier.generation:,} of the index.",
        "Every quotation is word for word from an article in that index, and has a number that leads to its receipt.",
    )


def _notices(comparison: Comparison) -> tuple[str, ...]:
    """Return what must be said before anything else, and what was understood from the words of the question."""
    answer = comparison.answer
    said = [notice(answer), *(f"Caution: {caution(found)}." for found in answer.balance.warnings)]
    if answer.searched != answer.question:
        said.append(f"Searched for: {answer.searched}")
    said += [f"{limit(found, answer)}." for found in answer.constraints if found.applied]
    said += [f"Not applied: “{found.words}”: {found.why}." for found in unapplied(answer)]
    said += [f"{note}." for note in notes(answer)]
    if comparison.silent and not comparison.whole:
        said.append("More passages are near than can be compared: what is listed as silent may have some.")
    said += [f"{sides}." if (sides := on_sides(comparison)) else ""]
    return tuple(one_line(line) for line in said if line)


def _row(dossier: Dossier, row: Row, c: Citation) -> SideBySide:
    comparison, is_best = dossier.comparison, c is row.citation
    span = _days(row.first, row.last)
    also = [name for name in row.shared_with if name != row.group and is_best]
    number = f"{row.articles:,}" + (f", {span}" if span and row.articles > 1 else "")
    return SideBySide(
        _number(dossier, c),
        row.group or UNKNOWN_OUTLET,
        dossier.kinds.get(row.group) or "",
        who(c) if comparison.by != "outlet" else f"{'digest' if c.kind == 'digest' else ''}{via(c)}".removeprefix(", "),
        when(c),
        one_line(c.quotation),
        "" if (row.grade if is_best else c.grade) == ANSWERS else MAY_NOT_ANSWER,
        number if is_best else "",
        f"also printed, or nearly, by {', '.join(also)}" if also else "",
    )


def _said(dossier: Dossier, entry: Entry) -> Said:
    c = entry.citation
    others = elsewhere(entry)
    said = (str(evidence(entry)), str(others) if others else "", "" if entry.grade == ANSWERS else MAY_NOT_ANSWER)
    note = one_line("; ".join(filter(None, said)))
    return Said(_number(dossier, c), spelled(entry.when), who(c), one_line(c.quotation), note)


def _number(dossier: Dossier, citation: Citation) -> int:
    return number_of(dossier.quotations, citation) or 0  # every citation shown was numbered


def _picture(dossier: Dossier) -> Picture | None:
    """Return who spoke when, the group that spoke first at the top; None where fewer than two days are known."""
    lanes: dict[str, list[tuple[dt.date, Citation]]] = {}
    shown = dossier.comparison.passages
    group_of = {(c.article_id, c.start): row.group or UNKNOWN_OUTLET for row, c in shown}
    cited = [c for _, c in shown] + [*dossier.timeline.answer.passages]
    undated = []
    for c in cited:
        name = group_of.get((c.article_id, c.start))
        if name is None and dossier.comparison.by == "outlet":
            name = c.outlet or UNKNOWN_OUTLET
        if name is None:
            continue
        if c.date:
            lanes.setdefault(name, []).append((c.date, c))
        elif name not in undated:
            undated.append(name)
    days = sorted(day for lane in lanes.values() for day, _ in lane)
    if not days or days[0] == days[-1]:
        return None
    whole = (days[-1] - days[0]).days
    first = sorted(lanes, key=lambda name: min(lanes[name], key=lambda said: said[0])[0])
    drawn = []
    for name in first[:MAX_LANES]:
        marks: dict[tuple[dt.date, int], Dot] = {}
        for day, c in sorted(lanes[name], key=lambda said: said[0]):
            number = _number(dossier, c)
            label = f"{name}, {spelled_date(day)}: quotation {number}"
            marks.setdefault((day, number), Dot((day - days[0]).days / whole, number, label))
        drawn.append(Lane(name, tuple(marks.values())))
    return Picture(
        spelled_date(days[0]),
        spelled_date(days[-1]),
        tuple(drawn),
        max(0, len(lanes) - MAX_LANES),
        tuple(name for name in undated if name not in lanes),
    )


def _spoke(dossier: Dossier) -> tuple[Spoke, ...]:
    """Return the balance by kind of outlet, where the groups are outlets; the kind with the most of them first."""
    if not dossier.kinds:
        return ()
    speaking = Counter(dossier.kinds.get(row.group) or NO_KIND for row in dossier.comparison.rows)
    silent = Counter(dossier.kinds.get(s.group) or NO_KIND for s in dossier.comparison.silent)
    ordered = sorted(speaking | silent, key=lambda kind: (-speaking[kind], -silent[kind], kind))
    return tuple(Spoke(kind, speaking[kind], silent[kind]) for kind in ordered)


def _figures(dossier: Dossier) -> tuple[Given, ...]:
    given = []
    for figure in dossier.comparison.figures:
        value = one_line(min((m.words for m in figure.mentions), key=len))
        by = []
        for m in figure.mentions:
            number = next(
                q.number
                for q in dossier.quotations
                if q.citation.article_id == m.article_id and q.citation.start <= m.start and m.end <= q.citation.end
            )
            outlet = m.outlet or UNKNOWN_OUTLET
            digest = "digest of " if m.kind == "digest" else ""
            words = one_line(m.words)
            said = f", “{words}”" if words.casefold() != value.casefold() else ""
            by.append((f"{digest}{outlet}{said}", number))
        given.append(Given(value, tuple(by)))
    return tuple(given)


def _changed(dossier: Dossier, quoted: Quoted) -> Iterable[Changed]:
    """Return what near-copies of a passage have in other words, the same change of several copies once."""
    found = changes(quoted.citation)
    for place, change in enumerate(found):
        numbers = tuple(
            q.number
            for variant in change.variants
            for q in dossier.quotations
            if q.role == VARIANT
            and q.of == quoted.number
            and (q.citation.article_id, *q.citation.quote) == (variant.article_id, variant.start, variant.end)
        )
        note = order_note(quoted.citation) if place == len(found) - 1 else ""
        yield Changed(
            quoted.number,
            heading(quoted.citation) if place == 0 else "",
            "; ".join(source(variant) for variant in change.variants),
            kind_of_change(change.variants[0]),
            _parts(change),
            str(change),
            numbers,
            note,
        )


def _parts(change: Change) -> tuple[tuple[str, str, bool], ...]:
    return tuple((part.removed, part.added, part.same) for part in change.parts)


def _shown(dossier: Dossier, quoted: Quoted) -> Shown:
    c, receipt = quoted.citation, quoted.receipt
    start, end = (edge - c.start for edge in c.quote)
    said = [
        DIGEST if c.kind == "digest" else "",
        f"by {', '.join(c.authors)}" if c.authors else "",
        republished(c),
        repeated(c),
        str(c.revision) if c.revision else "",
        f"other words for a part of quotation {quoted.of}" if quoted.of else "",
    ]
    web = is_web_url(c.url)
    fields = (
        ("Article", c.article_id),
        ("Characters", f"{c.start} to {c.end}; marked: {c.quote[0]} to {c.quote[1]}"),
        ("Checksum of the words", f"{receipt.content_hash} (BLAKE2b, 128 bits)"),
        ("Outlet", outlet_evidence(c)),
        ("Accessed", f"{spelled_date(dossier.accessed)}, generation {dossier.generation:,} of the index"),
        *((("URL", c.url),) if c.url and not web else ()),
    )
    return Shown(
        quoted.number,
        quoted.role,
        attribution(c),
        c.outlet or UNKNOWN_OUTLET,
        via(c),
        when(c),
        c.text[:start],
        c.text[start:end],
        c.text[end:],
        tuple(one_line(note) for note in said if note),
        one_line(c.title or ""),
        (c.url or "") if web else "",
        (c.quote_url or c.url or "") if web else "",
        tuple((name, one_line(str(value))) for name, value in fields),
    )


def _references(dossier: Dossier) -> tuple[tuple[str, str], ...]:
    """Return the bibliography in words, each entry with the URL that ends it."""
    first: dict[str, Citation] = {}
    for quoted in dossier.quotations:
        first.setdefault(quoted.citation.article_id, quoted.citation)
    entries = []
    for c in first.values():
        authors = f"{', '.join(c.authors)}. " if c.authors else ""
        title = f"“{c.title}”. " if c.title else ""
        host = f"Taken from {c.host}. " if c.host and c.host != c.outlet else ""
        digest = "Digest. " if c.kind == "digest" else ""
        day = spelled_date(c.date) if c.date else "undated"
        words = f"{authors}{title}{c.outlet or UNKNOWN_OUTLET}, {day}. {host}{digest}"
        accessed = f"Accessed {spelled_date(dossier.accessed)}."
        url = (c.url or "") if is_web_url(c.url) else ""
        entries.append((one_line(f"{words}{accessed}"), url))
    return tuple(sorted(entries))


def _days(first: dt.date | None, last: dt.date | None) -> str:
    if first is None or last is None:
        return ""
    return spelled_date(first) if first == last else f"{spelled_date(first)} to {spelled_date(last)}"
