"""Files read within bounds: nothing of an input is held in memory beyond MOST_BYTES at a time.

Every reader opens its input through this module, so that a line, a page or an archive's member of any size costs a
reason, not the machine.
"""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from ..errors import InputError

MOST_BYTES = 32 * 2**20  # of one page, line or record; the largest article of 12,000 real ones has 0.2 MB
_PIECE = 2**16
_GZIP = b"\x1f\x8b"


def too_large(size: int | None = None) -> str:
    """The reason given for what is larger than MOST_BYTES."""
    found = f"{size / 2**20:,.0f} MB" if size else "it"
    return f"too large: {found}, at most {MOST_BYTES // 2**20} MB can be read as one article; split it"


def whole(path: Path) -> bytes:
    """All of a file. Raises InputError where it is empty or larger than MOST_BYTES."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise InputError(too_large(path.stat().st_size))
    if not data.strip():
        raise InputError("the file is empty")
    return data


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where it begins as gzip does, whatever its name says.

    Raises InputError where an archive is damaged or breaks off; what was read before that stays read.
    """
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            yield cast(IO[bytes], file)
    except EOFError as error:
        raise InputError("the archive breaks off; what stands before the break was read") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"the archive is damaged or no gzip ({error}); what stands before the damage was read"
        ) from error


def lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """(number from 1, line) of each line; None in the place of a line longer than MOST_BYTES, which is passed over."""
    number = 0
    while line := file.readline(MOST_BYTES + 1):
        number += 1
        if len(line) <= MOST_BYTES:
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(_PIECE)
        yield number, None
