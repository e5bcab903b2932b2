"""What was made of articles, as bytes and as Parquet: to be sent from machine to machine, and to be kept on the way.

A folder of Parquet files, here or wherever fsspec reaches, is what a cluster leaves of a build where it cannot reach
the library: `encode` writes it, and a library that is told to add it takes it in without encoding anything. A row is an
article: `digest`, `article`, its JSON, and `made`, its passages (see `pack`); each file tells the encoder.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.article import Article
from rag.errors import InputError, LibraryError
from rag.models.encoder import Vectors
from rag.passage import Passage
from rag.provenance.duplicates import PERMUTATIONS, Fingerprint
from rag.readers import elsewhere, printable
from rag.readers.skipped import Skipped
from rag.stores.base import EmbeddedPassage, Manifest

ENDING = ".parquet"
FORMAT = 1
BATCH = 64  # rows that are read at a time

Item = tuple[Article | Skipped, list[EmbeddedPassage] | None]
Rows = Sequence[tuple[Article, Sequence[EmbeddedPassage]]]


@dataclasses.dataclass(frozen=True)
class ParquetSink:
    """A folder where processes put what they make, as `contract.Sink` has it."""

    folder: str
    manifest: Manifest

    def put(self, batch: Rows) -> None:
        """As `contract.Sink` has it."""
        if batch:
            write(batch, self.folder, self.manifest)


def write(rows: Rows, folder: str, manifest: Manifest) -> str:
    """Writes articles into a file of a folder, whole or not at all; its name.

    The name is made from what is in it, so that the same rows written again are there once.
    """
    pa, pq = _parquet()
    digests = [article.content_hash for article, _ in rows]
    columns = {
        "digest": digests, "article": [json.dumps(plain(article), ensure_ascii=False) for article, _ in rows],
        "made": pa.array([pack(own) for _, own in rows], pa.binary()),
    }  # fmt: skip
    told = json.dumps({"encoder": manifest.encoder, "dimension": manifest.dimension, "format": FORMAT})
    table = pa.table(columns).replace_schema_metadata({"according": told})
    name = hashlib.sha256("".join(digests).encode()).hexdigest()[:32] + ENDING
    with tempfile.TemporaryDirectory(prefix="according-") as temporary, elsewhere.reached(folder, "written"):
        made = os.path.join(temporary, name)
        pq.write_table(table, made, compression="zstd")
        system, root = _system(folder)
        system.makedirs(root, exist_ok=True)
        aside = f"{root}/.{name}.{os.getpid()}"
        system.put_file(made, aside)
        system.mv(aside, f"{root}/{name}")
    return name


def digests(folder: str, manifest: Manifest) -> Iterator[str]:
    """The digests of the articles that stand in a folder. Raises LibraryError where another encoder made them."""
    _, pq = _parquet()
    with elsewhere.reached(folder, "listed"):
        system, root = _system(folder)
        for path in sorted(system.glob(f"{root}/*{ENDING}")) if system.exists(root) else ():
            with system.open(path, "rb") as file, pq.ParquetFile(file) as found:
                _check(found.schema_arrow.metadata, str(path), manifest)
                yield from found.read(["digest"])["digest"].to_pylist()


def read(source: Path | str, manifest: Manifest) -> Iterator[Item]:
    """The articles of a file, with what was made of each; a Skipped where it cannot be read.

    The file may be one at an address (see `readers.elsewhere`).

    Raises LibraryError where another encoder made it.
    """
    pa, pq = _parquet()
    name = printable(str(source) if isinstance(source, Path) else elsewhere.shown(source))
    here = nullcontext(source) if isinstance(source, Path) else elsewhere.fetched(source)
    try:
        with here as path, pq.ParquetFile(path) as found:
            _check(found.schema_arrow.metadata, name, manifest)
            for batch in found.iter_batches(BATCH, columns=["article", "made"]):
                for row in batch.to_pylist():
                    yield item(row["article"], row["made"])
    except InputError as error:
        yield Skipped(name, str(error)), None
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        yield Skipped(name, f"cannot be read: {error}"), None


def _parquet() -> tuple[Any, Any]:
    """pyarrow, and what of it reads and writes Parquet."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise LibraryError('Parquet needs what is not installed here: pip install "according[scale]"') from None
    return pyarrow, pyarrow.parquet


def _check(metadata: dict[bytes, bytes] | None, path: str, manifest: Manifest) -> None:
    told = json.loads((metadata or {}).get(b"according", b"{}"))
    if told.get("format") != FORMAT:
        raise LibraryError(f"{path} was not written by `according encode`, or by another version of it")
    if (told["encoder"], told["dimension"]) != (manifest.encoder, manifest.dimension):
        raise LibraryError(
            f"{path} was made with the encoder {told['encoder']!r}, not {manifest.encoder!r}; vectors of two encoders "
            "cannot be compared"
        )


def _system(folder: str) -> tuple[Any, str]:
    """What reads and writes a folder, and the folder's name in it."""
    import fsspec

    system, root = fsspec.core.url_to_fs(folder)
    return system, str(root).rstrip("/")


def item(said: str, made: bytes) -> Item:
    """What one machine has sent to another."""
    found = unplain(json.loads(said))
    return found, unpack(made, found.id) if isinstance(found, Article) and made else None


def plain(item: Article | Skipped) -> dict[str, Any]:
    """It in values that JSON knows."""
    values = dataclasses.asdict(item)
    if isinstance(item, Article):
        values["date"] = item.date.isoformat() if item.date else None
    return values


def unplain(values: dict[str, Any]) -> Article | Skipped:
    """The same again."""
    if "text" not in values:
        return Skipped(**values)
    day, authors = values.pop("date"), tuple(values.pop("authors"))
    return Article(**values, authors=authors, date=dt.date.fromisoformat(day) if day else None)


def pack(passages: Sequence[EmbeddedPassage]) -> bytes:
    """What was made of an article, as bytes: numbers, little endian, and before them how many there are of each."""
    spans = [(p.passage.start, p.passage.end) for p in passages]
    sentences = [span for p in passages for span in p.passage.sentences]
    parts = [
        np.array(spans, "<i4"), np.array([len(p.passage.sentences) for p in passages], "<i4"),
        np.array(sentences, "<i4"), np.array([len(p.marks.sentences) for p in passages], "<i4"),
        np.array([key for p in passages for key in p.marks.sentences], "<i8"),
        np.array([p.marks.signature for p in passages], "<u4"), np.array([p.vector for p in passages], "<f4"),
        np.concatenate([p.sentences for p in passages]).astype("<f2") if passages else np.zeros(0, "<f2"),
    ]  # fmt: skip
    dimension = len(passages[0].vector) if passages else 0
    head = np.array([len(passages), len(sentences), parts[4].size, dimension], "<i4")
    return b"".join(part.tobytes() for part in (head, *parts))


def unpack(packed: bytes, article_id: str) -> list[EmbeddedPassage]:
    """The same again; the vectors of sentences in half precision, as they are stored."""
    number, inside, keys, dimension = np.frombuffer(packed, "<i4", 4).tolist()
    at = 16

    def take(kind: str, *shape: int) -> npt.NDArray[Any]:
        nonlocal at
        count = int(np.prod(shape))
        found = np.frombuffer(packed, kind, count, at).reshape(shape)
        at += found.nbytes
        return found

    spans, counts, sentences = take("<i4", number, 2), take("<i4", number), take("<i4", inside, 2)
    marked, hashes = take("<i4", number), take("<i8", keys)
    signatures, vectors = take("<u4", number, PERMUTATIONS), take("<f4", number, dimension)
    parts: Vectors = take("<f2", inside, dimension).astype(np.float32)
    ends, marks = np.cumsum(counts).tolist(), np.cumsum(marked).tolist()
    made = []
    for i, (start, end) in enumerate(spans.tolist()):
        own, told = slice(ends[i] - int(counts[i]), ends[i]), slice(marks[i] - int(marked[i]), marks[i])
        said = tuple((a, b) for a, b in sentences[own].tolist())
        mark = Fingerprint(signatures[i].astype(np.uint32), tuple(hashes[told].tolist()))
        made.append(
            EmbeddedPassage(Passage(article_id, start, end, said), vectors[i].astype(np.float32), parts[own], mark)
        )
    return made
