"""Read e-mail: a message (.eml), or a mailbox of any number (.mbox). Each is one article, such as a newsletter.

The outlet is the sender if the catalogue knows it, if it writes to a list, or if its name is that of its domain; any
other sender is a person, and the author. Attached files are read like files in an archive.
"""

from __future__ import annotations

import email
import email.header
import email.utils
import io
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import IO, Any, cast

import regex

from rag import readers
from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import key

from . import archive, decoding, left_out, limits, record
from .columns import Columns
from .html_to_text import html_to_text
from .mhtml import DAMAGED, MAX_LINES, MAX_PARTS, MimePolicy
from .skipped import Skipped

MAX_ADDRESS_CHARS = 1_000  # of the sender
MAX_SHARE_OF_HTML = 0.5  # a plain version shorter than this only says where the message can be read
_BEGINS = b"From "  # the line above each message of a mailbox
_QUOTED_BEGIN = regex.compile(rb"^>(>*From )")
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post")
_CONTAINERS = frozenset({"mail", "archive"})  # which could be within one another without end
_BULK = frozenset({"bulk", "list"})


def read(path: Path, catalogue: Catalogue, columns: Columns = record.DEFAULT) -> Iterator[Article | Skipped]:
    """Yield the articles of a message or mailbox, and a Skipped for each message that holds none.

    Raises:
        InputError: if the file is empty or a truncated gzip file.
    """
    budget = archive.Budget(path.stat().st_size)  # of all attached files
    with limits.open_unpacked(path) as file:
        for place, data in _messages(file):
            try:
                if data is None:
                    raise InputError(limits.too_large())
                message = _parse(data)
                attached = [*_attached(message)]
                article = _article(message, catalogue, str(path), bool(attached))
            except InputError as error:
                yield Skipped(str(path), str(error), place)
                continue
            if article:
                yield article
            for name, content in attached:
                source = f"{path}{archive.SEPARATOR}{readers.escape_unprintable(name)}"
                if readers.reader_of(name) in _CONTAINERS:
                    yield Skipped(source, "attached to an e-mail, and holds files of its own; save it as a file")
                    continue
                inside = archive.Place(source, 1)
                try:
                    yield from archive.read_member(name, source, content, catalogue, columns, inside, budget)
                except archive.TooMuchError as error:  # the messages after it are read all the same
                    yield Skipped(source, str(error))


def _messages(file: IO[bytes]) -> Iterator[tuple[str | None, bytes | None]]:
    """Yield (place, message), None for one that is too large. A file that is no mailbox is one message."""
    lines, size, number, blank, mailbox = list[bytes](), 0, 0, True, False
    for line_number, line in limits.iter_lines(file):
        begins = line is not None and line.startswith(_BEGINS) and blank
        if line_number == 1:
            mailbox = begins
        blank = line is not None and not line.strip()
        if begins and mailbox:
            if number:
                yield f"message {number}", None if size > limits.MAX_BYTES else b"".join(lines)
            lines, size, number = [], 0, number + 1
            continue
        size += limits.MAX_BYTES + 1 if line is None else len(line)
        if line is not None and size <= limits.MAX_BYTES:
            lines.append(_QUOTED_BEGIN.sub(rb"\1", line) if mailbox else line)
        else:
            lines = []
    if not size and not number:
        raise InputError("the file is empty")
    yield f"message {number}" if mailbox else None, None if size > limits.MAX_BYTES else b"".join(lines)


def _parse(data: bytes) -> EmailMessage:
    if data.count(b"\n") > MAX_LINES or data.count(b"\n--") > MAX_PARTS:
        raise InputError(f"has more than {MAX_LINES:,} lines or {MAX_PARTS:,} parts; save its text alone")
    try:
        message = cast(EmailMessage, email.message_from_bytes(data, policy=MimePolicy()))
        if not _header(message, "from") and not _header(message, "subject"):
            raise InputError("not an e-mail: it names no sender and no subject")
        return message
    except DAMAGED as error:
        raise InputError(f"not an e-mail, or a damaged one ({error}); save the message again") from error


def _header(message: EmailMessage, name: str) -> str:
    """Return a header as displayed. The module would parse it as a list of addresses, in more than linear time."""
    raw = next((str(value) for key_, value in message.raw_items() if key_.lower() == name), "")
    line = " ".join(raw[: record.MAX_FIELD_CHARS].split())
    try:
        return str(email.header.make_header(email.header.decode_header(line)))
    except DAMAGED:
        return line


def _sender(message: EmailMessage) -> tuple[str, str]:
    """Return (name, address) of the sender."""
    try:
        return email.utils.parseaddr(_header(message, "from")[:MAX_ADDRESS_CHARS])
    except DAMAGED:  # such as a thousand parentheses
        return "", ""


def _article(message: EmailMessage, catalogue: Catalogue, source: str, optional: bool) -> Article | None:
    """Return the article of a message, None if it has no text and that is `optional`."""
    text, other = _text(message)
    if not text.strip():
        if optional:
            return None
        raise InputError("no text in it")
    if other and left_out.is_asked():
        printed = " ".join(text.split())
        lost = (line for line in other.splitlines() if " ".join(line.split()) not in printed)
        left_out.report(source, "lines of the other version of an e-mail in plain text and HTML", lost)
    sender, address = _sender(message)
    host = address.rpartition("@")[2].lower()
    known = catalogue.resolve(sender) or (catalogue.of_url(f"https://{host}/") if host else None)
    is_list = any(_header(message, name) for name in _LIST_HEADERS)
    is_list = is_list or _header(message, "precedence").lower() in _BULK
    named = sender and key(sender) in {*map(key, host.split(".")[:-1])}
    outlet = known or (sender if is_list or named else None)
    url = _header(message, "archived-at").strip("<> ")
    fields = {
        "title": _header(message, "subject"),
        "outlet": outlet,
        "authors": [sender] if sender and not outlet else [],
        "date": _header(message, "date"),
        "id": _header(message, "message-id").strip("<> "),
        "url": url if url.startswith(("http://", "https://")) else None,
    }
    article = record.parse({name: value for name, value in fields.items() if value}, catalogue, source, text)
    return replace(article, outlet_basis="metadata: sender") if outlet else article


def _text(message: EmailMessage) -> tuple[str, str]:
    """Return the text of a message, and its other version: the plain one first, unless it is much the shorter one."""
    try:
        plain, page = (_decoded(message.get_body((kind,))) for kind in ("plain", "html"))
    except DAMAGED as error:
        raise InputError(f"a damaged e-mail ({error}); save the message again") from error
    shown = html_to_text(page) if page else ""
    return (plain, shown) if len(plain) >= MAX_SHARE_OF_HTML * len(shown) else (shown, plain)


def _decoded(part: Any) -> str:
    payload = part.get_payload(decode=True) if part is not None else None
    if not isinstance(payload, bytes) or not payload.strip():
        return ""
    text = decoding.to_text(payload, part.get_content_charset()).replace("\r\n", "\n")
    if str(part.get_param("format", "")).lower() == "flowed":  # RFC 3676: a line that ends with a space goes on
        text = regex.sub(r"(?<=\S) \n(?!>|-- )(?=\S)", " ", text)
    return text


def _attached(message: EmailMessage) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield (name, content) of the attached files that can be read."""
    try:
        for part in message.iter_attachments() if message.is_multipart() else ():
            name = (part.get_filename() or "")[-200:]
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and name and _can_be_read(name):
                yield name, io.BytesIO(content)
    except DAMAGED as error:
        raise InputError(f"a damaged e-mail ({error}); save the message again") from error


def _can_be_read(name: str) -> bool:
    try:
        return bool(readers.reader_of(name))
    except InputError:
        return False
