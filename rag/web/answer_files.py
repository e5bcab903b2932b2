"""An answer that was just shown -> files to download, made when it is shown and kept in memory for a while.

Their URLs cannot be guessed, and only the session that was shown the answer can open them. Nothing is written to a
disk, and no path of this machine is served.
"""

from __future__ import annotations

import secrets
import threading
import zlib

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rag.answer.export import FORMS
from rag.web.sessions import owner

MAX_BYTES, MAX_SECONDS = 32 * 2**20, 86_400  # of all files together, compressed
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class AnswerFiles:
    """The files of the answers shown last. Threads may use it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: TTLCache[tuple[str, str], dict[str, bytes]] = TTLCache(MAX_BYTES, MAX_SECONDS, getsizeof=_size)

    def keep(self, session: str, texts: dict[str, str]) -> str | None:
        """Keep the text of each form of an answer, and return the handle; None if they are too large to be kept.

        Args:
            session: who was shown the answer (`sessions.owner`).
            texts: by the name of the form.
        """
        files, handle = {form: zlib.compress(text.encode()) for form, text in texts.items()}, secrets.token_urlsafe(32)
        if _size(files) > MAX_BYTES:
            return None
        with self._lock:
            self._kept[session, handle] = files
        return handle

    def text(self, session: str, handle: str, form: str) -> str | None:
        """Return a text that is kept; None if it is not, or another session's."""
        with self._lock:
            files = self._kept.get((session, handle), {})
        return zlib.decompress(files[form]).decode() if form in files else None

    def route(self) -> Route:
        """Return the route of GET /answer/HANDLE?as=FORM (see `urls.answer_url`)."""

        def download(request: Request) -> Response:
            form = FORMS.get(name := request.query_params.get("as", ""))
            text = self.text(owner(request.scope), request.path_params["handle"], name)
            if form is None or text is None:
                return PlainTextResponse("This file is no longer kept; ask the question again.\n", 404, _HEADERS)
            headers = _HEADERS | {"Content-Disposition": f'attachment; filename="according{form.suffix}"'}
            return Response(text, media_type=f"{form.media}; charset=utf-8", headers=headers)

        return Route("/answer/{handle}", download)


def _size(files: dict[str, bytes]) -> int:
    return 500 + sum(map(len, files.values()))
