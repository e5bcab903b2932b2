"""A folder for the files that readers upload: its own for each running app, for no other user, gone when the app ends.

It is made in the system's temporary folder ($TMPDIR). A process that is killed cannot remove its folder; the next app
of the same user does. A lock, which the operating system releases with the process, tells which folders are in use.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import sys
import tempfile
import threading
import weakref
from collections.abc import AsyncIterator
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import AccordingError

_PREFIX, _LOCK = "according-app-", "lock"
# What tells these folders from others: a file of its own, as Windows lets nobody write or read one that is locked.
_MARKED = "about"
_MARK = b"a running app holds the lock here; the folder can be deleted when none does\n"


class PrivateFolder:
    """The folder of one app. It is removed by `remove`, and at the latest when the process ends by itself.

    Attributes:
        path: where it is; mode 0700, with a name that cannot be guessed.
    """

    def __init__(self) -> None:
        """Make the folder, and remove those that processes of this user left when they were killed.

        Raises:
            AccordingError: there is no temporary folder, or nothing can be written there.
        """
        try:
            base = Path(tempfile.gettempdir()).resolve()
            _remove_abandoned(base)
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        except OSError as error:
            raise _cannot_write(error) from error
        lock = FileLock(self.path / _LOCK)
        self._remove = weakref.finalize(self, _remove, self.path, lock, os.getpid())
        try:
            lock.acquire(timeout=0)
            (self.path / _MARKED).write_bytes(_MARK)  # which also finds out whether the disk is full
        except (OSError, NotImplementedError, Timeout) as error:
            self._remove()
            raise _cannot_write(error) from error

    def remove(self) -> None:
        """Remove the folder with all that is in it; more than once does nothing."""
        self._remove()

    @contextlib.asynccontextmanager
    async def until_closed(self, _: object) -> AsyncIterator[None]:
        """Remove the folder when a server is closed, as its `lifespan`."""
        try:
            yield
        finally:
            self.remove()


def end_on_signals() -> None:
    """Let this process end in order when it is asked to end, or its terminal is closed, as at Ctrl+C: by SystemExit."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), _end)


def _end(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # another one would interrupt the end
    sys.exit(0)


def _cannot_write(error: Exception) -> AccordingError:
    return AccordingError(
        f"the app cannot make its folder for temporary files ({getattr(error, 'strerror', None) or error}): free some "
        "space, or set TMPDIR to a folder on a local disk where this user may write"
    )


def _remove(path: Path, lock: FileLock, process: int) -> None:
    """Remove a folder, its lock last: one half removed is still known for what it is. A fork removes nothing."""
    if os.getpid() != process:
        return
    with contextlib.suppress(OSError):
        for inside in path.iterdir():
            if inside.name not in (_LOCK, _MARKED):
                shutil.rmtree(inside, ignore_errors=True)
                inside.unlink(missing_ok=True)
    lock.release()
    shutil.rmtree(path, ignore_errors=True)


def _remove_abandoned(base: Path) -> None:
    """Remove the folders of processes that no longer run. What is another user's, a link, or in use is left alone."""
    for path in base.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, NotImplementedError, Timeout):
            found = path.lstat()
            own = not hasattr(os, "getuid") or (found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700)
            if stat.S_ISDIR(found.st_mode) and own and (path / _MARKED).read_bytes() == _MARK:
                lock = FileLock(path / _LOCK)
                lock.acquire(timeout=0)
                _remove(path, lock, os.getpid())
