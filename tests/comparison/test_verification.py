"""Each receipt of a file is checked against the index, and against what the file shows; no file can do harm."""

import contextlib
import dataclasses
import datetime as dt
import io
import json
import re
import time

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, NameObject
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag import cli
from rag.comparison.dossier import pdf, reading
from rag.comparison.dossier.contents import contents
from rag.comparison.dossier.envelope import ATTACHMENT, HTML_BLOCK, MARKDOWN_BLOCK, checksum
from rag.comparison.dossier.verification import EDITED_FILE
from rag.errors import InputError

QUESTION = "What of the old bridge, the dock strike and the frost?"
FORMS = ("d.html", "d.md", "d.pdf")
TEXT_FORMS = ("d.html", "d.md")
WORDS = "Engineers closed the old bridge after finding cracks in two pillars."


@pytest.fixture
def library(tmp_path, news, words):
    return rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words)


@pytest.fixture
def files(library, tmp_path):
    """A dossier in each format."""
    made = library.dossier(QUESTION, min_confidence=0, accessed=dt.date(2026, 11, 30))
    for name in FORMS:
        made.write(tmp_path / name)
    return tmp_path


def found(library, path, outlet="Press TV"):
    """What verification finds of the receipt of an outlet."""
    (one,) = [f for f in library.verify_file(path).findings if f.receipt.outlet == outlet]
    return one


def edit(path, old, new, count=-1):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), "utf-8")


def forge(path, change, block=HTML_BLOCK):
    """Change the receipts of a file, and its checksum so that it is right."""
    text = path.read_text("utf-8")
    before, rest = text.split(f"{block[0]}\n")
    written, after = rest.split(f"\n{block[1]}", 1)
    values = json.loads(written)
    change(values)
    values["checksum"] = checksum(before, after)
    path.write_text(f"{before}{block[0]}\n{json.dumps(values)}\n{block[1]}{after}", "utf-8")


@pytest.mark.parametrize("name", FORMS)
def test_every_receipt_of_an_untouched_file_holds(library, files, name):
    verified = library.verify_file(files / name)
    assert verified.ok
    assert verified.holding == len(verified.findings) == 3
    assert (verified.question, verified.accessed) == (QUESTION, dt.date(2026, 11, 30))
    assert verified.generation == verified.current


@pytest.mark.parametrize("name", TEXT_FORMS)
def test_line_ends_and_a_byte_order_mark_are_no_edit(library, files, name):
    text = (files / name).read_text("utf-8")
    (files / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert library.verify_file(files / name).ok


# The index has changed


@pytest.mark.parametrize("name", FORMS)
def test_words_that_today_are_others_are_those_of_an_earlier_text(library, files, news, name):
    library.add([news(BRIDGE | {"text": "The bridge is open again after works that took two years, engineers said."})])
    one = found(library, files / name)
    assert one.status == "changed"
    assert one.start is None
    assert re.search(r"an earlier text of the article, replaced on \d+ \w+ \d{4}; today’s has others", one.detail)
    assert found(library, files / name, "The Guardian").status == "holds"


def test_words_at_another_place_are_moved(library, files, news):
    library.add([news(BRIDGE | {"text": f"Update: works begin in May. {BRIDGE['text']}"})])
    one = found(library, files / "d.html")
    assert (one.status, one.start, one.end) == ("moved", 28, 28 + len(BRIDGE["text"]))
    assert one.to_dict()["now"] == [28, 28 + len(BRIDGE["text"])]


def test_another_outlet_date_or_url_differs(library, files, news):
    library.add([news(BRIDGE | {"date": "2015-01-09", "url": "https://example.org/b"})])
    one = found(library, files / "d.html")
    assert one.status == "differs"
    assert "the date is 2015-01-09 in the index, and 2015-01-02 in the file" in one.detail
    assert "the URL is https://example.org/b in the index, and none in the file" in one.detail


def test_a_removed_article_is_gone_and_so_is_a_retired_one(library, files, news, tmp_path, words):
    rag.build([news(HARBOUR, ORCHARD)], index=tmp_path / "index", encoder=words)
    one = found(library, files / "d.html")
    assert one.status == "gone"
    assert "retired on" in one.detail
    assert "its stored text has the words" in one.detail
    library.remove(["harbour"])
    assert "no article with this ID" in found(library, files / "d.html", "The Guardian").detail


def test_another_index_has_none_of_the_articles(files, news, tmp_path, words):
    other = rag.build([news(ORCHARD | {"id": "x"})], index=tmp_path / "other", encoder=words)
    assert {f.status for f in other.verify_file(files / "d.html").findings} == {"gone"}


# The file has been edited


@pytest.mark.parametrize("name", TEXT_FORMS)
def test_words_edited_in_the_file_are_found(library, files, name):
    edit(files / name, "in two pillars", "in all pillars", 1)
    verified = library.verify_file(files / name)
    assert found(library, files / name).status == "edited"
    assert verified.faults == (EDITED_FILE,)
    assert not verified.ok


@pytest.mark.parametrize("name", TEXT_FORMS)
@pytest.mark.parametrize(("old", "new"), [("Press TV", "BBC News"), ("2 January 2015", "2 January 2005")])
def test_an_attribution_edited_in_the_file_is_found(library, files, name, old, new):
    text = (files / name).read_text("utf-8")
    (files / name).write_text(text.replace(old, new, 1), "utf-8")
    assert library.verify_file(files / name).faults == (EDITED_FILE,)


@pytest.mark.parametrize(("name", "block"), [("d.html", HTML_BLOCK), ("d.md", MARKDOWN_BLOCK)])
def test_words_edited_with_a_checksum_made_anew_are_found(library, files, name, block):
    edit(files / name, "in two pillars", "in all pillars", 1)
    forge(files / name, lambda values: None, block)
    verified = library.verify_file(files / name)
    assert verified.faults == ()
    assert found(library, files / name).status == "edited"


def test_a_receipt_edited_with_the_words_is_found_in_the_index(library, files):
    def change(values):
        for receipt in values["receipts"]:
            receipt["text"] = receipt["text"].replace("two pillars", "all pillars")

    edit(files / "d.html", "in two pillars", "in all pillars")
    forge(files / "d.html", change)
    assert found(library, files / "d.html").detail.startswith(
        "the words of the receipt are not those that its checksum"
    )

    def hashed(values):
        for receipt in values["receipts"]:
            receipt["content_hash"] = rag.answer.citation.quote_hash(receipt["text"])

    forge(files / "d.html", hashed)
    one = found(library, files / "d.html")
    assert (one.status, one.detail) == ("not found", "no text of the article that is stored has these words")


@pytest.mark.parametrize("name", TEXT_FORMS)
def test_words_replaced_all_over_the_file_are_found_and_the_others_hold(library, files, name):
    edit(files / name, "two pillars", "twenty pillars")
    verified = library.verify_file(files / name)
    assert found(library, files / name).status == "edited"
    assert verified.holding == 2


def test_json_with_words_that_are_not_as_long_as_their_span_does_not_hold(library, tmp_path):
    text = json.dumps(library.ask(QUESTION, min_confidence=0).to_dict())
    (tmp_path / "a.json").write_text(text.replace("two pillars", "twenty pillars"))
    assert found(library, tmp_path / "a.json").detail == "the words of the receipt are longer or shorter than its span"


def test_another_outlet_in_the_receipt_is_found_in_the_index(library, files):
    forge(files / "d.html", lambda values: values["receipts"][0].update(outlet="BBC News"))
    (one,) = [f for f in library.verify_file(files / "d.html").findings if f.status != "holds"]
    assert one.status == "differs"
    assert "BBC News in the file" in one.detail


@pytest.mark.parametrize(
    ("name", "block", "added"),
    [
        ("d.html", HTML_BLOCK, "<blockquote>We won.</blockquote>"),
        ("d.html", HTML_BLOCK, "<q data-receipt='99'>We won.</q>"),
        ("d.html", HTML_BLOCK, "<BLOCKQUOTE data-receipt=1 data-receipt=2>We won."),
        ("d.md", MARKDOWN_BLOCK, "> We won."),
        ("d.md", MARKDOWN_BLOCK, "### Quotation 9\n\n> We won."),
        ("d.md", MARKDOWN_BLOCK, "| [99](#quotation-99) | x | We won. |"),
    ],
)
def test_a_quotation_that_was_added_is_found(library, files, name, block, added):
    edit(files / name, block[0], f"{added}\n\n{block[0]}")
    forge(files / name, lambda values: None, block)
    verified = library.verify_file(files / name)
    assert not verified.ok
    assert "without a receipt" in "".join(verified.faults) or any(f.status == "edited" for f in verified.findings)


def test_a_quotation_that_was_taken_out_is_found(library, files):
    text = (files / "d.html").read_text("utf-8")
    (files / "d.html").write_text(re.sub(r"(?s)<blockquote data-receipt=\"1\".*?</blockquote>", "", text), "utf-8")
    forge(files / "d.html", lambda values: None)
    one, *others = library.verify_file(files / "d.html").findings
    assert (one.status, one.detail) == ("edited", "the file does not show the words of this receipt")
    assert {other.status for other in others} == {"holds"}


def test_a_page_of_a_pdf_that_was_edited_is_found(library, files):
    writer = pypdf.PdfWriter(clone_from=files / "d.pdf")
    page = writer.pages[0]
    drawn = DecodedStreamObject()
    drawn.set_data(page.get_contents().get_data() + b"\nBT ET\n")
    page[NameObject("/Contents")] = writer._add_object(drawn)
    writer.write(files / "e.pdf")
    assert library.verify_file(files / "e.pdf").faults == (EDITED_FILE,)
    del writer.pages[0]
    writer.write(files / "e.pdf")
    assert not library.verify_file(files / "e.pdf").ok


RIGHT_TO_LEFT = {
    "fa": "مهندسان پل قدیمی (Old Bridge) را در ۲ ژانویه ۲۰۱۵ بستند. bridge old closed این متن طولانی‌تر است "
    "تا شکستن سطرها را نشان دهد، با عدد ۱۲۳۴ و نام Reuters در میان جمله.",
    "ar": "أُغلِق الجسر القديم bridge old closed يوم الجمعة، وقال المهندسون إنّ الإصلاحات ستستغرق "
    "عامين كاملين (2015). لا إله إلا الله.",
    "he": "הגשר הישן bridge old closed נסגר ביום שישי, והמהנדסים אמרו שהתיקונים יימשכו שנתיים (2015) "
    "ואיש לא נפגע. שָׁלוֹם",
}
OTHER = (
    "مردی در خیابان گفت bridge old closed که هیچ کس نمی‌داند چرا باران نیامد. "
    "ראש העיר כתב מכתב ארוך. مكتبة جديدة فتحت أبوابها."
)


def test_words_from_right_to_left_are_looked_for_on_the_pages_of_a_pdf(tmp_path, news, words):
    records = [{"id": name, "outlet": f"Outlet {name}", "text": text} for name, text in RIGHT_TO_LEFT.items()]
    library = rag.build([news(*records)], index=tmp_path / "index", encoder=words)
    made = library.dossier("Why was the old bridge closed?", min_confidence=0)
    made.write(tmp_path / "d.pdf")
    verified = library.verify_file(tmp_path / "d.pdf")
    assert (verified.ok, verified.holding, verified.unread) == (True, 3, ())
    others = [{"id": name, "outlet": f"Outlet {name}", "text": OTHER} for name in RIGHT_TO_LEFT]
    other = rag.build([news(*others)], index=tmp_path / "other", encoder=words).dossier(made.question, min_confidence=0)
    pages = pdf._compiled(json.dumps(pdf._harmless(dataclasses.asdict(contents(other)))))
    (tmp_path / "e.pdf").write_bytes(pdf._attached(pages, made))  # with a checksum that is right
    assert {each.status for each in library.verify_file(tmp_path / "e.pdf").findings} == {"edited"}


def test_a_pdf_that_was_only_saved_again_holds(library, files):
    writer = pypdf.PdfWriter(clone_from=files / "d.pdf")
    writer.write(files / "e.pdf")
    assert library.verify_file(files / "e.pdf").ok


# JSON of commands


def test_the_json_of_commands_is_checked_as_well(library, tmp_path, news):
    answer = library.ask(QUESTION, min_confidence=0)
    (tmp_path / "ask.json").write_text(json.dumps(answer.to_dict()))
    (tmp_path / "compare.json").write_text(json.dumps(library.compare(QUESTION, min_confidence=0).to_dict()))
    hits = [vars(hit) | {"date": hit.date and hit.date.isoformat()} for hit in library.search(QUESTION, k=3)]
    (tmp_path / "search.json").write_text(json.dumps(hits))
    for name in ("ask.json", "compare.json", "search.json"):
        verified = library.verify_file(tmp_path / name)
        assert (verified.ok, len(verified.findings)) == (True, 3), name
    library.add([news(BRIDGE | {"text": "The bridge is open again after works that took two years, engineers said."})])
    for name in ("ask.json", "compare.json", "search.json"):
        assert found(library, tmp_path / name).status == "changed"


def test_an_answer_that_quotes_nothing_has_nothing_that_does_not_hold(library, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(library.ask("Who won the chess match in Peru?").to_dict()))
    verified = library.verify_file(tmp_path / "a.json")
    assert verified.ok
    assert verified.findings == ()


# Hostile and damaged files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no receipts"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"Hello", "no receipts: this is not a dossier"),
        (b"{}", "no receipts"),
        (b"[1, 2", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "not JSON"),
        (b'{"question": "x", "n": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'[{"article_id": "a", "start": 0, "end": "9", "text": "x"}]', "end is no whole number"),
        (b'[{"article_id": "a", "start": 0, "end": true, "text": "x"}]', "end is no whole number"),
        (b'[{"article_id": 7, "start": 0, "end": 1, "text": "x"}]', "article_id is no text"),
        (b'[{"article_id": "a", "start": 0, "end": 9e99, "text": "x"}]', "end is no whole number"),
        (b'[{"article_id": "a", "start": -1, "end": 0, "text": "x"}]', "start is no whole number"),
        (b'[{"article_id": "a", "start": 0, "end": 1, "text": "x", "quote": [0, 9]}]', "outside of its span"),
        (b'[{"article_id": "a", "start": 0, "end": 1, "text": "x", "quote": "ab"}]', "quote is no pair"),
        (b'[{"article_id": "a", "start": 0, "end": 1, "text": "x", "date": "2020-13-01"}]', "date is no date"),
        (b'{"format": "according-dossier", "version": 2, "receipts": []}', "are of version '2'"),
        (b'{"format": "according-dossier", "version": 1, "receipts": {}}', "they are no list"),
        (b'{"format": "according-dossier", "version": 1, "receipts": [1]}', "receipt 1 is damaged: it is no object"),
        (f"{HTML_BLOCK[0]}\n{{}}\n{HTML_BLOCK[1]}".encode(), "not that of a dossier"),
        (f"{HTML_BLOCK[0]}\n{{}}\n{HTML_BLOCK[1]}{HTML_BLOCK[0]}".encode(), "two machine-readable blocks"),
        (b"%PDF-1.7 nothing", "damaged"),
    ],
)
def test_a_damaged_file_gives_an_error_that_says_what_is_wrong(library, tmp_path, content, message):
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(InputError, match=re.escape(message)):
        library.verify_file(tmp_path / "bad")


def test_a_file_that_is_not_there_is_a_folder_or_too_large_is_an_error(library, tmp_path, monkeypatch):
    for path in (tmp_path / "none.html", tmp_path):
        with pytest.raises(InputError, match="cannot read"):
            library.verify_file(path)
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    (tmp_path / "large.md").write_text("x" * 11)
    with pytest.raises(InputError, match="too large"):
        library.verify_file(tmp_path / "large.md")


def test_a_pdf_without_receipts_or_with_two_of_them_is_an_error(library, files):
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(files / "blank.pdf")
    with pytest.raises(InputError, match=f"no file {ATTACHMENT} is attached"):
        library.verify_file(files / "blank.pdf")
    writer = pypdf.PdfWriter(clone_from=files / "d.pdf")
    writer.add_attachment(ATTACHMENT, b"{}")
    writer.write(files / "two.pdf")
    with pytest.raises(InputError):
        library.verify_file(files / "two.pdf")


def test_an_attachment_that_unpacks_to_gigabytes_is_refused(library, files, monkeypatch):
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment(ATTACHMENT, b" " * 100_000_000)
    packed = io.BytesIO()
    writer.compress_identical_objects()
    for element in writer._objects:
        if isinstance(element, DecodedStreamObject) and len(element.get_data()) > 1_000_000:
            element.update(element.flate_encode())
    writer.write(packed)
    (files / "bomb.pdf").write_bytes(packed.getvalue())
    begun = time.process_time()
    with pytest.raises(InputError):
        library.verify_file(files / "bomb.pdf")
    assert time.process_time() - begun < 20


@pytest.mark.parametrize(
    "page",
    [
        "<q>" * 200_000,
        "<q>x</q>" * 50_000,
        "<" * 500_000,
        "&" * 500_000,
        "<!--" * 200_000,
        "<q data-receipt='" * 100_000,
        "<![" * 200_000,
    ],
)
def test_what_keeps_a_parser_busy_takes_seconds_at_most(library, files, page):
    edit(files / "d.html", HTML_BLOCK[0], f"{page}\n{HTML_BLOCK[0]}")
    begun = time.process_time()
    with contextlib.suppress(InputError):
        assert not library.verify_file(files / "d.html").ok
    assert time.process_time() - begun < 10


def test_text_of_a_file_is_no_markup_and_moves_no_cursor_in_a_terminal(library, files, capsys):
    def change(values):
        values["receipts"][0]["outlet"] = "\x1b[2J\x1b]0;owned\x07 \u202eevil\nall hold"
        values["receipts"][0]["article_id"] = "\ud800"

    forge(files / "d.html", change)
    status = cli.main(["verify", str(files / "d.html"), "--index", str(files / "index")])
    out = capsys.readouterr().out
    assert status == 1
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", out)
    assert len(out.splitlines()) == 5  # a head, three receipts, and what is wrong with one; no line by the file


# The command


def test_the_command_says_which_receipts_hold_and_its_exit_status_whether_all_do(library, files, news, capsys):
    assert cli.main(["verify", *(str(files / name) for name in FORMS), "--index", str(files / "index")]) == 0
    out = capsys.readouterr().out
    assert out.count("3 of 3 receipts hold, asked on 2026-11-30 of generation") == 3
    assert f"holds      Press TV, 2015-01-02: {WORDS[:40]}" in out
    library.add([news(BRIDGE | {"text": "The bridge is open again after works that took two years, engineers said."})])
    assert cli.main(["verify", str(files / "d.md"), "--index", str(files / "index"), "--json"]) == 1
    values = json.loads(capsys.readouterr().out)
    assert (values["ok"], values["holding"], values["receipts"]) == (False, 2, 3)
    assert [f["status"] for f in values["findings"] if f["outlet"] == "Press TV"] == ["changed"]


def test_findings_are_the_same_whatever_order_the_receipts_are_in(library, files):
    forge(files / "d.html", lambda values: values["receipts"].reverse())
    verified = library.verify_file(files / "d.html")
    assert verified.ok
    assert [f.receipt.number for f in verified.findings] == [3, 2, 1]
    assert dataclasses.is_dataclass(verified)
