"""Calls to Milvus: locations, retries while the server is unreachable, and errors that say what to do.

The first module of the package. A location is `milvus://host:19530/name`, `milvus+tls://...` for an encrypted
connection, or a path that ends in `.db`, which is a Milvus Lite in this process. $MILVUS_TOKEN is what a server that
requires it is sent: `user:password`, or a key. `?index=DISKANN` after the name of a library that is to be created
chooses the index of its vectors; without it, Milvus chooses.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import regex

from rag.errors import LibraryError
from rag.readers.remote import without_credentials
from rag.stores.base import Location
from rag.stores.process import check_process, closed, opened

if TYPE_CHECKING:
    from pymilvus import MilvusClient

SCHEMES = {"milvus": "http", "milvus+tls": "https"}
INDEXES = ("AUTOINDEX", "FLAT", "HNSW", "IVF_FLAT", "IVF_SQ8", "IVF_PQ", "IVF_RABITQ", "SCANN", "DISKANN")
DEFAULT_PORT = 19530
DEFAULT_NAME = "according"  # of a library whose location names none
CALL_TIMEOUT_SECONDS = 10.0  # of one call; a call that is repeated has the same effect, once
READ_RETRY_SECONDS, WRITE_RETRY_SECONDS = 5.0, 120.0  # for which calls are repeated while the server is unreachable
CONNECT_TIMEOUT_SECONDS = 2.0  # of one attempt to connect: several fit into those above
LOAD_TIMEOUT_SECONDS = 600.0  # that Milvus may take to load a table
_UNREACHABLE = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN"}
_NOT_LOADED = 101  # Milvus' code for a table that it has not loaded
_NO_CONNECTION = 2  # pymilvus' code for a server that cannot be reached


@dataclass(frozen=True)
class MilvusLocation:
    """Where a library is in Milvus.

    Attributes:
        given: the location as it was given, for messages.
        uri: what pymilvus connects to: a URL, or the path of a Milvus Lite.
        name: what the names of its collections begin with.
        lite: whether it is a Milvus Lite in this process.
        index: the index of the vectors of a library that is created there, as Milvus calls it.
    """

    given: str
    uri: str
    name: str
    lite: bool
    index: str = "AUTOINDEX"


def parse_location(location: Location) -> MilvusLocation | None:
    """Parse the location of a library in Milvus; return None for any other location, which is a folder.

    Raises:
        LibraryError: for a location that is misspelt.
    """
    given = os.fspath(location)
    scheme, found, _ = given.partition("://")
    if not found:
        return MilvusLocation(given, os.path.abspath(given), DEFAULT_NAME, True) if given.endswith(".db") else None
    try:
        parts = urlsplit(given)
        host, port, name = parts.hostname, parts.port or DEFAULT_PORT, parts.path.strip("/") or DEFAULT_NAME
    except ValueError:
        host = None
    index = regex.fullmatch(rf"(?:index=({'|'.join(INDEXES)}))?", parts.query) if host else None
    if scheme not in SCHEMES or not host or not index or parts.username or parts.fragment:
        raise LibraryError(
            f"no library can be at {without_credentials(given)!r}; give a folder, a path ending in .db, or "
            "milvus://host:19530/name (milvus+tls:// for an encrypted connection); user and password go into "
            "$MILVUS_TOKEN"
        )
    if not regex.fullmatch(r"[A-Za-z_]\w{0,200}", name, regex.A):
        raise LibraryError(f"{name!r} cannot be the name of a library in Milvus; use letters, digits and _")
    host = f"[{host}]" if ":" in host else host
    return MilvusLocation(given, f"{SCHEMES[scheme]}://{host}:{port}", name, False, index[1] or "AUTOINDEX")


class Server:
    """Calls the methods of a pymilvus client, and retries while the server is unreachable; safe to use from threads."""

    def __init__(self, location: MilvusLocation):
        _check_installed()
        self.location = location
        self._lock = threading.Lock()
        self._connected: MilvusClient | None = None

    def __call__(self, method: str, *arguments: Any, retry_seconds: float | None = None, **named: Any) -> Any:
        """Call a method of the client.

        Args:
            method: its name.
            arguments, named: its arguments.
            retry_seconds: for how long to retry while the server is unreachable; by default READ_RETRY_SECONDS.

        Raises:
            LibraryError: if the server is unreachable for longer, or refuses.
        """

        def call() -> Any:
            return getattr(self._client(), method)(*arguments, timeout=CALL_TIMEOUT_SECONDS, **named)

        return self._retried(method, call, retry_seconds, arguments[0] if arguments else None)

    def each(self, *arguments: Any, retry_seconds: float | None = None, **named: Any) -> Iterator[Any]:
        """Yield the rows of a query, however many; arguments as for `MilvusClient.query_iterator`."""
        rows = self("query_iterator", *arguments, retry_seconds=retry_seconds, **named)
        try:
            while batch := self._retried("query_iterator", rows.next, retry_seconds, arguments[0]):
                yield from batch
        finally:
            rows.close()

    def _retried(self, what: str, call: Callable[[], Any], retry_seconds: float | None, table: str | None) -> Any:
        """Make a call, and retry it; load its table first if a Milvus that was restarted has not loaded it."""
        from grpc import RpcError
        from pymilvus import MilvusException
        from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

        retrying = Retrying(
            retry=retry_if_exception(_is_unreachable), stop=stop_after_delay(retry_seconds or READ_RETRY_SECONDS),
            reraise=True, wait=wait_exponential_jitter(multiplier=0.05, max=2.0, jitter=0.1),
        )  # fmt: skip
        try:
            try:
                return retrying(call)
            except MilvusException as error:
                if error.code != _NOT_LOADED or not table:
                    raise
                retrying(lambda: self._client().load_collection(table, timeout=LOAD_TIMEOUT_SECONDS))
                return retrying(call)
        except (MilvusException, RpcError) as error:
            if _is_unreachable(error):
                raise LibraryError(
                    f"the library at {self.location.given} does not answer: check whether Milvus runs there and can be "
                    "reached; nothing is lost, and this works again once it is back"
                ) from error
            raise LibraryError(
                f"Milvus at {self.location.given} refused ({what}): {getattr(error, 'message', error)}"
            ) from error

    def _client(self) -> MilvusClient:
        check_process()
        with self._lock:
            if self._connected is None:
                from pymilvus import MilvusClient

                if self.location.lite:
                    _start_lite(self.location)
                token = os.environ.get("MILVUS_TOKEN", "")
                try:
                    self._connected = MilvusClient(self.location.uri, token=token, timeout=CONNECT_TIMEOUT_SECONDS)
                except BaseException:
                    if self.location.lite:
                        _release_lite(self.location)
                    raise
                opened(self)
            return self._connected

    @functools.cached_property
    def lite(self) -> bool:
        """Whether it is a Milvus Lite, in this process or another."""
        return "lite" in str(self("get_server_version"))

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._lock:
            client, self._connected = self._connected, None
        if client:
            client.close()
            closed(self)
            if self.location.lite:
                _release_lite(self.location)


_lite_connections: dict[str, int] = {}  # number of connections of this process to each Milvus Lite, by its path
_lite_lock = threading.Lock()


def _start_lite(location: MilvusLocation) -> None:
    """Start a Milvus Lite in this process, unless it runs. Raises LibraryError if that is impossible."""
    try:
        from milvus_lite.exceptions import DataDirLockedError
        from milvus_lite.server_manager import server_manager_instance as manager
    except ImportError:
        raise _not_installed() from None
    with _lite_lock, _LastError() as last:
        try:
            Path(location.uri).parent.mkdir(parents=True, exist_ok=True)
            started = manager.start_and_get_uri(location.uri)  # on failure it logs why, and returns None
        except OSError as error:
            started, last.error = None, error
        if not started and isinstance(last.error, DataDirLockedError):
            raise LibraryError(
                f"another process has {location.given} open: only one at a time can open a Milvus Lite. For several, "
                f"start a server (milvus-lite server --data-dir {location.given}) and use "
                f"milvus://localhost:{DEFAULT_PORT}"
            )
        if not started:
            raise LibraryError(f"{location.given} cannot be opened as a Milvus Lite ({last.error}); use another path")
        _lite_connections[location.uri] = _lite_connections.get(location.uri, 0) + 1


def _release_lite(location: MilvusLocation) -> None:
    """Let other processes open a Milvus Lite, if this was the last connection of this process."""
    from milvus_lite.server_manager import server_manager_instance as manager

    with _lite_lock:
        _lite_connections[location.uri] -= 1
        if not _lite_connections[location.uri]:
            manager.release_server(location.uri)


class _LastError(logging.Handler):
    """Records the last error that milvus-lite logs, and keeps its log from the user."""

    error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.error = record.exc_info[1] if record.exc_info else self.error

    def __enter__(self) -> Self:
        self._log = logging.getLogger("milvus_lite")
        self._log.addHandler(self)
        self._before, self._log.propagate = self._log.propagate, False
        return self

    def __exit__(self, *_: object) -> None:
        self._log.removeHandler(self)
        self._log.propagate = self._before


@functools.cache
def _check_installed() -> None:
    """Raise LibraryError if pymilvus is not installed; hide its log of errors, which are raised too, from the user."""
    try:
        import pymilvus  # noqa: F401
        import tenacity  # noqa: F401
    except ImportError:
        raise _not_installed() from None
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)


def _not_installed() -> LibraryError:
    return LibraryError('a library in Milvus needs packages that are not installed: pip install "according[scale]"')


def _is_unreachable(error: BaseException) -> bool:
    """Return whether an error says that a server cannot be reached, or does not answer in time."""
    code = getattr(error, "code", None)
    code = code() if callable(code) else code
    return code == _NO_CONNECTION or getattr(code, "name", None) in _UNREACHABLE
