"""Read Word documents (.docx): one article, whose title, date and byline are found as in plain text.

The properties of a document name whoever saved it last and when, which is nobody's byline and no date of publication.
What was deleted with changes being tracked is not read, what was inserted is.
"""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex

from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import archive, decoding, left_out, limits, plain_text, references

MAX_PARTS = 5_000  # of a document: its text, styles, pictures
MAX_UNPACKED_BYTES = 128 * 2**20  # of all parts
MAX_TAGS = 3_000_000  # of all parts: they take 0.4 GB and 3 s, and a book of a thousand pages has half a million
_CHUNK_BYTES = 2**20
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # a text box for old programs
_PRINTED = {f"{_WORD}tab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "\u2011"}
_OUTSIDE = {  # parts of a document by the beginning of their names, and what is left out of them
    **dict.fromkeys(("header", "footer"), "heads and feet of pages"),
    **dict.fromkeys(("footnotes", "endnotes", "comments"), "notes and comments"),
    "document.xml": "text that was deleted with changes being tracked",
}
_RUN = regex.compile(r"<w:t(?:\s[^<>]*)?>([^<]*)")
_DELETED = regex.compile(r"<w:delText(?:\s[^<>]*)?>([^<]*)")
_FIELD = regex.compile(r"\p{L}[\p{L} _-]{0,30}:[ \t]+\S.*")


def read(path: Path, catalogue: Catalogue) -> Iterator[Article]:
    """Yield the article of a .docx file.

    Raises:
        InputError: if the file is no such document, or has no text.
    """
    article = plain_text.parse(decoding.clean(_text(path)), catalogue, str(path))
    if left_out.is_asked():
        _report_left_out(path)
    yield article


def _report_left_out(path: Path) -> None:
    """Put on record what a document has outside of its text: heads and feet of pages, notes, comments, deletions."""
    with archive.open_zip(path) as parts, contextlib.suppress(*archive.DAMAGED, NotImplementedError):
        for name in parts.namelist():
            if reason := next((reason for part, reason in _OUTSIDE.items() if name.startswith(f"word/{part}")), None):
                text = parts.read(name).decode("utf-8", "replace")
                printed = _DELETED if name == "word/document.xml" else _RUN
                runs = ("".join(printed.findall(paragraph)) for paragraph in text.split("</w:p>"))
                left_out.report(str(path), reason, (decoding.clean(references.decode(run)) for run in runs))


def _text(path: Path) -> str:
    """Return the paragraphs of a document, a blank line between them."""
    paragraphs = [paragraph for paragraph in _paragraphs(_body(path)) if paragraph.strip()]
    if not paragraphs:
        raise InputError("no text in it; if it is a picture of a text, it needs OCR first")
    joined = paragraphs[:1]
    for above, paragraph in pairwise(paragraphs):
        both_fields = _FIELD.fullmatch(above.strip()) and _FIELD.fullmatch(paragraph.strip())
        joined += ["\n" if both_fields else "\n\n", paragraph]
    return "".join(joined)


def _body(path: Path) -> Any:
    """Return the element that holds the text of a document."""
    import docx

    data = limits.read_bytes(path)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError("an old or encrypted Office document; save it as .docx without a password")
    with archive.open_zip(path) as parts:
        sizes = [info.file_size for info in parts.infolist()]
        fits = len(sizes) <= MAX_PARTS and sum(sizes) <= MAX_UNPACKED_BYTES
        tags = _tags(parts) if fits else 0
    if not fits:
        raise InputError(
            f"has more than {MAX_PARTS:,} parts, or unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MB; save it as "
            ".text"
        )
    if tags > MAX_TAGS:
        raise InputError(f"its markup has more than {MAX_TAGS:,} tags; save it as .text")
    try:
        return docx.Document(io.BytesIO(data)).element.body
    except Exception as error:  # python-docx raises what lxml, zipfile and its own lookups raise
        words = " ".join(str(error).split())[:100] or type(error).__name__
        raise InputError(f"not a Word document, or a damaged one ({words}); save it again as .docx") from error


def _tags(parts: zipfile.ZipFile) -> int:
    """Return how many tags the parts of a document may have: each becomes an object in memory."""
    found = 0
    for info in parts.infolist():
        with contextlib.suppress(*archive.DAMAGED, NotImplementedError), parts.open(info) as part:
            while found <= MAX_TAGS and (chunk := part.read(_CHUNK_BYTES)):
                found += chunk.count(b"<")
    return found


def _paragraphs(body: Any) -> Iterator[str]:
    """Yield the text of each paragraph, those of tables and text boxes too."""
    for box in [*body.iter(_FALLBACK)]:
        box.getparent().remove(box)
    parts: list[str] = []
    for element in body.iter(f"{_WORD}p", f"{_WORD}t", *_PRINTED):
        if element.tag == f"{_WORD}p":
            yield "".join(parts)
            parts = []
        else:
            parts.append(_PRINTED.get(element.tag) or element.text or "")
    yield "".join(parts)
