"""Addresses that fsspec knows -> files, brought here one at a time: s3://bucket/folder, gs://, sftp://, memory:// ...

Each driver is a package of its own; that of s3:// comes with `according[scale]`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import regex

from rag.errors import AccordingError, InputError


def files(address: str) -> list[str]:
    """The addresses of the files under one, by name; hidden files and README files are passed over, as in folders.

    Raises InputError where there are none, or where they cannot be listed.
    """
    with reached(address, "listed"):
        import fsspec

        system, root = fsspec.core.url_to_fs(address)
        names = sorted(system.find(root))
    if not names:
        raise InputError(f"{shown(address)}: no such file or folder")
    base, above = address.rstrip("/"), root.rstrip("/")
    return [base + inside for name in names if _is_read(inside := name.removeprefix(above))]


def _is_read(inside: str) -> bool:
    path = PurePosixPath(inside)
    return path.stem.lower() != "readme" and not any(part.startswith(".") for part in path.parts)


@contextmanager
def fetched(address: str) -> Iterator[Path]:
    """The file at an address, here, for as long as it is read. Raises InputError where it cannot be had."""
    with tempfile.TemporaryDirectory(prefix="according-") as folder:
        file = Path(folder) / PurePosixPath(address).name
        with reached(address, "read"):
            import fsspec

            with fsspec.open(address, "rb") as source, file.open("wb") as target:
                shutil.copyfileobj(source, target)
        yield file


@contextmanager
def reached(address: str, done: str) -> Iterator[None]:
    """Raises InputError for whatever a driver raises inside: each has errors of its own."""
    try:
        yield
    except AccordingError:
        raise
    except Exception as error:
        raise InputError(f"{shown(address)}: cannot be {done} ({error})") from error


def shown(address: str) -> str:
    """An address without the name and password in it."""
    return regex.sub(r"//[^/@]*@", "//", address)
