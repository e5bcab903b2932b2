"""Count the questions with exclusions that are understood, that narrow nothing, and that are inverted.

    .venv/bin/python benchmarks/exclusions.py [--misses]

`questions/exclusions.jsonl` has questions that exclude outlets, kinds of outlets or dates in words, each with what it
excludes, and look-alikes, which exclude nothing ("Who besides Reuters was sued?"). They were written before the rules.
Each is asked of an index that has an article of each outlet for each of some years, and one without a date. What comes
back says what the filters let through:

- understood: just what the question allows;
- in part: all of that, and some of what it excludes;
- nothing: no article is left out;
- wrong: something is left out that the question allows, as in a search for just what was to be excluded.
"""

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path

from hashing_encoder import HashingEncoder

import rag
from rag.provenance.catalogue import load_catalogue

QUESTIONS = Path(__file__).resolve().parent / "questions/exclusions.jsonl"
OUTLETS = (
    *("Reuters", "BBC News", "Press TV", "Associated Press", "Nejat Society", "The Guardian", "CNN"),
    *("Radio Tarn", "Harbour Voice", None),
)
DATES = (None, *(f"{year}-03-15" for year in range(2005, 2025)))
VERDICTS = ("understood", "in part", "nothing", "wrong")
ASKED_ON = "2024-12-31"

Probe = tuple[str | None, str | None]  # outlet and date
EVERYTHING: frozenset[Probe] = frozenset((outlet, date) for outlet in OUTLETS for date in DATES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--misses", action="store_true", help="print the questions that are not understood")
    options = parser.parse_args()
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder, _library(Path(folder)) as library:
        for name, alike in (("exclusions", False), ("look-alikes", True)):
            counts: Counter[str] = Counter()
            for row in (row for row in rows if row.get("lookalike", False) == alike):
                found = _verdict(_let_through(library, row["question"]), _allowed(row))
                counts[found] += 1
                if options.misses and found != VERDICTS[0]:
                    print(f"{found:12}{row['question']}")
            figures = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS)
            print(f"{counts.total()} {name}: {figures}")


def _library(folder: Path) -> rag.Library:
    articles = [
        {
            "id": f"{n}-{m}", "outlet": outlet, "date": date, "title": f"Number {n} of {m}",
            "text": f"The weather of station {n} was recorded on sheet {m}. Nothing else was written down there.",
        }
        for n, outlet in enumerate(OUTLETS)
        for m, date in enumerate(DATES)
    ]  # fmt: skip
    given = folder / "probes.json"
    given.write_text(json.dumps(articles), "utf-8")
    return rag.build([given], index=folder / "index", encoder=HashingEncoder())


def _let_through(library: rag.Library, question: str) -> frozenset[Probe]:
    hits = library.search(question, k=1000, asked_on=ASKED_ON)
    return frozenset((hit.outlet, hit.date.isoformat() if hit.date else None) for hit in hits)


def _allowed(row: dict[str, object]) -> frozenset[Probe]:
    return frozenset((outlet, date) for outlet, date in EVERYTHING if _allows(row, outlet, date))


def _allows(row: dict, outlet: str | None, date: str | None) -> bool:
    """Whether a question allows an article; one whose outlet or date is not known is not excluded by it."""
    known = load_catalogue().outlet(outlet) if outlet else None
    if outlet in row.get("not_outlets", ()) or (row.get("outlets") and outlet not in row["outlets"]):
        return False
    if known and (known.kind in row.get("not_kinds", ()) or (row.get("not_states") and known.state)):
        return False
    if date is None:
        return not {"after", "before"} & set(row)
    if any(first <= date <= last for first, last in row.get("not_dates", ())):
        return False
    return row.get("after", date) <= date <= row.get("before", date)


def _verdict(found: frozenset[Probe], allowed: frozenset[Probe]) -> str:
    undated = {(outlet, None) for outlet in OUTLETS}  # of a span of time, they may pass or not
    found, allowed, everything = (probes - undated for probes in (found, allowed, EVERYTHING))
    if found == allowed:
        return "understood"
    if allowed - found:
        return "wrong"
    return "nothing" if found == everything else "in part"


if __name__ == "__main__":
    main()
