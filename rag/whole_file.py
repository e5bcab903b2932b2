"""Write a file whole or not at all: who reads it meanwhile has the one before."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give an empty file next to the one whose place it takes at the end; after an error it is removed.

    Args:
        path: the file that is made, or replaced.

    Raises:
        OSError: if there can be no such file.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    part.touch(exist_ok=False)  # who may read it is as for any file that the user makes
    try:
        yield part
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
