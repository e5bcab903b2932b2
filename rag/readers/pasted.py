"""Read a text that is no file, as what is piped to `according add -`: its beginning shows which format it has."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import regex

from rag.errors import InputError

# What a text is taken for, and the ending of files of that kind.
HTML, JSON, JSON_LINES, FEED, PDF = "an HTML page", "JSON", "JSON Lines", "a feed", "a PDF file"
MARKDOWN, MAIL, TEXT = "Markdown with fields above it", "a mail", "plain text"
ENDINGS = {
    HTML: ".html", JSON: ".json", JSON_LINES: ".jsonl", FEED: ".xml", PDF: ".pdf", MARKDOWN: ".md", MAIL: ".eml",
    TEXT: ".text",
}  # fmt: skip
_BEGINNING_BYTES = 4_096
# Nothing is matched in two ways: of n comments, or fields that begin with "-", there would be 2 to the n.
_COMMENTS = rb"(?:<!--(?>.*?-->)\s*+)*+"
_FEED = regex.compile(rb"(?:<\?xml[^>]*>\s*+)?" + _COMMENTS + rb"<(?:rss|feed|rdf:RDF)\b", regex.I | regex.S)
_XHTML = regex.compile(rb"<\?xml[^>]*>\s*(?:<!doctype html|<html)\b", regex.I)
_PAGE = regex.compile(
    _COMMENTS + rb"<(?:!doctype\s+html|html|head|body|meta|title|article|main|section|div|p|h1|h2|header)\b",
    regex.I | regex.S,
)
_FIELDS = regex.compile(rb"---[ \t]*\r?\n(?:(?!---)(?>[\w-]+:[^\n]*\n|[ \t-][^\n]*\n))++---")
_HEADERS = regex.compile(
    rb"(?:From|Return-Path|Received|Message-ID|MIME-Version|Delivered-To): [^\n]*\n(?:[\w-]+: |[ \t])"
)


@dataclass(frozen=True)
class Pasted:
    """A text that is no file.

    Attributes:
        data: its bytes.
        name: what articles in it have as their source.
    """

    data: bytes = field(repr=False)
    name: str = "standard input"

    @property
    def kind(self) -> str:
        """What it is taken for, one of the keys of ENDINGS."""
        return kind_of(self.data)

    def __fspath__(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name

    @contextmanager
    def as_file(self) -> Iterator[Path]:
        """Write it to a temporary file with the ending of its kind, which is deleted on exit.

        Raises:
            InputError: if there is nothing in it, or it is too large.
        """
        from . import limits  # here, as listing what an index holds loads this module

        if not self.data.strip():
            raise InputError("there is nothing in it; pipe a text, a page or JSON to it")
        if len(self.data) > limits.MAX_BYTES:
            raise InputError(limits.too_large())
        with tempfile.TemporaryDirectory(prefix="according-") as folder:
            file = Path(folder) / f"pasted{ENDINGS[self.kind]}"
            file.write_bytes(self.data)
            yield file


def kind_of(data: bytes) -> str:
    """Return what a text is taken for, from how it begins; JSON also from whether it can be read."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    start = text[:_BEGINNING_BYTES]
    if start.startswith(b"%PDF-"):
        return PDF
    if start.startswith((b"{", b"[")):
        return _json_kind(text)
    if _FEED.match(start):
        return FEED
    if _PAGE.match(start) or _XHTML.match(start):
        return HTML
    if _FIELDS.match(start):
        return MARKDOWN
    return MAIL if _HEADERS.match(start) else TEXT


def _json_kind(text: bytes) -> str:
    for kind, part in ((JSON, text), (JSON_LINES, text.split(b"\n", 1)[0])):
        try:
            json.loads(part)
        except (ValueError, RecursionError):
            continue
        return kind
    return TEXT
