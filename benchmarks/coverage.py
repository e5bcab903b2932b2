"""Measure whether `Library.coverage` shows who told an event, beside what `Library.ask` shows for the same article.

    python benchmarks/coverage.py --articles articles-12k.jsonl.gz --work FOLDER
    python benchmarks/coverage.py --index FOLDER/coverage.idx --fit
    python benchmarks/coverage.py --index FOLDER/coverage.idx --list

The events are those of benchmarks/questions/coverage.jsonl: of each, the ids of three articles of three outlets that
tell it, of those that do `also`, and of those that do `not` and were looked at. They are labelled by hand: an article
tells an event if that is what it is mainly about, as news, background or opinion. Half of the events chose the weights
and the threshold, half were left out. Indexed are the articles of all events and 3,000 others, always the same.

Each of the three articles of an event is asked about in turn: `coverage(article_id=...)` with ten rows, and `ask` with
the title and ten passages. Prints, for each half: for how many all three outlets are shown with an article that tells
the event; of the reports shown, without the one asked about, how many tell it; whether the first report is of the
earliest day of all that tell it; and the processor time of both, each in turn.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import rag
from rag.comparison.coverage import accounts, cover

EVENTS = Path(__file__).with_name("questions") / "coverage.jsonl"
OTHERS, ROWS = 3000, 10
FIELDS = ("id", "outlet", "date", "title", "url", "text")
HALVES = ("tuning", "left out")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path)
    parser.add_argument("--articles", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--fit", action="store_true", help="fit the weights on the tuning half, and print them")
    parser.add_argument("--list", action="store_true", help="print what is shown and is not labelled")
    parser.add_argument("--no-reranker", action="store_true")
    options = parser.parse_args()
    events = [json.loads(line) for line in EVENTS.read_text("utf-8").splitlines()]
    index = options.index or build(options, events)
    with rag.open(index, reranker=None if options.no_reranker else "auto") as library:
        library.prepare()
        if options.fit:
            fit(library, events, options.days)
            return
        for half in HALVES:
            report(half, library, [event for event in events if event["half"] == half], options)


def build(options: argparse.Namespace, events: Sequence[dict[str, Any]]) -> Path:
    """Build the index of the events' articles and others."""
    pages, index = options.work / "coverage.jsonl", options.work / "coverage.idx"
    with gzip.open(options.articles, "rt") as file:
        articles = {a["id"]: a for a in map(json.loads, file)}
    told = dict.fromkeys(i for event in events for i in event["articles"])
    others = (a for a in articles.values() if a["id"] not in told and len(a["date"]) == 10 and len(a["text"]) > 400)
    chosen = sorted((a["id"] for a in others), key=lambda i: hashlib.blake2b(i.encode()).hexdigest())[:OTHERS]
    lines = (json.dumps({f: articles[i][f] for f in FIELDS}) + "\n" for i in (*told, *chosen))
    pages.write_text("".join(lines))
    rag.build([pages], index=index).close()
    return index


def report(half: str, library: rag.Library, events: Sequence[dict[str, Any]], options: argparse.Namespace) -> None:
    """Ask about each article of the events, and print what is shown."""
    shown: dict[str, list[bool]] = {"coverage": [], "ask": []}
    first: dict[str, list[bool]] = {"coverage": [], "ask": []}
    right, wrong, unlabelled = 0, 0, 0
    seconds: dict[str, list[float]] = {"coverage": [], "ask": []}
    for event in events:
        about = {*event["articles"], *event["also"]}
        outlets = {library.article(i).outlet for i in event["articles"]}
        dates = {i: library.article(i).date for i in about}
        for article_id in event["articles"]:
            title = library.article(article_id).title or ""
            library._encoder.question_vector.cache_clear()  # so that each encodes the title
            begun = time.process_time()
            covered = library.coverage(article_id=article_id, window_days=options.days, k=ROWS)
            seconds["coverage"].append(time.process_time() - begun)
            library._encoder.question_vector.cache_clear()
            begun = time.process_time()
            asked = library.ask(title, k=ROWS)
            seconds["ask"].append(time.process_time() - begun)
            reports = [c.article_id for r in covered.reports for c in (r.citation, *r.copiers)]
            passages = [c.article_id for c in asked.passages]
            for kind, ids in (("coverage", reports), ("ask", passages)):
                shown[kind].append(outlets <= {library.article(i).outlet for i in ids if i in about})
                days = [d for i in ids if (kind == "coverage" or i in about) and (d := library.article(i).date)]
                first[kind].append(bool(days) and min(days) == min(filter(None, dates.values())))
            for other in {*reports} - {article_id}:
                right += other in about
                wrong += other in event["not"]
                unlabelled += other not in about and other not in event["not"]
                if options.list and other not in about and other not in event["not"]:
                    a = library.article(other)
                    print(event["event"], other, a.date, a.outlet, a.title, " ".join(a.text.split())[:200], sep="\t")
    print(f"{half}: {len(events)} events, {len(shown['ask'])} articles asked about")
    for kind in shown:
        every = [all(shown[kind][i : i + 3]) for i in range(0, len(shown[kind]), 3)]
        print(f"  {kind:8} all three outlets for {sum(shown[kind])} articles ({statistics.mean(shown[kind]):.3f}), "
              f"from each of its articles for {sum(every)} events; first report right for {sum(first[kind])}; "
              f"p50 {statistics.median(seconds[kind]) * 1000:.0f} ms")  # fmt: skip
    ratio = statistics.median(a / b for a, b in zip(seconds["coverage"], seconds["ask"], strict=True))
    print(f"  of the other reports of coverage {right} tell the event, {wrong} do not, {unlabelled} are not labelled")
    print(f"  coverage takes {ratio:.2f} times as long as ask")


def fit(library: rag.Library, events: Sequence[dict[str, Any]], days: int) -> None:
    """Print the weights that a logistic regression gives to what a likeness is made of."""
    from sklearn.linear_model import LogisticRegression

    accounts.MIN_LIKENESS = 0.0  # so that all that is proposed is measured
    found = accounts.find_accounts
    rows: list[tuple[str, bool, tuple[float, ...]]] = []
    for event in events:
        about = {*event["articles"], *event["also"]}
        for article_id in event["articles"]:
            measured: list[accounts.Accounts] = []

            def measuring(*given: Any, into: list[accounts.Accounts] = measured) -> accounts.Accounts:
                into.append(found(*given))
                return into[-1]

            cover.find_accounts = measuring
            library.coverage(article_id=article_id, window_days=days, k=1)
            rows += [
                (event["half"], a.article.id in about, a.near) for a in measured[0].found if a.article.id != article_id
            ]
    near = np.array([row[2] for row in rows])
    about = np.array([row[1] for row in rows])
    tuning = np.array([row[0] == "tuning" for row in rows])
    model = LogisticRegression(C=10).fit(near[tuning], about[tuning])
    print("title, lead, title words, lead words, weeks:", model.coef_.round(1), "bias:", model.intercept_.round(1))
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7):
        for half, part in (("tuning", tuning), ("left out", ~tuning)):
            taken = model.predict_proba(near[part])[:, 1] >= threshold
            of = about[part]
            told = (
                f"{of[taken].mean():.3f} of those taken tell it, {taken[of].mean():.3f} of those that tell it are taken"
            )
            print(f"  from {threshold} on, {half}: {told}")


if __name__ == "__main__":
    main()
