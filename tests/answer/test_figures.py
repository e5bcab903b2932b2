"""Figures in an answer: asked for, shown with who gives them, and as right as the measurements say."""

import json
import re
import sys
import time
from dataclasses import replace

import pytest
from support import ROOT, SHARED

import rag
from rag.answer.answer import Answer
from rag.answer.figures import Figure, Mention, figures_for
from rag.answer.wording import figures
from rag.cli.output import answer_text

sys.path.insert(0, str(ROOT / "benchmarks"))
import figures as benchmark

COLLECTION = SHARED / "eval" / "allsides" / "articles-12k.jsonl.gz"
VARNA = [
    {"id": "post", "outlet": "The Post", "date": "2013-05-14", "title": "Fire in Varna",
     "text": "A fire in Varna killed nine people on Tuesday. The harbour was closed."},
    {"id": "wire", "outlet": "Varna Wire", "date": "2013-05-15", "title": "Varna counts its dead",
     "text": "The Varna fire left at least eleven people dead, the police of the city said. Ships wait."},
    {"id": "tribune", "outlet": "Tribune", "date": "2013-05-16", "title": "Varna after the fire",
     "text": "Dock workers in Varna mourn. About nine people were killed in the fire of Tuesday in Varna."},
]  # fmt: skip
QUESTION = "How many people were killed in the Varna fire?"


@pytest.fixture
def library(news, tmp_path, words):
    with rag.build([news(*VARNA)], index=tmp_path / "index", encoder=words) as library:
        yield library


def mention(words, outlet="The Post", **changes):
    return replace(Mention("a", 0, len(words), words, outlet, None), **changes)


def figure(*mentions):
    return Figure("number", 9, None, "people", mentions)


def test_an_answer_groups_the_values_by_who_gives_them(library):
    answer = library.ask(QUESTION, min_confidence=0)
    assert {f.value: sorted(m.outlet for m in f.mentions) for f in answer.figures} == {
        9: ["The Post", "Tribune"],
        11: ["Varna Wire"],
    }
    for given in answer.figures:
        assert (given.kind, given.upper, given.unit) == ("number", None, "people")
        for m in given.mentions:
            cited = next(c for c in answer.passages if c.article_id == m.article_id)
            assert library.article(m.article_id).text[m.start : m.end] == m.words
            assert cited.quote[0] <= m.start < m.end <= cited.quote[1]


def test_other_questions_have_none(library):
    assert library.ask("What burned in Varna?", min_confidence=0).figures == ()
    assert library.ask("How many ships burned in Varna?", min_confidence=0).figures == ()


def test_passages_that_are_unlikely_to_answer_give_none(library):
    library.set_confidence_model(replace(library.confidence_model, encoder=library.encoder, near=1.0, sure=1.0))
    answer = library.ask(QUESTION, min_confidence=0)
    assert answer.grade == "near"
    assert answer.figures == ()


def test_in_json_they_are_plain_values_with_dates(library):
    answer = json.loads(json.dumps(library.ask(QUESTION, min_confidence=0).to_dict()))
    eleven = next(f for f in answer["figures"] if f["value"] == 11)
    text = VARNA[1]["text"]
    assert eleven == {
        "kind": "number",
        "value": 11,
        "upper": None,
        "unit": "people",
        "mentions": [
            {
                "article_id": eleven["mentions"][0]["article_id"],
                "start": text.index("at least"),
                "end": text.index(" people"),
                "words": "at least eleven",
                "outlet": "Varna Wire",
                "date": "2013-05-15",
                "kind": "full text",
            }
        ],
    }


def test_the_command_line_and_markdown_show_them(library):
    answer = library.ask(QUESTION, min_confidence=0)
    line = str(figures(answer))
    assert line.startswith("Figures given: ")
    eleven, nine = sorted(line.removeprefix("Figures given: ").split(" · "))
    assert eleven == "at least eleven (Varna Wire)"
    assert nine in ("nine (The Post; Tribune, “About nine”)", "nine (Tribune, “About nine”; The Post)")
    assert f"({line})" in answer_text(answer).splitlines()
    assert re.search(r"^Figures given\\: .*at least eleven \\\(Varna Wire\\\)", answer.to_markdown(), re.M)


def test_a_value_is_shown_in_its_plainest_words():
    answer = Answer(
        "q", "q", "answers", figures=(figure(mention("about 9"), mention("Nine", "B"), mention("nine", None)),)
    )
    assert str(figures(answer)) == "Figures given: Nine (The Post, “about 9”; B; an unknown outlet)"


def test_what_a_digest_gives_is_not_put_in_the_outlets_mouth():
    digest = mention("nine", kind="digest")
    assert (
        str(figures(Answer("q", "q", "answers", figures=(figure(digest),))))
        == "Figures given in digests: nine (The Post)"
    )
    mixed = Answer("q", "q", "answers", figures=(figure(digest, mention("nine", "B")),))
    assert str(figures(mixed)) == "Figures given: nine (digest of The Post; B)"


def test_markup_in_the_words_of_an_article_stays_text():
    evil = mention("9*_`<b>", "**[x](javascript:y)**")
    markdown = Answer("q", "q", "answers", figures=(figure(evil),)).to_markdown()
    assert "9\\*\\_\\`\\<b\\>" in markdown
    assert "\\*\\*\\[x\\]\\(javascript\\:y\\)\\*\\*" in markdown


# How good they are: docs/measurements/figures.md


def measured(corpus, file=None):
    """The counts for the questions over a corpus, with the passages listed."""
    articles = benchmark.read_articles(file)
    total = {}
    for question in benchmark.read_questions():
        if question["corpus"] == corpus:
            for name, count in benchmark.judge(question, benchmark.listed(question, articles), False, False).items():
                total[name] = total.get(name, 0) + count
    return total


def test_figures_of_the_demonstration_are_right_and_most_are_found():
    count = measured(benchmark.DEMONSTRATION)
    assert count["marked"] == 61
    assert count["wrong"] <= 1
    assert count["found"] >= 31


@pytest.mark.slow
@pytest.mark.skipif(not COLLECTION.is_file(), reason="the collection of articles is no part of the project")
def test_figures_of_a_collection_of_articles_are_right_and_most_are_found(tmp_path):
    count = measured(benchmark.COLLECTION, benchmark.sample(COLLECTION, tmp_path))
    assert count["marked"] == 505
    assert count["right"] / (count["right"] + count["wrong"]) >= 0.89
    assert count["found"] / count["marked"] >= 0.53


def test_each_set_has_thirty_questions_of_its_own():
    questions = benchmark.read_questions()
    assert [q["set"] for q in questions].count(1) == 30
    assert sorted({q["set"] for q in questions}) == list(benchmark.SETS)
    assert len({(q["set"], q["question"]) for q in questions}) == len(questions) == 30 * len(benchmark.SETS)


@pytest.mark.alone
def test_figures_cost_a_few_milliseconds_and_other_questions_nothing():
    articles = benchmark.read_articles(None)
    asked = [q for q in benchmark.read_questions() if q["corpus"] == benchmark.DEMONSTRATION]
    for question in asked:
        benchmark.listed(question, articles)  # loads what it needs
    started = time.process_time()
    for question in asked:
        benchmark.listed(question, articles)
    assert (time.process_time() - started) / len(asked) < 0.01
    cited = [benchmark.cite_span(a, (0, len(a.text)), (0, len(a.text))) for a in list(articles.values())[:5]]
    started = time.process_time()
    for _ in range(1000):
        assert figures_for("Who was behind Heshmat Alavi?", cited) == ()
    assert (time.process_time() - started) / 1000 < 0.0001
