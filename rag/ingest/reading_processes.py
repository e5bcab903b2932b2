"""Read files in other processes while this one encodes and stores: in their order, and no more than a few ahead.

Pages and PDF files take long to read, and a library written in C may crash on one. Each process is a Python of its own
that runs `reading_worker`, not a copy of this one: nothing of a user's script runs in it, so none needs a guard for
that. What it sends waits in its pipe until it is taken. A process that ends while it reads a file costs that file
alone, which is skipped with the reason; another process reads the others.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from rag import readers
from rag.article import Article
from rag.errors import InputError, LibraryError, log
from rag.provenance.catalogue import Catalogue
from rag.readers.columns import Columns
from rag.readers.folders import Listed
from rag.readers.item_json import from_json
from rag.readers.skipped import Skipped

MAX_WORKERS = 64
# Where other processes begin to read: one takes 1.5 s of a processor to start, which is 40 pages or 2 MB of them.
MIN_FILES = 100
MIN_BYTES = 20 * 2**20
LOOK_AHEAD = 200  # files whose names are known before they are read
FILES_ASKED = 4  # of a process, ahead of the one that it reads
PIPE_BYTES = 2**20  # that wait for being taken, where the system lets a program choose
EXIT_SECONDS = 5
# Readers of files that take longer to read than to send what was read.
SLOW = frozenset({"html", "mhtml", "pdf", "warc", "epub", "docx", "mail", "archive", "txt_file", "plain_text", "feed"})
_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from rag.ingest.reading_worker import main; main()"

Item = Article | Skipped


def check_workers(workers: int) -> int:
    """Return the number of processes that a build or an addition works in, this one among them.

    Raises:
        LibraryError: for a number that is none, or too many.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= MAX_WORKERS:
        raise LibraryError(f"workers must be a number from 1 to {MAX_WORKERS}, not {workers!r}")
    return workers


class ReadingProcesses:
    """Processes that read files. They are started when there are enough files, and ended by `close`."""

    def __init__(self, number: int, catalogue: Catalogue, columns: Columns):
        """Prepare to read.

        Args:
            number: how many processes, none for reading everything here.
            catalogue: used to recognise outlets.
            columns: which columns of records the fields are read from; counts them.
        """
        self._number = number if sys.executable and not getattr(sys, "frozen", False) else 0
        self._catalogue, self._columns = catalogue, columns
        self._processes: list[_Process] = []
        self._closed = False

    def __enter__(self) -> ReadingProcesses:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes at once, also while another thread reads what they send."""
        self._closed = True
        for process in self._processes:
            process.kill()

    def read(self, sources: Iterable[readers.Source | Skipped]) -> Iterator[tuple[readers.Source | Skipped, Any]]:
        """Yield (source, an iterator of its articles) of each source in order; None for what is to be read here.

        The articles of one source are to be taken before the next source is.
        """
        waiting = deque[_Asked]()
        remaining = iter(sources)
        slow = size = 0
        while not self._closed:
            while len(waiting) < LOOK_AHEAD and (source := next(remaining, None)) is not None:
                waiting.append(asked := _Asked(source, _slow(source)))
                slow += asked.path is not None
                size += _size(asked.path) if asked.path and not self._processes else 0
            if self._number and not self._processes and (slow >= MIN_FILES or size >= MIN_BYTES):
                self._start()
            self._ask(waiting)
            if not waiting:
                return
            asked = waiting.popleft()
            slow -= asked.path is not None
            yield asked.source, self._found(asked.path, asked.process) if asked.path and asked.process else None

    def _start(self) -> None:
        setting = {"catalogue": self._catalogue.extra, "fields": dict(self._columns.given)}
        try:
            while len(self._processes) < self._number and not self._closed:
                self._processes.append(_Process(setting))
            if self._closed:  # meanwhile
                self.close()
        except OSError as error:
            log.warning("files are read in one process alone, as no other can be started (%s)", error)
            self._read_here()

    def _ask(self, waiting: Iterable[_Asked]) -> None:
        """Ask processes for the next files, as many as each may be asked for."""
        if not self._processes:
            return
        free = sum(max(0, 1 + FILES_ASKED - len(process.asked)) for process in self._processes)
        for asked in waiting:
            if not free:
                return
            if asked.path and not asked.process:
                min(self._processes, key=lambda process: len(process.asked)).ask(asked)
                free -= 1

    def _found(self, path: Path, process: _Process) -> Iterator[Item]:
        """Yield what a process finds in a file; a Skipped if it ends before that."""
        while answer := process.answer():
            if "item" in answer:
                yield from_json(answer["item"])
            elif "end" in answer:
                process.asked.popleft()
                self._columns.add_counts(answer["end"])
                return
        if self._closed:
            return
        reason = process.end()
        if process.is_ready:
            log.warning("%s: the process that read it %s", path, reason)
            yield Skipped(readers.name_of(path), f"{readers.UNFORESEEN} (its process {reason}); please report it")
            process.asked.popleft()
            process.start()
            if self._closed:  # meanwhile
                process.kill()
        else:
            log.warning("files are read in one process alone, as another one %s when it was started", reason)
            self._read_here()
            yield from readers.read_source(path, self._catalogue, self._columns)

    def _read_here(self) -> None:
        """Leave all files that were asked for to this process."""
        self._number = 0
        for process in self._processes:
            process.kill()
            for asked in process.asked:
                asked.process = None
        self._processes = []


@dataclass(eq=False)
class _Asked:
    """A source, and the process that was asked to read it."""

    source: readers.Source | Skipped
    path: Path | None  # of a file that other processes may read
    process: _Process | None = None


class _Process:
    """A process that reads one file after another, started anew if it ends.

    Attributes:
        asked: the files that it was asked to read, the one that it reads first.
        is_ready: whether it could be started.
    """

    def __init__(self, setting: dict[str, Any]):
        self.asked = deque[_Asked]()
        self._setting = setting
        self.start()

    def start(self) -> None:
        """Start it, and ask for all files again that it was asked for."""
        self.is_ready = False
        self._popen = subprocess.Popen(  # noqa: S603 - this Python, with a program of our own
            [sys.executable, "-c", _PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, pipesize=PIPE_BYTES,
            # Ctrl+C ends it through this process, once nothing more is taken from it
            process_group=None if sys.platform == "win32" else 0,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )  # fmt: skip
        self._requests, self._answers = cast(IO[bytes], self._popen.stdin), cast(IO[bytes], self._popen.stdout)
        self._send(self._setting)
        for asked in self.asked:
            self._request(asked)

    def ask(self, asked: _Asked) -> None:
        """Ask for a file."""
        asked.process = self
        self.asked.append(asked)
        self._request(asked)

    def answer(self) -> dict[str, Any] | None:
        """Return the next answer, None if the process has ended."""
        with contextlib.suppress(OSError, ValueError):  # closed meanwhile
            line = self._answers.readline()
            while line.endswith(b"\n"):
                answer: dict[str, Any] = json.loads(line)
                if "ready" not in answer:
                    return answer
                self.is_ready = True
                line = self._answers.readline()
        return None

    def kill(self) -> None:
        """End it, and return when it has ended."""
        self._popen.kill()
        self._popen.wait()
        self._close_pipes()

    def end(self) -> str:
        """Return how it has ended, in words."""
        try:
            code = self._popen.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:  # it has closed its output, and goes on
            self.kill()
            return "sent no more"
        self._close_pipes()
        if code >= 0:
            return f"ended with code {code}"
        name = signal.Signals(-code).name
        return "was killed, perhaps for lack of memory" if name == "SIGKILL" else f"ended with {name}"

    def _close_pipes(self) -> None:
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()

    def _request(self, asked: _Asked) -> None:
        below = asked.path.below if isinstance(asked.path, Listed) else None
        self._send([str(asked.path), below and str(below)])

    def _send(self, value: object) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended, which its answer will show
            self._requests.write(json.dumps(value).encode() + b"\n")
            self._requests.flush()


def _slow(source: readers.Source | Skipped) -> Path | None:
    """Return the path of a source that is a file of one of the SLOW formats, None for any other."""
    if not isinstance(source, Path):
        return None
    with contextlib.suppress(InputError):
        return source if readers.reader_of(source.name) in SLOW else None
    return None


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return int(path.stat().st_size)
    return 0
