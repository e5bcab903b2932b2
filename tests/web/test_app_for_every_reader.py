"""The app for every reader: by keyboard, on a phone, in the dark, from right to left, and when something goes wrong."""

import json
import logging
import os
import subprocess
import sys
import threading
from importlib import resources

import gradio as gr
import httpx
import pytest
from playwright.sync_api import expect
from support import BRIDGE, HARBOUR, ORCHARD, ROOT
from support.page import ask

import rag
from rag.errors import LibraryError
from rag.web.app import EXAMPLES, FAILED, MAX_CONCURRENT, MAX_WAITING
from rag.web.launch import launch

sys.path.insert(0, str(ROOT / "benchmarks"))
import sessions

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
WAGES = "By how much will the dock workers' wages rise?"
FROST = "According to Reuters, what did frost destroy in the valley?"
ARABIC = {
    "id": "arabic",
    "outlet": "صحيفة الميناء",
    "title": "إضراب الصيادين",
    "date": "2019-03-04",
    "text": "أعلن الصيادون في طرابلس إضرابا لمدة أسبوع. قال رئيس النقابة إن سعر الوقود ارتفع. عاد القارب الأخير مساء.",
}
# A fault that axe-core finds before the first answer and that only Gradio can fix: its Chatbot puts the examples, which
# are buttons, into an element of role list.
KNOWN = "aria-required-children"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("manners")


@pytest.fixture(scope="module")
def library(folder, real):
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, BRIDGE, ORCHARD, ARABIC])))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=real)


@pytest.fixture(scope="module")
def address(library):
    yield launch(library, port=0, wait=False, examples=EXAMPLES)
    gr.close_all()


@pytest.fixture
def page(opened):
    page = opened.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    yield page
    page.close()


# Layout and accessibility


def faults(page):
    """The serious or critical faults that axe-core finds, each with its element."""
    page.wait_for_timeout(300)  # until animations have ended
    page.evaluate(AXE)  # by the debugger: a script in the page would be refused
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    return [(v["id"], node["html"], node["failureSummary"]) for v in grave for node in v["nodes"]]


@pytest.fixture(
    scope="module", params=[(w, t) for w in (375, 1440) for t in ("light", "dark")], ids="{0[0]} {0[1]}".format
)
def view(request, opened, address):
    """The page just opened, on a phone and on a desktop, in light and dark."""
    width, theme = request.param
    view = opened.new_page(viewport={"width": width, "height": 667 if width < 500 else 900})
    view.set_default_timeout(60_000)
    view.goto(f"{address}?__theme={theme}")
    expect(view.locator("#question textarea")).to_be_visible()
    view.dark = theme == "dark"
    yield view
    view.close()


def test_everything_is_visible_and_accessible(view):
    def inside():
        """Check that the question and its button are inside the window, and that nothing scrolls sideways."""
        assert view.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        window = view.viewport_size
        for part in ("#question textarea", "#ask"):
            box = view.locator(part).bounding_box()
            assert box["x"] >= 0, part
            assert box["x"] + box["width"] <= window["width"], part
            assert box["y"] >= 0, part
            assert box["y"] + box["height"] <= window["height"], part
        field = view.locator("#question textarea")
        assert field.evaluate("e => e.scrollHeight <= e.offsetHeight"), "the words in the field are cut off"

    assert view.evaluate("document.body.classList.contains('dark')") is view.dark
    assert view.evaluate("scrollY") == 0
    inside()
    assert [fault[0] for fault in faults(view)] == [KNOWN]
    ask(view, FROST)
    expect(view.locator("#understood")).to_be_visible()
    assert faults(view) == []
    answer = ask(view, WAGES)
    expect(view.locator("#understood")).to_be_hidden()
    inside()
    view.wait_for_timeout(400)
    chat, asked_ = view.locator("#chat").bounding_box(), view.locator(".message-row.user-row").last.bounding_box()
    assert asked_["y"] >= chat["y"] - 1, "the bar of the question is cut off"
    expect(answer.get_by_role("status")).to_contain_text("passage")
    view.get_by_role("button", name="Filters").click()
    view.locator("#outlets input").click()
    expect(view.get_by_role("option").first).to_be_visible()
    assert faults(view) == []
    assert view.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_keyboard_is_enough_to_ask_filter_and_ignore(page, address):
    page.goto(address)
    expect(page.locator("#question textarea")).to_be_focused()

    def tab_to(target):
        for _ in range(25):
            page.keyboard.press("Tab")
            if target.evaluate("e => e === document.activeElement"):
                return
        raise AssertionError(f"{target} is not reached")

    page.keyboard.type(FROST)
    tab_to(page.locator("#ask"))
    page.keyboard.press("Enter")
    expect(page.locator(".according .chip")).to_have_text("Reuters")
    box = page.locator("#understood").get_by_role("checkbox")
    tab_to(box)
    page.keyboard.press("Space")
    expect(page.locator(".according .chip")).to_have_text("“According to Reuters”: ignored")
    tab_to(page.get_by_role("button", name="Filters"))
    page.keyboard.press("Enter")
    outlets = page.locator("#outlets input")
    expect(outlets).to_be_visible()
    tab_to(outlets)
    page.keyboard.type("guard")
    page.keyboard.press("Enter")
    expect(page.locator("#outlets")).to_contain_text("The Guardian (1)")
    for _ in range(25):
        page.keyboard.press("Shift+Tab")
        if page.locator("#question textarea").evaluate("e => e === document.activeElement"):
            break
    page.keyboard.type(WAGES)
    page.keyboard.press("Enter")
    expect(page.locator(".according.question")).to_have_count(2)
    expect(page.locator(".according:not(.question)").last.locator("header strong")).to_have_text("The Guardian")


def test_right_to_left_text_is_set_right_to_left(page, address):
    page.goto(address)
    answer = ask(page, "قال رئيس النقابة إن سعر الوقود ارتفع")
    quoted = answer.locator("blockquote").filter(has_text="طرابلس")
    expect(quoted).to_have_text(ARABIC["text"])
    assert quoted.evaluate("e => getComputedStyle(e).direction") == "rtl"
    left = """e => [...e.childNodes].map(node => {
      const range = document.createRange();
      range.selectNodeContents(node);
      return range.getBoundingClientRect().left;
    })"""
    parts = quoted.evaluate(left)
    assert len(parts) > 1
    assert parts == sorted(parts, reverse=True), "the first words stand on the right"
    english = ask(page, WAGES).locator("blockquote").first
    assert english.evaluate("e => getComputedStyle(e).direction") == "ltr"


def test_nothing_moves_for_readers_who_prefer_reduced_motion(opened, address):
    page = opened.new_page(reduced_motion="reduce")
    page.goto(address)
    durations = "e => [getComputedStyle(e).transitionDuration, getComputedStyle(e).animationName]"
    assert page.locator("#ask").evaluate(durations) == ["0s", "none"]
    page.close()


# Waiting and errors


def test_a_reader_sees_at_once_that_the_question_is_being_answered(page, address, library, monkeypatch):
    seen = threading.Event()

    def slow(*given, **named):
        assert seen.wait(60)
        return type(library).ask(library, *given, **named)

    monkeypatch.setattr(library, "ask", slow)
    page.goto(address)
    page.fill("#question textarea", WAGES)
    page.click("#ask")
    waiting = page.locator("#chat .progress-text")
    expect(waiting).to_be_visible(timeout=5_000)  # however many tests run at the same time
    seen.set()
    expect(page.locator(".according .card").first).to_be_visible()
    expect(waiting).to_be_hidden()


def test_an_unforeseen_error_is_shown_in_words_and_logged_in_full(page, address, library, monkeypatch, caplog):
    def broken(*given, **named):
        raise ZeroDivisionError("inner detail")

    page.goto(address)
    ask(page, WAGES)
    monkeypatch.setattr(library, "ask", broken)
    page.fill("#question textarea", FROST)
    with caplog.at_level(logging.ERROR, "rag"):
        page.click("#ask")
        expect(page.get_by_text(FAILED)).to_be_visible()
    assert "ZeroDivisionError: inner detail" in caplog.text
    assert "Traceback" in caplog.text
    shown = page.content()
    assert "ZeroDivision" not in shown
    assert "inner detail" not in shown
    expect(page.locator(".according .card").first).to_be_visible()
    expect(page.locator("#question textarea")).to_have_value(FROST)
    monkeypatch.undo()
    page.click("#ask")
    expect(page.locator(".according.question")).to_have_count(2)


def test_an_error_of_the_index_is_shown_and_escaped(address, library, monkeypatch):
    def damaged(*given, **named):
        raise LibraryError("the index <img src=x> is damaged; run `according doctor`")

    monkeypatch.setattr(library, "ask", damaged)
    reader = sessions.Reader(address)
    assert reader.ask(WAGES) == []
    assert reader.notices == ["The index &lt;img src=x&gt; is damaged; run `according doctor`"]


NO_QUESTIONS = {
    "": "The question is empty; ask something",
    " \n\t ": "The question is empty; ask something",
    "x" * 2001: "The question has 2,001 characters; at most 2,000 can be asked",
    "what " * 40_000: "The question has 199,999 characters; at most 2,000 can be asked",
    "Who \ud83d said so?": "The question contains an invalid character (half of a surrogate pair); type it again",
}


@pytest.mark.parametrize("question", NO_QUESTIONS, ids=[f"{q[:8]!r}" for q in NO_QUESTIONS])
def test_what_cannot_be_asked_says_why(address, question):
    reader = sessions.Reader(address)
    assert reader.ask(question) == []
    assert reader.notices == [NO_QUESTIONS[question]]


@pytest.mark.parametrize(
    "question",
    [
        "🐟🐟🐟🧯", "the of and is a", "?", "\0", "Who\0said\0so?", "a" * 2000, "\u202eoh \u2067my", "من قال ذلك؟",
        "誰が言った？", "e" + "\u0301" * 500, "<script>alert(1)</script>", "'; DROP TABLE articles; --", "(((((",
        '"AND OR NOT:*', "\ufeff",
        "in 99999 since 00/00/0000 before yesterday after tomorrow",
    ],
)  # fmt: skip
def test_any_other_question_gets_an_answer(address, question):
    reader = sessions.Reader(address)
    chat = reader.ask(question)
    assert reader.notices == []
    assert len(chat) == 2
    assert len(sessions.questions(chat[:1])) == 1
    assert 'role="status"' in chat[1]


def test_too_many_waiting_questions_are_refused(address, library, monkeypatch):
    """Questions beyond the limit are refused at once, with 503."""
    reader, begun = sessions.Reader(address), threading.Event()

    def held(*given, **named):
        begun.wait(30)
        return type(library).ask(library, *given, **named)

    monkeypatch.setattr(library, "ask", held)
    reader.values["question"] = WAGES
    body = reader.body("ask", "click")
    with httpx.Client(base_url=address) as http:
        statuses = [
            http.post("gradio_api/queue/join", json=body | {"session_hash": f"s{n}"}).status_code
            for n in range(MAX_WAITING + MAX_CONCURRENT + 2)
        ]
    begun.set()
    assert statuses[:MAX_WAITING] == [200] * MAX_WAITING
    assert statuses[-1] == 503


# Network

WATCHED = """
import sys
def note(event, given):
    if event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
        print("to", given[1][0], file=sys.stderr, flush=True)
    if event == "socket.getaddrinfo":
        print("asks for", given[0], file=sys.stderr, flush=True)
sys.addaudithook(note)
from rag.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.reranked
def test_no_request_leaves_the_machine(page, folder, library):
    """`according serve`, with Gradio's own settings as they are by default and a proxy, asked in the browser."""
    ours = ("GRADIO_", "HF_", "HOST", "PORT", "AUTH", "NO_AUTH")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(ours) and "proxy" not in n.lower()}
    kept |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://proxy.invalid:3128")
    command = [sys.executable, "-c", WATCHED, "serve", "--index", str(folder / "index")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    server = subprocess.Popen(command, **pipes, cwd=ROOT, env=kept)
    requests = []
    page.on("request", lambda r: requests.append(r.url))
    try:
        opened = server.stdout.readline().split()[4]
        page.goto(opened)
        ask(page, WAGES)
        page.get_by_role("button", name="Filters").click()
        ask(page, FROST)
    finally:
        server.terminate()
        _, noted = server.communicate(timeout=30)
    addresses = {line.split()[-1] for line in noted.splitlines() if line.startswith(("to ", "asks for "))}
    assert addresses == {"127.0.0.1"}
    assert len(requests) > 10
    assert [url for url in requests if not url.startswith((opened, "data:", "blob:"))] == []


def test_a_reader_can_sign_in_in_the_browser(page, library):
    opened = launch(library, port=0, wait=False, auth="reader:let me in")
    refused = []
    page.on("console", lambda m: refused.append(m.text) if "Content Security Policy" in m.text else None)
    page.goto(opened)
    expect(page.get_by_label("username")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("username").fill("reader")
    page.get_by_label("password").fill("let me in")
    page.get_by_role("button", name="Login").click()
    expect(ask(page, WAGES).locator("mark").first).to_contain_text("four percent")
    assert refused == []
