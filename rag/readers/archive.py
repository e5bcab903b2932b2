"""Read the files in ZIP and tar archives, also in archives within archives, each with the reader of its kind.

No member is ever written under its own name: it is unpacked alone into a temporary file, which is deleted once it is
read. What an archive may unpack to is bounded (see `Budget`), whatever it claims of itself. A member that cannot be
read is skipped with its place: "pages.zip!2016/ferry.html".
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from rag import readers
from rag.article import Article
from rag.errors import InputError
from rag.provenance.catalogue import Catalogue

from . import limits
from .columns import Columns
from .folders import open_file
from .skipped import Skipped

SEPARATOR = "!"  # between an archive and its member in the name of a source
MAX_MEMBERS = 100_000  # of an archive and those within it
MAX_NESTED = 3  # archives within one another
MAX_MEMBER_BYTES = 2 * 2**30  # of a member that is read record by record; of any other limits.MAX_BYTES
MAX_RATIO = 200  # of all that is unpacked to the bytes of the archive; that of text is 3 to 20
FREE_BYTES = 256 * 2**20  # that may be unpacked whatever the ratio
MAX_DIRECTORY_BYTES = 16 * 2**20  # of the list at the end of a ZIP file, 46 bytes and a name for each member
MAX_HEADER_BYTES = 2**20  # between two members of a tar file: their names
MAX_NAME_CHARS = 1_000
MAX_ENDS = 100  # reads at the end of a tar file; for some headers tarfile would read on for ever
STREAMED = frozenset({"jsonl", "json_file", "table", "warc", "mail", "archive"})
_PAX_DIGITS = 20  # of the length of a record, and the space after it
_CHUNK_BYTES = 2**16
_PACKED: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
DAMAGED = (  # what the modules raise for damaged data; RuntimeError for an unknown method of encryption
    *(zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError, IndexError),
    *(RuntimeError, RecursionError, OverflowError, KeyError, AttributeError),
)


class TooMuchError(InputError):
    """An archive that unpacks to more than is read of one."""


@dataclass
class Budget:
    """What may still be unpacked of an archive, and of those within it.

    Attributes:
        packed: bytes of the outermost archive.
        unpacked: bytes unpacked so far.
        members: members seen so far.
    """

    packed: int
    unpacked: int = 0
    members: int = 0

    def member(self) -> None:
        """Count a member."""
        self.members += 1
        if self.members > MAX_MEMBERS:
            raise TooMuchError(f"has more than {MAX_MEMBERS:,} members; split it. Those before were read")

    def counter(self, content: IO[bytes]) -> Callable[[int], None]:
        """Return what counts the bytes of a member; those of a tar file are counted as the whole file is read."""
        return self.add if isinstance(content, zipfile.ZipExtFile) else _ignore

    def add(self, size: int) -> None:
        """Count unpacked bytes."""
        self.unpacked += size
        if self.unpacked > max(FREE_BYTES, MAX_RATIO * self.packed):
            raise TooMuchError(
                f"unpacks to more than {self.unpacked / 2**20:,.0f} MB, {MAX_RATIO} times its size; unpack it yourself "
                "if you trust it. What comes before was read"
            )


@dataclass(frozen=True)
class Place:
    """Where a member is: the name of its archive as sources have it, and how many archives are around that one."""

    name: str
    depth: int


def read(
    path: Path,
    catalogue: Catalogue,
    columns: Columns,
    place: Place | None = None,
    budget: Budget | None = None,
) -> Iterator[Article | Skipped]:
    """Yield the articles of the files in an archive, and a Skipped for each that cannot be read.

    Args:
        path: a .zip or tar file, compressed or not.
        catalogue: used to recognise outlets.
        columns: which columns of records the fields are read from.
        place: of an archive within another one.
        budget: of the outermost archive.

    Raises:
        InputError: if it is no archive, damaged, or too large. The members before that have been yielded by then.
    """
    place = place or Place(str(path), 0)
    budget = budget or Budget(path.stat().st_size)
    with open_file(path) as file:
        start = file.read(tarfile.BLOCKSIZE)
    if not start:
        raise InputError("the file is empty")
    is_tar = start[257:262] == b"ustar" or start.startswith(tuple(_PACKED))
    is_zip = start.startswith(b"PK") or (path.name.lower().endswith(".zip") and not is_tar)
    members = _zip_members(path, budget) if is_zip else _tar_members(path, budget)
    for name, content in members:
        printable = readers.escape_unprintable(name[:MAX_NAME_CHARS])
        source = f"{place.name}{SEPARATOR}{printable}"
        if isinstance(content, str):
            yield Skipped(source, content)
        elif _is_input(name):
            yield from read_member(name, source, content, catalogue, columns, Place(source, place.depth + 1), budget)


def read_member(
    name: str,
    source: str,
    content: IO[bytes],
    catalogue: Catalogue,
    columns: Columns,
    place: Place,
    budget: Budget,
) -> Iterator[Article | Skipped]:
    """Yield the articles of a file within another, with the name of both as their source.

    Args:
        name: of the file, which says its kind.
        source: what the file is called.
        content: its bytes.
        catalogue: used to recognise outlets.
        columns: which columns of records the fields are read from.
        place: where the file is.
        budget: of the outermost file.
    """
    try:
        module = readers.reader_of(name)
    except InputError as error:
        yield Skipped(source, str(error))
        return
    if module == "archive" and place.depth >= MAX_NESTED:
        yield Skipped(source, f"more than {MAX_NESTED} archives within one another; unpack it")
        return
    with tempfile.TemporaryDirectory(prefix="according-") as folder:
        file = Path(folder) / f"member{readers.ending_of(name)}"
        try:
            most = MAX_MEMBER_BYTES if module in STREAMED else limits.MAX_BYTES
            _unpack(content, file, most, budget.counter(content))
            if module != "archive":  # whose own members are counted
                _count_within(file, module, budget)
        except TooMuchError:
            raise
        except InputError as error:
            yield Skipped(source, str(error))
            return
        found = False
        items = (
            read(file, catalogue, columns, place, budget)
            if module == "archive"
            else readers.read_source(file, catalogue, columns)
        )
        try:
            for item in items:
                found = True
                within = item.source.removeprefix(str(file))  # of a message or book: an attached file, a page
                yield item if module == "archive" else replace(item, source=source + within)
        except TooMuchError:
            raise
        except InputError as error:
            yield Skipped(source, str(error))
        else:
            if not found:
                yield Skipped(source, "no article found in it")


def _unpack(content: IO[bytes], file: Path, most: int, count: Callable[[int], None]) -> None:
    """Write a member to a file. Raises InputError if it is damaged or too large, TooMuchError if the archive is."""
    size = 0
    with file.open("wb") as target:
        while True:
            try:
                chunk = content.read(_CHUNK_BYTES)
            except InputError:
                raise
            except NotImplementedError as error:
                raise InputError("compressed in a way that cannot be read; pack it as a usual ZIP file") from error
            except DAMAGED as error:
                raise InputError(f"damaged ({_words(error)}); pack it again") from error
            if not chunk:
                return
            size += len(chunk)
            count(len(chunk))
            if size > most:
                raise InputError(limits.too_large() if most == limits.MAX_BYTES else "larger than 2 GB; unpack it")
            target.write(chunk)


def _count_within(file: Path, module: str, budget: Budget) -> None:
    """Count what a member that is compressed itself unpacks to. What is damaged in it, its reader says."""
    if module in readers.UNPACKED:
        sizes = [0]
        with contextlib.suppress(InputError), open_zip(file) as parts:
            sizes = [info.file_size for info in parts.infolist()]
        budget.add(sum(sizes))
        return
    with file.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    if packed:
        with contextlib.suppress(EOFError, zlib.error, gzip.BadGzipFile), gzip.open(file) as unpacked:
            while chunk := unpacked.read(_CHUNK_BYTES):
                budget.add(len(chunk))


@contextlib.contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file whose list of members is not too long to be held in memory.

    Raises:
        InputError: if it is too long, or the file is damaged.
    """
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open_file(path))
            archive = stack.enter_context(zipfile.ZipFile(cast(IO[bytes], _Bounded(file))))
        except InputError:
            raise
        except (*DAMAGED, NotImplementedError) as error:
            raise InputError(f"not a ZIP file, or a damaged one ({_words(error)}); pack it again") from error
        yield archive


def read_zipped(archive: zipfile.ZipFile, name: str, budget: Budget) -> bytes:
    """Return the content of a member of at most limits.MAX_BYTES.

    Raises:
        InputError: if it is missing, damaged or too large.
    """
    try:
        with archive.open(name) as member:
            data = member.read(limits.MAX_BYTES + 1)
    except (*DAMAGED, NotImplementedError) as error:
        raise InputError(f"damaged ({_words(error)}); save it again") from error
    budget.add(len(data))
    if len(data) > limits.MAX_BYTES:
        raise InputError(limits.too_large(len(data)))
    return data


def _zip_members(path: Path, budget: Budget) -> Iterator[tuple[str, IO[bytes] | str]]:
    """Yield (name, content) of the members of a ZIP file in the order of names, or the reason against one."""
    with open_zip(path) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            budget.member()
            name = info.filename
            if info.is_dir():
                continue
            if reason := _reason_against(name):
                yield name, reason
            elif info.flag_bits & 0x1:
                yield name, "encrypted; unpack it with its password, and give the folder"
            elif (info.external_attr >> 16) & 0o170000 == 0o120000:
                yield name, "a link, which is not followed"
            else:
                try:
                    member = archive.open(info)
                except NotImplementedError:
                    yield name, "compressed in a way that cannot be read; pack it as a usual ZIP file"
                except DAMAGED as error:
                    yield name, f"damaged ({_words(error)}); pack it again"
                else:
                    with member:
                        yield name, member


class _Bounded(io.RawIOBase):
    """A ZIP file that refuses to return more than MAX_DIRECTORY_BYTES at once: zipfile reads its list in one go."""

    def __init__(self, file: io.FileIO):
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, all of them for -1, unless they are too many."""
        left = os.fstat(self._file.fileno()).st_size - self._file.tell()
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > MAX_DIRECTORY_BYTES:
            raise TooMuchError("its list of members is too long; split it")
        return self._file.read(wanted) if wanted > 0 else b""


def _tar_members(path: Path, budget: Budget) -> Iterator[tuple[str, IO[bytes] | str]]:
    """Yield (name, content) of the members of a tar file in its order, or the reason against one."""
    try:
        with io.BufferedReader(open_file(path)) as packed:
            first = packed.peek(6)
            opener = next((opener for magic, opener in _PACKED.items() if first.startswith(magic)), None)
            with (
                opener(packed) if opener else packed as file,
                tarfile.open(
                    fileobj=cast(IO[bytes], stream := _Stream(file, budget)), mode="r|", tarinfo=_Header
                ) as archive,
            ):
                while info := archive.next():
                    budget.member()
                    stream.left = None
                    if not info.isdir():
                        yield _tar_member(archive, info)
                    _skip_to_next(archive)
                    stream.left = MAX_HEADER_BYTES
    except InputError:
        raise
    except DAMAGED as error:
        raise InputError(f"not a tar file, or a damaged one ({_words(error)}); what comes before was read") from error


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> tuple[str, IO[bytes] | str]:
    if reason := _reason_against(info.name):
        return info.name, reason
    if info.issym() or info.islnk():
        return info.name, "a link, which is not followed"
    content = archive.extractfile(info) if info.isreg() and not info.issparse() else None
    return info.name, content or "neither a file nor a folder, or a file with holes"


def _skip_to_next(archive: tarfile.TarFile) -> None:
    """Read what is left of a member. tarfile itself would try as often as the size says that the header states."""
    file = cast(IO[bytes], archive.fileobj)
    while (left := archive.offset - 1 - file.tell()) > 0:
        if not file.read(min(left, _CHUNK_BYTES)):
            raise InputError("truncated; what comes before was read")
    archive.members.clear()  # type: ignore[attr-defined]  # tarfile would keep them all


class _Header(tarfile.TarInfo):
    """The header of a member.

    tarfile takes a damaged one for the end of the archive. In the records of pax headers it looks for patterns in time
    and memory quadratic in their length (CVE-2024-6232), and it keeps what a global one says for each member to come.
    """

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> _Header:
        try:
            return super().fromtarfile(tarfile_)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
            where = "not a tar file" if tarfile_.offset == 0 else "damaged; what comes before was read"
            raise InputError(f"{where} ({error})") from error

    def _proc_pax(self, tarfile_: tarfile.TarFile) -> tarfile.TarInfo:
        """Return the member that a pax header is for, with the name and size that it states."""
        blocks = cast(IO[bytes], tarfile_.fileobj).read(-(-self.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE)
        stated = _pax_records(blocks[: self.size])
        member = self.fromtarfile(tarfile_)
        if self.type == tarfile.XGLTYPE:  # about all members: comments
            return member
        if b"path" in stated:
            member.name = stated[b"path"].decode("utf-8", "surrogateescape").rstrip("/")
        if b"size" in stated:
            member.size = int(stated[b"size"])
            if member.isreg():
                after = member.offset_data + -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
                tarfile_.offset = after
        if any(name.startswith(b"GNU.sparse") for name in stated):
            member.sparse = b""
        return member


def _pax_records(data: bytes) -> dict[bytes, bytes]:
    """Return the values of a pax header: records of a length, a space, "name=value" and a line end."""
    found: dict[bytes, bytes] = {}
    start = 0
    while start < len(data) and data[start]:
        space = data.find(b" ", start, start + _PAX_DIGITS)
        digits = data[start:space] if space > start else b""
        end = start + int(digits) if digits.isdigit() else 0
        name, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals or end > len(data) or data[end - 1 : end] != b"\n":
            raise InputError("damaged: the header of a member cannot be read; what comes before was read")
        found[name] = value
        start = end
    return found


class _Stream:
    """The unpacked bytes of a tar file, counted; `left` of them may be read until it is set again."""

    def __init__(self, file: IO[bytes], budget: Budget):
        self._file, self._budget = file, budget
        self._ends = 0
        self.left: int | None = MAX_HEADER_BYTES

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._budget.add(len(data))
        self._ends += not data
        if self._ends > MAX_ENDS:
            raise InputError("truncated; what comes before was read")
        if self.left is not None:
            self.left -= len(data)
            if self.left < 0:
                raise TooMuchError("damaged: the header of a member is too long; what comes before was read")
        return data


def _reason_against(name: str) -> str | None:
    parts = PurePosixPath(name.replace("\\", "/"))
    if "\x00" in name or len(name) > MAX_NAME_CHARS:
        return "its name is too long, or none"
    if parts.is_absolute() or ".." in parts.parts or name[1:2] == ":":
        return "its name leads out of the archive; pack it again with relative names"
    return None


def _is_input(name: str) -> bool:
    """Return whether a member is read: as in a folder, nothing hidden, and no README."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.stem.lower() != "readme"


def _ignore(_: int) -> None:
    pass


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__
