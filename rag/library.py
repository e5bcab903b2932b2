"""The Python API: build or open a Library, and ask it. The packages behind it do the work."""

from __future__ import annotations

import os
from pathlib import Path

from rag import readers
from rag.answer.answer import Answer, as_previous
from rag.answer.suggestions import answer_or_suggested
from rag.following import FollowingLibrary
from rag.ingest.pipeline import Job, Paths, connects_to_cluster, listed
from rag.ingest.reading_processes import check_workers
from rag.models.encoder import Encoder, check_precision
from rag.models.extractive_reader import LazyReader, Reader
from rag.models.lazy_encoder import load
from rag.models.reranker import AUTO, LazyReranker, Reranker
from rag.provenance.catalogue import read_catalogue
from rag.query.aliases import read_own_list
from rag.query.previous import Previous
from rag.query.query import RELEVANCE, Day, Names, Query
from rag.readers.columns import Columns, Fields
from rag.retrieval.scored_passage import Hit
from rag.retrieval.search import find
from rag.stores.base import Location, Manifest, View
from rag.stores.location import check_encoder, create_store, exists, open_store


def build(
    paths: Paths,
    index: Location = "index",
    encoder: Encoder | str | None = None,
    catalogue: str | os.PathLike[str] | None = None,
    aliases: str | os.PathLike[str] | None = None,
    fetch: bool = False,
    wait: bool = True,
    precision: str = "auto",
    engine: str = "local",
    follow_links: bool = False,
    retire: bool = False,
    fields: Fields | None = None,
    workers: int = 1,
) -> Library:
    """Make the index hold what the paths hold, and open it; its `report` says what changed.

    New articles are added, changed ones updated, absent ones retired (more than half of the index only with `retire`);
    what is unchanged is not encoded again. What was done before any other error, or a crash, is kept.

    Args:
        paths: files and folders, also at URLs that fsspec knows (s3://bucket/folder); with `fetch`, http(s) URLs too.
        index: the folder of the index; `milvus://host:19530/name` or a path that ends in `.db` keeps it in Milvus.
        encoder: a sentence-transformers name or path, or an Encoder; by default the index's own.
        catalogue: a TOML file that extends and overrides the catalogue of outlets; stored with the index.
        aliases: a TOML file of names with several spellings, added to those that articles explain; likewise stored.
        fetch: whether URLs among the paths may be fetched.
        wait: whether to wait until no other process is writing to the index.
        precision: of the encoding of texts, see `SentenceEncoder`.
        engine: where to read and encode: "local", here, or "ray", on the cluster of $RAY_ADDRESS, else a local one.
        follow_links: whether links inside folders are followed; each real folder is read once.
        retire: whether more than half of the articles may be retired; else such a build stops before any change.
        fields: columns of tables and records by the field that they are read as: {"text": "Body", "outlet": "Paper"}.
        workers: in how many processes to work, this one among them: the others read pages, PDF files and archives, if
            there are many.

    Returns:
        The library, opened.

    Raises:
        InputError: for a path or field that does not exist, or a catalogue or list of aliases that cannot be read.
        LibraryError: for another encoder than the index's, if another process writes and `wait` is False, or `retire`.
        EncoderError: if the encoder cannot be loaded.
    """
    columns, workers = Columns(fields), check_workers(workers)
    on_cluster = connects_to_cluster(engine)
    inputs = readers.resolve_inputs(listed(paths), fetch, follow_links)  # first: a mistyped path leaves nothing behind
    extra = None if catalogue is None else read_catalogue(Path(catalogue))
    own_aliases = None if aliases is None else read_own_list(Path(aliases))
    library = _open(index, encoder, create=True, wait=wait, precision=precision)
    job = Job(inputs, True, retire, extra, own_aliases, None, wait, on_cluster, columns=columns, workers=workers)
    library._run(job)
    return library


def open(
    index: Location = "index",
    encoder: Encoder | str | None = None,
    reranker: Reranker | str | None = AUTO,
    precision: str = "auto",
    reader: Reader | str | None = AUTO,
) -> Library:
    """Open the library in folder `index`.

    Args:
        index: the folder of the index, or a library in Milvus, as for `build`.
        encoder: a sentence-transformers name or path, or an Encoder; by default the index's own.
        reranker: the model that reads the best passages, by name or path, or a Reranker; "auto" for $RERANKER or the
            default one, where it is installed; None for none.
        precision: of the encoding of texts that are added, as for `build`.
        reader: the model that finds the words that answer in a passage, or that none do: a transformers model for
            question answering by name or path, or a Reader; "auto" for $READER, without which there is none.

    Returns:
        The library. Encoder and reader are loaded at the first question.

    Raises:
        LibraryError: if there is no index, or it does not fit the encoder.
        EncoderError: if the reranker cannot be loaded.
    """
    library = _open(index, encoder, create=False, precision=precision)
    library._reranker, library._reader = LazyReranker(reranker), LazyReader(reader)
    return library


def _open(
    index: Location, encoder: Encoder | str | None, create: bool, wait: bool = True, precision: str = "auto"
) -> Library:
    check_precision(precision)
    loaded = None if encoder is None or isinstance(encoder, str) else encoder
    if create and not exists(index):
        loaded = load(encoder, precision)
        store = create_store(index, Manifest(loaded.name, loaded.dimension), wait)
    else:
        store = open_store(index, wait)
    name = encoder if isinstance(encoder, str) else loaded.name if loaded else None
    check_encoder(store, name, loaded.dimension if loaded else None)
    return Library(store, loaded, precision)


class Library(FollowingLibrary):
    """Articles that can be asked, changed and looked at. Made by `build` or `open`; safe to use from several threads.

    Attributes:
        report: what the last build or addition did.
    """

    def ask(
        self,
        question: str,
        k: int = 5,
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
        order: str = RELEVANCE,
        strict: bool = False,
    ) -> Answer:
        """Return passages that answer a question, word for word, and how sure that is: `Answer.grade`.

        It is "answers", "near" for the nearest passages, which may not answer, or "nothing".

        What the question says about outlets and time narrows the search or puts articles first, and is listed in
        `Answer.constraints`. Filters given here override it.

        Args:
            question: at most 2,000 characters.
            k: maximum number of passages, 1 to 1,000.
            outlets: one or several; any spelling that the catalogue or the index knows.
            after: first day allowed, a date or "YYYY-MM-DD".
            before: last day allowed, likewise.
            previous: the previous question or its answer, if this may be a follow-up; completes it if it is.
            asked_on: the day that "last year" counts from; "now" for today, or the newest article's if that is older.
            ignore: words of constraints that are not to be applied, as `Answer.constraints` has them; "all" for all.
            min_confidence: show passages from this probability on, 0 to 1, not the fitted one; 0 shows what is nearest.
            outlet_kinds: one or several kinds of outlets; "unclassified" for outlets that have none in the catalogue.
            undated: whether articles without a date may be shown; by default unless a span of time is asked for.
            exclude_outlets: one or several outlets not to search; articles whose outlet is not known are searched.
            order: what comes first, "relevance" or, of what fits well, the "newest" or the "oldest".
            strict: whether passages that may not answer are left out.

        Returns:
            The answer, with at most `k` passages.

        Raises:
            QuestionError: for arguments that make no sense.
            CitationError: if what would be shown is not what is stored.
        """
        query = Query.of(
            question, k, outlets, after, before, as_previous(previous), asked_on, ignore, min_confidence, outlet_kinds,
            undated, exclude_outlets, order, strict,
        )  # fmt: skip

        return self._current.use(lambda view: answer_or_suggested(view, query, self._answer))

    def search(
        self,
        question: str,
        k: int = 100,
        outlets: Names = None,
        after: Day = None,
        before: Day = None,
        asked_on: Day = None,
        previous: str | Answer | Previous | None = None,
        ignore: Names = (),
        outlet_kinds: Names = None,
        undated: bool | None = None,
        exclude_outlets: Names = None,
        order: str = RELEVANCE,
    ) -> list[Hit]:
        """Return the `k` passages nearest to a question, best first, whether they answer it or not.

        Args:
            question: at most 2,000 characters.
            k: maximum number of passages, 1 to 1,000.
            outlets: one or several; any spelling that the catalogue or the index knows.
            after: first day allowed, a date or "YYYY-MM-DD".
            before: last day allowed, likewise.
            asked_on: the day that "last year" counts from, as for `ask`.
            previous: the previous question or its answer, as for `ask`.
            ignore: words of constraints that are not to be applied; "all" for all.
            outlet_kinds: one or several kinds of outlets.
            undated: whether articles without a date may be found; by default unless a span of time is asked for.
            exclude_outlets: one or several outlets not to search.
            order: what comes first, as for `ask`.

        Returns:
            At most `k` passages, each with its score.

        Raises:
            QuestionError: for arguments that make no sense.
        """
        query = Query.of(
            question, k, outlets, after, before, as_previous(previous), asked_on, ignore, None, outlet_kinds, undated,
            exclude_outlets, order,
        )  # fmt: skip

        def hits(view: View) -> tuple[list[Hit], bool]:
            _, parsed, vector = self._parse(view, query)
            with self._store.reading(view.generation):
                found = find(view, self._store, parsed, vector, k, self.reranker)
                return [passage.hit for passage in found.passages[:k]], not found.changed

        return self._current.use(hits)
