"""Which of the articles that a build reads are new, changed, unchanged, or earlier versions of others.

Of the versions of one article the newest is current: by the date of the article; where equal or undated, the one that
was read later. A text that is in the index as an earlier version does not come back because its file is read again: it
waits until everything is read, and is current again only if no newer one was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from rag.article import Article
from rag.ingest.identify import Identified, Identifier, is_older
from rag.ingest.outcome import Outcome
from rag.ingest.report import Report
from rag.readers.skipped import Skipped
from rag.stores.base import Known, Store


@dataclass
class Changes:
    """What is to be done to the index for a batch of articles.

    Attributes:
        fresh: articles to store: new ones, and those that changed.
        earlier: texts to store as earlier versions.
        joined: ids of articles that are one with another, and are retired.
        skipped: what could not be read, or taken in.
        read_as: content hash of each article in `fresh` as its reader made it, by its own.
        outcomes: what becomes of what was read from each file, where that is known.
    """

    fresh: list[Article] = field(default_factory=list)
    earlier: list[Article] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    read_as: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def outcome(self, file: str | None) -> Outcome:
        """Return where it is counted what becomes of a file; of an unknown one, nobody asks."""
        return Outcome() if file is None else self.outcomes.setdefault(file, Outcome())

    def put(self, article: Article, read_as: str | None = None) -> None:
        """Have an article stored."""
        self.fresh.append(article)
        self.read_as[article.content_hash] = read_as or article.content_hash


@dataclass
class _Waiting:
    """Readings of an article that are older than what is current, or are in the index as earlier versions."""

    current: Article
    earlier: Sequence[Article]
    readings: list[Article] = field(default_factory=list)
    files: list[str | None] = field(default_factory=list)  # that each reading is from


class Reconciler:
    """Compares what a run reads with what is stored, batch by batch.

    Attributes:
        seen: content hash of each article that was read, by id; of several versions, of the one that is current.
    """

    def __init__(self, store: Store, report: Report, staged: bool = False):
        """Prepare for a run.

        Args:
            store: the index.
            report: where articles are counted.
            staged: whether the workers of a cluster put articles into a sink.
        """
        self.seen: dict[str, str] = {}
        self._store, self._report = store, report
        self._staged: set[str] | None = set() if staged else None
        self._counted = set[str]()  # ids of the articles that are counted as new or updated
        self._waiting: dict[str, _Waiting] = {}
        self._readings: dict[str, list[Article]] = {}  # those of `_waiting`

    def take(self, items: Iterable[Article | Skipped], files: Iterable[str] = ()) -> Changes:
        """Return what is to be done for a batch, and count it.

        Args:
            items: what was read.
            files: the file that each was read from; none where that is not known.
        """
        items, changes = list(items), Changes()
        articles = [item for item in items if isinstance(item, Article)]
        batch = Identifier(self._store, articles, self.seen, self._readings, self._staged or ())
        for item, file in zip(items, chain(files, repeat(None)), strict=False):
            outcome = changes.outcome(file)
            if isinstance(item, Skipped):
                changes.skipped.append(item)
                outcome.skip(item)
                continue
            self._report.count(item)
            found = batch.identify(item)
            if found.refused:
                self._report.repeated += 1
                changes.skipped.append(Skipped(item.source, found.refused))
                outcome.skip(changes.skipped[-1])
                continue
            if found.joined:
                if moved := batch.join(found.article.id, found.joined):
                    changes.put(moved)
                changes.joined += found.joined
                self._report.retired += len(found.joined)
            self._compare(found, batch, changes, file)
        self._report.skip(changes.skipped)
        return changes

    def finish(self, retire: bool) -> Changes:
        """Return what is to be done once everything is read.

        Args:
            retire: whether the index is to hold only what was read.
        """
        changes = Changes()
        for article_id, waiting in self._waiting.items():
            best: Article | None = None
            if article_id not in self.seen:
                best = self._newest(waiting, retire)
                self.seen[article_id] = (best or waiting.current).content_hash
            if best:
                self._report.updated += 1
                changes.put(best)
            for reading, file in zip(waiting.readings, waiting.files, strict=True):
                outcome = changes.outcome(file)
                outcome.updated += reading is best
                outcome.earlier += reading is not best
            others = [r for r in waiting.readings if r is not best]
            self._report.earlier += len(others)
            texts = {each.text for each in (waiting.current, *waiting.earlier, *filter(None, [best]))}
            changes.earlier += [r for r in others if r.text not in texts]
        return changes

    def absent(self, unread: Iterable[str]) -> list[str]:
        """Return the ids that are in the index and were not read; articles of `unread` files and folders are kept."""
        kept = set(unread)
        stored: Iterator[tuple[str, Known]] = self._store.known()
        return [i for i, known in stored if i not in self.seen and not _is_in(known.source, kept)]

    def _compare(self, found: Identified, batch: Identifier, changes: Changes, file: str | None) -> None:
        article, stored, outcome = found.article, found.stored, changes.outcome(file)
        content_hash, before = article.content_hash, self.seen.get(article.id)
        current = stored.current if stored else None
        if before is not None and (content_hash == before or (current and current.text == article.text)):
            self._report.repeated += 1
            outcome.repeated += 1
        elif before is not None and current is not None:
            self._report.earlier += 1
            if is_older(article, current):
                changes.earlier.append(article)
                batch.note(article, current=False)
                outcome.earlier += 1
            else:
                outcome.updated += 1
                self._replace(current, changes)
                self._count(article.id, "updated")
                self._put(found, batch, changes)
        elif stored is None or (current and current.content_hash == content_hash):
            self._report.unchanged += 1
            outcome.unchanged += 1
            self._see(article.id, content_hash)
        elif current is None:
            outcome.new += 1
            self._count(article.id, "new")
            self._put(found, batch, changes)
        elif current.text != article.text and (
            any(each.text == article.text for each in stored.earlier)
            or (article.source != current.source and is_older(article, current))
        ):
            waiting = self._waiting.setdefault(article.id, _Waiting(current, tuple(stored.earlier)))
            waiting.readings.append(article)
            waiting.files.append(file)
            self._readings[article.id] = waiting.readings
        else:
            outcome.updated += 1
            self._count(article.id, "updated")
            self._put(found, batch, changes)

    def _put(self, found: Identified, batch: Identifier, changes: Changes) -> None:
        changes.put(found.article, found.read_as)
        batch.note(found.article)
        self._see(found.article.id, found.article.content_hash)

    def _replace(self, current: Article, changes: Changes) -> None:
        """Make a text an earlier version that was read before in this run, and is perhaps not stored yet."""
        if current in changes.fresh:
            changes.fresh.remove(current)
            changes.earlier.append(current)
        elif self._staged is not None:
            changes.earlier.append(current)

    def _see(self, article_id: str, content_hash: str) -> None:
        if self._staged is not None:
            self._staged.discard(self.seen.get(article_id, ""))
            self._staged.add(content_hash)
        self.seen[article_id] = content_hash

    def _count(self, article_id: str, kind: str) -> None:
        """Count an article as new or updated; a second version of it changes the count of the first."""
        if article_id in self.seen:
            if article_id in self._counted:
                return
            self._report.unchanged -= 1
        self._counted.add(article_id)
        setattr(self._report, kind, getattr(self._report, kind) + 1)

    @staticmethod
    def _newest(waiting: _Waiting, retire: bool) -> Article | None:
        """Return the reading that is to be current, although the current text was not read; None to leave that."""
        best = waiting.readings[0]
        for reading in waiting.readings[1:]:
            best = best if is_older(reading, best) else reading
        current = waiting.current
        known = next((each for each in waiting.earlier if each.text == best.text), None)
        if retire or (known and best.source == current.source):
            return best
        return best if known and known.source != best.source and not is_older(best, current) else None


def _is_in(source: str, paths: set[str]) -> bool:
    """Return whether a file, or a folder or archive around it, is among some paths."""
    while paths and source:
        if source in paths:
            return True
        source = source[: max(source.rfind("/"), source.rfind("!"), 0)]
    return False
