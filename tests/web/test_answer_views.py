"""The views of an answer: made when they are opened, for the reader who was shown the answer, of the index as it is."""

import datetime as dt
import re
from collections import Counter

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support import BRIDGE, HARBOUR, ORCHARD
from support.hostile import EVIL

import rag
from rag.comparison.dossier import pdf
from rag.errors import CitationError, EncoderError, LibraryError
from rag.query.query import NOW
from rag.web.answer_files import AnswerFiles
from rag.web.answer_views import MAX_MADE, MAX_MADE_BYTES, AnswerViews
from rag.web.dossier_files import DOSSIERS, dossiers_html
from rag.web.kept_question import KeptQuestion, day_of_asking
from rag.web.sessions import COOKIE
from rag.web.urls import answer_url, view_url

ME, OTHER = "m" * 43, "o" * 43
ASKED = KeptQuestion("Who closed the old bridge?", min_confidence=0)
VIEWS = ("side-by-side", "timeline")


@pytest.fixture
def library(tmp_path, news, words):
    return rag.build([news(HARBOUR, BRIDGE, ORCHARD)], index=tmp_path / "index", encoder=words)


class Reader:
    """A reader's browser, and what is kept for it."""

    def __init__(self, library, is_local=True):
        self.library, self.files = library, AnswerFiles()
        self.client = TestClient(Starlette(routes=AnswerViews(library, self.files, is_local).routes()))

    def shown(self, asked=ASKED, **texts):
        return self.files.keep(ME, texts, asked)

    def get(self, url, session=ME):
        return self.client.get(f"/{url}", headers={"Cookie": f"{COOKIE}={session}"} if session else {})


@pytest.fixture
def reader(library):
    return Reader(library)


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_a_fragment_of_html_that_nobody_keeps(reader, view):
    got = reader.get(view_url(reader.shown(), view))
    assert (got.status_code, got.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (got.headers["X-Content-Type-Options"], got.headers["Cache-Control"]) == ("nosniff", "no-store")
    assert got.text.startswith('<div class="according ')
    assert got.text.endswith("</div>")
    assert "Engineers closed the old bridge" in got.text


@pytest.mark.parametrize("view", [*VIEWS, ""])
def test_only_the_readers_own_cookie_opens_it(reader, view):
    handle = reader.shown(markdown="text")
    url = view_url(handle, view) if view else answer_url(handle, "markdown")
    assert reader.get(url).status_code == 200
    for got in (
        reader.get(url, OTHER), reader.get(url, None), reader.get(url.replace(handle, handle[:-1])),
        reader.get(url.replace(handle, "..")),
    ):  # fmt: skip
        assert got.status_code == 404
    assert reader.get(url, OTHER).text in (
        "This answer is no longer kept; ask the question again.\n",
        "This file is no longer kept; ask the question again.\n",
    )


def test_of_an_answer_without_its_question_there_are_files_and_no_views(reader):
    handle = reader.shown(None, markdown="text")
    assert reader.get(answer_url(handle, "markdown")).text == "text"
    assert [reader.get(view_url(handle, view)).status_code for view in VIEWS] == [404, 404]
    assert reader.get(answer_url(handle, "dossier-html")).status_code == 404


def test_rows_are_sorted_as_the_url_says(reader):
    handle = reader.shown(
        KeptQuestion("Was the old bridge, the strike of dock workers or the apple blossom ended?", min_confidence=0)
    )

    def outlets(sort):
        got = reader.get(view_url(handle, "side-by-side", sort=sort)).text
        return re.findall('<th role="rowheader" scope="row"><strong><bdi>(.*?)</bdi>', got)

    assert outlets("oldest") == ["The Guardian", "Press TV", "Reuters"], "the undated one last"
    assert outlets("newest") == ["Press TV", "The Guardian", "Reuters"]
    assert outlets("kind") == ["Reuters", "The Guardian", "Press TV"], "news agency, newspaper, broadcaster"
    wrong = reader.get(view_url(handle, "side-by-side", sort="<b>"))
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert wrong.text == "There is no order '<b>'; choose from kind, newest, oldest, closeness.\n"


def test_it_is_asked_as_it_was_with_the_filters_of_then(reader, monkeypatch):
    asked = KeptQuestion(
        "bridge?",
        ("Press TV",),
        "2014-01-01",
        "2016-01-01",
        None,
        NOW,
        ("old",),
        0,
        ("broadcaster",),
        False,
        ("x",),
        True,
    )
    given = {}
    made = {
        name: getattr(reader.library, name)("bridge", min_confidence=0) for name in ("compare", "timeline", "dossier")
    }
    for name, of in made.items():

        def asks(of=of, name=name, **arguments):
            given[name] = arguments
            return of

        asks.__name__ = name
        monkeypatch.setattr(reader.library, name, asks)
    handle = reader.shown(asked)
    for url in (*(view_url(handle, view) for view in VIEWS), answer_url(handle, "dossier-html")):
        assert reader.get(url).status_code == 200
    expected = {
        "question": "bridge?", "outlets": ("Press TV",), "after": "2014-01-01", "before": "2016-01-01",
        "previous": None, "asked_on": "now", "ignore": ("old",), "min_confidence": 0, "outlet_kinds": ("broadcaster",),
        "undated": False, "exclude_outlets": ("x",), "strict": True,
    }  # fmt: skip
    assert given == {"compare": expected, "timeline": expected, "dossier": expected}


def test_last_year_stays_the_year_that_the_answer_counted(library):
    before = dt.date(2016, 6, 1)
    answer = library.ask("Who closed the old bridge last year?", min_confidence=0, asked_on=before)
    assert day_of_asking(answer) == before
    assert day_of_asking(library.ask("Who closed the old bridge?", min_confidence=0, asked_on=before)) == NOW


def test_a_view_is_made_once_for_a_state_of_the_index(reader, news, monkeypatch):
    made = []
    own = reader.library.compare

    def compare(**arguments):
        made.append(arguments)
        return own(**arguments)

    monkeypatch.setattr(reader.library, "compare", compare)
    handle = reader.shown()
    first = reader.get(view_url(handle, "side-by-side"))
    reader.get(view_url(handle, "side-by-side", sort="newest"))
    assert reader.get(view_url(handle, "side-by-side")).text == first.text
    assert len(made) == 1
    assert reader.get(view_url(handle, "side-by-side"), OTHER).status_code == 404
    reader.library.add([news(BRIDGE | {"text": "Engineers closed the old bridge for nine years."})])
    assert "nine years" in reader.get(view_url(handle, "side-by-side")).text
    assert len(made) == 2


def test_views_that_are_kept_have_a_bound_in_number_and_in_bytes(library, monkeypatch):
    made = Counter()
    comparison = library.compare("bridge", min_confidence=0)

    def compare(question, **_):
        made[question] += 1
        return comparison if question.startswith("small") else ["x" * int(question)]

    monkeypatch.setattr(library, "compare", compare)
    views = AnswerViews(library, AnswerFiles())

    def view(question):
        views._once(question, library.compare, KeptQuestion(question))
        return made[question]

    for number in range(MAX_MADE + 1):
        view(f"small {number}")
    assert (view("small 1"), view("small 0")) == (1, 2), "the one that was used longest ago was forgotten"
    for size in range(9):
        view(str(8 * 2**20 + size))
    assert len(views._made) <= 4
    assert sum(len(kept[0]) for kept in views._made.values()) <= MAX_MADE_BYTES
    assert (view(str(8 * 2**20 + 8)), view("small 1")) == (1, 2)
    assert [view(str(MAX_MADE_BYTES)) for _ in range(2)] == [1, 2], "one that is too large is shown all the same"


@pytest.mark.parametrize(
    ("name", "start", "media"),
    [
        ("dossier-html", "<!doctype html>", "text/html; charset=utf-8"),
        ("dossier-markdown", "# Who closed the old bridge?", "text/markdown; charset=utf-8"),
        ("dossier-pdf", "%PDF", "application/pdf"),
    ],
)
def test_the_dossier_is_a_file_to_download(reader, name, start, media):
    got = reader.get(answer_url(reader.shown(), name))
    assert (got.status_code, got.headers["content-type"]) == (200, media)
    assert got.content.lower().startswith(start.lower().encode())
    assert got.headers["content-disposition"] == f'attachment; filename="according-dossier{DOSSIERS[name].suffix}"'
    assert reader.get(answer_url(reader.shown(), name), OTHER).status_code == 404


def test_without_what_writes_pdf_it_is_not_offered_and_says_so(reader, monkeypatch):
    assert dossiers_html("H").count("<a ") == 3
    monkeypatch.setattr(pdf.importlib.util, "find_spec", lambda name: None)
    links = re.findall('href="(.*?)" download>(.*?)<', dossiers_html("H"))
    assert links == [
        ("answer/H?as=dossier-html", "Dossier as HTML"), ("answer/H?as=dossier-markdown", "Dossier as Markdown"),
    ]  # fmt: skip
    got = reader.get(answer_url(reader.shown(), "dossier-pdf"))
    assert got.status_code == 501
    assert got.text == "To write PDF: pip install 'according[pdf]'; HTML and Markdown need nothing more.\n"


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (LibraryError("/secret/index is damaged"), 500, "The index is not available at the moment"),
        (EncoderError("/secret/model is damaged"), 500, "Questions cannot be encoded at the moment"),
        (CitationError("the words quoted are not those stored"), 500, "The words quoted are not those stored.\n"),
    ],
)
@pytest.mark.parametrize("path", [*VIEWS, ""])
def test_an_error_of_the_index_is_told_without_what_is_private(library, monkeypatch, error, status, said, path):
    def fails(**arguments):
        raise error

    for name in ("compare", "timeline", "dossier"):
        monkeypatch.setattr(library, name, fails)
    reader = Reader(library, is_local=False)
    handle = reader.shown()
    got = reader.get(view_url(handle, path) if path else answer_url(handle, "dossier-html"))
    assert (got.status_code, got.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert got.text.startswith(said)
    assert "secret" not in got.text


def test_a_filter_that_nothing_knows_any_more_is_the_askers_error(reader):
    got = reader.get(view_url(reader.shown(KeptQuestion("bridge?", outlets=("Nobody’s Post",))), "timeline"))
    assert got.status_code == 400
    assert "Nobody’s Post" in got.text


def test_hostile_text_is_no_markup_in_any_view(tmp_path, news, words):
    evil = {
        "id": 'a"><img>', "outlet": EVIL[:150], "host": "h</bdi><img src=x>.example", "title": EVIL,
        "date": "2015-01-02", "url": "javascript:alert(1)", "text": f"The old bridge was closed. {EVIL}",
    }  # fmt: skip
    reader = Reader(rag.build([news(evil, HARBOUR)], index=tmp_path / "evil", encoder=words))
    handle = reader.shown(KeptQuestion("Who <b>closed</b> the old bridge?", min_confidence=0))
    for view in VIEWS:
        got = reader.get(view_url(handle, view)).text
        assert "old bridge was closed" in got
        assert "<img" not in got
        assert "<script" not in got
        assert "<b>" not in got
        assert 'href="javascript' not in got
