"""Count the questions "What does OUTLET say about TOPIC?" that are refused, though an article of the outlet treats it.

    .venv/bin/python benchmarks/outlet_topics.py [--misses] [FOLDER]

Every outlet of the demonstration corpus, or of FOLDER, is asked about each topic that one of its articles names,
and about topics that no article treats, which must be refused.
"""

import argparse
import re
import tempfile
from pathlib import Path

import rag

ROOT = Path(__file__).resolve().parent.parent
TOPICS = (
    "Camp Ashraf", "Camp Liberty", "Albania", "Maryam Rajavi", "Massoud Rajavi", "Bolton", "Giuliani", "terrorism",
    "sanctions", "nuclear", "women", "children", "executions", "Saddam Hussein", "the terrorist list", "missiles",
    "human rights", "torture", "Iraqi forces", "the bomb plot", "the prosecutor", "the relocation", "a cult",
    "Israel", "hunger strikes", "Slovenia", "cyber attacks", "lobbying", "Twitter", "the residents",
)  # fmt: skip
ELSEWHERE = (
    "bread baking", "the World Cup", "mortgage rates", "volcanoes", "knitting", "penguins", "jazz festivals",
    "electric cars", "tulips", "chess openings", "coral reefs", "roller skates",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default=ROOT / "seeds", help="articles (default: the demonstration)")
    parser.add_argument("--misses", action="store_true", help="print what came out wrong")
    parser.add_argument("--no-rerank", action="store_true", help="let no model read the passages")
    parser.add_argument("--index", help="an index of them that was made before")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not options.index:
            rag.build([options.folder], index=folder, aliases=ROOT / "docs/aliases.toml").close()
        with rag.open(options.index or folder, reranker=None if options.no_rerank else "auto") as library:
            texts: dict[str, list[str]] = {}
            for article in library.articles():
                texts.setdefault(article.outlet or "", []).append(f"{article.title} {article.text}")
            del texts[""]
            held = [(o, t) for o in texts for t in TOPICS if any(_names(text, t) for text in texts[o])]
            other = [(o, t) for o in texts for t in ELSEWHERE]
            for name, pairs, wrong in (("held", held, False), ("not held", other, True)):
                asked = [f"What does {outlet} say about {topic}?" for outlet, topic in pairs]
                answers = [library.ask(question) for question in asked]
                applied = [a for a in answers if any(c.applied and c.outlet for c in a.constraints)]
                misses = [a for a in applied if a.found == wrong]
                print(f"{name}: {len(applied)} questions, {len(misses)} {'answered' if wrong else 'refused'}")
                for answer in misses if options.misses else ():
                    print(f"  {answer.confidence:.3f} {answer.question} {answer.signals}")


def _names(text: str, topic: str) -> bool:
    """Whether a text names a topic."""
    return len(re.findall(rf"\b{re.escape(re.sub('^(?:the|a) ', '', topic))}\b", text, re.IGNORECASE)) > 0


if __name__ == "__main__":
    main()
