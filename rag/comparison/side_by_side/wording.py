"""The sentences that explain a comparison: written once for the terminal, notebooks and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.changes import kind
from rag.answer.grade import NEAR
from rag.answer.wording import KINDS_LEFT_OUT, MAX_NAMES, MAY_NOT_ANSWER, Phrase, counted, listed, via, when
from rag.provenance.outlet import UNCLASSIFIED
from rag.text import short_name

if TYPE_CHECKING:
    from rag.answer.changes import Change
    from rag.answer.citation import Citation
    from rag.article import Article
    from rag.comparison.side_by_side.comparison import By, Comparison, Row
    from rag.comparison.side_by_side.shared import Sharer
    from rag.provenance.catalogue import Catalogue

MAX_SILENT = 8  # silent groups that are named
MAX_ON_SIDE = 12  # outlets of a side that are named
NOUNS: dict[By, str] = {
    "outlet": "outlet", "kind": "kind of outlets", "host": "site", "country": "country", "year": "year", "side": "side",
}  # fmt: skip
PLURALS = {"kind of outlets": "kinds of outlets", "country": "countries"}

DIGEST = "digest"
ANOTHER_ARTICLE = "another article"
DIGESTS = "Digests are summaries, not the outlets’ own words"


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


def row_source(row: Row, by: By, citation: Citation | None = None) -> str:
    """Return who published a passage of a row, where it was taken from, and when; not the outlet if the row is its own.

    Args:
        row: the row.
        by: what the rows are.
        citation: one of its further passages; None for its best one.
    """
    cited = citation or row.citation
    own = "" if by == "outlet" and not row.shared_with else short_name(cited.outlet or UNKNOWN_OUTLET)
    return f"{own}{via(cited)}, {when(cited)}".removeprefix(", ")


def row_facts(row: Row) -> list[Phrase]:
    """Return what is said of a row: whether it is a digest or may not answer, what its group has, and who shares it."""
    span = f"{row.first} to {row.last}" if row.first != row.last else f"{row.first or ''}"
    facts = [Phrase(DIGEST)] if row.citation.kind == "digest" else []
    facts += [Phrase(MAY_NOT_ANSWER)] if row.grade == NEAR else []
    if row.passages > 1:
        facts.append(Phrase(", ".join(filter(None, (extent(row), span)))))
    return [*facts, shared_by(row)] if row.shared_with else facts


def passage_facts(row: Row, cited: Citation) -> list[Phrase]:
    """Return what is said of one of the passages of a row."""
    return row_facts(row) if cited is row.citation else further_facts(cited)


def further_facts(cited: Citation) -> list[Phrase]:
    """Return what is said of a further passage: that it is of another article, a digest, or may not answer."""
    facts = [Phrase(ANOTHER_ARTICLE)]
    facts += [Phrase(DIGEST)] if cited.kind == "digest" else []
    return facts + ([Phrase(MAY_NOT_ANSWER)] if cited.grade == NEAR else [])


def shared_by(row: Row) -> Phrase:
    """Return which other groups share a row."""
    return Phrase("also printed, or nearly, by {}", listed(row.shared_with, MAX_NAMES))


def short_facts(row: Row, catalogue: Catalogue, with_kind: bool = True) -> list[Phrase]:
    """Return what is said of a row where its date has a column of its own, and who shares it rows of their own.

    Args:
        row: the row.
        catalogue: what is known of outlets.
        with_kind: whether the kind of the outlet is said.
    """
    cited = row.citation
    name = cited.outlet or UNKNOWN_OUTLET
    facts = [Phrase(MAY_NOT_ANSWER)] if row.grade == NEAR else []
    facts += [Phrase("{}", name)] if name != row.group else []
    facts += [*outlet_facts(cited.outlet, catalogue, with_kind), host(cited)]
    facts += [Phrase(DIGEST)] if cited.kind == "digest" else []
    if row.passages > 1:
        years = sorted({day.year for day in (row.first, row.last) if day})
        facts.append(Phrase(", ".join(filter(None, (extent(row), " to ".join(map(str, years)))))))
    return facts


def outlet_facts(name: str | None, catalogue: Catalogue, with_kind: bool = True) -> list[Phrase]:
    """Return the kind of an outlet, and whose state media it is, as far as the catalogue knows."""
    known = catalogue.outlet(name) if name else None
    facts = [Phrase(known.kind)] if known and known.kind and with_kind else []
    return facts + ([Phrase("state media of {}", known.state.value)] if known and known.state else [])


def host(cited: Citation | Article) -> Phrase:
    """Return which site a text was taken from, if not its outlet's: "via example.org"; else an empty phrase."""
    return Phrase("{}", via(cited).removeprefix(", "))


def extent(row: Row) -> str:
    """Return how many passages of a row's group fit nearly as well: "3 passages in 2 articles"."""
    return f"{counted(row.passages, 'passage')} in {counted(row.articles, 'article')}"


def kinds(name: str) -> str:
    """Return what outlets of a kind are called: "News agencies"; "Not classified" for those without one."""
    words = "not classified" if name == UNCLASSIFIED else KINDS_LEFT_OUT.get(name, name)
    return f"{words[0].upper()}{words[1:]}"


def shares(sharer: Sharer, row: Row) -> Phrase:
    """Return how a copy compares with its row: "Word for word as in The Post", "Nearly as in The Post"."""
    return Phrase("Word for word as in {}" if sharer.prints_quotation else "Nearly as in {}", row.group)


def differs(change: Change) -> str:
    """Return the kind of a change of a near-copy: "Another number"; where it is, unless in the quoted sentences."""
    words = kind(change.variants[0]) + ("" if change.in_quotation else ", elsewhere in the passage")
    return f"{words[0].upper()}{words[1:]}"


def on_sides(comparison: Comparison) -> Phrase | str:
    """Return which outlets are on each side, without which "no Western media" would claim more than is known.

    An empty string if each side is one outlet of that name, or no sides are compared.
    """
    if all(outlets == (side,) for side, outlets in comparison.sides.items()) and not comparison.several:
        return ""
    sides = [
        Phrase("{} ({})", side, listed(outlets, MAX_ON_SIDE) if outlets else "no outlet that the catalogue knows of")
        for side, outlets in comparison.sides.items()
    ]
    on_one = [
        Phrase("{} is on {} too, and counts on the side {} alone", outlet, listed(others, MAX_ON_SIDE), own)
        for outlet, (own, *others) in list(comparison.several.items())[:MAX_ON_SIDE]
    ]
    return Phrase(f"Sides: {'; '.join(['{}'] * len([*sides, *on_one]))}", *sides, *on_one)


def more(comparison: Comparison) -> str:
    """Return how many groups have a passage near enough, and no row; an empty string for none."""
    if not comparison.more:
        return ""
    has = "has" if comparison.more == 1 else "have"
    return f"{groups(comparison.more, comparison.by).replace(' ', ' more ', 1)} {has} a passage near enough"


def no_match(comparison: Comparison) -> str:
    """Return how many groups have nothing near enough: "No close match: 28 outlets"; an empty string for none."""
    if not comparison.silent:
        return ""
    number = groups(len(comparison.silent), comparison.by)
    if comparison.whole:
        return f"No close match: {number}"
    return f"No passage seen: {number}, since more are near than can be compared"


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
