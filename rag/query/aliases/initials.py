"""Align a short form with the words before it: where does the long form of "NFC" begin?

After Schwartz and Hearst 2003, "A simple algorithm for identifying abbreviation definitions in biomedical text".
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.query.aliases.spelling import DOTTED, PARTICLES, folded

# By its number of letters, how far a short form may be from the initials of its long form.
MAX_COSTS = (0.0, 0.0, 0.0, 1.0, 2.0, 3.0)
_IMPOSSIBLE = 99.0


def long_form_start(short: str, words: Sequence[str], strict: bool = False) -> int | None:
    """Return the index of the word where the long form of a short form begins, or None.

    Each letter costs nothing at the beginning of a word and 1 inside a word. A word without any letter costs 1, a
    particle nothing. The cheapest beginning wins, then the nearest.

    Args:
        short: the short form.
        words: the words before it; the long form ends with the last one.
        strict: whether the letters must be initials without exception.
    """
    initials = folded(short)
    if any(map(str.isdigit, initials)) and not any(map(str.isdigit, "".join(words[-4:]))):
        initials = "".join(c for c in initials if not c.isdigit())
    if len(initials) < 2:
        return None
    strict = strict or sum(map(str.isupper, short)) < 2
    max_cost = 0.0 if strict else MAX_COSTS[min(len(initials), len(MAX_COSTS) - 1)]
    plain = [folded(word) for word in words]
    best: tuple[float, int] | None = None
    nearest = len(words) - 1
    for start in range(nearest, max(-1, nearest - 2 * len(initials) - 3), -1):
        if plain[start][:1] != initials[0] or (start == nearest and plain[start].startswith(initials)):
            continue
        cost = _cost(initials, words[start:], plain[start:])
        if cost <= max_cost and (best is None or cost < best[0]):
            best = cost, start
    return None if best is None else best[1]


def _cost(initials: str, words: Sequence[str], plain: Sequence[str]) -> float:
    """Return how far letters are from being the initials of words; _IMPOSSIBLE or more if they are not in them."""
    states = {0: 0.0}  # letters used -> cost
    for i, (word, bare) in enumerate(zip(words, plain, strict=True)):
        after: dict[int, float] = {}
        skip = 0.0 if bare in PARTICLES or not bare else 1.0 if word[0].isupper() else 1.5
        for used, cost in states.items():
            if i:
                after[used] = min(after.get(used, _IMPOSSIBLE), cost + skip)
            if used == len(initials) or not bare.startswith(initials[used]):
                continue
            free = "." in word and DOTTED.fullmatch(word)
            taken, place, run = used + 1, 1, 1
            after[taken] = min(after.get(taken, _IMPOSSIBLE), cost)
            while taken < len(initials) and (place := bare.find(initials[taken], place) + 1):
                taken += 1
                run = run + 1 if place == run + 1 else 0
                inner = 0.0 if free else 1.0 if run == taken - used else float(taken - used - 1)
                after[taken] = min(after.get(taken, _IMPOSSIBLE), cost + inner)
        states = after
    cost = states.get(len(initials), _IMPOSSIBLE)
    if words[0][0].islower() and any(word[0].isupper() for word in words[1:]):
        cost += 1.0
    return cost
