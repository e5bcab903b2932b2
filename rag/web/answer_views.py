"""An answer that is kept -> its views, made when a reader opens them: side by side, timeline, and files to download.

    GET /answer/HANDLE/side-by-side?sort=SORT    a fragment of HTML for the app's page
    GET /answer/HANDLE/timeline                  the same
    GET /answer/HANDLE?as=FORM                   a file, kept since the answer was shown or, of a dossier, made now

A view takes the models a second, so that these requests have places of their own (`places`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from rag.answer.export import FORMS
from rag.answer.html import Html
from rag.comparison.dossier.dossier import Dossier
from rag.comparison.side_by_side.comparison import Comparison
from rag.comparison.side_by_side.shared import sharers
from rag.comparison.timeline.timeline import Timeline
from rag.errors import AccordingError, InputError, QuestionError, public_message
from rag.library import Library
from rag.web.answer_files import AnswerFiles
from rag.web.dossier_files import DOSSIERS
from rag.web.kept_question import KeptQuestion
from rag.web.memory import bytes_of
from rag.web.observing import PAGE, Observers
from rag.web.sessions import owner
from rag.web.side_by_side_html import SORTS, side_by_side_html
from rag.web.timeline_html import timeline_html

# Views that are kept, so that to sort one again needs no model, and their bytes together: 10 to 80 kB each over the
# demonstration, and more where there are thousands of outlets.
MAX_MADE, MAX_MADE_BYTES = 32, 32 * 2**20
GONE = "This answer is no longer kept; ask the question again."
_GONE_FILE = "This file is no longer kept; ask the question again."
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}

Made = TypeVar("Made", Comparison, Timeline, Dossier)


class AnswerViews:
    """Makes the views of answers, and keeps those made last. Threads may use it at the same time."""

    def __init__(
        self, library: Library, files: AnswerFiles, is_local: bool = True, observers: Observers | None = None
    ) -> None:
        """Keep nothing yet.

        Args:
            library: what was asked.
            files: what is kept of the answers.
            is_local: whether only this machine can ask (see `errors.public_message`).
            observers: notified of each view that is made.
        """
        self._library, self._files, self._is_local = library, files, is_local
        self._observers = observers or Observers()
        self._lock = threading.Lock()
        self._made: LRUCache[tuple[str, str, int], Any] = LRUCache(MAX_MADE_BYTES, getsizeof=_size)

    def routes(self) -> list[Route]:
        """Return the routes, all of GET."""
        return [
            Route("/answer/{handle}/side-by-side", self._side_by_side),
            Route("/answer/{handle}/timeline", self._timeline),
            Route("/answer/{handle}", self._download),
        ]

    def _side_by_side(self, request: Request) -> Response:
        handle, sort = request.path_params["handle"], request.query_params.get("sort", SORTS[0])
        if sort not in SORTS:
            return _refused(400, f"There is no order {sort[:50]!r}; choose from {', '.join(SORTS)}.")

        def made(asked: KeptQuestion) -> Html:
            comparison = self._once(handle, self._library.compare, asked)
            shared = [row for row in comparison.rows if row.shared_with and comparison.by == "outlet"]
            with self._library.reading() as now:
                copies = {row.group: sharers(row, now.article) for row in shared}
            return side_by_side_html(comparison, self._library.catalogue, handle, sort, copies)

        return self._fragment(request, made)

    def _timeline(self, request: Request) -> Response:
        def made(asked: KeptQuestion) -> Html:
            timeline = self._once(request.path_params["handle"], self._library.timeline, asked)
            return timeline_html(timeline, self._library.catalogue)

        return self._fragment(request, made)

    def _download(self, request: Request) -> Response:
        who, handle, name = owner(request.scope), request.path_params["handle"], request.query_params.get("as", "")
        if (form := FORMS.get(name)) and (text := self._files.text(who, handle, name)) is not None:
            return _file(text, f"{form.media}; charset=utf-8", f"according{form.suffix}")
        asked = self._files.asked(who, handle)
        if name not in DOSSIERS or asked is None:
            return _refused(404, _GONE_FILE)
        file = DOSSIERS[name]
        try:
            written = file.write(self._once(handle, self._library.dossier, asked))
        except AccordingError as error:
            return self._failed(error)
        return _file(written, file.media, f"according-dossier{file.suffix}")

    def _fragment(self, request: Request, make: Callable[[KeptQuestion], Html]) -> Response:
        """Return a view as a response; why there is none, as plain text."""
        asked = self._files.asked(owner(request.scope), request.path_params["handle"])
        if asked is None:
            return _refused(404, GONE)
        try:
            return HTMLResponse(str(make(asked)), headers=_HEADERS)
        except AccordingError as error:
            return self._failed(error)

    def _once(self, handle: str, make: Callable[..., Made], asked: KeptQuestion) -> Made:
        """Return what is made of a question, or was made of it from the same state of the index."""
        key = handle, make.__name__, self._library.generation
        with self._lock:
            found = self._made.get(key)
        if found is None:
            with self._observers.asking(PAGE, make.__name__):
                found = make(**asked.arguments())
            with self._lock, contextlib.suppress(ValueError):  # of one that is too large to be kept
                self._made[key] = found
        return cast(Made, found)

    def _failed(self, error: AccordingError) -> Response:
        message = public_message(error, self._is_local)
        status = 400 if isinstance(error, QuestionError) else 501 if isinstance(error, InputError) else 500
        return _refused(status, f"{message[:1].upper()}{message[1:]}.")


def _size(made: object) -> int:
    """Return the bytes that a view takes; none counts for so few that more than MAX_MADE would be kept."""
    return max(bytes_of(made), MAX_MADE_BYTES // MAX_MADE)


def _file(content: str | bytes, media: str, name: str) -> Response:
    headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media, headers=headers)


def _refused(status: int, message: str) -> Response:
    return PlainTextResponse(f"{message}\n", status, _HEADERS)
