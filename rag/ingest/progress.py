"""How far a build is: a bar where stderr is a terminal, else a line now and then, so that no minute is silent."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

SECONDS = 20.0  # between two lines, and at most between two times that the bar is drawn


@contextlib.contextmanager
def progress_of_articles() -> Iterator[Any]:
    """Show how many articles are done; yields the bar, whose `update` is given how many more are."""
    from tqdm import tqdm

    begun, ended = time.monotonic(), threading.Event()
    with tqdm(desc="articles", unit=" articles", disable=None, mininterval=0.5) as bar:
        shown = _Counted(bar)

        def tell() -> None:
            while not ended.wait(SECONDS):
                if bar.disable:
                    seconds = time.monotonic() - begun
                    print(
                        f"according: {shown.count:,} articles done, {seconds:,.0f} s ...", file=sys.stderr, flush=True
                    )
                else:
                    bar.refresh()

        thread = threading.Thread(target=tell, name="progress", daemon=True)
        thread.start()
        try:
            yield shown
        finally:
            ended.set()
            thread.join()


class _Counted:
    """A bar that counts also where it is not drawn."""

    def __init__(self, bar: Any):
        self._bar, self.count = bar, 0

    def update(self, number: int) -> None:
        """Add to what is done."""
        self.count += number
        self._bar.update(number)
