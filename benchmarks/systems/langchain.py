"""LangChain with its FAISS vector store: `FAISS.from_documents`, `save_local`, `load_local`, `similarity_search`.

Searches by vectors, exactly (a flat index); titles and ids are metadata. The model is run by langchain-huggingface. The
store is part of langchain-community, which is no longer developed and which tutorials still import.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import Found, Hashed, System, model, read, splitter


class LangChain(System):
    title = "LangChain + FAISS"
    packages = ("langchain-community", "langchain-core", "langchain-huggingface", "sentence-transformers", "faiss-cpu")
    program = """
import sys
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings

folder, model, question = sys.argv[1:]
embeddings = HuggingFaceEmbeddings(model_name=model)
store = FAISS.load_local(folder, embeddings, allow_dangerous_deserialization=True)
for document in store.similarity_search(question, k=5):
    print(document.metadata["title"], document.page_content)
"""

    def load(self) -> None:
        from langchain_community.vectorstores import FAISS  # noqa: F401

        self._embeddings = _hashing(self.hashed) if self.hashed else _model()
        self._splitter = splitter()

    def build(self, paths: Sequence[Path], folder: Path) -> int:
        from langchain_community.vectorstores import FAISS
        from langchain_core.documents import Document

        documents = [
            Document(page_content=record["text"], metadata={"id": record["id"], "title": record["title"]})
            for record in read(paths)
        ]
        passages = self._splitter.split_documents(documents)
        FAISS.from_documents(passages, self._embeddings).save_local(str(folder))
        return len(passages)

    def open(self, folder: Path) -> None:
        from langchain_community.vectorstores import FAISS

        self.load()
        self._store = FAISS.load_local(str(folder), self._embeddings, allow_dangerous_deserialization=True)

    def search(self, question: str, k: int) -> Found:
        return [(d.metadata["id"], d.page_content) for d in self._store.similarity_search(question, k=k)]


def _model() -> Any:
    from langchain_huggingface import HuggingFaceEmbeddings

    return HuggingFaceEmbeddings(model_name=model())


def _hashing(hashed: Hashed) -> Any:
    from langchain_core.embeddings import Embeddings

    class Hashing(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return hashed.rows(texts)

        def embed_query(self, text: str) -> list[float]:
            return hashed.rows([text])[0]

    return Hashing()
