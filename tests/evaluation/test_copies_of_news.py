"""Copies of real news, altered as republishers alter them: who is named, and what is seen of the changes."""

import gzip
import itertools
import sys

import pytest
from support import ROOT, SHARED

NEWS = SHARED / "eval" / "allsides" / "articles-12k.jsonl.gz"


@pytest.mark.slow
@pytest.mark.skipif(not NEWS.exists(), reason="the collection of news is not here")
def test_exactly_those_that_print_a_quotation_are_named_and_every_change_is_seen(monkeypatch, tmp_path):
    """On copies of 25 articles among the first thousand, since reading all of them takes most of the time."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    from copies import measure
    from hashing_encoder import HashingEncoder

    with gzip.open(NEWS) as news:
        (tmp_path / "news.jsonl").write_bytes(b"".join(itertools.islice(news, 1000)))
    figures = measure([str(tmp_path / "news.jsonl")], 25, HashingEncoder(), seed=5)
    assert figures["credited"][1] > 200
    assert figures["visible"][1] > 10
    assert {name: total - right for name, (right, total) in figures.items()} == dict.fromkeys(figures, 0)
