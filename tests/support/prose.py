"""Made-up news, as long as a test needs it."""

import random

WORDS = [
    a + b + c for a in ("ba", "ke", "li", "mo", "ru") for b in ("na", "te", "si", "do") for c in ("r", "l", "ndo", "x")
]


def prose(seed, count=12):
    """Sentences of made-up news, each of its own."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=14)).capitalize() + f" on day {seed} {i}." for i in range(count)]
