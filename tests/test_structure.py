"""The way of the data goes one way: a module imports only what stands before it."""

import ast
import re

from conftest import ROOT

ORDER = [
    "errors", "article", "dates", "outlets", "names", "restrictions", "attribution", "readers", "passage", "copies",
    "encoder", "lexical", "cache", "store", "search", "reranker", "balance", "bar", "answer", "report", "doctor",
    "library", "evaluate", "cards", "cli", "web", "__init__", "__main__",
]  # fmt: skip


def imports(path):
    """Names of modules of this project that a file imports, as far as its top level goes."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.level and path.parent.name == "rag":
            yield from [node.module.split(".")[0]] if node.module else [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 2:
            yield node.module.split(".")[0]


def test_every_module_has_its_place():
    assert {p.stem for p in (ROOT / "rag").glob("*.py")} | {"readers"} == set(ORDER)


def test_modules_import_only_what_stands_before_them():
    for path in (ROOT / "rag").rglob("*.py"):
        own = path.stem if path.parent.name == "rag" else "readers"
        for name in imports(path):
            assert ORDER.index(name) < ORDER.index(own), f"{path} imports {name}"


def test_every_module_says_what_it_is_for():
    for path in (ROOT / "rag").rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_nothing_unpickles_evaluates_or_runs_a_shell():
    for path in (ROOT / "rag").rglob("*.py"):
        assert not re.search(r"\b(import pickle|eval\(|exec\(|os\.system|subprocess|shell=True)", path.read_text()), (
            path
        )


def test_importing_the_package_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import importlib

    import rag

    importlib.reload(rag)
    assert list(tmp_path.iterdir()) == []
