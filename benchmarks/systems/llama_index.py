"""LlamaIndex with its FAISS vector store: `VectorStoreIndex.from_documents`, `persist`, `load_index_from_storage`.

Searches by vectors, exactly (a flat index). Titles are metadata, which LlamaIndex puts before each passage that the
model reads. It is given LangChain's splitter through its own wrapper. Its default vector store, in memory, is not used:
it compares one vector after another in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import Found, FrameworkSystem, TimedHashingEncoder, model_path, read


class LlamaIndex(FrameworkSystem):
    title = "LlamaIndex + FAISS"
    packages = (
        "llama-index-core", "llama-index-embeddings-huggingface", "llama-index-vector-stores-faiss",
        "sentence-transformers", "faiss-cpu",
    )  # fmt: skip
    program = """
import sys
from llama_index.core import StorageContext, load_index_from_storage
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.faiss import FaissVectorStore

folder, model, question = sys.argv[1:]
store = FaissVectorStore.from_persist_dir(folder)
storage = StorageContext.from_defaults(vector_store=store, persist_dir=folder)
index = load_index_from_storage(storage, embed_model=HuggingFaceEmbedding(model_name=model))
for found in index.as_retriever(similarity_top_k=5).retrieve(question):
    print(found.node.metadata.get("title"), found.node.get_content())
"""

    def import_store(self) -> None:
        import faiss  # noqa: F401
        import llama_index.core
        import llama_index.vector_stores.faiss  # noqa: F401

    def model_embedding(self) -> Any:
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        return HuggingFaceEmbedding(model_name=model_path())

    def hashing_embedding(self, hashing: TimedHashingEncoder) -> Any:
        from llama_index.core.embeddings import BaseEmbedding

        class HashingEmbedding(BaseEmbedding):
            def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
                return hashing.lists(texts)

            def _get_text_embedding(self, text: str) -> list[float]:
                return hashing.lists([text])[0]

            _get_query_embedding = _get_text_embedding

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return hashing.lists([query])[0]

        return HashingEmbedding()

    def build(self, paths: Sequence[Path], folder: Path) -> int:
        import faiss
        from llama_index.core import Document, StorageContext, VectorStoreIndex
        from llama_index.core.node_parser import LangchainNodeParser
        from llama_index.vector_stores.faiss import FaissVectorStore

        documents = [
            Document(text=record["text"], doc_id=record["id"], metadata=_title(record)) for record in read(paths)
        ]
        dimension = len(self.embedding.get_query_embedding("dimension"))
        storage = StorageContext.from_defaults(vector_store=FaissVectorStore(faiss.IndexFlatL2(dimension)))
        index = VectorStoreIndex.from_documents(
            documents,
            storage_context=storage,
            embed_model=self.embedding,
            transformations=[LangchainNodeParser(self.splitter)],
        )
        index.storage_context.persist(str(folder))
        return len(index.docstore.docs)

    def open(self, folder: Path) -> None:
        from llama_index.core import StorageContext, load_index_from_storage
        from llama_index.vector_stores.faiss import FaissVectorStore

        self.load()
        store = FaissVectorStore.from_persist_dir(str(folder))
        storage = StorageContext.from_defaults(vector_store=store, persist_dir=str(folder))
        self._index = load_index_from_storage(storage, embed_model=self.embedding)

    def search(self, question: str, k: int) -> Found:
        found = self._index.as_retriever(similarity_top_k=k).retrieve(question)
        return [(own.node.ref_doc_id, own.node.get_content()) for own in found]


def _title(record: dict[str, Any]) -> dict[str, str]:
    return {"title": record["title"]} if record["title"] else {}
