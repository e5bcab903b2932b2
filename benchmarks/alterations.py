"""Change articles as those do that republish them: cut, framed, edited, or with another number, name or negation."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from rag.sentence_splitter import sentence_spans


def beginning(share: float, text: str) -> str:
    """Return the first sentences of a text, a share of all."""
    spans = sentence_spans(text)
    return text[: spans[max(0, int(len(spans) * share) - 1)][1]]


def edited(share: float, text: str, rng: random.Random) -> str:
    """Return a text with a share of its words replaced by others of it, white space as one space."""
    words = text.split()
    return " ".join(rng.choice(words) if rng.random() < share else word for word in words)


def framed(text: str, texts: Sequence[str], rng: random.Random) -> str:
    """Return a text between the beginnings of two others."""
    before, after = (beginning(0.1, rng.choice(texts)) for _ in range(2))
    return f"{before}\n{text}\n{after}"


def republished(texts: Sequence[str], rng: random.Random) -> dict[str, Callable[[str], str]]:
    """Return what republishers do to a text, by name; the names are those of docs/measurements/duplicates.md."""
    return {
        "unchanged": lambda t: t,
        "first 70%": lambda t: beginning(0.7, t),
        "first half": lambda t: beginning(0.5, t),
        "first third": lambda t: beginning(0.33, t),
        "first fifth": lambda t: beginning(0.2, t),
        "2% of words changed": lambda t: edited(0.02, t, rng),
        "5% of words changed": lambda t: edited(0.05, t, rng),
        "10% of words changed": lambda t: edited(0.10, t, rng),
        "between a republisher's words": lambda t: framed(t, texts, rng),
        "first half, between a republisher's words": lambda t: framed(beginning(0.5, t), texts, rng),
    }


def falsified(rng: random.Random) -> dict[str, Callable[[str], str]]:
    """Return how a text can be made to say something else, by the kind of difference; unchanged if it cannot."""
    return {
        "number": lambda t: _one(r"\b\d+\b|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b", "eleven", t, rng),
        "negation": lambda t: _one(r"\b(?:was|were|is|are|has|had|will|would)\b(?! not)", r"\g<0> not", t, rng),
        "name": lambda t: _one(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b", "Selwyn", t, rng),
        "other": lambda t: _one(r"\bsaid\b|\btold\b|\bwrote\b", "pretended", t, rng),
    }


def _one(pattern: str, replacement: str, text: str, rng: random.Random) -> str:
    """Return a text with one of the places that match replaced."""
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + match.expand(replacement) + text[match.end() :]
