"""According: ask the press, and see who said it, where and when.

    files ──readers──▶ Article ──passage──▶ Passage ──encoder──▶ vector ──▶ store ──search──▶ Hit ──answer──▶ Answer

Everything a caller needs is here: `build` or `open` a Library, then `ask` it. See `library` for the whole way.
"""

from .answer import Answer, Citation
from .article import Article
from .balance import Balance, Counts
from .doctor import Diagnosis
from .errors import AccordingError, CitationError, EncoderError, InputError, LibraryError, QuestionError
from .library import Library, Resolved, build, examine, open
from .passage import Passage
from .readers import read_articles
from .report import Report
from .search import Hit

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
    "examine",
    "open",
    "read_articles",
]
