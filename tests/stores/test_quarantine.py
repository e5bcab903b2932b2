"""What cannot be read is recorded in the index with its place and reason, until the file is read again."""

import json

import pytest
from support import BRIDGE, HARBOUR, ORCHARD

import rag


def skipped_in(library):
    return [(s.source.rsplit("/", 1)[-1], s.place, s.reason.split(" (")[0]) for s in library.skipped()]


@pytest.fixture
def faulty(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps(HARBOUR) + "\n{broken\n" + json.dumps({"title": "no text"}) + "\n")
    (tmp_path / "b.jsonl").write_text("")
    (tmp_path / "c.xyz").write_text("What is this?")
    return tmp_path


def test_the_index_lists_what_was_skipped(faulty, words):
    library = rag.build([faulty], index=faulty / ".i", encoder=words)
    assert skipped_in(library) == [
        ("a.jsonl", "line 2", "not JSON"),
        ("a.jsonl", "line 3", "no text"),
        ("b.jsonl", None, "no article found in it"),
        ("c.xyz", None, "files of this kind cannot be read"),
    ]
    assert library.report.skipped == 4
    assert library.report.reasons["no text"] == 1
    assert skipped_in(rag.open(faulty / ".i", encoder=words)) == skipped_in(library)


def test_a_repaired_file_is_no_longer_listed_and_the_others_are(faulty, words):
    rag.build([faulty], index=faulty / ".i", encoder=words)
    (faulty / "a.jsonl").write_text(json.dumps(HARBOUR) + "\n" + json.dumps(BRIDGE) + "\n")
    library = rag.open(faulty / ".i", encoder=words)
    assert library.add([faulty / "a.jsonl"]).new == 1
    assert [place for place, *_ in skipped_in(library)] == ["b.jsonl", "c.xyz"]
    library = rag.build([faulty / "a.jsonl"], index=faulty / ".i", encoder=words)
    assert skipped_in(library) == []


def test_two_articles_with_one_id_are_reported(faulty, news, words):
    library = rag.build([news(ORCHARD, ORCHARD | {"text": "Another text."})], index=faulty / ".i", encoder=words)
    assert skipped_in(library) == [("news.jsonl", None, "another article already has the id 'orchard'")]


def test_reasons_are_counted_without_details(tmp_path, words):
    lines = [json.dumps({"text": "A text of its own.", "kind": kind}) for kind in ("tweet", "blog", "full text")]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    report = rag.build([tmp_path / "a.jsonl"], index=tmp_path / "i", encoder=words).report
    assert report.skipped == 2
    assert report.reasons == {"its kind is …": 2}
    assert "skipped                  2\n                         2  its kind is …\n" in report.table()
