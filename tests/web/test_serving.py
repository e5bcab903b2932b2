"""Where the app listens, who may connect, what it refuses, and what headers it sends."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import urlsplit

import gradio as gr
import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from support import HARBOUR, ROOT, WordEncoder

import rag
from rag import cli
from rag.errors import AccordingError
from rag.web import request_limits, security
from rag.web.app import create_app
from rag.web.launch import launch

pytestmark = pytest.mark.server

SAY_WHO = (
    "which other machines can reach, say who may connect: --auth USER:PASSWORD (or AUTH in the environment) makes "
    "readers sign in, --no-auth (or NO_AUTH=1) lets anyone in"
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in ("HOST", "PORT", "AUTH", "NO_AUTH", "GRADIO_SERVER_NAME", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("serving")


@pytest.fixture(scope="module")
def library(folder):
    (folder / "n.jsonl").write_text(json.dumps(HARBOUR))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder())


@pytest.fixture(scope="module")
def locked(library):
    """The URL of an app with sign-in, on every address of this machine."""
    yield launch(library, host="0.0.0.0", port=0, wait=False, auth="reader:let me: in")
    gr.close_all()


@pytest.fixture
def reader(locked):
    """A client that has signed in."""
    with httpx.Client(base_url=locked) as client:
        done = client.post("login", data={"username": "reader", "password": "let me: in"})
        assert (done.status_code, done.json()) == (200, {"success": True})
        yield client


@pytest.fixture(scope="module")
def routed(library):
    """The URL of an app with sign-in, and with a route that is not Gradio's."""

    async def page(request):
        return HTMLResponse("<h1>An article</h1>", headers={"Content-Security-Policy": "default-src 'none'"})

    app = create_app(library)
    more = {"middleware": [Middleware(security.SecurityMiddleware)], "routes": [Route("/article/{id}", page)]}
    _, address, _ = app.launch(auth=("reader", "secret"), quiet=True, prevent_thread_lock=True, app_kwargs=more)
    yield address
    gr.close_all()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]"])
def test_a_loopback_address_needs_no_password(host):
    assert security.listening(host) == (host.strip("[]"), None)


def test_the_app_listens_on_the_loopback_by_default(monkeypatch):
    assert security.listening() == ("127.0.0.1", None)
    monkeypatch.setenv("GRADIO_SERVER_NAME", "::1")
    assert security.listening() == ("::1", None)
    monkeypatch.setenv("HOST", "localhost")
    assert security.listening() == ("localhost", None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "192.168.1.7", "news.example.org", "127.0.0.1.evil.example"])
def test_any_other_address_needs_a_password_or_no_auth(host, monkeypatch):
    with pytest.raises(AccordingError) as raised:
        security.listening(host)
    assert str(raised.value) == f"to listen on {host.strip('[]')}, {SAY_WHO}"
    bare = host.strip("[]")
    assert security.listening(host, no_auth=True) == (bare, None)
    assert security.listening(host, "ada:pass:word") == (bare, ("ada", "pass:word"))
    monkeypatch.setenv("NO_AUTH", "0")
    with pytest.raises(AccordingError):
        security.listening(host)
    monkeypatch.setenv("NO_AUTH", "1")
    assert security.listening(host) == (bare, None)
    monkeypatch.setenv("AUTH", "ada:word")
    assert security.listening(host) == (bare, ("ada", "word"))
    assert security.listening(host, no_auth=True) == (bare, None)


def test_requests_to_another_host_name_are_refused(library, monkeypatch):
    """DNS rebinding: a browser sends a request to this machine believing that it is another site."""
    address = launch(library, port=0, wait=False)
    port = httpx.URL(address).port
    for own in (f"127.0.0.1:{port}", f"localhost:{port}", "[::1]"):
        assert httpx.get(f"{address}config", headers={"Host": own}).status_code == 200
    for name in ("evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "[", "10.0.0.1"):
        for path in ("", "config", "contents", "gradio_api/info"):
            assert httpx.get(f"{address}{path}", headers={"Host": name}).status_code in (421, 400), (name, path)
    gr.close_all()
    monkeypatch.setenv("NO_AUTH", "1")  # behind a server with a name of its own
    address = launch(library, port=0, wait=False)
    assert httpx.get(f"{address}config", headers={"Host": "news.example"}).status_code == 200
    gr.close_all()


@pytest.mark.parametrize(
    "host",
    ["evil.example/", "evil.example/@app.example", "evil.example#", "a@app.example", "app.example:x", "[::1", "a b",
     "app.example:80:80", "é.example", "app.example?", "app.example\\"],
)  # fmt: skip
@pytest.mark.parametrize("is_local", [False, True])
def test_a_host_that_is_none_is_part_of_no_address(host, is_local):
    """A redirect to the path without a "/" repeats it."""

    async def redirected(scope, receive, send):
        await RedirectResponse(f"http://{Headers(scope=scope).get('host')}/")(scope, receive, send)

    def status(given):
        scope = {"type": "http", "method": "GET", "path": "/x/", "headers": [(b"host", given.encode())]}
        scope["app"], statuses = SimpleNamespace(auth=None), []

        async def send(message):
            statuses.append(message.get("status"))

        asyncio.run(security.SecurityMiddleware(redirected, is_local=is_local)(scope, None, send))
        return statuses[0]

    assert status(host) == 400
    assert {status(name) for name in ("127.0.0.1:7860", "[::1]:7860", "LOCALHOST")} == {307}


@pytest.mark.parametrize("auth", ["", "ada", "ada:", ":word", " :word"])
def test_an_incomplete_account_is_an_error_that_does_not_show_it(auth):
    with pytest.raises(AccordingError) as raised:
        security.listening("127.0.0.1", auth)
    assert str(raised.value) == "give the name and password to sign in with as USER:PASSWORD; neither can be empty"


def test_the_command_says_what_is_missing(library, folder, capsys):
    assert cli.main(["serve", "--index", str(folder / "index"), "--host", "0.0.0.0"]) == 1
    assert capsys.readouterr().err == f"according: to listen on 0.0.0.0, {SAY_WHO}\n"
    with pytest.raises(SystemExit):
        cli.main(["serve", "--auth", "a:b", "--no-auth"])


def test_app_py_says_what_is_missing_before_it_builds_an_index(tmp_path):
    environment = {**os.environ, "INDEX": str(tmp_path / "index"), "HOST": "0.0.0.0"}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (1, f"according: to listen on 0.0.0.0, {SAY_WHO}\n")
    assert not (tmp_path / "index").exists()


def test_make_run_passes_on_its_variables(tmp_path):
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$@ $HOST $PORT $INDEX $AUTH $NO_AUTH"\n')
    python.chmod(0o755)
    (tmp_path / ".run").touch()
    given = ["HOST=0.0.0.0", "PORT=81", "INDEX=news", "AUTH=ada:a word", "NO_AUTH=1"]
    command = ["make", "--no-print-directory", f"VENV={tmp_path}", "run", *given]
    assert subprocess.check_output(command, cwd=ROOT, text=True) == "app.py 0.0.0.0 81 news ada:a word 1\n"


ANONYMOUS = [
    ("GET", "config"), ("GET", "gradio_api/info"), ("GET", "gradio_api/openapi.json"), ("POST", "gradio_api/call/ask"),
    ("POST", "gradio_api/queue/join"), ("GET", "gradio_api/queue/data?session_hash=a"), ("POST", "gradio_api/run/a"),
    ("POST", "gradio_api/api/predict"), ("GET", "gradio_api/heartbeat/a"), ("POST", "gradio_api/cancel"),
    ("GET", "gradio_api/file=/etc/passwd"), ("GET", "gradio_api/file=assets/../config"), ("GET", "assets/../config"),
    ("GET", "gradio_api/token"), ("GET", "gradio_api/runs"), ("GET", "logout/../config"), ("GET", "no/such/page"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ANONYMOUS)
def test_readers_who_have_not_signed_in_get_nothing(locked, method, path):
    with socket.create_connection(("127.0.0.1", urlsplit(locked).port)) as raw:  # no client that tidies the path up
        head = f"{method} /{path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n"
        raw.sendall(f"{head}Content-Type: application/json\r\n\r\n{{}}".encode())
        answer = raw.makefile("rb").read().decode()
    closed = path.startswith(("gradio_api/file", "gradio_api/token", "gradio_api/runs"))
    assert answer.startswith(f"HTTP/1.1 {403 if path.startswith('assets/..') else 404 if closed else 401} ")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "login"), ("GET", "logout"), ("POST", "gradio_api/upload"), ("POST", "gradio_api/run/ask/"),
     ("POST", "gradio_api/queue/join"), ("GET", "config"), ("GET", "monitoring")],
)  # fmt: skip
def test_a_line_end_after_a_path_does_not_lead_past_the_checks(reader, method, path):
    """To a route "/login" is what "/login" and a line end is; to a check of the whole path it is not."""
    assert reader.request(method, f"{path}%0A").status_code == 404
    assert reader.get("config").status_code == 200


def test_readers_who_have_not_signed_in_are_asked_to(locked):
    with httpx.Client(base_url=locked) as client:
        first = client.get("")
        assert first.status_code == 200
        assert '"auth_required":true' in first.text
        assert "<head><title>According</title>" in first.text
        assert "Harbour" not in first.text
        assert '"components":[]' in first.text
        assert client.get("theme.css").status_code == 200
        wrong = client.post("login", data={"username": "reader", "password": "let me in"})
        assert (wrong.status_code, wrong.json()) == (400, {"detail": "Incorrect credentials."})
        assert client.get("config").status_code == 401
        client.cookies.set("access-token-unsecure-x", "guess")
        refused = client.get("config")
        assert refused.status_code == 401
        assert "sign in on the home page of this app" in refused.text


def test_readers_who_have_signed_in_get_everything_until_they_sign_out(reader):
    assert reader.get("config").json()["username"] == "reader"
    assert reader.get("gradio_api/info").status_code == 200
    assert reader.post("gradio_api/queue/join", json={}).status_code != 401
    reader.get("logout")
    assert reader.get("config").status_code == 401


def test_routes_that_are_not_gradios_are_protected_too(routed):
    with httpx.Client(base_url=routed) as client:
        assert client.get("article/harbour").status_code == 401
        client.post("login", data={"username": "reader", "password": "secret"})
        shown = client.get("article/harbour")
    assert (shown.status_code, shown.text) == (200, "<h1>An article</h1>")
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'"
    assert shown.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("root", "path", "seen"),
    [
        ("", "/config", "/config"), ("/press", "/press/config", "/config"), ("/press", "/config", "/config"),
        ("/press", "/press", ""), ("/press", "/pressconfig", "/pressconfig"), ("/", "/config", "/config"),
        ("/press/", "/press/config", "/config"), ("/press", "/press/press/config", "/press/config"),
    ],
)  # fmt: skip
def test_a_path_is_seen_without_that_of_another_server(root, path, seen):
    assert security.route_path({"path": path, "root_path": root}) == seen


def test_the_same_holds_below_a_path_of_another_server(library, monkeypatch):
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/press")
    address = launch(library, port=0, wait=False, auth="reader:secret")
    with httpx.Client(base_url=address) as client:
        for at in ("", "press/"):  # as servers pass it on: without the path, and with it
            assert client.get(at).text.count("<script nonce=") > 3
            assert [client.get(f"{at}{path}").status_code for path in ("theme.css", "config")] == [200, 401]
            assert client.get(f"{at}gradio_api/upload").status_code == 404


@pytest.mark.parametrize(
    "path", ["", "config", "gradio_api/info", "theme.css", "favicon.ico", "no/such/page", "gradio_api/upload"]
)
def test_every_response_has_security_headers(reader, path):
    headers = reader.get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'; script-src 'self'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert {name: headers[name] for name in security._HEADERS} == security._HEADERS
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["", "config", "contents", "gradio_api/info", "gradio_api/user", "no/such", "login"])
def test_what_a_reader_gets_no_server_on_the_way_keeps_for_others(reader, path):
    """A cache keeps an answer to a request with a cookie too, unless it is told not to."""
    reader.get("")  # the browser has its cookie
    assert reader.get(path).headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("size", [2**20, 2**20 + 1])
def test_a_file_that_takes_long_to_compress_is_sent_as_it_is(size):
    """Anybody can ask for it as often as they like; Gradio compresses what is not compressed yet."""
    files = [Route("/assets/large.js", lambda _: PlainTextResponse("a" * size))]
    middleware = [Middleware(GZipMiddleware), Middleware(security.SecurityMiddleware)]
    app = Starlette(routes=files, middleware=middleware)
    app.auth = None
    headers = TestClient(app).get("/assets/large.js", headers={"Accept-Encoding": "gzip"}).headers
    assert headers["Content-Encoding"] == ("gzip" if size == 2**20 else "identity")


def test_only_scripts_of_the_page_itself_run(reader):
    one, two = reader.get(""), reader.get("")
    (nonce,) = re.findall(
        r"script-src 'self' 'nonce-([\w-]{22})' 'unsafe-eval';", one.headers["Content-Security-Policy"]
    )
    assert one.text.count("<script") == one.text.count(f'<script nonce="{nonce}"') > 3
    assert nonce not in two.text
    other = reader.get("config").headers["Content-Security-Policy"]
    assert "script-src 'self';" in other
    assert "nonce" not in other


def test_a_space_is_shown_in_its_frame(reader, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/according")
    headers = reader.get("").headers
    assert "frame-ancestors https://huggingface.co https://*.hf.space" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


def test_streaming_responses_keep_streaming(reader):
    with reader.stream("GET", "gradio_api/heartbeat/a", timeout=10) as beats:
        assert next(beats.iter_text()) == "data: ALIVE\n\n"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "upload"), ("GET", "upload_progress?upload_id=a"), ("GET", "file=https://example.org/a"),
        ("GET", "file=HTTP://example.org/a"), ("GET", "proxy=https://a.hf.space/b"), ("POST", "component_server"),
        ("GET", "deep_link?session_hash=a"), ("POST", "vibe-edit/"), ("POST", "process_recording"),
        ("GET", "file=/etc/passwd"), ("GET", "file=pyproject.toml"), ("GET", "file/pyproject.toml"), ("GET", "token"),
        ("GET", "mcp/sse"), ("POST", "mcp/messages/?session_id=a"), ("POST", "stream/a"), ("GET", "runs"),
        ("POST", "no/such/route"),
    ],
)  # fmt: skip
def test_routes_of_gradio_that_the_app_does_not_use_are_closed(reader, method, path):
    assert reader.request(method, f"gradio_api/{path}").status_code == 404


def test_files_and_oversized_requests_are_refused(reader):
    file = {"path": "https://example.org/a.png", "meta": {"_type": "gradio.FileData"}}
    body = json.dumps({"data": [file], "fn_index": 0, "session_hash": "a"})
    refused = reader.post("gradio_api/queue/join", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 403
    assert refused.json()["detail"].startswith("This app does not accept files or other objects")
    flood = reader.post("gradio_api/queue/join", content=b" " * (request_limits.MAX_BODY_BYTES + 1))
    assert flood.status_code == 413
