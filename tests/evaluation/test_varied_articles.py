"""Articles for measurements of size: always the same by number, each of its own, some of them copies."""

import gzip
import json
import sys

import numpy as np
import pytest
from support import ROOT
from support.prose import prose

sys.path.insert(0, str(ROOT / "benchmarks"))
from varied_articles import RandomVectors, VariedArticles

from rag.provenance.duplicates import MIN_OVERLAP, overlap, shingles


@pytest.fixture
def varied(tmp_path):
    path = tmp_path / "articles.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for n in range(60):
            text = " ".join(f"{sentence} Near Tarn {n} rose." for sentence in prose(n, 10))
            file.write(
                json.dumps({"title": f"Harbour {n}", "outlet": f"Post {n}", "date": "2019-03-01", "text": text}) + "\n"
            )
    return VariedArticles(path)


def test_an_article_depends_on_its_number_alone(varied, tmp_path):
    articles = [varied.article(n) for n in range(200)]
    part = varied.write(tmp_path / "part.jsonl", range(150, 160))
    assert [json.loads(line) for line in part.read_text("utf-8").splitlines()] == articles[150:160]
    assert varied.titles([3, 5]) == [articles[3]["title"], articles[5]["title"]]
    assert len({article["text"] for article in articles}) == len({article["url"] for article in articles}) == 200


def test_few_articles_are_copies_of_another_one(varied):
    texts = [shingles(varied.article(n)["text"]) for n in range(200)]
    copies = [n for n in range(200) if any(overlap(texts[n], other) >= MIN_OVERLAP for other in texts[:n])]
    assert 1 <= len(copies) <= 20


def test_vectors_are_of_length_1_and_the_same_for_the_same_text():
    encoder = RandomVectors()
    whole, parts = encoder.encode(["salt pans", "a bridge"], [((0, 4), (5, 9)), ()])
    assert [own.shape for own in parts] == [(2, 384), (0, 384)]
    assert np.linalg.norm(whole, axis=1) == pytest.approx(1)
    assert (encoder.encode_question("salt pans") == whole[0]).all()
    assert abs(whole[0] @ whole[1]) < 0.3
