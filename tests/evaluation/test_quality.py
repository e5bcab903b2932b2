"""Minimum figures on real pages; they may only be lowered on purpose.

The pages belong to their publishers and are not part of the project, nor are the scorers: these tests are skipped if
they are missing.
"""

import json
import subprocess
import sys

import pytest
from support import ROOT, SHARED

import rag
from rag.evaluation import read_questions

pytestmark = [
    pytest.mark.model,
    pytest.mark.reranked,
    pytest.mark.skipif(not (SHARED / "bench").is_dir(), reason="the real pages are not part of the project"),
]


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


def test_questions_about_those_pages_are_answered_with_their_evidence(index):
    figures = score("score_questions.py", "--index", index)
    assert figures["verbatim"][0] == figures["verbatim"][1]
    assert figures["dated"][0] == figures["dated"][1]
    assert figures["abstain-off"] == [4, 4]
    assert figures["evidence@k"][0] >= 40
    assert figures["evidence@1"][0] >= 34
    assert figures["quoted"][0] >= 35
    assert figures["both-sides"][0] >= 3
    assert figures["answered"][0] >= 45


def test_a_library_in_milvus_has_nearly_the_same_figures(index, tmp_path, real, monkeypatch):
    """Without the reranker, which reads the same texts whichever store found them, and takes nearly all of the time."""
    rag.build([SHARED / "seeds"], index=tmp_path / "pages.db", encoder=real).close()
    monkeypatch.setenv("RERANKER", "none")
    folder, milvus = (score("score_questions.py", "--index", place) for place in (index, tmp_path / "pages.db"))
    assert folder.keys() == milvus.keys()
    assert folder["answered"][0] > 0
    for name, (correct, total) in folder.items():
        assert abs(correct - milvus[name][0]) <= 0.02 * total, name


def test_hardly_any_off_topic_question_is_answered(index, real):
    questions = read_questions(ROOT / "benchmarks" / "questions" / "offtopic.jsonl")
    assert len(questions) >= 400
    for reranker, asked in ((None, questions[::2]), ("auto", questions[::16])):
        with rag.open(index, encoder=real, reranker=reranker) as library:
            answered = [q.question for q in asked if library.ask(q.question, previous=q.previous).found]
        assert len(answered) <= 0.03 * len(asked) + 1, answered


def test_ranking_on_time_1963(tmp_path):
    """On every third query, with the articles relevant to it and every eighth other one: a third of the work."""
    whole, part = SHARED / "eval" / "time", tmp_path / "time"
    part.mkdir()
    queries = (whole / "queries.jsonl").read_text("utf-8").splitlines(keepends=True)[::3]
    (part / "queries.jsonl").write_text("".join(queries), "utf-8")
    asked = {json.loads(query)["_id"] for query in queries}
    head, *judged = (whole / "qrels.tsv").read_text("utf-8").splitlines(keepends=True)
    judged = [line for line in judged if line.split("\t")[0] in asked]
    (part / "qrels.tsv").write_text(head + "".join(judged), "utf-8")
    relevant = {line.split("\t")[1] for line in judged}
    with (whole / "corpus.jsonl").open(encoding="utf-8") as articles:
        kept = [line for i, line in enumerate(articles) if i % 8 == 0 or json.loads(line)["id"] in relevant]
    (part / "corpus.jsonl").write_text("".join(kept), "utf-8")
    figures = score("score_retrieval.py", part, "--index", tmp_path / "i")
    assert figures["ndcg@10"] >= 0.79
