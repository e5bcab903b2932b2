"""SQLite with a checksum in every page of a database, compared whenever the page is read.

Next to `schema`; `connection` opens an index's database with it. The checksums are those of SQLite's own extension
`cksumvfs`, which comes with APSW; Python's sqlite3 module cannot load it everywhere. They are in the last SUM_BYTES of
each page, so any copy of the file has them too. Whatever damage is read (a text, a number, a row of one of SQLite's own
indexes, a link between pages) is an error, apsw.IOError with DAMAGED_PAGE, before anything is made of it.

A database of a format before SUMS_SINCE has no checksums and is read as it is, to be upgraded.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import apsw.sqlite_extra

from rag.errors import LibraryError
from rag.stores.process import check_process, closed, opened

EXTENSION, VFS = "cksumvfs", "cksmvfs"
SUM_BYTES = 8
SUMS_SINCE = 6  # the format of an index
BUSY_TIMEOUT_SECONDS = 30.0
DAMAGED_PAGE = apsw.SQLITE_IOERR_DATA  # the error of a page that does not have its checksum


class Connection(apsw.Connection):
    """A connection to an index's database, or to a temporary one."""

    if TYPE_CHECKING:  # what a row holds is known to whoever wrote the query

        def execute(self, statements: str, bindings: Any = None) -> Any: ...  # type: ignore[override]

    def __init__(self, *given: Any):
        check_process()
        super().__init__(*given)
        opened(self)

    def close(self, force: bool = False) -> None:
        """Close it."""
        super().close(force)
        closed(self)

    def define(self, name: str, function: Callable[..., Any], arguments: int = -1) -> None:
        """Define an SQL function that gives the same value for the same arguments within a statement."""
        self.create_scalar_function(name, function, arguments, deterministic=True)


class ImmutableConnection(Connection):
    """A database that is read without a log: no process writes it, and no log can be created here."""


def create_database(path: Path) -> Connection:
    """Create an empty database, each page of which has a checksum, and open it."""
    db = Connection(str(path), apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE, _vfs())
    db.reserve_bytes("main", SUM_BYTES)
    return db


def open_database(path: Path, immutable: bool = False) -> Connection:
    """Open a database for reading and writing. What is wrong with it shows when it is first read."""
    uri, flags = f"{path.absolute().as_uri()}?mode=rw", apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_URI
    if immutable:
        return ImmutableConnection(f"{uri}&immutable=1", flags, _vfs())
    db = Connection(uri, flags, _vfs())
    db.set_busy_timeout(int(1000 * BUSY_TIMEOUT_SECONDS))
    return db


def copy(db: Connection, path: Path, sums: bool = True) -> None:
    """Write a copy of a database, without its unused pages, in whose pages there are checksums, or none as before."""
    if sums:
        db.reserve_bytes("main", SUM_BYTES)  # of what VACUUM INTO writes
    db.execute("VACUUM INTO ?", (str(path),))
    if sums:
        _write_sums(path)


def _write_sums(path: Path) -> None:
    """Write each page of a database that nobody uses yet once more, with its checksum.

    The extension knows by the first page that there are to be checksums, and VACUUM INTO may write others before it.
    """
    file = apsw.VFSFile(_vfs(), str(path), [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE, 0])
    try:
        with path.open("rb") as pages:
            size = int.from_bytes(pages.read(18)[16:], "big")
            pages.seek(0)
            for number, page in enumerate(iter(functools.partial(pages.read, size), b"")):
                file.xWrite(page, number * size)
    finally:
        file.xClose()


def has_sums(db: Connection) -> bool:
    """Return whether the pages of a database that was read before have checksums."""
    return db.reserve_bytes("main") == SUM_BYTES


def damaged_pages(db: Connection) -> list[int]:
    """Return the numbers of the pages in the file of a database that do not have their checksum."""
    (size,) = db.execute("PRAGMA page_size").fetchone()
    count = Path(db.filename).stat().st_size // size
    return [number + 1 for number in range(count) if not _is_whole(db, number * size, size)]


def _is_whole(db: Connection, offset: int, size: int) -> bool:
    try:
        db.read("main", 0, offset, size)
    except apsw.Error:
        return False
    return True


def trust(db: Connection) -> None:
    """Read damaged pages as they are from now on: to find out what is in them, never to answer."""
    db.execute("PRAGMA checksum_verification = OFF")


@contextlib.contextmanager
def transaction(db: Connection) -> Iterator[None]:
    """Open a transaction that writes, and commit it, or undo it after an error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk makes SQLite itself undo it
            db.execute("ROLLBACK")
        raise


@functools.cache
def _vfs() -> str:
    """Load the extension, which then offers checked files under a name, and return the name."""
    usual = apsw.vfs_names()[0]
    try:
        with contextlib.closing(Connection(":memory:")) as db:
            apsw.sqlite_extra.load(db, EXTENSION)
    except (LookupError, apsw.sqlite_extra.NotAvailable, apsw.Error) as error:
        raise LibraryError(
            f"APSW was installed without SQLite's extension {EXTENSION}, which finds damage in an index ({error}); "
            "install it as it is published: pip install --force-reinstall --only-binary :all: apsw"
        ) from error
    apsw.set_default_vfs(usual)  # other databases of this process stay as they are
    return VFS
