"""Read files, folders and URLs, and turn them into Articles: the first step of the pipeline.

There is one module (or package) per format, each with a function `read(path, catalogue)` that yields Articles. A file
or record that cannot be read does not stop the rest: the reader yields a `Skipped` with the reason in its place.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.text import is_blank

from . import folders, left_out
from .columns import Columns, Fields
from .pasted import Pasted
from .skipped import Skipped

log = logging.getLogger("rag")


@dataclass(frozen=True)
class Fetched:
    """What was read of a URL beforehand (see `subscribed`), to be taken in as if it were read now.

    Attributes:
        name: the URL.
        items: the articles, and what could not be read.
    """

    name: str
    items: tuple[Article | Skipped, ...] = field(repr=False)


Source = Path | str | Fetched | Pasted  # a file, the URL of a page or file, what was read of one, or a text
Input = Source | folders.LinkedFolder  # the path of a folder is walked without following the links in it

# The module of each format, imported when the first such file is read: all of them together take a second.
READERS = {
    ".txt": "txt_file",
    ".text": "plain_text",
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
    ".docx": "docx",
    ".eml": "mail",
    ".mbox": "mail",
    ".epub": "epub",
    ".zip": "archive",
    ".tar": "archive",
    ".tar.gz": "archive",
    ".tgz": "archive",
    ".tar.bz2": "archive",
    ".tbz2": "archive",
    ".tar.xz": "archive",
    ".txz": "archive",
}
ENDINGS = sorted(READERS, key=len)[::-1]
WITH_COLUMNS = frozenset({"jsonl", "json_file", "table", "markdown", "archive", "mail"})  # whose `read` takes Columns
UNPACKED = frozenset({"archive", "epub", "docx"})  # which are compressed already, and are not read from a .gz file
ADVICE = {  # what to do with files that no reader is for
    ".doc": "save it as .docx",
    ".rtf": "save it as .docx or .text",
    ".odt": "save it as .docx",
    ".xls": "save it as .csv",
    ".xlsx": "save it as .csv",
    ".ods": "save it as .csv",
    ".mobi": "convert it to .epub",
    ".azw3": "convert it to .epub",
    ".msg": "save it as .eml",
    ".7z": "unpack it, or pack it as .zip",
    ".rar": "unpack it, or pack it as .zip",
    ".zst": "unpack it",
    ".parquet": "save it as .csv or .jsonl; `according add` takes what `according encode` wrote",
}
UNFORESEEN = "the reader failed on it"  # how the reason begins where a reader raised what it should not
MAX_REASON_CHARS = 500  # a reason may quote the file
# Bytes of a file name that are not UTF-8, line ends, and characters that move a terminal's cursor or change the text
# direction.
_UNPRINTABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]")


def read_articles(
    paths: Iterable[str | os.PathLike[str]],
    fetch: bool = False,
    follow_links: bool = False,
    fields: Fields | None = None,
) -> Iterator[Article]:
    """Yield the articles in files and folders, in the order of `paths`, without indexing them.

    Folders are walked in the order of names, without hidden files and README files. What cannot be read is left out
    with a warning.

    Args:
        paths: files, folders, and URLs that fsspec can open.
        fetch: whether `paths` may have http(s) URLs, which are then fetched.
        follow_links: whether links inside folders are followed.
        fields: columns of tables and records by the field that they are read as: {"outlet": "Paper"}.

    Yields:
        One Article per article.

    Raises:
        InputError: if a path or a field does not exist.
    """
    for item in read(resolve_inputs(paths, fetch, follow_links), load_catalogue(), Columns(fields)):
        if isinstance(item, Skipped):
            warnings.warn(str(item), stacklevel=2)
        else:
            yield item


def resolve_inputs(
    paths: Iterable[str | os.PathLike[str]], fetch: bool = False, follow_links: bool = False
) -> list[Input]:
    """Check that paths exist, and list the files at the URLs that fsspec opens (see `remote`).

    Args:
        paths: files, folders and URLs.
        fetch: whether http(s) URLs are allowed.
        follow_links: whether links inside folders are followed.

    Returns:
        The paths and URLs, in order, as inputs for `read`.

    Raises:
        InputError: if a path does not exist, or is an http(s) URL and `fetch` is False.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    found: list[Input] = []
    for given in paths:
        if isinstance(given, Pasted):
            found.append(given)
            continue
        path = os.fspath(given)
        if is_web_url(path):
            if not fetch:
                url = _module("fetch").normalize(path)
                raise InputError(f"{url}: URLs are not fetched here; save the page and give the file")
            found.append(path)
        elif os.path.lexists(path):
            found.append(folders.LinkedFolder(Path(path)) if follow_links else Path(path))
        elif is_remote_url(path):
            found += _module("remote").list_files(path)
        else:
            raise InputError(f"{path}: no such file or folder")
    return found


def is_web_url(path: str) -> bool:
    """Return whether a path is an http(s) URL."""
    return path.lower().startswith(("http://", "https://"))


def is_remote_url(path: str) -> bool:
    """Return whether a path is a URL for fsspec, such as s3://bucket/folder."""
    return "://" in path and not is_web_url(path)


def read(inputs: Sequence[Input], catalogue: Catalogue, columns: Columns | None = None) -> Iterator[Article | Skipped]:
    """Yield the articles of inputs, and a Skipped for each file or record that cannot be read.

    Args:
        inputs: as returned by `resolve_inputs`.
        catalogue: used to recognise outlets.
        columns: which columns of records the fields are read from; counts them.
    """
    for source in iter_sources(inputs):
        if isinstance(source, Skipped):
            yield source
        else:
            found = read_source(source, catalogue, columns)
            yield from (item for item in found if isinstance(item, Article) or not item.is_of_lines)


def iter_sources(inputs: Sequence[Input]) -> Iterator[Source | Skipped]:
    """Yield the files and URLs of inputs, and a Skipped for each folder or link that is not walked."""
    for given in inputs:
        if isinstance(given, str | Fetched | Pasted):
            yield given
            continue
        linked = isinstance(given, folders.LinkedFolder)
        for found in folders.walk(given.path if isinstance(given, folders.LinkedFolder) else given, linked):
            yield replace(found, source=escape_unprintable(found.source)) if isinstance(found, Skipped) else found


def read_source(source: Source, catalogue: Catalogue, columns: Columns | None = None) -> Iterator[Article | Skipped]:
    """Yield the articles of one file or URL, and a Skipped for each record that cannot be read.

    Last comes a Skipped for each reason for which lines were left out of pages (`Skipped.is_of_lines`).
    """
    name = _name(source)
    printable = escape_unprintable(name)
    found = False
    kept: left_out.Kept = {}
    try:
        items = _items(source, name, catalogue, columns or Columns())
        while (item := _next(items, kept)) is not None:
            found = True
            yield _with_printable(item, name, printable)
    except (InputError, OSError) as error:
        yield Skipped(printable, _clean_reason(_message(error)))
    except Exception as error:  # a flaw, here or in a library that parses: the other files are read all the same
        log.warning("%s: the reader failed", printable, exc_info=error)
        yield Skipped(printable, _clean_reason(f"{UNFORESEEN} ({type(error).__name__}); please report it"))
    else:
        if not found:
            yield Skipped(printable, "no article found in it")
            return
    yield from (_with_printable(item, name, printable) for item in left_out.records(kept))


def _next(items: Iterator[Article | Skipped], kept: left_out.Kept) -> Article | Skipped | None:
    """Return the next item, None after the last one; what the reader reports as left out is kept."""
    with left_out.keeping(kept):
        return next(items, None)


def _with_printable(item: Article | Skipped, name: str, printable: str) -> Article | Skipped:
    """Return what was read from a file with a source and a reason that can be printed."""
    # the members of an archive have its name at the beginning of theirs
    own = printable + item.source[len(name) :] if item.source.startswith(name) else printable
    if isinstance(item, Skipped):
        return Skipped(own, _clean_reason(item.reason), item.place)
    return replace(_seen(item), source=own)


def name_of(source: Source) -> str:
    """Return what `Article.source` calls a file or URL; members of an archive have it at the beginning of theirs."""
    return escape_unprintable(_name(source))


def _name(source: Source) -> str:
    if isinstance(source, Path | Pasted):
        return str(source)
    if isinstance(source, Fetched):
        return source.name
    return str(
        _module("remote").without_credentials(source) if is_remote_url(source) else _module("fetch").normalize(source)
    )


def _seen(article: Article) -> Article | Skipped:
    """Return an article without names that nobody can see: they would be shown as nothing, and be found by nobody."""
    if is_blank(article.text):
        return Skipped(article.source or "", "no text")
    people = tuple(name for name in article.authors if not is_blank(name))
    if len(people) == len(article.authors) and not any(
        field is not None and is_blank(field) for field in (article.title, article.outlet, article.host)
    ):
        return article
    title, outlet, host = (
        field if field and not is_blank(field) else None for field in (article.title, article.outlet, article.host)
    )
    basis = article.outlet_basis if outlet else "unknown"
    return replace(article, title=title, outlet=outlet, outlet_basis=basis, host=host, authors=people)


def _items(source: Source, name: str, catalogue: Catalogue, columns: Columns) -> Iterator[Article | Skipped]:
    if isinstance(source, Path):
        yield from read_file(source, catalogue, columns)
    elif isinstance(source, Fetched):
        yield from source.items
    elif isinstance(source, str) and is_web_url(source):
        yield from _module("fetch").read(source, catalogue)
    else:
        with source.as_file() if isinstance(source, Pasted) else _module("remote").download(source) as file:
            yield from (
                replace(item, source=name + item.source.removeprefix(str(file)))
                for item in read_file(file, catalogue, columns)
            )


def escape_unprintable(text: str) -> str:
    """Replace characters that cannot be printed or stored with escapes (\\n, \\xff), in a file name or a reason."""
    return _UNPRINTABLE.sub(_escape, text)


def _escape(match: regex.Match[str]) -> str:
    byte = ord(match.group()) - 0xDC00  # Python's surrogate escape of a byte that is not UTF-8
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else repr(match.group())[1:-1]


def _message(error: InputError | OSError) -> str:
    return str(error) if isinstance(error, InputError) else error.strerror or str(error)


def _clean_reason(reason: str) -> str:
    """Make a reason safe to store and print, however much of a file it quotes."""
    cleaned = escape_unprintable(reason[:MAX_REASON_CHARS])
    return cleaned if len(reason) <= MAX_REASON_CHARS else f"{cleaned} ..."


def read_file(file: Path, catalogue: Catalogue, columns: Columns) -> Iterator[Article | Skipped]:
    """Yield what the reader of a file yields, and raise what it raises.

    Raises:
        InputError: also if no reader is for such files.
    """
    if reason := folders.reason_against(file):
        raise InputError(reason)
    module = reader_of(file.name)
    if module in WITH_COLUMNS:
        yield from _module(module).read(file, catalogue, columns)
    else:
        yield from _module(module).read(file, catalogue)


def reader_of(name: str) -> str:
    """Return the module that reads files of a name.

    Raises:
        InputError: if there is none.
    """
    ending = ending_of(name)
    return READERS[ending] if ending in READERS else READERS[ending.removesuffix(".gz")]


def ending_of(name: str) -> str:
    """Return the ending of a file's name, one of READERS or one followed by ".gz".

    Raises:
        InputError: if no reader is for such files.
    """
    name = name.lower()
    for ending in ENDINGS:
        if name.endswith(ending):
            return ending
        if READERS[ending] not in UNPACKED and name.endswith(f"{ending}.gz"):
            return f"{ending}.gz"
    advice = next((advice for ending, advice in ADVICE.items() if name.endswith(ending)), "")
    raise InputError(f"files of this kind cannot be read{advice and '; '}{advice} (supported: {', '.join(READERS)})")


def _module(name: str) -> Any:
    return import_module(f".{name}", __name__)
