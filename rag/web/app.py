"""Library -> browser app. The app asks the library and shows what it returns; it finds, ranks and stores nothing."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, cast

import gradio as gr
from gradio.events import api as gradio_api
from gradio.processing_utils import save_bytes_to_cache
from gradio.route_utils import API_PREFIX
from gradio.utils import get_upload_folder
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rag.answer.answer import Answer
from rag.answer.export import FORMS
from rag.errors import AccordingError, QuestionError
from rag.library import Library
from rag.provenance.catalogue import Catalogue
from rag.query.constraints import IGNORED
from rag.text import sanitise
from rag.web import article_pages as pages
from rag.web import citation_routes as downloads
from rag.web.answer_html import answer_html, error_html, meaning, question_html, report_html
from rag.web.endpoints import Endpoint, endpoints
from rag.web.security import Guard, is_loopback, listening, past_proxies

TITLE = "According"
LARGEST = "200mb"  # of a file that a reader adds
INTRODUCTION = (
    "# According\nAsk the press, and see who said it, where and when. Every answer is quoted word for word "
    "from the indexed articles; nothing is written for you. [What the index holds](contents)"
)
# For the demonstration corpus.
EXAMPLES = (
    "Is the MEK a cult?",
    "Why did the United States take the MEK off its terrorist list in 2012?",
    "Where do the members live in Albania?",
    "How many people were killed at Camp Ashraf?",
    "Who was behind Heshmat Alavi?",
    "Who bombed the prosecutor's office in Tehran?",
)
# An answer is read from its first card: the chat goes to the question above it, not to its end; the page stays.
_SHOW_LAST = """() => setTimeout(() => {
  const asked = document.querySelectorAll("#chat .according.question");
  const last = asked[asked.length - 1]?.closest(".message-row");
  const chat = document.querySelector("#chat [role=log]");
  if (last && chat) chat.scrollTop += last.getBoundingClientRect().top - chat.getBoundingClientRect().top;
}, 150)"""

# What a card's "copy" does: puts what the link beside it leads to onto the clipboard, and says whether that went well.
_COPY = """() => document.addEventListener("click", async (event) => {
  const button = event.target.closest(".according .take button");
  if (!button) return;
  const text = fetch(button.previousElementSibling.href).then(async (found) => {
    if (!found.ok) throw found.status;
    return new Blob([await found.text()], { type: "text/plain" });
  });
  text.catch(() => {});
  button.removeAttribute("aria-label");
  try {
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    button.textContent = "copied";
  } catch {
    button.textContent = "cannot copy";
  }
})"""

# Seconds: how often files of answers are looked through, and how old they get. The end of the app deletes them all.
_KEPT = (3600, 86400)
_CALL = f"{API_PREFIX}/call/"  # where Gradio puts the endpoints
# Questions that are answered at the same time, and that may wait. Ten readers are answered equally fast with 1, 2, 4 or
# 8 at a time, chance apart (benchmarks/sessions.py); with two, one slow question does not hold up all others.
AT_ONCE, WAITING = 2, 64
# What a reader is told of an error that nobody foresaw.
FAILED = "Something went wrong here, and not with your question. The app's log says what; please try again."

log = logging.getLogger("rag")
Message = dict[str, Any]
Event = Callable[..., Any]

# Whether articles without a date may be shown.
UNDATED = {"unless I ask for a date": None, "always": True, "never": False}


@dataclass(frozen=True)
class Turn:
    """What a reader asked last.

    Attributes:
        question: as typed.
        previous: the question before, where this one continues it.
        words: those of its restrictions that can be taken off.
        ignore: those that were.
    """

    question: str = ""
    previous: str | None = None
    words: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def create_app(
    library: Library, examples: Sequence[str] = (), allow_add: bool = False, alone: bool = True
) -> gr.Blocks:
    """The app for a library, not yet listening; `launch` opens it.

    Args:
        library: what is asked.
        examples: questions to begin with.
        allow_add: whether readers may add files.
        alone: whether all who ask sit at this machine, so that errors may name what is there.
    """
    telling = functools.partial(_telling, alone)

    def answered(turn: Turn, chosen: Sequence[Any], min_confidence: float | None = None) -> tuple[Any, ...]:
        outlets, outlet_kinds, after, before, undated = chosen
        answer = library.ask(
            turn.question, outlets=outlets or None, after=(after or "").strip(), before=(before or "").strip(),
            previous=turn.previous, asked_on=dt.date.today(), ignore=turn.ignore, min_confidence=min_confidence,
            outlet_kinds=outlet_kinds or None, undated=UNDATED[undated],
        )  # fmt: skip
        messages = [
            {"role": "user", "content": gr.HTML(question_html(turn.question))},
            {"role": "assistant", "content": gr.HTML(answer_html(answer, library.catalogue))},
        ]
        offered = _offered(answer)
        applied = [r.words for r in answer.constraints if r.applied]
        group = gr.CheckboxGroup(
            [(label, words) for words, label in offered.items()],
            value=list(dict.fromkeys(applied)),
            visible=bool(offered),
        )
        nothing = not answer.found and answer.balance.allowed.articles > 0
        files = _files(answer, library.catalogue)
        return messages, replace(turn, words=tuple(offered)), group, gr.Button(visible=nothing), *files

    @telling
    def ask(question: str, history: list[Message], follow: bool, last: Turn, *chosen: Any) -> tuple[Any, ...]:
        turn = Turn(question, last.question if follow and last.question else None)
        messages, *rest = answered(turn, chosen)
        return "", history + messages, *rest

    @telling
    def ask_again(kept: list[str], history: list[Message], last: Turn, *chosen: Any) -> tuple[Any, ...]:
        turn = replace(last, ignore=tuple(words for words in last.words if words not in kept))
        messages, *rest = answered(turn, chosen)
        return history[: -len(messages)] + messages, *rest

    def cleared() -> tuple[Any, ...]:
        hidden = gr.CheckboxGroup([], visible=False), gr.Button(visible=False)
        return Turn(), *hidden, *_files(None, library.catalogue)

    @telling
    def ask_closest(history: list[Message], last: Turn, *chosen: Any) -> tuple[Any, ...]:
        messages, *rest = answered(last, chosen, min_confidence=0)
        return history[: -len(messages)] + messages, *rest

    def choices() -> tuple[gr.Dropdown, gr.Dropdown]:
        outlets, counts = library.outlets(), library.counts()
        return (
            gr.Dropdown([(f"{name} ({count:,})", name) for name, count in outlets.items() if name]),
            gr.Dropdown([(f"{kind} ({count:,})", kind) for kind, count in counts.outlet_kinds.items()]),
        )

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_height=True, delete_cache=_KEPT) as app:
        # First, so that the names are theirs, whatever the functions of the app's own events are called.
        for name, endpoint in endpoints(library, alone).items():
            gradio_api(_spoken(endpoint), api_name=name)
        gr.Markdown(INTRODUCTION)
        last = gr.State(Turn())
        chat = gr.Chatbot(
            label="Answers", show_label=False, elem_id="chat", height="65vh", layout="panel", autoscroll=False,
            buttons=[], feedback_options=None, latex_delimiters=[], group_consecutive_messages=False,
            placeholder=f"Ask a question{', or begin with one of these' if examples else ''}.",
            examples=[{"text": e} for e in examples],
        )  # fmt: skip
        closest = gr.Button(
            "Show the closest passages anyway", visible=False, size="sm", elem_id="closest", variant="secondary"
        )
        with gr.Row():
            box = gr.Textbox(
                label="Question", placeholder="Who said what?", elem_id="question", lines=1, max_lines=4,
                scale=6, autofocus=True,
            )  # fmt: skip
            button = gr.Button("Ask", variant="primary", scale=1, min_width=90, elem_id="ask")
        understood = gr.CheckboxGroup(
            [], label="Understood from your words: untick what you did not mean", visible=False, elem_id="understood"
        )  # fmt: skip
        with gr.Row(elem_id="take"):
            files = [
                gr.DownloadButton(f"Answer as {form.label}", visible=False, size="sm", min_width=90)
                for form in FORMS.values()
            ]
        with gr.Accordion("Narrow down", open=False, elem_id="narrow"):
            with gr.Row():
                outlets = gr.Dropdown([], label="Only these outlets", multiselect=True, scale=3, elem_id="outlets")
                outlet_kinds = gr.Dropdown([], label="Only these kinds", multiselect=True, scale=2, elem_id="kinds")
            with gr.Row():
                after, before = (
                    gr.Textbox(label=label, placeholder="YYYY-MM-DD", max_lines=1, min_width=120, elem_id=name)
                    for label, name in (("From", "after"), ("Up to", "before"))
                )
                undated = gr.Radio(
                    list(UNDATED),
                    value=next(iter(UNDATED)),
                    label="Articles without a date",
                    scale=2,
                    elem_id="undated",
                )
            follow = gr.Checkbox(label="My question continues the one before", elem_id="follow")
        narrowing = [outlets, outlet_kinds, after, before, undated]
        asked = [box, chat, follow, last, *narrowing]
        shown = [chat, last, understood, closest, *files]
        quietly: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": chat}
        for event in (box.submit, button.click):
            event(ask, asked, [box, *shown], **quietly).success(None, js=_SHOW_LAST, **quietly)
        chosen = chat.example_select(_example, None, box, **quietly)
        chosen.then(ask, asked, [box, *shown], **quietly).success(None, js=_SHOW_LAST, **quietly)
        for event, run, given in (
            (understood.input, ask_again, [understood, chat, last, *narrowing]),
            (closest.click, ask_closest, [chat, last, *narrowing]),
        ):
            event(run, given, shown, **quietly).success(None, js=_SHOW_LAST, **quietly)
        chat.clear(cleared, None, shown[1:], **quietly)
        app.load(None, js=_COPY)
        unseen: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        app.load(telling(choices), outputs=[outlets, outlet_kinds], **unseen)
        if allow_add:
            _adding(library, telling).then(choices, outputs=[outlets, outlet_kinds], **unseen)
    return cast(gr.Blocks, app.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE))


def _adding(library: Library, telling: Callable[[Event], Event]) -> Any:
    """The part in which readers add files; the event after which they are in."""

    @telling
    def add(paths: list[str] | None, progress: gr.Progress = gr.Progress()) -> tuple[str, None]:  # noqa: B008
        if not paths:
            raise QuestionError("choose files first")
        called = {path: os.path.basename(path) for path in paths}
        progress(0, "reading")
        report = library.add(
            paths, wait=False, sources=called, progress=lambda read: progress((read, None), "articles read")
        )
        return report_html(report, [s for s in library.skipped() if s.source in called.values()]), None

    with gr.Accordion("Add your own pages", open=False, elem_id="add"):
        files = gr.File(
            label="Saved pages, texts, PDF, JSON, CSV, Markdown, feeds, archives",
            file_count="multiple",
            elem_id="files",
        )
        button = gr.Button("Add them to the index", elem_id="add-files")
        said = gr.HTML(elem_id="added")
    return button.click(add, files, [said, files], api_visibility="private")


def _spoken(endpoint: Endpoint) -> Endpoint:
    """An endpoint whose errors reach the caller in words."""

    @functools.wraps(endpoint)
    def spoken(*arguments: object) -> dict[str, Any]:
        try:
            return endpoint(*arguments)
        except AccordingError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return spoken


def _offered(answer: Answer) -> dict[str, str]:
    """Words of the question that narrow the search, or did until they were taken off, with what they mean."""
    said = [r for r in answer.constraints if r.applied or r.why == IGNORED]
    return {r.words: sanitise(f"{meaning(r, answer)}, from “{r.words}”") for r in said}


def _files(answer: Answer | None, names: Catalogue) -> list[gr.DownloadButton]:
    """A button for each form in which the answer can be taken along; none is seen where nothing was found.

    The files are Gradio's: it serves them under addresses that nobody guesses, and deletes them (see `_KEPT`).
    """
    buttons = []
    for form in FORMS.values():
        path = None
        if answer and answer.found:
            text = form.write(answer, dt.date.today(), names).encode("utf-8")
            path = save_bytes_to_cache(text, f"according{form.suffix}", get_upload_folder())
        buttons.append(gr.DownloadButton(value=path, visible=path is not None))
    return buttons


def _example(event: gr.SelectData) -> str:
    return str(event.value["text"])


def _telling(alone: bool, event: Event) -> Event:
    """An event whose errors the reader is told in words; of one that nobody foresaw, the log has the details."""

    @functools.wraps(event)
    def heard(*given: object, **named: object) -> Any:
        try:
            return event(*given, **named)
        except AccordingError as error:
            told = error_html(error, alone)
        except Exception:
            log.exception("an event of the app failed")
            told = FAILED
        gr.Warning(f"{told[:1].upper()}{told[1:]}")  # a gr.Error would be shown in the place of the chat
        return gr.skip()

    return heard


def launch(
    library: Library,
    host: str | None = None,
    port: int | None = None,
    wait: bool = True,
    examples: Sequence[str] = (),
    auth: str | None = None,
    no_auth: bool = False,
    allow_add: bool = False,
    mcp: bool = False,
) -> str:
    """Opens the app and prints its address; returns the address once closed, or at once where `wait` is False.

    `port` is $PORT or the first free one from 7860 on, where not given; `host`, `auth` and `no_auth` are as in
    `guard.listening`. With `allow_add`, readers can add files, of LARGEST each at most; with `mcp` programs are offered
    the tools of `tools` too. Raises AccordingError where it cannot listen there, where others could ask and nobody said
    that they may, or where the extra `mcp` is lacking.
    """
    if mcp:
        from rag.web import mcp_tools as tools
    host, account = listening(host, auth, no_auth)
    alone = is_loopback(host) and account is None and not no_auth and os.environ.get("NO_AUTH") != "1"
    given = port if port is not None else os.environ.get("PORT")
    try:
        number = (int(given) if given else 0) or None
    except ValueError:
        raise AccordingError(f"PORT is {given!r}; give a number such as 7860") from None
    library.prepare()
    app = create_app(library, examples, allow_add, alone)
    past_proxies(host)
    try:
        _, address, _ = app.launch(
            server_name=f"[{host}]" if ":" in host else host, server_port=number, share=False, auth=account,
            auth_message="Sign in with the name and password that the keeper of this app gave you.", quiet=True,
            prevent_thread_lock=True, footer_links=[], theme=_theme(),
            css=resources.files("rag.web").joinpath("app.css").read_text("utf-8"), ssr_mode=False, num_workers=0,
            mcp_server=mcp, pwa=False, run_history=False, enable_monitoring=False, max_file_size=LARGEST,
            app_kwargs={
                "routes": [*pages.routes(library, alone), *downloads.routes(library)],
                "middleware": [Middleware(Guard, files=allow_add, alone=alone, title=TITLE)],
                "exception_handlers": {TypeError: _misused, KeyError: _misused},
            },
        )  # fmt: skip
    except OSError as error:
        raise AccordingError(
            f"cannot listen on {host} port {number or '7860 to 7959'}: it is taken, or not this machine's; "
            "choose another with PORT= or HOST="
        ) from error
    if mcp:
        if app.mcp_server_obj is None:
            raise AccordingError(f"the MCP server cannot be made: {app.mcp_error}")
        tools.offer(app.mcp_server_obj.mcp_server, library, alone)
    print(f"According is open at {address} (Ctrl+C closes it)", flush=True)
    if wait:
        app.block_thread()
    return str(address)


def _theme() -> gr.themes.Base:
    fonts = ("system-ui", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
    theme = gr.themes.Default(font=fonts, font_mono=("ui-monospace", "Consolas", "monospace"))
    # Gradio's own white on orange and light greys have too little contrast (WCAG 2.2, 1.4.3).
    return theme.set(
        button_primary_background_fill="*primary_700", button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_800", button_primary_background_fill_hover_dark="*primary_800",
        body_text_color_subdued="*neutral_600", input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
    )  # fmt: skip


def _misused(request: Request, error: Exception) -> Response:
    """What Gradio says of a call that names no endpoint, or not its arguments."""
    if not request.url.path.startswith(_CALL):
        raise error
    if isinstance(error, KeyError):
        return JSONResponse({"detail": f"there is no endpoint {error}"}, 404)
    return JSONResponse({"detail": str(error).partition(". ")[0]}, 422)
