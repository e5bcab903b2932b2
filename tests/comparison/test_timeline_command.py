"""`according timeline` and the endpoint: the same timeline in every form."""

import json

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder

import rag
from rag.cli import main
from rag.errors import QuestionError
from rag.web.endpoints import endpoints

STRIKE = {
    "id": "strike", "outlet": "Kayhan", "date": "2013-05-15", "title": "The strike \x1b[2J", "kind": "digest",
    "text": "Dock workers went back to work on Tuesday and their strike ended; the port \x1b[31m says so.",
}  # fmt: skip
UNDATED = {"id": "undated", "text": "Dock workers said that their strike was a success for the union."}
ASKED = "When did dock workers end their strike?"


@pytest.fixture
def index(tmp_path, news, monkeypatch):
    folder = tmp_path / "index"
    rag.build([news(HARBOUR, BRIDGE, ORCHARD, STRIKE, UNDATED)], index=folder, encoder=WordEncoder()).close()
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: WordEncoder())
    return str(folder)


def test_a_timeline_is_lines_with_each_date_where_it_comes_from_and_who_says_so(index, capsys):
    assert main(["timeline", "--index", index, ASKED]) == 0
    printed = capsys.readouterr().out
    assert (
        "14 May 2013 (stated: “Tuesday”, counted from the date of the article)\n"
        "   According to a digest of Kayhan, 15 May 2013 (published)\n"
        "   «Dock workers went back to work on Tuesday and their strike ended; the port \ufffd[31m says so.»\n"
        "   [The strike \ufffd[2J; strike]\n"
    ) in printed
    assert "\n\nWithout a date:\n\n(neither the sentences nor the article state one)\n   According to " in printed
    assert "\x1b" not in printed
    assert max(map(len, printed.split("\n(", 1)[0].splitlines())) <= 100


def test_its_json_is_the_dictionary_and_the_endpoints(index, capsys):
    assert main(["timeline", "--index", index, "--json", "-k", "3", "--not-outlet", "Reuters", ASKED]) == 0
    printed = json.loads(capsys.readouterr().out)
    with rag.open(index, encoder=WordEncoder()) as library:
        offered = endpoints(library)["timeline"]
        assert json.loads(json.dumps(offered(ASKED, k=3, exclude_outlets=["Reuters"]))) == {"version": 1, **printed}
        assert {entry["citation"]["outlet"] for entry in printed["entries"]} >= {"Kayhan"}
        for wrong in ({"k": 0}, {"order": "newest"}, {"after": "soon"}, {"outlets": ["Nobody"]}):
            with pytest.raises(QuestionError):
                offered(ASKED, **wrong)


def test_what_is_refused_says_why(index, capsys):
    assert main(["timeline", "--index", index, "--after", "2030-01-01", ASKED]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("No article passes the filters: “only 2030-01-01 or later” leaves out all 5 articles.\n")
    assert main(["timeline", "--index", index, "--outlet", "Nobody", ASKED]) == 1
    assert "Nobody" in capsys.readouterr().err
