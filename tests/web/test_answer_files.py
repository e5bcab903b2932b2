"""The files of an answer: kept in memory, for the session that was shown it, within a bound."""

import secrets

from starlette.applications import Starlette
from starlette.testclient import TestClient

from rag.web import answer_files
from rag.web.answer_files import AnswerFiles
from rag.web.sessions import COOKIE

ME, OTHER = "m" * 43, "o" * 43


def test_an_answers_file_is_for_the_session_that_was_shown_it():
    files = AnswerFiles()
    client = TestClient(Starlette(routes=[files.route()]))
    handle = files.keep(ME, {"bibtex": "@misc{a}", "markdown": "سه"})

    def get(handle, form, session):
        return client.get(f"/answer/{handle}?as={form}", headers={"Cookie": f"{COOKIE}={session}"} if session else {})

    got = get(handle, "markdown", ME)
    assert (got.status_code, got.text) == (200, "سه")
    assert got.headers["Content-Disposition"] == 'attachment; filename="according.md"'
    assert (got.headers["X-Content-Type-Options"], got.headers["Cache-Control"]) == ("nosniff", "no-store")
    for wrong in (
        (handle, "bibtex", OTHER), (handle, "bibtex", None), (handle, "csl-json", ME), (handle, "html", ME),
        (handle[:-1], "bibtex", ME), ("..", "bibtex", ME),
    ):  # fmt: skip
        assert get(*wrong).status_code == 404


def test_they_are_kept_within_a_bound_the_latest_longest(monkeypatch):
    monkeypatch.setattr(answer_files, "MAX_BYTES", 100_000)
    files = AnswerFiles()
    handles = [files.keep(ME, {"bibtex": secrets.token_hex(10_000)}) for _ in range(50)]
    assert files._kept.currsize <= 100_000
    assert files.text(ME, handles[-1], "bibtex")
    assert files.text(ME, handles[0], "bibtex") is None
    assert files.keep(ME, {"bibtex": secrets.token_hex(200_000)}) is None
