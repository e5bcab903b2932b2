"""A Haystack component: `pip install "according[haystack]"`."""

from __future__ import annotations

from typing import Any

from rag.errors import AccordingError
from rag.integrations.documents import ask, metadata, passage_id
from rag.library import Library, open

try:
    from haystack import Document, component, default_from_dict, default_to_dict
except ImportError as error:
    raise AccordingError(f'Haystack is not installed ({error}): pip install "according[haystack]"') from error


@component
class AccordingRetriever:
    """Passages that answer a question, word for word, as documents with their provenance (see `documents.metadata`)."""

    def __init__(
        self,
        index: str = "index",
        top_k: int = 5,
        strict: bool = False,
        filters: dict[str, Any] | None = None,
        library: Library | None = None,
    ) -> None:
        """Set what is asked; the library is opened with the first question.

        Args:
            index: the folder of the index, or the address of a library in Milvus.
            top_k: maximum number of passages.
            strict: whether passages that may not answer are left out.
            filters: further arguments of `Library.ask`: {"outlets": ["Reuters"], "after": "2013-01-01"}.
            library: one that is open already, instead of `index`; it is not written into a pipeline's file.
        """
        self.index, self.top_k, self.strict, self.filters = index, top_k, strict, dict(filters or {})
        self._library = library

    def warm_up(self) -> None:
        """Open the library, and load its models."""
        if self._library is None:
            self._library = open(self.index)
            self._library.prepare()

    @component.output_types(documents=list[Document], grade=str)
    def run(self, query: str, top_k: int | None = None, filters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return `documents`, the passages, best first, and the answer's `grade`: answers, near or nothing.

        Args:
            query: the question.
            top_k: maximum number of passages, in place of the component's.
            filters: added to the component's.
        """
        self.warm_up()
        library = self._library
        assert library is not None  # noqa: S101  # for mypy: it is open now
        k = self.top_k if top_k is None else top_k
        answer = ask(library, query, k, self.strict, self.filters | (filters or {}))
        documents = [
            Document(id=passage_id(cited), content=cited.text, meta=metadata(cited, number), score=cited.score)
            for number, cited in enumerate(answer.passages, 1)
        ]
        return {"documents": documents, "grade": answer.grade}

    def to_dict(self) -> dict[str, Any]:
        """Return the component for a pipeline's file."""
        values: dict[str, Any] = default_to_dict(
            self, index=self.index, top_k=self.top_k, strict=self.strict, filters=self.filters
        )
        return values

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> AccordingRetriever:
        """Return the component of a pipeline's file."""
        made: AccordingRetriever = default_from_dict(cls, data)
        return made
