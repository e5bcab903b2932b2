"""What an article is called stays in its line of a list, whatever it is called."""

import pytest
from support import BRIDGE, HARBOUR

import rag
from rag import cli
from rag.answer.wording import Phrase
from rag.cli.chronicling import timeline_text
from rag.cli.comparing import comparison_text
from rag.cli.covering import coverage_text
from rag.cli.output import answer_text
from rag.text import MAX_NAME_CHARACTERS, short_name

FORGED = "x\nbridge  2024-01-01  Reuters: The bridge has fallen"


@pytest.fixture
def index(tmp_path, news, words):
    named = HARBOUR | {"id": FORGED, "outlet": "The\nGuardian", "title": "One\n\nmore  2024-01-01"}
    rag.build([news(named, BRIDGE)], index=tmp_path / "index", encoder=words).close()
    return tmp_path / "index"


def lines(capsys, *arguments):
    cli.main([str(argument) for argument in arguments])
    return capsys.readouterr().out.splitlines()


def test_every_article_is_listed_in_one_line(index, capsys):
    found = lines(capsys, "articles", "--index", index)
    assert len(found) == 2
    assert found[0].startswith("x bridge  2024-01-01  Reuters: The bridge has fallen  2013-05-14  The")


def test_every_article_is_explained_below_one_line(index, capsys):
    found = lines(capsys, "articles", "--explain", "--index", index)
    assert sum(not line.startswith("    ") for line in found) == 2


@pytest.fixture
def long(tmp_path, news, words):
    """A library of which one article has names of 3,000 characters."""
    names = {name: f"{name} " + "x" * 3000 for name in ("outlet", "title", "author")}
    other = BRIDGE | {"id": "other", "outlet": "y" * 3000, "date": "2014-02-03"}
    record = HARBOUR | names | {"url": f"https://news.example/{'z' * 3000}"}
    with rag.build([news(record, BRIDGE, other)], index=tmp_path / "index", encoder=words) as library:
        yield library


def test_names_of_thousands_of_characters_do_not_push_the_rest_out_of_sight(long, tmp_path, capsys):
    for question in ("How much more will dock workers earn?", "Who closed the old bridge?"):
        named = {"question": question, "min_confidence": 0}
        for shown in (
            answer_text(long.ask(**named)), comparison_text(long.compare(**named)),
            timeline_text(long.timeline(**named)), coverage_text(long.coverage(article_id=HARBOUR["id"])),
        ):  # fmt: skip
            assert "characters)" in shown
            assert shown.count("x") < 1500, "an outlet, a title and an author, in two places at most"
            assert max(len(paragraph) for paragraph in shown.split("\n\n")) < 4000
    for command in ("articles", "outlets"):
        found = lines(capsys, command, "--index", tmp_path / "index")
        assert len(found) == 3
        assert max(map(len, found)) < 600
        assert "more characters)" in "".join(found)
    explained = lines(capsys, "articles", "--explain", "--index", tmp_path / "index")
    assert sum("more characters)" in line for line in explained) >= 5
    assert max(map(len, explained)) < 1100


def test_a_name_is_cut_only_where_it_is_longer_than_names_are():
    assert short_name("x" * MAX_NAME_CHARACTERS) == "x" * MAX_NAME_CHARACTERS
    assert short_name("x" * 3200) == "x" * 200 + " … (3,000 more characters)"
    url = f"https://news.example/{'z' * 3000}"
    assert short_name(url[:1000]) == url[:1000], "an address that is cut leads nowhere"
    assert short_name(url).startswith(f"{url[:1000]} … (2,")
    assert str(Phrase("by {}, {:,}", "x" * 201, 5)) == "by " + "x" * 200 + " … (1 more characters), 5"
