"""A small valid file of every format, written for the tests: one article each, whose text contains SENTENCE."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

import docx as docx_library
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SENTENCE = "The ferry to Outer Selwyn will not sail before the ice has gone."
MORE = (
    "Its captain told the harbour board on Monday that the hull had been scraped twice this winter, and that nobody "
    "would thank him for a third time. The board agreed, and asked the island to lay in flour for another month."
)
LAST = (
    "Islanders who have to cross can take the mail plane on Wednesdays, which has four seats. A place costs as much as "
    "the ferry for a whole family, the shopkeeper said, and the pilot takes no dogs."
)
TITLE = "Ferry stays in harbour until the ice has gone"
FIELDS = {
    "title": TITLE,
    "outlet": "The Delta Herald",
    "date": "2016-02-03",
    "url": "https://delta-herald.example/ferry",
}
RECORD = FIELDS | {"text": f"{SENTENCE} {MORE}\n\n{LAST}"}
PAGE = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{TITLE} - The Delta Herald</title>
<meta property="og:site_name" content="The Delta Herald"><link rel="canonical" href="{FIELDS["url"]}">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{TITLE}", "datePublished": "2016-02-03",
"publisher": {{"@type": "Organization", "name": "The Delta Herald"}}}}</script></head><body><nav><a href="/">Home</a>
<a href="/sport">Sport</a></nav><article><h1>{TITLE}</h1><p>{SENTENCE} {MORE}</p><p>{LAST}</p></article>
<footer>© 2024 The Delta Herald</footer></body></html>"""
RSS = f"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>The Delta Herald</title>
<link>https://delta-herald.example/</link><item><title>{TITLE}</title><link>{FIELDS["url"]}</link>
<pubDate>Wed, 03 Feb 2016 09:00:00 +0100</pubDate><description>{SENTENCE} {MORE}</description></item></channel></rss>"""
ATOM = f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">
<title>The Delta Herald</title><entry><title>{TITLE}</title><link href="{FIELDS["url"]}"/>
<published>2016-02-03T09:00:00+01:00</published>
<content type="html">&lt;p&gt;{SENTENCE} {MORE}&lt;/p&gt;</content></entry></feed>"""


def pdf() -> bytes:
    """Return a PDF of one page with a line for each sentence."""
    writer = PdfWriter()
    page = writer.add_blank_page(595, 842)
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
         NameObject("/BaseFont"): NameObject("/Helvetica")}
    )  # fmt: skip
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    lines = [f"{s}." for s in f"{SENTENCE} {MORE} {LAST}".rstrip(".").split(". ")]
    stream = DecodedStreamObject()
    shown = "".join(f"({line}) Tj 0 -11 Td " for line in lines)
    head = f"/F1 18 Tf 40 780 Td ({TITLE}) Tj 0 -30 Td /F1 9 Tf (3 February 2016) Tj 0 -30 Td"
    stream.set_data(f"BT {head} {shown} ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(stream)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def mhtml() -> bytes:
    """Return the page as a browser saves it in one file."""
    message = EmailMessage()
    message["Snapshot-Content-Location"] = FIELDS["url"]
    message.set_content(PAGE, subtype="html")
    message.add_related(b"\x89PNG", "image", "png")
    return message.as_bytes()


def warc(
    compressed: bool, page: str | bytes = PAGE, headers: Sequence[tuple[str, str]] = (), url: str = FIELDS["url"]
) -> bytes:
    """Return the page as a crawler archives it, after an image."""
    body = page.encode("utf-8", "surrogatepass") if isinstance(page, str) else page
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=compressed)
    for address, kind, data, more in (
        ("https://delta-herald.example/ice.png", "image/png", b"\x89PNG", ()),
        (url, "text/html; charset=utf-8", body, headers),
    ):
        response = StatusAndHeaders("200 OK", [("Content-Type", kind), *more], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(address, "response", payload=io.BytesIO(data), http_headers=response)
        )
    return file.getvalue()


def csv(delimiter: str) -> bytes:
    """Return a header and a row; the text has a line break in quotation marks."""
    rows = (RECORD, [f'"{value}"' for value in RECORD.values()])
    return "\r\n".join(delimiter.join(row) for row in rows).encode()


def docx() -> bytes:
    """Return a Word document with a paragraph for each line."""
    document = docx_library.Document()
    document.add_heading(TITLE, 0)
    for line in ("3 February 2016", f"{SENTENCE} {MORE}", LAST):
        document.add_paragraph(line)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def eml() -> bytes:
    """Return a newsletter, in plain text and as HTML."""
    message = EmailMessage()
    message["From"] = "The Delta Herald <news@delta-herald.example>"
    message["Subject"], message["Date"] = TITLE, "Wed, 03 Feb 2016 09:00:00 +0100"
    message["Archived-At"], message["List-Id"] = f"<{FIELDS['url']}>", "<news.delta-herald.example>"
    message.set_content(f"{SENTENCE} {MORE}\n\n{LAST}\n", cte="8bit")
    message.add_alternative(f"<p>{SENTENCE} {MORE}</p><p>{LAST}</p>", subtype="html")
    return message.as_bytes()


def mbox() -> bytes:
    """Return a mailbox with the newsletter in it."""
    return b"From news@delta-herald.example Wed Feb  3 09:00:00 2016\n" + eml() + b"\n"


def epub(pages: Mapping[str, str] | None = None, metadata: str | None = None) -> bytes:
    """Return a book of pages; by default of one, whose outlet and date the book alone states."""
    pages = {"ferry.xhtml": PAGE} if pages is None else pages
    if metadata is None:
        metadata = (
            "<dc:title>Issue 7</dc:title><dc:publisher>The Delta Herald</dc:publisher><dc:date>2016-02-03</dc:date>"
        )
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(pages)
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(pages)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata><manifest>{items}</manifest>'
        f"<spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    files = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/book.opf": package}
    return zipped(files | {f"OEBPS/{name}": page for name, page in pages.items()})


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """Return a ZIP file of members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


def tarred(members: Mapping[str, str | bytes]) -> bytes:
    """Return a tar file of members."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
    return file.getvalue()


def samples() -> dict[str, bytes]:
    """Return the bytes of a file for each file extension that can be read."""
    line, packed = json.dumps(RECORD).encode() + b"\n", tarred({"a/ferry.html": PAGE})
    matter = "".join(f"{name}: {json.dumps(value)}\n" for name, value in FIELDS.items())
    plain = f"{TITLE}\n\n3 February 2016\n\n{SENTENCE} {MORE}\n\n{LAST}\n".encode()
    return {
        ".txt": plain, ".text": plain, ".html": PAGE.encode(), ".htm": PAGE.encode(), ".xhtml": PAGE.encode(),
        ".mhtml": mhtml(), ".mht": mhtml(), ".jsonl": line, ".jsonl.gz": gzip.compress(line), ".ndjson": line,
        ".json": b"[" + line + b"]", ".csv": csv(","), ".csv.gz": gzip.compress(csv(";")), ".tsv": csv("\t"),
        ".tsv.gz": gzip.compress(csv("\t")), ".md": f"---\n{matter}---\n\n{RECORD['text']}\n".encode(), ".pdf": pdf(),
        ".rss": RSS.encode(), ".atom": ATOM.encode(), ".xml": RSS.encode(), ".warc": warc(False),
        ".warc.gz": warc(True), ".docx": docx(), ".eml": eml(), ".mbox": mbox(), ".epub": epub(),
        ".zip": zipped({"a/ferry.html": PAGE}), **dict.fromkeys((".tar",), packed),
        **dict.fromkeys((".tar.gz", ".tgz"), gzip.compress(packed)),
        **dict.fromkeys((".tar.bz2", ".tbz2"), bz2.compress(packed)),
        **dict.fromkeys((".tar.xz", ".txz"), lzma.compress(packed)),
    }  # fmt: skip
