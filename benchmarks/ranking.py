"""How passage length and the share of the best sentence change what is found.

    .venv/bin/python benchmarks/ranking.py --pages PAGES --questions QUESTIONS.jsonl

Each line of QUESTIONS has `question`, perhaps `previous`, and `answers`, a list of objects whose `evidence` is a
sentence that stands in PAGES; lines without answers are passed over. Prints, for each setting, how many questions have
evidence among the first five passages, and in the first. Builds an index for each length, in a temporary folder.
"""

import re
import tempfile

from labelled import options

import rag
from rag import passage
from rag.models.encoder import SentenceEncoder
from rag.retrieval import search

LENGTHS = (100, 130, 160, 200)
SHARES = (0.0, 0.5, 0.7, 0.85, 1.0)


def main() -> None:
    given = options(__doc__, "pages", nargs="+")
    questions = [q for q in given.questions if q.get("answers")]
    encoder = SentenceEncoder()
    search.WORDS = search.ARTICLE = 0.0
    print(f"tokens  passages  {'  '.join(f'{share:>9}' for share in SHARES)}   (share of the best sentence)")
    for length in LENGTHS:
        passage.PASSAGE_TOKENS = length
        with tempfile.TemporaryDirectory() as folder:
            library = rag.build(given.pages, index=folder, encoder=encoder)
            cells = []
            for share in SHARES:
                search.OWN, search.SENTENCE = 1 - share, share
                found = [_rank(library, q) for q in questions]
                cells.append(f"{sum(r < 5 for r in found):>4} /{sum(r == 0 for r in found):>3}")
            print(f"{length:>6}  {library.report.passages:>8}  {'  '.join(cells)}   of {len(questions)}")
            library.close()


def _rank(library: rag.Library, question: dict) -> int:
    """The place of the first passage that holds evidence, from 0; 5 where none of the first five does."""
    asked = " ".join(filter(None, [question.get("previous"), question["question"]]))
    texts = [_flat(hit.text) for hit in library.search(asked, k=5)]
    evidence = [_flat(answer["evidence"]) for answer in question["answers"]]
    return next((i for i, text in enumerate(texts) if any(e in text for e in evidence)), 5)


def _flat(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


if __name__ == "__main__":
    main()
