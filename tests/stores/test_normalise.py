"""A word is found however it is written; what is stored stays as it is printed."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from support import BRIDGE, HARBOUR, ROOT

import rag
from rag.stores import snapshot
from rag.stores.normalise import VERSION, normalise

sys.path.insert(0, str(ROOT / "benchmarks"))
import words as pairs

LEFT_OUT = pairs.QUESTIONS.with_name("words_left_out.jsonl")  # without those that a library has to answer
PAIRS = [json.loads(line) for path in (pairs.QUESTIONS, LEFT_OUT) for line in path.read_text("utf-8").splitlines()]
PAIRS = [row for row in PAIRS if row["kind"] not in ("phrase", "typo")]
# Ambiguous, and a spelling without umlauts: read as printed.
UNSOLVED = {"who pays us farmers?", "Did Müller resign?"}


@pytest.fixture(autouse=True, scope="module")
def in_memory(tmp_path_factory):
    """Make what `pairs` indexes where the tests have their temporary folders: on a disk most of the time is waiting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("pairs")))
        yield


@pytest.mark.parametrize("row", PAIRS, ids=lambda row: f"{row['kind']}: {row['question']}: {row['found']}")
def test_a_question_finds_the_other_way_of_writing_and_nothing_else(row):
    assert pairs.is_right(row) is (row["question"] not in UNSOLVED)


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("U.S. troops told us that IT failed.", "US0 troops told us that IT0 failed."),
        ("WHO TOLD US?", "WHO TOLD US?"),
        ("9/11, 2018/19 and 3.10.2018", "9/11, 2018/19 and 3.10.2018"),
        ("two hundred and six men", "206 men"),
        ("one man in three", "one man in three"),
        ("$1.25bn", " 1250000000 dollars"),
        ("a 5m wall", "a 5m wall"),
        ("a flat, 2B", "a flat, 2B"),
        ("A-10, G-7 and COVID19", "A10, G7 and COVID 19"),
        ("at 10 a.m., i.e. late", "at 10 am, ie late"),
        ("J. K. Rowling and Ph.D. students", "JK Rowling and PhD students"),
        ("the third and the twenty-first, the 3rd and 21st", "the third and the 21st, the third and 21st"),
        ("twelfth, twentieth, Tenth, ninetieth", "12th, 20th, 10th, 90th"),
        ("half a dozen, two dozen, half a million", "six, 24, 500000"),
        ("two and a half billion", "2500000000"),
        ("US$40 and 40 €", "40 dollars and 40 euros"),
        ("a vote of 7–5", "a vote of 7-5"),
        ("2½ of 3/4 on 1/2/2018", "2p5 of three quarters on 1/2/2018"),
        ("AT&T co-operates by e-mail", "ATandT cooperates by email"),
        ("the Mujahedin-e-Khalq, and E-Trade", "the Mujahedin-e-Khalq, and E-Trade"),
        ("twenty million million million million million million million", None),
    ],
)
def test_numbers_and_acronyms_are_read_where_they_are_sure(printed, read):
    assert normalise(printed) == read if read else normalise(printed)


def test_the_text_of_an_article_stays_as_it_is_printed(tmp_path, news, words):
    text = "The U.S. gave 310 000 crowns, كتاب‌ها and 4.2 per cent."
    path = news(HARBOUR | {"id": "us", "text": text})
    with rag.build([path], index=tmp_path / "index", encoder=words) as library:
        assert library.article("us").text == text
        assert [hit.text for hit in library.search("US 310,000", k=1)] == [text]


def test_words_that_an_earlier_version_indexed_are_indexed_again(tmp_path, news, words):
    index = tmp_path / "index"
    rag.build([news(HARBOUR, BRIDGE)], index=index, encoder=words).close()
    (cache,) = index.glob("cache.*")
    stamp = json.loads((cache / snapshot.STAMP).read_text())
    assert stamp.pop("words") == VERSION
    (cache / snapshot.STAMP).write_text(json.dumps(stamp))
    shutil.copytree(index, tmp_path / "copy")
    with rag.open(index, encoder=words) as library:
        assert library.search("harbour", k=1)
    assert json.loads((Path(cache) / snapshot.STAMP).read_text())["words"] == VERSION
    from rag.doctor import examine

    assert all(check.ok for check in examine(tmp_path / "copy").checks)
