"""Indexes that earlier versions made: their ids and links go on working, and building them again loses nothing."""

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support import ORCHARD
from support.old_indexes import older, with_former_ids
from support.plain_pages import get, texts

import rag
from rag.answer.citation import quote_hash
from rag.answer.export import key
from rag.article import derived_ids
from rag.web import citation_routes
from rag.web.urls import article_url, citation_url

PAGE = {
    "title": "Minister fined", "outlet": "The Republic Daily", "url": "https://republic.example/fined?utm_source=x",
    "text": "The former minister has been fined 5,000 crowns for contempt, the speaker said. She will appeal.",
}  # fmt: skip
LATER = PAGE | {"text": PAGE["text"].replace("5,000", "500"), "url": "https://www.republic.example/fined"}
LETTER = {
    "title": "A letter",
    "text": "Sir, the ferry has not sailed since the ice came, and nobody says when it will.",
}


@pytest.fixture
def old(tmp_path, news, words):
    """Returns the ids of an index of format 4, of a page in two versions, a letter and an article with an id."""
    path = news(PAGE | {"id": "one"}, LATER | {"id": "two"}, LETTER, ORCHARD, name="old.jsonl")
    rag.build([path], index=tmp_path / "i", encoder=words).close()
    with_former_ids(tmp_path / "i", given=("one", "two"))
    older(tmp_path / "i", 4)
    words.read = 0
    with rag.open(tmp_path / "i", encoder=words) as library:
        found = {article.text: article.id for article in library.articles()}
    return [found[record["text"]] for record in (PAGE, LATER, LETTER, ORCHARD)]


def build(tmp_path, words, *paths):
    return rag.build(paths, index=tmp_path / "i", encoder=words)


def test_opening_an_old_index_changes_no_id_and_makes_nothing_one(old, tmp_path, words):
    assert [bool(re.fullmatch("[0-9a-f]{20}", i)) for i in old] == [True, True, True, False]
    with rag.open(tmp_path / "i", encoder=words) as library:
        assert [a.id for a in library.articles()] == old
        assert library.search("minister fined crowns", k=9)
    assert rag.examine(tmp_path / "i").ok


def test_building_it_again_keeps_its_ids_and_encodes_nothing(old, tmp_path, news, words):
    library = build(tmp_path, words, news(LATER, LETTER, ORCHARD))
    assert (library.report.new, library.report.updated, words.read) == (0, 0, 0)
    again = build(tmp_path, words, news(LATER, LETTER, ORCHARD))
    assert (again.report.unchanged, again.report.retired) == (3, 0)
    assert {a.id for a in again.articles()} == {old[0], old[2], old[3]}
    assert rag.examine(tmp_path / "i").ok


@pytest.mark.parametrize("way", ["build", "add"])
def test_two_articles_at_one_address_become_one_when_they_are_read(old, tmp_path, news, words, way):
    library = rag.open(tmp_path / "i", encoder=words)
    citation = library.ask("minister fined 500 crowns", k=1, min_confidence=0, outlets="The Republic Daily").passages[0]
    if way == "build":
        library = build(tmp_path, words, news(PAGE, LATER, LETTER, ORCHARD))
    else:
        library.add([news(PAGE, LATER)])
    assert words.read == 0
    assert (library.report.retired, library.report.skipped) == (1, 0)
    assert [a.id for a in library.articles() if a.url] == [old[0]]
    assert [(v.article.text, v.current) for v in library.versions(old[0])] == [
        (LATER["text"], True), (PAGE["text"], False),
    ]  # fmt: skip
    assert library.resolve(citation).article.text == library.article(citation.article_id).text
    assert library.versions(old[1])[0].successors == (old[0],)
    library = build(tmp_path, words, news(PAGE, LATER, LETTER, ORCHARD))
    assert (library.report.unchanged, library.report.earlier, words.read) == (3, 1, 0)


@pytest.mark.parametrize("records", [[PAGE], [LATER]])
def test_reading_one_of_them_is_enough(old, tmp_path, news, words, records):
    library = rag.open(tmp_path / "i", encoder=words)
    library.add([news(*records, name="old.jsonl")])
    assert [a.id for a in library.articles() if a.url] == [old[0]]
    assert {v.article.text for v in library.versions(old[0])} == {PAGE["text"], LATER["text"]}


def test_an_old_link_to_a_passage_leads_to_the_words_and_says_that_it_proves_nothing(old, tmp_path, words):
    words_quoted = LETTER["text"][5:29]
    library = rag.open(tmp_path / "i", encoder=words)
    page = get(library, article_url(old[2], at="5-29", quote="5-29", of=quote_hash(words_quoted, 12)))
    assert texts(page, "mark") == [words_quoted]
    assert "an earlier version of According, whose links do not prove" in texts(page, ".note")[0]
    page = get(library, article_url(old[2], at="5-29", quote="5-29", of=quote_hash(words_quoted)))
    assert (texts(page, "mark"), texts(page, ".note")) == ([words_quoted], [])
    page = get(library, article_url(old[2], at="7-31", quote="7-31", of=quote_hash(words_quoted, 12)))
    assert texts(page, "mark") == [words_quoted]
    version = get(library, article_url(old[2], version=quote_hash(LETTER["text"], 12)))
    assert " ".join(texts(version, ".text p")) == LETTER["text"]
    assert "an earlier version of According, whose links do not prove" in texts(version, ".note")[0]
    assert texts(get(library, article_url(old[2], version=quote_hash(LETTER["text"]))), ".note") == []


def test_an_old_link_to_the_file_of_a_citation_says_that_it_proves_nothing(old, tmp_path, words):
    library = rag.open(tmp_path / "i", encoder=words)
    citation = library.ask("ferry has not sailed", k=1, min_confidence=0).passages[0]
    url, own = citation_url(citation, "markdown"), key(citation)
    with TestClient(Starlette(routes=citation_routes.routes(library))) as client:
        assert client.get(url).status_code == 200
        for former in (own[:-20], own[:-19], own[:-1]):
            response = client.get(url.replace(own, former))
            assert (response.status_code, "whose links do not prove" in response.text) == (410, True)
        assert client.get(url.replace(own, f"{own[:-1]}x")).status_code == 404


def test_a_new_index_has_no_id_that_an_earlier_version_would_have_made(tmp_path, news, words):
    library = build(tmp_path, words, news(PAGE, LETTER))
    for article in library.articles():
        assert article.id == derived_ids(article)[0]
        assert len(article.id) == 32
