"""The attacks of attacks.py on the browser app, over HTTP, as a client that knows nothing but what the app sends it.

`according serve` runs on an index of its own, with a temporary folder as its TMPDIR.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.server
import inspect
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

import rag

Outcome = tuple[bool, str]  # whether the attack succeeded, and what was seen
QUESTION = "Which ferry waited in the harbour?"
# Later versions take two more values, the last of which must be one of three.
_LATER = [None, "relevance"] if "order" in inspect.signature(rag.Library.search).parameters else []
CALL = {"data": [QUESTION, 3, *[None] * 8, *_LATER]}
FILE = {"_type": "gradio.FileData"}
CLOSED = 0  # in place of a status: the connection was closed, or there was no answer in time
PATIENCE = 20.0  # seconds after which a reader who waits is taken to wait for ever


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that attacks or is attacked."""
    return os.environ | {"PYTHONPATH": str(Path(rag.__file__).parent.parent), "OMP_NUM_THREADS": "1"} | more


class App:
    """A running app, and what its page says of itself.

    Attributes:
        url: where it listens.
        process: its process.
        temporary: the folder for temporary files, which it was given.
    """

    def __init__(self, folder: Path, *options: str):
        index = folder / "app"
        if not index.exists():
            record = {"title": "Ferry", "date": "2016-02-03", "outlet": "The Delta Herald",
                      "text": "A ferry waited in the harbour because its sailors had gone on strike."}  # fmt: skip
            (folder / "app.jsonl").write_text(json.dumps(record))
            rag.build([folder / "app.jsonl"], index=index).close()
        self.index = folder / f"app-{secrets.token_hex(4)}"
        shutil.copytree(index, self.index)
        self.temporary = self.index.with_suffix(".tmp")
        self.temporary.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rag", "serve", "--index", str(self.index), "--port", str(self.port), *options],
            env=environment(TMPDIR=str(self.temporary)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)
        for _ in range(1_200):
            with contextlib.suppress(httpx.HTTPError):
                self.http.get("/config").raise_for_status()
                break
            time.sleep(0.25)
        config = self.http.get("/config").json()
        self.kinds = {part["id"]: (part["type"], part["props"].get("value")) for part in config["components"]}
        self.names = {part["id"]: part["props"].get("elem_id") for part in config["components"]}
        self.events = [each for each in config["dependencies"] if each["backend_fn"]]
        self.private = [event for event in self.events if event["api_visibility"] == "private" and event["inputs"]]
        self.ask = next(event for event in self.private if event["api_name"] == "ask_1")

    def asking(self, question: str = QUESTION) -> list[Any]:
        """Return what a page sends to ask a question: in this version an action, its number and words with it."""
        if self.ask["targets"] and self.names.get(self.ask["targets"][0][0]) == "send":
            return ["ask", question, 0, [], *(self.kinds[part][1] for part in self.ask["inputs"][4:])]
        return self.data(self.ask, textbox=question)

    def data(self, event: dict[str, Any], **values: Any) -> list[Any]:
        """Return what a page would send for an event, with other values for some kinds of components."""
        own = {"textbox": "", "checkbox": False, "dropdown": [], "checkboxgroup": [], "state": None, "chatbot": []}
        found = []
        for part in event["inputs"]:
            kind, value = self.kinds[part]
            found.append(values.get(kind, own.get(kind, value)))
        return found

    def send(self, event: dict[str, Any], data: list[Any], encoding: str = "utf-8") -> tuple[int, str]:
        """Send an event; return (the status, the session's id)."""
        session = uuid.uuid4().hex
        trigger = event["targets"][0][0] if event["targets"] else None
        body = {"data": data, "fn_index": event["id"], "session_hash": session, "trigger_id": trigger}
        headers = {"Content-Type": "application/json"}
        content = json.dumps(body).encode(encoding)
        try:
            return self.http.post("/gradio_api/queue/join", content=content, headers=headers).status_code, session
        except httpx.HTTPError:
            return CLOSED, session

    def completed(self, session: str) -> dict[str, Any] | None:
        """Return the last message of a session's event; None if none came in time."""
        ends = time.monotonic() + PATIENCE
        own = {"session_hash": session}
        with (
            contextlib.suppress(httpx.HTTPError),
            self.http.stream("GET", "/gradio_api/queue/data", params=own) as lines,
        ):
            for line in lines.iter_lines():
                if "process_completed" in line:
                    return json.loads(line[5:])  # type: ignore[no-any-return]
                if time.monotonic() > ends:
                    break
        return None

    def search(self, question: str = QUESTION) -> list[str]:
        """Return the texts that a program finds."""
        answer = self.http.post("/gradio_api/run/search", json={"data": [question, *CALL["data"][1:]]})
        return [hit["text"] for hit in answer.json()["data"][0]["hits"]]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


_RUNNING: dict[tuple[str, ...], App] = {}  # by options, for attacks that leave the app as it was


@contextlib.contextmanager
def app(folder: Path, *options: str) -> Iterator[App]:
    """Give an app that several attacks share; `close_apps` ends it."""
    if options not in _RUNNING:
        _RUNNING[options] = App(folder, *options)
    yield _RUNNING[options]


def close_apps() -> None:
    while _RUNNING:
        _RUNNING.popitem()[1].close()


def component(kind: str, value: Any) -> list[Any]:
    """Return a chat whose only message names a component."""
    own = {"type": "component", "component": kind, "value": value, "constructor_args": {}, "props": {}}
    return [{"role": "user", "metadata": None, "options": None, "content": [own]}]


def posted(app: App, chat: list[Any], encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """Send a chat to each event of the page in place of its chat, or of each value where it takes no chat."""
    for event in app.private:
        data = app.data(event, chatbot=chat, textbox="x?")
        if chat in data:
            yield app.send(event, data, encoding)
            continue
        for place in range(len(data)):
            yield app.send(event, [*data[:place], chat, *data[place + 1 :]], encoding)


def server_files(folder: Path) -> Outcome:
    """With --allow-add, a chat names a file of $TMPDIR; then the folder of uploads is added and searched."""
    with app(folder, "--allow-add") as own:
        secret = own.temporary / "notes.txt"
        secret.write_text("Notes\n\nThe vault of the newsroom opens with Quillfeather 4242, the editor said.\n")
        statuses = Counter[int]()
        for status, session in posted(own, component("model3d", {"path": str(secret)})):
            statuses[status] += 1
            if status == 200:
                own.completed(session)
        for event in own.private:
            for path in (own.temporary / "gradio", own.temporary):
                given = [{"path": str(path), "meta": FILE}]
                status, session = own.send(event, own.data(event, file=given, textbox=given))
                statuses[status] += 1
                if status == 200 and event["api_name"] == "add":
                    own.completed(session)
        read = any("Quillfeather" in text for text in own.search("newsroom vault combination Quillfeather"))
    return read, "the file is found by search" if read else f"status {_listed(statuses)}"


def hanging_chat(folder: Path) -> Outcome:
    """A chat that names an image of a device is posted twice to each event; then a reader asks."""
    with contextlib.closing(App(folder)) as own:
        statuses = Counter[int]()
        for _ in range(2):
            statuses.update(status for status, _ in posted(own, component("image", {"path": "/dev/ptmx"})))
        time.sleep(2)
        _, session = own.send(own.ask, own.asking())
        answered = own.completed(session) is not None
    return not answered, f"status {_listed(statuses)}; a reader {'is' if answered else 'is not'} answered in 20 s"


def encoded_chat(folder: Path) -> Outcome:
    """A chat that holds a file is refused in UTF-8; the same is posted in UTF-16 and UTF-32."""
    file = {"type": "file", "file": {"path": "/etc/hostname", "url": None, "meta": FILE}, "alt_text": None}
    chat = [{"role": "user", "metadata": None, "options": None, "content": [file]}]
    with app(folder) as own:
        found = {name: {status for status, _ in posted(own, chat, name)} for name in ("utf-8", "utf-16", "utf-32")}
    passed = [name for name in ("utf-16", "utf-32") if 200 in found[name]]
    return bool(passed), "; ".join(f"{name}: status {_listed(found[name])}" for name in found)


class _Listener(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None: ...


def apostrophe(folder: Path) -> Outcome:
    """With --allow-add, a URL with an apostrophe is given as an uploaded file; and a folder."""
    _Listener.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Listener) as inner, app(folder, "--allow-add") as own:
        threading.Thread(target=inner.serve_forever, daemon=True).start()
        upload = own.temporary / "gradio" / "somebody"
        upload.mkdir(parents=True, exist_ok=True)
        (upload / "theirs.txt").write_text("Theirs\n\nThe text of another reader says that Marrowbone went home.\n")
        statuses = Counter[int]()
        for path in (f"http://127.0.0.1:{inner.server_address[1]}/a'b.html", str(upload)):
            for event in own.private:
                given = [{"path": path, "meta": FILE}]
                status, session = own.send(event, own.data(event, file=given, textbox=given))
                statuses[status] += 1
                if status == 200 and event["api_name"] == "add":
                    own.completed(session)
        read = any("Marrowbone" in text for text in own.search("Who went home, Marrowbone?"))
        inner.shutdown()
    seen = [*(["the URL is fetched"] if _Listener.asked else []), *(["the folder is indexed"] if read else [])]
    return bool(seen), ", ".join(seen) or f"status {_listed(statuses)}"


def beside_the_queue(folder: Path) -> Outcome:
    """120 direct calls at once, of the page's own event and of an endpoint."""
    limits = httpx.Limits(max_connections=130)
    with app(folder) as own, httpx.Client(base_url=own.url, timeout=120, limits=limits) as client:
        bodies = {"ask_1": {"data": own.asking()}, "search": CALL}

        def call(name: str) -> int:
            body = bodies[name] | {"session_hash": uuid.uuid4().hex}
            try:
                return client.post(f"/gradio_api/run/{name}", json=body).status_code
            except httpx.HTTPError:
                return CLOSED

        with concurrent.futures.ThreadPoolExecutor(120) as pool:
            found = {name: Counter(pool.map(call, [name] * 120)) for name in bodies}
    ran = [name for name in found if found[name][200] == 120]
    return bool(ran), "; ".join(f"/run/{name}: status {_listed(found[name])}" for name in found)


def large_request(folder: Path) -> Outcome:
    """A request of 16 MB of "[]," while others read."""
    body = b'{"data":["a",' + b"[]," * 5_500_000 + b'1],"fn_index":4,"session_hash":"q"}'
    waits, done = [0.0], threading.Event()
    with app(folder) as own:

        def read() -> None:
            while not done.is_set():
                started = time.monotonic()
                with contextlib.suppress(httpx.HTTPError):
                    httpx.get(f"{own.url}/robots.txt", timeout=60)
                waits.append(time.monotonic() - started)
                time.sleep(0.1)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            headers = {"Content-Type": "application/json"}
            answer = own.http.post("/gradio_api/queue/join", content=body, headers=headers, timeout=120)
            status = str(answer.status_code)
        except httpx.HTTPError as error:
            status = type(error).__name__
        time.sleep(1)
        done.set()
        reader.join()
    return max(waits) > 5, f"status {status}; another reader waits {max(waits):.1f} s"


def forwarded_host(folder: Path) -> Outcome:
    """A reader says that the app is reached at another host."""
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    with app(folder) as own:
        found = [path for path in ("/", "/config") if "evil.example" in own.http.get(path, headers=forged).text]
    return bool(found), f"the forged host is in {', '.join(found) or 'no page'}"


def read_twice(folder: Path) -> Outcome:
    """The result of a call is read a second time."""
    with app(folder) as own:
        called = own.http.post("/gradio_api/call/search", json=CALL)
        url = f"/gradio_api/call/search/{called.json()['event_id']}"
        own.http.get(url)
        started = time.monotonic()
        try:
            with own.http.stream("GET", url) as again:
                for _ in again.iter_lines():
                    if time.monotonic() - started > PATIENCE:
                        break
                status = str(again.status_code)
        except httpx.HTTPError as error:
            status = type(error).__name__
        took = time.monotonic() - started
    return took > 10, f"status {status} after {took:.0f} s"


def half_open(folder: Path) -> Outcome:
    """120 connections send half of their headers, and nothing for 40 s."""
    with app(folder) as own, contextlib.ExitStack() as kept:
        opened = []
        for _ in range(120):
            opened.append(kept.enter_context(socket.create_connection(("127.0.0.1", own.port), timeout=2)))
            opened[-1].sendall(b"GET /config HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        time.sleep(40)
        still = 0
        for connection in opened:
            connection.settimeout(0.01)
            try:
                while connection.recv(4096):
                    pass
            except TimeoutError:
                still += 1
            except OSError:
                pass
    return bool(still), f"{still} of 120 are open after 40 s"


def files_after_a_signal(folder: Path) -> Outcome:
    """The app answers a question, and is ended by SIGTERM or SIGINT."""
    left = {}
    for sent in (signal.SIGTERM, signal.SIGINT):
        with contextlib.closing(App(folder)) as own:
            body = {"data": own.asking(), "session_hash": uuid.uuid4().hex}
            with contextlib.suppress(httpx.HTTPError):  # it may close the connection instead of answering
                own.http.post("/gradio_api/run/ask_1", json=body)
            own.completed(own.send(own.ask, body["data"])[1])
            own.process.send_signal(sent)
            own.process.wait(30)
            left[sent.name] = sum(path.is_file() for path in own.temporary.rglob("*"))
    return any(left.values()), "; ".join(f"{count} files left after {name}" for name, count in left.items())


def _listed(statuses: Counter[int] | set[int]) -> str:
    return ", ".join(str(status or "none") for status in sorted(statuses))


ATTACKS: dict[str, Callable[[Path], Outcome]] = {
    "server-files": server_files,
    "hanging-chat": hanging_chat,
    "encoded-chat": encoded_chat,
    "apostrophe": apostrophe,
    "beside-the-queue": beside_the_queue,
    "large-request": large_request,
    "forwarded-host": forwarded_host,
    "read-twice": read_twice,
    "half-open": half_open,
    "files-after-a-signal": files_after_a_signal,
}
