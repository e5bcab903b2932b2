"""Add and remove articles, and compact the files. Nothing of it is needed for asking, nor the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from rag import readers
from rag.article import Article
from rag.browse import ReadOnlyLibrary
from rag.errors import LibraryError, log
from rag.ingest.find_aliases import alias_grouper
from rag.ingest.outcome import Progress
from rag.ingest.pipeline import Job, Paths, Pipeline, listed
from rag.ingest.reading_processes import check_workers
from rag.ingest.report import Report
from rag.models.encoder import Encoder, check_precision
from rag.models.extractive_reader import LazyReader, Reader
from rag.models.lazy_encoder import LazyEncoder
from rag.models.reranker import LazyReranker, Reranker
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.readers.columns import Columns, Fields
from rag.stores.base import CONFIDENCE_MODEL, Location, Store, View
from rag.stores.current_view import CurrentView
from rag.stores.location import check_encoder, open_store

if TYPE_CHECKING:
    from rag.answer.citation import Citation
    from rag.answer.confidence import ConfidenceModel


def open_to_change(index: Location, encoder: str | None = None, precision: str = "auto") -> UpdatableLibrary:
    """Open an index to change it: in half the time that `rag.open` takes, which loads what answers questions.

    Raises:
        LibraryError: as `rag.open` does.
        EncoderError: for an unknown precision.
    """
    check_precision(precision)
    store = open_store(index)
    check_encoder(store, encoder)
    return UpdatableLibrary(store, None, precision)


class UpdatableLibrary(ReadOnlyLibrary):
    """Articles that can be changed and looked at.

    Attributes:
        report: what the last build or addition did.
    """

    def __init__(self, store: Store, encoder: Encoder | None = None, precision: str = "auto"):
        self._current = CurrentView(store)
        super().__init__(store, self._current.contents)
        self.report = Report()
        self._encoder = LazyEncoder(store.manifest.encoder, precision, encoder)
        self._reranker, self._reader = LazyReranker(), LazyReader()
        self._warned = False

    @property
    def reranker(self) -> Reranker | None:
        """The model that reads the best passages; None if there is none."""
        return self._reranker.get()

    @property
    def reader(self) -> Reader | None:
        """The model that finds the words that answer; None if there is none."""
        return self._reader.get()

    @property
    def confidence_model(self) -> ConfidenceModel:
        """How sure an answer must be; a warning is logged, once, if it was fitted with a reader that is not in use."""
        model = super().confidence_model
        if model.reader not in (None, self._reader.name) and not self._warned:
            from rag.answer.confidence import FIT_AGAIN

            self._warned = True
            log.warning(
                "the confidence model of this index was fitted with the reader %r; without it confidence is too "
                "low: open the index with it (reader=, --reader), or %s",
                model.reader,
                FIT_AGAIN,
            )
        return model

    @property
    def generation(self) -> int:
        """How often the index had changed when what questions are now asked of was loaded."""
        return self._current.get().generation

    @property
    def catalogue(self) -> Catalogue:
        """The outlets known by name; once a question was asked, those with which questions are answered."""
        view = self._current.view
        return super().catalogue if view is None else load_catalogue(view.catalogue)

    @property
    def passage_count(self) -> int:
        """How many passages can be found."""
        return self._view().passage_count

    def prepare(self) -> None:
        """Load the models and the passages now (some seconds), rather than at the first question."""
        self._view()
        self._encoder.get()
        self._reranker.get()
        self._reader.get()

    def with_copies(self, citation: Citation) -> Citation:
        """Return a citation of a current text with who else prints its words, and what near-copies changed.

        Args:
            citation: the citation.

        Returns:
            The same with copies and variants.

        Raises:
            CitationError: if the article has just changed.
        """

        from rag.answer.copies import with_copies

        def copied(view: View) -> tuple[Citation, bool]:
            with self._store.reading(view.generation):
                cited, _ = with_copies(citation, None, view, self._store, load_catalogue(view.catalogue))
                return cited, view.generation == self._store.generation()

        return self._current.use(copied)

    def add(
        self,
        paths: Paths,
        fetch: bool = False,
        wait: bool = True,
        sources: Mapping[str, str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        follow_links: bool = False,
        fields: Fields | None = None,
        each: Callable[[Article], None] | None = None,
        workers: int = 1,
    ) -> Report:
        """Add the articles of files and folders, and update those that changed.

        Args:
            paths: files and folders, as for `build`.
            fetch: whether URLs among the paths may be fetched.
            wait: whether to wait until no other process is writing to the index.
            sources: of files that readers upload, what they are to be called in the index, by path. The articles of
                uploads are kept apart: whatever id or address they state, they never replace another article.
            progress: called with how far the addition is: for each article that is read, in the thread that reads,
                and once all are stored.
            follow_links: whether links inside folders are followed, as for `build`.
            fields: columns of tables and records by the field that they are read as, as for `build`.
            each: called with each article that is read, in the thread that reads, before it is stored.
            workers: in how many processes to work, as for `build`; with `each` or `sources` in this one alone.

        Returns:
            What was done; its `by_source` says what became of each file.

        Raises:
            AccordingError: as `build` does.
        """
        columns = Columns(fields)
        inputs = readers.resolve_inputs(listed(paths), fetch, follow_links)
        job = Job(
            inputs, False, uploads=sources, wait=wait, progress=progress, columns=columns, each=each,
            workers=check_workers(workers),
        )  # fmt: skip
        return self._run(job)

    def remove(self, article_ids: str | Iterable[str], wait: bool = True) -> int:
        """Delete articles with their text and their earlier versions; `compact` clears the last traces from the files.

        Args:
            article_ids: one id or several.
            wait: as for `build`.

        Returns:
            The number of articles removed.

        Raises:
            LibraryError: for an unknown id; then nothing is removed.
        """
        ids = [article_ids] if isinstance(article_ids, str) else list(article_ids)
        with self._store.writing(wait) as writer:
            for article_id in ids:
                if article_id not in self:
                    raise self._unknown(article_id)
            writer.remove(ids, alias_grouper(self._store))
        self._current.refresh()
        return len(set(ids))

    def compact(self, wait: bool = True) -> tuple[int, int] | None:
        """Shrink the files, and erase removed articles from them. Temporarily needs disk space for a second copy.

        The texts of earlier versions stay, their vectors do not: one that comes back is encoded again.

        Args:
            wait: whether to wait until no other process is writing to the index.

        Returns:
            Bytes before and after; None where Milvus keeps the index.
        """
        return self._store.compact(wait)

    def set_confidence_model(self, model: ConfidenceModel) -> None:
        """Store a confidence model with the index, for all that ask it.

        Args:
            model: fitted for the index's encoder.

        Raises:
            LibraryError: if it was fitted for another encoder.
        """
        if model.encoder != self.encoder:
            raise LibraryError(
                f"the confidence model was fitted for {model.encoder!r}, the index's encoder is {self.encoder!r}"
            )
        with self._store.writing() as writer:
            writer.save_setting(CONFIDENCE_MODEL, model.to_json())

    def _reranker_name(self) -> str | None:
        return self.reranker.name if self.reranker else None

    def _view(self) -> View:
        """The passages that can be found now."""
        return self._current.get()

    def _run(self, job: Job) -> Report:
        """Take articles into the index."""
        self.report = Pipeline(self._store, self._encoder, super().catalogue).run(job)
        self.report.timed("indexing", self._current.refresh)
        return self.report
