"""An encoder for the workers of a cluster: slow, and it leaves a mark of every text that it has read, and where."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from conftest import WordEncoder

from rag.encoder import Spans, Vectors


class Marking(WordEncoder):
    def __init__(self, folder: Path, seconds: float = 0.0):
        super().__init__()
        self.folder, self.seconds = str(folder), seconds

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        import ray

        time.sleep(self.seconds)
        where = ray.get_runtime_context().get_node_id() if ray.is_initialized() else "here"
        mark = Path(self.folder) / f"{where}.{os.getpid()}.{uuid.uuid4().hex}"
        mark.write_text(str(len(texts)))
        return super().encode(texts, sentences)

    def marks(self) -> list[tuple[str, int]]:
        """(node, number of texts) of every time that something was encoded."""
        return [(path.name.split(".")[0], int(path.read_text() or 0)) for path in Path(self.folder).iterdir()]
