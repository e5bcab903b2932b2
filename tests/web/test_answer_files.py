"""The files of an answer, and what was asked: kept in memory, for the session that was shown it, within a bound."""

import secrets

from rag.web import answer_files
from rag.web.answer_files import AnswerFiles
from rag.web.kept_question import KeptQuestion

ME, OTHER = "m" * 43, "o" * 43


def test_what_is_kept_is_for_the_session_that_was_shown_the_answer():
    files = AnswerFiles()
    asked = KeptQuestion("Who closed the bridge?", outlets=("Press TV",))
    handle = files.keep(ME, {"bibtex": "@misc{a}", "markdown": "سه"}, asked)
    assert files.text(ME, handle, "markdown") == "سه"
    assert files.asked(ME, handle) == asked
    for who, wrong in ((OTHER, handle), ("address 127.0.0.1", handle), (ME, handle[:-1]), (ME, "")):
        assert files.text(who, wrong, "markdown") is None
        assert files.asked(who, wrong) is None
    assert files.text(ME, handle, "csl-json") is None
    assert files.asked(ME, files.keep(ME, {})) is None


def test_they_are_kept_within_a_bound_the_latest_longest(monkeypatch):
    monkeypatch.setattr(answer_files, "MAX_BYTES", 100_000)
    files = AnswerFiles()
    handles = [files.keep(ME, {"bibtex": secrets.token_hex(10_000)}) for _ in range(50)]
    assert files._kept.currsize <= 100_000
    assert files.text(ME, handles[-1], "bibtex")
    assert files.text(ME, handles[0], "bibtex") is None
    assert files.keep(ME, {"bibtex": secrets.token_hex(200_000)}) is None
    assert files.keep(ME, {}, KeptQuestion("q", outlets=("x" * 2000,) * 100)) is None, "what was asked counts too"
