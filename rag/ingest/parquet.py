"""Write embedded articles to Parquet files, and read them from there.

A folder of Parquet files, local or wherever fsspec reaches, is the output of `according encode`, for machines that
cannot reach the library. A library adds such a folder like any other, without encoding anything. Each row is an article
in the columns `digest` (its content hash), `article` (JSON) and `made` (its passages, see `packing.py`). The
metadata of each file name the encoder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rag.article import Article
from rag.errors import InputError, LibraryError
from rag.ingest.packing import Item, pack_passages, unpack_item
from rag.readers import escape_unprintable, remote
from rag.readers.item_json import to_json
from rag.readers.skipped import Skipped
from rag.stores.base import EmbeddedPassage, Manifest

SUFFIX = ".parquet"
FORMAT_VERSION = 1
BATCH_ROWS = 64  # read at a time
ADVICE = "save it as .csv or .jsonl"  # for tables of others

Rows = Sequence[tuple[Article, Sequence[EmbeddedPassage]]]


@dataclasses.dataclass(frozen=True)
class ParquetSink:
    """A folder that several processes write embedded articles to; implements `stores.base.Sink`.

    Attributes:
        folder: path or URL of the folder.
        manifest: names the encoder and the dimension of its vectors.
    """

    folder: str
    manifest: Manifest

    def put(self, batch: Rows) -> None:
        if batch:
            write(batch, self.folder, self.manifest)


def write(rows: Rows, folder: str, manifest: Manifest) -> str:
    """Write articles to a new file of a folder, completely or not at all.

    The file's name is computed from its content, so rows that are written again replace their own file.

    Args:
        rows: articles with their passages.
        folder: path or URL of the folder; created if missing.
        manifest: names the encoder and the dimension of its vectors.

    Returns:
        The name of the file.

    Raises:
        InputError: if the folder cannot be written to.
        LibraryError: if the extra `scale` is not installed.
    """
    pa, pq = _pyarrow()
    hashes = [article.content_hash for article, _ in rows]
    columns = {
        "digest": hashes, "article": [json.dumps(to_json(article), ensure_ascii=False) for article, _ in rows],
        "made": pa.array([pack_passages(passages) for _, passages in rows], pa.binary()),
    }  # fmt: skip
    metadata = {"encoder": manifest.encoder, "dimension": manifest.dimension, "format": FORMAT_VERSION}
    table = pa.table(columns).replace_schema_metadata({"according": json.dumps(metadata)})
    name = hashlib.sha256("".join(hashes).encode()).hexdigest()[:32] + SUFFIX
    with tempfile.TemporaryDirectory(prefix="according-") as temporary, remote.input_errors(folder, "written"):
        local = os.path.join(temporary, name)
        pq.write_table(table, local, compression="zstd")
        filesystem, root = _filesystem(folder)
        filesystem.makedirs(root, exist_ok=True)
        partial = f"{root}/.{name}.{os.getpid()}"
        filesystem.put_file(local, partial)
        filesystem.mv(partial, f"{root}/{name}")
    return name


def content_hashes(folder: str, manifest: Manifest) -> Iterator[str]:
    """Yield the content hashes of the articles in a folder; none if the folder does not exist.

    Raises:
        InputError: if the folder cannot be listed.
        LibraryError: if another encoder was used for one of its files, or the extra `scale` is not installed.
    """
    _, pq = _pyarrow()
    with remote.input_errors(folder, "listed"):
        filesystem, root = _filesystem(folder)
        for path in sorted(filesystem.glob(f"{root}/*{SUFFIX}")) if filesystem.exists(root) else ():
            with filesystem.open(path, "rb") as stream, pq.ParquetFile(stream) as file:
                _check_metadata(file.schema_arrow.metadata, str(path), manifest)
                yield from file.read(["digest"])["digest"].to_pylist()


def read(source: Path | str, manifest: Manifest) -> Iterator[Item]:
    """Yield the articles of a file with their passages, or a Skipped if the file cannot be read, or is a foreign one.

    Args:
        source: the path of a file, or a URL that fsspec knows.
        manifest: names the encoder that the file must have been written with.

    Raises:
        LibraryError: if another encoder was used.
    """
    name = escape_unprintable(str(source) if isinstance(source, Path) else remote.without_credentials(source))
    try:
        _, pq = _pyarrow()
    except LibraryError as error:
        yield Skipped(name, str(error)), None
        return
    here = nullcontext(source) if isinstance(source, Path) else remote.download(source)
    try:
        with here as path, pq.ParquetFile(path) as file:
            _check_metadata(file.schema_arrow.metadata, name, manifest)
            for batch in file.iter_batches(BATCH_ROWS, columns=["article", "made"]):
                for row in batch.to_pylist():
                    yield unpack_item(row["article"], row["made"])
    except InputError as error:
        yield Skipped(name, str(error)), None
    except LibraryError:
        raise
    except Exception as error:  # a damaged file can make pyarrow and numpy raise anything, and costs itself alone
        reason = " ".join(str(error).split())[:200]
        yield Skipped(name, f"cannot be read: {reason}; if it is a table of your own, {ADVICE}"), None


def _pyarrow() -> tuple[Any, Any]:
    """Return the modules pyarrow and pyarrow.parquet."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise LibraryError(
            'reading and writing Parquet needs packages that are not installed: pip install "according[scale]"'
        ) from None
    return pyarrow, pyarrow.parquet


def _check_metadata(metadata: dict[bytes, bytes] | None, path: str, manifest: Manifest) -> None:
    stated = (metadata or {}).get(b"according")
    found = json.loads(stated) if stated else {}
    if not isinstance(found, dict) or found.get("format") != FORMAT_VERSION:
        raise InputError(f"{path} was not written by `according encode`, or by another version of it; {ADVICE}")
    if (found["encoder"], found["dimension"]) != (manifest.encoder, manifest.dimension):
        raise LibraryError(
            f"{path} was written with the encoder {found['encoder']!r}, not {manifest.encoder!r}; vectors of two "
            "encoders cannot be compared"
        )


def _filesystem(folder: str) -> tuple[Any, str]:
    """Return the fsspec filesystem of a folder, and the folder's path in it."""
    import fsspec

    filesystem, root = fsspec.core.url_to_fs(folder)
    return filesystem, str(root).rstrip("/")
