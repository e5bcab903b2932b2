"""Guesses at the password are slowed without keeping the right reader out, and signing out ends one session."""

import json
import time

import gradio as gr
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.testclient import TestClient
from support import HARBOUR, WordEncoder

import rag
from rag.web import sign_in
from rag.web.launch import launch
from rag.web.sessions import COOKIE
from rag.web.sign_in import GUESSES, SECONDS_PER_GUESS, USUAL_GUESSES, Guesses, SignInMiddleware

RIGHT, WRONG = ({"username": "reader", "password": p} for p in ("secret", "guess"))


@pytest.fixture
def clock(monkeypatch):
    """The time, in a list of one, that stands still until it is set."""
    now = [1000.0]
    monkeypatch.setattr(sign_in, "monotonic", lambda: now[0])
    return now


def test_an_address_may_guess_five_times_and_then_every_twenty_seconds(clock):
    guesses = Guesses()
    assert [guesses.take("198.51.100.7") for _ in range(GUESSES + 1)] == [0] * GUESSES + [20]
    clock[0] += 19
    assert guesses.take("198.51.100.7") == 1
    clock[0] += 1
    assert [guesses.take("198.51.100.7") for _ in range(2)] == [0, 20]
    assert guesses.take("198.51.100.8") == 0, "another address is not held up"


def test_a_right_attempt_gives_back_the_wrong_ones_before_it(clock):
    guesses = Guesses()
    for _ in range(GUESSES):
        guesses.take("198.51.100.7")
    clock[0] += SECONDS_PER_GUESS
    assert guesses.take("198.51.100.7") == 0
    guesses.right("198.51.100.7")
    assert [guesses.take("198.51.100.7") for _ in range(GUESSES + 1)] == [0] * GUESSES + [20]


def test_many_addresses_that_guess_slow_each_other_but_the_right_reader_gets_in(clock):
    guesses = Guesses()
    known = "203.0.113.1"
    guesses.take(known)
    guesses.right(known)
    for n in range(USUAL_GUESSES):
        assert guesses.take(f"198.51.{n}.1") == 0
    assert guesses.take("198.51.0.1") == SECONDS_PER_GUESS, "it has guessed: it waits until it has five again"
    newcomer = "192.0.2.5"
    assert guesses.take(newcomer) == 0, "whoever has not guessed may always try once"
    assert guesses.take(newcomer) == GUESSES * SECONDS_PER_GUESS
    assert [guesses.take(known) for _ in range(GUESSES)] == [0] * GUESSES, "where a reader has signed in, as usual"
    clock[0] += 3600
    assert [guesses.take(newcomer) for _ in range(GUESSES)] == [0] * GUESSES


def test_no_number_of_addresses_makes_more_than_their_share_of_guesses(clock):
    """A thousand addresses that try every second for an hour."""
    guesses, made = Guesses(), 0
    for _ in range(60):
        made += sum(not guesses.take(f"198.51.{n // 250}.{n % 250}") for n in range(1000))
        clock[0] += 60
    assert made <= 1000 * (1 + 3600 / (GUESSES * SECONDS_PER_GUESS)) + USUAL_GUESSES * GUESSES


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8:0:1::1", "2001:db8:0:ff:ffff::2"), ("::ffff:198.51.100.7", "198.51.100.7"), ("x" * 99, "x" * 99)],
)
def test_addresses_of_one_household_count_as_one(clock, one, other):
    guesses = Guesses()
    for _ in range(GUESSES):
        guesses.take(one)
    assert guesses.take(other) == 20
    assert guesses.take("2001:db8:0:100::1") == 0


def test_the_addresses_that_are_remembered_are_bounded(clock, monkeypatch):
    monkeypatch.setattr(sign_in, "MAX_ADDRESSES", 10)
    guesses = Guesses()
    for n in range(100):
        guesses.take(f"198.51.100.{n}")
        guesses.right(f"198.51.101.{n}")
    assert (len(guesses.by), len(guesses.known)) == (10, 10)


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locked")
    (folder / "n.jsonl").write_text(json.dumps(HARBOUR))
    library = rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder())
    yield launch(library, port=0, wait=False, auth="reader:secret")
    gr.close_all()


@pytest.mark.server
def test_signing_out_ends_the_session_of_that_reader_alone(locked):
    with httpx.Client(base_url=locked) as one, httpx.Client(base_url=locked) as other:
        for reader in (one, other):
            assert reader.post("login", data=RIGHT).status_code == 200
        kept = dict(one.cookies)
        assert httpx.get(f"{locked}logout", cookies=kept, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert one.get("config").status_code == 200
        left = one.get("logout")
        assert (left.status_code, left.headers["location"]) == (302, "/")
        assert other.get("config").status_code == 200
        assert [httpx.get(f"{locked}config", cookies=kept).status_code, one.get("config").status_code] == [401, 401]


@pytest.mark.server
def test_guesses_are_refused_with_when_to_try_again_and_the_right_reader_then_gets_in(locked):
    with httpx.Client(base_url=locked) as reader:
        for path in ("login", "login/", "login"):
            assert reader.post(path, data=WRONG).status_code == 400
        statuses = [reader.post("login", data=WRONG).status_code for _ in range(GUESSES)]
        assert set(statuses) == {400, 429}
        refused = reader.post("login", data=RIGHT)
        assert refused.status_code == 429, "the right password is not looked at either"
        wait = int(refused.headers["Retry-After"])
        assert 0 < wait <= SECONDS_PER_GUESS
        assert refused.json() == {"detail": f"Too many attempts to sign in; please try again in {wait} seconds."}
        forged = reader.post("login", data=WRONG, headers={"X-Forwarded-For": "198.51.100.77"})
        assert forged.status_code == 429, "an address that the sender made up is not counted"
        assert reader.post("login", content=b"a" * 9000).status_code == 413


@pytest.mark.server
def test_the_right_reader_waits_no_longer_than_was_said(locked, monkeypatch):
    with httpx.Client(base_url=locked) as reader:
        while (refused := reader.post("login", data=WRONG)).status_code == 400:
            pass
        later = time.monotonic() + int(refused.headers["Retry-After"])
        monkeypatch.setattr(sign_in, "monotonic", lambda: later)
        assert reader.post("login", data=RIGHT).status_code == 200


@pytest.fixture
def post(monkeypatch):
    """A function that posts to an app that signs everybody in, with the cookies that Gradio sets."""
    monkeypatch.delenv("SPACE_ID", raising=False)

    async def gradio(scope, receive, send):
        response = JSONResponse({"success": True})
        response.set_cookie("access-token-1", "x", httponly=True, samesite="none", secure=True)
        response.set_cookie("access-token-unsecure-1", "x", httponly=True)
        response.set_cookie("other", "x", samesite="none")
        await response(scope, receive, send)

    app = Starlette(routes=[Mount("/", gradio)], middleware=[Middleware(SignInMiddleware)])
    app.auth, app.cookie_id, app.tokens = {"reader": "secret"}, "1", {}  # as Gradio's app has them

    def post(headers=None, scheme="http", path="/login"):
        return client(scheme).post(path, data=RIGHT, headers=headers, follow_redirects=False)

    clients = {}

    def client(scheme):
        return clients.setdefault(scheme, TestClient(app, f"{scheme}://app.example"))

    return post


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_signing_in_and_signing_out_give_the_browser_another_session(post, scheme):
    """Else whoever gave a reader a session, or used the browser before, could open what the reader is shown."""
    name = {"http": COOKIE, "https": f"__Host-{COOKIE}"}[scheme]
    known = {"Cookie": f"{name}={'k' * 43}"}
    given = [post(known, scheme).cookies[name], post(known, scheme).cookies[name]]
    given.append(post(known, scheme, "/logout").cookies[name])
    assert len({*given, "k" * 43}) == 4
    assert {len(token) for token in given} == {43}
    assert name not in post({**known, "Origin": "http://evil.example"}, scheme).cookies


@pytest.mark.parametrize("header", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}])
def test_attempts_that_a_page_of_another_site_makes_do_not_keep_the_reader_out(post, header):
    """A form of another site needs no permission to post, and the reader's browser sends it from his address."""
    assert {post(header).status_code for _ in range(3 * GUESSES)} == {403}
    assert post({"Origin": "http://app.example"}).status_code == 200


def test_cookies_of_who_is_signed_in_go_neither_with_requests_of_other_sites_nor_unencrypted(post, monkeypatch):
    secure, open_, other, _ = post(scheme="https").headers.get_list("set-cookie")
    assert "samesite=lax" in secure.lower()
    assert all("; Secure" in cookie for cookie in (secure, open_))
    assert "samesite=none" in other.lower(), "other cookies are as they were"
    assert "Secure" not in post().headers.get_list("set-cookie")[1], "over HTTP no browser would keep it"
    monkeypatch.setenv("SPACE_ID", "a/b")
    assert "samesite=none" in post(scheme="https").headers.get_list("set-cookie")[0].lower(), "in a frame of the Space"
