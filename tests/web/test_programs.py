"""The commands, programs and settings of docs/programs.md work on the demonstration."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import gradio as gr
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from support import ROOT

import rag
from rag.web.endpoints import VERSION, endpoints
from rag.web.launch import launch

pytestmark = [pytest.mark.server, pytest.mark.reranked]

DOCUMENT = (ROOT / "docs" / "programs.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:7860/"
SCORE = re.compile(r'"score": [\d.]+')  # differs by a hair from processor to processor


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture(scope="module")
def index(tmp_path_factory, real, demonstration):
    folder = demonstration(tmp_path_factory.mktemp("programs") / "index")
    rag.build([ROOT / "seeds"], index=folder, encoder=real, aliases=ROOT / "docs" / "aliases.toml").close()
    return folder


@pytest.fixture(scope="module")
def library(index, real):
    with rag.open(index, encoder=real) as library:
        yield library


@pytest.fixture(scope="module")
def address(library):
    yield launch(library, port=0, wait=False, mcp=True)
    gr.close_all()


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs curl and bash")
@pytest.mark.parametrize("session", blocks("console"))
def test_the_commands_print_what_is_shown(address, session):
    lines = session.splitlines(keepends=True)
    commands = "".join(line[2:] for line in lines if line.startswith("$ "))
    shown = "".join(line for line in lines if not line.startswith("$ "))
    done = subprocess.run(
        ["bash", "-e", "-c", commands.replace(ADDRESS, address)], capture_output=True, text=True, timeout=60
    )
    assert SCORE.sub("", done.stdout).strip() == SCORE.sub("", shown).strip(), done.stderr


def test_the_python_program_prints_quotations(address):
    (program,) = (block for block in blocks("python") if "gradio_client" in block)
    program = program.replace(ADDRESS.rstrip("/"), address)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    first, second = done.stdout.splitlines()
    assert first.startswith("According to VICE, 2014-09-03: Although the United States delisted the MEK in 2012"), done
    assert re.match(r"According to [\w ]+, 20\d\d-\d\d-\d\d: \w", second)


@pytest.mark.parametrize("module", ["rag.client", "rag.integrations.langchain"])
def test_the_other_programs_print_who_says_what(address, index, module, capsys, monkeypatch):
    (program,) = (block for block in blocks("python") if module in block)
    monkeypatch.chdir(index.parent)
    exec(program.replace(ADDRESS.rstrip("/"), address.rstrip("/")), {})
    first, second = capsys.readouterr().out.splitlines()
    if module == "rag.client":
        assert first.startswith("According to South Asia Journal, 2018-11-13: Paul R. Pillar argued in November 2018")
        assert re.match(r"According to [\w ]+, 20\d\d-\d\d-\d\d: \w", second)
    else:
        assert re.fullmatch(r"South Asia Journal \[\d+, \d+\] [0-9a-f]{32}", first)


def test_the_settings_of_mcp_clients_start_or_reach_the_tools(address, index):
    started, reached = (json.loads(block)["mcpServers"]["according"] for block in blocks("json"))

    async def tools(streams):
        async with streams as (incoming, outgoing, *_), ClientSession(incoming, outgoing) as session:
            await session.initialize()
            return [tool.name for tool in (await session.list_tools()).tools]

    script = Path(sys.executable).with_name("according")
    assert (started["command"], started["args"][-1]) == (
        "/home/me/according/.venv/bin/according", "/home/me/according/index",
    )  # fmt: skip
    server = StdioServerParameters(
        command=str(script), args=[*started["args"][:-1], str(index)], env={"PYTHONPATH": str(ROOT)}
    )
    assert anyio.run(tools, stdio_client(server)) == [
        "ask",
        "search",
        "compare",
        "timeline",
        "coverage",
        "article",
        "outlets",
    ]
    assert reached["url"].startswith(ADDRESS)
    client = streamable_http_client(reached["url"].replace(ADDRESS, address))
    assert anyio.run(tools, client) == ["ask", "search", "compare", "timeline", "coverage", "article", "outlets"]


COUNTED = {"hosts", "outlet_kinds", "states", "capped"}  # whose fields are names of what is counted


def names(value, counted=COUNTED):
    """The names of the fields in a result."""
    if isinstance(value, list | tuple):
        return set().union(*(names(v, counted) for v in value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(names(v, counted) for name, v in value.items() if name not in counted))


def test_every_field_and_every_argument_is_documented(library):
    asked = endpoints(library)
    question = "In 2009, according to Reuters, what did Iraq do to the MEK?"
    answer, hits = asked["ask"](question, 2), asked["search"](question, 2)
    article = asked["article"](hits["hits"][0]["article_id"])
    found = names(answer, COUNTED | {"outlets"}) | names([hits, article, asked["outlets"]()])
    assert {"version", "quote", "independent", "why", "spellings", "strangers", "hits", "successors", "kind"} <= found
    arguments = {"question", "k", "outlets", "after", "before", "previous", "ignore", "asked_on"}
    arguments |= {"outlet_kinds", "undated", "exclude_outlets", "order", "article_id"}
    for name in (found | arguments) - {"version"}:
        assert f"`{name}`" in DOCUMENT, name
    assert f'`"version": {VERSION}`' in DOCUMENT
