"""Fetch the plain pages of the app, and read them."""

import asyncio

import httpx
from lxml import html
from starlette.applications import Starlette

from rag.web import article_pages, contents_pages

PARAGRAPHS = (
    "The council met on Monday. Nobody spoke of the bridge.",
    "On Tuesday the mayor said that the bridge must close. Two pillars are cracked.",
    "Traffic goes over the ring road. Nobody knows for how long.",
)
MEETING = {"id": "meeting", "outlet": "The Echo", "date": "2016-02-03", "text": "\n\n".join(PARAGRAPHS)}


def fetch(library, url, root_path="", is_local=True, **headers):
    """The response at a URL relative to the app's root."""
    routes = [*article_pages.routes(library, is_local), *contents_pages.routes(library, is_local)]
    app = httpx.ASGITransport(Starlette(routes=routes), root_path=root_path)

    async def asked():
        async with httpx.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
            return await client.get(f"/{url}", headers=headers)

    return asyncio.run(asked())


def get(library, url, status=200):
    """The page at a URL relative to the app's root, parsed."""
    response = fetch(library, url)
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return html.document_fromstring(response.text)


def texts(page, path):
    return [" ".join(element.text_content().split()) for element in page.cssselect(path)]


def known(page):
    return dict(zip(texts(page, "dt"), texts(page, "dd"), strict=True))


def rows(page, heading):
    """The cells of each row of the table below a heading."""
    (table,) = page.xpath(f'//h2[starts-with(., "{heading}")]/following-sibling::table[1]')
    return [[" ".join(cell.text_content().split()) for cell in row.iter("td")] for row in table.cssselect("tbody tr")]


def outlet(name, **parameters):
    """The URL of an outlet's page."""
    return f"contents?{httpx.QueryParams({'outlet': name, **parameters})}"
