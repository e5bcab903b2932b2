"""What the README shows is what happens."""

import re
import shutil
import subprocess
import sys

import pytest
from support import ROOT

import rag
from rag import cli
from rag.readers import record

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def index(tmp_path_factory, real):
    folder = tmp_path_factory.mktemp("readme") / "index"
    rag.build([ROOT / "seeds"], index=folder, encoder=real, aliases=ROOT / "docs" / "aliases.toml").close()
    return folder


def test_the_first_question_gives_the_output_shown(index, capsys):
    command, shown = re.search(r"```console\n\$ according (ask .*?)\n(.*?)```", README, re.DOTALL).groups()
    question = command.split('"')[1]
    assert command == f'ask -k 2 "{question}"'
    assert cli.main(["ask", "--index", str(index), "-k", "2", question]) == 0
    assert capsys.readouterr().out == shown


def test_the_build_gives_the_output_shown(index, capsys, monkeypatch, tmp_path):
    content, session = re.search(
        r"`mine.jsonl` holds\n\n```json\n(.*?)```.*?```console\n(.*?)```", README, re.DOTALL
    ).groups()
    (tmp_path / "mine.jsonl").write_text(content)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    shutil.copytree(index, tmp_path / "index")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["build", "seeds", "mine.jsonl"]) == 0
    built = capsys.readouterr()
    assert cli.main(["articles", "--explain"]) == 0
    explained = capsys.readouterr().out.splitlines(keepends=True)[-4:]
    real = f"$ according build seeds mine.jsonl\n{built.err}{built.out}$ according articles --explain | tail -n 4\n"
    timed = re.compile(r"\d+\.\d s")
    assert timed.sub("s", real + "".join(explained)) == timed.sub("s", session)


def test_the_python_example_runs_as_it_stands():
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.stdout.startswith("According to The Intercept, 2019-06-09: "), done.stderr
    assert done.stdout.count("\n") == 1


def test_every_option_of_the_readme_exists(capsys):
    shown = set(re.findall(r"`(--[a-z-]+)", README))
    known = set()
    for command in ("ask", "build", "articles", "article", "evaluate", "doctor", "serve"):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        known |= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert {"--index", "--json", "--after", "--before", "--outlet"} <= shown <= known


def test_every_file_that_the_documents_link_to_is_there():
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_each_kind_of_file_that_is_read_stands_in_the_readme():
    for ending in rag.readers.READERS:
        assert f"`{ending}`" in README


def test_each_kind_of_file_that_is_read_stands_in_the_formats_with_an_example(tmp_path):
    formats = (ROOT / "docs" / "formats.md").read_text("utf-8")
    for ending in rag.readers.READERS:
        assert f"`{ending}`" in formats
    examples = re.findall(r"^`(ferry\.\w+)`\n```\w+\n(.*?)```", formats, re.DOTALL | re.MULTILINE)
    assert len(examples) == 8
    for name, content in examples:
        (tmp_path / name).write_text(content)
        (article,) = rag.read_articles([tmp_path / name])
        assert (article.title, article.outlet, str(article.date)) == (
            "Ferry stays in harbour", "The Delta Herald", "2016-02-03",
        ), name  # fmt: skip
        assert "The ferry " in article.text


def test_the_fields_of_records_stand_in_the_formats():
    formats = (ROOT / "docs" / "formats.md").read_text("utf-8")
    for names in (
        record.TEXT,
        record.TITLE,
        record.OUTLET,
        record.DATE,
        record.URL,
        record.AUTHORS,
        record.HOST,
        record.ID,
    ):
        for name in names:
            assert f"`{name}`" in formats


def test_the_makefile_has_the_two_commands():
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run", "test"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
        assert f"make {target}" in README.split("```")[0]
