"""How often a bar lets a question through: your labelled questions against ones that no news corpus answers.

    .venv/bin/python benchmarks/bar.py --index INDEX --questions QUESTIONS.jsonl

Each line of QUESTIONS has `question`, `kind` (one beginning with "unanswerable" has no answer in the index) and perhaps
`previous`. The questions off any topic stand in `offtopic.txt`. Prints, for each bar, the share of answerable questions
answered and the share of the others that would be answered wrongly.
"""

from pathlib import Path

from labelled import options

import rag


def main() -> None:
    given = options(__doc__, "index")
    library = rag.open(given.index)

    def best(question: str, previous: str | None = None) -> float:
        return library.search(f"{previous} {question}" if previous else question, k=1)[0].score

    scores: dict[str, list[float]] = {"answerable": [], "near": [], "off topic": []}
    for q in given.questions:
        kind = (
            "answerable" if not q["kind"].startswith("unanswerable") else "off topic" if "off" in q["kind"] else "near"
        )
        scores[kind].append(best(q["question"], q.get("previous")))
    off = Path(__file__).with_name("offtopic.txt").read_text().splitlines()
    scores["off topic"] += [best(question) for question in off]
    print("  bar  " + "  ".join(f"{name} ({len(found)})" for name, found in scores.items()))
    for bar in (0.25, 0.28, 0.31, 0.34, 0.375, 0.40, 0.45, 0.50):
        shares = (f"{sum(s >= bar for s in found) / len(found):>{len(name) + 4}.0%}" for name, found in scores.items())
        print(f"{bar:.3f}  " + "  ".join(shares))


if __name__ == "__main__":
    main()
