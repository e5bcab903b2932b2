"""Building on a Ray cluster: many machines read, split and encode what one would take months for.

Ray Data moves files, then articles, through two stages: reading, and encoding by one actor for each processor or GPU,
each with the encoder loaded once. It retries what a machine that dies had begun, and hands on no article twice. What
comes out is, in the order of the files, what `library` would have made here; for a library in Milvus the actors write
it there themselves, where it is seen when the build is done.

No article goes through a pickle: stages hand on columns of JSON and of plain bytes.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag import readers
from rag.article import Article
from rag.errors import LibraryError
from rag.ingest import embed as making
from rag.ingest import parquet as shards
from rag.ingest.parquet import Item
from rag.ingest.report import Report
from rag.models.encoder import Encoder, SentenceEncoder
from rag.provenance.catalogue import Catalogue
from rag.readers.skipped import Skipped
from rag.stores.base import Sink

BATCH = 32  # articles that are encoded together: few enough that all workers end at about the same time
HANDED = 64  # that are handed on together
BLOCK = 200 * 1024  # bytes of articles, some 35, that go to an actor together: what stands in one file goes to all
FILES = 16  # that a reader opens one after the other before others may take what is left
READING = 0.1  # of a processor, that reading is counted as: so it goes on where all of them encode
SENT = 1_000_000  # bytes that are sent with an actor; of more, one copy for all actors of a machine
DIGEST = "S32"  # digits of a digest that tell articles apart

Digests = npt.NDArray[np.bytes_]


def digests(known: Iterator[str]) -> Digests:
    """Digests of articles as the actors are told them, sorted."""
    return np.unique(np.array([content_hash[:32] for content_hash in known], DIGEST))


def articles(
    inputs: Sequence[readers.Input],
    names: Catalogue,
    encoder: Encoder | str,
    precision: str,
    known: Digests,
    sink: Sink | None,
) -> Iterator[list[Item]]:
    """The articles of files, in their order, with what was made of each; a Skipped for what cannot be read.

    Of articles that are `known`, and of those that were put into a `sink`, nothing is handed on but what they are.

    Args:
        inputs: as `readers.present` gives them; every machine of the cluster must see them.
        names: the catalogue of outlets.
        encoder: its name, or an encoder that Ray can send.
        precision: see `SentenceEncoder`.
        known: of the articles that are not to be encoded.
        sink: where to put what is made; without one it is handed on.

    Raises LibraryError where Ray is not installed, or cannot be reached.
    """
    ray = started()
    paths = [json.dumps(vars(s)) if isinstance(s, Skipped) else str(s) for s in readers.sources(inputs)]
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.target_max_block_size = BLOCK
    gpus = int(ray.cluster_resources().get("GPU", 0))
    actors = gpus or max(1, int(ray.cluster_resources().get("CPU", 1)))
    blocks = max(1, min(-(-len(paths) // FILES), 16 * actors, 4096))
    rows = (
        ray.data.from_items([{"path": path} for path in paths], override_num_blocks=blocks)
        .map_batches(
            _read, batch_size=1, num_cpus=READING, fn_kwargs={"extra": names.extra, "own": BATCH}
        )
        .map_batches(
            Maker, batch_size=BATCH, compute=ray.data.ActorPoolStrategy(
                size=actors, max_tasks_in_flight_per_actor=1
            ),  # each is seconds of work, and those that start late get their share
            **({"num_gpus": 1, "num_cpus": READING} if gpus else {"num_cpus": 1 - 4 * READING}),
            fn_constructor_kwargs={
                "encoder": encoder, "precision": precision, "sink": sink,
                "known": known if known.nbytes < SENT else ray.put(known),
            },
        )
    )  # fmt: skip
    for batch in rows.iter_batches(batch_size=HANDED, batch_format="numpy"):
        yield [shards.item(said, made) for said, made in zip(batch["item"], batch["made"], strict=True)]


def started() -> Any:
    """Ray, connected to a cluster. Raises LibraryError where it is not installed, or the cluster cannot be reached."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # or Ray tells its makers of each cluster
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of what it then retries
    try:
        import ray
        import ray.data
    except ImportError:
        raise LibraryError('building on Ray needs what is not installed here: pip install "according[scale]"') from None
    try:
        if not ray.is_initialized():
            _reach(os.environ.get("RAY_ADDRESS", ""))
            # The cluster that $RAY_ADDRESS names, else one of its own on this machine.
            ray.init(logging_level=logging.ERROR, log_to_driver=False)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
    except (OSError, RuntimeError, ValueError) as error:
        raise LibraryError(f"no Ray cluster can be reached ({error}); see $RAY_ADDRESS") from error
    return ray


def _reach(address: str) -> None:
    """Raises OSError where nobody listens at an address, for which Ray itself would wait some minutes."""
    found = re.fullmatch(r"(?:ray://)?\[?([^/]+?)\]?:(\d+)", address)
    if found:
        socket.create_connection((found[1], int(found[2])), 10).close()


# Files


def _read(batch: dict[str, Any], extra: str | None, own: int) -> Iterator[dict[str, list[str]]]:
    """The articles of files, some at a time."""
    from rag.provenance.catalogue import load_catalogue

    names, items = load_catalogue(extra), list[str]()
    for path in batch["path"]:
        for item in _items(str(path), names):
            items.append(json.dumps(shards.plain(item)))
            if len(items) == own:
                yield {"item": items}
                items = []
    if items:
        yield {"item": items}


def _items(path: str, names: Catalogue) -> Iterator[Article | Skipped]:
    if path.startswith("{"):  # of which the walk has told that it cannot be read
        yield Skipped(**json.loads(path))
    else:
        yield from readers.read_source(path if "://" in path else Path(path), names)


# Articles


class Maker:
    """Makes of articles what a store is given, with an encoder that it loads once: an actor, where Ray runs it."""

    def __init__(self, encoder: Encoder | str, precision: str, known: Digests, sink: Sink | None):
        self._encoder = SentenceEncoder(encoder, precision) if isinstance(encoder, str) else encoder
        self._known, self._sink = _fetch(known), sink
        self._beside = ThreadPoolExecutor(1, "beside")

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """One batch on its way through Ray."""
        made = self.items([shards.unplain(json.loads(said)) for said in batch["item"]])
        return {"item": list(batch["item"]), "made": [b"" if own is None else shards.pack(own) for _, own in made]}

    def items(self, items: Sequence[Article | Skipped]) -> list[Item]:
        """The items, with what was made of each article that is not known, unless that was put into the sink."""
        fresh = {i.content_hash: i for i in items if isinstance(i, Article) and not knows(self._known, i)}
        rows, _ = making.make(list(fresh.values()), self._encoder, Report(), self._beside)
        if self._sink:
            self._sink.put(rows)
        made = {} if self._sink else {article.content_hash: own for article, own in rows}
        return [(i, made.get(i.content_hash) if isinstance(i, Article) else None) for i in items]


def knows(known: Digests, article: Article) -> bool:
    """Whether an article is among some (see `digests`)."""
    content_hash = np.array(article.content_hash[:32], DIGEST)
    at = int(np.searchsorted(known, content_hash))
    return at < len(known) and bool(known[at] == content_hash)


def _fetch(known: Any) -> Digests:
    import ray

    found: Digests = ray.get(known) if isinstance(known, ray.ObjectRef) else known
    return found
