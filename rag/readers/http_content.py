"""Interpret the Content-Type and Content-Encoding of an HTTP message, for fetched pages and web archives."""

from __future__ import annotations

import zlib

from rag.errors import InputError

from . import limits

HTML_TYPES = ("text/html", "application/xhtml+xml")
_GZIP = b"\x1f\x8b"


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
        InputError: if the body is damaged, truncated, larger than limits.MAX_BYTES, or of an unknown encoding.
    """
    for name in reversed((encoding or "").lower().replace(" ", "").split(",")):
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
    out = b""
    try:
        while data:
            bare = data[:1] not in (b"\x1f", b"\x78")  # some servers send deflate without the zlib header
            decompressor = zlib.decompressobj(-15 if bare else 47)
            out += decompressor.decompress(data, limits.MAX_BYTES + 1 - len(out))
            if len(out) > limits.MAX_BYTES:
                raise InputError(limits.too_large())
            if not decompressor.eof:
                raise InputError("its compressed content is truncated")
            data = decompressor.unused_data if decompressor.unused_data.startswith(_GZIP) else b""
    except zlib.error as error:
        if name == "deflate" and data.lstrip().startswith(b"<"):
            return data
        raise InputError(f"its compressed content is damaged ({error})") from error
    return out


def _brotli(data: bytes) -> bytes:
    try:
        import brotli
    except ImportError as error:
        raise InputError("compressed with Brotli (br); install the package 'brotli' to read it") from error
    decompressor = brotli.Decompressor()
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
