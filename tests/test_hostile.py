"""Hostile input is stored as printed or skipped with a reason, in time, and displayed as mere text."""

import gzip
import html
import json
import os
import resource
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from support import HARBOUR, ROOT, WordEncoder, samples
from support.browser import installed
from support.samples import FIELDS, LAST, MORE, PAGE, RECORD, RSS, SENTENCE, TITLE

import rag
from rag import passage, readers
from rag.article import Article
from rag.cli import main
from rag.errors import LibraryError, QuestionError
from rag.provenance import dates
from rag.provenance.catalogue import load_catalogue
from rag.query.query import MAX_QUESTION_CHARACTERS
from rag.readers import (
    archive,
    decoding,
    docx,
    epub,
    feed,
    fetch,
    html_to_text,
    json_file,
    left_out,
    limits,
    markdown,
    mhtml,
    record,
)
from rag.readers.html import content, elements, page
from rag.readers.pdf import layout
from rag.readers.table import MAX_UNCLOSED
from rag.web.answer_html import turn_html
from rag.web.assets import FILES

pytestmark = pytest.mark.slow

LONGEST = 20  # seconds, for one file of at most 32 MB
MOST_MEMORY = 1500 * 2**20
ESCAPES = "\x1b[2J\x1b]0;owned\x07"  # clears a terminal, and names its window
HIDDEN = "".join(chr(0xE0000 + ord(c)) for c in "trust me")  # tags, which no font shows
TURNS = "\u202edeb\u202c \u2066\u2067\u2068\u2069\u202a\u202b\u202d"  # each direction that Unicode can turn
MARKS = "e" + "\u0301" * 1_000_000


def wrapped(ending, text):
    """Return a file of a format that contains a text, with the other words of the samples around it."""
    fields = json.dumps(RECORD | {"text": f"{text} {MORE}\n\n{LAST}"}, ensure_ascii=False)
    page = PAGE.replace(SENTENCE, html.escape(text))
    matter = "".join(f"{name}: {json.dumps(value)}\n" for name, value in FIELDS.items())
    made = {
        ".txt": f"{TITLE}\n\n3 February 2016\n\n{text} {MORE}\n\n{LAST}\n",
        ".text": f"{TITLE}\n\n3 February 2016\n\n{text} {MORE}\n\n{LAST}\n",
        ".jsonl": fields,
        ".json": f"[{fields}]",
        ".csv": f'title,text\n{TITLE},"{text} {MORE}"\n',
        ".md": f"---\n{matter}---\n\n{text} {MORE}\n",
        ".html": page,
        ".mhtml": "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        + page,
        ".rss": RSS.replace(SENTENCE, html.escape(text)),
    }
    if ending == ".warc":
        return samples.warc(False, page)
    return made[ending].encode("utf-8", "surrogatepass")


KINDS = (".txt", ".text", ".jsonl", ".json", ".csv", ".md", ".html", ".mhtml", ".rss", ".warc")
STRUCTURED = (".html", ".mhtml", ".warc", ".rss")  # control characters are removed: no such document may contain them


@pytest.fixture
def read(tmp_path):
    """Read one file within a time limit; return its articles, and the reasons for what was skipped."""

    def reader(ending, data, name="a"):
        path = tmp_path / f"{name}{ending}"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        start = time.process_time()
        found = list(readers.read([path], load_catalogue()))
        assert time.process_time() - start < LONGEST
        path.unlink()
        assert list(tmp_path.iterdir()) == []
        return [item if isinstance(item, Article) else item.reason for item in found]

    return reader


@pytest.mark.parametrize("ending", KINDS)
def test_direction_marks_and_terminal_escapes_are_stored_as_printed(read, ending):
    (found,) = read(ending, wrapped(ending, f"The ferry {TURNS} waits {ESCAPES} on."))
    escapes = "[2J]0;owned" if ending in STRUCTURED else ESCAPES
    assert f"The ferry {TURNS} waits {escapes} on." in found.text


@pytest.mark.parametrize("ending", KINDS)
def test_nul_is_removed_or_rejected_with_a_reason(read, ending):
    (found,) = read(ending, wrapped(ending, "The ferry\x00 waits."))
    if isinstance(found, str):
        assert "NUL" in found or found.startswith(("not JSON", "not text"))
    else:
        assert "The ferry waits." in found.text


@pytest.mark.parametrize("ending", KINDS)
def test_a_lone_surrogate_is_not_a_character(read, ending):
    (found,) = read(ending, wrapped(ending, "The ferry\ud800 waits."))
    if isinstance(found, str):
        assert "UTF-8" in found or "surrogate" in found
    else:
        found.text.encode("utf-8")


@pytest.mark.parametrize("ending", [".jsonl", ".json"])
@pytest.mark.parametrize("field", ["text", "title", "outlet", "url", "authors", "host", "id"])
@pytest.mark.parametrize("sign", ["\ud800", "\udfff\ud800", "\x00"])
def test_invalid_characters_are_rejected_in_every_field_of_a_record(read, ending, field, sign):
    data = json.dumps(RECORD | {field: f"a {sign} b"})
    assert read(ending, data) == ["has invalid characters (NUL or half of a surrogate pair)"]


def test_json_ld_may_contain_a_lone_surrogate(read):
    bad = PAGE.replace('"headline": "', '"articleBody": "\\ud800 <p>a</p> <p>b</p>", "headline": "\\udc00')
    (found,) = read(".html", bad)
    assert found.title == TITLE
    assert SENTENCE in found.text


@pytest.mark.parametrize("ending", KINDS)
def test_a_million_marks_on_one_letter_are_stored_as_printed(read, ending):
    (found,) = read(ending, wrapped(ending, MARKS))
    assert MARKS in found.text


@pytest.mark.parametrize(("ending", "size"), [(".txt", 10_000_000), (".jsonl", 10_000_000), (".html", 2_000_000)])
def test_a_word_of_10_mb_is_stored_as_printed(read, ending, size):
    (found,) = read(ending, wrapped(ending, "x" * size))
    assert "x" * size in found.text


def test_marks_and_long_words_are_split_in_time(words):
    texts = [MARKS[: len(MARKS) // 4], "x" * 500_000, "\u4e2d" * 125_000, " " * 500_000 + "a"]
    start = time.process_time()
    for text, own in zip(
        texts, passage.split_articles([Article(t[:1], t) for t in texts], words.count, 60), strict=True
    ):
        held = "".join(text[p.start : p.end] for p in own)
        assert held == text.strip()
    assert time.process_time() - start < LONGEST / 4


PARSED_FOR_HOURS = {  # the libraries took from 8 s to hours for each, or all memory
    "links": (
        ".html",
        lambda: PAGE.replace(SENTENCE, "<a href=x>y z</a> " * 25_000),
        "5,000 sibling elements",
    ),
    "paragraphs": (
        ".html",
        lambda: PAGE.replace(SENTENCE, "<div><p></div>" * 40_000),
        "30,000 elements",
    ),
    "elements": (".html", lambda: PAGE.replace(SENTENCE, f"<div>{'<p>a</p>' * 4_000}</div>" * 10), "30,000 elements"),
    "nested": (".html", lambda: PAGE.replace(SENTENCE, "<div>" * 300 + SENTENCE), "200 nested elements"),
    "attributes": (".html", lambda: PAGE.replace("<p>", f"<p {attributes('{}=b')}>", 1), "1,000 attributes"),
    "one piece": (".html", lambda: PAGE.replace(SENTENCE, "word " * 2_000_000), "more than 9,000,000 characters"),
    "field": (".jsonl", lambda: json.dumps({"text": "<p>a</p>" * 20_000}), "5,000 sibling elements"),
    "field, nested": (".jsonl", lambda: json.dumps({"text": "<b>" * 3000 + "</b>" * 3000}), "2,000 nested elements"),
    "signs": (".jsonl", lambda: json.dumps({"text": "<" * 2_000_000}), "60,000 < characters"),
    "feed": (".rss", lambda: RSS.replace("<item>", "<item/>" * 60_000 + "<item>"), "50,000 elements"),
    "feed's attributes": (
        ".rss",
        lambda: RSS.replace("</item>", "<x " + attributes('{}="b"') + "/></item>"),
        "1,000 attr",
    ),
    "lines": (".txt", lambda: "a\n" * 1_000_000, "too long: 1,000,000 lines, and the limit for a page dump is 50,000"),
    "lines of other ends": (".txt", lambda: "a\u2028" * 60_000, "too long: 60,000 lines"),
    "front matter": (".md", lambda: f"---\na: [{'b, ' * 40_000}]\n---\n{MORE}", "front matter has 120,"),
    "fields": (".jsonl", lambda: json.dumps(RECORD | {f"a{i}": i for i in range(11_000)}), "has 11,005 fields"),
    "columns": (
        ".csv",
        lambda: "text," + ",".join(f"a{i}" for i in range(11_000)) + "\nx" + ",y" * 11_000,
        "has 11,001 fields; the limit is 10,000",
    ),
    "authors": (".jsonl", lambda: json.dumps(RECORD | {"authors": "a, " * 9_000}), "authors has 27,000 characters"),
    "list of authors": (".json", lambda: json.dumps(RECORD | {"authors": ["Jo"] * 9_000}), "authors has 27,000 char"),
    "id": (".jsonl", lambda: json.dumps(RECORD | {"id": "a" * 10_001}), "id has 10,001 characters; the limit"),
    "nested JSON": (".json", lambda: json.dumps(RECORD)[:-1] + ',"x":' + "[" * 101 + "]" * 101 + "}", "too deeply"),
    "digits": (".jsonl", lambda: '{"text": ' + "1" * 5000 + "}", "a number has too many digits"),
    "MIME header": (".mhtml", lambda: related("; a=b" * 300) + PAGE, "its Content-Type header has 1,5"),
    "MIME lines": (".mhtml", lambda: related() + PAGE + "\n" * 1_000_001, "1,000,000 lines"),
    "MIME parts": (".mhtml", lambda: related() + PAGE + "\n--b\n" * 5_001, "5,000 parts"),
    "MIME nested": (".mhtml", lambda: "".join(map(nested, range(12))) + PAGE, "more than 10 nested parts"),
}


def attributes(form):
    return " ".join(form.format(f"a{i}") for i in range(100_000))


def related(parameters=""):
    head = f'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"{parameters}\n\n'
    return f"{head}--b\nContent-Type: text/html\n\n"


def nested(number):
    return f'Content-Type: multipart/related; boundary="b{number}"\n\n--b{number}\n'


@pytest.mark.parametrize("case", PARSED_FOR_HOURS)
def test_input_that_would_keep_a_parser_busy_is_rejected_before_parsing(read, case):
    ending, made, reason = PARSED_FOR_HOURS[case]
    start = time.process_time()
    (found,) = read(ending, made())
    assert time.process_time() - start < 5
    assert reason in found


@pytest.mark.parametrize("words", ["By Jane Roe, ", "Jane Roe and ", "told Reuters ", "Reuters "])
@pytest.mark.parametrize("ending", [".txt", ".text"])
def test_a_line_of_a_million_names_is_read_in_time(read, ending, words):
    line = words * (4_000_000 // len(words))
    start = time.process_time()
    (found,) = read(ending, f"{SENTENCE} {MORE}\n\n{line}\n\n{LAST}")
    assert line.strip() in found.text
    assert time.process_time() - start < 10


def test_an_unclosed_tag_of_a_million_attributes_is_text(read):
    (found,) = read(".jsonl", json.dumps(RECORD | {"text": "Said <p " + "a " * 1_000_000}))
    assert found.text.startswith("Said <p a a a")


def test_mojibake_is_not_repaired_in_very_long_texts(read):
    (short, long) = (read(".jsonl", json.dumps({"text": "Café CafÃ© " * n}))[0].text for n in (10, 200_000))
    assert short == ("Café Café " * 10)
    assert long == "Café CafÃ© " * 200_000
    assert len(long) > decoding.MAX_MOJIBAKE_CHARS


@pytest.mark.parametrize(
    "tag", ['!!python/object/apply:os.system ["touch owned"]', "!!python/name:os.system", "!!binary aGk="]
)
def test_yaml_tags_create_no_objects(read, tmp_path, monkeypatch, tag):
    monkeypatch.chdir(tmp_path)
    (found,) = read(".md", f"---\ntitle: {tag}\ndate: 2016-02-03\n---\n\n{MORE}")
    assert found.title is None or "touch" in found.title or found.title == "aGk="
    assert not Path("owned").exists()


def test_front_matter_cannot_multiply_itself(read):
    lines = "".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]\n" for i in range(1, 10))
    reason = "its front matter uses a YAML alias (*); write the value out"
    assert read(".md", f"---\nx0: &x0 [a]\n{lines}kind: *x9\n---\n\n{MORE}") == [reason]
    assert read(".md", f"---\ntitle: &a [*a]\n---\n\n{MORE}") == [reason]


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "file:///etc/passwd" [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>',
    ],
)
def test_a_feed_that_declares_entities_is_rejected(read, dtd):
    (found,) = read(".xml", RSS.replace("?>", f"?>{dtd}", 1).replace(SENTENCE, "&a; &b;"))
    assert found == "it declares XML entities, which can make a small file expand without limit; remove them"


def test_a_page_that_declares_entities_shows_them_as_text(read):
    dtd = '<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    (found,) = read(".xhtml", PAGE.replace("<!DOCTYPE html>", dtd).replace(SENTENCE, f"{SENTENCE} &a; &b;"))
    assert f"{SENTENCE} &a; &b;" in found.text


@pytest.mark.parametrize("ending", [".jsonl.gz", ".csv.gz", ".tsv.gz", ".json", ".warc.gz"])
def test_a_decompression_bomb_is_rejected(read, ending):
    begins = {".csv.gz": b"title,text\na,", ".tsv.gz": b"title\ttext\na\t", ".json": b'["'}
    start, size = begins.get(ending, b""), limits.MAX_BYTES + 2**21
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (found,) = read(ending, gzip.compress(start + b" " * 100 + b"x" * size, 1))
    assert "too large: " in found or "not a web archive" in found
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_MEMORY


def test_a_decompression_bomb_in_a_web_archive_is_skipped(read):
    body = zlib.compress(b"<p>" + b"x" * (limits.MAX_BYTES + 1))
    (found, _) = read(".warc", samples.warc(False, body, [("Content-Encoding", "deflate")]))
    assert found.endswith("the limit for one article is 32 MB; split it")


# Names


HARD_NAMES = (
    b"\xff.jsonl", b"a\nskipped: nothing.jsonl",
    b"<img src=x onerror=alert(1)>.jsonl", b"'; DROP TABLE article; --.jsonl",
    ESCAPES.encode() + b".jsonl", "\u202elnosj.jsonl".encode(), b"\xed\xa0\x80.jsonl", b"a..%2f..%2fevil.jsonl",
)  # fmt: skip
SHOWN = (
    r"\xff.jsonl", r"a\nskipped: nothing.jsonl",
    "<img src=x onerror=alert(1)>.jsonl", "'; DROP TABLE article; --.jsonl",
    r"\x1b[2J\x1b]0;owned\x07.jsonl", r"\u202elnosj.jsonl", r"\xed\xa0\x80.jsonl", "a..%2f..%2fevil.jsonl",
)  # fmt: skip


def test_file_names_are_recorded_in_printable_form(tmp_path, words):
    folder = tmp_path / "news"
    folder.mkdir()
    for number, name in enumerate(HARD_NAMES):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(
            json.dumps(HARBOUR | {"id": str(number)}) + "\n{"
        )
    with rag.build([folder], index=tmp_path / "index", encoder=words) as library:
        assert {a.source for a in library.articles()} == {
            f"{folder}/{name}" for name in SHOWN if name.endswith("jsonl")
        }
        skipped = {s.source for s in library.skipped()}
        assert skipped == {f"{folder}/{name}" for name in SHOWN}
        again = rag.build([folder], index=tmp_path / "index", encoder=words)
        assert (again.report.unchanged, again.report.new, again.report.retired) == (8, 0, 0)
        again.close()


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/evil", "..\\..\\evil", "C:\\evil", "evil\x00", "file:///etc/passwd"]
)
def test_names_inside_files_are_never_paths(tmp_path, words, name):
    folder = tmp_path / "deep" / "news"
    folder.mkdir(parents=True)
    named = f'Content-Location: {name}\nContent-Disposition: attachment; filename="{name}"'
    part = f"Content-Type: text/html\n{named}\n\n{PAGE}"
    (folder / "a.mhtml").write_text(f"MIME-Version: 1.0\n{part}")
    (folder / "b.warc").write_bytes(samples.warc(False, url=name.replace("\x00", "%00")))
    fields = {"id": name, "url": name, "source": name, "filename": name, "path": name}
    (folder / "c.jsonl").write_text(json.dumps(HARBOUR | fields))
    with (folder / "d.jsonl.gz").open("wb") as file, gzip.GzipFile(name, "wb", fileobj=file) as packed:
        packed.write(json.dumps(HARBOUR).encode())
    before = listed(tmp_path)
    with rag.build([folder], index=tmp_path / "deep" / "index", encoder=words) as library:
        assert len(list(library.articles())) > 0
    new = listed(tmp_path) - before
    assert {path.relative_to(tmp_path).parts[:2] for path in new} == {("deep", "index")}
    assert not Path("/etc/evil").exists()


def listed(folder):
    return set(folder.rglob("*"))


# Questions


QUERIES = (
    "a\x00b strike", "e" + "\u0301" * 1999, "'; DROP TABLE article; --", 'title:strike AND (* OR "',
    "strike~10 ^5 [a TO b] -x +y", '+-&&||!(){}[]^"~*?:\\/', TURNS, ESCAPES, '"' * 2000, "By " * 600, "in 2009 " * 250,
    "according to " * 150, "AA " * 600, "{{7*7}} ${x} %s {0}",
)  # fmt: skip


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    """The folder of an index whose only articles contain all that could do harm when displayed."""
    folder = tmp_path_factory.mktemp("evil")
    bad = f"</bdi><script>alert(1)</script>{ESCAPES}{TURNS}{HIDDEN}\u202e"
    records = [
        HARBOUR
        | {"id": f"a{bad}", "text": f"Dock workers {bad} ended their strike on Tuesday, they said at the port."},
        HARBOUR | {"id": "marks", "text": f"Union strike wages rise by four percent {MARKS[:100_000]} at last."},
        HARBOUR | {"id": "'); DROP TABLE article; --", "text": "The strike of the dock workers ended in the harbour."},
    ]
    for own in records:
        own |= {
            "outlet": f"O{bad}",
            "title": f"T{bad}",
            "authors": [f"A{bad}"],
            "host": f"h{bad}",
            "url": f"javascript:{bad}",
        }
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, records)))
    with rag.build([folder / "a.jsonl"], index=folder / "index", encoder=WordEncoder()) as library:
        assert library.report.new == 3
    return folder / "index"


@pytest.mark.parametrize("question", QUERIES)
def test_no_question_is_run_as_a_query_or_code(evil, question):
    with rag.open(evil, encoder=WordEncoder()) as library:
        start = time.process_time()
        answer = library.ask(question, min_confidence=0)
        library.search(question)
        assert time.process_time() - start < 5
        assert json.loads(json.dumps(answer.to_dict()))["question"] == question.strip()
        assert len(list(library.articles())) == 3


def test_passages_stay_as_printed(evil):
    with rag.open(evil, encoder=WordEncoder()) as library:
        answer = library.ask("dock workers strike", min_confidence=0)
        assert any(ESCAPES in c.text and TURNS in c.text for c in answer.passages)
        for citation in answer.passages:
            assert citation.text == library.article(citation.article_id).text[citation.start : citation.end]


def disturbing(text):
    """Return the characters that would move a cursor or change the text direction, or cannot be printed."""
    return [c for c in text if c in "\u2028\u2029\x0b\x0c\x85" or not (c.isprintable() or c.isspace())]


def test_markdown_and_html_of_hostile_articles_are_harmless(evil):
    with rag.open(evil, encoder=WordEncoder()) as library:
        answer = library.ask(f"dock workers strike {ESCAPES}\n# union", min_confidence=0)
    shown = answer.to_markdown()
    assert disturbing(shown) == []
    assert "\u0301" * 31 not in shown
    assert "<script" not in shown
    assert shown.startswith("**dock workers strike")
    assert "\\# union**\n" in shown
    page = turn_html(answer)
    assert "\u0301" * 31 not in page
    assert disturbing(page) == []
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert page.count("<bdi>") == page.count("</bdi>")


@pytest.mark.parametrize(
    "command", [["ask", "strike"], ["search", "strike"], ["articles", "--explain"], ["outlets"], ["skipped"]]
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_control_character_reaches_the_terminal(evil, monkeypatch, capsys, command, form):
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: WordEncoder())
    assert main([*command, "--index", str(evil), *form]) == 0
    out = capsys.readouterr().out
    assert out.strip()
    assert disturbing(out) == []
    if form:
        assert json.loads(out) is not None
    else:
        assert "\u0301" * 31 not in out


def test_combining_marks_and_direction_marks_stay_within_their_text(evil):
    browser = installed()
    if not browser:
        pytest.skip("no Chromium")
    from playwright.sync_api import sync_playwright

    with rag.open(evil, encoder=WordEncoder()) as library:
        answer = library.ask("dock workers strike", min_confidence=0)
    high = {"start": 0, "text": f"Union {MARKS} at last.", "quote": (0, 6), "title": MARKS[:10_000]}
    answer = replace(answer, passages=(replace(answer.passages[0], **high), *answer.passages))
    style = "\n".join((ROOT / "rag" / "web" / name).read_text() for name in FILES["according.css"])
    page = f"<style>{style} body {{ margin: 0 }} #top {{ height: 300px }}</style><div id=top></div>{turn_html(answer)}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        view = chromium.new_page(viewport={"width": 700, "height": 900})
        view.set_content(page, timeout=5000)
        above = view.screenshot(clip={"x": 0, "y": 0, "width": 700, "height": 295})
        blank = chromium.new_page(viewport={"width": 700, "height": 900})
        assert above == blank.screenshot(clip={"x": 0, "y": 0, "width": 700, "height": 295})
        clipped = "e => [...e.querySelectorAll('header, blockquote, footer')].map(x => getComputedStyle(x).overflowX)"
        assert set(view.eval_on_selector(".according", clipped)) == {"clip"}
        isolated = "e => [...e.querySelectorAll('bdi')].map(x => getComputedStyle(x).unicodeBidi)"
        assert set(view.eval_on_selector(".according", isolated)) == {"isolate"}
        chromium.close()


# Limits


def test_documented_limits_equal_the_ones_in_the_code():
    table = (ROOT / "docs" / "formats.md").read_text().split("## Limits")[1].split("\n## ")[0]
    stated = (
        f"{limits.MAX_BYTES // 2**20} MB", f"{limits.MAX_ELEMENTS:,} elements", f"{limits.MAX_SIBLINGS:,} siblings",
        f"{limits.MAX_DEPTH:,} nested", f"{limits.MAX_ATTRIBUTES:,} attributes",
        f"{limits.MAX_FEED_ELEMENTS:,} elements", f"{limits.MAX_TEXT_CHARS:,} characters",
        f"{limits.MAX_LINES:,} lines", f"{markdown.MAX_FRONT_MATTER_CHARS:,} characters",
        f"{mhtml.MAX_LINES:,} lines", f"{mhtml.MAX_PARTS:,} parts", f"{mhtml.MAX_NESTED:,} nested",
        f"{mhtml.MAX_TYPE_HEADER_CHARS:,} characters", f"{record.MAX_FIELDS:,} fields",
        f"{record.MAX_FIELD_CHARS:,} characters", f"{decoding.MAX_MOJIBAKE_CHARS:,} characters",
        f"{json_file.MAX_DEPTH} levels", f"{layout.MAX_PAGES:,} pages", f"{layout.MAX_SECONDS:.0f} s",
        f"{fetch.TIMEOUT_SECONDS:.0f} s", f"{fetch.MAX_REDIRECTS} redirects",
        f"{MAX_QUESTION_CHARACTERS:,} characters", f"{html_to_text.MAX_DEPTH:,} nested",
        f"{readers.MAX_REASON_CHARS} characters", f"{page.MAX_METAS} meta elements", f"{page.MAX_VALUES} values",
        f"{elements.MAX_LINE_CHARS:,} characters in a value", f"{content.MAX_PARAGRAPHS:,} paragraphs",
        f"{page.MAX_ATTRIBUTE_CHARS:,} characters in an attribute", f"| {feed.MAX_NAME_CHARS:,} characters; a",
        f"{archive.MAX_MEMBERS:,} members", f"{archive.MAX_NESTED} archives within",
        f"{archive.MAX_RATIO} times its size",
        f"{archive.FREE_BYTES // 2**20} MB) unpacked", f"{archive.MAX_MEMBER_BYTES // 2**30} GB in a member",
        f"{archive.MAX_DIRECTORY_BYTES // 2**20} MB for the list",
        f"{archive.MAX_HEADER_BYTES // 2**20} MB for a header",
        f"{archive.MAX_NAME_CHARS:,} characters in a name", f"{docx.MAX_PARTS:,} parts", f"{epub.MAX_PAGES:,} pages |",
        f"{docx.MAX_UNPACKED_BYTES // 2**20} MB unpacked", f"{docx.MAX_TAGS:,} tags", f"| {epub.MAX_NAMES} titles",
        f"{layout.MAX_STREAM_BYTES // 10**6} MB of a stream", f"{layout.MAX_FONTS} fonts",
        f"{dates.MAX_STATED_CHARS:,} characters |",
        f"the end of {MAX_UNCLOSED} is looked for",
        f"{left_out.MAX_QUOTED_CHARS} characters of {left_out.MAX_QUOTED_LINES} lines",
        f"{left_out.MAX_RECORDS} records for a file", f"the first {elements.MAX_TEXT_NODES:,}, and none",
        f"longer than {content.MAX_COMPARED_CHARS:,} characters",
    )  # fmt: skip
    assert [limit for limit in stated if limit not in table] == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not say what a process held")
def test_hostile_files_are_read_within_the_memory_limit(tmp_path):
    """In a process of its own, whose memory peak (VmHWM, in kB) starts afresh: that of getrusage is its parent's."""
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "a b c", "x": []})[:-2] + "[]," * 2_000_000 + "1]}")
    (tmp_path / "b.text").write_text("\U0001f44d" + "a " * 5_000_000)
    program = (
        "import sys; from rag import readers; from rag.provenance.catalogue import load_catalogue\n"
        "from pathlib import Path; "
        "n = [type(item).__name__ for item in readers.read([Path(sys.argv[1])], load_catalogue())].count('Article'); "
        "print(n, Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, check=True, cwd=ROOT)
    number, memory = map(int, done.stdout.split())
    assert number == 2
    assert memory * 1024 < MOST_MEMORY


def test_a_lone_surrogate_is_rejected_in_questions_and_ids(tmp_path, news, words):
    with rag.build([news(RECORD)], index=tmp_path / "i", encoder=words) as library:
        for ask in (library.ask, library.search, lambda half: library.ask("And then?", previous=half)):
            with pytest.raises(QuestionError, match=r"half of a surrogate pair\); type it again"):
                ask("What did \ud800 say?")
        with pytest.raises(LibraryError, match="no article"):
            library.article("\ud800")


def test_error_messages_contain_no_control_characters(tmp_path, news, words, capsys, monkeypatch):
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: words)
    rag.build([news(RECORD | {"outlet": "Evil \x1b[2J Herald"})], index=tmp_path / "i", encoder=words).close()
    assert main(["ask", "--index", str(tmp_path / "i"), "--outlet", "nobody", "Who?"]) == 1
    printed = capsys.readouterr().err
    assert "Herald" in printed
    assert "\x1b" not in printed


def test_a_file_on_which_a_reader_fails_does_not_stop_the_others(tmp_path, monkeypatch, caplog):
    """Whatever flaw it shows, in a reader or in a library that parses."""
    (tmp_path / "a.rss").write_bytes(b"<rss/>")
    (tmp_path / "b.txt").write_text("The tram line opens in spring, the mayor of Selwyn said.")

    def fail(*_):
        raise ValueError("Invalid IPv6 URL")

    monkeypatch.setattr("rag.readers.feed.parse", fail)
    failed, read = readers.read([tmp_path], load_catalogue())
    assert failed.reason == "the reader failed on it (ValueError); please report it"
    assert "Invalid IPv6 URL" in caplog.text, "the log says where"
    assert "tram" in read.text


@pytest.mark.parametrize("nothing", ["\u3164", "\u2800\u2800", "\u200b\u2060"])
def test_names_that_nobody_can_see_are_none_in_any_format(tmp_path, nothing):
    text = "The tram line opens in spring, the mayor of Selwyn said, and the bridge will stay closed until then."
    fields = {"title": nothing, "outlet": nothing, "host": nothing, "authors": [nothing, "Jane Roe"]}
    (tmp_path / "a.json").write_text(json.dumps([fields | {"text": text}, {"title": "A tram", "text": nothing * 9}]))
    (tmp_path / "b.rss").write_text(
        f"<rss><channel><title>{nothing}</title><item><title>{nothing}</title><author>{nothing}</author>"
        f"<description>{text}</description></item></channel></rss>"
    )
    record_, blank, entry = readers.read([tmp_path], load_catalogue())
    assert (record_.title, record_.outlet, record_.outlet_basis, record_.host) == (None, None, "unknown", None)
    assert record_.authors == ("Jane Roe",)
    assert blank.reason == "no text"
    assert (entry.title, entry.outlet, entry.host, entry.authors) == (None, None, None, ())
