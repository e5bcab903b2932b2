"""Labelled sentences -> how often the date of the event that each tells is read, and read rightly.

    python benchmarks/timelines.py [--set FILE] [--libraries] [--wrong]
    python benchmarks/timelines.py --index INDEX [--question QUESTION ...]

Each line of a set has a sentence, the day on which it was published (or null), the date of the event that it tells
(null where it tells of none, or of several), and what else would be right. Of neighbouring lines, which are of one kind, one
is in the half "tuning" and one in the half "left out". A date that is none of those is wrong. With --libraries, what
dateparser and datefinder find first is scored alike: its precision is taken from its words. With --index, the processor
time of a timeline is set against that of `ask` for the same questions, taken in turns.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import regex

import rag
from rag.comparison.event_date import event_date

QUESTIONS = Path(__file__).parent / "questions" / "event_dates.jsonl"
ASKED = (
    "What happened at Camp Ashraf?", "When was the MEK delisted?", "When was the MEK founded?",
    "What happened at Camp Liberty?", "Where did the MEK move in 2016?", "Who attacked the members of the MEK in Iraq?",
    "What did Albania do about the MEK?", "Who spoke at the meeting of the MEK?",
)  # fmt: skip
ROUNDS = 3  # that each question is asked

Read = Callable[[str, dt.date | None], str | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", type=Path, default=QUESTIONS)
    parser.add_argument("--libraries", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="print what is read wrongly, and what is not read")
    parser.add_argument("--index", type=Path)
    parser.add_argument("--question", action="append", default=[])
    options = parser.parse_args()
    if options.index:
        return cost(options.index, options.question or ASKED)
    rows = [json.loads(line) for line in options.set.read_text(encoding="utf-8").splitlines()]
    readers: dict[str, Read] = {"According": own}
    if options.libraries:
        readers |= {"dateparser": of_dateparser, "datefinder": of_datefinder}
    print(f"{'':12}{'half':10}{'read':>6}{'right':>7}{'precision':>11}{'stated':>8}{'recall':>8}{'ms':>7}")
    for name, read in readers.items():
        for half in ("tuning", "left out"):
            score(name, half, [row for row in rows if row["half"] == half], read, options.wrong)


def score(name: str, half: str, rows: Sequence[dict[str, Any]], read: Read, wrong: bool) -> None:
    read("On 3 May 2013 the ferry sank.", None)  # loads what it needs
    start = time.process_time()
    found = [read(row["text"], row["published"] and dt.date.fromisoformat(row["published"])) for row in rows]
    milliseconds = 1000 * (time.process_time() - start) / len(rows)
    right = [value in {row["date"], *row["also"]} - {None} for row, value in zip(rows, found, strict=True)]
    number, stated = sum(value is not None for value in found), sum(row["date"] is not None for row in rows)
    recalled = sum(ok and row["date"] is not None for ok, row in zip(right, rows, strict=True))
    print(
        f"{name:12}{half:10}{number:6}{sum(right):7}{sum(right) / max(number, 1):11.3f}{stated:8}"
        f"{recalled / max(stated, 1):8.3f}{milliseconds:7.2f}"
    )
    if wrong:
        for row, value, ok in zip(rows, found, right, strict=True):
            if not ok and (value or row["date"]):
                print(f"    {row['id']} {value} instead of {row['date']} {row['also'] or ''}: {row['text'][:150]}")


def own(sentence: str, published: dt.date | None) -> str | None:
    found = event_date(sentence, 0, len(sentence), published)
    return found.value if found else None


def of_dateparser(sentence: str, published: dt.date | None) -> str | None:
    from dateparser.search import search_dates

    settings: dict[str, Any] = {"PREFER_DATES_FROM": "past"}
    if published:
        settings["RELATIVE_BASE"] = dt.datetime.combine(published, dt.time(12))
    found = search_dates(sentence, languages=["en"], settings=settings)
    return as_stated(found[0][1].date(), found[0][0]) if found else None


def of_datefinder(sentence: str, published: dt.date | None) -> str | None:
    import datefinder  # version 1.0, which is no requirement of According

    base = dt.datetime.combine(published, dt.time(12)) if published else None
    found = next(iter(datefinder.find_dates(sentence, source=True, base_date=base)), None)
    return as_stated(found[0].date(), found[1]) if found else None


def as_stated(day: dt.date, words: str) -> str:
    """Return a date as far as its words go."""
    if regex.search(r"(?<!\d)\d{1,2}(?:st|nd|rd|th)?(?![\d:])|day|ago|-\d\d-", words, regex.I):
        return day.isoformat()
    month = regex.search(r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|month", words, regex.I)
    return f"{day:%Y-%m}" if month else f"{day:%Y}"


def cost(index: Path, questions: Sequence[str]) -> None:
    spent: dict[str, list[float]] = {"ask": [], "timeline": []}
    entries = []
    with rag.open(index) as library:
        library.prepare()
        for _ in range(ROUNDS):
            for question in questions:
                for name in spent:
                    start = time.process_time()
                    found = getattr(library, name)(question)
                    spent[name].append(time.process_time() - start)
                entries.append(len(found.entries) + len(found.undated))
    ask, timeline = (1000 * statistics.median(spent[name]) for name in ("ask", "timeline"))
    print(f"processor time, median: ask {ask:.0f} ms, timeline {timeline:.0f} ms ({timeline / ask:.1f} times)")
    print(f"entries, mean: {statistics.mean(entries):.1f}")


if __name__ == "__main__":
    main()
