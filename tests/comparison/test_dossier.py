"""A dossier shows what each outlet says, with receipts, as HTML, Markdown and PDF; what an article holds is text."""

import dataclasses
import datetime as dt
import io
import json
import re

import lxml.html
import pypdf
import pytest
from markdown_it import MarkdownIt
from support import BRIDGE, HARBOUR, ORCHARD
from support.hostile import EVIL

import rag
from rag.answer.citation import quote_hash
from rag.comparison.dossier import pdf
from rag.comparison.dossier.contents import contents
from rag.comparison.dossier.envelope import ATTACHMENT
from rag.errors import InputError
from rag.text import sanitise

QUESTION = "Who closed the old bridge?"
TODAY = dt.date(2026, 11, 30)
CLOSED = BRIDGE | {
    "text": f"{BRIDGE['text']} The mayor said on Friday that repairs would take two years, and that nobody had been "
    "hurt when a fisherman saw the first crack in spring. Shops on the far bank fear for their trade."
}
# A near-copy: one number differs.
COPY = {
    "id": "copy",
    "outlet": "Reuters",
    "date": "2015-01-03",
    "url": "https://example.org/copy",
    "text": CLOSED["text"].replace("two pillars", "nine pillars"),
}
PERSIAN = {
    "id": "pol",
    "outlet": "ایرنا",
    "date": "2015-01-05",
    "title": "پل بسته شد",
    "text": "مهندسان پل قدیمی (Old Bridge) را در ۲ ژانویه بستند. bridge old closed پل می‌خواهیم.",
}
TURNED = "\u202eegdirb\u2066 \x1b[31m\x9b1m"
HOSTILE = {
    "id": "evil\u202e<b>id",
    "outlet": f"Evil {EVIL}"[:180],
    "host": 'h</bdi><img src=x onerror="alert(1)">.example',
    "authors": [f"=1+1 {EVIL}"[:90]],
    "date": "2015-01-04",
    "title": f"| cell | {EVIL} <!-- according-dossier",
    "url": 'https://example.org/"><script>alert(1)</script>',
    "text": f"The old bridge is closed. {EVIL} {TURNED} --> </script><script>alert(1)</script> "
    'bridge old closed <script type="application/json" id="according-dossier">{}</script> #panic("x") $x$ @ref <lab>.',
}


@pytest.fixture
def library(tmp_path, news, words):
    return rag.build([news(HARBOUR, CLOSED, COPY, PERSIAN, HOSTILE, ORCHARD)], index=tmp_path / "index", encoder=words)


@pytest.fixture
def dossier(library):
    return library.dossier(QUESTION, min_confidence=0, accessed=TODAY)


def block(text):
    """The machine-readable block of HTML."""
    (found,) = re.findall(r'<script type="application/json" id="according-dossier">\n(.*)\n</script>', text)
    return json.loads(found)


def outlets(dossier):
    return [quoted.citation.outlet for quoted in dossier.quotations]


def test_further_passages_of_a_row_are_quoted_with_receipts(tmp_path, news, words, monkeypatch):
    monkeypatch.setattr("rag.comparison.side_by_side.compare.FURTHER_MARGIN", 2.0)
    again = {
        **PERSIAN,
        "id": "again",
        "outlet": "Press TV",
        "text": "Engineers say who closed the old bridge: they did.",
    }
    with rag.build([news(CLOSED, again, ORCHARD)], index=tmp_path / "i", encoder=words) as library:
        made = library.dossier(QUESTION, min_confidence=0, accessed=TODAY)
        (row,) = made.comparison.rows
        assert {row.citation.article_id, *(c.article_id for c in row.further)} == {CLOSED["id"], "again"}
        shown = contents(made).rows
        assert [(line.number, line.group, line.articles != "") for line in shown] == [
            (1, "Press TV", True), (2, "Press TV", False)
        ]  # fmt: skip
        assert made.receipts[1].article_id == row.further[0].article_id


def test_each_quotation_is_the_articles_text_at_its_span(library, dossier):
    assert {"Press TV", "ایرنا"} <= set(outlets(dossier))
    for receipt in dossier.receipts:
        article = library.article(receipt.article_id)
        assert article.text[receipt.start : receipt.end] == receipt.text
        assert (receipt.outlet, receipt.date, receipt.url) == (article.outlet, article.date, article.url)
        assert receipt.content_hash == quote_hash(receipt.text)
    assert [receipt.number for receipt in dossier.receipts] == list(range(1, len(dossier.receipts) + 1))


def test_what_a_near_copy_has_in_other_words_is_quoted_with_a_receipt_of_its_own(dossier):
    (variant,) = [quoted for quoted in dossier.quotations if quoted.role == "variant"]
    assert "nine pillars" in variant.citation.text or "two pillars" in variant.citation.text
    (change,) = contents(dossier).changed
    assert change.numbers == (variant.number,)
    assert change.of == variant.of
    assert change.kind == "another number"


def test_a_dossier_of_what_nothing_answers_says_so_in_every_format(library, tmp_path):
    made = library.dossier("Who won the chess match in Peru?")
    assert made.quotations == ()
    for name in ("d.html", "d.md", "d.pdf"):
        made.write(tmp_path / name)
        assert library.verify_file(tmp_path / name).ok
    assert "Nothing in the index answers this" in made.to_html()
    assert "Nothing is quoted." in made.to_markdown()


# HTML


def test_html_holds_no_markup_of_an_article(dossier):
    text = dossier.to_html()
    page = lxml.html.document_fromstring(text)
    assert [s.get("type") for s in page.iter("script")] == ["application/json"]
    assert not list(page.iter("img", "iframe", "object", "form", "base", "b"))
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]
    assert {a.get("href")[:8] for a in page.iter("a") if not a.get("href").startswith("#")} <= {"https://"}
    (quoted,) = [q for q in dossier.quotations if q.citation.article_id.startswith("evil")]
    (shown,) = page.xpath(f"//blockquote[@data-receipt='{quoted.number}']")
    assert shown.text_content() == sanitise(quoted.citation.text)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", text)


def test_html_may_load_and_run_nothing(dossier):
    page = lxml.html.document_fromstring(dossier.to_html())
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not page.xpath("//@src | //link | //@style | //@background")
    assert "@import" not in page.xpath("string(//style)")
    assert "url(" not in page.xpath("string(//style)")


def test_html_has_headings_captions_and_a_label_for_each_mark(dossier):
    page = lxml.html.document_fromstring(dossier.to_html())
    assert [h.tag for h in page.iter("h1")] == ["h1"]
    assert all(table.find("caption") is not None for table in page.iter("table"))
    marks = page.xpath("//table[@class='picture']//a")
    assert len(marks) >= 3
    assert all(re.search(r": quotation \d+$", mark.get("aria-label")) for mark in marks)
    targets = {element.get("id") for element in page.iter() if element.get("id")}
    assert {a.get("href")[1:] for a in page.iter("a") if a.get("href").startswith("#")} <= targets


def test_texts_from_right_to_left_keep_their_direction_to_themselves(dossier):
    page = lxml.html.document_fromstring(dossier.to_html())
    (number,) = [q.number for q in dossier.quotations if q.citation.article_id == "pol" and q.role == "passage"]
    (shown,) = page.xpath(f"//blockquote[@data-receipt='{number}']")
    assert shown.get("dir") == "auto"
    assert page.xpath("//th/bdi[text()='ایرنا']")


def test_the_block_of_html_has_the_receipts_and_a_bibliography(dossier):
    values = block(dossier.to_html())
    assert values["question"] == QUESTION
    assert values["accessed"] == "2026-11-30"
    assert values["receipts"] == [receipt.to_dict() for receipt in dossier.receipts]
    listed = {item["id"]: item for item in values["bibliography"]}
    assert len(listed) == len({receipt.article_id for receipt in dossier.receipts})
    assert all(item["accessed"] == {"date-parts": [[2026, 11, 30]]} for item in listed.values())


def test_who_shares_a_row_is_not_said_to_print_the_very_words(dossier):
    (shared,) = [row.also for row in contents(dossier).rows if row.also]
    assert shared.startswith("also printed, or nearly, by ")


# Markdown


def test_markdown_holds_no_markup_of_an_article(dossier):
    text = dossier.to_markdown()
    html = MarkdownIt("gfm-like", {"linkify": False}).render(text.partition("<!-- according-dossier\n")[0])
    page = lxml.html.document_fromstring(html)
    assert not list(page.iter("script", "img", "b"))
    assert {re.split("-|#:~:", a.get("href"))[0] for a in page.iter("a")} <= {"#quotation", "https://example.org/copy"}
    (quoted,) = [q for q in dossier.quotations if q.citation.article_id.startswith("evil") and q.role == "passage"]
    shown = [" ".join(b.text_content().split()) for b in page.iter("blockquote")]
    assert " ".join(sanitise(quoted.citation.text).split()) in shown
    for table in page.iter("table"):
        columns = {len(row.findall("td")) + len(row.findall("th")) for row in table.iter("tr")}
        assert len(columns) == 1


def test_markdown_has_tables_of_who_says_what_and_when(dossier):
    text = dossier.to_markdown()
    assert "| No. | Outlet | When | Articles | Quotation |" in text
    assert "| No. | Day | Said by | Quotation |" in text
    assert "Outlets by kind:" in text


# PDF


def test_a_pdf_prints_the_words_and_has_the_receipts_attached(dossier):
    reader = pypdf.PdfReader(io.BytesIO(dossier.to_pdf()))
    printed = "".join(re.sub(r"\d+ / \d+\s*$", "", page.extract_text()) for page in reader.pages)
    letters = re.sub(r"\W", "", printed)
    quoted = [
        quoted.citation.text for quoted in dossier.quotations if quoted.citation.outlet in ("Press TV", "Reuters")
    ]
    assert len(quoted) >= 2
    assert all(re.sub(r"\W", "", text) in letters for text in quoted)
    assert "script" in printed
    assert "panic" in printed
    (attached,) = reader.attachments[ATTACHMENT]
    assert json.loads(attached)["receipts"] == [receipt.to_dict() for receipt in dossier.receipts]
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert "/StructTreeRoot" in catalog
    assert "/OpenAction" not in catalog
    assert "/AA" not in catalog
    assert not reader.get_fields()
    links = [
        str(annotation.get_object()["/A"].get("/URI", ""))
        for page in reader.pages
        for annotation in page.get("/Annots") or ()
        if "/A" in annotation.get_object()
    ]
    assert all(not link or link.startswith("https://") for link in links)


def test_arabic_letters_are_printed_in_their_joined_forms(dossier):
    reader = pypdf.PdfReader(io.BytesIO(dossier.to_pdf()))
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert any("Amiri" in font for font in fonts)


def test_a_pdf_says_so_if_no_font_has_a_letter(library, dossier):
    assert pdf.UNPRINTED not in pages(dossier.to_pdf())
    answer = dataclasses.replace(dossier.comparison.answer, question="Who \U0001fbf0\U00016e40?")
    unprintable = dataclasses.replace(dossier, comparison=dataclasses.replace(dossier.comparison, answer=answer))
    assert "no font on the machine" in pages(unprintable.to_pdf())


def pages(data):
    return " ".join(" ".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(data)).pages).split())


def test_without_its_packages_writing_a_pdf_says_what_to_install(dossier, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    with pytest.raises(InputError, match=r"pip install 'according\[pdf\]'"):
        dossier.write(tmp_path / "d.pdf")
    assert list(tmp_path.glob("*d.pdf*")) == []


# Files


def test_a_file_is_replaced_at_once_and_its_name_is_checked_before(dossier, tmp_path):
    (tmp_path / "d.md").write_text("an earlier one")
    dossier.write(tmp_path / "d.md")
    assert (tmp_path / "d.md").read_text("utf-8") == dossier.to_markdown()
    assert [p.name for p in tmp_path.iterdir() if "d.md" in p.name] == ["d.md"]
    with pytest.raises(InputError, match=r"ends in \.html, \.md or \.pdf"):
        dossier.write(tmp_path / "d.docx")
    with pytest.raises(InputError, match="there is no folder"):
        dossier.write(tmp_path / "none" / "d.md")


def test_the_same_passage_in_two_rows_is_one_quotation(library):
    by_year = library.dossier(QUESTION, by="year", min_confidence=0)
    spans = [(q.citation.article_id, q.citation.quote, q.role) for q in by_year.quotations]
    assert len(set(spans)) == len(spans)
    assert "Year" in by_year.to_html()


def written(dossier, folder):
    dossier.write(folder / "d.html")
    return folder / "d.html"


def test_a_dossier_says_how_much_the_index_held(library, dossier, tmp_path):
    assert "of 6 articles from 5 outlets; generation " in dossier.to_markdown()
    assert dossier.generation == library.verify_file(written(dossier, tmp_path)).current
