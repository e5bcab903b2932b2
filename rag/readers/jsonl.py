"""JSON Lines -> Articles: one object a line, `text` required (see `record`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ..article import Article
from ..errors import InputError
from ..outlets import Catalogue
from . import bounded, decode
from .record import article
from .skipped import Skipped


def read(path: Path, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of one .jsonl or .jsonl.gz file. A line that holds none is yielded as Skipped.

    Raises InputError where an archive breaks off; what stands before that has been yielded by then.
    """
    with bounded.unpacked(path) as file:
        for number, line in bounded.lines(file):
            if line is None:
                yield Skipped(str(path), bounded.too_large(), f"line {number}")
            elif line.strip():
                yield _article(line, number, path, names)


def _article(line: bytes, number: int, path: Path, names: Catalogue) -> Article | Skipped:
    try:
        fields = json.loads(decode.text(line))
        if not isinstance(fields, dict):
            raise InputError(f"a {type(fields).__name__}, not an object")
        return article(fields, fields.get("text"), str(path), names)
    except json.JSONDecodeError as error:
        reason = f"not JSON ({error.msg})"
    except RecursionError:
        reason = "JSON nested too deeply"
    except InputError as error:
        reason = str(error)
    return Skipped(str(path), reason, f"line {number}")
