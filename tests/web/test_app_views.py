"""The tabs of an answer in a real browser: side by side, the timeline, at any width, the dossier."""

import json

import pytest
from playwright.sync_api import expect
from support import WordEncoder
from support.page import ask, faults, fits, visit

import rag
from rag.web.launch import launch

STORY = (
    "The ferry sank off the northern coast on 3 May 2018 with {} people on board. Divers looked for the wreck until "
    "the evening, and the harbour master said that nobody had heard the alarm. The owner of the ferry, who lives in "
    "the capital, was not to be reached by telephone on Monday."
)
RECORDS = [
    {"id": "first", "outlet": "Kayhan", "date": "2018-05-04", "text": STORY.format("eleven")},
    {"id": "altered", "outlet": "Press TV", "date": "2018-05-06", "host": "m.example", "text": STORY.format("twelve")},
    {
        "id": "persian",
        "outlet": "ایرنا",
        "date": "2015-01-05",
        "text": "کشتی در ساحل شمالی غرق شد (ferry sank off the northern coast).",
    },
    {"id": "own", "outlet": "BBC News", "date": "2019-01-02", "text": "No ferry sank off any coast, the mayor says."},
    {"id": "silent", "outlet": "Harbour Voice", "text": "Apples were sold at a low price in the market square."},
]
QUESTION = "Why did the ferry sink off the northern coast?"
WIDTHS = (320, 1280)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("views")
    (folder / "news.json").write_text(json.dumps(RECORDS))
    library = rag.build([folder / "news.json"], index=folder / "index", encoder=WordEncoder())
    yield launch(library, port=0, wait=False)
    import gradio

    gradio.close_all()


@pytest.fixture
def opened_tab(page, address):
    """A function that asks, and opens a tab of the answer."""

    def opens(name, width=1280):
        page.set_viewport_size({"width": width, "height": 800})
        visit(page, address)
        turn = ask(page, QUESTION)
        turn.get_by_role("tab", name=name).click()
        shown = turn.get_by_role("tabpanel", name=name).locator("> .according")
        expect(shown).to_be_visible()
        return shown

    return opens


@pytest.mark.parametrize("width", WIDTHS)
def test_outlets_are_side_by_side_in_a_table_at_any_width(page, opened_tab, width):
    shown = opened_tab("Side by side", width)
    expect(shown.get_by_role("columnheader")).to_have_text(["Outlet", "Date", "Says"])
    names = shown.locator("[scope=row] strong")
    expect(names).to_have_text(["Kayhan", "Press TV", "BBC News", "ایرنا"])
    copy = shown.get_by_role("row").filter(has_text="Press TV")
    expect(copy.get_by_role("cell")).to_have_count(2)
    expect(copy).to_contain_text("Nearly as in Kayhan")
    expect(copy.locator("del")).to_have_text("removed: eleven")
    expect(copy.locator("ins")).to_have_text("added: twelve")
    expect(shown.locator("details li")).not_to_be_visible()
    shown.get_by_text("No close match: 1 outlet").click()
    expect(shown.locator("details li")).to_have_text("Harbour Voice (1)")
    assert fits(page)
    stacked = names.first.bounding_box()["y"] < shown.locator("td.when").first.bounding_box()["y"]
    assert stacked == (width < 640)
    persian = shown.locator(".quoted", has_text="کشتی")
    assert persian.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert faults(page) == []


def test_a_button_sorts_and_the_sentence_leads_to_its_article(page, opened_tab):
    shown = opened_tab("Side by side")
    shown.get_by_role("button", name="Newest").click()
    expect(shown.get_by_role("button", name="Newest")).to_have_attribute("aria-pressed", "true")
    expect(shown.locator("[scope=row] strong")).to_have_text(["BBC News", "Kayhan", "Press TV", "ایرنا"])
    with page.context.expect_page() as found:
        shown.get_by_role("link", name="No ferry sank off any coast").click()
    expect(found.value.locator("mark")).to_have_text("No ferry sank off any coast, the mayor says.")
    found.value.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_timeline_has_years_and_whose_date_it_is(page, opened_tab, width):
    shown = opened_tab("Timeline", width)
    expect(shown.get_by_role("heading")).to_have_text(["2015", "2018", "2019"])
    expect(shown.locator("li", has_text="3 May 2018")).to_contain_text("stated: “3 May 2018”")
    expect(shown.locator("li", has_text="2 January 2019")).to_contain_text("date of the article")
    assert fits(page)
    assert faults(page) == []


def test_the_dossier_is_downloaded(page, opened_tab, tmp_path):
    opened_tab("Timeline")
    with page.expect_download() as found:
        page.get_by_role("link", name="Dossier as Markdown").click()
    assert found.value.suggested_filename == "according-dossier.md"
    found.value.save_as(tmp_path / "dossier.md")
    assert (tmp_path / "dossier.md").read_text("utf-8").startswith(f"# {QUESTION}")
