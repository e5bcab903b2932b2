"""Measure how well saved web pages are read: title, date, publisher, and the text compared with trafilatura's default.

    .venv/bin/python benchmarks/html_pages.py FOLDER [--misses]

FOLDER holds the pages and a `labels.json`: {"page.html": {"title": ..., "date": "2014-09-05", "publisher": ...,
"text": ...}}. A missing field is not scored; title, date and publisher may be lists of accepted values, and a date of
null means that the page states none. {"article": false} is a page that must be refused.

Titles and publishers are compared by letters and digits alone. A publisher is looked up in the catalogue first, and is
correct if it is the outlet or the host. The text is scored by F1 over words (over characters in scripts without spaces
between words), trafilatura's by the same measure in the same run.
"""

import argparse
import json
import statistics
from collections import Counter
from pathlib import Path

import regex
import trafilatura

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.provenance.outlet import key
from rag.readers import html

FIELDS = ("article", "title", "date", "publisher")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--misses", action="store_true", help="show each miss")
    options = parser.parse_args()
    labels = json.loads((options.folder / "labels.json").read_text("utf-8"))
    correct: dict[str, list[bool]] = {field: [] for field in FIELDS}
    ours, theirs = [], []
    for name, label in labels.items():
        path = options.folder / name
        try:
            (found,) = html.read(path, load_catalogue())
        except InputError as error:
            found, reason = None, str(error)
        else:
            reason = f"read as {found.title!r}"
        correct["article"].append((found is not None) == label.get("article", True))
        if options.misses and not correct["article"][-1]:
            print(f"{name}: {reason}")
        for field in FIELDS[1:]:
            if field in label:
                shown = _shown(found, field)
                correct[field].append(any(s in _accepted(label[field], field) for s in shown))
                if options.misses and not correct[field][-1]:
                    print(f"{name}: {field} is {shown}, not {label[field]!r}")
        if label.get("text"):
            default = trafilatura.extract(path.read_bytes()) or ""
            ours.append(_f1(found.text if found else "", label["text"]))
            theirs.append(_f1(default, label["text"]))
            if options.misses and abs(ours[-1] - theirs[-1]) > 0.005:
                print(f"{name}: text {ours[-1]:.3f}, trafilatura {theirs[-1]:.3f}")
    for field in FIELDS:
        if correct[field]:
            print(
                f"{field:<10}{sum(correct[field]):>4} of {len(correct[field]):<4} {statistics.mean(correct[field]):.3f}"
            )
    if ours:
        print(f"text F1   {statistics.mean(ours):.4f} over {len(ours)}, trafilatura {statistics.mean(theirs):.4f}")


def _shown(found: Article | None, field: str) -> list[str | None]:
    if found is None:
        return ["refused"]
    if field == "title":
        return [key(found.title or "")]
    if field == "date":
        return [found.date.isoformat() if found.date else None]
    return [key(name) for name in (found.outlet, found.host) if name]


def _accepted(label: object, field: str) -> list[object]:
    values = label if isinstance(label, list) else [label]
    if field == "date":
        return values
    named = [key(load_catalogue().resolve(v) or v) for v in values] if field == "publisher" else []
    return [*map(key, values), *named]


def _f1(found: str, expected: str) -> float:
    one, other = _words(found), _words(expected)
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _words(text: str) -> Counter[str]:
    return Counter(regex.findall(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Myanmar}]|\w+", text.casefold()))


if __name__ == "__main__":
    main()
