"""The machine-readable block of a dossier: its receipts and its bibliography, and a checksum of all else in the file.

In HTML it is in a `script` element of the type application/json, which no browser runs; in Markdown in a comment; in
PDF an attachment. The checksum shows that somebody has edited the file; whoever forges one can compute it too, so the
words of each quotation are compared with its receipt, and the receipts with an index.
"""

from __future__ import annotations

import hashlib
from typing import Any

import regex

from rag.comparison.dossier.dossier import Dossier
from rag.text import json_text

FORMAT, VERSION = "according-dossier", 1
ATTACHMENT = "according-dossier.json"
HTML_BLOCK = ('<script type="application/json" id="according-dossier">', "</script>")
MARKDOWN_BLOCK = ("<!-- according-dossier", "-->")
_MARKUP = regex.compile(r"[<>&-]")


def enveloped(file: str, block: tuple[str, str], dossier: Dossier) -> str:
    """Return a file with the machine-readable block put where an empty one is.

    Args:
        file: what is shown, with an empty block.
        block: what the block begins and ends with.
        dossier: what is shown there.
    """
    begin, end = block
    before, after = file.split(f"{begin}\n{end}")
    written = _MARKUP.sub(_escaped, block_text(dossier, checksum(before, after)))
    return f"{before}{begin}\n{written}\n{end}{after}"


def block_text(dossier: Dossier, of_all_else: str) -> str:
    """Return the block as JSON.

    Args:
        dossier: what the file shows.
        of_all_else: the checksum of the file without the block.
    """
    values: dict[str, Any] = {"format": FORMAT, "version": VERSION, "checksum": of_all_else} | dossier.to_dict()
    return json_text(values, indent=None)


def checksum(*parts: str) -> str:
    """Return the SHA-256 of text; how lines end, and what is white space at either end, does not count."""
    plain = "\x00".join(part.replace("\r\n", "\n").removeprefix("\ufeff").strip() for part in parts)
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def _escaped(sign: regex.Match[str]) -> str:
    """Return a character as JSON's escape: in HTML and Markdown no text then ends the block, or begins markup."""
    return f"\\u{ord(sign.group()):04x}"
