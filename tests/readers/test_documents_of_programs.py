"""Word documents and books in EPUB become articles; damaged and hostile ones are skipped with a reason."""

import io

import docx
import pytest
from support.samples import LAST, MORE, PAGE, SENTENCE, TITLE, epub, zipped

from rag import readers
from rag.article import Article
from rag.provenance.catalogue import load_catalogue
from rag.readers import docx as reader_of_docx
from rag.readers import epub as reader_of_epub

BODY = f"<h1>{TITLE}</h1><p>{SENTENCE} {MORE}</p><p>{LAST}</p>"
PLAIN_PAGE = f"<html><head><title>{TITLE}</title></head><body>{BODY}</body></html>"


@pytest.fixture
def read(tmp_path):
    def reader(data, name):
        path = tmp_path / name
        path.write_bytes(data)
        return list(readers.read([path], load_catalogue()))

    return reader


def saved(*paragraphs, change=None):
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if change:
        change(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


class TestWord:
    def test_a_document_is_an_article_with_its_title_byline_and_date(self, read):
        data = saved(TITLE, "By Jane Roe, The Delta Herald", "3 February 2016", f"{SENTENCE} {MORE}", LAST)
        (article,) = read(data, "a.docx")
        assert article.text == f"{SENTENCE} {MORE}\n\n{LAST}"
        assert (article.title, article.authors) == (TITLE, ("Jane Roe",))
        assert article.date.isoformat() == "2016-02-03"

    def test_fields_above_the_text_are_read(self, read):
        head = (f"Title: {TITLE}", "Source: The Delta Herald", "Date: 2016-02-03")
        (article,) = read(saved(*head, f"{SENTENCE} {MORE}", LAST), "a.docx")
        assert (article.title, article.outlet) == (TITLE, "The Delta Herald")

    def test_the_properties_of_the_file_are_no_byline_and_no_date(self, read):
        def change(document):
            document.core_properties.author = "A Clerk"

        (article,) = read(saved(TITLE, f"{SENTENCE} {MORE}", LAST, change=change), "a.docx")
        assert (article.authors, article.date) == ((), None)

    def test_the_text_of_tables_is_read(self, read):
        def change(document):
            document.add_table(1, 2).cell(0, 1).text = "The last word of the table."

        (article,) = read(saved(TITLE, f"{SENTENCE} {MORE}", LAST, change=change), "a.docx")
        assert article.text.endswith("The last word of the table.")

    def test_deleted_words_are_not_read_and_inserted_ones_are(self, read):
        def change(document):
            paragraph = document.paragraphs[-1]._p
            name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
            for xml in (
                f'<w:del xmlns:w="{name}" w:id="1"><w:r><w:delText>Never said.</w:delText></w:r></w:del>',
                f'<w:ins xmlns:w="{name}" w:id="2"><w:r><w:t> Added later.</w:t></w:r></w:ins>',
            ):
                paragraph.append(docx.oxml.parse_xml(xml))

        (article,) = read(saved(TITLE, f"{SENTENCE} {MORE}", LAST, change=change), "a.docx")
        assert article.text.endswith(" Added later.")
        assert "Never said" not in article.text

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"no document", "not a ZIP file, or a damaged one"),
            (b"\xd0\xcf\x11\xe0 and more", "an old or encrypted Office document; save it as .docx without a password"),
            (zipped({"a.txt": "x"}), "not a Word document, or a damaged one"),
            (saved(), "no text in it"),
            (saved(TITLE, TITLE)[:900], "not a ZIP file, or a damaged one"),
        ],
    )
    def test_what_is_no_document_is_skipped_with_a_reason(self, read, data, reason):
        (skipped,) = read(data, "a.docx")
        assert skipped.reason.startswith(reason)

    def test_a_document_that_unpacks_to_very_much_is_skipped(self, read, monkeypatch):
        monkeypatch.setattr(reader_of_docx, "MAX_UNPACKED_BYTES", 2**20)
        (skipped,) = read(zipped({"word/document.xml": bytes(2**21)}), "a.docx")
        assert "unpacks to more than 1 MB" in skipped.reason

    def test_a_document_of_very_many_elements_is_skipped(self, read, monkeypatch):
        monkeypatch.setattr(reader_of_docx, "MAX_TAGS", 100_000)
        (skipped,) = read(zipped({"word/document.xml": "<a>" + "<b/>" * 100_000 + "</a>"}), "a.docx")
        assert skipped.reason == "its markup has more than 100,000 tags; save it as .text"
        assert isinstance(read(saved(TITLE, f"{SENTENCE} {MORE}"), "b.docx")[0], Article)

    def test_entities_are_not_expanded(self, read, tmp_path):
        (tmp_path / "secret").write_text("never to be read")
        bomb = (
            f'<!DOCTYPE x [<!ENTITY a "{"b" * 1000}"><!ENTITY f SYSTEM "file://{tmp_path}/secret">]>'
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
            f"<w:t>{SENTENCE} {MORE} &a;&a; &f;</w:t></w:r></w:p></w:body></w:document>"
        )
        data = saved(TITLE)
        import zipfile

        with zipfile.ZipFile(io.BytesIO(data)) as made:
            parts = {name: made.read(name) for name in made.namelist()}
        (item,) = read(zipped(parts | {"word/document.xml": bomb}), "a.docx")
        assert "bbbb" not in getattr(item, "text", "")
        assert "never to be read" not in getattr(item, "text", "")


class TestBooks:
    def test_each_page_of_a_book_is_an_article_of_its_publisher_and_date(self, read, tmp_path):
        pages = {"one.xhtml": PLAIN_PAGE, "two.xhtml": PLAIN_PAGE.replace(TITLE, "The mail plane flies on Wednesdays")}
        one, two = read(epub(pages), "a.epub")
        assert one.text == f"{SENTENCE} {MORE}\n{LAST}"
        assert (one.title, two.title) == (TITLE, "The mail plane flies on Wednesdays")
        assert (one.outlet, one.outlet_basis) == ("The Delta Herald", "metadata: publisher of the book")
        assert one.date.isoformat() == "2016-02-03"
        assert one.source == f"{tmp_path / 'a.epub'}!OEBPS/one.xhtml"
        assert one.id != two.id

    def test_what_a_page_says_itself_comes_first(self, read):
        book = "<dc:title>A</dc:title><dc:publisher>Radio Tarn</dc:publisher><dc:date>2020-01-01</dc:date>"
        (article,) = read(epub({"a.xhtml": PAGE}, book), "a.epub")
        assert (article.outlet, article.date.isoformat()) == ("The Delta Herald", "2016-02-03")

    def test_a_program_that_made_the_book_is_not_its_outlet(self, read):
        book = (
            "<dc:title>Reuters [Wed, 03 Feb 2016]</dc:title><dc:publisher>maker</dc:publisher>"
            "<dc:creator>maker</dc:creator><dc:date>2016-02-03T08:00:00+00:00</dc:date>"
        )
        (article,) = read(epub({"a.xhtml": PLAIN_PAGE}, book), "a.epub")
        assert (article.outlet, article.authors) == ("Reuters", ())

    def test_what_a_book_says_is_read_once_and_not_for_each_page(self, read, monkeypatch):
        monkeypatch.setattr(reader_of_epub, "MAX_NAMES", 3)
        book = "".join(f"<dc:publisher>Maker {n}</dc:publisher><dc:creator>Jo Roe {n}</dc:creator>" for n in range(50))
        found = []
        monkeypatch.setattr(reader_of_epub, "key", lambda name: found.append(name) or name.casefold())
        pages = {f"{n}.xhtml": PLAIN_PAGE.replace(TITLE, f"{TITLE} {n}") for n in range(5)}
        articles = read(epub(pages, book), "a.epub")
        assert [(article.outlet, len(article.authors)) for article in articles] == [("Maker 0", 3)] * 5
        assert len(found) < 20

    def test_a_page_that_is_no_article_is_skipped_with_its_place(self, read):
        good, skipped = read(
            epub({"a.xhtml": PLAIN_PAGE, "b.xhtml": "<html><body><p>Cover</p></body></html>"}), "a.epub"
        )
        assert isinstance(good, Article)
        assert skipped.source.endswith("a.epub!OEBPS/b.xhtml")

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (zipped({"a.txt": "x"}), "damaged (\"There is no item named 'META-INF/container.xml'"),
            (zipped({"META-INF/container.xml": "<a"}), "not an EPUB file, or a damaged one (META-INF/container.xml"),
            (zipped({"META-INF/container.xml": "<a/>"}), "not an EPUB file: it names no list of its pages"),
            (b"PK no book", "not a ZIP file"),
            (epub({}), "no article found in it"),
        ],
    )
    def test_what_is_no_book_is_skipped_with_a_reason(self, read, data, reason):
        (skipped,) = read(data, "a.epub")
        assert skipped.reason.startswith(reason)

    def test_a_protected_page_is_skipped(self, read):
        import zipfile

        with zipfile.ZipFile(io.BytesIO(epub({"a.xhtml": PLAIN_PAGE}))) as made:
            parts = {name: made.read(name) for name in made.namelist()}
        parts["META-INF/encryption.xml"] = b'<encryption><CipherReference URI="OEBPS/a.xhtml"/></encryption>'
        (skipped,) = read(zipped(parts), "a.epub")
        assert skipped.reason == "protected against copying; it can be read by its own program alone"

    def test_a_name_that_is_only_part_of_a_protected_one_is_read(self, read):
        import zipfile

        with zipfile.ZipFile(io.BytesIO(epub({"a.xhtml": PLAIN_PAGE}))) as made:
            parts = {name: made.read(name) for name in made.namelist()}
        parts["META-INF/encryption.xml"] = b'<encryption><CipherReference URI="fonts/OEBPS/a.xhtml.ttf"/></encryption>'
        assert isinstance(read(zipped(parts), "a.epub")[0], Article)
