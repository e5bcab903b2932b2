"""Read, split and encode articles on a Ray cluster: many machines do what would take one machine months.

Ray Data moves files, then articles, through two stages: reading, and encoding by one actor per processor or GPU, each
of which loads the encoder once. It retries the work of a machine that dies, and returns no article twice. The result
is, in the order of the files, what `pipeline.py` would have computed in this process. For a library in Milvus the
actors write to it themselves; their rows become visible when the build is done.

Articles are not pickled: the stages exchange columns of JSON text and of plain bytes.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rag import readers
from rag.article import Article
from rag.errors import LibraryError
from rag.ingest import packing
from rag.ingest.embed import ContentHashes, Embedder
from rag.ingest.packing import Item
from rag.models.encoder import Encoder, SentenceEncoder
from rag.provenance.catalogue import Catalogue
from rag.readers.columns import Columns, Fields
from rag.readers.item_json import from_json, to_json
from rag.readers.skipped import Skipped
from rag.stores.base import Sink

BATCH_ARTICLES = 32  # encoded together: few enough that all workers finish at about the same time
OUTPUT_ARTICLES = 64  # returned together
BLOCK_BYTES = 200 * 1024  # of articles, some 35, sent to an actor together, so that one file is shared among all actors
FILES_PER_TASK = 16  # that a reader opens one after the other before others may take the rest
MAX_TASKS = 4096  # that the files are divided into
READER_CPUS = 0.1  # of a processor that a reader is counted as, so that reading continues while all processors encode
MAX_INLINE_BYTES = 1_000_000  # sent with each actor; larger arguments have one copy for all actors of a machine
CONNECT_TIMEOUT_SECONDS = 10


def read_and_embed(
    inputs: Sequence[readers.Input],
    catalogue: Catalogue,
    encoder: Encoder | str,
    precision: str,
    known: ContentHashes,
    sink: Sink | None,
    columns: Columns,
) -> Iterator[list[Item]]:
    """Read and encode files on the cluster.

    Args:
        inputs: as `readers.resolve_inputs` returns them; every machine of the cluster must be able to read them.
        catalogue: the catalogue of outlets.
        encoder: its name, or an encoder that Ray can send.
        precision: see `SentenceEncoder`.
        known: content hashes of the articles that need no encoding.
        sink: where to put embedded articles; None to return them.
        columns: which columns of records are read; the workers count none.

    Yields:
        The articles in the order of the files, each with its passages, or a Skipped for what cannot be read. Articles
        that are `known` or were put into the sink have no passages.

    Raises:
        LibraryError: if Ray is not installed, or the cluster cannot be reached.
    """
    ray = connect()
    sources = readers.iter_sources(inputs)
    paths = [json.dumps(vars(s)) if isinstance(s, Skipped) else str(s) for s in sources]
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.target_max_block_size = BLOCK_BYTES
    gpus = int(ray.cluster_resources().get("GPU", 0))
    actors = gpus or max(1, int(ray.cluster_resources().get("CPU", 1)))
    tasks = max(1, min(-(-len(paths) // FILES_PER_TASK), 16 * actors, MAX_TASKS))
    rows = (
        ray.data.from_items([{"path": path} for path in paths], override_num_blocks=tasks)
        .map_batches(
            _read_files, batch_size=1, num_cpus=READER_CPUS,
            fn_kwargs={
                "extra_catalogue": catalogue.extra, "batch_articles": BATCH_ARTICLES, "fields": columns.given,
            },
        )
        .map_batches(
            EmbeddingActor, batch_size=BATCH_ARTICLES, compute=ray.data.ActorPoolStrategy(
                size=actors, max_tasks_in_flight_per_actor=1
            ),  # each is seconds of work, and actors that start late get their share
            **({"num_gpus": 1, "num_cpus": READER_CPUS} if gpus else {"num_cpus": 1 - 4 * READER_CPUS}),
            fn_constructor_kwargs={
                "encoder": encoder, "precision": precision, "sink": sink,
                "known": known if known.nbytes < MAX_INLINE_BYTES else ray.put(known),
            },
        )
    )  # fmt: skip
    for batch in rows.iter_batches(batch_size=OUTPUT_ARTICLES, batch_format="numpy"):
        yield [packing.unpack_item(*row) for row in zip(batch["item"], batch["passages"], strict=True)]


def connect() -> Any:
    """Connect to the Ray cluster that $RAY_ADDRESS names, or start one on this machine.

    Returns:
        The module `ray`.

    Raises:
        LibraryError: if Ray is not installed, or the cluster cannot be reached.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # otherwise Ray reports each cluster to its developers
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what it retries is not logged
    try:
        import ray
        import ray.data
    except ImportError:
        raise LibraryError(
            'a build on Ray needs packages that are not installed: pip install "according[scale]"'
        ) from None
    try:
        if not ray.is_initialized():
            _check_reachable(os.environ.get("RAY_ADDRESS", ""))
            ray.init(logging_level=logging.ERROR, log_to_driver=False)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise LibraryError(f"the Ray cluster cannot be reached ({error}); check $RAY_ADDRESS") from error
    return ray


def _check_reachable(address: str) -> None:
    """Raise OSError if nothing listens at an address; Ray itself would wait for minutes."""
    found = re.fullmatch(r"(?:ray://)?\[?([^/]+?)\]?:(\d+)", address)
    if found:
        socket.create_connection((found[1], int(found[2])), CONNECT_TIMEOUT_SECONDS).close()


# First stage: files


def _read_files(
    batch: dict[str, Any], extra_catalogue: str | None, batch_articles: int, fields: Fields | None = None
) -> Iterator[dict[str, list[str]]]:
    """Read the articles of files, and yield some at a time."""
    from rag.provenance.catalogue import load_catalogue

    catalogue, columns, items = load_catalogue(extra_catalogue), Columns(fields), list[str]()
    for path in batch["path"]:
        for item in _read_file(str(path), catalogue, columns):
            items.append(json.dumps(to_json(item)))
            if len(items) == batch_articles:
                yield {"item": items}
                items = []
    if items:
        yield {"item": items}


def _read_file(path: str, catalogue: Catalogue, columns: Columns) -> Iterator[Article | Skipped]:
    if path.startswith("{"):  # a Skipped: the walk found that it cannot be read
        yield Skipped(**json.loads(path))
    else:
        yield from readers.read_source(path if "://" in path else Path(path), catalogue, columns)


# Second stage: articles


class EmbeddingActor(Embedder):
    """Embed batches of Ray Data, with an encoder that is loaded once."""

    def __init__(self, encoder: Encoder | str, precision: str, known: Any, sink: Sink | None):
        """Load the encoder.

        Args:
            encoder: a sentence-transformers name or path, or an Encoder.
            precision: see `SentenceEncoder`.
            known: the ContentHashes of the articles that need no encoding, or a Ray reference to them.
            sink: where to put embedded articles; None to return them.
        """
        import ray

        hashes: ContentHashes = ray.get(known) if isinstance(known, ray.ObjectRef) else known
        super().__init__(SentenceEncoder(encoder, precision) if isinstance(encoder, str) else encoder, hashes, sink)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """Embed the JSON texts of the column `item`, and add the column `passages` of bytes."""
        items = self.embed([from_json(json.loads(text)) for text in batch["item"]])
        packed = [b"" if passages is None else packing.pack_passages(passages) for _, passages in items]
        return {"item": list(batch["item"]), "passages": packed}
