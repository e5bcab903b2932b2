"""In a process that was forked while an index was open, using one is an error at once, and no wait without an end."""

import os
import subprocess
import sys

import pytest
from support import BRIDGE, HARBOUR, ROOT

import rag

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here"),
]
CODE = """
import faulthandler, os, sys, warnings
sys.path[:0] = [{root!r}, {tests!r}]
import rag
from support import WordEncoder

warnings.simplefilter("ignore")  # Python's own about forking

def asked(library):
    return library.ask("dock workers strike", min_confidence=0).passages[0].article_id

def forked(work):
    sys.stdout.flush()
    if child := os.fork():
        os.waitpid(child, 0)
        return
    faulthandler.dump_traceback_later(60, exit=True)
    try:
        print(work(), flush=True)
    except rag.LibraryError as error:
        print(error, flush=True)
    os._exit(0)

library = rag.open({index!r}, encoder=WordEncoder())
{steps}
"""
ERROR = "this process was forked from one in which an index was open"


def said(tmp_path, news, words, steps):
    rag.build([news(HARBOUR, BRIDGE)], index=tmp_path / "index", encoder=words).close()
    code = CODE.format(root=str(ROOT), tests=str(ROOT / "tests"), index=str(tmp_path / "index"), steps=steps)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.splitlines()


def test_a_library_that_has_answered_says_at_once_that_it_cannot_in_a_forked_process(tmp_path, news, words):
    first, *errors, last = said(
        tmp_path,
        news,
        words,
        """
print(asked(library))
forked(lambda: asked(library))
forked(lambda: [article.id for article in library.articles()])
forked(lambda: asked(rag.open(library._store.folder, encoder=WordEncoder())))
print(asked(library))""",
    )
    assert first == last == "harbour"
    assert [error.startswith(ERROR) and "after the fork" in error for error in errors] == [True] * 3


def test_a_library_that_is_not_in_use_yet_or_any_more_answers_in_a_forked_process(tmp_path, news, words):
    assert (
        said(
            tmp_path,
            news,
            words,
            """
forked(lambda: asked(library))
print(asked(library))
library.close()
forked(lambda: asked(library))
forked(lambda: asked(rag.open(library._store.folder, encoder=WordEncoder())))
print(asked(library))""",
        )
        == ["harbour"] * 5
    )
