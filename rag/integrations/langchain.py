"""A LangChain retriever: `pip install "according[langchain]"`."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from rag.errors import AccordingError
from rag.integrations.documents import ask, metadata, passage_id
from rag.library import Library

try:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError as error:
    raise AccordingError(f'LangChain is not installed ({error}): pip install "according[langchain]"') from error


class AccordingRetriever(BaseRetriever):
    """Passages that answer a question, word for word, as documents with their provenance (see `documents.metadata`).

    Attributes:
        library: what is asked, as `rag.open` returns it.
        k: maximum number of passages.
        strict: whether passages that may not answer are left out.
        filters: further arguments of `Library.ask`: {"outlets": ["Reuters"], "after": "2013-01-01"}.
    """

    library: Library
    k: int = 5
    strict: bool = False
    filters: dict[str, Any] = Field(default_factory=dict)

    model_config = ConfigDict(arbitrary_types_allowed=True)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        """Return the passages, best first; none where nothing answers."""
        answer = ask(self.library, query, self.k, self.strict, self.filters)
        return [
            Document(id=passage_id(cited), page_content=cited.text, metadata=metadata(cited, number))
            for number, cited in enumerate(answer.passages, 1)
        ]
