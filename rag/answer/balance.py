"""Balance: counts to weigh an answer by. Outlets, sites, kinds of outlets, independent sources, dates.

An answer carries the counts of its own articles next to those of all articles that it could have been taken from.
Labels are shown, and change no ranking.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import UNCLASSIFIED
from rag.stores.columns import ArticleColumns, Rows
from rag.stores.filters import is_day

UNKNOWN_OUTLET = "an unknown outlet"

# Why an answer may be one-sided, see `Caution`.
ONE_OUTLET, STATE_MEDIA, ONE_KIND = "one outlet", "state media", "one kind"
ONE_TEXT, ALTERED_TEXT = "one text", "one text, altered"
# Kinds of outlets that publish for a cause or an institution, or select texts of others. That all sources are
# newspapers, or broadcasters, says nothing about which side they take.
PARTISAN_KINDS = ("advocacy group", "think-tank publication", "aggregator", "public body")


@dataclass(frozen=True)
class Counts:
    """What a set of articles is made of; most frequent first.

    Attributes:
        articles: how many there are.
        outlets: articles of each outlet.
        hosts: articles of each site that they were taken from, where that is not the outlet's own.
        outlet_kinds: articles of each kind of outlet, by the catalogue.
        states: articles of outlets that a government owns or funds, by the catalogue; for each state.
        independent: the smallest possible number of sources that they come from (see `independent`).
        first, last: the earliest and the latest date.
        undated: articles without a date.
    """

    articles: int = 0
    outlets: dict[str, int] = field(default_factory=dict)
    hosts: dict[str, int] = field(default_factory=dict)
    outlet_kinds: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    independent: int = 0
    first: dt.date | None = None
    last: dt.date | None = None
    undated: int = 0

    @property
    def named(self) -> int:
        """How many outlets there are, the unknown one left out."""
        return len(self.outlets.keys() - {UNKNOWN_OUTLET})


@dataclass(frozen=True)
class OutletMatch:
    """A passage that fits nearly as well as the best one: its article, outlet and date, and whether it is shown."""

    article_id: str
    outlet: str | None
    date: dt.date | None
    shown: bool


@dataclass(frozen=True)
class Caution:
    """Why an answer may be one-sided.

    Attributes:
        reason: ONE_OUTLET, STATE_MEDIA, ONE_KIND, ONE_TEXT or ALTERED_TEXT.
        of: the outlet; the states; the kind; or the outlets and sites that print the text.
    """

    reason: str
    of: tuple[str, ...]


@dataclass(frozen=True)
class Balance:
    """The articles of an answer compared with those that it could have been taken from.

    Attributes:
        shown: the articles whose passages are shown.
        allowed: all articles that the constraints allow.
        index: all articles.
        copies: articles that print the words quoted too, or near-copies of the passages, and are not shown.
        altered_copies: those among them that have other words in a passage.
        undated_left_out: articles left out by a filter on dates because they have none.
        capped: how many passages fit nearly as well and were hidden by the cap on their outlet; by outlet.
        unmatched_outlets: outlets that the constraints allow, and of which no passage fits nearly as well.
        outlet_matches: the passages that fit nearly as well, including those shown, best first.
        warnings: why the answer may be one-sided (see `cautions`).
    """

    shown: Counts = field(default_factory=Counts)
    allowed: Counts = field(default_factory=Counts)
    index: Counts = field(default_factory=Counts)
    copies: int = 0
    altered_copies: int = 0
    undated_left_out: int = 0
    capped: dict[str, int] = field(default_factory=dict)
    unmatched_outlets: tuple[str, ...] = ()
    outlet_matches: tuple[OutletMatch, ...] = ()
    warnings: tuple[Caution, ...] = ()


def count(columns: ArticleColumns, catalogue: Catalogue) -> Counts:
    """Count articles by what is known of them."""
    outlets = _frequent(columns.tally())
    outlet_kinds: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for name, number in outlets.items():
        kind, state = _classed(catalogue, name) if name else (UNCLASSIFIED, None)
        outlet_kinds[kind] += number
        if state:
            states[state] += number
    hosts = _frequent(columns.some(columns.elsewhere).tally_hosts())
    days = columns.date[is_day(columns.date)]
    return Counts(
        columns.articles,
        {name or UNKNOWN_OUTLET: number for name, number in outlets.items()},
        {name: number for name, number in hosts.items() if name},
        dict(outlet_kinds.most_common()),
        dict(states.most_common()),
        independent(columns.source, columns.same),
        dt.date.fromordinal(int(days.min())) if len(days) else None,
        dt.date.fromordinal(int(days.max())) if len(days) else None,
        int(columns.number[~is_day(columns.date)].sum()),
    )


@functools.lru_cache(maxsize=65536)
def _classed(catalogue: Catalogue, outlet: str) -> tuple[str, str | None]:
    """An outlet's kind, and the state whose government owns or funds it."""
    known = catalogue.outlet(outlet)
    return catalogue.kind(outlet), known.state.value if known and known.state else None


def cautions(
    shown: Counts, passages: int, republishers: Sequence[str], altered: bool = False, asked: Collection[str] = ()
) -> tuple[Caution, ...]:
    """Return why an answer may be one-sided, as far as counts can tell.

    A single passage is obviously from one outlet; the only caution about it is that several outlets print it.

    Args:
        shown: the counts of the articles shown.
        passages: how many passages are shown.
        republishers: the outlets and sites that print the words shown, or nearly.
        altered: whether the words of some of them differ.
        asked: the outlet or the kinds of outlets that were asked for: that nothing else is shown needs no caution.
    """
    found, several = [], passages > 1
    outlets = tuple(shown.outlets) if several else tuple(republishers)
    if several and len(outlets) == shown.named == 1:
        found += [Caution(ONE_OUTLET, outlets)] if set(outlets) != set(asked) else []
    elif len(outlets) > 1 and shown.independent == 1:
        found.append(Caution(ALTERED_TEXT if altered else ONE_TEXT, outlets))
    if several and shown.states and sum(shown.states.values()) == shown.articles:
        found.append(Caution(STATE_MEDIA, tuple(shown.states)))
    elif (
        several
        and len(shown.outlet_kinds) == 1
        and shown.outlet_kinds.keys() <= set(PARTISAN_KINDS) - set(asked)
        and set(shown.outlets) != set(asked)
    ):
        found.append(Caution(ONE_KIND, tuple(shown.outlet_kinds)))
    return tuple(found)


def independent(source: Rows, same: Rows) -> int:
    """Return the smallest possible number of sources that articles can come from.

    A source that prints a text which no other prints counts. A text that several print was written by one of them or
    by someone else, so it adds a source only if none of its publishers counts already; texts with a publisher in common
    add one together.

    Args:
        source: the source of each article, (m,).
        same: its group of duplicates, (m,).
    """
    span = int(source.max()) + 1 if len(source) else 1
    pairs = np.stack(np.divmod(np.unique(same * span + source), span), axis=1)  # much faster than unique rows
    _, group, republishers = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    alone = np.unique(pairs[republishers[group] == 1, 1])
    counted = np.isin(pairs[:, 1], alone)
    explained = np.zeros(len(republishers), bool)
    explained[group[counted]] = True
    open_pairs = pairs[~explained[group]]
    return len(alone) + _components(*open_pairs.T)


def count_by_outlet(columns: ArticleColumns, catalogue: Catalogue) -> dict[str | None, Counts]:
    """The counts of each outlet's articles, the most first; None is the outlet that is not known."""
    edges = np.cumsum(np.bincount(columns.outlet, minlength=len(columns.outlets)))
    rows = np.split(np.argsort(columns.outlet, kind="stable"), edges[:-1]) if len(edges) else []
    counts = {o: count(columns.some(own), catalogue) for o, own in zip(columns.outlets, rows, strict=True)}
    return dict(sorted(counts.items(), key=lambda item: -item[1].articles))


def merge_groups(same: Iterable[int], ids: Sequence[str], shared: Iterable[Iterable[str]]) -> Rows:
    """Merge groups of duplicates where an article shares sentences with one of another group.

    Args:
        same: the group of each article.
        ids: the articles' ids.
        shared: for each article the ids of those that share a sentence with it.
    """
    group = list(same)
    at = {article_id: i for i, article_id in enumerate(ids)}
    for i, others in enumerate(shared):
        for other in others:
            if other in at and group[at[other]] != group[i]:
                old = group[at[other]]  # of the few articles of an answer: SciPy would take longer to load
                group = [group[i] if g == old else g for g in group]
    return np.array(group, np.int64)


def _components(group: Rows, source: Rows) -> int:
    """Count the connected components of a graph whose edges each join a group and a source, (n,) of both.

    Every source gets the lowest number of those that it shares a group with, until nothing changes. SciPy can do this
    too, but takes 0.4 s to load, which no question should wait for.
    """
    _, group = np.unique(group, return_inverse=True)
    sources, source = np.unique(source, return_inverse=True)
    lowest = np.arange(len(sources))
    while True:
        of_group = np.full(len(group), len(source))
        np.minimum.at(of_group, group, lowest[source])
        lower = lowest.copy()
        np.minimum.at(lower, lowest[source], of_group[group])
        lower = lower[lower]
        if np.array_equal(lower, lowest):
            return len(np.unique(lowest))
        lowest = lower


def _frequent(counts: dict[str | None, int]) -> dict[str | None, int]:
    """The counts above 0, most frequent first."""
    return dict(Counter({name: number for name, number in counts.items() if number}).most_common())
