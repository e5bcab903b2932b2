"""The whole way on one screen: build or open a Library, ask it, search it, look into it."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import os
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from rag import doctor, readers
from rag.answer import answer as answering
from rag.answer import balance
from rag.answer import confidence as bar
from rag.answer.answer import Answer, Citation, Found
from rag.answer.balance import UNKNOWN_OUTLET, Balance, Counts, OutletMatch
from rag.answer.confidence import ConfidenceModel
from rag.article import Article
from rag.browse import HALF, ReadOnlyLibrary, Resolved, check_encoder, created, exists, opened
from rag.doctor import Diagnosis
from rag.errors import AccordingError, CitationError, LibraryError, QuestionError
from rag.ingest import embed as making
from rag.ingest import parquet as shards
from rag.ingest import ray_cluster as cluster
from rag.ingest.parquet import Item
from rag.ingest.report import Report
from rag.models import reranker as reranking
from rag.models.encoder import DEFAULT_ENCODER, Encoder, SentenceEncoder, check_precision
from rag.models.reranker import CrossEncoderReranker, Reranker
from rag.provenance import catalogue as outlets
from rag.provenance.catalogue import Catalogue
from rag.query import aliases as naming
from rag.readers.skipped import Skipped
from rag.retrieval import search
from rag.retrieval.search import Filters, Hit, ParsedQuery
from rag.stores.base import EmbeddedPassage, Known, Manifest, Sink, Store, View, Writer
from rag.stores.columns import ArticleColumns, ordinal
from rag.stores.milvus.client import Address
from rag.stores.tantivy_index import NONE, IndexFilter

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Day = dt.date | str | None
Span = tuple[int, int]
Value = TypeVar("Value")

ENGINES = ("local", "ray")
BATCH = 64  # articles in one transaction: what a crash can cost is the encoding of so many
LONGEST_QUESTION = 2000  # characters
POOL = 30  # passages that an answer is chosen from, at least, so that copies can be left out and neighbours joined
SPARE = 4  # of each one shown
FILTERS = 64  # whose counts are kept
QUESTIONS = 256  # whose vectors are kept: 0.4 MB for the default encoder
# Seconds that a question waits for what another process changed to be taken up, and for which a change without a cache
# is left to that process, which makes one when it is done.
BRIEF, PATIENCE = 0.2, 30.0

log = logging.getLogger("rag")


def build(
    paths: Paths,
    index: str | os.PathLike[str] = "index",
    encoder: Encoder | str | None = None,
    catalogue: str | os.PathLike[str] | None = None,
    aliases: str | os.PathLike[str] | None = None,
    fetch: bool = False,
    wait: bool = True,
    precision: str = "auto",
    engine: str = "local",
) -> Library:
    """Makes the index in folder `index` hold what the paths hold, and opens it; its `report` says what changed.

    New articles are added, changed ones updated, absent ones retired; what is unchanged is not encoded again. Progress
    is shown on stderr where that is a terminal.

    Args:
        paths: files and folders, also at addresses that fsspec knows, such as s3://bucket/folder; with `fetch`, http(s)
            addresses of pages and feeds too.
        index: the folder of the index; `milvus://host:19530/name` or a path that ends in `.db` keeps it in Milvus.
        encoder: a sentence-transformers name or path, or an Encoder; by default the index's own.
        catalogue: a TOML file that extends and overrides the catalogue of outlets; kept in the index.
        aliases: a TOML file with names that are printed in several ways, in addition to those that the articles
            explain; kept in the index.
        fetch: whether addresses among the paths may be fetched.
        wait: whether to wait for another process that writes to the index, for as long as that takes.
        precision: in which texts are encoded, see `SentenceEncoder`.
        engine: where articles are read and encoded: "local", in this process, or "ray", on a Ray cluster; which one
            $RAY_ADDRESS says, else one of its own on this machine.

    Raises InputError for a path that does not exist or a catalogue or list of names that cannot be read, LibraryError
    where the index was made with another encoder or, unless it is to wait, is being written by another process. What
    was done before an error, or before the process was killed, is kept.
    """
    on_cluster = _on_cluster(engine)
    inputs = readers.present(_listed(paths), fetch)  # before anything is made: a mistyped path leaves nothing behind
    known = None if catalogue is None else outlets.read_catalogue(Path(catalogue))
    own = None if aliases is None else naming.read_own_list(Path(aliases))
    library = _opened(index, encoder, True, wait, precision)
    library.report = library._take_in(inputs, True, catalogue=known, own=own, wait=wait, on_cluster=on_cluster)
    return library


def open(
    index: str | os.PathLike[str] = "index",
    encoder: Encoder | str | None = None,
    reranker: Reranker | str | None = None,
    precision: str = "auto",
) -> Library:
    """The library in folder `index`.

    Args:
        index: the folder of the index; `milvus://host:19530/name` or a path that ends in `.db` keeps it in Milvus.
        encoder: a sentence-transformers name or path, or an Encoder; by default the index's own.
        reranker: a CrossEncoder's name or path, or a Reranker, that orders the best passages anew; by default none.
        precision: in which texts that are added are encoded, see `SentenceEncoder`.

    Raises LibraryError where there is no index, or where it does not fit the encoder, EncoderError where the reranker
    cannot be loaded.
    """
    library = _opened(index, encoder, False, precision=precision)
    library.reranker = CrossEncoderReranker(reranker) if isinstance(reranker, str) else reranker
    return library


def encode(
    paths: Paths,
    to: str | os.PathLike[str],
    encoder: Encoder | str | None = None,
    catalogue: str | os.PathLike[str] | None = None,
    fetch: bool = False,
    precision: str = "auto",
    engine: str = "local",
) -> Report:
    """Splits and encodes the articles of `paths`, and leaves what was made in folder `to` as Parquet files.

    A library takes it in as any other folder (`Library.add`, `build`), without encoding anything. Articles that stand
    there already are not encoded again. Arguments and errors are those of `build`; `to` may be an address that fsspec
    knows, such as s3://bucket/folder.
    """
    on_cluster = _on_cluster(engine)
    listed = readers.present(_listed(paths), fetch)
    known_outlets = outlets.load_catalogue(None) if catalogue is None else outlets.read_catalogue(Path(catalogue))
    check_precision(precision)
    name = encoder or DEFAULT_ENCODER
    loaded = SentenceEncoder(name, precision) if isinstance(name, str) else name
    sink = shards.ParquetSink(os.fspath(to), Manifest(loaded.name, loaded.dimension))
    known = cluster.digests(shards.digests(sink.folder, sink.manifest))
    report = Report()
    if on_cluster:
        sent = loaded.name if isinstance(loaded, SentenceEncoder) else loaded
        batches = cluster.articles(listed, known_outlets, sent, precision, known, sink)
    else:
        maker = cluster.Maker(loaded, precision, known, sink)
        read = readers.read(listed, known_outlets)
        batches = iter(lambda: maker.items(list(islice(read, BATCH))), [])
    with _progress() as bar:
        for batch in batches:
            for item, _ in batch:
                if isinstance(item, Skipped):
                    report.skip([item])
                else:
                    report.count(item)
                    there = cluster.knows(known, item)
                    report.new += not there
                    report.unchanged += there
            bar.update(len(batch))
    return report


def examine(index: str | os.PathLike[str] = "index", repair: bool = False) -> Diagnosis:
    """Checks everything in an index folder; with `repair`, makes again what can be made from the database.

    Raises LibraryError where there is no index.
    """
    return doctor.examine(index, repair)


def _opened(
    index: Address, encoder: Encoder | str | None, create: bool, wait: bool = True, precision: str = "auto"
) -> Library:
    check_precision(precision)
    loaded = None if encoder is None or isinstance(encoder, str) else encoder
    if create and not exists(index):
        loaded = loaded or SentenceEncoder(encoder if isinstance(encoder, str) else DEFAULT_ENCODER, precision)
        store = created(index, Manifest(loaded.name, loaded.dimension), wait)
    else:
        store = opened(index, wait)
    check_encoder(store, encoder if isinstance(encoder, str) else loaded.name if loaded else None)
    if loaded and loaded.dimension != store.manifest.dimension:
        raise LibraryError(
            f"the index in {index} has vectors of {store.manifest.dimension} numbers, the encoder {loaded.name!r} "
            f"makes {loaded.dimension}: it is another model under the same name; build a new index in another folder"
        )
    return Library(store, loaded, precision)


class Library(ReadOnlyLibrary):
    """Articles that can be asked, and looked at as on a `Shelf`.

    Made by `build` or `open`; safe to use from several threads.
    """

    def __init__(self, store: Store, encoder: Encoder | None = None, precision: str = "auto"):
        super().__init__(store)
        self.catalogue = outlets.load_catalogue(store.kept("catalogue"))
        self.report = Report()
        self.reranker: Reranker | None = None
        self._encoder, self._precision = encoder, precision
        self._loading, self._refreshing = threading.Lock(), threading.Lock()
        self._seen: View | None = None
        self._behind: float | None = None  # since when it is known that something has changed
        self._coming: Future[None] | None = None
        self._counted: tuple[View, Counts] | None = None
        self._filtered: tuple[View | None, dict[IndexFilter, Counts]] = None, {}
        self._vector = functools.lru_cache(QUESTIONS)(lambda question: self._encode().encode_question(question))

    # Asking

    def prepare(self) -> None:
        """Loads the encoder and the passages now (some seconds), rather than at the first question."""
        self._view()
        self._encode()

    def ask(
        self,
        question: str,
        k: int = 5,
        outlets: str | Iterable[str] | None = None,
        after: Day = None,
        before: Day = None,
        previous: str | None = None,
        asked_on: Day = None,
        ignore: str | Iterable[str] = (),
        min_confidence: float | None = None,
        outlet_kinds: str | Iterable[str] | None = None,
        undated: bool | None = None,
    ) -> Answer:
        """Passages that answer, word for word, at most `k`; an answer with `found` False where nothing does.

        What the question says of outlets and dates ("according to Reuters", "since 2012") narrows the search, and is
        told in `Answer.constraints`. Filters given here go before it.

        Args:
            question: at most 2,000 characters.
            k: passages shown at most, 1 to 1,000.
            outlets: one or several; any spelling that the catalogue or the index knows.
            after, before: first and last day allowed, a date or "YYYY-MM-DD".
            previous: the question before, where this one only makes sense after it; it completes this one.
            asked_on: the day from which words such as "last year" count; without it they narrow nothing.
            ignore: words of constraints that are not to be applied, as `Answer.constraints` has them; "all" for all.
            min_confidence: the probability from which passages are shown, 0 to 1, instead of the fitted one; 0 shows
                the nearest ones whatever they say.
            outlet_kinds: of outlets, one or several, as the catalogue has them; "unclassified" for those without one.
            undated: whether articles without a date may be shown; by default unless a span of time is asked for.

        Raises QuestionError for arguments that make no sense, CitationError if what would be shown is not stored so.
        """
        view = self._view()
        chosen = search.filters(view, self.catalogue, outlets, after, before, outlet_kinds, undated)
        asked = self._asked(view, question, chosen, previous, asked_on, ignore)
        with self._store.reading():
            return self._answer(view, asked, question.strip(), k, min_confidence)

    def _answer(self, view: View, asked: ParsedQuery, question: str, k: int, min_confidence: float | None) -> Answer:
        pool = self._found(view, asked, max(POOL, _count(k) * SPARE))
        fitted = self.bar
        signals = bar.signals(view, asked.terms, [f.ranked for f in pool])
        chance = fitted.probability(signals)
        cleared = pool if chance >= (fitted.min_confidence if min_confidence is None else min_confidence) else []
        chosen, capped = answering.choose(cleared, k, not asked.filters.named)
        shown = self._carried([answering.cite(found) for found in chosen], [found.keys for found in chosen])
        outlet_matches = answering.outlet_matches(cleared, chosen)
        weighed = self._balance(view, asked.filters, shown, capped, outlet_matches)
        for citation in shown:
            self.verify(citation)
        confidence = chance if fitted.encoder == self.encoder else None
        said = (asked.constraints, asked.aliases, confidence, signals, bool(shown) and chance < fitted.min_confidence)
        return Answer(question, asked.text, bool(shown), tuple(shown), weighed, *said)

    def search(
        self,
        question: str,
        k: int = 100,
        outlets: str | Iterable[str] | None = None,
        after: Day = None,
        before: Day = None,
        asked_on: Day = None,
        previous: str | None = None,
        ignore: str | Iterable[str] = (),
        outlet_kinds: str | Iterable[str] | None = None,
        undated: bool | None = None,
    ) -> list[Hit]:
        """The `k` passages nearest to the question, best first, answering or not. Arguments and errors as for `ask`."""
        view = self._view()
        chosen = search.filters(view, self.catalogue, outlets, after, before, outlet_kinds, undated)
        asked = self._asked(view, question, chosen, previous, asked_on, ignore)
        hits = []
        with self._store.reading():
            ranked = self._found(view, asked, _count(k))
        for found in ranked:
            article, start, end = found.article, found.passage.start, found.passage.end
            text = article.text[start:end]
            hits.append(Hit(article.id, start, end, text, found.ranked.score, article.outlet, article.date))
        return hits

    def verify(self, citation: Citation) -> None:
        """Raises CitationError unless the citation still equals the stored article; call it when showing one later.

        Of an article that has changed since, `resolve` gives the text that was quoted.
        """
        answering.verify(citation, self._store.article(citation.article_id))

    def resolve(self, citation: Citation) -> Resolved:
        """The text that a citation quotes: that of today where it still has these words there, else an earlier one.

        Raises CitationError where no text that is stored under its article's id has them.
        """
        versions = self._store.versions(citation.article_id)
        for version in versions:
            if version.article.text[citation.start : citation.end] == citation.text:
                return self._resolved(version, versions)
        raise CitationError(f"no stored version of article {citation.article_id} has the words quoted from it")

    def locate(self, article_id: str, start: int, end: int, fingerprint: str) -> tuple[Resolved, Span | None]:
        """The text that an address points into, and the span in it of the words it points to (`answer.fingerprint`).

        That is today's text if it has these words at that place, else the latest earlier one that has; else the newest,
        with the place where they stand now if they do exactly once, and with None if they do not.

        Raises LibraryError for an unknown id.
        """
        if article_id not in self:
            raise self._unknown(article_id)
        versions = self._store.versions(article_id)
        for version in versions:
            words = version.article.text[start:end]
            if start >= 0 and len(words) == end - start and answering.fingerprint(words) == fingerprint:
                return self._resolved(version, versions), (start, end)
        now = answering.find(versions[0].article.text, end - start, fingerprint)
        return self._resolved(versions[0], versions), None if now is None else (now, now + end - start)

    # Looking

    def copies(self, article_id: str) -> list[str]:
        """Ids of the other articles that are one text with this one, in the order of adding."""
        return self._view().copies(article_id)

    def of_outlet(self, outlet: str | None) -> list[str]:
        """Ids of an outlet's articles, the latest first and undated ones last; None is the outlet that is not known."""
        return self._view().of_outlet(outlet)

    def outlets(self) -> dict[str | None, int]:
        """Number of articles of each outlet, by name; None counts those whose outlet is not known."""
        if self._seen is None:
            return super().outlets()
        return self._view().columns.tally()

    def counts(self) -> Counts:
        """What the index is made of: outlets, sites, kinds, independent sources, dates."""
        return self._counts(self._view())

    def counts_by_outlet(self) -> dict[str | None, Counts]:
        """The counts of each outlet's articles, the most first; None is the outlet that is not known."""
        columns = self._view().columns
        edges = np.cumsum(np.bincount(columns.outlet, minlength=len(columns.outlets)))
        rows = np.split(np.argsort(columns.outlet, kind="stable"), edges[:-1]) if len(edges) else []
        own = zip(columns.outlets, rows, strict=True)
        counts = {name: balance.count(columns.some(those), self.catalogue) for name, those in own}
        return dict(sorted(counts.items(), key=lambda item: -item[1].articles))

    @property
    def bar(self) -> ConfidenceModel:
        """How sure an answer must be: the index's own bar, else the one that comes with According.

        Only for an index whose encoder it was fitted for is it more than a beginning; else answers have no confidence.
        """
        own = self._store.kept("bar")
        return bar.parse(own) if own else bar.shipped()

    # Changing

    def add(
        self,
        paths: Paths,
        fetch: bool = False,
        wait: bool = True,
        called: Mapping[str, str] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Report:
        """Adds the articles of files and folders, and updates those that changed.

        Args:
            paths, fetch, wait: as for `build`, and so are the errors.
            called: what files are to be called in the index, by path, where they do not stand in a place to stay.
            progress: called with the number of articles read so far.
        """
        inputs = readers.present(_listed(paths), fetch)
        self.report = self._take_in(inputs, False, wait=wait, called=called or {}, progress=progress)
        return self.report

    def remove(self, article_ids: str | Iterable[str], wait: bool = True) -> int:
        """Deletes articles, their text and their earlier versions included; returns how many there were.

        Nothing finds them any more; `compact` clears the last traces from the database's file. Raises LibraryError for
        an unknown id, and then removes nothing.
        """
        ids = [article_ids] if isinstance(article_ids, str) else list(article_ids)
        with self._store.writing(wait) as writer:
            for article_id in ids:
                if not self._store.holds(article_id):
                    raise self._unknown(article_id)
            writer.remove(ids)
        self._take_up()
        return len(set(ids))

    def compact(self, wait: bool = True) -> tuple[int, int] | None:
        """Makes the index's files as small as they can be: (bytes before, bytes after); None where Milvus keeps them.

        Nothing is left in them of what was removed. The texts of earlier versions stay, their vectors do not: one that
        comes back is encoded again. Needs room for a second copy meanwhile.
        """
        return self._store.compact(wait)

    def backup(self, folder: str | os.PathLike[str]) -> None:
        """Puts a copy of the index, as it stands now, into another folder, while readers and writers go on.

        The copy is an index like any other. Raises LibraryError where there is one already.
        """
        self._store.backup(Path(folder))

    def keep(self, fitted: ConfidenceModel) -> None:
        """Keeps a bar with the index, for all that ask it. Raises LibraryError where it is another encoder's."""
        if fitted.encoder != self.encoder:
            raise LibraryError(f"the bar was fitted for {fitted.encoder!r}, the index's encoder is {self.encoder!r}")
        with self._store.writing() as writer:
            writer.keep("bar", fitted.to_json())

    # Inside

    def _take_in(
        self,
        inputs: Sequence[readers.Input],
        retire: bool,
        catalogue: Catalogue | None = None,
        own: str | None = None,
        wait: bool = True,
        called: Mapping[str, str] = MappingProxyType({}),
        progress: Callable[[int], None] | None = None,
        on_cluster: bool = False,
    ) -> Report:
        report, seen, sources = Report(), dict[str, str](), set[str]()
        store = self._store
        with ExitStack() as held:
            staging = store.staging(wait) if on_cluster else None
            stager = held.enter_context(staging) if staging else None
            writer = stager or held.enter_context(store.writing(wait))
            beside, bar = held.enter_context(ThreadPoolExecutor(1, "beside")), held.enter_context(_progress())
            if catalogue and catalogue.extra is not None:
                self.catalogue = catalogue
                writer.keep("catalogue", catalogue.extra)
            if own is not None:
                writer.keep("own names", own)
            if retire:
                writer.quarantine(None, ())
            unread: set[str] = set()
            if on_cluster:
                batches = self._from_cluster(inputs, stager.sink if stager else None)
            else:
                batches = _ahead(self._from_here(inputs, called), BATCH, beside)
            while batch := report.timed("reading", lambda: next(batches, [])):
                items = [item for item, _ in batch]
                made = {item.content_hash: own for item, own in batch if isinstance(item, Article) and own is not None}
                known = self._store.known([item.id for item in items if isinstance(item, Article)])
                fresh, skipped = self._sort(items, known, seen, report)
                if stager:
                    there = stager.staged(fresh, known)
                    fresh = [article for article in fresh if article.content_hash not in there]
                report.passages += self._put(writer, fresh, known, report, beside, made)
                new = {item.source for item in items} - sources
                sources |= new
                unread |= {item.source for item in skipped}
                if skipped or (new and not retire):
                    report.timed("storing", functools.partial(writer.quarantine, () if retire else new, skipped))
                bar.update(len(batch))
                if progress:
                    progress(report.read)
            if retire and (gone := _gone(self._store.stored(), seen, unread)):
                writer.retire(gone)
                report.retired = len(gone)
            if stager:
                report.passages = stager.finish(set(seen.values()))
            report.timed("finding copies", writer.compare)
            report.timed("finding names", writer.name)
        report.timed("indexing", self._take_up)
        report.copied, report.groups = self._store.copied()
        return report

    def _from_here(self, inputs: Sequence[readers.Input], called: Mapping[str, str]) -> Iterator[Item]:
        """The articles of files, and of those that a cluster has left what was made of each."""
        for source in readers.sources(inputs):
            if isinstance(source, Skipped):
                yield source, None
            elif str(source).endswith(shards.ENDING) and not readers.is_of_the_web(str(source)):
                yield from shards.read(source, self._store.manifest)
            else:
                for item in readers.read_source(source, self.catalogue):
                    yield replace(item, source=called.get(item.source, item.source)), None

    def _from_cluster(self, paths: Sequence[readers.Input], sink: Sink | None) -> Iterator[list[Item]]:
        """What Ray's workers make of files, in their order; see `cluster.articles`."""
        there = cluster.digests(known.content_hash for _, known in self._store.stored(sink is not None))
        encoder = self._encoder or self._store.manifest.encoder
        if isinstance(encoder, SentenceEncoder):
            encoder = encoder.name  # which each loads for itself
        return cluster.articles(paths, self.catalogue, encoder, self._precision, there, sink)

    def _take_up(self) -> None:
        """Takes up what this library has changed; one that was not asked yet leaves that to the first question."""
        if self._seen is None:
            self._store.prepare()
        else:
            self._refresh()

    def _sort(
        self, batch: list[Article | Skipped], known: Mapping[str, Known], seen: dict[str, str], report: Report
    ) -> tuple[list[Article], list[Skipped]]:
        """What is new or changed among the items read, and what was skipped; each counted."""
        fresh: list[Article] = []
        skipped: list[Skipped] = []
        for item in batch:
            if isinstance(item, Skipped):
                skipped.append(item)
                continue
            report.count(item)
            if item.id in seen:
                report.repeated += 1
                if seen[item.id] != item.content_hash:
                    skipped.append(Skipped(item.source, f"its id {item.id!r} stands for another article already"))
                continue
            seen[item.id] = item.content_hash
            if item.id in known and known[item.id].content_hash == item.content_hash:
                report.unchanged += 1
            else:
                report.updated += item.id in known
                report.new += item.id not in known
                fresh.append(item)
        report.skip(skipped)
        return fresh, skipped

    def _put(
        self,
        writer: Writer,
        articles: list[Article],
        known: Mapping[str, Known],
        report: Report,
        beside: Executor,
        made: Mapping[str, Sequence[EmbeddedPassage]],
    ) -> int:
        """Stores articles, after splitting and encoding those whose text is new and of which nothing is `made` yet, by
        digest; returns the number of passages."""
        same = {a.id for a in articles if a.id in known and self.article(a.id).text == a.text}
        if same:
            writer.amend(a for a in articles if a.id in same)
        articles = [a for a in articles if a.id not in same]
        if not articles:
            return 0
        ready = [(a, made[a.content_hash]) for a in articles if a.content_hash in made]
        rest = [a for a in articles if a.content_hash not in made]
        rows, encoded = making.make(rest, self._encode(), report, beside, self._store.encoded) if rest else ([], 0)
        report.timed("storing", lambda: writer.put([*ready, *rows]))
        return encoded + sum(len(own) for _, own in ready)

    def _carried(self, shown: Sequence[Citation], keys: Sequence[Sequence[int]]) -> list[Citation]:
        """The citations with the articles that carry the same words, and those that share a sentence with them."""
        flat = [key for own in keys for key in own]
        copied, shared = self._store.copies(flat), self._store.sharers(flat)
        carrying = [
            tuple(dict.fromkeys((*c.copies, *(i for key in own for i in copied[key]))))
            for c, own in zip(shown, keys, strict=True)
        ]
        known = self._store.republishers([i for ids in carrying for i in ids])
        found = []
        for citation, own, ids in zip(shown, keys, carrying, strict=True):
            republishers = (citation.host or citation.outlet, *(known[i] for i in ids if i in known))
            named = tuple(dict.fromkeys(name or UNKNOWN_OUTLET for name in republishers))
            sharing = tuple(dict.fromkeys(i for key in own for i in shared[key] if i not in ids))
            found.append(replace(citation, copies=ids, republishers=named, shared=sharing))
        return found

    def _balance(
        self,
        view: View,
        chosen: Filters,
        shown: Sequence[Citation],
        capped: Mapping[str, int],
        outlet_matches: tuple[OutletMatch, ...],
    ) -> Balance:
        """The counts of the articles shown, of those that the filters leave, and of all."""
        index = self._counts(view)
        within = chosen.within
        mask = view.columns.passing(within)
        allowed = index if mask is None else self._allowed(view, within, mask)
        quoted = {c.article_id: c for c in shown}
        groups = self._store.groups(list(quoted))
        ids = [i for i in quoted if i in groups]
        shared = [[i for c in shown if c.article_id == own for i in (*c.shared, *c.copies)] for own in ids]
        same = balance.joined([groups[i] for i in ids], ids, shared)
        undated = 0
        if chosen.dated and not chosen.undated:
            loose = view.columns.passing(replace(chosen, after=None, before=None, undated=None).within)
            lacking = (view.columns.day == NONE) if loose is None else (view.columns.day == NONE) & loose
            undated = view.columns.some(lacking).articles
        hidden = {i for c in shown for i in c.copies} - set(ids)
        said = {voice.outlet or UNKNOWN_OUTLET for voice in outlet_matches} | {UNKNOWN_OUTLET}
        unmatched_outlets = tuple(outlet for outlet in allowed.outlets if outlet not in said) if shown else ()
        own = [quoted[i] for i in ids]
        columns = ArticleColumns.of(
            [c.outlet for c in own], [c.host for c in own], [ordinal(c.date) for c in own], same
        )
        counted = balance.count(columns, self.catalogue)
        republishers = list(dict.fromkeys(name for c in shown for name in c.republishers))
        warnings = balance.cautions(counted, len(shown), republishers)
        return Balance(
            counted, allowed, index, len(hidden), undated, dict(capped), unmatched_outlets, outlet_matches, warnings
        )

    def _counts(self, view: View) -> Counts:
        """The counts of all; one who asks needs those of the passages that were looked through."""
        with self._loading:
            if self._counted is None or self._counted[0] is not view:
                self._counted = view, balance.count(view.columns, self.catalogue)
            return self._counted[1]

    def _allowed(self, view: View, within: IndexFilter, mask: npt.NDArray[np.bool_]) -> Counts:
        """The counts of what filters leave; people ask several questions with the same ones."""
        held, counts = self._filtered  # of which another thread may put others in the place
        if held is not view or len(counts) > FILTERS:
            held, counts = self._filtered = view, {}
        if within not in counts:
            counts[within] = balance.count(view.columns.some(mask), self.catalogue)
        return counts[within]

    def _asked(
        self,
        view: View,
        question: str,
        chosen: Filters,
        previous: str | None,
        asked_on: Day,
        ignore: str | Iterable[str],
    ) -> ParsedQuery:
        """A question, checked and read, with the filters that a caller chose."""
        before_it = _question(previous) if previous else None
        day = search.day(asked_on, "asked_on")
        return search.read(view, self.catalogue, _question(question), chosen, before_it, day, ignore)

    def _found(self, view: View, asked: ParsedQuery, k: int) -> list[Found]:
        """The `k` best passages for a question, as they are stored now."""
        vector = self._vector(asked.encoded)  # which readers ask again with other filters
        ranked = search.rank(view, vector, asked, k, self._store.sentence_vectors, _threads("searching"))
        stored = self._store.passages([r.key for r in ranked])
        found = [Found(*stored[r.key], r, (r.key,)) for r in ranked if r.key in stored]
        # What is known of an article may have changed since the passages were looked up.
        found = [f for f in found if asked.filters.allow(f.article.outlet, f.article.date)]
        return found if self.reranker is None else self._reranked(self.reranker, asked.text, found)

    def _reranked(self, reranker: Reranker, question: str, found: list[Found]) -> list[Found]:
        """The best passages in the reranker's order. Each takes the score of its new place: the bar knows no other."""
        best, rest = found[: reranking.MAX_RERANKED], found[reranking.MAX_RERANKED :]
        scores = reranker.score(question, [f.article.text[f.passage.start : f.passage.end] for f in best])
        order = np.argsort(-scores, kind="stable").tolist()
        places = [f.ranked.score for f in best]
        ordered = [
            replace(best[i], ranked=replace(best[i].ranked, score=place))
            for i, place in zip(order, places, strict=True)
        ]
        return ordered + rest

    def _view(self) -> View:
        """The passages as they stand now, or stood a moment ago: what another process changes is taken up meanwhile."""
        seen = self._seen
        if seen is None:
            return self._refresh()
        generation = self._store.generation()
        if seen.generation != generation and self._is_due(generation):
            with self._loading:
                begun = self._coming is None or self._coming.done()
                if begun:
                    self._coming = _threads("changes").submit(self._catch_up)
                coming = self._coming
            if begun and coming:
                futures.wait([coming], BRIEF)
        return self._seen or seen

    def _is_due(self, generation: int) -> bool:
        """Whether a generation is to be taken up now: it has its cache, or has been waited for long enough."""
        since = self._behind = self._behind or time.monotonic()
        return self._store.ready(generation) or time.monotonic() - since > PATIENCE

    def _catch_up(self) -> None:
        try:
            self._refresh()
        except AccordingError as error:  # the questions go on with what is there
            log.warning("what has changed in the index cannot be taken up: %s", error)
        finally:
            self._store.leave()

    def _refresh(self) -> View:
        """The passages as they stand now."""
        with self._refreshing:
            if self._seen is None or self._seen.generation != self._store.generation():
                catalogue = self._store.kept("catalogue")
                if catalogue != self.catalogue.extra:
                    self.catalogue = outlets.load_catalogue(catalogue)
                self._seen = self._store.view()
                self._behind = None
            return self._seen

    def _encode(self) -> Encoder:
        if self._encoder is None:
            with self._loading:
                self._encoder = self._encoder or SentenceEncoder(self._store.manifest.encoder, self._precision)
        return self._encoder


@functools.cache
def _threads(work: str) -> ThreadPoolExecutor:
    """Threads for one kind of work beside a question, so that none waits for another kind's."""
    return ThreadPoolExecutor(thread_name_prefix=work)


def _on_cluster(engine: str) -> bool:
    """Whether an engine is a cluster, to which there is a connection now."""
    if engine not in ENGINES:
        raise LibraryError(f"there is no engine {engine!r}; there are {' and '.join(ENGINES)}")
    if engine == "ray":
        cluster.started()
    return engine == "ray"


def _listed(paths: Paths) -> list[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def _gone(stored: Iterable[tuple[str, Known]], seen: Container[str], unread: Container[str]) -> list[str]:
    """Ids that are in the index and were not seen; a file that cannot be read today takes nothing away."""
    return [i for i, known in stored if i not in seen and known.source not in unread]


def _ahead(stream: Iterator[Value], size: int, beside: Executor) -> Iterator[list[Value]]:
    """Batches of a stream, each read beside the work on the one before; an empty one is the last."""
    coming = beside.submit(list, islice(stream, size))
    while batch := coming.result():
        coming = beside.submit(list, islice(stream, size))
        yield batch
    yield []


def _question(text: str | None) -> str:
    text = (text or "").strip()
    if not text:
        raise QuestionError("the question is empty; ask something")
    if HALF.search(text):
        raise QuestionError("the question holds half a surrogate pair, which is no character; type it again")
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(f"the question has {len(text):,} characters; at most {LONGEST_QUESTION:,} can be asked")
    return text


def _count(k: int) -> int:
    if not 1 <= k <= 1000:
        raise QuestionError(f"k is {k}; ask for 1 to 1,000 passages")
    return k


def _progress() -> Any:
    from tqdm import tqdm

    return tqdm(desc="articles", unit=" articles", disable=None, mininterval=0.5)
