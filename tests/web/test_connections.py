"""Connections that say or take nothing are closed, and too many of them stop nobody."""

import asyncio
import contextlib
import logging
import socket
import threading
import time

import pytest
import uvicorn

from rag.web import connections
from rag.web.connections import BoundedProtocol, bound

pytestmark = pytest.mark.server
BEGUN = b"GET /config HTTP/1.1\r\nHost: localhost\r\nX-A: "
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


ANSWER_SLOW = threading.Event()


@pytest.fixture(scope="module")
def server():
    """Its app answers `/` at once, `/refused` without reading, `/large` with 20 MB, `/slow` when ANSWER_SLOW is set."""

    async def app(scope, receive, send):
        while scope["path"] == "/slow" and not ANSWER_SLOW.is_set():
            await asyncio.sleep(0.01)
        body = b"a" * 2**16 if scope["path"] == "/large" else b"ok"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(320 if scope["path"] == "/large" else 1):
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    before = socket.create_connection(server.servers[0].sockets[0].getsockname(), timeout=20)
    before.sendall(BEGUN)
    while not server.server_state.connections:
        time.sleep(0.01)
    bound(server)
    with contextlib.suppress(ConnectionResetError):  # so it ends if what was sent is not yet read
        assert before.recv(10) == b"", "what was open before the bounds is closed"
    before.close()
    yield server
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def opened(server):
    """A function that opens a connection and sends something on it."""
    with contextlib.ExitStack() as stack:

        def open_(data=b""):
            connection = stack.enter_context(
                socket.create_connection(server.servers[0].sockets[0].getsockname(), timeout=20)
            )
            connection.sendall(data)
            return connection

        yield open_


def rest(connection):
    """All that comes until the connection is closed, by whatever means."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(2**16):
            found += part
    return found


def test_half_open_connections_are_closed(opened, monkeypatch):
    monkeypatch.setattr(connections, "MAX_HEADER_SECONDS", 0.5)
    silent, begun = opened(), opened(BEGUN)
    trickle, started = opened(BEGUN), time.monotonic()
    with contextlib.suppress(ConnectionError):
        while time.monotonic() - started < 10:
            trickle.sendall(b"a")
            time.sleep(0.05)
    assert time.monotonic() - started < 5
    assert [rest(silent), rest(begun)] == [b"", b""]


def test_the_headers_of_the_next_request_on_a_connection_are_not_waited_for_either(opened, monkeypatch):
    monkeypatch.setattr(connections, "MAX_HEADER_SECONDS", 0.5)
    connection, started = opened(WHOLE), time.monotonic()
    assert connection.recv(2**16).startswith(b"HTTP/1.1 200")
    connection.sendall(BEGUN)
    rest(connection)
    assert time.monotonic() - started < 4


SLOW = b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def test_a_request_that_takes_long_to_answer_is_not_closed(opened, monkeypatch):
    monkeypatch.setattr(connections, "MAX_HEADER_SECONDS", 0.3)
    ANSWER_SLOW.clear()
    slow = opened(SLOW)
    time.sleep(1)
    ANSWER_SLOW.set()
    assert rest(slow).startswith(b"HTTP/1.1 200")


def test_a_reader_who_takes_nothing_is_given_up_and_a_slow_one_is_not(opened, monkeypatch):
    monkeypatch.setattr(connections, "MAX_WRITE_SECONDS", 0.5)
    ask = b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    stuck, slow = opened(ask), opened(ask)
    taken = 0
    with contextlib.suppress(ConnectionError):
        while part := slow.recv(2**18):
            taken += len(part)
            time.sleep(0.02)
    assert taken > 320 * 2**16, "all of it"
    time.sleep(1)
    assert len(rest(stuck)) < 320 * 2**16, "only what was under way"


def test_the_rest_of_a_refused_request_is_not_read_for_long(opened, monkeypatch):
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.5)
    refused, started = (
        opened(b"POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"),
        time.monotonic(),
    )
    found = b""
    while b"ok" not in found:
        found += refused.recv(2**16)
    with contextlib.suppress(ConnectionError):
        while time.monotonic() - started < 10:
            refused.sendall(b"a" * 1000)
            time.sleep(0.02)
    assert time.monotonic() - started < 5


def test_more_connections_than_there_may_be_stop_nobody(server, opened, monkeypatch):
    """The one that has been open longest without a request makes room; where all are asking, the new one is refused."""
    monkeypatch.setattr(BoundedProtocol, "most", 20)
    half_open = [opened(BEGUN) for _ in range(40)]
    assert opened(WHOLE).recv(2**16).startswith(b"HTTP/1.1 200")
    assert rest(half_open[0]) == b"", "the oldest is gone"
    ANSWER_SLOW.clear()
    asking = [opened(SLOW) for _ in range(20)]
    while sum(connection._asking for connection in list(server.server_state.connections)) < 20:
        time.sleep(0.01)
    refused = rest(opened(WHOLE))
    assert refused.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: 5" in refused
    ANSWER_SLOW.set()
    assert all(rest(connection).startswith(b"HTTP/1.1 200") for connection in asking)


def test_a_request_for_a_websocket_is_an_ordinary_request(opened):
    upgrade = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    assert opened(upgrade).recv(2**16).startswith(b"HTTP/1.1 200")


CHUNKED = b"POST %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("wait", [0, 0.2])
@pytest.mark.parametrize("path", [b"/slow", b"/large", b"/refused"])
def test_a_body_that_is_no_http_ends_the_connection_quietly_whatever_is_answered_by_then(opened, caplog, path, wait):
    """Each would otherwise write a traceback of 6 kB to the log, which has a bound."""
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.ERROR, "uvicorn.error")
    ANSWER_SLOW.clear()
    connection = opened(CHUNKED % path)
    time.sleep(wait)
    connection.sendall(b"xyz\r\n")
    time.sleep(0.1)
    ANSWER_SLOW.set()
    rest(connection)
    assert rest(opened(WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))).endswith(b"ok\r\n0\r\n\r\n")
    logger.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records] == []
