"""`build` makes the index hold what the paths hold; `add` only adds and updates; nothing is encoded twice."""

import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag
from rag.errors import InputError, LibraryError


def counts(report):
    return report.new, report.updated, report.unchanged, report.retired


def test_the_second_build_of_the_same_encodes_nothing(tmp_path, news, words):
    path = news(HARBOUR, BRIDGE, ORCHARD)
    first = rag.build([path], index=tmp_path / "i", encoder=words)
    assert counts(first.report) == (3, 0, 0, 0)
    assert words.read == first.report.passages > 0
    words.read = 0
    assert counts(rag.build([path], index=tmp_path / "i", encoder=words).report) == (0, 0, 3, 0)
    assert words.read == 0


def test_what_changed_is_updated_and_what_is_gone_is_retired(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "i", encoder=words)
    changed = HARBOUR | {"text": "Dock workers went back to work on Friday after all."}
    library = rag.build([news(changed, ORCHARD)], index=tmp_path / "i", encoder=words)
    assert counts(library.report) == (1, 1, 0, 1)
    assert sorted(a.id for a in library.articles()) == ["harbour", "orchard"]
    assert library.article("harbour").text == changed["text"]
    assert {h.article_id for h in library.search("bridge cracks pillars", k=9)} == {"harbour", "orchard"}


def test_a_retired_article_can_still_be_looked_up(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "i", encoder=words)
    library = rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=words)
    assert library.article("bridge").text == BRIDGE["text"]


def test_an_article_that_comes_back_is_found_again(tmp_path, news, words):
    for records in ((HARBOUR, BRIDGE), (HARBOUR,), (HARBOUR, BRIDGE)):
        library = rag.build([news(*records)], index=tmp_path / "i", encoder=words)
    assert counts(library.report) == (1, 0, 1, 0)
    assert library.search("bridge cracks pillars", k=1)[0].article_id == "bridge"


def test_adding_retires_nothing(tmp_path, news, words):
    library = rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=words)
    assert counts(library.add([news(BRIDGE, name="more.jsonl")])) == (1, 0, 0, 0)
    assert [a.id for a in library.articles()] == ["harbour", "bridge"]


def test_a_file_that_cannot_be_read_today_takes_nothing_away(tmp_path, news, words):
    path = news(HARBOUR, BRIDGE)
    rag.build([path], index=tmp_path / "i", encoder=words)
    path.write_text(path.read_text().splitlines()[0] + '\n{"id": "bridge", "tex')
    library = rag.build([path], index=tmp_path / "i", encoder=words)
    assert counts(library.report) == (0, 0, 1, 0)
    assert [(s.place, s.reason.split(" (")[0]) for s in library.skipped()] == [("line 2", "not JSON")]
    assert [a.id for a in library.articles()] == ["harbour", "bridge"]


def test_the_same_article_in_two_files_is_one(tmp_path, news, words):
    library = rag.build([news(HARBOUR), news(HARBOUR, name="again.jsonl")], index=tmp_path / "i", encoder=words)
    assert counts(library.report) == (1, 0, 0, 0)
    assert library.report.repeated == 1
    assert str(library.report) == "2 articles read: 1 new, 0 updated, 0 unchanged, 1 more than once"


def test_removing_deletes_the_text_and_all_that_was_made_from_it(tmp_path, news, words):
    library = rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "i", encoder=words)
    assert library.remove(["bridge"]) == 1
    assert [h.article_id for h in library.search("bridge cracks pillars", k=9)] == ["harbour"]
    assert library.outlets() == {"The Guardian": 1}
    with pytest.raises(LibraryError, match="no article 'bridge'"):
        library.article("bridge")
    with pytest.raises(LibraryError, match="no article 'bridge'"):
        library.remove(["harbour", "bridge"])
    assert library.article("harbour").id == "harbour"


def test_a_path_that_does_not_exist_is_an_error_and_leaves_nothing_behind(tmp_path, words):
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        rag.build([tmp_path / "nowhere"], index=tmp_path / "i", encoder=words)
    assert not (tmp_path / "i").exists()


def test_ids_are_stable_and_follow_the_content(tmp_path, news, words):
    records = [{k: v for k, v in HARBOUR.items() if k != "id"}, {"text": HARBOUR["text"]}]
    first = [a.id for a in rag.read_articles([news(*records)])]
    assert first == [a.id for a in rag.read_articles([news(*records, name="elsewhere.jsonl")])]
    assert len(set(first)) == 2
    assert all(len(i) == 32 for i in first)


def test_a_single_path_need_not_be_in_a_list(tmp_path, news, words):
    assert rag.build(str(news(HARBOUR)), index=tmp_path / "i", encoder=words).report.new == 1
    assert next(iter(rag.read_articles(news(HARBOUR)))).id == "harbour"


def test_an_empty_library_opens_and_answers_nothing(tmp_path, words):
    (tmp_path / "empty").mkdir()
    library = rag.build([tmp_path / "empty"], index=tmp_path / "i", encoder=words)
    assert (list(library.articles()), library.outlets(), library.search("anything")) == ([], {}, [])
    assert library.ask("anything").found is False


def test_two_articles_with_one_id_of_one_outlet_in_one_file_are_reported(tmp_path, news, words):
    path = news(HARBOUR, BRIDGE | {"id": "harbour", "outlet": HARBOUR["outlet"]})
    library = rag.build([path], index=tmp_path / "i", encoder=words)
    assert [str(s) for s in library.skipped()] == [f"{path}: another article already has the id 'harbour'"]
    assert library.article("harbour").title == "Harbour strike ends"


def test_better_provenance_of_the_same_text_encodes_nothing(tmp_path, news, words):
    rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "i", encoder=words)
    words.read = 0
    known_better = HARBOUR | {"outlet": "Reuters", "date": "2013-05-13"}
    library = rag.build([news(known_better, BRIDGE)], index=tmp_path / "i", encoder=words)
    assert (counts(library.report), words.read) == ((0, 1, 1, 0), 0)
    (found,) = library.ask("Dock workers ended their strike", k=1, outlets="Reuters").passages
    assert (found.article_id, found.outlet, found.date.isoformat()) == ("harbour", "Reuters", "2013-05-13")
    assert library.outlets() == {"Press TV": 1, "Reuters": 1}


OWN = """
[[outlet]]
name = "The Valley Herald"
spellings = ["Valley Herald"]
domains = ["valley-herald.example"]
kind = "newspaper"
"""


def test_a_catalogue_of_ones_own_is_kept_in_the_index(tmp_path, news, words):
    (tmp_path / "own.toml").write_text(OWN)
    text = "The mill at the ford was sold on Friday. Its buyer wants to grind there again."
    path = news({"text": text, "url": "https://valley-herald.example/mill"})
    library = rag.build([path], index=tmp_path / "i", encoder=words, catalogue=tmp_path / "own.toml")
    assert library.outlets() == {"The Valley Herald": 1}
    assert library.counts().outlet_kinds == {"newspaper": 1}
    again = rag.build([path], index=tmp_path / "i", encoder=words)
    assert counts(again.report) == (0, 0, 1, 0)
    assert len(rag.open(tmp_path / "i", encoder=words).search("mill", outlets="valley herald")) == 1


def test_a_catalogue_that_cannot_be_read_leaves_nothing_behind(tmp_path, news, words):
    (tmp_path / "own.toml").write_text("[[outlet]]\nnam = 1\n")
    with pytest.raises(InputError, match=r"own\.toml"):
        rag.build([news(HARBOUR)], index=tmp_path / "i", encoder=words, catalogue=tmp_path / "own.toml")
    assert not (tmp_path / "i").exists()


def test_the_report_says_what_is_undated_and_how_long_each_stage_took(tmp_path, news, words):
    report = rag.build(
        [news(HARBOUR, ORCHARD, BRIDGE | {"date": "2999-01-01"})], index=tmp_path / "i", encoder=words
    ).report
    assert (report.undated, report.refused) == (2, 1)
    assert "undated                  2  (1 with a date that was refused)" in report.table()
    assert list(report.seconds) == [
        "reading", "splitting", "encoding", "storing", "finding duplicates", "finding aliases", "indexing",
    ]  # fmt: skip
    assert report.to_dict()["seconds"].keys() == report.seconds.keys()
