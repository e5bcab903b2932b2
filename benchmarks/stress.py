"""Write and read one index from several processes, and check every answer: nothing torn, nothing removed.

    .venv/bin/python benchmarks/stress.py [--seconds 60] [--writers 2] [--readers 2] [--threads 3] [--articles 60]

Each writer has articles of its own, and adds, changes, amends, retires, removes, compacts and backs up at random,
waiting for the lock. Every change has a number, which the title, date and outlet of the article contain, and its text
contains that of the last change of the text: what is put together from two states is seen. A writer notes in a file
what it is about to remove and, once a call has returned, what can no longer be found.

Each thread of a reader asks and searches with and without filters, and checks everything that it gets: the words are
those of the article of that number; number, date and outlet belong together; filters let nothing else through; nothing
is quoted that was gone when the question began; what is shown is among what is counted; a citation resolves afterwards,
unless its article is removed meanwhile. It also lists articles and outlets, all of which must be of one state. Prints
what was done and each violation; the exit status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import logging
import multiprocessing
import os
import random
import re
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
os.environ["RERANKER"] = "none"  # it writes nothing, and the answers that are checked are composed likewise

from support import WordEncoder

import rag
from rag.errors import CitationError, LibraryError

OUTLETS = [f"{tree} Herald" for tree in ("Ash", "Birch", "Cedar", "Elm", "Fir", "Larch")]
FIRST = dt.date(1990, 1, 1)
THINGS = ["ferry", "harbour", "bridge", "orchard", "frost", "strike", "union", "kiosk", "tunnel", "school"]
ACTS = ["closed", "opened", "burned", "moved", "rebuilt", "flooded", "sold", "repaired"]
LOG = "gone.log"
BUSY = "a process that reads it keeps the old pages"  # compacting while others read may say so


# The articles


@dataclass(frozen=True)
class Own:
    """An article of a writer: its name, the number of its last change, and that of the last change of its text."""

    id: str
    number: int
    text: int

    @property
    def outlet(self) -> str:
        return OUTLETS[self.number % len(OUTLETS)]

    @property
    def date(self) -> dt.date:
        return FIRST + dt.timedelta(self.number)

    @property
    def words(self) -> str:
        return words(self.id, self.text)

    @property
    def record(self) -> dict[str, Any]:
        title = f"{self.id} {self.number}.{self.text}"
        date = self.date.isoformat()
        return {"id": self.id, "text": self.words, "title": title, "outlet": self.outlet, "date": date}


def words(article: str, text: int) -> str:
    """Return the text of an article: sentences with its id and number, in paragraphs that make several passages."""
    chance = random.Random(f"{article} {text}")
    says = [
        f"Edition {text} of {article} says that the {chance.choice(THINGS)} near the {chance.choice(THINGS)} was "
        f"{chance.choice(ACTS)} and the {chance.choice(THINGS)} {chance.choice(ACTS)} again."
        for _ in range(chance.randrange(2, 9))
    ]
    paragraphs = [" ".join(says[i : i + 3]) for i in range(0, len(says), 3)]
    return "\n\n".join((*paragraphs, "The Free Harbour Association (FHA) met. The FHA elects a chair today."))


def stored(article: Any) -> Own:
    """Return the article that a stored one is. Raises AssertionError unless all parts of it belong together."""
    number, text = map(int, article.title.split()[1].split("."))
    own = Own(article.id, number, text)
    is_ = {name: getattr(article, name) for name in ("text", "title", "outlet")} | {"date": article.date.isoformat()}
    expected = {name: own.record[name] for name in is_}
    assert is_ == expected, f"torn: {is_} is not {expected}"
    return own


# What writers note for readers


class Log:
    """Lines that writers add and readers read: what is about to be removed, and what can no longer be found.

    (time, "removing" or "gone", id, number): "gone" is written once a call has returned, and tells that no state of the
    article up to that number may be quoted in answers to questions asked from then on.
    """

    def __init__(self, path: Path):
        self.path = path
        self.at = 0
        self.known: dict[str, dict[str, int]] = {"removing": {}, "gone": {}}
        self.lock = threading.Lock()

    def note(self, what: str, articles: Sequence[tuple[str, int]]) -> None:
        lines = "".join(f"{time.monotonic()} {what} {article} {number}\n" for article, number in articles)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, lines.encode())
        os.close(handle)

    def read(self, what: str) -> dict[str, int]:
        """Return the highest number of each article that was noted so far."""
        with self.lock:
            with self.path.open("rb") as file:
                file.seek(self.at)
                new = file.read()
            new = new[: new.rfind(b"\n") + 1]
            self.at += len(new)
            for line in new.decode().splitlines():
                _, kind, article, number = line.split()
                self.known[kind][article] = max(self.known[kind].get(article, -1), int(number))
            return dict(self.known[what])


@dataclass
class Tally:
    """What a process did: how often, the longest time in seconds, and what was wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    generations: set[int] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)

    def timed(self, what: str, call: Callable[[], Any]) -> Any:
        begun = time.monotonic()
        value = call()
        self.slowest[what] = max(self.slowest.get(what, 0.0), time.monotonic() - begun)
        self.counts[what] += 1
        return value

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.generations |= other.generations
        self.violations += other.violations
        for what, taken in other.slowest.items():
            self.slowest[what] = max(self.slowest.get(what, 0.0), taken)


# Writers


class Waits(logging.Handler):
    """Counts how often a writer had to wait for another."""

    def __init__(self, tally: Tally):
        super().__init__()
        self.tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        if "waiting for another process" in record.getMessage():
            self.tally.counts["waits for the lock"] += 1
        else:
            self.tally.violations.append(f"writer: {record.getMessage()}")


class Writing:
    """One writer, and its articles, as the file has them that it reads."""

    def __init__(self, folder: Path, name: int, articles: int, tally: Tally):
        self.folder, self.name, self.tally = folder, name, tally
        self.log = Log(folder / LOG)
        self.chance = random.Random(name)
        self.index = folder / "index"
        self.file = folder / "files" / f"writer{name}.jsonl"
        self.number = 0
        self.own = {f"w{name}x{i}": Own(f"w{name}x{i}", 0, 0) for i in range(articles)}
        self.out: dict[str, Own] = {}  # retired or removed
        self.most = articles

    def write(self) -> None:
        """Replace the file as a whole: builds of other writers read it too."""
        made = self.file.with_suffix(".making")
        made.write_text("".join(json.dumps(own.record) + "\n" for own in self.own.values()), "utf-8")
        made.replace(self.file)

    def some(self, most: int) -> list[Own]:
        """Return some of its articles; never all, since a file without any cannot be read."""
        return self.chance.sample(list(self.own.values()), min(len(self.own) - 1, self.chance.randint(1, most)))

    def run(self, library: rag.Library) -> None:
        weights = {
            self.add: 3, self.change: 4, self.amend: 4, self.retire: 2, self.remove: 3, self.compact: 1, self.backup: 1,
        }  # fmt: skip
        (step,) = self.chance.choices(list(weights), list(weights.values()))
        self.tally.timed(step.__name__, lambda: step(library))

    def add(self, library: rag.Library) -> None:
        """Add new articles, and some that come back."""
        self.number += 1
        back = self.chance.sample(sorted(self.out), min(len(self.out), 2))
        new = [f"w{self.name}x{self.most + i}" for i in range(2)] if len(self.own) < self.most else []
        self.most += len(new)
        for article in back:
            text = self.out.pop(article).text if self.chance.random() < 0.5 else self.number
            self.own[article] = Own(article, self.number, text)
        self.own |= {article: Own(article, self.number, self.number) for article in new}
        self.put(library, [])

    def change(self, library: rag.Library) -> None:
        """Change the words of articles."""
        self.number += 1
        old = self.some(4)
        self.own |= {own.id: Own(own.id, self.number, self.number) for own in old}
        self.put(library, old)

    def amend(self, library: rag.Library) -> None:
        """Change outlet, date and title of articles."""
        self.number += 1
        old = self.some(4)
        self.own |= {own.id: Own(own.id, self.number, own.text) for own in old}
        self.put(library, old)

    def put(self, library: rag.Library, old: Sequence[Own]) -> None:
        self.write()
        library.add([self.file])
        self.log.note("gone", [(own.id, own.number) for own in old])

    def retire(self, library: rag.Library) -> None:
        """Retire articles that are no longer in the files; those of other writers' files stay."""
        old = self.some(3)
        for own in old:
            self.out[own.id] = self.own.pop(own.id)
        self.write()
        with rag.build([self.folder / "files"], index=self.index, encoder=WordEncoder()):
            self.log.note("gone", [(own.id, own.number) for own in old])

    def remove(self, library: rag.Library) -> None:
        """Remove articles with all their versions."""
        old = self.some(2)
        for own in old:
            self.out[own.id] = self.own.pop(own.id)
        self.write()
        self.log.note("removing", [(own.id, own.number) for own in old])
        library.remove([own.id for own in old])
        self.log.note("gone", [(own.id, own.number) for own in old])

    def compact(self, library: rag.Library) -> None:
        try:
            library.compact()
        except LibraryError as error:
            if BUSY not in str(error):
                raise
            self.tally.counts["compact, kept by readers"] += 1

    def backup(self, library: rag.Library) -> None:
        """Make a copy, which must open, be whole, and have this writer's articles: no other process changes them."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            library.backup(Path(folder) / "copy")
            with rag.open(Path(folder) / "copy", encoder=WordEncoder()) as copy:
                there = {own.id: own for own in map(stored, copy.articles())}
                mine = {i: own for i, own in there.items() if i.startswith(f"w{self.name}x")}
                assert mine == self.own, f"the backup has {mine}, not {self.own}"
                assert {h.article_id for h in copy.search("harbour", k=1000)} == set(there)


# Readers


def question(chance: random.Random) -> str:
    return f"was the {chance.choice(THINGS)} {chance.choice(ACTS)} near the {chance.choice(THINGS)}"


def check_balance(answer: Any) -> None:
    """Check that what an answer shows and what it counts are of one state."""
    weighed = answer.balance
    index, shown = weighed.index, (*answer.passages, *weighed.outlet_matches)
    for outlet in OUTLETS:
        articles = {each.article_id for each in shown if each.outlet == outlet}
        assert len(articles) <= index.outlets[outlet], f"torn: {articles} of {outlet}, of {index}"
        assert not articles or outlet not in weighed.unmatched_outlets, f"torn: {articles} of {outlet}, of {weighed}"
    assert all(index.first <= each.date <= index.last for each in shown), f"torn: {shown} of {index}"


def look(library: rag.Library, chance: random.Random) -> None:
    """List what the index holds, and check that all of it is of one state."""
    if chance.random() < 0.5:
        there = [stored(article) for article in library.articles()]
        assert len({own.id for own in there}) == len(there), f"listed twice: {there}"
    with library.reading() as now:
        counts, there = now.counts(), [stored(article) for article in now.articles()]
        assert counts.outlets == now.outlets() == Counter(own.outlet for own in there), f"torn: {counts}"
        assert (counts.first, counts.last) == (min(o.date for o in there), max(o.date for o in there)), "torn"
        for outlet, own in now.counts_by_outlet().items():
            ids = now.of_outlet(outlet)
            assert set(ids) == {own.id for own in there if own.outlet == outlet}, f"torn: {ids} of {outlet}"
            assert own.articles == len(ids), f"torn: {own} of {outlet}"


def read(library: rag.Library, log: Log, chance: random.Random, tally: Tally) -> None:
    """Ask one question, and check everything in its answer; or list what the index holds."""
    if chance.random() < 0.1:
        tally.timed("list", lambda: look(library, chance))
        return
    gone = log.read("gone")
    filters: dict[str, Any] = {}
    if chance.random() < 0.5:
        filters["outlets"] = chance.choice(OUTLETS)
    if chance.random() < 0.3:
        number = max(gone.values(), default=0)
        filters["after"] = FIRST + dt.timedelta(chance.randrange(number + 1))
        filters["before"] = filters["after"] + dt.timedelta(chance.randrange(number + 1))
    ask = lambda: library.ask(question(chance), min_confidence=0, **filters)  # noqa: E731
    if chance.random() < 0.3:
        found: Sequence[Any] = tally.timed("search", lambda: library.search(question(chance), k=20, **filters))
    else:
        answer = tally.timed("ask", ask)
        found, weighed = answer.passages, answer.balance
        assert weighed.shown.articles <= weighed.allowed.articles <= weighed.index.articles, f"torn: {weighed}"
        assert filters or weighed.allowed == weighed.index, f"torn: {weighed}"
        check_balance(answer)
    tally.generations.add(library._current.view.generation if library._current.view else -1)
    tally.counts["quoted"] += len(found)
    for each in found:
        edition = re.search(r"Edition (\d+) of (\S+) ", each.text)
        own = Own(each.article_id, (each.date - FIRST).days, int(edition[1]) if edition else -1)
        title = getattr(each, "title", None)
        if title is not None:
            assert title.split()[0] == own.id, f"title of another article: {each}"
            numbers = tuple(map(int, title.split()[1].split(".")))
            own = Own(own.id, own.number, numbers[1]) if not edition else own
            assert numbers == (own.number, own.text), f"torn: {each}"
        assert own.outlet == each.outlet, f"torn: {each}"
        if own.text >= 0:
            assert own.words[each.start : each.end] == each.text, f"not word for word: {each}"
        assert "outlets" not in filters or each.outlet == filters["outlets"], f"{filters} let through {each}"
        assert "after" not in filters or filters["after"] <= each.date <= filters["before"], f"{filters}: {each}"
        assert own.number > gone.get(own.id, -1), f"gone since {gone[own.id]}: {each}"
        if title is not None:
            assert each.start <= each.quote[0] < each.quote[1] <= each.end
            try:
                tally.timed("resolve", lambda each=each: library.resolve(each))
            except CitationError:
                assert log.read("removing").get(own.id, -1) >= own.number, f"does not resolve: {each}"


# Processes


def writer(folder: Path, name: int, articles: int, seconds: float, start: Any, done: Any) -> None:
    tally = Tally()
    logging.getLogger("rag").addHandler(Waits(tally))
    with rag.open(folder / "index", encoder=WordEncoder()) as library:
        work = Writing(folder, name, articles, tally)
        start.wait()
        until = time.monotonic() + seconds
        while time.monotonic() < until and not tally.violations:
            try:
                work.run(library)
            except Exception:
                tally.violations.append(f"writer {name}: {traceback.format_exc()}")
    done.put((tally, work.own))


def reader(folder: Path, name: int, threads: int, seconds: float, start: Any, done: Any) -> None:
    log = Log(folder / LOG)
    tallies = [Tally() for _ in range(threads)]
    logging.getLogger("rag").addHandler(Waits(tallies[0]))
    with rag.open(folder / "index", encoder=WordEncoder()) as library:
        start.wait()
        until = time.monotonic() + seconds

        def run(thread: int) -> None:
            chance, tally = random.Random(f"{name} {thread}"), tallies[thread]
            while time.monotonic() < until and len(tally.violations) < 3:
                try:
                    read(library, log, chance, tally)
                except Exception:
                    tally.violations.append(f"reader {name}.{thread}: {traceback.format_exc()}")

        running = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    done.put((whole, {}))


def stress(folder: Path, seconds: float, writers: int, readers: int, threads: int, articles: int) -> Tally:
    """Build an index in a folder, let processes write and read it, and return what they did and what was wrong."""
    (folder / "files").mkdir()
    (folder / LOG).touch()
    for name in range(writers):
        Writing(folder, name, articles, Tally()).write()
    always = [Own(f"always{i}", i, i) for i in range(len(OUTLETS))]  # so that the index has each outlet
    (folder / "files" / "always.jsonl").write_text("".join(json.dumps(own.record) + "\n" for own in always), "utf-8")
    rag.build([folder / "files"], index=folder / "index", encoder=WordEncoder()).close()
    context = multiprocessing.get_context("spawn")  # a copy of this process would have its threads' locks
    start, done = context.Barrier(writers + readers), context.Queue()
    given = [(writer, (folder, n, articles, seconds, start, done)) for n in range(writers)]
    given += [(reader, (folder, n, threads, seconds, start, done)) for n in range(readers)]
    processes = [context.Process(target=target, args=args) for target, args in given]
    for process in processes:
        process.start()
    total, own = Tally(), {own.id: own for own in always}
    for _ in processes:
        tally, left = done.get(timeout=seconds + 120)
        total.add(tally)
        own |= left
    for process in processes:
        process.join()
    with rag.open(folder / "index", encoder=WordEncoder()) as library:
        total.counts["generations written"] = library._store.generation()
        there = {article.id: article for article in library.articles()}
        try:
            assert {i: stored(article) for i, article in there.items()} == own, "the index does not hold what was put"
            assert {h.article_id for h in library.search("harbour", k=1000)} == set(there)
            diagnosis = rag.examine(folder / "index")
            assert diagnosis.ok, str(diagnosis)
        except AssertionError as error:
            total.violations.append(f"at the end: {error}")
    return total


def table(total: Tally) -> str:
    rows = [(what, f"{count:,}", total.slowest.get(what)) for what, count in sorted(total.counts.items())]
    rows += [("generations read", f"{len(total.generations):,}", None), ("violations", len(total.violations), None)]
    lines = [f"{'':<28}{'times':>10}{'longest, s':>14}"]
    return "\n".join(lines + [f"{w:<28}{n:>10}{'' if t is None else f'{t:.2f}':>14}" for w, n, t in rows])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=3, help="of each reader (default: %(default)s)")
    parser.add_argument("--articles", type=int, default=60, help="of each writer (default: %(default)s)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        total = stress(Path(folder), given.seconds, given.writers, given.readers, given.threads, given.articles)
    print(table(total))
    for violation in total.violations:
        print(f"\n{violation}")
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main())
