"""An answer that was just shown -> files to download, made when it is shown and kept in memory for a while.

What was asked is kept with them, for what is made when a reader wants it; `answer_views` serves all of it. Nobody can
guess its URLs, and only the session that was shown the answer can open them. Nothing is written to a disk, and no path
of this machine is served.
"""

from __future__ import annotations

import secrets
import threading
import zlib
from dataclasses import dataclass

from cachetools import TTLCache

from rag.web.kept_question import KeptQuestion

MAX_BYTES, MAX_SECONDS = 32 * 2**20, 86_400  # of all files together, compressed


@dataclass(frozen=True)
class _Kept:
    """What is kept of an answer: its files by the name of their form, compressed, and what was asked."""

    files: dict[str, bytes]
    asked: KeptQuestion | None


class AnswerFiles:
    """The files of the answers shown last. Threads may use it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: TTLCache[tuple[str, str], _Kept] = TTLCache(MAX_BYTES, MAX_SECONDS, getsizeof=_size)

    def keep(self, session: str, texts: dict[str, str], asked: KeptQuestion | None = None) -> str | None:
        """Keep the text of each form of an answer, and return the handle; None if they are too large to be kept.

        Args:
            session: who was shown the answer (`sessions.owner`).
            texts: by the name of the form.
            asked: what was asked; None if no views of it are offered.
        """
        kept = _Kept({form: zlib.compress(text.encode()) for form, text in texts.items()}, asked)
        handle = secrets.token_urlsafe(32)
        if _size(kept) > MAX_BYTES:
            return None
        with self._lock:
            self._kept[session, handle] = kept
        return handle

    def text(self, session: str, handle: str, form: str) -> str | None:
        """Return a text that is kept; None if it is not, or another session's."""
        kept = self._of(session, handle)
        return zlib.decompress(kept.files[form]).decode() if kept and form in kept.files else None

    def asked(self, session: str, handle: str) -> KeptQuestion | None:
        """Return what was asked; None if it is not kept, or another session's."""
        kept = self._of(session, handle)
        return kept.asked if kept else None

    def _of(self, session: str, handle: str) -> _Kept | None:
        with self._lock:
            return self._kept.get((session, handle))


def _size(kept: _Kept) -> int:
    """Return the bytes that an answer takes, with some for the objects themselves."""
    return 500 + sum(map(len, kept.files.values())) + 4 * len(repr(kept.asked))
