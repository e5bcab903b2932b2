"""Read a feed or page that is read again and again: only what is new, and what its entries are summaries of.

After `polite`, which makes the requests; the readers of feeds and pages do the rest. A site that says that nothing has
changed (by ETag and Last-Modified) sends nothing. Of an entry that has only a summary the page is fetched, once; if the
page may not be read, the entry's own text is the article. What has to wait is read the next time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import UNFORESEEN, Fetched, escape_unprintable, fetch, left_out
from .feed import Entry
from .polite import MAX_PAUSE_SECONDS, Budget, LaterError, Link, Visitor, spelled
from .skipped import Skipped

log = logging.getLogger("rag")

# For one source in one update. With a second between requests, so many pages take about as long.
MAX_ENTRIES, MAX_PAGES = 200, 50
MAX_SECONDS, MAX_BYTES = 120.0, 64 * 2**20
# In addition, where a host asks for long pauses: for the feed and for one page, each after one redirect.
PATIENCE_SECONDS = 4 * MAX_PAUSE_SECONDS
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
        asked, pause: when its host was asked last, and for what pause it asks; 0 for none that is long.
    """

    etag: str = ""
    modified: str = ""
    seen: tuple[str, ...] = ()
    until: float = 0.0
    asked: float = 0.0
    pause: float = 0.0

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
        waiting_for: the host that they wait for, and until when; "" if none asks for it.
        links: the pages of entries that were read, or tried.
    """

    state: str
    fetched: Fetched
    memory: Memory
    reason: str = ""
    own: int = 0
    waiting: int = 0
    waiting_for: str = ""
    links: frozenset[str] = frozenset()


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
        visitor.resume(address, memory.asked, memory.pause)
        found = _read(address, catalogue, memory, visitor)
        asked, pause = visitor.pause_of(address)
        return replace(found, memory=replace(found.memory, asked=asked, pause=pause))
    except LaterError as error:
        return _failed(address, error, replace(memory, until=error.until or 0.0))
    except InputError as error:
        return _failed(address, error, memory)
    except Exception as error:  # a flaw, here or in a library that parses: the other sources are read all the same
        log.warning("%s: the reader failed", escape_unprintable(address), exc_info=error)
        return _failed(address, InputError(f"{UNFORESEEN} ({type(error).__name__}); please report it"), memory)


def _failed(address: str, error: InputError, memory: Memory) -> Reading:
    reason = escape_unprintable(str(error))
    return Reading(FAILED, Fetched(address, (Skipped(address, reason),)), memory, reason)


def _read(address: str, catalogue: Catalogue, memory: Memory, visitor: Visitor) -> Reading:
    budget = Budget(time.monotonic() + MAX_SECONDS, MAX_BYTES, PATIENCE_SECONDS)
    reply = visitor.get(address, budget, headers=memory.headers)
    if reply.status == 304 and memory.headers:
        return Reading(UNCHANGED, Fetched(address, ()), memory)
    pages = _Pages(catalogue, address, memory, visitor, budget, Link(httpx.URL(reply.url), reply.reached))
    kept: left_out.Kept = {}
    with left_out.keeping(kept):
        items = tuple(fetch.articles(reply.content(), catalogue, address, pages.follow))
    items = (*items, *left_out.records(kept), *pages.left_out)
    if pages.beyond:
        more = f"the feed has {pages.beyond:,} entries more than the {MAX_ENTRIES} that are read"
        items = (*items, Skipped(address, more))
    validators = (_kept(reply.headers.get("etag")), _kept(reply.headers.get("last-modified")))
    etag, modified = ("", "") if pages.waiting else validators  # else what waits would be "not modified"
    known = Memory(etag, modified, tuple(pages.seen), visitor.paused_until(address))
    return Reading(
        READ, Fetched(address, items), known, own=pages.own, waiting=pages.waiting, waiting_for=pages.waiting_for,
        links=frozenset(pages.links),
    )  # fmt: skip


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
    waiting_for: str = ""
    beyond: int = 0
    links: set[str] = field(default_factory=set)
    left_out: list[Skipped] = field(default_factory=list)

    def follow(self, entry: Entry) -> Article | None:
        """Return the article of an entry; None if it is known, or has to wait.

        Raises:
            InputError: if it has no text, and its page cannot be read.
        """
        if entry.number > MAX_ENTRIES:
            self.beyond += 1
            return None
        if not entry.link or not entry.is_summary:
            self.links.add(entry.link or "")
            return entry.article()
        digest = entry.digest[:DIGEST_DIGITS]
        if digest in self.memory.seen:
            self.seen.append(digest)
            return None
        try:
            page = self._page(entry.link)
        except LaterError as error:
            self.waiting += 1
            self.waiting_for = str(error) if error.until else self.waiting_for
            return None
        except InputError as error:
            self.seen.append(digest)
            self.links.add(entry.link)
            return self._own(entry, error)
        self.seen.append(digest)
        self.links.add(entry.link)
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
        try:
            reply = self.visitor.get(link, self.budget, self.link)
        finally:
            self.budget.served |= self.budget.asked
        kept: left_out.Kept = {}
        with left_out.keeping(kept):
            found = list(fetch.articles(reply.content(), self.catalogue, self.source, lambda entry: None))
        self.left_out += (replace(each, place=f"{each.place} of {link}") for each in left_out.records(kept))
        if len(found) != 1 or not isinstance(found[0], Article):
            raise InputError("its link leads to no single article")
        return found[0]
