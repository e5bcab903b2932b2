"""A PDF becomes one article: its text as printed, and its title, date and authors if the page prints them."""

import io
import subprocess
import sys
import time
import zlib
from random import Random

import pypdf
import pytest
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, StreamObject
from support import samples
from support.pdf import FIRST, lines, make_pdf

from rag.errors import InputError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import Outlet
from rag.readers import limits, pdf
from rag.readers.pdf import layout

NAMES = Catalogue([Outlet("The Harbour Gazette", (), ("gazette.example",)), Outlet("Reuters", (), ("reuters.com",))])
SECOND = [
    "Nobody will be dismissed, said the board, which had asked for four",
    "posts to be cut and for longer shifts at the weekend and at night.",
]


def article(*pages, **options):
    return pdf.parse(make_pdf(*pages, **options), NAMES, "a.pdf")


def test_a_page_gives_title_byline_date_and_paragraphs():
    found = article(
        [
            (70, 800, 9, "The Harbour Gazette"),
            (70, 740, 24, "Dock workers end"),
            (70, 712, 24, "their long strike"),
            (70, 690, 9, "By Jane Roe"),
            (70, 678, 9, "14 May 2013"),
            *lines(FIRST),
            *lines(SECOND, y=590),
        ]
    )
    assert found.title == "Dock workers end their long strike"
    assert found.text == f"{' '.join(FIRST)}\n{' '.join(SECOND)}"
    assert found.authors == ("Jane Roe",)
    assert (found.date.isoformat(), found.date_basis) == ("2013-05-14", "published")
    assert (found.outlet, found.outlet_basis) == ("The Harbour Gazette", "credit line: The Harbour Gazette")
    assert (found.host, found.url, found.source) == (None, None, "a.pdf")


TITLE = "Dock workers end their strike"


@pytest.mark.parametrize(
    "byline",
    [
        "By Jane Roe, The Harbour Gazette, 7 February 2016",
        "By Jane Roe | The Harbour Gazette | 7 February 2016",
        "By Jane Roe, The Harbour Gazette, Sunday 7 February 2016 10:30 GMT",
    ],
)
def test_a_byline_gives_author_outlet_and_date(byline):
    found = article([(70, 740, 24, TITLE), (70, 700, 11, byline), *lines(FIRST)])
    assert (found.title, found.authors, found.outlet) == (TITLE, ("Jane Roe",), "The Harbour Gazette")
    assert (found.date.isoformat(), found.date_basis, found.text) == ("2016-02-07", "published", " ".join(FIRST))


def test_an_author_a_date_and_an_outlet_may_be_lines_of_one_paragraph():
    head = [(70, 702, 11, "Jane Roe"), (70, 690, 11, "The Harbour Gazette, 7 February 2016")]
    found = article([(70, 740, 24, TITLE), *head, *lines(FIRST)])
    assert (found.authors, found.outlet, str(found.date)) == (("Jane Roe",), "The Harbour Gazette", "2016-02-07")


def test_a_masthead_is_no_title():
    head = [(70, 780, 30, "HARBOUR HERALD"), (70, 740, 18, TITLE)]
    found = article([*head, (70, 700, 11, "By Jane Roe, Harbour Herald, 7 February 2016"), *lines(FIRST)])
    assert (found.title, found.outlet, found.text) == (TITLE, "Harbour Herald", " ".join(FIRST))


def test_a_section_above_the_title_is_no_author():
    head = [(70, 780, 14, "WORLD NEWS"), (70, 740, 24, TITLE), (70, 700, 11, "7 February 2016")]
    assert article([*head, *lines(FIRST)]).authors == ()


@pytest.mark.parametrize("site", ["The Harbour Gazette", "World news | The Harbour Gazette"])
def test_the_site_behind_a_title_is_left_out(site):
    assert article([(70, 740, 18, f"{TITLE} | {site}"), *lines(FIRST)]).title == TITLE


def test_paragraphs_are_recognised_by_an_indent_or_a_short_line():
    indented = [*lines(FIRST), (84, 601, 11, SECOND[0]), (70, 588, 11, SECOND[1])]
    assert article(indented).text == f"{' '.join(FIRST)}\n{' '.join(SECOND)}"
    assert article(lines([*FIRST, *SECOND])).text == f"{' '.join(FIRST)}\n{' '.join(SECOND)}"


def test_a_paragraph_runs_over_to_the_next_page():
    found = article(lines(FIRST[:2]), lines([FIRST[2], *SECOND], y=780))
    assert found.text == f"{' '.join(FIRST)}\n{' '.join(SECOND)}"


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("the board met on Mon-", "day in the old town hall", "the board met on Monday in the old"),
        ("the board had been re-", "placed in the spring", "the board had been replaced in"),
        ("a board that was self-", "appointed in the spring", "a board that was self-appointed in"),
        ("the ferry to the isle of San-", "Telmo was full", "the isle of San- Telmo was full"),
        ("the long-term and long-", "term plans of the port", "the long-term and long-term plans"),
        ("the years from 1998 -", "and from then on to 2004", "from 1998 - and from"),
        ("a newspaper says that the news-", "paper of the town, a paper for all,", "the newspaper of the town"),
        ("a paper says that the weekly-", "paper of the town", "the weekly-paper of the town"),
        ("the board had been re\u00ad", "placed in the spring", "the board had been replaced in"),
    ],
)
def test_hyphens_are_removed_only_from_hyphenated_words(first, second, joined):
    assert (
        joined in article(lines([f"Nobody knows why {first}", f"{second}, and nobody asked for a reason either."])).text
    )


def test_ligatures_become_letters():
    assert layout._clean("the of\ufb01ce is a\ufb04oat\x00") == "the office is affloat"


def test_running_heads_feet_and_page_numbers_are_not_text():
    words = ("First", "Second", "Third", "Fourth")
    body = [lines([f"{word}, {line}" for line in FIRST + SECOND]) for word in words]
    pages = [
        [(70, 820, 8, "The Harbour Gazette"), (300, 820, 8, f"Issue {n}, 14 May 2013"), *page, (290, 30, 8, f"- {n} -")]
        for n, page in enumerate(body, 1)
    ]
    found = article(*pages)
    assert found.text.split() == [word for page in body for _, _, _, line in page for word in line.split()]
    assert found.outlet == "The Harbour Gazette"
    assert found.date.isoformat() == "2013-05-14"


@pytest.mark.parametrize("foot", ["7", "- 7 -", "Page 7 of 12", "vii"])
def test_the_number_of_a_single_page_is_not_text(foot):
    assert article([*lines(FIRST), (290, 30, 8, foot)]).text == " ".join(FIRST)


def test_a_title_repeated_as_running_head_is_the_title():
    title = "A strike and its price"
    first = [(70, 740, 24, title), *lines(FIRST)]
    found = article(first, *[[(70, 820, 8, title), *lines([f"{n}: {SECOND[0]}", SECOND[1]])] for n in ("One", "Two")])
    assert found.title == title
    assert title not in found.text
    assert found.authors == ()


def test_a_line_repeated_in_the_text_is_kept():
    refrain = "No ship was unloaded."
    page = lines([*FIRST, refrain, *SECOND, refrain, *FIRST])
    assert article(page).text.count(refrain) == 2
    heads = [[(70, 820, 8, "Gazette")], [(70, 820, 8, "Gazette")]]
    middle = [lines([f"{n}: {FIRST[0]}", *FIRST[1:], refrain, *SECOND, f"{n} as before."]) for n in ("One", "Two")]
    assert article(*[h + m for h, m in zip(heads, middle, strict=True)]).text.count(refrain) == 2


def test_the_title_field_counts_only_if_the_page_prints_it():
    page = [(70, 700, 11, "Nothing moves in Port Selwyn"), (70, 680, 11, "A strike and its price"), *lines(FIRST)]
    assert article(page, info={"/Title": "A Strike and its Price"}).title == "A strike and its price"
    assert article(page, info={"/Title": "Microsoft Word - strike_v3.doc"}).title == "Nothing moves in Port Selwyn"


def test_the_creation_date_of_a_file_is_not_a_date_of_publication():
    found = article(lines(FIRST), info={"/CreationDate": "D:20130514120000Z", "/ModDate": "D:20130515120000Z"})
    assert (found.date, found.date_basis) == (None, None)


def test_the_author_field_counts_only_if_the_page_prints_it():
    signed = [(70, 700, 9, "Text and pictures: Jane Roe"), *lines(FIRST)]
    assert article(signed, info={"/Author": "Jane Roe"}).authors == ("Jane Roe",)
    assert article(lines(FIRST), info={"/Author": "Jane Roe"}).authors == ()


@pytest.mark.parametrize(
    ("printed", "basis"),
    [("03/04/2019", "refused: 03/04/2019 (two readings)"), ("1 May 2099", "refused: 1 May 2099 (in the future)")],
)
def test_an_ambiguous_date_is_refused_with_a_reason(printed, basis):
    found = article([(70, 700, 9, printed), *lines(FIRST)])
    assert (found.date, found.date_basis) == (None, basis)


def test_columns_are_read_one_after_the_other():
    left = [line[:30].strip() for line in FIRST + SECOND]
    right = [line[-30:].strip() for line in FIRST + SECOND]
    by_column = [*lines(left), *lines(right, x=320)]
    by_row = [line for pair in zip(lines(left), lines(right, x=320), strict=True) for line in pair]
    whole = " ".join([*left, *right])
    assert article(by_column).text.replace("\n", " ") == whole
    assert article(by_row).text.replace("\n", " ") == whole


def test_a_table_of_numbers_stays_in_rows():
    page = []
    for n in range(1, 7):
        y = 700 - 13 * n
        page += [(70, y, 11, f"{n}."), (100, y, 11, f"clause {n} of the agreement says what it says")]
    assert article(page).text.startswith("1. clause 1 of the agreement says what it says")


def test_an_encrypted_file_without_a_password_is_read():
    assert article(lines(FIRST), password="").text == " ".join(FIRST)


def picture():
    writer = pypdf.PdfWriter()
    image = DecodedStreamObject()
    image.set_data(b"\x00")
    image.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image")})
    sheet = writer.add_blank_page(595, 842)
    images = DictionaryObject({NameObject("/I1"): writer._add_object(image)})
    sheet[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): images})
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make_pdf(lines(FIRST), password="secret"), "protected by a password; save a copy without one"),
        (picture(), "contains scanned pages and no text; run OCR first"),
        (make_pdf([]), "contains no text"),
        (make_pdf(lines(FIRST))[:300], "damaged ("),
        (b"%PDF-1.7\n" + bytes(range(256)) * 40, "damaged ("),
        (b"PK\x03\x04 a document", "not a PDF file, despite its name"),
        (
            make_pdf(stream=b"BT /F1 9 Tf 70 700 Td (\x01\x02\x03\x04\x05\x06 a \x01\x02\x03) Tj ET"),
            "its fonts do not say which",
        ),
        (make_pdf(*[[(70, 800, 8, "The Harbour Gazette")]] * 4), "contains no text but what is printed on every page"),
    ],
)
def test_an_unreadable_file_is_rejected_with_a_reason(data, reason, capfd):
    with pytest.raises(InputError) as error:
        pdf.parse(data, NAMES, "a.pdf")
    assert str(error.value).startswith(reason)
    assert capfd.readouterr().err == ""


def test_pypdfs_warnings_are_not_printed(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"junk\n" + make_pdf(lines(FIRST)))
    code = "import sys, pathlib; from rag.provenance.catalogue import Catalogue; from rag.readers import pdf; "
    code += "print(len(list(pdf.read(pathlib.Path(sys.argv[1]), Catalogue([])))))"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_an_empty_or_oversized_file_is_rejected(tmp_path, monkeypatch):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="the file is empty"):
        list(pdf.read(path, NAMES))
    path.write_bytes(make_pdf(lines(FIRST)))
    assert [a.source for a in pdf.read(path, NAMES)] == [str(path)]
    monkeypatch.setattr(limits, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="too large"):
        list(pdf.read(path, NAMES))


def test_too_many_pages_are_rejected(monkeypatch):
    monkeypatch.setattr(layout, "MAX_PAGES", 3)
    with pytest.raises(InputError, match="too long: 4 pages, and the limit for one article is 3"):
        article(*[lines(FIRST)] * 4)


def test_a_small_file_that_takes_minutes_to_read_is_timed_out(monkeypatch):
    slow = make_pdf(stream=b"BT /F1 1 Tf\n" + b"(a) Tj\n" * 60_000 + b"ET")
    assert len(slow) < 5_000
    monkeypatch.setattr(layout, "MAX_SECONDS", 0.2)
    start = time.process_time()
    with pytest.raises(InputError, match="takes longer than 0 s to read"):
        pdf.parse(slow, NAMES, "a.pdf")
    assert time.process_time() - start < 3


@pytest.mark.parametrize("stream", [b"\0" * 80_000_000, b"[" * 100_000 + b"] TJ"], ids=["zeros", "nested"])
def test_a_decompression_bomb_is_rejected(stream):
    with pytest.raises(InputError, match=r"too large once decompressed|damaged"):
        article(stream=stream)


@pytest.mark.parametrize("letters", [b"z", b"a"])
def test_a_stream_is_not_decoded_beyond_what_memory_is_for(letters):
    """Python decodes ASCII85 in 90 bytes of memory for a character: these 75 KB took 7 GB."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(lines(FIRST))))
    stream = StreamObject()
    stream.set_data(zlib.compress(letters * 40_000_000 + b"~>"))
    stream[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode"), NameObject("/ASCII85Decode")])
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    file = io.BytesIO()
    writer.write(file)
    with pytest.raises(InputError, match="too large once decompressed"):
        pdf.parse(file.getvalue(), NAMES, "a.pdf")


@pytest.mark.parametrize("in_form", [False, True])
def test_a_page_of_very_many_fonts_is_rejected_before_they_are_loaded(in_form):
    """pypdf loads each font of a page, and of the forms in it, as often as it has a name."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(lines(FIRST))))
    page = writer.pages[0]
    font = next(iter(page["/Resources"]["/Font"].values()))
    fonts = DictionaryObject({NameObject(f"/X{n}"): font for n in range(layout.MAX_FONTS)})
    if in_form:
        form = StreamObject()
        form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
        form[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        forms = DictionaryObject({NameObject("/A"): writer._add_object(form)})
        page["/Resources"][NameObject("/XObject")] = forms
    else:
        page["/Resources"]["/Font"].update(fonts)
    file = io.BytesIO()
    writer.write(file)
    with pytest.raises(InputError, match="a page has more than 100 fonts"):
        pdf.parse(file.getvalue(), NAMES, "a.pdf")


def test_a_damaged_file_gives_an_article_or_a_reason():
    whole = make_pdf(lines(FIRST), lines(SECOND), info={"/Title": "A strike"})
    random = Random(1)
    read = rejected = 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(random.choice((1, 5, 40))):
            data[random.randrange(len(data))] = random.randrange(256)
        try:
            read += bool(pdf.parse(bytes(data), NAMES, "a.pdf").text)
        except InputError:
            rejected += 1
    assert read + rejected == 60
    assert min(read, rejected) > 0


def test_a_stream_that_refers_to_itself_is_named_without_an_address_in_memory():
    data = samples.pdf().replace(b"/Length 673", b"/Length 6 0 R")
    assert b"/Length 6 0 R" in data
    with pytest.raises(InputError, match=r"or without end \(.*object 6\)$"):
        pdf.parse(data, NAMES, "a.pdf")
