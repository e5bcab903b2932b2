"""The view of a store that questions are asked of, kept up to date with what other processes change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from rag.errors import AccordingError
from rag.stores.base import Store, View

# How long a question waits for a newer view, and how long a change that has no cache yet is left to the process that
# made it, which builds one when it is done.
QUESTION_WAIT_SECONDS, CACHE_WAIT_SECONDS = 0.2, 30.0

log = logging.getLogger("rag")


class CurrentView:
    """The newest view of a store, or the one before while a newer one is loaded; safe to use from several threads.

    Attributes:
        view: the view; None until the first question.
    """

    def __init__(self, store: Store, on_load: Callable[[], None]):
        """Load nothing yet.

        Args:
            store: the store.
            on_load: called before each view is loaded.
        """
        self.view: View | None = None
        self._store, self._on_load = store, on_load
        self._choosing, self._loading = threading.Lock(), threading.Lock()
        self._behind_since: float | None = None
        self._thread: threading.Thread | None = None

    def get(self) -> View:
        """Return the view. What another process has changed is loaded meanwhile, in another thread."""
        view = self.view
        if view is None:
            return self.load()
        if view.generation != self._store.generation() and self._is_due():
            with self._choosing:
                begun = self._thread is None or not self._thread.is_alive()
                if begun:  # a new thread each time: its connection is closed when it ends
                    self._thread = threading.Thread(target=self._load_in_thread, name="view")
                    self._thread.start()
            if begun and self._thread:
                self._thread.join(QUESTION_WAIT_SECONDS)
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
        """Load what this process has changed, if a view is in use."""
        if self.view is not None:
            self.load()

    def _is_due(self) -> bool:
        """Return whether the present generation is to be loaded: it has its cache, or was waited for long enough."""
        since = self._behind_since = self._behind_since or time.monotonic()
        return self._store.is_ready() or time.monotonic() - since > CACHE_WAIT_SECONDS

    def _load_in_thread(self) -> None:
        try:
            self.load()
        except AccordingError as error:  # questions are answered from the view before
            log.warning("the index has changed, and the change cannot be loaded: %s", error)
