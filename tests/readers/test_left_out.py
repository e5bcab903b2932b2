"""What is left out of a page is on record with its reason."""

from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from support import WordEncoder, samples
from support.pdf import FIRST, lines, make_pdf

import rag
from rag import cli, readers
from rag.provenance.catalogue import load_catalogue
from rag.readers import left_out
from rag.readers.skipped import Skipped

TEXT = (
    "The ferry to Outer Selwyn will not sail before the ice has gone, its captain told the harbour board on Monday. "
    "The hull has been scraped twice this winter, he said, and nobody would thank him for a third time."
)
LOST = "A paragraph that stands in the box of comments says that the old mail plane has always been late on Fridays."
DUMP = f"""Home | News | Sport

Ferry stays in harbour

3 February 2016

By Jane Roe, The Delta Herald

{TEXT}

{TEXT.replace("ferry", "boat")}

3 comments

{LOST}
"""
PAGE = f"""<html><head><title>Ferry stays in harbour</title></head><body><article><h1>Ferry stays in harbour</h1>
<p class="byline">By Jane Roe</p><p>{TEXT}</p><p>{TEXT.replace("ferry", "boat")}</p></article>
<div class="comments"><p>{LOST}</p></div></body></html>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "ferry.txt").write_text(DUMP)
    (tmp_path / "pages" / "ferry.html").write_text(PAGE)
    return tmp_path / "pages"


def _reasons(folder: Path, name: str) -> dict[str, Skipped]:
    """Return what was left out of a file by reason."""
    found = readers.read_source(folder / name, load_catalogue())
    return {item.reason.split(":")[0]: item for item in found if isinstance(item, Skipped)}


def test_a_paragraph_that_a_dump_has_below_its_comments_is_on_record(folder: Path) -> None:
    reasons = _reasons(folder, "ferry.txt")
    assert reasons["paragraphs outside the articles"].reason.endswith(LOST[:50] + LOST[50:60].rstrip() + " ...")
    assert reasons["paragraphs outside the articles"].place == "left out, 1 line"
    assert "3 comments" in reasons["boxes, and headings of comments and of other articles"].reason
    assert "By Jane Roe, The Delta Herald" in reasons[left_out.TAKEN].reason


def test_a_paragraph_that_a_page_has_among_its_comments_is_on_record(folder: Path) -> None:
    reasons = _reasons(folder, "ferry.html")
    assert LOST[:50] in reasons["paragraphs in comments or about other articles"].reason
    assert "By Jane Roe" in reasons[left_out.TAKEN].reason


def test_heads_and_feet_of_a_pdf_are_on_record(tmp_path: Path) -> None:
    head = [(70, 740, 24, "Dock workers end their strike"), (70, 700, 11, "By Jane Roe, 7 February 2016")]
    first = [(70, 820, 8, "Harbour Bulletin"), *head, *lines(FIRST), (290, 30, 8, "- 1 -")]
    second = [(70, 820, 8, "Harbour Bulletin"), *lines([f"Later, {line}" for line in FIRST]), (290, 30, 8, "- 2 -")]
    (tmp_path / "strike.pdf").write_bytes(make_pdf(first, second))
    reasons = _reasons(tmp_path, "strike.pdf")
    assert reasons["heads, feet and numbers of pages"].reason.endswith(": Harbour Bulletin | - 1 -")
    assert "By Jane Roe, 7 February 2016" in reasons[left_out.TAKEN].reason


def test_what_a_word_document_has_outside_of_its_text_is_on_record(tmp_path: Path) -> None:
    document = docx.Document()
    for paragraph in ("Ferry stays in harbour", "By Jane Roe", TEXT):
        document.add_paragraph(paragraph)
    document.sections[0].header.paragraphs[0].text = "The Delta Herald & Sons"
    document.save(str(tmp_path / "ferry.docx"))
    reasons = _reasons(tmp_path, "ferry.docx")
    assert reasons["heads and feet of pages"].reason.endswith(": The Delta Herald & Sons")
    assert "By Jane Roe" in reasons[left_out.TAKEN].reason


def test_lines_that_one_version_of_an_email_alone_has_are_on_record(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "The Delta Herald <news@delta-herald.example>", "Ferry stays in harbour"
    message.set_content(TEXT)
    message.add_alternative(f"<p>{TEXT}</p><p>Read it in your browser</p>", subtype="html")
    (tmp_path / "ferry.eml").write_bytes(message.as_bytes())
    (only,) = _reasons(tmp_path, "ferry.eml").values()
    assert only.reason.endswith("in plain text and HTML: Read it in your browser")


def test_the_link_below_an_entry_of_a_feed_is_on_record(tmp_path: Path) -> None:
    entry = f"<item><title>Ferry</title><description>{TEXT}&lt;p&gt;Continue reading →&lt;/p&gt;</description></item>"
    (tmp_path / "ferry.rss").write_text(f'<rss version="2.0"><channel><title>Delta</title>{entry}</channel></rss>')
    (only,) = _reasons(tmp_path, "ferry.rss").values()
    assert only.reason == "links to the whole text below an entry: Continue reading →"


def test_lines_of_a_page_in_a_book_are_on_record(tmp_path: Path) -> None:
    (tmp_path / "issue.epub").write_bytes(samples.epub({"ferry.xhtml": PAGE}))
    assert LOST[:50] in _reasons(tmp_path, "issue.epub")["paragraphs in comments or about other articles"].reason


def test_a_page_of_nothing_but_text_leaves_nothing_out(tmp_path: Path) -> None:
    (tmp_path / "ferry.text").write_text(TEXT)
    assert not _reasons(tmp_path, "ferry.text")


def test_the_lines_of_a_page_are_not_counted_among_what_was_skipped(folder: Path, tmp_path: Path) -> None:
    library = rag.build([folder], tmp_path / "index", encoder=WordEncoder())
    assert (library.report.read, library.report.skipped, dict(library.report.reasons)) == (2, 0, {})
    assert list(library.skipped()) == []
    before = sorted(map(str, library.skipped(lines=True)))
    assert {Path(item.source).name for item in library.skipped(lines=True)} == {"ferry.txt", "ferry.html"}
    library.add([folder])
    assert sorted(map(str, library.skipped(lines=True))) == before  # once, however often it is read
    library.close()


def test_a_page_whose_lines_are_on_record_is_retired_once_it_is_gone(folder: Path, tmp_path: Path) -> None:
    (folder / "ferry.html").write_text(PAGE.replace("ferry", "train").replace("boat", "tram"))
    rag.build([folder], tmp_path / "index", encoder=WordEncoder()).close()
    (folder / "ferry.txt").unlink()
    library = rag.build([folder], tmp_path / "index", encoder=WordEncoder(), retire=True)
    assert library.report.retired == 1
    assert {Path(item.source).name for item in library.skipped(lines=True)} == {"ferry.html"}
    library.close()


def test_reading_without_an_index_does_not_warn_of_lines(folder: Path, recwarn: pytest.WarningsRecorder) -> None:
    assert len(list(rag.read_articles([folder]))) == 2
    assert not recwarn.list


def test_the_command_line_shows_what_was_left_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = str(tmp_path / "index")
    rag.build([folder], index, encoder=WordEncoder()).close()
    cli.main(["skipped", "--lines", "--index", index])
    assert LOST[:50] in capsys.readouterr().out
    cli.main(["skipped", "--index", index])
    assert "nothing was skipped" in capsys.readouterr().out
    cli.main(["articles", "--explain", "--index", index])
    assert "left out, 1 line: paragraphs outside the articles: " in capsys.readouterr().out


def test_what_is_kept_of_a_file_is_limited() -> None:
    kept: left_out.Kept = {}
    with left_out.keeping(kept):
        for n in range(2 * left_out.MAX_RECORDS):
            left_out.report(f"pages.zip!{n}.html", "menus", ["word " * 100] * 100)
    records = list(left_out.records(kept))
    assert len(records) == left_out.MAX_RECORDS
    assert records[0].place == "left out, 100 lines"
    assert len(records[0].reason) < readers.MAX_REASON_CHARS
    assert not left_out.is_asked()
