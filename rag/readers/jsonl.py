"""Read JSON Lines: one record per line (see `record`)."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import decoding, limits, record, records
from .columns import Columns
from .record import type_name
from .skipped import Skipped


def read(path: Path, catalogue: Catalogue, columns: Columns = record.DEFAULT) -> Iterator[Article | Skipped]:
    """Yield the articles of a .jsonl, .ndjson or .jsonl.gz file, and a Skipped for each line that holds none.

    Raises:
        InputError: if the file is UTF-16, or a truncated gzip file. The lines before the cut have been yielded by then.
    """
    with limits.open_unpacked(path) as file:
        yield from records.articles(_records(file), catalogue, str(path), columns)


def _records(file: IO[bytes]) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Yield (place, record) of each line, or the reason why it holds none."""
    for number, line in limits.iter_lines(file):
        if number == 1 and line and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise InputError("its encoding is UTF-16, and JSON Lines must be UTF-8; save it as UTF-8")
        if line is None:
            yield f"line {number}", limits.too_large()
        elif line.strip():
            yield f"line {number}", _fields(line)


def _fields(line: bytes) -> dict[str, Any] | str:
    """Return the record of a line, or the reason why it holds none."""
    try:
        fields = json.loads(decoding.decode(line))
    except json.JSONDecodeError as error:
        return f"not JSON ({error.msg})"
    except RecursionError:
        return "its JSON is nested too deeply"
    except ValueError:
        return "not JSON (a number has too many digits)"
    except InputError as error:
        return str(error)
    return fields if isinstance(fields, dict) else f"it is {type_name(fields)}, not an object"
