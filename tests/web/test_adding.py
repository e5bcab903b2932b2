"""In the browser: files that a reader adds, each with a bar, a state and an outcome, whatever goes wrong."""

import json
import os
import re
import threading
from contextlib import contextmanager
from importlib import resources

import gradio
import pytest
from playwright.sync_api import expect
from support import HARBOUR, WordEncoder
from support.page import ask, show_filters, visit
from support.waiting import comes

import rag
from rag.errors import BusyError
from rag.web.launch import launch

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
OWL = {"id": "owl", "outlet": "The Mill", "text": "Owls were seen at the mill on Monday by two men of the watch."}
UPLOAD = "**/gradio_api/upload"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adding")
    (folder / "n.jsonl").write_text(json.dumps(HARBOUR))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder())


@pytest.fixture(scope="module")
def address(library):
    yield launch(library, port=0, wait=False, allow_add=True)
    gradio.close_all()


@contextmanager
def opened_at(opened, address, **options):
    """The page of a reader whose browser is like no other's, with the part for adding files unfolded."""
    with opened.new_context(**options) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield unfolded(page, address)


def unfolded(page, address):
    visit(page, address)
    show_filters(page)
    page.get_by_role("button", name="Add your own files").click()
    expect(choice(page)).to_be_attached()
    return page


@pytest.fixture
def reader(opened, address):
    with opened_at(opened, address, viewport={"width": 320, "height": 700}) as page:
        yield page


def choice(page):
    return page.get_by_label("Choose files, or drop them here")


def sent(page, name=""):
    return page.locator("#files li", has_text=name)


def became(page, name=""):
    return page.locator("#added .outcomes > li", has_text=name)


def add(page):
    page.get_by_role("button", name="Add to the index").click()


@pytest.fixture
def file(tmp_path):
    def write(name, *records, rest=""):
        (tmp_path / name).write_text("".join(json.dumps(record) + "\n" for record in records) + rest)
        return tmp_path / name

    return write


class Held:
    """Makes a library's `add` wait, with the work that it was called for."""

    def __init__(self, library, monkeypatch, error=None):
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        real = library.add

        def added(*given, progress, **named):
            def held(step):
                progress(step)
                if step.source:
                    self.begun.release()
                    self.go.acquire()

            report = real(*given, progress=held, **named)
            if error:
                raise error
            return report

        monkeypatch.setattr(library, "add", added)


def test_each_file_is_sent_added_and_accounted_for_by_itself(reader, file, library):
    good = file("heron <b>.jsonl", OWL | {"text": "Herons nested in the old mill by the marsh."})
    bad = file("broken.jsonl", OWL, rest="{oops\n" * 30)
    empty, film = file("empty.txt"), file("film.mov", rest="x")
    add(reader)
    expect(reader.get_by_text("Choose files first")).to_be_visible()
    choice(reader).set_input_files([good, bad, empty, film])
    expect(sent(reader)).to_have_count(4)
    for name in ("heron <b>.jsonl", "broken.jsonl", "empty.txt"):
        expect(sent(reader, name)).to_contain_text("ready")
    expect(sent(reader, "film.mov")).to_contain_text(
        "not sent: files of this kind cannot be read; those that can end in .txt, .text, .html, .mhtml, .jsonl, .json, "
    )
    add(reader)
    expect(reader.locator("#added").get_by_role("status")).to_have_text("2 articles added, 31 skipped")
    expect(became(reader, "heron <b>.jsonl")).to_contain_text("1 article added")
    expect(became(reader, "empty.txt")).to_contain_text("not added: the file is empty")
    broken = became(reader, "broken.jsonl")
    expect(broken).to_contain_text("1 article added, 30 skipped")
    expect(broken.get_by_text("line 2: not JSON")).to_be_hidden()
    broken.get_by_text("Why skipped").click()
    expect(broken.get_by_text("line 2: not JSON")).to_be_visible()
    expect(broken).to_contain_text("and 10 more")
    expect(sent(reader)).to_have_count(1), "the one that was not sent is still there, with the reason"
    assert reader.locator("#add b").count() == 0
    assert reader.evaluate("document.documentElement.scrollWidth") <= 320
    reader.keyboard.press("Escape")
    expect(ask(reader, "Where have herons nested?").locator("mark").first).to_contain_text("Herons nested in the old")
    assert {article.source for article in library.articles()} >= {"heron <b>.jsonl", "broken.jsonl"}


def test_while_a_file_is_sent_its_bar_has_its_name_and_moves(opened, address, file):
    big = file("big.jsonl", rest="x" * 400_000)
    with opened_at(opened, address) as page:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000}
        session.send("Network.emulateNetworkConditions", slow)
        page.evaluate(
            """() => { window.seen = [];
            const list = document.querySelector("#files .files"), all = { subtree: true, childList: true };
            new MutationObserver(() => window.seen.push(list.querySelector(".state").textContent)).observe(list, all);
            }"""
        )
        choice(page).set_input_files([big, file("small.txt")])
        bar = page.get_by_role("progressbar", name="Sending big.jsonl")
        expect(sent(page, "small.txt")).to_contain_text("waiting")
        expect(sent(page, "big.jsonl")).to_contain_text(re.compile(r"sending, \d+ %"))
        assert 0 < bar.evaluate("bar => bar.value") < 1
        expect(sent(page, "small.txt")).to_contain_text("ready")
        seen = [text for text in page.evaluate("window.seen") if "%" in text]
        assert 2 <= len(set(seen)) <= 4 * 8, "some four updates a second"
        assert seen == sorted(seen, key=lambda text: int(re.search(r"\d+", text)[0]))
        expect(bar).to_be_hidden()


def test_while_files_are_added_each_shows_how_far_it_is(reader, file, library, monkeypatch):
    held = Held(library, monkeypatch)
    one = file("one.jsonl", *(OWL | {"text": f"Owl {n} was seen on the roof."} for n in range(2)))
    choice(reader).set_input_files([one, file("two.jsonl", OWL | {"text": "The last owl left the roof."})])
    add(reader)
    bar = reader.get_by_role("progressbar", name="Adding files")
    expect(became(reader, "one.jsonl")).to_contain_text("1 article so far")
    expect(became(reader, "two.jsonl")).to_contain_text("waiting")
    expect(reader.locator("#added").get_by_role("status")).to_have_text("Adding 2 files")
    expect(sent(reader).first).to_be_hidden()
    assert bar.get_attribute("value") is None, "nobody knows how far it is"
    held.go.release()
    expect(became(reader, "one.jsonl")).to_contain_text("2 articles so far")
    held.go.release()
    expect(became(reader, "one.jsonl")).to_contain_text("2 articles read")
    expect(became(reader, "two.jsonl")).to_contain_text("1 article so far")
    assert 0 < float(bar.get_attribute("value")) < 1
    held.go.release()
    expect(reader.locator("#added").get_by_role("status")).to_have_text("3 articles added")
    expect(bar).to_be_hidden()
    expect(sent(reader)).to_have_count(0)


def test_an_addition_goes_on_when_the_page_is_loaded_again_or_closed(opened, address, file, library, monkeypatch):
    held = Held(library, monkeypatch)
    with opened_at(opened, address) as page:
        choice(page).set_input_files([file("gone.jsonl", *(OWL | {"text": f"Crow {n} sat there."} for n in range(2)))])
        add(page)
        expect(became(page, "gone.jsonl")).to_contain_text("1 article so far")
        unfolded(page, address)
        expect(became(page, "gone.jsonl")).to_contain_text("1 article so far")
    held.go.release(2)
    assert comes(lambda: sum(article.source == "gone.jsonl" for article in library.articles()) == 2)


def test_a_second_reader_waits_for_the_first(opened, reader, address, file, library, monkeypatch):
    held = Held(library, monkeypatch)
    choice(reader).set_input_files([file("first.jsonl", OWL | {"text": "Gulls came to the quay."})])
    add(reader)
    expect(became(reader, "first.jsonl")).to_contain_text("1 article so far")
    with opened_at(opened, address) as other:
        choice(other).set_input_files([file("second.jsonl", OWL | {"text": "Terns came to the quay."})])
        add(other)
        said = other.locator("#added").get_by_role("status")
        expect(said).to_have_text("Waiting until another reader's files are added")
        expect(other.get_by_role("progressbar", name="Adding files")).to_be_hidden()
        held.go.release(2)
        expect(said).to_have_text("1 article added")
    expect(reader.locator("#added").get_by_role("status")).to_have_text("1 article added")


def test_files_can_be_added_again_after_an_addition_failed(reader, file, library, monkeypatch):
    with monkeypatch.context() as patch:
        held = Held(library, patch, BusyError("another process is writing to /srv; try again when it is done"))
        held.go.release(9)
        choice(reader).set_input_files([file("again.jsonl", OWL | {"text": "Rooks sat on the tower."})])
        add(reader)
        said = reader.locator("#added").get_by_role("status")
        expect(said).to_contain_text("Another p")
        expect(said).to_contain_text("try again when it is done")
        expect(sent(reader, "again.jsonl")).to_contain_text("ready")
    add(reader)
    expect(said).to_have_text("0 articles added, 1 unchanged")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"status": 507, "body": "The server cannot store the file; its disk may be full."},
         "not sent: The server cannot store the file; its disk may be full."),
        ({"status": 413, "body": '{"detail": "This request is too large: the limit is 5 bytes."}'},
         "not sent: This request is too large: the limit is 5 bytes."),
        (None, "not sent: the connection was lost, or the file has changed; choose it again"),
    ],
)  # fmt: skip
def test_a_file_that_could_not_be_sent_says_why_and_holds_up_no_other(reader, file, answer, said):
    answers = [answer]

    def refuse(route):
        if not answers:
            route.continue_()
        elif first := answers.pop():
            route.fulfill(**first)
        else:
            route.abort()

    reader.route(UPLOAD, refuse)
    choice(reader).set_input_files([file("one.txt"), file("two.txt")])
    expect(sent(reader, "one.txt")).to_contain_text(said)
    expect(sent(reader, "two.txt")).to_contain_text("ready")


def test_a_file_waits_while_the_app_is_busy(reader, file):
    answers = [{"status": 503, "body": '{"detail": "busy"}'}]
    reader.route(UPLOAD, lambda route: route.fulfill(**answers.pop()) if answers else route.continue_())
    choice(reader).set_input_files([file("one.txt")])
    expect(sent(reader)).to_contain_text("waiting: the app is busy")
    expect(sent(reader)).to_contain_text("ready")


def test_what_cannot_be_added_is_not_sent(reader, file):
    asked = []
    reader.on("request", lambda request: asked.append(request.url) if "upload" in request.url else None)
    reader.evaluate("document.querySelector('.adding').dataset.mostBytes = 2 ** 20")
    choice(reader).set_input_files([file("large.txt", rest="x" * (2**20 + 1)), file("letter.doc", rest="x")])
    expect(sent(reader, "large.txt")).to_contain_text("not sent: larger than 1 MB; add it on the command line")
    expect(sent(reader, "letter.doc")).to_contain_text("not sent: files of this kind cannot be read; save it as .docx")
    assert asked == []


def test_a_hundred_files_are_added_at_once_and_no_more(reader, file):
    choice(reader).set_input_files([file(f"{n}.jsonl", OWL | {"text": f"Bat {n} hung."}) for n in range(101)])
    expect(sent(reader)).to_have_count(101)
    expect(sent(reader).last).to_contain_text("not sent: at most 100 files at a time")
    add(reader)  # while they are being sent
    expect(reader.locator("#added").get_by_role("status")).to_have_text("100 articles added")
    expect(became(reader)).to_have_count(100)


@pytest.mark.parametrize("name", ["\u202etxt.evil.txt", "سه کشتی.txt", "a" * 120 + ".txt", "<img src=x>.txt"])
def test_a_name_is_text_and_changes_nothing_around_it(reader, file, name):
    choice(reader).set_input_files([file(name, rest="x")])
    shown = name.replace("\u202e", "\\u202e")
    expect(sent(reader).locator("bdi")).to_have_text(shown)
    expect(sent(reader)).to_contain_text("ready")
    add(reader)
    expect(became(reader).locator("bdi").first).to_have_text(shown)
    assert reader.locator("#add img").count() == 0
    assert reader.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_file_can_be_left_out_with_the_keyboard(reader, file):
    choice(reader).set_input_files([file("one.jsonl", OWL | {"text": "Swans flew."}), file("two.txt")])
    expect(sent(reader, "two.txt")).to_contain_text("ready")
    reader.get_by_role("button", name="Leave out two.txt").focus()
    reader.keyboard.press("Enter")
    expect(sent(reader)).to_have_count(1)
    expect(reader.get_by_role("button", name="Leave out one.jsonl")).to_be_focused()
    reader.keyboard.press("Enter")
    expect(choice(reader)).to_be_focused()
    add(reader)
    expect(reader.get_by_text("Choose files first")).to_be_visible()


def faults(page):
    page.wait_for_timeout(300)  # until animations have ended
    page.evaluate(AXE)
    found = page.evaluate("axe.run('#add', {resultTypes: ['violations']})")["violations"]
    return [(v["id"], node["html"], node["failureSummary"]) for v in found for node in v["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"] if "EXAMPLES" in os.environ else ["dark"])
def test_axe_finds_nothing_before_while_and_after_files_are_added(opened, address, file, library, monkeypatch, scheme):
    held = Held(library, monkeypatch)
    with opened_at(opened, address, viewport={"width": 320, "height": 700}, color_scheme=scheme) as page:
        assert faults(page) == []
        text = f"Geese flew over the mill, {scheme}."
        choice(page).set_input_files([file("a.jsonl", OWL | {"text": text}, rest="{oops\n" * 5), file("b.mov")])
        expect(sent(page, "a.jsonl")).to_contain_text("ready")
        assert faults(page) == []
        add(page)
        expect(became(page, "a.jsonl")).to_contain_text("1 article so far")
        assert faults(page) == []
        held.go.release(6)
        expect(became(page, "a.jsonl")).to_contain_text("Why skipped")
        assert faults(page) == []
        small = page.evaluate(
            """() => [...document.querySelectorAll(".adding :is(button, summary, label), #add-files")]
            .filter((e) => { const r = e.getBoundingClientRect(); return r.height && (r.width < 24 || r.height < 24); })
            .map((e) => e.outerHTML)"""
        )
        assert small == []
