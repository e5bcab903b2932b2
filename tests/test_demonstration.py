"""The demonstration corpus, and what its README and the app promise of it."""

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest
from support import HARBOUR, ROOT

import app
import rag
from rag.web.app import EXAMPLES


@pytest.fixture(scope="module")
def articles():
    return list(rag.read_articles([ROOT / "seeds"]))


@pytest.fixture(scope="module")
def library(tmp_path_factory, real):
    return rag.build([ROOT / "seeds"], index=tmp_path_factory.mktemp("demo"), encoder=real)


def test_every_digest_says_that_it_is_one_and_whose_article_it_sums_up(articles):
    assert len(articles) == 69 == len({a.id for a in articles})
    assert {a.kind for a in articles} == {"digest"}
    assert [a.source for a in articles if a.outlet is None] == [str(ROOT / "seeds" / "unknown-undated-unity.md")]
    assert all(a.date_basis in ("published", "posted by host", "from the address") for a in articles if a.date)
    assert sum(a.date is None for a in articles) == 3
    assert (min(a.date for a in articles if a.date), max(a.date for a in articles if a.date)) == (
        dt.date(1997, 10, 9),
        dt.date(2025, 7, 28),
    )


def test_it_holds_many_outlets_of_all_sides(articles):
    counts = Counter(a.outlet for a in articles)
    assert len(counts) == 46
    assert {"Press TV", "National Council of Resistance of Iran", "Reuters", "Amnesty International"} <= set(counts)


def test_the_example_questions_are_answered_by_all_sides(library):
    shown = [{c.outlet for c in library.ask(question).passages} for question in EXAMPLES]
    assert all(shown)
    assert len(set().union(*shown)) >= 15
    assert {"Kayhan", "National Council of Resistance of Iran", "The Guardian"} <= set().union(*shown)


def test_the_demonstration_is_made_where_there_is_no_index_and_brought_up_to_date(tmp_path, capsys):
    made = app.demonstration(tmp_path / "i")
    assert made.report.new == 69
    made.remove([next(made.articles()).id])
    assert app.demonstration(tmp_path / "i").report.new == 1


def test_an_index_of_one_s_own_is_left_alone(tmp_path, news):
    rag.build([news(HARBOUR)], index=tmp_path / "i")
    assert app.demonstration(tmp_path / "i") is None
    assert [a.id for a in rag.open(tmp_path / "i").articles()] == ["harbour"]


def test_no_article_of_the_press_is_kept_in_the_project():
    kept = {
        p.relative_to(ROOT).parts[0] for p in ROOT.rglob("*.txt") if ".venv" not in p.parts and "build" not in p.parts
    }
    assert kept <= {"tests", "benchmarks", "constraints.txt"} | {p.name for p in Path(ROOT).glob("*.egg-info")}
