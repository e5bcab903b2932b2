"""Where an index is kept: the store for a location, a folder or a library in Milvus."""

from __future__ import annotations

from pathlib import Path

from rag.errors import LibraryError
from rag.stores.base import Location, Manifest, Store
from rag.stores.milvus.client import parse_location
from rag.stores.sqlite import Store as LocalStore


def exists(index: Location) -> bool:
    """Whether there is an index at a location: a folder, or a library in Milvus."""
    if location := parse_location(index):
        from rag.stores.milvus.store import MilvusStore

        return MilvusStore.exists(location)
    return LocalStore.exists(Path(index))


def open_store(index: Location, wait: bool = True) -> Store:
    """Open the store of an index.

    Raises:
        LibraryError: where there is none that can be used.
    """
    if location := parse_location(index):
        from rag.stores.milvus.store import MilvusStore

        return MilvusStore.open(location)
    return LocalStore.open(Path(index), wait)


def create_store(index: Location, manifest: Manifest, wait: bool = True) -> Store:
    """Create the store of a new index, or open the one that another process has just created there."""
    if location := parse_location(index):
        from rag.stores.milvus.store import MilvusStore

        return MilvusStore.create(location, manifest, wait)
    return LocalStore.create(Path(index), manifest, wait)


def check_encoder(store: Store, name: str | None, dimension: int | None = None) -> None:
    """Check that an index was made with the encoder of that name, whose vectors have that dimension; None is any.

    Raises:
        LibraryError: where it was not.
    """
    if name is not None and name != store.manifest.encoder:
        raise LibraryError(
            f"the index in {store.location} was made with the encoder {store.manifest.encoder!r}, not {name!r}; "
            "vectors of two encoders cannot be compared: build a new index in another folder"
        )
    if dimension is not None and dimension != store.manifest.dimension:
        raise LibraryError(
            f"the index in {store.location} has vectors of {store.manifest.dimension} numbers, the encoder {name!r} "
            f"makes {dimension}: it is another model under the same name; build a new index in another folder"
        )
