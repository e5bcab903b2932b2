"""The app for every reader: by keyboard, on a phone, in the dark, from right to left, and when something goes wrong."""

import json
import logging
import os
import re
import subprocess
import sys
import threading

import gradio as gr
import httpx
import pytest
from playwright.sync_api import expect
from support import BRIDGE, HARBOUR, ORCHARD, ROOT
from support.page import again, answered, ask, faults, fits, show_filters, visit

import rag
from rag.errors import LibraryError
from rag.web.app import EXAMPLES, FAILED, MAX_CONCURRENT, MAX_WAITING
from rag.web.launch import launch

sys.path.insert(0, str(ROOT / "benchmarks"))
import sessions

WAGES = "By how much will the dock workers' wages rise?"
FROST = "According to Reuters, what did frost destroy in the valley?"
ARABIC = {
    "id": "arabic",
    "outlet": "صحيفة الميناء",
    "title": "إضراب الصيادين",
    "date": "2019-03-04",
    "text": "أعلن الصيادون في طرابلس إضرابا لمدة أسبوع. قال رئيس النقابة إن سعر الوقود ارتفع. عاد القارب الأخير مساء.",
}


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


@pytest.fixture(scope="module", params=[(375, "dark"), (1440, "light")], ids="{0[0]} {0[1]}".format)
def view(request, opened, address):
    """The page just opened, on a phone and on a desktop, in light and dark."""
    width, theme = request.param
    view = opened.new_page(viewport={"width": width, "height": 667 if width < 500 else 900})
    view.set_default_timeout(60_000)
    visit(view, f"{address}?__theme={theme}")
    view.dark = theme == "dark"
    yield view
    view.close()


def test_everything_is_visible_and_accessible(view):
    def inside():
        """Check that the question and its button are inside the window, and that nothing scrolls sideways."""
        assert fits(view)
        window = view.viewport_size
        for part in ("#question textarea", "#ask", "[data-do=filters]"):
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
    assert faults(view) == []
    expect(ask(view, FROST).locator("[data-do=switch]")).to_be_visible()
    assert faults(view) == []
    answer = ask(view, WAGES)
    inside()
    heading = answer.locator(".question").bounding_box()
    assert 0 <= heading["y"] < 20, "the question is not at the top of the window"
    expect(view.locator("#announced")).to_contain_text("1 outlet answers")
    show_filters(view)
    view.locator("#outlets input").click()
    expect(view.get_by_role("option").first).to_be_visible()
    assert faults(view) == []
    assert fits(view)


def test_the_keyboard_is_enough_to_ask_filter_and_ignore(page, address):
    visit(page, address)
    expect(page.locator("#question textarea")).to_be_focused()

    def tab_to(target, key="Tab"):
        for _ in range(40):
            page.keyboard.press(key)
            if target.evaluate("e => e === document.activeElement"):
                return
        raise AssertionError(f"{target} is not reached")

    page.keyboard.type(FROST)
    tab_to(page.locator("#ask"))
    page.keyboard.press("Enter")
    chip = answered(page, 0).locator("[data-do=switch]")
    expect(chip).to_contain_text("Only Reuters")
    tab_to(chip, "Shift+Tab")
    page.keyboard.press("Space")
    expect(chip).to_contain_text("“According to Reuters” not applied")
    expect(chip).to_be_focused()
    tabs = page.get_by_role("tab")
    tab_to(tabs.first)
    page.keyboard.press("End")
    expect(tabs.last).to_be_focused()
    expect(page.locator(".turn .balance")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(tabs.first).to_be_focused()
    expect(page.locator(".turn .passages")).to_be_visible()
    outlets = page.locator("#outlets input")
    tab_to(outlets, "Shift+Tab")
    page.keyboard.type("guard")
    page.keyboard.press("Enter")
    remove = page.get_by_role("button", name="Remove: The Guardian")
    expect(remove).to_be_visible()
    tab_to(page.locator("#question textarea"))
    page.keyboard.type(WAGES)
    page.keyboard.press("Enter")
    expect(answered(page, 1).locator("header strong")).to_have_text("The Guardian")
    tab_to(remove, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(remove).to_have_count(0)
    expect(page.locator("#question textarea")).to_be_focused()


def test_the_drawer_of_a_narrow_window_opens_and_closes_by_keyboard(opened, address):
    page = opened.new_page(viewport={"width": 375, "height": 667})
    visit(page, address)
    button, drawer = page.locator("[data-do=filters]"), page.locator("#sidebar")
    expect(drawer).to_be_hidden()
    button.press("Enter")
    expect(drawer).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    assert drawer.evaluate("e => e.contains(document.activeElement)")
    page.fill("#after input", "2014-01-01")
    expect(button).to_have_text("Filters (1)")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(button).to_be_focused()
    page.close()


LEFTS = """e => [...e.childNodes].map(node => {
  const range = document.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect().left;
})"""


def test_right_to_left_text_is_set_right_to_left(page, address):
    visit(page, address)
    answer = ask(page, "قال رئيس النقابة إن سعر الوقود ارتفع")
    card = answer.locator(".card").filter(has_text="طرابلس")
    quoted = card.locator("blockquote")
    assert quoted.text_content() == ARABIC["text"]
    assert quoted.evaluate("e => getComputedStyle(e).direction") == "rtl"
    card.locator(".more").click()
    parts = quoted.evaluate(LEFTS)
    assert len(parts) > 1
    assert parts == sorted(parts, reverse=True), "the first words are on the right"
    english = ask(page, WAGES).locator("blockquote").first
    assert english.evaluate("e => getComputedStyle(e).direction") == "ltr"


def test_nothing_moves_for_readers_who_prefer_reduced_motion(opened, address):
    page = opened.new_page(reduced_motion="reduce")
    page.goto(address)
    durations = "e => [getComputedStyle(e).transitionDuration, getComputedStyle(e).animationName]"
    assert page.locator("#ask").evaluate(durations) == ["0s", "none"]
    page.close()


# Waiting and errors


def test_nothing_is_typed_into_a_page_that_has_not_begun(opened, address):
    """What Gradio makes anew while it makes the page loses what was typed."""
    page, held = opened.new_page(), []
    page.route("**/queue/join**", lambda route: held.append(route))
    page.goto(address)
    expect(page.locator("#composer[inert]")).to_be_attached()
    expect(page.locator("#sidebar[inert]")).to_be_attached()
    page.wait_for_function("() => document.activeElement !== document.querySelector('#question textarea')")
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    expect(page.locator("body.begun #composer:not([inert])")).to_be_attached()
    expect(page.locator("#question textarea")).to_be_focused()
    page.close()


def test_a_reader_sees_at_once_that_the_question_is_being_answered(page, address, library, monkeypatch):
    seen = threading.Event()

    def slow(*given, **named):
        assert seen.wait(60)
        return type(library).ask(library, *given, **named)

    monkeypatch.setattr(library, "ask", slow)
    visit(page, address)
    page.fill("#question textarea", WAGES)
    page.click("#ask")
    turn = page.locator(".turn")
    expect(turn.locator(".question")).to_have_text(WAGES)
    expect(turn.get_by_role("progressbar", name="Searching")).to_be_visible(timeout=5_000)  # however busy the machine
    expect(turn.locator(".seconds")).to_have_text(re.compile(r"\d\.\d s"))
    expect(page.locator("#question textarea")).to_have_value("")
    seen.set()
    expect(answered(page, 0).locator(".card").first).to_be_visible()
    expect(turn.get_by_role("progressbar")).to_have_count(0)


def test_an_unforeseen_error_is_shown_in_words_and_logged_in_full(page, address, library, monkeypatch, caplog):
    def broken(*given, **named):
        raise ZeroDivisionError("inner detail")

    visit(page, address)
    first = ask(page, WAGES)
    monkeypatch.setattr(library, "ask", broken)
    with caplog.at_level(logging.ERROR, "rag"):
        failed = ask(page, FROST)
        expect(failed.get_by_role("alert")).to_have_text(FAILED)
    assert "ZeroDivisionError: inner detail" in caplog.text
    assert "Traceback" in caplog.text
    shown = page.content()
    assert "ZeroDivision" not in shown
    assert "inner detail" not in shown
    expect(first.locator(".card").first).to_be_visible()
    expect(failed.locator(".question")).to_have_text(FROST)
    monkeypatch.undo()
    retry = failed.get_by_role("button", name="Try again")
    retry.focus()
    page.keyboard.press("Enter")
    expect(again(failed).locator(".card").first).to_be_visible()
    expect(failed.locator(".question")).to_be_focused()
    expect(page.locator(".turn")).to_have_count(2)


def test_a_question_is_not_lost_with_the_connection(page, address):
    """Gradio then loads the page anew, as soon as the server can be reached."""
    visit(page, address)
    page.route("**/gradio_api/queue/join*", lambda route: route.abort())
    page.fill("#question textarea", WAGES)
    page.click("#ask")
    expect(page.locator(".toast-wrap")).to_contain_text("Connection to the server was lost")
    page.unroute("**/gradio_api/queue/join*")
    turn = page.locator(".turn")
    expect(turn.locator("mark").first).to_contain_text("four percent")
    expect(turn.locator(".question")).to_have_text(WAGES)


def turn_of(reader, question):
    """Return the HTML of the turn that a question gets over HTTP."""
    return reader.send(["ask", question, 0, [], *reader.filters])["data"][0]


def said(turn):
    """Return the words of an error in place of an answer; None if there is an answer."""
    found = re.search(r'<p class="verdict" role="alert">(.*?)</p>', turn)
    return found and found[1]


def test_an_error_of_the_index_is_shown_and_escaped(address, library, monkeypatch):
    def damaged(*given, **named):
        raise LibraryError("the index <img src=x> is damaged; run `according doctor`")

    monkeypatch.setattr(library, "ask", damaged)
    turn = turn_of(sessions.Reader(address), WAGES)
    assert said(turn) == "The index &lt;img src=x&gt; is damaged; run `according doctor`."


NO_QUESTIONS = {
    "": "The question is empty; ask something",
    " \n\t ": "The question is empty; ask something",
    "x" * 2001: "The question has 2,001 characters; at most 2,000 can be asked",
    "what " * 40_000: "The question has 199,999 characters; at most 2,000 can be asked",
    "Who \ud83d said so?": "The question contains an invalid character (half of a surrogate pair); type it again",
}


@pytest.mark.parametrize("question", NO_QUESTIONS, ids=[f"{q[:8]!r}" for q in NO_QUESTIONS])
def test_what_cannot_be_asked_says_why(address, question):
    assert said(turn_of(sessions.Reader(address), question)) == f"{NO_QUESTIONS[question]}."


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
    turn = turn_of(reader, question)
    assert reader.notices == []
    assert said(turn) is None
    assert re.match(r'<section class="according turn (answers|near|nothing)" data-turn="\d+"', turn)


def test_too_many_waiting_questions_are_refused_in_words_and_can_be_asked_again(page, address, library, monkeypatch):
    """Questions beyond the limit are refused at once, with 503; the page says so, and keeps the question."""
    reader, begun = sessions.Reader(address), threading.Event()

    def held(*given, **named):
        begun.wait(60)
        return type(library).ask(library, *given, **named)

    visit(page, address)
    monkeypatch.setattr(library, "ask", held)
    body = reader.body(["ask", WAGES, 0, [], *reader.filters])
    with httpx.Client(base_url=address) as http:
        statuses = [
            http.post("gradio_api/queue/join", json=body | {"session_hash": f"s{n}"}).status_code
            for n in range(MAX_WAITING + MAX_CONCURRENT + 2)
        ]
    failed = ask(page, WAGES)
    expect(failed.get_by_role("alert")).to_have_text("The app cannot be reached, or is busy.")
    begun.set()
    assert statuses[:MAX_WAITING] == [200] * MAX_WAITING
    assert statuses[-1] == 503
    with httpx.Client(base_url=address) as http:
        while http.get("gradio_api/queue/status").json()["queue_size"]:
            page.wait_for_timeout(50)
    failed.get_by_role("button", name="Try again").click()
    expect(again(failed).locator("mark").first).to_contain_text("four percent")


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
        visit(page, opened)
        answer = ask(page, WAGES)
        for tab in answer.get_by_role("tab").all():
            tab.click()
            expect(answer.get_by_role("tabpanel")).not_to_have_attribute("aria-busy", "true")
        show_filters(page)
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
