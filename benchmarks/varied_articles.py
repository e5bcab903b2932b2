"""Any number of articles made from others, and an encoder without a model: for figures that depend on size alone.

An article has as many sentences as a real one, taken from four of them, in another order, with other names, figures and
some other words. So its words are as frequent as in news, new ones keep coming, and no sentence is found everywhere;
passages share some words, as those on one subject do, and are no duplicates. Of a hundred articles a few are copies of
another one as republishers make them, in another outlet with some words changed. Each article depends on its number
alone, so that any part of any size is always the same.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.models.encoder import Spans, Vectors

SOURCES = 4  # real articles whose sentences are in one
COPIES = 0.03  # share of articles that are a copy of one of the hundred before
CHANGED_NAMES, BLENDED_NAMES = 0.7, 0.3  # shares of names that are others; of these, that are made of two
CHANGED_WORDS, CHANGED_IN_COPY = 0.1, 0.02  # shares of other words
SENTENCES_IN_PARAGRAPH = 3
SAMPLED_WORDS = 400_000  # from which other words are drawn, as often as they occur
FIELDS = ("outlet", "date", "url", "title")

Record = dict[str, Any]


class VariedArticles:
    """Articles by number, each with id, title, outlet, date, url and text."""

    def __init__(self, path: Path):
        """Read the real articles: JSONL, compressed (.gz), with title, outlet, date, url and text."""
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            self._records = [json.loads(line) for line in lines]
        self._sentences = [re.split(r"(?<=[.!?”\"])\s+|\n+", r["text"].strip()) for r in self._records]
        rng, found = random.Random(0), []
        for n in rng.sample(range(len(self._records)), min(len(self._records), 1500)):
            found += self._records[n]["text"].split()
        rng.shuffle(found)
        self._names = [word for word in found if word[0].isupper() and word[-1].isalpha()][:SAMPLED_WORDS]
        self._words = [word for word in found if word.isalpha() and word.islower()][:SAMPLED_WORDS]

    def write(self, path: Path, numbers: Iterable[int]) -> Path:
        """Write articles into a JSONL file."""
        with path.open("w", encoding="utf-8") as file:
            for number in numbers:
                file.write(json.dumps(self.article(number), ensure_ascii=False) + "\n")
        return path

    def titles(self, numbers: Iterable[int]) -> list[str]:
        """Return the titles of articles, to be asked as questions."""
        return [self.article(number)["title"] for number in numbers]

    def article(self, number: int) -> Record:
        """Return an article."""
        rng = random.Random(number)
        if number and rng.random() < COPIES:
            original = self._new(max(0, number - rng.randrange(1, 100)))
            text = " ".join(self._other_words(original["text"].split(" "), CHANGED_IN_COPY, rng))
            outlet = rng.choice(self._records)["outlet"]
            return original | {"id": str(number), "outlet": outlet, "url": _address(outlet, number), "text": text}
        return self._new(number)

    def _new(self, number: int) -> Record:
        rng = random.Random(-1 - number)
        chosen = rng.sample(range(len(self._records)), SOURCES)
        first, dated = self._records[chosen[0]], self._records[chosen[1]]
        names: dict[str, str] = {}
        sentences = [sentence for n in chosen for sentence in self._sentences[n]]
        rng.shuffle(sentences)
        made = [self._varied(sentence, names, rng) for sentence in sentences[: len(self._sentences[chosen[0]])]]
        starts = range(0, len(made), SENTENCES_IN_PARAGRAPH)
        return {
            "id": str(number), "title": self._varied(first["title"], names, rng), "outlet": first["outlet"],
            "date": dated["date"], "url": _address(first["outlet"], number),
            "text": "\n\n".join(" ".join(made[i : i + SENTENCES_IN_PARAGRAPH]) for i in starts),
        }  # fmt: skip

    def _varied(self, sentence: str, names: dict[str, str], rng: random.Random) -> str:
        """Return a sentence with other figures, other names (the same for the same in an article), and some words."""
        words = self._other_words(sentence.split(), CHANGED_WORDS, rng)
        for i, word in enumerate(words):
            if word[0].isdigit():
                words[i] = "".join(str(rng.randint(1, 9)) if c.isdigit() else c for c in word)
            elif i and word[0].isupper():
                if word not in names:
                    names[word] = self._other_name(word, rng)
                words[i] = names[word]
        return " ".join(words)

    def _other_name(self, name: str, rng: random.Random) -> str:
        if rng.random() >= CHANGED_NAMES or not name[-1].isalpha():
            return name
        other = rng.choice(self._names)
        if rng.random() < BLENDED_NAMES:
            return other[: len(other) // 2] + rng.choice(self._names)[-4:].lower()
        return other

    def _other_words(self, words: list[str], share: float, rng: random.Random) -> list[str]:
        for i in rng.sample(range(len(words)), int(share * len(words) + rng.random())):
            if words[i].isalpha() and words[i].islower():
                words[i] = rng.choice(self._words)
        return words


def _address(outlet: str, number: int) -> str:
    return f"https://{re.sub('[^a-z]', '', outlet.lower()) or 'news'}.example/{number}"


class RandomVectors:
    """An `Encoder` of random unit vectors, always the same for the same text; tokens are estimated from words."""

    name, dimension, max_tokens = "random vectors", 384, 254

    def __init__(self) -> None:
        # A vector is the sum of two runs of these numbers, which begin where the text's checksum says: independent of
        # nearly all others, and a hundred times as fast as a generator for each text.
        self._numbers = np.random.default_rng(1).standard_normal(1 << 22, np.float32)

    def count(self, texts: Sequence[str]) -> list[int]:
        return [int(1.3 * (text.count(" ") + 1)) for text in texts]

    def encode(self, texts: Sequence[str], sentences: Sequence[Spans]) -> tuple[Vectors, list[Vectors]]:
        whole = self._vectors([text.encode() for text in texts])
        parts = self._vectors([t[a:b].encode() for t, own in zip(texts, sentences, strict=True) for a, b in own])
        return whole, np.split(parts, np.cumsum([len(own) for own in sentences])[:-1])

    def encode_question(self, question: str) -> Vectors:
        return np.asarray(self._vectors([question.encode()])[0], np.float32)

    def _vectors(self, texts: Sequence[bytes]) -> Vectors:
        sums = np.array([(zlib.crc32(text), zlib.adler32(text[::-1])) for text in texts], np.int64).reshape(-1, 2)
        starts = sums * [1, 0x9E3779B1] % (len(self._numbers) - self.dimension)
        run = np.arange(self.dimension)
        vectors = self._numbers[starts[:, :1] + run] + self._numbers[starts[:, 1:] + run]
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
