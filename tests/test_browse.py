"""What an index holds can be looked at without asking, and is the same whether or not it was asked before."""

import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.browse import browse
from rag.errors import LibraryError


def test_articles_and_outlets_agree_while_another_library_adds(tmp_path, news, words):
    index = tmp_path / "index"
    rag.build([news(HARBOUR)], index=index, encoder=words).close()
    with rag.open(index, encoder=words) as asked, rag.open(index, encoder=words) as other:
        asked.search("strike")  # which loads a view
        other.add([news(BRIDGE, ORCHARD)])
        assert [article.id for article in asked.articles()] == ["harbour", "bridge", "orchard"]
        assert asked.outlets() == {"Press TV": 1, "Reuters": 1, "The Guardian": 1}


def test_an_index_is_browsed_without_its_encoder(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "index", encoder=words).close()
    with browse(tmp_path / "index") as index:
        assert index.encoder == "words"
        assert index.article("bridge").outlet == "Press TV"
        assert "harbour" in index
        assert "orchard" not in index
    with pytest.raises(LibraryError, match="was made with the encoder 'words', not 'other'"):
        browse(tmp_path / "index", "other")
