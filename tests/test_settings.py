"""`according config`, the settings file, and what comes first: command line, environment, file, default."""

import json
import os
import re

import pytest
from support import HARBOUR, ROOT

import rag
from rag import cli
from rag.cli import listing, settings
from rag.cli.parser import build_parser
from rag.cli.settings import FILE, HIDDEN, NAMED, SETTINGS


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder to work in, and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for setting in SETTINGS:
        for name in filter(None, (setting.variable, setting.also)):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(NAMED, raising=False)
    return tmp_path


def said(capsys, *arguments):
    status = cli.main([str(a) for a in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def shown(capsys, *arguments):
    status, out, err = said(capsys, "config", "--json", *arguments)
    assert (status, err) == (0, "")
    return {one["key"]: (one["value"], one["source"]) for one in json.loads(out)}


def test_without_anything_set_all_is_default(capsys):
    found = shown(capsys)
    assert {source for _, source in found.values()} == {"default"}
    assert [*found][: len(SETTINGS)] == [setting.key for setting in SETTINGS]
    assert (found["host"][0], found["allow_add"][0], found["encoder"][0]) == ("127.0.0.1", "no", "all-MiniLM-L6-v2")


def test_the_environment_comes_before_the_file_and_the_file_before_the_default(here, capsys, monkeypatch):
    (here / FILE).write_text('host = "10.0.0.1"\nport = 8000\ntrusted_proxies = ["10.0.0.2", "10.0.0.3"]\nmcp = true\n')
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("ALLOW_ADD", "1")
    found = shown(capsys)
    assert (found["host"], found["port"]) == (("10.0.0.1", FILE), ("9000", "environment: PORT"))
    assert (found["trusted_proxies"], found["mcp"]) == (("10.0.0.2,10.0.0.3", FILE), ("yes", FILE))
    assert (found["allow_add"], found["reader"]) == (("yes", "environment: ALLOW_ADD"), ("none", "default"))
    assert shown(capsys, "--index", "other")["index"] == ("other", "command line")
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    assert shown(capsys)["host"] == ("0.0.0.0", "environment: GRADIO_SERVER_NAME")


def test_what_the_file_gives_holds_while_a_command_runs_and_no_longer(here, monkeypatch):
    (here / FILE).write_text('reader = "some/model"\nno_auth = true\nport = 8000\nmetrics = false\n')
    monkeypatch.setenv("PORT", "9000")
    before = dict(os.environ)
    seen = {}
    monkeypatch.setattr(listing, "articles", lambda _: seen.update(os.environ) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["articles"])
    names = ("READER", "NO_AUTH", "PORT", "METRICS")
    assert [seen.get(name) for name in names] == ["some/model", "1", "9000", "0"]
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("text", "variable", "expected"),
    [('auth = "a:b"', "NO_AUTH", (None, "1")), ("no_auth = true", "AUTH", ("c:d", None))],
)
def test_who_may_connect_is_decided_in_one_place(here, monkeypatch, text, variable, expected):
    (here / FILE).write_text(text)
    monkeypatch.setenv(variable, "1" if variable == "NO_AUTH" else "c:d")
    with settings.applied():
        assert (os.environ.get("AUTH"), os.environ.get("NO_AUTH")) == expected


def test_that_not_everybody_may_connect_takes_no_sign_in_away(here, monkeypatch):
    (here / FILE).write_text('auth = "a:b"')
    monkeypatch.setenv("NO_AUTH", "0")
    with settings.applied():
        assert (os.environ.get("AUTH"), os.environ.get("NO_AUTH")) == ("a:b", "0")


def test_secrets_are_shown_nowhere(here, capsys, monkeypatch):
    (here / FILE).write_text('auth = "reader:let me in"\nray_address = "ray://root:hush@hush/hush@db:19530"\n')
    monkeypatch.setenv("MILVUS_TOKEN", "root:hush")
    monkeypatch.setenv("INDEX", "milvus://root:hush@db:19530/press")
    for form in ((), ("--json",)):
        _, out, err = said(capsys, "config", *form)
        assert not re.search("let me in|hush|reader:", out + err)
    found = {one.key: one.value for one in settings.shown()}
    assert (found["auth"], found["milvus_token"]) == (HIDDEN, HIDDEN)
    (here / FILE).write_text("auth = 123456")
    assert "123456" not in said(capsys, "config")[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('hots = "a"', f"{FILE}: there is no setting 'hots'; did you mean host?"),
        ("allow-ad = true", f"{FILE}: there is no setting 'allow-ad'; did you mean allow_add?"),
        ("[x]", f"{FILE}: there is no setting 'x'; the keys are index, host, port, "),
        ('port = "80"', f"{FILE}: port is '80', and has to be a whole number"),
        ("port = true", f"{FILE}: port is True, and has to be a whole number"),
        ("mcp = 1", f"{FILE}: mcp is 1, and has to be true or false"),
        ("trusted_proxies = [1]", f"{FILE}: trusted_proxies is [1], and has to be a list of texts"),
        ('auth = "a:b"\nno_auth = true', f"{FILE}: it gives both auth and no_auth; delete one of them"),
        ("host =", f"{FILE}: not TOML ("),
        ("port = " + "9" * 5000, f"{FILE}: not TOML (a number has too many digits); docs/settings.md"),
        ("port = 0x" + "f" * 5000, f"{FILE}: not TOML (a number has too many digits); docs/settings.md"),
        ("a" + ".a" * 100_000 + " = 1", f"{FILE}: not TOML (a line has more than 100 full stops); docs/settings.md"),
        ("x" * 100_000 + " = 1", f"{FILE}: there is no setting '{'x' * 199} ...; the keys are index"),
        ("#" * (8 * 2**20 + 1), f"{FILE}: larger than 8 MB; give the path of a TOML file"),
        ('host = "a\\u0000b"', f"{FILE}: host is 'a\\x00b', and has to be a text in quotes"),
    ],
)
@pytest.mark.parametrize("command", ["config", "articles"])
def test_a_mistake_in_the_file_is_an_error_that_says_what_to_do(here, capsys, command, text, message):
    (here / FILE).write_text(text)
    status, out, err = said(capsys, command)
    assert (status, out, err.startswith(f"according: {message}")) == (1, "", True), err


def test_columns_stay_in_line_whatever_the_values_are_long(here, capsys, monkeypatch):
    monkeypatch.setenv("RERANKER", "cross-encoder/" + "x" * 60)
    lines = said(capsys, "config")[1].splitlines()
    starts = {line.rindex("  ") for line in lines}
    assert len(starts) == 1
    assert lines[0].startswith("index")


def test_another_file_can_be_named(here, capsys, monkeypatch):
    (here / FILE).write_text('host = "10.0.0.1"')
    (here / "own.toml").write_text('host = "10.0.0.2"')
    monkeypatch.setenv(NAMED, "own.toml")
    assert shown(capsys)["host"] == ("10.0.0.2", "own.toml")
    monkeypatch.setenv(NAMED, "none.toml")
    assert (
        said(capsys, "config")[2]
        == "according: none.toml: no such file; $ACCORDING_CONFIG names it as the file of settings\n"
    )


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no user ids")
def test_a_file_that_another_user_put_here_is_not_obeyed_unasked(here, capsys, monkeypatch):
    (here / FILE).write_text("no_auth = true")
    monkeypatch.setattr(os, "getuid", lambda: (here / FILE).stat().st_uid + 1)
    if os.geteuid() == 0:
        os.chown(here / FILE, 12345, -1)
    assert "belongs to another user; to use its settings, name it in $ACCORDING_CONFIG" in said(capsys, "config")[2]
    monkeypatch.setenv(NAMED, FILE)
    assert shown(capsys)["no_auth"][0] == "yes"


def test_what_an_index_keeps_is_shown_with_it(here, capsys, news, words):
    rag.build([news(HARBOUR)], index=here / "i", encoder=words).close()
    found = shown(capsys, "--index", here / "i")
    assert found["encoder"] == (words.name, "saved in the index")
    assert found["catalogue"] == ("the one that comes with According", "default")
    (here / "own.toml").write_text('[[outlet]]\nname = "The Delta Herald"\nkind = "newspaper"\n')
    rag.build([news(HARBOUR)], index=here / "i", encoder=words, catalogue=here / "own.toml").close()
    assert shown(capsys, "--index", here / "i")["catalogue"] == ("its own", "saved in the index")


def test_every_setting_is_documented_and_every_option_of_serve_that_has_a_variable_is_a_setting():
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for setting in SETTINGS:
        assert f"`{setting.variable}" in page, setting.variable
        assert f"`{setting.key}`" in page, setting.key
    given = vars(build_parser().parse_args(["serve"]))
    keys = {setting.key for setting in SETTINGS}
    assert {"trusted_proxies" if name == "trusted_proxy" else name for name in given} - keys == {
        "run", "encoder", "default_index",
    }  # fmt: skip
    used = set()
    for path in (ROOT / "rag").rglob("*.py"):
        used |= set(re.findall(r"os\.environ\.get\(\"([A-Z_]+)\"", path.read_text("utf-8")))
    variables = {name for setting in SETTINGS for name in (setting.variable, setting.also)}
    assert used - variables == {"SPACE_ID", "NO_PROXY"}
