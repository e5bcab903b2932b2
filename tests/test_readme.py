"""What the README shows is what happens."""

import re
import subprocess
import sys

import pytest
from support import ROOT

import rag
from rag import cli

pytestmark = [pytest.mark.model, pytest.mark.reranked]

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def index(tmp_path_factory, real, demonstration):
    folder = demonstration(tmp_path_factory.mktemp("readme") / "index")
    rag.build([ROOT / "seeds"], index=folder, encoder=real, aliases=ROOT / "docs" / "aliases.toml").close()
    return folder


def test_it_has_at_most_1200_words():
    assert len(README.split()) <= 1200


def test_the_first_screen_has_the_two_commands():
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run", "test"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
        assert f"make {target}" in README.split("```")[0]


def test_every_make_target_that_it_names_exists():
    targets = set(re.findall(r"\bmake ([a-z]+)\b", " ".join(re.findall(r"`[^`]+`|^ {4}.*$", README, re.MULTILINE))))
    assert targets <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_first_question_gives_the_output_shown(index, capsys, monkeypatch):
    command, shown = re.search(r"```console\n\$ according (compare .*?)\n(.*?)```", README, re.DOTALL).groups()
    question = command.split('"')[1]
    assert command == f'compare -k 2 "{question}"'
    monkeypatch.setenv("COLUMNS", "100")
    assert cli.main(["compare", "--index", str(index), "-k", "2", question]) == 0
    assert capsys.readouterr().out == shown


def test_the_python_example_runs(tmp_path, demonstration):
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    demonstration(tmp_path / "build" / "example")  # it is brought up to date
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.stdout.startswith("According to The Intercept, 2019-06-09: "), done.stderr
    assert done.stdout.count("\n") == 1


def test_every_option_that_it_names_exists(capsys):
    of_others = re.findall(r"`pipx[^`]*`", README)
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README.replace(*of_others, "")))
    known = set()
    for command in ("ask", "build", "serve"):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        known |= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {"--index", "--json", "--after", "--before", "--outlet"} <= shown <= known


def test_the_diagram_names_files_and_types_that_exist():
    (diagram,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    for name in re.findall(r"\b([a-z]+(?:/|\.py))", diagram):
        assert (ROOT / "rag" / name).exists(), name
    source = "".join(path.read_text("utf-8") for path in (ROOT / "rag").rglob("*.py"))
    for name in ("Article", "Passage", "EmbeddedPassage", "Query", "ParsedQuery", "ScoredPassage", "Answer", "Balance"):
        assert re.search(rf"\b{name}\b", diagram), name
        assert f"class {name}:" in source, name
