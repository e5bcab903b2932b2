"""Dossier -> Markdown (GitHub's: with tables), in which nothing that an article holds is taken for markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.answer.markdown import block, link, plain
from rag.comparison.dossier.contents import Contents, Shown, contents
from rag.comparison.dossier.dossier import Dossier
from rag.comparison.dossier.envelope import MARKDOWN_BLOCK, enveloped
from rag.text import one_line

HEADING = "Quotation"  # above each, with its number


def markdown(dossier: Dossier) -> str:
    """Return a dossier as Markdown, its receipts in a comment at the end."""
    shown = contents(dossier)
    parts = [
        f"# {plain(shown.question)}",
        *(plain(line) for line in (*shown.notices, *shown.about)),
        *_compared(shown),
        *_when(shown),
        *_figures(shown),
        *_changed(shown),
        *_silent(shown),
        "## Quotations and their receipts",
        *(part for quotation in shown.quotations for part in _quotation(quotation)),
        "## Bibliography",
        "\n".join(f"* {plain(words)} {link(url) if url else ''}".rstrip() for words, url in shown.references)
        or "Nothing is quoted.",
        "## Check this file",
        "`according verify THIS-FILE --index INDEX` compares every receipt with the index, and the words above with "
        "the receipts. The receipts and the bibliography, as CSL-JSON, are in a comment at the end of this file.",
        "\n".join(MARKDOWN_BLOCK),
    ]
    return enveloped("\n\n".join(parts) + "\n", MARKDOWN_BLOCK, dossier)


def reference(number: int) -> str:
    """Return the link from a line of a table to a quotation."""
    return f"[{number}](#quotation-{number})"


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    return plain(one_line(text))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _compared(shown: Contents) -> Iterable[str]:
    if not shown.rows:
        return
    yield "## Side by side"
    rows = [
        (
            reference(row.number),
            "; ".join(filter(None, (cell(row.group), cell(row.kind), cell(row.who)))),
            "; ".join(filter(None, (cell(row.when), cell(row.note), cell(row.also)))),
            cell(row.articles),
            cell(row.quotation),
        )
        for row in shown.rows
    ]
    yield _table(("No.", shown.group, "When", "Articles", "Quotation"), rows)
    if shown.more:
        yield shown.more
    if shown.spoke:
        yield "Outlets by kind:"
        yield _table(
            ("Kind", "With a passage", "Silent"),
            ((cell(of.kind), f"{of.speaking:,}", f"{of.silent:,}") for of in shown.spoke),
        )


def _when(shown: Contents) -> Iterable[str]:
    if not shown.said:
        return
    yield "## Timeline"
    yield _table(
        ("No.", "Day", "Said by", "Quotation"),
        (
            (
                reference(said.number),
                "; ".join(filter(None, (cell(said.day), cell(said.note)))),
                cell(said.who),
                cell(said.quotation),
            )
            for said in shown.said
        ),
    )


def _figures(shown: Contents) -> Iterable[str]:
    if not shown.figures:
        return
    yield "## Figures given"
    rows = [
        (cell(figure.value), "; ".join(f"{cell(by)} ({reference(number)})" for by, number in figure.by))
        for figure in shown.figures
    ]
    yield _table(("Figure", "Given by"), rows)


def _changed(shown: Contents) -> Iterable[str]:
    if not shown.changed:
        return
    yield "## What copies have in other words"
    for change in shown.changed:
        if change.heading:
            yield f"{change.heading} (quotation {reference(change.of)}):"
        where = f" ({', '.join(map(reference, change.numbers))})" if change.numbers else ""
        yield f"* {cell(change.who)}: {cell(change.kind)}{where}: {cell(change.text)}"
        if change.order:
            yield change.order


def _silent(shown: Contents) -> Iterable[str]:
    if not shown.silent:
        return
    yield "## Silent"
    yield f"{shown.groups[0].upper()}{shown.groups[1:]} in the index of which no passage is near enough:"
    yield _table((shown.group, "Articles"), ((cell(name), f"{number:,}") for name, number in shown.silent))


def _quotation(quotation: Shown) -> Iterable[str]:
    yield f"### {HEADING} {quotation.number}"
    yield f"{quotation.attribution} **{cell(quotation.outlet)}**{cell(quotation.via)}, {cell(quotation.when)}:"
    text = quotation.before + quotation.marked + quotation.after
    yield block(text, len(quotation.before), len(quotation.before) + len(quotation.marked))
    about = [plain(part) for part in (quotation.title, *quotation.notes) if part]
    about += [link(quotation.url, quotation.href)] if quotation.url else []
    if about:
        yield "; ".join(about)
    yield "\n".join(f"* {name}: {cell(value)}" for name, value in quotation.receipt)
