"""ReadOnlyLibrary: an index to look at. Its articles with their versions, its outlets, what could not be read.

A Library can also be asked and changed. It reads only the database, so commands that only list finish without loading
the cache or the encoder.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rag.article import Article
from rag.errors import CitationError, LibraryError, QuestionError
from rag.listing.current import CurrentLists
from rag.readers.skipped import Skipped
from rag.stores.base import CATALOGUE, CONFIDENCE_MODEL, Contents, Location, Store, Version, find_article, find_versions
from rag.stores.location import check_encoder, open_store
from rag.text import has_surrogates, spelled_date

if TYPE_CHECKING:
    from rag.answer.balance import Counts
    from rag.answer.citation import Citation
    from rag.answer.confidence import ConfidenceModel
    from rag.comparison.dossier.verification import Verification
    from rag.listing.outlets import OutletList
    from rag.provenance.catalogue import Catalogue


@dataclass(frozen=True)
class Resolved:
    """An article that a citation quotes, as it was stored, and whether it is current.

    Attributes:
        article: the article with the text that is quoted.
        current: whether that version is searched today.
        retired: when it was retired, UTC; None if it is current, or if that is not known.
        successors: ids of the articles that replaced it: the same id, or the same URL.
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
        return f"no longer in the index; retired{when}"


@dataclass(frozen=True)
class ListedArticles:
    """A part of a list of articles.

    Attributes:
        total: how many articles the whole list has.
        ids: the ids of those in this part, in the order of the list.
        years: the years in which articles of the index are dated, latest first; 0 last if some are undated.
    """

    total: int
    ids: tuple[str, ...]
    years: tuple[int, ...]


def browse(index: Location, encoder: str | None = None) -> ReadOnlyLibrary:
    """Open an index to look at.

    Raises:
        LibraryError: as `rag.open` does.
    """
    store = open_store(index)
    check_encoder(store, encoder)
    return ReadOnlyLibrary(store)


class ReadOnlyLibrary:
    """Articles to look at. Safe to use from several threads."""

    def __init__(self, store: Store, contents: Callable[[], Contents] | None = None, lists: CurrentLists | None = None):
        self._store = store
        self._contents = contents or store.contents
        self._lists = lists or CurrentLists(store)

    @contextlib.contextmanager
    def reading(self) -> Iterator[ReadOnlyLibrary]:
        """Let everything that this thread reads inside be of one state of the index.

        Returns:
            The index to look at. Leave it soon: files cannot shrink meanwhile.
        """
        with self._store.reading():
            yield ReadOnlyLibrary(self._store, self._contents, self._lists)

    @property
    def catalogue(self) -> Catalogue:
        """The outlets known by name: those that come with According, and those stored with the index."""
        from rag.provenance.catalogue import load_catalogue

        return load_catalogue(self._store.setting(CATALOGUE))

    @property
    def generation(self) -> int:
        """How many changes were made to the index so far; what was made of it before the last is out of date."""
        return self._store.generation()

    @property
    def encoder(self) -> str:
        """Name of the encoder that the index was made with."""
        return self._store.manifest.encoder

    def article(self, article_id: str) -> Article:
        """Return the article of that id, also a retired one.

        Args:
            article_id: its id.

        Returns:
            The article as it is stored; of a retired one, the last text.

        Raises:
            LibraryError: if there is no such article.
        """
        found = None if has_surrogates(article_id) else find_article(self._store, article_id)
        if found is None:
            raise self._unknown(article_id)
        return found

    def __contains__(self, article_id: str) -> bool:
        """Whether there is an article of that id, retired ones included."""
        return not has_surrogates(article_id) and any(self._store.known([article_id], "ever"))

    def versions(self, article_id: str) -> list[Resolved]:
        """Return every text that was indexed under an id and not removed.

        Args:
            article_id: the id.

        Returns:
            The current text first, then the latest.

        Raises:
            LibraryError: if there is no such article.
        """
        with self._store.reading():
            self.article(article_id)
            versions = find_versions(self._store, article_id)
            return [self._resolved(version, versions) for version in versions]

    def articles_of(self, article_ids: Sequence[str]) -> list[Article]:
        """Return the articles with some ids, in the order of these, without those that are gone; in one reading.

        Args:
            article_ids: their ids.

        Returns:
            The articles.
        """
        found = self._store.articles(article_ids)
        return [found[article_id][0] for article_id in article_ids if article_id in found]

    def articles(self) -> Iterator[Article]:
        """Return every article that can be found, in the order of adding, as they are when the first is asked for."""
        return (version.article for version in self._store.versions())

    def spans(self, article_ids: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
        """Return the spans of the passages of articles.

        Args:
            article_ids: those of current articles; others are left out.

        Returns:
            The (start, end) of each passage in the article's text, in order, by the article's id.
        """
        return self._store.spans(article_ids)

    def outlets(self) -> dict[str | None, int]:
        """Return the number of articles of each outlet, by name; None counts those whose outlet is not known."""
        return self._store.totals().outlets

    def duplicates(self, article_id: str) -> list[str]:
        """Return the ids of the other articles with the same text as one, or nearly.

        Args:
            article_id: the article.

        Returns:
            The ids, in the order of adding.
        """
        return self._contents().duplicates(article_id)

    def of_outlet(self, outlet: str | None) -> list[str]:
        """Return the ids of an outlet's articles.

        Args:
            outlet: its name, as the index has it; None is the unknown outlet.

        Returns:
            The ids, the latest article first, undated ones last.
        """
        return self._contents().of_outlet(outlet)

    def list_outlets(self) -> OutletList:
        """Return the outlets with the number, the kind and the dates of their articles, to be searched and sorted.

        Returns:
            The list; its `find` searches names in any spelling of the catalogue.
        """
        with self._store.reading():
            return self._lists.outlets(self._contents())

    def list_articles(
        self,
        find: str = "",
        outlets: Sequence[str | None] | None = None,
        year: int | None = None,
        order: str = "newest",
        start: int = 0,
        limit: int | None = None,
    ) -> ListedArticles:
        """Return a part of the list of articles, found by their titles, dates and outlets; no text is read.

        Args:
            find: words that must each be in the title or in a name of the outlet, where a word is found by how it
                begins; "" for all articles.
            outlets: only articles of these, by the names that the index has; None among them is the unknown outlet.
            year: only articles dated in this year; 0 for undated ones.
            order: "newest" or "oldest", with undated articles last, or "title".
            start: how many articles of the list to leave out at its beginning.
            limit: how many to return at most; all by default.

        Returns:
            The ids of the articles in this part, and how many the list has.

        Raises:
            QuestionError: if the order is none of these.
        """
        from rag.listing.articles import ARTICLE_ORDERS

        if order not in ARTICLE_ORDERS:
            raise QuestionError(f"articles are listed in the order {', '.join(ARTICLE_ORDERS)}; choose one")
        with self._store.reading():
            listed = self._lists.articles(self._contents())
        rows = listed.find(find, outlets, year, order)
        end = len(rows) if limit is None else start + limit
        return ListedArticles(len(rows), tuple(listed.ids[i] for i in rows[start:end].tolist()), listed.years)

    def counts(self) -> Counts:
        """Return what the index is made of: outlets, sites, kinds of outlets, independent sources, dates."""
        with self._store.reading():
            return self._lists.counts(self._contents())

    def counts_by_outlet(self) -> dict[str | None, Counts]:
        """Return the counts of each outlet's articles, the most first; None is the unknown outlet."""
        from rag.answer.balance import count_by_outlet
        from rag.provenance.catalogue import load_catalogue

        contents = self._contents()
        return count_by_outlet(contents.columns, load_catalogue(contents.catalogue))

    def skipped(self, lines: bool = False) -> Iterator[Skipped]:
        """Return what could not be read when the files were last read, each with its place and the reason.

        Args:
            lines: return instead which lines of the pages that were read are in no article, by page and reason.

        Returns:
            The records, in the order of the files.
        """
        return (item for item in self._store.skipped() if item.is_of_lines is lines)

    def verify(self, citation: Citation) -> None:
        """Check that a citation still equals the stored article; call it when showing one later.

        For an article that has changed since, `resolve` gives the text that was quoted.

        Args:
            citation: as an answer returned it.

        Raises:
            CitationError: if the words, the outlet or the date differ from those stored.
        """
        from rag.answer.citation import verify

        verify(citation, find_article(self._store, citation.article_id))

    def verify_file(self, path: str | os.PathLike[str]) -> Verification:
        """Check every receipt of a file again: whether its words are still those of the article, at that place.

        Args:
            path: a dossier, or the JSON of an answer, a comparison or a search, as the command line prints it.

        Returns:
            What was found of each receipt, and of the words that the file shows for it.

        Raises:
            InputError: if the file cannot be read, has no receipts, or they are damaged.
        """
        from rag.comparison.dossier.verification import verify_file

        return verify_file(Path(path), self._store)

    def resolve(self, citation: Citation) -> Resolved:
        """Return the text that a citation quotes: today's if it still has these words there, else an earlier version.

        Args:
            citation: as an answer returned it.

        Returns:
            The text, and what has become of it since.

        Raises:
            CitationError: if no text stored under its article's id contains them.
        """
        with self._store.reading():
            versions = list(self._store.versions(citation.article_id))
            for version in versions:
                if version.article.text[citation.start : citation.end] == citation.text:
                    return self._resolved(version, versions)
        raise CitationError(f"no stored version of article {citation.article_id} contains the quoted words")

    def locate(self, article_id: str, start: int, end: int, quote_hash: str) -> tuple[Resolved, tuple[int, int] | None]:
        """Return the text that the URL of a quotation refers to, and the span of the quoted words in it.

        That is today's text if it has these words at that place, else the latest earlier version that has them; else
        the newest one, with the span of the words if they occur in it exactly once, and None if they do not.

        Args:
            article_id: the article.
            start: where the quotation begins in the text.
            end: where it ends.
            quote_hash: of the words quoted, see `rag.answer.citation.quote_hash`.

        Returns:
            The text, and the (start, end) of the quoted words in it, or None.

        Raises:
            LibraryError: for an unknown id.
        """
        from rag.answer import citation

        with self._store.reading():
            if article_id not in self:
                raise self._unknown(article_id)
            versions = list(self._store.versions(article_id))
            for version in versions:
                words = version.article.text[start:end]
                if start >= 0 and len(words) == end - start and citation.is_of(words, quote_hash):
                    return self._resolved(version, versions), (start, end)
            now = citation.find_words(versions[0].article.text, end - start, quote_hash)
            return self._resolved(versions[0], versions), None if now is None else (now, now + end - start)

    @property
    def confidence_model(self) -> ConfidenceModel:
        """How sure an answer must be: the index's own model, else the one that comes with According.

        For an encoder that it was not fitted for it is a starting point only, and answers have no confidence.
        """
        from rag.answer import confidence

        own = self._store.setting(CONFIDENCE_MODEL)
        return confidence.parse(own) if own else confidence.shipped(self._reranker_name())

    def _reranker_name(self) -> str | None:
        """The name of the model that reads passages; None where nothing is asked."""
        return None

    def backup(self, folder: str | os.PathLike[str]) -> None:
        """Copy the index, as it is at one moment, into another folder, while readers and writers go on.

        The copy is an index like any other.

        Args:
            folder: a folder that holds no index yet; it is made if it does not exist.

        Raises:
            LibraryError: if there is an index in that folder already.
        """
        self._store.backup(Path(folder))

    def close(self) -> None:
        """Close the index's files, or the connection to its server."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _unknown(self, article_id: str) -> LibraryError:
        return LibraryError(f"no article {article_id!r} in {self._store.location}; `according articles` lists them")

    def _resolved(self, version: Version, versions: Sequence[Version]) -> Resolved:
        """One of the versions of an article, with what replaced it."""
        article = version.article
        if version.current:
            return Resolved(article, True)
        own = [article.id] if versions[0].current else []
        if not own and article.url:
            own = [version.article.id for version in self._store.versions(url=article.url)]
        return Resolved(article, False, version.retired, tuple(own))
