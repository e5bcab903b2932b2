"""Articles as they are read -> the articles of the index that they are, or are versions of (`rag.provenance.identity`).

Readers know no index: two files may give the same id, one article may be read from two files in two versions. Here each
article gets the id that it has in the index, with what is stored of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rag.address import canonical_address
from rag.article import ID_DIGITS, Article, derived_ids
from rag.provenance.identity import (
    QUALIFIER,
    is_given,
    labels,
    likeness,
    looks_derived,
    same_by_address,
    same_by_id,
)
from rag.stores.base import Known, Store, qualified


@dataclass
class Stored:
    """What is stored under an id, and what was read in this batch for it.

    Attributes:
        current: the text that can be found, or is about to be; None if it was retired.
        earlier: other texts.
    """

    current: Article | None = None
    earlier: list[Article] = field(default_factory=list)

    @property
    def newest(self) -> Article:
        """The current text, else the last one stored."""
        return self.current or self.earlier[-1]


@dataclass(frozen=True)
class Identified:
    """An article that was read, as it is known in the index.

    Attributes:
        article: the article, with the id that it has in the index.
        read_as: content hash of the article as its reader made it.
        stored: what is stored under that id; None if it was found unchanged, without looking at its text.
        joined: other ids under which the index has the same article, which become this one.
        refused: why it is left out; "" if it is not.
    """

    article: Article
    read_as: str
    stored: Stored | None
    joined: tuple[str, ...] = ()
    refused: str = ""


class Identifier:
    """Finds the articles of an index that the articles of one batch are."""

    def __init__(
        self,
        store: Store,
        articles: Sequence[Article],
        read: Mapping[str, str],
        waiting: Mapping[str, Sequence[Article]],
        staged: Container[str] = (),
    ) -> None:
        """Look up what the articles of a batch may be.

        Args:
            store: the index.
            articles: as they were read.
            read: content hashes of the articles that were read in this run, by id; it may grow.
            waiting: texts that were read in this run, by id, of which it is not decided yet whether they are current.
            staged: content hashes of those among them that are in a sink.
        """
        self._read, self._waiting = read, waiting
        self._outlets = {(article.id, article.outlet) for article in articles}
        self._texts = {article.text for article in articles}
        self._known: Mapping[str, Known] = dict(store.known([article.id for article in articles]))
        changed = [article for article in articles if not self._is_unchanged(article)]
        given = list(dict.fromkeys(article.id for article in changed if is_given(article)))
        derived = [i for article in changed if not is_given(article) for i in derived_ids(article)]
        addresses = {canonical_address(article.url) for article in changed if not is_given(article)} - {None}
        self._stored: dict[str, Stored] = {}
        for version in store.candidates(given, derived, sorted(filter(None, addresses)), staged):
            under = self._stored.setdefault(version.article.id, Stored())
            if version.current:
                if under.current:
                    under.earlier.append(under.current)
                under.current = version.article
            else:
                under.earlier.append(version.article)

    def identify(self, article: Article) -> Identified:
        """Return an article as it is known in the index."""
        read_as = article.content_hash
        if self._is_unchanged(article) and article.id not in self._stored:
            return Identified(article, read_as, None)
        if is_given(article):
            return self._by_id(article, read_as)
        return self._by_address(article, read_as)

    def note(self, article: Article, current: bool = True) -> None:
        """Take an article for stored that is about to be."""
        under = self._stored.setdefault(article.id, Stored())
        if current and under.current and under.current.text != article.text:
            under.earlier.append(under.current)
        if current:
            under.current = article
        else:
            under.earlier.append(article)

    def _is_unchanged(self, article: Article) -> bool:
        known, content_hash = self._known.get(article.id), article.content_hash
        return known is not None and known.content_hash == content_hash == self._read.get(article.id, content_hash)

    def _by_id(self, article: Article, read_as: str) -> Identified:
        given = article.id
        options = {i: own for i, own in self._stored.items() if qualified(i, given) and (own.current or own.earlier)}
        found: list[tuple[int, str]] = []
        if any(self._is_repeated(article, option, own) for option, own in options.items()):
            return Identified(article, read_as, None, refused=f"another article already has the id {given!r}")
        for option, own in options.items():
            like = likeness(own.newest, article)
            if like.outlets_differ and (given, own.newest.outlet) in self._outlets:
                continue  # another article of the batch is this one
            earlier = [e for e in own.earlier if e.text == article.text and not like.outlets_differ]
            likes = [like, *(likeness(each, article) for each in earlier)]
            found += [(each.rank, option) for each in likes if same_by_id(each, option in self._read)]
        if found:
            return self._as(article, max(found, key=lambda each: each[0])[1], read_as)
        if given not in options:
            return self._as(article, given, read_as)
        outlets = [own.newest.outlet for own in options.values()]
        return self._as(article, next(i for i in _qualified_ids(article, outlets) if i not in options), read_as)

    def _is_repeated(self, article: Article, option: str, own: Stored) -> bool:
        """Whether a file gives one id to two articles of one source."""
        before = [*self._waiting.get(option, ()), *([own.newest] if option in self._read else [])]
        likes = [like for like in (likeness(each, article) for each in before) if like.same_file]
        own_likes = [like for like in likes if not like.outlets_differ]
        return bool(own_likes) and not any(same_by_id(like, both_read=True) for like in own_likes)

    def _by_address(self, article: Article, read_as: str) -> Identified:
        ids = derived_ids(article)
        found: list[str] = []
        replaced: list[tuple[int, str]] = []  # what has the article's place in its file, if no other one takes it
        for option, own in self._stored.items():
            if not (own.current or own.earlier) or not (option in ids or looks_derived(option)):
                continue
            there = own.newest
            like = likeness(there, article)
            by_content = option in ids[-2:] and any(each.text == article.text for each in _texts(own))
            if by_content or same_by_address(there, article, like, both_read=True):
                found.append(option)
            elif (
                option not in self._read
                and there.text not in self._texts
                and same_by_address(there, article, like, both_read=False)
            ):
                replaced.append((like.rank, option))
        if found:
            first, *others = found
            return self._as(article, first, read_as, [i for i in others if self._stored[i].current])
        if replaced:
            return self._as(article, max(replaced, key=lambda each: each[0])[1], read_as)
        return self._as(article, next((i for i in ids[:-1] if i not in self._stored), ids[-2]), read_as)

    def _as(self, article: Article, article_id: str, read_as: str, joined: Sequence[str] = ()) -> Identified:
        own = self._stored.setdefault(article_id, Stored())
        return Identified(replace(article, id=article_id), read_as, own, tuple(joined))

    def join(self, article_id: str, others: Sequence[str]) -> Article | None:
        """Make the articles of several ids one.

        Returns:
            The newest text among them, if it must be stored under the first id in place of the one there.
        """
        own = self._stored[article_id]
        newest = own.current
        for other in others:
            there = self._stored[other]
            if there.current and (newest is None or not is_older(there.current, newest)):
                newest = there.current
            there.earlier += [there.current] if there.current else []
            there.current = None
        if newest is None or newest is own.current:
            return None
        moved = replace(newest, id=article_id)
        self.note(moved)
        return moved


def is_older(one: Article, other: Article) -> bool:
    """Whether an article has an earlier date than another; an undated one has not."""
    return one.date is not None and other.date is not None and one.date < other.date


def _texts(own: Stored) -> Iterator[Article]:
    yield from [own.current] if own.current else []
    yield from own.earlier


def _qualified_ids(article: Article, sibling_outlets: Sequence[str | None]) -> Iterator[str]:
    """Yield the ids that an article may get whose own is that of another source's article."""
    for label in labels(article, sibling_outlets):
        yield f"{article.id}{QUALIFIER}{label}"
    source = "\x1f".join((article.id, article.outlet or "", article.source))
    number = 0
    while True:
        body = f"{source}\x1f{number}".encode("utf-8", "surrogatepass")
        yield f"{article.id}{QUALIFIER}{hashlib.sha256(body).hexdigest()[:ID_DIGITS]}"
        number += 1
