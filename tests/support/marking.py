"""An encoder for the workers of a cluster: slow, and it leaves a mark of every text that it has read, and where."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from rag.models.encoder import Spans, Vectors
from support import WordEncoder


class Marking(WordEncoder):
    def __init__(self, folder: Path, seconds: float = 0.0, nodes: int = 1):
        """`nodes`: how many must have begun before any of them goes on."""
        super().__init__()
        self.folder, self.seconds, self.nodes = str(folder), seconds, nodes

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        import ray

        where = ray.get_runtime_context().get_node_id() if ray.is_initialized() else "here"
        self._wait(Path(self.folder) / "begun", where)
        time.sleep(self.seconds)
        mark = Path(self.folder) / f"{where}.{os.getpid()}.{uuid.uuid4().hex}"
        mark.write_text(str(len(texts)))
        return super().encode(texts, sentences)

    def _wait(self, begun: Path, where: str) -> None:
        begun.mkdir(exist_ok=True)
        (begun / where).touch()
        until = time.monotonic() + 120
        while time.monotonic() < until and len(list(begun.iterdir())) < self.nodes:
            time.sleep(0.05)

    def marks(self) -> list[tuple[str, int]]:
        """(node, number of texts) of every time that something was encoded."""
        return [
            (path.name.split(".")[0], int(path.read_text() or 0))
            for path in Path(self.folder).iterdir()
            if path.is_file()
        ]
