"""Connections to an index folder's database: locks, transactions, files, and errors that say what to do.

After `schema`, whose tables it opens, creates and upgrades; before `store` and `writer`, which read and write rows.
Each thread has a connection of its own.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from rag._lazy import LazyModule
from rag.errors import BusyError, LibraryError
from rag.stores.base import Manifest
from rag.stores.process import check_process
from rag.stores.sqlite import engine
from rag.stores.sqlite.engine import Connection, ImmutableConnection
from rag.stores.sqlite.schema import FORMAT, read_generation, read_manifest, register_functions, upgrade_tables

if TYPE_CHECKING:
    from rag.stores import snapshot
else:  # commands that only list articles do not load it
    snapshot = LazyModule("rag.stores.snapshot")

DATABASE, LOCK = "library.sqlite", "write.lock"
TEMPORARY = "library.sqlite.making."  # how the name of a database begins that is not in its place yet
MAX_LOG_BYTES = 64 * 2**20  # that SQLite's log keeps between transactions
MAX_PARAMETERS = 500  # values in one query; SQLite takes 32,766
PAGE_ROWS = 256

log = logging.getLogger("rag")


class Database:
    """The database of one index folder, and its read transactions; safe to use from several threads."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._local = threading.local()

    def close(self) -> None:
        """Close this thread's connection; those of other threads close when their threads end."""
        if db := getattr(self._local, "db", None):
            db.close()
            self._local.db = None

    def generation(self) -> int:
        """Return the number of changes made so far; a view of another generation is out of date."""
        with translate_errors(self.folder):
            return read_generation(self._db)

    def newest(self) -> int:
        """Return the newest generation, even inside a read transaction, which goes on seeing its own."""
        with translate_errors(self.folder), contextlib.closing(connect(self.folder / DATABASE)) as db:
            return read_generation(db)

    @contextlib.contextmanager
    def reading(self, searched: int | None = None) -> Iterator[Connection]:
        """Open a read transaction of this thread: everything read inside is of one generation (see `base.Store`).

        Raises:
            LibraryError: if the database cannot be read, or changed while it was read without a log.
        """
        before: int | None = getattr(self._local, "searched", None)
        with self._read_transaction() as db:
            if searched is not None:
                self._local.searched = None if searched == self.generation() else searched
            try:
                yield db
            finally:
                self._local.searched = before

    def _searched(self) -> int | None:
        """Return the generation of the view that this thread reads for, if that is not the one read; SQL can call it.

        It does not change while a statement runs, so SQLite need ask only once.
        """
        return getattr(self._local, "searched", None)

    @contextlib.contextmanager
    def _read_transaction(self) -> Iterator[Connection]:
        with translate_errors(self.folder):
            db = self._db
            nested = db.in_transaction
            if not nested:
                db.execute("BEGIN")
        if nested:
            yield db
            return
        try:
            self.generation()  # the first read settles what all others see
            yield db
        finally:
            with translate_errors(self.folder):
                if db.in_transaction:
                    db.execute("COMMIT")
            if self._has_changed():
                raise ChangedWhileReadError(f"the index in {self.folder} was changed while it was read; try again")

    @property
    def _db(self) -> Connection:
        check_process()
        path = self.folder / DATABASE
        db: Connection | None = getattr(self._local, "db", None)
        if db and not db.in_transaction and self._has_changed():
            self.close()
            db = None
        if db is None:
            state = _file_state(path)
            db = self._local.db = connect(path)
            db.define("searched", self._searched, 0)
            self._local.immutable = state if isinstance(db, ImmutableConnection) else None
        return db

    def _has_changed(self) -> bool:
        """Return whether another process has written to a database that this thread reads as immutable."""
        state = getattr(self._local, "immutable", None)
        return bool(state) and state != _file_state(self.folder / DATABASE)

    def _writable(self) -> Connection:
        """Return this thread's connection, opened for writing."""
        with translate_errors(self.folder):
            if isinstance(self._db, ImmutableConnection):
                self.close()
                db = self._local.db = connect(self.folder / DATABASE, writing=True)
                db.define("searched", self._searched, 0)
                self._local.immutable = None
            return self._db

    def _paged(self, query: str) -> Iterator[Any]:
        """Yield the rows of a query, PAGE_ROWS at a time.

        Args:
            query: ordered by its first column, which must be greater than its only parameter.
        """
        last = 0
        while True:
            with translate_errors(self.folder):
                rows = self._db.execute(f"{query} LIMIT {PAGE_ROWS}", (last,)).fetchall()
            if not rows:
                return
            if rows[0][0] <= last:  # it would never end
                raise LibraryError(f"the index in {self.folder} cannot be used (rows out of order): {_DAMAGED}")
            yield from rows
            last = rows[-1][0]

    def _copied(self, columns: str, source: str) -> Iterator[Any]:
        """Yield some columns of the rows of a query, all of one generation, however long that takes.

        More than PAGE_ROWS are first copied to a file that disappears afterwards: a transaction that is open until
        someone asks for the last row would keep the log from being emptied.
        """
        with contextlib.closing(Connection("")) as copy:
            with translate_errors(self.folder):
                cursor = self._db.execute(f"SELECT {columns} {source}")
                rows = list(islice(cursor, PAGE_ROWS))
                if len(rows) == PAGE_ROWS:
                    copy.execute("PRAGMA journal_mode = OFF")
                    copy.execute(f"CREATE TABLE copy ({columns})")
                    copy.execute("BEGIN")
                    copy.executemany(f"INSERT INTO copy VALUES ({'?, ' * columns.count(',')}?)", cursor)
                    cursor = copy.execute("SELECT * FROM copy ORDER BY rowid")
            yield from rows
            while len(rows) == PAGE_ROWS:
                with translate_errors(self.folder):
                    rows = list(islice(cursor, PAGE_ROWS))
                yield from rows

    def _among(self, query: str, column: str, keys: Sequence[int | str], group: str = "") -> list[Any]:
        """Return the rows of a query whose column has one of some values, optionally one row per `group`."""
        found: list[Any] = []
        for start in range(0, len(keys), MAX_PARAMETERS):
            some = list(keys[start : start + MAX_PARAMETERS])
            last = f" GROUP BY {group}" if group else ""
            with translate_errors(self.folder):
                found += self._db.execute(f"{query} WHERE {column} IN ({', '.join('?' * len(some))}){last}", some)
        return found


class ChangedWhileReadError(LibraryError):
    """Another process has begun to write a database that was being read as immutable."""


def connect(path: Path, writing: bool = False) -> Connection:
    """Open a database. Raises apsw.Error where that is impossible."""
    db = engine.open_database(path)
    try:
        db.execute("SELECT 1 FROM sqlite_master")
    except apsw.Error as error:
        db.close()
        # The first reader creates the log of a database that is not being written. A read-only folder or a full disk
        # prevents that; but as long as there is no log, the database can be read without one.
        code = getattr(error, "extendedresult", 0)
        forbidden = code & 0xFF in (apsw.SQLITE_READONLY, apsw.SQLITE_CANTOPEN)
        if writing or _file_state(path)[-1] or not (forbidden or code == apsw.SQLITE_IOERR_SHMSIZE):
            raise
        db = engine.open_database(path, immutable=True)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA journal_size_limit = {MAX_LOG_BYTES}")
    register_functions(db)
    if not engine.has_sums(db) and read_manifest(db).format >= engine.SUMS_SINCE:
        raise apsw.CorruptError("its pages have lost their checksums")
    return db


def _file_state(path: Path) -> tuple[int, int, int]:
    """Return what changes when a database is written: its time and size, and the size of its log."""
    status, journal = path.stat(), path.with_name(f"{path.name}-wal")
    return status.st_mtime_ns, status.st_size, journal.stat().st_size if journal.exists() else 0


@contextlib.contextmanager
def write_lock(folder: Path, wait: bool) -> Iterator[None]:
    """Hold the folder's lock, which the operating system releases when the process dies.

    Raises:
        LibraryError: if the folder cannot be written.
        BusyError: if another process holds the lock and `wait` is False.
    """
    from filelock import FileLock, Timeout  # imports the whole of asyncio

    lock = FileLock(folder / LOCK)
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not wait:
                raise BusyError(f"another process is writing to {folder}; try again when it is done") from None
            log.warning("waiting for another process that is writing to %s ...", folder)
            lock.acquire()
    except OSError as error:
        raise LibraryError(
            f"the index in {folder} cannot be written ({error.strerror or error}){_advice(error)}"
        ) from error
    try:
        yield
    finally:
        lock.release()


# Errors

_FULL = "the disk is full; free some space and run this again: what was done is kept"
_READ_ONLY = "it may not be written here; change its permissions, or copy the folder and use the copy"
_DAMAGED = "run `according doctor` to see what is damaged; restore a backup, or build the index again in a new folder"
# What is wrong and what to do about it, by SQLite's result code and by the system's error number.
_SQLITE_ADVICE = {
    engine.DAMAGED_PAGE: _DAMAGED,
    apsw.SQLITE_FULL: _FULL,
    apsw.SQLITE_READONLY: _READ_ONLY,
    apsw.SQLITE_CANTOPEN: "it may not be opened here; change its permissions, or copy the folder and use the copy",
    apsw.SQLITE_BUSY: "another process keeps its database locked; try again when it is done",
    apsw.SQLITE_IOERR_SHMSIZE: _FULL,
    apsw.SQLITE_IOERR: "its disk cannot be read or written; check the disk, or copy the folder to another one",
}
_SYSTEM_ADVICE = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
}


@contextlib.contextmanager
def translate_errors(folder: Path) -> Iterator[None]:
    """Turn the errors of reading or writing an index into a LibraryError that says what to do."""
    try:
        yield
    except apsw.Error as error:
        code = getattr(error, "extendedresult", 0)
        advice = _SQLITE_ADVICE.get(code) or _SQLITE_ADVICE.get(code & 0xFF, _DAMAGED)
        reason = "a part of its database is not as it was written" if code == engine.DAMAGED_PAGE else _words(error)
        raise LibraryError(f"the index in {folder} cannot be used ({reason}): {advice}") from error
    except (KeyError, ValueError, TypeError) as error:  # a damaged row may hold values of any type
        raise LibraryError(f"the index in {folder} cannot be used ({error}): {_DAMAGED}") from error
    except OSError as error:
        raise LibraryError(f"the index in {folder} cannot be used ({error}){_advice(error)}") from error


def _words(error: Exception) -> str:
    """Return what SQLite says of an error, without the name that APSW puts before it."""
    return str(error).removeprefix(f"{type(error).__name__}: ")


def _advice(error: OSError) -> str:
    """Return what to do about an error of the system, to be appended to the message."""
    advice = _SYSTEM_ADVICE.get(error.errno or 0)
    return f": {advice}" if advice else ""


# Files


@contextlib.contextmanager
def temporary_database(folder: Path) -> Iterator[Path]:
    """Yield a path for a database that is made before it is put in its place, and delete what is left there.

    What killed processes have left is deleted too.
    """
    for left in filter(snapshot.abandoned, folder.glob(f"{TEMPORARY}*")):
        snapshot.delete(left)
    path = folder / f"{TEMPORARY}{os.getpid()}.{threading.get_ident()}"
    _unlink(path)
    try:
        yield path
    finally:
        _unlink(path)


def _unlink(path: Path) -> None:
    for each in (path, *_companions(path)):
        each.unlink(missing_ok=True)


def _companions(path: Path) -> list[Path]:
    """Return the files that SQLite may keep next to a database."""
    return [path.with_name(f"{path.name}-{end}") for end in ("wal", "shm", "journal")]


def copy_database(
    db: Connection, path: Path, change: Callable[[Connection], None] | None = None, sums: bool = True
) -> None:
    """Write a whole copy of a database as one transaction sees it, without its unused pages, and check it.

    Args:
        db: the database.
        path: of the copy.
        change: what to change in the copy first.
        sums: whether its pages are to have checksums; not in a copy of an older format.
    """
    engine.copy(db, path, sums=sums)
    with contextlib.closing(engine.open_database(path)) as copy:
        if change:
            with engine.transaction(copy):
                change(copy)
        ((found,),) = copy.execute("PRAGMA quick_check(1)").fetchall()
        if found != "ok":
            raise apsw.CorruptError(found)
        copy.execute("PRAGMA journal_mode = WAL")  # last: a log would not be moved together with the file


def install(temporary: Path, path: Path) -> None:
    """Move a finished database to its place: whole and on the disk, or not at all."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    for old in _companions(path):  # the log of an earlier database would be taken for this one's
        old.unlink(missing_ok=True)
    temporary.replace(path)
    snapshot.sync(path.parent)


def upgrade(folder: Path, old: int, wait: bool) -> Manifest:
    """Upgrade an older index to this format, after making a copy of it; unless another process has just done so."""
    try:
        with write_lock(folder, wait), translate_errors(folder):
            with contextlib.closing(connect(folder / DATABASE, writing=True)) as db:
                if (old := read_manifest(db).format) >= FORMAT:
                    return read_manifest(db)
                _keep_copy(db, folder, old)
                with temporary_database(folder) as temporary:
                    copy_database(db, temporary, lambda copy: _upgraded(copy, old))
                    db.close()  # before its file is replaced, so that its log does not become that of the new one
                    install(temporary, folder / DATABASE)
            with contextlib.closing(connect(folder / DATABASE)) as db:
                return read_manifest(db)
    except LibraryError as error:
        raise LibraryError(
            f"the index in {folder} has format {old} and must be upgraded to format {FORMAT} first; that failed: "
            f"{error}"
        ) from error


def _upgraded(copy: Connection, old: int) -> None:
    register_functions(copy)
    upgrade_tables(copy, old)
    copy.execute(
        "INSERT OR IGNORE INTO past (generation, token) VALUES (?, ?)", (read_generation(copy), secrets.token_hex(8))
    )


def _keep_copy(db: Connection, folder: Path, old: int) -> None:
    """Keep a copy of an index of an older format next to it."""
    kept = folder / f"library.format{old}.sqlite"
    log.warning("upgrading the index in %s from format %s to %s; %s is a copy of it", folder, old, FORMAT, kept.name)
    with temporary_database(folder) as temporary:
        copy_database(db, temporary, sums=False)
        install(temporary, kept)
