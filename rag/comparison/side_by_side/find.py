"""ParsedQuery -> GroupPassages: the best passages of each group, not what is left of the best of all.

A wide look at the index tells which groups have articles near the question; then each of the most promising groups is
searched by itself, so that its best passage is found whatever the others have. The work is bounded: so many groups
are looked into, and so many passages read, however many outlets there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.comparison.side_by_side.grouping import Grouping
from rag.models.encoder import Vectors
from rag.models.extractive_reader import Reader
from rag.models.reranker import Reranker
from rag.retrieval.by_words import scored_by_words
from rag.retrieval.parse import ParsedQuery
from rag.retrieval.reading import read
from rag.retrieval.reranking import score_passages
from rag.retrieval.scored_passage import ScoredPassage
from rag.retrieval.search import Proposal, is_read_by, load, printing, propose, propose_all, weigh
from rag.retrieval.timeliness import favoured, periods
from rag.stores.base import Store, View

POOL = 150  # passages that each engine proposes at the wide look
OF_GROUP = 8  # passages that each engine proposes of one group
# Small groups, of so many articles together, are looked into at once, if they have fewer passages than this.
TOGETHER, MOST_TOGETHER = 100, 1200
# Passages whose sentences are compared with the question: so many of each group come before all others.
MAX_WEIGHED, OF_GROUP_FIRST = 120, 3
# Groups that are looked into: so many more than are wanted, since some turn out to answer less well or to be copies;
# more of them where a model reads them, which may order them anew.
SPARE_GROUPS, SPARE_READ, MIN_GROUPS = 4, 8, 12
MAX_READ, MAX_READ_OF_GROUP = 32, 8  # passages that the reranker reads
MIN_KEPT = 6  # passages of a group that are loaded: the best, and those that its lead is measured against


@dataclass(frozen=True)
class Match:
    """A passage of a group that was compared with the question: its article, date and score by meaning and words."""

    article: int
    date: int
    score: float


@dataclass(frozen=True)
class GroupPassages:
    """What was found of one group.

    Attributes:
        group: its name.
        passages: its best passages, best first.
        matches: all its passages that were compared.
    """

    group: str
    passages: list[ScoredPassage]
    matches: list[Match]


@dataclass(frozen=True)
class FoundGroups:
    """What was found for a question, by group.

    Attributes:
        groups: those that were looked into, the one with the best passage first.
        others: the best score by meaning and words of each further group that the wide look found.
        weakest: the score of the best passage of the least group at the wide look, if there was more than it could see;
            groups that it did not see may have passages which are as near. None if it saw all, or what was asked for.
        changed: the outlets of articles that have changed since the view was made (see `rag.retrieval.search.Found`).
    """

    groups: list[GroupPassages]
    others: dict[str, float]
    weakest: float | None
    changed: frozenset[str | None]


def find_groups(
    view: View,
    store: Store,
    parsed: ParsedQuery,
    vector: Vectors,
    grouping: Grouping,
    k: int,
    reranker: Reranker | None = None,
    reader: Reader | None = None,
) -> FoundGroups:
    """Return the best passages of the groups nearest to a question.

    Args:
        view: the passages to search.
        store: where they are stored.
        parsed: the question.
        vector: its vector, (dimension,).
        grouping: assigns articles to groups.
        k: how many groups are wanted.
        reranker: a model that reads the best of them, if it knows the language; None for none.
        reader: a model that looks in the best of them for the words that answer; None for none.
    """
    index_filter = parsed.filters.index_filter
    favoured_filters = favoured(periods(parsed.constraints), index_filter)
    pool = propose(view, parsed, vector, [index_filter, *favoured_filters], POOL)
    pool_groups = _by_group(view, grouping, pool)
    weighed, gone = weigh(store, vector, _spread(pool_groups))
    groups = _by_group(view, grouping, weighed)
    wanted = (
        list(grouping.sides)
        or list(groups)[: max(k, MIN_GROUPS) + (SPARE_READ if reranker or reader else SPARE_GROUPS)]
    )
    bounded = len(pool) >= min(POOL, MAX_WEIGHED) and not grouping.sides
    weakest = min((own[0].score for own in groups.values()), default=None) if bounded else None
    if len(pool) >= POOL:  # else the wide look has seen whatever there is
        seen = _seen(pool_groups, pool)
        unseen = [group for group in wanted[: len(grouping.sides) or k] if group not in seen]
        more = [p for group in wanted for p in seen.get(group, ())]
        more += _within(view, parsed, vector, grouping, unseen) if unseen else []
        known = {p.candidate.key for p in weighed}
        unknown = {p.candidate.key: p for p in more if p.candidate.key not in known}
        added, lost = weigh(store, vector, list(unknown.values()))
        gone = [*gone, *lost]
        if added:
            weighed = sorted([*weighed, *added], key=lambda p: -(p.score + p.gain))
            groups = _by_group(view, grouping, weighed)
    kept = None if parsed.phrases or parsed.by_words else MIN_KEPT  # these are chosen by their words
    loaded, unread = load(store, [p for group in wanted for p in groups.get(group, ())[:kept]])
    loaded = printing(loaded, parsed.phrases) if parsed.phrases else loaded
    key_groups = {p.candidate.key: group for group in wanted for p in groups.get(group, ())}
    passages = _scored(parsed, view, loaded, key_groups, reranker)
    if reader is not None:
        passages = read(reader, parsed.text, passages)
    own: dict[str, list[ScoredPassage]] = defaultdict(list)
    for passage in passages:
        own[key_groups[passage.keys[0]]].append(passage)
    found = [
        GroupPassages(
            group,
            sorted(own[group], key=lambda p: -p.score),
            [Match(p.candidate.article, p.candidate.date, p.score) for p in groups[group]],
        )
        for group in wanted
        if own[group]
    ]
    others = {group: own[0].score for group, own in groups.items() if group not in wanted}
    changed = frozenset(view.changed_outlets([*gone, *unread]))
    return FoundGroups(sorted(found, key=lambda g: -g.passages[0].score), others, weakest, changed)


def _seen(groups: Mapping[str, Sequence[Proposal]], pool: Sequence[Proposal]) -> dict[str, list[Proposal]]:
    """Return what a look into each group would find, of the groups of which the wide look has found as much.

    What is nearest of all is nearest of its group too. So if OF_GROUP of the POOL passages that are nearest in meaning
    are of a group, and as many of those that hold most of the words, a look into the group finds the same again.
    """
    own = sorted((p.candidate.own for p in pool), reverse=True)[:POOL][-1]
    words = sorted((p.candidate.words for p in pool), reverse=True)[:POOL][-1]  # 0: it has found all that hold any
    seen = {}
    for group, found in groups.items():
        near = sorted((p for p in found if p.candidate.own >= own), key=lambda p: -p.candidate.own)[:OF_GROUP]
        held = [p for p in found if p.candidate.words >= words > 0 or p.candidate.words > words == 0]
        held = sorted(held, key=lambda p: -p.candidate.words)[:OF_GROUP]
        if len(near) == OF_GROUP and (len(held) == OF_GROUP or not words):
            seen[group] = [*near, *held]
    return seen


def _within(
    view: View, parsed: ParsedQuery, vector: Vectors, grouping: Grouping, groups: Sequence[str]
) -> list[Proposal]:
    """Return the best passages of each of some groups."""
    joint, filters = grouping.narrowed(groups, view.columns, parsed.filters.index_filter, TOGETHER)
    found: list[Proposal] = []
    if joint:
        every = propose_all(view, parsed, vector, joint, MOST_TOGETHER)
        if every is None:
            filters = grouping.narrowed(groups, view.columns, parsed.filters.index_filter, 0)[1]
        else:
            found = [p for own in _by_group(view, grouping, every).values() for p in own[:OF_GROUP]]
    return found + (propose(view, parsed, vector, filters, OF_GROUP) if filters else [])


def _spread(groups: Mapping[str, Sequence[Proposal]]) -> list[Proposal]:
    """Return MAX_WEIGHED proposals: the best of each group, as far as that goes, then the best of all others."""
    turns = [(turn, p) for own in groups.values() for turn, p in enumerate(own)]
    turns.sort(key=lambda item: (item[0] >= OF_GROUP_FIRST, -(item[1].score + item[1].gain)))
    return [p for _, p in turns[:MAX_WEIGHED]]


def _by_group(view: View, grouping: Grouping, proposals: Sequence[Proposal]) -> dict[str, list[Proposal]]:
    """Return proposals by group, in their order."""
    sources = view.sources(list({p.candidate.article: None for p in proposals}))
    groups: dict[str, list[Proposal]] = defaultdict(list)
    for proposal in proposals:
        c = proposal.candidate
        group = grouping.group(*sources.get(c.article, (None, None)), c.date)
        if group is not None:
            groups[group].append(proposal)
    return groups


def _scored(
    parsed: ParsedQuery,
    view: View,
    passages: list[ScoredPassage],
    group_of: dict[int, str],
    reranker: Reranker | None,
) -> list[ScoredPassage]:
    """Return passages with the last scores: by words alone, or those of the reranker for the best of each group."""
    if parsed.by_words and parsed.language:
        return scored_by_words(parsed.text, parsed.language, parsed.terms, view.columns.articles, passages)
    if reranker is None or not is_read_by(reranker, parsed) or not passages:
        return passages
    own: Counter[str] = Counter()
    turns = []
    for passage in sorted(passages, key=lambda p: -p.score):
        turns.append((own[group_of[passage.keys[0]]], passage))
        own[group_of[passage.keys[0]]] += 1
    turns.sort(key=lambda turn: turn[0])  # the best of each group first, then the second ones
    chosen = [passage for turn, passage in turns if turn < MAX_READ_OF_GROUP][:MAX_READ]
    relevances = score_passages(reranker, parsed.text, chosen)
    relevance = dict(zip((p.keys for p in chosen), relevances, strict=True))
    return [replace(p, relevance=relevance.get(p.keys, 0.0)) for p in passages]
