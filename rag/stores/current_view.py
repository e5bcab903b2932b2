"""The view of a store that questions are asked of, kept up to date with what other processes change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from rag.errors import AccordingError
from rag.stores.base import Contents, Store, View

# How long a question waits for a newer view, and how long a change that has no cache yet is left to the process that
# made it, which builds one when it is done.
QUESTION_WAIT_SECONDS, CACHE_WAIT_SECONDS = 0.2, 30.0
# A view that is needed before that is loaded in at most this share of the time, to leave the processors to the build.
HURRIED_SHARE = 0.2

log = logging.getLogger("rag")
Made = TypeVar("Made")


class CurrentView:
    """The newest view of a store, or the one before while a newer one is loaded; safe to use from several threads.

    Attributes:
        view: the view; None until the first question.
    """

    def __init__(self, store: Store):
        """Load nothing yet."""
        self.view: View | None = None
        self._store = store
        self._choosing, self._loading = threading.Lock(), threading.Lock()
        self._behind_since: float | None = None
        self._thread: threading.Thread | None = None
        self._hurry_from = 0.0
        self._contents: Contents | None = None

    def get(self, hurry: bool = False) -> View:
        """Return the view. What another process has changed is loaded meanwhile, in another thread.

        Args:
            hurry: whether to load it although its cache is not there yet.
        """
        view = self.view
        if view is None:
            return self.load()
        if view.generation != self._store.generation() and (self._is_due() or (hurry and self._may_hurry())):
            with self._choosing:
                begun = self._thread is None or not self._thread.is_alive()
                if begun:  # a new thread each time: its connection is closed when it ends
                    self._thread = threading.Thread(target=self._load_in_thread, name="view")
                    self._thread.start()
            if begun and self._thread:
                self._thread.join(QUESTION_WAIT_SECONDS)
        return self.view or view

    def use(self, make: Callable[[View], tuple[Made, bool]]) -> Made:
        """Return what is made from the view; from a newer one, if there soon is one, where that is needed.

        Args:
            make: returns what it makes, and whether nothing had to be left out because it has changed since. If it
                raises AccordingError and the view is not the newest, the change may be why.
        """
        view = self.get()
        try:
            made, whole = make(view)
        except AccordingError:
            if (newer := self.get(hurry=True)) is view:
                raise
        else:
            if whole or (newer := self.get(hurry=True)) is view:
                return made
        return make(newer)[0]

    def contents(self) -> Contents:
        """Return what the index is made of now, or at the generation that this thread reads at."""
        now = self._store.generation()
        for known in (self.view, self._contents):
            if known is not None and known.generation == now:
                return known
        self._contents = found = self._store.contents()
        return found

    def load(self) -> View:
        """Load the view of the present generation, unless it is loaded already, and return it."""
        with self._loading:
            if self.view is None or self.view.generation != self._store.generation():
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

    def _may_hurry(self) -> bool:
        return time.monotonic() >= self._hurry_from

    def _load_in_thread(self) -> None:
        begun = time.monotonic()
        try:
            self.load()
        except AccordingError as error:  # questions are answered from the view before
            log.warning("the index has changed, and the change cannot be loaded: %s", error)
        finally:
            self._hurry_from = time.monotonic() + (time.monotonic() - begun) * (1 / HURRIED_SHARE - 1)
