"""`according ask --questions LIST --csv FILE`: a row for each passage; nothing done is lost, no cell is a formula."""

import csv
import io
import os
import signal
import subprocess
import sys
import time

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, ROOT, WordEncoder
from support.hostile import EVIL

import rag
from rag import cli
from rag.answer.citation import quote_hash
from rag.cli import question_lists
from rag.cli.question_lists import COLUMNS, harmless
from rag.errors import LibraryError

STRIKE, CLOSED = "Who ended the strike of the dock workers?", "Who closed the old bridge?"


@pytest.fixture
def library(tmp_path, news, words, monkeypatch):
    """An index that the command opens, with the encoder of the tests."""
    built = rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words)
    opened = rag.open
    monkeypatch.setattr(
        rag, "open", lambda index, encoder=None, **more: opened(index, encoder or WordEncoder(), **more)
    )
    return built


@pytest.fixture
def ask(library, tmp_path):
    """Asks the questions of a table; returns the exit status, and the rows written."""

    def run(table, *options, name="list.csv", encoding="utf-8"):
        (tmp_path / name).write_bytes(table if isinstance(table, bytes) else table.encode(encoding))
        given = ["--questions", str(tmp_path / name), "--csv", str(tmp_path / "out.csv"), "--min-confidence", "0"]
        status = cli.main(["ask", "--index", str(tmp_path / "index"), "-k", "1", *given, *options])
        return status, rows(tmp_path / "out.csv")

    return run


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_each_passage_is_a_row_with_who_said_it_and_its_receipt(ask, library):
    status, found = ask(f"id,question,note\n7,{STRIKE},first\n8,{CLOSED},second\n")
    assert status == 0
    assert len(found) == 2
    assert list(found[0]) == ["id", "question", "note", *COLUMNS]
    assert [(r["id"], r["note"], r["line"], r["rank"]) for r in found] == [
        ("7", "first", "2", "1"),
        ("8", "second", "3", "1"),
    ]
    assert [(r["outlet"], r["date"], r["article_id"]) for r in found] == [
        ("The Guardian", "2013-05-14", "harbour"), ("Press TV", "2015-01-02", "bridge"),
    ]  # fmt: skip
    for row in found:
        text = library.article(row["article_id"]).text
        passage = text[int(row["start"]) : int(row["end"])]
        assert row["passage"] == passage
        assert row["quotation"] == text[int(row["quote_start"]) : int(row["quote_end"])]
        assert row["content_hash"] == quote_hash(passage)
    assert found[0]["grade"] == "near"
    assert found[0]["reason"] == "Nearest passages. They may not answer."


def test_a_question_that_nothing_answers_is_a_row_with_the_reason(ask):
    status, (row,) = ask("question\nHello!\n")
    assert status == 0
    assert (row["grade"], row["outlet"]) == ("nothing", "")
    assert row["reason"].startswith("Ask a question that news articles can answer")


def test_cells_of_a_row_narrow_its_search_and_win_over_the_options(ask):
    table = (
        f"question;outlets;after;k\n{CLOSED};Reuters;;\n{CLOSED};;2016-01-01;\n{CLOSED};The Guardian; ;2\n{CLOSED};;;\n"
    )
    _, found = ask(table, "--outlet", "Press TV")
    by_line = {line: [r["outlet"] for r in found if r["line"] == line] for line in "2345"}
    assert by_line == {"2": ["Reuters"], "3": [""], "4": ["The Guardian"], "5": ["Press TV"]}


def test_columns_with_the_name_of_one_of_ours_are_passed_through_under_another(ask):
    _, (row,) = ask(f"question,outlet,Line\n{CLOSED},press tv,x\n")
    assert (row["given outlet"], row["given Line"], row["outlet"]) == ("press tv", "x", "Press TV")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (",2015-01-01,", "the question is empty"),
        (f"{CLOSED},2015-13-01,", "after is '2015-13-01'; give a day as YYYY-MM-DD"),
        (f"{CLOSED},,many", "k is 'many'; give a whole number"),
        (f"{CLOSED},,0", "k is 0; ask for 1 to"),
        (f"{CLOSED},2015", "it has 2 fields, but the header has 3"),
        ('"Who" closed,,', "its quotation marks do not match"),
        ('"Who closed', "a quotation mark is never closed"),
    ],
)
def test_a_bad_row_says_its_line_and_the_others_are_asked(ask, capsys, cells, reason):
    status, found = ask(f"question,after,k\n{STRIKE},,\n{cells}\n{CLOSED},,\n")
    assert status == 1
    assert [r["outlet"] for r in found] == ["The Guardian", "", "Press TV"]
    assert (found[1]["line"], found[1]["grade"]) == ("3", "not asked")
    assert reason in found[1]["reason"]
    assert f"according: line 3: {reason}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "name", "encoding"),
    [
        (f"\ufeffquestion\n{CLOSED}\n", "l.csv", "utf-8"),
        (f"question\tnote\n{CLOSED}\té\n", "l.tsv", "utf-16"),
        (f"sep=;\nnote;question\r\ncafé;{CLOSED}\r\n", "l.csv", "cp1252"),
        (f" Question \n{CLOSED}\n", "l.csv", "utf-8"),
        ('question\n"Who closed\nthe old bridge?"\n', "l.csv", "utf-8"),
    ],
)  # fmt: skip
def test_what_spreadsheets_save_is_read(ask, table, name, encoding):
    status, (row,) = ask(table, name=name, encoding=encoding)
    assert status == 0
    assert row["outlet"] == "Press TV"
    assert row.get("note", "") in ("", "é", "café")


def test_the_file_begins_with_the_mark_by_which_spreadsheets_know_utf_8(ask, tmp_path):
    ask(f"question\n{CLOSED}\n")
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfquestion,line,")


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", " =1+1", "\t=1", "\r=1", "\n=1", "\u200b=1", "＝1",
        "\x00=1", "\tx",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_may_take_for_a_formula_is_text(cell):
    assert harmless(cell)[0] in ("'", "\ufffd")


@pytest.mark.parametrize("cell", ["-5", "+3.5", "1,200", "Reuters", "", "3 = 2 + 1", "a-b"])
def test_numbers_and_words_stay_as_they_are(cell):
    assert harmless(cell) == cell


def test_nothing_that_an_article_or_a_list_holds_is_a_formula(tmp_path, news, ask, library):
    evil = f'=HYPERLINK("http://evil.example") bridge old closed. {EVIL} \x1b[2J\u202e'
    library.add(
        [
            news(
                BRIDGE
                | {"id": "+evil", "title": "@evil", "outlet": "-Evil", "text": evil, "url": "https://e.example/=1"}
            )
        ]
    )
    _, found = ask(f'question,=x,b\n{CLOSED},=1+1,"=2"\n', "-k", "9", "--outlet=-Evil")
    assert found
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [c for c in cells if c[:1] in tuple("=+@\t\r\n") or (c[:1] == "-" and not c[1:].isdigit())]
    assert "\x1b" not in "".join(cells)
    assert "\u202e" not in "".join(cells)


# Files


def test_what_was_done_before_an_error_is_kept(ask, tmp_path, monkeypatch, capsys):
    asked = rag.Library.ask

    def fails(self, question, **more):
        if question == STRIKE:
            raise LibraryError("the disk is gone")
        return asked(self, question, **more)

    monkeypatch.setattr(rag.Library, "ask", fails)
    with pytest.raises(FileNotFoundError):
        ask(f"question\n{CLOSED}\n{STRIKE}\n")
    assert [r["outlet"] for r in rows(tmp_path / "out.csv.part")] == ["Press TV"]
    assert "out.csv.part has the questions that were finished" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError):
        ask(f"question\n{CLOSED}\n")
    assert "is what an earlier run has finished" in capsys.readouterr().err


def test_an_earlier_file_is_there_until_all_is_done(ask, tmp_path, monkeypatch):
    (tmp_path / "out.csv").write_text("earlier")
    monkeypatch.setattr(rag.Library, "ask", lambda *_, **__: (_ for _ in ()).throw(LibraryError("gone")))
    (tmp_path / "l.csv").write_text(f"question\n{CLOSED}\n")
    arguments = ["ask", "--index", str(tmp_path / "index"), "--questions", str(tmp_path / "l.csv")]
    assert cli.main([*arguments, "--csv", str(tmp_path / "out.csv")]) == 1
    assert (tmp_path / "out.csv").read_text() == "earlier"
    assert not (tmp_path / "out.csv.part").exists()  # nothing was done


@pytest.mark.slow
def test_a_killed_run_leaves_every_question_that_was_answered(library, tmp_path):
    (tmp_path / "l.csv").write_text("question\n" + f"{CLOSED}\n" * 20_000)
    program = (
        "import sys; sys.path.insert(0, 'tests'); import rag; from support import WordEncoder; opened = rag.open\n"
        "rag.open = lambda index, encoder=None, **more: opened(index, WordEncoder(), **more)\n"
        "from rag import cli; sys.exit(cli.main(sys.argv[1:]))"
    )
    arguments = ["ask", "--index", tmp_path / "index", "--questions", tmp_path / "l.csv", "--csv", tmp_path / "out.csv"]
    running = subprocess.Popen([sys.executable, "-c", program, *map(str, arguments)], cwd=ROOT)
    part = tmp_path / "out.csv.part"
    until = time.monotonic() + 60
    while time.monotonic() < until and (not part.exists() or part.stat().st_size < 2000):
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    done = list(csv.reader(io.StringIO(part.read_text("utf-8-sig"), newline="")))
    assert len(done) > 2
    assert not (tmp_path / "out.csv").exists()
    assert [row[1] for row in done[1:-1]] == [str(number) for number in range(2, len(done))]


def test_the_list_itself_is_never_replaced_and_mistakes_are_named(library, tmp_path, capsys):
    (tmp_path / "l.csv").write_text(f"question\n{CLOSED}\n")
    (tmp_path / "n.csv").write_text("words\nx\n")
    index = ["ask", "--index", str(tmp_path / "index")]
    for arguments, message in [
        (["--questions", str(tmp_path / "l.csv"), "--csv", str(tmp_path / "l.csv")], "would replace the list"),
        (["--questions", str(tmp_path / "none.csv")], "there is no file"),
        (["--questions", str(tmp_path / "n.csv")], "no question column: its first line is 'words'"),
        (["--questions", str(tmp_path / "l.csv"), "Who?"], "and not both"),
        ([], "give a question, or a list"),
        (["--questions", str(tmp_path / "l.csv"), "--json"], "leave --json and --as out"),
        (["--questions", str(tmp_path / "l.csv"), "--csv", str(tmp_path / "no" / "o.csv")], "cannot write"),
    ]:
        assert cli.main([*index, *arguments]) == 1
        assert message in capsys.readouterr().err
    assert (tmp_path / "l.csv").read_text() == f"question\n{CLOSED}\n"


def test_one_question_can_be_written_as_a_table_too(library, tmp_path, capsys):
    index = ["ask", "--index", str(tmp_path / "index"), "--min-confidence", "0", "-k", "1"]
    assert cli.main([*index, CLOSED, "--csv", str(tmp_path / "o.csv")]) == 0
    assert [(r["question"], r["outlet"]) for r in rows(tmp_path / "o.csv")] == [(CLOSED, "Press TV")]
    (tmp_path / "l.csv").write_text(f"question\n{CLOSED}\n")
    capsys.readouterr()
    assert cli.main([*index, "--questions", str(tmp_path / "l.csv")]) == 0
    assert capsys.readouterr().out.startswith("question,line,grade")
    assert question_lists.SEPARATOR == ";"


def test_a_console_of_windows_gets_the_line_ends_of_csv_once(library, tmp_path, monkeypatch):
    (tmp_path / "list.csv").write_text(f"question\n{STRIKE}\n", "utf-8")
    printed = io.BytesIO()
    with io.TextIOWrapper(printed, "cp1252", newline="\r\n", write_through=True) as console:
        monkeypatch.setattr(sys, "stdout", console)
        assert cli.main(["ask", "--index", str(tmp_path / "index"), "--questions", str(tmp_path / "list.csv")]) == 0
        assert printed.getvalue().startswith(b"question,line,grade")
        assert b"\r\n" in printed.getvalue()
        assert b"\r\r\n" not in printed.getvalue()
