"""The JSON API in one step, and its description, on a server: the same results and the same limits as all ways in."""

import json
from collections import Counter
from urllib.parse import quote

import anyio
import gradio as gr
import httpx
import pytest
from starlette.testclient import TestClient
from support import BRIDGE, HARBOUR, ORCHARD, WordEncoder

import rag
from rag.client import Client, ServerError
from rag.errors import BusyError, LibraryError
from rag.web import gradio_internals, places
from rag.web.endpoints import endpoints
from rag.web.json_api import create_api
from rag.web.json_types import RESULTS, ListedArticles
from rag.web.launch import launch
from rag.web.security import SecurityMiddleware

QUESTION = "Who ended the strike of dock workers on Tuesday?"
ODD = {
    "id": "a/b?c#d ..",
    "outlet": "The Quay <Gazette>",
    "text": "A ferry sank \u202e off the cape, the captain said.",
}
GIVEN = {
    "ask": {"question": QUESTION, "k": 3},
    "search": {"question": "strike", "k": 2, "undated": False},
    "compare": {"question": QUESTION, "by": "outlet"},
    "timeline": {"question": QUESTION},
    "coverage": {"article_id": "harbour"},
    "dossier": {"question": QUESTION},
    "article": {"article_id": "harbour"},
    "outlets": {},
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, BRIDGE, ORCHARD, ODD])))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder())


@pytest.fixture(scope="module")
def client(library):
    return TestClient(create_api(library), base_url="http://127.0.0.1")


@pytest.mark.parametrize("name", GIVEN)
def test_each_endpoint_answers_in_one_step_and_as_its_description_says(library, client, name):
    got = client.post(f"/{name}", json=GIVEN[name])
    assert got.status_code == 200, got.text
    expected = json.loads(json.dumps(endpoints(library)[name](**GIVEN[name])))
    assert got.json() == expected
    assert RESULTS[name].model_validate(expected).model_dump(mode="json") == expected  # no field is left out
    assert got.headers["cache-control"] == "no-store"


def test_a_coverage_of_nothing_is_as_described_too(library):
    found = json.loads(json.dumps(endpoints(library)["coverage"]("What is a black hole?", strict=True)))
    assert found["found"] is False
    assert RESULTS["coverage"].model_validate(found).model_dump(mode="json") == found


def test_articles_are_listed_searched_and_given_one_by_one(client):
    listed = client.get("/articles", params={"order": "title", "limit": 2}).json()
    assert ListedArticles.model_validate(listed).model_dump(mode="json") == listed
    assert (listed["total"], [a["title"] for a in listed["articles"]]) == (4, ["Bridge closed", "Frost"])
    assert listed["articles"][0]["outlet_basis"] == "metadata: outlet"
    assert [a["id"] for a in client.get("/articles?outlet=Reuters").json()["articles"]] == ["orchard"]
    assert [a["id"] for a in client.get("/articles?find=harb&year=2013").json()["articles"]] == ["harbour"]
    one = client.get(f"/articles/{quote(ODD['id'], safe='')}").json()["article"]
    assert (one["text"], one["outlet"]) == (ODD["text"], ODD["outlet"])
    assert client.get("/outlets").json() == client.post("/outlets", json={}).json()


MISTAKES = [
    ("ask", {}, 422, "question: Field required"),
    ("ask", {"question": " "}, 422, "the question is empty; ask something"),
    ("ask", {"question": "x", "k": "5"}, 422, "k: Input should be a valid integer"),
    ("ask", {"question": "x", "k": 0}, 422, "k: Input should be greater than or equal to 1"),
    ("ask", {"question": "x", "outlets": [None]}, 422, "outlets.0: Input should be a valid string"),
    ("ask", {"question": "x", "kk": 1}, 422, "kk: Extra inputs are not permitted"),
    ("ask", {"question": "x", "after": "soon"}, 422, "soon"),
    ("article", {"article_id": "none"}, 404, "there is no article 'none'"),
    ("nothing", {}, 404, "Not Found"),
]


@pytest.mark.parametrize(("name", "given", "status", "message"), MISTAKES)
def test_a_mistake_has_a_status_and_a_sentence(client, name, given, status, message):
    got = client.post(f"/{name}", json=given)
    assert (got.status_code, list(got.json())) == (status, ["detail"])
    assert message in got.json()["detail"]


def test_what_fails_in_the_index_names_nothing_of_this_machine_to_others(library, monkeypatch):
    def busy(*_, **__):
        raise BusyError("/srv/secret/index is being written to")

    def broken(*_, **__):
        raise ValueError("/srv/secret")

    others = TestClient(create_api(library, is_local=False))
    monkeypatch.setattr(type(library), "ask", busy)
    got = others.post("/ask", json={"question": "x"})
    assert (got.status_code, got.json()["detail"]) == (503, BusyError.public_text)
    monkeypatch.setattr(type(library), "ask", broken)
    got = others.post("/ask", json={"question": "x"})
    assert (got.status_code, "secret" in got.text) == (500, False)
    monkeypatch.setattr(type(library), "list_articles", busy)
    monkeypatch.setattr("rag.browse.ReadOnlyLibrary.list_articles", busy)
    got = others.get("/articles")
    assert (got.status_code, got.json()["detail"]) == (503, BusyError.public_text)


def test_an_index_that_is_not_available_has_the_same_status_for_all(library, monkeypatch):
    def damaged(*_, **__):
        try:
            raise OSError(5, "Input/output error")
        except OSError as error:
            raise LibraryError("the index is damaged") from error

    monkeypatch.setattr(type(library), "ask", damaged)
    apps = [TestClient(create_api(library, is_local=is_local)) for is_local in (True, False)]
    assert [app.post("/ask", json={"question": "x"}).status_code for app in apps] == [503, 503]


def test_half_a_character_in_a_question_comes_back_as_json(client):
    got = client.post("/ask", content=b'{"question": "strike \\ud800"}', headers={"Content-Type": "application/json"})
    assert got.json()


def test_the_description_is_openapi_with_every_argument_and_result(client):
    found = client.get("/openapi.json").json()
    assert found["openapi"].startswith("3.")
    assert set(found["paths"]) == {*(f"/{name}" for name in GIVEN), "/articles", "/articles/{article_id}"}
    schemas = found["components"]["schemas"]
    ask = schemas["AskArguments"]
    assert (ask["required"], ask["additionalProperties"]) == (["question"], False)
    assert all(value["description"] for value in ask["properties"].values())
    assert ask["properties"]["k"] | {"title": ""} == {
        "default": 5, "description": "maximum number of passages", "maximum": 1000, "minimum": 1, "title": "",
        "type": "integer",
    }  # fmt: skip
    assert {"quote_url", "outlet_basis", "variants"} <= set(schemas["Passage"]["properties"])
    post = found["paths"]["/ask"]["post"]
    assert set(post["responses"]) == {"200", "401", "422", "429", "500", "503"}
    assert post["responses"]["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Answer"}
    assert found["servers"] == [{"url": "../api"}]


# On a server


@pytest.fixture(scope="module")
def url(library):
    yield launch(library, port=0, wait=False)
    gr.close_all()


@pytest.mark.server
def test_a_server_answers_like_the_endpoints(library, url):
    got = httpx.post(f"{url}api/ask", json={"question": QUESTION}, timeout=60)
    assert got.json() == json.loads(json.dumps(endpoints(library)["ask"](QUESTION)))
    assert got.headers["x-frame-options"] == "DENY"
    assert "default-src 'self'" in got.headers["content-security-policy"]
    assert httpx.get(f"{url}api/articles/harbour", timeout=60).json()["article"]["title"] == "Harbour strike ends"
    assert httpx.get(f"{url}api/outlets", timeout=60).json()["outlets"]


@pytest.mark.server
@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("api/ask", {"json": {"question": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}}}, 403),
        ("api/ask", {"data": {"question": "x"}}, 415),
        ("api/ask", {"content": '{"question": "x"}', "headers": {"Content-Type": "text/plain"}}, 415),
        ("api/ask", {"content": "{", "headers": {"Content-Type": "application/json"}}, 400),
        ("api/ask", {"content": '{"question": NaN}', "headers": {"Content-Type": "application/json"}}, 400),
        ("api/ask", {"content": "[" * 5000, "headers": {"Content-Type": "application/json"}}, 400),
        ("api/ask", {"json": {"question": "x", "outlets": ["y"] * 20_000}}, 413),
        ("api/ask", {"json": {"question": "x" * 2**21}}, 413),
        ("api/ask", {"json": {"question": "x"}, "headers": {"Origin": "https://evil.example"}}, 403),
        ("api/ask", {"json": {"question": "x"}, "headers": {"Host": "evil.example"}}, 421),
        ("api/ask/", {"json": {"question": "x"}}, 404),
        ("api/remove", {"json": {"ids": ["harbour"]}}, 404),
        ("api/articles/harbour", {"json": {}}, 404),
    ],
)
def test_what_no_way_in_lets_through_is_refused_here_too(url, path, given, status):
    assert httpx.post(f"{url}{path}", **given, timeout=60).status_code == status


@pytest.mark.server
def test_a_question_takes_a_place_among_the_questions_and_waits_its_turn(url, monkeypatch):
    monkeypatch.setattr(places._Places, "one", _full)
    got = httpx.post(f"{url}api/ask", json={"question": QUESTION}, timeout=60)
    assert (got.status_code, got.headers["retry-after"], list(got.json())) == (503, "5", ["detail"])


def _full(*_):
    raise places.RefusedError(503, "busy", 5)


def test_only_two_are_worked_on_at_a_time(monkeypatch):
    """Through the middleware alone: the third question begins when one of the first two is done."""

    monkeypatch.setattr(places, "_queued", lambda _: Counter())

    async def run():
        begun, go = [], anyio.Event()

        async def app(scope, receive, send):
            begun.append(scope["path"])
            await go.wait()

        guarded = places.PlacesMiddleware(app, is_local=True)
        scope = {"type": "http", "method": "POST", "path": "/api/ask", "client": ("127.0.0.1", 1)}
        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(guarded, dict(scope), anyio.sleep_forever, None)
            await anyio.wait_all_tasks_blocked()
            assert len(begun) == places.MAX_CONCURRENT
            go.set()
        assert len(begun) == 3

    anyio.run(run)


@pytest.mark.parametrize(("path", "media"), [("/api/ask", "application/json"), ("/article/x", "text/plain")])
def test_who_has_not_signed_in_learns_it_in_the_form_that_the_caller_reads(monkeypatch, path, media):
    monkeypatch.setattr(gradio_internals, "has_sign_in", lambda _: True)
    monkeypatch.setattr(gradio_internals, "reader_of", lambda _: None)
    got = TestClient(SecurityMiddleware(lambda *_: None)).post(path, json={"question": "x"})
    assert (got.status_code, got.headers["content-type"].partition(";")[0]) == (401, media)
    assert "sign in on the home page of this app" in (got.json()["detail"] if "json" in media else got.text)


@pytest.mark.server
def test_with_a_sign_in_nothing_is_answered_before_it(library):
    address = launch(library, port=0, wait=False, auth="reader:secret")
    try:
        with httpx.Client(base_url=address, timeout=60) as session:
            for call in (
                lambda: session.post("api/ask", json={"question": QUESTION}),
                lambda: session.get("api/articles"),
                lambda: session.get("api/articles/harbour"),
                lambda: session.get("api/openapi.json"),
            ):
                assert call().status_code == 401
            assert session.post("login", data={"username": "reader", "password": "secret"}).status_code == 200
            assert session.post("api/ask", json={"question": QUESTION}).json()["passages"]
        with Client(address, auth=("reader", "secret")) as client:
            assert client.ask(QUESTION).passages
        with pytest.raises(ServerError):
            Client(address, auth=("reader", "wrong"))
    finally:
        gr.close_all()
