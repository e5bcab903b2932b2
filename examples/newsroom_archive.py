"""A newsroom's archive: a table with columns of its own becomes an index that answers with its own sentences.

    python examples/newsroom_archive.py [INDEX]

The table is invented. In yours, name the columns in FIELDS; what is called "title" or "date" is found by itself.
"""

import sys
import tempfile
from pathlib import Path

import rag

ARCHIVE = Path(__file__).parent / "data" / "archive.csv"
FIELDS = {"id": "Nr", "title": "Headline", "authors": "Byline", "date": "Printed", "url": "Link", "text": "Body"}
OUTLETS = '[[outlet]]\nname = "The Delta Herald"\nkind = "newspaper"\ndomains = ["delta-herald.example"]\n'
QUESTIONS = [
    "When was the hull of the Morning Star last inspected?",
    "How much did the council pay for a chartered ferry?",
    "Who won the football cup?",
]


def main(index, encoder=None):
    """Build the archive, ask it, and print who said what when."""
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Path(folder) / "outlets.toml"  # kept in the index
        catalogue.write_text(OUTLETS, "utf-8")  # the links are the outlet's own, so that articles are attributed to it
        library = rag.build([ARCHIVE], index=index, encoder=encoder, catalogue=catalogue, fields=FIELDS)
    with library:
        print(f"{library.report.new} articles, {', '.join(map(str, library.outlets()))}")
        for question in QUESTIONS:
            answer = library.ask(question, k=1)
            print(f"\n{question} [{answer.grade}]")
            for cited in answer.passages:
                print(f"  {cited.outlet}, {cited.date}, by {', '.join(cited.authors)}: {cited.quotation}")
                print(f"  {cited.quote_url}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(sys.argv[1] if sys.argv[1:] else Path(folder) / "index")
