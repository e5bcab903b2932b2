"""What each stage of finding and showing brings: the figures without it, on each set of questions.

    .venv/bin/python benchmarks/ablation.py --set demo INDEX benchmarks/questions/demonstration.jsonl \
        [--set time INDEX FOLDER_WITH_QUERIES_AND_QRELS] ...

Each set is a name, an index, and a questions file or folder as `according evaluate` takes them. The bar is left out, so
that only what is found and shown is compared. Prints a table in Markdown for each set.
"""

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import rag
import rag.library
from rag.answer import selection
from rag.evaluation import evaluate, read_questions
from rag.query.query import Query
from rag.retrieval import search
from rag.retrieval.parse import ParsedQuery

SHOWN = ("evidence@1", "evidence@5", "quoted", "both sides", "nDCG@10")
# What is switched off, and how: names of modules and of the constants that do it.
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
    "without names": {(rag.library, "parse"): "names"},
    "without restrictions": {(rag.library, "parse"): "constraints"},
    "without joining neighbours": {(selection, "MAX_JOINED"): 1},
    "without caps": {(selection, "MAX_OF_OUTLET"): 1000, (selection, "MAX_OF_ARTICLE"): 1000},
}  # fmt: skip


class Unbarred:
    """A library that shows the nearest passages to every question."""

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
        print(f"\n{name}, {len(questions)} questions\n\n| | {' | '.join(SHOWN)} |\n|{' --- |' * (len(SHOWN) + 1)}")
        with rag.open(index) as library:
            for stage, changes in STAGES.items():
                with _changed(changes):
                    figures = evaluate(Unbarred(library), questions).figures
                cells = [f"{figures[s].value:.3f}" if figures[s].count else "" for s in SHOWN]
                print(f"| {stage} | {' | '.join(cells)} |", flush=True)


@contextlib.contextmanager
def _changed(changes: dict[tuple[Any, str], Any]) -> Iterator[None]:
    before = {(module, name): getattr(module, name) for module, name in changes}
    for (module, name), value in changes.items():
        setattr(module, name, _reading(before[module, name], value) if name == "parse" else value)
    try:
        yield
    finally:
        for (module, name), value in before.items():
            setattr(module, name, value)


def _reading(read: Any, without: str) -> Any:
    """`parse` without aliases, or without constraints."""

    def plainly(view: Any, catalogue: Any, query: Query) -> ParsedQuery:
        if without == "constraints":
            return read(view, catalogue, replace(query, ignore=("all",)))
        parsed = read(view, catalogue, query)
        return replace(parsed, terms=tuple(view.words.terms(parsed.text)), aliases=())

    return plainly


if __name__ == "__main__":
    main()
