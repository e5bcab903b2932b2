"""A LlamaIndex retriever: `pip install "according[llamaindex]"`."""

from __future__ import annotations

from typing import Any

from rag.errors import AccordingError
from rag.integrations.documents import ask, metadata, passage_id
from rag.library import Library

try:
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
except ImportError as error:
    raise AccordingError(f'LlamaIndex is not installed ({error}): pip install "according[llamaindex]"') from error

# A model is given the words with who said them and when; spans and receipts are for programs.
_FOR_MODELS = ("outlet", "host", "date", "title", "kind", "grade")


class AccordingRetriever(BaseRetriever):
    """Passages that answer a question, word for word, as nodes with their provenance (see `documents.metadata`)."""

    def __init__(
        self, library: Library, k: int = 5, strict: bool = False, filters: dict[str, Any] | None = None, **more: Any
    ) -> None:
        """Set what is asked.

        Args:
            library: as `rag.open` returns it.
            k: maximum number of passages.
            strict: whether passages that may not answer are left out.
            filters: further arguments of `Library.ask`: {"outlets": ["Reuters"], "after": "2013-01-01"}.
            **more: arguments of LlamaIndex's own retriever, such as `callback_manager`.
        """
        super().__init__(**more)
        self._library, self._k, self._strict, self._filters = library, k, strict, dict(filters or {})

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Return the passages, best first; none where nothing answers."""
        answer = ask(self._library, query_bundle.query_str, self._k, self._strict, self._filters)
        found = []
        for number, cited in enumerate(answer.passages, 1):
            known = metadata(cited, number)
            hidden = [name for name in known if name not in _FOR_MODELS]
            node = TextNode(
                id_=passage_id(cited), text=cited.text, metadata=known, excluded_llm_metadata_keys=hidden,
                excluded_embed_metadata_keys=list(known), start_char_idx=cited.start, end_char_idx=cited.end,
            )  # fmt: skip
            found.append(NodeWithScore(node=node, score=cited.score))
        return found
