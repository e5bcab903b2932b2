"""What the README shows is what happens."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT

import rag
from rag import cli

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def index(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("readme") / "index"
    rag.build([ROOT / "seeds"], index=folder, encoder=real).close()
    return folder


def test_the_first_question_gives_the_output_shown(index, capsys):
    command, shown = re.search(r"```console\n\$ according (ask .*?)\n(.*?)```", README, re.DOTALL).groups()
    question = command.split('"')[1]
    assert command == f'ask -k 2 "{question}"'
    assert cli.main(["ask", "--index", str(index), "-k", "2", question]) == 0
    assert capsys.readouterr().out == shown


def test_the_python_example_runs_as_it_stands():
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.stdout.startswith("According to The Intercept, 2019-06-09: "), done.stderr
    assert done.stdout.count("\n") == 1


def test_every_option_of_the_readme_exists(capsys):
    shown = set(re.findall(r"`(--[a-z-]+)", README))
    with pytest.raises(SystemExit):
        cli.main(["ask", "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {"--index", "--json", "--after", "--before", "--outlet"} <= shown <= known


def test_every_file_that_the_documents_link_to_is_there():
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_each_kind_of_file_that_is_read_stands_in_the_readme():
    for ending in rag.readers.READERS:
        assert f"`{ending}`" in README


def test_the_makefile_has_the_two_commands():
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run", "test"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
        assert f"make {target}" in README.split("```")[0]
