"""Follow what is published: the sources that an index is updated from, and the questions that are asked of what is new.

The Library in `rag.library` adds asking to it.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence

from rag.answer.answer import Answer
from rag.answer.citation import Citation
from rag.answer.grade import ANSWERS, NEAR
from rag.answer.watching import (
    News,
    Since,
    Watched,
    WatchReport,
    moment,
    save_questions,
    saved_questions,
    with_question,
    without_question,
)
from rag.comparable import ComparableLibrary
from rag.errors import InputError
from rag.ingest import sources as following
from rag.ingest.pipeline import Job
from rag.ingest.sources import Source, SourceOutcome, Update
from rag.query.query import Day, Names, Query
from rag.retrieval.filters import resolve_filters
from rag.stores.base import View


class FollowingLibrary(ComparableLibrary):
    """Articles that are updated from sources, and watched for what is new."""

    def sources(self) -> tuple[Source, ...]:
        """Return the feeds, pages, files and folders that `update` reads, in the order of adding."""
        return following.saved_sources(self._store)

    def add_source(self, address: str | os.PathLike[str]) -> Source:
        """Save a source with the index. It is not read yet.

        Args:
            address: the http(s) URL of a feed or page, or a file or folder.

        Returns:
            The source.

        Raises:
            InputError: if it is none that can be read, or a source already.
        """
        self._change_sources(lambda saved: following.with_source(saved, address))
        return self.sources()[-1]

    def remove_source(self, address: str | os.PathLike[str]) -> None:
        """Delete a source from the list; its articles stay in the index.

        Args:
            address: as it was added.

        Raises:
            InputError: if it is no source.
        """
        self._change_sources(lambda saved: following.without_source(saved, address))

    def update(self, wait: bool = True, progress: Callable[[SourceOutcome], None] | None = None) -> Update:
        """Read every source again, and add what is new or changed; nothing is retired.

        A source that cannot be read holds up no other. Sites are asked politely: one request at a time, with pauses, as
        their robots.txt allows, and only for what has changed.

        Args:
            wait: whether to wait until no other process is writing to the index.
            progress: called with what was done, after each source is read and before its articles are added.

        Returns:
            What was done with each source.

        Raises:
            InputError: if there are no sources.
            LibraryError: if the index may not be written, or another process writes and `wait` is False.
        """
        sources = self.sources()
        if not sources:
            raise InputError("the index has no sources; save one with: according sources add URL")
        gathered = following.gather(sources, self.catalogue, progress, self._store.skipped())
        job = Job(gathered.inputs, False, wait=wait, kept=gathered.kept)
        report = self._run(job) if gathered.inputs else None
        if any(gathered.states.get(source.address) != source for source in sources):
            self._change_sources(lambda saved: [gathered.states.get(s.address, s) for s in saved], wait)
        return gathered.finished(report)

    def _change_sources(self, change: Callable[[Sequence[Source]], Sequence[Source]], wait: bool = True) -> None:
        with self._store.writing(wait) as writer:
            following.save(writer, change(self.sources()))
        self._current.refresh()

    def watch(
        self,
        question: str,
        outlets: Names = None,
        after: Day = None,
        before: Day = None,
        ignore: Names = (),
        outlet_kinds: Names = None,
        undated: bool | None = None,
        exclude_outlets: Names = None,
    ) -> Watched:
        """Save a question with the index, to be asked of what is new (`news`).

        Args:
            question: as for `ask`, and so are the filters.
            outlets: one or several; any spelling that the catalogue or the index knows.
            after: first day allowed, of the articles' dates.
            before: last day allowed, likewise.
            ignore: words of constraints that are not to be applied.
            outlet_kinds: one or several kinds of outlets.
            undated: whether articles without a date may be shown.
            exclude_outlets: one or several outlets not to search.

        Returns:
            The question as it is saved.

        Raises:
            QuestionError: for arguments that make no sense, or a question that is watched already.
        """
        added = Watched.of(question, outlets, after, before, ignore, outlet_kinds, undated, exclude_outlets)
        resolve_filters(self._view(), self.catalogue, added.query(1))
        with self._store.writing() as writer:
            save_questions(writer, with_question(self.watched(), added))
        self._current.refresh()
        return added

    def watched(self) -> tuple[Watched, ...]:
        """Return the questions that are saved with the index, in the order of saving."""
        return saved_questions(self._store)

    def unwatch(self, question: str) -> None:
        """Delete a question from those that are saved.

        Args:
            question: its words, or its number in the list, from 1 on.

        Raises:
            QuestionError: if it is none of them.
        """
        with self._store.writing() as writer:
            save_questions(writer, without_question(self.watched(), question))
        self._current.refresh()

    def news(self, since: Since, near: bool = False, k: int = 10) -> WatchReport:
        """Return what answers the saved questions in articles that were put into the index since a time.

        That is when an article was added, or its text changed, not when it was published.

        Args:
            since: the time: "7d", "12h" or "2w" ago, a day, or a time; without a time zone, this machine's.
            near: whether passages that may not answer are among them.
            k: maximum number of passages for each question, 1 to 1,000.

        Returns:
            What is new for each question.

        Raises:
            QuestionError: for a time or a number that makes no sense.
        """
        start, questions = moment(since), self.watched()
        found = self._new_answers([watched.query(k) for watched in questions], start)
        grades = (ANSWERS, NEAR) if near else (ANSWERS,)
        news = (
            News(watched, tuple(p for p in answer.passages if p.grade in grades))
            for watched, answer in zip(questions, found, strict=True)
        )
        return WatchReport(start, self.generation, tuple(news))

    def new_passages(self, query: Query, since: Since) -> tuple[Citation, ...]:
        """Return what answers one question in articles that were put into the index since a time, as `news` does.

        Args:
            query: the question, with its filters.
            since: the time, as for `news`.

        Returns:
            Passages that answer, the best first. Nothing is searched if nothing was put in since.

        Raises:
            QuestionError: for a time or a filter that makes no sense.
        """
        start = moment(since)
        if self._store.added_before(start) >= self._store.added_before(dt.datetime.now(dt.UTC)):
            return ()
        (answer,) = self._new_answers([query], start)
        return tuple(passage for passage in answer.passages if passage.grade == ANSWERS)

    def added_since(self, since: Since, article_ids: Sequence[str]) -> frozenset[str]:
        """Return which of some articles were put into the index since a time, as `news` counts it.

        Args:
            since: the time, as for `news`.
            article_ids: their ids.

        Returns:
            The ids of those that were.

        Raises:
            QuestionError: for a time that makes no sense.
        """
        return frozenset(self._store.added_after(self._store.added_before(moment(since)), article_ids))

    def _new_answers(self, queries: Sequence[Query], since: dt.datetime) -> list[Answer]:
        place = self._store.added_before(since)

        def answers(view: View) -> tuple[list[Answer], bool]:
            found = [self._answer(view, query, place) for query in queries]
            return [answer for answer, _ in found], all(whole for _, whole in found)

        return self._current.use(answers)
