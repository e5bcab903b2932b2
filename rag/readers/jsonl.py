"""Read JSON Lines: one record per line (see `record`)."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import decoding, limits, record
from .columns import Columns
from .record import type_name
from .skipped import Skipped


def read(path: Path, catalogue: Catalogue, columns: Columns = record.DEFAULT) -> Iterator[Article | Skipped]:
    """Yield the articles of a .jsonl, .ndjson or .jsonl.gz file, and a Skipped for each line that holds none.

    Raises:
        InputError: if the file is UTF-16, or a truncated gzip file. The lines before the cut have been yielded by then.
    """
    with limits.open_unpacked(path) as file:
        for number, line in limits.iter_lines(file):
            if number == 1 and line and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise InputError("its encoding is UTF-16, and JSON Lines must be UTF-8; save it as UTF-8")
            if line is None:
                yield Skipped(str(path), limits.too_large(), f"line {number}")
            elif line.strip():
                yield _parse(line, number, path, catalogue, columns)


def _parse(line: bytes, number: int, path: Path, catalogue: Catalogue, columns: Columns) -> Article | Skipped:
    try:
        fields = json.loads(decoding.decode(line))
        if not isinstance(fields, dict):
            raise InputError(f"it is {type_name(fields)}, not an object")
        return record.parse(fields, catalogue, str(path), columns=columns)
    except json.JSONDecodeError as error:
        reason = f"not JSON ({error.msg})"
    except RecursionError:
        reason = "its JSON is nested too deeply"
    except ValueError:
        reason = "not JSON (a number has too many digits)"
    except InputError as error:
        reason = str(error)
    return Skipped(str(path), reason, f"line {number}")
