"""What the head of an HTTP message says of its body: its media type, its charset, how it is packed."""

from __future__ import annotations

import zlib

from rag.errors import InputError

from . import bounded

_GZIP = b"\x1f\x8b"


def media_type(content_type: str | None) -> str:
    """ "text/html" of "text/HTML; charset=utf-8"; "" where nothing is stated."""
    return (content_type or "").partition(";")[0].strip().lower()


def charset(content_type: str | None) -> str | None:
    """The charset that a Content-Type states."""
    for part in (content_type or "").split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \"'") or None
    return None


def unpacked(data: bytes, encoding: str | None) -> bytes:
    """A body without its Content-Encoding, which archives often state of what they have unpacked already.

    Raises InputError where it is damaged, packed in an unknown way, or would be larger than bounded.MOST_BYTES.
    """
    for name in reversed((encoding or "").lower().replace(" ", "").split(",")):
        if name in ("", "identity", "none") or not data:
            continue
        if name in ("gzip", "x-gzip", "deflate"):
            data = _inflated(data, name)
        elif name == "br":
            data = _brotli(data)
        else:
            raise InputError(f"packed with {name[:20]!r}; gzip, deflate and br can be read")
    return data


def _inflated(data: bytes, name: str) -> bytes:
    if name != "deflate" and not data.startswith(_GZIP):
        return data
    out = b""
    try:
        while data:
            unpacker = zlib.decompressobj(
                47 if data[:1] in (b"\x1f", b"\x78") else -15
            )  # servers send bare deflate too
            out += unpacker.decompress(data, bounded.MOST_BYTES + 1 - len(out))
            if len(out) > bounded.MOST_BYTES:
                raise InputError(bounded.too_large())
            if not unpacker.eof:
                raise InputError("its packing breaks off")
            data = unpacker.unused_data if unpacker.unused_data.startswith(_GZIP) else b""
    except zlib.error as error:
        if name == "deflate" and data.lstrip().startswith(b"<"):
            return data
        raise InputError(f"its packing is damaged ({error})") from error
    return out


def _brotli(data: bytes) -> bytes:
    try:
        import brotli
    except ImportError as error:
        raise InputError("packed with br; install the package 'brotli' to read it") from error
    unpacker = brotli.Decompressor()
    try:
        out: bytes = unpacker.process(data, output_buffer_limit=bounded.MOST_BYTES + 1)
    except brotli.error as error:
        if data.lstrip().startswith(b"<"):
            return data
        raise InputError("its packing is damaged") from error
    if len(out) > bounded.MOST_BYTES:
        raise InputError(bounded.too_large())
    if not unpacker.is_finished():
        raise InputError("its packing breaks off")
    return out
