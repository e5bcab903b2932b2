"""How well saved web pages are read: title, date and publisher, and the text beside trafilatura's own default.

    .venv/bin/python benchmarks/html_pages.py FOLDER [--misses]

FOLDER holds the pages and a `labels.json`: {"page.html": {"title": ..., "date": "2014-09-05", "publisher": ...,
"text": ...}}. A field that is left out is not scored; title, date and publisher may be lists of what is right, and a
date of null says that the page states none. {"article": false} is a page that must be refused.

Title and publisher count by their letters and digits alone, the publisher after the catalogue has named it, and as
right where it is the outlet or the host. The text is scored by F1 over words (over letters where words are not set
apart), trafilatura's by the same measure in the same run.
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
    given = parser.parse_args()
    labels = json.loads((given.folder / "labels.json").read_text("utf-8"))
    right: dict[str, list[bool]] = {field: [] for field in FIELDS}
    ours, theirs = [], []
    for name, label in labels.items():
        path = given.folder / name
        try:
            (found,) = html.read(path, load_catalogue())
        except InputError as error:
            found, reason = None, str(error)
        else:
            reason = f"read as {found.title!r}"
        right["article"].append((found is not None) == label.get("article", True))
        if given.misses and not right["article"][-1]:
            print(f"{name}: {reason}")
        for field in FIELDS[1:]:
            if field in label:
                shown = _shown(found, field)
                right[field].append(any(s in _accepted(label[field], field) for s in shown))
                if given.misses and not right[field][-1]:
                    print(f"{name}: {field} is {shown}, not {label[field]!r}")
        if label.get("text"):
            default = trafilatura.extract(path.read_bytes()) or ""
            ours.append(_f1(found.text if found else "", label["text"]))
            theirs.append(_f1(default, label["text"]))
            if given.misses and abs(ours[-1] - theirs[-1]) > 0.005:
                print(f"{name}: text {ours[-1]:.3f}, trafilatura {theirs[-1]:.3f}")
    for field in FIELDS:
        if right[field]:
            print(f"{field:<10}{sum(right[field]):>4} of {len(right[field]):<4} {statistics.mean(right[field]):.3f}")
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
