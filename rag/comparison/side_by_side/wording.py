"""The sentences that explain a comparison: written once for the terminal, notebooks and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.grade import NEAR
from rag.answer.wording import MAX_NAMES, Phrase, counted, listed, via, when

if TYPE_CHECKING:
    from rag.comparison.side_by_side.comparison import By, Comparison, Row

MAX_SILENT = 8  # silent groups that are named
MAX_ON_SIDE = 12  # outlets of a side that are named
NOUNS: dict[By, str] = {
    "outlet": "outlet", "kind": "kind of outlets", "host": "site", "country": "country", "year": "year", "side": "side",
}  # fmt: skip
PLURALS = {"kind of outlets": "kinds of outlets", "country": "countries"}
MAY_NOT_ANSWER = "may not answer"


def groups(number: int, by: By) -> str:
    """Return how many groups there are: "1 outlet", "3 kinds of outlets"."""
    noun = NOUNS[by]
    return f"{number:,} {noun if number == 1 else PLURALS.get(noun, f'{noun}s')}"


def scope(comparison: Comparison) -> str:
    """Return how many groups have a row, of how many that have something near enough."""
    shown, near = len(comparison.rows), len(comparison.rows) + comparison.more
    if shown < near:
        return f"{shown:,} of {groups(near, comparison.by)} with a passage near enough"
    return f"{groups(shown, comparison.by)} with a passage near enough"


def row_source(row: Row, by: By) -> str:
    """Return who published a row's passage, where it was taken from, and when; not the outlet if the row is its own."""
    own = "" if by == "outlet" and not row.shared_with else row.citation.outlet or UNKNOWN_OUTLET
    return f"{own}{via(row.citation)}, {when(row.citation)}".removeprefix(", ")


def row_facts(row: Row) -> list[Phrase]:
    """Return what is said of a row: whether it is a digest or may not answer, what its group has, and who shares it."""
    span = f"{row.first} to {row.last}" if row.first != row.last else f"{row.first or ''}"
    facts = [Phrase("digest")] if row.citation.kind == "digest" else []
    facts += [Phrase(MAY_NOT_ANSWER)] if row.grade == NEAR else []
    if row.passages > 1:
        number = f"{counted(row.passages, 'passage')} in {counted(row.articles, 'article')}"
        facts.append(Phrase(", ".join(filter(None, (number, span)))))
    if row.shared_with:
        facts.append(Phrase("also printed, or nearly, by {}", listed(row.shared_with, MAX_NAMES)))
    return facts


def on_sides(comparison: Comparison) -> Phrase | str:
    """Return which outlets are on each side, without which "no Western media" would claim more than is known.

    An empty string if each side is one outlet of that name, or no sides are compared.
    """
    if all(outlets == (side,) for side, outlets in comparison.sides.items()):
        return ""
    sides = [
        Phrase("{} ({})", side, listed(outlets, MAX_ON_SIDE) if outlets else "no outlet that the catalogue knows of")
        for side, outlets in comparison.sides.items()
    ]
    return Phrase(f"Sides: {'; '.join(['{}'] * len(sides))}", *sides)


def silent(comparison: Comparison) -> Phrase | str:
    """Return which groups have nothing near enough, with their numbers of articles; an empty string for none."""
    if not comparison.silent:
        return ""
    names = [f"{each.group} ({each.articles:,})" for each in comparison.silent]
    number = groups(len(names), comparison.by)
    if not comparison.whole:
        why = "since more are near than can be compared"
        return Phrase(f"No passage seen from {number}, {why}; by number of articles: {{}}", listed(names, MAX_SILENT))
    return Phrase(f"No passage near enough from {number}; by number of articles: {{}}", listed(names, MAX_SILENT))
