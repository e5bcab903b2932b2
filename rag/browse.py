"""What stands in an index, for looking without asking: articles with their versions, outlets, what could not be read.

A Library is a Shelf that can be asked and changed. A Shelf alone needs the database, and neither cache nor encoder, so
that commands which only list are done before those would be loaded.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rag.article import Article
from rag.errors import LibraryError
from rag.readers.skipped import Skipped
from rag.stores.base import Manifest, Store, Version
from rag.stores.milvus.client import Address, located
from rag.stores.sqlite import Store as LocalStore
from rag.text import spelled_date

if TYPE_CHECKING:
    from rag.provenance.catalogue import Catalogue

HALF = re.compile("[\ud800-\udfff]")  # of a surrogate pair: what no article's text or id can hold


@dataclass(frozen=True)
class Resolved:
    """Where a citation stands now.

    Attributes:
        article: the text that it quotes, as it was stored.
        current: whether that is found today.
        retired: when it was taken out, UTC; None where it is current, or where that is not known.
        successors: ids of the articles that are in its place now: the same id, or the same address.
    """

    article: Article
    current: bool
    retired: dt.datetime | None = None
    successors: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What a reader should know of it, in words; empty where it is current."""
        when = f" on {spelled_date(self.retired)}" if self.retired else ""
        if self.current:
            return ""
        if self.successors:
            return f"an earlier version of this article, replaced{when}; now: {', '.join(self.successors)}"
        return f"no longer among the indexed articles; taken out{when}"


def look(index: Address, encoder: str | None = None) -> ReadOnlyLibrary:
    """What stands at an address. Raises LibraryError as `library.open` does."""
    store = opened(index)
    check_encoder(store, encoder)
    return ReadOnlyLibrary(store)


def exists(index: Address) -> bool:
    """Whether there is an index at an address: a folder, or a library in Milvus (see `server.located`)."""
    if place := located(index):
        from rag.stores.milvus.store import MilvusStore

        return MilvusStore.exists(place)
    return LocalStore.exists(Path(index))


def opened(index: Address, wait: bool = True) -> Store:
    """The index at an address. Raises LibraryError where there is none that can be used."""
    if place := located(index):
        from rag.stores.milvus.store import MilvusStore

        return MilvusStore.open(place)
    return LocalStore.open(Path(index), wait)


def created(index: Address, manifest: Manifest, wait: bool = True) -> Store:
    """A new index at an address, or the one that another process has just made there."""
    if place := located(index):
        from rag.stores.milvus.store import MilvusStore

        return MilvusStore.create(place, manifest, wait)
    return LocalStore.create(Path(index), manifest, wait)


def check_encoder(store: Store, name: str | None) -> None:
    """Raises LibraryError where an index was made with an encoder of another name."""
    if name is not None and name != store.manifest.encoder:
        raise LibraryError(
            f"the index in {store.place} was made with the encoder {store.manifest.encoder!r}, not {name!r}; "
            "vectors of two encoders cannot be compared: build a new index in another folder"
        )


class ReadOnlyLibrary:
    """Articles that can be looked at; safe to use from several threads."""

    def __init__(self, store: Store):
        self._store = store

    @functools.cached_property
    def catalogue(self) -> Catalogue:
        """The outlets known by name: those that come with According, and those kept with the index."""
        from rag.provenance import catalogue as outlets

        return outlets.load_catalogue(self._store.kept("catalogue"))

    @property
    def encoder(self) -> str:
        """Name of the encoder that the index was made with."""
        return self._store.manifest.encoder

    def article(self, article_id: str) -> Article:
        """The article of that id, retired ones included. Raises LibraryError where there is none."""
        found = None if HALF.search(article_id) else self._store.article(article_id)
        if found is None:
            raise self._unknown(article_id)
        return found

    def __contains__(self, article_id: str) -> bool:
        """Whether there is an article of that id, retired ones included."""
        return not HALF.search(article_id) and self._store.holds(article_id)

    def _unknown(self, article_id: str) -> LibraryError:
        return LibraryError(f"no article {article_id!r} in {self._store.place}; `according articles` lists them")

    def versions(self, article_id: str) -> list[Resolved]:
        """Every text that was in under an id and was not removed: the current one first, then the latest.

        Raises LibraryError where there is none.
        """
        self.article(article_id)
        versions = self._store.versions(article_id)
        return [self._resolved(version, versions) for version in versions]

    def _resolved(self, version: Version, versions: Sequence[Version]) -> Resolved:
        """One of the versions of an article, with what stands in its place."""
        article = version.article
        if version.current:
            return Resolved(article, True)
        own = [article.id] if versions[0].current else []
        there = own or (self._store.at(article.url) if article.url else [])
        return Resolved(article, False, version.retired, tuple(there))

    def articles(self) -> Iterator[Article]:
        """Every article that can be found, in the order of adding."""
        return self._store.articles()

    def outlets(self) -> dict[str | None, int]:
        """Number of articles of each outlet, by name; None counts those whose outlet is not known."""
        return self._store.outlets()

    def skipped(self) -> Iterator[Skipped]:
        """What could not be read when the files were last read, each with its place and the reason."""
        return self._store.quarantine()

    def close(self) -> None:
        """Lets go of the index's files."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
