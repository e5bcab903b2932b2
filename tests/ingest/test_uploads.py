"""What a reader uploads is added, and replaces nothing, whatever ids, addresses and outlets it states."""

import json

import pytest

import rag
from rag.answer.precedence import first_version
from rag.article import Article
from rag.provenance.catalogue import load_catalogue
from rag.provenance.uploads import as_uploaded, is_uploaded

FERRY = {"id": "ferry", "title": "Ferry delayed", "outlet": "Reuters", "date": "2016-02-03",
         "text": "The ferry to Outer Selwyn was delayed by ice, its captain said. Nobody was hurt."}  # fmt: skip
MILL = {"title": "Mill burns", "outlet": "The Guardian", "date": "2016-03-03", "url": "https://press.example/mill",
        "text": "The old mill of Tarn burned down on Friday after a lightning strike, the watch said."}  # fmt: skip
LIE = "The captain sank the ferry to Outer Selwyn himself on Monday, and the police know it. Nobody was hurt."


@pytest.fixture
def library(index, news, words):
    return rag.build([news(FERRY, MILL)], index=index, encoder=words)


@pytest.fixture
def upload(library, news):
    def run(*records, name="mine.jsonl"):
        path = news(*records, name=name)
        return library.add([path], sources={str(path): name})

    return run


def state(library):
    return {a.id: (a.text, a.outlet, a.title, a.url, a.date) for a in library.articles() if not is_uploaded(a.id)}


@pytest.mark.parametrize(
    "record",
    [
        FERRY | {"text": LIE, "date": "2025-01-01"},
        FERRY | {"date": "2025-01-01"},
        FERRY | {"title": "Captain guilty"},
        FERRY | {"outlet": "Reuters", "text": FERRY["text"] + " The captain was drunk."},
        MILL | {"text": LIE},
        MILL | {"text": MILL["text"].replace("lightning strike", "quarrel"), "date": "2025-01-01"},
        {"url": MILL["url"], "text": MILL["text"], "title": MILL["title"], "outlet": "Evil Post"},
    ],
    ids=["id", "date", "title", "longer", "address", "near copy", "outlet"],
)
def test_an_upload_that_states_what_is_indexed_becomes_another_article(library, upload, record):
    before = state(library)
    report = upload(record, name="news.jsonl")  # the name of the file that the index was built from, too
    assert (report.new, report.updated, report.retired) == (1, 0, 0)
    assert state(library) == before
    assert all(len(library.versions(article_id)) == 1 for article_id in before)
    (added,) = [a for a in library.articles() if is_uploaded(a.id)]
    assert added.text == record["text"]
    assert added.outlet_basis == "metadata: outlet in a file that a reader uploaded"


def test_the_same_upload_again_changes_nothing_and_a_changed_one_is_another_article(library, upload):
    upload(FERRY | {"text": LIE})
    again = upload(FERRY | {"text": LIE}, name="other.jsonl")
    assert (again.new, again.updated, again.unchanged) == (0, 0, 1)
    changed = upload(FERRY | {"text": LIE + " So it was."})
    assert (changed.new, changed.updated) == (1, 0)
    assert sum(is_uploaded(a.id) for a in library.articles()) == 2


def test_an_upload_does_not_take_the_place_of_an_article_that_is_indexed_later(library, upload, news):
    tram = {"id": "tram", "title": "Tram opens", "outlet": "Reuters", "date": "2018-05-03",
            "url": "https://press.example/tram", "text": "The tram of Selwyn opens in spring, he said."}  # fmt: skip
    unnamed = {name: value for name, value in tram.items() if name != "id"}
    upload(tram | {"date": "2030-01-01"}, unnamed | {"text": tram["text"] + " He lied."}, unnamed)
    report = library.add([news(tram, name="tram.jsonl")])
    assert (report.new, report.updated, report.retired) == (1, 0, 0)
    assert library.article("tram").date.isoformat() == "2018-05-03"
    assert len(library.versions("tram")) == 1


def test_an_upload_mines_no_aliases(library, upload, news):
    text = (
        "The Outer Selwyn Ferry Company (OSFC) runs the ferry. Nobody but the Outer Selwyn Ferry Company (OSFC) does."
    )
    upload({"text": text, "outlet": "Evil Post"})
    assert library.ask("What does the OSFC run?", min_confidence=0).aliases == ()
    library.add([news({"text": text, "outlet": "Reuters"}, name="company.jsonl")])
    assert [a.words for a in library.ask("What does the OSFC run?", min_confidence=0).aliases] == ["OSFC"]


def test_of_near_copies_an_upload_is_never_shown_first(words):
    own = Article("ferry", FERRY["text"], outlet="The Delta Herald", date=None)
    claim = as_uploaded(Article("x", LIE, outlet="Reuters", outlet_basis="metadata: outlet"), "x.jsonl")
    assert first_version([claim, own], load_catalogue()) == (own, "order unknown")


def test_a_parquet_file_cannot_be_uploaded_as_it_brings_ids_of_its_own(library, tmp_path, words):
    path = tmp_path / "part.parquet"
    path.write_bytes(b"PAR1")
    report = library.add([path], sources={str(path): "part.parquet"})
    assert (report.new, [str(s.source) for s in library.skipped()]) == (0, ["part.parquet"])


@pytest.mark.parametrize("question", ["According to Evil Post, who sank the ferry?", "What did Evil Post say?"])
def test_an_outlet_of_uploads_alone_is_offered_and_not_applied(library, upload, question):
    upload({"text": LIE, "outlet": "Evil Post"})
    answer = library.ask(question, min_confidence=0)
    assert [(c.outlet, c.applied) for c in answer.constraints] == [("Evil Post", False)]
    ticked = library.ask(question, min_confidence=0, outlets=["Evil Post"])
    assert [(c.outlet, c.applied) for c in ticked.constraints] == [("Evil Post", True)]
    assert {c.outlet for c in ticked.passages} == {"Evil Post"}
    assert json.loads(json.dumps(answer.to_dict()["constraints"]))[0]["why"]
