"""Each entry of a feed becomes an article: its full text, its date as printed, and its outlet."""

import time

import pytest
from support.feeds import TEXT, rss

from rag.errors import InputError
from rag.provenance.catalogue import Catalogue
from rag.provenance.outlet import Outlet
from rag.readers import feed
from rag.readers.skipped import Skipped

NAMES = Catalogue([Outlet("The Harbour Gazette", (), ("gazette.example",)), Outlet("Reuters", (), ("reuters.com",))])


def atom(*entries, link="https://gazette.example/"):
    entries = "".join(f"<entry>{entry}</entry>" for entry in entries)
    head = f'<title>The Harbour Gazette</title><link href="{link}"/>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'.encode()


def read(data, url=None):
    return list(feed.parse(data, NAMES, "f.xml", url))


def only(item, **options):
    (found,) = read(rss(item, **options))
    return found


def test_all_fields_of_an_rss_entry_are_read():
    found = only(
        f"<title>A tram &amp;amp; a bridge</title><link>/2013/tram</link><description>{TEXT}</description>"
        "<dc:creator>Jane Roe and John Doe</dc:creator><pubDate>Tue, 14 May 2013 23:30:00 -0700</pubDate>"
    )
    assert (found.title, found.text) == ("A tram & a bridge", TEXT)
    assert (found.outlet, found.outlet_basis) == ("The Harbour Gazette", "metadata: feed title")
    assert (found.host, found.url) == ("The Harbour Gazette", "https://gazette.example/2013/tram")
    assert found.authors == ("Jane Roe", "John Doe")
    assert (found.date.isoformat(), found.date_basis) == ("2013-05-14", "published")  # the 15th in UTC
    assert found.source == "f.xml"


def test_all_fields_of_an_atom_entry_are_read():
    (found,) = read(
        atom(
            '<title type="html">A &lt;i&gt;new&lt;/i&gt; tram</title><link href="2013/tram"/>'
            "<author><name>Jane Roe</name></author><author><name>John Doe, Jr</name></author>"
            "<updated>2013-05-20T10:00:00Z</updated><published>2013-05-14T23:30:00-07:00</published>"
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
            f"<p>{TEXT}</p><p>So be it.</p></div></content>"
        )
    )
    assert (found.title, found.text) == ("A new tram", f"{TEXT}\n\nSo be it.")
    assert found.authors == ("Jane Roe", "John Doe, Jr")
    assert (found.date.isoformat(), found.date_basis) == ("2013-05-14", "published")
    assert found.url == "https://gazette.example/2013/tram"


def test_an_rdf_entry_is_read():
    data = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Harbour Gazette</title>'
        "<link>https://gazette.example/</link></channel><item><title>A tram</title><link>https://gazette.example/1</link>"
        f"<description>{TEXT}</description><dc:date>2013-05-14</dc:date></item></rdf:RDF>"
    )
    (found,) = read(data.encode())
    assert (found.text, found.date.isoformat(), found.outlet) == (TEXT, "2013-05-14", "The Harbour Gazette")


def test_the_full_text_is_preferred_to_the_summary():
    body = (
        f'<p>{TEXT}<img src="x" alt="A tram"></p><script>track()</script><ul><li>One&nbsp;stop</li><li>Two</li></ul>'
        "<p>The post <a>A tram</a> appeared first on <a>The Harbour Gazette</a>.</p>"
    )
    found = only(
        "<title>A tram</title><description>The tram line opens.</description>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded>"
    )
    assert found.text.split("\n") == [TEXT, "", "One\xa0stop", "Two"]


def test_a_read_more_line_is_not_text():
    found = only(
        f"<title>A tram</title><description>&lt;p&gt;{TEXT}&lt;/p&gt;&lt;p&gt;Read more&lt;/p&gt;</description>"
    )
    assert found.text == TEXT


def test_the_date_of_the_last_update_counts_if_there_is_no_other():
    (found,) = read(atom(f"<title>A</title><summary>{TEXT}</summary><updated>2013-05-14T23:30:00-07:00</updated>"))
    assert (found.date.isoformat(), found.date_basis) == ("2013-05-14", "published")


@pytest.mark.parametrize(
    ("printed", "basis"),
    [
        ("03/04/2019", "refused: 03/04/2019 (two readings)"),
        ("Sat, 1 May 2099 10:00:00 GMT", "refused: Sat, 1 May 2099 10:00:00 GMT (in the future)"),
        ("14 May 13", "refused: 14 May 13 (two-digit year)"),
        ("", None),
    ],
)
def test_an_ambiguous_date_is_refused_with_a_reason(printed, basis):
    found = only(f"<description>{TEXT}</description><pubDate>{printed}</pubDate>")
    assert (found.date, found.date_basis) == (None, basis)


def test_an_entry_may_state_another_outlet():
    found = only(
        f'<link>https://news.example/1</link><source url="https://r.example/rss">REUTERS</source>'
        f"<description>{TEXT}</description><pubDate>14 May 2013</pubDate>"
    )
    assert (found.outlet, found.outlet_basis) == ("Reuters", "metadata: entry source")
    assert (found.host, found.date_basis) == ("The Harbour Gazette", "posted by host")


def test_an_entrys_text_or_link_may_name_another_outlet():
    wire = f"TIRANA (Reuters) - {TEXT}"
    assert only(f"<link>/1</link><description>{wire}</description>").outlet_basis == "dateline: TIRANA (Reuters) -"
    found = only(f"<link>https://www.reuters.com/1</link><description>{TEXT}</description>")
    assert (found.outlet, found.outlet_basis) == ("Reuters", "url: https://www.reuters.com/1")
    assert found.host == "The Harbour Gazette"


def test_an_entry_that_links_to_an_unknown_site_has_no_outlet():
    found = only(f"<link>https://blog.example/1</link><description>{TEXT}</description>")
    assert (found.outlet, found.outlet_basis, found.host) == (None, "unknown", "The Harbour Gazette")


def test_an_unknown_feed_is_its_own_outlet():
    found = only(f"<link>https://p.example/1</link><description>{TEXT}</description>", title="Pen", link="//p.example")
    assert (found.outlet, found.host) == ("Pen", "Pen")
    known = only(f"<description>{TEXT}</description>", title="The Harbour Gazette - World news", link="")
    assert known.outlet == "The Harbour Gazette"


@pytest.mark.parametrize(
    ("stated", "authors"),
    [
        ("<author>desk@gazette.example (Jane Roe)</author>", ("Jane Roe",)),
        ("<author>Jane Roe &lt;desk@gazette.example&gt;</author>", ("Jane Roe",)),
        ("<author>desk@gazette.example</author>", ()),
        ("<dc:creator>Reuters</dc:creator>", ()),
        ("<dc:creator>Jane Roe, John Doe</dc:creator>", ("Jane Roe", "John Doe")),
        ("", ()),
    ],
)
def test_authors_are_names_without_email_addresses(stated, authors):
    assert only(f"<description>{TEXT}</description>{stated}").authors == authors


def test_entries_without_text_are_skipped_and_the_rest_is_read():
    found = read(rss("<title>A</title>", "<title>A b!</title><description>a B</description>", f"<title>{TEXT}</title>"
                     f"<description>{TEXT} Soon.</description>"))  # fmt: skip
    assert found[:2] == [
        Skipped("f.xml", "no text", "entry 1"),
        Skipped("f.xml", "no text but the headline", "entry 2"),
    ]
    assert found[2].text == f"{TEXT} Soon."


def test_relative_links_are_resolved_by_the_feeds_url():
    data = atom(f'<link href="1"/><summary>{TEXT}</summary>', link="/")
    assert read(data, "https://gazette.example/news/feed")[0].url == "https://gazette.example/news/1"


def test_a_feed_in_another_encoding_is_read():
    text = "Die Bürger fordern längere Öffnungszeiten für das Amt."
    data = rss(f"<description>{text}</description>").decode().replace('"1.0"', '"1.0" encoding="iso-8859-1"', 1)
    assert read(data.encode("iso-8859-1"))[0].text == text
    assert read(data.replace("iso-8859-1", "utf-16").encode("utf-16"))[0].text == text


def test_a_malformed_feed_is_read_up_to_the_damage():
    broken = rss(f"<description>{TEXT} Café & bar&nbsp;2</description>")
    assert read(broken)[0].text == f"{TEXT} Café & bar\xa02"
    whole, second = f"<description>{TEXT}</description>", f"<description>{TEXT} It is"
    cut = rss(whole, second).split(b" It is")[0]
    first, last = read(cut)
    assert first.text == TEXT
    assert last == Skipped("f.xml", "the feed is truncated in this entry", "entry 2")


def test_a_doctype_is_ignored():
    head = '<!-- <rss> --><!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss.dtd">'
    assert only(f"<description>{TEXT}</description>", head=head).text == TEXT


BARE = {
    "R&D": "R&D", "AT&T": "AT&T", "AT&T;": "AT&T;", "a & b": "a & b", "x &copy y": "x &copy y",
    "&foo;": "&foo;", "&;": "&;",
    "&&": "&&", "&#;": "&#;", "&#xZZ;": "&#xZZ;", "&#8217 s": "&#8217 s", "caf&eacute;": "café", "&NotEqualTilde;": "≂̸",
    "&#8217;": "’", "&#150;": "–", "&#x200C;": "\u200c", "&amp;": "&", "R&amp;D": "R&D", "R&amp;amp;D": "R&D",
    "&AMP;": "&",
    "x&#0;y": "xy", "x&#xD800;y": "xy", "x&#1;y": "xy", "<![CDATA[R&D]]>": "R&D", "<![CDATA[AT&amp;T]]>": "AT&T",
}  # fmt: skip


@pytest.mark.parametrize("malformed", ["", "<unclosed>"])  # for which feedparser has a parser of its own
@pytest.mark.parametrize("written", BARE)
def test_ampersands_of_a_feed_are_read_as_they_are_meant(written, malformed):
    item = f"<title>The {written} cut</title>"
    for field in ("description", "content:encoded"):
        text = written if "CDATA" in written else f"The {written} tram."
        found = only(
            f"{malformed}{item}<{field}>{TEXT} {text}</{field}>", title=f"Radio {written}", link="https://r.example/"
        )
        assert found.title == f"The {BARE[written]} cut"
        assert found.text == f"{TEXT} {BARE[written] if 'CDATA' in written else f'The {BARE[written]} tram.'}"
        assert found.outlet == f"Radio {BARE[written]}"


@pytest.mark.parametrize("separator", ["&", "&amp;", "&#38;"])
def test_ampersands_of_links_are_kept(separator):
    link = f"https://r.example/a?x=1{separator}y=2{separator}copy=3{separator}lt=4"
    url = "https://r.example/a?x=1&y=2&copy=3&lt=4"
    assert only(f"<link>{link}</link><description>{TEXT}</description>").url == url
    (found,) = read(atom(f'<link href="{link}"/><summary>{TEXT}</summary>'))
    assert found.url == url


@pytest.mark.parametrize("name", ["Jane R&D", "Jane O&Roe", "AT&T Roe", "Jane R&amp;D"])
def test_ampersands_of_authors_are_kept(name):
    found = only(f"<dc:creator>{name}</dc:creator><description>{TEXT}</description>")
    assert found.authors == (name.replace("&amp;", "&"),)


def test_ampersands_in_cdata_are_not_escaped():
    found = only(f"<description><![CDATA[<p>{TEXT} R&D &amp; &lt;b&gt; &copy;</p>]]></description>")
    assert found.text == f"{TEXT} R&D & <b> ©"


LAUGHS = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY {b} '{f'&{a};' * 20}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]>"  # fmt: skip  # noqa: E501
LARGE = f"<!DOCTYPE rss [<!ENTITY i '{'ha' * 50_000}'>]>"
FILE = "<!DOCTYPE rss [<!ENTITY i SYSTEM 'file:///etc/hostname'>]>"
SITE = "<!DOCTYPE rss [<!ENTITY % i SYSTEM 'http://127.0.0.1:9/x'> %i;]>"


@pytest.mark.parametrize("head", [LAUGHS, LARGE, FILE, SITE, f"<!-- <rss> -->{LAUGHS}"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_feed_that_declares_entities_is_rejected(head, encoding):
    data = rss(f"<description>{'&i;' * 1000}</description>", head=head).decode().encode(encoding)
    start = time.process_time()
    with pytest.raises(InputError, match="it declares XML entities"):
        read(data)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<urlset><url><loc>https://a.example/</loc></url></urlset>", "not a feed: its root element is <urlset>"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "not a feed: its root element is <html>"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "not a feed: it is not XML"),
        (rss(), "the feed has no entries"),
        (b"<!DOCTYPE rss [ never closed", "not a feed: it is not XML"),
    ],
)
def test_a_file_that_is_not_a_feed_is_rejected(data, reason):
    with pytest.raises(InputError) as error:
        read(data)
    assert str(error.value).startswith(reason)


def test_a_file_is_read(tmp_path):
    path = tmp_path / "a.rss"
    path.write_bytes(rss(f"<description>{TEXT}</description>"))
    assert [a.source for a in feed.read(path, NAMES)] == [str(path)]
    path.write_bytes(b"")
    with pytest.raises(InputError, match="the file is empty"):
        list(feed.read(path, NAMES))


def test_deeply_nested_elements_are_read_or_refused_in_time():
    start = time.process_time()
    (found,) = read(rss(f"<description>{TEXT}</description>{'<a>' * 150}{'</a>' * 150}"))
    assert found.text == TEXT
    with pytest.raises(InputError, match="more than 200 nested elements"):
        read(rss(f"<description>{TEXT}</description>{'<a>' * 40_000}{'</a>' * 40_000}"))
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("home", "link"), [("https://[", "/1"), ("https://a.example/", "//[/1"), ("https://a]b/", "/1")]
)
def test_a_link_that_is_no_url_costs_nothing_but_itself(home, link):
    (found,) = read(rss(f"<title>A tram</title><link>{link}</link><description>{TEXT}</description>", link=home))
    assert (found.text, found.url) == (TEXT, link)
