"""What a client can send to each event: a list of them, which fails when an event takes something else.

And, on a real server, what was tried: components and files in what is posted, in every encoding, through every route.
"""

import json
import os
import tempfile
import uuid
from html import escape
from pathlib import Path

import gradio as gr
import httpx
import pytest
from gradio.blocks import Blocks
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from support import BRIDGE, HARBOUR, WordEncoder
from support.chips import CHIPS
from support.waiting import comes

import rag
from rag.web.app import create_app
from rag.web.launch import MAX_SESSIONS, launch
from rag.web.sessions import COOKIE, SessionMiddleware, known_events, owner
from rag.web.uploads import Uploads

pytestmark = pytest.mark.server

ASKED, BEST = "unless I ask for a date", "what fits best"
FILTERS = ["Dropdown", "Dropdown", "Textbox", "Textbox", "Radio", "Dropdown", "Radio", "Checkbox"]
TAKEN = {"ask": 13, "search": 12, "compare": 14, "timeline": 12, "coverage": 13, "article": 1, "outlets": 0}
PROGRAMS = {name: ["Api"] * number for name, number in TAKEN.items()}
# Each event that runs on the server, by what starts it, with the components whose values it takes from a client.
PAGE = {
    "Textbox.submit": ["Textbox", "Checkbox", *FILTERS],
    "Button.click ask": ["Textbox", "Checkbox", *FILTERS],
    "Chatbot.example_select": [],
    "after Chatbot.example_select": ["Textbox", "Checkbox", *FILTERS],
    "CheckboxGroup.input": ["CheckboxGroup", *FILTERS],
    "Button.click ask_nearest": FILTERS,
    "Button.click suggested": FILTERS,
    "Button.click suggested_1": FILTERS,
    "Button.click suggested_2": FILTERS,
    "Chatbot.clear": [],
    "Blocks.load": [],
    "after Button.click": ["Textbox"],  # the handles of uploads
    "after add": [],
}
ALLOWED = {"Api", "Textbox", "Checkbox", "CheckboxGroup", "Dropdown", "Radio"}  # text, truth, and lists of text
MODEL = {"path": "/dev/ptmx", "meta": {"_type": "gradio.FileData"}}
COMPONENT = {"type": "component", "component": "image", "value": MODEL, "constructor_args": {}, "props": {}}
CHAT = [{"role": "user", "metadata": None, "options": None, "content": [COMPONENT]}]
PAGE_ALONE = Starlette(
    routes=[Route("/", lambda _: PlainTextResponse("a page"))], middleware=[Middleware(SessionMiddleware)]
)
QUESTION = "Who ended the strike of dock workers on Tuesday?"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("events")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, BRIDGE])))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder())


@pytest.fixture(scope="module")
def address(library):
    yield launch(library, port=0, wait=False, allow_add=True, mcp=True, examples=["Who closed the bridge?", QUESTION])
    gr.close_all()


@pytest.fixture
def reader(address):
    reader = Reader(address)
    yield reader
    reader.close()


class Reader(httpx.Client):
    """A browser: it keeps cookies, and starts events as a page does."""

    def __init__(self, address):
        super().__init__(base_url=address, timeout=60)
        self.events = {d["api_name"]: d["id"] for d in self.get("config").json()["dependencies"]}
        self.session = uuid.uuid4().hex

    def join(self, event, data, **more):
        body = {"data": data, "fn_index": self.events[event], "session_hash": self.session, "trigger_id": None}
        return self.post("gradio_api/queue/join", json=body | more)

    def run(self, event, data, **more):
        joined = self.join(event, data, **more)
        assert joined.status_code == 200, joined.text
        return self.completed()

    def completed(self, session=None):
        with self.stream("GET", f"gradio_api/queue/data?session_hash={session or self.session}") as lines:
            for line in lines.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data:") else {}
                if message.get("msg") in ("process_completed", "unexpected_error", "close_stream"):
                    return message
        return {}

    def asked(self, question=QUESTION, follow=False):
        """The questions in the chat after asking one."""
        return shown(self.run("ask_1", [question, follow, [], [], "", "", ASKED, [], BEST, False])["output"]["data"][1])


def shown(chat):
    return [m["content"][0]["value"].split("<bdi>")[1].split("</bdi>")[0] for m in chat if m["role"] == "user"]


def test_no_event_takes_anything_but_text_truth_and_lists_of_text(library, tmp_path):
    app = create_app(library, ["Who?"], uploads=Uploads(tmp_path))
    taken = {e._id: [type(block).__name__ for block in e.inputs] for e in app.fns.values() if e.fn}
    names = [e.api_name for e in app.fns.values() if e.fn]
    assert set().union(*taken.values()) <= ALLOWED
    assert list(taken.values()) == [*PROGRAMS.values(), *PAGE.values()], names
    assert not any(e.collects_event_data and e.api_name != "example" for e in app.fns.values() if e.fn)
    page = [e for e in app.fns.values() if e.fn and e.api_visibility == "private"]
    assert len(page) == len(PAGE)
    assert not any(e.preprocess for e in page), "no component does anything with what was sent"
    known = known_events({"app": type("App", (), {"get_blocks": lambda self: app})()})
    assert known.programs == {name: len(given) for name, given in PROGRAMS.items()}
    assert list(known.pages.values()) == [len(given) for given in (*PROGRAMS.values(), *PAGE.values())]
    in_browser = [e for e in app.fns.values() if not e.fn]
    assert {type(b).__name__ for e in in_browser for b in e.inputs} == {"Textbox"}
    assert not {e._id for e in in_browser} & set(known.pages), "they cannot be called"


def test_a_page_cannot_post_a_chat(reader):
    assert reader.asked() == [QUESTION]
    for data in (
        [QUESTION, CHAT, False, None, [], [], "", "", ASKED, [], BEST, False],  # as the page did before
        [QUESTION, CHAT, [], [], "", "", ASKED, [], BEST, False],
        [CHAT, False, [], [], "", "", ASKED, [], BEST, False],
        [QUESTION, False, [COMPONENT], [], "", "", ASKED, [], BEST, False],
        [QUESTION, False, [], [], "", "", MODEL],
    ):
        assert reader.join("ask_1", data).status_code == 403
    assert reader.asked("Who closed the bridge?") == [QUESTION, "Who closed the bridge?"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "utf-16-be"])
@pytest.mark.parametrize("path", ["a'b", "/etc/passwd", "http://127.0.0.1:1/a'b.html", "pyproject.toml", "."])
def test_no_file_is_taken_in_any_encoding_through_any_route(reader, encoding, path):
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    headers = {"Content-Type": "application/json"}
    for route, body in (
        ("queue/join", {"data": [[file]], "fn_index": reader.events["add"], "session_hash": "a"}),
        ("queue/join", {"data": [[file]], "fn_index": reader.events["ask_1"], "session_hash": "a"}),
        ("run/ask", {"data": [file] * 10}),
        ("api/ask", {"data": [file] * 10, "fn_index": reader.events["add"]}),
        ("call/ask", {"data": [file] * 10}),
        ("call/v2/ask", {"question": file}),
        ("call/v2/ask/", {"question": "x", "outlets": [file]}),
    ):
        refused = reader.post(f"gradio_api/{route}", content=json.dumps(body).encode(encoding), headers=headers)
        assert refused.status_code == 403, route


def test_a_suggestion_is_asked_by_its_button_and_nothing_that_a_client_sends(reader):
    filters = [[], [], "", "", ASKED, [], BEST, False]
    refused = reader.run("suggested", filters)["output"]["data"]
    assert refused[0]["__type__"] == "update", "nothing was asked before"
    asked = "What did Jane Harbor say about the strike at Tuesdax?"
    data = reader.run("ask_1", [asked, False, *filters])["output"]["data"]
    (button, *hidden) = data[-3:]
    assert (button["visible"], button["value"]) == (
        True, "Did you mean “Tuesday”? Ask: What did Jane Harbor say about the strike at Tuesday?",
    )  # fmt: skip
    assert [other["visible"] for other in hidden] == [False, False]
    assert reader.join("suggested", ["Who?", *filters]).status_code == 422
    assert reader.run("suggested_1", filters)["output"]["data"][0]["__type__"] == "update", "there is one alone"
    data = reader.run("suggested", filters)["output"]["data"]
    assert shown(data[0]) == [asked, "What did Jane Harbor say about the strike at Tuesday?"]
    assert [other["visible"] for other in data[-3:]] == [False] * 3


@pytest.mark.parametrize(("question", "kind", "words"), CHIPS)
def test_each_kind_of_constraint_is_ticked_and_can_be_unticked(reader, question, kind, words):
    filters = [[], [], "", "", ASKED, [], BEST, False]
    _, chat, group, *_ = reader.run("ask_1", [question, False, *filters])["output"]["data"]
    assert (group["value"], [value for _, value in group["choices"]]) == ([words], [words]), kind
    ((label, _),) = group["choices"]
    assert label.startswith(("Only ", "Not ", "First: "))
    assert '<span class="chip">' in chat[-1]["content"][0]["value"]
    chat, group, *_ = reader.run("ask_again", [[], *filters])["output"]["data"]
    answer = chat[-1]["content"][0]["value"]
    assert (group["value"], f"“<bdi>{escape(words)}</bdi>”: ignored" in answer) == ([], True)
    assert '<span class="chip">' not in answer
    assert reader.run("ask_again", [[words], *filters])["output"]["data"][1]["value"] == [words]


def test_the_order_that_the_reader_chose_is_that_of_the_passages(reader):
    firsts = []
    for order in ("the newest", "the oldest"):
        data = reader.run(
            "ask_1", ["Who ended the strike and closed the bridge?", False, [], [], "", "", ASKED, [], order, False]
        )
        nearest = reader.run("ask_nearest", [[], [], "", "", ASKED, [], order, False])["output"]["data"]
        answer = nearest[0][-1]["content"][0]["value"]
        dates = [part.split('"')[0] for part in answer.split('<time class="when" datetime="')[1:]]
        assert len(set(dates)) == 2
        firsts.append(dates)
        assert data["success"]
    assert firsts[0] == firsts[1][::-1] == sorted(firsts[0], reverse=True)


def test_events_of_the_page_have_no_other_way_in(reader):
    data = [QUESTION, False, [], [], "", "", ASKED, [], BEST, False]
    for route in ("run/ask_1", "api/ask_1", "call/ask_1", "call/v2/ask_1", "run/add", "call/add", "run/no", "call/no"):
        body = {"data": data, "session_hash": "a", "fn_index": reader.events["ask_1"]}
        assert reader.post(f"gradio_api/{route}", json=body).status_code == 404, route
    for route in ("stream/a", "component_server", "no", "upload/", "queue/data", "file=a"):
        assert reader.post(f"gradio_api/{route}", json={}).status_code in (404, 405), route
    for number in (reader.events["js_fn"], 10_000, -1, 2**70, "4", None, [4]):
        body = {"data": [], "fn_index": number, "session_hash": "a"}
        assert reader.post("gradio_api/queue/join", json=body).status_code == 404, number


def test_a_filter_that_the_page_does_not_offer_is_a_warning_and_the_app_goes_on(reader):
    for data in (
        [QUESTION, False, "Reuters", [], "", "", ASKED, [], BEST, False],
        [QUESTION, "yes", [], [], "", "", ASKED, [], BEST, False],
        [None, False, [], [], "", "", ASKED, [], BEST, False], [5, False, [], [], "", "", ASKED, [], BEST, False],
        [QUESTION, False, [1], [], "", "", ASKED, [], BEST, False],
        [QUESTION, False, [], [], "", "", ASKED, [], BEST, "strict"],
        [QUESTION, False, [], [], ["x"], "", ASKED, [], BEST, False],
        [QUESTION, False, [], [], "", "", "sometimes", [], BEST, False],
        [QUESTION, False, ["No Such Outlet"], [], "", "", ASKED, [], BEST, False],
    ):  # fmt: skip
        done = reader.run("ask_1", data)
        assert done["success"], data
        assert done["output"]["data"][1] == {"__type__": "update"}, data
    assert reader.asked() == [QUESTION]


def test_a_follow_up_continues_what_the_server_kept_of_the_last_answer(reader):
    def last(question, follow=True):
        given = [question, follow, [], [], "", "", ASKED, [], BEST, False]
        return reader.run("ask_1", given)["output"]["data"]

    last("Why was the bridge closed in 2015?", follow=False)
    last("and in 2016?")
    chat, choices = last("and in 2017?")[1:3]
    assert "Searched for: <bdi>Why was the bridge closed in 2017?</bdi>" in chat[-1]["content"][0]["value"]
    taken = "Why was the bridge closed in 2016?"
    assert [f"Continues “{taken}”", taken] in choices["choices"]
    alone = reader.run("ask_again", [[], [], [], "", "", ASKED, [], BEST, False])["output"]["data"][0]
    assert "Searched for" not in alone[-1]["content"][0]["value"]


def test_an_example_is_one_of_the_examples(reader):
    assert reader.run("example", [], event_data={"index": 1, "value": "another"})["output"]["data"] == [QUESTION]
    for sent in (
        None,
        {"index": 2},
        {"index": -1},
        {"index": "0"},
        {"index": True},
        {"value": {"text": "x"}},
        [],
        "index",
    ):
        assert reader.run("example", [], event_data=sent)["output"]["data"] == [{"__type__": "update"}], sent


def test_asking_again_needs_a_question_and_takes_only_its_own_words(reader):
    nothing = {"__type__": "update"}
    assert reader.run("ask_again", [[], [], [], "", "", ASKED, [], BEST, False])["output"]["data"][0] == nothing
    assert reader.run("ask_nearest", [[], [], "", "", ASKED, [], BEST, False])["output"]["data"][0] == nothing
    assert reader.asked() == [QUESTION]
    assert (
        reader.run("ask_again", [["in 1066"], [], [], "", "", ASKED, [], BEST, False])["output"]["data"][0] == nothing
    )
    assert shown(reader.run("ask_again", [[], [], [], "", "", ASKED, [], BEST, False])["output"]["data"][0]) == [
        QUESTION
    ]
    reader.run("cleared", [])
    assert reader.asked("Who closed the bridge?") == ["Who closed the bridge?"]


def test_only_uploads_of_this_session_are_added(reader, address, library):
    before = [article.id for article in library.articles()]
    other = Reader(address)
    note = json.dumps({"id": "owl", "outlet": "The Mill", "text": "Owls were seen at the mill on Monday by two men."})
    (theirs,) = other.post("gradio_api/upload", files={"files": ("owl.jsonl", note)}).json()
    for handles in (
        theirs,
        tempfile.gettempdir(),
        "/etc/passwd",
        "pyproject.toml",
        ".",
        os.getcwd(),
        "https://a.example",
    ):
        done = reader.run("add", [handles])
        assert not any("value" in part for part in done["output"]["data"]), handles
    assert [article.id for article in library.articles()] == before
    assert other.run("add", [theirs])["success"]
    assert comes(lambda: len([*library.articles()]) > len(before))
    assert not any("value" in part for part in other.run("add", [theirs])["output"]["data"]), "it was added and deleted"
    (added,) = [article for article in library.articles() if article.id not in before]
    assert (added.source, added.outlet) == ("owl.jsonl", "The Mill")
    other.close()


def test_nothing_of_the_server_is_served_as_a_file(reader, library):
    (handle,) = reader.post("gradio_api/upload", files={"files": ("a.txt", "secret")}).json()
    kept = [p for p in Path(tempfile.gettempdir()).glob("according-app-*/*/a.txt") if p.parent.name == handle]
    assert len(kept) == 1
    for path in (kept[0], handle, "pyproject.toml", "/etc/passwd", os.getcwd(), library._store.folder):
        assert reader.get(f"gradio_api/file={path}").status_code == 404
        assert reader.get(f"gradio_api/file/{path}").status_code == 404


def test_an_id_of_another_browser_reads_and_ends_nothing(reader, address):
    other = Reader(address)
    assert reader.asked() == [QUESTION]
    for session in (reader.session, "never"):
        assert other.get(f"gradio_api/queue/data?session_hash={session}").status_code == 404
    other.session = reader.session
    assert other.asked("Who closed the bridge?") == ["Who closed the bridge?"], "its own chat, under the same id"
    assert reader.asked("And who closed the bridge?") == [QUESTION, "And who closed the bridge?"]
    with other.stream("GET", f"gradio_api/heartbeat/{reader.session}"):
        pass  # closing it would end the session of the other browser
    event = reader.join("ask_1", [QUESTION, False, [], [], "", "", ASKED, [], BEST, False]).json()["event_id"]
    cancel = {"session_hash": reader.session, "fn_index": reader.events["ask_1"], "event_id": event}
    assert other.post("gradio_api/cancel", json=cancel).status_code == 404
    assert reader.completed()["success"]
    assert reader.post("gradio_api/cancel", json=cancel).status_code == 200
    other.close()


def test_a_result_for_a_program_is_read_once_by_who_asked_for_it(reader, address):
    other = Reader(address)
    for asking in (reader, httpx.Client(base_url=address, timeout=60)):
        event = asking.post("gradio_api/call/v2/search", json={"question": "strike", "k": 1}).json()["event_id"]
        for route in (f"call/search/{event}", f"call/v2/search/{event}", f"call/x/{event}"):
            assert other.get(f"gradio_api/{route}").status_code == 404
        assert asking.get(f"gradio_api/call/search/{event}").text.startswith("event: complete")
        assert asking.get(f"gradio_api/call/search/{event}").status_code == 404
        assert asking.get("gradio_api/call/search/nosuchid").status_code == 404
    other.close()


def test_the_cookie_is_private_and_new_for_each_browser(address):
    for path in ("", "config"):
        one, two = (httpx.get(f"{address}{path}").headers["Set-Cookie"] for _ in range(2))
        assert one != two
        assert one.startswith(f"{COOKIE}=")
        assert len(one.split(";")[0]) - len(COOKIE) - 1 == 43  # 256 bits in base 64
        assert one.split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Lax"]
    assert httpx.get(address).headers["Cache-Control"] == "private, no-cache"
    over_tls = TestClient(PAGE_ALONE, base_url="https://news.example").get("/").headers["Set-Cookie"]
    assert over_tls.endswith("; Path=/; HttpOnly; SameSite=Lax; Secure")
    kept = httpx.get(address, headers={"Cookie": f"{COOKIE}={'a' * 43}"})
    assert "Set-Cookie" not in kept.headers
    assert "Set-Cookie" in httpx.get(address, headers={"Cookie": f"{COOKIE}=short"}).headers


def test_a_space_is_shown_in_a_frame_of_another_site_where_only_such_cookies_are_kept(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/according")
    assert (
        TestClient(PAGE_ALONE).get("/").headers["Set-Cookie"].endswith("; HttpOnly; SameSite=None; Secure; Partitioned")
    )


def test_programs_without_a_cookie_are_known_by_their_address():
    one, two = ({"headers": [], "client": (address, 5000)} for address in ("10.0.0.1", "10.0.0.2"))
    assert owner({"type": "http", **one}) != owner({"type": "http", **two})
    named = {"type": "http", **one, "headers": [(b"cookie", f"{COOKIE}={'a' * 43}".encode())]}
    assert owner(named) == "a" * 43
    assert owner({"type": "http", **one, "headers": [(b"cookie", f"{COOKIE}=address 10.0.0.2".encode())]}) == owner(
        {"type": "http", **one}
    )


def test_pages_of_other_sites_get_nothing(address):
    elsewhere = [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    ]  # fmt: skip
    for headers in elsewhere:
        assert httpx.get(f"{address}config", headers=headers).status_code == 403
        assert httpx.post(f"{address}gradio_api/call/v2/outlets", json={}, headers=headers).status_code == 403
        assert httpx.post(f"{address}gradio_api/upload", files={"files": b"a"}, headers=headers).status_code == 403
    opened = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": address.rstrip("/")}
    assert httpx.get(address, headers=opened).status_code == 200
    assert httpx.get(f"{address}config", headers=own).status_code == 200
    assert httpx.post(f"{address}login", headers=opened).status_code == 403
    sent_by_a_form = {"Content-Type": "text/plain"}
    body = b'{"question": "strike"}'
    assert httpx.post(f"{address}gradio_api/call/v2/ask", content=body, headers=sent_by_a_form).status_code == 415


def test_what_gradio_keeps_of_sessions_has_a_bound(address, reader):
    assert reader.asked() == [QUESTION]
    running = [app for app in Blocks.get_instances() if app.is_running]
    assert [app.state_holder.capacity for app in running] == [MAX_SESSIONS]
    held = list(running[0].state_holder.session_data)
    assert 0 < len(held) <= MAX_SESSIONS
    assert reader.session not in held, "it is known by an id that no client has"
