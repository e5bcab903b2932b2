"""ScoredPassages -> Answer: what clears the confidence threshold is selected, cited, weighed and verified."""

from __future__ import annotations

import contextlib
import math
import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.answer import confidence
from rag.answer.answer import MEANING, WORDS, Answer
from rag.answer.balance import UNKNOWN_OUTLET, Balance, Counts, OutletMatch, cautions, count, merge_groups
from rag.answer.citation import Citation, cite, verify
from rag.answer.confidence import MAX_PASSAGES_JUDGED, ConfidenceModel, Signals
from rag.answer.copies import original, related, with_copies
from rag.answer.figures import find_figures
from rag.answer.grade import ANSWERS, NEAR, NOTHING, Grade, graded
from rag.answer.refusals import Missing, missing, refused_unsearched, why
from rag.answer.selection import outlet_matches, select
from rag.answer.suggestions import suggest
from rag.answer.topics import is_held
from rag.errors import LibraryError
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.provenance.revisions import revision
from rag.query.query import Query
from rag.retrieval.by_words import min_share
from rag.retrieval.filters import Filters, resolve_filters
from rag.retrieval.parse import ParsedQuery
from rag.retrieval.scored_passage import ScoredPassage
from rag.retrieval.timeliness import of_their_time
from rag.stores.base import Relations, Store, View, in_order
from rag.stores.columns import ArticleColumns
from rag.stores.filters import NO_DATE, IndexFilter, mask, ordinal

# How many passages an answer is selected from: so many for each one shown, and at least so many, so that duplicates can
# be left out and neighbours joined.
POOL_PER_PASSAGE, MIN_POOL = 4, 30
MAX_CACHED_FILTERS = 64


def pool_size(k: int) -> int:
    """How many passages to search for when `k` are to be shown."""
    return max(MIN_POOL, k * POOL_PER_PASSAGE)


@dataclass(frozen=True)
class Judged:
    """How sure an answer is.

    Attributes:
        signals: what the probability is computed from.
        probability: that the passages answer; of a question searched by words, the share of its words instead.
        near: from where passages are shown.
        least: the same, or what the caller gives in its place.
        grade: which grade that makes.
        fitted: whether the probability is one that was fitted for the index's encoder.
    """

    signals: Signals
    probability: float
    near: float
    least: float
    grade: Grade
    fitted: bool


class Composer:
    """Composes answers from one store. Safe to use from several threads.

    The counts of a whole view, and of what filters leave of it, are kept: people ask several questions with the same
    filters.
    """

    def __init__(self, store: Store):
        self._store = store
        self._lock = threading.Lock()
        self._whole: tuple[View, Counts] | None = None
        self._filtered: tuple[View | None, dict[IndexFilter, Counts]] = None, {}

    def compose(
        self,
        view: View,
        catalogue: Catalogue,
        model: ConfidenceModel,
        query: Query,
        parsed: ParsedQuery,
        found: Sequence[ScoredPassage],
        changed: Collection[str | None] = (),
        chosen: Sequence[ScoredPassage] | None = None,
        grades: Sequence[Grade] | None = None,
    ) -> Answer:
        """Compose the answer to a question.

        Args:
            view: the passages that were searched.
            catalogue: the outlets known by name.
            model: how sure an answer must be.
            query: the question and the caller's filters.
            parsed: the question as it was searched for.
            found: the passages found, best first, `pool_size(query.k)` of them.
            changed: outlets of passages that were left out because they have changed (see `Found`).
            chosen: those to show; None to select the best ones, each in the version that was printed first.
            grades: of those; None to grade each by itself.

        Raises:
            CitationError: if a citation does not equal what is stored.
        """
        judged = self.judge(view, model, query, parsed, found)
        grade = judged.grade
        cleared = [p for p in found if not parsed.by_words or p.words >= judged.least] if grade != NOTHING else []
        if chosen is None:
            selected, hidden = select(cleared, query.k, not parsed.filters.names_outlets)
        else:
            selected, hidden = list(chosen) if cleared else [], Counter[str]()
        near_left_out = len(selected) if query.strict and grade == NEAR else 0
        if near_left_out:
            cleared, selected = [], []
            hidden.clear()
        relations = self._relations(selected)
        if chosen is None:
            versions = [original(p, selected, cleared, related(p, relations), catalogue) for p in selected]
            if any(version is not passage for version, passage in zip(versions, selected, strict=True)):
                selected, relations = versions, self._relations(versions)
        shown, sources = [], []
        for passage in selected:
            others = related(passage, relations)
            citation, same = with_copies(cite(passage), others, view, self._store, catalogue)
            shown.append(citation)
            sources.append(same)
        matches = outlet_matches(cleared, selected)
        balance = self._balance(
            view, catalogue, parsed.filters, shown, hidden, matches, relations.groups, sources, changed
        )
        if grades is None or not selected:
            grades = self._grades(view, model, query, parsed, found, selected, grade)
        shown = [replace(self._verified(c), grade=own) for c, own in zip(shown, grades, strict=True)]
        suggestions = suggest(view, self._store, query, parsed)
        lacking = Missing() if grade == ANSWERS and shown else missing(view, self._store, parsed, found, suggestions)
        return Answer(
            query.text, parsed.text, grade if shown else NOTHING, tuple(shown), balance, parsed.constraints,
            parsed.aliases,
            confidence=judged.probability if judged.fitted else None,
            signals=judged.signals,
            near_left_out=near_left_out,
            figures=find_figures(parsed, shown if judged.probability >= judged.near else ()),
            suggestions=suggestions,
            searched_by=WORDS if parsed.by_words else MEANING,
            missing=lacking,
            why=None if shown else why(query, parsed, lacking, found, near_left_out, balance.allowed.articles),
            completed=parsed.completed,
        )  # fmt: skip

    def judge(
        self,
        view: View,
        model: ConfidenceModel,
        query: Query,
        parsed: ParsedQuery,
        found: Sequence[ScoredPassage],
        rivals: Sequence[ScoredPassage] | None = None,
    ) -> Judged:
        """Grade what was found; the arguments are those of `compose`.

        Args:
            rivals: the passages that the best one is compared with; None for those found that come after it.
        """
        ranked = sorted(found, key=lambda passage: -passage.fit)
        signals = confidence.signals(view, parsed.terms, ranked, rivals)
        timely = of_their_time(ranked, parsed.constraints)
        if ranked and not (timely and timely[0] is ranked[0]):
            signals = self._timely(view, model, parsed, ranked, timely, signals, rivals)
        probability = model.probability(signals)
        near = min(model.near, probability) if is_held(query.text, parsed, signals) else model.near
        fitted = model.encoder == self._store.manifest.encoder
        if parsed.by_words:  # the share of the question's words takes the place of a probability
            probability, near, fitted = signals.words, min_share(view.columns.articles), False
        least = near if query.min_confidence is None else query.min_confidence
        return Judged(
            signals, probability, near, least, graded(probability, least, model.sure if fitted else math.inf), fitted
        )

    @staticmethod
    def _timely(
        view: View,
        model: ConfidenceModel,
        parsed: ParsedQuery,
        ranked: Sequence[ScoredPassage],
        timely: Sequence[ScoredPassage],
        signals: Signals,
        rivals: Sequence[ScoredPassage] | None,
    ) -> Signals:
        """Return the signals of what was found where the best of it speaks of another time than is asked about.

        Passages of that time answer by themselves, never surer than all together; the others are near at most.
        """
        untimely = replace(signals, timely=False)
        if not timely:
            return untimely
        if rivals is None:
            after = next(at for at, passage in enumerate(ranked, 1) if passage is timely[0])
            rivals = ranked[after : after + MAX_PASSAGES_JUDGED]
        own = confidence.signals(view, parsed.terms, timely, rivals)
        return max(min(own, signals, key=model.probability), untimely, key=model.probability)

    def _grades(
        self,
        view: View,
        model: ConfidenceModel,
        query: Query,
        parsed: ParsedQuery,
        found: Sequence[ScoredPassage],
        selected: Sequence[ScoredPassage],
        grade: Grade,
    ) -> list[Grade]:
        """Return the grade of each passage by itself; that of the best one of the time asked about is the answer's."""
        if grade != ANSWERS:
            return [grade] * len(selected)
        ranked = sorted(found, key=lambda passage: -passage.fit)
        rivals = ranked[1 : MAX_PASSAGES_JUDGED + 1] or None
        judged = [self.judge(view, model, query, parsed, [passage], rivals).grade for passage in selected]
        timely = {passage.keys for passage in of_their_time(selected, parsed.constraints)}
        best = max(range(len(selected)), key=lambda at: (selected[at].keys in timely, selected[at].fit), default=0)
        return [ANSWERS if own == ANSWERS or at == best else NEAR for at, own in enumerate(judged)]

    def refuse(self, view: View, query: Query) -> Answer | None:
        """Return the answer to what is not worth searching for, which says why; None for a question.

        Args:
            view: what would be searched.
            query: what was typed, with the filters.

        Raises:
            QuestionError: for an outlet or kind of outlet that the query names and nothing knows.
        """
        if (reason := refused_unsearched(view, query)) is None:
            return None
        catalogue = load_catalogue(view.catalogue)
        resolve_filters(view, catalogue, query)  # a filter that cannot be is an error, whatever was typed
        whole = self.counts(view, catalogue)
        return Answer(query.text, query.text, NOTHING, balance=Balance(allowed=whole, index=whole), why=reason)

    def _verified(self, citation: Citation) -> Citation:
        """The citation, checked, with what changed in its passage since an earlier version."""
        versions = self._store.versions(citation.article_id)
        current = next(versions, None)
        verify(citation, current.article if current else None)
        with contextlib.suppress(LibraryError):  # an earlier version that is damaged takes nothing from the answer
            earlier = in_order(versions)
            if current and earlier:
                span = citation.start, citation.end
                changed = revision(earlier[0].article, current.article, earlier[0].retired, span)
                return replace(citation, revision=changed)
        return citation

    def _relations(self, selected: Sequence[ScoredPassage]) -> Relations:
        """How passages and their articles are related to other articles."""
        keys = [key for passage in selected for key in passage.keys]
        return self._store.relations(keys, [passage.article.id for passage in selected])

    def counts(self, view: View, catalogue: Catalogue) -> Counts:
        """The counts of all articles of a view."""
        with self._lock:
            if self._whole is None or self._whole[0] is not view:
                self._whole = view, count(view.columns, catalogue)
            return self._whole[1]

    def _allowed(self, view: View, catalogue: Catalogue, index_filter: IndexFilter) -> Counts:
        """The counts of what filters leave."""
        passing = mask(index_filter, view.columns)
        if passing is None:
            return self.counts(view, catalogue)
        of_view, counts = self._filtered  # another thread may replace them
        if of_view is not view or len(counts) > MAX_CACHED_FILTERS:
            of_view, counts = self._filtered = view, {}
        if index_filter not in counts:
            counts[index_filter] = count(view.columns.some(passing), catalogue)
        return counts[index_filter]

    def _balance(
        self,
        view: View,
        catalogue: Catalogue,
        filters: Filters,
        shown: Sequence[Citation],
        hidden: Mapping[str, int],
        matches: tuple[OutletMatch, ...],
        groups: Mapping[str, int],
        sources: Sequence[Collection[str]],
        changed: Collection[str | None],
    ) -> Balance:
        """The counts of the articles shown, of those that the filters leave, and of all.

        `sources` has the ids of the articles whose words are from the same source, for each citation.
        """
        allowed = self._allowed(view, catalogue, filters.index_filter)
        quoted = {c.article_id: c for c in shown}
        ids = [i for i in quoted if i in groups]
        shared = [
            [i for c, same in zip(shown, sources, strict=True) if c.article_id == own for i in same] for own in ids
        ]
        same = merge_groups([groups[i] for i in ids], ids, shared)
        own = [quoted[i] for i in ids]
        columns = ArticleColumns.of(
            [c.outlet for c in own], [c.host for c in own], [ordinal(c.date) for c in own], same
        )  # fmt: skip
        counts = count(columns, catalogue)
        altered = {v.article_id for c in shown for v in c.variants}
        matched = {match.outlet or UNKNOWN_OUTLET for match in matches} | {UNKNOWN_OUTLET, *changed}
        return Balance(
            counts,
            allowed,
            self.counts(view, catalogue),
            copies=len((altered | {i for c in shown for i in c.copies}) - set(ids)),
            altered_copies=len(altered - set(ids)),
            undated_left_out=_undated_left_out(view, filters),
            capped=dict(hidden),
            unmatched_outlets=tuple(outlet for outlet in allowed.outlets if outlet not in matched) if shown else (),
            outlet_matches=matches,
            warnings=cautions(
                counts,
                len(shown),
                _publishers(shown),
                any(c.variants for c in shown),
                filters.outlet_kinds or filters.outlets,
            ),
        )


def _publishers(shown: Sequence[Citation]) -> list[str]:
    """The sites and outlets that publish the words shown, or nearly."""
    near = (v.host or v.outlet or UNKNOWN_OUTLET for c in shown for v in c.variants)
    return list(dict.fromkeys((*(name for c in shown for name in c.republishers), *near)))


def _undated_left_out(view: View, filters: Filters) -> int:
    """How many articles a filter on dates leaves out because they have none."""
    if not filters.checks_dates or filters.undated:
        return 0
    others = mask(replace(filters, after=None, before=None, undated=None).index_filter, view.columns)
    undated = view.columns.date == NO_DATE
    return view.columns.some(undated if others is None else undated & others).articles
