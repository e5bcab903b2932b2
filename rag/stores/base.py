"""The contract that every store of a Library fulfils.

Two stores fulfil it: `sqlite`, a folder with SQLite, FAISS and tantivy, and `milvus`, a Milvus server, or a Milvus Lite
in this process. tests/stores/test_contract.py tests both against it. A store keeps articles and passages and looks them
up; what is done with them is the work of `rag.ingest`, `rag.retrieval` and `rag.answer`.

A store counts its changes: each raises its generation by one. What is read inside `Store.reading` is of one generation,
and a view is of the one at which it was made; inside `reading(view.generation)`, what no longer agrees with the view is
left out. Keys of passages and articles are integers that the store assigns; ids are those of the articles themselves.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from rag.article import Article
from rag.passage import Passage
from rag.provenance.identity import QUALIFIER
from rag.readers.skipped import Skipped

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from rag.models.encoder import Vectors
    from rag.provenance.duplicates import Fingerprint, Signatures
    from rag.query.aliases import Aliases
    from rag.stores.columns import ArticleColumns
    from rag.stores.filters import IndexFilter
    from rag.stores.tantivy_index import Term

# Texts that may share a sentence before it counts as a formula: those of real articles are disclaimers and advertising.
MAX_SENTENCE_TEXTS = 5
Location = str | os.PathLike[str]  # of an index: a folder, or a library in Milvus (see `rag.stores.location`)
Span = tuple[int, int]
Heading = tuple[str, str | None, str | None, int]  # of an article: id, title, outlet, date as one integer (`filters`)
# What is stored for a text: spans of its sentences from its beginning, its vector, (dimension,), and theirs,
# (m, dimension).
Encoded = tuple[tuple[Span, ...], "Vectors", "Vectors"]


@dataclass(frozen=True)
class Manifest:
    """What an index was made with; what does not fit it is refused.

    Attributes:
        encoder: name of the encoder.
        dimension: length of its vectors.
        format: version of the format that the store writes; 0 for an index that is not made yet.
    """

    encoder: str
    dimension: int
    format: int = 0


@dataclass(frozen=True)
class Known:
    """How a build sees that an article has changed (`Article.content_hash`), and the file it was read from."""

    content_hash: str
    source: str


@dataclass(frozen=True)
class Totals:
    """Counts of the current articles.

    Attributes:
        outlets: number of articles by outlet, sorted by name; None, the unknown outlet, is last.
        duplicates: number of articles that are duplicates of another one.
        duplicate_groups: number of groups that these form.
    """

    outlets: dict[str | None, int]
    duplicates: int
    duplicate_groups: int


@dataclass(frozen=True)
class Version:
    """A text that is or was stored under an article's id.

    Attributes:
        article: the article with this text.
        current: whether it can be found now.
        retired: when it was retired, UTC; None if it is current, or if that was not recorded.
    """

    article: Article
    current: bool
    retired: dt.datetime | None


@dataclass(frozen=True)
class EmbeddedPassage:
    """A passage as it is stored.

    Attributes:
        passage: its span, and those of its sentences.
        vector: its vector, (dimension,).
        sentences: the vectors of its sentences, (m, dimension).
        fingerprint: what its duplicates are found by.
    """

    passage: Passage
    vector: Vectors
    sentences: Vectors
    fingerprint: Fingerprint


@dataclass(frozen=True)
class Candidate:
    """A passage that a look-up finds for a question.

    Attributes:
        key: the passage's key.
        article: its article's key.
        own: cosine of its vector with the question's.
        words: share of the question's words that it holds, rarer words counting more (see `tantivy_index.weights`).
        date: the date of its article, as the store's columns have it (see `filters.coded_date`).
    """

    key: int
    article: int
    own: float
    words: float
    date: int


@dataclass(frozen=True)
class Relations:
    """How some passages and articles are related to other articles that can be found.

    Attributes:
        duplicates: for each passage, by key, the ids of the other articles that hold its words.
        sharers: for each passage, by key, the ids of the other articles that share a sentence with it word for word; a
            sentence that more than MAX_SENTENCE_TEXTS texts hold is a formula, and does not count.
        groups: a number for the text of each article, by id; duplicates have the same one.
    """

    duplicates: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    sharers: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Uncompared:
    """Texts to be compared for duplicates: at least new ones, those that share a band with one, and their groups.

    Attributes:
        table: what they are, "passage" or "article".
        keys: their keys, (n,).
        groups: the key of the first text of each one's group as found before, -1 for a text not compared yet, (n,).
        signatures: their MinHash signatures, (n, PERMUTATIONS).
        text: returns the text of a row.
    """

    table: str
    keys: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    signatures: Signatures
    text: Callable[[int], str]


@dataclass(frozen=True)
class NameCounts:
    """What articles say about names.

    Attributes:
        pairs: number of articles that explain a short form by a long form, by (long, short).
        printed: number of articles that print a short form.
    """

    pairs: Mapping[tuple[str, str], int]
    printed: Mapping[str, int]


class Contents(Protocol):
    """What the index is made of, at one generation.

    Attributes:
        generation: the generation.
        columns: outlets, sites, dates and duplicates of all articles.
        catalogue: the user's TOML of outlets, None if there is none.
    """

    generation: int
    columns: ArticleColumns
    catalogue: str | None

    def duplicates(self, article_id: str) -> list[str]:
        """Return the ids of the other articles with the same text as this one, or nearly, in the order of adding."""

    def of_outlet(self, outlet: str | None) -> list[str]:
        """Return the ids of an outlet's articles, the latest first, undated ones last; None is the unknown outlet."""


class View(Contents, Protocol):
    """The passages that can be found, and what the index is made of, at one generation.

    Attributes:
        aliases: the names that are printed in several ways.
        passage_count: how many passages there are.
    """

    aliases: Aliases
    passage_count: int

    def terms(self, question: str, aliases: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        """Return the words of a question that are worth searching for, with the number of passages that hold each.

        Args:
            question: as asked.
            aliases: (start, end, all spellings) of each name in it that has several.
        """

    def nearest(
        self, question: Vectors, terms: Sequence[Term], index_filter: IndexFilter, limit: int
    ) -> list[Candidate]:
        """Return at most `limit` passages nearest to a question in meaning, nearest first.

        Args:
            question: its vector, (dimension,).
            terms: its words, for the share of them that each passage holds.
            index_filter: what may be found.
        """

    def matching(
        self, question: Vectors, terms: Sequence[Term], index_filter: IndexFilter, limit: int
    ) -> list[Candidate]:
        """Return passages that hold many of a question's words. Arguments as for `nearest`."""

    def article_scores(self, terms: Sequence[Term], index_filter: IndexFilter) -> dict[int, float]:
        """Return BM25 of articles that hold most of a question's words, by key: a share of the most it could be."""

    def article_coverage(self, terms: Sequence[Term], passages: Sequence[int]) -> float:
        """Return the largest share of the terms that one of the articles of some passages, by key, holds."""

    def similar_words(self, word: str) -> list[tuple[str, list[int]]]:
        """Return indexed words that differ from an indexed form by one letter, the most frequent first.

        Each with the keys of some passages that hold it; [] from a store that cannot look for them.
        """

    def articles_in_script(self, script: str) -> int | None:
        """Return how many articles hold a word in one of `rag.query.languages.SCRIPTS`; None if that is not known."""

    def sources(self, articles: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
        """Return the outlet and the site of articles, by key; an article that is gone may be missing."""

    def changed_outlets(self, articles: Sequence[int]) -> set[str | None]:
        """Return the outlets, as they are here, of articles that have changed since; None is the unknown outlet.

        Args:
            articles: keys of such articles. Those of which a search finds no trace any more are added.
        """

    def containing(self, text: str, limit: int) -> list[str]:
        """Return the ids of at most `limit` articles that may have the words of a text one after the other.

        Their texts tell which do. If all words are too frequent to be indexed, nothing is found.
        """


class Sink(Protocol):
    """Where the workers of a cluster put articles; it is sent to each of them."""

    def put(self, batch: Sequence[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        """Put in articles with their passages; what is put in twice is in once."""


class Writer(Protocol):
    """Changes to a store, made by one writer at a time; each is done, and survives a crash, when its method returns.

    Attributes:
        sink: where the workers of a cluster put articles; None if the writer was not asked for one, or other processes
            cannot reach the store. What is put in appears at once, with `publish`; what a build that was stopped has
            put in is used by the next one.
    """

    sink: Sink | None

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage] | None]]) -> None:
        """Add articles with their passages; None for an article whose text is unchanged, which keeps those stored.

        The current article with the same id is retired. A retired one with the same id and text becomes current again.
        """

    def keep(self, articles: Iterable[Article]) -> None:
        """Store texts as earlier versions of articles; no search finds them. One that is stored already stays."""

    def retire(self, article_ids: Iterable[str]) -> None:
        """Take articles out of all answers; their text stays, so that citations of it still resolve."""

    def remove(self, article_ids: Iterable[str], aliases: Callable[[NameCounts], str]) -> None:
        """Delete articles with their text and everything derived from it, retired versions included.

        Args:
            article_ids: the articles.
            aliases: returns the setting ALIASES for what the other articles say about names.
        """

    def publish(self, content_hashes: Container[str]) -> int:
        """Make visible what is in the sink with one of some content hashes, delete the rest; return its passages."""

    def save_setting(self, name: str, text: str) -> None:
        """Store a text with the index, in place of the one stored before under that name (see `Store.setting`)."""

    def quarantine(self, sources: Iterable[str] | None, skipped: Iterable[Skipped]) -> None:
        """Record what could not be read, and forget what could not be read of some sources before; None is all."""

    def to_compare(self) -> Sequence[Uncompared]:
        """Return the texts to compare for duplicates; none if nothing is new since groups were last saved."""

    def save_groups(self, groups: Iterable[tuple[Uncompared, npt.NDArray[np.int64]]]) -> None:
        """Store groups of duplicates.

        Args:
            groups: each comparison, with the row of the first text in the group of each of its rows, (n,).
        """

    def name_counts(self) -> NameCounts:
        """Return what the current articles say about names."""


class Store(Protocol):
    """One index. Reading is safe from any thread; changes are made through `writing`.

    All methods raise LibraryError if the index cannot be read or written.

    Attributes:
        manifest: what the index was made with.
        location: where it is, for messages.
    """

    manifest: Manifest
    location: str

    def generation(self) -> int:
        """Return the number of changes made so far; a view of another generation is out of date."""

    def reading(self, searched: int | None = None) -> AbstractContextManager[Any]:
        """Let everything that this thread reads inside be of one generation.

        Args:
            searched: the generation of a view. What was added, amended, retired or removed since is then missing from
                `passages`, `articles` and `relations`, so that they agree with the view.
        """

    def writing(self, wait: bool = True, shared: bool = False) -> AbstractContextManager[Writer]:
        """Hold the index for writing; at the end, build what a view needs.

        Args:
            wait: whether to wait for another process that writes, which is logged.
            shared: whether the workers of a cluster are to put articles in (see `Writer.sink`).

        Raises:
            LibraryError: if the index may not be written, or another process writes and `wait` is False.
        """

    def view(self) -> View:
        """Return the passages that can be found, at the present generation; build first what is needed for it."""

    def is_ready(self) -> bool:
        """Return whether `view` has nothing to build."""

    def contents(self) -> Contents:
        """Return what the index is made of, at the present generation; nothing needs to be built for it."""

    # Reading for anyone

    def versions(self, article_id: str | None = None, url: str | None = None) -> Iterator[Version]:
        """Yield every text that was stored under an id and not removed: the current one first, then the latest.

        Given a URL instead, or neither, yield the current articles at its canonical address, or all of them, in the
        order of adding. LibraryError is raised when one is reached that is not as it was stored.
        """

    def headings(self) -> Sequence[Heading]:
        """Return what lists show of the current articles, read without their texts and not checked."""

    def totals(self) -> Totals:
        """Count the current articles."""

    def added_before(self, time: dt.datetime) -> int:
        """Return what `IndexFilter.added_after` is for what was put in after a time, which has a time zone."""

    def added_after(self, place: int, article_ids: Sequence[str]) -> set[str]:
        """Return which current articles of some ids were put in after a place that `added_before` returned."""

    def setting(self, name: str) -> str | None:
        """Return a text stored with the index, by name (CATALOGUE or one of those after it); None if there is none."""

    def skipped(self) -> Iterator[Skipped]:
        """Yield what could not be read when the files were last read, in the order of reading."""

    # Reading for questions

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        """Return passages with their articles, by key; one whose article cannot be found any more is missing."""

    def sentence_vectors(self, keys: Sequence[int]) -> tuple[dict[int, slice], Vectors]:
        """Return the vectors of the sentences of passages.

        Returns:
            The rows of each passage, by key, and all vectors, (m, dimension). A passage that was deleted is missing.
        """

    def articles(self, article_ids: Sequence[str]) -> dict[str, tuple[Article, tuple[Span, ...]]]:
        """Return the current articles of some ids, by id, each with the spans of its sentences in order."""

    def spans(self, article_ids: Sequence[str]) -> dict[str, list[Span]]:
        """Return the spans of the passages of the current articles of some ids, by id, in the order of the text."""

    def relations(self, passages: Sequence[int], article_ids: Sequence[str]) -> Relations:
        """Return the other articles with the words of some passages, by key, and the groups of some articles."""

    def known(
        self, article_ids: Sequence[str] | None = None, which: Literal["current", "sink", "ever"] = "current"
    ) -> Iterator[tuple[str, Known]]:
        """Yield (id, what is known of it) of articles.

        Args:
            article_ids: some articles; None for all.
            which: the current ones; with "sink", also those in the sink of a build that was stopped or is not done;
                with "ever", also the retired ones, several to an id, damaged ones included.
        """

    def candidates(
        self, given: Sequence[str], derived: Sequence[str], addresses: Sequence[str], staged: Container[str] = ()
    ) -> Iterator[Version]:
        """Yield what articles that are read may be versions of, in the order of adding.

        Args:
            given: ids: everything ever stored under them, or under one that was qualified from them (see `qualified`).
            derived: ids: everything ever stored under them.
            addresses: canonical addresses: everything ever stored under the ids of the current articles there.
            staged: content hashes of articles in the sink that count as current.
        """

    def encoded(self, texts: Sequence[str]) -> dict[str, Encoded]:
        """Return what is stored for texts that a passage has word for word, retired ones included, by text."""

    def backup(self, folder: Path) -> None:
        """Copy the index as it is now into a folder that holds none, while other processes read and write."""

    def compact(self, wait: bool = True) -> tuple[int, int] | None:
        """Delete what is no longer needed; return (bytes before, bytes after), None if the store cannot tell."""

    def close(self) -> None:
        """Close files and connections; what is asked for later opens them again."""


# Settings, by the names that the formats give them
CATALOGUE = "catalogue"  # a user's TOML of outlets
OWN_ALIASES = "own names"  # a user's TOML of aliases
ALIASES = "names"  # JSON of the groups of aliases, from the articles and the user's TOML
CONFIDENCE_MODEL = "bar"  # JSON of the model that says how sure an answer must be


def find_article(store: Store, article_id: str) -> Article | None:
    """Return the article of an id; the last retired one if none is current, None if there never was one."""
    return next((version.article for version in store.versions(article_id)), None)


def find_versions(store: Store, article_id: str) -> list[Version]:
    """Return every text stored under an id: the current one first, then the latest, by date if all are dated.

    A text with an earlier date may have been read after one with a later date.
    """
    return in_order(store.versions(article_id))


def in_order(versions: Iterable[Version]) -> list[Version]:
    """Return the versions of an article as `find_versions` does."""
    found = list(versions)
    if all(v.article.date for v in found if not v.current):
        found.sort(key=lambda v: (v.current, v.article.date or dt.date.min), reverse=True)
    return found


def qualified(article_id: str, given: str) -> bool:
    """Whether an id is the one given, or was made from it, as the given one is that of another source's article."""
    return article_id == given or article_id.startswith(f"{given}{QUALIFIER}")


def hash64(*parts: str | bytes) -> int:
    """Return 64 bits of BLAKE2b as a signed integer, which SQLite and Milvus can store."""
    found = hashlib.blake2b(digest_size=8)
    for part in parts:
        found.update(part.encode() if isinstance(part, str) else part)
    return int.from_bytes(found.digest(), "little", signed=True)
