"""Read across the articles of a library: who says what about one question, when, and who is silent.

The Library in `rag.library` adds asking to it.
"""

from __future__ import annotations

from rag.answer.compose import Composer
from rag.models.encoder import Encoder, Vectors
from rag.provenance.catalogue import Catalogue, load_catalogue
from rag.query.query import Query
from rag.retrieval.parse import ParsedQuery, parse
from rag.stores.base import Store, View
from rag.update import UpdatableLibrary


class ComparableLibrary(UpdatableLibrary):
    """Articles that can be compared, changed and looked at."""

    def __init__(self, store: Store, encoder: Encoder | None = None, precision: str = "auto"):
        super().__init__(store, encoder, precision)
        self._composer = Composer(store)

    def _parse(self, view: View, query: Query) -> tuple[Catalogue, ParsedQuery, Vectors]:
        catalogue = load_catalogue(view.catalogue)
        parsed = parse(view, catalogue, query, self._encoder.languages)
        return catalogue, parsed, self._encoder.question_vector(parsed.encoded)
