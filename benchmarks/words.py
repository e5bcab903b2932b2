"""Ways of writing one word or number -> whether a question finds the text that has another one.

Each line of questions/words.jsonl has a question, a text that must be found, and mostly one that must not. A text is
found if it holds every word of the question that is searched for; a line is right if only what must be found is.

    python benchmarks/words.py
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path

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


def is_right(row: dict[str, str]) -> bool:
    """Return whether a line of the questions finds what it must, and nothing else."""
    texts = [row["found"], *([row["not"]] if "not" in row else [])]
    return held(row["question"], texts) == [True, False][: len(texts)]


def main() -> None:
    """Print how many lines of each kind are right, and the questions of the others."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()  # type: ignore[union-attr]
    right, all_of = Counter[str](), Counter[str]()
    for row in map(json.loads, QUESTIONS.read_text("utf-8").splitlines()):
        all_of[row["kind"]] += 1
        if is_right(row):
            right[row["kind"]] += 1
        else:
            print(f"wrong: [{row['kind']}] {row['question']}")
    print(", ".join(f"{kind} {right[kind]} of {n}" for kind, n in all_of.items()))
    print(f"{right.total()} of {all_of.total()}")


if __name__ == "__main__":
    main()
