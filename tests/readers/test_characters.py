"""Every character that prints something, or joins or turns what is printed, comes out of every reader as it went in.

The exceptions are those of docs/formats.md, "Unusual characters".
"""

import csv
import functools
import io
import json
import unicodedata
from collections import Counter
from email.message import EmailMessage
from html import escape

import docx
import pytest
import regex
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support import SHARED, properties, samples  # noqa: F401  (properties sets the profile)
from support.feeds import rss
from support.pdf import make_unicode_pdf

from rag import readers
from rag.provenance.catalogue import load_catalogue
from rag.readers import decoding

PRINTED = regex.compile(r"[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cf}--[\xad\ufeff]]", regex.V1)
LIGATURES = dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True))
TITLE = "The clerk reads"
TEXT = "The tram line opens in spring, the mayor of Selwyn said on Monday, when the snow has gone from the hills."
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>Radio Tarn</title><entry><title>The clerk reads</title>'
    '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{}</div></content></entry></feed>'
)
BROKEN = ("</channel>", "<unclosed></channel>")  # which feedparser reads with another parser than well-formed XML


@functools.cache
def characters():
    """Return (the letters that have no case, ideographs for the most part, all other characters)."""
    every = PRINTED.findall("".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)])))
    return [c for c in every if regex.match(r"\p{Lo}", c)], [c for c in every if not regex.match(r"\p{Lo}", c)]


@functools.cache
def words():
    """Return words with all characters: each in a word of its own, letters without case in words of eight."""
    letters, others = characters()
    return [*(f"n{c}n" for c in others), *map("".join, batches(letters, 8))]


@functools.cache
def names():
    """Return words of eight characters, for fields that hold little: all characters, but few ideographs."""
    letters, others = characters()
    letters = [c for c in letters if not regex.match(r"[\p{Han}\p{Hangul}\p{Tangut}]", c) or ord(c) % 50 == 0]
    return [f"n{''.join(some)}n" for some in batches([*others, *letters], 8)]


def batches(values, size):
    return (values[i : i + size] for i in range(0, len(values), size))


def lines():
    """Return sentences with all these words."""
    found = map(" ".join, batches(words(), 64))
    return [f"The clerk of the harbour reads: {line}, and nobody in the room objects to it." for line in found]


def paragraphs(texts):
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def page(texts, write=paragraphs):
    head = f'<!doctype html><html><head><meta charset="utf-8"><title>{TITLE}</title></head>'
    return f"{head}<body><article><h1>{TITLE}</h1>{write(texts)}</article></body></html>".encode()


def numbered(texts):
    """Return paragraphs in which all but ASCII is written as numbers, decimal and hexadecimal in turn."""
    return regex.sub(r"[^\x00-\x7f]", lambda found: reference(ord(found[0])), paragraphs(texts))


def reference(code):
    return f"&#{code};" if code % 2 else f"&#x{code:x};"


def structured(texts):
    """Return a page whose text is in its data alone, as escapes."""
    data = json.dumps({"@type": "NewsArticle", "headline": TITLE, "articleBody": "\n\n".join(texts)})
    return (
        f'<html><head><title>{TITLE}</title><script type="application/ld+json">{data}</script></head></html>'.encode()
    )


def mhtml(texts):
    message = EmailMessage()
    message.set_content(page(texts).decode(), subtype="html")
    return message.as_bytes()


def dump(texts):
    return "\n\n".join((TITLE, *texts)).encode()


def record(texts, **options):
    return json.dumps({"title": TITLE, "text": "\n\n".join(texts)}, **options).encode()


def table(texts, **fields):
    file = io.StringIO()
    fields = {"title": TITLE, "text": "\n\n".join(texts)} | fields
    csv.writer(file).writerows([fields.keys(), fields.values()])
    return file.getvalue().encode()


def item(content):
    return rss(f"<title>{TITLE}</title><content:encoded>{content}</content:encoded>")


def letter(texts):
    message = EmailMessage()
    message["From"], message["Subject"] = "Radio Tarn <desk@radiotarn.example>", TITLE
    message.set_content("\n\n".join(texts), cte="base64")
    return message.as_bytes()


def document(texts):
    made = docx.Document()
    for text in (TITLE, *texts):
        made.add_paragraph(text)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


WRITERS = {
    "page.html": page,
    "numbers.html": lambda texts: page(texts, numbered),
    "data.html": structured,
    "page.mhtml": mhtml,
    "page.warc": lambda texts: samples.warc(False, page(texts)),
    "dump.txt": lambda texts: dump([*texts, "Share", "Tweet", "Copyright 2021 Radio Tarn. All rights reserved."]),
    "plain.text": dump,
    "plain.md": lambda texts: b"# " + dump(texts),
    "escapes.jsonl": record,
    "letters.json": lambda texts: record(texts, ensure_ascii=False),
    "html.jsonl": lambda texts: record([paragraphs(texts)]),
    "table.csv": table,
    "html.rss": lambda texts: item(escape(paragraphs(texts))),
    "text.rss": lambda texts: item(escape("\n".join(texts))),
    "numbers.rss": lambda texts: item(escape(numbered(texts))),
    "cdata.rss": lambda texts: item(f"<![CDATA[{paragraphs(texts)}]]>"),
    "broken.rss": lambda texts: item(escape(paragraphs(texts))).replace(*(part.encode() for part in BROKEN)),
    "xhtml.atom": lambda texts: ATOM.format(paragraphs(texts)).encode(),
    "print.pdf": make_unicode_pdf,
    "letter.eml": letter,
    "document.docx": document,
    "book.epub": lambda texts: samples.epub({"a.xhtml": page(texts).decode()}),
    "packed.zip": lambda texts: samples.zipped({"page.html": page(texts)}),
}


@pytest.fixture
def read(tmp_path):
    def reader(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return list(readers.read([path], load_catalogue()))

    return reader


def test_every_reader_is_tried():
    assert {readers.READERS[f".{name.partition('.')[2]}"] for name in WRITERS} == set(readers.READERS.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_every_character_of_a_text_comes_out_as_it_went_in(read, name):
    for texts in batches(lines(), 60):
        (found,) = read(name, WRITERS[name](texts))
        if name.endswith(".pdf"):  # its lines are joined, and those from right to left put in another order
            expected = regex.sub("[ﬀ-ﬆ]", lambda c: LIGATURES[c[0]], "".join(texts))
            assert Counter("".join(found.text.split())) == Counter("".join(expected.split()))
        else:
            assert [line for line in found.text.split("\n") if line] == texts


def quoted(text):
    return text.replace("'", "''")


FIELDS = {
    "a.jsonl": lambda title, people: json.dumps(
        {"title": title, "outlet": title, "authors": people, "text": TEXT}
    ).encode(),
    "a.csv": lambda title, people: table([TEXT], title=title, outlet=title, authors="; ".join(people)),
    "a.md": lambda title, people: "".join(
        f"{line}\n"
        for line in (
            "---",
            f"title: '{quoted(title)}'",
            f"outlet: '{quoted(title)}'",
            f"authors: [{', '.join(people)}]",
            "---",
            TEXT,
        )
    ).encode(),
    "a.rss": lambda title, people: rss(
        f"<title>{escape(title)}</title><source>{escape(title)}</source>"
        + "".join(f"<dc:creator>{escape(name)}</dc:creator>" for name in people)
        + f"<description>{TEXT}</description>"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FIELDS)
def test_every_character_of_title_outlet_and_authors_comes_out_as_it_went_in(read, name):
    for some in batches(names(), 64):
        title = f"The clerk {' '.join(some)} reads"
        people = [f"Jane {word}" for word in some if regex.fullmatch(r"[\p{L}\p{M}\p{Cf}]+", word)]
        (found,) = read(name, FIELDS[name](title, people))
        assert found.title == title
        assert found.outlet == title
        assert list(found.authors) == people


@pytest.mark.slow
def test_every_character_of_title_and_authors_of_a_page_comes_out_as_it_went_in(read):
    for some in batches(names(), 32):
        title = f"The clerk {' '.join(some)} reads"
        people = [f"Jane {word}" for word in some if regex.fullmatch(r"[\p{L}\p{M}\p{Cf}]+", word)]
        head = f'<title>{escape(title)}</title><meta name="author" content="{", ".join(people)}">'
        data = page([TEXT]).decode().replace(f"<title>{TITLE}</title>", head).replace(TITLE, escape(title))
        (found,) = read("a.html", data.encode())
        assert found.title == title
        assert list(found.authors) == people


# Mixtures

PIECES = st.one_of(
    st.characters(exclude_categories=("Cc", "Cs", "Co", "Zl", "Zp", "Zs")).filter(PRINTED.match),
    st.sampled_from([
        "می‌گویند", "क्‍ष", "👨‍👩‍👧", "❤\ufe0f", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "e\u0301\u0323", "\u2067ab\u2069",
        "R&D", "AT&T;", "&copy", "&foo;", "&#", "|", "-", "&", "<3",
        "a < b", "\u2424", "\U0002a6d6", "\U0002a6d5", " ",
    ]),
)  # fmt: skip
SENTENCES = st.lists(PIECES, min_size=1, max_size=30).map(lambda found: " ".join(f"n{''.join(found)}n".split()))


@pytest.mark.parametrize("name", ["page.html", "escapes.jsonl", "html.rss", "xhtml.atom", "plain.text", "table.csv"])
@settings(parent=settings.get_profile("according"), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=SENTENCES)
def test_any_mixture_comes_out_as_it_went_in(read, name, text):
    line = f"The clerk of the harbour reads {text} aloud to the board, and nobody in the room objects to it."
    assume(decoding.fix_mojibake(line) == line)
    (found,) = read(name, WRITERS[name]([line, TEXT]))
    assert [row for row in found.text.split("\n") if row] == [line, TEXT]


@pytest.mark.parametrize("row", ["- No, said the clerk.", "| No, said | the clerk |", "No, said the clerk |", "-", "|"])
def test_a_dash_or_bar_that_a_page_prints_is_not_taken_for_a_list_or_table(read, row):
    (found,) = read("a.html", page([TEXT, f"{row} {TEXT}", TEXT]))
    assert found.text == f"{TEXT}\n{row} {TEXT}\n{TEXT}"


def test_the_marks_of_nested_lists_and_of_tables_are_not_printed(read):
    lists = "<ul><li>The first item has words.<ul><li>The second has more words.</li></ul></li></ul>"
    table = "<table><tr><td>The mill</td><td>burnt | sold</td></tr></table>"
    (found,) = read("a.html", page([], lambda _: f"<p>{TEXT}</p>{lists}{table}<p>{TEXT}</p>"))
    first, *others, last = found.text.split("\n")
    assert first == last == TEXT
    assert others == ["The first item has words.", "The second has more words.", "The mill | burnt | sold"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["page.html", "data.html", "page.mhtml", "plain.text", "html.rss", "print.pdf"])
def test_accents_stay_as_they_are_written(read, name, form):
    text = unicodedata.normalize(form, f"The señora Ibáñez of Ångström spoke of Việt Nam and 한국. {TEXT}")
    (found,) = read(name, WRITERS[name]([text]))
    assert found.text == text


# Exceptions, which docs/formats.md names


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "print.pdf"])
def test_soft_hyphens_and_byte_order_marks_within_a_line_are_left_out(read, name):
    (found,) = read(name, WRITERS[name]([f"The harbour mas\xadter told \ufeffthe board. {TEXT}", TEXT]))
    assert [line for line in found.text.split("\n") if line] == [f"The harbour master told the board. {TEXT}", TEXT]


def test_a_soft_hyphen_at_the_end_of_a_line_is_printed_and_stays(read):
    (found,) = read("a.text", f"{TEXT}\nThe harbour mas\xad\nter told the board.".encode())
    assert found.text == f"{TEXT}\nThe harbour mas\xad\nter told the board."


def test_a_soft_hyphen_within_a_line_of_a_pdf_is_drawn_and_stays(read):
    (found,) = read("a.pdf", make_unicode_pdf([f"The well\xadknown clerk told the board. {TEXT}"]))
    assert found.text == f"The well\xadknown clerk told the board. {TEXT}"


def test_soft_hyphens_are_left_out_of_fields_too(read):
    record = {"title": "The mas\xadter", "outlet": "The Her&shy;ald", "authors": ["Jane R\xadoe"], "text": TEXT}
    (found,) = read("a.jsonl", json.dumps(record).encode())
    assert (found.title, found.outlet, found.authors) == ("The master", "The Herald", ("Jane Roe",))


def test_icons_of_a_pages_own_font_are_left_out_of_its_text(read):
    (found,) = read("a.html", page([f"\ue001 {TEXT}"]))
    assert found.text == TEXT
    (found,) = read("a.text", f"The \ue001 mark. {TEXT}".encode())
    assert found.text == f"The \ue001 mark. {TEXT}"


@pytest.mark.parametrize(
    ("name", "between"),
    [("page.html", " "), ("dump.txt", "\n"), ("plain.text", "\u2028"), ("escapes.jsonl", "\u2028"), ("text.rss", "\n")],
)
def test_a_line_separator_is_a_space_or_the_end_of_a_line_where_lines_are_displayed(read, name, between):
    (found,) = read(name, WRITERS[name]([TEXT, f"{samples.MORE}\u2028{samples.LAST}"]))
    expected = f"{TEXT}\n{samples.MORE}{between}{samples.LAST}"
    assert [line for line in found.text.split("\n") if line] == expected.split("\n")


# What the page shows, and what its data says


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("R&D", "R&D"), ("AT&T;", "AT&T;"), ("a & b", "a & b"), ("&copy; 2024", "© 2024"),
        ("&amp;copy 2024", "&copy 2024"),
        ("?x=1&amp;copy=2", "?x=1&copy=2"), ("&foo;", "&foo;"), ("&;", "&;"), ("&#;", "&#;"), ("&#8217;s", "’s"),
        ("&#150;", "–"), ("&#x200c;", "\u200c"), ("&zwj;", "\u200d"), ("&rlm;", "\u200f"), ("R&amp;amp;D", "R&D"),
        ("a &lt; b", "a < b"), ("&lt;crowd cheers&gt;", "<crowd cheers>"),
    ],
)  # fmt: skip
def test_references_of_a_page_are_decoded_as_a_browser_does_and_nothing_else(read, written, shown):
    data = page([TEXT]).decode().replace(TITLE, f"The clerk {written} reads").replace("The tram", f"The {written} tram")
    (found,) = read("a.html", data.encode())
    assert found.title == f"The clerk {shown} reads"
    assert found.text == TEXT.replace("The tram", f"The {shown} tram")


@pytest.mark.parametrize("code", [*range(32), 0x7F, 0x85, 0xFFFE, 0xFFFF, 0xFDD0, 0xD800, 0x1FFFF, 0x110000])
def test_a_reference_to_what_is_no_character_does_not_make_a_page_or_feed_unreadable(read, code):
    for written in (f"&#{code};", f"&#x{code:x};", f"&amp;#{code};"):
        data = page([TEXT]).decode().replace("The tram", f"{written}The tram").replace("</title>", f"{written}</title>")
        (found,) = read("a.html", data.encode())
        assert f"{TEXT[10:]}" in found.text
        (found,) = read("a.rss", item(f"{written}{TEXT}"))
        assert f"{TEXT[10:]}" in found.text


def test_characters_that_were_escaped_twice_come_out_too(read):
    (found,) = read(
        "a.html", page([TEXT]).replace(b"The tram", "The می&amp;#8204;گویند &amp;zwj;\U0002a6d6 tram".encode())
    )
    assert found.text == TEXT.replace("The tram", "The می‌گویند \u200d\U0002a6d6 tram")


SHARED_CASES = SHARED / "cases" / "input"


@pytest.mark.skipif(not SHARED_CASES.is_dir(), reason="the pages that were tried are not part of the project")
def test_joiners_of_persian_hindi_and_emoji_are_kept_in_a_page(read):
    printed = (SHARED_CASES / "zwnj.txt").read_text("utf-8")
    (found,) = read("a.html", (SHARED_CASES / "zwnj.html").read_bytes())
    assert found.text.split("\n") == printed.strip().split("\n\n")
    assert (found.text.count("\u200c"), found.text.count("\u200d")) == (7, 3)
    markup = (SHARED_CASES / "fa.html").read_text("utf-8")
    (found,) = read("a.html", markup.encode())
    assert found.title.count("\u200c") == 1
    assert f"{found.title}{found.text}".count("\u200c") == markup.partition("<h1>")[2].count("\u200c")
