"""One address for every spelling of a URL; never one for two articles."""

import pytest
import support.properties  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st

from rag.address import canonical_address

FINED = "republic.example/fined"


@pytest.mark.parametrize(
    "url",
    [
        "https://republic.example/fined", "http://republic.example/fined", "https://www.republic.example/fined/",
        "HTTPS://Republic.Example:443/fined", "https://republic.example//fined?utm_source=rss&utm_medium=feed",
        "https://republic.example/fined?fbclid=IwAR0&gclid=x", "https://m.republic.example/fined",
        "https://amp.republic.example/fined", "https://republic.example/fined/amp/", "https://republic.example/fined#",
        "https://republic.example/fined#comment-12", "https://republic.example/fined#:~:text=5%2C000",
        "https://republic.example/fined?replytocom=7#respond", "https://republic.example/fined#xtor=RSS-3208",
        "https://republic.example/amp/fined", "https://republic.example/fined.amp", "https://republic.example/fined?output=amp",
        "https://republic.example/fined?dclid=1&ysclid=2&igshid=3&_ga=4", "https://republic.example./fined",
    ],
)  # fmt: skip
def test_spellings_of_one_url_are_one_address(url):
    assert canonical_address(url) == FINED


def test_an_address_is_where_a_browser_goes():
    assert canonical_address(r"https://evil.example\@republic.example/fined") == "evil.example/@republic.example/fined"
    assert canonical_address(r"https:\\republic.example\fined") == FINED
    assert canonical_address(r"https://republic.example/fined?a=\b") != canonical_address(
        "https://republic.example/fined?a=/b"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.example/a?id=3", "https://x.example/a?id=4"),
        ("https://x.example/?p=12", "https://x.example/?p=13"),
        ("https://x.example/a.php?12345", "https://x.example/a.php?12346"),
        ("https://x.example/a?cid=3", "https://x.example/a?cid=4"),
        ("https://x.example/a?eid=3", "https://x.example/a?eid=4"),
        ("https://x.example/photo?fbid=3", "https://x.example/photo?fbid=4"),
        ("https://x.example/a?gallery=3", "https://x.example/a?gallery=4"),
        ("https://x.example/a?ref=3", "https://x.example/a?ref=4"),
        ("https://x.example/a?page=1", "https://x.example/a?page=2"),
        ("https://x.example/live#block-1", "https://x.example/live#block-2"),
        ("https://x.example/#!/a/1", "https://x.example/#!/a/2"),
        ("https://x.example/A", "https://x.example/a"),
        ("https://x.example/a?output=1", "https://x.example/a?output=2"),
        ("https://x.example:8080/a", "https://x.example/a"),
        ("https://m.example/a", "https://example/a"),
        ("https://news.x.example/a", "https://x.example/a"),
    ],
)
def test_urls_of_two_articles_are_two_addresses(one, other):
    first, second = canonical_address(one), canonical_address(other)
    assert first
    assert second
    assert first != second


@pytest.mark.parametrize(
    "path", ["", "/", "/index.html", "/index.php", "/home", "/en/", "/fa", "/?utm_source=x", "/#top"]
)
def test_a_home_page_identifies_nothing(path):
    assert canonical_address(f"https://republic.example{path}") is None


@pytest.mark.parametrize(
    "url", [None, "", "fined", "ftp://x.example/a", "https://", "https://[::1/a", "https://x:99999/a"]
)
def test_what_is_no_url_is_no_address(url):
    assert canonical_address(url) is None


@given(st.text(max_size=80))
def test_no_url_is_an_error_and_an_address_is_its_own(text):
    address = canonical_address(f"https://x.example/{text}")
    assert address is None or canonical_address(f"http://{address}") == address
