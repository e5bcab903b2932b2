"""Library -> the browser app. It asks the library and shows the answers; it retrieves, ranks and stores nothing.

`create_app` makes the app without listening; `rag.web.launch` opens it to readers.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import gradio as gr
from gradio.events import api as gradio_api
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from rag.answer import wording
from rag.answer.answer import Answer
from rag.answer.export import FORMS
from rag.errors import AccordingError, QuestionError
from rag.library import Library
from rag.provenance.catalogue import Catalogue
from rag.query.constraints import IGNORED, OFFERS
from rag.text import sanitise
from rag.web.answer_html import answer_html, error_html, question_html, report_html
from rag.web.endpoints import Endpoint, endpoints
from rag.web.places import MAX_CONCURRENT, MAX_WAITING

TITLE = "According"
INTRODUCTION = (
    "# According\nAsk the press, and see who said it, where and when. Every answer is quoted word for word from the "
    "indexed articles; nothing is generated. [Browse the index](contents)"
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
# An answer is read from its first card: the chat scrolls to the question above it, not to its end; the page stays.
_SHOW_LAST = """() => setTimeout(() => {
  const asked = document.querySelectorAll("#chat .according.question");
  const last = asked[asked.length - 1]?.closest(".message-row");
  const chat = document.querySelector("#chat [role=log]");
  if (last && chat) chat.scrollTop += last.getBoundingClientRect().top - chat.getBoundingClientRect().top;
}, 150)"""

# What the "copy" button of a card does: it copies the file that the link before it leads to, and says whether it could.
_COPY = """() => document.addEventListener("click", async (event) => {
  const button = event.target.closest(".according .cite button");
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

# Seconds: how often the files of answers are checked, and how old they may get. Closing the app deletes them all.
_CLEAN_EVERY_SECONDS, _KEEP_FILES_SECONDS = 3600, 86400
# What a reader is shown after an error that was not foreseen.
FAILED = "Something went wrong on our side. Please try again; the app's log has the details."

log = logging.getLogger("rag")
Message = dict[str, Any]
Event = Callable[..., Any]

# Whether undated articles may be shown.
UNDATED = {"unless I ask for a date": None, "always": True, "never": False}


@dataclass(frozen=True)
class Turn:
    """What a reader asked last.

    Attributes:
        question: as typed.
        previous: the question before, if this one is a follow-up.
        words: the words of its constraints that can be ignored.
        ignore: those that are.
        named: the words that name an outlet, and the outlet.
        offered: those of its words that are applied only if the reader ticks them.
        outlets: the only outlets to search, if the reader ticked such words.
    """

    question: str = ""
    previous: str | None = None
    words: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    offered: frozenset[str] = frozenset()
    outlets: tuple[str, ...] = ()

    def with_ticks(self, kept: Sequence[str]) -> Turn:
        """Return the turn with these words of constraints applied, and no others."""
        ignore = tuple(words for words in self.words if words not in kept and words not in self.offered)
        outlets = tuple(outlet for words, outlet in self.named if words in kept)
        return replace(self, ignore=ignore, outlets=outlets if self.offered.intersection(kept) else ())

    def understood(self, answer: Answer, choices: Iterable[str]) -> Turn:
        """Return the turn with what an answer says of the question's constraints."""
        named = tuple((c.words, c.outlet) for c in answer.constraints if c.outlet)
        offered = self.offered.union(c.words for c in answer.constraints if c.why in OFFERS)
        return replace(self, words=tuple(choices), named=named, offered=offered)


def create_app(
    library: Library, examples: Sequence[str] = (), allow_add: bool = False, is_local: bool = True
) -> gr.Blocks:
    """Return the app for a library, not yet listening (see `launch`).

    Args:
        library: what is asked.
        examples: questions to begin with.
        allow_add: whether readers may add files.
        is_local: whether only this machine can reach the app, so that errors may name what is on it.
    """
    warning = functools.partial(_warning, is_local)

    def answered(turn: Turn, filters: Sequence[Any], min_confidence: float | None = None) -> tuple[Any, ...]:
        outlets, outlet_kinds, after, before, undated = filters
        answer = library.ask(
            turn.question, outlets=turn.outlets or outlets or None,
            after=(after or "").strip(), before=(before or "").strip(),
            previous=turn.previous, asked_on=dt.date.today(), ignore=turn.ignore, min_confidence=min_confidence,
            outlet_kinds=outlet_kinds or None, undated=UNDATED[undated],
        )  # fmt: skip
        catalogue = library.catalogue
        messages = [
            {"role": "user", "content": gr.HTML(str(question_html(turn.question)))},
            {"role": "assistant", "content": gr.HTML(str(answer_html(answer, catalogue)))},
        ]
        choices = _constraint_choices(answer)
        applied = [c.words for c in answer.constraints if c.applied]
        group = gr.CheckboxGroup(
            [(label, words) for words, label in choices.items()],
            value=list(dict.fromkeys(applied)),
            visible=bool(choices),
        )
        nothing = not answer.found and answer.balance.allowed.articles > 0
        files = _download_buttons(answer, catalogue)
        return messages, turn.understood(answer, choices), group, gr.Button(visible=nothing), *files

    @warning
    def ask(question: str, history: list[Message], follow: bool, last: Turn, *filters: Any) -> tuple[Any, ...]:
        turn = Turn(question, last.question if follow and last.question else None)
        messages, *rest = answered(turn, filters)
        return "", history + messages, *rest

    @warning
    def ask_again(kept: list[str], history: list[Message], last: Turn, *filters: Any) -> tuple[Any, ...]:
        messages, *rest = answered(last.with_ticks(kept), filters)
        return history[: -len(messages)] + messages, *rest

    def cleared() -> tuple[Any, ...]:
        hidden = gr.CheckboxGroup([], visible=False), gr.Button(visible=False)
        return Turn(), *hidden, *_download_buttons(None, library.catalogue)

    @warning
    def ask_closest(history: list[Message], last: Turn, *filters: Any) -> tuple[Any, ...]:
        messages, *rest = answered(last, filters, min_confidence=0)
        return history[: -len(messages)] + messages, *rest

    def choices() -> tuple[gr.Dropdown, gr.Dropdown]:
        with library.reading() as now:
            outlets, counts = now.outlets(), now.counts()
        return (
            gr.Dropdown([(f"{name} ({count:,})", name) for name, count in outlets.items() if name]),
            gr.Dropdown([(f"{kind} ({count:,})", kind) for kind, count in counts.outlet_kinds.items()]),
        )

    delete_cache = (_CLEAN_EVERY_SECONDS, _KEEP_FILES_SECONDS)
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_height=True, delete_cache=delete_cache) as app:
        # First, so that the endpoints get their names, whatever the functions of the app's own events are names.
        for name, endpoint in endpoints(library, is_local).items():
            gradio_api(_with_public_errors(endpoint), api_name=name)
        gr.Markdown(INTRODUCTION)
        last = gr.State(Turn())
        chat = gr.Chatbot(
            label="Answers", show_label=False, elem_id="chat", height="65vh", layout="panel", autoscroll=False,
            buttons=[], feedback_options=None, latex_delimiters=[], group_consecutive_messages=False,
            placeholder=f"Ask a question{', or start with one of these' if examples else ''}.",
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
            [], label="Filters taken from your question; untick any that you did not mean, tick any that you did",
            visible=False, elem_id="understood",
        )  # fmt: skip
        with gr.Row(elem_id="cite"):
            files = [
                gr.DownloadButton(f"Answer as {form.label}", visible=False, size="sm", min_width=90)
                for form in FORMS.values()
            ]
        with gr.Accordion("Filters", open=False, elem_id="filters"):
            with gr.Row():
                outlets = gr.Dropdown([], label="Only these outlets", multiselect=True, scale=3, elem_id="outlets")
                outlet_kinds = gr.Dropdown(
                    [], label="Only these kinds of outlet", multiselect=True, scale=2, elem_id="outlet-kinds"
                )
            with gr.Row():
                after, before = (
                    gr.Textbox(label=label, placeholder="YYYY-MM-DD", max_lines=1, min_width=120, elem_id=name)
                    for label, name in (("From", "after"), ("To", "before"))
                )
                undated = gr.Radio(
                    list(UNDATED),
                    value=next(iter(UNDATED)),
                    label="Show undated articles",
                    scale=2,
                    elem_id="undated",
                )
            follow = gr.Checkbox(label="This is a follow-up to my last question", elem_id="follow")
        filters = [outlets, outlet_kinds, after, before, undated]
        asked = [box, chat, follow, last, *filters]
        shown = [chat, last, understood, closest, *files]
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": chat}
        for event in (box.submit, button.click):
            event(ask, asked, [box, *shown], **private).success(None, js=_SHOW_LAST, **private)
        example = chat.example_select(_example, None, box, **private)
        example.then(ask, asked, [box, *shown], **private).success(None, js=_SHOW_LAST, **private)
        for event, run, given in (
            (understood.input, ask_again, [understood, chat, last, *filters]),
            (closest.click, ask_closest, [chat, last, *filters]),
        ):
            event(run, given, shown, **private).success(None, js=_SHOW_LAST, **private)
        chat.clear(cleared, None, shown[1:], **private)
        app.load(None, js=_COPY)
        unseen: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        app.load(warning(choices), outputs=[outlets, outlet_kinds], **unseen)
        if allow_add:
            _adding(library, warning).then(choices, outputs=[outlets, outlet_kinds], **unseen)
    return cast(gr.Blocks, app.queue(max_size=MAX_WAITING, default_concurrency_limit=MAX_CONCURRENT))


def _adding(library: Library, warning: Callable[[Event], Event]) -> Any:
    """Add the part in which readers add files; return the event that follows an addition."""

    @warning
    def add(paths: list[str] | None, progress: gr.Progress = gr.Progress()) -> tuple[str, None]:  # noqa: B008
        if not paths:
            raise QuestionError("choose files first")
        names = {path: os.path.basename(path) for path in paths}
        progress(0, "reading")
        report = library.add(
            paths, wait=False, sources=names, progress=lambda read: progress((read, None), "articles read")
        )
        return str(report_html(report, [s for s in library.skipped() if s.source in names.values()])), None

    with gr.Accordion("Add your own files", open=False, elem_id="add"):
        files = gr.File(
            label="Web pages, text, PDF, JSON, CSV, Markdown, feeds, archives",
            file_count="multiple",
            elem_id="files",
        )
        button = gr.Button("Add to the index", elem_id="add-files")
        added = gr.HTML(elem_id="added")
    return button.click(add, files, [added, files], api_visibility="private", concurrency_limit=1)


def _with_public_errors(endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint so that callers get the message of its errors."""

    @functools.wraps(endpoint)
    def wrapped(*arguments: object) -> dict[str, Any]:
        try:
            return endpoint(*arguments)
        except AccordingError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return wrapped


def _constraint_choices(answer: Answer) -> dict[str, str]:
    """Return words of the question that filter the search, or do if they are ticked, each with its label."""
    found = [c for c in answer.constraints if c.applied or c.why in (IGNORED, *OFFERS)]
    return {c.words: sanitise(f"Only {wording.constraint(c, answer)}") for c in found}


def _download_buttons(answer: Answer | None, catalogue: Catalogue) -> list[gr.DownloadButton]:
    """Return a button for each form in which the answer can be cited; they are hidden if nothing was found.

    The files are Gradio's: it serves them at URLs that cannot be guessed, and deletes them (`_KEEP_FILES_SECONDS`).
    """
    buttons = []
    for form in FORMS.values():
        path = None
        if answer and answer.found:
            text = form.write(answer, dt.date.today(), catalogue).encode("utf-8")
            path = save_bytes_to_cache(text, f"according{form.suffix}", get_upload_folder())
        buttons.append(gr.DownloadButton(value=path, visible=path is not None))
    return buttons


def _example(event: gr.SelectData) -> str:
    return str(event.value["text"])


def _warning(is_local: bool, event: Event) -> Event:
    """Wrap an event so that the reader sees its errors as warnings; the log has the details of unforeseen ones."""

    @functools.wraps(event)
    def wrapped(*given: object, **named: object) -> Any:
        try:
            return event(*given, **named)
        except AccordingError as error:
            message = str(error_html(error, is_local))
        except Exception:
            log.exception("an event of the app failed")
            message = FAILED
        gr.Warning(f"{message[:1].upper()}{message[1:]}")  # a gr.Error would replace the chat
        return gr.skip()

    return wrapped
