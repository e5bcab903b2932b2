"""Starting is fast: a command, and a question, load what they need and nothing else.

Told by the modules that are loaded, each time in a process of its own; seconds would tell of the machine as well.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest
from support import BRIDGE, HARBOUR, ORCHARD, ROOT, WordEncoder

import rag
from rag import cli
from rag.answer.export import FORMS
from rag.cli import parser
from rag.models.encoder import PRECISIONS

pytestmark = pytest.mark.slow

# What only reading, splitting, encoding, comparing, fitting or serving needs.
BUILDING = {
    "charset_normalizer", "datasketch", "dateparser", "feedparser", "filelock", "ftfy", "htmldate", "httpx", "ijson",
    "langchain_core", "langchain_text_splitters", "lxml", "psutil", "pypdf", "requests", "scipy", "sentencex", "tqdm",
    "trafilatura", "urllib3", "warcio", "yaml",
}  # fmt: skip
MODELS = {"joblib", "sentence_transformers", "sklearn", "tokenizers", "torch", "transformers"}
SERVING = {"anyio", "fastapi", "gradio", "matplotlib", "mcp", "pandas", "pydantic", "starlette", "uvicorn"}
STANDARD = {"asyncio", "email", "http", "multiprocessing", "ssl", "unittest", "xml"}
LOOKING_UP = {"faiss", "numpy", "tantivy"}
NEITHER = BUILDING | MODELS | SERVING | STANDARD  # for a command that lists, nor for a question

TELL = "import json, sys; print('\\n' + json.dumps(sorted(sys.modules)), file=sys.stderr)"
COMMAND = "from rag.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass"
ASKING = """
sys.path.insert(0, "tests")
import re, zlib
import rag

class Encoder:
    name, dimension, max_tokens = "words", 64, 60

    def encode_question(self, question):
        import numpy as np

        vector = np.full(64, 0.01, np.float32)
        for word in re.findall(r"\\w+", question.lower()):
            vector[zlib.crc32(word.encode()) % 64] += 1
        return vector / np.linalg.norm(vector)

with rag.open(sys.argv[1], encoder=Encoder(), reranker=None) as library:
    if sys.argv[2] == "search":
        assert library.search(sys.argv[3])[0].article_id == "harbour"
    else:
        assert library.ask(sys.argv[3], min_confidence=0).passages[0].article_id == "harbour"
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """An index with its cache."""
    folder, made = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("index")
    (folder / "news.jsonl").write_text("".join(json.dumps(r) + "\n" for r in (HARBOUR, BRIDGE, ORCHARD)), "utf-8")
    (folder / "broken.json").write_text("[", "utf-8")
    rag.build([folder], index=made, encoder=WordEncoder()).close()
    return str(made)


def run(code, *arguments):
    """What code prints in a process of its own, and the modules that are loaded at its end, those within them too."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\n{TELL}", *arguments],
        capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, set(json.loads(done.stderr.splitlines()[-1]))


def loaded(code, *arguments):
    return run(code, *arguments)[1]


def test_importing_the_package_loads_no_other_module_of_it():
    found = loaded("import rag")
    assert {name for name in found if name.startswith("rag.")} == set()
    assert not found & (NEITHER | LOOKING_UP | {"regex", "sqlite3"})


def test_a_public_name_loads_its_own_module():
    found = loaded("import rag; assert rag.LibraryError.__mro__[1] is rag.AccordingError")
    assert {name for name in found if name.startswith("rag.")} == {"rag.errors"}


def test_every_public_name_is_there():
    assert run("from rag import *; import rag; print([n for n in rag.__all__ if n not in globals()])")[0] == "[]\n"
    assert set(rag.__all__) == set(rag._MODULES) <= set(dir(rag))
    for name in rag.__all__:
        home = getattr(rag, name).__module__
        assert home == f"rag.{rag._MODULES[name]}", name


def test_there_is_no_other_name():
    with pytest.raises(AttributeError, match="module 'rag' has no attribute 'opened'"):
        rag.opened  # noqa: B018


@pytest.mark.parametrize("arguments", [("--help",), ("build", "--help"), ("ask", "--help"), ("nothing",)])
def test_help_and_a_mistyped_command_load_no_more_than_the_command_line(arguments):
    found = loaded(COMMAND, *arguments)
    own = {name for name in found if name.startswith("rag.") and not name.startswith("rag.cli.")}
    assert own == {"rag.cli", "rag.errors", "rag.text"}
    assert not found & (NEITHER | LOOKING_UP | {"sqlite3"})


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("articles",), "Bridge closed"),
        (("articles", "--explain", "--json"), "Bridge closed"),
        (("article", "bridge"), "Engineers closed"),
        (("article", "bridge", "--versions"), "Engineers closed"),
        (("outlets",), "1  Press TV (broadcaster)"),
        (("outlets", "Reuters"), "domains: reuters.com"),
        (("skipped",), "broken.json"),
    ],
)
def test_a_command_that_lists_reads_the_database_alone(index, arguments, shown):
    printed, found = run(COMMAND, *arguments, "--index", index)
    assert shown in printed
    assert not found & (NEITHER | LOOKING_UP)
    assert not found & {
        "rag.library",
        "rag.retrieval.search",
        "rag.models.encoder",
        "rag.stores.snapshot",
        "rag.query.constraints",
    }


def test_the_doctor_loads_what_the_cache_is_made_with_and_no_more(index):
    printed, found = run(COMMAND, "doctor", "--index", index)
    assert "nothing is wrong" in printed
    assert found >= LOOKING_UP
    assert not found & (NEITHER - {"email", "http", "ssl"})  # w3lib, by which addresses are checked, loads these
    assert not found & {"rag.library", "rag.retrieval.search", "rag.query.constraints"}


@pytest.mark.parametrize("how", ["search", "ask"])
@pytest.mark.parametrize(
    "question", ["Who ended the harbour strike?", "What did The Guardian say about dock workers in 2013?"]
)
def test_a_question_loads_nothing_that_only_building_or_serving_needs(index, how, question):
    found = loaded(ASKING, index, how, question)
    assert found >= LOOKING_UP
    assert found & NEITHER == set()


ADDING = """
class Encoder:
    name, dimension, max_tokens = "words", 64, 60

    def __init__(self, *_): pass

    def count(self, texts): return [len(text.split()) for text in texts]

    def encode(self, texts, sentences):
        import numpy as np

        return np.eye(len(texts), 64, dtype="f"), [np.eye(len(own), 64, dtype="f") for own in sentences]

import rag.models.lazy_encoder
rag.models.lazy_encoder.SentenceEncoder = Encoder
from rag.cli import main
assert main(sys.argv[1:]) == 0
"""


def test_an_addition_loads_nothing_that_only_questions_or_many_texts_need(index, tmp_path):
    added = tmp_path / "added.jsonl"
    added.write_text(json.dumps(ORCHARD | {"id": "again", "text": ORCHARD["text"] + " Again."}), "utf-8")
    copy = shutil.copytree(index, tmp_path / "copy")
    printed, found = run(ADDING, "add", str(added), "--index", str(copy), "--json")
    assert json.loads(printed)["new"] == 1
    assert not found & (
        MODELS | SERVING - {"pydantic"} | {"datasketch", "scipy"}
    )  # LangChain's splitters load pydantic
    assert not found & {"rag.library", "rag.retrieval.search", "rag.answer.wording", "rag.query.constraints"}


def test_words_of_time_that_need_it_load_what_reads_them(index):
    code = ASKING.replace("sys.argv[3]", "sys.argv[3], asked_on='2014-03-01'")
    assert "dateparser" in loaded(code, index, "search", "What was said about dock workers last year?")


def test_a_file_loads_the_readers_of_its_format_alone(tmp_path):
    (tmp_path / "news.jsonl").write_text(json.dumps(HARBOUR), "utf-8")
    found = loaded("import rag; assert list(rag.read_articles([sys.argv[1]]))", str(tmp_path / "news.jsonl"))
    assert "rag.readers.jsonl" in found
    assert not found & {"pypdf", "trafilatura", "feedparser", "warcio", "httpx"}


def test_several_threads_may_be_the_first_to_use_what_is_imported_later(index):
    """Of a thread that is the first to use a module, the others wait for the whole of it."""
    code = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import rag
from rag.stores.sqlite import Store
with ThreadPoolExecutor(16) as threads:
    store = Store.open(Path(sys.argv[1]))
    assert set(threads.map(lambda _: len(store.view().ids), range(64))) == {3}
    assert set(threads.map(lambda _: rag.Library.__name__, range(64))) == {"Library"}
    assert set(threads.map(lambda _: len(list(rag.read_articles(["seeds"]))), range(4))) == {69}
"""
    assert loaded(code, index) >= LOOKING_UP


def test_the_command_line_knows_the_precisions_and_forms_there_are():
    assert (PRECISIONS, tuple(FORMS)) == (parser.PRECISIONS, parser.FORMS)


def test_results_printed_one_by_one_make_one_json_list(index, capsys):
    for command in ("articles", "skipped"):
        assert cli.main([command, "--index", index, "--json"]) == 0
        printed = capsys.readouterr().out
        assert printed == json.dumps(json.loads(printed), ensure_ascii=False, indent=2) + "\n"
        assert len(json.loads(printed)) == {"articles": 3, "skipped": 1}[command]


def test_outlets_are_counted_alike_by_the_database_and_by_what_is_asked(index):
    with rag.open(index) as library:
        by_database = library.outlets()
        library._view()
        assert list(by_database.items()) == list(library.outlets().items())
