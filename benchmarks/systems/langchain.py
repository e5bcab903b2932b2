"""LangChain with its FAISS vector store: `FAISS.from_documents`, `save_local`, `load_local`, `similarity_search`.

Searches by vectors, exactly (a flat index); titles and ids are metadata. The model is run by langchain-huggingface. The
store is part of langchain-community, which is no longer developed but still imported by tutorials.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import Found, FrameworkSystem, TimedHashingEncoder, model_path, read


class LangChain(FrameworkSystem):
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

    def import_store(self) -> None:
        from langchain_community.vectorstores import FAISS  # noqa: F401

    def model_embedding(self) -> Any:
        from langchain_huggingface import HuggingFaceEmbeddings

        return HuggingFaceEmbeddings(model_name=model_path())

    def hashing_embedding(self, hashing: TimedHashingEncoder) -> Any:
        from langchain_core.embeddings import Embeddings

        class HashingEmbeddings(Embeddings):
            def embed_documents(self, texts: list[str]) -> list[list[float]]:
                return hashing.lists(texts)

            def embed_query(self, text: str) -> list[float]:
                return hashing.lists([text])[0]

        return HashingEmbeddings()

    def build(self, paths: Sequence[Path], folder: Path) -> int:
        from langchain_community.vectorstores import FAISS
        from langchain_core.documents import Document

        documents = [
            Document(page_content=record["text"], metadata={"id": record["id"], "title": record["title"]})
            for record in read(paths)
        ]
        passages = self.splitter.split_documents(documents)
        FAISS.from_documents(passages, self.embedding).save_local(str(folder))
        return len(passages)

    def open(self, folder: Path) -> None:
        from langchain_community.vectorstores import FAISS

        self.load()
        self._store = FAISS.load_local(str(folder), self.embedding, allow_dangerous_deserialization=True)

    def search(self, question: str, k: int) -> Found:
        return [(d.metadata["id"], d.page_content) for d in self._store.similarity_search(question, k=k)]
