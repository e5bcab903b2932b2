"""The client for programs on other machines: typed answers, articles page by page, errors that say what to do."""

import datetime as dt
import json
import subprocess
import sys

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from support import BRIDGE, HARBOUR, ROOT, WordEncoder

import rag
from rag.client import Client, ServerError
from rag.errors import AccordingError
from rag.web.json_api import create_api

QUESTION = "Who ended the strike of dock workers on Tuesday?"
ODD = [
    {"id": f"a/b? #{number} ..", "outlet": "The Quay Gazette", "text": f"Ferry number {number} sank."}
    for number in range(120)
] + [{"id": "..", "outlet": "The Quay Gazette", "text": "The last ferry sank."}]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, BRIDGE, *ODD])))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder())


@pytest.fixture(scope="module")
def client(library):
    """Connected without a socket to the app that `launch` mounts."""
    served = TestClient(Starlette(routes=[Mount("/api", create_api(library))]))

    def forwarded(request):
        got = served.request(request.method, str(request.url), content=request.read(), headers=dict(request.headers))
        return httpx.Response(got.status_code, headers=dict(got.headers), content=got.content)

    with Client("http://127.0.0.1", transport=httpx.MockTransport(forwarded)) as client:
        yield client


def test_an_answer_is_typed_and_has_the_whole_json(client, library):
    answer, expected = client.ask(QUESTION, k=2, outlets=["guardian"]), library.ask(QUESTION, 2, ["guardian"])
    assert (answer.question, answer.grade, answer.notice) == (
        QUESTION,
        "near",
        "Nearest passages. They may not answer.",
    )
    first, cited = answer.passages[0], expected.passages[0]
    assert (first.article_id, first.text, first.quotation) == ("harbour", cited.text, cited.quotation)
    assert (first.outlet, first.date, first.quote_url) == ("The Guardian", dt.date(2013, 5, 14), cited.quote_url)
    assert answer.json == {"version": 1} | json.loads(json.dumps(expected.to_dict()))
    assert first.json == answer.json["passages"][0]


def test_groups_are_compared_and_any_endpoint_called(client):
    assert client.compare("Who closed the old bridge?")["Press TV"].article_id == "bridge"
    assert client.call("search", question="bridge", k=1)["hits"][0]["outlet"] == "Press TV"


def test_articles_come_page_by_page_and_one_by_one(client, library):
    ids = [article["id"] for article in client.articles()]
    assert sorted(ids) == sorted(article.id for article in library.articles())
    for odd in (ODD[7], ODD[-1]):
        assert client.article(odd["id"])["text"] == odd["text"]
    assert [article["id"] for article in client.articles(find="harbour")] == ["harbour"]
    assert list(client.articles(year=1900)) == []


@pytest.mark.parametrize(
    ("call", "status", "message"),
    [
        (lambda c: c.ask(" "), 422, "the question is empty; ask something"),
        (lambda c: c.ask("x", k=0), 422, "k: Input should be greater than or equal to 1"),
        (lambda c: c.article("none"), 404, "there is no article 'none'"),
    ],
)
def test_a_mistake_is_an_error_with_the_servers_sentence(client, call, status, message):
    with pytest.raises(ServerError, match=message) as raised:
        call(client)
    assert (raised.value.status, raised.value.retry_after) == (status, None)
    assert isinstance(raised.value, AccordingError)


@pytest.mark.parametrize(
    ("response", "status", "after", "message"),
    [
        (httpx.Response(503, text="The app is busy.\n", headers={"Retry-After": "5"}), 503, 5, "The app is busy."),
        (httpx.Response(401, text="Not signed in"), 401, None, "Not signed in"),
        (httpx.Response(200, text="<html>"), 200, None, "<html>"),
        (httpx.Response(200, json=[1]), 200, None, "1"),
        (httpx.ConnectError("refused"), None, None, "no answer from http://127.0.0.1:7860/: refused"),
    ],
)
def test_a_server_that_is_busy_closed_or_another_is_an_error_too(response, status, after, message):
    def answered(_):
        if isinstance(response, Exception):
            raise response
        return response

    client = Client(transport=httpx.MockTransport(answered))
    with pytest.raises(ServerError, match=message) as raised:
        client.call("ask", question="x")
    assert (raised.value.status, raised.value.retry_after) == (status, after)


def test_the_client_loads_no_model_and_is_at_most_150_lines():
    code = "import sys, rag.client; assert not {'torch', 'numpy', 'gradio', 'faiss', 'pydantic'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    assert len((ROOT / "rag" / "client.py").read_text().splitlines()) <= 150
