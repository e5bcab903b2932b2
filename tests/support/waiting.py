"""Wait for what another thread does."""

import time
from collections.abc import Callable

SECONDS = 60  # a machine may have other work


def comes(true: Callable[[], object]) -> bool:
    """Return whether something becomes true in time."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.01)
    return False
