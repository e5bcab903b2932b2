"""Citations in a real browser: a file that is downloaded or copied holds exactly the words shown, and no markup."""

import datetime as dt
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import bibtexparser
import pytest
from playwright.sync_api import expect
from support import HARBOUR
from support.hostile import EVIL
from support.page import ask, fits, visit

import rag
from rag.answer.export import FORMS
from rag.web.launch import launch

SALT = {
    "id": "a/b ?c#\"'<img>",
    "outlet": "<b>Daily</b> & }, @comment{",
    "title": "}} @article{owned, title = {x}}",
    "authors": ["Jane Roe"],
    "date": "2020-02-01",
    "url": "javascript:alert(1)",
    "text": f"{EVIL} @comment{{ }} \\input{{x}}",
}
RECORDS = [HARBOUR | {"host": "mirror.example", "kind": "digest"}, SALT]
STRIKE = "By how much will the dock workers' wages rise?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def library(folder, real):
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, RECORDS)))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=real)


@pytest.fixture(scope="module")
def address(library):
    yield launch(library, port=0, wait=False)
    import gradio

    gradio.close_all()


def downloaded(page, link):
    """What a click downloads: the file's name and its text."""
    with page.expect_download() as download:
        link.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes().decode()


def pasted(page):
    return page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n")


def unfold(answer):
    card = answer.locator(".card").first
    card.get_by_text("Cite", exact=True).click()
    return card


def test_the_files_of_a_card_have_its_exact_quotation(page, address, library):
    visit(page, address)
    card = unfold(ask(page, STRIKE))
    (shown,) = library.ask(STRIKE).passages
    texts = {}
    for kind, form in FORMS.items():
        name, text = downloaded(page, card.get_by_role("link", name=form.label))
        assert re.fullmatch(rf"theguardian2013-[0-9a-f]{{32}}\{form.suffix}", name)
        assert text == form.write(shown, dt.date.today(), library.catalogue)
        texts[kind] = text
    (item,) = json.loads(texts["csl-json"])
    assert item["abstract"] == card.locator("mark").text_content()
    assert (item["source"], item["genre"]) == ("mirror.example", "digest")
    assert page.url.split("?")[0] == address


def test_a_citation_is_copied_onto_the_clipboard(page, address, library):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    visit(page, address)
    card = unfold(ask(page, STRIKE))
    (shown,) = library.ask(STRIKE).passages
    for form, button in zip(FORMS.values(), card.locator(".cite").get_by_role("button").all(), strict=True):
        expect(button).to_have_accessible_name(f"Copy as {form.label}")
        button.click()
        expect(button).to_have_text("Copied")
        assert pasted(page) == form.write(shown, dt.date.today(), library.catalogue).replace("\r\n", "\n")
    page.route("**/cite/**", lambda route: route.abort())
    button.click()
    expect(button).to_have_text("Cannot copy")
    page.unroute("**/cite/**")


def test_the_files_of_a_hostile_article_are_text(page, address, library):
    visit(page, address)
    answer = ask(page, "What did the minister say about taxes on salt?")
    card = answer.locator(".card", has_text="Daily")
    card.get_by_text("Cite", exact=True).click()
    stored = library.article(SALT["id"])
    texts = {form: downloaded(page, card.get_by_role("link", name=FORMS[form].label))[1] for form in FORMS}
    (item,) = json.loads(texts["csl-json"])
    assert item["abstract"] in stored.text
    assert item["container-title"] == stored.outlet
    assert "URL" not in item
    read = bibtexparser.parse_string(texts["bibtex"])
    assert (len(read.entries), read.comments, read.failed_blocks) == (1, [], [])
    assert "url" not in read.entries[0].fields_dict
    assert "<img" not in re.sub(r"\\<", "", texts["markdown"])
    assert "](" not in texts["markdown"]
    assert page.title() == "According"


def test_each_answer_can_be_downloaded_whole(page, address, library):
    visit(page, address)
    turns = [(question, ask(page, question)) for question in (STRIKE, "What did the minister say about taxes on salt?")]
    for question, turn in turns:
        answer = library.ask(question)
        for form in FORMS.values():
            expected = form.write(answer, dt.date.today(), library.catalogue)
            name, text = downloaded(page, turn.locator(".tools").get_by_role("link", name=form.label, exact=True))
            assert (name, text) == (f"according{form.suffix}", expected)
    expect(ask(page, "How do I bake sourdough bread?").locator("a[download]")).to_have_count(0)


SOURCE = "digest of The Guardian, via mirror.example, 14 May 2013 (published), “Harbour strike ends”, {}"
MARKED = "The union said wages would rise by four percent.\n\nThe port authority had refused any rise for two years."


def test_a_quote_is_copied_as_plain_text_with_its_source(page, address):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    visit(page, address)
    card = ask(page, STRIKE).locator(".card").first
    button = card.locator("[data-do=copy]").first
    button.click()
    expect(button).to_have_text("Copied")
    source = SOURCE.format(HARBOUR["url"])
    assert pasted(page) == f"“{MARKED}”\n{source}\n"
    expect(button).to_have_text("Copy quote")
    card.locator(".more").click()
    button.click()
    expect(button).to_have_text("Copied")
    assert pasted(page) == f"“Dock workers ended their strike on Tuesday. *{MARKED}*”\n{source}, emphasis added\n"


@pytest.mark.parametrize("width", [375, 1440])
def test_nothing_overflows(page, address, width):
    page.set_viewport_size({"width": width, "height": 900})
    visit(page, address)
    answer = ask(page, STRIKE)
    card = unfold(answer)
    assert fits(page)
    parts = [*card.locator(".cite a, .cite button").all(), *answer.locator(".tools :is(a, button)").all()]
    assert len(parts) >= 10
    for part in parts:
        box = part.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_citation_that_does_not_exist_is_refused_in_words(address):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}cite/harbour?at=0-43&quote=0-44&as=bibtex")
    assert refused.value.code == 404
    assert "No stored version of this article has these words" in refused.value.read().decode()
    assert refused.value.headers["Content-Type"].startswith("text/plain")
