"""What the copies of a passage changed, in words: for each change who made it, and the words removed and added.

Copies that made the same change are one. Written once for the terminal, the browser app, Markdown and the exports, as
`wording` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.answer.balance import UNKNOWN_OUTLET
from rag.answer.precedence import AGENCY, EARLIEST, LATER, UNKNOWN_ORDER
from rag.answer.variants import Variant
from rag.answer.wording import Phrase, listed, via
from rag.provenance.differences import signed_words, word_diff
from rag.text import one_line, short_name, spelled_date

if TYPE_CHECKING:
    from rag.answer.citation import Citation

MAX_OUTLETS = 4  # that made the same change and are named
ORDER = {
    AGENCY: "Shown above is the version of the agency that is credited.",
    EARLIEST: "Shown above is the earliest version by date.",
    UNKNOWN_ORDER: "Which version came first is not known: dates are missing or the same.",
    LATER: "Shown above is not the first version: that is among these.",
}
_KINDS = {
    "number": "another number",
    "negation": "a negation added or removed",
    "name": "another name",
    "other": "other words",
}


@dataclass(frozen=True)
class Part:
    """Words of both versions, or what was removed and what was added in its place.

    Attributes:
        removed: words of the passage; empty where words were added.
        added: words of the copy; the same as `removed` but for letter case, punctuation and white space if `same`.
        same: whether both versions have these words.
    """

    removed: str
    added: str
    same: bool


@dataclass(frozen=True)
class Change:
    """A run of sentences that some copies print in other words, and all of them in the same.

    Attributes:
        variants: what each of the copies prints.
        parts: the words removed and added, in the order of the text.
    """

    variants: tuple[Variant, ...]
    parts: tuple[Part, ...]

    @property
    def in_quotation(self) -> bool:
        """Whether the quoted sentences are among those that differ."""
        return self.variants[0].in_quotation

    @property
    def heading(self) -> Phrase:
        """Who made the change, and its kind: "The Post (3 May 2022): another number"."""
        names = listed([source(variant) for variant in self.variants], MAX_OUTLETS)
        return Phrase(f"{{}}: {kind(self.variants[0])}", names)

    def __str__(self) -> str:
        """The sentences, with brackets around what was removed and added: "[Three → Thirty] soldiers died"."""
        return one_line("".join(_marked(part) for part in self.parts))


def changes(citation: Citation) -> list[Change]:
    """Return what the copies of a citation's passage changed, changes of the quoted sentences first."""
    found: dict[tuple[object, ...], list[Variant]] = {}
    for variant in citation.variants:
        found.setdefault((variant.replaces, tuple(signed_words(variant.text))), []).append(variant)
    return [Change(tuple(same), _parts(citation, same[0])) for same in found.values()]


def heading(citation: Citation) -> str:
    """Return what the changes are called: no version is said to be changed if it may have been the first."""
    is_first = citation.version_basis in (AGENCY, EARLIEST)
    return "What the copies changed" if is_first else "Where the copies differ"


def kind(variant: Variant) -> str:
    """Return the kind of a change in words."""
    if variant.start == variant.end:
        return "leaves this out"
    return "adds this" if variant.replaces[0] == variant.replaces[1] else _KINDS[variant.difference]


def order_note(citation: Citation) -> str:
    """Return why this version is the one that is cited; an empty string where no copy has other words."""
    return ORDER[citation.version_basis] if citation.version_basis else ""


def _parts(citation: Citation, variant: Variant) -> tuple[Part, ...]:
    start, end = (edge - citation.start for edge in variant.replaces)
    old, new = citation.text[start:end], variant.text
    return tuple(Part(old[slice(*s.old)], new[slice(*s.new)], s.same) for s in word_diff(old, new))


def _marked(part: Part) -> str:
    if part.same:
        return part.added
    removed, added = part.removed.strip(), part.added.strip()
    inner = f"{removed} → {added}" if removed and added else f"left out: {removed}" if removed else f"added: {added}"
    return f"[{inner}] "


def source(variant: Variant) -> str:
    """Return the outlet and the date of a copy: "The Post, via Example (3 May 2022)"."""
    day = spelled_date(variant.date) if variant.date else "undated"
    return f"{short_name(variant.outlet or UNKNOWN_OUTLET)}{via(variant)} ({day})"


def changes_text(citation: Citation) -> Sequence[str]:
    """Return what the copies changed as lines of plain text; none where no copy has other words."""
    found = changes(citation)
    if not found:
        return ()
    return [f"{heading(citation)}:", *(f"- {change.heading}: {change}" for change in found), order_note(citation)]
