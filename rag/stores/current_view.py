"""The view of a store that questions are asked of, kept up to date with what other processes change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor

from rag.errors import AccordingError
from rag.stores.base import Store, View

# How long a question waits for a newer view, and how long a change that has no cache yet is left to the process that
# made it, which makes one when it is done.
QUESTION_WAIT_SECONDS, CACHE_WAIT_SECONDS = 0.2, 30.0

log = logging.getLogger("rag")


class CurrentView:
    """The newest view of a store, or the one before while a newer one is loaded. Safe to use from several threads."""

    def __init__(self, store: Store, on_load: Callable[[], None]):
        """`on_load` is called before each view is loaded."""
        self.view: View | None = None  # None until the first question
        self._store, self._on_load = store, on_load
        self._choosing, self._loading = threading.Lock(), threading.Lock()
        self._behind_since: float | None = None
        self._coming: Future[None] | None = None
        self._threads = ThreadPoolExecutor(thread_name_prefix="changes")

    def get(self) -> View:
        """Return the view. What another process has changed is loaded meanwhile, in another thread."""
        view = self.view
        if view is None:
            return self.load()
        generation = self._store.generation()
        if view.generation != generation and self._is_due(generation):
            with self._choosing:
                begun = self._coming is None or self._coming.done()
                if begun:
                    self._coming = self._threads.submit(self._load_in_thread)
                coming = self._coming
            if begun and coming:
                futures.wait([coming], QUESTION_WAIT_SECONDS)
        return self.view or view

    def load(self) -> View:
        """Load the view of the present generation, unless it is loaded already, and return it."""
        with self._loading:
            if self.view is None or self.view.generation != self._store.generation():
                self._on_load()
                self.view = self._store.view()
                self._behind_since = None
            return self.view

    def refresh(self) -> None:
        """Load what this process has changed; before the first question only make ready what a view needs."""
        if self.view is None:
            self._store.prepare()
        else:
            self.load()

    def _is_due(self, generation: int) -> bool:
        """Whether a generation is to be loaded now: it has its cache, or has been waited for long enough."""
        since = self._behind_since = self._behind_since or time.monotonic()
        return self._store.ready(generation) or time.monotonic() - since > CACHE_WAIT_SECONDS

    def _load_in_thread(self) -> None:
        try:
            self.load()
        except AccordingError as error:  # questions are answered from the view before
            log.warning("the index has changed, and the change cannot be loaded: %s", error)
        finally:
            self._store.leave()
