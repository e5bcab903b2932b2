"""According: ask the press, and see who said it, where and when.

    files ──readers──▶ Article ──passage──▶ Passage ──models──▶ EmbeddedPassage ──ingest──▶ store
    question ──query──▶ ParsedQuery ──retrieval──▶ ScoredPassage ──answer──▶ Answer

Everything a caller needs is here: `build` or `open` a Library, then `ask` it, or read across it with `compare`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.answer.answer import Answer
    from rag.answer.balance import Balance, Counts
    from rag.answer.citation import Citation
    from rag.answer.figures.figure import Figure, Mention
    from rag.answer.variants import Variant
    from rag.article import Article
    from rag.browse import Resolved
    from rag.comparison.coverage.coverage import Coverage
    from rag.comparison.dossier.dossier import Dossier
    from rag.comparison.side_by_side.comparison import Comparison, Row
    from rag.comparison.timeline.timeline import Entry, Timeline
    from rag.doctor import Diagnosis, examine
    from rag.errors import AccordingError, CitationError, EncoderError, InputError, LibraryError, QuestionError
    from rag.ingest.pipeline import encode
    from rag.ingest.report import Report
    from rag.library import Library, build, open
    from rag.passage import Passage
    from rag.readers import read_articles
    from rag.retrieval.scored_passage import Hit

    __version__: str

__all__ = [
    "AccordingError",
    "Answer",
    "Article",
    "Balance",
    "Citation",
    "CitationError",
    "Comparison",
    "Counts",
    "Coverage",
    "Diagnosis",
    "Dossier",
    "EncoderError",
    "Entry",
    "Figure",
    "Hit",
    "InputError",
    "Library",
    "LibraryError",
    "Mention",
    "Passage",
    "QuestionError",
    "Report",
    "Resolved",
    "Row",
    "Timeline",
    "Variant",
    "build",
    "encode",
    "examine",
    "open",
    "read_articles",
]

# The module of each public name, imported when the name is first used: all together take a second (PEP 562).
_MODULES = {
    "Answer": "answer.answer", "Citation": "answer.citation", "Balance": "answer.balance", "Counts": "answer.balance",
    "Article": "article", "Resolved": "browse", "Diagnosis": "doctor.diagnosis", "examine": "doctor.index",
    "AccordingError": "errors", "CitationError": "errors", "EncoderError": "errors", "InputError": "errors",
    "LibraryError": "errors", "QuestionError": "errors", "encode": "ingest.pipeline", "Report": "ingest.report",
    "Library": "library", "build": "library", "open": "library", "Passage": "passage", "read_articles": "readers",
    "Hit": "retrieval.scored_passage", "Figure": "answer.figures.figure", "Mention": "answer.figures.figure",
    "Variant": "answer.variants", "Comparison": "comparison.side_by_side.comparison",
    "Row": "comparison.side_by_side.comparison", "Timeline": "comparison.timeline.timeline",
    "Entry": "comparison.timeline.timeline", "Coverage": "comparison.coverage.coverage",
    "Dossier": "comparison.dossier.dossier",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("according")
    if name in _MODULES.values():  # such as `rag.library`, for code that uses more than the public names
        return import_module(f".{name}", __name__)
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
