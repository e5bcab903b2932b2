"""Ways of writing one word or number -> whether a question finds the text that has another one.

Each line of a set has a question, a text that must be found, and mostly one that must not. A text is found if it holds
every word of the question that is searched for; a line is right if only what must be found is. A line with `times` has
a question that is repeated so often; one with `suggested` is right if an index of that text suggests that word, and
where it is empty, none.

    python benchmarks/words.py [--set questions/words_left_out.jsonl]

The rules were made with `questions/words.jsonl`; `questions/words_left_out.jsonl` was written without a look at them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hashing_encoder import HashingEncoder

import rag
from rag.stores import tantivy_index
from rag.stores.filters import NO_DATE, IndexFilter
from rag.stores.tantivy_index import Document, WordIndex

QUESTIONS = Path(__file__).parent / "questions" / "words.jsonl"
WHOLE = 0.999  # of the words of a question


def held(question: str, texts: list[str]) -> list[bool]:
    """Return whether each text holds every word of a question."""
    with tempfile.TemporaryDirectory() as folder:
        documents = [Document(n, None, NO_DATE, text, [(n, text)]) for n, text in enumerate(texts, 1)]
        tantivy_index.update(Path(folder), (), documents)
        index = WordIndex(Path(folder))
        found = index.coverage(index.terms(question), len(texts), IndexFilter())
    return [found.get(n, 0.0) > WHOLE for n in range(1, len(texts) + 1)]


def suggested(question: str, text: str) -> list[str]:
    """Return the words that an index of one text suggests for a question."""
    with tempfile.TemporaryDirectory() as folder:
        article = {"id": "1", "outlet": "Reuters", "date": "2013-09-02", "title": "A report", "text": text}
        (Path(folder) / "articles.jsonl").write_text(json.dumps(article), "utf-8")
        with rag.build([Path(folder) / "articles.jsonl"], Path(folder) / "index", HashingEncoder()) as library:
            return [found.suggested for found in library.ask(question).suggestions]


def is_right(row: dict[str, Any]) -> bool:
    """Return whether a line of the questions finds what it must, and nothing else."""
    question = row["question"] * row.get("times", 1)
    if "suggested" in row:
        return suggested(question, row["found"]) == list(filter(None, [row["suggested"]]))
    texts = [row["found"], *([row["not"]] if "not" in row else [])]
    return held(question, texts) == [True, False][: len(texts)]


def main() -> None:
    """Print how many lines of each kind are right, and the questions of the others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--set", type=Path, default=QUESTIONS, help="the questions, by default %(default)s")
    right, all_of = Counter[str](), Counter[str]()
    for row in map(json.loads, parser.parse_args().set.read_text("utf-8").splitlines()):
        all_of[row["kind"]] += 1
        if is_right(row):
            right[row["kind"]] += 1
        else:
            print(f"wrong: [{row['kind']}] {row['question']}")
    print(", ".join(f"{kind} {right[kind]} of {n}" for kind, n in all_of.items()))
    print(f"{right.total()} of {all_of.total()}")


if __name__ == "__main__":
    main()
