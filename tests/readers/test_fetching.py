"""A URL is fetched within limits of time, size and place, and failures are reported in words."""

import asyncio
import gzip
import socket
import ssl
import threading
import time

import brotli
import pytest
from support.feeds import TEXT, rss
from support.pdf import FIRST, lines, make_pdf
from support.web_pages import PAGE, SENTENCES
from support.web_site import serve

from rag.errors import InputError
from rag.provenance.catalogue import Catalogue
from rag.readers import fetch, limits

NAMES = Catalogue([])


@pytest.fixture
def site():
    with serve() as served:
        yield served


def get(url):
    return list(fetch.read(url, NAMES))


def reason(url):
    with pytest.raises(InputError) as error:
        get(url)
    return str(error.value)


def test_a_page_becomes_an_article(site):
    site.answer("/strike", PAGE)
    (found,) = get(f"{site.url}/strike")
    assert found.text.split("\n") == SENTENCES
    assert found.title == "Dock strike ends"
    assert found.url == found.source == f"{site.url}/strike"


def test_requests_name_the_program_and_send_no_cookies(site):
    site.redirect("/a", "/b", Set_Cookie="seen=1")
    site.answer("/b", PAGE)
    get(f"{site.url}/a")
    (_, first), (_, second) = site.requests
    assert first["User-Agent"].startswith("According/")
    assert first["Accept"].startswith("text/html")
    assert first["Accept-Encoding"] == "gzip, deflate"
    assert "Cookie" not in second


def test_a_feed_is_recognised_whatever_its_media_type(site):
    data = rss(f"<link>/1</link><description>{TEXT}</description>", f"<link>/2</link><description>{TEXT}</description>")
    for media_type in ("application/rss+xml", "text/xml", "text/html", "application/octet-stream"):
        site.answer("/feed", data, media_type)
        assert [a.url for a in get(f"{site.url}/feed")] == [f"{site.url}/1", f"{site.url}/2"]


def test_a_pdf_is_recognised_whatever_its_media_type(site):
    for media_type in ("application/pdf", "text/html", None):
        site.answer("/a", make_pdf(lines(FIRST)), media_type)
        assert [a.text for a in get(f"{site.url}/a")] == [" ".join(FIRST)]


def test_a_page_is_recognised_without_its_media_type(site):
    for media_type in (None, "text/plain", "application/octet-stream"):
        site.answer("/a", b"<!DOCTYPE html>" + PAGE, media_type)
        assert [a.title for a in get(f"{site.url}/a")] == ["Dock strike ends"]


def test_the_charset_that_the_server_declares_is_used(site):
    body = PAGE.decode().replace("Selwyn", "Übach-Höxter").encode("iso-8859-1")
    site.answer("/a", body, "text/html; charset=ISO-8859-1")
    assert "Übach-Höxter" in get(f"{site.url}/a")[0].text


def test_a_compressed_page_is_decompressed(site):
    site.answer("/a", gzip.compress(PAGE), Content_Encoding="gzip")
    assert len(get(f"{site.url}/a")) == 1
    site.answer("/b", brotli.compress(PAGE), Content_Encoding="br")
    assert len(get(f"{site.url}/b")) == 1


def test_redirects_are_followed_and_the_last_url_is_the_articles(site):
    for n in range(5):
        site.redirect(f"/{n}", f"/{n + 1}")
    site.answer("/5", PAGE)
    (found,) = get(f"{site.url}/0")
    assert (found.url, found.source) == (f"{site.url}/5", f"{site.url}/0")
    site.redirect("/", "/0")
    assert reason(f"{site.url}/").startswith("redirects more than 5 times")
    assert len(site.requests) == 6 + 6


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/a", "file:///etc/hostname", "javascript:alert(1)"])
def test_a_redirect_to_anything_but_http_is_not_followed(site, target):
    site.redirect("/a", target)
    assert "not a URL that can be fetched" in reason(f"{site.url}/a")


@pytest.mark.parametrize("url", ["ftp://a.example/x", "file:///etc/hostname", "a.example", "http://", ""])
def test_an_invalid_url_is_rejected(url):
    assert reason(url).startswith("not a ")


def test_a_password_in_a_url_is_neither_sent_nor_stored_nor_shown(site):
    site.answer("/a", PAGE)
    (found,) = get(f"{site.url}/a#part".replace("//", "//jane:secret@"))
    assert found.url == found.source == f"{site.url}/a"
    assert "Authorization" not in site.requests[0][1]
    site.redirect("/b", f"{site.url}/none".replace("//", "//jane:secret@"))
    site.answer("/none", status="404 Not Found")
    assert "secret" not in reason(f"{site.url}/b".replace("//", "//jane:secret@"))
    assert "Authorization" not in site.requests[-1][1]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (
            "403 Forbidden",
            "the site responds 403 Forbidden: it does not allow programs to read this page; open it in a browser",
        ),
        ("404 Not Found", "the site responds 404 Not Found: it has no such page; check the URL"),
        ("503 Service Unavailable", "the site responds 503 Service Unavailable: its server failed; try again"),
        ("418 I'm a teapot", "the site responds 418 I'm a teapot: there is no page"),
        ("304 Not Modified", "the site responds 304 Not Modified: there is no page"),
    ],
)
def test_a_status_without_a_page_is_reported(site, status, message):
    site.answer("/a", PAGE, status=status)
    assert reason(f"{site.url}/a").startswith(message)


@pytest.mark.parametrize(
    ("body", "media_type", "message"),
    [
        (
            b'{"a": 1}',
            "application/json",
            "its type is application/json; only HTML pages, feeds and PDF files can be read",
        ),
        (b"words", "text/plain", "its type is text/plain; only HTML"),
        (b"\xff\xd8\xff", "image/jpeg", "its type is image/jpeg; only HTML"),
        (b"<urlset><url></url></urlset>", "application/xml", "its type is application/xml; only HTML"),
        (b"\x07\x08", None, "its type is not stated; only HTML"),
        (b"", "application/json", "the page is empty"),
    ],
)
def test_a_response_that_is_not_a_page_is_rejected(site, body, media_type, message):
    site.answer("/a", body, media_type)
    assert reason(f"{site.url}/a").startswith(message)


def drip(head, piece, seconds):
    yield head
    for _ in range(100):
        time.sleep(seconds)
        yield piece


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: ", b""]
)
def test_a_server_that_sends_a_byte_at_a_time_is_timed_out(site, monkeypatch, head):
    monkeypatch.setattr(fetch, "TIMEOUT_SECONDS", 0.3)
    site.answers["/a"] = drip(head, b"x", 0.1)
    start = time.monotonic()
    assert reason(f"{site.url}/a").startswith("no complete response within 0 s; try again later")
    assert time.monotonic() - start < 2


def test_a_slow_dns_lookup_is_timed_out(site, monkeypatch):
    site.answer("/a", PAGE)
    lookup = socket.getaddrinfo

    def slow(*args, **options):
        time.sleep(1.5)
        return lookup(*args, **options)

    monkeypatch.setattr(fetch, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    start = time.monotonic()
    assert reason(f"{site.url.replace('127.0.0.1', 'localhost')}/a").startswith("no complete response within 0 s")
    assert time.monotonic() - start < 1


def test_a_page_can_be_fetched_while_an_event_loop_is_running(site):
    site.answer("/a", PAGE)

    async def in_a_notebook():
        return get(f"{site.url}/a")

    assert [a.title for a in asyncio.run(in_a_notebook())] == ["Dock strike ends"]


def test_a_response_over_the_size_limit_is_rejected(site, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 200_000)
    site.answer("/declared", b"x" * 1000, Content_Length=10**12)
    assert reason(f"{site.url}/declared").startswith("too large")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    site.answers["/endless"] = (b"x" * 50_000 if n else head for n in range(10**6))
    assert reason(f"{site.url}/endless").startswith("too large")
    site.answer("/bomb", gzip.compress(b"<html>" + bytes(50_000_000), 1), Content_Encoding="gzip")
    assert reason(f"{site.url}/bomb").startswith("too large")
    site.answer("/bomb", brotli.compress(b"<html>" + bytes(50_000_000), quality=1), Content_Encoding="br")
    assert reason(f"{site.url}/bomb").startswith("too large")


def test_work_to_decompress_a_page_is_bounded(site, monkeypatch):
    site.answer("/parts", gzip.compress(PAGE[:900]) + gzip.compress(PAGE[900:]), Content_Encoding="gzip")
    assert [a.title for a in get(f"{site.url}/parts")] == ["Dock strike ends"]
    site.answer("/many", gzip.compress(b"") * 200_000, Content_Encoding="gzip")
    start = time.process_time()
    assert reason(f"{site.url}/many") == "its compressed content has more than 10,000 parts"
    assert time.process_time() - start < 5  # a minute, if each part is cut off the rest by copying it
    site.answer("/layers", gzip.compress(PAGE), Content_Encoding=", ".join(["gzip"] * 1000))
    assert reason(f"{site.url}/layers") == "compressed more than 3 times over"


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nA: ", b"x" * 60_000],
        [b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 9_000],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 60_000],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"A: b\r\n" * 9_000],
    ],
    ids=["a header", "headers", "an extension of a chunk", "trailers"],
)
def test_an_endless_head_is_cut_off(site, pieces):
    site.answers["/a"] = (pieces[min(n, 1)] for n in range(1_000))
    assert reason(f"{site.url}/a").startswith("its response is truncated, or not HTTP")


@pytest.mark.parametrize(
    "pieces",
    [
        [b"", b"HTTP/1.1 100 Continue\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"],
        [b"HTTP/1.1 302 Found\r\nLocation: /a\r\n\r\n"],
    ],
    ids=["announcements", "chunks", "redirects"],
)
def test_a_fetch_that_has_run_out_of_time_goes_on_in_no_thread(site, monkeypatch, pieces):
    monkeypatch.setattr(fetch, "TIMEOUT_SECONDS", 0.3)

    class Endless:
        def __iter__(self):
            time.sleep(0.1)
            return (pieces[min(n, len(pieces) - 1)] for n in range(1 if len(pieces) == 1 else 10**9))

    site.answers["/a"] = Endless()
    before = threading.active_count()
    assert reason(f"{site.url}/a").startswith("no complete response within 0 s")
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_a_truncated_response_is_reported(site):
    site.answer("/short", PAGE[:100], Content_Length=10_000)
    assert reason(f"{site.url}/short").startswith("its response is truncated, or not HTTP")
    site.answers["/none"] = [b"SSH-2.0-OpenSSH\r\n"]
    assert reason(f"{site.url}/none").startswith("its response is truncated, or not HTTP")
    site.answers["/nothing"] = []
    assert reason(f"{site.url}/nothing").startswith("its response is truncated, or not HTTP")
    site.answer("/packed", gzip.compress(PAGE)[:-60], Content_Encoding="gzip")
    assert reason(f"{site.url}/packed").startswith("its compressed content is truncated")


def test_an_unreachable_site_is_reported(site, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert reason(url) == "the site refuses the connection; check the URL, or try again later"
    assert reason(f"https{site.url[4:]}/").startswith("its certificate cannot be trusted (")

    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert reason("http://nowhere.example/").startswith("there is no site of this name")


def test_an_untrusted_certificate_is_reported():
    error = fetch.httpcore.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.__cause__.verify_message = "self-signed certificate"
    assert fetch._failure(error).startswith("its certificate cannot be trusted (self-signed certificate); open it in")
