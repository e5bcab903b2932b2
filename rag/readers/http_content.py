"""Interpret the Content-Type and Content-Encoding of an HTTP message, for fetched pages and web archives."""

from __future__ import annotations

import zlib

from rag.errors import InputError

from . import limits

HTML_TYPES = ("text/html", "application/xhtml+xml")
MAX_ENCODINGS = 3  # a page is compressed once, by mistake twice; each time takes up to limits.MAX_BYTES of work
MAX_PARTS = 10_000  # of gzip: a server that flushes after each line makes some
_GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 2**14


def media_type(content_type: str | None) -> str:
    """Return the media type, such as "text/html" for "text/HTML; charset=utf-8", or "" if there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def charset(content_type: str | None) -> str | None:
    """Return the charset that a Content-Type declares, if any."""
    for part in (content_type or "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'") or None
    return None


def decompress(data: bytes, encoding: str | None) -> bytes:
    """Undo the Content-Encoding of a body; a body that is not compressed after all is returned unchanged.

    Web archives often keep the header of a body that they have decompressed.

    Raises:
        InputError: if the body is damaged, truncated, larger than limits.MAX_BYTES, or of an unknown encoding; or if it
            is compressed more often, or in more parts, than pages are.
    """
    names = (encoding or "").lower().replace(" ", "").split(",", MAX_ENCODINGS + 1)
    if len(names) > MAX_ENCODINGS:
        raise InputError(f"compressed more than {MAX_ENCODINGS} times over")
    for name in reversed(names):
        if name in ("", "identity", "none") or not data:
            continue
        if name in ("gzip", "x-gzip", "deflate"):
            data = _inflate(data, name)
        elif name == "br":
            data = _brotli(data)
        else:
            raise InputError(f"its Content-Encoding is {name[:20]!r}; only gzip, deflate and br can be read")
    return data


def _inflate(data: bytes, name: str) -> bytes:
    if name != "deflate" and not data.startswith(_GZIP):
        return data
    out: list[bytes] = []
    left = limits.MAX_BYTES
    rest = memoryview(data)
    try:
        for _ in range(MAX_PARTS):
            part, rest = _inflate_part(rest, left)
            out += part
            left -= sum(map(len, part))
            if bytes(rest[:2]) != _GZIP:
                return b"".join(out)
    except zlib.error as error:
        if name == "deflate" and data.lstrip().startswith(b"<"):
            return data
        raise InputError(f"its compressed content is damaged ({error})") from error
    raise InputError(f"its compressed content has more than {MAX_PARTS:,} parts")


def _inflate_part(data: memoryview, max_bytes: int) -> tuple[list[bytes], memoryview]:
    """Decompress the first part of a body, and return it in pieces, with the rest of the body.

    zlib copies what follows a part, so it is given a little at a time: many small parts would cost the square of their
    number.
    """
    bare = bytes(data[:1]) not in (b"\x1f", b"\x78")  # some servers send deflate without the zlib header
    decompressor = zlib.decompressobj(-15 if bare else 47)
    out: list[bytes] = []
    for start in range(0, len(data), _CHUNK_BYTES):
        chunk = data[start : start + _CHUNK_BYTES]
        out.append(decompressor.decompress(chunk, max_bytes + 1))
        max_bytes -= len(out[-1])
        if max_bytes < 0:
            raise InputError(limits.too_large())
        if decompressor.eof:
            return out, data[start + len(chunk) - len(decompressor.unused_data) :]
    raise InputError("its compressed content is truncated")


def _brotli(data: bytes) -> bytes:
    try:
        import brotli
    except ImportError as error:
        raise InputError("compressed with Brotli (br); install the package 'brotli>=1.2' to read it") from error
    decompressor = brotli.Decompressor()
    if not hasattr(decompressor, "can_accept_more_data"):  # before 1.2 there is no limit to what it makes of a body
        raise InputError("compressed with Brotli (br); install the package 'brotli>=1.2' to read it")
    try:
        out: bytes = decompressor.process(data, output_buffer_limit=limits.MAX_BYTES + 1)
    except brotli.error as error:
        if data.lstrip().startswith(b"<"):
            return data
        raise InputError("its compressed content is damaged") from error
    if len(out) > limits.MAX_BYTES:
        raise InputError(limits.too_large())
    if not decompressor.is_finished():
        raise InputError("its compressed content is truncated")
    return out
