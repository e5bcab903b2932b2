"""Measure how the length of passages and the weight of the best sentence change what is found.

    .venv/bin/python benchmarks/ranking.py --pages PAGES --questions QUESTIONS.jsonl

QUESTIONS as for `according evaluate`; those without evidence are left out. Prints, for each setting, the number of
questions with evidence among the first five passages, and in the first one. Builds an index for each length, in a
temporary folder. The words of the question have no weight here.
"""

import argparse
import re
import tempfile

import rag
from rag import passage
from rag.evaluation import Question, read_questions
from rag.models.encoder import SentenceEncoder
from rag.retrieval import search

LENGTHS = (100, 130, 160, 200)  # tokens
SENTENCE_WEIGHTS = (0.0, 0.5, 0.7, 0.85, 1.0)
DEPTH = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", required=True, nargs="+")
    parser.add_argument("--questions", required=True)
    options = parser.parse_args()
    questions = [q for q in read_questions(options.questions) if q.evidence]
    encoder = SentenceEncoder()
    search.WORDS = search.ARTICLE = 0.0
    heads = "  ".join(f"{weight:>9}" for weight in SENTENCE_WEIGHTS)
    print(f"tokens  passages  {heads}   (weight of the best sentence)")
    for length in LENGTHS:
        passage.PASSAGE_TOKENS = length
        with (
            tempfile.TemporaryDirectory() as folder,
            rag.build(options.pages, index=folder, encoder=encoder) as library,
        ):
            cells = []
            for weight in SENTENCE_WEIGHTS:
                search.OWN, search.SENTENCE = 1 - weight, weight
                ranks = [_rank(library, q) for q in questions]
                cells.append(f"{sum(r < DEPTH for r in ranks):>4} /{sum(r == 0 for r in ranks):>3}")
            print(f"{length:>6}  {library.report.passages:>8}  {'  '.join(cells)}   of {len(questions)}")


def _rank(library: rag.Library, question: Question) -> int:
    """Return the rank of the first passage that contains evidence, from 0; DEPTH where none does."""
    text = " ".join(filter(None, [question.previous, question.question]))
    passages = [_words(hit.text) for hit in library.search(text, k=DEPTH)]
    evidence = [_words(sentence) for sentence in question.evidence]
    return next((i for i, words in enumerate(passages) if any(e in words for e in evidence)), DEPTH)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


if __name__ == "__main__":
    main()
