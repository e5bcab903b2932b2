"""Accounts -> Coverage: one first report an outlet, copies joined, in the order of dates; and who is silent."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.answer.answer import Answer
from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.citation import Citation, cite, verify
from rag.answer.copies import with_copies
from rag.answer.precedence import UNKNOWN_ORDER, first_version
from rag.article import Article
from rag.comparison.coverage.accounts import Account, Encode, find_accounts
from rag.comparison.coverage.coverage import (
    FIRST,
    LATER,
    NOT_KNOWN,
    UNDATED,
    Copier,
    Coverage,
    Place,
    Report,
    SilentOutlet,
)
from rag.errors import LibraryError, QuestionError
from rag.provenance.catalogue import Catalogue
from rag.retrieval.filters import Filters
from rag.retrieval.scored_passage import ScoredPassage
from rag.stores.base import Relations, Store, View, find_article
from rag.stores.columns import ArticleColumns
from rag.stores.filters import FIRST_DATE, LAST_DATE, NO_DATE, IndexFilter, date_of, days_of, mask

MAX_WINDOW_DAYS = 3660
# An earlier article of an outlet is its first report if it is nearly as likely as its likeliest one; else it is more
# often what led up to the event (docs/measurements/coverage.md, "Weights").
MIN_SHARE_OF_LIKELIEST = 0.8
MAX_JOINED = 200  # outlets whose texts are compared for copies; the others are only counted


@dataclass(frozen=True)
class Asked:
    """What is asked for, checked.

    Attributes:
        window_days: how many days around the article's date are looked at.
        k: how many reports to show at most.
        filters: which articles may be reports.
        question: the question whose answer names the article; None where its id was given.
        answer: that answer.
    """

    window_days: int
    k: int
    filters: Filters
    question: str | None = None
    answer: Answer | None = None


def check(article_id: str | None, question: str | None, window_days: int) -> None:
    """Raise QuestionError unless exactly one of an article and a question is given, and the window makes sense."""
    if (article_id is None) == (question is None):
        given = "both are given" if article_id is not None else "neither is given"
        raise QuestionError(f"give a question or the ID of an article (article_id): {given}")
    if isinstance(window_days, bool) or not isinstance(window_days, int) or not 0 <= window_days <= MAX_WINDOW_DAYS:
        raise QuestionError(f"window_days is {window_days!r}; give a number of days from 0 to {MAX_WINDOW_DAYS:,}")


def cover(
    view: View, store: Store, encode: Encode, catalogue: Catalogue, article_id: str, asked: Asked
) -> tuple[Coverage, bool]:
    """Return which outlets told the event of an article, and whether nothing was left out because it has changed.

    Args:
        view: the passages to search.
        store: where they are stored; to be called inside `store.reading(view.generation)`.
        encode: returns the vector of a text.
        catalogue: the outlets known by name.
        article_id: the article.
        asked: what is asked for.

    Raises:
        LibraryError: if the article is not in the index now.
        CitationError: if a citation does not equal what is stored.
    """
    found = store.articles([article_id])
    if article_id not in found:
        raise LibraryError(f"article {article_id!r} is not in the index now: it was retired, or has changed; ask again")
    article, spans = found[article_id]
    window = _window(article, asked.window_days)
    index_filter = _within(asked.filters, window)
    accounts = find_accounts(view, store, encode, article, spans, index_filter)
    groups = _joined(_firsts(accounts.found), store, catalogue)
    shown = _chosen(groups, asked.k)
    reports = _placed(_reports(shown, view, store, catalogue))
    dated = tuple(report for report in reports if report.place != UNDATED)
    undated = tuple(report for report in reports if report.place == UNDATED)
    every = {_name(account.article) for account in accounts.found}
    named = {outlet for report in reports for outlet, _, _ in report.versions}
    printing = {name for r in reports for name in r.citation.republishers}
    covering = every | named | printing | {name for name in accounts.changed if name}
    silent = _silent(view.columns, index_filter, window, covering) if window and accounts.whole else ()
    after, before = (dt.date.fromordinal(day) for day in window) if window else (None, None)
    return Coverage(
        article.id, article.title, article.outlet, article.date, article.date_basis, asked.question, asked.answer,
        after, before, dated, undated, silent, len(every - named), accounts.whole,
    ), not accounts.changed  # fmt: skip


def _window(article: Article, days: int) -> tuple[int, int] | None:
    """Return the first and the last day of the window around an article's date; None for an undated one."""
    first, last = _days(article)
    return (max(FIRST_DATE, first - days), min(LAST_DATE, last + days)) if first != NO_DATE else None


def _within(filters: Filters, window: tuple[int, int] | None) -> IndexFilter:
    """Return a filter for what may be a report: within the window and what the caller allows, or undated."""
    chosen = filters.index_filter
    if window is None:
        return chosen
    after, before = max(window[0], chosen.after or FIRST_DATE), min(window[1], chosen.before or LAST_DATE)
    undated = filters.undated is not False and not (filters.has_span and filters.undated is None)
    return replace(chosen, after=after, before=before, undated=undated)


def _days(article: Article) -> tuple[int, int]:
    first, last = days_of(np.array([date_of(article)]))
    return int(first[0]), int(last[0])


def _name(article: Article) -> str:
    return article.outlet or article.host or UNKNOWN_OUTLET


@dataclass(frozen=True)
class _Group:
    """Outlets that print one text, or nearly: the version that comes first, then the others by date.

    `articles` has how many articles of each outlet tell the event, `basis` why this version comes first.
    """

    accounts: tuple[Account, ...]
    articles: dict[str, int]
    basis: str | None = None

    @property
    def likeness(self) -> float:
        return max(account.likeness for account in self.accounts)


def _firsts(accounts: Sequence[Account]) -> list[tuple[Account, int]]:
    """Return the first report of each outlet, the likeliest first, with how many articles of the outlet there are."""
    by_outlet: dict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        by_outlet[_name(account.article)].append(account)
    likeliest = {name: max(account.likeness for account in own) for name, own in by_outlet.items()}
    firsts = [
        (min((a for a in own if a.likeness >= MIN_SHARE_OF_LIKELIEST * likeliest[name]), key=_earliest), len(own))
        for name, own in by_outlet.items()
    ]
    return sorted(firsts, key=lambda first: -likeliest[_name(first[0].article)])


def _earliest(account: Account) -> tuple[bool, int, int, float, str]:
    """Return what orders the articles of an outlet: a day before the end of a month that it may be in; undated last."""
    undated = account.first == NO_DATE
    return undated, account.last, account.first, -account.likeness, account.article.id


def _joined(firsts: Sequence[tuple[Account, int]], store: Store, catalogue: Catalogue) -> list[_Group]:
    """Join the reports that are copies of each other, or nearly, under the version that comes first."""
    compared = firsts[:MAX_JOINED]
    relations = store.relations([a.key for a, _ in compared], [a.article.id for a, _ in compared])
    place = {account.article.id: i for i, (account, _) in enumerate(compared)}
    label = list(range(len(compared)))
    by_text: dict[int, int] = {}
    for i, (account, _) in enumerate(compared):
        text = relations.groups.get(account.article.id)
        same = [by_text.setdefault(text, i)] if text is not None else []
        same += [place[other] for other in relations.duplicates.get(account.key, ()) if other in place]
        for other in same:
            old, new = label[i], label[other]
            label = [new if each == old else each for each in label]
    joined: dict[int, list[tuple[Account, int]]] = defaultdict(list)
    for i, first in enumerate(firsts):
        joined[label[i] if i < len(label) else i].append(first)
    return [_group(own, catalogue) for own in joined.values()]


def _group(own: Sequence[tuple[Account, int]], catalogue: Catalogue) -> _Group:
    accounts = sorted((account for account, _ in own), key=_earliest)
    articles = {_name(account.article): number for account, number in own}
    if len(accounts) == 1:
        return _Group(tuple(accounts), articles)
    first, basis = first_version([account.article for account in accounts], catalogue)
    accounts.sort(key=lambda account: account.article.id != first.id)
    return _Group(tuple(accounts), articles, basis)


def _chosen(groups: Sequence[_Group], k: int) -> list[_Group]:
    """Return the likeliest groups, the one with the earliest date among them, whatever else there is."""
    ranked = sorted(groups, key=lambda group: -group.likeness)
    dated = [group for group in ranked if any(account.first != NO_DATE for account in group.accounts)]
    if len(ranked) <= k or not dated:
        return ranked[:k]
    earliest = min(dated, key=lambda group: min(_earliest(account) for account in group.accounts))
    return [*ranked[: k - 1], earliest if earliest not in ranked[: k - 1] else ranked[k - 1]]


def _reports(groups: Sequence[_Group], view: View, store: Store, catalogue: Catalogue) -> list[Report]:
    """Cite the groups; one whose passage another one prints too, or nearly, becomes a copier of that."""
    heads = [group.accounts[0] for group in groups]
    relations = store.relations([head.key for head in heads], [head.article.id for head in heads])
    waiting = sorted(groups, key=lambda group: _earliest(group.accounts[0]))
    reports = []
    while waiting:
        group, *waiting = waiting
        citation, same = _cited(group, relations, view, store, catalogue)
        joined = [other for other in waiting if other.accounts[0].article.id in same]
        if joined:
            waiting = [other for other in waiting if other not in joined]
            group = _merged(group, joined, catalogue)
        reports.append(_report(group, citation))
    return reports


def _merged(group: _Group, others: Sequence[_Group], catalogue: Catalogue) -> _Group:
    """Return a group with the accounts of others, which print its passage; it stays the one that is shown."""
    head = group.accounts[0]
    rest = [*group.accounts[1:], *(account for other in others for account in other.accounts)]
    articles = group.articles | {name: number for other in others for name, number in other.articles.items()}
    first, basis = first_version([head.article, *(account.article for account in rest)], catalogue)
    return _Group(
        (head, *sorted(rest, key=_earliest)), articles, basis if first.id == head.article.id else UNKNOWN_ORDER
    )


def _cited(
    group: _Group, relations: Relations, view: View, store: Store, catalogue: Catalogue
) -> tuple[Citation, set[str]]:
    """Return the citation of a group's first version, checked, and the ids of articles that print its passage."""
    head = group.accounts[0]
    own = float(head.sentences.max()) if len(head.sentences) else 0.0
    passage = ScoredPassage(head.passage, head.article, (head.key,), head.likeness, own, head.sentences)
    near = [account.article.id for account in group.accounts[1:]]
    near += [i for i in relations.duplicates.get(head.key, ()) if i != head.article.id]
    citation, same = with_copies(cite(passage), list(dict.fromkeys(near)), view, store, catalogue)
    verify(citation, find_article(store, head.article.id))
    return citation, same


def _report(group: _Group, citation: Citation) -> Report:
    head, *others = group.accounts
    changed = {variant.article_id for variant in citation.variants}
    copiers = tuple(
        Copier(
            _name(a.article), a.article.id, a.article.host, a.article.date, a.article.date_basis, *_dates(a),
            a.article.id in changed,
        )
        for a in others
    )  # fmt: skip
    name = _name(head.article)
    return Report(
        name, citation, group.likeness, group.articles[name], *_dates(head), copiers=copiers, precedence=group.basis
    )


def _dates(account: Account) -> tuple[dt.date | None, dt.date | None]:
    if account.first == NO_DATE:
        return None, None
    return dt.date.fromordinal(account.first), dt.date.fromordinal(account.last)


def _placed(reports: Sequence[Report]) -> list[Report]:
    """Return reports in the order of their dates, each with its place; the undated ones last.

    The date of a text that several print is the earliest of any of them.
    """
    spans = [_span(report) for report in reports]
    sure = min((last for _, last in filter(None, spans)), default=None)  # by then somebody had told it
    placed = []
    for report, span in zip(reports, spans, strict=True):
        place: Place = UNDATED
        days = None
        if sure and span:
            place = FIRST if span[1] == sure else LATER if span[0] > sure else NOT_KNOWN
            days = (span[0] - sure).days if place == LATER else 0 if place == FIRST else None
        placed.append((span, replace(report, place=place, days_later=days)))
    placed.sort(key=lambda each: ((each[0] or (dt.date.max,) * 2)[::-1], -each[1].likeness, each[1].outlet))
    return [report for _, report in placed]


def _span(report: Report) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day of the earliest date of a report and its copiers."""
    spans = ((first, last) for _, first, last in report.versions if first and last)
    return min(spans, key=lambda span: (span[1], span[0]), default=None)


def _silent(
    columns: ArticleColumns, index_filter: IndexFilter, window: tuple[int, int], covering: Collection[str]
) -> tuple[SilentOutlet, ...]:
    """Return the outlets that have articles dated in the window, and none that tells the event, the most first."""
    passing = mask(replace(index_filter, undated=False), columns)
    inside = columns if passing is None else columns.some(passing)
    first, last = days_of(inside.date)
    inside = inside.some((first >= window[0]) & (last <= window[1]))
    number = Counter({name: n for name, n in inside.tally().items() if name and n and name not in covering})
    return tuple(SilentOutlet(name, n) for name, n in sorted(number.items(), key=lambda item: (-item[1], item[0])))
