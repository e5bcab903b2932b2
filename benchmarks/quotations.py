"""Measure how far marking should spread from the best sentence: evidence marked against words marked.

    .venv/bin/python benchmarks/quotations.py --index INDEX --questions QUESTIONS.jsonl

QUESTIONS as for `according evaluate`. A marked quotation counts as evidence if they have six words of ten of the
shorter one in common.
"""

import argparse
import re
import statistics

import rag
from rag.answer import citation
from rag.evaluation import read_questions

SHARES = (0.7, 0.8, 0.85, 0.9, 0.95, 1.01)
MIN_WORD_OVERLAP = 0.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", required=True)
    parser.add_argument("--questions", required=True)
    options = parser.parse_args()
    questions = [q for q in read_questions(options.questions) if q.evidence]
    print(f"share  evidence marked of {len(questions)}  words marked in a passage")
    with rag.open(options.index) as library:
        for share in SHARES:
            citation.NEIGHBOUR_SHARE = share
            found, lengths = 0, []
            for q in questions:
                passages = library.ask(q.question, previous=q.previous).passages
                quotations = [_words(c.text[c.quote[0] - c.start : c.quote[1] - c.start]) for c in passages]
                evidence = [_words(sentence) for sentence in q.evidence]
                found += any(_overlap(a, b) >= MIN_WORD_OVERLAP for a in quotations for b in evidence)
                lengths += [len(words) for words in quotations]
            print(f"{share:>5}  {found:>15}  {statistics.mean(lengths):>30.0f}")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _overlap(a: list[str], b: list[str]) -> float:
    """Return the overlap coefficient of two texts' words."""
    return len({*a} & {*b}) / max(1, min(len({*a}), len({*b})))


if __name__ == "__main__":
    main()
