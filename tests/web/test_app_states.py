"""Every state of the app in the browser: its words, nothing that axe finds, one scroller, the composer in the window.

Each state is looked at on a phone in light and on a desktop in dark, one of them in all sizes.
"""

import os
import re
import threading

import pytest
from playwright.sync_api import expect
from support import ROOT
from support.page import again, answered, ask, composer_in_window, faults, fits, in_size, scrollers, show_filters, visit

import rag
from rag.answer import wording
from rag.web.answer_html import NOTHING
from rag.web.app import EXAMPLES, FAILED
from rag.web.launch import launch

KILLED = "How many people were killed at Camp Ashraf?"
UNIFORMS = "What colour are the uniforms of the guards?"
SOURDOUGH = "How do I bake sourdough bread?"
PHONE, DESKTOP = (375, 667, "light"), (1280, 800, "dark")
OTHERS = [(320, 640, "dark"), (768, 1024, "light"), (1920, 1080, "light")]
SCREENSHOTS = ROOT / "tests" / "screenshots"


@pytest.fixture(scope="module")
def page(opened):
    page = opened.new_page()
    page.set_default_timeout(60_000)
    yield page
    page.close()


@pytest.fixture
def at_start(page, shown):
    """The page without a question, and without what another test has left behind."""
    page.set_viewport_size({"width": 375, "height": 667})
    visit(page, f"{shown[0]}?__theme=light")
    page.evaluate("localStorage.clear()")
    return page


def looked_at(page, name, sizes=None):
    """Look at a state in some sizes, keep a picture of each, and check what holds in every state.

    By default that is one of two, another from state to state; both where larger samples are asked for.
    """
    SCREENSHOTS.mkdir(exist_ok=True)
    both = (PHONE, DESKTOP)
    for size in sizes or (both if "EXAMPLES" in os.environ else both[len(name) % 2 :][:1]):
        in_size(page, *size)
        found = faults(page)
        page.screenshot(path=SCREENSHOTS / f"{name}-{'-'.join(map(str, size))}.png")
        assert found == [], size
        assert fits(page), size
        assert scrollers(page) == [], size
        assert composer_in_window(page), size


def test_start(at_start):
    expect(at_start.locator("#start")).to_contain_text("69 articles")
    expect(at_start.locator("#start [data-do=example]")).to_have_count(len(EXAMPLES))
    looked_at(at_start, "start")


def test_an_answer(at_start):
    answer = ask(at_start, KILLED)
    expect(answer.locator(".verdict")).to_have_text(
        re.compile(r"^\d+ outlets answer · at least \d+ independent sources? · \d{4} to \d{4}")
    )
    expect(answer.locator(".card")).to_have_count(5)
    looked_at(at_start, "answer", (PHONE, *OTHERS, DESKTOP))


def test_the_nearest_passages_are_not_said_to_answer(at_start):
    answer = ask(at_start, UNIFORMS)
    expect(answer.locator(".verdict")).to_have_text(wording.NEAREST)
    ours = answer.evaluate(
        "turn => [...turn.querySelectorAll('.verdict, .count, .note, header, footer')].map(e => e.innerText).join(' ')"
    )
    assert "answer" not in ours.replace(wording.NEAREST, "").lower()
    labels = answer.locator(".card").evaluate_all("cards => cards.map(card => card.ariaLabel)")
    assert {label.partition(", ")[2] for label in labels} == {"which may not answer"}
    looked_at(at_start, "near")


def test_words_that_no_article_holds(at_start):
    answer = ask(at_start, SOURDOUGH)
    expect(answer.locator(".verdict")).to_have_text(NOTHING)
    expect(answer.locator(".why")).to_have_text("No article holds “bake”, “sourdough” or “bread”.")
    expect(answer.locator(".card")).to_have_count(0)
    looked_at(at_start, "nothing")
    answer.get_by_role("button", name="Show the nearest passages").click()
    expect(again(answer).locator(".verdict")).to_have_text(wording.NEAREST)
    expect(answer.locator(".card").first).to_be_visible()


def test_a_misspelt_name_is_asked_again_as_it_is_printed(at_start):
    answer = ask(at_start, "Who baked sourdough bread at Ashrqf?")
    expect(answer.locator(".verdict")).to_have_text(NOTHING)
    suggestion = answer.get_by_role("button", name="Did you mean “Ashraf”?")
    looked_at(at_start, "misspelt")
    suggestion.click()
    expect(answered(at_start, 1).locator(".question")).to_have_text("Who baked sourdough bread at Ashraf?")


def test_a_filter_that_leaves_nothing(at_start):
    show_filters(at_start)
    at_start.fill("#after input", "2025-01-01")
    at_start.keyboard.press("Escape")
    answer = ask(at_start, KILLED)
    expect(answer.locator(".verdict")).to_have_text(NOTHING)
    expect(answer.locator(".why")).to_contain_text("“only 2025-01-01 or later” leaves out")
    expect(at_start.locator("#chips .set")).to_contain_text("from 2025-01-01")
    looked_at(at_start, "filtered")
    answer.get_by_role("button", name="Ask without filters").click()
    expect(answered(at_start, 1).locator(".card").first).to_be_visible()
    expect(at_start.locator("#chips .set")).not_to_contain_text("2025")
    expect(at_start.locator("#after input")).to_have_value("")


def test_a_language_that_the_index_is_not_searched_in(at_start):
    answer = ask(at_start, "誰が言った？")
    expect(answer.locator(".verdict")).to_have_text(NOTHING)
    expect(answer.locator(".why")).to_contain_text("Japanese")
    looked_at(at_start, "language")


def test_no_question(at_start):
    answer = ask(at_start, "Thanks!")
    expect(answer.locator(".verdict")).to_contain_text("Ask a question that news articles can answer")
    expect(answer.get_by_role("button", name="Show the nearest passages")).to_have_count(0)
    looked_at(at_start, "no-question")


def test_a_filter_that_the_reader_set_is_a_chip_and_no_caution(page, shown):
    visit(page, f"{shown[0]}?q=What+did+Iraqi+officials+say+about+the+PMOI%3F&outlet=Reuters")
    answer = answered(page, 0)
    assert set(answer.locator("header strong").all_inner_texts()) == {"Reuters"}
    expect(page.get_by_role("button", name="Remove: Reuters")).to_be_visible()
    expect(answer.locator(".caution")).to_have_count(0)
    looked_at(page, "filter")


def test_waiting(at_start, shown, monkeypatch):
    library, seen = shown[1], threading.Event()

    def slow(*given, **named):
        assert seen.wait(60)
        return type(library).ask(library, *given, **named)

    monkeypatch.setattr(library, "ask", slow)
    try:
        at_start.fill("#question textarea", KILLED)
        at_start.keyboard.press("Enter")
        expect(at_start.locator(".turn .waiting")).to_contain_text(re.compile(r"Searching … \d+\.\d s"))
        looked_at(at_start, "waiting")
    finally:
        seen.set()
    answered(at_start, 0)


def test_an_error(at_start, shown, monkeypatch):
    monkeypatch.setattr(shown[1], "ask", lambda *given, **named: 1 / 0)
    answer = ask(at_start, KILLED)
    expect(answer.get_by_role("alert")).to_have_text(FAILED)
    expect(answer.get_by_role("button", name="Try again")).to_be_visible()
    looked_at(at_start, "error")


@pytest.mark.parametrize("view", ["Side by side", "Timeline", "Balance"])
def test_a_view_of_an_answer(at_start, view):
    answer = ask(at_start, KILLED)
    answer.get_by_role("tab", name=view).click()
    panel = answer.get_by_role("tabpanel", name=view)
    expect(panel.locator("table, ol").first).to_be_visible()
    expect(answer.locator(".passages")).to_be_hidden()
    looked_at(at_start, view.lower().replace(" ", "-"))


def test_the_filters(at_start):
    show_filters(at_start)
    at_start.locator("#outlet-kinds input").first.check()
    expect(at_start.locator("[data-do=filters]")).to_have_text("Filters (1)")
    assert faults(at_start) == []
    assert fits(at_start)
    at_start.screenshot(path=SCREENSHOTS / "drawer-375.png")
    at_start.keyboard.press("Escape")
    looked_at(at_start, "filters", [DESKTOP])
    expect(at_start.locator("#outlets input")).to_be_visible()


def test_cleared(at_start):
    ask(at_start, KILLED)
    at_start.get_by_role("button", name="Clear").click()
    expect(at_start.locator(".turn")).to_have_count(0)
    expect(at_start.locator("#start")).to_be_visible()
    expect(at_start.get_by_role("button", name="Undo")).to_be_focused()
    looked_at(at_start, "cleared")
    at_start.get_by_role("button", name="Undo").click()
    expect(at_start.locator(".turn .card").first).to_be_visible()


def test_what_is_unfolded(at_start):
    card = ask(at_start, KILLED).locator(".card").first
    card.locator(".more").click()
    expect(card.locator(".more")).to_have_text("less")
    for summary in card.locator("footer summary").all():
        summary.click()
    looked_at(at_start, "unfolded")


def test_an_empty_index(page, tmp_path, words):
    address = launch(rag.build([tmp_path], index=tmp_path / "index", encoder=words), port=0, wait=False)
    visit(page, f"{address}?__theme=light")
    expect(page.locator("#start")).to_contain_text("The index is empty")
    expect(page.locator("#start [data-do=example]")).to_have_count(0)
    looked_at(page, "empty")
    expect(ask(page, KILLED).locator(".verdict")).to_contain_text(wording.NO_ARTICLES)
