"""txtai, hybrid: `Embeddings(path=..., content=True, hybrid=True)`, `index`, `save`, `load`, `search`.

Searches by vectors and by words (its BM25), half and half; the text and the title of each passage are in its SQLite
database. With more than 5,000 passages its FAISS index is an inverted file, which is searched approximately.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from . import Found, System, TimedHashingEncoder, model_path, read, splitter


class Txtai(System):
    title = "txtai, hybrid"
    packages = ("txtai", "transformers", "faiss-cpu")
    program = """
import sys
from txtai import Embeddings

folder, model, question = sys.argv[1:]
embeddings = Embeddings()
embeddings.load(folder)
for found in embeddings.search(question, 5):
    print(found["id"], found["text"])
"""

    def load(self) -> None:
        global _hashing
        _hashing = self.hashing
        from txtai import Embeddings

        encoder = (
            {"method": "external", "transform": f"{__name__}.transform"} if self.hashing else {"path": model_path()}
        )
        self._embeddings = Embeddings(content=True, hybrid=True, **encoder)
        self._splitter = splitter()

    def build(self, paths: Sequence[Path], folder: Path) -> int:
        self._embeddings.index(self._passages(paths))
        self._embeddings.save(str(folder))
        return int(self._embeddings.count())

    def open(self, folder: Path) -> None:
        global _hashing
        _hashing = self.hashing
        from txtai import Embeddings

        self._embeddings = Embeddings()
        self._embeddings.load(str(folder))

    def search(self, question: str, k: int) -> Found:
        return [(found["id"].rpartition("#")[0], found["text"]) for found in self._embeddings.search(question, k)]

    def _passages(self, paths: Sequence[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
        for record in read(paths):
            for number, text in enumerate(self._splitter.split_text(record["text"])):
                yield f"{record['id']}#{number}", {"text": text, "title": record["title"]}


_hashing: TimedHashingEncoder | None = None


def transform(texts: Sequence[str]) -> list[list[float]]:
    """Encode texts if words are hashed; txtai refers to it by name, also in what it saves."""
    assert _hashing
    return _hashing.lists(texts)
