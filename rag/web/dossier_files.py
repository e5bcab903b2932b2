"""The dossier of an answer as a file: to download, or as JSON for programs; which kinds this machine can write."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rag.answer.html import Html
from rag.comparison.dossier.dossier import HTML, MARKDOWN, PDF, Dossier
from rag.comparison.dossier.pdf import can_write_pdf
from rag.web.urls import answer_url


@dataclass(frozen=True)
class DossierFile:
    """A kind of file.

    Attributes:
        label: what readers are shown as its name.
        suffix: of the file's name.
        media: its media type.
        write: makes the file's content.
    """

    label: str
    suffix: str
    media: str
    write: Callable[[Dossier], str | bytes]


# By what the URL names them (see `urls.answer_url`).
DOSSIERS = {
    "dossier-html": DossierFile("HTML", HTML, "text/html; charset=utf-8", Dossier.to_html),
    "dossier-markdown": DossierFile("Markdown", MARKDOWN, "text/markdown; charset=utf-8", Dossier.to_markdown),
    "dossier-pdf": DossierFile("PDF", PDF, "application/pdf", Dossier.to_pdf),
}


def offered() -> dict[str, DossierFile]:
    """Return the files that can be written here, by their names; PDF needs the packages of `according[pdf]`."""
    return {name: file for name, file in DOSSIERS.items() if file.suffix != PDF or can_write_pdf()}


def dossiers_html(handle: str) -> Html:
    """Return links to the dossier of an answer, one for each file that can be written here."""
    anchor = Html('<a href="{}" download>Dossier as {}</a>')
    return Html(" ").join(anchor.format(answer_url(handle, name), file.label) for name, file in offered().items())


def as_json(dossier: Dossier, form: str) -> dict[str, Any]:
    """Return a dossier as a file in JSON types, with what is in it.

    Args:
        dossier: the dossier.
        form: "html", "markdown" or "pdf".

    Raises:
        InputError: for PDF, if the packages of `according[pdf]` are not installed.
    """
    file, compared = DOSSIERS[f"dossier-{form}"], dossier.comparison
    written = file.write(dossier)
    return {
        "question": dossier.question, "grade": compared.grade, "found": compared.found, "rows": len(compared.rows),
        "silent": len(compared.silent), "receipts": len(dossier.quotations),
        "name": f"according-dossier{file.suffix}", "media": file.media,
        "text": written if isinstance(written, str) else None,
        "data": None if isinstance(written, str) else base64.b64encode(written).decode("ascii"),
    }  # fmt: skip
