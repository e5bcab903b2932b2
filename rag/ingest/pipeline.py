"""Files -> a store: read, compare with what is stored, split, encode and store what is new, find duplicates, aliases.

Runs builds and additions. What was done before an error, or before the process was killed, is
kept: each batch is a transaction.
"""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from rag import readers
from rag.article import Article
from rag.errors import LibraryError
from rag.ingest import parquet, ray_cluster
from rag.ingest.embed import Embedder, contains, embed_articles, sorted_hashes
from rag.ingest.find_aliases import find_aliases
from rag.ingest.find_duplicates import find_duplicates
from rag.ingest.outcome import Progress
from rag.ingest.packing import Item
from rag.ingest.progress import progress_of_articles
from rag.ingest.reading_processes import ReadingProcesses
from rag.ingest.reconcile import Changes, Reconciler
from rag.ingest.report import Report
from rag.ingest.retirement import unless_most_are_retired
from rag.models.encoder import Encoder, check_precision
from rag.models.lazy_encoder import LazyEncoder, load
from rag.provenance import catalogue as outlets
from rag.provenance.catalogue import Catalogue
from rag.provenance.uploads import as_uploaded
from rag.readers.columns import Columns, Fields
from rag.readers.pasted import Pasted
from rag.readers.skipped import Skipped
from rag.stores.base import CATALOGUE, OWN_ALIASES, EmbeddedPassage, Known, Manifest, Sink, Store, Writer, find_article

ENGINES = ("local", "ray")
BATCH_ARTICLES = 64  # in one transaction: a crash costs the encoding of so many at most

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Job:
    """What a build or an addition is to do.

    Attributes:
        inputs: the files to read, as `readers.resolve_inputs` gives them.
        retire: whether articles that the files no longer hold are retired.
        retire_most: whether that may be more than half of the index.
        catalogue: a catalogue of outlets to store with the index; None leaves the one stored.
        aliases: a user's list of aliases, TOML, to store with the index; None leaves the one stored.
        uploads: what the files that readers upload are to be called in the index, by path; None if they are no uploads.
        wait: whether to wait until no other process is writing to the index.
        on_cluster: whether a Ray cluster reads and encodes.
        progress: called for each article and record that is read, in the thread that reads, and when all are stored;
            where a cluster reads, for each batch.
        columns: which columns of records the fields of articles are read from; counts them.
        each: called with each article that is read, before it is stored; not where a cluster reads.
        workers: in how many processes to work, this one among them; the others read files, but no uploads.
        kept: what could not be read before of a source, and stays on record although the source is read, by source.
    """

    inputs: Sequence[readers.Input]
    retire: bool
    retire_most: bool = False
    catalogue: Catalogue | None = None
    aliases: str | None = None
    uploads: Mapping[str, str] | None = None
    wait: bool = True
    on_cluster: bool = False
    progress: Callable[[Progress], None] | None = None
    columns: Columns = field(default_factory=Columns)
    each: Callable[[Article], None] | None = None
    workers: int = 1
    kept: Mapping[str, Sequence[Skipped]] = field(default_factory=dict)

    @property
    def reading_processes(self) -> int:
        """How many other processes are to read files."""
        return 0 if self.on_cluster or self.uploads is not None or self.each else self.workers - 1


class Pipeline:
    """Run a job: read its articles, and store what is new or changed."""

    def __init__(self, store: Store, encoder: LazyEncoder, catalogue: Catalogue):
        self._store, self._encoder, self._catalogue = store, encoder, catalogue

    def run(self, job: Job) -> Report:
        """Do a job, and return what was done.

        Raises:
            LibraryError: if the store cannot be written, or if most of the articles would be retired against the job;
                then nothing is changed.
            EncoderError: if the encoder cannot be loaded, or fails.
        """
        report, sources, unread = Report(), set[str](), set[str]()
        with ExitStack() as stack:
            writer = stack.enter_context(self._store.writing(job.wait, shared=job.on_cluster))
            executor = stack.enter_context(ThreadPoolExecutor(1, "ingest"))
            progress_bar = stack.enter_context(progress_of_articles())
            if job.catalogue and job.catalogue.extra is not None:
                self._catalogue = job.catalogue
            reading = stack.enter_context(ReadingProcesses(job.reading_processes, self._catalogue, job.columns))
            reconciler = Reconciler(self._store, report, staged=writer.sink is not None)
            origins = deque[str]()
            batches = self._batches(job, writer.sink, executor, reading, origins, report)
            batch = report.timed("reading", lambda: next(batches, []))  # before anything is changed
            self._prepare(job, writer)
            while batch:
                files = [] if job.on_cluster else [origins.popleft() for _ in batch]
                skipped = self._take_in(batch, files, reconciler, writer, report, executor)
                new_sources = {item.source for item, _ in batch} - sources
                sources |= new_sources
                unread |= {item.source for item in skipped if not item.is_of_lines}
                if skipped or (new_sources and not job.retire):
                    cleared = () if job.retire else new_sources
                    kept = [each for source in cleared for each in job.kept.get(source, ())]
                    report.timed("storing", functools.partial(writer.quarantine, cleared, [*kept, *skipped]))
                progress_bar.update(len(batch))
                if job.progress and job.on_cluster:
                    job.progress(Progress(batch[-1][0].source, report.read, report.skipped, report))
                batch = report.timed("reading", lambda: next(batches, []))
            self._store_changes(reconciler.finish(job.retire), writer, report, executor, {})
            if job.retire and (absent := reconciler.absent(unread)):
                writer.retire(absent)
                report.retired += len(absent)
            if writer.sink:
                report.passages = writer.publish(set(reconciler.seen.values()))
            if job.progress:
                job.progress(Progress(None, report.read, report.skipped, report))
            report.timed("finding duplicates", functools.partial(find_duplicates, writer))
            report.timed("finding aliases", functools.partial(find_aliases, self._store, writer))
            report.timed("indexing", stack.close)
        report.columns = job.columns.counts()
        totals = self._store.totals()
        report.duplicates, report.duplicate_groups = totals.duplicates, totals.duplicate_groups
        return report

    def _prepare(self, job: Job, writer: Writer) -> None:
        if job.catalogue and job.catalogue.extra is not None:
            writer.save_setting(CATALOGUE, job.catalogue.extra)
        if job.aliases is not None:
            writer.save_setting(OWN_ALIASES, job.aliases)
        if job.retire:
            writer.quarantine(None, ())

    def _batches(
        self,
        job: Job,
        sink: Sink | None,
        executor: Executor,
        reading: ReadingProcesses,
        origins: deque[str],
        report: Report,
    ) -> Iterator[list[Item]]:
        """What a job reads; `origins` gets the file of each item, in the same order, unless a cluster reads."""
        if job.on_cluster:
            batches = self._from_cluster(job, sink)
        else:
            read = _followed(self._from_here(job, reading), job, origins, report)
            batches = _prefetched(read, BATCH_ARTICLES, executor)
        if not job.retire or job.retire_most:
            return batches
        return unless_most_are_retired(batches, self._store, staged=sink is not None)

    def _from_here(self, job: Job, reading: ReadingProcesses) -> Iterator[tuple[str, Item]]:
        """Each file's name with the articles of it; those of Parquet files have their passages embedded already."""
        for source, found in reading.read(readers.iter_sources(job.inputs)):
            if isinstance(source, Skipped):
                name = (job.uploads or {}).get(source.source, source.source)
                yield name, (replace(source, source=name), None)
            elif job.uploads is not None:
                name = job.uploads.get(str(source), readers.name_of(source))
                yield from ((name, (item, None)) for item in self._uploaded(source, name, job.columns))
            elif not isinstance(source, Pasted | readers.Fetched) and _is_parquet(str(source)):
                yield from ((readers.name_of(source), item) for item in parquet.read(source, self._store.manifest))
            else:
                name = readers.name_of(source)
                found = readers.read_source(source, self._catalogue, job.columns) if found is None else found
                yield from ((name, (item, None)) for item in found)

    def _uploaded(self, source: readers.Source, name: str, columns: Columns) -> Iterator[Article | Skipped]:
        """The articles of an uploaded file; of Parquet none, as that brings ids and vectors of its own."""
        found: Iterable[Article | Skipped]
        if str(source).endswith(parquet.SUFFIX):
            found = [Skipped(str(source), "Parquet files cannot be uploaded; give them to `according add`")]
        else:
            found = readers.read_source(source, self._catalogue, columns)
        for item in found:
            member = name + item.source.removeprefix(readers.name_of(source))  # of an archive
            yield as_uploaded(item, member) if isinstance(item, Article) else replace(item, source=member)

    def _from_cluster(self, job: Job, sink: Sink | None) -> Iterator[list[Item]]:
        """What Ray's workers make of files, in their order."""
        stored = sorted_hashes(
            known.content_hash for _, known in self._store.known(which="sink" if sink else "current")
        )
        encoder, precision = self._encoder.for_workers, self._encoder.precision
        return ray_cluster.read_and_embed(job.inputs, self._catalogue, encoder, precision, stored, sink, job.columns)

    def _take_in(
        self,
        batch: Sequence[Item],
        files: Sequence[str],
        reconciler: Reconciler,
        writer: Writer,
        report: Report,
        executor: Executor,
    ) -> list[Skipped]:
        """Store what is new or changed in a batch; return what was skipped."""
        embedded = {i.content_hash: own for i, own in batch if isinstance(i, Article) and own is not None}
        changes = report.timed("storing", lambda: reconciler.take((item for item, _ in batch), files))
        self._store_changes(changes, writer, report, executor, embedded)
        return changes.skipped

    def _store_changes(
        self,
        changes: Changes,
        writer: Writer,
        report: Report,
        executor: Executor,
        embedded: Mapping[str, Sequence[EmbeddedPassage]],
    ) -> None:
        """Store changes; `embedded` has passages by the content hash of the article as it was read."""
        fresh, read_as = changes.fresh, changes.read_as
        known = dict(self._store.known([article.id for article in fresh]))
        own = {h: embedded[as_read] for h, as_read in read_as.items() if as_read in embedded}
        if writer.sink:
            fresh = self._not_in_sink(fresh, known, writer)
        report.passages += self._put(writer, fresh, known, report, executor, own)
        if changes.earlier:
            report.timed("storing", lambda: writer.keep(changes.earlier))
        if changes.joined:
            writer.retire(changes.joined)
        report.took_in(changes.outcomes)

    def _not_in_sink(self, fresh: list[Article], known: Container[str], writer: Writer) -> list[Article]:
        """Return the articles that no worker has put into the sink; those that one has replace the `known` ones."""
        stored = {known.content_hash for _, known in self._store.known([article.id for article in fresh], "sink")}
        writer.retire(a.id for a in fresh if a.content_hash in stored and a.id in known)
        return [article for article in fresh if article.content_hash not in stored]

    def _put(
        self,
        writer: Writer,
        articles: list[Article],
        known: Mapping[str, Known],
        report: Report,
        executor: Executor,
        embedded: Mapping[str, Sequence[EmbeddedPassage]],
    ) -> int:
        """Store articles, after splitting and encoding those whose text is new and whose passages are not `embedded`
        yet, by content hash; return the number of passages."""
        if not articles:
            return 0
        unchanged = {a.id for a in articles if a.id in known and self._text(a.id) == a.text}
        amended = [a for a in articles if a.id in unchanged]
        articles = [a for a in articles if a.id not in unchanged]
        ready = [(a, embedded[a.content_hash]) for a in articles if a.content_hash in embedded]
        rest = [a for a in articles if a.content_hash not in embedded]
        rows, encoded = (
            embed_articles(rest, self._encoder.get(), report, executor, self._store.encoded) if rest else ([], 0)
        )
        report.timed("storing", lambda: writer.put([*((a, None) for a in amended), *ready, *rows]))
        return encoded + sum(len(own) for _, own in ready)

    def _text(self, article_id: str) -> str | None:
        article = find_article(self._store, article_id)
        return article.text if article else None


def encode(
    paths: Paths,
    to: str | os.PathLike[str],
    encoder: Encoder | str | None = None,
    catalogue: str | os.PathLike[str] | None = None,
    fetch: bool = False,
    precision: str = "auto",
    engine: str = "local",
    follow_links: bool = False,
    fields: Fields | None = None,
) -> Report:
    """Split and encode the articles of `paths`, and store the result in folder `to` as Parquet files.

    A library takes it in as any other folder (`Library.add`, `build`), without encoding anything. Articles that are in
    the folder already are not encoded again.

    Args:
        paths: files and folders, as for `build`.
        to: a folder, also at a URL that fsspec knows, such as s3://bucket/folder.
        encoder: a sentence-transformers name or path, or an Encoder; by default all-MiniLM-L6-v2.
        catalogue: a TOML file that extends and overrides the catalogue of outlets.
        fetch: whether URLs among the paths may be fetched.
        precision: of the encoding of texts, see `SentenceEncoder`.
        engine: where articles are read and encoded, "local" or "ray".
        follow_links: whether links inside folders are followed.
        fields: columns of tables and records by the field that they are read as.

    Returns:
        What was read and encoded.

    Raises:
        AccordingError: as `build` does.
    """
    check_precision(precision)
    columns = Columns(fields)
    on_cluster = connects_to_cluster(engine)
    inputs = readers.resolve_inputs(listed(paths), fetch, follow_links)
    known_outlets = outlets.load_catalogue(None) if catalogue is None else outlets.read_catalogue(Path(catalogue))
    loaded = load(encoder, precision)
    sink = parquet.ParquetSink(os.fspath(to), Manifest(loaded.name, loaded.dimension))
    known = sorted_hashes(parquet.content_hashes(sink.folder, sink.manifest))
    if on_cluster:
        workers_encoder = LazyEncoder(loaded.name, precision, loaded).for_workers
        batches = ray_cluster.read_and_embed(inputs, known_outlets, workers_encoder, precision, known, sink, columns)
    else:
        embedder = Embedder(loaded, known, sink)
        read = readers.read(inputs, known_outlets, columns)
        batches = iter(lambda: embedder.embed(list(islice(read, BATCH_ARTICLES))), [])
    report = Report()
    with progress_of_articles() as progress_bar:
        for batch in batches:
            for item, _ in batch:
                if isinstance(item, Skipped):
                    report.skip([item])
                else:
                    report.count(item)
                    there = contains(known, item)
                    report.new += not there
                    report.unchanged += there
            progress_bar.update(len(batch))
    report.columns = columns.counts()
    return report


def _is_parquet(source: str) -> bool:
    return source.endswith(parquet.SUFFIX) and not readers.is_web_url(source)


def connects_to_cluster(engine: str) -> bool:
    """Whether an engine is a cluster, which is then connected to.

    Raises:
        LibraryError: for an engine that does not exist, or a cluster that cannot be reached.
    """
    if engine not in ENGINES:
        raise LibraryError(f"unknown engine {engine!r}; choose {' or '.join(ENGINES)}")
    if engine == "ray":
        ray_cluster.connect()
    return engine == "ray"


def listed(paths: Paths) -> list[str | os.PathLike[str]]:
    """Return paths as a list, also where a single one is given."""
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def _followed(stream: Iterator[tuple[str, Item]], job: Job, origins: deque[str], report: Report) -> Iterator[Item]:
    """Yield the items of a stream of files; note the file of each, and say how far the reading is."""
    name, read, skipped = None, 0, 0
    for file, item in stream:
        origins.append(file)
        if job.each and isinstance(item[0], Article):
            job.each(item[0])
        if job.progress:
            if file != name:
                name, read, skipped = file, 0, 0
            read += isinstance(item[0], Article)
            skipped += isinstance(item[0], Skipped) and not item[0].is_of_lines
            job.progress(Progress(file, read, skipped, report))
        yield item


def _prefetched(stream: Iterator[Value], size: int, executor: Executor) -> Iterator[list[Value]]:
    """Batches of a stream, each read while the one before is worked on; an empty one is the last."""
    coming = executor.submit(list, islice(stream, size))
    while batch := coming.result():
        coming = executor.submit(list, islice(stream, size))
        yield batch
    yield []
