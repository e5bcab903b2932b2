"""The app in a real browser, with a library in Milvus: it reports that Milvus is away, and recovers by itself."""

import json

import pytest
from playwright.sync_api import expect
from support import BRIDGE, HARBOUR, ORCHARD
from support.page import again, ask, visit

import rag
from rag.stores.milvus import client as connection
from rag.web.launch import launch


@pytest.fixture(scope="module")
def library(server, real, tmp_path_factory):
    path = tmp_path_factory.mktemp("news") / "n.jsonl"
    path.write_text("\n".join(map(json.dumps, (HARBOUR, BRIDGE, ORCHARD))))
    rag.build([path], index=server.address(), encoder=real).close()
    yield rag.open(server.address(), encoder=real)
    import gradio

    gradio.close_all()


def asked_in_vain(page, address, question):
    page.goto(address)
    return ask(page, question).get_by_role("alert")


def test_the_app_reports_when_milvus_is_away_and_recovers_when_it_is_back(page, library, server, monkeypatch):
    address, open_to_all = (launch(library, port=0, wait=False, no_auth=no_auth) for no_auth in (False, True))
    monkeypatch.setattr(connection, "READ_RETRY_SECONDS", 1.0)
    visit(page, address)
    card = ask(page, "By how much will the dock workers' wages rise?").locator(".card").first
    expect(card.locator("header")).to_contain_text("The Guardian")
    expect(card.locator("mark")).to_contain_text("wages would rise by four percent.")

    server.kill()
    said = asked_in_vain(page, address, "Why was the old bridge closed?")
    expect(said).to_contain_text(f"The library at {server.address()} does not answer: check whether Milvus runs there")
    said = asked_in_vain(page, open_to_all, "Why was the old bridge closed?")
    expect(said).to_contain_text("The index is not available at the moment; try again later")
    expect(said).not_to_contain_text("milvus")

    monkeypatch.undo()
    server.start()
    failed = page.locator(".turn")
    while failed.get_by_role("button", name="Try again").count():  # until the connection is tried anew
        failed.get_by_role("button", name="Try again").click()
        again(failed)
    card = failed.locator(".card").first
    expect(card.locator("header")).to_contain_text("Press TV")
    expect(card.locator("mark")).to_contain_text("Engineers closed the old bridge")
