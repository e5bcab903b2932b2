"""Outlets that share a row of a comparison: where each printed the text, and what it changed."""

from dataclasses import replace

import pytest

import rag
from rag.comparison.side_by_side import shared
from rag.comparison.side_by_side.shared import Sharer, sharers
from rag.comparison.side_by_side.wording import differs, shares
from rag.errors import LibraryError

STORY = (
    "The ferry sank off the northern coast with {} people on board. Divers looked for the wreck until the evening, and "
    "the harbour master said that nobody had heard the alarm. The owner of the ferry, who lives in the capital, was "
    "not to be reached by telephone on {}."
)
RECORDS = [
    {"id": "first", "outlet": "Kayhan", "date": "2018-01-01", "text": STORY.format("eleven", "Monday")},
    {"id": "late", "outlet": "Press TV", "date": "2020-01-01", "text": STORY.format("eleven", "Monday")},
    {"id": "altered", "outlet": "The Guardian", "date": "2021-01-01", "text": STORY.format("twelve", "Tuesday")},
    {"id": "own", "outlet": "BBC News", "text": "No ferry sank off any coast, the mayor says."},
]


@pytest.fixture
def library(tmp_path, news, words):
    with rag.build([news(*RECORDS)], index=tmp_path / "index", encoder=words) as made:
        yield made


@pytest.fixture
def row(library):
    return library.compare("Why did the ferry sink off the northern coast?").rows[0]


def test_each_outlet_has_its_article_and_what_it_changed(library, row):
    by_name = {sharer.outlet: sharer for sharer in sharers(row, library.article)}
    assert row.group == "Kayhan"
    assert {*by_name} == {"Press TV", "The Guardian"} == {*row.shared_with}
    same, other = by_name["Press TV"], by_name["The Guardian"]
    assert (same.article.id, same.prints_quotation, same.changes) == ("late", True, ())
    assert (other.article.id, other.prints_quotation) == ("altered", False)
    assert [str(change) for change in other.changes] == [
        "The ferry sank off the northern coast with [eleven → twelve] people on board.",
        "The owner of the ferry, who lives in the capital, was not to be reached by telephone on [Monday. → Tuesday.]",
    ]
    assert str(shares(same, row)) == "Word for word as in Kayhan"
    assert str(shares(other, row)) == "Nearly as in Kayhan"
    assert list(map(differs, other.changes)) == ["Another number", "Other words, elsewhere in the passage"]


def test_an_article_that_is_gone_leaves_the_name(row):
    def none(article_id):
        raise LibraryError(article_id)

    assert sharers(row, none) == [Sharer(name) for name in row.shared_with]


def test_of_a_text_with_hundreds_of_copies_so_many_are_read(library, row, monkeypatch):
    monkeypatch.setattr(shared, "MAX_READ", 5)
    read = []

    def article(article_id):
        read.append(article_id)
        return library.article("own")

    ids = tuple(f"copy {n}" for n in range(300))
    sharers(replace(row, citation=replace(row.citation, copies=ids)), article)
    assert read == [*ids[:5]]
