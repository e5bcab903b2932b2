"""How far marking spreads from the best sentence: evidence marked, against words marked.

    .venv/bin/python benchmarks/quotations.py --index INDEX --questions QUESTIONS.jsonl

QUESTIONS as for `ranking.py`. A marked sentence counts as evidence where the two share six words of ten of the shorter.
"""

import re
import statistics

from labelled import options

import rag
from rag.answer import answer

SHARES = (0.7, 0.8, 0.85, 0.9, 0.95, 1.01)


def main() -> None:
    given = options(__doc__, "index")
    library = rag.open(given.index)
    questions = [q for q in given.questions if q.get("answers")]
    print(f"share  evidence marked of {len(questions)}  words marked in a passage")
    for share in SHARES:
        answer.BESIDE = share
        found, lengths = 0, []
        for q in questions:
            shown = library.ask(q["question"], previous=q.get("previous")).passages
            quotes = [_words(c.text[c.quote[0] - c.start : c.quote[1] - c.start]) for c in shown]
            evidence = [_words(a["evidence"]) for a in q["answers"]]
            found += any(_shared(words, other) >= 0.6 for words in quotes for other in evidence)
            lengths += [len(words) for words in quotes]
        print(f"{share:>5}  {found:>15}  {statistics.mean(lengths):>30.0f}")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _shared(a: list[str], b: list[str]) -> float:
    return len({*a} & {*b}) / max(1, min(len({*a}), len({*b})))


if __name__ == "__main__":
    main()
