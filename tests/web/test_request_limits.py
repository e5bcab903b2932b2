"""What is too large, of too many values or too slow is refused, before it is read where that can be."""

import asyncio
import json

import pytest

from rag.web import request_limits
from rag.web.request_limits import MAX_BODY_BYTES, MAX_HELD_BYTES, MAX_UPLOAD_BYTES, MAX_VALUES, BodyMiddleware

MB = 2**20


def sent(parts, length=None, path="/gradio_api/queue/join", files=False, middleware=None, wait=0.0, more_headers=()):
    """Send parts of a body to an app that reads all; return status, headers, text, and how many bytes it read."""
    reads, responses = [], []
    waiting = list(parts)

    async def receive():
        await asyncio.sleep(wait)
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message):
        responses.append(message)

    async def app(scope, receive, send):
        more = True
        while more:
            message = await receive()
            reads.append(len(message["body"]))
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"read"})

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": [*headers, *more_headers]}
    middleware = middleware or BodyMiddleware(None, files)
    middleware.app = app
    asyncio.run(middleware(scope, receive, send))
    start, body = responses
    return start["status"], dict(start["headers"]), body["body"].decode(), sum(reads)


def test_a_body_that_says_it_is_too_large_is_not_read():
    status, _, text, read = sent([b" " * MB] * 3, MAX_BODY_BYTES + 1)
    assert (status, read) == (413, 0)
    assert json.loads(text) == {"detail": "This request is too large: the limit is 1,048,576 bytes."}
    assert sent([b" " * MAX_BODY_BYTES], MAX_BODY_BYTES)[0] == 200


@pytest.mark.parametrize("length", [None, 5, "five", "-1"])
def test_a_body_that_does_not_say_so_is_read_no_further_than_the_limit(length):
    status, _, _, read = sent([b" " * (MB // 4)] * 100, length)
    assert (status, read) == (413, MAX_BODY_BYTES)


def test_a_request_with_two_lengths_is_refused_and_its_connection_closed():
    """A proxy that believes the other one would take the rest of the body for a second request."""
    status, headers, text, read = sent([b"0"], 5, more_headers=[(b"transfer-encoding", b"chunked")])
    assert (status, headers[b"connection"], read) == (400, b"close", 0)
    assert "length" in text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("value", ["[],", "1,", '{"a":', "["])
def test_many_values_are_refused_in_whatever_encoding_before_they_are_parsed(value, encoding):
    many = (value * (MAX_VALUES + 1)).encode(encoding)
    status, _, text, read = sent([many[:1000], many[1000:]])
    assert status == 413
    assert "too many values: the limit is 10,000" in text
    assert read <= 1000
    assert sent([(value * (MAX_VALUES // 3)).encode(encoding)])[0] == 200


def test_an_upload_has_a_bound_of_its_own_and_only_where_files_are_accepted():
    parts = [b"[],," * (MB // 4)] * 5
    assert sent(parts, 5 * MB, "/gradio_api/upload", files=True)[0::3] == (200, 5 * MB)
    assert sent(parts, 5 * MB, "/gradio_api/upload", files=False)[0::3] == (413, 0)
    assert sent(parts, MAX_UPLOAD_BYTES + 1, "/gradio_api/upload", files=True)[0::3] == (413, 0)


def test_a_body_that_does_not_arrive_is_given_up(monkeypatch):
    monkeypatch.setattr(request_limits, "MAX_BODY_SECONDS", 0.1)
    status, _, text, read = sent([b"a"] * 1000, wait=0.03)
    assert (status, json.loads(text)) == (408, {"detail": "This request took too long to arrive."})
    assert read < 10
    assert sent([b"a"], wait=0.03)[0] == 200


def test_an_upload_may_take_as_long_as_it_keeps_coming(monkeypatch):
    monkeypatch.setattr(request_limits, "MAX_BODY_SECONDS", 0.1)
    path = "/gradio_api/upload"
    assert sent([b"a" * 2**14] * 5, path=path, files=True, wait=0.05)[0] == 200, "320 kB a second"
    assert sent([b"a" * 100] * 5, path=path, files=True, wait=0.05)[0] == 408, "2 kB a second"


def test_large_bodies_together_are_bounded_and_small_ones_always_pass():
    middleware = BodyMiddleware(None)
    middleware.held = MAX_HELD_BYTES - 2**15
    status, headers, _, _ = sent([b" " * 2**16], middleware=middleware)
    assert (status, headers[b"retry-after"]) == (503, b"5")
    assert sent([b" " * 2**14], middleware=middleware)[0] == 200
    assert middleware.held == MAX_HELD_BYTES - 2**15, "what was held is given back"
    middleware.held = 0
    assert sent([b" " * 2**16], middleware=middleware)[0] == 200
    assert middleware.held == 0


def test_a_stream_is_not_ended_because_its_reader_has_nothing_more_to_send(monkeypatch):
    monkeypatch.setattr(request_limits, "MAX_BODY_SECONDS", 0.05)
    gone = []

    async def app(scope, receive, send):
        await receive()
        gone.append((await receive())["type"])

    async def receive():
        if not gone and not begun:
            begun.append(True)
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(0.2)
        return {"type": "http.disconnect"}

    begun = []
    scope = {"type": "http", "method": "GET", "path": "/gradio_api/heartbeat/a", "headers": []}
    asyncio.run(BodyMiddleware(app)(scope, receive, None))
    assert gone == ["http.disconnect"]
