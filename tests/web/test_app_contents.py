"""The lists of the contents in a real browser: searched and sorted by hand, sent to others, and for every reader."""

import json
from importlib import resources
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from support import WordEncoder

import rag
from rag.web.launch import launch

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
LISTS = (
    "contents", "contents?sort=last&kind=unclassified", "contents?find=moon", "contents?page=2",
    "contents?list=articles", "contents?list=articles&find=day&year=2014&sort=title",
    "contents?outlet=%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1", "contents?list=skipped",
    "contents?page=99", "contents?outlet=" + "Long+" * 30 + "name",
)  # fmt: skip
TARGETS = "main :is(nav a, th a, button, select, input:not([type=hidden]), td a, .ask, .sorted a, .further a)"
RECORDS = [
    {"id": f"{n}", "outlet": f"Post {n % 130:03}", "title": f"Day {n}", "text": f"Ice lay on harbour {n}.",
     "date": f"{2012 + n % 3}-02-{n % 28 + 1:02}"}
    for n in range(260)
] + [
    {"id": "ports", "outlet": "الميناء", "title": "إضراب عمال الموانئ", "text": "أنهى عمال الموانئ إضرابهم."},
    {"id": "ports-2", "outlet": "الميناء", "title": "The strike", "text": "The strike of the port is over."},
    {"id": "long", "outlet": "Long " * 30 + "name", "title": "Unbroken" * 40, "text": "A long title has this text."},
    {"id": "afp", "outlet": "Agence France-Presse", "title": "Élan of the harbour", "text": "The harbour has élan."},
]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contents")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, RECORDS)) + "\n{broken")
    yield launch(rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder()), port=0, wait=False)
    import gradio

    gradio.close_all()


@pytest.fixture
def page(opened):
    context = opened.new_context(viewport={"width": 375, "height": 667})
    context.set_default_timeout(60_000)
    said = []
    context.on("console", lambda message: said.append(message.text))
    yield context.new_page()
    context.close()
    assert [text for text in said if "Content Security Policy" in text] == []


def parameters(page):
    return {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}


def test_an_outlet_is_found_by_keyboard_and_asked_and_the_way_back_works(page, address):
    page.goto(f"{address}contents")
    box = page.get_by_role("searchbox", name="Outlet")
    box.focus()
    page.keyboard.type("afp")
    page.keyboard.press("Enter")
    expect(page.locator("h2.count")).to_have_text("1 of 133 outlets")
    assert parameters(page) == {"find": "afp"}
    expect(box).to_have_value("afp")
    page.get_by_role("link", name="Agence France-Presse").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Agence France-Presse")
    ask = page.get_by_role("link", name="Ask this outlet")
    assert ask.evaluate("a => a.href") == f"{address}?outlet=Agence+France-Presse"
    page.go_back()
    expect(box).to_have_value("afp")
    page.go_back()
    expect(page.locator("h2.count")).to_have_text("133 outlets, page 1 of 2")
    expect(box).to_have_value("")


def test_articles_are_found_sorted_and_paged_and_the_address_can_be_sent_to_others(page, address, opened):
    page.goto(f"{address}contents")
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Articles").click()
    page.get_by_role("searchbox", name="Title or outlet").fill("day post")
    page.get_by_label("Year").select_option("2013")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("h2.count")).to_have_text("87 of 264 articles")
    page.get_by_role("columnheader", name="Date").get_by_role("link").click()
    expect(page.locator("p.sorted")).to_contain_text(
        "“day post” in the title or the outlet; dated in 2013; earliest first"
    )
    expect(page.locator("td time").first).to_have_text("2013-02-01")
    assert page.get_by_role("columnheader", name="Date").get_attribute("aria-sort") == "ascending"
    other = opened.new_page()
    other.goto(page.url)
    assert other.locator("main").inner_text() == page.locator("main").inner_text()
    other.get_by_role("link", name="Show all").click()
    expect(other.locator("h2.count")).to_have_text("264 articles, page 1 of 3")
    other.get_by_role("link", name="Next page").click()
    expect(other.locator("h2.count")).to_have_text("264 articles, page 2 of 3")
    assert parameters(other) == {"list": "articles", "sort": "oldest", "page": "2"}
    other.close()


def test_a_search_within_an_outlet_stays_there(page, address):
    page.goto(f"{address}contents?find=%D9%85%D9%8A%D9%86%D8%A7%D8%A1")
    expect(page.locator("h2.count")).to_have_text("None of 133 outlets")  # the word begins with the article
    page.goto(f"{address}contents?find=%D8%A7%D9%84%D9%85")
    page.get_by_role("link", name="الميناء").click()
    box = page.get_by_role("searchbox", name="Title")
    box.fill("اضراب")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("الميناء")
    expect(page.locator("h2.count")).to_have_text("1 of 2 articles")
    title = page.locator("td .title")
    expect(title).to_have_text("إضراب عمال الموانئ")
    assert title.evaluate("e => getComputedStyle(e).direction") == "rtl"


@pytest.mark.parametrize(
    ("width", "scheme", "lists"), [(320, "light", LISTS[::2]), (375, "dark", LISTS[1::2]), (1280, "light", LISTS[:2])]
)
def test_every_list_is_readable_and_accessible(opened, address, width, scheme, lists):
    page = opened.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for url in lists:
        page.goto(f"{address}{url}")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), url
        page.evaluate(AXE)
        faults = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == [], url
        small = "e => [...document.querySelectorAll(e)].filter(e => e.getBoundingClientRect().height < 24).length"
        assert page.evaluate(small, TARGETS) == 0, url
    page.close()


def test_without_colours_and_with_large_letters_nothing_is_lost(opened, address):
    page = opened.new_page(viewport={"width": 640, "height": 900}, forced_colors="active")
    page.goto(f"{address}contents?sort=name")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for part in ("searchbox", "button"):
        assert page.get_by_role(part).bounding_box()["width"] > 100
    page.close()


def test_a_printed_list_has_no_controls(page, address):
    page.goto(f"{address}contents?list=articles")
    page.emulate_media(media="print")
    expect(page.get_by_role("search")).to_be_hidden()
    expect(page.locator("h2.count")).to_be_visible()
