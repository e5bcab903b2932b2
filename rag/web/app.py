"""Library -> the browser app. It asks the library and shows the answers; it retrieves, ranks and stores nothing.

`create_app` makes the app without listening; `rag.web.launch` opens it to readers.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from rag.answer import wording
from rag.answer.answer import Answer, as_previous
from rag.answer.export import FORMS
from rag.answer.suggestions import MAX_SUGGESTIONS, Suggestion
from rag.errors import AccordingError, QuestionError
from rag.library import Library
from rag.query.constraints import IGNORED, OFFERS
from rag.query.query import NOW
from rag.text import one_line, sanitise
from rag.web.adding import adding
from rag.web.answer_files import AnswerFiles
from rag.web.answer_html import answer_files_html, answer_html, error_html, question_html
from rag.web.conversations import Asked, Conversations, Turn
from rag.web.endpoints import Endpoint, endpoints
from rag.web.filters import ORDERS, UNDATED, Filters, chosen, index, text, texts
from rag.web.gradio_import import gr, gradio_api
from rag.web.places import MAX_CONCURRENT, MAX_WAITING
from rag.web.sessions import owner, scope_of
from rag.web.uploads import Uploads

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

# A link to a card of the same answer goes there, and not where its address leads: out of the page.
_GO_TO_CARD = """() => document.addEventListener("click", (event) => {
  const link = event.target.closest(".according a[data-card]");
  if (!link) return;
  event.preventDefault();
  const card = link.closest(".according").querySelector(`article[data-card="${link.dataset.card}"]`);
  card?.scrollIntoView();
  card?.focus({ preventScroll: true });
})"""

# What a reader is shown after an error that was not foreseen.
FAILED = "Something went wrong on our side. Please try again; the app's log has the details."

log = logging.getLogger("rag")
Event = Callable[..., Any]


def create_app(
    library: Library,
    examples: Sequence[str] = (),
    is_local: bool = True,
    uploads: Uploads | None = None,
    files: AnswerFiles | None = None,
) -> gr.Blocks:
    """Return the app for a library, not yet listening (see `launch`).

    Args:
        library: what is asked.
        examples: questions to begin with.
        is_local: whether only this machine can reach the app, so that errors may name what is on it.
        uploads: where the files are that readers upload; None if they may not add any.
        files: keeps the files of answers, for the route that serves them.
    """
    warning = functools.partial(_warning, is_local)
    conversations, files = Conversations(), files or AnswerFiles()

    def answered(
        request: gr.Request, asked: Asked, filters: Filters, instead: bool = False, min_confidence: float | None = None
    ) -> tuple[Any, ...]:
        answer = library.ask(
            asked.question, outlets=asked.outlets or filters.outlets or None, after=filters.after,
            before=filters.before, previous=asked.previous, asked_on=NOW, ignore=asked.ignore,
            min_confidence=min_confidence, outlet_kinds=filters.outlet_kinds or None, undated=filters.undated,
            exclude_outlets=filters.exclude_outlets or None, order=filters.order,
            strict=filters.strict and min_confidence is None,
        )  # fmt: skip
        catalogue = library.catalogue
        choices = _constraint_choices(answer)
        offers = [found for found in answer.suggestions if not found.searched]
        asked = replace(
            asked.understood(answer.constraints, choices),
            suggested=tuple(found.question for found in offers),
            answered=as_previous(answer),
        )
        turn = Turn.of(asked, str(question_html(asked.question)), str(answer_html(answer, catalogue)))
        turns = conversations.add(request.session_hash, turn, instead)
        applied = [c.words for c in answer.constraints if c.applied]
        group = gr.CheckboxGroup(
            [(label, words) for words, label in choices.items()],
            value=list(dict.fromkeys(applied)),
            visible=bool(choices),
        )
        nothing = not answer.found and answer.balance.allowed.articles > 0
        handle = None
        if answer.found:
            written = {name: form.write(answer, dt.date.today(), catalogue) for name, form in FORMS.items()}
            handle = files.keep(owner(scope_of(request)), written)
        return (
            _messages(turns), group, gr.Button(visible=nothing), str(answer_files_html(handle)), *_corrections(offers)
        )  # fmt: skip

    def last(request: gr.Request) -> Asked:
        if asked := conversations.last(request.session_hash):
            return asked
        raise QuestionError("ask a question first")

    @warning
    def ask(request: gr.Request, question: object, follow: object, *filters: object) -> tuple[Any, ...]:
        before = conversations.last(request.session_hash) if chosen(follow, "follow-up") else None
        asked = Asked(text(question, "question", None), before.answered if before else None)
        return "", *answered(request, asked, Filters.read(filters))

    @warning
    def ask_again(request: gr.Request, kept: object, *filters: object) -> tuple[Any, ...]:
        before = last(request)
        ticked = texts(kept, "filters taken from your question", before.words)
        return answered(request, before.with_ticks(ticked), Filters.read(filters), instead=True)

    @warning
    def ask_nearest(request: gr.Request, *filters: object) -> tuple[Any, ...]:
        return answered(request, last(request), Filters.read(filters), instead=True, min_confidence=0)

    def ask_suggested(number: int) -> Event:
        @warning
        def suggested(request: gr.Request, *filters: object) -> tuple[Any, ...]:
            before = last(request)  # the client says which button, never what is asked
            asked = before.corrected(index(number, len(before.suggested), "suggestion"))
            return answered(request, asked, Filters.read(filters))

        return suggested

    @warning
    def example(event: gr.EventData) -> str:
        sent = event._data  # whatever a client sent; Gradio's SelectData would take it apart unchecked
        return examples[index(sent.get("index") if isinstance(sent, dict) else None, len(examples), "example")]

    def cleared(request: gr.Request) -> tuple[Any, ...]:
        conversations.clear(request.session_hash)
        return (
            gr.CheckboxGroup([], visible=False), gr.Button(visible=False), str(answer_files_html(None)),
            *_corrections(()),
        )  # fmt: skip

    def choices() -> tuple[gr.Dropdown, ...]:
        with library.reading() as now:
            outlets, counts = now.outlets(), now.counts()
        names = [(f"{name} ({count:,})", name) for name, count in outlets.items() if name]
        return (
            gr.Dropdown(names),
            gr.Dropdown(names),
            gr.Dropdown([(f"{kind} ({count:,})", kind) for kind, count in counts.outlet_kinds.items()]),
        )

    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_height=True) as app:
        # First, so that the endpoints get their names, whatever the functions of the app's own events are names.
        for name, endpoint in endpoints(library, is_local).items():
            gradio_api(_with_public_errors(endpoint), api_name=name)
        gr.Markdown(INTRODUCTION)
        chat = gr.Chatbot(
            label="Answers", show_label=False, elem_id="chat", height="65vh", layout="panel", autoscroll=False,
            buttons=[], feedback_options=None, latex_delimiters=[], group_consecutive_messages=False,
            placeholder=f"Ask a question{', or start with one of these' if examples else ''}.",
            examples=[{"text": e} for e in examples],
        )  # fmt: skip
        nearest = gr.Button(
            "Show the nearest passages", visible=False, size="sm", elem_id="nearest", variant="secondary"
        )
        corrections = [
            gr.Button(visible=False, size="sm", elem_id=f"suggested-{number}")
            for number in range(1, MAX_SUGGESTIONS + 1)
        ]
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
        cite = gr.HTML(str(answer_files_html(None)), elem_id="cite")
        with gr.Accordion("Filters", open=False, elem_id="filters"):
            with gr.Row():
                outlets = gr.Dropdown([], label="Only these outlets", multiselect=True, scale=3, elem_id="outlets")
                exclude_outlets = gr.Dropdown([], label="Not these", multiselect=True, scale=2, elem_id="not-outlets")
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
                order = gr.Radio(list(ORDERS), value=next(iter(ORDERS)), label="Show first", scale=2, elem_id="order")
            with gr.Row():
                follow = gr.Checkbox(label="This is a follow-up to my last question", elem_id="follow")
                strict = gr.Checkbox(label="Strict: leave out passages that may not answer", elem_id="strict")
        filters = [outlets, outlet_kinds, after, before, undated, exclude_outlets, order, strict]
        from_index = [outlets, exclude_outlets, outlet_kinds]
        asked = [box, follow, *filters]
        shown = [chat, understood, nearest, cite, *corrections]
        # Values arrive as they were sent: the events check them, no component does (`filters`).
        own: dict[str, Any] = {"api_visibility": "private", "preprocess": False}
        private = own | {"show_progress": "minimal", "show_progress_on": chat}
        for event in (box.submit, button.click):
            event(ask, asked, [box, *shown], **private).success(None, js=_SHOW_LAST, **private)
        chosen_example = chat.example_select(example, None, box, **private)
        chosen_example.then(ask, asked, [box, *shown], **private).success(None, js=_SHOW_LAST, **private)
        for event, run, given in (
            (understood.input, ask_again, [understood, *filters]),
            (nearest.click, ask_nearest, filters),
            *((button.click, ask_suggested(number), filters) for number, button in enumerate(corrections)),
        ):
            event(run, given, shown, **private).success(None, js=_SHOW_LAST, **private)
        chat.clear(cleared, None, shown[1:], **private)
        app.load(None, js=_COPY)
        app.load(None, js=_GO_TO_CARD)
        unseen = own | {"show_progress": "hidden"}
        app.load(warning(choices), outputs=from_index, **unseen)
        if uploads:
            adding(library, uploads, warning, own).then(choices, outputs=from_index, **unseen)
    return cast(gr.Blocks, app.queue(max_size=MAX_WAITING, default_concurrency_limit=MAX_CONCURRENT))


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
    """Return words of the question that take effect, or do if they are ticked, each with its label."""
    found = [c for c in answer.constraints if c.applied or c.why in (IGNORED, *OFFERS)]
    return {c.words: sanitise(str(wording.limit(c, answer))) for c in found}


def _corrections(offers: Sequence[Suggestion]) -> list[gr.Button]:
    """Return the buttons that ask what an answer suggests, as many as the page has; those without a use are hidden."""
    labels = [sanitise(one_line(str(wording.ask_instead(found)))) for found in offers[:MAX_SUGGESTIONS]]
    hidden = [gr.Button(visible=False)] * (MAX_SUGGESTIONS - len(labels))
    return [*(gr.Button(label, visible=True) for label in labels), *hidden]


def _messages(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """Return what the chat shows of a conversation."""
    roles = ("user", "assistant")
    return [
        {"role": role, "content": gr.HTML(html)}
        for turn in turns
        for role, html in zip(roles, turn.html(), strict=True)
    ]


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
