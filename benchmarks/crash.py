"""Kill the process that writes an index, at each of its steps and at random moments, and check what is left.

    .venv/bin/python benchmarks/crash.py [--kills N] [--times N] [--moments N] [--strace] [--seconds S] [--seed N]
    .venv/bin/python benchmarks/crash.py --moments 0 --at STEP

A child process runs the life of three indexes (LIFE) and keeps a journal of what it begins to change, and what is done.
SIGKILL ends it at one of its steps: a writing statement of SQLite, a file opened for writing, moved, linked, deleted or
synced, a call of tantivy, a line of the journal. Another child then compares what is left with the journal, and a third
runs the rest of the life, which must end as it does if nothing is killed. `--strace` kills at system calls as well.
`--break` breaks the store on purpose, to check that this is noticed.

Prints a row for each kind of kill, and what was wrong; the exit status is 1 if anything was. Counted are the articles
that were reported as stored before the kill, and:

    lost, torn      what was reported and is missing, or is not found; changes that are half done
    double, off     what is there twice; citations that are not word for word what is stored
    faults          what `according doctor` finds, and caches that differ from the database
    caches made     caches that had to be built again, because of the kill or since
    left over       files that the killed process left unfinished; at the end, those that nothing has deleted since
    encoded again   texts whose vectors were reported as stored
    same end        lives that end as those without a kill: rows, spans, vectors, aliases, answers
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import functools
import importlib
import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ["RERANKER"] = "none"  # reading takes time, and writes nothing

import apsw
import faiss
from support import WordEncoder
from support.old_indexes import older

import rag
from rag import passage
from rag.article import Article
from rag.errors import AccordingError, LibraryError
from rag.ingest import pipeline
from rag.provenance import duplicates as copies
from rag.sentence_splitter import sentence_spans
from rag.stores import faiss_index as dense
from rag.stores import snapshot as cache
from rag.stores import tantivy_index as lexical
from rag.stores.base import find_article
from rag.stores.sqlite import DATABASE, Store, cache_source, engine
from rag.stores.sqlite.connection import connect
from rag.stores.sqlite.writer import Writer

CHILD_SECONDS = 120  # that a child may take
INDEXES = ("index", "backup", "old")
WRONG = ("unopened", "lost", "torn", "double", "off", "faults", "encoded", "differs", "failed")
MEMORY = "/dev/shm"  # SIGKILL leaves written data in the system's memory anyway, so there is no need to wait for a disk
MAX_LISTED = 20  # faults that are printed
# What is printed for each kind of kill, by heading.
COLUMNS = {
    "runs": "runs", "kills": "killed", "opened": "opened", "reported": "reported", "lost": "lost", "torn": "torn",
    "double": "double", "citations": "citations", "off": "off", "faults": "faults", "caches made": "repaired",
    "left over": "left", "at the end": "litter", "encoded again": "encoded", "failed": "failed", "same end": "same",
}  # fmt: skip
KINDS = ("statement", "file", "sync", "words", "journal")
CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
    "unlinkat", "ftruncate", "mkdir", "mkdirat", "rmdir")  # fmt: skip

# What the articles say

HARBOUR = """Dock workers ended their strike in the harbour on Tuesday. The union said wages would rise by four percent.

The port authority had refused any rise for two years. Ships had waited outside the breakwater since the spring, and
grain merchants had sent their cargoes by rail instead. The Free Harbour Association (FHA) welcomed the end of it.
The FHA speaks for nine shipping companies. It had asked both sides to meet before the first snow."""
STORIES = {
    "mill": "The paper mill dismissed a third of its staff without notice. Its owner blamed the price of pulp.",
    "harbour": HARBOUR,
    "bridge": "Engineers closed the old bridge after finding cracks in two pillars. Traffic went over the ring road.",
    "orchard": "Frost destroyed most of the apple blossom in the valley. Growers asked the ministry for help.",
    "ferry": "A ferry ran aground near the lighthouse at dawn. All forty passengers were taken off in boats.",
    "library": "Librarians found a lost manuscript behind a radiator. It tells of a voyage around the cape.",
    "quarry": "Villagers blocked the road to the quarry with tractors. They say that dust has ruined their wells.",
    "observatory": "Astronomers photographed a comet with a twisted tail. Nobody had seen its like before.",
    "copied": "Engineers closed the old bridge after finding cracks in two pillars. Traffic went over the ring road.",
}
LATER = {
    "bridge": "Masons opened the mended bridge to carts again. Lorries still have to take the ring road.",
    "ferry": "Salvage crews refloated the ferry with the spring tide. She was towed to the nearest yard.",
    "theatre": "Actors occupied the municipal theatre against its sale. The mayor promised them a hearing.",
    "bakery": "Bakers queued for flour while the granary stood locked. A judge ordered it to be opened.",
}
ADDED = {
    "museum": "Thieves emptied a glass case in the museum of clocks. Guards heard nothing but ticking.",
    "vineyard": "Hail flattened the vineyards on the southern slope. Insurers will send their assessors.",
    "glacier": "Surveyors measured the glacier and found it shorter by a mile. Herders noticed long ago.",
    "tannery": "The tannery by the brook must filter what it pours out. Trout have come back already.",
}
OLD = {
    "cathedral": "Scaffolding hides the north tower of the cathedral. Its bells will be silent until autumn.",
    "railway": "Signals failed on the mountain railway during a storm. Trains stood in tunnels for hours.",
    "cinema": "Two brothers reopened the cinema that their grandfather built. They show silent films on Fridays.",
    "marsh": "Storks returned to the drained marsh for the first time. Farmers have flooded it on purpose.",
}
NEWER = {"kiosk": "A newspaper kiosk burned down beside the station. Its keeper had gone to fetch coffee."}
OUTLETS = ("Reuters", "The Guardian", "Press TV", None)
NAMES = '[[name]]\nspellings = ["ring road", "orbital road"]\n'
CATALOGUE = '[[outlet]]\nname = "The Delta Herald"\nkind = "newspaper"\n'
QUESTIONS = (
    "What did the FHA say?",
    "Who blocked the orbital road with tractors?",
    "cracks in the bridge, pulp for the mill",
    "bells, storks, trains and a kiosk",
    "a museum of clocks, vineyards, a glacier and a tannery",
)


def write_files(folder: Path) -> None:
    """Write the files that the life reads, each a state of the news."""
    folder.mkdir()
    absent = ("orchard", "quarry")
    second = {i: text for i, text in (STORIES | LATER).items() if i not in absent}
    files = {"first": STORIES, "second": second, "third": second | STORIES, "added": ADDED, "dated": ADDED,
        "old": OLD, "newer": NEWER}  # fmt: skip
    for name, stories in files.items():
        records = [_record(i, text, name) for i, text in stories.items()]
        lines = [json.dumps(record) for record in records] + ["{broken"] * (name == "second")
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    (folder / "names.toml").write_text(NAMES, "utf-8")
    (folder / "catalogue.toml").write_text(CATALOGUE, "utf-8")


def _record(article_id: str, text: str, file: str) -> dict[str, Any]:
    found_out = file == "dated" or (article_id == "mill" and file != "first")
    date = "2014-02-01" if found_out else "2013-05-14"
    outlet = OUTLETS[len(article_id) % len(OUTLETS)]
    return {"id": article_id, "text": text, "title": article_id.title(), "outlet": outlet, "date": date}


# The life


@dataclass(frozen=True)
class Scene:
    """The folder of a life's indexes and its journal, the files it reads, and its encoder."""

    folder: Path
    files: Path
    journal: Journal
    encoder: Encoder

    def index(self, name: str = "index") -> Path:
        return self.folder / name

    def read(self, name: str, **settings: Any) -> None:
        """Build the index from one state of the news."""
        files = [self.files / f"{name}.jsonl"]
        rag.build(files, index=self.index(), encoder=self.encoder, **settings).close()

    @contextlib.contextmanager
    def open(self, name: str = "index") -> Iterator[rag.Library]:
        with rag.open(self.index(name), encoder=self.encoder) as library:
            yield library


def _first(scene: Scene) -> None:
    scene.read("first")


def _second(scene: Scene) -> None:
    scene.read("second", aliases=scene.files / "names.toml", catalogue=scene.files / "catalogue.toml")


def _third(scene: Scene) -> None:
    scene.read("third")


def _add(scene: Scene) -> None:
    with scene.open() as library:
        library.add([scene.files / "added.jsonl"])


def _amend(scene: Scene) -> None:
    with scene.open() as library:
        library.add([scene.files / "dated.jsonl"])


def _remove(scene: Scene) -> None:
    with scene.open() as library:
        there = {article.id for article in library.articles()}
        library.remove([i for i in ("museum", "harbour") if i in there])


def _keep(scene: Scene) -> None:
    with scene.open() as library:
        library.set_confidence_model(replace(library.confidence_model, encoder=scene.encoder.name, near=0.25))


def _back_up(scene: Scene) -> None:
    if not Store.exists(scene.index("backup")):
        with scene.open() as library, scene.journal.change("backup", "copy", "index"):
            library.backup(scene.index("backup"))


def _upgrade(scene: Scene) -> None:
    with scene.open("old") as library:
        library.add([scene.files / "newer.jsonl"])


def _compact(scene: Scene) -> None:
    with scene.open() as library, scene.journal.change("index", "compact", None):
        library.compact()


LIFE = (_first, _second, _third, _second, _add, _amend, _remove, _keep, _back_up, _upgrade, _compact, _third)


def live(scene: Scene, steps: Steps | None = None) -> None:
    """Run what is not done yet."""
    pipeline.BATCH_ARTICLES = 3
    for number in range(scene.journal.replay().done, len(LIFE)):
        if steps:
            steps.act = LIFE[number].__name__.strip("_")
        LIFE[number](scene)
        scene.journal.write("done", number + 1)


# What is reported


@dataclass
class Ledger:
    """What an index must hold.

    Attributes:
        made: whether it must be there at all.
        held: (content hash, text) of each current article, by id.
        earlier: (id, text) of what was retired.
        removed: ids of what was removed.
        kept: the texts kept with the index.
        vectors: (id, text) of what need not be encoded any more.
    """

    made: bool = False
    held: dict[str, tuple[str, str]] = field(default_factory=dict)
    earlier: set[tuple[str, str]] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)
    vectors: set[tuple[str, str]] = field(default_factory=set)

    def apply(self, kind: str, what: Any) -> None:
        """Make a change."""
        self.made = True
        if kind == "put":
            for article_id, content_hash, text, amended in what:
                if amended:
                    self.held[article_id] = content_hash, text
                    continue
                self._retire(article_id)
                self.held[article_id] = content_hash, text
                self.earlier.discard((article_id, text))
                self.vectors.add((article_id, text))
                self.removed.discard(article_id)
        elif kind == "retire":
            for article_id in what:
                self._retire(article_id)
        elif kind == "remove":
            ids, names = what
            self.removed |= set(ids)
            self.held = {i: value for i, value in self.held.items() if i not in ids}
            self.earlier = {(i, text) for i, text in self.earlier if i not in ids}
            self.vectors = {(i, text) for i, text in self.vectors if i not in ids}
            if names is not None:
                self.kept["names"] = names
        elif kind == "save_setting":
            self.kept[what[0]] = what[1]
        elif kind == "compact":
            self.vectors &= {(i, text) for i, (_, text) in self.held.items()}

    def _retire(self, article_id: str) -> None:
        if article_id in self.held:
            self.earlier.add((article_id, self.held.pop(article_id)[1]))

    def said(self) -> tuple[Any, ...]:
        """Return everything that can be seen in the database."""
        return {i: content_hash for i, (content_hash, _) in self.held.items()}, self.earlier, self.kept


@dataclass
class Replay:
    """What a journal says: how much of the life is done, what each index must hold, what may have been done after that,
    and which texts were encoded again."""

    done: int = 0
    ledgers: dict[str, Ledger] = field(default_factory=lambda: defaultdict(Ledger))
    pending: tuple[str, str, Any] | None = None
    again: list[str] = field(default_factory=list)

    def after(self, name: str) -> Ledger:
        """Return what an index must hold if what was begun is done."""
        ledger = copy.deepcopy(self.ledgers[name])
        if self.pending and self.pending[0] == name:
            _, kind, what = self.pending
            if kind == "copy":
                return copy.deepcopy(self.ledgers[what])
            ledger.apply(kind, what)
        return ledger


class Journal:
    """Lines in a file, each written by one system call, so that they survive the process."""

    def __init__(self, path: Path, step: Callable[[str], None] = lambda kind: None):
        self._path = path
        self._step = step

    def write(self, *line: Any) -> None:
        self._step("journal")
        with contextlib.closing(_Handle(self._path)) as handle:
            os.write(handle.number, json.dumps(line).encode() + b"\n")
        self._step("journal")

    @contextlib.contextmanager
    def change(self, name: str, kind: str, what: Any) -> Iterator[None]:
        """Write that a change of an index begins and, unless it fails, that it is done."""
        self.write("begin", name, kind, what)
        yield
        self.write("end")

    def replay(self) -> Replay:
        found = Replay()
        for kind, *rest in map(json.loads, self._path.read_text("utf-8").splitlines()):
            if kind == "done":
                (found.done,) = rest
            elif kind == "begin":
                found.pending = tuple(rest)
                if rest[1] == "compact":
                    found.ledgers[rest[0]].apply(*rest[1:])  # from here on vectors may be gone
            elif kind == "end" and found.pending:
                name, change, what = found.pending
                if change == "copy":
                    found.ledgers[name] = copy.deepcopy(found.ledgers[what])
                else:
                    found.ledgers[name].apply(change, what)
                found.pending = None
            elif kind == "never":
                found.pending = None
            elif kind == "again":
                found.again += rest
        return found


class _Handle:
    """A file opened for appending, by a call that is not counted as a step."""

    def __init__(self, path: Path):
        self.number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def close(self) -> None:
        os.close(self.number)


class Encoder(WordEncoder):
    """An encoder that writes into the journal what it encodes although its vectors were reported as stored."""

    def __init__(self, journal: Journal):
        super().__init__()
        self._journal = journal

    def encode(self, texts: Sequence[str], sentences: Any) -> Any:
        ledgers = self._journal.replay().ledgers
        kept = [pair for name in ("index", "old") for pair in ledgers[name].vectors]  # a backup has its own
        known = {a.text[p.start : p.end] for a in (Article(i, t) for i, t in kept) for p in _passages(a, self)}
        for text in known.intersection(texts):
            self._journal.write("again", text)
        return super().encode(texts, sentences)


def _passages(article: Article, encoder: WordEncoder) -> list[passage.Passage]:
    return passage.split_articles([article], encoder.count, encoder.max_tokens)[0]


def report_changes(journal: Journal, early: bool = False) -> None:
    """Make every Writer of this process write its changes into the journal; `early`, before they are done."""

    def renamed(name: str, ids: list[str], aliases: str) -> str:
        """Journal the aliases that a removal leaves, which are known only on the way."""
        journal.write("begin", name, "remove", [ids, aliases])
        return aliases

    def journaled(method: Callable[..., None], kind: str) -> Callable[..., None]:
        def change(writer: Writer, *given: Any) -> None:
            values = [value if isinstance(value, str) or callable(value) else list(value) for value in given]
            what: Any = values if kind == "save_setting" else values[0]
            name = writer._folder.name
            if kind == "put":
                what = [(a.id, a.content_hash, a.text, passages is None) for a, passages in values[0]]
            if kind == "remove":
                ids, aliases = values
                what, values[1] = [ids, None], lambda counts: renamed(name, ids, aliases(counts))
            with journal.change(name, kind, what):
                if early:
                    journal.write("end")
                method(writer, *values)

        return change

    for kind in ("put", "retire", "remove", "save_setting"):
        setattr(Writer, kind, journaled(getattr(Writer, kind), kind))
    create = Store.create

    def created(*given: Any, **named: Any) -> Store:
        store = create(*given, **named)
        journal.write("begin", store.folder.name, "create", None)
        journal.write("end")
        return store

    Store.create = created


# Its steps


class Steps:
    """Counts the steps of this process, and kills it at one of them: the first of a kind from a number on."""

    def __init__(self, at: int | None = None, kind: str = ""):
        self.act = ""  # the part of the life that runs
        self.taken: list[tuple[str, str]] = []  # (act, kind) of each step
        self._at = at
        self._kind = kind

    def __call__(self, kind: str) -> None:
        self.taken.append((self.act, kind))
        if self._at is not None and len(self.taken) >= self._at and kind == self._kind:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, folder: Path) -> None:
        """Count, from now on, everything that this process does to the files in a folder, as far as Python sees it."""
        fsync, opened = os.fsync, lexical._open
        create, connect = engine.create_database, engine.open_database

        def traced(db: engine.Connection) -> engine.Connection:
            db.trace_v2(apsw.SQLITE_TRACE_STMT, stated)
            return db

        def stated(event: dict[str, Any]) -> None:
            if not event["sql"].lstrip().upper().startswith("SELECT"):
                self("statement")

        def synced(handle: int) -> None:
            self("sync")
            fsync(handle)
            self("sync")

        def seen(event: str, given: tuple[Any, ...]) -> None:
            if event == "open":
                path, _, flags = given
                if flags & (os.O_WRONLY | os.O_RDWR) and str(path).startswith(str(folder)):
                    self("file")
            elif event in _EVENTS:
                self("file")

        engine.create_database = lambda path: traced(create(path))
        engine.open_database = lambda path, immutable=False: traced(connect(path, immutable))
        os.fsync = synced
        lexical._open = lambda where: _Counted(opened(where), self)
        sys.addaudithook(seen)


_EVENTS = {f"os.{name}" for name in ("rename", "remove", "link", "mkdir", "rmdir", "truncate", "symlink")}


class _Counted:
    """Wraps an object of tantivy; each call of it is a step."""

    def __init__(self, real: Any, step: Callable[[str], None]):
        self._real = real
        self._step = step

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name == "searcher" or not callable(found):
            return found
        if name == "writer":
            return lambda *given: _Counted(found(*given), self._step)

        def call(*given: Any) -> Any:
            self._step("words")
            return found(*given)

        return call


# What is left


@dataclass
class Found:
    """What was counted, and what was wrong, in words."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def wrong(self, kind: str, note: str) -> None:
        self.counts[kind] += 1
        self.notes.append(f"{kind}: {note}")

    def __iadd__(self, other: Found) -> Found:
        self.counts.update(other.counts)
        self.notes += other.notes
        return self


def prove(scene: Scene) -> Found:
    """Compare what is left of the indexes with the journal, and write into it whether what was begun is done."""
    found, replay, made = Found(Counter(opened=1)), scene.journal.replay(), cache.make
    found.counts["left"] = len(list(scene.folder.glob("*/*.making.*")))

    def counted(*given: Any) -> cache.Cache:
        found.counts["repaired"] += 1
        return made(*given)

    cache.make = counted
    try:
        for name in INDEXES:
            before, after = replay.ledgers[name], replay.after(name)
            found.counts["reported"] += len(before.held)
            folder = scene.index(name)
            if not Store.exists(folder):
                with contextlib.suppress(LibraryError):
                    rag.open(folder)
                    found.wrong("failed", f"{name} opens, and is not there")
                if before.made:
                    found.wrong("unopened", f"{name} is not there")
                    found.counts["lost"] += len(before.held)
                done = False
            else:
                try:
                    done = _prove(scene, name, before, after, found)
                    kept = _searched(scene, name)
                    for path in folder.glob("cache.*"):
                        shutil.rmtree(path)
                    if kept != _searched(scene, name):
                        found.wrong("faults", f"{name}: its cache does not find what a new one finds")
                except (AccordingError, apsw.Error) as error:
                    found.wrong("unopened", f"{name}: {error}")
                    found.counts["lost"] += len(before.held)
                    done = False
            if replay.pending and replay.pending[0] == name:
                scene.journal.write("end" if done else "never")
    finally:
        cache.make = made
    found.counts["opened"] -= bool(found.counts["unopened"])
    found.counts["repaired"] -= sum(Store.exists(scene.index(name)) for name in INDEXES)  # those made for comparison
    return found


def _prove(scene: Scene, name: str, before: Ledger, after: Ledger, found: Found) -> bool:
    """Compare an index with what it must hold; return whether what was begun is done."""
    with scene.open(name) as library:
        library.prepare()
        with contextlib.closing(connect(scene.index(name) / DATABASE)) as db:
            held, earlier, kept = _said(db)
            _doubles(db, name, found)
        _faults(library, name, found)
        for article_id, (content_hash, _) in before.held.items():
            if held.get(article_id) not in (content_hash, *after.held.get(article_id, [None])[:1]):
                found.wrong("lost", f"{name}: {article_id} was reported and is not in")
        for article_id, _ in (before.earlier & after.earlier) - earlier:
            found.wrong("lost", f"{name}: an earlier text of {article_id} was reported and is not there")
        for article_id in (before.removed & after.removed) & (held.keys() | {i for i, _ in earlier}):
            found.wrong("lost", f"{name}: {article_id} was removed and is there")
        actual = held, earlier, kept
        if actual not in (before.said(), after.said()):
            found.wrong("torn", f"{name} is neither as it was nor as it was to be")
        _answers(library, name, after if actual == after.said() else before, found)
        return actual == after.said()


def _said(db: engine.Connection) -> tuple[dict[str, str], set[tuple[str, str]], dict[str, str]]:
    """Return what the database holds, as a ledger has it."""
    held = dict(db.execute("SELECT id, digest FROM article WHERE retired IS NULL"))
    earlier = set(db.execute("SELECT id, text FROM article WHERE retired IS NOT NULL"))
    kept = db.execute(
        "SELECT key, value FROM manifest WHERE key NOT IN ('format', 'encoder', 'dimension', 'generation')"
    )
    return held, earlier, dict(kept)


def _doubles(db: engine.Connection, name: str, found: Found) -> None:
    counted = {
        "the id": "SELECT id, count(*) FROM article WHERE retired IS NULL GROUP BY id",
        "the text of": "SELECT id, count(*) FROM article GROUP BY id, text",
        "a passage of": 'SELECT article, count(*) FROM passage GROUP BY article, start, "end"',
    }
    for what, query in counted.items():
        for which, _ in db.execute(f"{query} HAVING count(*) > 1"):
            found.wrong("double", f"{name}: {what} {which}")


def _faults(library: rag.Library, name: str, found: Found) -> None:
    """Find contradictions: in the database's pages and rows, between them and the cache, in a copy next to them."""
    store = library._store
    with store.reading() as db:
        lines = [line for (line,) in db.execute("PRAGMA integrity_check")]
        origin = cache_source.origin(db, store.manifest.dimension)
        fault = cache.fault(store.folder, origin) if origin.place(store.folder).exists() else "is not there"
    faults = [line for line in lines if line != "ok"] + ([f"its cache: {fault}"] if fault else [])
    faults += [fault for check in rag.examine(store.folder).checks for fault in check.faults]
    for kept in store.folder.glob("library.format*.sqlite"):
        with contextlib.closing(connect(kept)) as copied:
            if copied.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                faults.append(f"{kept.name} is damaged")
    for line in faults:
        found.wrong("faults", f"{name}: {line}")


def _answers(library: rag.Library, name: str, ledger: Ledger, found: Found) -> None:
    """Check that each article can be read, found and quoted, and that citations of retired ones resolve."""
    citation = None
    for article_id, (content_hash, text) in ledger.held.items():
        if find_article(library._store, article_id) is None:
            continue  # counted as lost
        article = library.article(article_id)
        if (article.content_hash, article.text) != (content_hash, text):
            found.wrong("lost", f"{name}: {article_id} is not as it was reported")
        start, end = sentence_spans(text)[0]
        hits = library.search(text[start:end], k=1000)
        spans = [(h.article_id, h.start, h.end) for h in hits]
        own = [(article_id, p.start, p.end) for p in _passages(article, WordEncoder())]
        if len(set(spans)) != len(spans):
            found.wrong("double", f"{name}: a passage is found twice")
        for other in {h.article_id for h in hits} - ledger.held.keys():
            found.wrong("lost", f"{name}: {other} is found, and is not in")
        if not set(own) <= set(spans) or article_id not in {h.article_id for h in hits[:5]}:
            found.wrong("lost", f"{name}: {article_id} is not found by its first sentence")
        answer = library.ask(text[start:end], k=10, min_confidence=0)
        if article_id not in {i for c in answer.passages for i in (c.article_id, *c.copies)}:
            found.wrong("lost", f"{name}: {article_id} does not answer")
        for citation in answer.passages:
            found.counts["citations"] += 1
            try:
                library.verify(citation)
                right = citation.text == library.article(citation.article_id).text[citation.start : citation.end]
            except AccordingError:
                right = False
            if not right:
                found.wrong("off", f"{name}: {citation.article_id}, {citation.start} to {citation.end}")
    for article_id, text in ledger.earlier if citation else ():
        quoted = replace(citation, article_id=article_id, start=0, end=len(text), text=text)
        try:
            resolved = library.resolve(quoted)
            right = resolved.article.text == text and not resolved.current
        except AccordingError:
            right = False
        if not right:
            found.wrong("off", f"{name}: an earlier text of {article_id} does not resolve")


def _searched(scene: Scene, name: str) -> list[Any]:
    """Return everything that is found, with scores, by question and date; every part of the cache contributes."""
    with scene.open(name) as library:
        found = [library.search(q, k=1000, after=day) for q in QUESTIONS for day in (None, "2014-01-01")]
    return [[(h.article_id, h.start, round(h.score, 4)) for h in hits] for hits in found]


def state(scene: Scene) -> Any:
    """Return what the indexes hold and answer, without what differs from one life to the next."""
    found: dict[str, Any] = {}
    rows = """SELECT a.id, a.digest, a.retired IS NULL,
        (SELECT id FROM article b WHERE b.key = coalesce(a.same, a.key)),
        p.start, p."end", hex(p.sentences), hex(v.value) FROM article a LEFT JOIN passage p ON p.article = a.key
        LEFT JOIN vector v ON v.passage = p.key ORDER BY a.key, p.key"""
    for name in INDEXES:
        with scene.open(name) as library:
            asked = [library.ask(question, min_confidence=0) for question in QUESTIONS]
            with contextlib.closing(connect(scene.index(name) / DATABASE)) as db:
                held = db.execute(rows).fetchall()
                kept = _said(db)[2]
                skipped = db.execute("SELECT source, place, reason FROM quarantine ORDER BY source, place").fetchall()
        answers = [[(c.article_id, c.start, c.end, c.quote, c.copies) for c in a.passages] for a in asked]
        found[name] = {"rows": held, "kept": kept, "skipped": len(skipped), "answers": answers}
    return json.loads(json.dumps(found))


# Broken stores


def _apart() -> None:
    """Statements that are not a transaction."""

    @contextlib.contextmanager
    def changing(writer: Writer) -> Iterator[int]:
        query = "UPDATE manifest SET value = CAST(value AS INTEGER) + 1 WHERE key = 'generation' RETURNING value"
        generation = int(writer._db.execute(query).fetchone()[0])
        writer._db.execute(
            "INSERT OR REPLACE INTO past (generation, token) VALUES (?, ?)", (generation, os.urandom(8).hex())
        )
        yield generation

    Writer.changing = changing


def _unchecked() -> None:
    """One cache for all generations, read whatever its stamp says."""

    def stamped(folder: Path, generation: int, token: str | None) -> cache.Stamp | None:
        sums = {name: cache._sum(folder / name) for name in cache._files(folder)}
        return cache.Stamp(generation, token, sums, 0, 0) if dense.KEYS in sums else None

    cache.Origin.place = lambda origin, folder: folder / "cache.0"
    cache._stamped, cache.clear = stamped, lambda *given: None


BREAKS: dict[str, Callable[[], None]] = {"early": lambda: None, "apart": _apart, "unchecked": _unchecked}


# Killing


@dataclass(frozen=True)
class Kill:
    """When a life is ended: at the first step of its kind from a number on; so many seconds after its journal has so
    many bytes, which is a random moment however slow the machine is; or at the n-th of a system call."""

    kind: str
    step: int | None = None
    moment: tuple[int, float] | None = None
    call: tuple[str, int] | None = None

    def __str__(self) -> str:
        return f"{self.kind}, {self.step or self.moment or self.call}"


def forked(work: Callable[[], None], limit: int = CHILD_SECONDS) -> int:
    """Run work in a child process, for at most so many seconds; return its id."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    try:
        signal.alarm(limit)
        faiss.omp_set_num_threads(1)
        logging.getLogger("rag").setLevel(logging.ERROR)
        work()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Return the exit status of a child, or the signal that killed it as a negative number."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def scene_of(folder: Path, files: Path, step: Callable[[str], None] = lambda kind: None) -> Scene:
    journal = Journal(folder / "journal", step)
    return Scene(folder, files, journal, Encoder(journal))


@dataclass
class Trial:
    """Runs lives, kills them and checks what is left.

    Attributes:
        base: a folder with the files that are read, and how every life begins.
        broken: a name of BREAKS, for a store that is broken on purpose.
    """

    base: Path
    broken: str | None = None

    def begin(self) -> None:
        """Make what every life begins with: the files, and an index of an older format."""
        write_files(self.base / "files")
        start = self.base / "start"
        start.mkdir()

        def make() -> None:
            scene = scene_of(start, self.base / "files")
            report_changes(scene.journal)
            build = [scene.files / "old.jsonl"]
            rag.build(build, index=scene.index("old"), encoder=scene.encoder).close()
            older(scene.index("old"), 3)

        assert ended(forked(make)) == 0
        # What is loaded at first use is loaded once, before forking; nothing here starts a thread.
        articles = list(rag.read_articles([self.base / "files" / "first.jsonl"]))
        copies.signatures(a.text for a in articles)
        _passages(articles[0], WordEncoder())

    def whole(self, folder: Path) -> tuple[list[tuple[str, str]], float, Any]:
        """Run a life without a kill; return (act, kind) of its steps, the seconds it takes, and its end.

        The modules that it imports are then loaded once for all other lives, which takes as long as to live.
        """
        shutil.copytree(self.base / "start", folder)
        report = folder / "report.json"

        def work() -> None:
            steps = Steps()
            scene = self._life(folder, steps)
            begun = time.perf_counter()
            live(scene, steps)
            seconds, taken = time.perf_counter() - begun, list(steps.taken)
            report.write_text(json.dumps([taken, seconds, state(scene), sorted(sys.modules)]))

        assert ended(forked(work)) == 0, "a life that nobody ends fails"
        taken, seconds, end, modules = json.loads(report.read_text())
        for name in modules:
            if name.startswith("rag."):
                importlib.import_module(name)
        return [tuple(step) for step in taken], seconds, end

    def calls(self, folder: Path) -> dict[str, int]:
        """Return the most calls of each kind that a thread of a life makes; strace counts them by thread."""
        shutil.copytree(self.base / "start", folder)
        gate, opener = os.pipe()
        traced = folder / "traced"

        def work() -> None:
            os.read(gate, 1)
            live(self._life(folder, Steps()))

        child = forked(work)
        names = ",".join(f"?{name}" for name in CALLS)
        tracer = _attached(["strace", "-f", "-p", str(child), "-o", str(traced), "-e", f"trace={names}"])
        os.write(opener, b"!")
        assert ended(child) == 0
        tracer.wait()
        made = Counter(re.findall(r"^(\d+) +(\w+)\(", traced.read_text(), re.M))
        return {name: max((n for (_, call), n in made.items() if call == name), default=0) for name in CALLS}

    def _life(self, folder: Path, steps: Steps) -> Scene:
        """Return, in a child, a scene whose steps are counted and whose changes are journaled."""
        scene = scene_of(folder, self.base / "files", steps)
        report_changes(scene.journal, self.broken == "early")
        self._break()
        steps.watch(folder)
        return scene

    def _break(self) -> None:
        if self.broken:
            BREAKS[self.broken]()

    def run(self, folder: Path, kills: Sequence[Kill], end: Any) -> Found:
        """Run a life that is ended by each of some kills, one after the other, and then run to its end."""
        shutil.copytree(self.base / "start", folder)
        found = Found(Counter(runs=1))
        for kill in kills:
            status = self._killed(folder, kill)
            found.counts["killed"] += status == -signal.SIGKILL
            if status == 0:
                break
            if status != -signal.SIGKILL:
                found.wrong("failed", f"the life ended with {status}")
            found += self._proved(folder)
        found += self._resumed(folder, end)
        shutil.rmtree(folder)
        found.notes = [f"{'; '.join(map(str, kills))}: {note}" for note in found.notes]
        return found

    def _killed(self, folder: Path, kill: Kill) -> int:
        gate, opener = os.pipe()

        def work() -> None:
            scene = self._life(folder, Steps(kill.step, kill.kind))
            if kill.call:
                os.read(gate, 1)
            live(scene)

        child = forked(work)
        if kill.moment:
            written, seconds = kill.moment
            lives = functools.partial(os.waitid, os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            while (folder / "journal").stat().st_size < written and lives() is None:
                time.sleep(0.001)
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        tracer = _trace(child, kill.call[0], kill.call[1]) if kill.call else None
        os.write(opener, b"!")
        status = ended(child)
        if tracer:
            tracer.wait()
        os.close(gate)
        os.close(opener)
        return status

    def _proved(self, folder: Path) -> Found:
        """Return what a check finds. It works on a copy, so that the life continues with what the kill left."""
        left, report = folder.with_name(f"{folder.name}.left"), folder / "report.json"
        shutil.copytree(folder, left)

        def work() -> None:
            self._break()
            found = prove(scene_of(left, self.base / "files"))
            report.write_text(json.dumps([found.counts, found.notes]))

        status = ended(forked(work))
        shutil.copyfile(left / "journal", folder / "journal")
        shutil.rmtree(left)
        if status:
            return Found(Counter(failed=1), [f"failed: the proof ended with {status}"])
        counts, notes = json.loads(report.read_text())
        return Found(Counter(counts), notes)

    def _resumed(self, folder: Path, end: Any) -> Found:
        """Run the rest of a life, and return how it ends."""
        report = folder / "report.json"

        def work() -> None:
            self._break()
            scene = scene_of(folder, self.base / "files")
            report_changes(scene.journal)
            live(scene)
            found = prove(scene)
            found.counts = Counter({kind: found.counts[kind] for kind in (*WRONG, "left")})
            found.counts["litter"] = found.counts.pop("left")
            for text in scene.journal.replay().again:
                found.wrong("encoded", text)
            report.write_text(json.dumps([found.counts, found.notes, state(scene)]))

        if status := ended(forked(work)):
            return Found(Counter(failed=1), [f"failed: the rest of the life ended with {status}"])
        counts, notes, now = json.loads(report.read_text())
        found = Found(Counter(counts), notes)
        if now == end:
            found.counts["same"] += 1
        else:
            where = [f"{name} {what}" for name in INDEXES for what in end[name] if now[name][what] != end[name][what]]
            found.wrong("differs", f"the life ends otherwise: {', '.join(where)}")
        return found


def _trace(child: int, call: str, number: int) -> subprocess.Popen[str]:
    """Let strace kill a process at the n-th call of one of its threads."""
    killing = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
    return _attached(["strace", "-f", "-p", str(child), "-o", os.devnull, *killing])


def _attached(command: Sequence[str]) -> subprocess.Popen[str]:
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr
    report = tracer.stderr.readline()
    assert "attached" in report, report
    return tracer


# What was found


def spread(numbers: Sequence[int], count: int) -> list[int]:
    """Return at most `count` of some numbers, evenly spread."""
    return [numbers[i * len(numbers) // count] for i in range(count)] if count < len(numbers) else list(numbers)


def at_steps(numbers: dict[str, list[int]], count: int) -> list[list[Kill]]:
    """Return at most so many kills at steps, given by kind: as many of each kind, evenly spread."""
    kills: list[list[Kill]] = []
    fewest = sorted(numbers.items(), key=lambda item: len(item[1]))
    for left, (kind, own) in zip(range(len(fewest), 0, -1), fewest, strict=True):
        kills += [[Kill(kind, step=n)] for n in spread(own, (count - len(kills)) // left)]
    return kills


def chained(kills: Sequence[Sequence[Kill]], times: int) -> list[list[Kill]]:
    """Return the kills at steps so that each life is ended by so many of a kind, which are evenly spread.

    A process that takes a life up again counts its steps anew, and repeats some of those before the kill.
    """
    chains: list[list[Kill]] = []
    for kind in dict.fromkeys(kill.kind for (kill,) in kills):
        own = sorted(kill.step or 0 for (kill,) in kills if kill.kind == kind)
        lives = -(-len(own) // times)
        for chain in (own[life::lives] for life in range(lives)):
            chains.append([Kill(kind, step=b - a) for a, b in zip([0, *chain], chain, strict=False)])
    return chains


def run_all(trial: Trial, kills: Sequence[Sequence[Kill]], end: Any, jobs: int, until: float) -> dict[str, Found]:
    """Run lives with kills, and return what was found, by kind of kill; none is started after a time."""

    def share(job: int) -> None:
        with (trial.base / f"report.{job}").open("w") as report:
            for number in range(job, len(kills), jobs):
                if time.monotonic() < until:
                    found = trial.run(trial.base / f"life.{number}", kills[number], end)
                    report.write(json.dumps([kills[number][0].kind, found.counts, found.notes]) + "\n")

    workers = [forked(functools.partial(share, job), limit=0) for job in range(jobs)]
    assert [ended(worker) for worker in workers] == [0] * jobs
    found: dict[str, Found] = {}
    for job in range(jobs):
        for kind, counts, notes in map(json.loads, (trial.base / f"report.{job}").read_text().splitlines()):
            found.setdefault(kind, Found()).__iadd__(Found(Counter(counts), notes))
    return found


def table(found: dict[str, Found]) -> str:
    """Return a row for each kind of kill, and one for all."""
    rows = [(kind, each.counts) for kind, each in found.items()]
    rows.append(("all", sum((counts for _, counts in rows), Counter[str]())))
    lines = [f"{'killed at a':<20}" + "".join(f"{head:>{len(head) + 2}}" for head in COLUMNS)]
    for kind, counts in rows:
        lines.append(f"{kind:<20}" + "".join(f"{counts[key]:>{len(head) + 2},}" for head, key in COLUMNS.items()))
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=400, help="at most so many at steps (0: at each of them)")
    parser.add_argument("--times", type=int, default=1, help="how often a life is ended at its steps")
    parser.add_argument("--moments", type=int, default=100, help="so many at random moments, each life twice")
    parser.add_argument("--strace", action="store_true", help="at system calls too, at most as many as at steps")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no run after so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--folder", default=MEMORY if os.path.isdir(MEMORY) else None, help="where; by default in memory"
    )
    parser.add_argument("--at", type=int, help="at this step alone")
    parser.add_argument(
        "--act", choices=[act.__name__.strip("_") for act in dict.fromkeys(LIFE)], help="at steps of it alone"
    )
    parser.add_argument("--kind", choices=KINDS, help="at steps of this kind alone")
    parser.add_argument("--break", dest="broken", choices=BREAKS, help="with a store that is broken on purpose")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory(prefix="according-crash-", dir=options.folder) as temporary:
        trial, chance = Trial(Path(temporary), options.broken), random.Random(options.seed)
        trial.begin()
        steps, seconds, end = trial.whole(Path(temporary) / "whole")
        count, numbers = options.kills or len(steps), defaultdict(list)
        for number, (act, kind) in enumerate(steps, 1):
            wanted = options.act in (act, None) and options.kind in (kind, None)
            if number == options.at or (options.at is None and wanted):
                numbers[kind].append(number)
        kills = chained(at_steps(numbers, count), options.times)
        for _ in range(options.moments):
            written = sorted(chance.sample(range((Path(temporary) / "whole" / "journal").stat().st_size), 2))
            kills.append([Kill("random moment", moment=(n, chance.uniform(0, seconds / len(LIFE)))) for n in written])
        if options.strace:
            calls = trial.calls(Path(temporary) / "traced")
            every = [(call, n) for call, most in calls.items() for n in range(1, most + 1)]
            kills += [[Kill("system call", call=every[i])] for i in spread(range(len(every)), count)]
        chance.shuffle(kills)
        found = run_all(trial, kills, end, options.jobs, until)
    notes = [note for each in found.values() for note in each.notes]
    if options.json:
        print(json.dumps({"rows": {kind: each.counts for kind, each in found.items()}, "notes": notes}))
    else:
        print(f"a life of {len(steps):,} steps and {seconds:.1f} s, seed {options.seed}\n{table(found)}")
        print(
            *notes[:MAX_LISTED],
            *([f"and {len(notes) - MAX_LISTED:,} more"] if len(notes) > MAX_LISTED else []),
            sep="\n",
        )
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
