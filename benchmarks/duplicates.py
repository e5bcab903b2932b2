"""Measure how many duplicates are found among real articles, and among copies changed as republishers change them.

    .venv/bin/python benchmarks/duplicates.py --pages NEWS.jsonl.gz [--sample 400]

Reads the articles of NEWS and prints how many duplicates they contain and how long it took. Then changes a sample of
them in several ways, and prints how many are found, and how many are duplicates if every word is compared (at
`duplicates.MIN_OVERLAP`).
"""

import argparse
import random
import time

import numpy as np
from alterations import republished

import rag
from rag.provenance import duplicates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="+", required=True)
    parser.add_argument("--sample", type=int, default=400)
    options = parser.parse_args()
    articles = list(rag.read_articles(options.pages))
    texts = [a.text for a in articles]

    start = time.perf_counter()
    signatures = duplicates.signatures(texts)
    middle = time.perf_counter()
    group = duplicates.groups(signatures, np.full(len(texts), -1), texts.__getitem__)
    end = time.perf_counter()
    pairs = [(int(first), row) for row, first in enumerate(group) if row != first]
    across = sum(articles[a].outlet != articles[b].outlet for a, b in pairs)
    print(f"{len(texts):,} articles: {len(pairs)} duplicates, {across} of another outlet")
    print(f"signatures {middle - start:.1f} s, groups {end - middle:.1f} s")

    rng = random.Random(1)
    sample = rng.sample([t for t in texts if len(t.split()) > 150], options.sample)

    for name, change in republished(texts, rng).items():
        changed = [change(t) for t in sample]
        both = sample + changed
        group = duplicates.groups(duplicates.signatures(both), np.full(len(both), -1), both.__getitem__)
        found = sum(bool(group[i] == group[i + len(sample)]) for i in range(len(sample)))
        exact = sum(_is_duplicate(a, b) for a, b in zip(sample, changed, strict=True))
        print(f"{name:43}{found:5} of {len(sample)}, {exact} of them duplicates by every word")


def _is_duplicate(a: str, b: str) -> bool:
    return duplicates.overlap(duplicates.shingles(a), duplicates.shingles(b)) >= duplicates.MIN_OVERLAP


if __name__ == "__main__":
    main()
