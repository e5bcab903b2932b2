"""What the body of an event may hold: decoded as the framework decodes it, refused by its shape, never by its text."""

import json

import pytest

from rag.web.bodies import MAX_CHARACTERS, MAX_VALUES, Known, RefusedError, decoded, from_page, from_program, name

KNOWN = Known(pages={4: 2, 8: 0}, programs={"ask": 2, "article": 1})
FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


def page(data, **more):
    return {"data": data, "fn_index": 4, "session_hash": "a1", **more}


def refused(function, *arguments):
    with pytest.raises(RefusedError) as raised:
        function(*arguments)
    return raised.value.status


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_is_refused_in_every_encoding_that_json_has(encoding):
    for body in (page(["x", FILE]), page([FILE, "x"]), page(["x", [FILE]])):
        assert refused(from_page, decoded(json.dumps(body).encode(encoding)), KNOWN) == 403
    named = decoded(json.dumps({"question": FILE}).encode(encoding))
    assert refused(from_program, named, "ask", True, KNOWN) == 403


OBJECTS = [
    {},
    {"path": "a'b"},
    {"url": "http://127.0.0.1/"},
    {"0": "x"},
    {"1": {"2": FILE}},
    {"p\u0061th": "/etc/passwd", "m\u0065ta": {"_type": "gradio.FileData"}},
    {"type": "component", "component": "model3d", "value": FILE, "constructor_args": {}, "props": {}},
    {"__type__": "update", "value": FILE},
    [["x"]],
    [[[]]],
]


@pytest.mark.parametrize("value", OBJECTS, ids=str)
def test_no_object_and_no_list_in_a_list_reaches_an_event(value):
    for body in (page(["x", value]), page([["x", value], "x"])):
        assert refused(from_page, body, KNOWN) == 403
    assert refused(from_program, {"data": ["x", value]}, "ask", False, KNOWN) == 403
    assert refused(from_program, {"question": ["x", value]}, "ask", True, KNOWN) == 403


def test_text_about_files_is_text():
    asked = "What is {'path': 'https://example.org/a', 'meta': {'_type': 'gradio.FileData'}}, and \\u0070ath?"
    assert from_page(page([asked, json.dumps(FILE)]), KNOWN)["data"] == [asked, json.dumps(FILE)]
    assert from_program({"question": asked}, "ask", True, KNOWN) == {"question": asked}


def test_the_last_of_two_keys_counts_as_in_the_framework_and_only_it_is_passed_on():
    body = decoded(b'{"data": [{"path": "/etc/passwd"}], "data": ["x", "y"], "fn_index": 4, "session_hash": "a"}')
    assert from_page(body, KNOWN)["data"] == ["x", "y"]
    body = decoded(b'{"data": ["x", "y"], "data": ["x", {}], "fn_index": 4, "session_hash": "a"}')
    assert refused(from_page, body, KNOWN) == 403


def test_nothing_is_passed_on_that_no_page_sends():
    more = {
        "trigger_id": 31, "event_data": {"index": 2, "value": FILE, "_data": FILE}, "batched": True, "event_id": "e",
        "simple_format": True, "oauth_token": "t", "request": {}, "batch_trigger_ids": [FILE],
    }  # fmt: skip
    assert from_page(page([True, None], **more), KNOWN) == {
        "data": [True, None], "fn_index": 4, "session_hash": "a1", "trigger_id": 31, "event_data": {"index": 2},
    }  # fmt: skip
    assert from_page(page(["x", 1.5], trigger_id=[31], event_data=FILE), KNOWN) == {
        "data": ["x", 1.5], "fn_index": 4, "session_hash": "a1", "trigger_id": None, "event_data": None,
    }  # fmt: skip
    assert from_program({"data": ["x", 2], "fn_index": 8, "session_hash": "a"}, "ask", False, KNOWN) == {
        "data": ["x", 2]
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (page(["x"]), 422), (page(["x", "y", "z"]), 422), (page("xy"), 422), (page(None), 422), ({}, 404),
        (page(["x", "y"], fn_index=5), 404), (page(["x", "y"], fn_index=True), 404),
        (page(["x", "y"], fn_index="4"), 404), (page(["x", "y"], fn_index=-1), 404),
        (page(["x", "y"], session_hash=None), 400), (page(["x", "y"], session_hash="../a"), 400),
        (page(["x", "y"], session_hash=["a"]), 400), (page(["x", "y"], session_hash="a" * 101), 400),
        (page(["x" * MAX_CHARACTERS, "y"]), 413), (page(["x", ["y"] * MAX_VALUES]), 413),
    ],
)  # fmt: skip
def test_what_no_event_takes_is_refused(body, status):
    assert refused(from_page, body, KNOWN) == status


def test_only_endpoints_for_programs_can_be_called_by_name():
    for wrong in ("ask_1", "add", "", "Ask"):
        assert refused(from_program, {"data": ["x", "y"]}, wrong, False, KNOWN) == 404
    assert refused(from_program, {"data": ["x"]}, "ask", False, KNOWN) == 422


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": -Infinity}', b"[" * 100_000, b'{"a": 1' + b"0" * 5000 + b"}"],
)
def test_what_is_no_json_is_refused(body):
    assert refused(decoded, body) == 400


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_what_is_no_object_is_refused(body):
    assert refused(decoded, body) == 422


def test_ids_are_letters_digits_and_hyphens():
    assert name("4fZ_x-9", "event_id") == "4fZ_x-9"
    for wrong in ("", "a b", "a/b", "a\n", "é", None, 5, {}):
        assert refused(name, wrong, "event_id") == 400
