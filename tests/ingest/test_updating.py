"""An index is updated from its sources: politely, within bounds, and one that fails holds up no other."""

import email.utils
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from support import ROOT, WordEncoder
from support.feeds import rss
from support.network import Network
from support.web_pages import SENTENCES, page
from support.web_site import serve

import rag
from rag.cli import main
from rag.errors import InputError, LibraryError
from rag.readers import limits, polite, subscribed

WHOLE = " ".join(f"The council of Selwyn met for the {n}th time, and said nothing new of the tram." for n in range(30))
SUMMARY = "The dock workers of Port Selwyn ended their strike."


def item(link, title="Tram", text=WHOLE, more=""):
    return f"<title>{title}</title><link>{link}</link><description>{text}</description>{more}"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(polite, "DELAY_SECONDS", 0.0)


@pytest.fixture
def site():
    with serve() as served:
        served.answer("/robots.txt", status="404 Not Found")
        yield served


@pytest.fixture
def library(tmp_path):
    (tmp_path / "empty").mkdir()
    with rag.build([tmp_path / "empty"], index=tmp_path / "index", encoder=WordEncoder()) as made:
        yield made


def texts(library):
    return sorted(article.text for article in library.articles())


def asked(site, path):
    return [headers for requested, headers in site.requests if requested == path]


def updated(library, *addresses):
    for address in addresses:
        library.add_source(address)
    return library.update()


# The list of sources


def test_sources_are_kept_with_the_index_in_the_order_of_adding(library, tmp_path):
    feed = "https://jane:secret@gazette.example/feed#top"
    assert library.add_source(feed).address == "https://gazette.example/feed"
    library.add_source(tmp_path / "empty")
    library.close()
    with rag.open(tmp_path / "index", encoder=WordEncoder()) as again:
        assert [s.address for s in again.sources()] == ["https://gazette.example/feed", str(tmp_path / "empty")]
        again.remove_source(feed)
        assert [s.address for s in again.sources()] == [str(tmp_path / "empty")]
        again.remove_source(tmp_path / "empty")
        assert again.sources() == ()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("s3://bucket/news", "add what is in a bucket with `according add`"),
        ("https://", "not a URL that can be fetched"),
        ("/nowhere/at/all", "no such file or folder"),
        ("https://a.example/" + "x" * 3000, "longer than 2,000 characters"),
    ],
)
def test_what_can_be_no_source_is_refused(library, address, message):
    with pytest.raises(InputError, match=message):
        library.add_source(address)


def test_a_source_is_saved_once_and_an_unknown_one_cannot_be_removed(library):
    library.add_source("https://a.example/feed")
    with pytest.raises(InputError, match="is a source already"):
        library.add_source("https://a.example/feed#again")
    with pytest.raises(InputError, match="is no source"):
        library.remove_source("https://b.example/feed")
    library.remove_source("https://a.example/feed")
    with pytest.raises(InputError, match="has no sources"):
        library.update()


# What is read


def test_an_entry_with_its_whole_text_is_an_article_and_nothing_else_is_fetched(site, library):
    site.answer("/feed", rss(item(f"{site.url}/1")), "application/rss+xml")
    done = updated(library, f"{site.url}/feed")
    (outcome,) = done.outcomes
    assert (done.worked, outcome.state, outcome.new, outcome.summaries) == ("all", "read", 1, 0)
    assert texts(library) == [WHOLE]
    assert [path for path, _ in site.requests] == ["/robots.txt", "/feed"]
    assert asked(site, "/feed")[0]["User-Agent"].startswith("According/")


def test_the_page_of_an_entry_that_is_a_summary_is_fetched_once(site, library):
    entries = [item(f"{site.url}/strike", "Dock strike ends", SUMMARY)]
    site.answer("/feed", rss(*entries))
    site.answer("/strike", page())
    assert updated(library, f"{site.url}/feed").outcomes[0].new == 1
    assert texts(library) == ["\n".join(SENTENCES)]
    site.answer("/feed", rss(item(f"{site.url}/2"), *entries))
    assert library.update().outcomes[0].new == 1
    assert len(asked(site, "/strike")) == 1
    assert texts(library) == sorted([WHOLE, "\n".join(SENTENCES)])


def test_an_entry_without_text_has_that_of_its_page(site, library):
    site.answer("/feed", rss(f"<title>Dock strike ends</title><link>{site.url}/strike</link>"))
    site.answer("/strike", page())
    updated(library, f"{site.url}/feed")
    assert texts(library) == ["\n".join(SENTENCES)]


def test_an_entry_states_another_outlet_than_the_site_that_has_the_page(site, library):
    stated = '<source url="https://www.theguardian.com/rss">The Guardian</source><pubDate>Tue, 14 May 2013</pubDate>'
    plain = page().replace(b'<meta property="article:published_time" content="2013-05-14">', b"")
    site.answer("/feed", rss(item(f"{site.url}/strike", "Dock strike ends", SUMMARY, stated), title="Press Digest"))
    site.answer("/strike", plain)
    updated(library, f"{site.url}/feed")
    (found,) = library.articles()
    assert (found.outlet, found.outlet_basis, str(found.date)) == (
        "The Guardian",
        "metadata: entry source",
        "2013-05-14",
    )
    assert found.url == f"{site.url}/strike"


def test_what_a_feed_no_longer_lists_stays_in_the_index(site, library):
    site.answer("/feed", rss(item(f"{site.url}/1")))
    updated(library, f"{site.url}/feed")
    site.answer("/feed", rss(item(f"{site.url}/2", "Bridge", WHOLE.replace("tram", "bridge"))))
    library.update()
    assert len(texts(library)) == 2


def test_folders_and_pages_are_sources_too(site, library, tmp_path, news):
    site.answer("/strike", page())
    folder = news({"text": "The bridge of Selwyn is closed until spring."}).parent
    done = updated(library, f"{site.url}/strike", folder / "news.jsonl")
    assert [(o.state, o.new, o.articles) for o in done.outcomes] == [("read", 1, 1)] * 2
    news({"text": "The bridge of Selwyn is open."}, {"text": "The ferry is late."})
    assert [o.new for o in library.update().outcomes] == [0, 2]
    (folder / "news.jsonl").unlink()
    done = library.update()
    assert (done.worked, done.outcomes[1].reason) == ("some", "no such file or folder")
    assert len(texts(library)) == 4


def test_markup_and_scripts_of_an_entry_are_not_text(site, library):
    body = "<script>alert(1)</script><p onclick='x()'>" + WHOLE + "</p><img src=x onerror=alert(2)>"
    site.answer("/feed", rss(item("/1", "A &lt;b&gt; c", body.replace("&", "&amp;").replace("<", "&lt;"))))
    updated(library, f"{site.url}/feed")
    assert texts(library) == [WHOLE]


# Only what has changed


def test_a_feed_that_has_not_changed_is_not_sent_again(site, library):
    address = f"{site.url}/feed"
    site.answer("/feed", rss(item("/1")), ETag='"a1"', Last_Modified="Tue, 14 May 2013 10:00:00 GMT")
    updated(library, address)
    site.answer("/feed", status="304 Not Modified", Content_Length=None)
    generation = library.generation
    done = library.update()
    assert (done.worked, done.outcomes[0].state, done.report) == ("all", "unchanged", None)
    sent = asked(site, "/feed")[1]
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"a1"', "Tue, 14 May 2013 10:00:00 GMT")
    assert library.generation == generation


def test_a_feed_of_which_something_has_to_wait_is_read_again_although_it_has_not_changed(site, library):
    site.answer("/feed", rss(item(f"{site.url}/strike", "Dock strike ends", SUMMARY)), ETag='"a1"')
    site.answer("/strike", status="503 Service Unavailable")
    done = updated(library, f"{site.url}/feed")
    assert (done.outcomes[0].waiting, texts(library)) == (1, [])
    site.answer("/strike", page())
    assert library.update().outcomes[0].new == 1
    assert "If-None-Match" not in asked(site, "/feed")[1]


def test_what_is_left_out_of_pages_is_on_record(site, library):
    more = "Readers who want a copy of this newspaper at home can order one by mail or in our shop in the harbour."
    site.answer("/feed", rss(item(f"{site.url}/strike", "Dock strike ends", SUMMARY)))
    site.answer("/strike", page().replace(b"</article>", f"</article><footer><p>{more}</p></footer>".encode()))
    outcome = updated(library, f"{site.url}/feed").outcomes[0]
    (found,) = library.skipped(lines=True)
    assert (outcome.new, outcome.skipped, found.source) == (1, 0, f"{site.url}/feed")
    assert "Readers who want a copy" in found.reason


def test_what_could_not_be_read_stays_on_record_until_it_is_read_again(site, library):
    gone = [item(f"{site.url}/{n}", f"Strike {n}", "") for n in range(2)]
    kept = [item(f"{site.url}/strike", "Dock strike ends", SUMMARY)]
    more = "Readers who want a copy of this newspaper at home can order one by mail or in our shop in the harbour."
    site.answer("/feed", rss(*gone, *kept))
    site.answer("/0", status="404 Not Found")
    site.answer("/1", status="404 Not Found")
    site.answer("/strike", page().replace(b"</article>", f"</article><footer><p>{more}</p></footer>".encode()))
    updated(library, f"{site.url}/feed")

    def records():
        found = [*library.skipped(), *library.skipped(lines=True)]
        return sorted(record.place or "the feed" for record in found)

    before = records()
    assert before == [f"entry {site.url}/0", f"entry {site.url}/1", f"left out, 1 line of {site.url}/strike"]
    site.answer("/feed", status="500 Internal Server Error")
    library.update()
    assert records() == [*before, "the feed"], "nothing of it was read again"
    site.answer("/feed", rss(item(f"{site.url}/9"), *gone, *kept))
    (outcome,) = library.update().outcomes
    assert records() == before, "what is known was not read again"
    assert (outcome.new, outcome.skipped) == (1, 0)
    changed = item(f"{site.url}/0", "Strike 0 again", "")
    site.answer("/0", page("Strike 0 ends", [f"{text} That was day 0 of it." for text in SENTENCES]))
    site.answer("/feed", rss(changed, *gone[1:], *kept))
    library.update()
    assert records() == before[1:], "it could be read this time"


# What sites ask for


def test_what_robots_txt_disallows_is_not_asked_for(site, library):
    site.answer("/robots.txt", b"User-agent: According\nDisallow: /private\n\nUser-agent: *\nDisallow:\n")
    site.answer("/feed", rss(item(f"{site.url}/private/strike", "Dock strike ends", SUMMARY)))
    done = updated(library, f"{site.url}/feed", f"{site.url}/private/feed")
    assert (done.outcomes[0].summaries, done.outcomes[1].state) == (1, "failed")
    assert done.outcomes[1].reason == "the robots.txt of 127.0.0.1 does not allow it to be read by programs"
    assert texts(library) == [SUMMARY]
    assert [path for path, _ in site.requests] == ["/robots.txt", "/feed"]


def test_nothing_is_asked_for_where_robots_txt_cannot_be_read(site, library):
    site.answer("/robots.txt", status="500 Internal Server Error")
    site.answer("/feed", rss(item("/1")))
    done = updated(library, f"{site.url}/feed")
    assert "robots.txt of 127.0.0.1 cannot be read (500" in done.outcomes[0].reason
    assert asked(site, "/feed") == []


def test_requests_to_a_host_are_apart_as_its_robots_txt_asks(site, monkeypatch):
    slept = []
    monkeypatch.setattr(polite, "DELAY_SECONDS", 0.5)
    site.answer("/robots.txt", b"User-agent: *\nCrawl-delay: 7\n")
    for path in ("/a", "/b"):
        site.answer(path, page())
    visitor = polite.Visitor(sleep=slept.append)
    for path in ("/a", "/b"):
        visitor.get(site.url + path, polite.Budget(time.monotonic() + 20, 10**6))
    assert [round(seconds) for seconds in slept] == [7, 7], "after its robots.txt, and after the first page"
    with pytest.raises(polite.LaterError, match=r"asks for 7 s between requests, and may be asked again from 20"):
        visitor.get(f"{site.url}/a", polite.Budget(time.monotonic() + 3, 10**6))


def test_a_robots_txt_is_asked_for_after_a_pause_like_any_other_page(site, monkeypatch):
    slept = []
    monkeypatch.setattr(polite, "DELAY_SECONDS", 3.0)
    for path in ("/a", "/b"):
        site.answer(path, page())
    visitor = polite.Visitor(sleep=slept.append)
    budget = polite.Budget(time.monotonic() + 60, 10**6)
    visitor.get(site.url + "/a", budget)
    visitor.get(f"http://localhost:{site.port}/a", budget)
    assert [round(seconds) for seconds in slept] == [3, 3], "another host waits for its own requests alone"
    visitor._robots.clear()
    visitor.get(site.url + "/b", budget)
    assert [round(seconds) for seconds in slept] == [3, 3, 3, 3]


@pytest.fixture
def waited(monkeypatch):
    """The pauses of updates, which are over at once, by a clock that goes on by them."""
    slept = []
    clock = SimpleNamespace(
        **{n: lambda of=of: of() + sum(slept) for n, of in (("time", time.time), ("monotonic", time.monotonic))}
    )
    visitor = polite.Visitor
    for module in (polite, subscribed):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(polite, "Visitor", lambda: visitor(sleep=slept.append))
    return slept


@pytest.mark.parametrize(("stated", "pause"), [(120, 120), (86_400, 600)])
def test_of_a_host_that_asks_for_long_pauses_a_page_is_read_by_each_update(site, library, waited, stated, pause):
    site.answer("/robots.txt", f"User-agent: *\nCrawl-delay: {stated}\n".encode())
    site.answer("/feed", rss(*(item(f"{site.url}/{n}", f"Strike {n}", f"{SUMMARY} {n}") for n in range(3))))
    for n in range(3):
        site.answer(f"/{n}", page(f"Strike {n} ends", [f"{text} That was day {n} of it." for text in SENTENCES]))
    (first,) = updated(library, f"{site.url}/feed").outcomes
    assert (first.new, first.waiting) == (1, 2)
    assert (
        f"2 left for the next update (127.0.0.1 asks for {pause} s between requests, and may be asked again from 20"
        in str(first)
    )
    assert [round(seconds) for seconds in waited] == [pause, pause]
    outcomes = [library.update().outcomes[0] for _ in range(3)]
    assert [(outcome.new, outcome.waiting, outcome.waiting_for != "") for outcome in outcomes] == [
        (1, 1, True), (1, 0, False), (0, 0, False),
    ]  # fmt: skip
    assert [round(seconds) for seconds in waited[2:5]] == [pause] * 3, "the pause goes on from one update to the next"
    assert [path for path, _ in site.requests if path[1:].isdecimal()] == ["/0", "/1", "/2"]


def test_a_terminal_shows_how_long_a_host_is_waited_for(site, library, waited, tmp_path, monkeypatch, capsys):
    site.answer("/robots.txt", b"User-agent: *\nCrawl-delay: 90\n")
    site.answer("/feed", rss(item(f"{site.url}/1")))
    library.add_source(f"{site.url}/feed")
    library.close()
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: WordEncoder())
    for terminal, said in ((False, False), (True, True)):
        monkeypatch.setattr("sys.stderr.isatty", lambda terminal=terminal: terminal)
        assert main(["update", "--index", str(tmp_path / "index")]) == 0
        assert ("waiting 90 s, as 127.0.0.1 asks for pauses between requests" in capsys.readouterr().err) == said


def test_a_host_that_asks_for_long_pauses_is_read_after_the_others(site, library, waited):
    site.answer("/robots.txt", b"User-agent: *\nCrawl-delay: 300\n")
    with serve() as other:
        other.answer("/robots.txt", status="404 Not Found")
        for each in (site, other):
            each.answer("/feed", rss(item(f"{each.url}/1", text=f"{WHOLE} {each.port}")))
        addresses = [f"{site.url}/feed", f"http://localhost:{other.port}/feed"]
        updated(library, *addresses)
        order = []
        done = library.update(progress=lambda outcome: order.append(outcome.address))
    assert order == addresses[::-1]
    assert [outcome.address for outcome in done.outcomes] == addresses


def test_a_robots_txt_of_wildcards_and_a_link_that_nearly_fits_take_no_time(site, library):
    site.answer("/robots.txt", b"User-agent: *\nDisallow: /" + b"*a" * 2_000 + b"b\nCrawl-delay: -1\n\x00\xff%\n")
    site.answer("/feed", rss(item(f"{site.url}/{'a' * 4_000}", "Dock strike ends", SUMMARY)))
    site.answer(f"/{'a' * 4_000}", page())
    start = time.process_time()
    assert updated(library, f"{site.url}/feed").outcomes[0].new == 1
    assert time.process_time() - start < 5


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_site_that_says_later_is_left_alone_until_then(site, library, form):
    later = "3600" if form == "seconds" else email.utils.formatdate(time.time() + 3600, usegmt=True)
    site.answer("/feed", status="429 Too Many Requests", Retry_After=later)
    done = updated(library, f"{site.url}/feed", f"{site.url}/other")
    assert done.worked == "none"
    assert done.outcomes[0].reason.startswith(
        "the site responds 429 Too Many Requests, and asks to be left alone until"
    )
    assert library.update().worked == "none"
    assert len(asked(site, "/feed")) == 1
    assert asked(site, "/other") == []


def test_a_site_whose_pages_say_later_is_left_alone_by_later_updates_too(site, library):
    site.answer("/feed", rss(item(f"{site.url}/strike", "Dock strike ends", SUMMARY), item("/1")))
    site.answer("/strike", status="429 Too Many Requests", Retry_After="3600")
    outcome = updated(library, f"{site.url}/feed").outcomes[0]
    assert (outcome.state, outcome.new, outcome.waiting) == ("read", 1, 1)
    assert "asks to be left alone until" in library.update().outcomes[0].reason
    assert (len(asked(site, "/feed")), len(asked(site, "/strike"))) == (1, 1)


def test_a_site_cannot_ask_to_be_left_alone_for_ever(site, library):
    site.answer("/feed", status="503 Service Unavailable", Retry_After="9" * 40)
    updated(library, f"{site.url}/feed")
    assert time.time() < library.sources()[0].memory["until"] < time.time() + 8 * 86_400


# Failures


def test_each_failure_is_named_and_the_others_go_on(site, library):
    site.answer("/good", rss(item("/1")))
    site.answer("/gone", status="410 Gone")
    site.answer("/broken", status="500 Internal Server Error")
    site.answer("/html", b"{}", "application/json")
    site.answer("/malformed", b'<?xml version="1.0"?><rss><channel><item><title>x')
    site.answer("/entities", rss(item("/1"), head='<!DOCTYPE rss [<!ENTITY a "b">]>'))
    names = ("gone", "broken", "html", "malformed", "entities", "good")
    done = updated(library, *(f"{site.url}/{name}" for name in names))
    assert done.worked == "some"
    reasons = {o.address.rpartition("/")[2]: o.reason for o in done.outcomes if o.state == "failed"}
    assert {name: reason.split(":")[0].split(";")[0] for name, reason in reasons.items()} == {
        "gone": "the site responds 410 Gone",
        "broken": "the site responds 500 Internal Server Error",
        "html": "its type is application/json",
        "entities": "it declares XML entities, which can make a small file expand without limit",
    }
    assert done.outcomes[3].skipped == 1
    assert texts(library) == [WHOLE]
    assert {s.address: bool(s.failure) for s in library.sources()}[f"{site.url}/gone"]
    assert any(s.source.endswith("/gone") for s in library.skipped())


def test_a_redirect_and_a_link_lead_no_further_into_a_network_than_the_feed_is(site, library, monkeypatch):
    import socket

    network = Network(site.port)
    network.names = {"feed.example": [["93.184.215.14"]], "inner.example": [["10.0.0.7"]]}
    monkeypatch.setattr(socket, "getaddrinfo", network.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", network.create_connection)
    site.redirect("/moved", "http://inner.example/feed")
    site.answer("/feed", rss(item("http://inner.example/strike", "Dock strike ends", SUMMARY), item("/1")))
    site.answer("/strike", page())
    done = updated(library, "http://feed.example/moved", "http://feed.example/feed")
    assert done.outcomes[0].reason.startswith("redirects to an address in this machine's own network")
    assert done.outcomes[1].summaries == 1
    assert "10.0.0.7" not in network.connected
    assert asked(site, "/strike") == []
    assert texts(library) == sorted([SUMMARY, WHOLE])


def test_a_link_into_a_network_keeps_no_source_there_from_being_read(site, library, monkeypatch):
    import socket

    network = Network(site.port)
    network.names = {"feed.example": [["93.184.215.14"]], "inner.example": [["10.0.0.7"]]}
    monkeypatch.setattr(socket, "getaddrinfo", network.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", network.create_connection)
    site.answer("/feed", rss(item("http://inner.example/strike", "Dock strike ends", SUMMARY)))
    site.answer("/own", rss(item("/1")))
    done = updated(library, "http://feed.example/feed", "http://inner.example/own")
    assert (done.worked, done.outcomes[0].summaries, done.outcomes[1].new) == ("all", 1, 1)


# Bounds


def test_what_one_source_sends_is_bounded(site, library, monkeypatch):
    monkeypatch.setattr(limits, "MAX_BYTES", 200_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"
    site.answers["/endless"] = (b"x" * 50_000 if n else head for n in range(10**6))
    site.answer("/declared", b"x", Content_Length=10**12)
    done = updated(library, f"{site.url}/endless", f"{site.url}/declared")
    assert [o.reason.startswith("too large") for o in done.outcomes] == [True, True]


def test_a_source_takes_only_so_long(site, library, monkeypatch):
    monkeypatch.setattr(subscribed, "MAX_SECONDS", 0.4)

    def drip():
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"
        for _ in range(100):
            time.sleep(0.05)
            yield b" "

    site.answers["/slow"] = drip()
    site.answer("/feed", rss(item("/1")))
    start = time.monotonic()
    done = updated(library, f"{site.url}/slow", f"{site.url}/feed")
    assert "no complete response within 0 s" in done.outcomes[0].reason
    assert (done.worked, time.monotonic() - start < 3) == ("some", True)


def test_only_so_many_entries_and_pages_of_a_feed_are_read_at_once(site, library, monkeypatch):
    monkeypatch.setattr(subscribed, "MAX_ENTRIES", 4)
    monkeypatch.setattr(subscribed, "MAX_PAGES", 2)
    entries = [item(f"{site.url}/{n}", f"Strike {n}", f"{SUMMARY} {n}") for n in range(6)]
    site.answer("/feed", rss(*entries), ETag='"a"')
    for n in range(6):
        site.answer(f"/{n}", page(f"Strike {n} ends", [f"{text} That was day {n} of it." for text in SENTENCES]))
    done = updated(library, f"{site.url}/feed")
    assert (done.outcomes[0].new, done.outcomes[0].waiting) == (2, 2)
    assert [s.reason for s in library.skipped()] == ["the feed has 2 entries more than the 4 that are read"]
    assert (library.update().outcomes[0].new, library.update().outcomes[0].new) == (2, 0)
    assert [path for path, _ in site.requests if path.strip("/").isdecimal()] == ["/0", "/1", "/2", "/3"]


# Crashes, and other writers

UPDATE = """
import sys
sys.path.insert(0, sys.argv[1])
import rag
from rag.readers import polite
from support import WordEncoder
polite.DELAY_SECONDS = 0.0
with rag.open(sys.argv[2], encoder=WordEncoder(), reranker=None) as library:
    library.update()
"""


def test_an_update_that_is_killed_loses_nothing(site, library, tmp_path):
    here, kept = threading.Event(), threading.Event()
    first = [item(f"{site.url}/{n}", f"Tram {n}", WHOLE.replace("tram", f"tram {n}")) for n in range(3)]
    site.answer("/first", rss(*first), ETag='"a"')
    updated(library, f"{site.url}/first")
    before = texts(library)
    site.answer("/first", rss(item(f"{site.url}/9", "Bridge", WHOLE.replace("tram", "bridge")), *first), ETag='"b"')

    def stuck():
        here.set()
        kept.wait(20)
        yield b"HTTP/1.1 500 Internal Server Error\r\n\r\n"

    site.answers["/second"] = stuck()
    library.add_source(f"{site.url}/second")
    library.close()
    process = subprocess.Popen([sys.executable, "-c", UPDATE, str(ROOT / "tests"), str(tmp_path / "index")], cwd=ROOT)
    assert here.wait(30)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept.set()
    site.answer("/second", rss(item(f"{site.url}/8", "Ferry", WHOLE.replace("tram", "ferry"))))
    with rag.open(tmp_path / "index", encoder=WordEncoder(), reranker=None) as again:
        assert texts(again) == before
        done = again.update()
        assert (done.worked, [o.new for o in done.outcomes]) == ("all", [1, 1])
        assert len(texts(again)) == 5


def test_an_update_that_ends_before_its_sources_are_saved_is_done_again(site, library, monkeypatch):
    site.answer("/feed", rss(item(f"{site.url}/strike", "Dock strike ends", SUMMARY)), ETag='"a"')
    site.answer("/strike", page())
    library.add_source(f"{site.url}/feed")
    with monkeypatch.context() as patch:
        patch.setattr("rag.ingest.sources.save", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            library.update()
    assert texts(library) == ["\n".join(SENTENCES)]
    (outcome,) = library.update().outcomes
    assert (outcome.new, outcome.articles, len(texts(library))) == (0, 1, 1)


def test_an_update_can_refuse_to_wait_for_another_writer(site, library, tmp_path):
    site.answer("/feed", rss(item("/1")))
    library.add_source(f"{site.url}/feed")
    with (
        library._store.writing(),
        rag.open(tmp_path / "index", encoder=WordEncoder()) as other,
        pytest.raises(LibraryError, match="another process is writing"),
    ):
        other.update(wait=False)
    assert library.update().outcomes[0].new == 1


def test_a_flaw_in_a_reader_stops_no_other_source(site, library, monkeypatch):
    site.answer("/feed", rss(item("/1")))
    visit = polite.Visitor.get

    def flawed(self, address, *args, **options):
        if address.endswith("/flawed"):
            raise RuntimeError("foreseen by nobody")
        return visit(self, address, *args, **options)

    monkeypatch.setattr(polite.Visitor, "get", flawed)
    done = updated(library, f"{site.url}/flawed", f"{site.url}/feed")
    assert done.outcomes[0].reason == "the reader failed on it (RuntimeError); please report it"
    assert (done.worked, texts(library)) == ("some", [WHOLE])
