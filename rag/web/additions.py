"""Uploaded files -> the library, one addition after the other, and how far each is, for the page that asks.

An addition runs in a thread of its own, whether the page that started it is still open or not. The page asks every half
second how far it is; it needs the addition's handle and the cookie of the reader who began it.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from rag.errors import AccordingError, QuestionError, public_message
from rag.ingest.outcome import Outcome, Progress
from rag.ingest.report import Report
from rag.library import Library
from rag.readers import escape_unprintable
from rag.web.addition_html import FileProgress, rows, summary
from rag.web.sessions import cookie_of
from rag.web.turns import SHARE, in_turn

# Additions of all readers that wait for their turn; each reader has one at a time, but can make up sessions.
MAX_WAITING = 20
MAX_KEPT_BYTES, MAX_KEPT_SECONDS = 16 * 2**20, 3600  # of what became of additions that are over
FAILED = "Something went wrong on our side. Please try again; the app's log has the details."
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}

log = logging.getLogger("rag")


@dataclass(frozen=True)
class _Waiting:
    """An addition that waits: its handle, whose it is, and what it takes."""

    handle: str
    client: str
    names: dict[str, str]
    stack: ExitStack
    library: Library
    is_local: bool


@dataclass(eq=False)
class Addition:
    """The files that one reader adds.

    Attributes:
        session: whose they are.
        files: each file's name, with how far its reading is.
        state: "waiting", "running", "done" or "failed".
        error: why it failed.
        report: what was done so far.
        completing: whether all articles are stored, and the index is being completed.
    """

    session: str
    files: dict[str, FileProgress]
    state: str = "waiting"
    error: str = ""
    report: Report = field(default_factory=Report)
    completing: bool = False

    def follow(self, progress: Progress) -> None:
        """Note how far the addition is."""
        self.report = progress.report
        self.completing = progress.source is None
        if progress.source is None:
            for each in self.files.values():
                each.whole = True
            return
        file = self.files[progress.source]
        if not file.begun:  # files are read one after the other
            for each in self.files.values():
                each.whole = each.begun
        file.begun, file.read, file.skipped = True, progress.read, progress.skipped

    def status(self) -> dict[str, object]:
        """Return what the page shows, as JSON values: the state, a sentence, the part done, a line for each file."""
        over, found = self.state in ("done", "failed"), self.report.by_source
        outcomes = {name: found.get(name, Outcome()) for name in self.files}
        return {
            "over": over,
            "running": self.state == "running",
            "failed": self.state == "failed",
            "said": summary(self.state, len(self.files), outcomes, self.completing, self.error),
            "part": None if over else self._part(outcomes),
            "rows": str(rows(self.files, outcomes, self.state == "running", over)),
        }

    def _part(self, outcomes: Mapping[str, Outcome]) -> float | None:
        """Return the part that is done; None for none or all: how long these take is not known.

        Files count by their bytes, so that the bar moves evenly.
        """
        total = sum(file.size + 1 for file in self.files.values())
        part = sum((file.size + 1) * file.part(outcomes[name]) for name, file in self.files.items()) / total
        return round(part, 3) if 0 < part < 1 else None


class Additions:
    """The additions that wait, that run, and that ended in the last hour. Threads may use it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[str, Addition] = {}  # those that wait or run, by handle
        self._over: TTLCache[tuple[str, str], dict[str, object]] = TTLCache(
            MAX_KEPT_BYTES, MAX_KEPT_SECONDS, getsizeof=lambda status: 500 + len(str(status))
        )
        self._waiting: list[_Waiting] = []  # in the order of their turns
        self._at_work = False

    def begin(
        self,
        library: Library,
        session: str,
        taken: AbstractContextManager[dict[str, str]],
        is_local: bool,
        client: str = "",
    ) -> str:
        """Have files added, when it is the turn of those who add them among all who wait.

        Args:
            library: what they are added to.
            session: whose they are.
            taken: gives the name of each file, by path, and is left when they are added (see `Uploads.taken`).
            is_local: whether only this machine can ask (see `errors.public_message`); else one client has half of the
                places at most.
            client: who asks (see `turns.client_of`).

        Returns:
            The handle by which the page asks how far the addition is.

        Raises:
            QuestionError: if the files cannot be had, too many readers or others of the client are waiting, or this one
                is.
        """
        with ExitStack() as stack:
            names = distinct(stack.enter_context(taken))
            addition = Addition(session, {name: FileProgress(_size(path)) for path, name in names.items()})
            handle = secrets.token_urlsafe(16)
            with self._lock:
                if any(other.session == session for other in self._begun.values()):
                    raise QuestionError("your last files are still being added; add more when they are done")
                if len(self._waiting) >= MAX_WAITING:
                    raise QuestionError("many readers are adding files at the moment; try again in some minutes")
                own = sum(other.client == client for other in self._waiting)
                if not is_local and own >= MAX_WAITING * SHARE:
                    raise QuestionError("many files from your address wait to be added; try again in some minutes")
                self._begun[handle] = addition
                asked = _Waiting(handle, client, names, stack.pop_all(), library, is_local)
                self._waiting = in_turn([*self._waiting, asked], lambda other: other.client)
                if not self._at_work:
                    self._at_work = True
                    threading.Thread(target=self._work, name="additions", daemon=True).start()
        return handle

    def status(self, session: str | None, handle: str) -> dict[str, object] | None:
        """Return what a page shows of an addition; None if it is not known, or another session's."""
        with self._lock:
            addition = self._begun.get(handle)
            if addition is None:
                return self._over.get((session or "", handle))
        return addition.status() if addition.session == session else None

    def route(self) -> Route:
        """Return the route of GET /adding/HANDLE."""

        def answered(request: Request) -> Response:
            found = self.status(cookie_of(request.scope), request.path_params["handle"])
            if found is None:
                return PlainTextResponse("There is no such addition, or it ended long ago.\n", 404, _HEADERS)
            return JSONResponse(found, headers=_HEADERS)

        return Route("/adding/{handle}", answered)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._at_work = False
                    return
                asked = self._waiting.pop(0)
                addition = self._begun[asked.handle]
            _add(addition, asked)
            with self._lock, contextlib.suppress(ValueError):  # of what is too large to be kept
                del self._begun[asked.handle]
                self._over[addition.session, asked.handle] = addition.status()


def _add(addition: Addition, asked: _Waiting) -> None:
    """Add the files of an addition."""
    addition.state = "running"
    try:
        with asked.stack:  # an error keeps the files, so that the reader can try again
            addition.report = asked.library.add(
                [*asked.names], wait=False, sources=asked.names, progress=addition.follow
            )
    except AccordingError as error:
        addition.error = public_message(error, asked.is_local)
    except Exception:
        log.exception("an addition failed")
        addition.error = FAILED
    addition.state = "failed" if addition.error else "done"


def distinct(names: dict[str, str]) -> dict[str, str]:
    """Return names by path so that each file has another one: "news.csv", "news (2).csv"."""
    found, numbers = dict[str, str](), Counter[str]()
    for path, given in names.items():
        name = printable = escape_unprintable(given)
        while name in found.values():
            numbers[printable] += 1
            stem, dot, ending = printable.partition(".")
            name = f"{stem} ({numbers[printable] + 1}){dot}{ending}"
        found[path] = name
    return found


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0
