"""One bound for every way in: beyond it a refusal with when to try again; what is admitted is answered."""

import asyncio
import json
import threading
from collections import Counter
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from support import HARBOUR, WordEncoder

import rag
from rag.web.app import create_app
from rag.web.launch import launch
from rag.web.places import (
    MAX_CONCURRENT,
    MAX_OPEN_PAGES,
    MAX_PAGES,
    MAX_RESULTS,
    MAX_UPLOADS,
    MAX_VIEWS,
    MAX_WAITING,
    VIEWS_AT_ONCE,
    PlacesMiddleware,
)

MAX_QUESTIONS = MAX_CONCURRENT + MAX_WAITING


async def nothing_comes():
    """Receive nothing, as from a reader who waits for the answer."""
    await asyncio.Event().wait()


class Messages(dict):
    """What is not fetched yet, by session, as Gradio has it."""

    max_size = 2000


def blocks(queued=()):
    """Gradio's app, with questions of some addresses in its queue, and one session that waits for an answer."""
    events = [SimpleNamespace(request=SimpleNamespace(client=SimpleNamespace(host=host))) for host in queued]
    queue = SimpleNamespace(
        event_queue_per_concurrency_id={"ask": SimpleNamespace(queue=events)}, active_jobs=[None],
        event_ids_to_events={}, pending_event_ids_session={"waiting": {"event"}, "answered": set()},
        pending_messages_per_session=Messages(waiting=None, answered=None),
    )  # fmt: skip
    return SimpleNamespace(_queue=queue)


def statuses(requests, own=None, is_local=False):
    """The statuses of requests (method, path, query, address) that are all under way at once, and how many worked."""

    async def run():
        working, release, most = Counter(), asyncio.Event(), Counter()
        found = []

        async def app(scope, receive, send):
            working[scope["path"]] += 1
            most[scope["path"]] = max(most[scope["path"]], working[scope["path"]])
            await release.wait()
            working[scope["path"]] -= 1
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        middleware = PlacesMiddleware(app, is_local)
        of = SimpleNamespace(get_blocks=lambda: shared)
        shared = own or blocks()

        async def one(method, path, query=b"", address="198.51.100.7"):
            async def send(message):
                if message["type"] == "http.response.start":
                    headers = dict(message["headers"])
                    found.append((message["status"], headers.get(b"retry-after", b"").decode()))

            scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": []}
            await middleware({**scope, "client": (address, 5), "app": of}, nothing_comes, send)

        tasks = [asyncio.create_task(one(*request)) for request in requests]
        await asyncio.sleep(0.05)
        release.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
        return Counter(found), most

    return asyncio.run(run())


WAYS = [
    ("POST", "/gradio_api/queue/join", MAX_QUESTIONS), ("POST", "/gradio_api/queue/join/", MAX_QUESTIONS),
    ("POST", "/gradio_api/run/ask", MAX_QUESTIONS), ("POST", "/gradio_api/run/ask/", MAX_QUESTIONS),
    ("POST", "/gradio_api/api/ask", MAX_QUESTIONS), ("POST", "/gradio_api/call/ask", MAX_QUESTIONS),
    ("POST", "/gradio_api/call/v2/ask", MAX_QUESTIONS), ("POST", "/gradio_api/mcp", MAX_QUESTIONS),
    ("POST", "/gradio_api/mcp/http/", MAX_QUESTIONS),
    ("GET", "/", MAX_PAGES), ("GET", "/config", MAX_PAGES), ("GET", "/contents", MAX_PAGES),
    ("GET", "/article/harbour", MAX_PAGES), ("GET", "/cite/harbour", MAX_PAGES), ("GET", "/gradio_api/info", MAX_PAGES),
    ("GET", "/gradio_api/openapi.json", MAX_PAGES), ("GET", "/a/new/route", MAX_PAGES), ("PUT", "/anything", MAX_PAGES),
    ("GET", "/answer/a", MAX_PAGES), ("GET", "/answer/a/side-by-side", MAX_VIEWS),
    ("GET", "/answer/a/timeline/", MAX_VIEWS), ("HEAD", "/answer/a/timeline", MAX_VIEWS),
    ("GET", "/gradio_api/heartbeat/a", MAX_OPEN_PAGES), ("GET", "/gradio_api/mcp/", MAX_RESULTS),
    ("GET", "/gradio_api/upload_progress", MAX_RESULTS), ("POST", "/gradio_api/upload", MAX_UPLOADS),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "places"), WAYS)
def test_what_is_over_is_refused_at_once_and_the_rest_is_answered(method, path, places):
    found, most = statuses([(method, path)] * (places + 3), is_local=True)
    assert found == {(200, ""): places, (503, "5"): 3}
    if places == MAX_PAGES or (any(way in path for way in ("/run/", "/api/", "/mcp")) and method == "POST"):
        assert most[path] == MAX_CONCURRENT, "the others wait for their turn"
    if places == MAX_VIEWS:
        assert most[path] == VIEWS_AT_ONCE


@pytest.mark.parametrize(
    ("query", "places"),
    [
        (b"as=markdown", MAX_PAGES), (b"as=dossier-pdf", MAX_VIEWS), (b"as=%64ossier-html", MAX_VIEWS),
        (b"as=bibtex&as=dossier-html", MAX_VIEWS),
    ],
)  # fmt: skip
def test_a_dossier_that_is_made_has_the_places_of_views_and_a_file_that_is_kept_those_of_pages(query, places):
    found, _ = statuses([("GET", "/answer/a", query)] * (places + 1), is_local=True)
    assert found == {(200, ""): places, (503, "5"): 1}


def test_views_that_wait_for_their_turn_leave_questions_and_pages_theirs():
    begun = []

    async def app(scope, receive, send):
        begun.append(scope["path"])
        await asyncio.sleep(60)

    async def run():
        of = SimpleNamespace(get_blocks=blocks)
        middleware = PlacesMiddleware(app, is_local=True)
        asked = [("GET", "/answer/a/side-by-side")] * MAX_VIEWS
        asked += [("POST", "/gradio_api/run/ask"), ("GET", "/contents")]
        tasks = []
        for method, path in asked:
            scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [], "app": of}
            tasks.append(asyncio.create_task(middleware(scope, nothing_comes, None)))
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()

    asyncio.run(run())
    assert begun == ["/answer/a/side-by-side"] * VIEWS_AT_ONCE + ["/gradio_api/run/ask", "/contents"]


def test_the_stream_of_answers_is_bounded_too():
    asked = [("GET", "/gradio_api/queue/data", b"session_hash=waiting")] * (MAX_RESULTS + 1)
    assert statuses(asked, is_local=True)[0] == {(200, ""): MAX_RESULTS, (503, "5"): 1}


def test_questions_in_the_queue_and_direct_calls_share_their_places():
    full = blocks(["203.0.113.9"] * (MAX_QUESTIONS - 2))
    ways = [("POST", f"/gradio_api/{way}") for way in ("run/ask", "queue/join", "call/ask", "mcp")]
    assert statuses(ways, full)[0] == {(200, ""): 2, (503, "5"): 2}


def test_one_address_has_no_more_than_half_of_the_places():
    one = [("POST", "/gradio_api/run/ask", b"", "198.51.100.7")] * (MAX_QUESTIONS // 2 + 2)
    other = [("POST", "/gradio_api/run/ask", b"", "203.0.113.9")] * 5
    assert statuses(one + other)[0] == {(200, ""): MAX_QUESTIONS // 2 + 5, (429, "5"): 2}
    queued = blocks(["198.51.100.7"] * (MAX_QUESTIONS // 2))
    assert statuses([one[0], other[0]], queued)[0] == {(200, ""): 1, (429, "5"): 1}


@pytest.mark.parametrize(
    ("method", "path", "places"),
    [
        ("POST", "/gradio_api/run/ask", MAX_QUESTIONS), ("POST", "/gradio_api/queue/join", MAX_QUESTIONS),
        ("GET", "/contents", MAX_PAGES), ("GET", "/answer/a/timeline", MAX_VIEWS),
        ("GET", "/gradio_api/heartbeat/a", MAX_OPEN_PAGES), ("POST", "/gradio_api/upload", MAX_UPLOADS),
    ],
)  # fmt: skip
def test_the_addresses_of_one_network_of_ipv6_share_what_one_address_may_take(method, path, places):
    many = [(method, path, b"", f"2001:db8:0:{n % 256:x}::{n:x}") for n in range(places)]
    found, _ = statuses([*many, (method, path, b"", "2001:db8:0:100::1")])
    assert found == {(200, ""): places // 2 + 1, (429, "5"): places - places // 2}
    queued = blocks([f"2001:db8::{n:x}" for n in range(MAX_QUESTIONS // 2)])
    assert statuses([("POST", "/gradio_api/run/ask", b"", "2001:db8::ffff")], queued)[0] == {(429, "5"): 1}


@pytest.mark.parametrize("path", ["/answer/a/side-by-side", "/contents", "/gradio_api/run/ask"])
def test_an_address_with_much_that_waits_does_not_keep_another_from_its_next_turn(path):
    begun = []

    async def app(scope, receive, send):
        begun.append(scope["client"][0])
        await asyncio.sleep(0)

    async def run():
        middleware = PlacesMiddleware(app)
        of = SimpleNamespace(get_blocks=blocks)
        method = "POST" if "/run/" in path else "GET"
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [], "app": of}
        clients = ["198.51.100.7"] * 16 + ["203.0.113.9"] * 2
        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(middleware({**scope, "client": (client, 5)}, nothing_comes, None))

    asyncio.run(run())
    assert "203.0.113.9" in begun[: 2 + MAX_CONCURRENT]
    assert begun.count("203.0.113.9") == 2
    assert begun[6:].count("203.0.113.9") == 0


@pytest.mark.parametrize(
    "path", ["/gradio_api/run/ask", "/api/ask", "/gradio_api/mcp", "/contents", "/answer/a/timeline"]
)
def test_readers_who_are_gone_before_their_turn_are_not_worked_for(path):
    """A hundred who ask and go away at once would hold up everybody until all their questions are answered."""
    worked = []

    async def app(scope, receive, send):
        worked.append((scope["client"][1], (await receive())["body"]))
        await release.wait()

    async def run():
        method = "GET" if path in ("/contents", "/answer/a/timeline") else "POST"
        middleware = PlacesMiddleware(app, is_local=True)
        leave = asyncio.Event()

        async def one(number):
            messages = [{"type": "http.request", "body": b"%d" % number, "more_body": False}]

            async def receive():
                if messages:
                    return messages.pop()
                await (leave if number % 2 else asyncio.Event()).wait()
                return {"type": "http.disconnect"}

            scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
            of = SimpleNamespace(get_blocks=lambda: shared)
            await middleware({**scope, "client": ("198.51.100.7", number), "app": of}, receive, None)

        tasks = [asyncio.create_task(one(number)) for number in range(20)]
        while len(worked) < (VIEWS_AT_ONCE if path.startswith("/answer") else MAX_CONCURRENT):
            await asyncio.sleep(0)
        for _ in range(20):  # steps of the event loop, however busy the machine is
            await asyncio.sleep(0)
        leave.set()
        for _ in range(20):
            await asyncio.sleep(0)
        release.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
        assert (middleware.work.free, middleware.viewing.free) == (MAX_CONCURRENT, VIEWS_AT_ONCE)

    release, shared = asyncio.Event(), blocks()
    asyncio.run(run())
    begun = range(VIEWS_AT_ONCE if path.startswith("/answer") else MAX_CONCURRENT)
    stayed = [number for number in range(20) if number in begun or number % 2 == 0]
    assert worked == [(number, b"%d" % number) for number in stayed]


def test_the_queue_holds_all_that_is_admitted(tmp_path, news, words):
    """While an answered question makes room for the next, all that are admitted may be waiting."""
    library = rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=words)
    assert create_app(library)._queue.max_size >= MAX_QUESTIONS


def test_questions_in_the_queue_are_put_in_turn_when_one_joins():
    own = blocks(["198.51.100.7"] * 3 + ["203.0.113.9"])
    assert statuses([("POST", "/gradio_api/queue/join", b"", "203.0.113.9")], own)[0] == {(200, ""): 1}
    queue = own._queue.event_queue_per_concurrency_id["ask"].queue
    assert [event.request.client.host[:3] for event in queue] == ["198", "203", "198", "198"]


@pytest.mark.parametrize("path", ["/assets/index.js", "/theme.css", "/gradio_api/file=/tmp/a", "/login"])
def test_what_is_only_read_from_a_file_waits_for_nothing(path):
    busy = blocks(["203.0.113.9"] * MAX_QUESTIONS)
    assert statuses([("GET", path)] * (MAX_PAGES + 50), busy)[0] == {(200, ""): MAX_PAGES + 50}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/gradio_api/queue/data", b"session_hash=answered"), ("/gradio_api/queue/data", b"session_hash=never"),
        ("/gradio_api/queue/data", b""), ("/gradio_api/call/ask/gone", b""), ("/gradio_api/call/v2/ask/gone", b""),
    ],
)  # fmt: skip
def test_a_stream_that_waits_for_nothing_is_not_opened(path, query):
    assert statuses([("GET", path, query)])[0] == {(404, ""): 1}


def test_a_second_stream_for_one_answer_ends_when_the_answer_is_given():
    """Gradio itself keeps it open: it asks now and then whether the reader is gone."""
    own, heard = blocks(), []

    async def app(scope, receive, send):
        heard.append(await receive())
        own._queue.pending_event_ids_session["waiting"].clear()  # the other stream has delivered it
        heard.append(await receive())

    async def receive():
        return {"type": "http.request"}

    scope = {
        "type": "http", "method": "GET", "path": "/gradio_api/call/ask/event", "query_string": b"", "headers": [],
        "app": SimpleNamespace(get_blocks=lambda: own),
    }  # fmt: skip
    asyncio.run(PlacesMiddleware(app)(scope, receive, None))
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]


def test_a_slow_reader_of_a_page_holds_nobody_up():
    own = blocks()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the page"})

    async def run():
        taken = asyncio.Event()

        async def slow(message):
            if message["type"] == "http.response.body":
                await taken.wait()

        scope = {
            "type": "http", "method": "GET", "path": "/contents", "query_string": b"", "headers": [],
            "app": SimpleNamespace(get_blocks=lambda: own),
        }  # fmt: skip
        middleware = PlacesMiddleware(app)
        reading = [asyncio.create_task(middleware(scope, nothing_comes, slow)) for _ in range(5)]
        await asyncio.sleep(0.01)
        free = middleware.work.free
        taken.set()
        await asyncio.gather(*reading)
        return free

    assert asyncio.run(run()) == MAX_CONCURRENT


def test_answers_that_nobody_fetches_are_forgotten():
    own = blocks()
    own._queue.pending_event_ids_session |= {f"s{n}": {"event"} for n in range(5000)}
    statuses([("POST", "/gradio_api/queue/join")], own)
    assert own._queue.pending_event_ids_session == {"waiting": {"event"}}
    assert own._queue.pending_messages_per_session.max_size > MAX_QUESTIONS + MAX_RESULTS - 1
    assert own._queue.pending_messages_per_session.max_size < 300


@pytest.mark.server
def test_no_way_into_the_app_works_on_more_than_its_share_at_once(tmp_path, news, monkeypatch):
    """Direct calls, the queue and MCP at the same time: MAX_CONCURRENT of the queue, and as many others."""
    library = rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=WordEncoder())
    address = launch(library, port=0, wait=False, mcp=True)
    working, most, lock, begun = [], [0], threading.Lock(), threading.Event()
    search = type(library).search

    def watched(*given, **named):
        with lock:
            working.append(1)
            most[0] = max(most[0], len(working))
        begun.wait(60)
        with lock:
            working.pop()
        return search(library, *given, **named)

    monkeypatch.setattr(library, "search", watched)
    tool = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search", "arguments": {"question": "x"}},
    }
    accepts = {"Accept": "application/json, text/event-stream"}
    direct = {"data": ["dock", 5, *[None] * 9, "relevance"]}

    async def all_at_once():
        async with httpx.AsyncClient(base_url=f"{address}gradio_api/", timeout=60, trust_env=False) as http:
            asked = [http.post("run/search", json=direct) for _ in range(4)]
            asked += [http.post("mcp/", json=tool, headers=accepts) for _ in range(4)]
            tasks = list(map(asyncio.ensure_future, asked))
            queued = [await http.post("call/search", json=direct) for _ in range(4)]
            async with asyncio.timeout(60):
                while most[0] < 2 * MAX_CONCURRENT:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            begun.set()
            answers = await asyncio.gather(*tasks)
            for response in queued:
                answers.append(await http.get(f"call/search/{response.json()['event_id']}"))
            again = await http.get(f"call/search/{queued[0].json()['event_id']}")
            return answers, again

    answers, again = asyncio.run(all_at_once())
    gr.close_all()
    assert [(a.status_code, "harbour" in a.text) for a in answers] == [(200, True)] * 12
    assert most[0] == 2 * MAX_CONCURRENT
    assert (again.status_code, "fetched before" in json.dumps(again.json())) == (404, True)
