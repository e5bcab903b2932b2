"""Dossier: what groups of articles say about one question, when they said it, and the receipts of every quotation."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.answer.citation import Citation, cite_span
from rag.answer.variants import Variant
from rag.article import Article
from rag.comparison.dossier.quoted import PASSAGE, TIMELINE, VARIANT, Quoted, Receipt
from rag.comparison.side_by_side.comparison import Comparison
from rag.comparison.timeline.timeline import Timeline
from rag.errors import InputError
from rag.whole_file import replaced

if TYPE_CHECKING:
    from rag.provenance.catalogue import Catalogue

HTML, MARKDOWN, PDF = ".html", ".md", ".pdf"
FORMATS = (HTML, MARKDOWN, PDF)


@dataclass(frozen=True)
class Dossier:
    """What groups of articles say about one question, and when they said it.

    Attributes:
        comparison: what each group says.
        timeline: what is said of which day.
        quotations: every quotation, numbered: the passages of the comparison, then those of the timeline with other
            sentences marked, then what near-copies have in other words.
        accessed: the day on which the question was asked.
        generation: how often the index had changed until then.
        kinds: the kind of each outlet that is a group, by the catalogue; None where it has none.
    """

    comparison: Comparison
    timeline: Timeline
    quotations: tuple[Quoted, ...]
    accessed: dt.date
    generation: int
    kinds: Mapping[str, str | None] = field(default_factory=dict)
    _catalogue: Catalogue | None = field(default=None, repr=False, compare=False)

    @property
    def question(self) -> str:
        """The question, as asked."""
        return self.comparison.question

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """The receipts of the quotations."""
        return tuple(quoted.receipt for quoted in self.quotations)

    def bibliography(self) -> list[dict[str, Any]]:
        """Return a CSL 1.0.2 item for each article quoted, by the first of its quotations."""
        from rag.answer.export import csl_item

        first = {q.citation.article_id: q.citation for q in reversed(self.quotations)}
        ordered = dict.fromkeys(q.citation.article_id for q in self.quotations)
        return [csl_item(first[article_id], self.accessed, self._catalogue) for article_id in ordered]

    def to_dict(self) -> dict[str, Any]:
        """Return what the machine-readable block of a file holds, in JSON types."""
        return {
            "question": self.question,
            "accessed": self.accessed.isoformat(),
            "generation": self.generation,
            "articles": self.comparison.answer.balance.index.articles,
            "receipts": [receipt.to_dict() for receipt in self.receipts],
            "bibliography": self.bibliography(),
        }

    def to_html(self) -> str:
        """Return one HTML file that needs nothing from anywhere else, and no script."""
        from rag.comparison.dossier.html import html

        return html(self)

    def to_markdown(self) -> str:
        """Return Markdown in which nothing that an article holds is taken for markup."""
        from rag.comparison.dossier.markdown import markdown

        return markdown(self)

    def to_pdf(self) -> bytes:
        """Return a tagged PDF, with the receipts attached to it.

        Raises:
            InputError: if the packages of `according[pdf]` are not installed.
        """
        from rag.comparison.dossier.pdf import pdf

        return pdf(self)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the dossier to a file; it is complete at once, or not there.

        Args:
            path: its name ends in .html, .md or .pdf.

        Raises:
            InputError: for another ending, if the file cannot be written, or as `to_pdf` does.
        """
        to = check_path(path)
        suffix = to.suffix.lower()
        text = self.to_pdf() if suffix == PDF else (self.to_html() if suffix == HTML else self.to_markdown()).encode()
        replace_file(to, text)


def check_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of a dossier to write.

    Raises:
        InputError: if its name does not end as one that can be written does, or its folder does not exist.
    """
    to = Path(path)
    if to.suffix.lower() not in FORMATS:
        raise InputError(f"cannot write {to}: a dossier is a file whose name ends in .html, .md or .pdf")
    if not to.parent.is_dir():
        raise InputError(f"cannot write {to}: there is no folder {to.parent}; make it first")
    return to


def replace_file(path: Path, content: bytes) -> None:
    """Put content in a file's place at once.

    Raises:
        InputError: if the file cannot be written.
    """
    try:
        with replaced(path) as part, part.open("wb") as made:
            made.write(content)
            made.flush()
            os.fsync(made.fileno())
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def compile_dossier(
    comparison: Comparison,
    timeline: Timeline,
    article: Callable[[str], Article],
    catalogue: Catalogue,
    accessed: dt.date,
    generation: int,
) -> Dossier:
    """Return a dossier, each of its quotations numbered.

    Args:
        comparison: what each group says.
        timeline: what is said of which day.
        article: gives the article of an id.
        catalogue: the outlets known by name.
        accessed: the day on which the question was asked.
        generation: the generation of the index that answered.

    Raises:
        CitationError: if a near-copy's words are not in its article any more.
    """
    found = [Quoted(number, PASSAGE, c) for number, c in enumerate(_distinct(comparison.answer.passages), 1)]
    for c in timeline.answer.passages:
        if number_of(found, c) is None:
            found.append(Quoted(len(found) + 1, TIMELINE, c))
    for quoted in list(found):
        for variant in quoted.citation.variants if quoted.role == PASSAGE else ():
            if variant.start < variant.end:
                found.append(Quoted(len(found) + 1, VARIANT, _cited(variant, article), quoted.number))
    named = [row.group for row in comparison.rows] + [silent.group for silent in comparison.silent]
    kinds = {
        name: known.kind if (known := catalogue.outlet(name)) else None for name in named if comparison.by == "outlet"
    }
    return Dossier(comparison, timeline, tuple(found), accessed, generation, kinds, catalogue)


def number_of(quotations: Iterable[Quoted], citation: Citation) -> int | None:
    """Return the number of the quotation that has a citation's quoted sentences marked; None if none has."""
    for quoted in quotations:
        same = (quoted.citation.article_id, quoted.citation.quote) == (citation.article_id, citation.quote)
        if same and quoted.role != VARIANT:
            return quoted.number
    return None


def _distinct(citations: Iterable[Citation]) -> list[Citation]:
    """Return citations without those that quote the same sentences as an earlier one."""
    first: dict[tuple[str, tuple[int, int]], Citation] = {}
    for c in citations:
        first.setdefault((c.article_id, c.quote), c)
    return list(first.values())


def _cited(variant: Variant, article: Callable[[str], Article]) -> Citation:
    """Return the words of a variant as a citation."""
    span = variant.start, variant.end
    return replace(cite_span(article(variant.article_id), span, span), variants=())
