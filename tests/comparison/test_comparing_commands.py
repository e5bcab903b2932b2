"""`according compare` and `sides`, and the endpoint: the same comparison in every form."""

import io
import json

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder

import rag
from rag.cli import main
from rag.comparison.side_by_side.sides import sides_in_text
from rag.errors import QuestionError
from rag.web.endpoints import endpoints

STRIKE = {
    "id": "strike", "outlet": "Kayhan", "date": "2013-05-15", "title": "The strike \x1b[2J", "kind": "digest",
    "text": "Dock workers went back to work on Tuesday; the union failed, the port says. Wages stay what they were.",
}  # fmt: skip
ASKED = "Did dock workers end their strike on Tuesday?"


@pytest.fixture
def index(tmp_path, news, monkeypatch):
    folder = tmp_path / "index"
    rag.build([news(HARBOUR, BRIDGE, ORCHARD, STRIKE)], index=folder, encoder=WordEncoder()).close()
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: WordEncoder())
    monkeypatch.setenv("COLUMNS", "80")
    return str(folder)


def test_a_comparison_is_a_table_that_fits_the_terminal(index, capsys):
    assert main(["compare", "--index", index, ASKED]) == 0
    printed = capsys.readouterr().out
    assert "The Guardian                «Dock workers ended their strike on Tuesday.»\n" in printed
    assert "Kayhan                      «Dock workers went back to work on Tuesday; the" in printed
    assert "\ndigest  " in printed
    assert " via example.org, 14 May 2013 (published)\n" in printed
    assert "(2 outlets with a passage near enough)" in printed
    assert "(No passage near enough from 2 outlets; by number of articles: " in printed
    assert "\x1b" not in printed
    assert max(map(len, printed.split("(", 1)[0].splitlines())) <= 80


def test_further_passages_of_an_outlet_are_below_its_best_one(tmp_path, news, monkeypatch, capsys):
    again = STRIKE | {"id": "again", "date": "2014-05-15", "kind": "full text",
                      "text": "Dock workers ended their strike on Tuesday night, the union says."}  # fmt: skip
    rag.build([news(HARBOUR, STRIKE, again)], index=tmp_path / "i", encoder=WordEncoder()).close()
    monkeypatch.setattr("rag.models.lazy_encoder.SentenceEncoder", lambda *_: WordEncoder())
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("rag.comparison.side_by_side.compare.FURTHER_MARGIN", 2.0)
    assert main(["compare", "--index", str(tmp_path / "i"), ASKED]) == 0
    best, further = capsys.readouterr().out.split("\nKayhan  ")[1:]
    assert "«Dock workers ended their strike on Tuesday night," in best
    assert "«Dock workers went back to work on Tuesday; the\n" in further
    assert further.splitlines()[1].startswith("another article  ")
    assert further.splitlines()[2].startswith("digest  ")


def test_a_narrow_terminal_gets_one_column(index, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["compare", "--index", index, ASKED]) == 0
    printed = capsys.readouterr().out
    assert "The Guardian\n" in printed
    assert max(map(len, printed.split("(2 outlets", 1)[0].splitlines())) <= 40


def test_json_and_the_endpoint_say_what_the_library_says(index, capsys):
    assert main(["compare", "--index", index, "--json", "--by", "kind", ASKED]) == 0
    printed = json.loads(capsys.readouterr().out)
    with rag.open(index) as library:
        assert printed == json.loads(json.dumps(library.compare(ASKED, by="kind", asked_on="now").to_dict()))
        compare = endpoints(library)["compare"]
        assert json.loads(json.dumps(compare(ASKED, by="kind"))) == {"version": 1, **printed}
        named = compare(ASKED, sides=["left: The Guardian", "right: Kayhan"])
        assert [row["group"] for row in named["rows"]] == ["left", "right"]
        for wrong in (
            {"by": "mood"},
            {"sides": ["Kayhan"]},
            {"sides": ["a", "b"]},
            {"sides": {"a": "Kayhan"}},
            {"k": 0},
        ):
            with pytest.raises(QuestionError):
                compare(ASKED, **wrong)


def test_sides_are_listed_saved_used_and_deleted(index, capsys):
    def said(*arguments):
        status = main([arguments[0], "--index", index, *arguments[1:]])
        printed = capsys.readouterr()
        return status, printed.out or printed.err

    assert said("sides") == (0, "no side is saved\n")
    assert said("sides", "left", "Guardian") == (0, "left: Guardian\n")
    assert said("sides", "left", "Nobody")[0] == 1
    assert said("sides", "left") == (1, "according: name what is on side 'left', or delete it with --delete\n")
    status, printed = said("compare", "--side", "left", "--side", "right: Kayhan, Press TV", "--json", ASKED)
    assert (status, json.loads(printed)["sides"]) == (0, {"left": ["The Guardian"], "right": ["Kayhan", "Press TV"]})
    assert said("compare", "--side", "left", ASKED) == (
        1, "according: name 2 to 12 sides, each with the outlets on it\n",
    )  # fmt: skip
    assert said("sides", "--delete") == (1, "according: name the side to delete, as `according sides` lists them\n")
    assert said("sides", "left", "--delete") == (0, "no side is saved\n")


def test_an_answer_to_a_comparison_says_how_to_see_it_side_by_side(index, capsys):
    question = "What do Kayhan and the Guardian say about the strike of dock workers?"
    assert main(["ask", "--index", index, question]) == 0
    assert capsys.readouterr().out.endswith(f'(To see them side by side: according compare "{question}")\n')
    assert main(["ask", "--index", index, "What does the Guardian say about the strike of dock workers?"]) == 0
    assert "side by side" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "sides"),
    [
        ([], None),
        (["state: Press TV, IRNA", "exile:NCRI"], {"state": ["Press TV", "IRNA"], "exile": ["NCRI"]}),
        (["Press TV, IRNA", "NCRI"], {"Press TV, IRNA": ["Press TV", "IRNA"], "NCRI": ["NCRI"]}),
        (["kept", "x:"], {"kept": ("A", "B"), "x": []}),
        (['be: "Le Soir, Bruxelles", IRNA', '"A, B"'], {"be": ["Le Soir, Bruxelles", "IRNA"], '"A, B"': ["A, B"]}),
        (["kept: both", " kept  "], {"kept: both": ("C",), "kept": ("A", "B")}),
        (["a:\rB\n,C", ""], {"a": ["B", "C"], "": []}),
        (["x" * 200_000], {"x" * 200_000: ["x" * 200_000]}),
    ],
)
def test_sides_in_text(given, sides):
    assert sides_in_text(given, {"kept": ("A", "B"), "kept: both": ("C",)}) == sides


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_locale_that_lacks_letters_gets_their_escapes(index, monkeypatch, more):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", out)
    question = "Did “dock” workers end their strike 🚢 on Tuesday? «Yes»"
    assert main(["compare", "--index", index, "--min-confidence", "0", *more, "--ignore", "all", question]) == 0
    out.flush()
    printed = out.buffer.getvalue().decode("ascii")
    if more:
        assert json.loads(printed)["question"] == question
    else:
        assert "\\u00abDock workers" in printed


@pytest.mark.parametrize("command", [["compare"], ["timeline"], ["dossier", "--to", "x.md"]])
def test_what_has_an_order_of_its_own_takes_no_other(index, capsys, command):
    with pytest.raises(SystemExit):
        main([*command, "--index", index, "--order", "newest", ASKED])
    assert "--order" in capsys.readouterr().err


@pytest.mark.parametrize("by", ["outlet", "year"])
def test_what_is_refused_says_why_and_who_is_silent(index, capsys, by):
    assert main(["compare", "--index", index, "--by", by, "--after", "2030-01-01", ASKED]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("No article passes the filters: “only 2030-01-01 or later” leaves out all 4 articles.\n")


def test_markdown_has_a_table_and_the_sources(index):
    with rag.open(index) as library:
        lines = library.compare(ASKED).to_markdown().splitlines()
        assert "| Outlet | Says | Source | Articles |" in lines
        assert sum(line.startswith("| ") for line in lines) == 4
        assert any(line.startswith("According to **The Guardian**, via example.org, 14 May 2013") for line in lines)
        assert any(line.startswith("According to a digest of **Kayhan**, 15 May 2013") for line in lines)
