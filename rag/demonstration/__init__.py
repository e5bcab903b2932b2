"""The demonstration: 69 digests of one contested subject, and names that they spell in several ways.

An installed package has the files in this folder, a checkout where they are written, in `seeds/` and `docs/`
(pyproject.toml says what the package is given). `according demo` makes its index; the app does where there is none.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from rag.browse import browse
from rag.errors import LibraryError
from rag.library import Library, build
from rag.models.encoder import Encoder
from rag.stores.base import Location
from rag.stores.location import exists
from rag.stores.milvus.client import parse_location

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parent.parent
_FOLDER = "seeds"


def files() -> tuple[Path, Path]:
    """Return the folder of the digests, and the list of aliases.

    Raises:
        LibraryError: if the installed package lacks them.
    """
    for digests, aliases in (
        (_HERE / _FOLDER, _HERE / "aliases.toml"),
        (_CHECKOUT / _FOLDER, _CHECKOUT / "docs" / "aliases.toml"),
    ):
        if digests.is_dir() and aliases.is_file():
            return digests, aliases
    raise LibraryError(f"the digests of the demonstration are not in {_HERE}; install According again")


def make(index: Location, encoder: Encoder | str | None = None) -> Library:
    """Make the index of the demonstration, or bring it up to date.

    Args:
        index: where; there may be an index of nothing but the demonstration.
        encoder: as for `rag.build`.

    Returns:
        The library, opened.

    Raises:
        LibraryError: if the index holds something else, or is in Milvus, which others may share.
        AccordingError: as `rag.build` does.
    """
    if parse_location(index):
        raise LibraryError("the demonstration is made in a folder, not in Milvus; name one with --index FOLDER")
    if exists(index) and not is_in(index, if_empty=True):
        raise LibraryError(
            f"the index in {os.fspath(index)} has articles that are not the demonstration's; make it in another "
            "folder: according demo --index FOLDER"
        )
    digests, aliases = files()
    return build([digests], index, encoder, aliases=aliases)


def is_in(index: Location, if_empty: bool = False) -> bool:
    """Return whether an index holds nothing but the demonstration.

    Args:
        index: where it is.
        if_empty: what to return if it holds nothing at all.
    """
    digests, _ = files()
    names = {path.name for path in digests.iterdir()}
    empty = True
    with browse(index) as library:
        for article in library.articles():
            source = Path(article.source).resolve()
            if not (source.is_relative_to(digests) or _was_installed(source, names)):
                return False
            empty = False
    return if_empty if empty else True


def _was_installed(source: PurePath, names: set[str]) -> bool:
    """Return whether a digest was read from a package that may have been installed somewhere else."""
    return source.name in names and source.parent.parts[-2:] == (_HERE.name, _FOLDER)
