"""Headers of proxies are believed only if the proxy was named."""

import asyncio
import logging

import gradio as gr
import httpx
import pytest
from support import HARBOUR, WordEncoder

import rag
from rag.errors import AccordingError
from rag.web.launch import launch
from rag.web.proxies import ProxyMiddleware, trusted_proxies

CLAIMS = {
    "x-forwarded-for": "6.6.6.6, 198.51.100.7", "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example, news.example", "x-forwarded-port": "1",
    "x-gradio-server": "https://evil.example", "forwarded": "for=6.6.6.6", "x-real-ip": "6.6.6.6",
}  # fmt: skip


def seen(peer, proxies, claims=CLAIMS):
    """What an app behind the middleware is given for a request from an address."""
    given = {}

    async def app(scope, receive, send):
        given.update(scope)

    headers = [(b"host", b"localhost"), *((n.encode(), v.encode()) for n, v in claims.items())]
    scope = {"type": "http", "client": (peer, 5), "scheme": "http", "headers": headers}
    asyncio.run(ProxyMiddleware(app, proxies)(scope, None, None))
    return given["client"][0], given["scheme"], {n.decode(): v.decode() for n, v in given["headers"]}


@pytest.mark.parametrize(
    ("peer", "proxies"), [("127.0.0.1", ()), ("::1", ("127.0.0.1",)), ("10.1.2.3", ("10.0.0.0/16",))]
)
def test_what_others_claim_is_hidden(peer, proxies):
    assert seen(peer, proxies) == (peer, "http", {"host": "localhost"})


@pytest.mark.parametrize(
    ("peer", "named"), [("127.0.0.1", "127.0.0.1"), ("10.1.2.3", "10.0.0.0/8"), ("fd00::5", "fd00::/8")]
)
def test_a_named_proxy_says_who_asks_and_what_it_wrote_itself(peer, named):
    client, scheme, headers = seen(peer, [named])
    assert (client, scheme) == ("198.51.100.7", "https")
    assert headers.pop("x-forwarded-for") == CLAIMS["x-forwarded-for"]
    assert headers == {"host": "localhost", "x-forwarded-proto": "https", "x-forwarded-host": "news.example"}


def test_a_proxy_that_is_not_named_is_reported_once(caplog):
    async def app(scope, receive, send):
        pass

    middleware = ProxyMiddleware(app)
    scope = {"type": "http", "client": ("127.0.0.1", 5), "headers": [(b"x-forwarded-for", b"6.6.6.6")]}
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            asyncio.run(middleware(scope, None, None))
    (said,) = caplog.messages
    assert said.startswith("ignoring x-forwarded-for from 127.0.0.1: if this is your own proxy, name it")


def test_proxies_are_named_by_the_option_or_the_environment(monkeypatch):
    monkeypatch.delenv("TRUSTED_PROXIES", raising=False)
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert trusted_proxies() == ()
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,")
    assert trusted_proxies() == ("127.0.0.1", "10.0.0.0/8")
    assert trusted_proxies(["::1"]) == ("::1",)
    monkeypatch.delenv("TRUSTED_PROXIES")
    monkeypatch.setenv("SPACE_ID", "someone/according")
    assert "10.0.0.0/8" in trusted_proxies()


@pytest.mark.parametrize("wrong", ["*", "localhost", "nginx", "10.0.0.0/99", "10.0.0.1/8"])
def test_what_is_not_an_address_is_an_error_that_says_what_to_give(wrong):
    with pytest.raises(AccordingError, match="is not the address of a proxy; give an IP address or a network"):
        trusted_proxies([wrong])


@pytest.mark.server
def test_a_made_up_host_is_not_linked_to(tmp_path, news):
    library = rag.build([news(HARBOUR)], index=tmp_path / "index", encoder=WordEncoder())
    claims = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Gradio-Server": "https://evil.example",
    }
    address = launch(library, port=0, wait=False)
    assert httpx.get(f"{address}config", headers=claims).json()["root"] == address.rstrip("/")
    assert "evil.example" not in httpx.get(address, headers=claims).text
    named = launch(library, port=0, wait=False, no_auth=True, proxies=["127.0.0.1"])
    assert httpx.get(f"{named}config", headers=claims).json()["root"] == "https://evil.example"
    gr.close_all()
