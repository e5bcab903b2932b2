"""Addresses that fsspec knows -> files, brought here one at a time: s3://bucket/folder, gs://, sftp://, memory:// ...

Each driver is a package of its own; that of s3:// comes with `according[scale]`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ..article import Article
from ..errors import InputError
from ..outlets import Catalogue
from . import read_source
from .skipped import Skipped


def files(address: str) -> list[str]:
    """The addresses of the files under one, by name; hidden files and README files are passed over, as in folders.

    Raises InputError where there are none, or where they cannot be listed.
    """
    try:
        import fsspec

        system, root = fsspec.core.url_to_fs(address)
        names = sorted(system.find(root))
    except Exception as error:  # each driver raises errors of its own
        raise InputError(f"{address}: cannot be listed ({error})") from error
    if not names:
        raise InputError(f"{address}: no such file or folder")
    shown = [name for name in names if not any(part.startswith(".") for part in PurePosixPath(name).parts)]
    return [system.unstrip_protocol(name) for name in shown if PurePosixPath(name).stem.lower() != "readme"]


def read(address: str, names: Catalogue) -> Iterator[Article | Skipped]:
    """The articles of the file at an address, as `read_source` has those of one here."""
    with tempfile.TemporaryDirectory(prefix="according-") as folder:
        file = Path(folder) / PurePosixPath(address).name
        try:
            with opened(address) as source, file.open("wb") as target:
                shutil.copyfileobj(source, target)
        except (InputError, OSError) as error:
            yield Skipped(address, str(error))
            return
        for item in read_source(file, names):
            yield replace(item, source=address)


@contextmanager
def opened(address: str) -> Iterator[IO[bytes]]:
    """The file at an address, for reading. Raises InputError where it cannot be read."""
    try:
        import fsspec

        file: Any = fsspec.open(address, "rb").open()
    except Exception as error:  # each driver raises errors of its own
        raise InputError(f"cannot be read: {error}") from error
    with file:
        yield file
