"""FoundGroups -> Comparison: the best passage of each group is graded, copies are joined, rows are cited."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.answer.citation import Citation
from rag.answer.compose import Composer, Judged
from rag.answer.confidence import MAX_PASSAGES_JUDGED, ConfidenceModel
from rag.answer.grade import ANSWERS, NEAR, NOTHING, Grade
from rag.answer.precedence import first_version
from rag.answer.refusals import STRICT, Why
from rag.answer.selection import fits, select
from rag.comparison.side_by_side.comparison import Comparison, Row, SilentGroup
from rag.comparison.side_by_side.find import FoundGroups, GroupPassages
from rag.comparison.side_by_side.grouping import Grouping
from rag.provenance import duplicates
from rag.provenance.catalogue import Catalogue
from rag.query.query import Query
from rag.retrieval.parse import ParsedQuery
from rag.retrieval.scored_passage import ScoredPassage
from rag.stores.base import View
from rag.stores.filters import days_of

# A group has a row if its passage has at least this share of the best score by meaning and words: a little less than in
# an answer, since it is the best of its group (docs/measurements/side-by-side.md, "Rows").
MIN_ROW_SHARE = 0.45
# Passages of other articles that a row may have besides its best one, how much less than that they may score, and how
# many all rows may have together (docs/measurements/side-by-side.md, "Further passages").
MAX_FURTHER, FURTHER_MARGIN, MAX_FURTHER_IN_ALL = 2, 0.2, 5


@dataclass(frozen=True)
class _Line:
    """A row in the making: its passages are the best one, then further ones."""

    found: GroupPassages
    best: ScoredPassage
    further: tuple[ScoredPassage, ...] = ()
    shared_with: tuple[str, ...] = ()

    @functools.cached_property
    def shingles(self) -> duplicates.Shingles:
        """Those of its best passage."""
        return duplicates.shingles(self.best.text)


def compare(
    composer: Composer,
    view: View,
    catalogue: Catalogue,
    model: ConfidenceModel,
    query: Query,
    parsed: ParsedQuery,
    found: FoundGroups,
    grouping: Grouping,
) -> Comparison:
    """Compare what groups say about a question; `query.k` of them at most, and all sides.

    The signals of a row are those of its group's passages. By how much it leads is measured against the best passages
    of all groups, so that the first row is graded as an answer would be.

    Args:
        composer: cites and weighs.
        view: the passages that were searched.
        catalogue: the outlets known by name.
        model: how sure an answer must be.
        query: the question and the caller's filters.
        parsed: the question as it was searched for.
        found: what was found, by group.
        grouping: assigns articles to groups.

    Raises:
        CitationError: if a citation does not equal what is stored.
    """
    every = sorted((p for own in found.groups for p in own.passages), key=lambda p: -p.fit)
    rivals = every[1 : MAX_PASSAGES_JUDGED + 1] or None
    top = max((p.retrieval for p in every), default=0.0)

    def judge(passages: Sequence[ScoredPassage]) -> Judged:
        return composer.judge(view, model, query, parsed, passages, rivals)

    must_reach = parsed.by_words or query.min_confidence is not None  # what a row must reach is known, or asked for
    groups = [own for own in found.groups if not must_reach or judge(own.passages).grade != NOTHING]

    def is_shown(passage: ScoredPassage) -> bool:
        if not must_reach and not query.strict:
            return True
        grade = judge([passage]).grade
        return grade == ANSWERS if query.strict else grade != NOTHING

    every_line = [
        _Line(own, best[0])
        for own in groups
        if (best := select([p for p in own.passages if fits(p.retrieval, top, MIN_ROW_SHARE)], 1, False)[0])
    ]
    lines = [line for line in every_line if not query.strict or judge(line.found.passages).grade == ANSWERS]
    near = len(every_line) - len(lines)
    lines = _without_copies(lines, catalogue)
    kept = lines if grouping.sides else lines[: query.k]
    if grouping.sides or grouping.by == "year":
        order = [*grouping.sides] or sorted(line.found.group for line in kept)
        kept = sorted(kept, key=lambda line: order.index(line.found.group))
    kept = _with_further(kept, top, is_shown)
    every = sorted(every, key=lambda p: -p.score)
    more = [p for line in kept for p in line.further]
    judged = [judge(line.found.passages) for line in kept]
    grades: list[Grade] = [
        ANSWERS if each.grade == ANSWERS else NEAR for each in (*judged, *(judge([p]) for p in more))
    ]
    chosen = [*(line.best for line in kept), *more]
    answer = composer.compose(view, catalogue, model, query, parsed, every, found.changed, chosen, grades)
    rows = _rows(kept, judged, answer.passages, top) if answer.found else ()
    if rows:
        answer = replace(answer, grade=ANSWERS if any(row.grade == ANSWERS for row in rows) else NEAR)
    elif near:
        answer = replace(answer, near_left_out=near, why=Why(STRICT))
    others = [group for group, score in found.others.items() if fits(score, top, MIN_ROW_SHARE)] if rows else []
    with_row = {group for row in rows for group in (row.group, *row.shared_with)}
    unshown = {line.found.group for line in lines} - {line.found.group for line in kept}
    number = grouping.articles(view.columns, parsed.filters.index_filter)
    heard = {*with_row, *unshown, *others}
    silent = map(SilentGroup._make, (item for item in number.items() if item[0] not in heard))
    return Comparison(
        grouping.by, answer, rows, tuple(silent), len(unshown) + len(others) if rows else 0, dict(grouping.sides),
        found.weakest is None or not fits(found.weakest, top, MIN_ROW_SHARE),
    )  # fmt: skip


def _without_copies(lines: Sequence[_Line], catalogue: Catalogue) -> list[_Line]:
    """Join groups whose best passages are copies of each other, or nearly, under the one that printed it first."""
    kept: list[_Line] = []
    shingles: list[duplicates.Shingles] = []
    for line in lines:
        own = line.shingles
        near = (i for i, other in enumerate(shingles) if duplicates.overlap(own, other) >= duplicates.MIN_OVERLAP)
        at = next(near, None)
        if at is None:
            kept.append(line)
            shingles.append(own)
            continue
        other = kept[at]
        first, _ = first_version([other.best.article, line.best.article], catalogue)
        one, copy = (line, other) if first.id == line.best.article.id else (other, line)
        groups = (*other.shared_with, *line.shared_with, copy.found.group)
        ids = (*one.best.near_copies, copy.best.article.id, *copy.best.near_copies)
        kept[at] = replace(one, best=replace(one.best, near_copies=ids), shared_with=groups)
    return kept


def _with_further(lines: Sequence[_Line], top: float, is_shown: Callable[[ScoredPassage], bool]) -> list[_Line]:
    """Add passages of other articles of a row's group that score nearly as much and are no copies of what is shown.

    Args:
        lines: the rows.
        top: the best score of all by meaning and words.
        is_shown: whether a passage may be added.
    """
    near = [
        (passage, at)
        for at, line in enumerate(lines)
        for passage in line.found.passages
        if passage.score >= line.best.score - FURTHER_MARGIN and fits(passage.retrieval, top, MIN_ROW_SHARE)
    ]
    further: list[list[ScoredPassage]] = [[] for _ in lines]
    articles = [{line.best.article.id, *line.best.near_copies} for line in lines]
    shown = [line.shingles for line in lines]
    for passage, at in sorted(near, key=lambda item: -item[0].score):
        if len(shown) == len(lines) + MAX_FURTHER_IN_ALL:
            break
        if len(further[at]) == MAX_FURTHER or passage.article.id in articles[at] or not is_shown(passage):
            continue
        own = duplicates.shingles(passage.text)
        if all(duplicates.overlap(own, other) < duplicates.MIN_OVERLAP for other in shown):
            shown.append(own)
            further[at].append(passage)
            articles[at].add(passage.article.id)
    return [replace(line, further=tuple(own)) for line, own in zip(lines, further, strict=True)]


def _rows(lines: Sequence[_Line], judged: Sequence[Judged], cited: Sequence[Citation], top: float) -> tuple[Row, ...]:
    """Return the rows; `cited` has the best passage of each, then all further ones."""
    further = iter(cited[len(lines) :])
    return tuple(
        _row(line, each, citation, tuple(itertools.islice(further, len(line.further))), top)
        for line, each, citation in zip(lines, judged, cited[: len(lines)], strict=True)
    )


def _row(line: _Line, judged: Judged, citation: Citation, further: tuple[Citation, ...], top: float) -> Row:
    matches = [match for match in line.found.matches if fits(match.score, top, MIN_ROW_SHARE)]
    first, last = days_of(np.array([match.date for match in matches], np.int64))
    days = [dt.date.fromordinal(day) for day in (*first[first > 0].tolist(), *last[last > 0].tolist())]
    return Row(
        line.found.group, citation.grade or NEAR, citation,
        judged.probability if judged.fitted else None,
        len(matches), len({match.article for match in matches}),
        min(days, default=None), max(days, default=None), line.shared_with, further,
    )  # fmt: skip
