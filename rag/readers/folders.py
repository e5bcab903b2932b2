"""Walk folders: which files are read, and which are never opened.

A link may lead anywhere: to a folder above it, to another link, out of the folder that the user named. So links are
followed only on demand, and then each real folder is read once. What is no file on a disk (a pipe, a device, a socket,
whatever the operating system shows in /proc and /sys) is never opened: reading it may not end, or do something.

Whoever may write in a folder may put a link or a pipe in the place of a file after it was listed. So what was opened
decides, not what was listed (`open_file`).
"""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import os
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import InputError

from .skipped import Skipped

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())

# File systems whose files are made up by the operating system.
_SYSTEM_TYPES = frozenset({
    "proc", "procfs", "sysfs", "devtmpfs", "devpts", "devfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs",
    "mqueue", "configfs", "bpf", "pstore", "efivarfs", "fusectl", "binfmt_misc", "rpc_pipefs", "selinuxfs",
})  # fmt: skip
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
NOT_FOLLOWED = "a link, which is not followed; allow it with --follow-links (in Python: follow_links=True)"
READ_ALREADY = "the link leads to a folder that is read already"


class Listed(_Path):
    """A file that was found in a folder whose links are not followed.

    Attributes:
        below: that folder; None on a cluster, to which only the path is sent.
    """

    below: Path | None = None


def listed(path: str | Path, below: str | Path) -> Listed:
    """Return a file that was found in a folder whose links are not followed."""
    found = Listed(path)
    found.below = Path(below)
    return found


@dataclass(frozen=True)
class LinkedFolder:
    """A folder that is walked with the links in it."""

    path: Path


def reason_against(path: Path) -> str | None:
    """Return why a file is never opened, None for a regular file on a disk.

    Raises:
        OSError: if there is no such file.
    """
    return _reason(path.stat())


def _reason(status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return f"{_KINDS.get(stat.S_IFMT(status.st_mode), 'something else')}, neither a file nor a folder"
    if status.st_dev in _system_devices():
        return "a file of the operating system, which is on no disk"
    return None


def open_file(path: Path) -> io.FileIO:
    """Open a file for reading, unbuffered.

    Raises:
        InputError: if it is no regular file (any more), or there is a link where there was none.
        OSError: if it cannot be opened.
    """
    root = path.below if isinstance(path, Listed) else None
    try:
        handle = _opened(path, root)
    except OSError as error:
        if root and error.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            raise InputError(NOT_FOLLOWED) from error
        raise
    file = io.FileIO(handle)
    try:
        if reason := _reason(os.fstat(handle)):
            raise InputError(reason)
    except BaseException:
        file.close()
        raise
    return file


def _opened(path: Path, root: Path | None) -> int:
    """Return a descriptor of a file. To open a pipe in its place does not wait for who writes into it."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
    if not root or os.open not in os.supports_dir_fd:
        return os.open(path, flags)
    *inner, name = path.relative_to(root).parts
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for each in inner:
            next_folder = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = next_folder
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)


def walk(root: Path, follow_links: bool = False) -> Iterator[Path | Skipped]:
    """Yield the files at or below a path in the order of names, and a Skipped for what cannot be walked.

    What a path leads to is read even if it is a link itself: its user has named it. The folders that links lead to come
    last, so that an article is read from the place where it really is.

    Args:
        root: a file or folder.
        follow_links: whether links inside it are followed.
    """
    if not root.is_dir():
        yield root
        return
    linked = deque[Path]()
    seen = set[tuple[int, int]]()
    for found in _below(root, follow_links, linked, seen):
        if follow_links or isinstance(found, Skipped):
            yield found
        else:
            yield listed(found, root)
    while linked:
        link = linked.popleft()
        if _identity(link) in seen:
            yield Skipped(str(link), READ_ALREADY)
        else:
            yield from _below(link, follow_links, linked, seen)


def _below(
    folder: Path, follow_links: bool, linked: deque[Path], seen: set[tuple[int, int]]
) -> Iterator[Path | Skipped]:
    """Yield the files below a folder, without recursion: folders may be nested deeply."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            identity = _identity(path)
            if identity in seen:  # a folder that is mounted twice, or moved meanwhile
                continue
            seen.add(identity)
            if identity[0] in _system_devices():
                yield Skipped(str(path), "a folder of the operating system, which is on no disk")
                continue
            entries = sorted((entry for entry in os.scandir(path) if not entry.name.startswith(".")), key=_name)
        except OSError as error:
            yield Skipped(str(path), error.strerror or str(error))
            continue
        inner: list[Path] = []
        for entry in entries:
            here = path / entry.name
            if entry.is_symlink() and not follow_links:
                if here.stem.lower() != "readme":
                    yield Skipped(str(here), NOT_FOLLOWED)
            elif _is_folder(entry):
                (linked if entry.is_symlink() else inner).append(here)
            elif here.stem.lower() != "readme":
                yield here
        waiting += reversed(inner)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    with contextlib.suppress(OSError):  # a link that leads to itself
        return entry.is_dir()
    return False


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


@functools.cache
def _system_devices() -> frozenset[int]:
    """Return the numbers of the devices that stand for file systems of _SYSTEM_TYPES."""
    import psutil

    found = set[int]()
    for mounted in psutil.disk_partitions(all=True):
        if mounted.fstype in _SYSTEM_TYPES:
            with contextlib.suppress(OSError):
                found.add(os.stat(mounted.mountpoint).st_dev)
    return frozenset(found)
