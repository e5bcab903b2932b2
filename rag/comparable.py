"""Read across the articles of a library: who says what about one question, when, and who is silent.

The Library in `rag.library` adds asking to it.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.answer.answer import Answer, as_previous
from rag.answer.compose import Composer, pool_size
from rag.answer.suggestions import answer_or_suggested, made_or_suggested
from rag.comparison.coverage.cover import Asked, check, cover
from rag.comparison.coverage.coverage import Coverage
from rag.comparison.side_by_side.asked import asked_comparison
from rag.comparison.side_by_side.compare import compare
from rag.comparison.side_by_side.comparison import GROUPINGS, By, Comparison
from rag.comparison.side_by_side.find import find_groups
from rag.comparison.side_by_side.grouping import Grouping
from rag.comparison.side_by_side.sides import (
    MAX_SAVED,
    SIDES,
    Sides,
    members,
    resolve_sides,
    saved_sides,
    sides_in_words,
)
from rag.comparison.timeline.chronology import chronology
from rag.comparison.timeline.timeline import Timeline
from rag.errors import QuestionError
from rag.models.encoder import Encoder, Vectors
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.query.previous import Previous
from rag.query.query import Day, Names, Query
from rag.retrieval.filters import resolve_filters
from rag.retrieval.parse import ParsedQuery, parse
from rag.retrieval.search import find
from rag.stores.base import Store, View
from rag.update import UpdatableLibrary

if TYPE_CHECKING:
    from rag.comparison.dossier.dossier import Dossier

TIMELINE_ENTRIES = 30  # in a dossier


class ComparableLibrary(UpdatableLibrary):
    """Articles that can be compared, changed and looked at."""

    def __init__(self, store: Store, encoder: Encoder | None = None, precision: str = "auto"):
        super().__init__(store, encoder, precision)
        self._composer = Composer(store)

    def compare(
        self,
        question: str,
        by: By = "outlet",
        sides: Sides | None = None,
        k: int = 15,
        outlets: Names = None,
        after: Day = None,
        before: Day = None,
        previous: str | Answer | Previous | None = None,
        asked_on: Day = None,
        ignore: Names = (),
        min_confidence: float | None = None,
        outlet_kinds: Names = None,
        undated: bool | None = None,
        exclude_outlets: Names = None,
        strict: bool = False,
    ) -> Comparison:
        """Return what each group of articles says about a question: its best passage, word for word, in a row.

        The best passage of each group is looked for, whatever others say better. Groups whose best passages are copies
        of each other share a row; those that have nothing near enough are listed as silent.

        A question that compares outlets ("How do Press TV and the Guardian differ on ...?", "What do Iranian and
        Western media say about ...?") names sides, unless `ignore` is "all".

        Args:
            question: as for `ask`.
            by: what a group is: an "outlet", a "kind" of outlets, a "host" (the site that a text was taken from), a
                "country" or a "year".
            sides: groups that you name, each with its outlets, kinds of outlets or countries, instead of `by`:
                {"state": ["Press TV", "IRNA"], "exile": ["NCRI"]}; or names of sides that are saved (`save_side`).
            k: maximum number of rows, 1 to 1,000; sides all have one.
            outlets: as for `ask`, and so are those below.
            after: first day allowed.
            before: last day allowed.
            previous: the previous question or its answer, if this may be a follow-up.
            asked_on: the day that "last year" counts from.
            ignore: words that are to have no effect; "all" also for those that name sides.
            min_confidence: show rows from this probability on.
            outlet_kinds: one or several kinds of outlets.
            undated: whether undated articles may be shown.
            exclude_outlets: one or several outlets not to search.
            strict: whether rows whose passage may not answer are left out.

        Returns:
            The rows, the best first, and the silent groups.

        Raises:
            QuestionError: for arguments that make no sense.
            CitationError: if what would be shown is not what is stored.
        """
        if by not in GROUPINGS:
            raise QuestionError(f"articles cannot be compared by {by!r}; choose from {', '.join(GROUPINGS)}")
        query = Query.of(
            question, k, outlets, after, before, as_previous(previous), asked_on, ignore, min_confidence, outlet_kinds,
            undated, exclude_outlets, strict=strict,
        )  # fmt: skip

        def compared(view: View, query: Query) -> tuple[Comparison, bool]:
            catalogue = load_catalogue(view.catalogue)
            grouping, wanted = self._grouping(view, catalogue, query, by, sides)
            if refused := self._composer.refuse(view, wanted):
                return Comparison(
                    grouping.by, refused, sides=grouping.sides, several=grouping.several, asked=wanted.text
                ), True
            _, parsed, vector = self._parse(view, wanted)
            with self._store.reading(view.generation):
                found = find_groups(view, self._store, parsed, vector, grouping, query.k, self.reranker, self.reader)
                made = compare(self._composer, view, catalogue, self.confidence_model, wanted, parsed, found, grouping)
                asked = replace(made, answer=replace(made.answer, question=query.text), asked=wanted.text)
                return replace(asked, several=dict(grouping.several)), not found.changed

        return self._current.use(lambda view: made_or_suggested(view, query, compared))

    def timeline(
        self,
        question: str,
        k: int = 30,
        outlets: Names = None,
        after: Day = None,
        before: Day = None,
        previous: str | Answer | Previous | None = None,
        asked_on: Day = None,
        ignore: Names = (),
        min_confidence: float | None = None,
        outlet_kinds: Names = None,
        undated: bool | None = None,
        exclude_outlets: Names = None,
        strict: bool = False,
    ) -> Timeline:
        """Return sentences that answer a question, word for word, in the order of when what they tell happened.

        That is the date which the sentence states, or its article's title or first sentences for the same event, where
        it is clear; else the date of the article. Each entry says which of these it is, and in which words.

        Args:
            question: as for `ask`.
            k: maximum number of entries, 1 to 1,000; there is one for each source on a date.
            outlets: one or several, as for `ask`.
            after: first day allowed, of the articles, as for `ask`.
            before: last day allowed, likewise.
            previous: the previous question or its answer, as for `ask`.
            asked_on: the day that "last year" counts from, as for `ask`.
            ignore: words of constraints that are not to be applied; "all" for all.
            min_confidence: show passages from this probability on, as for `ask`.
            outlet_kinds: one or several kinds of outlets.
            undated: whether articles without a date may be shown, as for `ask`.
            exclude_outlets: one or several outlets not to search.
            strict: whether passages that may not answer are left out.

        Returns:
            The entries that answer best, those with a date first, the earliest first.

        Raises:
            QuestionError: for arguments that make no sense.
            CitationError: if what would be shown is not what is stored.
        """
        query = Query.of(
            question, k, outlets, after, before, as_previous(previous), asked_on, ignore, min_confidence, outlet_kinds,
            undated, exclude_outlets, strict=strict,
        )  # fmt: skip

        def chronicle(view: View, query: Query) -> tuple[Timeline, bool]:
            if refused := self._composer.refuse(view, query):
                return Timeline(refused), True
            catalogue, parsed, vector = self._parse(view, query)
            with self._store.reading(view.generation):
                found = find(view, self._store, parsed, vector, pool_size(query.k), self.reranker, self.reader)
                return chronology(
                    self._composer, view, catalogue, self.confidence_model, query, parsed, found, self.reranker
                ), not found.changed

        return self._current.use(lambda view: made_or_suggested(view, query, chronicle))

    def coverage(
        self,
        question: str | None = None,
        article_id: str | None = None,
        window_days: int = 7,
        k: int = 10,
        outlets: Names = None,
        after: Day = None,
        before: Day = None,
        asked_on: Day = None,
        ignore: Names = (),
        outlet_kinds: Names = None,
        undated: bool | None = None,
        exclude_outlets: Names = None,
        strict: bool = False,
    ) -> Coverage:
        """Return which outlets told one event: who was first, who later, who printed whose text, and who is silent.

        The event is what an article tells: the one given, or that of the best passage for a question.

        Args:
            question: as for `ask`, or None.
            article_id: the article, instead of a question.
            window_days: how many days before and after the article's date are looked at, 0 to 3,660.
            k: maximum number of reports, 1 to 1,000; each is of another outlet.
            outlets: the outlets of which articles may be reports, and answer the question.
            after: the first day of these articles.
            before: the last day of them.
            asked_on: the day that words of the question such as "last year" count from, as for `ask`.
            ignore: words of the question's constraints that are not to be applied.
            outlet_kinds: the kinds of outlets of these articles.
            undated: whether undated articles may be shown, apart; by default unless a span is asked for.
            exclude_outlets: outlets whose articles are left out.
            strict: whether no event is taken from a passage that may not answer the question.

        Returns:
            The reports, the earliest first, and the silent outlets.

        Raises:
            QuestionError: for arguments that make no sense, or unless one of question and article is given.
            LibraryError: if there is no such article, or it is retired.
            CitationError: if what would be shown is not what is stored.
        """
        check(article_id, question, window_days)
        query = Query.of(
            "the event" if question is None else question, k, outlets, after, before, None, asked_on, ignore, None,
            outlet_kinds, undated, exclude_outlets, strict=strict,
        )  # fmt: skip
        if article_id is not None:
            self.article(article_id)  # an error that says what to do, where there is none

        def covered(view: View) -> tuple[Coverage, bool]:
            answer, current = None, True
            if question is not None:
                answer, current = answer_or_suggested(view, replace(query, k=1), self._answer)
                if not answer.found:
                    return Coverage(question=question, answer=answer), current
            of = answer.passages[0].article_id if answer else article_id or ""
            catalogue = load_catalogue(view.catalogue)
            asked = Asked(window_days, k, resolve_filters(view, catalogue, query), question, answer)
            with self._store.reading(view.generation):
                found, whole = cover(view, self._store, self._encoder.question_vector, catalogue, of, asked)
                return found, whole and current

        return self._current.use(covered)

    def dossier(
        self,
        question: str,
        by: By = "outlet",
        sides: Sides | None = None,
        k: int = 15,
        outlets: Names = None,
        after: Day = None,
        before: Day = None,
        previous: str | Answer | Previous | None = None,
        asked_on: Day = None,
        ignore: Names = (),
        min_confidence: float | None = None,
        outlet_kinds: Names = None,
        undated: bool | None = None,
        exclude_outlets: Names = None,
        strict: bool = False,
        accessed: dt.date | None = None,
    ) -> Dossier:
        """Return what groups of articles say about a question, and when, as a file that can be checked again.

        Args:
            question: as for `compare`, and so is all below but the last.
            by: what a group is.
            sides: groups that you name.
            k: maximum number of rows.
            outlets: one or several; of the timeline, those on the sides by default.
            after: first day allowed.
            before: last day allowed.
            previous: the previous question or its answer.
            asked_on: the day that "last year" counts from.
            ignore: words that are to have no effect.
            min_confidence: show passages from this probability on.
            outlet_kinds: one or several kinds of outlets.
            undated: whether undated articles may be shown.
            exclude_outlets: one or several outlets not to search.
            strict: whether passages that may not answer are left out.
            accessed: the day of asking that the file says; today by default.

        Returns:
            The dossier; its `write` makes a file of it, in HTML, Markdown or PDF.

        Raises:
            QuestionError: for arguments that make no sense.
            CitationError: if what would be shown is not what is stored.
        """
        from rag.comparison.dossier.dossier import compile_dossier

        for last in (False, True):
            generation = self.generation
            comparison = self.compare(
                question, by, sides, k, outlets, after, before, previous, asked_on, ignore, min_confidence,
                outlet_kinds, undated, exclude_outlets, strict,
            )  # fmt: skip
            named = [name for side in comparison.sides.values() for name in side]
            timeline = self.timeline(
                comparison.asked or question, TIMELINE_ENTRIES, outlets or named or None, after, before, previous,
                asked_on, ignore, min_confidence, outlet_kinds, undated, exclude_outlets, strict,
            )  # fmt: skip
            if last or self.generation == generation:  # both are of one state of the index
                break
        return compile_dossier(
            comparison, timeline, self.article, self.catalogue, accessed or dt.date.today(), generation
        )  # fmt: skip

    def sides(self) -> dict[str, tuple[str, ...]]:
        """Return the sides that are saved with the index: what is on each, by its name."""
        return saved_sides(self._store)

    def save_side(self, name: str, outlets: Names) -> tuple[str, ...]:
        """Save a side with the index, in the place of one of that name, so that `compare` can be given its name.

        Args:
            name: its name, at most 100 characters.
            outlets: what is on it, as for `compare`; None to delete the side.

        Returns:
            The outlets of the index that are on it now.

        Raises:
            QuestionError: for a name that nothing knows, too many sides, or a side to delete that there is none of.
            LibraryError: if the index may not be written.
        """
        contents = self._current.contents()
        found = () if outlets is None else members(contents.columns, load_catalogue(contents.catalogue), name, outlets)
        listed = (outlets,) if isinstance(outlets, str) else tuple(outlets or ())
        with self._store.writing() as writer:
            saved = self.sides()
            if outlets is None and name.casefold() not in map(str.casefold, saved):
                raise QuestionError(f"no side {name!r} is saved; those saved are {', '.join(saved) or 'none'}")
            others = {side: own for side, own in saved.items() if side.casefold() != name.casefold()}
            saved = others | ({name: listed} if listed else {})
            if len(saved) > MAX_SAVED:
                raise QuestionError(f"at most {MAX_SAVED} sides can be saved; delete some first")
            writer.save_setting(SIDES, json.dumps(saved))
        self._current.refresh()
        return found

    def _grouping(
        self, view: View, catalogue: Catalogue, query: Query, by: By, sides: Sides | None
    ) -> tuple[Grouping, Query]:
        """Return what articles are grouped by, and the question without the words that say so."""
        indexed = tuple(outlet for outlet in view.columns.outlets if outlet)
        found: dict[str, tuple[str, ...]] = {}
        several: dict[str, tuple[str, ...]] = {}
        if sides:
            found = resolve_sides(view, catalogue, sides, self.sides())
        elif (
            by == "outlet" and "all" not in query.ignore and (asked := asked_comparison(query.text, catalogue, indexed))
        ):
            named = sides_in_words(view, catalogue, asked.sides)
            found, several = named.outlets, named.several
            if not any(found.values()):  # the catalogue knows no such outlet: that nothing is said would be untrue
                return Grouping(by, catalogue), query
            query = replace(query, text=asked.question)
        if not found:
            return Grouping(by, catalogue), query
        outlets = tuple(outlet for own in found.values() for outlet in own)
        query = replace(query, outlets=outlets) if outlets and not query.outlets else query
        return Grouping("side", catalogue, found, several), query

    def _answer(self, view: View, query: Query, added_after: int | None = None) -> tuple[Answer, bool]:
        """Return the answer to a question, and whether nothing had to be left out because it has changed.

        Args:
            view: the passages to search.
            query: the question.
            added_after: only articles put in after this place may answer (`Store.added_before`); None for all.
        """
        if refused := self._composer.refuse(view, query):
            return refused, True
        catalogue, parsed, vector = self._parse(view, query)
        with self._store.reading(view.generation):
            if added_after is not None:
                parsed = replace(parsed, filters=replace(parsed.filters, added_after=added_after))
            found = find(view, self._store, parsed, vector, pool_size(query.k), self.reranker, self.reader)
            return self._composer.compose(
                view, catalogue, self.confidence_model, query, parsed, found.passages, found.changed
            ), not found.changed

    def _parse(self, view: View, query: Query) -> tuple[Catalogue, ParsedQuery, Vectors]:
        catalogue = load_catalogue(view.catalogue)
        parsed = parse(view, catalogue, query, self._encoder.languages)
        return catalogue, parsed, self._encoder.question_vector(parsed.encoded)
