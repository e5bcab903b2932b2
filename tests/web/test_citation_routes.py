"""The app serves each citation that it shows as a file, made of the stored article."""

import datetime as dt
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support import BRIDGE, HARBOUR
from support.hostile import EVIL

import rag
from rag.answer.export import COPIED, FORMS, key
from rag.web import citation_routes
from rag.web.urls import citation_url


@pytest.fixture
def library(tmp_path, news, words):
    evil = {"id": "a/b?c#../\u202e", "title": EVIL, "outlet": EVIL, "text": f"The minister spoke. {EVIL} He left."}
    return rag.build([news(HARBOUR, BRIDGE, evil)], index=tmp_path / "index", encoder=words)


def got(library, url):
    with TestClient(Starlette(routes=citation_routes.routes(library))) as client:
        return client.get(url)


def citation_of(library, question):
    return library.ask(question, k=1, min_confidence=0).passages[0]


@pytest.mark.parametrize("form", FORMS | COPIED)
def test_a_download_holds_the_citation_of_its_link(library, form):
    for question in ("dock workers strike", "the minister spoke"):
        citation = citation_of(library, question)
        response = got(library, citation_url(citation, form))
        assert response.status_code == 200
        of = (FORMS | COPIED)[form]
        assert response.text == of.write(citation, dt.date.today(), library.catalogue)
        assert response.headers["content-type"] == f"{of.media}; charset=utf-8"
        assert response.headers["x-content-type-options"] == "nosniff"
        name = f"{key(citation)}{of.suffix}"
        assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert re.fullmatch(r"[a-z0-9]+-[0-9a-f]{32}\.(md|bib|json|ris|txt)", name)


def test_a_quote_is_plain_text_whatever_the_article_holds(library):
    for form in COPIED:
        response = got(library, citation_url(citation_of(library, "the minister spoke"), form))
        assert "<" in response.text, "it is not escaped: nothing shows it as HTML"
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize("article_id", ["a\nb", "a\r\nb", "..", "a\u2028b", "a/../b"])
def test_a_citation_of_an_article_with_any_id_can_be_downloaded(tmp_path, news, words, article_id):
    library = rag.build([news(HARBOUR | {"id": article_id})], index=tmp_path / "any", encoder=words)
    citation = citation_of(library, "dock workers strike")
    assert citation.article_id == article_id
    (item,) = got(library, citation_url(citation, "csl-json")).json()
    assert item["id"] == key(citation)


def test_a_citation_can_be_downloaded_after_its_article_has_changed(library, news):
    citation = citation_of(library, "Engineers closed the old bridge")
    library.add([news(BRIDGE | {"text": "Nobody has closed anything. " * 5})])
    (item,) = got(library, citation_url(citation, "csl-json")).json()
    assert item["abstract"] == citation.quotation
    assert "closed the old bridge" in item["abstract"]
    ignore = re.sub("&key=[^&]*", "", citation_url(citation, "csl-json"))
    assert got(library, ignore).json()[0]["abstract"].startswith("Nobody has closed")
    library.remove(["bridge"])
    assert got(library, citation_url(citation, "csl-json")).status_code == 404


@pytest.mark.parametrize(
    ("url", "status", "why"),
    [
        ("cite/harbour?at=0-43&quote=0-43", 400, "as=FORM, one of markdown, bibtex, csl-json, ris, quote, passage"),
        ("cite/harbour?at=0-43&quote=0-43&as=exe", 400, "as=FORM"),
        ("cite/harbour?as=bibtex", 400, "at=START-END"),
        ("cite/harbour?at=0-43&quote=zero-43&as=bibtex", 400, "quote=START-END"),
        ("cite/harbour?at=0-43&quote=-3--1&as=bibtex", 400, "quote=START-END"),
        ("cite/harbour?at=0-43&quote=0-٤٣&as=bibtex", 400, "quote=START-END"),
        (f"cite/harbour?at=0-{'9' * 5000}&quote=0-43&as=bibtex", 400, "at=START-END"),
        ("cite/tunnel?at=0-43&quote=0-43&as=bibtex", 404, "no readable article with this ID"),
        ("cite/%ED%A0%80?at=0-43&quote=0-43&as=bibtex", 404, "no readable article with this ID"),
        ("cite/?at=0-43&quote=0-43&as=bibtex", 404, "no readable article with this ID"),
        ("cite/harbour?at=0-999999&quote=0-43&as=bibtex", 404, "No stored version of this article has these words"),
        ("cite/harbour?at=0-43&quote=0-44&as=bibtex", 404, "No stored version"),
        ("cite/harbour?at=43-0&quote=43-0&as=bibtex", 404, "No stored version"),
        ("cite/harbour?at=0-43&quote=5-5&as=bibtex", 404, "No stored version"),
        (f"cite/harbour?at=0-43&quote=0-43&as=bibtex&key=theguardian2013-{'0' * 32}", 404, "No stored version"),
        ("cite/harbour?at=0-43&quote=0-43&as=bibtex&key=theguardian2013-000000000000", 410, "an earlier version of"),
    ],
)
def test_a_request_that_cannot_be_served_says_why(library, url, status, why):
    response = got(library, url)
    assert (response.status_code, response.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert why in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in response.headers
