"""What tests share: a deterministic encoder, and articles to put in."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.models.encoder import Spans, Vectors

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = ROOT.parent / "shared"


class WordEncoder:
    """Counts words into a vector: texts that share words are near each other. For where meaning does not matter."""

    name = "words"
    dimension = 64
    max_tokens = 60

    def __init__(self) -> None:
        self.read = 0  # texts encoded so far

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\S{1,8}", text)) for text in texts]

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        self.read += len(texts)
        parts = [[self.encode_question(t[a:b]) for a, b in own] for t, own in zip(texts, sentences, strict=True)]
        shaped = [np.array(p, np.float32).reshape(-1, self.dimension) for p in parts]
        return np.array([self.encode_question(t) for t in texts], np.float32).reshape(-1, self.dimension), shaped

    def encode_question(self, question: str) -> Vectors:
        vector = np.full(self.dimension, 0.01, np.float32)
        for word in re.findall(r"\w+", question.lower()):
            vector[zlib.crc32(word.encode()) % self.dimension] += 1
        return vector / np.linalg.norm(vector)


HARBOUR = {
    "id": "harbour",
    "outlet": "The Guardian",
    "date": "2013-05-14",
    "title": "Harbour strike ends",
    "authors": ["Jane Roe"],
    "url": "https://example.org/harbour",
    "text": "Dock workers ended their strike on Tuesday. The union said wages would rise by four percent.\n\n"
    "The port authority had refused any rise for two years.",
}
BRIDGE = {
    "id": "bridge",
    "outlet": "Press TV",
    "host": "mirror.example",
    "date": "2015-01-02",
    "title": "Bridge closed",
    "text": "Engineers closed the old bridge after finding cracks in two pillars. Traffic was sent over the ring road.",
}
ORCHARD = {
    "id": "orchard",
    "outlet": "Reuters",
    "title": "Frost",
    "text": "Frost destroyed most of the apple blossom in the valley. Growers asked the ministry for help.",
}
