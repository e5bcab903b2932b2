"""What the documents show is what happens, and what they and the code refer to exists."""

import csv
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib

import pytest
from support import BRIDGE, ROOT
from support.feeds import rss
from support.network import Network
from support.web_pages import PAGE
from support.web_site import serve

import rag
from rag import cli
from rag.cli import question_lists
from rag.readers import columns, polite

DOCS = ROOT / "docs"
DOCUMENTS = sorted(DOCS.rglob("*.md"))
CODE = sorted(path for folder in ("rag", "benchmarks", "tests") for path in (ROOT / folder).rglob("*.py"))
PAGES = [*DOCUMENTS, *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))]
PAGES += [ROOT / folder / "README.md" for folder in ("examples", "index", "seeds")]


def text(path):
    return path.read_text("utf-8")


def blocks(name, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text(DOCS / name), re.DOTALL | re.MULTILINE)


def headings(path):
    plain = re.sub(r"^```.*?^```", "", text(path), flags=re.DOTALL | re.MULTILINE)
    return [title.strip() for title in re.findall(r"^#+ (.*)$", plain, re.MULTILINE)]


def anchor(heading):
    """The fragment by which GitHub and the site link to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.fixture(scope="module")
def index(tmp_path_factory, real, demonstration):
    """The demonstration index, inside a folder that also has its sources."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "seeds").symlink_to(ROOT / "seeds")
    index = demonstration(folder / "index")
    library = rag.build([folder / "seeds"], index=index, encoder=real, aliases=DOCS / "aliases.toml")
    library.close()
    return folder / "index"


# Examples


@pytest.mark.model
@pytest.mark.reranked
def test_the_examples_of_the_python_guide_run_and_print_what_they_say(tmp_path, monkeypatch, capsys):
    for name in ("seeds", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    program = "\n".join(blocks("python.md", "python"))
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    printed = capsys.readouterr().out.splitlines()
    for line in program.splitlines():
        if expected := re.search(r"print\(\w+(?:\.\w+)?\)  # (.*)", line):
            assert expected[1].split(", or")[0] in printed or expected[1].startswith("or "), expected[1]
    assert sum(line.startswith("According to ") for line in printed) >= 2


def test_the_example_of_a_citation_of_an_article_that_changed_is_true(tmp_path, news, words):
    (program,) = blocks("maintaining.md", "python")
    library = rag.build([news(BRIDGE)], index=tmp_path / "i", encoder=words)
    (citation,) = library.ask("Who closed the old bridge?", k=1, min_confidence=0).passages
    library.add([news(BRIDGE | {"text": "The old bridge is open again, and the ring road is closed for works."})])
    printed = []
    exec(program, {"library": library, "citation": citation, "print": lambda *parts: printed.extend(parts)})
    expected = re.search(r'# (\w+), "(.*)\.\.\."', program)
    dates = re.compile(r"\d+ \w+ \d{4}")
    assert str(printed[0]) == expected[1]
    assert dates.sub("DATE", printed[1]).startswith(dates.sub("DATE", expected[2]).rstrip())


@pytest.mark.reranked
def test_the_questions_of_the_tutorial_give_the_output_shown(index, capsys):
    sessions = re.findall(
        r'\$ according ask ([^"\n]*)"([^"\n]*)"\n((?:1\.|Nothing).+?)\n```', text(DOCS / "tutorial.md"), re.DOTALL
    )
    assert len(sessions) == 2
    for options, question, shown in sessions:
        assert cli.main(["ask", "--index", str(index), *options.split(), question]) == 0
        assert capsys.readouterr().out == f"{shown}\n"


@pytest.mark.reranked
def test_the_timeline_of_its_page_is_what_is_printed(index, capsys):
    (options, question, shown), = re.findall(
        r'\$ according timeline ([^"\n]*)"([^"\n]*)"\n(.+?\n)```', text(DOCS / "timelines.md"), re.DOTALL
    )  # fmt: skip
    assert cli.main(["timeline", "--index", str(index), *options.split(), question]) == 0
    assert capsys.readouterr().out == shown


def test_the_session_of_following_gives_the_output_shown(tmp_path, real, monkeypatch, capsys):
    site_of = "http://gazette.example"
    (session,) = blocks("following.md", "console")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(polite, "DELAY_SECONDS", 0.0)
    (tmp_path / "empty").mkdir()
    rag.build([tmp_path / "empty"], encoder=real).close()
    opened = rag.open
    monkeypatch.setattr(rag, "open", lambda index, *_, **more: opened(index, real, **more))
    with serve() as site:
        network = Network(site.port)
        network.names = {"gazette.example": [["93.184.215.14"]]}
        monkeypatch.setattr(socket, "getaddrinfo", network.getaddrinfo)
        monkeypatch.setattr(socket, "create_connection", network.create_connection)
        site.answer("/robots.txt", status="404 Not Found")
        summary = "<description>The strike is over.</description>"
        site.answer("/news.rss", rss(f"<title>Dock strike ends</title><link>{site_of}/strike</link>{summary}"))
        site.answer("/gone.rss", status="410 Gone")
        site.answer("/strike", PAGE)
        printed = ""
        for line in re.findall(r"^\$ according (.*)$", session, re.MULTILINE):
            assert cli.main(shlex.split(line)) == (3 if line == "update" else 0)
            out, err = capsys.readouterr()
            printed += f"$ according {line}\n{err}{out}"
    times = re.compile(r"since \d{4}-\d\d-\d\d \d\d:\d\d")
    assert times.sub("since", printed) == times.sub("since", session)
    assert (tmp_path / "new.xml").exists()


def test_the_build_of_the_tutorial_gives_the_output_shown(index, capsys, monkeypatch, tmp_path):
    content, session = re.search(
        r"`mine.jsonl`.*?```json\n(.*?)```.*?```console\n(.*?)```", text(DOCS / "tutorial.md"), re.DOTALL
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
    times = re.compile(r"\d+\.\d s")
    assert times.sub("s", real + "".join(explained)) == times.sub("s", session)


@pytest.mark.reranked
def test_the_dossier_and_the_list_of_the_guide_give_the_output_shown(index, capsys, monkeypatch):
    page = text(DOCS / "dossiers.md")
    monkeypatch.chdir(index.parent)
    question = re.search(r'\$ according dossier -k 3 --to ashraf.html "(.*)"', page)[1]
    assert cli.main(["dossier", "-k", "3", "--to", "ashraf.html", question]) == 0
    assert capsys.readouterr().out in page
    assert cli.main(["verify", "ashraf.html", "--index", "index"]) == 0
    changing = re.compile(r"asked on .*")
    lines = capsys.readouterr().out.splitlines()
    shown = re.search(r"\$ according verify ashraf.html --index index\n(.*?)\n\.\.\.", page, re.DOTALL)[1].splitlines()
    assert [changing.sub("", line) for line in lines[: len(shown)]] == [changing.sub("", line) for line in shown]
    (index.parent / "list.csv").write_text(*blocks("dossiers.md", "csv"))
    assert cli.main(["ask", "-k", "1", "--questions", "list.csv", "--csv", "answers.csv"]) == 0
    with (index.parent / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["grade"] for row in rows] == ["answers", "answers", "nothing"]
    assert all(f"`{column}`" in page for column in question_lists.COLUMNS)


@pytest.mark.reranked
def test_the_python_of_the_tutorial_runs(index):
    (program,) = blocks("tutorial.md", "python")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=index.parent, timeout=60)
    assert done.stdout.startswith("According to The Intercept, 2019-06-09: "), done.stderr


def test_each_file_format_has_a_row_and_an_example_that_is_read(tmp_path):
    for ending in rag.readers.READERS:
        assert f"`{ending}`" in text(DOCS / "formats.md")
    examples = re.findall(r"^`(ferry\.\w+)`\n```\w+\n(.*?)```", text(DOCS / "formats.md"), re.DOTALL | re.MULTILINE)
    assert len(examples) == 10
    for name, content in examples:
        (tmp_path / name).write_text(content)
        (article,) = rag.read_articles([tmp_path / name])
        assert (article.title, article.outlet, str(article.date)) == (
            "Ferry stays in harbour", "The Delta Herald", "2016-02-03",
        ), name  # fmt: skip
        assert "The ferry " in article.text


def test_the_field_names_of_records_are_documented():
    for field in columns.FIELDS:
        for name in columns.names_of(field):
            assert f"`{name}`" in text(DOCS / "formats.md")


# What they refer to


def test_every_command_is_documented(capsys):
    commands = re.findall(r"^    (\w+) ", helped(capsys), re.MULTILINE)
    assert len(commands) >= 17
    page = text(DOCS / "commands.md")
    for command in commands:
        assert f"(#{command})" in page, command
        assert f"<!-- help: {command} -->" in page, command


def test_every_option_that_the_documents_name_exists(capsys):
    commands = (c for path in DOCUMENTS for c in re.findall(r"\baccording \w+ [^`\n]*", text(path)))
    named = {option for command in commands for option in re.findall(r"--[a-z-]+", command)}
    known = {"--help"}
    for command in re.findall(r"^    (\w+) ", helped(capsys), re.MULTILINE):
        known |= set(re.findall(r"--[a-z-]+", helped(capsys, command)))
    assert named - known == set()
    assert {"--index", "--aliases", "--repair"} <= named


def helped(capsys, *command):
    with pytest.raises(SystemExit):
        cli.main([*command, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("script", sorted(p.name for p in (ROOT / "benchmarks").glob("*.py")))
def test_every_benchmark_is_documented(script):
    assert f"`{script}`" in text(DOCS / "benchmarks.md")


def test_every_attack_that_is_repeated_has_a_row_with_its_tests():
    scripts = (text(ROOT / "benchmarks" / name) for name in ("attacks.py", "attacks_on_app.py"))
    attacks = {name for script in scripts for name in re.findall(r'^    "([a-z-]+)": [a-z_]+,$', script, re.MULTILINE)}
    row = r"^\| [^|]+ \| `([a-z-]+)` \| (?:succeeded|not repeated)[^|]* \| held[^|]* \| ([^|]+) \|$"
    rows = re.findall(row, text(DOCS / "attacks.md"), re.MULTILINE)
    assert {name for name, _ in rows} == attacks != set()
    for _, tests in rows:
        for path in re.findall("`([^`]+)`", tests):
            assert (ROOT / "tests" / path).exists(), path


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(path):
    for target, fragment in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text(path)):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), target
        if fragment:
            assert fragment in map(anchor, headings(there)), f"{target}#{fragment}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_source_file_that_it_names_exists(path):
    for name in re.findall(r"`((?:rag|tests|benchmarks|docs|seeds)/[\w./-]+)`", text(path)):
        assert (ROOT / name).exists(), name


@pytest.mark.reranked
def test_the_walk_through_the_architecture_is_true(index, real):
    """The values that docs/architecture.md shows for one article and one question."""
    from rag.passage import split_articles

    (article,) = rag.read_articles([ROOT / "seeds" / "vice-2014-banisadr.md"])
    assert (article.outlet, article.outlet_basis, article.host) == ("VICE", "metadata: outlet", "cultnews101.com")
    assert (str(article.date), article.date_basis, article.kind) == ("2014-09-03", "posted by host", "digest")
    ((first, second),) = split_articles([article], real.count, real.max_tokens)
    assert (first.start, first.end, len(first.sentences)) == (0, 511, 2)
    assert (second.start, second.end, len(second.sentences)) == (512, 931, 3)

    with rag.open(index) as library:
        question = "What did Banisadr say about the MEK since 2010?"
        answer = library.ask(question)
        (constraint,) = answer.constraints
        assert (constraint.words, str(constraint.after), answer.searched) == (
            "since 2010", "2010-01-01", "What did Banisadr say about the MEK?",
        )  # fmt: skip
        # What the reranker says, in whole numbers of 8 bits, differs a little from processor to processor.
        assert answer.confidence == pytest.approx(0.83, abs=0.08)
        assert answer.passages[0].outlet == "VICE"
        assert [c.score for c in answer.passages[:2]] == pytest.approx([1.65, 1.04], abs=0.08)
        best = answer.passages[0]
        assert (best.start, best.end, best.quote) == (0, 931, (0, 139))
        assert library.article(best.article_id).text[best.start : best.end] == best.text
    page = text(DOCS / "architecture.md")
    for value in ("0 to 511 with 2 sentences", "512 to 931 with 3", f'ask "{question}"', "0.83", "1.65", "0 to 139"):
        assert value in page


def test_the_architecture_shows_the_layers_that_are_checked():
    contracts = tomllib.loads(text(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    checked = [
        {name.strip().removeprefix("rag.") for name in layer.split("|")} - {"_lazy"} for layer in contracts[0]["layers"]
    ]
    (block,) = re.findall(r"```text\n(cli\n.*?)```", text(DOCS / "architecture.md"), re.DOTALL)
    shown = [set(re.split(r"\s{2,}", line)[0].split(" · ")) for line in block.splitlines()]
    assert shown == checked


def test_every_page_and_section_that_the_code_names_exists():
    """Comments say where a figure comes from: `docs/measurements/speed.md, "FAISS indexes"`."""
    named = 0
    for path in CODE:
        for page, section in re.findall(r'\b(docs/[\w/-]+\.\w+)(?:,\s+(?:#\s+)?"([^"]+)")?', text(path)):
            assert (ROOT / page).exists(), f"{path.name}: {page}"
            if section:
                named += 1
                assert section in headings(ROOT / page), f"{path.name}: {page}, {section}"
    assert named >= 5


def test_every_constant_that_the_measurements_name_exists():
    assigned = {
        name
        for path in CODE
        for line in re.findall(r"^([A-Z_][A-Z_, ]*)(?:: [^=\n]+)? = ", text(path), re.MULTILINE)
        for name in line.split(", ")
    }
    placeholders = {"PAGES", "QUESTIONS"}
    for path in (DOCS / "measurements").glob("*.md"):
        named = set(re.findall(r"`([A-Z][A-Z_]+)`", text(path)))
        assert named - placeholders <= assigned, path
