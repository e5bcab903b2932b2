"""The time that a reader takes grows no faster than the file, whatever is repeated in it.

The cases are the worst that were found (benchmarks/adversarial.py looks for others): before, most took the square of
the length of the file.
"""

import html
import json
import math
import time
from dataclasses import dataclass

import pytest
from support.samples import MORE, PAGE, RSS, SENTENCE, TITLE, pdf, warc

from rag import readers
from rag.provenance.catalogue import load_catalogue

pytestmark = pytest.mark.slow

SMALL, LARGE = 16 * 1024, 128 * 1024
# Linear would be 1; the square would be 2. Times below FLOOR_SECONDS are not compared: caches and clocks vary by more.
MAX_SLOPE = 1.4
FLOOR_SECONDS = 0.15
TEXT = f"{SENTENCE} {MORE}"


@dataclass(frozen=True)
class Case:
    """A file with `token` repeated between two parts."""

    ending: str
    token: str
    before: str = ""
    after: str = ""

    def file(self, size):
        repeated = self.token * (size // len(self.token))
        return f"{self.before}{repeated}{self.after}".encode("utf-8", "surrogatepass")


def meta(name, token):
    before, after = PAGE.split("</head>")
    return Case(".html", html.escape(token), f'{before}<meta name="{name}" content="', f'"></head>{after}')


def in_page(token, place, more=""):
    before, after = PAGE.split(place)
    return Case(".html", token, before + place + more, after)


def json_ld(name, token):
    before, after = PAGE.split('"headline": "')
    return Case(".html", json.dumps(token)[1:-1], f'{before}"{name}": "', f'", "headline": "{after}')


def record(ending, name, token):
    return Case(ending, json.dumps(token)[1:-1], json.dumps({"text": TEXT})[:-1] + f', "{name}": "', '"}')


def item(name, token):
    head, tail = RSS.replace("<rss", '<rss xmlns:dc="http://purl.org/dc/elements/1.1/"').split("<item>")
    return Case(".rss", html.escape(token), f"{head}<item><{name}>", f"</{name}>{tail}")


CASES = {
    "a meta element of nicknames": meta("author", "(XYZ) "),
    "a meta element of bars": meta("og:title", "a | "),
    "a meta element of spaces": meta("source", "a   "),
    "an author in the page's data": json_ld("author", "(XYZ) "),
    "spaces in the page's data": in_page(" ", '<script type="application/ld+json">'),
    "a headline of hyphens": in_page("a-", "<h1>"),
    "a byline of names": in_page("By Jo Roe, ", f"<article><h1>{TITLE}</h1><p>"),
    "a paragraph of dates": in_page("1 May 2012 ", "<article>"),
    "a label of tabs": in_page("\t", "</h1>", "<div>来源："),
    "tags that are not closed": in_page("<a b=", "<article>"),
    "lines with a date": in_page("published 1 May 2012<br>", "<article>"),
    "rows of quotes and commas": Case(".csv", 'a","b\n', "title,text\n"),
    "rows of an open quote": Case(".csv", '"\n', "title,text\n"),
    "tabs and quotes": Case(".tsv", 'a"\t"b\n', "title\ttext\n"),
    "an address of points": record(".jsonl", "authors", "a."),
    "a list of spaces": record(".jsonl", "authors", "['a'  "),
    "backslashes": Case(".json", "\\\\", '[{"text": "a b c", "x": "', '"}]'),
    "spaces between tags": Case(".jsonl", "<b> </b>", '{"text": "<p>', '</p><p>a</p>"}'),
    "a publisher of points": item("dc:publisher", "12."),
    "an author of points": item("author", "a.a"),
    "names of a channel": Case(".rss", "| ", *RSS.split("The Delta Herald", 1)),
    "a date of numbers": item("pubDate", "1 "),
    "a line of rights": Case(
        ".text", "a -  ", f"The Post\n\nMay 3, 2016\n\nA title\n\nLENGTH: 300 words\n\n{TEXT}\n\n© 2012 ", "b"
    ),
    "lines that speak": Case(".txt", "Jane says:\n"),
    "lines of dates": Case(".txt", "1/2/2012,"),
    "short lines above a text": Case(
        ".txt", "a b\n\n", f"One\n\n3 May 2016\n\n{TEXT}\n\nTwo\n\n4 May 2016\n\n{TEXT}\n\nThree\n\n",
        f"5 May 2016\n\n{TEXT}",
    ),
    "front matter": Case(".md", "a: b\n", "---\n", f"---\n{TEXT}"),
    "headers of a message": Case(".mhtml", "a: b\r\n"),
    "headers of an archive": Case(".warc", "a: b\r\n", "WARC/1.0\r\n"),
}  # fmt: skip


@pytest.fixture
def seconds(tmp_path):
    def measure(ending, data):
        path = tmp_path / f"a{ending}"
        path.write_bytes(data)
        start = time.process_time()
        list(readers.read([path], load_catalogue()))
        return time.process_time() - start

    return measure


@pytest.mark.parametrize("case", CASES)
def test_the_time_grows_no_faster_than_the_file(seconds, case):
    case = CASES[case]
    large = seconds(case.ending, case.file(LARGE))
    if large < FLOOR_SECONDS:
        return
    slopes = []
    for _ in range(3):  # the best of three, as a machine that is busy with something else is slow by chance
        small, large = (seconds(case.ending, case.file(size)) for size in (SMALL, LARGE))
        slopes.append(math.log(large / small) / math.log(LARGE / SMALL))
        if slopes[-1] <= MAX_SLOPE:
            return
    pytest.fail(f"{large:.2f} s for {LARGE // 1024} kB, with a slope of {min(slopes):.2f}")


def test_a_long_word_in_a_pdf_is_read_in_linear_time(seconds):
    data = [pdf().replace(b"3 February 2016", b"xyzzy" * (size // 5)) for size in (LARGE, 4 * LARGE)]
    assert seconds(".pdf", data[0]) < FLOOR_SECONDS or seconds(".pdf", data[1]) < 8 * seconds(".pdf", data[0])


def test_a_long_string_in_a_json_file_is_read_in_linear_time(seconds):
    small, large = (record(".json", "outlet", '"').file(size) for size in (LARGE, 16 * LARGE))
    assert seconds(".json", large) < FLOOR_SECONDS or seconds(".json", large) < 40 * seconds(".json", small)


def test_an_address_of_an_archive_is_read_in_linear_time(seconds):
    small, large = (warc(False, url="https://a.example/" + "a/" * size) for size in (SMALL, LARGE))
    assert seconds(".warc", large) < FLOOR_SECONDS or seconds(".warc", large) < 16 * seconds(".warc", small)


def test_a_quotation_mark_that_is_never_closed_hides_no_rows_after_it(tmp_path):
    rows = [f'{TITLE} {i},"{SENTENCE}\n{i}"' for i in range(200)]
    broken = [f'"broken {i},{SENTENCE}' for i in range(30)]
    path = tmp_path / "a.csv"
    path.write_text("title,text\n" + "\n".join(broken[:6] + rows[:100] + broken[6:] + rows[100:]) + "\n")
    found = list(readers.read([path], load_catalogue()))
    titles = [getattr(article, "title", None) for article in found]
    assert [title for title in titles if title] == [f"{TITLE} {i}" for i in range(200)]


def test_a_page_of_thirty_thousand_short_paragraphs_is_read_in_time(seconds):
    data = PAGE.replace(SENTENCE, f"<div>{'<p>a</p>' * 2_900}</div>" * 10).encode()
    assert seconds(".html", data) < 20


def test_lines_above_the_labels_of_an_export_are_not_all_looked_at(seconds):
    lines = "\n".join(f"line {number}" for number in range(80_000))
    export = f"The Post\n\nMay 3, 2016\n\n{lines}\n\nLENGTH: 300 words\n\n{SENTENCE}\n"
    assert seconds(".text", export.encode()) < 1
