"""A text that is no file is taken for what its beginning says, and read as a file of that kind is."""

import time

import pytest

from rag.errors import InputError
from rag.provenance.catalogue import load_catalogue
from rag.readers import limits, pasted, read, resolve_inputs
from rag.readers.pasted import Pasted
from rag.readers.skipped import Skipped

TEXT = "Dock workers ended their strike on Tuesday, and the union said that wages would rise by four percent."


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (TEXT, pasted.TEXT),
        ("The <b>bold</b> text begins with a word", pasted.TEXT),
        ("{ this is no JSON }", pasted.TEXT),
        ("From here on it rained.", pasted.TEXT),
        ("--- and then\n", pasted.TEXT),
        ('\ufeff  {"text": "a"}', pasted.JSON),
        ('[{"text": "a"}]\n', pasted.JSON),
        ('{"text": "a"}\n{"text": "b"}\n', pasted.JSON_LINES),
        ("<!DOCTYPE html><html>", pasted.HTML),
        ("\n<!-- saved -->\n<HTML lang='en'>", pasted.HTML),
        ('<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x">', pasted.HTML),
        ("<article><h1>A</h1>", pasted.HTML),
        ('<?xml version="1.0"?>\n<rss version="2.0">', pasted.FEED),
        ('<feed xmlns="http://www.w3.org/2005/Atom">', pasted.FEED),
        ("%PDF-1.7\n", pasted.PDF),
        ("---\ntitle: A\noutlet: B\n---\nText", pasted.MARKDOWN),
        ("From: a@example.org\nTo: b@example.org\n\nText", pasted.MAIL),
    ],
)
def test_the_beginning_tells_the_kind(data, kind):
    assert Pasted(data.encode()).kind == kind
    assert kind in pasted.ENDINGS


@pytest.mark.parametrize(
    "data",
    [b"<!---->" * 500 + b"x", b'<?xml version="1.0"?>' + b"<!-- a -->" * 400 + b"x", b"---\n" + b"-a:b\n" * 800 + b"x"],
    ids=["comments", "comments of XML", "fields"],
)
def test_a_beginning_that_fits_in_many_ways_is_recognised_at_once(data):
    start = time.process_time()
    assert Pasted(data).kind == pasted.TEXT
    assert time.process_time() - start < 1


def items(data):
    return list(read(resolve_inputs([Pasted(data)]), load_catalogue()))


@pytest.mark.parametrize(
    "data",
    [
        f"Harbour strike ends\n\n{TEXT}",
        f'{{"title": "Harbour strike ends", "text": "{TEXT}"}}',
        f"---\ntitle: Harbour strike ends\n---\n{TEXT}",
        f"<html><head><title>Harbour strike ends</title></head><body><h1>Harbour strike ends</h1><p>{TEXT}</p></body>",
    ],
    ids=["text", "JSON", "Markdown", "HTML"],
)
def test_it_is_read_and_called_what_it_is(data):
    (article,) = items(data.encode())
    assert (article.title, article.text, article.source) == ("Harbour strike ends", TEXT, "standard input")


def test_nothing_and_too_much_are_skipped_with_a_reason(monkeypatch):
    assert items(b" \n") == [Skipped("standard input", "there is nothing in it; pipe a text, a page or JSON to it")]
    monkeypatch.setattr(limits, "MAX_BYTES", 8)
    with pytest.raises(InputError, match="too large"), Pasted(b"123456789").as_file():
        pass
