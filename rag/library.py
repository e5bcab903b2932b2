"""The whole way on one screen: build or open a Library, ask it, search it, look into it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import threading
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from tqdm import tqdm

from . import answer as answering
from . import passage, readers, search
from .answer import Answer, Citation
from .article import Article
from .encoder import DEFAULT, Encoder, SentenceEncoder
from .errors import LibraryError, QuestionError
from .outlets import catalogue
from .passage import Passage
from .readers.skipped import Skipped
from .search import Filters, Hit, Ranked
from .store import Known, Manifest, Store, View, Writer

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Day = dt.date | str | None

BATCH = 64  # articles in one transaction: what a crash can cost is the encoding of so many
LONGEST_QUESTION = 2000  # characters
SPARE = 4  # passages looked at for each one shown, so that copies can be left out


@dataclass
class Report:
    """What a build or an addition did, in articles; `passages` counts what was encoded."""

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    retired: int = 0
    passages: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{self.read} articles read: {self.new} new, {self.updated} updated, {self.unchanged} unchanged"]
        parts += [f"{self.repeated} more than once"] if self.repeated else []
        parts += [f"{self.retired} retired"] if self.retired else []
        parts += [f"{len(self.skipped)} skipped"] if self.skipped else []
        return ", ".join(parts)


def build(paths: Paths, index: str | os.PathLike[str] = "index", encoder: Encoder | str | None = None) -> Library:
    """Makes the index in folder `index` hold what the paths hold, and opens it; its `report` says what changed.

    New articles are added, changed ones updated, absent ones retired; what is unchanged is not encoded again. Progress
    is shown on stderr where that is a terminal. Raises InputError for a path that does not exist, LibraryError where
    the index was made with another encoder or is being written by another process.
    """
    files = readers.files(_listed(paths))  # before anything is made: a mistyped path leaves nothing behind
    library = _opened(Path(index), encoder, create=True)
    library.report = library._take_in(files, retire=True)
    return library


def open(index: str | os.PathLike[str] = "index", encoder: Encoder | str | None = None) -> Library:
    """The library in folder `index`. Raises LibraryError where there is none, or where it does not fit the encoder."""
    return _opened(Path(index), encoder, create=False)


def _opened(index: Path, encoder: Encoder | str | None, create: bool) -> Library:
    loaded = None if encoder is None or isinstance(encoder, str) else encoder
    if create and not Store.exists(index):
        loaded = loaded or SentenceEncoder(encoder if isinstance(encoder, str) else DEFAULT)
        store = Store.create(index, Manifest(loaded.name, loaded.dimension))
    else:
        store = Store.open(index)
    name = encoder if isinstance(encoder, str) else loaded.name if loaded else store.manifest.encoder
    if name != store.manifest.encoder:
        raise LibraryError(
            f"the index in {index} was made with the encoder {store.manifest.encoder!r}, not {name!r}; "
            "vectors of two encoders cannot be compared: build a new index in another folder"
        )
    if loaded and loaded.dimension != store.manifest.dimension:
        raise LibraryError(
            f"the index in {index} has vectors of {store.manifest.dimension} numbers, the encoder {name!r} makes "
            f"{loaded.dimension}: it is another model under the same name; build a new index in another folder"
        )
    return Library(store, loaded)


class Library:
    """Articles that can be asked. Made by `build` or `open`; safe to use from several threads."""

    def __init__(self, store: Store, encoder: Encoder | None = None):
        self.report = Report()
        self._store = store
        self._encoder = encoder
        self._loading = threading.Lock()
        self._seen: View | None = None

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
    ) -> Answer:
        """Passages that answer, word for word, at most `k`; an answer with `found` False where nothing does.

        Args:
            question: at most 2,000 characters.
            k: passages shown at most, 1 to 1,000.
            outlets: one or several; any spelling that the catalogue or the index knows.
            after, before: first and last day allowed, a date or "YYYY-MM-DD". Either leaves undated articles out.
            previous: the question before, where this one only makes sense after it; both are searched for together.
            asked_on: the day from which words such as "last year" count. Checked, and not used yet: restrictions in
                the words of a question are not understood by this version.

        Raises QuestionError for arguments that make no sense, CitationError if what would be shown is not stored so.
        """
        searched = f"{_question(previous)} {_question(question)}" if previous else _question(question)
        search.day(asked_on, "asked_on")
        view = self._view()
        chosen = search.filters(view, catalogue(), outlets, after, before)
        found = self._ranked(view, chosen, searched, _count(k) * SPARE)
        shown = answering.distinct(answering.clear([answering.cite(p, a, r) for p, a, r in found]), k)
        balance = {
            "index": {o or answering.UNKNOWN_OUTLET: n for o, n in zip(view.outlets, view.articles, strict=True)},
            "undated left out": self._undated(view, chosen),
        }
        return answering.compose(question, searched, shown, balance, self._store.article)

    def search(
        self,
        question: str,
        k: int = 100,
        outlets: str | Iterable[str] | None = None,
        after: Day = None,
        before: Day = None,
        asked_on: Day = None,
    ) -> list[Hit]:
        """The `k` passages nearest to the question, best first, answering or not. Arguments and errors as for `ask`."""
        search.day(asked_on, "asked_on")
        view = self._view()
        chosen = search.filters(view, catalogue(), outlets, after, before)
        found = self._ranked(view, chosen, _question(question), _count(k))
        return [Hit(a.id, p.start, p.end, a.text[p.start : p.end], r.score, a.outlet, a.date) for p, a, r in found]

    def verify(self, citation: Citation) -> None:
        """Raises CitationError unless the citation still equals the stored article; call it when showing one later."""
        answering.verify(citation, self._store.article(citation.article_id))

    # Looking

    def article(self, article_id: str) -> Article:
        """The article of that id, retired ones included. Raises LibraryError where there is none."""
        found = self._store.article(article_id)
        if found is None:
            raise LibraryError(f"no article {article_id!r} in {self._store.folder}; `according articles` lists them")
        return found

    def articles(self) -> Iterator[Article]:
        """Every article that can be found, in the order of adding."""
        return self._store.articles()

    def outlets(self) -> dict[str | None, int]:
        """Number of articles of each outlet, by name; None counts those whose outlet is not known."""
        view = self._view()
        return dict(zip(view.outlets, view.articles, strict=True))

    @property
    def encoder(self) -> str:
        """Name of the encoder that the index was made with."""
        return self._store.manifest.encoder

    # Changing

    def add(self, paths: Paths) -> Report:
        """Adds the articles of files and folders, and updates those that changed. Errors as for `build`."""
        self.report = self._take_in(readers.files(_listed(paths)), retire=False)
        return self.report

    def remove(self, article_ids: Iterable[str]) -> int:
        """Deletes articles, their text included; returns how many there were. Raises LibraryError for an unknown id."""
        ids = [article_ids] if isinstance(article_ids, str) else list(article_ids)
        with self._store.writing() as writer:
            for article_id in ids:
                self.article(article_id)
            writer.remove(ids)
        return len(set(ids))

    def close(self) -> None:
        """Lets go of the index's files."""
        self._store.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Inside

    def _take_in(self, files: list[Path], retire: bool) -> Report:
        report, seen = Report(), dict[str, str]()
        with self._store.writing() as writer, _progress() as bar:
            known = self._store.known()
            stream = readers.read(files)
            while batch := list(islice(stream, BATCH)):
                fresh: list[Article] = []
                for item in batch:
                    if isinstance(item, Skipped):
                        report.skipped.append(item)
                        continue
                    report.read += 1
                    if item.id in seen:
                        report.repeated += 1
                        if seen[item.id] != item.digest:
                            reason = f"its id {item.id!r} stands for another article already"
                            report.skipped.append(Skipped(item.source, reason))
                        continue
                    seen[item.id] = item.digest
                    if item.id in known and known[item.id].digest == item.digest:
                        report.unchanged += 1
                    else:
                        report.updated += item.id in known
                        report.new += item.id not in known
                        fresh.append(item)
                report.passages += self._put(writer, fresh)
                bar.update(len(batch))
            if retire and (gone := _gone(known, seen, report.skipped)):
                writer.retire(gone)
                report.retired = len(gone)
        self._view()
        return report

    def _put(self, writer: Writer, articles: list[Article]) -> int:
        """Splits, encodes and stores articles in one transaction; returns the number of passages."""
        if not articles:
            return 0
        encoder = self._encode()
        split = passage.split(articles, encoder.count, encoder.max_tokens)
        pairs = [(a, p) for a, own in zip(articles, split, strict=True) for p in own]
        texts = [a.text[p.start : p.end] for a, p in pairs]
        spans = [[(start - p.start, end - p.start) for start, end in p.sentences] for _, p in pairs]
        vectors = iter(zip(*encoder.encode(texts, spans), strict=True))
        writer.put((a, own, list(islice(vectors, len(own)))) for a, own in zip(articles, split, strict=True))
        return len(pairs)

    def _ranked(self, view: View, chosen: Filters, question: str, k: int) -> list[tuple[Passage, Article, Ranked]]:
        """The `k` best passages for a question, as they are stored now."""
        mask = search.allowed(view, chosen)
        ranked = search.rank(view, self._encode().encode_question(question), k, self._store.sentence_vectors, mask)
        stored = self._store.passages([r.key for r in ranked])
        return [(*stored[r.key], r) for r in ranked if r.key in stored]

    def _undated(self, view: View, chosen: Filters) -> int:
        if not chosen.dated:
            return 0
        mask = search.allowed(view, dataclasses.replace(chosen, after=None, before=None))
        return int(np.count_nonzero((view.day == 0) if mask is None else (view.day == 0) & mask))

    def _view(self) -> View:
        """The passages as they stand now; read again when another process or thread has changed them."""
        seen = self._seen
        if seen is None or seen.generation != self._store.generation():
            with self._loading:
                if self._seen is None or self._seen.generation != self._store.generation():
                    self._seen = self._store.view()
                seen = self._seen
        return seen

    def _encode(self) -> Encoder:
        if self._encoder is None:
            with self._loading:
                self._encoder = self._encoder or SentenceEncoder(self._store.manifest.encoder)
        return self._encoder


def _listed(paths: Paths) -> list[str | os.PathLike[str]]:
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


def _gone(known: Mapping[str, Known], seen: Container[str], skipped: Iterable[Skipped]) -> list[str]:
    """Ids that are in the index and were not seen; a file that cannot be read today takes nothing away."""
    unread = {Path(item.source).resolve() for item in skipped}
    return [i for i, old in known.items() if i not in seen and Path(old.source).resolve() not in unread]


def _question(text: str | None) -> str:
    text = (text or "").strip()
    if not text:
        raise QuestionError("the question is empty; ask something")
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(f"the question has {len(text):,} characters; at most {LONGEST_QUESTION:,} can be asked")
    return text


def _count(k: int) -> int:
    if not 1 <= k <= 1000:
        raise QuestionError(f"k is {k}; ask for 1 to 1,000 passages")
    return k


def _progress() -> Any:
    return tqdm(desc="articles", unit=" articles", disable=None, mininterval=0.5)
