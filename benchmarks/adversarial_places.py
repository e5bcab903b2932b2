"""The places where adversarial.py puts tokens, and the tokens: everything that the readers look at, by format."""

from __future__ import annotations

import html
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from support import samples
from support.samples import ATOM, LAST, MORE, PAGE, RSS, SENTENCE, TITLE

MARK = "@@PAYLOAD@@"
TEXT = f"{SENTENCE} {MORE}"
PROSE = f"{TEXT}\n\n{LAST}\n"

# fmt: off
TOKENS = (
    '"', "'", '""', "a\",\"b\n", '"\n', '\\"', "\\", "[", "]", "[]", "[[", "{", "{}", "(", ")", "()", "(a", "(XYZ) ", ", ", ",", ";", ":", " : ",
    "<", ">", "<>", "< ", "</", "<a", "<a ", "<a b=", "<b>", "</b>", "<p>", "</p>", "<p", "<br>", "<div>", "<div><p>", "<li>", "<td>", "<tr><td>", "<table>",
    "<a href=x>y</a> ", "<a href='", "<!--", "<!-- -->", "-->", "<![CDATA[", "]]>", "<?", "<?xml ?>", "<!DOCTYPE ", "<script>", "<style>", "<svg>",
    "<title>", "<h1>", "<h1>a b c</h1>", "<span class=byline>By Jo Roe</span>", "<time>2012-01-02</time>", "<br/>\n", "<b>a</b>\n",
    "&", "&&", "&a", "&amp;", "&amp;amp;", "&#", "&#x41;", "&lt;", "&lt;b&gt;", "&quot;", "&nbsp;",
    " ", "  a", "\n", "\r", "\r\n", "\t", "a\t", "\n\n", " \n", "\n a", "a\n", "a\n\n", "\u00a0", "\u3000", "\u2028", "\x0b", "\x1c", "\x85",
    "a", "a ", "A", "A ", "a.", "a. ", "A. ", ". ", ".", "..", "...", "a-", "-", "--", "---\n", "- ", "- a\n", "* ", "_", "a_", "=", "==\n", "#", "# ", "# a\n", "|", "| ", "a|", "| a | b |\n",
    "1", "1 ", "1,", "1.", "1/", "1-", "1:", "12.", "2012", "2012 ", "2012-", "2012-01-", "1 May 2012 ", "May 1, 2012 ", "1.5.2012 ", "1/2/2012,", "2012-01-02T", "May ", "20",
    "by ", "By ", "by a ", "By Jo Roe ", "By Jo Roe, ", "Jo Roe and ", "Jo Roe, ", "Jo de la ", "Jo ", "J. ", "Roe, Jo", "and ", "& ", " and a", "Von ", "par ",
    "the ", "The ", "Reuters ", "told Reuters ", "Reuters, ", "The New York Times ", "Time ", "Reason ", "according to Time ", "The Hill ", "Source: ", "source: Reuters ", "via ", "from ",
    "© ", "(c) ", "copyright ", "© 2012 ", "copyright by ", "all rights reserved ", "@", "a@", "@a", "a@a ", "a@a.a ", "<a@a.a>", "www.", "www.a.", "http://", "https://a.a/", "http://a.a ", "a/", "/a", "//", "a.a.", "?a=", "&a=b", "%", "%2", "%41", "#a",
    "told the ", "read more ", "continue reading ", "see also: ", "more from ", "home » ", "» ", "Home / ", "tags: ", "filed under ", "published ", "Published on ", "posted by ", "Title: ", "Date: 2012\n", "Author: a\n", "a: b\n", "a: ", "length: 1 words\n", "said: ", "Jane says:\n", "reporting by Jo ", "Editing by Jo Roe; ", "Jo Roe is ", "Jo Roe is editor of ",
    "à", "é", "Ã©", "CafÃ© ", "â€™", "Ã", "\x80", "\x99", "ß", "ſ", "İ", "ı", "µ", "ﬁ", "\u0301", "e\u0301", "\u00ad", "\u200b", "\u200d", "\ufeff", "\ufffd", "\ufffe", "\U0001f44d", "中", "中文", "来源：", "来源:中", "报", "。", "：", "「", "ا", "ไ", "한", "a中",
    "\x00", "\x01", "\x1b", "\x7f", "\ud800", "\udc00", "\\ud800", "\\u00", "\\u0041", "\\n", "\\x",
    "null", "null,", "0,", "[1],", "{\"a\":", "{\"a\":1},", '"a":', '"a",', '"a" ', "1e", "1e9", "1_", "-1", "true,",
    "Content-Type: text/html; ", "; a=b", ";a*0=b", "a*1*=utf-8''b;", "=?utf-8?q?a?= ", "=?utf-8?b?YQ==?=", "=?", "=3D", "=\n", "--b\n", "--b--\n", "WARC/1.0\r\n", "a: b\r\n", "\r\n\r\n",
    "*a ", "&a ", "!!a ", "? ", "? a\n", "- - ", "a: [", "{a: ", "|\n", ">\n", "%a\n", "```", "[a](b)", "![a](", "xyzzy" * 40, "xyzzy" * 40 + " ", "word " * 12 + ". ", "The harbour master said so. ",
)
# fmt: on
RAW_BYTES = (
    b"\xe9 ",
    b"\x80",
    b"\xc3",
    b"\xff",
    b"\xff\xfe",
    b"a\x00",
    b"\xe4\xb8",
    b"\xcf\xf0\xe8",
    b"\x1b$B",
    b"\x81\x40",
    b"caf\xe9 ",
)


@dataclass(frozen=True)
class Place:
    """Where a token is put: `make` returns the file that has a text there."""

    ending: str
    name: str
    make: Callable[[str], bytes]


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def page(head: str = "", body: str = "", whole: str | None = None, escape: bool = False) -> Callable[[str], bytes]:
    """Return what makes a page with a payload where `head` or `body` has MARK."""
    own = whole or PAGE.replace("</head>", f"{head}</head>", 1).replace("<article>", f"<article>{body}", 1)
    return lambda text: encoded(own.replace(MARK, html.escape(text) if escape else text))


METAS = (
    "author", "article:author", "byl", "dc.creator", "og:title", "twitter:title", "og:site_name", "application-name", "publisher",
    "dc.publisher", "article:published_time", "date", "pubdate", "dateCreated", "source", "original-source", "og:url", "og:type",
    "article:publisher", "description", "keywords",
)  # fmt: skip
LD_FIELDS = (
    "headline", "author", "creator", "datePublished", "dateCreated", "publisher", "articleBody", "isBasedOn", "sourceOrganization",
    "@type", "@id", "name",
)  # fmt: skip
BARE = f"<!DOCTYPE html><html><head><title>{MARK}</title></head><body><article><p>{TEXT}</p><p>{LAST}</p></article></body></html>"


def html_places() -> Iterator[Place]:
    for name in METAS:
        yield Place(".html", f"meta {name}", page(f'<meta name="{name}" content="{MARK}">', escape=True))
    yield Place(".html", "meta name", page(f'<meta name="{MARK}" content="a b">', escape=True))
    yield Place(
        ".html", "canonical", page(whole=PAGE.replace("https://delta-herald.example/ferry", MARK, 1), escape=True)
    )
    yield Place(".html", "canonical path", page(f'<link rel="canonical" href="http://a.example/{MARK}">', escape=True))
    yield Place(".html", "title", page(whole=BARE, escape=True))
    yield Place(".html", "title, raw", page(whole=BARE))
    yield Place(".html", "title with a start", page(whole=BARE.replace(MARK, f"{TITLE} - {MARK} | x"), escape=True))
    yield Place(".html", "saved from", page(whole=f"<!-- saved from url=(0014){MARK} -->{PAGE}"))
    yield Place(".html", "before", page(whole=f"{MARK}{PAGE}"))
    yield Place(".html", "head", page(MARK))
    yield Place(".html", "attribute", page(f'<meta x="{MARK}" name="author" content="Jo Roe">', escape=True))
    for name in (
        "h1",
        "h2",
        "p",
        "li",
        "td",
        "blockquote",
        "figcaption",
        "pre",
        "footer",
        "aside",
        "time",
        "a",
        "title",
    ):
        opened = f"<{name}>{MARK}</{name}>"
        yield Place(".html", name, page(body=opened, escape=True))
    yield Place(".html", "h1 alone", page(whole=PAGE.replace(TITLE, MARK), escape=True))
    yield Place(".html", "text, raw", page(body=f"<div>{MARK}</div>"))
    yield Place(".html", "body, raw", page(whole=PAGE.replace("<body>", f"<body>{MARK}")))
    yield Place(".html", "end, raw", page(whole=PAGE.replace("</article>", f"</article>{MARK}")))
    for attribute in ("byline", "author", "headline", "entry-title", "source", "comment", "date"):
        own = f'<div class="{attribute}">{MARK}</div>'
        yield Place(".html", f"class {attribute}", page(body=own, escape=True))
        after = PAGE.replace("</h1>", f"</h1>{own}")
        yield Place(".html", f"class {attribute} below h1", page(whole=after, escape=True))
    for name in ("author", "headline", "datePublished"):
        yield Place(".html", f"itemprop {name}", page(body=f'<b itemprop="{name}">{MARK}</b>', escape=True))
        yield Place(
            ".html", f"itemprop {name} content", page(body=f'<b itemprop="{name}" content="{MARK}">x</b>', escape=True)
        )
    yield Place(".html", "time datetime", page(body=f'<time pubdate datetime="{MARK}">x</time>', escape=True))
    for attribute in ("class", "id", "href", "style"):
        yield Place(".html", f"@{attribute}", page(body=f'<a {attribute}="{MARK}">a b</a>', escape=True))
    yield Place(
        ".html",
        "copyright",
        page(whole=BARE.replace(MARK, "T").replace("</body>", f"<div>© {MARK}</div></body>"), escape=True),
    )
    yield Place(
        ".html", "source label", page(whole=PAGE.replace("</h1>", f"</h1><div>来源：{MARK}</div>"), escape=True)
    )
    yield Place(
        ".html", "first line", page(whole=PAGE.replace(f"<p>{SENTENCE}", f"<p>{MARK}</p><p>{SENTENCE}"), escape=True)
    )
    yield Place(".html", "last line", page(whole=PAGE.replace("</article>", f"<p>{MARK}</p></article>"), escape=True))
    yield Place(
        ".html", "last line, By", page(whole=PAGE.replace("</article>", f"<p>By {MARK}</p></article>"), escape=True)
    )
    for name in LD_FIELDS:
        for shape in (MARK, {"name": MARK}, [MARK], [{"name": MARK, "url": MARK}]):
            yield Place(".html", f"JSON-LD {name} {type(shape).__name__}", _json_ld(name, shape))
    ld = f'<script type="application/ld+json">{MARK}</script>'
    yield Place(".html", "JSON-LD, raw", page(ld))
    yield Place(".html", "JSON-LD, raw object", page(ld.replace(MARK, f'{{"@type": "NewsArticle", {MARK}')))
    yield Place(".html", "JSON-LD, raw list", page(ld.replace(MARK, f"[{MARK}]")))


def _json_ld(name: str, shape: object) -> Callable[[str], bytes]:
    """Return what makes a page whose only JSON-LD has a payload in one field."""

    def make(text: str) -> bytes:
        fields = {"@type": "NewsArticle", "headline": TITLE, "datePublished": "2016-02-03"}
        value = json.loads(json.dumps(shape).replace(MARK, json.dumps(text)[1:-1]))
        written = json.dumps(fields | {name: value}).replace("</", "<\\/")
        start, end = PAGE.index('{"@type"'), PAGE.index("</script>")
        return encoded(PAGE[:start] + written + PAGE[end:])

    return make


def text_places() -> Iterator[Place]:
    templates = {
        "raw": MARK, "text": f"{TITLE}\n\n3 February 2016\n\n{TEXT}\n{MARK}\n{LAST}\n", "title": f"{MARK}\n\n{PROSE}",
        "below the title": f"{TITLE}\n{MARK}\n\n{PROSE}", "By": f"{TITLE}\n\nBy {MARK}\n\n{PROSE}",
        "first words": f"{TITLE}\n\n{MARK} {PROSE}", "last line": f"{TITLE}\n\n{PROSE}\n{MARK}", "last By": f"{PROSE}\nBy {MARK}",
        "copyright": f"{TITLE}\n\n3 May 2016\n\n{PROSE}\n© {MARK}\n", "field": f"Title: {MARK}\nDate: 2016-02-03\n\n{PROSE}",
        "date": f"Title: {TITLE}\nDate: {MARK}\n\n{PROSE}", "source": f"Title: {TITLE}\nSource: {MARK}\nURL: {MARK}\n\n{PROSE}",
        "authors": f"Title: {TITLE}\nAuthors: {MARK}\n\n{PROSE}", "menu": f"Home\nNews\nSport\nWorld\n{MARK}\n{TITLE}\n\n3 May 2016 0 comments\n\n{PROSE}",
        "export": f"The Post\n\nMay 3, 2016\n\n{MARK}\n\nLENGTH: 300 words\n\n{PROSE}", "dateline": f"{TITLE}\n\nTIRANA, {MARK} - {PROSE}",
    }  # fmt: skip
    for ending in (".txt", ".text"):
        for name, template in templates.items():
            yield Place(ending, name, lambda text, own=template: encoded(own.replace(MARK, text)))  # type: ignore[misc]


FIELDS = {
    "title": TITLE, "outlet": "The Delta Herald", "date": "2016-02-03", "url": "https://a.example/x", "authors": "Jo Roe",
    "host": "a.example", "id": "1", "kind": "digest", "date_basis": "published", "text": PROSE, "other": "x",
}  # fmt: skip


def record_places() -> Iterator[Place]:
    for name in FIELDS:
        shapes: tuple[Any, ...] = (
            (MARK, [MARK, "Jo"], {"name": MARK}) if name not in ("other", "kind", "id") else (MARK,)
        )
        for shape in shapes:
            for ending in (".jsonl", ".json"):
                yield Place(ending, f"{name} {type(shape).__name__}", _record(name, shape, ending == ".json"))
        quoted = ",".join(MARK if field == name else '"x y"' for field in FIELDS)
        for ending, delimiter in ((".csv", ","), (".tsv", "\t")):
            head, row = ",".join(FIELDS).replace(",", delimiter), quoted.replace(",", delimiter)
            yield Place(
                ending,
                name,
                lambda text, h=head, r=row: encoded(f"{h}\n" + r.replace(MARK, '"' + text.replace('"', '""') + '"')),
            )  # type: ignore[misc]
            yield Place(ending, f"{name}, raw", lambda text, h=head, r=row: encoded(f"{h}\n{r.replace(MARK, text)}\n"))  # type: ignore[misc]
            yield Place(
                ending,
                f"{name}, quoted raw",
                lambda text, h=head, r=row: encoded(f"{h}\n{r.replace(MARK, chr(34) + text)}\n"),
            )  # type: ignore[misc]
        matter = "".join(
            f"{field}: {MARK if field == name else json.dumps(value)}\n" for field, value in FIELDS.items()
        )
        yield Place(
            ".md", f"{name}, raw", lambda text, m=matter: encoded(f"---\n{m.replace(MARK, text)}\n---\n\n{PROSE}")
        )  # type: ignore[misc]
        yield Place(
            ".md", name, lambda text, m=matter: encoded(f"---\n{m.replace(MARK, json.dumps(text))}\n---\n\n{PROSE}")
        )  # type: ignore[misc]
    raws = {
        ".jsonl": (MARK, f'{{"text": "{MARK}"}}', f'{{"text": "{TEXT}", "x": {MARK}', f'{{"text": "{TEXT}", "x": [{MARK}]}}'),
        ".json": (MARK, f'[{{"text": "{MARK}"}}]', f'[{{"text": "{TEXT}", "x": {MARK}', f'[{{"text": "{TEXT}", "x": [{MARK}]}}]', f'{{"articles": [{MARK}'),
        ".csv": (MARK, f"title,text\n{MARK}", f"title,text\na,{MARK}", f'title,text\n"a",{MARK}', f'title,text\na,"{MARK}', f"title,text,{MARK}\nx,y", f"sep={MARK}\n",
                 f"title{MARK}text\na{MARK}b"),
        ".tsv": (MARK, f"title\ttext\n{MARK}", f"title\ttext\na\t{MARK}", f'title\ttext\na\t"{MARK}'),
        ".md": (MARK, f"---\n{MARK}", f"---\n{MARK}\n---\n{PROSE}", f"---\ntitle: {MARK}\n---\n{PROSE}", f"# {MARK}\n\n{PROSE}", f"{MARK}\n===\n\n{PROSE}",
                f"---\ntitle: {TITLE}\n---\n{TEXT}\n{MARK}\n{LAST}"),
    }  # fmt: skip
    for ending, templates in raws.items():
        for number, template in enumerate(templates):
            yield Place(ending, f"raw {number}", lambda text, own=template: encoded(own.replace(MARK, text)))  # type: ignore[misc]


def _record(name: str, shape: object, in_list: bool) -> Callable[[str], bytes]:
    """Return what makes a record with a payload in one field, as a JSON string."""

    def make(text: str) -> bytes:
        value = json.dumps(shape).replace(MARK, json.dumps(text)[1:-1])
        fields = {k: v for k, v in FIELDS.items() if k != name}
        own = json.dumps(fields)[:-1] + f', "{name}": {value}}}'
        return encoded(f"[{own}]" if in_list else own)

    return make


def feed_places() -> Iterator[Place]:
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    rss = RSS.replace('<rss version="2.0">', f'<rss version="2.0" {dc}>')
    for name in (
        "title",
        "link",
        "author",
        "dc:creator",
        "dc:publisher",
        "pubDate",
        "dc:date",
        "description",
        "content:encoded",
        "source",
        "guid",
        "category",
        "comments",
    ):
        own = f"<{name}>{MARK}</{name}>"
        entry = f"<title>{TITLE}</title><description>{TEXT}</description>"
        item = rss[: rss.index("<item>")] + f"<item>{own}{entry}</item></channel></rss>"
        yield Place(".rss", f"item {name}", lambda text, i=item: encoded(i.replace(MARK, html.escape(text))))  # type: ignore[misc]
        yield Place(".rss", f"item {name}, raw", lambda text, i=item: encoded(i.replace(MARK, text)))  # type: ignore[misc]
        yield Place(".rss", f"item {name}, CDATA", lambda text, i=item: encoded(i.replace(MARK, f"<![CDATA[{text}]]>")))  # type: ignore[misc]
    for name in ("title", "link", "description"):
        channel = rss.replace("<channel>", f"<channel><{name}>{MARK}</{name}>")
        yield Place(".rss", f"channel {name}", lambda text, c=channel: encoded(c.replace(MARK, html.escape(text))))  # type: ignore[misc]
    for name in ("title", "published", "updated", "author", "content", "summary", "id", "source"):
        own = f"<{name}><name>{MARK}</name></{name}>" if name == "author" else f"<{name}>{MARK}</{name}>"
        atom = ATOM.replace("<entry>", f"<entry>{own}")
        yield Place(".atom", f"entry {name}", lambda text, a=atom: encoded(a.replace(MARK, html.escape(text))))  # type: ignore[misc]
        yield Place(".atom", f"entry {name}, raw", lambda text, a=atom: encoded(a.replace(MARK, text)))  # type: ignore[misc]
    templates = {
        "raw": MARK, "before": f"{MARK}{RSS}", "root": RSS.replace("<channel>", f"<channel>{MARK}"), "end": f"{RSS}{MARK}",
        "declaration": RSS.replace('version="1.0"', f'version="1.0" {MARK}'), "doctype": RSS.replace("?>", f"?><!DOCTYPE {MARK}>", 1),
        "comment": RSS.replace("?>", f"?><!--{MARK}-->", 1), "attribute": RSS.replace("<item>", f'<item a="{MARK}">'), "tag": RSS.replace("<item>", f"<item {MARK}>"),
        "doctype in brackets": RSS.replace("?>", f"?><!DOCTYPE a [{MARK}]>", 1), "doctype open": RSS.replace("?>", f"?><!DOCTYPE a [{MARK}", 1),
    }  # fmt: skip
    for name, template in templates.items():
        yield Place(".xml", name, lambda text, own=template: encoded(own.replace(MARK, text)))  # type: ignore[misc]


def archive_places() -> Iterator[Place]:
    related = 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Type: text/html\n\n'
    templates = {
        "raw": MARK, "header": f"X: {MARK}\n{related}{PAGE}", "name of a header": f"{MARK}: x\n{related}{PAGE}", "headers": f"{MARK}\n{related}{PAGE}",
        "subject": f"Subject: {MARK}\n{related}{PAGE}", "date": f"Date: {MARK}\n{related}{PAGE}",
        "location": f"Snapshot-Content-Location: http://a.example/{MARK}\n{related}{PAGE}",
        "type": f"MIME-Version: 1.0\nContent-Type: text/html; {MARK}\n\n{PAGE}",
        "charset": f"MIME-Version: 1.0\nContent-Type: text/html; charset={MARK}\n\n{PAGE}",
        "boundary": f'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="{MARK}"\n\n--{MARK}\nContent-Type: text/html\n\n{PAGE}',
        "transfer encoding": f"MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: {MARK}\n\n{PAGE}",
        "disposition": related.replace("text/html\n", f"text/html\nContent-Disposition: inline; filename={MARK}\n") + PAGE,
        "id": related.replace("text/html\n", f"text/html\nContent-ID: <{MARK}>\n") + PAGE,
        "quoted-printable": f"MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n{PAGE.replace('=', '=3D')}{MARK}",
        "base64": f"MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n{MARK}",
        "uuencoded": f"MIME-Version: 1.0\nContent-Type: text/html\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n{MARK}",
        "preamble": related.replace("\n\n--b", f"\n\n{MARK}\n--b") + PAGE, "part": f"{related}{PAGE}\n--b\n{MARK}\n--b--", "body": f"{related}{PAGE}{MARK}",
    }  # fmt: skip
    for name, template in templates.items():
        yield Place(".mhtml", name, lambda text, own=template: encoded(own.replace(MARK, text)))  # type: ignore[misc]
    archive = samples.warc(False, PAGE).decode("latin-1")
    for name, old, new in (
        ("raw", archive, MARK), ("after the first line", archive, f"WARC/1.0\r\n{MARK}"), ("header", "WARC-Type: response", f"X: {MARK}\r\nWARC-Type: response"),
        ("name of a header", "WARC-Type: response", f"{MARK}: x\r\nWARC-Type: response"), ("headers", "WARC-Type: response", f"{MARK}WARC-Type: response"),
        ("URI", "WARC-Target-URI: ", f"WARC-Target-URI: {MARK}"), ("length", "Content-Length: ", f"Content-Length: {MARK}"), ("type", "WARC-Type: ", f"WARC-Type: {MARK}"),
        ("between", "\r\n\r\nWARC/1.0", f"\r\n\r\n{MARK}WARC/1.0"),
    ):  # fmt: skip
        yield Place(
            ".warc",
            name,
            lambda text, o=old, n=new: archive.replace(o, n.replace(MARK, encoded(text).decode("latin-1"))).encode(
                "latin-1"
            ),
        )  # type: ignore[misc]
    for name in ("Content-Type", "Content-Encoding", "Transfer-Encoding", "X"):
        yield Place(".warc", f"HTTP {name}", lambda text, n=name: samples.warc(False, PAGE, [(n, _one_line(text))]))  # type: ignore[misc]
    yield Place(
        ".warc", "chunked body", lambda text: samples.warc(False, encoded(text), [("Transfer-Encoding", "chunked")])
    )
    yield Place(".warc", "body", lambda text: samples.warc(False, encoded(f"{PAGE}{text}")))


def _one_line(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1").replace("\r", " ").replace("\n", " ")


def pdf_places() -> Iterator[Place]:
    made = samples.pdf()
    title, last = TITLE.encode(), b"3 February 2016"
    for name, old in (("title", title), ("date", last), ("text", SENTENCE[:-1].encode())):
        yield Place(".pdf", name, lambda text, o=old: made.replace(o, _pdf_string(text)))  # type: ignore[misc]
    yield Place(".pdf", "text, raw", lambda text: made.replace(last, encoded(text)))
    yield Place(".pdf", "operators", lambda text: made.replace(b"BT ", encoded(f"{text} BT "), 1))
    yield Place(
        ".pdf",
        "many strings",
        lambda text: made.replace(b"BT ", b"BT /F1 9 Tf 40 700 Td " + b"(a) Tj " * (len(text) // 7), 1),
    )
    yield Place(
        ".pdf", "many lines", lambda text: made.replace(b"ET", b"(a b c) Tj 0 -1 Td " * (len(text) // 19) + b"ET", 1)
    )
    yield Place(".pdf", "dictionary", lambda text: made.replace(b"<<", b"<< /A " + encoded(text), 1))
    yield Place(".pdf", "before", lambda text: made[:9] + encoded(text) + made[9:])
    yield Place(".pdf", "end", lambda text: made + encoded(text))
    yield Place(".pdf", "trailer", lambda text: made.replace(b"trailer", encoded(text) + b"trailer"))


def _pdf_string(text: str) -> bytes:
    return text.encode("latin-1", "replace").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def places() -> list[Place]:
    """Return every place: the first one of each format, the second one of each, and so on."""
    made = (text_places, record_places, feed_places, archive_places, pdf_places, html_places)
    numbers = Counter[str]()
    ranked = []
    for place in (place for each in made for place in each()):
        numbers[place.ending] += 1
        ranked.append((numbers[place.ending], place))
    return [place for _, place in sorted(ranked, key=lambda pair: pair[0])]
