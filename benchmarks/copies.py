"""How many copies are found, by how they were changed, and what is taken for a copy among texts as they come.

    .venv/bin/python benchmarks/copies.py --pages NEWS.jsonl.gz [--sample 400]

Reads the articles of NEWS, reports its groups of copies and how long it took, then changes a sample of them as
republishers do, and counts how many are found again, beside how many a comparison of every word would call copies
(`copies.MIN_OVERLAP`).
"""

import argparse
import random
import time

import numpy as np

import rag
from rag.provenance import duplicates as copies
from rag.sentence_splitter import sentence_spans


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="+", required=True)
    parser.add_argument("--sample", type=int, default=400)
    options = parser.parse_args()
    articles = list(rag.read_articles(options.pages))
    texts = [a.text for a in articles]

    start = time.perf_counter()
    signed = copies.signatures(texts)
    middle = time.perf_counter()
    group = copies.groups(signed, np.full(len(texts), -1), texts.__getitem__)
    end = time.perf_counter()
    pairs = [(int(first), row) for row, first in enumerate(group) if row != first]
    across = sum(articles[a].outlet != articles[b].outlet for a, b in pairs)
    print(f"{len(texts):,} articles: {len(pairs)} copies, {across} of another outlet")
    print(f"signatures {middle - start:.1f} s, groups {end - middle:.1f} s")

    chance = random.Random(1)
    sample = chance.sample([t for t in texts if len(t.split()) > 150], options.sample)

    def first(share: float, text: str) -> str:
        spans = sentence_spans(text)
        return text[: spans[max(0, int(len(spans) * share) - 1)][1]]

    def edited(share: float, text: str) -> str:
        words = text.split()
        return " ".join(chance.choice(words) if chance.random() < share else w for w in words)

    def framed(text: str) -> str:
        before, after = (first(0.1, chance.choice(texts)) for _ in range(2))
        return f"{before}\n{text}\n{after}"

    changes = {
        "as it is": lambda t: t,
        "first 70%": lambda t: first(0.7, t),
        "first half": lambda t: first(0.5, t),
        "first third": lambda t: first(0.33, t),
        "first fifth": lambda t: first(0.2, t),
        "2% of words changed": lambda t: edited(0.02, t),
        "5% of words changed": lambda t: edited(0.05, t),
        "10% of words changed": lambda t: edited(0.10, t),
        "between a host's words": framed,
        "first half, between a host's words": lambda t: framed(first(0.5, t)),
    }
    for name, change in changes.items():
        changed = [change(t) for t in sample]
        both = sample + changed
        found = copies.groups(copies.signatures(both), np.full(len(both), -1), both.__getitem__)
        again = [bool(found[i] == found[i + len(sample)]) for i in range(len(sample))]
        real = [
            copies.overlap(copies.shingles(a), copies.shingles(b)) >= copies.MIN_OVERLAP
            for a, b in zip(sample, changed, strict=True)
        ]
        print(f"{name:36}{sum(again):5} of {len(sample)}, {sum(real)} of them copies by every word")


if __name__ == "__main__":
    main()
