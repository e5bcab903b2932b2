"""From an answer to the whole article, in a real browser: the marked sentence is in view, in every width and scheme."""

import json
from html import escape

import pytest
from playwright.sync_api import expect
from support import ROOT
from support.page import ask, fits, visit

import rag
from rag.web.launch import launch

SCREENSHOTS = ROOT / "tests" / "screenshots"
QUESTION = "Why did the divers refuse to go down to the wreck?"
ANSWER = "The divers refused to go down to the wreck because its cargo of lime had begun to burn."
FILLER = [
    f"On day {n} of the salvage the crew measured the tide at the northern mole, wrote it down and waited for the ebb."
    for n in range(1, 60)
]
WRECK = {
    "id": "wreck/of the Ottilie?",
    "title": "The wreck of the Ottilie",
    "outlet": "The Delta Herald",
    "host": "mirror.example",
    "authors": ["Jane Roe"],
    "date": "2016-02-03",
    "url": f"https://delta-herald.example/{'very-long-' * 12}address",
    "text": "\n\n".join([*FILLER[:40], f"{FILLER[40]} {ANSWER} {FILLER[41]}", *FILLER[42:]]),
}
PORTS = {
    "id": "ports",
    "title": "إضراب عمال الموانئ",
    "outlet": "الميناء",
    "text": "أنهى عمال الموانئ إضرابهم يوم الثلاثاء.\n\nقالت النقابة إن الأجور سترتفع بنسبة أربعة في المئة.",
}
EVIL = (
    "</title><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "<style>*{display:none}</style>"
)
HOSTILE = {name: f"<p>{escape(EVIL)}</p>" for name in ("title", "outlet", "text")} | {"id": EVIL}


@pytest.fixture(scope="module")
def address(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, (WRECK, PORTS, HOSTILE))) + "\n{broken")
    yield launch(rag.build([folder / "n.jsonl"], index=folder / "index", encoder=real), port=0, wait=False)
    import gradio

    gradio.close_all()


@pytest.fixture(params=[(375, "light"), (1440, "dark")], ids=str)
def page(request, opened):
    """A page of the browser; the test fails if anything is loaded from elsewhere or forbidden by a policy."""
    width, scheme = request.param
    context = opened.new_context(viewport={"width": width, "height": 812}, color_scheme=scheme)
    context.set_default_timeout(60_000)
    said, asked = [], []
    context.on("console", lambda message: said.append(message.text))
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.label = f"{width}-{scheme}"
    yield page
    context.close()
    assert [text for text in said if "Content Security Policy" in text] == []
    assert [url for url in asked if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))] == []


def shot(page, name):
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{page.label}.png")


def test_a_card_leads_to_the_marked_sentence_in_its_article(page, address):
    visit(page, address)
    card = ask(page, QUESTION).locator(".card").first
    expect(card.locator("mark")).to_contain_text(ANSWER)
    with page.context.expect_page() as opened:
        card.get_by_role("link", name="Read in context").click()
    article = opened.value
    article.label = page.label
    expect(article.locator("mark").first).to_be_in_viewport(ratio=1)
    expect(article.locator("h1")).to_have_text(WRECK["title"])
    assert "\n\n".join(article.locator(".passage").all_text_contents()) == card.locator("blockquote").text_content()
    assert article.locator("mark").all_text_contents() == card.locator("mark").all_text_contents()
    assert article.evaluate("window.scrollY") > 500
    assert fits(article)
    assert article.title() == "The wreck of the Ottilie, The Delta Herald – According"
    shot(article, "passage")
    article.get_by_role("link", name="Ask the press").click()
    expect(article.locator("#question")).to_be_visible()


def test_an_article_page_begins_with_its_source(page, address):
    page.goto(f"{address}article/wreck%2Fof%20the%20Ottilie%3F")
    expect(page.locator(".source")).to_contain_text("According to The Delta Herald, via mirror.example")
    assert fits(page)
    shot(page, "article")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    assert page.locator(".skip").bounding_box()["x"] >= 0
    shot(page, "skip")


def test_the_contents_of_the_index_are_a_click_away_and_an_article_two_more(page, address):
    visit(page, address)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="What the index holds").click()
    page = opened.value
    expect(page.get_by_role("heading", level=1)).to_have_text("Contents of the index")
    assert fits(page)
    page.get_by_role("link", name="The Delta Herald").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The Delta Herald")
    assert fits(page)
    page.get_by_role("link", name="The wreck of the Ottilie").click()
    expect(page.locator("h1")).to_have_text(WRECK["title"])


def test_the_contents_are_readable(page, address):
    page.goto(f"{address}contents?list=skipped")
    page.locator("summary").click()
    shot(page, "skipped")
    assert fits(page)
    page.goto(f"{address}contents")
    shot(page, "contents")
    assert fits(page)


def test_right_to_left_text_is_set_right_to_left(page, address):
    page.goto(f"{address}article/ports")
    sides = page.evaluate("[...document.querySelectorAll('h1, .text p')].map(e => getComputedStyle(e).direction)")
    assert sides == ["rtl", "rtl", "rtl"]
    shot(page, "right-to-left")
    assert fits(page)


def test_a_hostile_article_is_text_in_the_browser(page, address):
    page.goto(f"{address}contents")
    page.get_by_role("link", name="owned").click()
    page.get_by_role("link", name="owned").click()
    expect(page.locator("h1")).to_have_text(EVIL)
    expect(page.locator(".text p")).to_have_text(EVIL)
    assert page.title() == f"{EVIL}, {EVIL} – According"
    assert page.locator("script, img").count() == 0
    assert fits(page)


def test_an_article_is_printed_without_navigation(page, address):
    page.goto(f"{address}article/ports")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator(".text p").first).to_be_visible()
