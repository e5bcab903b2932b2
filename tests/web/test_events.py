"""What a client can send to each event: a list of them, which fails when an event takes something else.

And, on a real server, what was tried: components and files in what is posted, in every encoding, through every route.
"""

import json
import os
import re
import tempfile
import uuid
from collections import Counter
from html import escape, unescape
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
from rag.web import conversations, sessions
from rag.web.app import FAILED, create_app
from rag.web.bodies import Known
from rag.web.launch import MAX_SESSIONS, launch
from rag.web.sessions import COOKIE, MAX_UNREAD, SessionMiddleware, known_events, owner
from rag.web.uploads import Uploads

pytestmark = pytest.mark.server

FILTERS = ["Dropdown", "CheckboxGroup", "Textbox", "Textbox", "Radio", "Dropdown", "Radio", "Checkbox"]
UNSET = [[], [], "", "", "unasked", [], "relevance", False, 0]  # and when it was last asked
TAKEN = {
    "ask": 13,
    "search": 12,
    "compare": 14,
    "timeline": 12,
    "coverage": 13,
    "dossier": 15,
    "article": 1,
    "outlets": 0,
}
PROGRAMS = {name: ["Api"] * number for name, number in TAKEN.items()}
# Each event that runs on the server, by what starts it, with the components whose values it takes from a client.
PAGE = {
    "after Button.click add-files": ["Textbox"],  # the handles of uploads
    # action, question, number, words; the filters; when it was last asked
    "Button.click send": [*["Textbox"] * 4, *FILTERS, "Textbox"],
    "Button.click check": ["Textbox", "Textbox", *FILTERS, "Textbox"],  # a kept question, words, ...
    "Button.click renew": [],  # what there is before the first question, made anew
    "Blocks.load": [],
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


@pytest.fixture(scope="module", autouse=True)
def numbers_from_1():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversations, "MAX_FIRST", 1)
        yield


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

    def turn(self, action, question="", number=0, words=(), filters=UNSET):
        """The HTML of the turn that the app answers with."""
        done = self.run("ask_1", [action, question, number, [*words], *filters])
        assert done["success"], done
        (html,) = done["output"]["data"]
        assert html.startswith('<section class="according turn '), html
        return html

    def ask(self, question=QUESTION, number=0, filters=UNSET):
        """The question, which the server repeats, and the number of the turn, which is no failed one."""
        html = self.turn("ask", question, number, filters=filters)
        assert grade(html) != "failed", html
        return asked(html), number_of(html)


def grade(html):
    return re.match('<section class="according turn (.*?)"', html)[1]


def number_of(html):
    return int(re.search('data-turn="(.*?)"', html)[1])


def asked(html):
    return unescape(re.search('<h2 class="question".*?><bdi>(.*?)</bdi></h2>', html)[1])


def said(html):
    """The first line, which says why not where something went wrong."""
    return unescape(re.sub("<[^>]*>", "", re.search('<p class="verdict".*?>(.*?)</p>', html)[1]))


def chips(html):
    """The words of the constraints that can be switched, and whether they are applied."""
    found = re.findall('data-do="switch" data-words="(.*?)" aria-pressed="(.*?)"', html)
    return {unescape(words): pressed == "true" for words, pressed in found}


OUT_OF_DATE = "This page is out of date; ask the question again."
FORGOTTEN = "The app no longer knows what was asked before; ask again."


def test_no_event_takes_anything_but_text_truth_and_lists_of_text(library, tmp_path):
    app = create_app(library, ["Who?"], uploads=Uploads(tmp_path))
    taken = {e._id: [type(block).__name__ for block in e.inputs] for e in app.fns.values() if e.fn}
    names = [e.api_name for e in app.fns.values() if e.fn]
    assert set().union(*taken.values()) <= ALLOWED
    assert list(taken.values()) == [*PROGRAMS.values(), *PAGE.values()], names
    assert not any(e.collects_event_data for e in app.fns.values() if e.fn)
    page = [e for e in app.fns.values() if e.fn and e.api_visibility == "private"]
    assert len(page) == len(PAGE)
    assert not any(e.preprocess for e in page), "no component does anything with what was sent"
    known = known_events({"app": type("App", (), {"get_blocks": lambda self: app})()})
    assert known.programs == {name: len(given) for name, given in PROGRAMS.items()}
    assert list(known.pages.values()) == [len(given) for given in (*PROGRAMS.values(), *PAGE.values())]
    in_browser = [e for e in app.fns.values() if not e.fn]
    assert {type(b).__name__ for e in in_browser for b in e.inputs} == {"HTML", "Textbox", *FILTERS}
    assert not {e._id for e in in_browser} & set(known.pages), "they cannot be called"


def test_a_page_cannot_post_objects_or_another_number_of_values(reader):
    reader.ask()
    for data, status in (
        (["ask", QUESTION, 0, CHAT, *UNSET], 403), ([CHAT, QUESTION, 0, [], *UNSET], 403),
        (["ask", CHAT, 0, [], *UNSET], 403), (["ask", QUESTION, MODEL, [], *UNSET], 403),
        (["ask", QUESTION, {"a": 1}, [], *UNSET], 403), (["ask", QUESTION, 0, [COMPONENT], *UNSET], 403),
        (["ask", QUESTION, 0, [["in 2009"]], *UNSET], 403), (["ask", QUESTION, 0, [], [COMPONENT], *UNSET[1:]], 403),
        (["ask", QUESTION, 0, [], *UNSET[:7], MODEL, 0], 403), (["ask", QUESTION, 0, [], *UNSET[:8], MODEL], 403),
        ([QUESTION, CHAT, False, None, *UNSET], 403),  # as the page did before
        ([QUESTION, False, *UNSET], 422), (["ask", QUESTION, 0, [], *UNSET, 1], 422), ([], 422), (None, 422),
        ("ask", 422), ({"action": "ask"}, 422),
        (["ask", QUESTION, 0, ["x"] * 1_000, *UNSET], 413), (["ask", "x" * 250_001, 0, [], *UNSET], 413),
    ):  # fmt: skip
        assert reader.join("ask_1", data).status_code == status, str(data)[:100]
    assert reader.ask("Who closed the bridge?", 1) == ("Who closed the bridge?", 2)


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


# One event does all that a page asks for: what it takes for each action, and what it says to anything else.


def test_what_a_page_begins_with_takes_nothing(reader):
    (html,) = reader.run("begin_again", [])["output"]["data"]
    assert html.startswith('<section class="according start"')
    assert QUESTION in html
    assert reader.join("begin_again", [QUESTION]).status_code == 422


def test_a_suggestion_is_asked_by_its_button_and_nothing_else_that_a_client_sends(reader):
    question = "What did Jane Harbor say about the strike at Tuesdax?"
    meant = "What did Jane Harbor say about the strike at Tuesday?"
    html = reader.turn("ask", question)
    assert f'<button type="button" data-do="suggested" data-words="{meant}">' in html
    for words in (["Who closed the bridge?"], [], [meant, meant], [meant, "Who?"], [""], [question]):
        refused = reader.turn("suggested", "", 1, words)
        assert grade(refused) == "failed", words
    html = reader.turn("suggested", "What is ignored?", 1, [meant])
    assert (asked(html), number_of(html)) == (meant, 2)
    assert "suggested" not in html
    assert said(reader.turn("suggested", "", 2, [meant])).endswith(OUT_OF_DATE[1:]), "its answer suggests nothing"


@pytest.mark.parametrize(("question", "kind", "words"), CHIPS)
def test_each_kind_of_constraint_is_applied_and_can_be_switched_off_and_on(reader, question, kind, words):
    html = reader.turn("ask", question)
    assert chips(html) == {words: True}, kind
    label = re.search('data-do="switch" .*?>(.*?)<span', html)[1]
    assert label.startswith(("Only ", "Not ", "First: "))
    html = reader.turn("switch", "", 1, [])
    assert (asked(html), number_of(html), chips(html)) == (question, 1, {words: False})
    assert f"“<bdi>{escape(words)}</bdi>” not applied: " in html
    html = reader.turn("switch", "", 1, [words])
    assert (asked(html), number_of(html), chips(html)) == (question, 1, {words: True})


def test_a_question_can_be_asked_without_words_of_it(reader):
    """As an address asks it that a reader has kept."""
    html = reader.turn("ask", "What was reported since 2014 about the bridge?", 0, ["since 2014", "no words of it"])
    assert chips(html) == {"since 2014": False}


def test_the_order_that_the_reader_chose_is_that_of_the_passages(reader):
    firsts = []
    for order in ("newest", "oldest"):
        filters = [*UNSET[:6], order, False, 0]
        html = reader.turn("ask", "Who ended the strike and closed the bridge?", 0, filters=filters)
        nearest = reader.turn("nearest", "", number_of(html), filters=filters)
        dates = [part.split('"')[0] for part in nearest.split('<time class="when" datetime="')[1:]]
        assert len(set(dates)) == 2
        firsts.append(dates)
    assert firsts[0] == firsts[1][::-1] == sorted(firsts[0], reverse=True)


def test_the_nearest_passages_are_shown_whatever_their_confidence_in_the_same_place(reader):
    strict = [*UNSET[:7], True, 0]
    html = reader.turn("ask", "Who bought the apples of Valsera?", 0, filters=strict)
    shown = reader.turn("nearest", "", 1, filters=strict)
    assert (asked(shown), number_of(shown)) == (asked(html), 1)
    assert '<article class="card"' in shown


def test_a_follow_up_continues_what_the_server_kept_of_the_question_before(reader):
    def searched(html):
        found = re.search('<p class="searched">Searched for: <bdi>(.*?)</bdi></p>', html)
        return found and found[1]

    reader.turn("ask", "Why was the bridge closed in 2015?")
    html = reader.turn("ask", "and in 2016?", 1)
    assert searched(html) == "Why was the bridge closed in 2016?"
    html = reader.turn("ask", "and in 2017?", 2)
    assert searched(html) == "Why was the bridge closed in 2017?"
    taken = "Why was the bridge closed in 2016?"
    assert chips(html) == {taken: True, "in 2017": True}
    alone = reader.turn("switch", "", 3, [])
    assert (asked(alone), searched(alone)) == ("and in 2017?", None)
    other = reader.turn("ask", "and in 2018?", 1)
    assert searched(other) == "Why was the bridge closed in 2018?", "any question of the page can be continued"
    new = reader.turn("ask", "and in 2018?", 0)
    assert searched(new) is None, "without the question before nothing is continued"


def test_a_question_that_stands_alone_is_made_a_follow_up_only_of_the_one_before(reader):
    reader.turn("ask", "Why was the bridge closed in 2015?")
    question = "Which engineers reported cracks in two pillars?"
    html = reader.turn("ask", question, 1)
    assert " data-alone " in html.split(">")[0]
    assert "follow-up of: <bdi>Why was the bridge closed in 2015?</bdi>" in html
    followed = reader.turn("follow", "Who?", 2, ["x"])
    assert (asked(followed), number_of(followed)) == (question, 2)
    assert 'data-do="follow"' not in followed
    assert "data-alone" not in followed
    assert grade(reader.turn("follow", "", 2)) != "failed", "it does nothing a second time"
    html = reader.turn("continue", question, 1)
    assert 'data-do="follow"' not in html


@pytest.mark.parametrize("action", ["switch", "nearest", "follow", "suggested"])
def test_what_is_done_with_an_answer_needs_one_of_this_page(reader, address, action):
    assert said(reader.turn(action, QUESTION, 1)) == FORGOTTEN, "nothing was asked"
    reader.ask()
    other = Reader(address)
    assert said(other.turn(action, "", 1)) == FORGOTTEN, "it is another browser's"
    other.close()
    page, reader.session = reader.session, uuid.uuid4().hex
    assert said(reader.turn(action, "", 1)) == FORGOTTEN, "it is another page's"
    reader.session = page
    assert said(reader.turn(action, "", 0)) == OUT_OF_DATE, "there is no such number"
    for number in (2, 50, 2**31, 10**30):
        failed = reader.turn(action, "", number)
        assert (grade(failed), said(failed)) == ("failed", FORGOTTEN), number
        assert "data-forgotten" in failed, "the page asks anew"


def test_the_question_before_is_one_of_this_page_or_none(reader, address):
    other = Reader(address)
    other.ask("Why was the bridge closed in 2015?")
    for number in (1, 7, 10**30):
        for action in ("ask", "continue"):
            html = reader.turn(action, "and in 2016?", number)
            assert (grade(html), said(html)) == ("failed", FORGOTTEN), "nothing of another reader's question is taken"
            assert "2015" not in html
    other.close()


def test_only_words_that_were_offered_can_be_switched(reader):
    reader.turn("ask", "According to Press TV, who closed the bridge?")
    for words in (["in 1066"], ["Press TV"], ["According to Press TV", "Reuters"], [""], ["x" * 2000]):
        failed = reader.turn("switch", "", 1, words)
        assert (grade(failed), said(failed)) == (
            "failed", "Filters taken from your question: this page is out of date; ask the question again.",
        )  # fmt: skip
    assert chips(reader.turn("switch", "", 1, ["According to Press TV"] * 3)) == {"According to Press TV": True}


WRONG = {
    "an action that there is none of": (["remove", QUESTION, 1, []], OUT_OF_DATE),
    "an empty action": (["", QUESTION, 1, []], OUT_OF_DATE),
    "another case": (["ASK", QUESTION, 1, []], OUT_OF_DATE),
    "no action": ([None, QUESTION, 1, []], "Action: give a text."),
    "a number as action": ([1, QUESTION, 1, []], "Action: give a text."),
    "a list as action": ([["ask"], QUESTION, 1, []], "Action: give a text."),
    "no question": (["ask", None, 0, []], "Question: give a text."),
    "a number as question": (["ask", 5, 0, []], "Question: give a text."),
    "a list as question": (["ask", [QUESTION], 0, []], "Question: give a text."),
    "truth as question": (["continue", True, 1, []], "Question: give a text."),
    "no number": (["ask", QUESTION, None, []], "Question: this page is out of date; load it again."),
    "text as number": (["ask", QUESTION, "1", []], "Question: this page is out of date; load it again."),
    "a fraction": (["switch", "", 1.5, []], "Question: this page is out of date; load it again."),
    "a negative number": (["nearest", "", -1, []], "Question: this page is out of date; load it again."),
    "truth as number": (["follow", "", True, []], "Question: this page is out of date; load it again."),
    "a list as number": (["switch", "", [1], []], "Question: this page is out of date; load it again."),
    "text as words": (["ask", QUESTION, 0, "in 2009"], "Words to ignore: choose at most 100 from the list."),
    "truth as words": (["switch", "", 1, True], "Filters taken from your question: choose at most 100 from the list."),
    "numbers as words": (["ask", QUESTION, 0, [1]], "Words to ignore: give a text."),
    "too many words": (["ask", QUESTION, 0, ["x"] * 101], "Words to ignore: choose at most 100 from the list."),
    "words that are too long": (["ask", QUESTION, 0, ["x" * 2001]], "Words to ignore: at most 2,000 characters."),
    "too many words to switch": (
        ["switch", "", 1, ["x"] * 900], "Filters taken from your question: choose at most 100 from the list."),
    "a suggestion that is none": (["suggested", "", 1, "Who?"], "Suggestion: choose at most 100 from the list."),
}  # fmt: skip


@pytest.mark.parametrize(("data", "sentence"), WRONG.values(), ids=WRONG)
def test_anything_else_is_a_turn_that_says_what_is_wrong_and_the_app_goes_on(reader, data, sentence):
    reader.ask()
    done = reader.run("ask_1", [*data, *UNSET])
    assert done["success"]
    (html,) = done["output"]["data"]
    assert (grade(html), said(html)) == ("failed", sentence)
    assert reader.ask("Who closed the bridge?") == ("Who closed the bridge?", 2)


def test_a_question_that_is_too_long_or_empty_is_said_to_be(reader):
    for question in ("x " * 5_000, "", " ", "\u202e", "\x00"):
        html = reader.turn("ask", question)
        assert grade(html) in ("failed", "nothing"), question
        assert "went wrong" not in said(html), question


def test_a_question_of_half_a_character_is_said_to_be_invalid(reader):
    data = ["ask", "Who \ud800?", 0, [], *UNSET]
    body = {"data": data, "fn_index": reader.events["ask_1"], "session_hash": reader.session, "trigger_id": None}
    headers = {"Content-Type": "application/json"}
    joined = reader.post("gradio_api/queue/join", content=json.dumps(body), headers=headers)
    assert joined.status_code == 200, joined.text
    (html,) = reader.completed()["output"]["data"]
    assert said(html).startswith("The question contains an invalid character")
    assert reader.ask() == (QUESTION, 1)


def test_a_question_of_any_length_is_refused_at_once(reader):
    html = reader.turn("ask", "that camp " * 24_000)
    assert said(html) == "The question has 239,999 characters; at most 2,000 can be asked."
    assert reader.ask() == (QUESTION, 1)


def test_what_failed_repeats_the_question_as_text(reader):
    evil = "</bdi><img src=x onerror=alert(1)>"
    html = reader.turn("no such action", evil)
    assert asked(html) == evil
    assert "<img" not in html


def test_an_error_that_was_not_foreseen_is_a_sentence_and_its_details_are_in_the_log(
    reader, library, monkeypatch, caplog
):
    def broken(*given, **named):
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(type(library), "ask", broken)
    html = reader.turn("ask", QUESTION)
    assert (grade(html), asked(html), said(html)) == ("failed", QUESTION, FAILED)
    assert "secret" not in html
    assert "a secret of the server" in caplog.text


def test_events_of_the_page_have_no_other_way_in(reader):
    data = ["ask", QUESTION, 0, [], *UNSET]
    for route in ("run/ask_1", "api/ask_1", "call/ask_1", "call/v2/ask_1", "run/add", "call/add", "run/no", "call/no"):
        body = {"data": data, "session_hash": "a", "fn_index": reader.events["ask_1"]}
        assert reader.post(f"gradio_api/{route}", json=body).status_code == 404, route
    for route in ("stream/a", "component_server", "no", "upload/", "queue/data", "file=a"):
        assert reader.post(f"gradio_api/{route}", json={}).status_code in (404, 405), route
    for number in (reader.events["js_fn"], 10_000, -1, 2**70, "4", None, [4]):
        body = {"data": [], "fn_index": number, "session_hash": "a"}
        assert reader.post("gradio_api/queue/join", json=body).status_code == 404, number


@pytest.mark.parametrize("action", ["ask", "continue", "switch", "nearest", "follow"])
def test_a_filter_that_the_page_does_not_offer_is_said_to_be_and_the_app_goes_on(reader, action):
    reader.ask()
    for place, value in (
        (0, "Reuters"), (0, [1]), (0, ["No Such Outlet"]), (0, ["x"] * 101), (1, True), (1, ["no such kind"]),
        (2, ["x"]), (2, "soon"), (3, 2013), (4, "sometimes"), (4, None), (5, "Reuters"), (6, "the newest"), (6, None),
        (7, "strict"), (7, None),
    ):  # fmt: skip
        filters = [*UNSET[:place], value, *UNSET[place + 1 :]]
        html = reader.turn(action, QUESTION, 1, [], filters)
        assert grade(html) == "failed", (place, value)
        assert said(html) != FAILED, (place, value)
    assert reader.ask() == (QUESTION, 2)


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
    assert reader.ask() == (QUESTION, 1)
    for session in (reader.session, "never"):
        assert other.get(f"gradio_api/queue/data?session_hash={session}").status_code == 404
    other.session = reader.session
    assert other.ask("Who closed the bridge?") == ("Who closed the bridge?", 1), "its own questions, under the same id"
    assert reader.ask("And who closed the bridge?", 1) == ("And who closed the bridge?", 2)
    with other.stream("GET", f"gradio_api/heartbeat/{reader.session}"):
        pass  # closing it would end the session of the other browser
    event = reader.join("ask_1", ["ask", QUESTION, 0, [], *UNSET]).json()["event_id"]
    cancel = {"session_hash": reader.session, "fn_index": reader.events["ask_1"], "event_id": event}
    assert other.post("gradio_api/cancel", json=cancel).status_code == 404
    assert reader.completed()["success"]
    assert reader.post("gradio_api/cancel", json=cancel).status_code == 200
    other.close()


def test_the_files_of_an_answer_are_for_the_browser_that_was_shown_it(reader, address):
    html = reader.turn("ask", "Why was the old bridge closed?")
    if grade(html) == "nothing":
        html = reader.turn("nearest", "", 1)
    urls = re.findall('<a href="(answer/.*?)" download>', html)
    views = re.findall('data-href="(answer/.*?)"', html)
    assert len(urls) >= 3
    assert len(views) == 2
    urls += views
    other = Reader(address)
    assert {reader.get(url).status_code for url in urls} == {200}
    assert {other.get(url).status_code for url in urls} == {404}
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


def test_a_page_that_fetches_nothing_cannot_make_the_server_keep_any_number_of_answers(monkeypatch):
    unread = Counter()

    async def join(request):
        unread[(await request.json())["session_hash"]] += 1
        return PlainTextResponse("joined")

    monkeypatch.setattr(sessions.gradio_internals, "unread", lambda _, session: unread[session])
    monkeypatch.setattr(sessions, "known_events", lambda _: Known({3: 1}, {}))
    path = "/gradio_api/queue/join"
    app = Starlette(routes=[Route(path, join, methods=["POST"])], middleware=[Middleware(SessionMiddleware)])
    client, body = TestClient(app), {"data": [1], "fn_index": 3, "session_hash": "one"}
    asked = [client.post(path, json=body) for _ in range(MAX_UNREAD + 1)]
    assert [got.status_code for got in asked] == [200] * MAX_UNREAD + [429]
    assert asked[-1].headers["Retry-After"] == "5"
    assert client.post(path, json=body | {"session_hash": "other"}).status_code == 200
    unread.clear()
    assert client.post(path, json=body).status_code == 200


@pytest.mark.parametrize(
    ("root", "name", "path"), [("", f"__Host-{COOKIE}", "/"), ("/press", f"__Secure-{COOKIE}", "/press")]
)
def test_over_https_a_browser_takes_the_cookie_from_this_host_alone(root, name, path):
    """A page of another host of the domain, or of this one over HTTP, can set the cookie without the prefix."""
    client = TestClient(PAGE_ALONE, base_url="https://news.example", root_path=root)
    given = client.get(f"{root}/").headers["Set-Cookie"]
    assert given.startswith(f"{name}=")
    assert f"; Path={path}; HttpOnly; SameSite=Lax; Secure" in given
    planted = {"Cookie": f"{COOKIE}={'a' * 43}"}
    assert "Set-Cookie" in TestClient(PAGE_ALONE, "https://news.example").get("/", headers=planted).headers
    scope = {"type": "http", "scheme": "https", "client": ("10.0.0.1", 5), "root_path": root}
    cookies = f"{COOKIE}={'a' * 43}; {name}={'b' * 43}".encode()
    assert owner({**scope, "headers": [(b"cookie", cookies)]}) == "b" * 43
    assert owner({**scope, "headers": [(b"cookie", cookies[:61])]}) == "address 10.0.0.1"


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
    reader.ask()
    running = [app for app in Blocks.get_instances() if app.is_running and app.local_url == address]
    assert [app.state_holder.capacity for app in running] == [MAX_SESSIONS]
    held = list(running[0].state_holder.session_data)
    assert 0 < len(held) <= MAX_SESSIONS
    assert reader.session not in held, "it is known by an id that no client has"


def test_what_is_new_takes_a_question_and_filters_of_which_each_is_checked(reader):
    def found(question=QUESTION, words=(), given=UNSET[:8], last=1):
        done = reader.run("news", [question, [*words], *given, last])
        assert done["success"], done
        return done["output"]["data"]

    assert found() == [""]  # the model of words is sure of nothing
    for data in ({"last": -1}, {"last": "x"}, {"last": 10**30}, {"question": ""}, {"question": "x" * 3000},
                 {"given": [["No such paper"], *UNSET[1:8]]}, {"given": [*UNSET[:6], "<b>", False]}):  # fmt: skip
        assert found(**data) == [""]
    for data in ([MODEL, [], *UNSET], [QUESTION, [MODEL], *UNSET], [QUESTION, [], *UNSET[:8], COMPONENT]):
        assert reader.join("news", data).status_code == 403
    assert reader.join("news", [QUESTION, [], *UNSET, 1]).status_code == 422


@pytest.mark.parametrize("last", [-1, 1.5, True, "soon", "1700000000"])
def test_when_a_question_was_last_asked_is_a_whole_number(reader, last):
    html = reader.turn("ask", QUESTION, filters=[*UNSET[:8], last])
    assert (grade(html), said(html)) == ("failed", "When you last asked: this page is out of date; load it again.")
    assert grade(reader.turn("ask", QUESTION, filters=[*UNSET[:8], 10**30])) == "near"
