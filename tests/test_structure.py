"""What the source itself must keep to; `lint-imports` checks which module may import which."""

import ast
import re

import pytest
from support import ROOT


def test_every_module_says_what_it_is_for():
    for path in (ROOT / "rag").rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path


PROGRAM = [*(ROOT / "rag").rglob("*.py"), ROOT / "app.py"]
NEVER_IMPORTED = {
    "pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "subprocess", "pty", "ctypes", "code",
    "runpy", "xmlrpc",
}  # fmt: skip
NEVER_CALLED = re.compile(
    r"(builtins\.)?(eval|exec|compile|__import__)|os\.(system|popen|exec\w+|spawn\w+|posix_spawn\w*|fork\w*)|"
    r"asyncio\.create_subprocess_\w+|torch\.load|yaml\.(unsafe|full)_load(_all)?"
)
ALWAYS_FALSE = {"allow_pickle", "shell", "trust_remote_code"}
SAFE_LOADERS = {"yaml.BaseLoader", "yaml.SafeLoader"}


def dotted(node):
    """The name that an expression is ("yaml.load"), "" of any other expression."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def faults(tree):
    """What in a module runs, or can be made to run, what was read."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.bases]
    safe = SAFE_LOADERS | {c.name for c in classes if {*map(dotted, c.bases)} <= SAFE_LOADERS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            names += [f"{node.module}.{a.name}" for a in node.names] if isinstance(node, ast.ImportFrom) else []
            yield from (n for n in names if n.split(".")[0] in NEVER_IMPORTED or NEVER_CALLED.fullmatch(n))
        elif isinstance(node, ast.Attribute | ast.Name) and NEVER_CALLED.fullmatch(dotted(node)):
            yield dotted(node)
        elif isinstance(node, ast.Call):
            given = {k.arg: k.value for k in node.keywords}
            yield from (n for n in ALWAYS_FALSE & given.keys() if getattr(given[n], "value", None) is not False)
            if dotted(node.func) in ("yaml.load", "yaml.load_all") and dotted(given.get("Loader")) not in safe:
                yield dotted(node.func)


def test_nothing_unpickles_evaluates_or_runs_a_program():
    for path in PROGRAM:
        assert list(faults(ast.parse(path.read_text()))) == [], path


@pytest.mark.parametrize(
    "code",
    [
        "import pickle", "from pickle import loads", "import os\nos.system('ls')", "from os import system", "f = eval",
        "exec('1')", "import subprocess as s", "import numpy as np\nnp.load('a', allow_pickle=True)", "torch.load('a')",
        "yaml.load('a', Loader=yaml.Loader)", "yaml.load('a', yaml.SafeLoader)", "yaml.unsafe_load('a')",
        "os.execv('a', [])",
        "class L(yaml.Loader): pass\nyaml.load('a', Loader=L)", "import joblib.numpy_pickle", "f(shell=True)",
        "builtins.eval('1')", "f = os.popen", "from os import execvp",
    ],
)  # fmt: skip
def test_what_would_is_found(code):
    assert list(faults(ast.parse(code)))


# SQL is text that stands in the module that runs it: constants, and f-strings and sums of what is itself made of
# nothing else. A name counts where every value that the module gives it does, a parameter where every call gives it
# such a value.


def statements(tree):
    """The first argument of each call that runs SQL."""
    for node in ast.walk(tree):
        runs = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if runs and node.func.attr in ("execute", "executemany", "executescript"):
            yield node.args[0]


class Module:
    """What the names of a module stand for, so far as its own text tells."""

    def __init__(self, tree):
        self.tree = tree
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        self.calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]

    def scopes(self, node):
        while node := self.parents.get(node):
            if isinstance(node, ast.FunctionDef | ast.Module):
                yield node

    def fixed(self, node, seen=frozenset()):
        """Whether an expression is text of this module's own, whoever calls it with what."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.JoinedStr | ast.Tuple | ast.List | ast.Set):
            return all(self.fixed(v, seen) for v in (node.values if isinstance(node, ast.JoinedStr) else node.elts))
        if isinstance(node, ast.FormattedValue | ast.Starred):
            return self.fixed(node.value, seen)
        if isinstance(node, ast.BinOp):  # "a" + "b", "?, " * len(keys): repeating what is fixed adds no words
            if isinstance(node.op, ast.Mult):
                return self.fixed(node.left, seen) or self.fixed(node.right, seen)
            return self.fixed(node.left, seen) and self.fixed(node.right, seen)
        if isinstance(node, ast.IfExp):
            return self.fixed(node.body, seen) and self.fixed(node.orelse, seen)
        if isinstance(node, ast.GeneratorExp | ast.ListComp):
            return self.fixed(node.elt, seen)
        if isinstance(node, ast.Subscript):
            return self.fixed(node.value, seen)
        if isinstance(node, ast.Dict):
            return all(self.fixed(value, seen) for value in node.values)
        if isinstance(node, ast.Call):
            return self.made(node, seen)
        if isinstance(node, ast.Attribute):
            return node.attr == "name" and self.fields(node.value)
        return isinstance(node, ast.Name) and (node.id in seen or self.named(node, seen | {node.id}))

    def fields(self, name):
        """Whether a name stands for the fields of a dataclass, one after the other: their names are the program's."""
        values = [value for scope in self.scopes(name) for value in self.values(scope, dotted(name))]
        return bool(values) and all(isinstance(v, ast.Call) and dotted(v.func) == "fields" for v in values)

    def made(self, call, seen):
        """Whether a call gives text of the module's own: joined of it, the parts of it, its statements."""
        if isinstance(call.func, ast.Attribute) and call.func.attr == "join":
            return all(self.fixed(part, seen) for part in (call.func.value, *call.args))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "values":
            return self.fixed(call.func.value, seen)
        if dotted(call.func) in ("tuple", "_statements"):
            return all(self.fixed(part, seen) for part in call.args)
        return False

    def named(self, name, seen):
        for scope in self.scopes(name):
            if isinstance(scope, ast.FunctionDef):
                arguments = [a.arg for a in scope.args.args]
                if name.id in arguments:
                    return self.given(scope, arguments.index(name.id), seen)
            if values := list(self.values(scope, name.id)):
                return all(self.fixed(value, seen) for value in values)
        return False

    def given(self, function, place, seen):
        """Whether each call of a function that only this module calls gives it such text at a place, or none."""
        arguments, nested = function.args.args, isinstance(self.parents[function], ast.FunctionDef)
        calls = [c for c in self.calls if dotted(c.func).rpartition(".")[2] == function.name]
        at = place - (arguments[0].arg == "self")
        default = dict(zip(arguments[::-1], function.args.defaults[::-1], strict=False)).get(arguments[place])
        handed = [
            c.args[at]
            if len(c.args) > at
            else next((k.value for k in c.keywords if k.arg == arguments[place].arg), default)
            for c in calls
        ]
        own = all(argument is not None and self.fixed(argument, seen) for argument in handed)
        return (nested or function.name.startswith("_")) and bool(calls) and own

    def values(self, scope, name):
        """The values that a scope gives a name, by assignment, in a loop, or in a comprehension."""
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    yield from parts(target, node.value, name)
            elif isinstance(node, ast.For | ast.comprehension):
                items = node.iter.elts if isinstance(node.iter, ast.Tuple | ast.List) else [node.iter]
                for item in items:
                    yield from parts(node.target, item, name)


def parts(target, value, name):
    """What an assignment gives a name: the value, or its part where names stand beside each other."""
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for inner, part in zip(target.elts, value.elts, strict=True):
            yield from parts(inner, part, name)
    elif isinstance(target, ast.Tuple) and name in map(dotted, target.elts):
        yield ast.Name("?")  # of something that is taken apart elsewhere


def test_sql_is_text_of_the_program_alone():
    for path in PROGRAM:
        module = Module(ast.parse(path.read_text()))
        assert [ast.unparse(sql) for sql in statements(module.tree) if not module.fixed(sql)] == [], path


@pytest.mark.parametrize(
    ("code", "own"),
    [
        ("def f(x): db.execute('SELECT 1 WHERE a = ?', (x,))", True),
        ("A = 'a'\ndef f(x): db.execute(f'SELECT {A} FROM b')", True),
        ("def f(keys): db.execute(f\"SELECT ({', '.join('?' * len(keys))})\", keys)", True),
        ("def _f(q): db.execute(q)\ndef g(): _f('SELECT 1')", True),
        ("def f():\n for t in ('a', 'b'): db.execute(f'DROP TABLE {t}')", True),
        ("def _f(q, g=''): db.execute(q + g)\ndef g(): _f('SELECT 1')", True),
        ("def _f(q, g=''): db.execute(q + g)\ndef h(x): _f('SELECT 1', g=x)", False),
        ("def f(q): db.execute(q)", False),
        ("def f(x): db.execute(f'SELECT {x}')", False),
        ("def f(x): db.execute('SELECT ' + x)", False),
        ("def f(x): db.execute('SELECT %s' % x)", False),
        ("def f(x): db.execute('SELECT {}'.format(x))", False),
        ("def _f(q): db.execute(q)\ndef g(x): _f(f'SELECT {x}')", False),
        ("def f(x):\n q = 'SELECT'\n q = x\n db.execute(q)", False),
        ("def f(x):\n q = 'SELECT'\n q += x\n db.execute(q)", False),
        ("def f(xs):\n for x in xs: db.execute(f'DROP TABLE {x}')", False),
        ("def f(x): db.execute(x.sql)", False),
        ("def f(): db.execute(open('a').read())", False),
    ],
)
def test_what_counts_as_its_own_text(code, own):
    module = Module(ast.parse(code))
    (sql,) = statements(module.tree)
    assert module.fixed(sql) is own


def test_importing_the_package_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import importlib

    import rag

    importlib.reload(rag)
    assert list(tmp_path.iterdir()) == []
