"""What a Library needs of what keeps its articles: the contract that every store fulfils, in one place.

Two do: `store`, a folder with SQLite, FAISS and tantivy, and `milvus`, a Milvus server, or its Lite in this process.
tests/test_contract.py holds both against it.

A store counts its changes: each raises its generation by one. What is read inside `reading()` is of one generation, and
a view is of the one that it was made at. Keys of passages and articles are whole numbers that a store gives; ids are
those of the articles themselves.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Container, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.article import Article
from rag.passage import Passage
from rag.readers.skipped import Skipped

if TYPE_CHECKING:
    from rag.models.encoder import Vectors
    from rag.provenance.duplicates import Fingerprint
    from rag.query.aliases import Aliases
    from rag.stores.columns import ArticleColumns
    from rag.stores.tantivy_index import IndexFilter, Term

FORMULA = 5  # of 500,000 sentences of real articles, those that more texts hold are disclaimers, credits, advertising
Span = tuple[int, int]
# What is known of a text: spans of its sentences from its beginning, its vector, (dimension,), theirs, (m, dimension).
Encoded = tuple[tuple[Span, ...], "Vectors", "Vectors"]


@dataclass(frozen=True)
class Manifest:
    """How an index was made; what does not fit it is refused.

    Attributes:
        encoder: name of the encoder.
        dimension: length of its vectors.
        format: version of what the store writes; 0 until it has.
    """

    encoder: str
    dimension: int
    format: int = 0


@dataclass(frozen=True)
class Known:
    """What tells whether an article has changed (`Article.content_hash`), and the file it came from."""

    content_hash: str
    source: str


@dataclass(frozen=True)
class Version:
    """One text that stands, or stood, under an article's id.

    Attributes:
        article: as it was when it was in.
        current: whether it is in now.
        retired: when it was taken out, UTC; None where it is in, or where that was not written down.
    """

    article: Article
    current: bool
    retired: dt.datetime | None


@dataclass(frozen=True)
class EmbeddedPassage:
    """A passage and what was made of it: its vector, (dimension,), its sentences', (m, dimension), and its marks."""

    passage: Passage
    vector: Vectors
    sentences: Vectors
    marks: Fingerprint


@dataclass(frozen=True)
class Candidate:
    """A passage that an engine proposes for a question.

    Attributes:
        key: the passage's key.
        own: cosine of its vector with the question's.
        words: share of the question's words that it holds, rarer ones counting more (see `lexical.coverage`).
        article: BM25 of its article, as a share of the most that the question's words could give.
    """

    key: int
    own: float
    words: float
    article: float


class View(Protocol):
    """The passages that can be found, at one generation."""

    @property
    def generation(self) -> int:
        """The generation that it shows."""

    @property
    def columns(self) -> ArticleColumns:
        """What is known of all articles."""

    @property
    def aliases(self) -> Aliases:
        """The names that are printed in several ways."""

    def terms(self, question: str, aliases: Sequence[tuple[int, int, Sequence[str]]] = ()) -> list[Term]:
        """The words of a question that are worth searching for, with the number of passages that hold each.

        `aliases` are places of names that are printed in other ways too: (start, end, all spellings).
        """

    def candidates(
        self, question: Vectors, terms: Sequence[Term], within: IndexFilter, limit: int, beside: Executor
    ) -> list[Candidate]:
        """The passages nearest to a question in meaning, and those that hold most of its words, up to `limit` of each.

        Each has all scores, whichever engine proposed it.

        Args:
            question: its vector, (dimension,).
            terms: its words.
            within: what may be found.
            limit: how many each engine proposes.
            beside: where one engine may look while the other does here.
        """

    def holding(self, terms: Sequence[Term], passages: Sequence[int]) -> float:
        """The largest share of the terms that one of the articles of some passages holds."""

    def copies(self, article_id: str) -> list[str]:
        """Ids of the other articles that are one text with this one, in the order of adding."""

    def of_outlet(self, outlet: str | None) -> list[str]:
        """Ids of an outlet's articles, the latest first and undated ones last; None is the outlet that is not known."""


class Writer(Protocol):
    """Changes to a store, which nobody else makes meanwhile; each is done, and survives a crash, when it returns."""

    def put(self, batch: Iterable[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        """Adds articles with their passages.

        One that is in under the same id is retired; one of the same text that was retired has come back.
        """

    def amend(self, articles: Iterable[Article]) -> None:
        """Changes what is known of articles whose text is as it was; passages and vectors stay."""

    def keep(self, what: str, text: str) -> None:
        """Keeps a text with the index, in the place of the one kept before: "catalogue" and "own names", a user's
        TOML; "bar", how sure an answer must be (see `bar`)."""

    def quarantine(self, sources: Iterable[str] | None, skipped: Iterable[Skipped]) -> None:
        """Forgets what could not be read of these sources (of all where None), and keeps what is skipped now."""

    def retire(self, article_ids: Iterable[str]) -> None:
        """Takes articles out of all answers; their text stays, so that citations of it still resolve."""

    def remove(self, article_ids: Iterable[str]) -> None:
        """Deletes articles with their text and all that was made from it, retired versions included."""

    def compare(self) -> None:
        """Finds the copies among what is new, and between it and what was there."""

    def name(self) -> None:
        """Looks for names in what is new, and keeps those that are printed in several ways."""


class Sink(Protocol):
    """Where the processes of a cluster put what they make; one is sent to each of them."""

    def put(self, batch: Sequence[tuple[Article, Sequence[EmbeddedPassage]]]) -> None:
        """Puts articles with their passages in; what is put in twice is in once."""


class Stager(Writer, Protocol):
    """A build whose articles other processes put in: all of it appears at once, when it is done.

    What such a build has put in before it was stopped is taken up by the next.
    """

    @property
    def sink(self) -> Sink:
        """Where they are put."""

    def staged(self, articles: Sequence[Article], known: Container[str]) -> set[str]:
        """The digests of those articles that were put in; those whose ids are `known` will take the place of others."""

    def finish(self, digests: Container[str]) -> int:
        """Makes the articles of these digests visible, and whatever else was put in go; the number of passages."""


class Store(Protocol):
    """One index. Reading is safe from any thread; writing goes through `writing()`.

    Everything here raises LibraryError where the index cannot be read or written.
    """

    manifest: Manifest

    @property
    def place(self) -> str:
        """Where it is, for messages."""

    def generation(self) -> int:
        """The number of changes made so far; a view of another generation is out of date."""

    def ready(self, generation: int) -> bool:
        """Whether a view of a generation can be had at once."""

    def view(self) -> View:
        """All passages that can be found, at the present generation."""

    def prepare(self) -> None:
        """Makes whatever a view needs, without one."""

    def reading(self) -> AbstractContextManager[Any]:
        """What this thread reads inside is of one generation."""

    def writing(self, wait: bool = True) -> AbstractContextManager[Writer]:
        """Holds the index for writing, after other processes, and says so where it has to `wait`.

        Raises LibraryError where writing is forbidden or, unless it is to wait, another process writes.
        """

    def staging(self, wait: bool = True) -> AbstractContextManager[Stager] | None:
        """The same for a build that other processes put articles into; None where they cannot reach the store."""

    def article(self, article_id: str) -> Article | None:
        """The article of that id; the last retired one where none is in; None where there never was one."""

    def holds(self, article_id: str) -> bool:
        """Whether there is an article of that id, retired or damaged ones included."""

    def versions(self, article_id: str) -> list[Version]:
        """Every text that was ever in under an id and was not removed: the one that is in first, then the latest."""

    def at(self, url: str) -> list[str]:
        """Ids of the articles that are in and stand at an address."""

    def articles(self) -> Iterator[Article]:
        """Every article that is in."""

    def stored(self, staged: bool = False) -> Iterator[tuple[str, Known]]:
        """(id, what is known of it) of every article that is in; with `staged`, of those too that a build which was
        stopped had put in, unseen."""

    def outlets(self) -> dict[str | None, int]:
        """Number of articles that are in of each outlet, by name; None, which is last, of those that name none."""

    def known(self, article_ids: Sequence[str]) -> dict[str, Known]:
        """What is known of those of some articles that are in, by id."""

    def kept(self, what: str) -> str | None:
        """A text that was kept with the index (see `Writer.keep`); None where there is none."""

    def quarantine(self) -> Iterator[Skipped]:
        """What could not be read when the files were last read, in the order of reading."""

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        """Passages with their articles, by key; one that has been taken out since the view was made is missing."""

    def sentence_vectors(self, keys: Sequence[int]) -> tuple[dict[int, slice], Vectors]:
        """The vectors of the sentences of passages: the rows of each, by passage key, and all of them, (m, dimension).

        A passage that was taken out is missing.
        """

    def encoded(self, texts: Sequence[str]) -> dict[str, Encoded]:
        """What is known of texts that a passage has word for word, retired ones included, by text."""

    def copied(self) -> tuple[int, int]:
        """The number of articles that are one text with another, and of their groups."""

    def groups(self, article_ids: Sequence[str]) -> dict[str, int]:
        """A number for the text of each of some articles that are in, by id; copies have the same."""

    def copies(self, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Ids of the other articles that hold a passage's words, by passage key."""

    def sharers(self, passages: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Ids of the other articles that share a sentence with a passage word for word, by passage key.

        A sentence that more than FORMULA texts hold is a formula: a disclaimer, a call to subscribe.
        """

    def republishers(self, article_ids: Sequence[str]) -> dict[str, str | None]:
        """The site where it is known, else the outlet, of each article that is in, by id."""

    def backup(self, folder: Path) -> None:
        """Puts a copy of the index, as it stands now, into a folder that holds none; readers and writers go on."""

    def compact(self, wait: bool = True) -> tuple[int, int] | None:
        """Lets go of what is not needed any more: (bytes before, bytes after), None where the store cannot tell."""

    def close(self) -> None:
        """Lets go of files and connections; what is asked for later opens them again."""

    def leave(self) -> None:
        """Lets go of what this thread alone holds."""


def hash64(*parts: str | bytes) -> int:
    """64 bits of BLAKE2b, as SQLite and Milvus keep whole numbers."""
    found = hashlib.blake2b(digest_size=8)
    for part in parts:
        found.update(part.encode() if isinstance(part, str) else part)
    return int.from_bytes(found.digest(), "little", signed=True)
