"""Files and folders -> Articles. One module for each format, all of one shape: `read(path, names)` yields Articles,
`names` being the catalogue of outlets.

What cannot be read does not stop the rest: a reader yields a `Skipped` in its place, with the reason.
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue, load_catalogue

from .skipped import Skipped

Input = Path | str  # a file or folder, or the address of a page or file
Reader = Callable[[Path, Catalogue], Iterator[Article | Skipped]]

# The module of each format, imported when a file of it is read: all together take a second.
READERS = {
    ".txt": "text",
    ".text": "plain",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".mhtml": "mhtml",
    ".mht": "mhtml",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json_file",
    ".csv": "table",
    ".csv.gz": "table",
    ".tsv": "table",
    ".tsv.gz": "table",
    ".md": "markdown",
    ".pdf": "pdf",
    ".rss": "feed",
    ".atom": "feed",
    ".xml": "feed",
    ".warc": "warc",
    ".warc.gz": "warc",
}
_ENDINGS = sorted(READERS, key=len)[::-1]
REASON_CHARS = 500  # of a reason, which may name what stands in a file
# Bytes of a file's name that are no UTF-8, ends of lines, and what moves a terminal's cursor or turns the direction.
_UNPRINTABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]")


def read_articles(paths: Iterable[str | os.PathLike[str]], fetch: bool = False) -> Iterator[Article]:
    """The articles that files and folders hold, in the order of `paths`; nothing is indexed.

    Folders are walked by name; hidden files and README files in them are passed over. With `fetch`, http(s) addresses
    among the paths are fetched. What cannot be read is left out with a warning. Raises InputError for a path that does
    not exist.
    """
    for item in read(present(paths, fetch), load_catalogue()):
        if isinstance(item, Skipped):
            warnings.warn(str(item), stacklevel=2)
        else:
            yield item


def present(paths: Iterable[str | os.PathLike[str]], fetch: bool = False) -> list[Input]:
    """The paths as inputs to `read`; of addresses that fsspec knows (see `elsewhere`), the files there.

    Raises InputError for one that does not exist, or an address of the web without `fetch`.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    found: list[Input] = []
    for given in paths:
        path = os.fspath(given)
        if is_of_the_web(path):
            if not fetch:
                bare = _module("fetch").bare(path)
                raise InputError(f"{bare}: addresses are not fetched from here; save the page and give the file")
            found.append(path)
        elif os.path.lexists(path):
            found.append(Path(path))
        elif is_elsewhere(path):
            found += _module("elsewhere").files(path)
        else:
            raise InputError(f"{path}: no such file or folder")
    return found


def is_of_the_web(path: str) -> bool:
    """Whether a path is the address of a page or feed."""
    return path.lower().startswith(("http://", "https://"))


def is_elsewhere(path: str) -> bool:
    """Whether a path is an address such as s3://bucket/folder."""
    return "://" in path and not is_of_the_web(path)


def read(inputs: Sequence[Input], names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of inputs as `present` gives them, with a `Skipped` in the place of what cannot be read."""
    for source in sources(inputs):
        if isinstance(source, Skipped):
            yield source
        else:
            yield from read_source(source, names)


def sources(inputs: Sequence[Input]) -> Iterator[Input | Skipped]:
    """The files and addresses of inputs, with a `Skipped` in the place of a folder that cannot be walked."""
    for given in inputs:
        yield from [given] if isinstance(given, str) else _walk(given)


def read_source(source: Input, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of one file or address, with a `Skipped` in the place of what cannot be read."""
    if isinstance(source, Path):
        name = str(source)
    else:
        name = _module("elsewhere").shown(source) if is_elsewhere(source) else _module("fetch").bare(source)
    shown = printable(name)
    found = False
    try:
        for item in _items(source, name, names):
            found = True
            if isinstance(item, Skipped):
                yield Skipped(shown, _why(item.reason), item.place)
            else:
                yield item if shown == name else replace(item, source=shown)
    except (InputError, OSError) as error:
        yield Skipped(shown, _why(_told(error)))
    else:
        if not found:
            yield Skipped(shown, "no article found in it")


def _items(source: Input, name: str, names: Catalogue) -> Iterator[Article | Skipped]:
    if isinstance(source, Path):
        yield from _reader(source)(source, names)
    elif is_of_the_web(source):
        yield from _module("fetch").page(source, names)
    else:
        with _module("elsewhere").fetched(source) as file:
            yield from (replace(item, source=name) for item in _reader(file)(file, names))


def printable(text: str) -> str:
    """A file's name, or what is told of a file, with escapes (\\n, \\xff) for what cannot be printed or stored."""
    return _UNPRINTABLE.sub(_escape, text)


def _escape(match: regex.Match[str]) -> str:
    byte = ord(match.group()) - 0xDC00  # so Python spells a byte that is no UTF-8
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else repr(match.group())[1:-1]


def _told(error: InputError | OSError) -> str:
    return str(error) if isinstance(error, InputError) else error.strerror or str(error)


def _why(reason: str) -> str:
    """A reason fit to be stored and printed, however much of a file it names."""
    told = printable(reason[:REASON_CHARS])
    return told if len(reason) <= REASON_CHARS else f"{told} ..."


def _reader(file: Path) -> Reader:
    name = file.name.lower()
    if not stat.S_ISREG(file.stat().st_mode):  # a pipe would never end
        raise InputError("neither a file nor a folder")
    for ending in _ENDINGS:
        if name.endswith(ending):
            reader: Reader = _module(READERS[ending]).read
            return reader
    raise InputError(f"no reader for this kind of file (there are {', '.join(READERS)})")


def _module(name: str) -> Any:
    return import_module(f".{name}", __name__)


def _walk(path: Path, above: tuple[tuple[int, int], ...] = ()) -> Iterator[Path | Skipped]:
    """The files under a path, folders by name, links followed; one that leads back to a folder above it is skipped."""
    if not path.is_dir():
        yield path
        return
    try:
        status = path.stat()
        here = status.st_dev, status.st_ino
        if here in above:
            raise InputError("a link that leads back to a folder above it")
        names = sorted(os.listdir(path))
    except (InputError, OSError) as error:
        yield Skipped(printable(str(path)), _told(error))
        return
    files = [n for n in names if not n.startswith(".") and not (path / n).is_dir()]
    yield from (path / n for n in files if Path(n).stem.lower() != "readme")
    for name in names:
        if not name.startswith(".") and (path / name).is_dir():
            yield from _walk(path / name, (*above, here))
