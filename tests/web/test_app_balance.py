"""The balance of an answer in a real browser: the summary, cautions, facts of outlets, charts on phone and desktop."""

import json
import os
import re
from html import escape

import pytest
from playwright.sync_api import expect
from support import ROOT
from support.page import ask, visit

import rag
from rag.web.launch import launch

EVIL = (
    "</bdi></th><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> "
    "datum.x;warn(1) {{1+1}} ${1+1} <b>Daily</b> دیلی"
)


WIRE = "The mayor of Valsera signed a treaty on fishing rights with the neighbouring republic on Monday morning."
NEWS = f"""
Press TV | 2013-05-14 | The old lighthouse of Valsera was sold to a brewer, the harbour office said.
Press TV | 2016-05-14 | The brewer who bought the lighthouse of Valsera wants to open an inn in it.
Press TV | 2017-05-14 | The inn in the lighthouse of Valsera was sold by the brewer, who bought it first.
Press TV | 2020-05-14 | The lighthouse of Valsera was bought back from the brewer by the harbour office.
Human Rights Watch | 2009-02-01 | Prisoners in Valsera's northern jail have no doctor and little water.
Amnesty | 2011-02-01 | The northern jail of Valsera holds prisoners without a doctor or clean water.
Reuters | 2019-03-04 | {WIRE} Boats may now go as far as the northern bank to fish.
The Guardian | 2019-03-05 | Nets will be full again in autumn, people hope. {WIRE}
Reuters | 2018-06-01 | Valsera's ministry gave the salt workers higher wages after a strike of nine days.
The Guardian | | The wages of Valsera's salt workers rose, and the price of salt rose with them.
<i>{escape(EVIL)}</i> | 1997-01-01 | Salt workers in Valsera asked for higher wages and were refused by the ministry.
"""
ALMANACS = "".join(f"Almanac {i} | 2001-01-01 | Page {i} lists tides and moons.\n" for i in range(12))
SALT = "What happened to the wages of the salt workers in Valsera?"
LIGHTHOUSE = "Who bought the lighthouse of Valsera?"


@pytest.fixture(scope="module")
def address(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("balance")
    for number, line in enumerate((NEWS + ALMANACS).strip().splitlines()):
        outlet, day, text = map(str.strip, line.split("|"))
        record = {"outlet": outlet, "date": day or None, "text": text}
        (folder / f"{number}.jsonl").write_text(json.dumps(record))
    yield launch(rag.build([folder], index=folder / "index", encoder=real), port=0, wait=False).rstrip("/")
    import gradio

    gradio.close_all()


@pytest.fixture
def page(opened, address, request):
    """The app in a window of a given size and theme; everything that it requests must come from the app."""
    width, theme = getattr(request, "param", (1440, "light"))
    made = opened.new_page(viewport={"width": width, "height": 1000})
    requests, faults = [], []
    made.on("request", lambda r: requests.append(r.url))
    made.on("pageerror", lambda e: faults.append(str(e)))
    visit(made, f"{address}/?__theme={theme}")
    yield made
    assert requests
    assert ([url for url in requests if not url.startswith((address, "data:", "blob:"))], faults) == ([], [])
    assert made.title() == "According"
    made.close()


def test_the_first_line_says_what_the_answer_rests_on(page):
    answer = ask(page, SALT)
    expect(answer.locator(".verdict")).to_have_text(
        "3 outlets answer · at least 3 independent sources · 1997 to 2018 · 1 undated"
    )
    expect(answer.locator(".caution")).to_have_count(0)


@pytest.mark.parametrize(
    ("question", "warnings"),
    [
        (
            LIGHTHOUSE,
            [
                "Caution: all passages come from one outlet, Press TV.",
                "Caution: all passages come from state media of Iran, owned or funded by a government.",
            ],
        ),
        (
            "Do the prisoners in Valsera's northern jail have a doctor?",
            ["Caution: all passages come from advocacy groups, which publish to further a cause."],
        ),
        (
            "Who signed a treaty on fishing rights?",
            [
                "Caution: everything here may come from one source: Reuters and The Guardian carry the same text, or "
                "parts of it."
            ],
        ),
    ],
)  # fmt: skip
def test_a_one_sided_answer_says_why(page, question, warnings):
    answer = ask(page, question)
    expect(answer.locator(".caution").first).to_be_visible()
    written = answer.locator(".caution").all_inner_texts()
    assert [text.replace("The Guardian and Reuters", "Reuters and The Guardian") for text in written] == warnings


def test_the_facts_of_an_outlet_unfold_by_keyboard(page):
    card = ask(page, LIGHTHOUSE).locator(".card").first
    expect(card.locator(".known")).to_have_text("broadcaster, state media of Iran")
    details = card.locator("details", has=page.get_by_text("Source details"))
    expect(details.locator("dl")).to_be_hidden()
    card.get_by_role("button", name="Copy quote").focus()
    while not details.locator("summary").evaluate("e => e === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(details.locator("dl")).to_be_visible()
    row = details.locator("dl > div", has=page.get_by_text("State media of", exact=True))
    expect(row.locator("dd")).to_have_text("Iran (statemediamonitor.com, as of 2025-07-07)")
    expect(row.get_by_role("link")).to_have_attribute("href", re.compile("^https://statemediamonitor.com/2025/07/"))
    expect(details.locator("dl > div", has=page.get_by_text("Rating", exact=True)).locator("dd")).to_have_text(
        "unrated"
    )
    page.keyboard.press("Enter")
    expect(details.locator("dl")).to_be_hidden()


def balance_of(answer):
    """Open the tab of the balance, and return what it shows."""
    answer.get_by_role("tab", name="Balance").click()
    balance = answer.locator(".balance")
    expect(balance).to_be_visible()
    expect(answer.locator(".passages")).to_be_hidden()
    return balance


def contrast(page, mark):
    """The contrast of a mark's outline with its background, 1 to 21 (WCAG 2.2)."""
    colours = mark.evaluate(
        """e => {
            let behind = e;
            while (/rgba\\(0, 0, 0, 0\\)|transparent/.test(getComputedStyle(behind).backgroundColor))
              behind = behind.parentElement;
            return [getComputedStyle(e).stroke, getComputedStyle(behind).backgroundColor];
        }"""
    )

    def luminance(colour):
        parts = [int(n) / 255 for n in re.findall(r"\d+", colour)[:3]]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


VIEWS = [(width, theme) for width in (375, 1440) for theme in ("light", "dark")]


@pytest.mark.parametrize("page", VIEWS if "EXAMPLES" in os.environ else VIEWS[::3], indirect=True, ids=str)
def test_the_charts_are_visible_on_phone_and_desktop_in_light_and_dark(page, request):
    balance = balance_of(ask(page, LIGHTHOUSE))
    tables = balance.get_by_role("table")
    expect(tables).to_have_count(3)
    for table, shape in ((tables.first, "rect"), (tables.last, "circle")):
        filled, hollow = (table.locator(f"{shape}.{kind}").first for kind in ("filled", "hollow"))
        for mark in (filled, hollow):
            expect(mark).to_be_visible()
            assert contrast(page, mark) >= 3
        fill = "e => getComputedStyle(e).fill"
        assert filled.evaluate(fill) != hollow.evaluate(fill)
    for mark in (*tables.nth(0).locator("rect").all(), *tables.last.locator("circle").all()):
        box, around = mark.bounding_box(), balance.bounding_box()
        assert around["x"] - 1 <= box["x"]
        assert box["x"] + box["width"] <= around["x"] + around["width"] + 1
    wide = """() => [document.documentElement, ...document.querySelectorAll(".turn, .turn *:not(.unseen)")]
        .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible")
        .map(e => e.outerHTML.slice(0, 200))"""
    assert page.evaluate(wide) == []
    folder = ROOT / "tests" / "screenshots"
    folder.mkdir(exist_ok=True)
    balance.screenshot(path=folder / f"balance-{'-'.join(map(str, request.node.callspec.params['page']))}.png")


def test_a_date_in_the_chart_leads_to_the_card_of_its_passage(page):
    answer = ask(page, LIGHTHOUSE)
    balance_of(answer).get_by_role("table").last.get_by_role("button").last.click()
    focused = answer.locator("article.card:focus")
    expect(focused).to_have_count(1)
    expect(focused).to_be_in_viewport()
    expect(answer.locator(".balance")).to_be_hidden()


def test_a_dot_of_the_line_of_years_leads_to_its_card(page):
    answer = ask(page, LIGHTHOUSE)
    dots = answer.get_by_role("group", name="Who spoke when").get_by_role("button")
    expect(dots.last).to_have_accessible_name("2020-05-14, Press TV")
    dots.last.click()
    expect(answer.locator("article.card:focus time")).to_have_attribute("datetime", "2020-05-14")
    expect(answer.locator("article.card:focus")).to_be_in_viewport()


def test_the_charts_are_tables_and_a_hostile_name_is_text_in_them(page):
    ask(page, SALT)
    ask(page, LIGHTHOUSE)
    first = page.locator(".turn").first
    for answer in page.locator(".turn").all():
        assert balance_of(answer).get_by_role("row").count() > 3
    bars = first.get_by_role("table", name="Articles of each outlet")
    row = bars.get_by_role("row").filter(has=page.get_by_text(EVIL, exact=True))
    expect(row.get_by_role("rowheader")).to_have_text(EVIL)
    expect(row.get_by_role("cell").last).to_have_text("1 of 1")
    times = first.get_by_role("table", name="Passages that match nearly as well")
    row = times.get_by_role("row").filter(has=page.get_by_text(EVIL, exact=True))
    expect(row.get_by_role("rowheader")).to_have_text(EVIL)
    expect(row.get_by_role("cell")).to_contain_text("1997-01-01")
    expect(row.get_by_role("img", name="shown", exact=True)).to_have_count(1)
    assert page.locator(".according img, .according script, .according b").count() == 0
