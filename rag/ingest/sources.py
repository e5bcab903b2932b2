"""The feeds, pages and folders that an index is updated from: saved with it, and read again by `Library.update`.

URLs are read politely, one request at a time (`rag.readers.polite`), before anything is written; then what they and
the folders hold is added in one run of the pipeline. What is known of each source is saved last: an update that is
killed reads again what it had not stored, and loses nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag import readers
from rag.article import Article
from rag.errors import InputError
from rag.ingest.report import Report
from rag.provenance.catalogue import Catalogue
from rag.readers.skipped import Skipped
from rag.stores.base import Store, Writer

if TYPE_CHECKING:
    from rag.readers.subscribed import Reading

SOURCES = "sources"  # the name of the setting, JSON
MAX_SOURCES = 500
MAX_ADDRESS_CHARACTERS = 2_000
MAX_KEPT = 1_000  # records of what could not be read of one source earlier


@dataclass(frozen=True)
class Source:
    """A feed, page, file or folder that an index is updated from.

    Attributes:
        address: its URL, or its absolute path.
        failure: why it could not be read the last time; "" if it could be, or was not read yet.
    """

    address: str
    failure: str = ""
    memory: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_url(self) -> bool:
        """Whether it is a feed or page, and no file or folder."""
        return readers.is_web_url(self.address)

    def to_dict(self) -> dict[str, str | None]:
        """Return what a list of sources shows of it, as JSON values."""
        return {"address": self.address, "kind": "url" if self.is_url else "path", "failure": self.failure or None}


@dataclass(frozen=True)
class SourceOutcome:
    """What an update did with one source.

    Attributes:
        address: its URL or path.
        state: "read", "unchanged" since the last time, or "failed".
        articles: how many articles were read of it; of these
        new, updated: were not in the index, or are in it with other content.
        summaries: how many of them are only the text of a feed's entry, as its page may not be read.
        waiting: entries whose page is left for the next update.
        waiting_for: the host that asks for that, and until when; "" if none does.
        skipped: entries and files that could not be read; `according skipped` lists them.
        reason: why it failed; "" if it did not.
    """

    address: str
    state: str
    articles: int = 0
    new: int = 0
    updated: int = 0
    summaries: int = 0
    waiting: int = 0
    skipped: int = 0
    reason: str = ""
    waiting_for: str = ""

    def __str__(self) -> str:
        if self.state != "read":
            return f"{self.address}: {self.state}{self.reason and ': '}{self.reason}"
        parts = [f"{self.new:,} new", f"{self.updated:,} updated", f"{self.articles:,} read"]
        parts += [f"{self.skipped:,} skipped"] if self.skipped else []
        parts += [f"{self.summaries:,} with the feed's own text, as the page cannot be read"] if self.summaries else []
        why = f" ({self.waiting_for})" if self.waiting_for else ""
        parts += [f"{self.waiting:,} left for the next update{why}"] if self.waiting else []
        return f"{self.address}: {', '.join(parts)}"


@dataclass(frozen=True)
class Update:
    """What an update did.

    Attributes:
        outcomes: what it did with each source, in the order of the list.
        report: what was added; None if no source had anything.
    """

    outcomes: tuple[SourceOutcome, ...]
    report: Report | None = None

    @property
    def worked(self) -> Literal["all", "some", "none"]:
        """How many of the sources could be read."""
        failed = sum(outcome.state == "failed" for outcome in self.outcomes)
        return "all" if not failed else "none" if failed == len(self.outcomes) else "some"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "worked": self.worked,
            "sources": [asdict(outcome) for outcome in self.outcomes],
            "report": self.report.to_dict() if self.report else None,
        }


def saved_sources(store: Store) -> tuple[Source, ...]:
    """Return the sources that are saved with an index, in the order of adding."""
    return tuple(Source(**each) for each in json.loads(store.setting(SOURCES) or "[]"))


def with_source(sources: Sequence[Source], address: str | os.PathLike[str]) -> tuple[Source, ...]:
    """Return sources with one more.

    Raises:
        InputError: if it cannot be one, or there are too many.
    """
    checked = checked_address(address)
    if any(source.address == checked for source in sources):
        raise InputError(f"{checked} is a source already; `according update` reads it")
    if len(sources) >= MAX_SOURCES:
        raise InputError(f"at most {MAX_SOURCES} sources can be saved; remove some first")
    if not readers.is_web_url(checked) and not os.path.lexists(checked):
        raise InputError(f"{checked}: no such file or folder")
    return (*sources, Source(checked))


def without_source(sources: Sequence[Source], address: str | os.PathLike[str]) -> tuple[Source, ...]:
    """Return sources without one.

    Raises:
        InputError: if it is none of them.
    """
    given = os.fspath(address)
    kept = tuple(source for source in sources if source.address not in (given, checked_address(given)))
    if len(kept) == len(sources):
        raise InputError(f"{given} is no source; `according sources list` lists them")
    return kept


def checked_address(address: str | os.PathLike[str]) -> str:
    """Return a URL without password and fragment, or an absolute path.

    Raises:
        InputError: if it is neither, or too long.
    """
    given = os.fspath(address).strip()
    if readers.is_remote_url(given):
        raise InputError("a source is an http(s) URL, a file or a folder; add what is in a bucket with `according add`")
    if readers.is_web_url(given):
        from rag.readers.fetch import normalize

        given = normalize(given)
    else:
        given = os.path.abspath(given)
    if len(given) > MAX_ADDRESS_CHARACTERS or readers.escape_unprintable(given) != given:
        raise InputError(
            f"its name is longer than {MAX_ADDRESS_CHARACTERS:,} characters, or has some that cannot be shown"
        )
    return given


def save(writer: Writer, sources: Iterable[Source]) -> None:
    """Store sources with an index, in place of those stored."""
    writer.save_setting(SOURCES, json.dumps([vars(source) for source in sources], ensure_ascii=False))


@dataclass(frozen=True)
class Gathered:
    """What is to be added of some sources, and what is to be known of them once it is.

    Attributes:
        inputs: for the pipeline.
        outcomes: what was done, without what becomes of what is added.
        states: the sources, as they are to be saved, by address.
        kept: what could not be read of them earlier, and was not tried again, by address.
    """

    inputs: list[readers.Input]
    outcomes: list[SourceOutcome]
    states: dict[str, Source]
    kept: dict[str, list[Skipped]] = field(default_factory=dict)

    def finished(self, report: Report | None) -> Update:
        """Return the update, with what became of what was added."""
        counts = report.by_source if report else {}
        return Update(tuple(self._counted(outcome, counts) for outcome in self.outcomes), report)

    @staticmethod
    def _counted(outcome: SourceOutcome, counts: Any) -> SourceOutcome:
        if outcome.state != "read":
            return outcome
        inside = (outcome.address, outcome.address.rstrip(os.sep) + os.sep)
        is_url = readers.is_web_url(outcome.address)
        own = [c for name, c in counts.items() if name == inside[0] or (not is_url and name.startswith(inside[1]))]
        new, updated = sum(c.new for c in own), sum(c.updated for c in own)
        others = sum(c.unchanged + c.repeated + c.earlier for c in own)
        skipped = sum(c.skipped for c in own)
        return replace(outcome, articles=new + updated + others, new=new, updated=updated, skipped=skipped)


def gather(
    sources: Sequence[Source],
    catalogue: Catalogue,
    progress: Callable[[SourceOutcome], None] | None = None,
    earlier: Iterable[Skipped] = (),
) -> Gathered:
    """Read the URLs among some sources, and find the folders. Never raises for one of them.

    Args:
        sources: as they are saved; those whose host asks for long pauses are read last.
        catalogue: used to recognise outlets.
        progress: called with what was done, for each source in turn.
        earlier: what could not be read before.
    """
    gathered, visitor = Gathered([], [], {}), None
    urls = {source.address for source in sources if source.is_url}
    records: dict[str, list[Skipped]] = {}
    for each in earlier:
        if each.source in urls:
            records.setdefault(each.source, []).append(each)
    for source in sorted(sources, key=lambda source: bool(source.memory.get("pause"))):
        if source.is_url:
            from rag.readers import polite, subscribed  # which take long to load

            visitor = visitor or polite.Visitor()
            found = subscribed.read(source.address, catalogue, subscribed.memory_of(source.memory), visitor)
            outcome = SourceOutcome(
                source.address, found.state, summaries=found.own, waiting=found.waiting, reason=found.reason,
                waiting_for=found.waiting_for,
                articles=sum(isinstance(item, Article) for item in found.fetched.items),
            )  # fmt: skip
            gathered.states[source.address] = Source(
                source.address, found.reason, subscribed.memory_to_dict(found.memory)
            )
            gathered.inputs.extend([found.fetched] if found.fetched.items else [])
            own = [each for each in records.get(source.address, ()) if not _is_replaced(each, found, source)]
            gathered.kept[source.address] = own[-MAX_KEPT:]
        else:
            reason = "" if os.path.lexists(source.address) else "no such file or folder"
            outcome = SourceOutcome(source.address, "failed" if reason else "read", reason=reason)
            gathered.states[source.address] = replace(source, failure=reason)
            gathered.inputs.extend([] if reason else [Path(source.address)])
        gathered.outcomes.append(outcome)
        if progress:
            progress(outcome)
    order = {source.address: number for number, source in enumerate(sources)}
    gathered.outcomes.sort(key=lambda outcome: order[outcome.address])
    return gathered


def _is_replaced(record: Skipped, found: Reading, source: Source) -> bool:
    """Return whether an earlier record is out of date, as what it is of was read again, or tried.

    Of a page its place ends in the URL; all others are of the feed itself.
    """
    if found.state != "read":
        return record.place is None and record.reason == source.failure
    link = (record.place or "").rpartition(" ")[2]
    return not readers.is_web_url(link) or link in found.links
