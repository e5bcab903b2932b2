"""An article that changes keeps its history: what was quoted from it still resolves, and says that it is of an earlier
version; what is removed leaves nothing behind."""

import datetime as dt
import re
from dataclasses import replace

import pytest
from support import BRIDGE, HARBOUR, ORCHARD
from support.database import database

import rag
from rag.errors import CitationError, LibraryError
from rag.stores.sqlite import DATABASE

AGAIN = BRIDGE | {"text": "Engineers opened the old bridge again. Its pillars were mended."}


@pytest.fixture
def library(tmp_path, news, words):
    return rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words)


def cited(library, question="Engineers closed the old bridge after finding cracks"):
    return library.ask(question, k=1, min_confidence=0).passages[0]


def test_a_citation_of_a_current_article_is_current(library):
    resolved = library.resolve(cited(library))
    assert (resolved.article, resolved.current, resolved.retired) == (library.article("bridge"), True, None)
    assert (resolved.successors, resolved.note) == ((), "")


def test_a_citation_of_a_replaced_text_resolves_and_says_so(library, news):
    citation = cited(library)
    before = library.article("bridge")
    library.add([news(AGAIN)])
    assert library.article("bridge").text == AGAIN["text"]
    resolved = library.resolve(citation)
    assert (resolved.article, resolved.current, resolved.successors) == (before, False, ("bridge",))
    assert resolved.article.text[citation.start : citation.end] == citation.text
    today = dt.datetime.now(dt.UTC)
    assert today - resolved.retired < dt.timedelta(minutes=1)
    assert resolved.note == (f"an earlier version of this article, replaced on {today.day} {today:%B %Y}; now: bridge")
    with pytest.raises(CitationError, match="the words quoted from article bridge are not those stored"):
        library.verify(citation)


def test_a_citation_whose_words_are_still_there_is_current_although_the_text_has_grown(library, news):
    citation = cited(library)
    library.add([news(BRIDGE | {"text": f"{BRIDGE['text']}\n\nIt opens again in May."})])
    assert library.resolve(citation).current
    library.verify(citation)


def test_a_citation_of_an_article_missing_from_the_files_resolves(library, news, tmp_path, words):
    citation = cited(library)
    library = rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=words)
    resolved = library.resolve(citation)
    assert (resolved.article.text, resolved.current, resolved.successors) == (BRIDGE["text"], False, ())
    assert re.fullmatch(r"no longer in the index; retired on \d+ \w+ \d{4}", resolved.note)


def test_a_later_text_at_the_same_url_replaces_an_article_without_an_id(tmp_path, news, words):
    page = {"url": "https://example.org/mill", "text": "The mill at the ford was sold on Friday."}
    library = rag.build([news(page, ORCHARD)], index=tmp_path / "i", encoder=words)
    citation = cited(library, "mill at the ford")
    library = rag.build([news(page | {"text": "The mill was not sold."}, ORCHARD)], index=tmp_path / "i", encoder=words)
    now = library.ask("mill sold", k=1, min_confidence=0).passages[0]
    assert library.resolve(citation).successors == (now.article_id,)
    assert now.article_id == citation.article_id


def test_every_version_is_listed_the_current_one_first(library, news):
    third = AGAIN | {"text": "The old bridge is for sale."}
    for record in (AGAIN, third):
        library.add([news(record)])
    versions = library.versions("bridge")
    assert [(v.article.text, v.current) for v in versions] == [
        (third["text"], True), (AGAIN["text"], False), (BRIDGE["text"], False),
    ]  # fmt: skip
    with pytest.raises(LibraryError, match="no article 'tunnel'"):
        library.versions("tunnel")


def test_a_text_that_comes_back_is_not_an_earlier_version(library, news):
    for record in (AGAIN, BRIDGE):
        library.add([news(record)])
    assert [(v.article.text, v.current) for v in library.versions("bridge")] == [
        (BRIDGE["text"], True), (AGAIN["text"], False),
    ]  # fmt: skip


def test_a_corrected_outlet_makes_no_version(library, news):
    library.add([news(BRIDGE | {"outlet": "Reuters"})])
    assert [v.article.outlet for v in library.versions("bridge")] == ["Reuters"]


def test_earlier_versions_are_not_found(library, news):
    library.add([news(AGAIN)])
    found = library.search(BRIDGE["text"], k=50)
    assert sorted(h.article_id for h in found) == ["bridge", "harbour", "orchard"]
    assert [h.text for h in found if h.article_id == "bridge"] == [AGAIN["text"]]
    answer = library.ask(BRIDGE["text"], min_confidence=0)
    assert all(BRIDGE["text"] not in c.text and not c.copies for c in answer.passages)
    assert library.outlets() == {"Press TV": 1, "Reuters": 1, "The Guardian": 1}
    assert [a.text for a in library.articles() if a.id == "bridge"] == [AGAIN["text"]]


def test_words_that_were_never_there_do_not_resolve(library):
    with pytest.raises(CitationError, match="no stored version of article bridge contains the quoted words"):
        library.resolve(replace(cited(library), text="Engineers closed the new bridge."))


def test_no_citation_of_a_removed_article_resolves(library, news, tmp_path):
    citation = cited(library)
    library.add([news(AGAIN)])
    assert library.remove("bridge") == 1
    with pytest.raises(LibraryError, match="no article 'bridge'"):
        library.article("bridge")
    with pytest.raises(CitationError, match="no stored version"):
        library.resolve(citation)


# Encoding again


def test_an_article_that_comes_back_is_not_encoded_again(library, news, tmp_path, words):
    path = tmp_path / "index"
    rag.build([news(HARBOUR)], index=path, encoder=words)
    words.read = 0
    library = rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=path, encoder=words)
    assert (library.report.new, library.report.passages, words.read) == (2, 0, 0)
    assert library.search(BRIDGE["text"], k=1)[0].article_id == "bridge"


PARAGRAPHS = [
    " ".join(f"The {what} of the {place} was {done} on day {i} of the long summer." for i in range(8))
    for what, place, done in (("gate", "mill", "mended"), ("roof", "inn", "sold"), ("well", "farm", "dug"))
]


def test_only_the_changed_passages_of_an_article_are_encoded(tmp_path, news, words):
    record = {"id": "three", "text": "\n\n".join(PARAGRAPHS)}
    library = rag.build([news(record)], index=tmp_path / "i", encoder=words)
    before = library.report.passages
    changed = "\n\n".join([*PARAGRAPHS[:2], PARAGRAPHS[2].replace("dug", "found dry")])
    words.read = 0
    library.add([news(record | {"text": changed})])
    assert library.report.updated == 1
    assert 0 < words.read == library.report.passages < before
    assert "found dry" in library.search("well found dry", k=1)[0].text


def test_one_text_under_two_ids_is_encoded_once(tmp_path, news, words):
    library = rag.build([news(BRIDGE)], index=tmp_path / "i", encoder=words)
    once = words.read
    library.add([news(BRIDGE | {"id": "copy"}, BRIDGE | {"id": "third"}, name="more.jsonl")])
    assert words.read == once
    assert sorted(h.article_id for h in library.search(BRIDGE["text"], k=9)) == ["bridge", "copy", "third"]


def test_after_compacting_what_comes_back_is_encoded_again(library, news, tmp_path, words):
    path = tmp_path / "index"
    rag.build([news(HARBOUR)], index=path, encoder=words).compact()
    words.read = 0
    library = rag.build([news(HARBOUR, BRIDGE)], index=path, encoder=words)
    assert words.read == library.report.passages == 1
    assert library.search(BRIDGE["text"], k=1)[0].article_id == "bridge"


# No trace


def traces(folder, *words):
    """Return the files of an index folder that hold one of the words, in their bytes."""
    files = [p for p in folder.rglob("*") if p.is_file()]
    return sorted({p.name for p in files for w in words if w.encode() in p.read_bytes()})


def test_after_compacting_no_file_holds_what_was_removed(tmp_path, news, words):
    folder = tmp_path / "i"
    secret = {
        "id": "secret", "title": "Titlezyx", "outlet": "Outletzyx", "url": "https://urlzyx.example/",
        "authors": ["Author Zyx"],
        "text": "The password of the lighthouse is Passwordzyx. The Zyxian Harbour Association (ZHA) met. ZHA voted.",
    }  # fmt: skip
    marks = ("Titlezyx", "Outletzyx", "urlzyx", "Author Zyx", "Passwordzyx", "Zyxian", "passwordzyx", "zyxian")
    library = rag.build([news(HARBOUR, BRIDGE, secret)], index=folder, encoder=words)
    library.add([news(secret | {"text": secret["text"] + " It changes daily."})])
    assert DATABASE in traces(folder, *marks) or f"{DATABASE}-wal" in traces(folder, *marks)
    assert library.ask("ZHA", min_confidence=0).aliases
    library.remove(["secret"])
    assert library.ask("ZHA", min_confidence=0).aliases == ()
    assert "Outletzyx" not in library.outlets()
    before, after = library.compact()
    assert traces(folder, *marks) == []
    assert after < before
    assert library.search("password lighthouse", k=9) != []
    assert rag.examine(folder).ok
    with database(folder) as db:
        assert db.execute("SELECT count(*) FROM gone").fetchone() == (0,)


def test_compacting_does_not_wait_for_readers_and_says_that_one_is_in_the_way(library, tmp_path):
    library.remove(["bridge"])
    with database(tmp_path / "index") as reader:
        reader.execute("PRAGMA busy_timeout = 0")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM article").fetchone()
        library._store._db.execute("PRAGMA busy_timeout = 100")
        with pytest.raises(LibraryError, match="a process that reads it keeps the old pages: run this again"):
            library.compact()
    library.compact()
    assert traces(tmp_path / "index", "cracks in two pillars") == []
