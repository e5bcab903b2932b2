"""Dossier -> PDF, by Typst: tagged for screen readers (PDF/UA), with the receipts attached.

Texts are given to Typst as data, which it never reads as markup. Its own fonts have Latin, Greek, Cyrillic and Hebrew
letters; Amiri has Arabic and Persian ones; for others, those that the machine has are used. Letters that no font has
are said to be missing, on the first page.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import json
from importlib import resources
from typing import Any

from rag.comparison.dossier.contents import contents
from rag.comparison.dossier.dossier import Dossier
from rag.comparison.dossier.envelope import ATTACHMENT, block_text, checksum
from rag.errors import InputError
from rag.text import sanitise

ACCESSIBLE = "ua-1"
UNPRINTED = (
    "Some letters of the quotations cannot be printed here, since no font on the machine that made this file has them: "
    "the receipts, which are attached, have all of them."
)
MISSING = "could not be displayed"  # in Typst's error, of a letter that no font has
_HINT = "to write PDF: pip install 'according[pdf]'; HTML and Markdown need nothing more"


def pdf(dossier: Dossier) -> bytes:
    """Return a dossier as PDF.

    Raises:
        InputError: if Typst or its font is not installed.
    """
    shown = json.dumps(_harmless(dataclasses.asdict(contents(dossier))))
    return _attached(_compiled(shown), dossier)


def can_write_pdf() -> bool:
    """Return whether Typst and its font are installed."""
    return all(map(importlib.util.find_spec, ("typst", "fontpkg_amiri")))


def page_checksum(reader: Any) -> str:
    """Return the checksum of what the pages of a PDF draw, and of what they lead to.

    Args:
        reader: a pypdf reader or writer.
    """
    parts = []
    for page in reader.pages:
        drawn = page.get_contents()
        parts.append("" if drawn is None else drawn.get_data().decode("latin-1"))
        for annotation in page.get("/Annots") or ():
            action = annotation.get_object().get("/A")
            parts.append("" if action is None else str(action.get_object().get("/URI")))
    return checksum(*parts)


def _compiled(shown: str) -> bytes:
    """Return the pages, in a form that screen readers know unless a letter is missing."""
    font = importlib.util.find_spec("fontpkg_amiri")
    try:
        import typst
    except ImportError as error:
        raise InputError(_HINT) from error
    if font is None or font.origin is None:
        raise InputError(_HINT)
    source = resources.files("rag.comparison.dossier").joinpath("dossier.typ").read_bytes()
    fonts = typst.Fonts(font_paths=[str(resources.files("fontpkg_amiri").joinpath("files"))])

    def compiled(notes: str, standards: list[Any]) -> bytes:
        inputs = {"shown": shown, "notes": notes}
        made = typst.compile(source, format="pdf", font_paths=fonts, sys_inputs=inputs, pdf_standards=standards)
        return bytes(made)

    try:
        return compiled("", [ACCESSIBLE])
    except typst.TypstError as error:
        if MISSING not in str(error):
            raise
        return compiled(UNPRINTED, [])


def _attached(pages: bytes, dossier: Dossier) -> bytes:
    """Return a PDF with the receipts attached."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pages)))
    writer.add_attachment(ATTACHMENT, block_text(dossier, page_checksum(writer)).encode())
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _harmless(value: Any) -> Any:
    """Return values with each text in them made harmless to a reader (`rag.text.sanitise`)."""
    if isinstance(value, str):
        return sanitise(value)
    if isinstance(value, dict):
        return {name: _harmless(each) for name, each in value.items()}
    return [_harmless(each) for each in value] if isinstance(value, list | tuple) else value
