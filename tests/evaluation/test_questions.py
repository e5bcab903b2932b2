"""Files of questions are read, and every mistake in them is an error that names the line."""

import datetime as dt
import json

import pytest
from support import SHARED

from rag.errors import InputError
from rag.evaluation import ExpectedAnswer, Question, read_questions


def test_a_line_may_have_every_field(tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text(
        json.dumps(
            {
                "id": 7,
                "question": " Which? ",
                "kind": "date",
                "answers": [{"article": "a", "evidence": "On Tuesday.", "short": "Tuesday"}],
                "relevant": ["a", 2],
                "filters": {"outlet": "Reuters", "after": "2009-01-01", "before": None},
                "previous": "Who?",
                "asked_on": "1963/05/14",
                "note": "easy",
                "colour": "blue",
            }
        )
        + "\n\n"
        + json.dumps({"question": "Who?", "previous": None, "answers": [], "filters": None}),
        "utf-8",
    )
    assert read_questions(file) == [
        Question(
            "Which?", "7", "date", (ExpectedAnswer("On Tuesday.", "a", "Tuesday"),), {"a": 1, "2": 1},
            {"outlets": ("Reuters",), "after": dt.date(2009, 1, 1)}, "Who?", dt.date(1963, 5, 14), "easy",
        ),
        Question("Who?", "line 3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('"Who?"', "not an object"),
        ('{"id": "a"}', "no `question`"),
        ('{"question": " "}', "no `question`"),
        ('{"question": 7}', "`question` is 7"),
        ('{"question": "' + "a" * 2001 + '"}', "2,001 characters"),
        ('{"question": "Who?", "id": ["a"]}', "`id` has"),
        ('{"question": "Who?", "id": "first"}', "'first' is already used on line 1"),
        ('{"question": "Who?", "kind": 1}', "`kind` is 1"),
        ('{"question": "Who?", "answers": {}}', "`answers` is {}; give a list"),
        ('{"question": "Who?", "answers": ["me"]}', "an answer is 'me'"),
        ('{"question": "Who?", "answers": [{"short": "me"}]}', "neither `evidence` nor `article`"),
        ('{"question": "Who?", "answers": [{"evidence": "..."}]}', "contains no word"),
        ('{"question": "Who?", "relevant": "a"}', "`relevant` is 'a'; give a list"),
        ('{"question": "Who?", "relevant": [true]}', "`relevant` has True"),
        ('{"question": "Who?", "filters": {"publisher": "Reuters"}}', "`filters` has 'publisher'"),
        ('{"question": "Who?", "filters": ["Reuters"]}', "`filters` is not an object"),
        ('{"question": "Who?", "filters": {"outlet": 1}}', "the filter `outlet` is 1"),
        ('{"question": "Who?", "filters": {"after": "May 2009"}}', "`after` is 'May 2009'"),
        ('{"question": "Who?", "asked_on": "yesterday"}', "`asked_on` is 'yesterday'; give a date as YYYY-MM-DD"),
        ('{"question": "Who?", "kind": "unanswerable", "relevant": ["a"]}', "means that no article answers it"),
    ],
)
def test_an_error_names_the_line(line, message, tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "first", "question": "Which?"}\n' + line + "\n")
    with pytest.raises(InputError) as raised:
        read_questions(file)
    assert str(raised.value).startswith(f"{file}, line 2: ")
    assert message in str(raised.value)


def test_missing_empty_and_undecodable_files_are_errors(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_questions(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(InputError, match="has no questions"):
        read_questions(tmp_path / "empty.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "Caf\xe9?"}')
    with pytest.raises(InputError, match="cannot be read"):
        read_questions(tmp_path / "latin.jsonl")


def folder(path, queries, qrels):
    path.mkdir(exist_ok=True)
    (path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (path / "qrels.tsv").write_text(qrels)
    return path


TWO = [{"_id": "1", "text": "Which?", "date": "1963-05-14"}, {"_id": "2", "text": "Who?"}]


def test_a_folder_has_queries_and_judgements(tmp_path):
    found = read_questions(folder(tmp_path, TWO, "query-id\tcorpus-id\tscore\r\n1\ta\t1\r\n1\tb\t0\r\n1\tc\t2\r\n"))
    assert found == [Question("Which?", "1", relevant={"a": 1, "c": 2}, asked_on=dt.date(1963, 5, 14))]


@pytest.mark.parametrize(
    ("queries", "qrels", "message"),
    [
        (TWO, "1\ta\t1\n", "qrels.tsv, line 1: the header is '1.ta.t1'"),
        (TWO, "query-id\tcorpus-id\tscore\n1\ta\n", "qrels.tsv, line 2: 2 columns"),
        (TWO, "query-id\tcorpus-id\tscore\n1\ta\tyes\n", "qrels.tsv, line 2: the score 'yes' is not a whole number"),
        (TWO, "query-id\tcorpus-id\tscore\n1\ta\t1\n3\ta\t1\n", "qrels.tsv, line 3: queries.jsonl has no query '3'"),
        (TWO, "query-id\tcorpus-id\tscore\n1\ta\t0\n", "has no questions"),
        (
            [*TWO, TWO[0]],
            "query-id\tcorpus-id\tscore\n",
            "queries.jsonl, line 3: the _id '1' is already used on an earlier line",
        ),
        ([{"_id": "1"}], "query-id\tcorpus-id\tscore\n", "queries.jsonl, line 1: no `text`"),
        ([{"text": "Who?"}], "query-id\tcorpus-id\tscore\n", "queries.jsonl, line 1: no `_id`"),
    ],
)
def test_an_error_in_a_folder_names_the_line(queries, qrels, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read_questions(folder(tmp_path, queries, qrels))


def test_a_folder_needs_both_files(tmp_path):
    with pytest.raises(InputError, match=r"no queries\.jsonl and no qrels\.tsv"):
        read_questions(tmp_path)


@pytest.mark.skipif(not (SHARED / "gold").is_dir(), reason="the labelled questions are not part of the project")
def test_the_labelled_questions_can_be_read():
    found = read_questions(SHARED / "gold" / "questions.dev.jsonl")
    assert (len(found), sum(q.answerable for q in found)) == (56, 48)
    assert len(read_questions(SHARED / "eval" / "time")) == 83
