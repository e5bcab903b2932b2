"""Floors under the figures on real pages; they may only be lowered on purpose.

The pages belong to their publishers and are no part of the project: where they do not lie beside it, these tests are
skipped. The scorers stand beside the pages.
"""

import json
import subprocess
import sys

import pytest
from support import ROOT, SHARED

import rag
from rag.evaluation import read_questions

pytestmark = pytest.mark.skipif(not (SHARED / "bench").is_dir(), reason="the real pages are not beside the project")


def score(name, *arguments):
    command = [sys.executable, str(SHARED / "bench" / name), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_articles_are_recovered_from_page_dumps():
    figures = score("score_articles.py")
    assert (figures["found"], figures["invented"], figures["leaked"]) == (23, 0, 0)
    assert (figures["title"], figures["date"]) == (23, 23)
    assert figures["outlet"] >= 22
    assert figures["author"] >= 22


@pytest.fixture(scope="module")
def index(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("pages")
    rag.build([SHARED / "seeds"], index=folder, encoder=real).close()
    return folder


def test_questions_over_those_pages_are_answered_with_their_evidence(index):
    figures = score("score_questions.py", "--index", index)
    assert figures["verbatim"][0] == figures["verbatim"][1]
    assert figures["dated"][0] == figures["dated"][1]
    assert figures["abstain-off"] == [4, 4]
    assert figures["evidence@k"][0] >= 40
    assert figures["evidence@1"][0] >= 30
    assert figures["quoted"][0] >= 32
    assert figures["both-sides"][0] >= 3
    assert figures["answered"][0] >= 45


def test_a_library_in_milvus_answers_them_as_well(index, tmp_path, real):
    rag.build([SHARED / "seeds"], index=tmp_path / "pages.db", encoder=real).close()
    here, there = (score("score_questions.py", "--index", place) for place in (index, tmp_path / "pages.db"))
    assert here.keys() == there.keys()
    for name, (right, of) in here.items():
        assert abs(right - there[name][0]) <= 0.02 * of, name


def test_of_questions_about_other_things_next_to_none_is_answered(index, real):
    asked = read_questions(ROOT / "benchmarks" / "questions" / "offtopic.jsonl")
    assert len(asked) >= 400
    with rag.open(index, encoder=real) as library:
        answered = [q.question for q in asked if library.ask(q.question, previous=q.previous).found]
    assert len(answered) <= 0.03 * len(asked), answered


def test_ranking_on_time_1963(tmp_path):
    figures = score("score_retrieval.py", SHARED / "eval" / "time", "--index", tmp_path / "i")
    assert figures["ndcg@10"] >= 0.80
