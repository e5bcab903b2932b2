"""Library -> browser app. The app asks the library and shows what it returns; it finds, ranks and stores nothing."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, cast

import gradio as gr
import httpx
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import pages
from .answer import Answer, harmless
from .cards import answer_html, error_html, meaning, question_html
from .errors import AccordingError
from .library import Library
from .restrictions import TAKEN_OFF

TITLE = "According"
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
# The browser itself refuses what the app never needs: anything from another machine.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)

# An answer is read from its first card: bring the question above it into view, not the end of the chat.
_SHOW_LAST = """() => setTimeout(() => {
  const asked = document.querySelectorAll("#chat .according.question");
  asked[asked.length - 1]?.closest(".message-row, .message, .according")?.scrollIntoView({ block: "start" });
}, 150)"""

Message = dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """What a reader asked last.

    Attributes:
        question: as typed.
        previous: the question before, where this one continues it.
        words: those of its restrictions that can be taken off.
    """

    question: str = ""
    previous: str | None = None
    words: tuple[str, ...] = ()


def create_app(library: Library, examples: Sequence[str] = ()) -> gr.Blocks:
    """The app for a library, not yet listening; `examples` are questions to begin with. `launch` opens it."""

    def answered(
        turn: Turn, without: Collection[str], outlets: list[str], after: str | None, before: str | None
    ) -> tuple[list[Message], Turn, gr.CheckboxGroup]:
        try:
            answer = library.ask(
                turn.question, outlets=outlets or None, after=(after or "").strip(), before=(before or "").strip(),
                previous=turn.previous, asked_on=dt.date.today(), without=without,
            )  # fmt: skip
        except AccordingError as error:
            raise gr.Error(error_html(error), print_exception=False) from error
        messages = [
            {"role": "user", "content": gr.HTML(question_html(turn.question))},
            {"role": "assistant", "content": gr.HTML(answer_html(answer))},
        ]
        offered = _offered(answer)
        applied = [r.words for r in answer.restrictions if r.applied]
        group = gr.CheckboxGroup(
            [(label, words) for words, label in offered.items()],
            value=list(dict.fromkeys(applied)),
            visible=bool(offered),
        )
        return messages, replace(turn, words=tuple(offered)), group

    def ask(
        question: str,
        history: list[Message],
        outlets: list[str],
        after: str | None,
        before: str | None,
        follow: bool,
        last: Turn,
    ) -> tuple[str, list[Message], Turn, gr.CheckboxGroup]:
        turn = Turn(question, last.question if follow and last.question else None)
        messages, turn, understood = answered(turn, (), outlets, after, before)
        return "", history + messages, turn, understood

    def ask_again(
        kept: list[str], history: list[Message], outlets: list[str], after: str | None, before: str | None, last: Turn
    ) -> tuple[list[Message], Turn, gr.CheckboxGroup]:
        without = [words for words in last.words if words not in kept]
        messages, turn, understood = answered(last, without, outlets, after, before)
        return history[: -len(messages)] + messages, turn, understood

    def choices() -> list[tuple[str, str]]:
        return [(f"{name} ({count:,})", name) for name, count in library.outlets().items() if name]

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_height=True) as app:
        gr.Markdown(INTRODUCTION)
        last = gr.State(Turn())
        chat = gr.Chatbot(
            label="Answers", show_label=False, elem_id="chat", height="65vh", layout="panel", autoscroll=False,
            buttons=[], feedback_options=None, latex_delimiters=[], group_consecutive_messages=False,
            placeholder=f"Ask a question{', or begin with one of these' if examples else ''}.",
            examples=[{"text": e} for e in examples],
        )  # fmt: skip
        with gr.Row():
            box = gr.Textbox(
                label="Question", placeholder="Who said what about …?", elem_id="question", lines=1, max_lines=4,
                scale=6, autofocus=True,
            )  # fmt: skip
            button = gr.Button("Ask", variant="primary", scale=1, min_width=90, elem_id="ask")
        understood = gr.CheckboxGroup(
            [], label="Understood from your words: untick what you did not mean", visible=False, elem_id="understood"
        )  # fmt: skip
        with gr.Accordion("Narrow down", open=False, elem_id="narrow"):
            with gr.Row():
                outlets = gr.Dropdown(
                    choices(), label="Only these outlets", multiselect=True, scale=3, elem_id="outlets"
                )
                after, before = (
                    gr.Textbox(label=label, placeholder="YYYY-MM-DD", max_lines=1, min_width=120, elem_id=name)
                    for label, name in (("From", "after"), ("Up to", "before"))
                )
            gr.Markdown("A date leaves undated articles out.")
            follow = gr.Checkbox(label="My question continues the one before", elem_id="follow")
        asked = [box, chat, outlets, after, before, follow, last]
        shown = [box, chat, last, understood]
        quietly: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal"}
        for event in (box.submit, button.click):
            event(ask, asked, shown, **quietly).success(None, js=_SHOW_LAST, **quietly)
        chosen = chat.example_select(_example, None, box, **quietly)
        chosen.then(ask, asked, shown, **quietly).success(None, js=_SHOW_LAST, **quietly)
        again = understood.input(ask_again, [understood, chat, outlets, after, before, last], shown[1:], **quietly)
        again.success(None, js=_SHOW_LAST, **quietly)
        chat.clear(lambda: (Turn(), gr.CheckboxGroup([], visible=False)), None, [last, understood], **quietly)
        app.load(lambda: gr.Dropdown(choices()), outputs=outlets, api_visibility="private", show_progress="hidden")
    return cast(gr.Blocks, app)


def _offered(answer: Answer) -> dict[str, str]:
    """Words of the question that narrow the search, or did until they were taken off, with what they mean."""
    said = [r for r in answer.restrictions if r.applied or r.why == TAKEN_OFF]
    return {r.words: harmless(f"{meaning(r, answer)}, from “{r.words}”") for r in said}


def _example(event: gr.SelectData) -> str:
    return str(event.value["text"])


def launch(
    library: Library,
    host: str | None = None,
    port: int | None = None,
    wait: bool = True,
    examples: Sequence[str] = (),
) -> str:
    """Opens the app and prints its address; returns the address once closed, or at once where `wait` is False.

    `host` is $HOST or 127.0.0.1, `port` is $PORT or the first free one from 7860 on, where not given.
    Raises AccordingError where it cannot listen there.
    """
    host = host or os.environ.get("HOST") or "127.0.0.1"
    given = port if port is not None else os.environ.get("PORT")
    try:
        number = (int(given) if given else 0) or None
    except ValueError:
        raise AccordingError(f"PORT is {given!r}; give a number such as 7860") from None
    library.prepare()
    app = create_app(library, examples)
    try:
        _, address, _ = app.launch(
            server_name=host, server_port=number, share=False, quiet=True, prevent_thread_lock=True, footer_links=[],
            css=resources.files("rag").joinpath("web.css").read_text("utf-8"), theme=_theme(), ssr_mode=False,
            app_kwargs=_served(library), enable_monitoring=False,
        )  # fmt: skip
    except OSError as error:
        raise AccordingError(
            f"cannot listen on {host} port {number or '7860 to 7959'}: it is taken, or not this machine's; "
            "choose another with PORT= or HOST="
        ) from error
    print(f"According is open at {address} (Ctrl+C closes it)", flush=True)
    if wait:
        app.block_thread()
    return str(address)


def _theme() -> gr.themes.Base:
    fonts = ("system-ui", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
    return gr.themes.Default(font=fonts, font_mono=("ui-monospace", "Consolas", "monospace"))


def _served(library: Library) -> dict[str, Any]:
    """What is served beside the app, to those whom Gradio lets in to it, and what every response goes through."""
    admitted = [Middleware(BaseHTTPMiddleware, dispatch=_admit)]
    routes = [Route(r.path, r.endpoint, methods=r.methods, middleware=admitted) for r in pages.routes(library)]
    return {"routes": routes, "middleware": [Middleware(BaseHTTPMiddleware, dispatch=_guard)]}


async def _admit(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Has Gradio itself say whether it knows who asks; without a password set, it knows everybody."""
    app = httpx.ASGITransport(request.app)
    async with httpx.AsyncClient(transport=app, base_url="http://gradio") as gradio:
        known = await gradio.get("/gradio_api/login_check", headers=request.headers.raw)
    if known.is_success:
        return await call_next(request)
    return pages.refusal(request, 401, "Sign in first", "This page is for those who have signed in to the app.")


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers.setdefault("Content-Security-Policy", _POLICY)  # the pages have one of their own
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
