"""A site leads nobody further into a network than it is itself: what counts is the address that is connected to."""

import socket
import threading

import pytest
from support.network import Network
from support.web_pages import PAGE
from support.web_site import serve

from rag.errors import InputError
from rag.provenance.catalogue import Catalogue
from rag.readers import fetch

PUBLIC, OTHER, LAN, HERE = "93.184.216.34", "1.1.1.1", "192.168.1.7", "127.0.0.1"
INWARD = "redirects to an address in this machine's own network"


@pytest.fixture
def site():
    with serve() as served:
        served.answer("/page", PAGE)
        yield served


@pytest.fixture
def net(site, monkeypatch):
    """Everything on the network is `site`, which answers at each address."""
    simulated = Network(site.port)
    simulated.names |= {"evil.test": [[PUBLIC]], "home.test": [[LAN]], "other.test": [[OTHER]]}
    monkeypatch.setattr(socket, "getaddrinfo", simulated.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", simulated.create_connection)
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
    return simulated


def get(url):
    return list(fetch.read(url, Catalogue([])))


def reason(url):
    with pytest.raises(InputError) as error:
        get(url)
    return str(error.value)


def asked(site):
    return [path for path, _ in site.requests]


def test_a_redirect_from_site_to_site_is_followed(site, net):
    site.redirect("/a", "http://other.test/page")
    assert get("http://evil.test/a")[0].url == "http://other.test/page"
    assert net.connected == [PUBLIC, OTHER]


def test_a_redirect_to_the_same_name_is_not_followed_to_an_inner_address(site, net):
    net.names["evil.test"] = [[PUBLIC], [HERE]]
    site.redirect("/a", "http://evil.test:7690/page")
    assert reason("http://evil.test/a").startswith(INWARD)
    assert asked(site) == ["/a"]
    assert net.connected == [PUBLIC]


def test_a_name_is_resolved_once_for_a_connection(site, net):
    net.names["other.test"] = [[OTHER], [HERE]]
    site.redirect("/a", "http://other.test/page")
    assert len(get("http://evil.test/a")) == 1
    assert net.lookups == ["evil.test", "other.test"]
    assert net.connected == [PUBLIC, OTHER]


def test_a_name_that_fails_to_resolve_once_is_not_tried_again(site, net):
    net.names["other.test"] = [socket.gaierror(-3, "Temporary failure in name resolution"), [HERE]]
    site.redirect("/a", "http://other.test/page")
    assert reason("http://evil.test/a").startswith("there is no site of this name")
    assert net.connected == [PUBLIC]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nothing_is_sent_to_another_address_than_the_one_that_was_chosen(site, net, scheme):
    """A rule of the system's, or a library's, may lead a connection elsewhere than its address says."""
    net.elsewhere[OTHER] = HERE
    site.redirect("/a", f"{scheme}://other.test/page")
    received = []
    with socket.create_server((HERE, 0)) as listener:

        def listen():
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(100))

        thread = threading.Thread(target=listen)
        thread.start()
        first, net.port = net.port, listener.getsockname()[1]
        net.ports = {PUBLIC: first}
        assert reason("http://evil.test/a").startswith(INWARD)
        thread.join(5)
    assert received == [b""]
    assert asked(site) == ["/a"]


def test_a_public_address_of_this_machine_is_this_machine(site, net):
    net.own.add(OTHER)
    site.redirect("/a", "http://other.test/page")
    assert reason("http://evil.test/a").startswith(INWARD)
    assert asked(site) == ["/a"]


def test_the_public_ones_among_the_addresses_of_a_name_are_tried_alone(site, net):
    net.names["other.test"] = [[HERE, OTHER]]
    site.redirect("/a", "http://other.test/page")
    assert len(get("http://evil.test/a")) == 1
    net.dead.add(OTHER)
    assert reason("http://evil.test/a").startswith("the site refuses the connection")
    assert HERE not in net.connected


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "192.88.99.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2600::200:5efe:10.0.0.1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff0e::1",
        "2001:db8::1",
        "4000::1",
    ],
)
def test_no_kind_of_inner_address_is_redirected_to(site, net, address):
    net.names["inner.test"] = [[address]]
    site.redirect("/a", "http://inner.test/page")
    assert reason("http://evil.test/a").startswith(INWARD)
    assert asked(site) == ["/a"]
    assert net.connected == [PUBLIC]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "127。0。0。1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:7f00:1]",
        "[::ffff:127.0.0.1]",
        "[::]",
        "[64:ff9b::7f00:1]",
        "[fe80::1%25lo]",
        "user:password@127.0.0.1",
        "evil.test@127.0.0.1",
        "evil.test%2F@127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:6379",
    ],
)
def test_no_spelling_of_this_machine_is_redirected_to(site, net, host):
    net.names |= {"localhost": [["::1", HERE]], "localhost.": [[HERE]]}
    for number, start in enumerate(("http://", "//", "https://")):
        site.redirect(f"/{number}", f"{start}{host}/page")
        assert reason(f"http://evil.test/{number}").startswith((INWARD, "not a valid URL", "there is no site"))
    assert asked(site) == ["/0", "/1", "/2"]
    assert set(net.connected) == {PUBLIC}


def test_a_site_that_is_named_may_be_anywhere(site, net):
    for address in (HERE, LAN, "169.254.1.1", "::1", "64:ff9b::a00:1"):
        net.names["named.test"] = [[address]]
        assert len(get("http://named.test/page")) == 1
        assert net.connected.pop() == address


def test_the_host_of_a_request_is_written_as_in_its_url(site, net):
    for host in ("[::1]", "[::1]:81", "127.0.0.1:81", "evil.test"):
        assert len(get(f"http://{host}/page")) == 1
        assert site.requests.pop()[1]["Host"] == host


@pytest.mark.parametrize(
    ("first", "second", "followed"),
    [
        (HERE, HERE, True),
        (HERE, LAN, True),
        (LAN, LAN, True),
        (LAN, PUBLIC, True),
        (LAN, HERE, False),
        (LAN, "169.254.169.254", False),
        ("169.254.1.1", HERE, False),
        (PUBLIC, LAN, False),
        ("64:ff9b::5db8:d822", "64:ff9b::101:101", True),
    ],
)
def test_a_site_redirects_only_as_far_in_as_it_is_itself(site, net, first, second, followed):
    net.names |= {"first.test": [[first]], "second.test": [[second]]}
    site.redirect("/a", "http://second.test/page")
    if followed:
        assert len(get("http://first.test/a")) == 1
    else:
        assert reason("http://first.test/a").startswith(INWARD)
    assert net.connected == [first, second][: 1 + followed]


def test_a_way_in_through_a_site_that_was_redirected_to_is_not_followed(site, net):
    site.redirect("/a", "http://evil.test/b")
    site.redirect("/b", "http://home.test/page")
    assert reason("http://home.test/a").startswith(INWARD)
    assert net.connected == [LAN, PUBLIC]


def test_a_proxy_is_used_for_the_url_that_was_named(site, net, monkeypatch):
    monkeypatch.setenv("http_proxy", site.url.replace("//", "//jane:pässword@"))
    site.answer("http://home.test/page", PAGE)
    assert len(get("http://home.test/page")) == 1
    assert site.requests[0][1]["Proxy-Authorization"].startswith("Basic ")
    assert net.lookups == []


def test_a_redirect_through_a_proxy_is_followed_only_where_a_certificate_shows_whose_site_it_is(site, net, monkeypatch):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, site.url)
    site.answer("evil.test:443", status="502 No")
    site.answer("other.test:443", status="502 No")
    for target in ("http://evil.test:6379/x", "http://other.test/x", "https://home.test/x", "https://none.test/x"):
        net.names["none.test"] = [socket.gaierror(-2, "Name or service not known")]
        site.redirect("http://evil.test/a", target)
        assert reason("http://evil.test/a").startswith(f"redirects to {target}, and through a proxy it cannot be seen")
    for target in ("https://evil.test/x", "https://other.test/x"):
        site.redirect("http://evil.test/a", target)
        assert reason("http://evil.test/a").startswith("the proxy does not fetch it (502 No); check HTTP_PROXY")
    assert set(asked(site)) == {"http://evil.test/a", "evil.test:443", "other.test:443"}


def test_a_redirect_past_a_proxy_leads_to_public_addresses_only(site, net, monkeypatch):
    monkeypatch.setenv("http_proxy", site.url)
    monkeypatch.setenv("no_proxy", "home.test")
    site.redirect("http://evil.test/a", "http://home.test/page")
    assert reason("http://evil.test/a").startswith(INWARD)
    assert asked(site) == ["http://evil.test/a"]
    assert len(get("http://home.test/page")) == 1


@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        (
            "http://proxy.test",
            "the proxy does not fetch it (it refuses the connection); check HTTP_PROXY and HTTPS_PROXY",
        ),
        (
            "https://proxy.test",
            "the proxy does not fetch it (it refuses the connection); check HTTP_PROXY and HTTPS_PROXY",
        ),
        ("http://none.test", "the proxy does not fetch it (there is no machine of its name); check HTTP_PROXY"),
        ("http://a..test", "the proxy does not fetch it (there is no machine of its name); check HTTP_PROXY"),
        ("https://other.test", "the proxy does not fetch it (its certificate cannot be trusted); check HTTP_PROXY"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_cannot_be_reached_is_not_said_to_be_the_site(site, net, monkeypatch, scheme, proxy, why):
    net.names |= {"proxy.test": [[LAN]], "none.test": [socket.gaierror(-2, "Name or service not known")]}
    net.dead.add(LAN)
    monkeypatch.setenv("all_proxy", proxy)
    assert reason(f"{scheme}://evil.test/page").startswith(why)
    assert asked(site) == []


def test_a_proxy_that_wants_a_password_is_not_said_to_be_the_site(site, net, monkeypatch):
    monkeypatch.setenv("all_proxy", site.url)
    for what in ("http://evil.test/page", "evil.test:443"):
        site.answer(what, status="407 Proxy Authentication Required")
    assert reason("http://evil.test/page").startswith("the proxy requires a password; give it in HTTP_PROXY")
    assert reason("https://evil.test/page").startswith(
        "the proxy does not fetch it (407 Proxy Authentication Required)"
    )


@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        ("ftp://proxy.test", "the proxy that the environment names for http has no valid address"),
        ("http://", "the proxy that the environment names for http has no valid address"),
        ("http://:80x", "the proxy that the environment names for http has no valid address"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_an_error(site, net, monkeypatch, proxy, why):
    monkeypatch.setenv("all_proxy", proxy)
    assert reason("http://evil.test/page").startswith(why)


def test_a_socks_proxy_takes_another_package(site, net, monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5h://127.0.0.1:1080")
    monkeypatch.setattr("rag.readers.connection.find_spec", lambda name: None)
    assert reason("http://evil.test/page").endswith("pip install 'httpx[socks]'")


@pytest.mark.parametrize(
    "target",
    [
        "http://xn--/",
        "http://a..b/",
        f"http://{'a' * 64}.test/",
        "http://evil.test:99999/",
        "http://evil.test:0/",
        "http://[::1",
        "http://[v1.x]/",
        "http://.evil.test/",
        "https://./",
        "http://a%00b/",
        "http://\u2460.test/",
        "http://evil.test:x/",
    ],
)
def test_a_redirect_to_what_is_no_address_is_reported(site, net, target):
    site.redirect("/a", target)
    assert reason("http://evil.test/a").startswith(("not a ", "there is no site of this name", "cannot be reached"))
