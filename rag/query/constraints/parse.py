"""Question -> ParsedConstraints: the constraints that its words state, and the words that are left to search for.

This runs before the filters of a search are set: what is found here narrows the search, is shown with the words that
it came from, and can be ignored on request. It is done by rule. A date or an outlet is a constraint only where the
question says that somebody said, wrote or reported something then or there. The date of an event filters nothing,
since later articles report it too: articles from then or soon after come first. In doubt nothing is filtered: a
filter too many hides the answer, one too few costs noise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace

from rag.provenance.catalogue import Catalogue
from rag.query.constraints.constraint import (
    ASKED_AND_EXCLUDED,
    CONTRADICTION,
    DATES,
    IGNORED,
    NOT_DATES,
    NOT_OUTLET,
    OUTLET,
    PHRASE,
    Constraint,
    ParsedConstraints,
)
from rag.query.constraints.event_dates import AskedOn
from rag.query.constraints.exclusion import find_exclusions, without
from rag.query.constraints.publication_dates import find_dates
from rag.query.constraints.question_text import phrase_spans, quoted_spans, remaining_text
from rag.query.constraints.sources import find_sources


def parse_constraints(
    question: str,
    catalogue: Catalogue,
    outlets: Sequence[str] = (),
    asked_on: dt.date | None = None,
    ignore: Collection[str] = (),
    common: Collection[str] = (),
    latest: dt.date | None = None,
) -> ParsedConstraints:
    """Find the constraints that a question states in words.

    Of several outlets any may match; of several dates all must, and nothing that is left out. An outlet that the index
    lacks is applied all the same: that nothing from it is found is the answer.

    Args:
        question: as asked, or as `complete_question` completed it.
        catalogue: the outlets known by name.
        outlets: the outlets of the index, as it names them.
        asked_on: the date from which "last year" counts; without it such words are a mention.
        ignore: words of constraints not to apply, in any letter case; "all" for all of them.
        common: outlets that the catalogue lacks, and whose names may mean something else: they are offered at most.
        latest: the last day that is not in the future; by default `asked_on`, or today.
    """
    bare = _with_bare_names(question, catalogue)
    quoted = quoted_spans(bare)
    exclusions = find_exclusions(bare, catalogue, tuple(outlets), quoted, common)
    asked = without(bare, exclusions)
    runs = find_sources(asked, catalogue, tuple(outlets), quoted, common)
    # "USA Today" holds a date
    named = [(outlet.start, outlet.end) for run in runs if not run.is_offered for outlet in run.outlets]
    sources = [run for run in runs if run.is_source]
    found = [
        (constraint, run.is_source)
        for run in runs
        if run.is_source or run.is_offered or not all(outlet.is_word for outlet in run.outlets)
        for constraint in run.constraints(question)
    ]
    found += [(constraint, True) for exclusion in exclusions for constraint in exclusion.constraints(question)]
    day = asked_on or dt.date.today()
    found += find_dates(asked, AskedOn(day, asked_on is not None, latest or day), sources, quoted + named)
    found += [(constraint, False) for constraint in _phrases(question, catalogue)]
    quotations = quoted_spans(question)
    found = [(_closed(constraint, question, quotations), published) for constraint, published in found]
    found = _without_contradictions(_without_ignored(found, ignore))
    found.sort(key=lambda pair: (pair[0].start, pair[0].end))
    cut = [(c.start, c.end) for c, published in found if published and c.applied]
    return ParsedConstraints(remaining_text(question, cut), tuple(c for c, _ in found))


def _with_bare_names(question: str, catalogue: Catalogue) -> str:
    """Return the question with spaces for quotation marks around names of known outlets: these are no quotations."""
    for start, end in quoted_spans(question):
        name = question[start + 1 : end - 1]
        if name.strip() and catalogue.resolve_printed(name):
            question = f"{question[:start]} {name} {question[end:]}"
    return question


def _closed(constraint: Constraint, question: str, quotations: Sequence[tuple[int, int]]) -> Constraint:
    """Return a constraint with the mark that closes a quotation at its end."""
    start, end = constraint.start, constraint.end
    if any(start < a < end == b - 1 for a, b in quotations):
        return replace(constraint, words=question[start : end + 1], end=end + 1)
    return constraint


def _phrases(question: str, catalogue: Catalogue) -> list[Constraint]:
    """Return the words in quotation marks that a passage must print; the name of a known outlet is no such words."""
    return [
        Constraint(PHRASE, question[a:b], a, b)
        for a, b in phrase_spans(question)
        if not catalogue.resolve_printed(question[a:b])
    ]


_Found = list[tuple[Constraint, bool]]  # constraints, each with whether it is on what was said or published


def _without_ignored(found: _Found, ignore: Collection[str]) -> _Found:
    """Return the constraints, those that the caller ignores not applied."""
    ignored = {words.casefold() for words in ignore}
    return [
        (
            replace(c, applied=False, why=IGNORED) if c.applied and ignored & {c.words.casefold(), "all"} else c,
            published,
        )
        for c, published in found
    ]


def _without_contradictions(found: _Found) -> _Found:
    """Return the constraints; dates that no day satisfies, and outlets asked for and left out, are not applied."""
    dates = [c for c, _ in found if c.kind == DATES and c.applied]
    holes = [c for c, _ in found if c.kind == NOT_DATES and c.applied]
    first = max((c.after for c in dates if c.after), default=dt.date.min)
    last = min((c.before for c in dates if c.before), default=dt.date.max)
    within = any(c.after and c.before and c.after <= first and last <= c.before for c in holes)
    wrong = [*dates, *holes] if first > last or within else []
    outlets = [{c.outlet for c, _ in found if c.kind == kind and c.applied} for kind in (OUTLET, NOT_OUTLET)]
    both = outlets[0] & outlets[1]
    return [
        (
            replace(c, applied=False, why=CONTRADICTION)
            if c in wrong
            else replace(c, applied=False, why=ASKED_AND_EXCLUDED)
            if c.applied and c.outlet in both
            else c,
            published,
        )
        for c, published in found
    ]
