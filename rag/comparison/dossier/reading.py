"""A dossier, or the JSON of an answer -> its receipts, and the words that the file shows for them.

A file may be damaged, or made to deceive: nothing in it is trusted, and how much of it is read is bounded.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import logging
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex
from lxml import etree

from rag.answer.markdown import block
from rag.comparison.dossier.dossier import HTML, MARKDOWN, PDF
from rag.comparison.dossier.envelope import ATTACHMENT, FORMAT, HTML_BLOCK, MARKDOWN_BLOCK, VERSION, checksum
from rag.comparison.dossier.markdown import HEADING, cell
from rag.comparison.dossier.quoted import PASSAGE, ROLES, VARIANT, Receipt, Role
from rag.errors import InputError
from rag.text import one_line, sanitise

JSON = ".json"
MAX_BYTES = 32 * 2**20  # of a file, and of what is attached to a PDF
MAX_RECEIPTS, MAX_QUOTATIONS = 10_000, 40_000
MAX_DEPTH, MAX_ATTRIBUTES = 100, 100  # of an element of HTML; ours are ten deep and have five
MAX_PLACE = 2**31  # in a text
MAX_PAGES, MAX_SECONDS = 2_000, 30.0  # of a PDF
_TABLE_LINE = regex.compile(r"\| \[(\d{1,6})\]\(#quotation-(\d{1,6})\) \|(.*)\|")
_HEADING = regex.compile(rf"### {HEADING} (\d{{1,6}})")
_CELLS = regex.compile(r"(?<!\\)\|")
_QUIET = logging.NullHandler()
_SCRIPTS = r"\p{Hebrew}\p{Arabic}\p{Syriac}\p{Thaana}"
_RIGHT_TO_LEFT = regex.compile(f"[{_SCRIPTS}]")
_FORMAT, _MARK = regex.compile(r"\p{Cf}"), regex.compile(r"\p{M}")
# Letters from right to left, digits, and other letters are words of their own: pages may have no space in between.
_WORD = regex.compile(rf"[\p{{L}}\p{{M}}&&[{_SCRIPTS}\p{{M}}]]+|\p{{N}}+|[\p{{L}}--[{_SCRIPTS}]]+", regex.V1)
# Share of a passage's words that the pages of a PDF must have, if some are written from right to left; of passages that
# are printed there all were read, and of others a third.
MIN_FOUND = 0.7


@dataclass(frozen=True)
class Seen:
    """A quotation as a file shows it.

    Attributes:
        number: that of its receipt, by the file; None where it names none.
        words: what is shown.
        matches: whether that is what the receipt says, if there is one.
        whole: whether it is the whole passage, and not only the sentences that answer.
    """

    number: int | None
    words: str
    matches: Callable[[Receipt], bool]
    whole: bool = True


@dataclass(frozen=True)
class Document:
    """A file with receipts.

    Attributes:
        kind: ".html", ".md", ".pdf" or ".json".
        receipts: those in the file.
        seen: the quotations that the file shows; None if they cannot be distinguished from all else that it shows.
        unread: numbers of receipts of which not all words can be recognised in what the file shows.
        edited: whether the file was changed since it was written; None where it has no checksum.
        question, accessed, generation: what the file says of them.
    """

    kind: str
    receipts: tuple[Receipt, ...]
    seen: tuple[Seen, ...] | None = None
    unread: tuple[int, ...] = ()
    edited: bool | None = None
    question: str = ""
    accessed: dt.date | None = None
    generation: int | None = None


def read(path: Path) -> Document:
    """Return what is in a file.

    Raises:
        InputError: if it cannot be read, has no receipts, or they are damaged.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} is too large: {size / 2**20:,.0f} MB; a dossier has at most {MAX_BYTES >> 20} MB")
        data = path.read_bytes()[: MAX_BYTES + 1]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        if data[:1024].find(b"%PDF-") >= 0:
            return _pdf(data)
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        if text.lstrip()[:1] in ("{", "["):
            return _json(text)
        return _html(text) if HTML_BLOCK[0] in text else _markdown(text)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text; give a dossier, or the JSON of an answer") from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _json(text: str) -> Document:
    """What `ask --json`, `compare --json`, `search --json` or the receipts of a dossier say is quoted."""
    values = _parsed(text)
    if isinstance(values, dict) and values.get("format") == FORMAT:
        return _document(JSON, values)
    found = [_of_values(place, each, role) for place, (each, role) in enumerate(_quotations(values), 1)]
    if not found and not (isinstance(values, dict) and "question" in values):
        raise InputError("no receipts: this is not a dossier, nor the JSON of `according ask`, `compare` or `search`")
    asked = values.get("question") if isinstance(values, dict) else None
    return Document(JSON, tuple(found), question=asked if isinstance(asked, str) else "")


def _quotations(values: Any, depth: int = 0) -> Iterator[tuple[dict[str, Any], Role]]:
    """Yield whatever in JSON quotes an article: it has the id, a span and the words there."""
    if isinstance(values, dict):
        has_words = {"article_id", "start", "end"} <= values.keys() and ("text" in values or "words" in values)
        if has_words and values["start"] != values["end"]:  # where a copy leaves words out, nothing is quoted
            yield values, PASSAGE if "quote" in values or "score" in values else VARIANT
        inner = list(values.values())
    else:
        inner = values if isinstance(values, list) else []
    for each in inner if depth < 20 else []:
        yield from _quotations(each, depth + 1)


def _html(text: str) -> Document:
    before, values, after = _enveloped(text, HTML_BLOCK)
    page = _Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True, no_network=True)
    with contextlib.suppress(etree.XMLSyntaxError):  # no elements, so no quotations
        parser.feed((before + after).encode("utf-8", "replace"))
        parser.close()
    seen = [Seen(number, words, _shows(words, whole), whole) for number, words, whole in page.found]
    return _document(HTML, values, tuple(seen), checksum(before, after))


class _Page:
    """Parser target that collects the quotations of a page without building a tree of it.

    Attributes:
        found: the number of the receipt, the words, and whether they are a whole passage, of each quotation.
    """

    def __init__(self) -> None:
        self.found: list[tuple[int | None, str, bool]] = []
        self._inside = ""
        self._number: int | None = None
        self._words: list[str] = []
        self._depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise InputError(
                f"it was not written by According: an element is nested more than {MAX_DEPTH:,} deep, or has more than "
                f"{MAX_ATTRIBUTES:,} attributes"
            )
        if tag in ("blockquote", "q"):
            self._end()
            given = attributes.get("data-receipt", "")
            self._inside, self._number = tag, int(given) if regex.fullmatch(r"[0-9]{1,6}", given) else None

    def data(self, text: str) -> None:
        if self._inside:
            self._words.append(text)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag == self._inside:
            self._end()

    def close(self) -> None:
        self._end()

    def _end(self) -> None:
        if self._inside:
            self.found.append((self._number, "".join(self._words), self._inside == "blockquote"))
            if len(self.found) > MAX_QUOTATIONS:
                raise InputError(f"it shows more than {MAX_QUOTATIONS:,} quotations")
        self._inside, self._words = "", []


def _shows(words: str, whole: bool) -> Callable[[Receipt], bool]:
    """Return what tells whether words are those of a receipt: its passage, or the sentences that answer."""
    shown = one_line(words)
    return lambda receipt: shown == one_line(sanitise(receipt.text if whole else receipt.quotation))


def _markdown(text: str) -> Document:
    before, values, after = _enveloped(text, MARKDOWN_BLOCK)
    return _document(MARKDOWN, values, tuple(_blocks(before + after)), checksum(before, after))


def _blocks(text: str) -> Iterator[Seen]:
    """Yield the quotations of Markdown: the cells of tables that refer to a receipt, and block quotations."""
    number: int | None = None
    quoted: list[str] = []
    for line in (*text.splitlines(), ""):
        if quoted and not line.lstrip().startswith(">"):
            yield _block_seen(number, "\n".join(quoted))
            number, quoted = None, []
        if found := _HEADING.fullmatch(line.strip()):
            number = int(found[1])
        elif line.lstrip().startswith(">"):
            quoted.append(line)
        elif found := _TABLE_LINE.fullmatch(line.strip()):
            shown = _CELLS.split(found[3])[-1].strip()
            same = found[1] == found[2]
            yield Seen(int(found[1]), shown, _cell_matcher(shown if same else None), False)


def _cell_matcher(shown: str | None) -> Callable[[Receipt], bool]:
    """Return what tells whether a cell has the sentences of a receipt that answer."""
    return lambda receipt: shown == cell(receipt.quotation)


def _block_seen(number: int | None, shown: str) -> Seen:
    def matches(receipt: Receipt) -> bool:
        start, end = (edge - receipt.start for edge in receipt.quote)
        return shown == block(receipt.text, start, end)

    return Seen(number, shown, matches)


def _pdf(data: bytes) -> Document:
    """What is attached to a PDF, and the words on its pages, which have no marks of where a quotation begins."""
    import pypdf

    from rag.comparison.dossier.pdf import page_checksum

    logging.getLogger("pypdf").addHandler(_QUIET)
    deadline = time.monotonic() + MAX_SECONDS
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if len(reader.pages) > MAX_PAGES:
            raise InputError(f"it has {len(reader.pages):,} pages, and a dossier has at most {MAX_PAGES:,}")
        attached = reader.attachments.get(ATTACHMENT, [])
        if len(attached) != 1:
            raise InputError(f"no receipts: no file {ATTACHMENT} is attached to it; give a dossier as it was written")
        values = _parsed(attached[0].decode("utf-8"))
        pages = [_page_text(page, deadline) for page in reader.pages]
        document = _document(PDF, values, None, page_checksum(reader))
    except InputError:
        raise
    except Exception as error:  # pypdf's documentation: "broken PDF files might cause other Exceptions"
        detail = str(error) or type(error).__name__
        raise InputError(f"damaged ({detail[:80]})") from error
    return _looked_for(document, pages)


def _page_text(page: Any, deadline: float) -> str:
    """Return the words of a page, without its number."""

    def check_time(*_: Any) -> None:
        if time.monotonic() > deadline:
            raise InputError(f"takes longer than {MAX_SECONDS:.0f} s to read; a dossier takes a second or two")

    return regex.sub(r"\s*\d+ / \d+\s*$", "", page.extract_text(visitor_operand_before=check_time))


def _looked_for(document: Document, pages: list[str]) -> Document:
    """Return a PDF with the quotations that its pages show.

    Of words written from right to left, a page has the letters, and not always the order and the spaces: each is looked
    for by itself. If some are not found, what the reader of PDF made of them cannot be told from an edit.
    """
    printed = _letters("".join(pages))
    words = _RightToLeft("\n".join(pages))
    seen, unread = [], []
    for receipt in document.receipts:
        found = 1.0 if _letters(sanitise(receipt.text)) in printed else 0.0
        if not found and _RIGHT_TO_LEFT.search(receipt.text):
            found = words.share(receipt.text)
        if found == 1:
            seen.append(Seen(receipt.number, receipt.text, lambda _: True))
        elif found >= MIN_FOUND or "\ufffd" in receipt.text:
            unread.append(receipt.number)
    return Document(
        document.kind, document.receipts, tuple(seen), tuple(unread), document.edited, document.question,
        document.accessed, document.generation,
    )  # fmt: skip


class _RightToLeft:
    """The words on pages, whatever order their letters are in."""

    def __init__(self, pages: str):
        plain = _unmarked(pages)
        self._letters = _letters(plain)
        self._words = {"".join(sorted(word)) for word in _WORD.findall(plain)}

    def share(self, text: str) -> float:
        """Return the share of the words of a text that the pages have, 0 to 1.

        Those with vowel signs do not count, whose letters pages have twice.
        """
        plain = unicodedata.normalize("NFKC", _FORMAT.sub("", sanitise(text)))
        words = [word for word in _WORD.findall(plain) if not _MARK.search(word)]
        found = sum(word in self._letters or "".join(sorted(word)) in self._words for word in words)
        return found / len(words) if words else MIN_FOUND


def _unmarked(text: str) -> str:
    """Return a text without vowel signs and characters that only join or turn letters."""
    return _MARK.sub("", unicodedata.normalize("NFKC", _FORMAT.sub("", text)))


def _letters(text: str) -> str:
    """Return the letters and digits of a text, which are what a page break, a hyphen or a line end leaves."""
    return regex.sub(r"[^\p{L}\p{N}]+", "", text)


def _enveloped(text: str, marks: tuple[str, str]) -> tuple[str, dict[str, Any], str]:
    """Return what is before the machine-readable block of a file, its values, and what is after it."""
    begin, end = marks
    before, found, rest = text.partition(f"{begin}\n")
    written, closed, after = rest.partition(f"\n{end}")
    if not found or not closed:
        raise InputError("no receipts: this is not a dossier, or its machine-readable block was taken out")
    if begin in after:
        raise InputError("it has two machine-readable blocks; a dossier has one")
    values = _parsed(written)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise InputError("its machine-readable block is not that of a dossier")
    return before, values, after


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"its receipts are damaged: not JSON ({one_line(str(error))[:80]})") from error


def _document(kind: str, values: Any, seen: tuple[Seen, ...] | None = None, of_all_else: str = "") -> Document:
    """Return what the machine-readable block of a dossier says."""
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise InputError("its receipts are not those of a dossier")
    if values.get("version") != VERSION:
        raise InputError(
            f"its receipts are of version {one_line(str(values.get('version')))[:20]!r}, and this According reads "
            f"version {VERSION}; use the one that wrote it, or a newer one"
        )
    listed = values.get("receipts")
    if not isinstance(listed, list):
        raise InputError("its receipts are damaged: they are no list")
    receipts = [_of_values(place, each, PASSAGE) for place, each in enumerate(listed, 1)]
    numbers = [receipt.number for receipt in receipts]
    if len(set(numbers)) < len(numbers):
        raise InputError("its receipts are damaged: two have the same number")
    question, generation = values.get("question"), values.get("generation")
    return Document(
        kind,
        tuple(receipts),
        seen,
        edited=values.get("checksum") != of_all_else if of_all_else else None,
        question=question if isinstance(question, str) else "",
        accessed=_date(values.get("accessed")),
        generation=generation if isinstance(generation, int) else None,
    )


def _of_values(place: int, values: Any, role: Role) -> Receipt:
    """Return a receipt of JSON values.

    Raises:
        InputError: for values that cannot be those of a receipt.
    """
    if place > MAX_RECEIPTS:
        raise InputError(f"it has more than {MAX_RECEIPTS:,} receipts")
    fields = _Fields(place, values)
    start, end = fields.whole("start"), fields.whole("end")
    text = fields.text("text") if "text" in fields.values else fields.text("words")
    quote = fields.span("quote") or (start, end)
    if not start <= quote[0] <= quote[1] <= end:
        raise InputError(f"receipt {place} is damaged: the sentences that answer are outside of its span")
    given = fields.text("role")
    return Receipt(
        fields.whole("number", place), fields.text("article_id") or "", start, end, quote, text or "",
        fields.text("content_hash") or "", fields.text("outlet"), fields.text("host"), fields.date("date"),
        fields.text("title"), fields.text("url"), next((known for known in ROLES if known == given), role),
        "url" in fields.values,
    )  # fmt: skip


class _Fields:
    """The fields of one receipt, each of the type that it must have.

    The methods raise InputError where it is another.
    """

    def __init__(self, place: int, values: Any):
        self.place = place
        if not isinstance(values, dict):
            raise self._damaged("it is no object")
        self.values = values

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise self._damaged(f"{name} is no text")
        return value

    def whole(self, name: str, missing: int | None = None) -> int:
        value = self.values.get(name, missing)
        if type(value) is not int or not 0 <= value < MAX_PLACE:
            raise self._damaged(f"{name} is no whole number from 0 to {MAX_PLACE:,}")
        return value

    def span(self, name: str) -> tuple[int, int] | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != 2 or any(type(edge) is not int for edge in value):
            raise self._damaged(f"{name} is no pair of whole numbers")
        return value[0], value[1]

    def date(self, name: str) -> dt.date | None:
        value = self.text(name)
        if value is not None and _date(value) is None:
            raise self._damaged(f"{name} is no date")
        return _date(value)

    def _damaged(self, why: str) -> InputError:
        return InputError(f"receipt {self.place} is damaged: {why}")


def _date(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
