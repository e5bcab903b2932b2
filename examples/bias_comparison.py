"""Who says what: one question to outlets of several kinds, side by side, and what a reader has to weigh.

    python examples/bias_comparison.py

The outlets and articles are invented; so is what the catalogue states of them.
"""

import tempfile
from pathlib import Path

import rag

DATA = Path(__file__).parent / "data"
QUESTION = "Why did the dock workers strike?"
SIDES = {"government": ["Channel Valsera"], "union": ["The Tide"], "importers": ["Importers' Bulletin"]}


def main(index, encoder=None):
    """Build the index, and print the best sentence of each kind of outlet, of each side, and how each reported."""
    news, catalogue = DATA / "strike.jsonl", DATA / "outlets.toml"
    with rag.build([news], index=index, encoder=encoder, catalogue=catalogue) as library:
        for title, found in [
            ("By kind of outlet", library.compare(QUESTION, by="kind")),
            ("By side", library.compare(QUESTION, sides=SIDES)),
        ]:
            print(f"{title} [{found.grade}]")
            for row in found.rows:
                print(f"  {row.group} ({row.citation.outlet}, {row.citation.date}): {row.citation.quotation}")
            for silent in found.silent:
                print(f"  {silent.group}: nothing near enough in {silent.articles} articles")
        print("How many there are of each")
        for outlet, counts in library.counts_by_outlet().items():
            state = ", ".join(counts.states)
            print(f"  {outlet}: {counts.articles}{f', owned or funded by {state}' if state else ''}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder) / "index")
