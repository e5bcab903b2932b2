"""The docstrings of the public API: each argument, result and error is described, for the reference in docs/api.md."""

import ast
import textwrap

import griffe
from support import ROOT

import rag


def public():
    """(name, docstring holder) of every public function, class, method and property."""
    package = griffe.load("rag", search_paths=[str(ROOT)], docstring_parser="google", resolve_aliases=True)
    for name in rag.__all__:
        value = getattr(rag, name)
        found = package[f"{value.__module__}.{value.__name__}".removeprefix("rag.")]
        yield name, found
        for member in found.all_members.values() if found.is_class else ():
            target = member.final_target if member.is_alias else member
            if not member.name.startswith("_") and (target.is_function or "property" in target.labels):
                yield f"{name}.{member.name}", target


def sections(found):
    return {section.kind.value: section.value for section in found.docstring.parsed}


def raised(found):
    """Names of the errors that a function's own body raises."""
    nodes = (node.exc for node in ast.walk(ast.parse(textwrap.dedent(found.source))) if isinstance(node, ast.Raise))
    calls = (node.func for node in nodes if isinstance(node, ast.Call))
    return {func.id for func in calls if isinstance(func, ast.Name) and func.id.endswith("Error")}


def lacking(found):
    """What a docstring leaves out."""
    if not found.docstring:
        return ["docstring"]
    own = sections(found)
    if found.is_class:
        fields = [m for m in found.members.values() if m.is_attribute and not m.name.startswith("_")]
        stored = [m for m in fields if "property" not in m.labels and "class-attribute" not in m.labels]
        is_data = "dataclass" in found.labels
        return ["Attributes"] if is_data and (stored or fields) and "attributes" not in own else []
    if not found.is_function:
        return []
    parameters = {p.name for p in found.parameters} - {"self", "cls"}
    missing = [f"Args: {name}" for name in sorted(parameters - {a.name for a in own.get("parameters", [])})]
    simple = not parameters and found.docstring.value.startswith(("Return ", "Yield "))
    if str(found.returns) != "None" and not {"returns", "yields"} & own.keys() and not simple:
        missing.append("Returns")
    return missing + [
        f"Raises: {e}" for e in sorted(raised(found) - {str(r.annotation) for r in own.get("raises", [])})
    ]


def test_each_describes_arguments_results_and_errors():
    checked = {name: lacking(found) for name, found in public()}
    assert len(checked) > 60
    assert {name: missing for name, missing in checked.items() if missing} == {}


def test_an_incomplete_docstring_would_be_noticed(tmp_path):
    (tmp_path / "incomplete.py").write_text(
        'def ask(question: str, k: int) -> str:\n    """Ask.\n\n    Args:\n        k: how many.\n    """\n'
        '    raise ValueError("no")\n'
    )
    module = griffe.load("incomplete", search_paths=[str(tmp_path)], docstring_parser="google")
    assert lacking(module["ask"]) == ["Args: question", "Returns", "Raises: ValueError"]
