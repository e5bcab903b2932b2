"""What goes wrong while a reader does something else: answers that fail or come late, views that cannot be had."""

import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from support import WordEncoder
from support.page import again, answered, ask, visit

import rag
from rag.web.launch import launch

RECORDS = [
    {"outlet": "Reuters", "date": "2018-05-04", "text": "The ferry sank off the northern coast, divers said."},
    {"outlet": "BBC News", "date": "2019-01-02", "text": "No ferry sank off any northern coast, the mayor said."},
]
FERRY = "Why did the ferry sink off the northern coast?"
REUTERS = "What did Reuters report about the ferry?"
# Settles when an answer has come, wherever the page puts it.
COMES = """() => { window.come = new Promise(done => {
    const answered = according.answered;
    according.answered = html => { answered(html); done(); };
}); }"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The app with a small index: its address, and the library."""
    import gradio

    folder = tmp_path_factory.mktemp("faults")
    (folder / "news.json").write_text(json.dumps(RECORDS))
    library = rag.build([folder / "news.json"], index=folder / "index", encoder=WordEncoder())
    yield launch(library, port=0, wait=False), library
    gradio.close_all()


@pytest.fixture
def at_start(page, small):
    visit(page, small[0])
    return page


@pytest.fixture
def side_by_side(at_start):
    """The tab of an answer with its sources side by side, which is loaded, and its panel."""
    answer = ask(at_start, FERRY)
    tab = answer.get_by_role("tab", name="Side by side")
    tab.click()
    panel = answer.get_by_role("tabpanel", name="Side by side")
    expect(panel.locator("table")).to_be_visible()
    return answer, tab, panel


def test_what_the_server_has_forgotten_is_asked_anew_unseen(at_start):
    answer = ask(at_start, REUTERS)
    at_start.context.clear_cookies()  # so that the page is another one to the server
    answer.locator("[data-do=switch]").first.click()
    expect(again(answer).locator("[data-do=switch]").first).to_have_attribute("aria-pressed", "false")
    expect(answer.locator(".question")).to_have_text(REUTERS)
    at_start.context.clear_cookies()
    following = ask(at_start, "and in 2013?")
    expect(following.locator(".searched")).to_contain_text("about the ferry")
    expect(at_start.locator(".turn")).to_have_count(2)
    assert parse_qs(urlsplit(at_start.url).query)["q"] == [REUTERS, "and in 2013?"]


def test_a_question_sent_while_another_waits_continues_that_one(at_start, small, monkeypatch):
    library, go = small[1], threading.Event()
    real = library.ask

    def held(*given, **named):
        assert go.wait(60)
        return real(*given, **named)

    monkeypatch.setattr(library, "ask", held)
    for question in (REUTERS, "and in 2013?"):
        at_start.fill("#question textarea", question)
        at_start.keyboard.press("Enter")
    expect(at_start.locator(".turn.pending")).to_have_count(2)
    top = at_start.locator(".turn").last.evaluate("e => e.getBoundingClientRect().top")
    go.set()
    following = answered(at_start, 1)
    expect(following.locator(".searched")).to_contain_text("about the ferry")
    assert abs(following.evaluate("e => e.getBoundingClientRect().top") - top) < 2, "it moved"


def test_what_trying_again_cannot_mend_leads_to_the_question(at_start):
    answer = ask(at_start, "x" * 2001)
    answer.get_by_role("button", name="Change the question").click()
    expect(at_start.locator("#question textarea")).to_have_value("x" * 2001)
    expect(at_start.locator("#question textarea")).to_be_focused()
    at_start.fill("#question textarea", REUTERS)
    at_start.keyboard.press("Enter")
    expect(answered(at_start, 1).locator(".card").first).to_be_visible()


def test_an_answer_that_fails_after_clear_can_be_tried_again_when_that_is_undone(at_start, small, monkeypatch):
    library, cleared = small[1], threading.Event()

    def fails(*given, **named):
        assert cleared.wait(60)
        raise ZeroDivisionError

    monkeypatch.setattr(library, "ask", fails)
    at_start.fill("#question textarea", FERRY)
    at_start.keyboard.press("Enter")
    expect(at_start.locator(".turn .waiting")).to_be_visible()
    at_start.get_by_role("button", name="Clear").click()
    at_start.evaluate(COMES)
    cleared.set()
    at_start.evaluate("window.come")
    at_start.get_by_role("button", name="Undo").click()
    answer = answered(at_start, 0)
    expect(answer.get_by_role("alert")).to_be_visible()
    monkeypatch.undo()
    answer.get_by_role("button", name="Try again").click()
    expect(again(answer).locator(".card").first).to_be_visible()


def test_a_view_that_could_not_be_had_is_loaded_by_its_tab(at_start, side_by_side):
    _, tab, panel = side_by_side
    at_start.route("**/side-by-side?sort=newest", lambda route: route.abort())
    panel.get_by_role("button", name="Newest").click()
    expect(panel.get_by_role("alert")).to_have_text("The app cannot be reached.")
    tab.click()
    expect(panel.locator("table")).to_be_visible()
    at_start.unroute("**/side-by-side?sort=newest")


def test_a_view_keeps_its_order_while_another_is_looked_at(side_by_side):
    answer, tab, panel = side_by_side
    newest = panel.get_by_role("button", name="Newest")
    newest.click()
    expect(newest).to_have_attribute("aria-pressed", "true")
    answer.get_by_role("tab", name="Balance").click()
    tab.click()
    expect(panel).not_to_have_attribute("aria-busy", "true")
    expect(newest).to_have_attribute("aria-pressed", "true")


def test_of_two_orders_the_one_that_was_chosen_last_is_shown(at_start, side_by_side):
    _, _, panel = side_by_side
    held = []
    at_start.route("**/side-by-side?sort=newest", lambda route: held.append(route))
    panel.get_by_role("button", name="Newest").click()
    expect(panel).to_have_attribute("aria-busy", "true")
    oldest = panel.get_by_role("button", name="Oldest")
    oldest.click()
    expect(oldest).to_have_attribute("aria-pressed", "true")
    with at_start.expect_response("**/side-by-side?sort=newest") as late:
        held[0].continue_()
    late.value.finished()
    at_start.wait_for_timeout(300)
    expect(oldest).to_have_attribute("aria-pressed", "true")
    at_start.unroute("**/side-by-side?sort=newest")
