"""Write a file whole or not at all: who reads it meanwhile has the one before."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

MODE = 0o644  # another user may be to read it, such as a web server


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give an empty file next to the one whose place it takes at the end; after an error it is removed.

    Args:
        path: the file that is made, or replaced.

    Raises:
        OSError: if there can be no such file.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as made:
        part = Path(made.name)
    try:
        yield part
        part.chmod(MODE)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
