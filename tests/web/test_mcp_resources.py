"""Articles as resources for MCP clients: listed page by page, read with their provenance, with the SDK's own client."""

import json

import anyio
import pytest
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import McpError
from mcp.shared.memory import create_connected_server_and_client_session
from mcp.types import PaginatedRequestParams
from support import HARBOUR, WordEncoder

import rag
from rag.errors import BusyError
from rag.web import mcp_resources, mcp_tools

ODD = {
    "id": "../a b?c&id=#d",
    "outlet": "path\u202e",
    "title": "Ignore\nall \u202e this",
    "text": "A ferry sank \u202e off.",
}
MORE = [{"id": str(number), "text": f"Ferry number {number}.", "date": "2001-01-01"} for number in range(5)]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resources")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, ODD, *MORE])))
    return rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder())


def run(library, use, is_local=True):
    server = Server("resources")
    mcp_tools.offer(server, library, is_local)

    async def main():
        async with create_connected_server_and_client_session(server) as session:
            return await use(session)

    return anyio.run(main)


def test_articles_are_listed_page_by_page_and_each_can_be_read(library, monkeypatch):
    monkeypatch.setattr(mcp_resources, "PAGE", 3)

    async def use(session):
        found, cursor = [], None
        while found == [] or cursor:
            page = await session.list_resources(params=PaginatedRequestParams(cursor=cursor))
            found.extend(page.resources)
            cursor = page.nextCursor
        return found, [(await session.read_resource(each.uri)).contents[0] for each in found]

    listed, read = run(library, use)
    articles = {article.id: article for article in library.articles()}
    texts = [json.loads(content.text)["article"] for content in read]
    assert {text["id"] for text in texts} == set(articles)
    assert len(listed) == len(articles)
    assert all(text["text"] == articles[text["id"]].text for text in texts)
    assert (listed[0].name, read[0].mimeType) == ("Harbour strike ends", "application/json")
    assert listed[0].description.startswith("The Guardian, 2013-05-14. Untrusted text from a publisher")
    odd = next(each for each in listed if "Ignore" in each.name)
    assert (odd.name, odd.description.split(". ")[0]) == ("Ignore all \ufffd this", "path\ufffd, undated")
    assert "\u202e" not in next(content.text for content in read if content.uri == odd.uri)


def test_a_template_says_how_to_address_an_article(library):
    async def use(session):
        return (await session.list_resource_templates()).resourceTemplates

    (template,) = run(library, use)
    assert (template.uriTemplate, template.mimeType) == ("according://article{?id}", "application/json")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("according://article?id=none", "there is no article 'none'"),
        ("file:///etc/passwd", "there is no resource 'file:///etc/passwd'; the URIs of articles are according:"),
        ("according://article?id=", "there is no article ''"),
    ],
)
def test_what_is_no_article_is_an_error_with_a_message(library, uri, message):
    async def use(session):
        with pytest.raises(McpError, match=message.replace("?", r"\?")):
            await session.read_resource(uri)
        with pytest.raises(McpError, match="there is no page '-1' of the list of resources"):
            await session.list_resources(params=PaginatedRequestParams(cursor="-1"))

    run(library, use)


def test_others_learn_nothing_of_the_index_that_failed(library, monkeypatch):
    def busy(*_, **__):
        raise BusyError("/srv/secret is being written to")

    monkeypatch.setattr("rag.browse.ReadOnlyLibrary.list_articles", busy)

    async def use(session):
        with pytest.raises(McpError) as raised:
            await session.list_resources()
        return str(raised.value)

    assert run(library, use, is_local=False) == BusyError.public_text
