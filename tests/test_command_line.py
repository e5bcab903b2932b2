"""The command line: results on stdout, errors on stderr with exit status 1."""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support import BRIDGE, HARBOUR, ROOT
from support.chips import CHIPS
from support.samples import PAGE

import rag
from rag import cli
from rag.answer.answer import Answer
from rag.answer.balance import ONE_OUTLET, STATE_MEDIA, Balance, Caution
from rag.cli import output

pytestmark = pytest.mark.model

COLUMNS = [  # what a build says of the fields that it read
    "  text                        from text (2)",
    "  title                       from title (2)",
    "  outlet                      from outlet (2)",
    "  date                        from date (2)",
    "  url                         from url (1)",
    "  authors                     from authors (1)",
    "  host                        from host (1)",
    "  id                          from id (2)",
]
HARBOUR_IN_SHORT = "harbour  2013-05-14  The Guardian: Harbour strike ends\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    (folder / "news.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, BRIDGE])) + "\n{broken\n")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(["build", str(folder / "news.jsonl"), "--index", str(folder / "index")])
    assert status == 0, err.getvalue()
    printed = out.getvalue().splitlines()
    assert printed[:11] == [
        str(folder / "index"),
        "read                     2",
        "  new                    2",
        "  updated                0",
        "  unchanged              0",
        "  more than once         0",
        "retired                  0",
        "undated                  0",
        "duplicates               0",
        "skipped                  1",
        "                         1  not JSON",
    ]
    assert printed[11:-1] == ["columns", *COLUMNS]
    assert printed[-1].startswith("took: reading 0.")
    assert err.getvalue().splitlines() == [
        f"skipped {folder / 'news.jsonl'}, line 3: not JSON (Expecting property name enclosed in double quotes)"
    ]
    return folder / "index"


def said(capsys, *arguments):
    """Run a command in this process; return its exit status, stdout and stderr."""
    status = cli.main([str(a) for a in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.reranked
def test_ask_shows_outlet_host_and_date_above_each_passage(index, capsys):
    status, out, _ = said(capsys, "ask", "--index", index, "-k", 1, "Why", "was", "the", "bridge", "closed?")
    assert status == 0
    assert out == (
        "1. According to Press TV, via mirror.example, 2 January 2015 (published)\n"
        "   «Engineers closed the old bridge after finding cracks in two pillars. Traffic was sent over the\n"
        "   ring road.»\n"
        "   [Bridge closed]\n\n"
        "(1 of 2 articles, 1 of 2 outlets, at least 1 independent source, 2015-01-02)\n"
    )


@pytest.mark.parametrize(
    ("text", "outlet", "marked"),
    [
        ("The mayor of Selwyn said: « The bridge is closed. »", "Coast Wire", 2),
        ("The bridge is closed, the mayor said.", "Coast Wire «The bridge is open.»", 2),
        ("The bridge is closed, the mayor said.", "Wire «\u200b«open»", 3),
        ("The bridge is closed, the mayor said.", "Coast Wire", 1),
    ],
)
def test_no_text_or_name_can_imitate_the_marks_of_the_sentences_that_answer(
    tmp_path, news, words, text, outlet, marked
):
    library = rag.build([news({"text": text, "outlet": outlet})], index=tmp_path / "marks", encoder=words)
    out = output.answer_text(library.ask("Is the bridge of Selwyn closed, mayor?", min_confidence=0))
    assert f"   {'«' * marked}The " in out
    assert f"{'»' * marked}\n" in out
    assert "«" * (marked + 1) not in out


def test_ask_says_so_if_nothing_answers(index, capsys):
    assert said(capsys, "ask", "--index", index, "What is a black hole?") == (
        0,
        "Nothing in the index answers this: no article holds “black” or “hole”.\n",
        "",
    )


def test_every_result_is_available_as_json(index, capsys):
    _, out, _ = said(capsys, "ask", "--index", index, "--json", "Why was the bridge closed?")
    assert json.loads(out)["passages"][0]["outlet"] == "Press TV"
    _, out, _ = said(capsys, "search", "--index", index, "--json", "--outlet", "guardian", "strike")
    assert [h["article_id"] for h in json.loads(out)] == ["harbour"]
    _, out, _ = said(capsys, "articles", "--index", index, "--json")
    assert [(a["id"], a["date"], a["characters"]) for a in json.loads(out)] == [
        ("harbour", "2013-05-14", len(HARBOUR["text"])),
        ("bridge", "2015-01-02", len(BRIDGE["text"])),
    ]
    _, out, _ = said(capsys, "outlets", "--index", index, "--json")
    assert json.loads(out) == [
        {"outlet": "Press TV", "articles": 1, "kind": "broadcaster"},
        {"outlet": "The Guardian", "articles": 1, "kind": "newspaper"},
    ]
    _, out, _ = said(capsys, "outlets", "--index", index, "--json", "press tv")
    assert (json.loads(out)["name"], json.loads(out)["ratings"]) == ("Press TV", [])
    _, out, _ = said(capsys, "skipped", "--index", index, "--json")
    assert [(s["place"], s["reason"].split(" (")[0]) for s in json.loads(out)] == [("line 3", "not JSON")]


def test_lists_are_readable_text(index, capsys):
    assert said(capsys, "articles", "--index", index)[1].startswith(HARBOUR_IN_SHORT)
    assert (
        said(capsys, "outlets", "--index", index)[1]
        == "     1  Press TV (broadcaster)\n     1  The Guardian (newspaper)\n"
    )
    out = said(capsys, "search", "--index", index, "-k", 1, "--before", "2014-01-01", "bridge")[1]
    assert out.split("  ")[1].startswith("The Guardian, 2013-05-14: Dock workers")
    assert said(capsys, "search", "--index", index, "--after", "2020-01-01", "bridge")[1] == (
        "no passage matches these filters\n"
    )


def test_articles_are_explained_with_their_evidence(index, capsys):
    out = said(capsys, "articles", "--index", index, "--explain")[1]
    assert out.splitlines()[:5] == [
        HARBOUR_IN_SHORT.strip(),
        "    outlet  The Guardian  [explicit]  metadata: outlet",
        "    host    example.org",
        "    by      Jane Roe",
        "    date    2013-05-14  [published]",
    ]
    assert "    host    mirror.example" in out


def notes(capsys, index, *arguments):
    """The lines below the counts, or below the statement that nothing was found."""
    status, out, err = said(capsys, "ask", "--index", index, *arguments)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(("(1 of", "(2 of", "No")))
    return lines[first + 1 :]


def test_a_constraint_in_the_question_is_shown_with_how_to_ignore_it(index, capsys):
    question = "According to Press TV, why was the bridge closed?"
    assert notes(capsys, index, question) == [
        "(Searched for: Why was the bridge closed?)",
        '(Only Press TV; to search all outlets, add --ignore "According to Press TV")',
    ]
    for ignored in ("according to press tv", "all"):
        assert notes(capsys, index, "--ignore", ignored, question) == ["(No article holds “Press” or “TV”)"]
    assert notes(capsys, index, "--outlet", "Press TV", question) == [
        "(Searched for: Why was the bridge closed?)",
        "(Not applied: “According to Press TV”: overridden by the filters you set)",
    ]


@pytest.mark.parametrize(("question", "kind", "words"), CHIPS)
def test_each_kind_of_constraint_says_what_it_does_and_how_it_is_switched_off(index, capsys, question, kind, words):
    option = f'--ignore "{words}"'
    (line,) = (line for line in notes(capsys, index, question) if option in line)
    effect = "(Not " if kind.startswith("not ") else "(First: " if kind in ("period", "order") else "(Only "
    assert line.startswith(effect)
    assert not any("--ignore" in line for line in notes(capsys, index, *shlex.split(option), question))
    (found,) = json.loads(said(capsys, "ask", "--index", index, "--json", *shlex.split(option), question)[1])[
        "constraints"
    ]
    assert (found["kind"], found["applied"], found["why"]) == (kind, False, "ignored")


def test_passages_are_sorted_by_the_order_that_is_given(index, capsys):
    question = "Who closed the bridge and ended the strike?"
    for order, first, last in (("newest", "bridge", "harbour"), ("oldest", "harbour", "bridge")):
        hits = json.loads(said(capsys, "search", "--index", index, "--json", "--order", order, question)[1])
        assert [hit["article_id"] for hit in hits][:: len(hits) - 1] == [first, last]
        found = said(capsys, "ask", "--index", index, "--min-confidence", "0", "--json", "--order", order, question)[1]
        dates = [passage["date"] for passage in json.loads(found)["passages"]]
        assert dates == sorted(dates, reverse=order == "newest")
    with pytest.raises(SystemExit):
        cli.main(["ask", "--index", str(index), "--order", "nearest", question])


def test_a_suggestion_is_printed_and_in_the_json(index, capsys):
    question = "Who ended the strike on Tuesdax?"
    shown = ["--min-confidence", "0", question]  # else it is asked with the suggestion, since nothing is found
    assert "(Did you mean “Tuesday”? No article holds “Tuesdax”)" in notes(capsys, index, *shown)
    (found,) = json.loads(said(capsys, "ask", "--index", index, "--json", *shown)[1])["suggestions"]
    assert (found["question"], found["searched"]) == ("Who ended the strike on Tuesday?", False)
    assert "(No article holds “Tuesdax”: searched for “Tuesday” instead)" in notes(capsys, index, question)


def test_constraints_that_may_explain_an_empty_answer_are_shown(index, capsys):
    assert notes(capsys, index, "According to Reuters, why was the bridge closed?") == [
        "(Searched for: Why was the bridge closed?)",
        '(Only Reuters (not in this index); to search all outlets, add --ignore "According to Reuters")',
    ]


def test_relative_dates_count_from_the_day_of_asking(index, capsys):
    question = "What was said last year about the bridge?"
    given = ["--json", "--asked-on", "2016-05-01", question]
    (constraint,) = json.loads(said(capsys, "ask", "--index", index, *given)[1])["constraints"]
    assert (constraint["after"], constraint["before"], constraint["applied"]) == ("2015-01-01", "2015-12-31", True)
    hits = json.loads(said(capsys, "search", "--index", index, *given)[1])
    assert [h["article_id"] for h in hits] == ["bridge"]
    hits = json.loads(said(capsys, "search", "--index", index, "--ignore", "all", *given)[1])
    assert {h["article_id"] for h in hits} == {"bridge", "harbour"}


@pytest.fixture
def near(index, tmp_path):
    """A copy of the index in which every answer is graded "near"."""
    copy = shutil.copytree(index, tmp_path / "near")
    with rag.open(copy) as library:
        library.set_confidence_model(replace(library.confidence_model, near=0.0, sure=1.0))
    return copy


def test_the_nearest_passages_are_said_to_be_no_more_than_that_in_every_form(near, capsys):
    asked = ["ask", "--index", near, "-k", 1, "Why was the bridge closed?"]
    status, out, _ = said(capsys, *asked)
    assert status == 0
    assert out.startswith("Nearest passages. They may not answer.\n\n1. According to Press TV, via mirror.example, ")
    values = json.loads(said(capsys, *asked, "--json")[1])
    assert (values["grade"], values["found"]) == ("near", True)
    assert values["notice"] == "Nearest passages. They may not answer."
    assert said(capsys, *asked, "--as", "markdown")[1].split("\n\n")[1] == "Nearest passages. They may not answer."
    assert said(capsys, *asked, "--as", "bibtex")[1].startswith("% Nearest passages. They may not answer.\n\n@")
    _, out, err = said(capsys, *asked, "--as", "csl-json")
    assert len(json.loads(out)) == 1
    assert err.splitlines()[0] == "Nearest passages. They may not answer."


def test_strict_leaves_the_nearest_passages_out_and_says_so(near, capsys):
    only_near = "Only passages that may not answer were found; ask without strict to see them."
    asked = ["ask", "--index", near, "--strict", "Why was the bridge closed?"]
    assert said(capsys, *asked) == (0, f"{only_near}\n", "")
    values = json.loads(said(capsys, *asked, "--json")[1])
    assert (values["grade"], values["notice"], values["passages"]) == ("nothing", only_near, [])
    assert values["near_left_out"] > 0
    assert only_near in said(capsys, *asked, "--as", "markdown")[1]
    assert said(capsys, *asked, "--as", "csl-json") == (0, "[]\n", f"{only_near}\n")


def test_what_answers_is_shown_without_a_notice_and_by_strict_too(index, capsys):
    asked = ["ask", "--index", index, "-k", 1, "Why was the bridge closed?"]
    plain = said(capsys, *asked)[1]
    assert plain.startswith("1. According to Press TV")
    assert said(capsys, *asked, "--strict")[1] == plain
    values = json.loads(said(capsys, *asked, "--json")[1])
    assert (values["grade"], values["notice"]) == ("answers", None)


def test_the_nearest_passages_are_shown_from_any_confidence(index, capsys):
    asked = ["ask", "--index", index, "What is a black hole?", "--min-confidence"]
    shown = said(capsys, *asked, 0)[1]
    assert shown.startswith("Nearest passages. They may not answer.\n\n1. According to ")
    assert said(capsys, *asked, 0.9)[1] == "Nothing in the index answers this with a confidence of 0.9 or more.\n"
    for wrong in ("-0.1", "1.1", "nan", "much"):
        with pytest.raises(SystemExit):
            said(capsys, *asked, wrong)
        assert f"'{wrong}' is no share; give a number from 0 to 1" in capsys.readouterr().err


def test_what_is_taken_from_the_previous_question_is_said_and_can_be_ignored(index, capsys):
    given = ["--previous", "Why was the bridge closed?", "--min-confidence", 0]
    line = '(Continues “Why was the bridge closed?”; to ask without it, add --ignore "Why was the bridge closed?")'
    assert line in notes(capsys, index, *given, "And when?")
    assert line not in notes(capsys, index, *given, "--ignore", "Why was the bridge closed?", "And when?")
    assert line not in notes(capsys, index, *given, "Which dock workers of Rotterdam won?")


def test_search_accepts_the_previous_question(index, capsys):
    given = ["--json", "--previous", "What did the Guardian say about docks?", "And according to Press TV?"]
    hits = json.loads(said(capsys, "search", "--index", index, *given)[1])
    assert {h["outlet"] for h in hits} == {"Press TV"}


@pytest.mark.parametrize(
    ("words", "argument"),
    [("In 2009", '"In 2009"'), ("the Post's view", '"the Post\'s view"'), ('by "$(id)"', "'by \"$(id)\"'")],
)
def test_words_to_ignore_can_be_pasted_into_a_shell(words, argument):
    assert output.shell_quoted(words) == argument
    assert shlex.split(argument) == [words]


def test_other_names_of_the_users_aliases_are_searched_for_and_shown(tmp_path, capsys):
    (tmp_path / "news.jsonl").write_text(json.dumps(BRIDGE))
    (tmp_path / "names.toml").write_text('[[name]]\nspellings = ["Iron Span", "old bridge"]\n')
    given = ["build", tmp_path / "news.jsonl", "--index", tmp_path / "i", "--aliases", tmp_path / "names.toml"]
    assert said(capsys, *given)[0] == 0
    assert "(Other names searched for “Iron Span”: old bridge)" in notes(
        capsys, tmp_path / "i", "Why was the Iron Span closed to traffic?"
    )


def test_cautions_say_why_an_answer_may_be_one_sided():
    balance = Balance(warnings=(Caution(ONE_OUTLET, ("The Post",)), Caution(STATE_MEDIA, ("Valsera",))))
    assert output.notes(Answer("q", "q", "answers", balance=balance, confidence=0.5)) == [
        "(Caution: all passages come from one outlet, The Post)",
        "(Caution: all passages come from state media of Valsera, owned or funded by a government)",
    ]


def test_notes_say_what_the_cap_hid_and_that_no_threshold_is_fitted():
    answer = Answer("q", "q", "nothing", balance=Balance(capped={"The Post": 2}))
    assert output.notes(answer) == [
        "(2 more passages from The Post match nearly as well)",
        "(No confidence threshold has been fitted for this index’s encoder, so passages are shown whether or not they "
        "answer; to fit one, run: according evaluate --fit)",
    ]


QUESTIONS = [
    {"id": "q1", "question": "Why was the old bridge closed?", "answers": [{"evidence": "cracks in two pillars"}]},
    {"id": "q2", "question": "When did the strike end?", "answers": [{"evidence": "ended their strike on Tuesday"}]},
    {"id": "q3", "question": "Where was the ferry?", "answers": [{"evidence": "the ferry was in the harbour"}]},
]
OTHERS = [
    {"id": "o1", "question": "How many moons has Neptune?", "kind": "unanswerable-offtopic"},
    {"id": "o2", "question": "What is a prime number?", "kind": "unanswerable-offtopic"},
]


@pytest.fixture
def questions(tmp_path):
    """Two files of questions."""
    for name, records in (("own", QUESTIONS), ("others", OTHERS)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)))
    return tmp_path / "own.jsonl", tmp_path / "others.jsonl"


def test_evaluate_asks_the_questions_of_all_files_together(index, questions, tmp_path, capsys):
    given = ["evaluate", "--index", index, "--misses", "--picture", tmp_path / "curve.svg", *questions]
    status, out, err = said(capsys, *given)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "5 questions, at most 5 passages shown"
    assert any(line.split()[:3] == ["abstention", "recall", "2/2"] for line in lines)
    assert lines[-1] == "q3 [question] Where was the ferry?: no article in the index contains its evidence"
    assert (tmp_path / "curve.svg").read_text().lstrip().startswith("<?xml")
    values = json.loads(said(capsys, "evaluate", "--index", index, "-k", 1, "--misses", "--json", *questions)[1])
    assert (values["k"], values["questions"], len(values["outcomes"])) == (1, 5, 5)
    assert [miss.split()[0] for miss in values["misses"]] == ["q3"]


def test_evaluate_fits_a_confidence_model_and_saves_it_in_the_index(index, questions, tmp_path, capsys):
    copy = shutil.copytree(index, tmp_path / "i")
    status, out, _ = said(capsys, "evaluate", "--index", copy, "--fit", *questions)
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == f"confidence model fitted on 3 questions with an answer and 2 without; saved in {copy}"
    with rag.open(copy) as library:
        model = library.confidence_model
        shown = f'passages are shown from a confidence of {model.near:.3f}, and graded "answers" from {model.sure:.3f}'
        assert lines[1] == shown
        assert library.confidence_model.fitted == (3, 2)
    assert lines[3] == "on these questions                before       after"
    assert [line.split("  ")[0] for line in lines[4:7]] == ["answered", "sure", "nothing shown, off topic"]
    assert lines[6].split()[-2:] == ["2/2", "2/2"]
    assert lines[8] == "5 questions, at most 5 passages shown"
    values = json.loads(said(capsys, "evaluate", "--index", copy, "--fit", "--json", *questions)[1])
    assert values["confidence_model"]["fitted"] == [3, 2]
    assert values["before"]["questions"] == values["questions"] == 5


class Quiet(SimpleHTTPRequestHandler):
    """A server that logs nothing to stderr."""

    def log_message(self, *_):
        pass


@pytest.fixture
def site(tmp_path):
    """The URL of a server on this machine with one page."""
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "ferry.html").write_text(PAGE)
    handler = partial(Quiet, directory=tmp_path / "served")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_urls_and_a_catalogue_of_the_user_are_accepted(site, tmp_path, capsys):
    (tmp_path / "own.toml").write_text(
        '[[outlet]]\nname = "The Delta Herald"\nkind = "newspaper"\n'
        '[[outlet.rating]]\nrater = "Media Watch"\nvalue = "left"\ndate = "2024"\n'
    )
    index = tmp_path / "i"
    given = [f"{site}/ferry.html", f"{site}/gone.html", "--index", index, "--catalogue", tmp_path / "own.toml"]
    status, _, err = said(capsys, "build", *given)
    assert (status, err) == (
        0,
        f"skipped {site}/gone.html: the site responds 404 File not found: it has no such page; check the URL\n",
    )
    assert said(capsys, "outlets", "--index", index)[1] == "     1  The Delta Herald (newspaper)\n"
    assert "rating: left, by Media Watch, 2024" in said(capsys, "outlets", "--index", index, "delta herald")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "--index", "nowhere", "x"], "according: there is no index in nowhere; make one with: according build"),
        (["build", "nowhere"], "according: nowhere: no such file or folder"),
        (
            ["ask", "--outlet", "Daily Planet", "x"],
            "according: no outlet 'Daily Planet' in this index; it has: Press TV",
        ),
        (["ask", "--after", "May", "x"], "according: after is 'May'; give a day as YYYY-MM-DD"),
        (["outlets", "Daily Planet"], "according: the catalogue has no outlet 'Daily Planet'"),
        (["ask", "--asked-on", "May", "x"], "according: asked_on is 'May'; give a day as YYYY-MM-DD"),
        (["evaluate", "nowhere"], "according: nowhere does not exist; give a file of questions, or a folder"),
        (["ask", "--encoder", "other", "x"], "was made with the encoder 'all-MiniLM-L6-v2', not 'other'"),
    ],
)
def test_an_error_is_one_line_on_stderr_and_exit_status_1(index, capsys, arguments, message):
    where = [] if "--index" in arguments else ["--index", index]
    status, out, err = said(capsys, *arguments[:1], *where, *arguments[1:])
    assert (status, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_closed_pipe_is_not_an_error(index):
    command = f'"{sys.executable}" -m rag articles --json --index "{index}" | head -c 1'
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, timeout=60, cwd=ROOT, env=dict(os.environ)
    )
    assert (done.stdout, done.stderr) == ("[", "")


def test_every_command_has_help_and_is_documented(capsys):
    document = (ROOT / "docs" / "commands.md").read_text()
    commands = re.findall(r"^    (\w+) ", help_of(capsys), re.MULTILINE)
    assert len(commands) == 29
    for command in commands:
        assert ("--index" in help_of(capsys, command)) == (command not in ("encode", "plan"))
        assert f"<!-- help: {command} -->" in document


def help_of(capsys, *command):
    with pytest.raises(SystemExit) as stopped:
        cli.main([*command, "--help"])
    assert stopped.value.code == 0
    return capsys.readouterr().out


def test_text_of_articles_does_not_control_the_terminal(tmp_path, capsys):
    hostile = {"outlet": "The \x1b]0;owned\x07 Post", "text": "Ministers \x1b[2Jmet \u202eon Monday in the capital."}
    (tmp_path / "n.jsonl").write_text(json.dumps(hostile))
    said(capsys, "build", tmp_path / "n.jsonl", "--index", tmp_path / "i")
    _, out, _ = said(capsys, "ask", "--index", tmp_path / "i", "When did the ministers meet?")
    assert "According to The \ufffd]0;owned\ufffd Post, undated" in out
    assert "Ministers \ufffd[2Jmet \ufffdon Monday" in out
