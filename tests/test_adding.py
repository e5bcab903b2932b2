"""`according add` reads standard input too, and says what it understood of that and of the web."""

import io
import json
import sys

import pytest
from support import BRIDGE, HARBOUR

import rag
from rag import cli

PAGE = """<!doctype html><html><head><title>Ferry opens across the Orne | The Example</title>
<meta property="og:site_name" content="The Example"><meta name="author" content="Anna Vogel">
<meta property="article:published_time" content="2024-05-01T09:00:00+00:00"></head><body><article>
<h1>Ferry opens across the Orne</h1><p>The new ferry across the Orne opened on Wednesday, the harbour office said. It
carries ninety cars and runs every half hour from six in the morning until ten at night.</p></article></body></html>"""
UNDERSTOOD = """read from standard input
  title    Ferry opens across the Orne  [heading: h1]
  outlet   The Example  [host page: The Example]
  date     2024-05-01  [published]
  authors  Anna Vogel  [metadata: author]
  words    31  [«The new ferry across the Orne opened on …» to «… hour from six in the morning until ten at night.»]

"""


@pytest.fixture
def index(tmp_path, news, words, monkeypatch):
    rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=words).close()
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: words)
    return str(tmp_path / "index")


@pytest.fixture
def pipe(monkeypatch):
    def give(text):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def test_a_page_on_standard_input_is_added_and_what_was_understood_is_printed(index, pipe, capsys):
    pipe(PAGE)
    assert cli.main(["add", "-", "--index", index]) == 0
    printed = capsys.readouterr()
    assert printed.err == "according: standard input was taken for an HTML page\n"
    assert printed.out.startswith(UNDERSTOOD + index)
    assert [a.title for a in rag.open(index).articles() if a.source == "standard input"] == [
        "Ferry opens across the Orne"
    ]


def test_what_was_understood_is_in_the_json(index, pipe, capsys):
    pipe(json.dumps(BRIDGE))
    assert cli.main(["add", "-", "--index", index, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    (found,) = values["understood"]
    assert values["new"] == 1
    assert found["title"] == {"found": "Bridge closed", "evidence": "as given"}
    assert found["words"]["found"] == len(BRIDGE["text"].split())


def test_what_a_page_says_cannot_move_the_cursor(index, pipe, capsys):
    pipe(json.dumps(BRIDGE | {"title": "Bridge\x1b[2J\nclosed"}))
    assert cli.main(["add", "-", "--index", index]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_nothing_on_standard_input_is_an_error(index, pipe, capsys):
    pipe(" \n")
    assert cli.main(["add", "-", "--index", index]) == 1
    assert capsys.readouterr().err == (
        "according: there is nothing on standard input; pipe a text, a page or JSON to: according add -\n"
    )


def test_of_files_named_with_it_nothing_is_shown(index, pipe, news, capsys):
    pipe(json.dumps(BRIDGE))
    files = [{"id": f"{n}", "title": f"File {n}", "text": f"The orchard had {n} trees."} for n in range(9)]
    assert cli.main(["add", str(news(*files, name="more.jsonl")), "-", "--index", index, "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["new"] == 10
    assert [found["title"]["found"] for found in values["understood"]] == ["Bridge closed"]


def test_files_are_added_as_before_without_more_words(index, news, capsys):
    assert cli.main(["add", str(news(BRIDGE)), "--index", index]) == 0
    assert capsys.readouterr().out.startswith(f"{index}\nread ")
