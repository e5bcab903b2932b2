"""What a reader sees first: the question at once, the sentence that answers on the first screen, and nothing jumps."""

import pytest
from playwright.sync_api import expect
from support.page import answered, ask, composer_in_window, scrollers, visit

from rag.web.app import EXAMPLES

KILLED = "How many people were killed at Camp Ashraf?"
# Where the first sentence of the first mark ends.
END_OF_SENTENCE = """mark => {
  const text = mark.firstChild, range = document.createRange();
  const end = /[.!?]["”’)]?(\\s|$)/.exec(text.data);
  range.setStart(text, 0);
  range.setEnd(text, end ? end.index + 1 : text.length);
  return range.getBoundingClientRect().bottom;
}"""
# How long after the key the question is in the page, in milliseconds; then where its heading is in each frame.
WATCH = """() => {
  let pressed = 0;
  const tops = (window.tops = []);
  const waiting = document.querySelectorAll(".turn").length;
  const heading = () => document.querySelectorAll(".turn .question")[waiting];
  document.addEventListener("keydown", () => (pressed = performance.now()), { capture: true, once: true });
  window.echo = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!heading()) return;
      observer.disconnect();
      resolve(performance.now() - pressed);
    });
    observer.observe(document.querySelector("#turns"), { childList: true, subtree: true });
  });
  const note = () => {
    if (tops !== window.tops) return;
    if (heading()) tops.push(heading().getBoundingClientRect().top);
    requestAnimationFrame(note);
  };
  note();
}"""


@pytest.fixture(scope="module", params=[(375, 667), (1280, 800)], ids=str)
def view(request, opened, shown):
    width, height = request.param
    view = opened.new_page(viewport={"width": width, "height": height})
    view.set_default_timeout(60_000)
    visit(view, shown[0])
    yield view
    view.close()


@pytest.mark.parametrize("question", EXAMPLES)
def test_the_first_sentence_that_answers_is_on_the_first_screen(view, question):
    answer = ask(view, question)
    mark = answer.locator("mark").first
    assert mark.bounding_box()["y"] >= 0
    assert mark.evaluate(END_OF_SENTENCE) <= view.locator("#composer").bounding_box()["y"]
    assert composer_in_window(view)
    assert scrollers(view) == []


def test_a_question_is_echoed_at_once_and_stays_where_it_is(view):
    echoes = []
    for _ in range(3):
        before = view.locator(".turn").count()
        view.fill("#question textarea", KILLED)
        view.focus("#question textarea")
        view.evaluate(WATCH)
        view.keyboard.press("Enter")
        echoes.append(view.evaluate("window.echo"))
        expect(answered(view, before).locator(".card").first).to_be_visible()
        view.wait_for_timeout(200)
        tops = view.evaluate("window.tops")
        assert len(tops) > 5
        assert max(tops) - min(tops) <= 1, "the question moves while the answer arrives"
        assert 0 <= tops[-1] < 30, "the question is not at the top of the window"
    assert min(echoes) < 100, "the best of three, since other tests may run at the same time"
    expect(view.locator("#question textarea")).to_be_focused()


def test_what_a_reader_scrolled_to_stays_while_a_chip_is_switched(view):
    ask(view, "In 2009, how many people were said to be living in Camp Ashraf?")
    turn = view.locator(".turn").last
    chip = turn.locator("[data-do=switch]")
    before = chip.bounding_box()["y"]
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(chip).to_be_focused()
    assert abs(chip.bounding_box()["y"] - before) <= 60
    assert composer_in_window(view)
