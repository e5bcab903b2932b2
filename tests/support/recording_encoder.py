"""An encoder for the workers of a cluster: slow, and it records in files which node encoded how many texts."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from rag.models.encoder import Spans, Vectors
from support import WordEncoder


class RecordingEncoder(WordEncoder):
    def __init__(self, folder: Path, seconds: float = 0.0, nodes: int = 1):
        """Record in `folder`, take `seconds` per call, and let no node continue before `nodes` of them have begun."""
        super().__init__()
        self.folder, self.seconds, self.nodes = str(folder), seconds, nodes
        folder.mkdir(exist_ok=True)

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        import ray

        node = ray.get_runtime_context().get_node_id() if ray.is_initialized() else "local"
        self._wait_for_nodes(node)
        time.sleep(self.seconds)
        record = Path(self.folder) / f"{node}.{os.getpid()}.{uuid.uuid4().hex}"
        record.write_text(str(len(texts)))
        return super().encode(texts, sentences)

    def _wait_for_nodes(self, node: str) -> None:
        begun = Path(self.folder) / "begun"
        begun.mkdir(exist_ok=True)
        (begun / node).touch()
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and len(list(begun.iterdir())) < self.nodes:
            time.sleep(0.05)

    def records(self) -> list[tuple[str, int]]:
        """Return (node, number of texts) for each call of `encode`."""
        return [
            (path.name.split(".")[0], int(path.read_text() or 0))
            for path in Path(self.folder).iterdir()
            if path.is_file()
        ]

    def encoded(self) -> int:
        """Return the number of texts encoded so far, by all processes."""
        return sum(count for _, count in self.records())
