"""According, as docs/python.md shows: `rag.build`, `rag.open`, `search` and `ask`; on the command line, `ask`.

It splits by itself: at most 160 tokens, whole sentences, without overlap. It searches by vectors of passages and
sentences and by words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import Found, System


class According(System):
    title = "According"
    packages = ("according", "faiss-cpu", "sentence-transformers", "tantivy")

    def load(self) -> None:
        import rag  # noqa: F401
        from rag.models.encoder import SentenceEncoder

        self._encoder = self.hashing or SentenceEncoder()

    def build(self, paths: Sequence[Path], folder: Path) -> int:
        import rag

        with rag.build(paths, index=folder, encoder=self._encoder) as library:
            return library.report.passages

    def open(self, folder: Path) -> None:
        import rag

        self._library = rag.open(folder, encoder=self.hashing)
        self._library.prepare()

    def search(self, question: str, k: int) -> Found:
        return [(hit.article_id, hit.text) for hit in self._library.search(question, k=k)]

    def ask(self, question: str) -> object:
        """Return the answer: what is found, and what According does with it before it is shown."""
        return self._library.ask(question)

    @classmethod
    def command(cls, python: str, folder: Path, question: str) -> list[str]:
        return [python, "-m", "rag", "ask", "--index", str(folder), question]
