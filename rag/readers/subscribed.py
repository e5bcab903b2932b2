"""Read a feed or page that is read again and again: only what is new, and what its entries are summaries of.

After `polite`, which makes the requests; the readers of feeds and pages do the rest. A site that says that nothing has
changed (by ETag and Last-Modified) sends nothing. Of an entry that has only a summary the page is fetched, once; if the
page may not be read, the entry's own text is the article. What has to wait is read the next time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import UNFORESEEN, Fetched, escape_unprintable, fetch, left_out
from .feed import Entry
from .polite import Budget, LaterError, Link, Visitor, spelled
from .skipped import Skipped

log = logging.getLogger("rag")

# For one source in one update. With a second between requests, so many pages take about as long.
MAX_ENTRIES, MAX_PAGES = 200, 50
MAX_SECONDS, MAX_BYTES = 120.0, 64 * 2**20
MAX_VALIDATOR_CHARS = 500  # of an ETag or a Last-Modified
DIGEST_DIGITS = 32  # 128 bits
READ, UNCHANGED, FAILED = "read", "unchanged", "failed"


@dataclass(frozen=True)
class Memory:
    """What is known of a URL from the last time that it was read.

    Attributes:
        etag, modified: what the site sends to ask whether it has changed; "" for none.
        seen: of entries whose page was read, or may not be, what tells them from others.
        until: when it may be asked again, in seconds since 1970; 0 for now.
    """

    etag: str = ""
    modified: str = ""
    seen: tuple[str, ...] = ()
    until: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """The headers that ask whether it has changed (RFC 9110, 13.1)."""
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in stated.items() if value}


def memory_of(values: Mapping[str, Any]) -> Memory:
    """Return a memory from JSON values."""
    return Memory(**{**values, "seen": tuple(values.get("seen", ()))})


def memory_to_dict(memory: Memory) -> dict[str, Any]:
    """Return a memory as JSON values, without what is empty."""
    return {name: list(value) if name == "seen" else value for name, value in vars(memory).items() if value}


@dataclass(frozen=True)
class Reading:
    """What came of reading one URL.

    Attributes:
        state: READ, UNCHANGED or FAILED.
        fetched: the articles, and what could not be read.
        memory: what is known of it from now on.
        reason: why it failed; "" if it did not.
        own: entries whose page may not be read, and which count with their own text.
        waiting: entries that are left for the next time.
    """

    state: str
    fetched: Fetched
    memory: Memory
    reason: str = ""
    own: int = 0
    waiting: int = 0


def read(address: str, catalogue: Catalogue, memory: Memory, visitor: Visitor) -> Reading:
    """Read a feed or a page again. Never raises: a failure is what came of it.

    Args:
        address: its URL.
        catalogue: used to recognise outlets.
        memory: what is known of it.
        visitor: makes the requests.
    """
    try:
        if memory.until > time.time():
            raise LaterError(f"the site asks to be left alone until {spelled(memory.until)}", memory.until)
        return _read(address, catalogue, memory, visitor)
    except LaterError as error:
        until = error.until if error.until else 0.0
        return _failed(address, error, Memory(memory.etag, memory.modified, memory.seen, until))
    except InputError as error:
        return _failed(address, error, memory)
    except Exception as error:  # a flaw, here or in a library that parses: the other sources are read all the same
        log.warning("%s: the reader failed", escape_unprintable(address), exc_info=error)
        return _failed(address, InputError(f"{UNFORESEEN} ({type(error).__name__}); please report it"), memory)


def _failed(address: str, error: InputError, memory: Memory) -> Reading:
    reason = escape_unprintable(str(error))
    return Reading(FAILED, Fetched(address, (Skipped(address, reason),)), memory, reason)


def _read(address: str, catalogue: Catalogue, memory: Memory, visitor: Visitor) -> Reading:
    budget = Budget(time.monotonic() + MAX_SECONDS, MAX_BYTES)
    reply = visitor.get(address, budget, headers=memory.headers)
    if reply.status == 304 and memory.headers:
        return Reading(UNCHANGED, Fetched(address, ()), memory)
    pages = _Pages(catalogue, address, memory, visitor, budget, Link(httpx.URL(reply.url), reply.reached))
    kept: left_out.Kept = {}
    with left_out.keeping(kept):
        items = tuple(fetch.articles(reply.content(), catalogue, address, pages.follow))
    items = (*items, *left_out.records(kept))
    if pages.beyond:
        more = f"the feed has {pages.beyond:,} entries more than the {MAX_ENTRIES} that are read"
        items = (*items, Skipped(address, more))
    validators = (_kept(reply.headers.get("etag")), _kept(reply.headers.get("last-modified")))
    etag, modified = ("", "") if pages.waiting else validators  # else what waits would be "not modified"
    known = Memory(etag, modified, tuple(pages.seen), visitor.paused_until(address))
    return Reading(READ, Fetched(address, items), known, own=pages.own, waiting=pages.waiting)


def _kept(validator: str | None) -> str:
    """Return an ETag or a date that can be sent back; "" for any other."""
    value = validator or ""
    return value if value.isascii() and value.isprintable() and len(value) <= MAX_VALIDATOR_CHARS else ""


@dataclass
class _Pages:
    """Follows the links of a feed's entries."""

    catalogue: Catalogue
    source: str
    memory: Memory
    visitor: Visitor
    budget: Budget
    link: Link
    seen: list[str] = field(default_factory=list)
    fetched: int = 0
    own: int = 0
    waiting: int = 0
    beyond: int = 0

    def follow(self, entry: Entry) -> Article | None:
        """Return the article of an entry; None if it is known, or has to wait.

        Raises:
            InputError: if it has no text, and its page cannot be read.
        """
        if entry.number > MAX_ENTRIES:
            self.beyond += 1
            return None
        if not entry.link or not entry.is_summary:
            return entry.article()
        digest = entry.digest[:DIGEST_DIGITS]
        if digest in self.memory.seen:
            self.seen.append(digest)
            return None
        try:
            page = self._page(entry.link)
        except LaterError:
            self.waiting += 1
            return None
        except InputError as error:
            self.seen.append(digest)
            return self._own(entry, error)
        self.seen.append(digest)
        return entry.completed(page)

    def _own(self, entry: Entry, error: InputError) -> Article:
        try:
            article = entry.article()
        except InputError:
            raise InputError(f"no text of its own, and its page {entry.link} cannot be read: {error}") from error
        self.own += 1
        return article

    def _page(self, link: str) -> Article:
        """Return the article of a page. Raises LaterError to read it the next time, InputError if it is none."""
        if self.fetched >= MAX_PAGES:
            raise LaterError("left for the next update")
        self.fetched += 1
        reply = self.visitor.get(link, self.budget, self.link)
        found = list(fetch.articles(reply.content(), self.catalogue, self.source, lambda entry: None))
        if len(found) != 1 or not isinstance(found[0], Article):
            raise InputError("its link leads to no single article")
        return found[0]
