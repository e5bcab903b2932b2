"""What a stranger wants of the app, as scripts of clicks, each in fewer than eight: typing, a click, a key is one."""

import json
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

import rag
from rag.web.launch import launch

MAX_ACTIONS = 7
OWN = {
    "id": "mill", "outlet": "The Mill Post", "date": "2020-05-06", "title": "Owls at the mill",
    "text": "Two owls nested in the old mill at Grindale in May. The miller, Ann Wheeler, counted five eggs.",
}  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory, real, demonstration):
    index = demonstration(tmp_path_factory.mktemp("tasks") / "index")
    library = rag.open(index, encoder=real)
    yield launch(library, port=0, wait=False, allow_add=True, examples=["How many people were killed at Camp Ashraf?"])
    import gradio

    gradio.close_all()


@pytest.fixture
def stranger(opened, address):
    context = opened.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    stranger = Stranger(context.new_page(), address)
    yield stranger
    context.close()
    assert 0 < stranger.actions <= MAX_ACTIONS


class Stranger:
    """Someone at the app, whose actions are counted; to look is none."""

    def __init__(self, page, address):
        page.set_default_timeout(60_000)
        self.page, self.address, self.actions = page, address, 0
        page.goto(address)
        expect(page.locator("body.begun #question textarea")).to_be_visible()

    @property
    def turn(self):
        """The last answer."""
        return self.page.locator("#turns .turn:not(.pending)").last

    def asks(self, question):
        before = self.page.locator("#turns .turn").count()
        self.types("#question textarea", question)
        self.presses("Enter")
        expect(self.page.locator("#turns .turn:not(.pending)")).to_have_count(before + 1)

    def types(self, selector, words):
        self.actions += 1
        self.page.fill(selector, words)

    def presses(self, key):
        self.actions += 1
        self.page.keyboard.press(key)

    def clicks(self, what):
        self.actions += 1
        what.click()

    def tab(self, name):
        self.clicks(self.turn.get_by_role("tab", name=name))
        expect(self.turn.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")

    def copied(self):
        return self.page.evaluate("navigator.clipboard.readText()")

    @contextmanager
    def opens(self):
        """Another page that an action opens."""
        found = []
        with self.page.context.expect_page() as opened:
            yield found
        opened.value.wait_for_load_state()
        found.append(opened.value)


def test_find_out_who_first_reported_the_deaths_of_september_2013_and_cite_it(stranger):
    stranger.asks("Who reported the deaths at Camp Ashraf in September 2013?")
    stranger.clicks(stranger.page.get_by_label("the oldest"))
    stranger.types("#after input", "2013-09-01")
    stranger.clicks(stranger.page.get_by_role("button", name="Ask again with these filters"))
    card = stranger.turn.locator(".card").first
    expect(card.locator("header")).to_contain_text("The Guardian")
    expect(card.locator("time")).to_have_attribute("datetime", "2013-09-01")
    stranger.clicks(card.get_by_text("Cite", exact=True))
    stranger.clicks(card.get_by_role("button", name="Copy as BibTeX"))
    expect(stranger.page.locator("#announced")).to_have_text("Copied")
    assert "journal = {The Guardian}" in stranger.copied()


def test_see_which_outlet_gives_which_number_of_deaths_and_where_it_says_so(stranger):
    stranger.clicks(stranger.page.get_by_role("button", name="How many people were killed at Camp Ashraf?"))
    figures = stranger.turn.locator(".figures")
    expect(figures).to_contain_text("44 (The Guardian)")
    with stranger.opens() as found:
        stranger.clicks(figures.get_by_role("link", name="The Guardian"))
    expect(found[0].locator("mark")).to_have_text("44")


def test_hear_one_outlet_alone_and_then_all_again(stranger):
    stranger.asks("According to Reuters, what happened at Camp Ashraf?")
    expect(stranger.turn.locator(".card header strong").first).to_have_text("Reuters")
    stranger.clicks(stranger.turn.get_by_role("button", name="Only Reuters"))
    expect(stranger.turn.locator(".chips .chip").first).to_have_attribute("aria-pressed", "false")
    names = stranger.turn.locator(".card header strong").all_inner_texts()
    assert len(set(names)) > 1


def test_leave_out_a_kind_of_outlets(stranger):
    stranger.asks("Is the MEK a cult?")
    stranger.clicks(stranger.page.locator("#outlet-kinds").get_by_text("newspaper ("))
    stranger.clicks(stranger.page.get_by_role("button", name="Ask again with these filters"))
    expect(stranger.page.get_by_role("button", name="Remove: only newspaper")).to_be_visible()
    expect(stranger.turn.locator(".card .known").first).to_contain_text("newspaper")
    assert {kind.split(",")[0] for kind in stranger.turn.locator(".card .known").all_inner_texts()} == {"newspaper"}


def test_ask_further_without_saying_all_again(stranger):
    stranger.asks("How many people were killed at Camp Ashraf in 2009?")
    stranger.asks("and in 2013?")
    expect(stranger.turn.locator(".searched")).to_contain_text("How many people were killed at Camp Ashraf")
    expect(stranger.turn.locator(".card time").first).to_have_attribute("datetime", "2013-09-01")


def test_send_an_answer_to_a_friend(stranger):
    stranger.asks("Who was behind Heshmat Alavi?")
    quoted = stranger.turn.locator("mark").first.inner_text()
    stranger.clicks(stranger.turn.get_by_role("button", name="Copy link"))
    expect(stranger.page.locator("#announced")).to_have_text("Copied")
    friend = stranger.page.context.new_page()
    friend.goto(stranger.copied())
    expect(friend.locator("#turns mark").first).to_have_text(quoted)


def test_find_an_outlet_in_the_index_and_ask_it_alone(stranger):
    with stranger.opens() as found:
        stranger.clicks(stranger.page.get_by_role("link", name="What the index holds"))
    (contents,) = found
    box = contents.get_by_role("searchbox").first
    box.fill("kayhan")
    box.press("Enter")
    contents.get_by_role("link", name="Kayhan").first.click()
    contents.get_by_role("link", name="Ask").last.click()
    stranger.actions += 4
    stranger.page = contents
    expect(contents.get_by_role("button", name="Remove: Kayhan")).to_be_visible()
    stranger.asks("Who bombed the prosecutor's office in Tehran?")
    expect(stranger.turn.locator(".card header strong").first).to_have_text("Kayhan")
    assert {*stranger.turn.locator(".card header strong").all_inner_texts()} == {"Kayhan"}


def test_read_on_around_a_quotation(stranger):
    stranger.asks("Who was behind Heshmat Alavi?")
    card = stranger.turn.locator(".card").first
    with stranger.opens() as found:
        stranger.clicks(card.get_by_role("link", name="Read in context"))
    expect(found[0].locator("mark")).to_have_text(card.locator("mark").inner_text())


def test_weigh_the_sources_against_each_other(stranger):
    stranger.asks("Is the MEK a cult?")
    stranger.tab("Side by side")
    table = stranger.turn.get_by_role("table")
    expect(table.first).to_be_visible()
    stranger.clicks(stranger.turn.get_by_role("button", name="Oldest"))
    expect(stranger.turn.get_by_role("button", name="Oldest")).to_have_attribute("aria-pressed", "true")
    years = [day.split()[2] for day in table.first.locator("td.when").all_inner_texts() if "undated" not in day]
    assert len(years) > 3
    assert years == sorted(years)


def test_take_a_dossier_along_that_can_be_verified(stranger, tmp_path):
    stranger.asks("Who bombed the prosecutor's office in Tehran?")
    with stranger.page.expect_download() as download:
        stranger.clicks(stranger.turn.get_by_role("link", name="Dossier as HTML"))
    download.value.save_as(tmp_path / "dossier.html")
    assert "Who bombed the prosecutor&#39;s office in Tehran?" in (tmp_path / "dossier.html").read_text("utf-8")


def test_add_a_file_and_ask_about_it(stranger, tmp_path):
    (tmp_path / "mill.jsonl").write_text(json.dumps(OWN), "utf-8")
    stranger.clicks(stranger.page.get_by_role("button", name="Add your own files"))
    stranger.actions += 1
    stranger.page.set_input_files("#files input", tmp_path / "mill.jsonl")
    stranger.clicks(stranger.page.locator("#add-files"))
    expect(stranger.page.get_by_text("1 article added").first).to_be_visible()
    stranger.asks("How many eggs did Ann Wheeler count?")
    expect(stranger.turn.locator("mark").first).to_contain_text("counted five eggs")


def test_on_a_phone_ask_only_about_later_years(stranger):
    stranger.page.set_viewport_size({"width": 375, "height": 667})
    filters = stranger.page.get_by_role("button", name="Filters")
    stranger.clicks(filters)
    expect(filters).to_have_attribute("aria-expanded", "true")
    stranger.types("#after input", "2015-01-01")
    stranger.presses("Escape")
    stranger.asks("Where do the members live in Albania?")
    expect(stranger.page.get_by_role("button", name="Remove: from 2015-01-01")).to_be_visible()
    dates = stranger.turn.locator(".card time").all()
    assert {time.get_attribute("datetime") >= "2015" for time in dates} == {True}
