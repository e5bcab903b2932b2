"""The app on paper, enlarged, in forced colours, without motion, and with text from right to left."""

import json

import gradio
import pytest
from playwright.sync_api import expect
from pypdf import PdfReader
from support import HARBOUR, ROOT
from support.page import answered, ask, composer_in_window, faults, fits, in_size, scrollers, visit

import rag
from rag.web.launch import launch

KILLED = "How many people were killed at Camp Ashraf?"
SCREENSHOTS = ROOT / "tests" / "screenshots"
PERSIAN = {
    "id": "persian",
    "outlet": "روزنامه بندر",
    "title": "اعتصاب ماهیگیران",
    "date": "2019-03-04",
    "text": "ماهیگیران بندر یک هفته اعتصاب کردند. رئیس اتحادیه گفت قیمت سوخت بالا رفته است. آخرین قایق شب برگشت.",
}
ARABIC = {
    "id": "arabic",
    "outlet": "صحيفة الميناء",
    "title": "إضراب الصيادين",
    "date": "2018-03-04",
    "text": "أعلن الصيادون في طرابلس إضرابا لمدة أسبوع. قال رئيس النقابة إن سعر الوقود ارتفع. عاد القارب الأخير مساء.",
}
MIXED = {
    "id": "mixed",
    "outlet": "Kayhan کیهان",
    "title": "Harbour strike: اعتصاب بندر",
    "date": "2017-03-04",
    "text": "The word اعتصاب was painted on the harbour wall by men of the night watch in 2017. It was gone at dawn.",
}


@pytest.fixture(autouse=True)
def _pictures():
    SCREENSHOTS.mkdir(exist_ok=True)


# On paper


def test_the_whole_answer_is_printed_with_its_sources_and_without_controls(opened, shown, tmp_path):
    page = opened.new_page(viewport={"width": 1280, "height": 800})
    visit(page, shown[0])
    answer = ask(page, KILLED)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(answer.locator(".question")).to_be_visible()
    controls = page.locator("#composer, #sidebar, #top, #start, .turn button, .turn .tools a")
    assert [each for each in controls.all() if each.is_visible()] == []
    cards = answer.locator(".card")
    assert cards.count() == 5
    for card in cards.all():
        for part in (".when", "header strong", ".title", "mark", "dl"):
            expect(card.locator(part).first).to_be_visible()
        shown_text = card.locator("blockquote").evaluate("e => e.innerText.replace(/\\s+/g, ' ').trim()")
        whole = card.locator("blockquote").evaluate("e => e.textContent.replace(/\\s+/g, ' ').trim()")
        assert shown_text == whole, "nothing of the passage is folded"
        assert card.locator("blockquote .after").evaluate_all(
            "all => all.every(e => e.scrollHeight <= e.clientHeight + 1)"
        )
    page.screenshot(path=SCREENSHOTS / "print.png", full_page=True)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media=None)
    assert answer.locator("details[open]").count() == 0
    file = SCREENSHOTS / "print.pdf"
    page.pdf(path=file, format="A4")
    text = " ".join(_pages(file))
    for part in ("How many people were killed", "The Guardian", "1 September 2013", "theguardian.com"):
        assert part in text
    for control in ("Ask the index", "Filters", "Copy quote", "Copy link", "Forget them", "Read in context"):
        assert control not in text
    page.close()


def _pages(file):
    return [" ".join(page.extract_text().split()) for page in PdfReader(file).pages]


# Enlarged, with forced colours, without motion


@pytest.mark.parametrize(("zoom", "size"), [(200, (640, 400)), (400, (320, 200))], ids=str)
def test_enlarged_all_is_reachable_without_scrolling_sideways(opened, shown, zoom, size):
    """A window of 1280 by 800, enlarged."""
    page = opened.new_page(viewport=dict(zip(("width", "height"), size, strict=True)), device_scale_factor=zoom / 100)
    visit(page, shown[0])
    answer = ask(page, KILLED)
    assert fits(page)
    assert composer_in_window(page)
    assert scrollers(page) == []
    page.screenshot(path=SCREENSHOTS / f"zoom-{zoom}.png")
    assert page.locator("#composer").bounding_box()["height"] <= size[1] / 2, "half of the window is for the answer"
    answer.get_by_role("button", name="Copy link").focus()
    box = answer.get_by_role("button", name="Copy link").bounding_box()
    assert box["y"] + box["height"] <= page.locator("#composer").bounding_box()["y"] + 1, "hidden below the composer"
    page.close()


def test_forced_colours_keep_marks_tabs_and_borders(opened, shown):
    page = opened.new_page(viewport={"width": 1280, "height": 800}, forced_colors="active")
    visit(page, shown[0])
    answer = ask(page, KILLED)
    page.screenshot(path=SCREENSHOTS / "forced-colours.png")
    colours = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e.closest('.card')).backgroundColor]"
    mark, card = answer.locator("mark").first.evaluate(colours)
    assert mark != card
    chosen, other = (
        answer.locator(f"[role=tab][aria-selected={on}]").first.evaluate("e => getComputedStyle(e).borderBottomColor")
        for on in ("true", "false")
    )
    assert chosen != other
    assert other == page.evaluate("getComputedStyle(document.body).backgroundColor"), "another tab is underlined"
    assert faults(page) == []
    page.close()


def test_nothing_moves_for_those_who_prefer_that(opened, shown):
    page = opened.new_page(reduced_motion="reduce")
    visit(page, shown[0])
    ask(page, KILLED)
    moving = page.evaluate(
        """() => [...document.querySelectorAll("body, body *")].filter(e => {
          const style = getComputedStyle(e);
          return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0
            || style.scrollBehavior === "smooth";
        }).map(e => e.outerHTML.slice(0, 100))"""
    )
    assert moving == []
    page.close()


# From right to left


@pytest.fixture(scope="module")
def right_to_left(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("rtl")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, (PERSIAN, ARABIC, MIXED, HARBOUR))))
    yield launch(rag.build([folder / "n.jsonl"], index=folder / "index", encoder=real), port=0, wait=False)
    gradio.close_all()


@pytest.mark.parametrize(
    ("article", "question"),
    [(PERSIAN, "رئیس اتحادیه درباره قیمت سوخت چه گفت؟"), (ARABIC, "قال رئيس النقابة إن سعر الوقود ارتفع")],
    ids=["Persian", "Arabic"],
)
def test_a_card_follows_the_direction_of_its_text(opened, right_to_left, article, question):
    page = opened.new_page(viewport={"width": 375, "height": 667})
    visit(page, right_to_left)
    answer = ask(page, question)
    card = answer.locator(".card").filter(has_text=article["title"])
    expect(card.locator("blockquote")).to_be_visible()
    for part in ("blockquote", "cite bdi", "header strong bdi"):
        style = card.locator(part).evaluate("e => [getComputedStyle(e).direction, getComputedStyle(e).textAlign]")
        assert style == ["rtl", "start"], part
    quote, mark = card.locator("blockquote").bounding_box(), card.locator("mark").bounding_box()
    assert abs(mark["x"] + mark["width"] - quote["x"] - quote["width"]) < 30, "the mark begins on the right"
    heading = answer.locator(".question bdi")
    assert heading.evaluate("e => getComputedStyle(e).direction") == "rtl"
    page.screenshot(path=SCREENSHOTS / f"rtl-{article['id']}.png")
    in_size(page, 1280, 800, "dark")
    assert faults(page) == []
    assert fits(page)
    page.screenshot(path=SCREENSHOTS / f"rtl-{article['id']}-1280.png")
    page.close()


def test_words_of_both_directions_keep_their_order(opened, right_to_left):
    page = opened.new_page(viewport={"width": 375, "height": 667})
    visit(page, right_to_left)
    answer = ask(page, "What was painted on the harbour wall by men of the night watch?")
    card = answer.locator(".card").filter(has_text="Kayhan")
    assert card.locator("blockquote").text_content() == MIXED["text"]
    assert card.locator("blockquote").evaluate("e => getComputedStyle(e).direction") == "ltr"
    expect(card.locator("header strong")).to_have_text(MIXED["outlet"])
    name, date = card.locator("header strong").bounding_box(), card.locator(".when").bounding_box()
    assert (name["y"], name["x"]) < (date["y"], date["x"]), "the outlet, then the date, whatever the letters"
    page.screenshot(path=SCREENSHOTS / "rtl-mixed.png")
    page.close()


def test_a_question_from_right_to_left_is_typed_and_kept_so(opened, right_to_left):
    page = opened.new_page(viewport={"width": 1280, "height": 800})
    visit(page, right_to_left)
    box = page.locator("#question textarea")
    box.fill("قیمت سوخت؟")
    assert box.evaluate("e => [getComputedStyle(e).unicodeBidi, getComputedStyle(e).textAlign]") == [
        "plaintext",
        "start",
    ]
    page.screenshot(path=SCREENSHOTS / "rtl-box.png")
    box.press("Enter")
    answered(page, 0)
    for part in ("#chips .chip bdi", "#earlier a bdi"):
        assert page.locator(part).first.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate", part
    page.close()
