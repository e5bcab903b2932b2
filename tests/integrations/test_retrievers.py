"""Retrievers for other frameworks, with the real packages: passages, their provenance, and receipts that hold.

LangChain's core comes with According. LlamaIndex and Haystack take minutes to install, so they are tested where they
are installed: in continuous integration by a job of its own, here with `pip install "according[llamaindex,haystack]"`.
"""

import json
import sys

import pytest
from support import BRIDGE, HARBOUR, WordEncoder

import rag
from rag.errors import AccordingError, QuestionError

QUESTION = "Who ended the strike of dock workers on Tuesday?"
FILTERS = {"outlets": ["The Guardian"], "min_confidence": 0}
FIELDS = {
    "outlet", "outlet_basis", "strength", "host", "authors", "date", "date_basis", "title", "url", "quote_url", "kind",
    "grade", "score", "article_id", "span", "quote", "quotation", "receipt",
}  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("retrievers")
    (folder / "n.jsonl").write_text("\n".join(map(json.dumps, [HARBOUR, BRIDGE])))
    rag.build([folder / "n.jsonl"], index=folder / "index", encoder=WordEncoder()).close()
    return folder / "index"


@pytest.fixture(scope="module")
def library(index):
    with rag.open(index, encoder=WordEncoder()) as library:
        yield library


def check(library, folder, text, known):
    """The text is the article's at the span, all fields are there, and the receipt holds."""
    assert set(known) == FIELDS
    article = library.article(known["article_id"])
    start, end = known["span"]
    assert text == article.text[start:end]
    assert (known["outlet"], known["host"], known["date"]) == (article.outlet, article.host, article.date.isoformat())
    a, b = known["quote"]
    assert known["quotation"] == article.text[a:b]
    assert json.loads(json.dumps(known)) == known
    answer = {"question": QUESTION, "passages": [library.ask(QUESTION, **FILTERS).to_dict()["passages"][0]]}
    (folder / "answer.json").write_text(json.dumps(answer))
    (finding,) = library.verify_file(folder / "answer.json").findings
    receipt = known["receipt"]
    assert (finding.receipt.article_id, finding.receipt.text) == (receipt["article_id"], receipt["text"])
    assert finding.status == "holds"


def test_langchain_gets_documents(library, tmp_path):
    from langchain_core.runnables import RunnableLambda

    from rag.integrations.langchain import AccordingRetriever

    retriever = AccordingRetriever(library=library, k=1, filters=FILTERS)
    (document,) = retriever.invoke(QUESTION)
    check(library, tmp_path, document.page_content, document.metadata)
    chain = retriever | RunnableLambda(lambda documents: [d.metadata["outlet"] for d in documents])
    assert chain.invoke(QUESTION) == ["The Guardian"]
    assert [[d.id for d in found] for found in retriever.batch([QUESTION])] == [[document.id]]
    strict = AccordingRetriever(library=library, strict=True)  # the encoder of these tests is never sure
    assert strict.invoke(QUESTION) == []
    with pytest.raises(QuestionError, match="there is no filter 'publisher'; the filters are after, asked_on,"):
        AccordingRetriever(library=library, filters={"publisher": "x"}).invoke(QUESTION)


def test_llamaindex_gets_nodes(library, tmp_path):
    pytest.importorskip("llama_index.core", reason='needs pip install "according[llamaindex]"')
    from llama_index.core.schema import MetadataMode

    from rag.integrations.llamaindex import AccordingRetriever

    (found,) = AccordingRetriever(library, k=1, filters=FILTERS).retrieve(QUESTION)
    check(library, tmp_path, found.node.get_content(), found.node.metadata)
    assert found.score == found.node.metadata["score"]
    assert [found.node.start_char_idx, found.node.end_char_idx] == found.node.metadata["span"]
    read = found.node.get_content(MetadataMode.LLM)
    assert "outlet: The Guardian" in read
    assert "receipt" not in read
    assert AccordingRetriever(library, strict=True).retrieve(QUESTION) == []


def test_haystack_gets_documents_in_a_pipeline(library, index, tmp_path, monkeypatch):
    monkeypatch.setenv("HAYSTACK_TELEMETRY_ENABLED", "False")  # else it reports each run to its makers
    pytest.importorskip("haystack", reason='needs pip install "according[haystack]"')
    from haystack import Pipeline

    from rag.integrations.haystack import AccordingRetriever

    pipeline = Pipeline()
    pipeline.add_component("press", AccordingRetriever(str(index), 1, filters=FILTERS, library=library))
    found = pipeline.run({"press": {"query": QUESTION}})["press"]
    (document,) = found["documents"]
    check(library, tmp_path, document.content, document.meta)
    assert found["grade"] == "near"
    again = Pipeline.loads(pipeline.dumps(), allowed_modules=["rag.integrations.haystack"]).get_component("press")
    assert (again.index, again.top_k, again.strict, again.filters) == (str(index), 1, False, FILTERS)
    strict = AccordingRetriever(strict=True, library=library).run(QUESTION)
    assert strict == {"documents": [], "grade": "nothing"}
    asked = AccordingRetriever(library=library, filters=FILTERS).run(
        "Who closed the old bridge?", 1, {"outlets": ["Press TV"]}
    )
    assert [document.meta["outlet"] for document in asked["documents"]] == ["Press TV"]


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [("langchain", "langchain_core", "langchain"), ("llamaindex", "llama_index", "llamaindex"),
     ("haystack", "haystack", "haystack")],
)  # fmt: skip
def test_without_its_package_a_retriever_says_what_to_install(monkeypatch, module, package, extra):
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"rag.integrations.{module}", raising=False)
    with pytest.raises(AccordingError, match=rf'pip install "according\[{extra}\]"'):
        __import__(f"rag.integrations.{module}")
