"""What an article is called stays in its line of a list, whatever it is called."""

import pytest
from support import BRIDGE, HARBOUR

import rag
from rag import cli

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
