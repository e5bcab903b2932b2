"""Floors under the figures on real pages; they may only be lowered on purpose.

The pages belong to their publishers and are no part of the project: where they do not lie beside it, these tests are
skipped. The scorers stand beside the pages.
"""

import json
import subprocess
import sys

import pytest
from conftest import ROOT, SHARED

import rag

pytestmark = pytest.mark.skipif(not (SHARED / "bench").is_dir(), reason="the real pages are not beside the project")


def score(name, *arguments):
    command = [sys.executable, str(SHARED / "bench" / name), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_articles_are_recovered_from_page_dumps():
    figures = score("score_articles.py")
    assert (figures["found"], figures["invented"], figures["leaked"]) == (23, 0, 0)
    assert (figures["title"], figures["date"]) == (23, 23)
    assert figures["outlet"] >= 22
    assert figures["author"] >= 22


def test_questions_over_those_pages_are_answered_with_their_evidence(tmp_path, real):
    rag.build([SHARED / "seeds"], index=tmp_path / "i", encoder=real).close()
    figures = score("score_questions.py", "--index", tmp_path / "i")
    assert figures["verbatim"][0] == figures["verbatim"][1]
    assert figures["dated"][0] == figures["dated"][1]
    assert figures["abstain-off"] == [4, 4]
    assert figures["evidence@k"][0] >= 33
    assert figures["evidence@1"][0] >= 25
    assert figures["quoted"][0] >= 30
    assert figures["answered"][0] >= 43


def test_ranking_on_time_1963(tmp_path):
    figures = score("score_retrieval.py", SHARED / "eval" / "time", "--index", tmp_path / "i")
    assert figures["ndcg@10"] >= 0.715
