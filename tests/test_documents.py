"""What the documents show in Python is what happens."""

import re
import subprocess
import sys

import pytest
from support import BRIDGE, ROOT

import rag
from rag import cli

DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))


def blocks(name, language):
    return re.findall(
        rf"^```{language}\n(.*?)^```", (ROOT / "docs" / name).read_text("utf-8"), re.DOTALL | re.MULTILINE
    )


def test_the_examples_of_the_python_api_run_as_they_stand_and_print_what_they_say(tmp_path):
    for name in ("seeds", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    program = "\n".join(blocks("python.md", "python"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=240)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    for line in program.splitlines():
        if told := re.search(r"print\(\w+(?:\.\w+)?\)  # (.*)", line):
            assert told[1].split(", or")[0] in said or told[1].startswith("or "), told[1]
    assert sum(line.startswith("According to ") for line in said) >= 2


def test_the_example_of_a_citation_that_resolves_is_true(tmp_path, news, words):
    (program,) = blocks("keeping.md", "python")
    library = rag.build([news(BRIDGE)], index=tmp_path / "i", encoder=words)
    (citation,) = library.ask("Who closed the old bridge?", k=1, min_confidence=0).passages
    library.add([news(BRIDGE | {"text": "The old bridge is open again, and the ring road is closed for works."})])
    said = []
    exec(program, {"library": library, "citation": citation, "print": lambda *parts: said.extend(parts)})
    expected = re.search(r'# (\w+), "(.*)\.\.\."', program)
    days = re.compile(r"\d+ \w+ \d{4}")
    assert str(said[0]) == expected[1]
    assert days.sub("DAY", said[1]).startswith(days.sub("DAY", expected[2]).rstrip())


def test_every_option_that_the_documents_name_exists(capsys):
    commands = (c for path in DOCUMENTS for c in re.findall(r"\baccording \w+ [^`\n]*", path.read_text("utf-8")))
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


@pytest.mark.parametrize(
    "script", sorted(p.name for p in (ROOT / "benchmarks").glob("*.py") if p.name != "labelled.py")
)
def test_every_benchmark_stands_in_the_documents(script):
    assert f"`{script}`" in (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
