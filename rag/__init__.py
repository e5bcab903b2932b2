"""According: ask the press, and see who said it, where and when.

    files ──readers──▶ Article ──passage──▶ Passage ──encoder──▶ vector ──▶ store ──search──▶ Hit ──answer──▶ Answer

Everything a caller needs is here: `build` or `open` a Library, then `ask` it. See `library` for the whole way.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answer import Answer, Citation
    from .article import Article
    from .balance import Balance, Counts
    from .doctor import Diagnosis
    from .errors import AccordingError, CitationError, EncoderError, InputError, LibraryError, QuestionError
    from .library import Library, build, encode, examine, open
    from .passage import Passage
    from .readers import read_articles
    from .report import Report
    from .search import Hit
    from .shelf import Resolved

__all__ = [
    "AccordingError",
    "Answer",
    "Article",
    "Balance",
    "Citation",
    "CitationError",
    "Counts",
    "Diagnosis",
    "EncoderError",
    "Hit",
    "InputError",
    "Library",
    "LibraryError",
    "Passage",
    "QuestionError",
    "Report",
    "Resolved",
    "build",
    "encode",
    "examine",
    "open",
    "read_articles",
]

# The module of each public name, imported when the name is first used: all together take a second (PEP 562).
_MODULES = {
    "Answer": "answer", "Citation": "answer", "Article": "article", "Balance": "balance", "Counts": "balance",
    "Diagnosis": "doctor", "AccordingError": "errors", "CitationError": "errors", "EncoderError": "errors",
    "InputError": "errors", "LibraryError": "errors", "QuestionError": "errors", "Library": "library",
    "build": "library", "encode": "library", "examine": "library", "open": "library", "Passage": "passage",
    "read_articles": "readers", "Report": "report", "Hit": "search", "Resolved": "shelf",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULES.values():  # `rag.library`, for whoever changes or looks into more than the public names
        return import_module(f".{name}", __name__)
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
