"""JSON Lines -> Articles: one object a line (see `record`)."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import bounded, decode
from .record import article
from .skipped import Skipped


def read(path: Path, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of one .jsonl, .ndjson or .jsonl.gz file. A line that holds none is yielded as Skipped.

    Raises InputError for UTF-16, whose lines end otherwise, and where an archive breaks off; what stands before that
    has been yielded by then.
    """
    with bounded.unpacked(path) as file:
        for number, line in bounded.lines(file):
            if number == 1 and line and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise InputError("UTF-16, and lines of JSON are UTF-8; save it as UTF-8")
            if line is None:
                yield Skipped(str(path), bounded.too_large(), f"line {number}")
            elif line.strip():
                yield _article(line, number, path, names)


def _article(line: bytes, number: int, path: Path, names: Catalogue) -> Article | Skipped:
    try:
        fields = json.loads(decode.characters(line))
        if not isinstance(fields, dict):
            raise InputError(f"a {type(fields).__name__}, not an object")
        return article(fields, str(path), names)
    except json.JSONDecodeError as error:
        reason = f"not JSON ({error.msg})"
    except RecursionError:
        reason = "JSON nested too deeply"
    except ValueError:
        reason = "not JSON (a number of more digits than can be read)"
    except InputError as error:
        reason = str(error)
    return Skipped(str(path), reason, f"line {number}")
