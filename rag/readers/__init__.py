"""Files and folders -> Articles. One module for each format, all of one shape: `read(path, names)` yields Articles,
`names` being the catalogue of outlets.

What cannot be read does not stop the rest: a reader yields a `Skipped` in its place, with the reason.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..article import Article
from ..errors import InputError
from ..outlets import Catalogue, catalogue
from . import jsonl, markdown, page_dump
from .skipped import Skipped

Reader = Callable[[Path, Catalogue], Iterator[Article | Skipped]]
READERS: dict[str, Reader] = {
    ".jsonl": jsonl.read,
    ".jsonl.gz": jsonl.read,
    ".md": markdown.read,
    ".txt": page_dump.read,
}


def read_articles(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Article]:
    """The articles that files and folders hold, in the order of `paths`; nothing is indexed.

    Folders are walked by name; hidden files and README files in them are passed over. What cannot be read is left
    out with a warning. Raises InputError for a path that does not exist.
    """
    for item in read(paths):
        if isinstance(item, Skipped):
            warnings.warn(str(item), stacklevel=2)
        else:
            yield item


def read(paths: Iterable[str | os.PathLike[str]], names: Catalogue | None = None) -> Iterator[Article | Skipped]:
    """As `read_articles`, with a `Skipped` in the place of each file or record that cannot be read."""
    names = names or catalogue()
    for file in files(paths):
        reader = next((READERS[e] for e in sorted(READERS, key=len)[::-1] if file.name.lower().endswith(e)), None)
        if reader is None:
            yield Skipped(str(file), f"no reader for this kind of file (there are {', '.join(READERS)})")
            continue
        found = False
        try:
            for item in reader(file, names):
                found = True
                yield item
        except (InputError, OSError) as error:
            yield Skipped(str(file), str(error))
        else:
            if not found:
                yield Skipped(str(file), "no article found in it")


def files(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The files that `paths` name, folders walked. Raises InputError for a path that does not exist."""
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders[:] = sorted(f for f in folders if not f.startswith("."))
                found += [
                    Path(folder, n) for n in sorted(names) if not n.startswith(".") and Path(n).stem.lower() != "readme"
                ]
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"{path}: no such file or folder")
    return found
