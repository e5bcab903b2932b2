"""Each fact that `rag.web.gradio_internals` relies on, with the installed Gradio and a small app of its own.

After an upgrade of Gradio, what fails here says which fact no longer holds, where Gradio had it, and what of the app
relies on it. The tests of the app itself then show what a reader would notice.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import re
import sys
import threading
import time
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import httpx
import pytest
import uvicorn
from anyio import CapacityLimiter
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from rag.errors import AccordingError
from rag.web import gradio_internals as internals
from rag.web.gradio_internals import API, DETAILS, EVENT, EVENT_ID, PLACE, SESSION, TRIGGER, VALUES
from rag.web.sessions import scope_of

GRADIO = Path(gr.__file__).parent
MARKUP = "</title></script><script>alert(1)</script>"
ACCOUNT = {"username": "reader", "password": "secret"}
server = pytest.mark.server


def had(where, used):
    """Say of a test that fails where Gradio had what is tested, and what uses it."""

    def of(test):
        @functools.wraps(test)
        def said(*given, **named):
            try:
                return test(*given, **named)
            except (Exception, pytest.fail.Exception) as error:
                fact = test.__name__.removeprefix("test_").replace("_", " ")
                error.add_note(
                    f"Gradio {gr.__version__} may have changed what the app relies on: {fact}.\n"
                    f"Look at {where} of Gradio, and at {used} in rag/web/gradio_internals.py."
                )
                raise

        return said

    return of


class Small:
    """A small app of Gradio's, launched as this app is.

    Attributes:
        blocks: what Gradio calls it.
        scope: of a request for it.
        seen: the headers of each response as middleware of the app gets them, by path.
        asked: what an event was called with by Gradio.
        begun: set while a question is worked on.
        released: set when questions may be answered.
    """

    def __init__(self):
        self.seen, self.asked = {}, []
        self.begun, self.released = threading.Semaphore(0), threading.Event()

        def wait(text):
            self.begun.release()
            assert self.released.wait(60)
            return text

        def place(event: gr.EventData, request: gr.Request):
            self.asked.append((event, request))
            return str(event.index)

        def echo(text: str) -> str:
            return text

        with gr.Blocks(title=MARKUP, analytics_enabled=False) as self.blocks:
            gr.api(echo, api_name="echo")
            gr.Markdown(MARKUP)
            box, other = gr.Textbox(elem_id="box"), gr.Textbox()
            private = {"api_visibility": "private", "preprocess": False}
            gr.Button("Wait").click(wait, box, other, api_name="wait", **private)
            gr.Button("Place").click(place, None, other, api_name="place", **private)
            gr.Button("Script").click(None, box, other, js="x => x", api_name="script", **private)
        self.blocks.queue(default_concurrency_limit=1)
        self.app, self.url, _ = self.blocks.launch(
            prevent_thread_lock=True, quiet=True, ssr_mode=False, auth=tuple(ACCOUNT.values()), mcp_server=True,
            num_workers=0, run_history=False, enable_monitoring=False, pwa=False, share=False, max_threads=3,
            app_kwargs={
                "routes": [Route("/robots.txt", lambda _: PlainTextResponse("ours"))],
                "middleware": [Middleware(self.watch)],
                "exception_handlers": dict.fromkeys((TypeError, KeyError), internals.invalid_call),
            },
        )  # fmt: skip
        self.scope = {"type": "http", "app": self.app, "headers": []}

    def watch(self, app):
        async def watching(scope, receive, send):
            async def sent(message):
                if message["type"] == "http.response.start":
                    self.seen[scope["path"]] = dict(message["headers"])
                await send(message)

            await app(scope, receive, sent)

        return watching


@pytest.fixture(scope="module")
def small():
    app = Small()
    yield app
    app.released.set()
    gr.close_all()


@pytest.fixture
def reader(small):
    """A reader of the small app who has signed in."""
    with httpx.Client(base_url=small.url, timeout=60) as client:
        assert client.post(internals.SIGN_IN, data=ACCOUNT).status_code == 200
        yield client


def join(reader, number, values, session="session", **more):
    """Start an event as a page does, and return its id."""
    body = {VALUES: values, EVENT: number, SESSION: session, TRIGGER: None, DETAILS: None} | more
    answer = reader.post(f"{API}/queue/join", json=body)
    found = internals.STARTED.fullmatch(answer.content)
    assert found, answer.text
    return found[1].decode()


def number_of(small, name):
    return next(event.number for event in internals.events(small.scope) if event.name == name)


# Importing


@had("component_meta.py (create_or_modify_pyi)", "without_stubs")
def test_gradio_looks_for_the_file_of_a_component_and_writes_no_stub_without_one(monkeypatch):
    meta = importlib.import_module("gradio.component_meta")
    looked = []
    monkeypatch.setattr(meta, "Path", lambda *given: looked.append(given))
    with internals.without_stubs():
        meta.create_or_modify_pyi(gr.Textbox, "Textbox", [])
        with pytest.raises(OSError, match=r"^$"):
            inspect.getfile(gr.Textbox)
        assert inspect.getfile(pytest.Item).endswith("nodes.py"), "of Gradio alone have classes no file"
    assert looked == []
    assert inspect.getfile(gr.Textbox).endswith("textbox.py"), "only meanwhile"


# Routes

ROUTES = {
    "head /": "page, public", "get /": "page, public", "get /config": "page", "get /openapi.json": "page",
    "post /login": "immediate, public", "get /logout": "immediate, public",
    **dict.fromkeys(
        ("get /svelte/x", "get /static/x", "get /assets/x", "get /favicon.ico", "get /theme.css", "get /robots.txt",
         "get /manifest.json", "get {API}/user", "get {API}/login_check", "get {API}/startup-events",
         "get {API}/theme.css"),
        "immediate, public",
    ),
    **dict.fromkeys(("get {API}/app_id", "get {API}/queue/status"), "immediate"),
    **dict.fromkeys(("get {API}/info", "get {API}/openapi.json"), "page"),
    **dict.fromkeys(("post {API}/cancel", "post {API}/reset"), "immediate, ends an event"),
    "post {API}/queue/join": "question",
    **dict.fromkeys(("post {API}/call/x", "post {API}/call/v2/x"), "question of a program"),
    **dict.fromkeys(("post {API}/run/x", "post {API}/api/x"), "question of a program, at once"),
    "post {API}/mcp": "question, at once",
    **dict.fromkeys(("get {API}/call/x/x", "get {API}/call/v2/x/x"), "stream, of one result"),
    **dict.fromkeys(("get {API}/queue/data", "get {API}/upload_progress", "get {API}/mcp"), "stream"),
    "get {API}/heartbeat/x": "open page", "post {API}/upload": "upload",
    **dict.fromkeys(
        ("get /pwa_icon", "get /pwa_icon/x", "get /monitoring", "get /monitoring/summary", "get /monitoring/x",
         "get {API}/deep_link", "get {API}/token", "get {API}/dev/reload", "get {API}/runs",
         "get {API}/custom_component/x/x/x/x", "get {API}/proxy=x",
         "head {API}/proxy=x", "get {API}/file=x", "head {API}/file=x", "post {API}/stream/x",
         "post {API}/stream/x/close", "get {API}/stream/x/x/x/playlist.m3u8", "get {API}/stream/x/x/x/x.x",
         "get {API}/stream/x/x/x/playlist-file", "get {API}/file/x", "post {API}/component_server",
         "post {API}/process_recording", "post {API}/vibe-edit", "post {API}/undo-vibe-edit", "get {API}/vibe-code",
         "post {API}/vibe-code", "post {API}/vibe-starter-queries"),
        "closed",
    ),
}  # fmt: skip


def treated(method, path):
    """What the app does with a request, in the order of its middleware, by the patterns of the module."""
    if internals.CLOSED.fullmatch(path):
        return "closed"
    starting, tool = internals.STARTING.fullmatch(path), internals.TOOLS.fullmatch(path)
    ends = method == "post" and internals.ENDING.fullmatch(path)
    if method == "post" and not (starting or tool or ends or internals.OTHER_POSTS.fullmatch(path)):
        return "refused"
    if method == "post" and (starting or tool):
        program = " of a program" if starting and starting["endpoint"] else ""
        at_once = ", at once" if tool or starting["kind"] in internals.AT_ONCE else ""
        return f"question{program}{at_once}"
    if method == "get" and (stream := internals.STREAM.fullmatch(path)):
        assert bool(stream["event"]) == bool(internals.RESULT.fullmatch(path.removesuffix("/")))
        assert bool(stream["page"]) == (path.removesuffix("/") == internals.RESULTS)
        return "stream, of one result" if stream["event"] else "stream"
    if internals.OPEN_PAGE.fullmatch(path):
        return "open page"
    if internals.UPLOADING.fullmatch(path):
        return "upload"
    immediate = internals.IMMEDIATE.fullmatch(path)
    public = ", public" if internals.PUBLIC.fullmatch(path) else ""
    return f"{'immediate' if immediate else 'page'}{public}{', ends an event' if ends else ''}"


@server
@had("routes.py (App.create_app)", "the patterns of routes")
def test_the_app_knows_every_route_of_gradio_and_closes_those_that_it_does_not_use(small):
    described = {f"{method} {path}" for path, methods in small.app.openapi()["paths"].items() for method in methods}
    routes = [route for route in small.app.routes if isinstance(route, Mount | Route)]
    undescribed = [
        f"{method.lower()} {route.path}"
        for route in routes
        if route.path not in small.app.openapi()["paths"]
        for method in (["get", "post"] if isinstance(route, Mount) else [min(route.methods)])
    ]
    found = {re.sub(r"\{[^}]*\}", "x", route) for route in (*described, *undescribed)}
    known = {route.replace("{API}", API): way for route, way in ROUTES.items()}
    bare = {route.removesuffix("/") if not route.endswith(" /") else route for route in found}
    assert bare - known.keys() == set(), "new routes: decide of each whether it is CLOSED, and add it to ROUTES"
    assert known.keys() - bare == set(), "routes that are gone: remove them from the patterns and from ROUTES"
    named = [f"post {internals.SIGN_IN}", f"get {internals.SIGN_OUT}", f"post {internals.UPLOAD}"]
    named += [f"get {path or '/'}" for path in (*internals.PAGE, *internals.CONFIG, internals.UPLOAD_PROGRESS)]
    assert set(named) <= found
    uploads = {route for route in found if internals.ANY_UPLOAD.fullmatch(route.split(" ", 1)[1])}
    assert uploads == {f"post {internals.UPLOAD}", f"get {internals.UPLOAD_PROGRESS}"}
    for route in found:
        expected = known.get(route) or known[route.removesuffix("/")]
        assert (route, treated(*route.split(" ", 1))) == (route, expected)


@had("route_utils.py (API_PREFIX)", "API")
def test_routes_of_the_api_begin_as_they_did():
    assert importlib.import_module("gradio.route_utils").API_PREFIX == API


@server
@had("blocks.py (launch) and routes.py (App)", "UPLOAD, and the routes of `launch`")
def test_routes_that_are_given_to_launch_come_before_those_of_gradio(small, reader):
    assert reader.get("robots.txt").text == "ours"


@server
@had("route_utils.py (get_request_origin)", "CLAIMED_SERVER")
def test_a_header_of_gradio_names_the_server_to_whoever_sends_it(reader):
    claimed = {internals.CLAIMED_SERVER.decode(): "https://evil.example"}
    assert reader.get("config", headers=claimed).json()["root"].startswith("https://evil.example")


# Events and the queue


@server
@had("blocks.py (Blocks.fns) and block_function.py (BlockFunction)", "events")
def test_the_events_of_an_app_have_a_number_a_name_and_values(small, reader):
    found = {event.name: (event.value_count, event.is_public) for event in internals.events(small.scope)}
    assert found == {"echo": (1, True), "wait": (1, False), "place": (0, False)}, "none that runs in the browser alone"
    configured = {event["api_name"]: event["id"] for event in reader.get("config").json()["dependencies"]}
    assert {name: configured[name] for name in found} == {e.name: e.number for e in internals.events(small.scope)}


@had("data_classes.py (PredictBody, CancelBody)", "EVENT, SESSION, VALUES, TRIGGER, DETAILS, EVENT_ID")
def test_what_starts_and_what_ends_an_event_has_these_fields():
    classes = importlib.import_module("gradio.data_classes")
    assert {EVENT, SESSION, VALUES, TRIGGER, DETAILS} <= set(classes.PredictBody.model_fields)
    assert set(classes.CancelBody.model_fields) == {EVENT, SESSION, EVENT_ID}


@server
@had(
    "queueing.py (Queue, Event) and routes.py (queue_join)",
    "questions_by_client, take_turns, session_of, unread, is_waiting",
)
def test_the_queue_counts_what_waits_and_what_is_worked_on_and_knows_whose_it_is(small, reader):
    number = number_of(small, "wait")
    asked = [join(reader, number, [text], session="waiting") for text in ("first", "second")]
    assert small.begun.acquire(timeout=60)
    found = internals.questions_by_client(small.scope, lambda address: f"client at {address}")
    assert found == {"client at 127.0.0.1": 2}, "one is worked on, one waits"
    internals.take_turns(small.scope, str)
    assert [internals.session_of(small.scope, event) for event in (*asked, "none")] == ["waiting", "waiting", None]
    assert internals.is_waiting(small.scope, "waiting")
    assert [internals.unread(small.scope, session) for session in ("waiting", "another")] == [2, 0]
    assert not internals.is_waiting(small.scope, "another")
    assert not internals.is_waiting(small.scope, None)
    small.released.set()
    results = reader.get(internals.RESULTS, params={SESSION: "waiting"}).text
    assert all(event in results for event in asked)
    assert not internals.is_waiting(small.scope, "waiting"), "both were fetched"
    assert internals.unread(small.scope, "waiting") == 0
    assert internals.questions_by_client(small.scope, str).total() == 0


@server
@had("queueing.py (Queue.pending_event_ids_session, ANALYTICS_MAX_EVENTS)", "forget_answers")
def test_what_the_queue_keeps_of_answers_that_nobody_fetches_can_be_forgotten(small, reader):
    internals.forget_answers(small.scope, 1000, 2000, 1)
    for text in ("one", "two", "three"):
        event = reader.post(f"{API}/call/echo", json={VALUES: [text]}).json()[EVENT_ID]
        await_answer(small, event)
    session = internals.session_of(small.scope, event)
    assert internals.is_waiting(small.scope, session), "the answer is there until it is fetched"
    queue = small.blocks._queue
    assert len(queue.event_analytics) <= 1, "the table of events has a bound, which is set here"
    internals.forget_answers(small.scope, 0, 2000, 1)
    assert internals.session_of(small.scope, event) == session, "its messages are still there"
    assert queue.pending_messages_per_session.max_size == 2000, "after as many, Gradio forgets the messages"
    queue.pending_messages_per_session.clear()
    assert not internals.is_waiting(small.scope, session), "there is nothing left to wait for"
    assert internals.session_of(small.scope, event) == session, (
        "but not whose they were: that is what is forgotten here"
    )
    internals.forget_answers(small.scope, 0, 2000, 1)
    assert internals.session_of(small.scope, event) is None


def await_answer(small, event):
    """Wait until an event is answered."""
    for _ in range(600):
        if event not in small.blocks._queue.event_ids_to_events:
            return
        time.sleep(0.02)
    pytest.fail("the event is still among those that are worked on")


@server
@had("events.py (EventData) and route_utils.py (Request)", "DETAILS, PLACE, and `sessions.scope_of`")
def test_an_event_is_given_the_place_that_was_sent_and_the_request_that_it_came_with(small, reader):
    join(reader, number_of(small, "place"), [], session="place", **{DETAILS: {PLACE: 2}})
    assert '"data":["2"]' in reader.get(internals.RESULTS, params={SESSION: "place"}).text
    ((_, request),) = small.asked
    assert scope_of(request)["path"] == f"{API}/queue/join"
    assert (request.session_hash, request.username) == ("place", "reader")
    assert internals.reader_of(scope_of(request)) == "reader"


@server
@had("routes.py (/call/v2/{api_name}) and gradio_client (construct_args)", "invalid_call")
def test_a_call_of_no_endpoint_and_one_without_its_values_raise_what_is_answered(reader):
    unknown = reader.post(f"{API}/call/v2/nosuch", json={})
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "there is no endpoint '/nosuch'"})
    wrong = reader.post(f"{API}/call/v2/echo", json={"texts": "x"})
    assert wrong.status_code == 422
    assert wrong.json()["detail"].startswith("Parameter `texts` is not a valid key-word argument")


def test_errors_of_other_routes_are_not_taken_for_those_of_a_call():
    error = KeyError("a fault")
    request = Request(
        {"type": "http", "path": "/contents", "headers": [], "server": ("localhost", 80), "query_string": b""}
    )
    with pytest.raises(KeyError, match="a fault"):
        internals.invalid_call(request, error)


# Who is signed in


@server
@had("routes.py (login, get_current_user)", "reader_of, SIGN_IN_COOKIE, has_sign_in, end_sign_in")
def test_each_cookie_of_signing_in_says_who_it_is_until_the_session_is_ended(small, reader):
    assert internals.has_sign_in(small.scope)
    names = set(reader.cookies)
    assert len(names) == 2
    assert all(name.startswith(internals.SIGN_IN_COOKIE) for name in names)
    scopes = [scope_with(small, f"{name}={value}") for name, value in reader.cookies.items()]
    assert [internals.reader_of(scope) for scope in scopes] == ["reader", "reader"]
    assert internals.reader_of(scope_with(small, f"{names.pop()}=guess")) is None
    assert internals.reader_of(small.scope) is None
    response = PlainTextResponse("signed out")
    internals.end_sign_in(scopes[0], response)
    assert len(response.headers.getlist("set-cookie")) == 2
    assert [internals.reader_of(scope) for scope in scopes] == [None, None]
    assert reader.get("config").status_code == 401


def scope_with(small, cookie):
    return small.scope | {"headers": [(b"cookie", cookie.encode())]}


# The page


class Scripts(HTMLParser):
    """The attributes of the scripts of a page, and its first title."""

    def __init__(self, page):
        super().__init__()
        self.found, self.title, self.in_title = [], "", False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.in_title = tag == "title" and not self.title
        if tag == "script":
            self.found.append(dict(attributes))

    def handle_data(self, data):
        self.title += data if self.in_title else ""

    def handle_endtag(self, tag):
        self.in_title = False


@server
@had("templates/frontend/index.html and routes.py (toorjson)", "own_page")
@pytest.mark.parametrize("signed_in", [True, False])
def test_the_page_gets_its_title_and_a_nonce_for_its_scripts_and_for_nothing_else(small, reader, signed_in):
    if not signed_in:
        reader.cookies.clear()
    page = reader.get("").content
    before, after = (
        Scripts(html.decode()) for html in (page, internals.own_page(page, "<title>A &amp; B</title>", "once"))
    )
    assert (len(before.found), page.count(b"<head>")) == (page.count(b"<script"), 1)
    assert len(before.found) > 3
    assert after.found == [attributes | {"nonce": "once"} for attributes in before.found]
    assert after.title == "A & B"
    assert b"alert(1)<" not in page, "what the app shows is in the page without a <"
    assert (b"alert(1)" in page) == signed_in


@server
@had("routes.py (App.create_app) and brotli_middleware.py", "own_page")
def test_what_is_sent_is_compressed_after_the_middleware_of_the_app_has_seen_it(small, reader):
    for path in ("theme.css", ""):
        sent = reader.get(path, headers={"Accept-Encoding": "br, gzip"}).headers
        assert path == "" or sent["content-encoding"] == "br"
        assert b"content-encoding" not in small.seen[f"/{path}"], "else nothing could be marked in the page"


@server
@had("themes/base.py", "app.css and plain_page.css: colours and sizes of the theme, by name")
def test_every_variable_that_the_style_sheets_take_from_the_theme_is_in_it(small):
    own = [file.read_text("utf-8") for file in resources.files("rag.web").iterdir() if file.name.endswith(".css")]
    assert own
    taken = {name for css in own for name in re.findall(r"var\((--[\w-]+)\)", css)}
    made = {name for css in (*own, small.blocks.theme_css) for name in re.findall(r"(--[\w-]+)\s*:", css)}
    assert taken - made == set()


@had("templates/frontend/assets", "ELEMENTS")
def test_class_names_that_the_app_relies_on_are_in_the_styles_of_gradio():
    made = "".join(
        path.read_text("utf-8") for kind in ("css", "js") for path in (GRADIO / "templates/frontend").rglob(f"*.{kind}")
    )
    assert {name for name in listed() - own_names() if not re.search(rf"[.\s\"'`]{name}(?![\w-])", made)} == set()


def listed():
    """The class names in the selectors that are listed."""
    return {name for element in internals.ELEMENTS for name in re.findall(r"\.([\w-]+)", element.selector)}


def own_names():
    """The class names that the app gives to its own elements, in HTML and in its script."""
    sources = [path.read_text("utf-8") for path in Path(str(resources.files("rag"))).rglob("*.py")]
    scripts = [file.read_text("utf-8") for file in resources.files("rag.web").iterdir() if file.name.endswith(".js")]
    made = re.findall(r"""class=\\?["']([^"'>]*)""", "".join(sources))
    made += re.findall(r"""(?:className\s*[:=]|classList\.\w+\()\s*["'`]([^"'`]*)""", "".join(scripts))
    return {name for names in made for name in re.findall(r"[A-Za-z][\w-]*", names)}


def strange(texts, own):
    """The class names in style sheets and scripts that are neither the app's own nor below an element of its own.

    Args:
        texts: by the name of the file.
        own: the app's class names.
    """
    for file, text in texts.items():
        if file.endswith(".css"):
            bare = re.sub(r"/\*.*?\*/|@[\w-]+[^{;]*", "", text, flags=re.DOTALL)
            rules = re.findall(r"([^{}]+)\{", bare)
        else:
            rules = re.findall(r"""(?:querySelector(?:All)?|closest|matches)\(\s*["'`]([^"'`]*)""", text)
        for selector in (selector.strip() for rule in rules for selector in re.split(r",(?![^(]*\))", rule)):
            names = re.findall(r"\.([A-Za-z][\w-]*)", selector)
            if not re.match(rf"(?:\w*)\.(?:{'|'.join(own)})(?![\w-])", selector):
                yield from (name for name in names if name not in own)


def test_class_names_of_gradio_in_style_sheets_and_scripts_are_listed():
    sheets = {
        file.name: file.read_text("utf-8")
        for file in resources.files("rag.web").iterdir()
        if file.name.endswith((".css", ".js"))
    }
    own = own_names()
    assert {"according", "card"} <= own
    assert set(strange(sheets, own)) <= listed(), "add what is Gradio's to ELEMENTS in rag/web/gradio_internals.py"


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("a.css", ".own .theirs { a: b } /* .x { */", []), ("a.css", "#a .theirs, .own b { a: .5rem }", ["theirs"]),
        ("a.css", "@media (width < 1px) { p:is(.theirs, .own) { a: b } }", ["theirs"]),
        ("a.css", "#a .own.theirs:not(.more) { a: b }", ["theirs", "more"]),
        ("a.js", 'x.closest(".own .y"); x.value; y.querySelectorAll("#a .theirs")', ["theirs"]),
    ],
)  # fmt: skip
def test_class_names_that_are_not_the_apps_own_are_found(file, text, found):
    assert list(strange({file: text}, {"own"})) == found


# Uploads


@server
@had("routes.py (upload_file, get_upload_progress)", "UPLOAD, UPLOADED, ALL_ARRIVED")
def test_an_upload_is_answered_with_a_list_of_texts_and_its_progress_ends(reader, tmp_path, monkeypatch):
    progress = []

    def follow():
        with contextlib.suppress(httpx.HTTPError):
            progress.append(reader.get(internals.UPLOAD_PROGRESS, params={"upload_id": "u"}).text)

    follower = threading.Thread(target=follow)
    follower.start()
    files = [(internals.UPLOADED, (name, b"text")) for name in ("a.txt", "b.txt")]
    answer = reader.post(internals.UPLOAD, params={"upload_id": "u"}, files=files).json()
    assert [Path(path).name for path in answer] == ["a.txt", "b.txt"]
    follower.join(60)
    assert progress[0].endswith(internals.ALL_ARRIVED), progress


@had("utils.py (get_upload_folder), and what reads GRADIO_TEMP_DIR at import", "keep_files_in")
def test_gradio_puts_files_into_the_folder_that_it_is_given(tmp_path, monkeypatch):
    routes, utils = importlib.import_module("gradio.routes"), importlib.import_module("gradio.utils")
    monkeypatch.setenv("GRADIO_TEMP_DIR", "elsewhere")
    monkeypatch.setattr(routes, "DEFAULT_TEMP_DIR", "elsewhere")
    internals.keep_files_in(tmp_path)
    assert (utils.get_upload_folder(), routes.DEFAULT_TEMP_DIR) == (str(tmp_path), str(tmp_path))
    read = {
        name
        for name, module in sys.modules.items()
        if name.startswith("gradio.") and "DEFAULT_TEMP_DIR" in vars(module)
    }
    # Of the last two nothing is used: the app has no tools of Gradio's, and recording is closed.
    assert read <= {"gradio.routes", "gradio.route_utils", "gradio.mcp", "gradio.screen_recording_utils"}


# The server


@server
@had("blocks.py (create_limiter, launch)", "without_limit_for_values")
def test_values_wait_for_no_thread_once_there_is_no_limit(small, reader, monkeypatch):
    small.released.set()
    limiter = small.blocks.limiter
    assert isinstance(limiter, CapacityLimiter)
    assert limiter.total_tokens == 3, "it is the max_threads of launch"
    monkeypatch.setattr(small.blocks, "limiter", limiter)
    internals.without_limit_for_values(small.blocks)
    assert small.blocks.limiter is None
    assert reader.post(f"{API}/run/echo", json={VALUES: ["heard"]}).json()["data"] == ["heard"]


@server
@had("queueing.py (Queue.start_processing)", "look_for_questions_every")
def test_the_queue_is_looked_at_as_often_as_is_said(small, reader, monkeypatch):
    queue = small.blocks._queue
    assert 0 < queue.sleep_when_free < 0.01, "Gradio itself looks more seldom now: QUEUE_SECONDS may go"
    monkeypatch.setattr(queue, "sleep_when_free", queue.sleep_when_free)
    internals.look_for_questions_every(small.blocks, 0.02)
    assert queue.sleep_when_free == 0.02
    assert "sleep(self.sleep_when_free)" in inspect.getsource(type(queue).start_processing)


@server
@had("http_server.py (Server) and blocks.py (launch)", "server_of")
def test_the_server_that_was_launched_is_one_of_uvicorn(small):
    found = internals.server_of(small.blocks)
    assert isinstance(found, uvicorn.Server)
    assert found.started
    assert str(found.config.port) in small.url


@server
@had("mcp.py (GradioMCPServer) and routes.py (setup_mcp_server)", "tool_server")
def test_the_server_of_tools_is_one_of_the_mcp_library(small):
    lowlevel = pytest.importorskip("mcp.server.lowlevel")
    found = internals.tool_server(small.blocks)
    assert isinstance(found, lowlevel.Server)
    assert found.request_handlers
    with pytest.raises(AccordingError, match="the MCP server cannot start: no such module"):
        internals.tool_server(SimpleNamespace(mcp_server_obj=None, mcp_error="no such module"))
    assert (gr.Blocks().mcp_server_obj, gr.Blocks().mcp_error) == (None, None)


@server
@had("blocks.py (block_thread, close)", "serve_until_closed")
def test_serving_goes_on_until_the_process_is_asked_to_end_and_the_app_is_closed_then(monkeypatch):
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("short")
    _, url, _ = blocks.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, share=False, num_workers=0)
    serving = threading.Thread(target=internals.serve_until_closed, args=[blocks], daemon=True)
    serving.start()
    serving.join(0.3)
    assert serving.is_alive()
    monkeypatch.setattr(blocks, "block_thread", sys.exit)  # as the handlers of signals do
    with pytest.raises(SystemExit):
        internals.serve_until_closed(blocks)
    with contextlib.suppress(httpx.HTTPError):  # Gradio waits for the server's end for five seconds only
        for _ in range(600):
            httpx.get(url, timeout=5)
            time.sleep(0.1)
    with pytest.raises(httpx.HTTPError):
        httpx.get(url, timeout=5)
    serving.join(60)
    assert not serving.is_alive()
