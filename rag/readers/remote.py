"""List and download the files at a URL that fsspec can open: s3://bucket/folder, gs://, sftp://, memory:// ...

Each protocol needs its own driver package; that of s3:// comes with `according[scale]`. Web pages are not read here:
their drivers follow redirects anywhere, and know no limits (see `fetch`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import regex

from rag.errors import AccordingError, InputError

# Drivers that read other URLs: of the web, or of what a file lists, which may be files of this machine.
_LEADING_ELSEWHERE = ("http", "https", "generic", "reference")


def list_files(url: str) -> list[str]:
    """Return the URLs of the files at or below a URL, sorted by name, without hidden files and README files.

    Raises:
        InputError: if there are none, or they cannot be listed.
    """
    with input_errors(url, "listed"):
        import fsspec

        system, root = fsspec.core.url_to_fs(url)
        names = sorted(name for name, info in system.find(root, detail=True).items() if _is_file(info))
    if not names:
        raise InputError(f"{without_credentials(url)}: no such file or folder")
    base, above = url.rstrip("/"), root.rstrip("/")
    return [base + inside for name in names if _is_input(inside := name.removeprefix(above))]


def _is_input(inside: str) -> bool:
    path = PurePosixPath(inside)
    return path.stem.lower() != "readme" and not any(part.startswith(".") for part in path.parts)


def _is_file(info: Mapping[str, Any]) -> bool:
    return str(info.get("type", "file")) == "file"  # links, pipes and devices of file:// are "other"


@contextmanager
def download(url: str) -> Iterator[Path]:
    """Download a file to a temporary folder that is deleted on exit.

    Raises:
        InputError: if the file cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="according-") as folder:
        file = Path(folder) / PurePosixPath(url).name
        with input_errors(url, "read"):
            import fsspec

            with fsspec.open(url, "rb") as source, file.open("wb") as target:
                shutil.copyfileobj(source, target)
        yield file


@contextmanager
def input_errors(url: str, action: str) -> Iterator[None]:
    """Turn whatever a driver raises into an InputError: "URL cannot be `action`". Each driver has its own errors.

    Raises:
        InputError: also at once, if the URL leads to another one. The name of a file in a bucket may be such a URL.
    """
    _check_leads_nowhere_else(url)
    try:
        yield
    except AccordingError:
        raise
    except Exception as error:
        raise InputError(
            f"{without_credentials(url)}: cannot be {action} ({without_credentials(str(error))})"
        ) from error


def _check_leads_nowhere_else(url: str) -> None:
    protocol, separator, rest = url.partition("://")
    if not separator:
        return
    if "::" in url:
        raise InputError(
            f"{without_credentials(url)}: a URL with '::' leads to another file; give the URL of that file"
        )
    if protocol.lower() in _LEADING_ELSEWHERE or "://" in rest:
        raise InputError(f"{without_credentials(url)}: leads to another URL; give that one")


def without_credentials(url: str) -> str:
    """Return a URL without the user name and password in it, also a password that has a "/" or "@".

    One that begins as a port does, up to a "/", is taken for the path behind a port.
    """
    return regex.sub(r"//(?:[^/\s:@\[]*:(?!\d{0,5}(?:/|\s|$))\S*|[^/\s]*)@", "//", url)
