"""Library -> the browser app. It asks the library and shows the answers; it retrieves, ranks and stores nothing.

`create_app` makes the app without listening; `rag.web.launch` opens it to readers.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from rag.answer.answer import as_previous
from rag.answer.balance import Counts
from rag.answer.export import FORMS
from rag.answer.html import Html
from rag.errors import AccordingError, QuestionError, public_message
from rag.examples import Examples
from rag.library import Library
from rag.query.constraints import PREVIOUS
from rag.query.query import NEWEST, NOW, OLDEST, RELEVANCE
from rag.web import since_asked
from rag.web.adding import adding
from rag.web.answer_files import AnswerFiles
from rag.web.answer_html import EDIT, FORGET, RETRY, failed_html, switchable, turn_html
from rag.web.conversations import Asked, Conversations
from rag.web.endpoints import Endpoint, endpoints
from rag.web.filters import Filters, text, texts, whole_number
from rag.web.gradio_import import gr, gradio_api
from rag.web.kept_question import KeptQuestion, day_of_asking
from rag.web.observing import CALL, PAGE, Observers
from rag.web.places import MAX_CONCURRENT, MAX_WAITING
from rag.web.sessions import owner, scope_of
from rag.web.start_html import start_html
from rag.web.uploads import Uploads

TITLE = "According"
# For the demonstration corpus.
EXAMPLES = (
    "Is the MEK a cult?",
    "Why did the United States take the MEK off its terrorist list in 2012?",
    "Where do the members live in Albania?",
    "How many people were killed at Camp Ashraf?",
    "Who was behind Heshmat Alavi?",
    "Who bombed the prosecutor's office in Tehran?",
)
# What a reader is shown after an error that was not foreseen.
FAILED = "Something went wrong on our side. Please try again; the app's log has the details."
OUT_OF_DATE = "this page is out of date; ask the question again"
FORGOTTEN = "the app no longer knows what was asked before; ask again"

_HEADER = """<header class="according top"><h1>According</h1><nav aria-label="According">
<a href="contents" target="_blank" rel="noopener">What the index holds</a>
<button type="button" data-do="clear" hidden>Clear</button>
<button type="button" data-do="theme" aria-pressed="false">Dark</button></nav></header>"""
_TURNS = '<div class="according turns" role="log" aria-label="Answers" aria-live="off"></div>'
_CHIPS = """<div class="according chosen"><button type="button" data-do="filters" aria-controls="sidebar"
 aria-expanded="false">Filters<span class="count"></span></button><span class="set" role="group"
 aria-label="Filters set"></span></div><p class="unseen" role="status" id="announced"></p>"""
_NEWS = """<section class="according news" aria-labelledby="news-heading" hidden><h2 id="news-heading">
New since you last asked</h2><ul></ul></section>"""
_EARLIER = """<nav class="according earlier" aria-labelledby="earlier-heading" hidden><h2 id="earlier-heading">
Earlier questions</h2><ol></ol><button type="button" data-do="forget">Forget them</button></nav>"""

log = logging.getLogger("rag")
Event = Callable[..., Any]


class ForgottenError(QuestionError):
    """The server does not know a question of a page: it was started anew, or keeps others instead."""


def create_app(
    library: Library,
    examples: Sequence[str] = (),
    is_local: bool = True,
    uploads: Uploads | None = None,
    files: AnswerFiles | None = None,
    observers: Observers | None = None,
) -> gr.Blocks:
    """Return the app for a library, not yet listening (see `launch`).

    Args:
        library: what is asked.
        examples: questions to begin with.
        is_local: whether only this machine can reach the app, so that errors may name what is on it.
        uploads: where the files are that readers upload; None if they may not add any.
        files: keeps the files of answers, for the route that serves them.
        observers: notified of each question.
    """
    conversations, files, noted = Conversations(), files or AnswerFiles(), observers or Observers()
    known = Examples(library, examples)

    def asked_for(request: gr.Request, action: str, question: object, number: int, words: object) -> Asked:
        """Return what is to be asked, from what a page sent."""
        before = conversations.asked(request.session_hash, number) if number else None
        if number and before is None:
            raise ForgottenError(FORGOTTEN)
        if action in ("ask", "continue"):
            given, ignore = text(question, "question", None), texts(words, "words to ignore")
            return Asked.after(given, before, ignore, continues=action == "continue")
        if before is None:
            raise QuestionError(OUT_OF_DATE)
        if action == "suggested":
            (suggested,) = texts(words, "suggestion", before.suggested) or [""]
            return Asked(suggested, before.previous)
        if action == "switch":
            return before.with_words(texts(words, "filters taken from your question", before.words))
        if action == "nearest":
            return before
        if action == "follow":
            return replace(before, previous=before.offered_previous, offered_previous=None)
        raise QuestionError(OUT_OF_DATE)

    def answered(
        request: gr.Request, action: str, number: int, asked: Asked, filters: Filters, last: dt.datetime | None
    ) -> Html:
        until = since_asked.searched_until(library)
        given = _kept(asked, filters, nearest=action == "nearest")
        with noted.asking(PAGE, "ask") as graded:
            answer = library.ask(**given.arguments(), order=filters.order)
            graded(answer.grade)
            since = since_asked.look(library, given.query(order=filters.order), answer, last)
        catalogue = library.catalogue
        asked = replace(
            asked.understood(answer.constraints, switchable(answer)),
            suggested=tuple(found.question for found in answer.suggestions if not found.searched),
            answered=as_previous(answer),
        )
        place = number if action in ("switch", "nearest", "follow") else None
        number = conversations.add(request.session_hash, asked, place)
        handle = None
        if answer.found:
            written = {name: form.write(answer, dt.date.today(), catalogue) for name, form in FORMS.items()}
            handle = files.keep(owner(scope_of(request)), written, replace(given, asked_on=day_of_asking(answer)))
        alone = asked.offered_previous.question if asked.offered_previous else None
        taken = any(c.kind == PREVIOUS for c in answer.constraints)
        complete = action in ("follow", "continue") and asked.previous is not None and not taken
        return turn_html(answer, catalogue, number, handle, alone, complete, since, until)

    def ask(
        request: gr.Request, action: object, question: object, number_: object, words: object, *given: object
    ) -> str:
        """Return the HTML of a turn; that of an error, in words, where there is one."""
        try:
            *filters, last = given
            number, chosen = whole_number(number_, "question"), text(action, "action")
            asked = asked_for(request, chosen, question, number, words)
            return str(answered(request, chosen, number, asked, Filters.read(filters), since_asked.time_of(last)))
        except AccordingError as error:
            message = public_message(error, is_local)
            way = FORGET if isinstance(error, ForgottenError) else EDIT if isinstance(error, QuestionError) else RETRY
        except Exception:
            log.exception("an event of the app failed")
            message, way = FAILED, RETRY
        return str(failed_html(question if isinstance(question, str) else "", message, way))

    def news(question: object, words: object, *given: object) -> str:
        """Return how much is new that answers a question which the reader asked before; "" if nothing is."""
        try:
            *filters, last = given
            asked = Asked(text(question, "question"), ignore=texts(words, "words to ignore"))
            kept, when = _kept(asked, Filters.read(filters)), since_asked.time_of(last)
            if when is None:
                return ""
            with noted.asking(PAGE, "news"):
                found = library.new_passages(kept.query(k=since_asked.MAX_COUNTED + 1), when)
            return str(since_asked.found_html(len(found), when))
        except AccordingError:
            return ""  # that it cannot be asked any more is said when it is asked
        except Exception:
            log.exception("an event of the app failed")
            return ""

    def choices() -> tuple[Any, ...]:
        with library.reading() as now:
            outlets, counts = now.outlets(), now.counts()
        names = [(f"{name} ({count:,})", name) for name, count in outlets.items() if name]
        kinds = [(f"{kind} ({count:,})", kind) for kind, count in counts.outlet_kinds.items()]
        return gr.Dropdown(names), gr.CheckboxGroup(kinds), gr.Dropdown(names), begin(counts)

    def begin(counts: Counts) -> str:
        questions = known.get()
        return str(start_html(counts, questions, bool(uploads), known.is_making))

    def begin_again() -> str:
        with library.reading() as now:
            return begin(now.counts())

    with gr.Blocks(title=TITLE, analytics_enabled=False) as app:
        # First, so that the endpoints get their names, whatever the functions of the app's own events are names.
        for name, endpoint in noted.observed(CALL, endpoints(library, is_local)).items():
            gradio_api(_with_public_errors(endpoint), api_name=name)
        # Values arrive as they were sent: the events check them, no component does (`filters`).
        own: dict[str, Any] = {"api_visibility": "private", "preprocess": False, "show_progress": "hidden"}
        with gr.Sidebar(open=False, width=320, elem_id="sidebar"):
            filters = _filters()
            _html(_EARLIER, "earlier")
            added = adding(library, uploads, functools.partial(_warning, is_local), own, is_local) if uploads else None
        _html(_HEADER, "top")
        start = _html("", "start")
        _html(_NEWS, "news")
        _html(_TURNS, "turns")
        with gr.Column(elem_id="composer"):
            _html(_CHIPS, "chips")
            with gr.Row():
                box = gr.Textbox(
                    label="Question", show_label=False, container=False, placeholder="Ask the index …", lines=1,
                    max_lines=4, scale=6, autofocus=True, elem_id="question",
                )  # fmt: skip
                button = gr.Button("Ask", variant="primary", scale=0, min_width=72, elem_id="ask")
        # What the script starts: it knows what is asked, and takes the filters as they are then.
        send, drop, restore, renew, check = (
            gr.Button(visible="hidden", elem_id=name) for name in ("send", "drop", "restore", "renew", "check")
        )
        given = [gr.Textbox(visible=False) for _ in ("action", "question", "number", "words")]
        last_asked = gr.Textbox(visible=False)
        turn, found = gr.HTML(visible=False), gr.HTML(visible=False)
        for event in (box.submit, button.click):
            event(None, box, box, js="given => according.ask(given)", **own)
        sent = send.click(
            ask,
            [*given, *filters, last_asked],
            turn,
            js="(...given) => according.sent(given)",
            trigger_mode="multiple",
            **own,
        )
        sent.success(None, turn, None, js="html => according.answered(html)", **own)
        sent.failure(None, None, None, js="() => according.failed()", **own)
        kept = [given[1], given[3], *filters, last_asked]
        checked = check.click(news, kept, found, js="() => according.checking()", **own)
        checked.success(None, found, None, js="html => according.checked(html)", **own)
        checked.failure(None, None, None, js="() => according.checked(null)", **own)
        drop.click(None, filters, filters, js="(...given) => according.without(given)", **own)
        restore.click(None, None, filters, js="() => according.restored()", **own).then(
            None, filters, None, js="(...given) => according.resumed(given)", **own
        )
        warned = functools.partial(_warning, is_local)
        renew.click(warned(begin_again), None, start, **own).then(None, js="() => according.renewed()", **own)
        for one in filters:
            one.change(None, filters, None, js="(...given) => according.filtered(given)", **own)
        shown = [filters[0], filters[1], filters[5], start]
        app.load(warned(choices), None, shown, **own).then(None, js="() => according.begin()", **own)
        if added:
            added.then(warned(choices), None, shown, **own)
    # `places` admits as many: Gradio's own refusal, which does not say when to try again, never comes first.
    most = MAX_CONCURRENT + MAX_WAITING
    return cast(gr.Blocks, app.queue(max_size=most, default_concurrency_limit=MAX_CONCURRENT))


def _kept(asked: Asked, filters: Filters, nearest: bool = False) -> KeptQuestion:
    """Return a question with its filters; `nearest` is for the nearest passages, whether they answer it or not."""
    return KeptQuestion(
        asked.question, asked.outlets or filters.outlets or None, filters.after, filters.before, asked.previous,
        NOW, asked.ignore, 0 if nearest else None, filters.outlet_kinds or None, filters.undated,
        filters.exclude_outlets or None, filters.strict and not nearest,
    )  # fmt: skip


def _html(html: str, name: str) -> gr.HTML:
    """Return a part of the page that has our styles alone."""
    return gr.HTML(html, elem_id=name, apply_default_css=False, js_on_load=None)


def _filters() -> list[Any]:
    """Return the components of the filters, in the order that `Filters.read` takes their values in."""
    outlets = gr.Dropdown([], label="Only these outlets", multiselect=True, elem_id="outlets")
    outlet_kinds = gr.CheckboxGroup([], label="Only these kinds of outlet", elem_id="outlet-kinds")
    exclude_outlets = gr.Dropdown([], label="Not these", multiselect=True, elem_id="not-outlets")
    with gr.Row():
        after, before = (
            gr.Textbox(label=label, placeholder="YYYY-MM-DD", max_lines=1, min_width=110, elem_id=name)
            for label, name in (("From", "after"), ("To", "before"))
        )
    undated = gr.Radio(
        [("unless I ask for a date", "unasked"), ("always", "always"), ("never", "never")], value="unasked",
        label="Undated articles", elem_id="undated",
    )  # fmt: skip
    order = gr.Radio(
        [("what fits best", RELEVANCE), ("the newest", NEWEST), ("the oldest", OLDEST)], value=RELEVANCE,
        label="Show first", elem_id="order",
    )  # fmt: skip
    strict = gr.Checkbox(label="Leave out passages that may not answer", elem_id="strict")
    return [outlets, outlet_kinds, after, before, undated, exclude_outlets, order, strict]


def _with_public_errors(endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint so that callers get the message of its errors."""

    @functools.wraps(endpoint)
    def wrapped(*arguments: object) -> dict[str, Any]:
        try:
            return endpoint(*arguments)
        except AccordingError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return wrapped


def _warning(is_local: bool, event: Event) -> Event:
    """Wrap an event so that the reader sees its errors as warnings; the log has the details of unforeseen ones."""

    @functools.wraps(event)
    def wrapped(*given: object, **named: object) -> Any:
        try:
            return event(*given, **named)
        except AccordingError as error:
            message = public_message(error, is_local)
        except Exception:
            log.exception("an event of the app failed")
            message = FAILED
        gr.Warning(str(Html.escape(f"{message[:1].upper()}{message[1:]}")))
        return gr.skip()

    return wrapped
