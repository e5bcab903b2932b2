"""Flip bits and bytes in the files of an index, and compare everything it then says with what it said before.

    .venv/bin/python benchmarks/damage.py [--flips N] [--seed N] [--json] [--break]

A small index has copies, near-copies, earlier versions, aliases and a catalogue of its own. Each time one or four bits
or bytes of a copy of it are changed: in the database, with or without a cache next to it, or in a file of the cache. It
is then opened and asked, and every article, version, count and list is read. Each of these reads must end

    right           as in the undamaged index (what was changed was not read, or was built again), or with
    error           an error that names `according doctor`; anything else is
    WRONG           another answer, or an error that does not say what to do.

`found` counts the damaged copies in which `doctor` finds something, of those in which a read ended with an error, and
`missed` those in which it does not. `--break` leaves the checksums of pages unchecked, to see that wrong answers are
noticed. Prints a row for each kind of damage; the exit status is 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ["RERANKER"] = "none"  # reading takes time, and writes nothing

from support import WordEncoder

import rag
from rag.errors import AccordingError
from rag.library import Library
from rag.stores.sqlite import DATABASE, engine

MEMORY = Path("/dev/shm")  # nothing is to survive, so there is no need to wait for a disk
PLACES = ("database", "database without cache", "cache")
SIZES = {"bit": (1, False), "byte": (1, True), "four bits": (4, False), "four bytes": (4, True)}
MAX_LISTED = 20  # wrong reads that are printed

OUTLETS = ("Reuters", "The Guardian", "Press TV", "The Delta Herald", None)
THINGS = ("ferry", "bridge", "orchard", "quarry", "mill", "library", "comet", "vineyard")
PLACE_NAMES = ("harbour", "valley", "brook", "cape", "station", "granary")
CATALOGUE = '[[outlet]]\nname = "The Delta Herald"\nkind = "newspaper"\n'
ALIASES = '[[name]]\nspellings = ["ring road", "orbital road"]\n'
AGENCY = "The Free Harbour Association (FHA) met at dawn. The FHA will elect a new chair before the ice has gone."
QUESTIONS = (
    "What happened to the ferry by the harbour?",
    "What did Reuters say about the quarry in the valley?",
    "Which union spoke of the comet since 2012?",
    "What did the FHA say of the orbital road?",
)


def records(number: int, edition: str) -> Iterator[dict[str, Any]]:
    """Yield the articles, some of them printed by several outlets; in a later edition some have changed."""
    for i in range(number):
        thing, place = THINGS[i % len(THINGS)], PLACE_NAMES[i % len(PLACE_NAMES)]
        source = i - 5 if i % 7 == 6 else i  # a copy of an earlier one
        words = (
            f"The {THINGS[source % len(THINGS)]} by the {PLACE_NAMES[source % len(PLACE_NAMES)]} was closed on Monday. "
            f"Union {source} said that the work would take {source + 3} weeks and cost more than last year.\n\n"
            f"Report {source} tells of the {thing} at the ring road. Nobody was hurt when it began to rain there."
        )
        if i % 11 == 0:
            words += f" {AGENCY}"
        if edition == "second" and i % 6 == 1:
            words += " It was opened again in May."
        yield {
            "id": f"a{i}", "title": f"The {thing} of the {place}", "outlet": OUTLETS[i % len(OUTLETS)],
            "authors": ["Jane Roe"] if i % 2 else [], "date": f"201{i % 8}-0{i % 9 + 1}-1{i % 10}", "text": words,
            "url": f"https://example.org/{edition if i % 9 == 4 else 'news'}/{i}",
        }  # fmt: skip


def make(folder: Path, number: int) -> Path:
    """Build the index in two editions, and return its folder."""
    (folder / "catalogue.toml").write_text(CATALOGUE, "utf-8")
    (folder / "aliases.toml").write_text(ALIASES, "utf-8")
    index = folder / "index"
    for edition in ("first", "second"):
        file = folder / "news.jsonl"
        rows = list(records(number, edition))
        rows = rows[: -2 if edition == "second" else None]
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        tables = {"catalogue": folder / "catalogue.toml", "aliases": folder / "aliases.toml"}
        rag.build([file], index=index, encoder=WordEncoder(), **tables).close()
    return index


def reads(ids: list[str]) -> dict[str, Callable[[Library], Any]]:
    """Return everything that is read of an index, by name."""

    def ask(question: str, library: Library) -> Any:
        return library.ask(question, min_confidence=0).to_dict()

    def search(question: str, library: Library) -> Any:
        return library.search(question, k=50)

    def versions(library: Library) -> Any:
        return [[(v.article, v.current, v.note, v.successors) for v in library.versions(i)] for i in ids]

    return {
        **{f"ask {i}": partial(ask, question) for i, question in enumerate(QUESTIONS)},
        "search": partial(search, QUESTIONS[0]),
        "articles": lambda library: list(library.articles()),
        "versions": versions,
        "outlets": lambda library: (library.outlets(), library.counts()),
        "pages": lambda library: [library.of_outlet(outlet) for outlet in library.outlets()],
        "duplicates": lambda library: [library.duplicates(i) for i in ids],
        "skipped": lambda library: list(library.skipped()),
    }


def plain(value: Any) -> str:
    """Return a value as text, with scores rounded: a cache that is built again may add up in another order."""
    rounded = json.loads(json.dumps(value, default=str), parse_float=lambda text: round(float(text), 4))
    return json.dumps(rounded, sort_keys=True)


def said(index: Path, wanted: dict[str, Callable[[Library], Any]]) -> dict[str, str]:
    """Return what an index says to each read; an error that names `doctor` is "error", others are given in words."""
    found = {}
    try:
        with rag.open(index, encoder=WordEncoder()) as library:
            for name, read in wanted.items():
                try:
                    found[name] = plain(read(library))
                except AccordingError as error:
                    found[name] = in_words(error)
    except AccordingError as error:
        return dict.fromkeys(wanted, in_words(error))
    return found


def in_words(error: AccordingError) -> str:
    """Return "error" for one that names `doctor`, else the error."""
    return "error" if "according doctor" in str(error) else repr(error)


def flip(body: bytes, chance: random.Random, number: int, whole: bool) -> tuple[bytes, list[int]]:
    """Return bytes of which some, or some bits, are others, and where."""
    changed, places = bytearray(body), sorted(chance.sample(range(len(body)), min(number, len(body))))
    for at in places:
        changed[at] ^= chance.randrange(1, 256) if whole else 1 << chance.randrange(8)
    return bytes(changed), places


def damaged(index: Path, copy: Path, place: str, size: str, chance: random.Random) -> str:
    """Make a damaged copy of an index, and return what is damaged in it."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(index, copy, ignore=shutil.ignore_patterns("*.lock", *(["cache.*"] if "without" in place else [])))
    files = [copy / DATABASE]
    if place == "cache":
        files = sorted(path for path in copy.glob("cache.*/**/*") if path.is_file() and path.stat().st_size)
    file = chance.choice(files)
    body, places = flip(file.read_bytes(), chance, *SIZES[size])
    file.unlink()  # it may be linked
    file.write_bytes(body)
    return f"{file.relative_to(copy)} at {places}"


def run(flips: int, seed: int, number: int, folder: Path) -> tuple[dict[str, Counter[str]], list[str]]:
    """Damage an index so many times; return the counts by kind of damage, and what was wrong, in words."""
    index, chance = make(folder, number), random.Random(seed)
    wanted = reads([f"a{i}" for i in range(number)])
    right = said(index, wanted)
    assert right == said(index, wanted)
    assert not [name for name, text in right.items() if text == "error" or (len(text) < 3 and name != "skipped")]
    rows, notes = defaultdict[str, Counter[str]](Counter), list[str]()
    for i in range(flips):
        place, size = PLACES[i % len(PLACES)], [*SIZES][i // len(PLACES) % len(SIZES)]
        what = damaged(index, folder / "copy", place, size, chance)
        found, counts = said(folder / "copy", wanted), rows[f"{place}, {size}"]
        counts["copies"] += 1
        for name, text in found.items():
            kind = "right" if text == right[name] else "error" if text == "error" else "WRONG"
            counts[kind] += 1
            if kind == "WRONG":
                notes.append(f"{what}: {name}: {text[:300]}")
        if "error" in found.values():
            counts["missed" if rag.examine(folder / "copy").ok else "found"] += 1
    return rows, notes


def main() -> int:
    """Damage an index and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flips", type=int, default=2000, help="damaged copies")
    parser.add_argument("--articles", type=int, default=30, help="of the index")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--break", dest="broken", action="store_true", help="leave the checksums of pages unchecked")
    options = parser.parse_args()
    logging.getLogger("rag").setLevel(logging.ERROR)
    if options.broken:
        opened = engine.open_database

        def unchecked(path: Path, immutable: bool = False) -> engine.Connection:
            db = opened(path, immutable)
            engine.trust(db)
            return db

        engine.open_database = unchecked
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        rows, notes = run(options.flips, options.seed, options.articles, Path(folder))
    total = sum(rows.values(), Counter[str]())
    if options.json:
        print(json.dumps({"rows": rows, "total": total, "notes": notes}))
    else:
        heads = ("copies", "right", "error", "WRONG", "found", "missed")
        print(f"{'damage':<36}" + "".join(f"{head:>9}" for head in heads))
        for kind, counts in [*rows.items(), ("all", total)]:
            print(f"{kind:<36}" + "".join(f"{counts[head]:>9,}" for head in heads))
        print("\n".join(notes[:MAX_LISTED]))
    return 1 if total["WRONG"] or total["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
