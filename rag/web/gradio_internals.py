"""What the app relies on that Gradio does not document: all of it is here, and each part of it has a test.

The other modules ask this one for what they want (who is signed in, how many questions wait) and name no attribute,
route, cookie or field of Gradio's own. tests/web/test_gradio_internals.py checks every fact with the installed Gradio;
where one no longer holds, the test says what to look at. Gradio is not imported here (`gradio_import` does it), so that
the middleware can be used without it.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from rag.errors import AccordingError
from rag.web.turns import in_turn

if TYPE_CHECKING:
    import uvicorn

# Routes. Most of them answer with and without a "/" at the end; a pattern takes those that Gradio has.

API = "/gradio_api"  # before all routes but those of the page and of signing in
SIGN_IN, SIGN_OUT = "/login", "/logout"
PAGE = ("", "/")
CONFIG = ("/config", "/config/")  # what the page is made of, for programs
_RESULT = r"call/(?:v2/)?[^/]+/(?P<event>[^/]+)"

# POST: starts an event, which is put into the queue; of the kinds "run" and "api", it is worked on at once. Programs
# name the endpoint, the page does not.
STARTING = re.compile(rf"{API}/(?:queue/join|(?P<kind>call/v2|call|run|api)/(?P<endpoint>[^/]+))/?")
AT_ONCE = ("run", "api")
# POST: ends an event.
ENDING = re.compile(rf"{API}/(?:cancel|reset)/?")
# All methods: the Model Context Protocol.
TOOLS = re.compile(rf"{API}/mcp(/.*)?")
# GET: the result of an event, for a program; of those of a session, for a page, which gives its id in the query.
RESULT = re.compile(f"{API}/{_RESULT}")
RESULTS = f"{API}/queue/data"
# GET: streams that are open until something has happened on the server.
STREAM = re.compile(rf"{API}/(?:(?P<page>queue/data)|{_RESULT}|mcp(?:/.*)?|upload_progress)/?")
# GET: a stream that is open as long as a page is.
OPEN_PAGE = re.compile(rf"{API}/heartbeat/(?P<session>[^/]+)")
# POST: files. GET: how much of them has arrived.
UPLOAD, UPLOAD_PROGRESS = f"{API}/upload", f"{API}/upload_progress"
UPLOADING, ANY_UPLOAD = re.compile(f"{UPLOAD}/?"), re.compile(f"(?:{UPLOAD}|{UPLOAD_PROGRESS})/?")
# POST: whatever else may be sent.
OTHER_POSTS = re.compile(rf"{SIGN_IN}/?|{API}/upload", re.DOTALL)
# What is read from a file, or is over at once.
IMMEDIATE = re.compile(
    rf"/(assets|static|svelte)/.*|/(theme\.css|favicon\.ico|robots\.txt|manifest\.json|login|logout)/?|"
    rf"{API}/(startup-events|theme\.css|login_check|user|app_id|token|cancel|reset|queue/status|file[=/].*)/?",
    re.DOTALL,
)
# Files that are the same for every reader.
FILES = re.compile(r"/(theme\.css|favicon\.ico|robots\.txt|manifest\.json)/?|/(assets|static|svelte)/.*")
# For readers who have not signed in: the page, which then asks for name and password, and its parts. Gradio itself
# requests `startup-events`; it reveals nothing.
PUBLIC = re.compile(
    rf"/?|/(login|logout|theme\.css|favicon\.ico|robots\.txt|manifest\.json)/?|/(assets|static|svelte)/.*|"
    rf"{API}/(startup-events|theme\.css|login_check|user)/?"
)
# What this app has no use for: it would serve files of this machine, fetch from elsewhere or store something, or is for
# sessions of an older form of MCP.
CLOSED = re.compile(
    rf"{API}/(process_recording|deep_link|component_server|vibe-|undo-vibe-|custom_component|"
    r"stream|proxy=|dev|file[=/]|run-history|runs|token|mcp/(sse|messages|schema)).*|/(monitoring|pwa_icon).*",
    re.IGNORECASE | re.DOTALL,
)

# A header that Gradio takes for the address of the app, whoever sends it.
CLAIMED_SERVER = b"x-gradio-server"

# The fields of what starts an event: its number, which session it is of, the values, which component was used, and what
# else is known of that, such as the place in a list. Of what ends one, and of the answer to what starts one: its id.
EVENT, SESSION, VALUES, TRIGGER, DETAILS, PLACE = (
    "fn_index", "session_hash", "data", "trigger_id", "event_data", "index",
)  # fmt: skip
EVENT_ID = "event_id"
STARTED = re.compile(rb'\{"event_id":\s*"(\w+)"\}')

# The field of a form that has the files that a page uploads. The progress is a stream of messages, this one the last.
UPLOADED = "files"
ALL_ARRIVED = 'data: {"msg": "done"}\n\n'


# Events, and the queue in which they wait.


@dataclass(frozen=True)
class Event:
    """An event of the app that runs on the server.

    Attributes:
        number: by which a page starts it.
        name: by which a program starts it, if `is_public`.
        value_count: how many values it takes.
        is_public: whether programs may start it.
    """

    number: int
    name: str
    value_count: int
    is_public: bool


def events(scope: Scope) -> list[Event]:
    """Return the events of the app that a request is for."""
    found = [event for event in scope["app"].get_blocks().fns.values() if event.fn]
    return [Event(e._id, e.api_name, len(e.inputs), e.api_visibility == "public") for e in found]


def questions_by_client(scope: Scope, client: Callable[[str], str]) -> Counter[str]:
    """Return how many events wait in the queue or are worked on, by who asked them.

    Args:
        scope: of a request for the app.
        client: returns whom an address is of.
    """
    queue = _queue(scope)
    asked = [event for queued in queue.event_queue_per_concurrency_id.values() for event in queued.queue]
    asked += [event for job in queue.active_jobs if job for event in job]
    return Counter(client(_address(event)) for event in asked)


def take_turns(scope: Scope, client: Callable[[str], str]) -> None:
    """Let the clients whose events wait take turns: Gradio works on what came first, whosever it is.

    Args:
        scope: of a request for the app.
        client: returns whom an address is of.
    """
    for queued in _queue(scope).event_queue_per_concurrency_id.values():
        queued.queue[:] = in_turn(queued.queue, lambda event: client(_address(event)))


def _address(event: Any) -> str:
    client = event.request.client
    return str(client.host) if client else ""


def forget_answers(scope: Scope, max_sessions: int, max_unread: int, max_events: int) -> None:
    """Forget what Gradio keeps for ever of answers that nobody has fetched, once their messages are gone.

    It also makes a table of its last 10,000 events after each of them, for a page that this app does not have.

    Args:
        scope: of a request for the app.
        max_sessions: that may be known before those without messages are forgotten.
        max_unread: sessions whose messages are kept until they are fetched; Gradio keeps those of 2,000, each with an
            answer.
        max_events: in the table.
    """
    queue = _queue(scope)
    queue.ANALYTICS_MAX_EVENTS = max_events
    waiting, messages = queue.pending_event_ids_session, queue.pending_messages_per_session
    messages.max_size = max_unread
    if len(waiting) > max_sessions:
        for session in [s for s in waiting if s not in messages or not waiting[s]]:
            del waiting[session]


def session_of(scope: Scope, event: str) -> str | None:
    """Return the id of the session that waits for an event, or whose event is worked on; None if none does."""
    queue = _queue(scope)
    if found := queue.event_ids_to_events.get(event):
        return str(found.session_hash)
    return next((session for session, own in queue.pending_event_ids_session.items() if event in own), None)


def unread(scope: Scope, session: str) -> int:
    """Return of how many events a session has not fetched the result; each is kept until then."""
    return len(_queue(scope).pending_event_ids_session.get(session, ()))


def is_waiting(scope: Scope, session: str | None) -> bool:
    """Return whether a session waits for an event."""
    queue = _queue(scope)
    return bool(queue.pending_event_ids_session.get(session)) and session in queue.pending_messages_per_session


def _queue(scope: Scope) -> Any:
    return scope["app"].get_blocks()._queue


def invalid_call(request: Request, error: Exception) -> Response:
    """Return a message on a call that names no endpoint, where Gradio raises KeyError, or not its values: TypeError.

    Raises:
        Exception: `error`, if it is not of such a call.
    """
    if not request.url.path.startswith(f"{API}/call/"):
        raise error
    if isinstance(error, KeyError):
        return JSONResponse({"detail": f"there is no endpoint {error}"}, 404)
    return JSONResponse({"detail": str(error).partition(". ")[0]}, 422)


# Who is signed in: Gradio keeps the tokens, and sets two cookies, of which only one is sent over plain HTTP.

SIGN_IN_COOKIE = "access-token-"


def has_sign_in(scope: Scope) -> bool:
    """Return whether readers sign in to the app that a request is for."""
    return scope["app"].auth is not None


def reader_of(scope: Scope) -> str | None:
    """Return the name of the reader who sent a request; None if nobody is signed in."""
    cookies = Request(scope).cookies
    token = next(filter(None, map(cookies.get, _sign_in_cookies(scope))), None)
    name: str | None = scope["app"].tokens.get(token)
    return name


def end_sign_in(scope: Scope, response: Response) -> None:
    """End the session that a request belongs to, and delete its cookies with the response."""
    for name in _sign_in_cookies(scope):
        scope["app"].tokens.pop(Request(scope).cookies.get(name), None)
        response.delete_cookie(name, path="/")


def _sign_in_cookies(scope: Scope) -> tuple[str, str]:
    own = scope["app"].cookie_id
    return f"{SIGN_IN_COOKIE}{own}", f"{SIGN_IN_COOKIE}unsecure-{own}"


# The page that Gradio serves, and what of it the style sheets and scripts of this app rely on.


def own_page(page: bytes, head: str, nonce: str) -> bytes:
    """Return the page with more in its head, and its scripts marked as its own. The rest is JSON without a "<".

    Args:
        page: in HTML.
        head: in HTML: a title, as the page has none until its scripts have run, and what loads our own files.
        nonce: of the scripts (Content Security Policy).
    """
    page = page.replace(b"<head>", f"<head>{head}".encode(), 1)
    return page.replace(b"<script", f'<script nonce="{nonce}"'.encode())


ALWAYS, OPENED = "always", "while the drawer is open"


@dataclass(frozen=True)
class Element:
    """An element that Gradio makes, and that a style sheet or script of this app relies on.

    Attributes:
        selector: of CSS.
        used: by what, and for what.
        when: it is in the page.
    """

    selector: str
    used: str
    when: str = ALWAYS


ELEMENTS = (
    Element(".gradio-container > .main", "app.css lets the page itself scroll, in all its width"),
    Element(".sidebar-parent > main.contain > .column", "app.css sets its width, and leaves room for the sidebar"),
    Element("#sidebar.sidebar .sidebar-content", "app.css sets its padding"),
    Element("#sidebar fieldset .wrap", "app.css sets what can be chosen closer together"),
    Element("#sidebar > .toggle-button", "app.js opens and closes the drawer by it"),
    Element("#sidebar.open", "app.css and app.js know by it that the drawer is open", OPENED),
    Element("#top .html-container header.top", "app.css removes its padding"),
    Element("#turns .turns", "app.js puts the answers into it"),
    Element("#composer > .row", "app.css sets the question and its button in a line"),
    Element("#question textarea", "app.js returns to it; tests/support/page.py types into it"),
    Element("#outlets input[role=combobox]", "tests choose outlets with it"),
    Element("button#send", "app.js presses it to send a question"),
    Element("button#drop", "app.js presses it to remove a filter"),
    Element("button#restore", "app.js presses it to set the filters of an address"),
    Element("button#check", "app.js presses it to ask what is new that answers a kept question"),
    Element("#news .html-container .news", "app.css removes its padding"),
)


# The server that Gradio starts.


@contextlib.contextmanager
def without_stubs() -> Iterator[None]:
    """Let no class of Gradio have a source file meanwhile.

    For each of its components Gradio parses a source file and compares a `.pyi` file with it when it is imported: a
    third of that time, more than a second of the processor. It does not for a class without a file, as one made at a
    prompt.
    """
    file_of = inspect.getfile

    def file_of_others(of: Any) -> str:
        if getattr(of, "__module__", "").startswith("gradio."):
            raise OSError
        return file_of(of)

    inspect.getfile = file_of_others  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = file_of


def keep_files_in(folder: Path) -> None:
    """Have Gradio put files into a folder instead of one that all users and apps share."""
    from gradio import routes

    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    routes.DEFAULT_TEMP_DIR = os.environ["GRADIO_TEMP_DIR"]  # type: ignore[attr-defined]  # read at import


def without_limit_for_values(app: Any) -> None:
    """Let the values of an app's events not wait for a thread, each of them, behind all calls that are under way."""
    app.limiter = None


def look_for_questions_every(app: Any, seconds: float) -> None:
    """Set how often the queue is looked at for events: Gradio does that a thousand times a second, busy or not."""
    app._queue.sleep_when_free = seconds


def server_of(app: Any) -> uvicorn.Server:
    """Return the server of an app that was launched."""
    server: uvicorn.Server = app.server
    return server


def tool_server(app: Any) -> Any:
    """Return the MCP server of an app that was launched with one: an `mcp.server.lowlevel.Server`.

    Raises:
        AccordingError: it could not be made; the message says why.
    """
    if app.mcp_server_obj is None:
        raise AccordingError(f"the MCP server cannot start: {app.mcp_error}")
    return app.mcp_server_obj.mcp_server


def serve_until_closed(app: Any) -> None:
    """Return when an app is closed, or this process is asked to end."""
    try:
        app.block_thread()
    finally:
        app.close(verbose=False)
