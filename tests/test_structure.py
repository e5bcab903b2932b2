"""What the source itself must keep to; `lint-imports` checks which module may import which."""

import ast
import functools
import re

import conftest
import pytest
from support import ROOT

PROGRAM = [*(ROOT / "rag").rglob("*.py"), ROOT / "app.py"]


@pytest.fixture(scope="module")
def trees():
    """The syntax of each file of the program."""
    return {path: ast.parse(path.read_text()) for path in PROGRAM}


def test_every_module_says_what_it_is_for(trees):
    for path, tree in trees.items():
        assert ast.get_docstring(tree), path


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


def test_nothing_unpickles_evaluates_or_runs_a_program(trees):
    allowed = {ROOT / "rag/ingest/reading_processes.py": ["subprocess"]}
    for path, tree in trees.items():
        assert list(faults(tree)) == allowed.get(path, []), path


def test_processes_that_read_are_this_python_with_a_program_of_our_own(trees):
    tree = trees[ROOT / "rag/ingest/reading_processes.py"]
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and dotted(n.func).startswith("subprocess.")]
    assert [ast.unparse(call.args[0]) for call in calls] == ["[sys.executable, '-c', _PROGRAM, json.dumps(sys.path)]"]
    assert dotted(calls[0].func) == "subprocess.Popen"


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


# SQL is text of the program: constants, and f-strings and sums of what is itself made of nothing else. A name counts if
# every value that its module gives it does, an imported name if it does in the module it comes from, and a parameter
# if every call in the program gives it such a value.


def statements(tree):
    """The first argument of each call that runs SQL."""
    for node in ast.walk(tree):
        runs = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if runs and node.func.attr in ("execute", "executemany", "executescript"):
            yield node.args[0]


def module_name(path):
    """The name by which a file of the program is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def program(trees):
    """The modules of a program, by name, from their syntax."""
    modules = {}
    modules.update({name: Module(tree, modules) for name, tree in trees.items()})
    return modules


class Module:
    """What the names of a module stand for, as far as the source of the program says."""

    def __init__(self, tree, modules):
        self.tree, self.modules = tree, modules
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.functions = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        self.imports = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        self.calls = {}  # the name of a function -> its calls
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self.calls.setdefault(dotted(node.func).rpartition(".")[2], []).append(node)

    def scopes(self, node):
        while node := self.parents.get(node):
            if isinstance(node, ast.FunctionDef | ast.Module):
                yield node

    def fixed(self, node, seen=frozenset()):
        """Whether an expression is text of the program, whoever calls it with what."""
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
        return isinstance(node, ast.Name) and ((self, node.id) in seen or self.named(node, seen | {(self, node.id)}))

    def fields(self, name):
        """Whether a name stands for the fields of a dataclass, one after the other: their names are the program's."""
        values = [value for scope in self.scopes(name) for value in self.values(scope, dotted(name))]
        return bool(values) and all(isinstance(v, ast.Call) and dotted(v.func) == "fields" for v in values)

    def made(self, call, seen):
        """Whether a call gives text of the program: joined of it, the parts of it, its statements."""
        if isinstance(call.func, ast.Attribute) and call.func.attr == "join":
            return all(self.fixed(part, seen) for part in (call.func.value, *call.args))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "values":
            return self.fixed(call.func.value, seen)
        if dotted(call.func) in ("tuple", "split_statements"):
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
        return self.imported(name.id, seen)

    def imported(self, name, seen):
        """Whether a name is imported from another module of the program, which gives it such text and nothing else."""
        for node in self.imports:
            if node.module in self.modules:
                own = next((alias.name for alias in node.names if (alias.asname or alias.name) == name), None)
                if own:
                    home = self.modules[node.module]
                    values = list(home.values(home.tree, own))
                    return bool(values) and all(home.fixed(value, seen | {(home, own)}) for value in values)
        return False

    def given(self, function, place, seen):
        """Whether each call of a function that is private to the program gives it such text at a place, or none."""
        arguments, nested = function.args.args, isinstance(self.parents[function], ast.FunctionDef)
        calls = [(module, call) for module in self.modules.values() for call in module.calls.get(function.name, ())]
        at = place - (arguments[0].arg == "self")
        default = dict(zip(arguments[::-1], function.args.defaults[::-1], strict=False)).get(arguments[place])
        handed = []
        for module, call in calls:
            named = [keyword.value for keyword in call.keywords if keyword.arg == arguments[place].arg]
            handed += [(module, value) for value in (call.args[at : at + 1] or named)] or [(self, default)]
        own = all(value is not None and module.fixed(value, seen) for module, value in handed)
        return (nested or function.name.startswith("_")) and bool(calls) and own

    def values(self, scope, name):
        """The values that a scope gives a name, by assignment, in a loop, or in a comprehension."""
        for target, value in assigned(scope):
            yield from parts(target, value, name)


@functools.cache
def assigned(scope):
    """(what is given values, a value) of each assignment, loop and comprehension in a scope."""
    found = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found += [(target, node.value) for target in targets]
        elif isinstance(node, ast.For | ast.comprehension):
            items = node.iter.elts if isinstance(node.iter, ast.Tuple | ast.List) else [node.iter]
            found += [(node.target, item) for item in items]
    return found


def parts(target, value, name):
    """What an assignment gives a name: the value, or its part where names stand beside each other."""
    if isinstance(target, ast.Name) and target.id == name:
        yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for inner, part in zip(target.elts, value.elts, strict=True):
            yield from parts(inner, part, name)
    elif isinstance(target, ast.Tuple) and name in map(dotted, target.elts):
        yield ast.Name("?")  # of something that is taken apart elsewhere


def test_sql_is_text_of_the_program_alone(trees):
    modules = program({module_name(path): tree for path, tree in trees.items()})
    assert sum(len(list(statements(module.tree))) for module in modules.values()) > 50
    for name, module in modules.items():
        assert [ast.unparse(sql) for sql in statements(module.tree) if not module.fixed(sql)] == [], name


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
    module = program({"m": ast.parse(code)})["m"]
    (sql,) = statements(module.tree)
    assert module.fixed(sql) is own


RUNS = "class D:\n def _run(self, q): self.db.execute(q)"


@pytest.mark.parametrize(
    ("code", "other", "own"),
    [
        ("from other import A\ndef f(): db.execute(f'SELECT {A}')", "A = 'a'", True),
        ("from other import A as B\ndef f(): db.execute(f'SELECT {B}')", "A = ', '.join(x for x in ('a', 'b'))", True),
        ("from other import A\ndef f(): db.execute(f'SELECT {A}')", "import os\nA = os.environ['A']", False),
        ("from other import A\ndef f(): db.execute(f'SELECT {A}')", "A = 'a'\ndef g(x):\n global A\n A = x", False),
        ("from other import A\ndef f(): db.execute(f'SELECT {A}')", "", False),
        ("from elsewhere import A\ndef f(): db.execute(f'SELECT {A}')", "A = 'a'", False),
        ("import other\ndef f(): db.execute(f'SELECT {other.A}')", "A = 'a'", False),
        (RUNS, "class E(D):\n def f(self): self._run('SELECT 1')", True),
        (RUNS, "class E(D):\n def f(self, q): self._run(q)", False),
        (f"{RUNS}\n def f(self): self._run('SELECT 1')", "class E(D):\n def g(self, x): self._run(f'{x}')", False),
        (RUNS.replace("_run", "run"), "class E(D):\n def f(self): self.run('SELECT 1')", False),
        ("def _f(q): db.execute(q)", "from m import _f\nA = 'SELECT 1'\ndef g(): _f(A)", True),
        ("A = 'a'\ndef _f(q): db.execute(q)", "from m import _f\ndef g(A): _f(A)", False),
    ],
)
def test_what_counts_as_the_programs_own_text_across_modules(code, other, own):
    module = program({"m": ast.parse(code), "other": ast.parse(other)})["m"]
    (sql,) = statements(module.tree)
    assert module.fixed(sql) is own


# What Gradio does not document is named in `rag.web.gradio_internals` alone, each part of it with a test.
INTERNALS, IMPORTING = ROOT / "rag/web/gradio_internals.py", ROOT / "rag/web/gradio_import.py"
GRADIOS_ATTRIBUTES = {
    "ANALYTICS_MAX_EVENTS", "DEFAULT_TEMP_DIR", "_id", "_queue", "active_jobs", "api_name", "api_visibility", "auth",
    "block_thread", "close", "cookie_id", "event_ids_to_events", "event_queue_per_concurrency_id", "fns", "get_blocks",
    "inputs", "limiter", "mcp_error", "mcp_server", "mcp_server_obj", "pending_event_ids_session",
    "pending_messages_per_session", "server", "tokens",
}  # fmt: skip
GRADIOS_WORDS = re.compile(
    r"gradio_api|access-token|x-gradio|fn_index|session_hash|event_id|event_data|trigger_id|svelte|GRADIO_TEMP_DIR|"
    r"queue/(join|data|status)|upload_progress|/(login|logout|config|assets|static|monitoring|theme\.css)\b"
)


def of_gradio(tree):
    """What a module of the app names that is Gradio's own: modules, attributes, words of routes, cookies and fields."""
    own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and dotted(node.value) == "self"}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {dotted(node.target) for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)}
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (name for name in names if name.split(".")[0] == "gradio")
        elif isinstance(node, ast.Attribute) and dotted(node.value) not in ("self", "cls"):
            private = node.attr.startswith("_") and not node.attr.endswith("__") and node.attr not in own
            if private or (node.attr in GRADIOS_ATTRIBUTES and node.attr not in own):
                yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in documented:
            words = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            yield from (found[0] for found in GRADIOS_WORDS.finditer(words))


def test_one_module_alone_names_what_is_gradios_own(trees):
    web = {path: tree for path, tree in trees.items() if path.is_relative_to(ROOT / "rag/web")}
    for path, tree in web.items():
        if path not in (INTERNALS, IMPORTING):
            assert list(of_gradio(tree)) == [], f"{path}: ask `rag.web.gradio_internals` for it"
    others = {path: tree for path, tree in trees.items() if path not in web}
    imported = {n for tree in others.values() for n in of_gradio(tree) if n.split(".")[0] == "gradio"}
    assert imported == set(), "nothing else of the program needs Gradio"


def test_nor_do_style_sheets_and_scripts_name_it():
    files = [path for path in (ROOT / "rag/web").iterdir() if path.suffix in (".css", ".js")]
    assert files
    for path in files:
        assert GRADIOS_WORDS.findall(path.read_text("utf-8")) == [], f"{path}: let the page tell the script"


def test_that_module_names_all_of_it(trees):
    """What is listed here and not used there protects nothing."""
    used = {node.attr for node in ast.walk(trees[INTERNALS]) if isinstance(node, ast.Attribute)}
    assert used >= GRADIOS_ATTRIBUTES
    assert {"gradio_api", "access-token", "fn_index", "/login"} <= {*of_gradio(trees[INTERNALS])}
    imported = {name for name in of_gradio(trees[IMPORTING]) if name != "gradio_api"}  # another name of `gradio.api`
    assert imported == {"gradio"}, "it imports nothing but what is documented"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("app._queue.push(1)", ["_queue"]), ("scope['app'].get_blocks()", ["get_blocks"]), ("event._data", ["_data"]),
        ("from gradio.routes import App", ["gradio.routes"]), ("import gradio as gr", ["gradio"]),
        ("class A:\n def f(self, o): return o._x + self._y\n def _x(self): pass", []),
        ("PATH = f'/gradio_api/{x}'", ["gradio_api"]), ("{'fn_index': 1}", ["fn_index"]),
        ("f(b'access-token-')", ["access-token"]), ("PATH = '/article/login'", ["/login"]),
        ("def f():\n 'Return /config.'", []), ("request.session_hash", []), ("log.close_all(), x.__name__", []),
        ("path == '/login'", ["/login"]), ("f('assets of a company')", []),
    ],
)  # fmt: skip
def test_what_counts_as_gradios_own(code, found):
    assert list(of_gradio(ast.parse(code))) == found


def test_importing_the_package_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    import importlib

    import rag

    importlib.reload(rag)
    assert list(tmp_path.iterdir()) == []


def test_the_tests_that_are_sampled_or_put_first_exist():
    """A name that is no longer a test's would run all its cases, or run last, and nobody would notice."""
    files = [*(ROOT / "tests").rglob("test_*.py")]
    named = {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)}
    assert {*conftest.EVERY, *conftest.LARGER} <= named
    assert {*conftest.LONGEST_FIRST} <= {path.stem for path in files}
