"""Ways of writing one word or number -> whether a question finds the text that has another one.

Each line of a set has a question, a text that must be found, and mostly one that must not. A text is found if it holds
every word of the question that is searched for; a line is right if only what must be found is. A line with `times` has
a question that is repeated so often; one with `suggested` is right if an index of that text suggests that word, and
where it is empty, none. A line of the kind "phrase" has words in quotation marks: an index of both texts is searched.

    python benchmarks/words.py [--set questions/words_left_out.jsonl]

The rules were made with `questions/words.jsonl`; `questions/words_left_out.jsonl` was written without a look at them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
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


@contextlib.contextmanager
def library_of(texts: list[str]) -> Iterator[rag.Library]:
    """Open a library of some texts."""
    with tempfile.TemporaryDirectory() as folder:
        path, article = (
            Path(folder) / "articles.jsonl",
            {"outlet": "Reuters", "date": "2013-09-02", "title": "A report"},
        )
        lines = [json.dumps(article | {"id": str(n), "text": text}) for n, text in enumerate(texts)]
        path.write_text("\n".join(lines), "utf-8")
        with rag.build([path], Path(folder) / "index", HashingEncoder()) as library:
            yield library


def is_right(row: dict[str, Any]) -> bool:
    """Return whether a line of the questions finds what it must, and nothing else."""
    question = row["question"] * row.get("times", 1)
    if "suggested" in row:
        with library_of([row["found"]]) as library:
            suggested = [found.suggested for found in library.ask(question).suggestions]
        return suggested == list(filter(None, [row["suggested"]]))
    if row["kind"] == "phrase":
        with library_of([row["found"], row["not"]]) as library:
            return [hit.text for hit in library.search(question)] == [row["found"]]
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
