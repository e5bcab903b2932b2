"""A build says how far it is, in a line where no bar can be drawn."""

import time

from rag.ingest import progress


def test_a_long_build_prints_lines_and_a_short_one_none(monkeypatch, capsys):
    with progress.progress_of_articles() as shown:
        shown.update(64)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "SECONDS", 0.02)
    with progress.progress_of_articles() as shown:
        shown.update(64)
        shown.update(5)
        time.sleep(0.2)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 2
    assert set(lines) == {"according: 69 articles done, 0 s ..."}
