"""The pages of a web archive become articles; images, redirects and requests are ignored."""

import gzip
import io
import sys
import zlib

import brotli
import pytest
from support.pdf import lines, make_pdf
from support.web_pages import PAGE, SENTENCES, page
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from rag.errors import InputError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import Outlet
from rag.readers import http_content, limits, warc
from rag.readers.skipped import Skipped

NAMES = Catalogue([Outlet("The Harbour Gazette", (), ("gazette.example",))])
URL = "https://gazette.example/strike.html"


LIST = b"<html><body><ul><li><a href='/1'>One</a></li><li><a href='/2'>Two</a></li></ul></body></html>"


def record(body=PAGE, url=URL, media_type="text/html; charset=utf-8", status="200 OK", kind="response", **headers):
    return {"body": body, "url": url, "type": media_type, "status": status, "kind": kind, "headers": headers}


def archive(*records, packed=False):
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "test"}))
    for r in records:
        http = None
        if r["kind"] == "response":
            stated = [("Content-Type", r["type"])] if r["type"] else []
            stated += [(name.replace("_", "-"), value) for name, value in r["headers"].items()]
            http = StatusAndHeaders(r["status"], stated, protocol="HTTP/1.1")
        given = {"http_headers": http} if http else {"warc_content_type": r["type"]}
        made_record = writer.create_warc_record(r["url"], r["kind"], payload=io.BytesIO(r["body"]), **given)
        writer.write_record(made_record)
    return out.getvalue()


def read(tmp_path, data, name="a.warc"):
    path = tmp_path / name
    path.write_bytes(data)
    return list(warc.read(path, NAMES))


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_page_becomes_an_article_with_its_address(tmp_path, name):
    (found,) = read(tmp_path, archive(record(), packed=name.endswith(".gz")), name)
    assert found.text.split("\n") == SENTENCES
    assert (found.title, found.url, found.host) == ("Dock strike ends", URL, "The Harbour Gazette")
    assert found.outlet == "The Harbour Gazette"
    assert found.date.isoformat() == "2013-05-14"
    assert found.source == str(tmp_path / name)


def test_the_date_of_the_crawl_is_not_a_date_of_publication(tmp_path):
    body = PAGE.replace(b'<meta property="article:published_time" content="2013-05-14">', b"")
    (found,) = read(tmp_path, archive(record(body, Date="Tue, 14 May 2013 10:00:00 GMT")))
    assert (found.date, found.date_basis) == (None, None)


def test_an_archive_compressed_as_a_whole_or_under_another_name_is_read(tmp_path):
    assert len(read(tmp_path, gzip.compress(archive(record())), "whole.warc.gz")) == 1
    assert len(read(tmp_path, archive(record(), packed=True), "named.warc")) == 1


def test_a_resource_and_a_pdf_are_read(tmp_path):
    paper = make_pdf(
        [(70, 740, 24, "Cranes for sale"), *lines(["The cranes of Port Selwyn are for sale, the board said."])]
    )
    found = read(
        tmp_path,
        archive(
            record(kind="resource", media_type="text/html"),
            record(paper, "https://gazette.example/cranes.pdf", "application/pdf"),
        ),
    )
    assert [a.title for a in found] == ["Dock strike ends", "Cranes for sale"]
    assert (found[1].url, found[1].host) == ("https://gazette.example/cranes.pdf", "The Harbour Gazette")
    assert found[1].outlet_basis == "host page: The Harbour Gazette"


def test_the_text_of_a_page_is_read_as_a_dump_with_a_url(tmp_path):
    dump = "\n".join(["Home | News | Sport", "", "Dock strike ends", "", "14 May 2013", "", *SENTENCES]).encode()
    (found,) = read(tmp_path, archive(record(dump, media_type="text/plain", kind="conversion")))
    assert (found.title, found.text.split("\n")) == ("Dock strike ends", SENTENCES)
    assert (found.outlet, found.outlet_basis) == ("The Harbour Gazette", "host page: The Harbour Gazette")
    assert (found.url, found.host, found.date_basis) == (URL, "The Harbour Gazette", "published")
    other = record(dump, "https://mirror.example/1", "text/plain", kind="conversion")
    (copy,) = read(tmp_path, archive(other))
    assert (copy.outlet, copy.host, copy.date_basis) == (None, "mirror.example", "posted by host")
    assert copy.id != found.id


def test_images_redirects_and_requests_are_ignored(tmp_path):
    found = read(
        tmp_path,
        archive(
            record(b"\xff\xd8", media_type="image/jpeg"),
            record(b"", status="301 Moved Permanently", Location="/x"),
            record(page("Not found"), status="404 Not Found"),
            record(b"a = 1", media_type="text/javascript"),
            record(b"words of a file", media_type="text/plain"),
            record(b"note", kind="metadata", media_type="text/plain"),
            record(),
        ),
    )
    assert [a.title for a in found] == ["Dock strike ends"]


def test_a_page_without_an_article_is_skipped_with_its_url(tmp_path):
    first, second = read(tmp_path, archive(record(LIST, "https://gazette.example/"), record()))
    assert (first.source, first.place) == (str(tmp_path / "a.warc"), "record 2")
    assert first.reason.startswith("https://gazette.example/: ")
    assert second.title == "Dock strike ends"


def test_an_archive_without_articles_is_rejected_with_its_contents(tmp_path):
    data = archive(*[record(b"\xff", media_type="image/jpeg")] * 3, record(status="404 Not Found"))
    with pytest.raises(InputError) as error:
        read(tmp_path, data)
    assert str(error.value) == (
        "none of its 5 records is a page with an article (image/jpeg 3, warcinfo 1, status 404 1)"
    )


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("gzip", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("br", brotli.compress),
        ("gzip", bytes),  # stated of what the archive holds unpacked
        ("br", bytes),
        ("GZIP, identity", gzip.compress),
    ],
)
def test_a_compressed_page_is_decompressed(tmp_path, encoding, pack):
    (found,) = read(tmp_path, archive(record(pack(PAGE), Content_Encoding=encoding)))
    assert found.text.split("\n") == SENTENCES


def test_a_chunked_page_is_joined_and_a_wrongly_declared_one_is_read(tmp_path):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (PAGE[:80], PAGE[80:])) + b"0\r\n\r\n"
    (found,) = read(tmp_path, archive(record(chunks, Transfer_Encoding="chunked")))
    assert found.text.split("\n") == SENTENCES
    (found,) = read(tmp_path, archive(record(PAGE, Transfer_Encoding="chunked")))
    assert found.text.split("\n") == SENTENCES


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (gzip.compress(PAGE)[:-40], "gzip", "its compressed content is truncated"),
        (gzip.compress(PAGE)[:30] + b"\x07" * 200, "gzip", "its compressed content is damaged"),
        (brotli.compress(PAGE)[:-40], "br", "its compressed content is truncated"),
        (b"\x07" * 200, "br", "its compressed content is damaged"),
        (b"\x28\xb5\x2f\xfd", "zstd", "its Content-Encoding is 'zstd'; only gzip, deflate and br can be read"),
    ],
)
def test_a_page_that_cannot_be_decompressed_is_skipped_with_a_reason(tmp_path, body, encoding, reason):
    bad, good = read(tmp_path, archive(record(body, Content_Encoding=encoding), record()))
    assert bad.reason.startswith(f"{URL}: {reason}")
    assert good.title == "Dock strike ends"


def test_a_page_compressed_with_brotli_needs_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "brotli", None)
    bad, _ = read(tmp_path, archive(record(brotli.compress(PAGE), Content_Encoding="br"), record()))
    assert bad.reason == f"{URL}: compressed with Brotli (br); install the package 'brotli>=1.2' to read it"


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_a_page_that_decompresses_to_too_much_is_rejected(encoding, pack, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 50_000)
    with pytest.raises(InputError, match="too large"):
        http_content.decompress(pack(b"x" * 10_000_000), encoding)


def test_a_record_over_the_size_limit_is_skipped(tmp_path, monkeypatch):
    data = archive(record(PAGE + b" " * 200_000), record(), record(b"x" * 300_000, media_type="image/png"), record())
    monkeypatch.setattr(limits, "MAX_BYTES", 100_000)
    bad, *good = read(tmp_path, data)
    assert bad.reason.startswith(f"{URL}: too large")
    assert [a.title for a in good] == ["Dock strike ends"] * 2


def test_the_charset_that_the_server_declares_is_used(tmp_path):
    texts = [f"Grüße aus Höxter, Öhringen und Übach. {text}" for text in SENTENCES]
    body = page(texts=texts).decode().encode("iso-8859-1")
    (found,) = read(tmp_path, archive(record(body, media_type="text/html; charset=ISO-8859-1")))
    assert found.text.split("\n") == texts
    assert http_content.charset('text/html; a=b; Charset="utf-8"') == "utf-8"
    assert http_content.charset("text/html") is None


def titles_and_messages(path):
    """Return (titles of the articles, all messages about what was not read)."""
    titles, messages = [], []
    try:
        for item in warc.read(path, NAMES):
            (messages if isinstance(item, Skipped) else titles).append(getattr(item, "title", item))
    except InputError as error:
        messages.append(error)
    return titles, "; ".join(map(str, messages))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("lost", [0.05, 0.5, 0.9, 0.99])
def test_a_truncated_archive_is_read_up_to_the_cut(tmp_path, packed, lost):
    one = archive(record(), packed=packed)
    whole = archive(record(), record(), packed=packed)
    path = tmp_path / ("a.warc.gz" if packed else "a.warc")
    path.write_bytes(whole[: len(whole) - int(lost * (len(whole) - len(one)))])
    titles, messages = titles_and_messages(path)
    assert titles == ["Dock strike ends"]
    assert "truncated" in messages or "damaged" in messages


def length(data, said):
    """An archive in which its last record states another length."""
    before, _, after = data.rpartition(b"Content-Length: ")
    return before + said + after[after.index(b"\r\n") :]


TWO = archive(record(page("Two")))


@pytest.mark.parametrize(
    "broken",
    [
        b"no head at all\r\nWARC-Type: response\r\n\r\n" + bytes(range(256)) + b"\r\n",
        length(TWO, b"Content-Length: x"),
        length(TWO, b"Content-Length: 10"),
        length(TWO, b""),
    ],
    ids=["no head", "no number", "too short", "no length"],
)
def test_a_damaged_record_is_skipped_and_the_rest_is_read(tmp_path, capfd, broken):
    one, three = (archive(record(page(title))) for title in ("One", "Three"))
    path = tmp_path / "a.warc"
    path.write_bytes(one + broken + three)
    titles, messages = titles_and_messages(path)
    assert titles == ["One", "Three"]
    assert "damaged (" in messages
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "a.warc", "the file is empty"),
        (b"no archive at all\n" * 20, "a.warc", "not a web archive"),
        (bytes(100_000), "a.warc", "not a web archive"),
        (gzip.compress(b"words", mtime=0), "a.warc.gz", "not a web archive"),
    ],
)
def test_a_file_that_is_not_an_archive_is_rejected(tmp_path, data, name, reason):
    with pytest.raises(InputError, match=reason):
        read(tmp_path, data, name)


def test_an_endless_header_is_not_held_in_memory(tmp_path, monkeypatch):
    data = archive(record(), record())
    monkeypatch.setattr(limits, "MAX_BYTES", 200_000)
    with pytest.raises(InputError, match="the header of a record is too long"):
        read(tmp_path, data + b"WARC/1.0\r\nWARC-Type: " + b"x" * 500_000)
