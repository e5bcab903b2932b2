"""A plain text is one article, word for word, with the fields of its first lines; a page dump is recognised as such."""

import textwrap

import pytest
from support import ROOT

from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import plain_text
from rag.readers.plain_text import is_plain, parse

TITLE = "Council votes for second tram line"
PARAGRAPHS = (
    "The council of Vardania voted on Monday night for a second tram line between the harbour and the university. "
    "Nineteen members were in favour, twelve against.",
    "Work is to begin in spring and will take three years, the mayor, Ilse Tornquist, told reporters after the vote. "
    "“We have waited for this for two decades,” she said.",
    "Shopkeepers along Mill Street fear that customers will stay away while the street is dug up. Their association "
    "asked for tax relief, which the council refused.",
)
TEXT = "\n\n".join(PARAGRAPHS)
WRAPPED = "\n\n".join(textwrap.fill(paragraph, 72) for paragraph in PARAGRAPHS)
INDENTED = "\n".join(f"    {paragraph}" for paragraph in PARAGRAPHS)
LETTER = (
    "Dear Editor,\n\nYour report on the tram leaves out those who live on Mill Street. We were never asked.\n\n"
    "I have run my shop for thirty years, and nobody paid us for the bridge.\n\nYours sincerely,\nAnna Brekke"
)
ANSWERS = (
    "Q: Why a second line now?\n\nA: Because the first one is full. Every morning people are left standing.\n\n"
    "Q: Who pays?\n\nA: The state pays two thirds of it. The rest comes from the city’s own budget."
)
POEM = (
    "It rings along the harbour wall,\nit sways beneath the rain,\nit carries those who work at night\n"
    "and brings them home again.\n\nThe gulls sit on its wire and wait,\nthe driver drinks his tea."
)
BRIEF = "The council of Vardania approved a second tram line on Monday."


def read(text):
    return parse(text, load_catalogue(), "a.txt")


@pytest.mark.parametrize("text", [TEXT, WRAPPED, INDENTED, ANSWERS, POEM, BRIEF])
def test_the_first_line_is_the_title_and_the_rest_is_kept_as_printed(text):
    article = read(f"{TITLE}\n\n{text}\n")
    assert (article.title, article.text) == (TITLE, text)
    assert is_plain(f"{TITLE}\n\n{text}\n")


@pytest.mark.parametrize("text", [TEXT, WRAPPED, INDENTED, LETTER, BRIEF])
def test_a_text_without_a_title_is_kept_whole(text):
    article = read(f"\n{text}\n\n")
    assert (article.title, article.text) == (None, text)
    assert is_plain(text)


def test_a_title_directly_above_the_text_is_not_taken_for_wrapped_text():
    assert read(f"{TITLE}\n{TEXT}").title == TITLE
    assert read(WRAPPED).title is None


def test_windows_line_ends_are_accepted():
    assert read(f"{TITLE}\n\n{TEXT}".replace("\n", "\r\n")).text == TEXT


def test_fields_above_the_text_are_read():
    text = (
        f"Title: {TITLE}\nDate: 14 May 2013\nSource: reuters\nAuthor: By Jane Roe\nURL: https://a.example/x\n\n{TEXT}"
    )
    article = read(text)
    assert (article.title, article.text, article.authors) == (TITLE, TEXT, ("Jane Roe",))
    assert (article.outlet, article.outlet_basis) == ("Reuters", "metadata: Source")
    assert (article.date.isoformat(), article.date_basis) == ("2013-05-14", "published")
    assert article.url == "https://a.example/x"
    assert is_plain(text)


def test_a_title_may_follow_the_fields():
    article = read(f"Date: 2013-05-14\nSource: Example Post\n\n{TITLE}\n\n{TEXT}")
    assert (article.title, article.text, article.outlet) == (TITLE, TEXT, "Example Post")


def test_a_short_line_below_a_stated_title_is_text():
    article = read(f"Title: {TITLE}\n\nFrom the harbour\n\n{TEXT}")
    assert (article.title, article.text) == (TITLE, f"From the harbour\n\n{TEXT}")


@pytest.mark.parametrize("line", ["Note: the vote was secret.", "Vienna: the tram is late.", "Text: a word."])
def test_an_unknown_name_before_a_colon_is_not_a_field(line):
    assert read(f"{line}\n\n{TEXT}").text == f"{line}\n\n{TEXT}"


def test_bylines_dates_and_the_outlet_below_the_title_are_read():
    article = read(f"{TITLE.upper()}\n\nBy Jane Roe\nReuters\nMay 14, 2013\n\n{TEXT}")
    assert (article.title, article.text, article.authors) == (TITLE.upper(), TEXT, ("Jane Roe",))
    assert (article.outlet, article.outlet_basis) == ("Reuters", "credit line: Reuters")
    assert (article.date.isoformat(), article.date_basis) == ("2013-05-14", "published")


def test_a_dateline_gives_outlet_and_date_and_stays_in_the_text():
    text = f"PORT ALMEIDA, May 14, 2013 (Reuters) - {TEXT}"
    article = read(f"{TITLE}\n\n{text}")
    assert (article.text, article.outlet, article.date.isoformat()) == (text, "Reuters", "2013-05-14")


def test_an_ambiguous_date_is_refused():
    article = read(f"{TITLE}\n\n03/04/2013\n\n{TEXT}")
    assert (article.text, article.date, article.date_basis) == (TEXT, None, "refused: 03/04/2013 (two readings)")


RIGHTS = "Copyright 2009 The Vardania Courier"
ABOVE = "   The Vardania Courier\n\n   March 3, 2009 Tuesday\n\n"
EXPORTS = [
    f"{RIGHTS}\nAll Rights Reserved\n\n{ABOVE}SECTION: NEWS; Pg. 4\n\nLENGTH: 512 words\n\nHEADLINE: {TITLE}\n\n"
    f"BYLINE: By Jane Roe\n\nDATELINE: VIENNA\n\nBODY:\n{TEXT}\n\nLOAD-DATE: March 4, 2009\nLANGUAGE: ENGLISH\n",
    f"{ABOVE}{TITLE}\n\nBYLINE: Jane Roe\n\nSECTION: NEWS\n\nLENGTH: 512 words\n\n{TEXT}\n\n"
    f"LOAD-DATE: March 4, 2009\n\n{RIGHTS}\nAll Rights Reserved\n",
    f"Council votes for\nsecond tram line\n\n{ABOVE}{RIGHTS} All Rights Reserved\n\nSection: News; Pg. 4\n"
    f"Length: 512 words\nByline: By Jane Roe\n\nBody\n\n{TEXT}\n\nLoad-Date: March 4, 2009\n\nEnd of Document\n",
]


@pytest.mark.parametrize("export", EXPORTS)
def test_exports_of_press_archives_are_read(export):
    article = read(export)
    assert (article.title, article.text, article.authors) == (TITLE, TEXT, ("Jane Roe",))
    assert (article.outlet, article.date.isoformat()) == ("The Vardania Courier", "2009-03-03")
    assert is_plain(export)


@pytest.mark.parametrize("page", sorted((ROOT / "tests" / "pages").glob("*.txt")), ids=lambda page: page.stem)
def test_a_page_dump_is_not_plain_text(page):
    assert not is_plain(page.read_text("utf-8"))


@pytest.mark.parametrize(
    "furniture",
    [
        "Leave a comment",
        "Share Tweet Print",
        "Copyright 2013 Example Post. All rights reserved.",
        "Home » News » Vardania",
        "Related articles",
        "Sign up for our newsletter",
        "Filed under: Vardania",
        "Read more",
        "Home\nNews\nOpinion\nSports",
        "  • Home\n  • News",
        "May 14, 2013\n\nMay 15, 2013",
    ],
)
def test_one_line_of_page_furniture_makes_a_dump(furniture):
    assert is_plain(f"{TITLE}\n\n{TEXT}\n")
    assert not is_plain(f"{TITLE}\n\n{TEXT}\n\n{furniture}\n\n{TEXT}\n")


def test_an_empty_text_or_a_menu_is_not_plain_text():
    assert not is_plain("")
    assert not is_plain("Home\nNews\n")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"Title: x\n\n", "no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not text: it contains NUL bytes"),
        (b"%PDF-1.4\n1 0 obj", "not text: it is a PDF file; rename it to .pdf"),
    ],
)
def test_a_file_without_text_is_rejected_with_a_reason(tmp_path, data, reason):
    path = tmp_path / "a.text"
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        list(plain_text.read(path, load_catalogue()))
    assert str(error.value).startswith(reason)


def test_a_file_in_another_encoding_is_read(tmp_path):
    path = tmp_path / "a.text"
    path.write_bytes(f"Das Café\n\n{'Die Bürger stimmten für die Straßenbahn. ' * 4}".encode("cp1252"))
    (article,) = plain_text.read(path, load_catalogue())
    assert (article.title, article.text[:40]) == ("Das Café", "Die Bürger stimmten für die Straßenbahn.")
    assert article.source == str(path)
