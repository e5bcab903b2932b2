"""GET /healthz: whether questions are answered, for what restarts the app or sends readers elsewhere.

No model runs: the index is read, and it is remembered whether the last questions failed. Anyone may ask, also before
signing in, so that the answer has nothing of the index, of readers or of this machine. However many ask, the index is
read once a second at most.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from time import monotonic

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from rag.errors import AccordingError
from rag.library import Library
from rag.web.observing import FAILED, INVALID, Asked
from rag.web.urls import HEALTH

KEPT_SECONDS = 1.0  # for which the index is not read again
MAX_SECONDS = 3.0  # that reading it may take
# Questions that failed one after the other, and the seconds after which one more is worth a try.
FAILED_IN_A_ROW, FAILED_SECONDS = 3, 60.0
UNREADABLE, SLOW = "the index cannot be read", f"the index was not read within {MAX_SECONDS:.0f} seconds"
FAILING = "the last questions failed"

log = logging.getLogger("rag")


class Health:
    """What is known of whether questions are answered."""

    def __init__(self, library: Library) -> None:
        """Believe that they are until something else is known.

        Args:
            library: what is asked.
        """
        self._library = library
        self._lock = threading.Lock()
        self._failed, self._failed_at = 0, 0.0
        self._reading: asyncio.Task[str | None] | None = None
        self._read_at = -KEPT_SECONDS

    def noted(self, asked: Asked) -> None:
        """Learn what became of a question (see `observing`)."""
        if asked.outcome == INVALID:  # says nothing of the index
            return
        with self._lock:
            self._failed = self._failed + 1 if asked.outcome == FAILED else 0
            self._failed_at = monotonic()

    async def reason(self) -> str | None:
        """Return why questions are not answered, in words for anyone; None if they are."""
        with self._lock:
            if self._failed >= FAILED_IN_A_ROW and monotonic() - self._failed_at < FAILED_SECONDS:
                return FAILING
        if self._reading is None or (self._reading.done() and monotonic() - self._read_at >= KEPT_SECONDS):
            self._reading = asyncio.create_task(asyncio.to_thread(self._unreadable))
        try:  # whoever asks meanwhile waits for the same
            return await asyncio.wait_for(asyncio.shield(self._reading), MAX_SECONDS)
        except TimeoutError:
            return SLOW

    def _unreadable(self) -> str | None:
        """Read the index; return what is wrong with it. The log has the details."""
        try:
            with self._library.reading() as now:
                now.outlets()
        except AccordingError as error:
            log.warning("not healthy: %s", error)
            return UNREADABLE
        except Exception:
            log.exception("not healthy")
            return UNREADABLE
        finally:
            self._read_at = monotonic()
        return None

    def routes(self) -> list[Route]:
        """Return the route, of GET."""
        return [Route(HEALTH, self._answer)]

    async def _answer(self, _: Request) -> JSONResponse:
        reason = await self.reason()
        headers = {"Cache-Control": "no-store"}
        if reason:
            return JSONResponse({"status": "unavailable", "reason": reason}, 503, headers)
        return JSONResponse({"status": "ok"}, headers=headers)
