"""A connection to Milvus that outlasts its absences: addresses, retries, and errors that say what to do.

Before the store that is kept there. An address is `milvus://host:19530/name`, `milvus+tls://...` for an encrypted
connection, or a path that ends in `.db`, which is Milvus Lite in this process; $MILVUS_TOKEN is what a server that asks
for it is told (`user:password`, or a key). `?index=DISKANN` behind the name of a library that is to be made chooses the
index of its vectors; without it Milvus does.
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

if TYPE_CHECKING:
    from pymilvus import MilvusClient

SCHEMES = {"milvus": "http", "milvus+tls": "https"}
INDEXES = ("AUTOINDEX", "FLAT", "HNSW", "IVF_FLAT", "IVF_SQ8", "IVF_PQ", "IVF_RABITQ", "SCANN", "DISKANN")
PORT = 19530
NAME = "according"  # of a library whose address names none
TIMEOUT = 10.0  # seconds that one call may take; what is called again does the same again, once
READING, WRITING = 5.0, 120.0  # seconds for which calls are made again while the server is away
_AWAY = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN"}
CONNECTING = 2.0  # seconds that one attempt to connect may take: several fit into those below
LOADING = 600.0  # seconds that Milvus may take to load a table
_NOT_LOADED = 101  # Milvus' code for a table that it has not loaded
_NO_CONNECTION = 2  # pymilvus' code for a server that cannot be reached

Address = str | os.PathLike[str]


@dataclass(frozen=True)
class Place:
    """Where a library is kept.

    Attributes:
        said: the address as it was given, for messages.
        uri: what pymilvus connects to: a URL, or the path of a Milvus Lite.
        name: what its collections' names begin with.
        lite: whether it is a Milvus Lite in this process.
        index: of the vectors of a library that is made there, as Milvus calls it.
    """

    said: str
    uri: str
    name: str
    lite: bool
    index: str = "AUTOINDEX"


def located(address: Address) -> Place | None:
    """The place of a library that Milvus keeps; None for any other address, which is a folder's.

    Raises LibraryError for one that is misspelt.
    """
    said = os.fspath(address)
    scheme, found, _ = said.partition("://")
    if not found:
        return Place(said, os.path.abspath(said), NAME, True) if said.endswith(".db") else None
    try:
        parts = urlsplit(said)
        host, port, name = parts.hostname, parts.port or PORT, parts.path.strip("/") or NAME
    except ValueError:
        host = None
    index = regex.fullmatch(rf"(?:index=({'|'.join(INDEXES)}))?", parts.query) if host else None
    if scheme not in SCHEMES or not host or not index or parts.username or parts.fragment:
        raise LibraryError(
            f"no library can be at {without_credentials(said)!r}; give a folder, a path ending in .db, or "
            "milvus://host:19530/name (milvus+tls:// for an encrypted connection); user and password go into "
            "$MILVUS_TOKEN"
        )
    if not regex.fullmatch(r"[A-Za-z_]\w{0,200}", name, regex.A):
        raise LibraryError(f"{name!r} cannot name a library in Milvus; take letters, digits and _")
    host = f"[{host}]" if ":" in host else host
    return Place(said, f"{SCHEMES[scheme]}://{host}:{port}", name, False, index[1] or "AUTOINDEX")


class Server:
    """Calls pymilvus' methods, again and with pauses while the server is away; safe to use from several threads."""

    def __init__(self, place: Place):
        _quiet()
        self.place = place
        self._lock = threading.Lock()
        self._made: MilvusClient | None = None

    def __call__(self, method: str, *arguments: Any, patience: float | None = None, **named: Any) -> Any:
        """What the client's method gives. Raises LibraryError where the server is away for longer than `patience`
        seconds, READING by default, or refuses."""

        def call() -> Any:
            return getattr(self._client(), method)(*arguments, timeout=TIMEOUT, **named)

        return self._tried(method, call, patience, arguments[0] if arguments else None)

    def each(self, *arguments: Any, patience: float | None = None, **named: Any) -> Iterator[Any]:
        """The rows of a query, however many, as `MilvusClient.query_iterator` has it."""
        rows = self("query_iterator", *arguments, patience=patience, **named)
        try:
            while batch := self._tried("query_iterator", rows.next, patience, arguments[0]):
                yield from batch
        finally:
            rows.close()

    def _tried(self, what: str, call: Callable[[], Any], patience: float | None, table: str | None) -> Any:
        """What a call gives; a table that a Milvus which was started anew has not loaded is loaded first."""
        from grpc import RpcError
        from pymilvus import MilvusException
        from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

        retrying = Retrying(
            retry=retry_if_exception(_away), stop=stop_after_delay(patience or READING), reraise=True,
            wait=wait_exponential_jitter(multiplier=0.05, max=2.0, jitter=0.1),
        )  # fmt: skip
        try:
            try:
                return retrying(call)
            except MilvusException as error:
                if error.code != _NOT_LOADED or not table:
                    raise
                retrying(lambda: self._client().load_collection(table, timeout=LOADING))
                return retrying(call)
        except (MilvusException, RpcError) as error:
            if _away(error):
                raise LibraryError(
                    f"the library at {self.place.said} does not answer: see whether Milvus runs there and can be "
                    "reached; nothing is lost, and this goes on by itself once it is back"
                ) from error
            raise LibraryError(
                f"Milvus at {self.place.said} refused ({what}): {getattr(error, 'message', error)}"
            ) from error

    def _client(self) -> MilvusClient:
        with self._lock:
            if self._made is None:
                from pymilvus import MilvusClient

                if self.place.lite:
                    _lite(self.place)
                token = os.environ.get("MILVUS_TOKEN", "")
                try:
                    self._made = MilvusClient(self.place.uri, token=token, timeout=CONNECTING)
                except BaseException:
                    if self.place.lite:
                        _leave(self.place)
                    raise
            return self._made

    @functools.cached_property
    def lite(self) -> bool:
        """Whether it is a Milvus Lite, in this process or another."""
        return "lite" in str(self("get_server_version"))

    def close(self) -> None:
        """Lets go of the connection; the next call makes another."""
        with self._lock:
            client, self._made = self._made, None
        if client:
            client.close()
            if self.place.lite:
                _leave(self.place)


_held: dict[str, int] = {}  # how many connections of this process there are to each Milvus Lite
_holding = threading.Lock()


def _lite(place: Place) -> None:
    """Has a Milvus Lite of this process stand at a path. Raises LibraryError where that cannot be."""
    try:
        from milvus_lite.exceptions import DataDirLockedError
        from milvus_lite.server_manager import server_manager_instance as manager
    except ImportError:
        raise _missing() from None
    with _holding, _Heard() as heard:
        try:
            Path(place.uri).parent.mkdir(parents=True, exist_ok=True)
            started = manager.start_and_get_uri(place.uri)  # which logs why it could not, and gives None
        except OSError as error:
            started, heard.error = None, error
        if not started and isinstance(heard.error, DataDirLockedError):
            raise LibraryError(
                f"another process holds {place.said}: a Milvus Lite is held by one at a time. For several, start a "
                f"server (milvus-lite server --data-dir {place.said}) and use milvus://localhost:{PORT}"
            )
        if not started:
            raise LibraryError(f"{place.said} cannot be opened as a Milvus Lite ({heard.error}); use another path")
        _held[place.uri] = _held.get(place.uri, 0) + 1


def _leave(place: Place) -> None:
    """Lets other processes have a Milvus Lite that nobody in this one needs any more."""
    from milvus_lite.server_manager import server_manager_instance as manager

    with _holding:
        _held[place.uri] -= 1
        if not _held[place.uri]:
            manager.release_server(place.uri)


class _Heard(logging.Handler):
    """Takes what milvus-lite logs for itself, instead of the user: the last error."""

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
def _quiet() -> None:
    """Says what to install where pymilvus is not, and keeps its log of errors, which are raised too, from the user."""
    try:
        import pymilvus  # noqa: F401
        import tenacity  # noqa: F401
    except ImportError:
        raise _missing() from None
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)


def _missing() -> LibraryError:
    return LibraryError('a library in Milvus needs what is not installed here: pip install "according[scale]"')


def _away(error: BaseException) -> bool:
    """Whether an error is one of a server that cannot be reached, or does not answer in time."""
    code = getattr(error, "code", None)
    code = code() if callable(code) else code
    return code == _NO_CONNECTION or getattr(code, "name", None) in _AWAY
