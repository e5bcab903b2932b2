"""Measure what each stage of retrieval and of answering contributes: the figures without it, on sets of questions.

    .venv/bin/python benchmarks/ablation.py --set demo INDEX benchmarks/questions/demonstration.jsonl \
        [--set time INDEX FOLDER_WITH_QUERIES_AND_QRELS] ...

Each set is a name, an index, and a file or folder of questions in the format of `according evaluate`. Questions are
asked without a confidence threshold, so that only the passages are compared. Prints a Markdown table for each set.
"""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import rag
import rag.library
from rag.answer import selection
from rag.evaluation import evaluate, read_questions
from rag.query.query import Query
from rag.retrieval import search
from rag.retrieval.parse import ParsedQuery, parse

COLUMNS = ("evidence@1", "evidence@5", "quoted", "both sides", "nDCG@10")


def without_constraints(view: Any, catalogue: Any, query: Query) -> ParsedQuery:
    """`parse`, ignoring what the question says about outlets and dates."""
    return parse(view, catalogue, replace(query, ignore=("all",)))


def without_aliases(view: Any, catalogue: Any, query: Query) -> ParsedQuery:
    """`parse`, without the other spellings of the names in the question."""
    parsed = parse(view, catalogue, query)
    return replace(parsed, terms=tuple(view.terms(parsed.text)), aliases=())


# What each row leaves out, and how: values for attributes of modules.
STAGES: dict[str, dict[tuple[Any, str], Any]] = {
    "all": {},
    "passages' vectors alone": {
        (search, "SENTENCE"): 0.0, (search, "OWN"): 1.0, (search, "WORDS"): 0.0, (search, "ARTICLE"): 0.0,
        (selection, "MAX_JOINED"): 1, (selection, "MAX_OF_OUTLET"): 1000, (selection, "MAX_OF_ARTICLE"): 1000,
    },
    "words alone": {(search, "SENTENCE"): 0.0, (search, "OWN"): 0.0, (search, "ARTICLE"): 0.0},
    "without words": {(search, "WORDS"): 0.0, (search, "ARTICLE"): 0.0},
    "without the article's words": {(search, "ARTICLE"): 0.0},
    "without the passage's own words": {(search, "WORDS"): 0.0},
    "without sentences": {(search, "SENTENCE"): 0.0, (search, "OWN"): 1.0},
    "without the passage's own vector": {(search, "SENTENCE"): 1.0, (search, "OWN"): 0.0},
    "without aliases": {(rag.library, "parse"): without_aliases},
    "without constraints": {(rag.library, "parse"): without_constraints},
    "without joining neighbours": {(selection, "MAX_JOINED"): 1},
    "without caps": {(selection, "MAX_OF_OUTLET"): 1000, (selection, "MAX_OF_ARTICLE"): 1000},
}  # fmt: skip


class NoThreshold:
    """A library whose answers show the nearest passages, however low their confidence."""

    def __init__(self, library: rag.Library):
        self._library = library

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def ask(self, *args: Any, **kwargs: Any) -> rag.Answer:
        return self._library.ask(*args, **(kwargs | {"min_confidence": 0.0}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", action="append", required=True, nargs=3, metavar=("NAME", "INDEX", "QUESTIONS"))
    for name, index, path in parser.parse_args().set:
        questions = [q for q in read_questions(path) if q.answerable]
        heading = f"| | {' | '.join(COLUMNS)} |\n|{' --- |' * (len(COLUMNS) + 1)}"
        print(f"\n{name}, {len(questions)} questions\n\n{heading}")
        with rag.open(index) as library:
            for stage, values in STAGES.items():
                with replaced(values):
                    figures = evaluate(NoThreshold(library), questions).figures
                cells = [f"{figures[c].value:.3f}" if figures[c].count else "" for c in COLUMNS]
                print(f"| {stage} | {' | '.join(cells)} |", flush=True)


@contextlib.contextmanager
def replaced(values: dict[tuple[Any, str], Callable[..., Any] | float]) -> Iterator[None]:
    """Give attributes of modules other values, and restore them after."""
    before = {(module, name): getattr(module, name) for module, name in values}
    for (module, name), value in values.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for (module, name), value in before.items():
            setattr(module, name, value)


if __name__ == "__main__":
    main()
