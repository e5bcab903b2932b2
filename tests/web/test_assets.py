"""The scripts and styles of the app: their addresses change with them, browsers keep them, everyone gets them."""

import re
from importlib import resources

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support import HARBOUR, ROOT

import rag
from rag.web import assets
from rag.web.launch import launch

TYPES = {"according.css": "text/css; charset=utf-8", "according.js": "text/javascript; charset=utf-8"}
YEAR = "private, max-age=31536000, immutable"


@pytest.fixture
def got():
    with TestClient(Starlette(routes=assets.routes())) as client:
        yield client.get


def addresses():
    return re.findall('(?:href|src)="(.*?)"', assets.tags())


@pytest.fixture
def changed(monkeypatch):
    """A function that gives a file of the app another content."""

    def change(name, content):
        kept = assets._content
        monkeypatch.setattr(assets, "_content", lambda asked: content if asked == name else kept(asked))

    return change


def test_the_page_loads_both_by_addresses_relative_to_the_apps_root(got):
    style, script = addresses()
    assert assets.tags() == f'<link rel="stylesheet" href="{style}"><script src="{script}"></script>'
    for address, name in ((style, "according.css"), (script, "according.js")):
        assert re.fullmatch(rf"{re.escape(name)}\?v=[0-9a-f]{{16}}", address)
        response = got(f"/{address}")
        assert (response.status_code, response.headers["content-type"]) == (200, TYPES[name])
        assert response.headers["cache-control"] == YEAR


@pytest.mark.parametrize("name", TYPES)
def test_an_address_changes_with_the_content_and_the_old_one_is_not_kept(got, changed, name):
    before = next(address for address in addresses() if address.startswith(name))
    others = {address for address in addresses() if not address.startswith(name)}
    changed(name, b"/* another version */")
    after = next(address for address in addresses() if address.startswith(name))
    assert before != after
    assert {address for address in addresses() if not address.startswith(name)} == others
    response = got(f"/{after}")
    assert (response.text, response.headers["cache-control"]) == ("/* another version */", YEAR)
    for address in (before, name, f"{name}?v=", f"{name}?v=x"):
        response = got(f"/{address}")
        assert (response.text, response.headers["cache-control"]) == ("/* another version */", "no-cache"), address


def test_they_hold_the_files_of_the_program_as_they_are(got):
    for name, files in assets.FILES.items():
        assert got(f"/{name}").text == "\n".join((ROOT / "rag" / "web" / file).read_text() for file in files)
    served = [file for files in assets.FILES.values() for file in files]
    pages = {"plain_page.css"}  # it is in the pages that have it
    present = {file.name for kind in ("css", "js") for file in (ROOT / "rag" / "web").glob(f"*.{kind}")}
    assert sorted(served) == sorted(present - pages), "each file is served once"


def test_nothing_else_is_served(got):
    for path in (
        "/app.js",
        "/app.css",
        "/according.py",
        "/according.css/..",
        "/according.js/app.py",
        "/plain_page.css",
    ):
        assert got(path).status_code == 404, path
    with TestClient(Starlette(routes=assets.routes())) as client:
        assert client.post("/according.js").status_code == 405


def test_the_package_has_them():
    """Both are read as resources of the package; tests/test_wheel.py compares the wheel with it."""
    for name in (name for files in assets.FILES.values() for name in files):
        assert resources.files("rag.web").joinpath(name).is_file(), name


@pytest.mark.server
def test_they_load_before_signing_in_with_the_security_headers(tmp_path, news, words):
    library = rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=words)
    address = launch(library, port=0, wait=False, auth="reader:secret")
    page = httpx.get(address).text
    head = page[: page.index("</head>")]
    for found in addresses():
        assert f'"{found}"' in head, "the page is drawn with its styles from the beginning"
        response = httpx.get(f"{address}{found}")
        assert (response.status_code, response.headers["cache-control"]) == (200, YEAR)
        assert response.headers["x-content-type-options"] == "nosniff"
    (nonce,) = re.findall(r"'nonce-([\w-]+)'", httpx.get(address).headers["Content-Security-Policy"])
    assert len(nonce) == 22
    assert httpx.get(f"{address}config").status_code == 401, "all else needs a reader who has signed in"
    assert httpx.get(f"{address}according.css/../config").status_code == 401
