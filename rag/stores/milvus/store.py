"""Reading a library in Milvus: articles, their versions, passages and vectors, and views to search.

After `tables`, `view` and `writer`; before the library, which knows nothing of Milvus.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import json
import logging
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from rag.address import canonical_address
from rag.article import Article
from rag.errors import LibraryError
from rag.models.encoder import Vectors
from rag.passage import Passage
from rag.query.aliases import Aliases, AliasGroup
from rag.readers.skipped import Skipped
from rag.stores import base
from rag.stores.base import (
    ALIASES,
    CATALOGUE,
    EmbeddedPassage,
    Encoded,
    Heading,
    Known,
    Manifest,
    Span,
    Version,
    hash64,
)
from rag.stores.milvus import duplicates, schema
from rag.stores.milvus.claim import Claim
from rag.stores.milvus.client import WRITE_RETRY_SECONDS, MilvusLocation, Server
from rag.stores.milvus.schema import NEVER, Row
from rag.stores.milvus.summary import Summaries
from rag.stores.milvus.tables import ROWS_PER_CALL, Tables, read_manifest
from rag.stores.milvus.view import MilvusContents, MilvusView, TermCounts
from rag.stores.milvus.writer import MilvusWriter, SharedWriter
from rag.stores.normalise import VERSION

FORMAT = 1
WORDS = "words"  # the record of the rules by which words are normalised

log = logging.getLogger("rag")


class MilvusStore(Tables, base.Store):
    """A library in Milvus."""

    def __init__(self, server: Server, manifest: Manifest):
        super().__init__(server)
        self.manifest = manifest
        self.summaries = Summaries(self)
        self._counts = TermCounts(self)

    @classmethod
    def exists(cls, location: MilvusLocation) -> bool:
        """Return whether there is a library at a location."""
        if location.lite and not Path(location.uri).exists():
            return False
        server = Server(location)
        try:
            return bool(read_manifest(server))
        finally:
            server.close()

    @classmethod
    def create(cls, location: MilvusLocation, manifest: Manifest, wait: bool = True) -> MilvusStore:
        """Create an empty library at a location, or open the one that another process has just created there."""
        server, retry = Server(location), {"retry_seconds": WRITE_RETRY_SECONDS}
        for name in schema.TABLES:
            table = f"{location.name}_{name}"
            columns, indexes = schema.SCHEMAS[name](manifest.dimension, server.lite, location.index)
            if not server("has_collection", table, **retry):
                server(
                    "create_collection",
                    table,
                    schema=columns,
                    consistency_level="Session",
                    **retry,
                )
            if len(server("list_indexes", table, **retry)) < len(indexes):
                server("create_index", table, indexes, sync=False, **retry)  # of nothing yet
            server("load_collection", table, **retry)
        store = cls(server, replace(manifest, format=FORMAT))
        with store.strictly(), Claim(store, wait):
            if not read_manifest(server):
                value = json.dumps({"encoder": manifest.encoder, "dimension": manifest.dimension, "format": FORMAT})
                first = [
                    schema.record(WORDS, WORDS, VERSION),
                    schema.record("manifest", "manifest", value=[value]),
                    schema.record("generation", "generation"),
                ]
                store._send("records", first)
        store.close()
        return cls.open(location)

    @classmethod
    def open(cls, location: MilvusLocation) -> MilvusStore:
        """Open the library at a location. Raises LibraryError if there is none that this version can read."""
        server = None if location.lite and not Path(location.uri).exists() else Server(location)
        found = read_manifest(server) if server else None
        if not found or not server:
            raise LibraryError(
                f"there is no library at {location.given}; make one with: according build PATHS "
                f"--index {location.given}"
            )
        if found.format != FORMAT:
            raise LibraryError(
                f"the library at {location.given} has format {found.format}, this version of According reads {FORMAT}; "
                "build it again under another name, or use the version that made it"
            )
        store = cls(server, found)
        if (rules := store.words_version()) != VERSION:
            log.warning(
                "the words of the library at %s were indexed by other rules than today's (%s, now %s), so that some "
                "are not found; whatever changes the library indexes them again, as does: according compact --index %s",
                location.given, rules, VERSION, location.given,
            )  # fmt: skip
        return store

    def words_version(self) -> int:
        """Return the version of the rules by which the words were normalised; 0 if that was not recorded."""
        rows = self._rows("records", f'key == "{WORDS}"', ["number"])
        return int(rows[0]["number"]) if rows else 0

    def index_words(self) -> None:
        """Index all words again, by today's rules: for a writer. If it is killed meanwhile, the next one does it again.

        Rows change one by one, so a question may be searched for in words of both until the end.
        """
        for row, article, passages in self.everything():
            if article is None:
                continue  # it is damaged, as `doctor` says
            spans = ((each["key"], article.text[each["start"] : each["end"]]) for each in passages)
            own = [{"key": key, "words": schema.packed(text)} for key, text in spans]
            self._send("passages", own, partial=True)
            words = schema.packed(schema.whole(article))
            self._send("articles", [{"key": row["key"], "words": words}], partial=True)
        self._send("records", [schema.record(WORDS, WORDS, VERSION)])

    @functools.cached_property
    def lite(self) -> bool:
        """Whether it is a Milvus Lite, in this process or another."""
        return self._server.lite

    # Articles

    def versions(self, article_id: str | None = None, url: str | None = None) -> Iterator[Version]:
        if article_id is not None:
            return self._versions(article_id)
        if url is not None:
            return self._at(url)
        rows = self._scan("articles", self._present(), ("key", "brief", "body"))
        return (Version(self._checked(row), True, None) for row in rows)

    def _versions(self, article_id: str) -> Iterator[Version]:
        now = self.generation()
        own = self._of_ids([article_id], schema.ever(now), ("key", "died", "brief", "body"))
        own.sort(key=lambda row: (row["died"] > now, row["died"]), reverse=True)
        gone = [row["died"] for row in own if row["died"] <= now]
        times = {row["number"]: row["value"][0] for row in self._records("past", "number", gone)}
        seen = set[str]()
        for row in own:
            article = self._checked(row)
            if article.text in seen:
                continue  # what was known of it has changed, or it was retired and came back
            seen.add(article.text)
            time = times.get(row["died"]) if row["died"] <= now else None
            yield Version(article, row["died"] > now, dt.datetime.fromisoformat(time) if time else None)

    def _at(self, url: str) -> Iterator[Version]:
        address = canonical_address(url)
        rows = self._at_addresses([address], [url]) if address else []
        there = (self._checked(row) for row in rows)
        return (Version(article, True, None) for article in there if canonical_address(article.url) == address)

    def _at_addresses(self, addresses: Sequence[str], urls: Sequence[str] = ()) -> list[Row]:
        """Return the rows of the current articles at some addresses, and perhaps of others, in the order of adding.

        Rows of earlier versions of According have the hash of the URL as it was stated.
        """
        stated = (f"{scheme}://{address}" for address in addresses for scheme in ("https", "http"))
        codes = map(hash64, (*addresses, *urls, *stated))
        rows = self._of("articles", "site", codes, ("key", "number", "brief", "body"), self._present())
        return sorted(rows, key=schema.order)

    def candidates(
        self, given: Sequence[str], derived: Sequence[str], addresses: Sequence[str], staged: Container[str] = ()
    ) -> Iterator[Version]:
        now, columns = self.generation(), ("key", "number", "born", "died", "brief", "body")
        wanted, there = {*given, *derived}, set(addresses)
        at = [self._checked(row) for row in self._at_addresses(addresses)] if there else []
        wanted |= {article.id for article in at if canonical_address(article.url) in there}
        for row in sorted(self._named(wanted, f"(born <= {now} or died == {NEVER})", columns), key=schema.order):
            brief = schema.brief(row)
            name = brief["id"]
            if row["born"] > now and brief["digest"] not in staged:
                continue
            if name in wanted or any(base.qualified(name, each) for each in given):
                yield Version(self._checked(row), row["died"] > now, None)

    def headings(self) -> list[Heading]:
        with self.reading():
            briefs = {
                row["key"]: schema.brief(row) for row in self._scan("articles", self._present(), ("key", "brief"))
            }
            titles = {key: brief["title"] for key, brief in briefs.items() if "title" in brief}
            untitled = sorted(briefs.keys() - titles.keys())  # of an earlier version; texts are read with their titles
            for start in range(0, len(untitled), ROWS_PER_CALL):
                rows = self._of("articles", "key", untitled[start : start + ROWS_PER_CALL], ("key", "body"))
                titles |= {row["key"]: schema.parsed(row["body"])["title"] for row in rows}
            return [schema.heading(brief, titles[key]) for key, brief in briefs.items() if key in titles]

    def totals(self) -> base.Totals:
        summary = self.summaries.newest()
        groups = Counter(group for _, group, _ in summary.duplicates.values())
        several = [number for number in groups.values() if number > 1]
        return base.Totals(summary.columns().tally(), sum(several), len(several))

    def known(
        self, article_ids: Sequence[str] | None = None, which: Literal["current", "sink", "ever"] = "current"
    ) -> Iterator[tuple[str, Known]]:
        if which == "sink":
            filters = f"died == {NEVER}"
        else:
            filters = schema.ever(self.generation()) if which == "ever" else self._present()
        rows = (
            self._scan("articles", filters, ("brief",)) if article_ids is None else self._of_ids(article_ids, filters)
        )
        briefs = (schema.brief(row) for row in rows)
        return ((brief["id"], Known(brief["digest"], brief["source"])) for brief in briefs)

    def skipped(self) -> Iterator[Skipped]:
        rows = sorted(self._scan("records", 'kind == "skipped"', ("number", "value")), key=lambda row: row["number"])
        return (Skipped(**schema.parsed(row["value"])) for row in rows)

    def _articles(self, keys: Iterable[int]) -> dict[int, Article]:
        """Return articles by key, retired ones included."""
        return {row["key"]: self._checked(row) for row in self._of("articles", "key", keys, ("key", "brief", "body"))}

    def _checked(self, row: Row) -> Article:
        """Return the article of a row. Raises LibraryError unless it is as it was stored."""
        name = str(row["key"])
        with contextlib.suppress(ValueError, TypeError, KeyError):
            brief = schema.brief(row)
            name, article = brief["id"], schema.article(row, brief)
            if article.content_hash == brief["digest"]:
                return article
        raise self._damaged(name)

    def _damaged(self, article_id: str) -> LibraryError:
        return LibraryError(
            f"article {article_id!r} in {self.location} is not as it was stored: remove it and build again, or "
            "restore a backup"
        )

    # Passages

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[Passage, Article]]:
        rows = self._of("passages", "key", keys, schema.PASSAGE_COLUMNS, self._found())
        articles = self._articles({row["article"] for row in rows})
        found = {}
        for row in rows:
            if article := articles.get(row["article"]):
                start, end = row["start"], row["end"]
                if row["content"] != hash64(article.text[start:end]):
                    raise self._damaged(article.id)
                spans = tuple(schema.sentence(text)[0] for text in row["sentences"])
                found[row["key"]] = Passage(article.id, start, end, spans), article
        return found

    def sentence_vectors(self, keys: Sequence[int]) -> tuple[dict[int, slice], Vectors]:
        rows: dict[int, slice] = {}
        parts: list[bytes] = []
        for row in self._of("passages", "key", keys, ("key", "sentences")):
            rows[row["key"]] = slice(len(parts), len(parts) + len(row["sentences"]))
            parts += [schema.sentence(text)[1] for text in row["sentences"]]
        vectors = np.frombuffer(b"".join(parts), "<f2").reshape(-1, self.manifest.dimension)
        return rows, vectors.astype(np.float32)

    def encoded(self, texts: Sequence[str]) -> dict[str, Encoded]:
        wanted = {hash64(text): text for text in texts}
        # Those that a build has put in unseen, under another id, are not encoded again either.
        columns, there = (*schema.PASSAGE_COLUMNS, "vector"), "born >= 0"
        rows = {row["content"]: row for row in self._of("passages", "content", wanted, columns, there)}
        articles = self._articles({row["article"] for row in rows.values()})
        found = {}
        for content, row in rows.items():
            text, article = wanted[content], articles.get(row["article"])
            if article and article.text[row["start"] : row["end"]] == text:
                parts = [schema.sentence(each) for each in row["sentences"]]
                spans = tuple((a - row["start"], b - row["start"]) for (a, b), _ in parts)
                found[text] = spans, np.array(row["vector"], np.float32), self._vectors(parts)
        return found

    def _vectors(self, sentences: Sequence[tuple[Span, bytes]]) -> Vectors:
        joined = np.frombuffer(b"".join(blob for _, blob in sentences), "<f2")
        return joined.reshape(-1, self.manifest.dimension).astype(np.float32)

    # Views

    def view(self) -> MilvusView:
        with self.reading():
            kept = json.loads(self.setting(ALIASES) or "[]")
            total = self._total("passages", self._present())
            aliases = Aliases(AliasGroup(tuple(spellings), basis) for spellings, basis in kept)
            return MilvusView(self, self.summaries.newest(), self.setting(CATALOGUE), aliases, total, self._counts)

    def contents(self) -> MilvusContents:
        with self.reading():
            return MilvusContents(self, self.summaries.newest(), self.setting(CATALOGUE))

    def is_ready(self) -> bool:
        return True

    def articles(self, article_ids: Sequence[str]) -> dict[str, tuple[Article, tuple[Span, ...]]]:
        rows = self._of_ids(article_ids, self._found(), ("key", "brief", "body"))
        found = {row["key"]: self._checked(row) for row in rows}
        spans: dict[int, list[Span]] = {key: [] for key in found}
        for row in self._of("passages", "article", found, ("article", "sentences"), self._found()):
            spans[row["article"]] += (schema.sentence(text)[0] for text in row["sentences"])
        return {article.id: (article, tuple(sorted(spans[key]))) for key, article in found.items()}

    def added_after(self, place: int, article_ids: Sequence[str]) -> set[str]:
        rows = self._of_ids(article_ids, f"{self._found()} and born > {place:d}")
        return {schema.brief(row)["id"] for row in rows}

    def spans(self, article_ids: Sequence[str]) -> dict[str, list[Span]]:
        ids = {row["key"]: schema.brief(row)["id"] for row in self._of_ids(article_ids, self._found())}
        found: dict[str, list[Span]] = {}
        for row in self._of("passages", "article", ids, ("article", "start", "end"), self._found()):
            found.setdefault(ids[row["article"]], []).append((row["start"], row["end"]))
        return {article_id: sorted(spans) for article_id, spans in found.items()}

    def relations(self, passages: Sequence[int], article_ids: Sequence[str]) -> base.Relations:
        rows = [(int(row["key"]), schema.brief(row)) for row in self._of_ids(article_ids, self._found())]
        groups = self._groups(key for key, _ in rows)
        return base.Relations(
            duplicates.duplicates_of_passages(self, passages),
            duplicates.sharers_of_passages(self, passages),
            {brief["id"]: groups.get(key, key) for key, brief in rows},
        )

    # Changing

    @contextlib.contextmanager
    def writing(self, wait: bool = True, shared: bool = False) -> Iterator[MilvusWriter]:
        shared = shared and not self._server.location.lite  # no other process can reach a Milvus Lite
        with self.strictly(), Claim(self, wait) as claim:
            writer = SharedWriter(self, claim) if shared else MilvusWriter(self, claim)
            same_rules = self.words_version() == VERSION
            writer.recover(staged=shared and same_rules)
            if not same_rules:
                self.index_words()
            yield writer

    def stage(self, batch: Sequence[tuple[Article, Sequence[EmbeddedPassage]]], generation: int) -> None:
        """Put in articles, unseen until a writer publishes the generation; what is put in twice is in once.

        An article's passages are in before it is.
        """
        with self.strictly():
            self._send("passages", (row for a, own in batch for row in schema.passage_rows(a, own, generation)))
            self._send("articles", (schema.article_row(a, own, generation, i) for i, (a, own) in enumerate(batch)))

    def backup(self, folder: Path) -> None:
        """Raise LibraryError: Milvus has a tool of its own for that."""
        raise LibraryError(
            f"{self.location} cannot be backed up from here: milvus-backup copies collections of a server; a Milvus "
            "Lite is a folder that can be copied while no process has it open"
        )

    def compact(self, wait: bool = True) -> tuple[int, int] | None:
        """Delete the passages of retired articles; None, as only Milvus knows how many bytes that frees, and when."""
        with self.writing(wait):
            now = self.generation()
            self._erase("passages", f"died <= {now}")
            for table in schema.TABLES:
                self._call("flush", table)
                self._call("compact", table)
        return None

    # For `doctor`

    def everything(self) -> Iterator[tuple[Row, Article | None, list[Row]]]:
        """Yield every version of an article, retired ones included.

        (its row, the article or None if it is not as it was stored, the rows of its passages in the order of its text)
        """
        columns = ("key", "name", "born", "died", "words", "brief", "body")
        rows = self._scan("articles", schema.ever(self.generation()), columns)
        while some := list(islice(rows, ROWS_PER_CALL // 10)):
            own: dict[int, list[Row]] = {row["key"]: [] for row in some}
            for passage in self._of("passages", "article", own, (*schema.COPIED_COLUMNS, "born", "died")):
                own[passage["article"]].append(passage)
            for row in some:
                try:
                    article = self._checked(row)
                except LibraryError:
                    article = None
                yield row, article, sorted(own[row["key"]], key=lambda passage: int(passage["start"]))

    def held(self) -> int:
        """Return the number of passages, those of retired articles included."""
        return self._total("passages", schema.ever(self.generation()))

    def unseen(self) -> int:
        """Return the number of rows that a writer has put in, or marked, and not made visible."""
        now = self.generation()
        late = f"born > {now} or (died > {now} and died < {NEVER})"
        return sum(self._total(table, late) for table in ("articles", "passages"))
