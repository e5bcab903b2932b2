"""Measure whether those that print a quotation are named, and nobody else, among copies changed as republishers do.

    .venv/bin/python benchmarks/copies.py --pages NEWS.jsonl.gz [--sample 100] [--model]

Takes a sample of the articles, adds altered copies of each under other outlets, builds an index of them, and asks for
sentences of the originals that some copy has changed. Prints, over all citations:

  credited  of the articles named in `citation.copies`, how many print the quoted sentences word for word
  named     of the articles that print them, how many are named
  visible   of the copies with a falsified word in a passage shown of an original, how many a reader sees as variants
  kinds     of these variants, how many have the right `difference`

Without --model an encoder that hashes words is used, as no figure depends on meaning.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from alterations import falsified, republished
from hashing_encoder import HashingEncoder

import rag
from rag.provenance.differences import words
from rag.sentence_splitter import sentence_spans

COPIES = 6  # of each article


def measure(pages: list[str], sample: int, encoder: object | None, seed: int = 1) -> dict[str, tuple[int, int]]:
    """Return each figure as (right, all).

    Args:
        pages: files of articles.
        sample: how many of them to copy.
        encoder: what encodes them; None for the default one.
        seed: of the choices made at random.
    """
    rng = random.Random(seed)
    texts = [a.text for a in rag.read_articles(pages) if 150 < len(a.text.split()) < 1500]
    originals = rng.sample(texts, sample)
    records, kinds = [], {}
    for number, text in enumerate(originals):
        changes = rng.sample([*republished(texts, rng).items(), *falsified(rng).items()], COPIES)
        versions = [("original", text), *((name, change(text)) for name, change in changes)]
        for copy, (name, version) in enumerate(versions):
            records.append({"id": f"{number}-{copy}", "outlet": f"Outlet {copy}", "text": version})
            kinds[f"{number}-{copy}"] = name
    with tempfile.TemporaryDirectory() as folder:
        (file := Path(folder) / "copies.jsonl").write_text("\n".join(map(json.dumps, records)))
        with rag.build([file], index=Path(folder) / "index", encoder=encoder) as library:
            return _figures(library, {r["id"]: r["text"] for r in records}, kinds, originals)


def _figures(
    library: rag.Library, texts: dict[str, str], kinds: dict[str, str], originals: list[str]
) -> dict[str, tuple[int, int]]:
    flat = {i: _flat(text) for i, text in texts.items()}
    false = {i: kind for i, kind in kinds.items() if kind in falsified(random)}
    credited, named, visible, right = [], [], [], []
    for number, text in enumerate(originals):
        own = [i for i in texts if i.startswith(f"{number}-")]
        asked = [s for s in _sentences(text) if 8 <= len(words(s)) <= 60 and any(_flat(s) not in flat[i] for i in own)]
        for sentence in asked[:3]:
            for c in library.ask(sentence[:500], k=5, min_confidence=0).passages:
                printing = {i for i, other in flat.items() if _flat(c.quotation) in other} - {c.article_id}
                credited += [i in printing for i in c.copies]
                named += [i in c.copies for i in printing]
                if kinds[c.article_id] != "original":
                    continue
                for i in false:
                    if i.split("-")[0] == c.article_id.split("-")[0] and _flat(c.text) not in flat[i]:
                        visible.append(any(v.article_id == i for v in c.variants))
                right += [v.difference == false[v.article_id] for v in c.variants if v.article_id in false]
    figures = {"credited": credited, "named": named, "visible": visible, "kinds": right}
    return {name: (sum(found), len(found)) for name, found in figures.items()}


def _flat(text: str) -> str:
    return f" {' '.join(words(text))} "


def _sentences(text: str) -> list[str]:
    return [text[a:b] for a, b in sentence_spans(text)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="+", required=True)
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", action="store_true")
    options = parser.parse_args()
    encoder = None if options.model else HashingEncoder()
    for name, (right, total) in measure(options.pages, options.sample, encoder, options.seed).items():
        print(f"{name:10}{right} of {total}")


if __name__ == "__main__":
    main()
