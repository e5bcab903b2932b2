"""A page saved as one file (.mhtml) is read like the page itself."""

import base64
import datetime as dt
import quopri

import pytest

from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import mhtml

URL = "https://valley.example/2014/09/05/tram"
TEXT = (
    "The council of Port Selwyn voted on Monday night for a tram line – “at last”, said the mayor – to the harbour.\n"
    "Work will begin in spring, and the first cars should run in three years if the bridge can carry them at all."
)
PAGE = (
    '<html><head><title>The tram is back</title><meta property="og:site_name" content="Valley Post"></head>'
    f"<body><h1>The tram is back</h1>{''.join(f'<p>{line}</p>' for line in TEXT.split(chr(10)))}</body></html>"
)
ADVERT = "An advertisement stands here, and nobody reads it to the end, however long it may be, or how often it comes."
FRAME = f"<html><body><p>{ADVERT}</p></body></html>"
ENCODINGS = {
    "quoted-printable": quopri.encodestring,
    "base64": base64.encodebytes,
    "8bit": lambda data: data,
}


def part(data, encoding="quoted-printable", charset="utf-8", place=URL, name="page", kind="text/html"):
    head = f"Content-Type: {kind}; charset={charset}\nContent-ID: <{name}>\nContent-Transfer-Encoding: {encoding}\n"
    return (head + (f"Content-Location: {place}\n" if place else "") + "\n").encode() + ENCODINGS[encoding](data)


def read(tmp_path, *parts, start="", top=f"Snapshot-Content-Location: {URL}\n"):
    kind = f'Content-Type: multipart/related; type="text/html"; boundary="edge"{start}'
    head = f"From: <Saved>\n{top}MIME-Version: 1.0\n{kind}\n\n"
    path = tmp_path / "saved.mhtml"
    path.write_bytes(head.encode() + b"".join(b"--edge\n" + p + b"\n" for p in parts) + b"--edge--\n")
    return list(mhtml.read(path, load_catalogue()))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_page_is_read_in_any_transfer_encoding(tmp_path, encoding):
    picture = b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"
    (found,) = read(tmp_path, part(PAGE.encode(), encoding), picture)
    assert (found.title, found.text, found.outlet) == ("The tram is back", TEXT, "Valley Post")
    assert (found.url, found.source) == (URL, str(tmp_path / "saved.mhtml"))
    assert (found.date, found.date_basis) == (dt.date(2014, 9, 5), "from the address")


def test_the_charset_of_the_part_is_used(tmp_path):
    (found,) = read(tmp_path, part(PAGE.encode("windows-1252"), charset="windows-1252"))
    assert found.text == TEXT


def test_the_url_is_that_of_the_snapshot_or_the_part(tmp_path):
    (found,) = read(tmp_path, part(PAGE.encode(), place="https://valley.example/other"), top="")
    assert found.url == "https://valley.example/other"
    (found,) = read(tmp_path, part(PAGE.encode(), place="cid:frame-1@mhtml"), top="")
    assert found.url is None


def test_the_page_is_the_start_part_or_the_first_html_part(tmp_path):
    parts = part(FRAME.encode(), name="frame", place=None), part(PAGE.encode(), name="page")
    (found,) = read(tmp_path, *parts, start='; start="<page>"')
    assert found.text == TEXT
    (found,) = read(tmp_path, *parts[::-1])
    assert found.text == TEXT


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\x00\x01\x02 no message", "no web page in it; open the page and save it again"),
        (b"Content-Type: text/plain\n\nwords\n", "no web page in it; open the page and save it again"),
        (b"Content-Type: text/html\n\n", "no web page in it; open the page and save it again"),
        (b"Content-Type: text/html\n\n<html><body></body></html>", "no article text found on the page"),
    ],
)
def test_a_file_without_a_page_is_rejected_with_a_reason(tmp_path, data, reason):
    path = tmp_path / "saved.mht"
    path.write_bytes(data)
    with pytest.raises(InputError, match=reason):
        list(mhtml.read(path, load_catalogue()))


def test_damaged_headers_do_not_prevent_reading(tmp_path):
    for damage in ("Subject: =?utf-8?B?\n", "From: (\n", "Content-ID: <<>\n", "Date: not a day\n"):
        (found,) = read(tmp_path, part(PAGE.encode()), top=damage)
        assert found.text == TEXT
