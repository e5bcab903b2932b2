"""Read across the articles of a library: who says what about one question, when, and who is silent.

The Library in `rag.library` adds asking to it.
"""

from __future__ import annotations

from dataclasses import replace

from rag.answer.answer import Answer, as_previous
from rag.answer.compose import Composer, pool_size
from rag.answer.suggestions import answer_or_suggested
from rag.comparison.chronology import chronology
from rag.comparison.compare import compare
from rag.comparison.comparison import GROUPINGS, By, Comparison
from rag.comparison.find import find_groups
from rag.comparison.grouping import Grouping
from rag.comparison.sides import Sides, resolve_sides
from rag.comparison.timeline import Timeline
from rag.errors import QuestionError
from rag.models.encoder import Encoder, Vectors
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.query.previous import Previous
from rag.query.query import Day, Names, Query
from rag.retrieval.parse import ParsedQuery, parse
from rag.retrieval.search import find
from rag.stores.base import Store, View
from rag.update import UpdatableLibrary


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
        k: int = 12,
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

        Args:
            question: as for `ask`.
            by: what a group is: an "outlet", a "kind" of outlets, a "host" (the site that a text was taken from), a
                "country" or a "year".
            sides: groups that you name, each with its outlets, kinds of outlets or countries, instead of `by`:
                {"state": ["Press TV", "IRNA"], "exile": ["NCRI"]}.
            k: maximum number of rows, 1 to 1,000; sides all have one.
            outlets, after, before, previous, asked_on, ignore, min_confidence, outlet_kinds, undated, exclude_outlets,
                strict: as for `ask`.

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

        def compared(view: View) -> tuple[Comparison, bool]:
            catalogue = load_catalogue(view.catalogue)
            grouping = Grouping("side", catalogue, resolve_sides(view, catalogue, sides)) if sides else None
            grouping = grouping or Grouping(by, catalogue)
            if refused := self._composer.refuse(view, query):
                return Comparison(grouping.by, refused, sides=grouping.sides), True
            _, parsed, vector = self._parse(view, query)
            with self._store.reading(view.generation):
                found = find_groups(view, self._store, parsed, vector, grouping, query.k, self.reranker, self.reader)
                return compare(
                    self._composer, view, catalogue, self.confidence_model, query, parsed, found, grouping
                ), not found.changed

        return self._current.use(compared)

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
            outlets, after, before, previous, asked_on, ignore, min_confidence, outlet_kinds, undated, exclude_outlets,
                strict: as for `ask`; filters on dates are for those of the articles.

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
        made: list[Timeline] = []

        def answer(view: View, query: Query) -> tuple[Answer, bool]:
            if refused := self._composer.refuse(view, query):
                made.append(Timeline(refused))
                return refused, True
            catalogue, parsed, vector = self._parse(view, query)
            with self._store.reading(view.generation):
                found = find(view, self._store, parsed, vector, pool_size(query.k), self.reranker, self.reader)
                made.append(
                    chronology(
                        self._composer, view, catalogue, self.confidence_model, query, parsed, found, self.reranker
                    )
                )
            return made[-1].answer, not found.changed

        shown = self._current.use(lambda view: answer_or_suggested(view, query, answer))
        return replace(next(t for t in made if t.answer.passages is shown.passages), answer=shown)

    def _parse(self, view: View, query: Query) -> tuple[Catalogue, ParsedQuery, Vectors]:
        catalogue = load_catalogue(view.catalogue)
        parsed = parse(view, catalogue, query, self._encoder.languages)
        return catalogue, parsed, self._encoder.question_vector(parsed.encoded)
