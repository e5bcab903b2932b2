"""Look at saved pages without labels: which name another outlet than the site, and what text dumps of them keep.

    .venv/bin/python benchmarks/pages_unseen.py FOLDER... [--dumps]

The pages that name another outlet are printed with the evidence, to be judged by hand. With `--dumps` each page is laid
out as text by resiliparse (which the project does not install), and the words and dates that are read from that are
compared with those read from the HTML. A date that the page does not print cannot be found in its dump.

Packages' source distributions are one source of pages:
`pip download --no-binary :all: --no-deps trafilatura==0.9.3 htmldate==1.0.0` (tests/cache in both).
"""

import argparse
from collections import Counter
from pathlib import Path

import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.provenance.outlet import key
from rag.readers import html, page_dump, plain_text

MIN_CHARS = 400  # of a text that is compared with its dump


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--dumps", action="store_true", help="compare with text dumps")
    options = parser.parse_args()
    read: dict[str, tuple[Path, Article]] = {}
    refused = 0
    for path in (path for folder in options.folders for path in sorted(folder.glob("*.html"))):
        try:
            (article,) = html.read(path, load_catalogue())
        except InputError:
            refused += 1
        else:
            read.setdefault(article.text, (path, article))
    others = [(p, a) for p, a in read.values() if a.outlet and a.host and key(a.outlet) != key(a.host)]
    for path, article in others:
        print(f"{path.name}: {article.outlet}, not {article.host}  [{article.outlet_basis}]")
    print(f"{len(read)} pages, {refused} refused, {len(others)} with another outlet than the site")
    if options.dumps:
        compare([item for item in read.values() if len(item[1].text) >= MIN_CHARS])


def compare(pages: list[tuple[Path, Article]]) -> None:
    """Print how many words and dates of pages are read from their text dumps."""
    words = kept = dated = found = wrong = 0
    for path, article in pages:
        dump = layout(path.read_bytes())
        plain = plain_text.is_plain(dump)
        articles = (
            [plain_text.parse(dump, load_catalogue(), "")] if plain else [*page_dump.parse(dump, load_catalogue(), "")]
        )
        wanted = Counter(regex.findall(r"\w+", article.text))
        got = Counter(word for other in articles for word in regex.findall(r"\w+", other.text))
        words, kept = words + wanted.total(), kept + (wanted & got).total()
        if article.date:
            days = {other.date for other in articles} - {None}
            dated, found, wrong = dated + 1, found + (article.date in days), wrong + bool(days - {article.date})
    print(f"{len(pages)} dumps: {kept / words:.3f} of the words; {found} of {dated} dates, {wrong} others")


def layout(page: bytes) -> str:
    """Return the text of a page as resiliparse lays it out."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse_from_bytes(page, detect_encoding(page))
    return str(extract_plain_text(tree, preserve_formatting=True, list_bullets=True, alt_texts=False, links=False))


if __name__ == "__main__":
    main()
