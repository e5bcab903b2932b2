"""JSON Lines -> Articles: one object a line, `text` required (see `record`)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from ..article import Article
from ..errors import InputError
from .record import article
from .skipped import Skipped


def read(path: Path) -> Iterator[Article | Skipped]:
    """The articles of one .jsonl or .jsonl.gz file, UTF-8. A line that holds none is yielded as Skipped.

    Raises InputError where an archive breaks off; what stands before that has been yielded by then.
    """
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        number = 0
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _article(line, number, path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"the archive breaks off after line {number} ({error})") from error


def _article(line: bytes, number: int, path: Path) -> Article | Skipped:
    try:
        fields = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        if not isinstance(fields, dict):
            raise InputError(f"a {type(fields).__name__}, not an object")
        return article(fields, fields.get("text"), str(path))
    except json.JSONDecodeError as error:
        reason = f"not JSON ({error.msg})"
    except UnicodeDecodeError as error:
        reason = f"not UTF-8 ({error.reason})"
    except RecursionError:
        reason = "JSON nested too deeply"
    except InputError as error:
        reason = str(error)
    return Skipped(str(path), reason, number)
