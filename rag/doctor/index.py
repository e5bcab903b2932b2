"""Examine an index, wherever it is kept."""

from __future__ import annotations

from pathlib import Path

from rag.doctor.diagnosis import Diagnosis
from rag.doctor.folder import examine_folder
from rag.stores.base import Location
from rag.stores.milvus.client import parse_location


def examine(index: Location = "index", repair: bool = False) -> Diagnosis:
    """Check everything in an index that can be checked without the articles' files and the encoder.

    Args:
        index: the folder of the index, or where it is in Milvus, which checks its own files.
        repair: whether to build again what is derived from the database, and delete what killed processes left.

    Returns:
        What was checked, and what is wrong.

    Raises:
        LibraryError: if there is no index.
    """
    if location := parse_location(index):
        from rag.doctor.milvus import examine_library

        return examine_library(location, repair)
    return examine_folder(Path(index), repair)
