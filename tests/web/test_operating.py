"""What an operator asks a running app: whether it answers (`/healthz`), and its counts (`/metrics`)."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
from support import BRIDGE, HARBOUR, ROOT, WordEncoder

import rag
from rag.errors import AccordingError, BusyError, LibraryError, QuestionError
from rag.web import health, places
from rag.web.health import FAILED_IN_A_ROW, FAILED_SECONDS, FAILING, SLOW, UNREADABLE, Health
from rag.web.launch import launch
from rag.web.observing import API, DONE, FAILED, INVALID, Asked, Observers

QUESTION = "Who ended the strike of dock workers on Tuesday?"
OK, FORWARDED = {"status": "ok"}, {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
def library(tmp_path):
    (tmp_path / "n.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, BRIDGE])))
    with rag.build([tmp_path / "n.jsonl"], index=tmp_path / "index", encoder=WordEncoder()) as built:
        yield built


@pytest.fixture
def serve(library, monkeypatch):
    """A function that starts an app and returns a client of it."""
    for name in ("HOST", "PORT", "AUTH", "NO_AUTH", "METRICS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    clients = []

    def start(**given):
        clients.append(httpx.Client(base_url=launch(library, port=0, wait=False, **given), timeout=30))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    gr.close_all()


def told(listener, *outcomes):
    for outcome in outcomes:
        listener(Asked(API, "ask", outcome, 0.1))


def test_what_became_of_a_question_is_told_without_its_words():
    told_, observers = [], None
    observers = Observers(told_.append)

    def ask(question):
        if isinstance(question, Exception):
            raise question
        return question

    hidden = AccordingError("something went wrong")
    hidden.__cause__ = ZeroDivisionError()
    ask = observers.observed(API, {"ask": ask})["ask"]
    assert ask({"grade": "near"}) == {"grade": "near"}
    ask({"hits": []})
    for error in (QuestionError("no"), LibraryError("gone"), BusyError("busy"), hidden, ValueError(QUESTION)):
        with pytest.raises(type(error)):
            ask(error)
    assert [(asked.outcome, asked.error) for asked in told_] == [
        ("near", None), (DONE, None), (INVALID, "QuestionError"), (FAILED, "LibraryError"), (FAILED, "BusyError"),
        (FAILED, "ZeroDivisionError"), (FAILED, "ValueError"),
    ]  # fmt: skip
    assert all((asked.way, asked.endpoint) == (API, "ask") and 0 <= asked.seconds < 5 for asked in told_)


def test_questions_that_fail_one_after_the_other_make_the_app_unhealthy_for_a_while(library, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(health, "monotonic", lambda: now[0])
    state, loop = Health(library), asyncio.Runner()

    def reason_of(state):
        return loop.run(state.reason())

    told(state.noted, *[FAILED] * (FAILED_IN_A_ROW - 1), DONE, FAILED, INVALID)
    assert reason_of(state) is None
    told(state.noted, *[FAILED] * (FAILED_IN_A_ROW - 1))
    assert reason_of(state) == FAILING
    now[0] += FAILED_SECONDS
    assert reason_of(state) is None, "one more is worth a try"
    told(state.noted, FAILED)
    assert reason_of(state) == FAILING
    told(state.noted, "answers")
    assert reason_of(state) is None
    loop.close()


def test_an_index_that_does_not_answer_in_time_holds_up_nobody_for_longer(monkeypatch):
    reads, go = [], threading.Event()

    def reading():
        reads.append(1)
        go.wait(20)
        raise LibraryError("too late")

    monkeypatch.setattr(health, "MAX_SECONDS", 0.1)
    state = Health(SimpleNamespace(reading=reading))

    async def many():
        found = await asyncio.gather(*(state.reason() for _ in range(50)))
        found.append(await state.reason())
        go.set()
        return found

    assert set(asyncio.run(many())) == {SLOW}
    assert len(reads) == 1


def test_however_many_ask_the_index_is_read_once_a_second(library, monkeypatch):
    now, reads = [1000.0], []
    monkeypatch.setattr(health, "monotonic", lambda: now[0])
    state = Health(library)
    unreadable = state._unreadable
    monkeypatch.setattr(state, "_unreadable", lambda: reads.append(1) or unreadable())

    async def many():
        for _ in range(3):
            assert set(await asyncio.gather(*(state.reason() for _ in range(20)))) == {None}
        now[0] += health.KEPT_SECONDS
        await state.reason()

    asyncio.run(many())
    assert len(reads) == 2


@pytest.mark.server
def test_healthz_says_ok_then_why_not_and_nothing_of_this_machine(serve, library, tmp_path, monkeypatch, caplog):
    client = serve(host="0.0.0.0", auth="reader:let me in")
    ok = client.get("healthz")
    assert (ok.status_code, ok.json(), ok.headers["cache-control"]) == (200, OK, "no-store")
    assert "set-cookie" not in ok.headers
    assert client.head("healthz").status_code == 200
    assert [client.request(m, "healthz").status_code for m in ("POST", "PUT", "DELETE")] == [404, 405, 405]
    assert client.get("metrics").status_code == 404, "not offered"
    monkeypatch.setattr(health, "KEPT_SECONDS", 0.0)
    for database in (tmp_path / "index").glob("*.sqlite*"):
        database.write_bytes(b"not a database")
    library.close()
    bad = client.get("healthz")
    assert (bad.status_code, bad.json()) == (503, {"status": "unavailable", "reason": UNREADABLE})
    assert str(tmp_path) not in bad.text
    assert str(tmp_path) in caplog.text


@pytest.mark.server
def test_healthz_is_answered_while_all_places_are_taken_and_the_images_check_agrees(serve, library, monkeypatch):
    client = serve()
    begun, go = threading.Semaphore(0), threading.Event()

    def slow(*_, **__):
        begun.release()
        go.wait(30)
        raise LibraryError("stop")

    monkeypatch.setattr(library, "search", slow)
    ask = {"json": {"question": QUESTION}}
    asking = [threading.Thread(target=httpx.post, args=(f"{client.base_url}api/search",), kwargs=ask | {"timeout": 60})
              for _ in range(places.MAX_CONCURRENT)]  # fmt: skip
    for thread in asking:
        thread.start()
        assert begun.acquire(timeout=20)
    started = time.monotonic()
    assert client.get("healthz").json() == OK
    assert time.monotonic() - started < 5
    found = re.search(r"^HEALTHCHECK .*\\\n    CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    program, *arguments = json.loads(found[1])
    assert program == "python"

    def check():
        environment = {"PORT": str(client.base_url.port), "http_proxy": "http://127.0.0.1:9"}
        command = [sys.executable, "-S", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, timeout=30).returncode

    assert check() == 0
    go.set()
    for thread in asking:
        thread.join()
    monkeypatch.setattr(health, "FAILED_IN_A_ROW", 2)
    assert client.get("healthz").json() == {"status": "unavailable", "reason": FAILING}
    assert check() == 1


def numbers(text):
    """The samples of what Prometheus is sent, by name with labels."""
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


@pytest.mark.server
def test_metrics_count_questions_by_way_and_grade_and_what_was_refused(serve, library, monkeypatch):
    monkeypatch.setattr(places, "MAX_VIEWS", 0)
    client = serve(metrics=True, mcp=True)
    assert {client.get("answer/x/timeline").status_code for _ in range(3)} == {503}
    answer = client.post("api/ask", json={"question": QUESTION}).json()
    client.post("api/search", json={"question": "strike"})
    assert client.post("api/ask", json={"question": QUESTION, "after": "May"}).status_code == 422
    event = client.post("gradio_api/call/v2/ask", json={"question": QUESTION}).json()["event_id"]
    client.get(f"gradio_api/call/ask/{event}")
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "outlets", "arguments": {}}}
    accept = {"Accept": "application/json, text/event-stream"}
    assert client.post("gradio_api/mcp/", json=call, headers=accept).status_code == 200
    monkeypatch.setattr(library, "timeline", lambda *_, **__: 1 / 0)
    assert client.post("api/timeline", json={"question": QUESTION}).status_code == 500
    got = client.get("metrics")
    assert got.headers["content-type"].startswith("text/plain; version=")
    found = numbers(got.text)
    labels = 'endpoint="{}",outcome="{}",way="{}"'
    for endpoint, outcome, way in (
        ("ask", answer["grade"], "api"), ("search", "done", "api"), ("ask", "invalid", "api"),
        ("ask", answer["grade"], "call"), ("outlets", "done", "mcp"), ("timeline", "failed", "api"),
    ):  # fmt: skip
        assert found[f"according_questions_total{{{labels.format(endpoint, outcome, way)}}}"] == 1
    assert found['according_question_seconds_count{endpoint="ask",way="api"}'] == 2
    assert found['according_errors_total{error="ZeroDivisionError"}'] == 1
    refused = [found[f'according_refused_requests_total{{status="{status}"}}'] for status in (429, 503)]
    assert refused == [0, 3]
    assert (found["according_articles"], found["according_index_readable"]) == (2, 1)
    assert found["according_index_generation"] == found["according_loaded_generation"] == library.generation
    assert found["according_passages"] == library.passage_count == 2
    assert 2**25 < found["process_resident_memory_bytes"] < 2**35
    assert not re.search(r"strike|Guardian|127\.0|index/", got.text), "no question, no name, no address"


@pytest.mark.server
def test_metrics_are_for_this_machine_and_for_who_has_signed_in(serve):
    client = serve(metrics=True, host="0.0.0.0", auth="reader:let me in", proxies=["127.0.0.1"])
    assert client.get("metrics").status_code == 200
    for headers in (FORWARDED, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 front"}, {"X-Real-IP": "127.0.0.1"},
                    {"Host": "news.example"}, {"X-Forwarded-For": "127.0.0.1"}):  # fmt: skip
        refused = client.get("metrics", headers=headers)
        assert (refused.status_code, "according" in refused.text) == (403, False), headers
    client.post("login", data={"username": "reader", "password": "let me in"})
    assert client.get("metrics", headers=FORWARDED).status_code == 200


@pytest.mark.server
def test_where_anyone_may_ask_metrics_are_for_this_machine_alone(serve):
    client = serve(metrics=True, host="0.0.0.0", no_auth=True)
    assert client.get("metrics").status_code == 200
    assert client.get("metrics", headers=FORWARDED).status_code == 403


@pytest.mark.server
def test_a_program_elsewhere_reads_metrics_with_the_operators_token_and_no_other(serve, monkeypatch):
    token = "0123456789abcdef"
    with pytest.raises(AccordingError, match="needs at least 16 characters"):
        serve(metrics_token=token[:15])
    monkeypatch.setenv("METRICS_TOKEN", token)
    client = serve(host="0.0.0.0", no_auth=True)

    def status(sent):
        return client.get("metrics", headers=FORWARDED | {"Authorization": sent}).status_code

    assert [status(f"{scheme} {token}") for scheme in ("Bearer", "bearer", "Basic")] == [200, 200, 403]
    wrong = (
        "",
        "Bearer",
        token,
        f"Bearer {token}0",
        f"Bearer {token[:-1]}",
        f"Bearer {token.upper()}",
        "Bearer \u00e9",
    )
    assert {status(sent.encode()) for sent in wrong} == {403}
    assert client.get("healthz", headers={"Authorization": f"Bearer {token}"}).json() == OK


def test_the_counts_are_read_once_a_second_however_many_ask(library, monkeypatch):
    from rag.web import metrics

    now, counts = [100.0], metrics.Metrics(library)
    monkeypatch.setattr(metrics.time, "monotonic", lambda: now[0])
    first = counts._latest()
    counts.refused(503)
    assert counts._latest() is first
    now[0] += metrics.FRESH_SECONDS
    assert b'according_refused_requests_total{status="503"} 1.0' in counts._latest()


SERVING = """
import sys, threading, time
import rag
from rag.web.launch import launch
from support import WordEncoder
library = rag.open(sys.argv[1], encoder=WordEncoder(), reranker=None)
search = library.search
def slow(*given, **named):
    print("begun", flush=True)
    time.sleep(1.5)
    return search(*given, **named)
library.search = slow
launch(library, port=0)
"""


@pytest.mark.server
def test_an_app_that_is_asked_to_end_finishes_what_it_works_on(library, tmp_path):
    environment = {k: v for k, v in os.environ.items() if k not in ("HOST", "PORT", "AUTH", "NO_AUTH")}
    environment |= {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", SERVING, str(tmp_path / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as app:
        url, got = app.stdout.readline().split()[4], []
        ask = {"json": {"question": "strike"}, "timeout": 60}
        asking = threading.Thread(target=lambda: got.append(httpx.post(f"{url}api/search", **ask)))
        asking.start()
        assert app.stdout.readline() == "begun\n"
        app.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        try:
            assert app.wait(timeout=60) == 0
        finally:
            app.kill()
        assert time.monotonic() - begun < 30
        asking.join()
    assert (got[0].status_code, len(got[0].json()["hits"])) == (200, 2)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_another_machine_is_not_this_one():
    from rag.web.metrics import _is_of_this_machine

    def asked(peer, host="localhost:7860"):
        return _is_of_this_machine({"client": (peer, 1) if peer else None, "headers": [(b"host", host.encode())]})

    assert asked("127.0.0.1")
    assert asked("::1", "[::1]:7860")
    assert not any(map(asked, ("203.0.113.9", "10.0.0.1", None, "::ffff:203.0.113.9")))
    assert not asked("127.0.0.1", "news.example")
