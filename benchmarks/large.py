"""Measure what a large library costs: built, built again, ten articles added, a tenth updated, a tenth removed, twice.

    python benchmarks/large.py ARTICLES.jsonl.gz --work FOLDER

After each round the index is compared with a new one built from the same articles: counts, and the answers to titles
asked as questions. Every step runs in a process of its own, whose time and peak memory are printed. The encoder hashes
words: it is fast and deterministic, so that the figures are those of everything else; a real one makes the first build
much longer, and nothing else.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import multiprocessing
import resource
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from hashing_encoder import HashingEncoder

import rag
from rag.stores.location import open_store

Record = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="a folder for all files; emptied first")
    parser.add_argument("--limit", type=int, help="only so many articles")
    parser.add_argument("--questions", type=int, default=300)
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    with gzip.open(options.articles, "rt", encoding="utf-8") as file:
        records = {
            str(n): json.loads(line) | {"id": str(n)} for n, line in enumerate(file) if n < (options.limit or n + 1)
        }
    index, questions = (
        options.work / "index",
        [r["title"] for r in list(records.values())[:: max(1, len(records) // options.questions)]],
    )
    print(f"{'':<34}{'seconds':>9}{'peak MB':>9}")

    ten = dict(list(records.items())[-10:])
    records = dict(list(records.items())[:-10])
    first = step("first build", build, write(options.work, records.values()), index)
    second = step("again, unchanged", build, write(options.work, records.values()), index)
    print(f"    {second / first:.1%} of the first")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        watching = pool.submit(watch, index, questions, write(options.work, [], "done"))
        time.sleep(10)
        step("ten more", add, write(options.work, ten.values()), index)
        time.sleep(5)
        write(options.work, ten.values(), "done")
        print(f"    asked meanwhile by another process: {watching.result()}")
    records |= ten
    for number in (1, 2):
        keys = list(records)
        changed = {
            key: records[key] | {"text": f"{records[key]['text']}\n\nChanged {number} times."}
            for key in keys[number::10]
        }
        removed = keys[number + 4 :: 10]
        step(f"round {number}: {len(changed):,} updated", add, write(options.work, changed.values()), index)
        step(f"round {number}: {len(removed):,} removed", remove, removed, index)
        kept = {key: record for key, record in records.items() if key not in changed and key not in set(removed)}
        records = kept | changed  # in the order of adding, which decides between equal scores
        step(f"round {number}: doctor", examine, index)
        fresh = options.work / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        step(f"round {number}: new index", build, write(options.work, records.values()), fresh)
        counts, answers = look(index, questions)
        fresh_counts, fresh_answers = look(fresh, questions)
        same = sum(a == b for a, b in zip(answers, fresh_answers, strict=True))
        print(f"    {counts}; new index {'the same' if counts == fresh_counts else fresh_counts}")
        print(f"    expected articles {len(records):,}; answers the same {same} of {len(questions)}")
    step("compact", compact, index)
    step("doctor", examine, index)


def step(name: str, work: Callable[..., Any], *arguments: Any) -> float:
    """Do something in a process of its own; print and return the seconds that it took after the start."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        seconds, peak, result = pool.submit(_measured, work, arguments).result()
    print(f"{name:<34}{seconds:>9.1f}{peak:>9,.0f}  {result}", flush=True)
    return seconds


def _measured(work: Callable[..., Any], arguments: Sequence[Any]) -> tuple[float, float, str]:
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, str(result or "")


def build(path: Path, index: Path) -> str:
    with rag.build([path], index=index, encoder=HashingEncoder()) as library:
        return str(library.report)


def add(path: Path, index: Path) -> str:
    with rag.open(index, encoder=HashingEncoder()) as library:
        report = library.add([path])
        return f"{report}; {', '.join(f'{stage} {s:.1f} s' for stage, s in report.seconds.items() if s >= 0.05)}"


def remove(ids: Sequence[str], index: Path) -> None:
    with rag.open(index, encoder=HashingEncoder()) as library:
        library.remove(ids)


def compact(index: Path) -> str:
    with rag.open(index, encoder=HashingEncoder()) as library:
        before, after = library.compact()
        return f"{before / 1e6:,.0f} MB, then {after / 1e6:,.0f} MB"


def examine(index: Path) -> str:
    return "nothing is wrong" if rag.examine(index).ok else "something is wrong"


def look(index: Path, questions: Sequence[str]) -> tuple[dict[str, int], list[Any]]:
    """Return the counts of an index, and what it answers."""
    with rag.open(index, encoder=HashingEncoder()) as library:
        counts = library.counts()
        answers = [library.ask(question, min_confidence=0) for question in questions]
    store = open_store(index)
    found = {"articles": counts.articles, "outlets": counts.named, "passages": len(store.view().keys)}
    store.close()
    return found, [[(c.article_id, c.start, c.end, c.quote, c.outlet, c.date) for c in a.passages] for a in answers]


def watch(index: Path, questions: Sequence[str], done: Path) -> str:
    """Ask an open library one question after another until a file is not empty; return how long they took."""
    with rag.open(index, encoder=HashingEncoder()) as library:
        library.ask(questions[0])
        ms, first = [], library.counts().articles
        for question in itertools.cycle(questions):
            start = time.perf_counter()
            library.ask(question, min_confidence=0)
            ms.append(1000 * (time.perf_counter() - start))
            if done.stat().st_size:
                break
        middle, high = np.percentile(ms, [50, 99])
        return (
            f"{len(ms):,} questions, over {first:,} and later {library.counts().articles:,} articles: "
            f"median {middle:.0f} ms, 99th percentile {high:.0f}, slowest {max(ms):.0f}"
        )


def write(folder: Path, records: Iterable[Record], name: str = "articles") -> Path:
    path = folder / f"{name}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    return path


if __name__ == "__main__":
    main()
