"""Ask questions in eight languages: which get the right article, and which about other things are refused.

    python benchmarks/languages.py --index folder [--questions languages.jsonl] [--show]

The index holds the articles that the questions name: three short ones in each of Russian, Persian, Chinese, Korean,
Greek, Thai, Hindi and German (not part of the project). Over any other index the questions are all about other things,
as `--off-topic` says. The words of questions in `function_words.toml` and the shares in `rag/retrieval/by_words.py`
were chosen by one part of the questions; the other part was written afterwards.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import rag

QUESTIONS = Path(__file__).parent / "questions" / "languages.jsonl"


def main() -> None:
    """Print a table for each part of the questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", required=True, help="an index of the articles that the questions name")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--off-topic", action="store_true", help="the index holds none of these articles")
    parser.add_argument("--show", action="store_true", help="print the questions that are answered wrongly")
    options = parser.parse_args()
    counts: Counter[tuple[str, str, str]] = Counter()
    with rag.open(options.index) as library:
        for line in options.questions.read_text("utf-8").splitlines():
            question = json.loads(line)
            expected = [] if options.off_topic else question["articles"]
            answer = library.ask(question["question"])
            first = answer.passages[0].article_id if answer.passages else "nothing"
            right = first in expected if expected else not answer.found
            kind = "on" if expected else "off"
            for row in (question["language"], "all"):
                counts[question["part"], row, kind] += 1
                counts[question["part"], row, f"{kind} right"] += right
            if options.show and not right:
                print(f"{question['part']}: {question['question']} {kind} topic: {first}")
    for part in sorted({part for part, _, _ in counts}):
        print(f"{part}: language, on topic with the right article first, off topic refused")
        for row in sorted({row for own, row, _ in counts if own == part}, key=lambda row: (row == "all", row)):
            on, off = (f"{counts[part, row, f'{kind} right']} of {counts[part, row, kind]}" for kind in ("on", "off"))
            print(f"  {row:4} {on:>10} {off:>10}")


if __name__ == "__main__":
    main()
