"""FoundGroups -> Comparison: the best passage of each group is graded, copies are joined, rows are cited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
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


@dataclass(frozen=True)
class _Line:
    """A row in the making."""

    found: GroupPassages
    judged: Judged
    best: ScoredPassage
    shared_with: tuple[str, ...] = ()


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
    judged = [(own, composer.judge(view, model, query, parsed, own.passages, rivals)) for own in found.groups]
    if parsed.by_words or query.min_confidence is not None:  # what a row must reach is known, or asked for
        judged = [(own, each) for own, each in judged if each.grade != NOTHING]
    lines = [
        _Line(own, each, best[0])
        for own, each in judged
        if (best := select([p for p in own.passages if fits(p.retrieval, top)], 1, False)[0])
    ]
    near = sum(line.judged.grade != ANSWERS for line in lines) if query.strict else 0
    lines = _without_copies([line for line in lines if line.judged.grade == ANSWERS or not query.strict], catalogue)
    kept = lines if grouping.sides else lines[: query.k]
    if grouping.sides or grouping.by == "year":
        order = [*grouping.sides] or sorted(line.found.group for line in kept)
        kept = sorted(kept, key=lambda line: order.index(line.found.group))
    every = sorted(every, key=lambda p: -p.score)
    chosen = [line.best for line in kept]
    grades: list[Grade] = [ANSWERS if line.judged.grade == ANSWERS else NEAR for line in kept]
    answer = composer.compose(view, catalogue, model, query, parsed, every, found.changed, chosen, grades)
    rows = tuple(
        _row(line, citation, top) for line, citation in zip(kept if answer.found else (), answer.passages, strict=True)
    )
    if rows:
        answer = replace(answer, grade=ANSWERS if any(row.grade == ANSWERS for row in rows) else NEAR)
    elif near:
        answer = replace(answer, near_left_out=near, why=Why(STRICT))
    others = [group for group, score in found.others.items() if fits(score, top)] if rows else []
    with_row = {group for row in rows for group in (row.group, *row.shared_with)}
    unshown = {line.found.group for line in lines if line not in kept}
    number = grouping.articles(view.columns, parsed.filters.index_filter)
    heard = {*with_row, *unshown, *others}
    silent = map(SilentGroup._make, (item for item in number.items() if item[0] not in heard))
    return Comparison(
        grouping.by, answer, rows, tuple(silent), len(unshown) + len(others) if rows else 0, dict(grouping.sides),
        found.weakest is None or not fits(found.weakest, top),
    )  # fmt: skip


def _without_copies(lines: Sequence[_Line], catalogue: Catalogue) -> list[_Line]:
    """Join groups whose best passages are copies of each other, or nearly, under the one that printed it first."""
    kept: list[_Line] = []
    shingles: list[duplicates.Shingles] = []
    for line in lines:
        own = duplicates.shingles(line.best.text)
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


def _row(line: _Line, citation: Citation, top: float) -> Row:
    matches = [match for match in line.found.matches if fits(match.score, top)]
    first, last = days_of(np.array([match.date for match in matches], np.int64))
    days = [dt.date.fromordinal(day) for day in (*first[first > 0].tolist(), *last[last > 0].tolist())]
    return Row(
        line.found.group, citation.grade or NEAR, citation,
        line.judged.probability if line.judged.fitted else None,
        len(matches), len({match.article for match in matches}),
        min(days, default=None), max(days, default=None), line.shared_with,
    )  # fmt: skip
