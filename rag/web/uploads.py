"""Files that readers upload -> the app's private folder, by handles that the server makes.

`Uploads.routes` take the place of Gradio's own, which answer an upload with a path on the server and later accept any
path below their folder. Here a client learns a handle, which only the session that uploaded the file can use.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive

from rag import readers
from rag.errors import InputError, QuestionError
from rag.web.additions import Additions
from rag.web.gradio_internals import ALL_ARRIVED, UPLOAD, UPLOAD_PROGRESS, UPLOADED
from rag.web.sessions import cookie_of
from rag.web.turns import client_of

MAX_FILE_BYTES = 200 * 2**20  # of one file
MAX_REQUEST_BYTES = 5 * MAX_FILE_BYTES  # of all that are sent at once
MAX_FILES = 100  # that one session has waiting to be added
MAX_KEPT_BYTES = 4 * 2**30  # of the files of all sessions
MAX_KEPT_FILES = 5_000  # of all sessions: a client can make up any number of these, and empty files fill a disk too
MAX_NAME_BYTES = 200  # of a file on the disk; file systems have 255
MAX_WAITING_SECONDS = 3600  # until a file that is not added is deleted

_UNSAFE = re.compile(r"[^\w .()+-]|^\.+")
_HANDLE = re.compile(r"[\w-]{43}", re.ASCII)


@dataclass(frozen=True)
class Upload:
    """A file that was uploaded.

    Attributes:
        name: what the reader calls it; never part of a path.
        path: where it is.
        size: its bytes.
        since: when it was uploaded, in seconds of `time.monotonic`.
        session: whose it is.
        client: from where it was sent (see `turns.client_of`).
    """

    name: str
    path: Path
    size: int
    since: float
    session: str
    client: str


class Uploads:
    """The files that were uploaded and not yet added. Threads may use it at the same time.

    Attributes:
        additions: what adds them.
    """

    def __init__(self, folder: Path, share: float = 1) -> None:
        """Keep files.

        Args:
            folder: where, which nothing else may write.
            share: the part of the files, and of their bytes, that one client can have there.
        """
        self._folder, self._share = folder, share
        self._lock = threading.Lock()
        self._kept: dict[str, Upload] = {}
        self._in_use: set[str] = set()  # handles of the files that are being written or added
        self.additions = Additions()

    def keep(self, session: str, files: Sequence[UploadFile], client: str = "") -> list[str]:
        """Store files, and return their handles.

        Where a session has MAX_FILES, those that wait longest make room: the page that knew them may be closed.

        Raises:
            QuestionError: if a file is too large, or there are too many.
            OSError: if they cannot be written.
        """
        self._delete_old()
        made = {secrets.token_urlsafe(32): file for file in files}
        uploads = {handle: self._upload(session, client, handle, file) for handle, file in made.items()}
        if any(upload.size > MAX_FILE_BYTES for upload in uploads.values()):
            raise QuestionError(f"a file is larger than {MAX_FILE_BYTES // 2**20} MB; add it on the command line")
        self._make_room(session, len(files))
        with self._lock:  # they count before they are written: else all that are sent at once would pass
            kept = [*self._kept.values(), *uploads.values()]
            if sum(upload.session == session for upload in kept) > MAX_FILES:
                raise QuestionError(f"too many files wait to be added, at most {MAX_FILES}; add them first, then more")
            if _are_too_many(kept, 1):
                raise QuestionError("too many files of all readers wait to be added; try again in an hour")
            if _are_too_many([upload for upload in kept if upload.client == client], self._share):
                raise QuestionError("too many files from your address wait to be added; try again in an hour")
            self._kept |= uploads
            self._in_use.update(made)
        try:
            for handle, file in made.items():
                _write(file, uploads[handle].path)
        except BaseException:
            self._delete([*made])  # nobody has their handles, and a part of a file would stay on a full disk
            raise
        self._in_use.difference_update(made)
        return [*made]

    def _upload(self, session: str, client: str, handle: str, file: UploadFile) -> Upload:
        name = _name(file)
        stored = _UNSAFE.sub("_", name)[-100:].encode()[-MAX_NAME_BYTES:].decode(errors="ignore")  # the end: the format
        return Upload(name, self._folder / handle / stored, file.size or 0, time.monotonic(), session, client)

    @contextlib.contextmanager
    def taken(self, session: str | None, handles: Sequence[str]) -> Iterator[dict[str, str]]:
        """Give the files of some handles, by path, with the name of each; without an error they are deleted afterwards.

        Args:
            session: who asks.
            handles: as `keep` returned them.

        Raises:
            QuestionError: if a handle is not that of a file that this session uploaded, or is in use.
        """
        with self._lock:
            found = [self._kept.get(handle) for handle in handles if _HANDLE.fullmatch(handle)]
            own = [upload for upload in found if upload and upload.session == session and _is_file(upload.path)]
            if not handles or len(own) != len(handles):
                raise QuestionError("choose the files again; they are no longer on the server")
            if not self._in_use.isdisjoint(handles):
                raise QuestionError("these files are being added already")
            self._in_use.update(handles)
        try:
            yield {str(upload.path): upload.name for upload in own}
        except BaseException:
            self._in_use.difference_update(handles)
            raise
        self._delete(handles)

    def routes(self) -> list[Route]:
        """Return the routes: to upload files to, and to ask how far an addition is.

        They take the places of Gradio's own; that of Gradio for the progress of an upload tells nothing.
        """

        async def upload(request: Request) -> Response:
            session = cookie_of(request.scope)
            if session is None:  # nor does a page of another site send it
                return PlainTextResponse("Open the page of this app first; uploads need its cookie.", 403)
            limited = Request(request.scope, _limited(request.receive))
            try:
                async with limited.form(max_files=MAX_FILES, max_fields=10) as form:
                    files = [file for file in form.getlist(UPLOADED) if isinstance(file, UploadFile)]
                    for file in files:
                        readers.reader_of(_name(file))
                    return JSONResponse(await run_in_threadpool(self.keep, session, files, client_of(request.scope)))
            except InputError as error:
                return PlainTextResponse(str(error), 415)
            except QuestionError as error:
                return PlainTextResponse(str(error), 413)
            except OSError:
                return PlainTextResponse("The server cannot store the file; its disk may be full.", 507)

        def progress(_: Request) -> Response:
            return Response(ALL_ARRIVED, media_type="text/event-stream")

        return [
            Route(UPLOAD, upload, methods=["POST"]),
            Route(UPLOAD_PROGRESS, progress),
            self.additions.route(),
        ]

    def _delete_old(self) -> None:
        oldest = time.monotonic() - MAX_WAITING_SECONDS
        with self._lock:
            old = [h for h, upload in self._kept.items() if upload.since < oldest and h not in self._in_use]
        self._delete(old)

    def _make_room(self, session: str, number: int) -> None:
        with self._lock:
            own = [handle for handle, upload in self._kept.items() if upload.session == session]  # the oldest first
            over = max(0, len(own) + number - MAX_FILES)
            unused = [handle for handle in own if handle not in self._in_use]
        if len(unused) >= over:
            self._delete(unused[:over])

    def _delete(self, handles: Sequence[str]) -> None:
        for handle in handles:
            with self._lock:
                upload = self._kept.pop(handle, None)
                self._in_use.discard(handle)
            if upload:
                shutil.rmtree(upload.path.parent, ignore_errors=True)


def _are_too_many(uploads: Sequence[Upload], share: float) -> bool:
    """Return whether uploads are more than a part of what may be kept."""
    return len(uploads) > MAX_KEPT_FILES * share or sum(upload.size for upload in uploads) > MAX_KEPT_BYTES * share


def _name(file: UploadFile) -> str:
    """Return what the reader calls a file."""
    return PurePosixPath((file.filename or "").replace("\\", "/")).name or "file"


def _write(file: UploadFile, path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with path.open("xb") as copy:
        file.file.seek(0)
        shutil.copyfileobj(file.file, copy)


def _limited(receive: Receive) -> Receive:
    """Return what receives the body of a request, up to MAX_REQUEST_BYTES."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_REQUEST_BYTES:
            raise HTTPException(413, f"at most {MAX_REQUEST_BYTES // 2**20} MB can be sent at once")
        return message

    return limited


def _is_file(path: Path) -> bool:
    """Return whether a path is that of a regular file: no folder, link or device."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
