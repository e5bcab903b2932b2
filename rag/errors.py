"""Every error that According raises on purpose. Each message says what happened, to what, and what to do next.

AccordingError
├── InputError       a path, file or record that cannot be read
├── LibraryError     the index on disk: missing, damaged, busy, or made by something that does not fit
├── EncoderError     a model that cannot be loaded, or that returned what is no vector
├── QuestionError    a question or filter that makes no sense
└── CitationError    a quotation that no longer equals its stored article
"""


class AccordingError(Exception):
    """Base of all errors raised on purpose; the command line prints its message and exits 1."""


class InputError(AccordingError):
    """A path, file or record that cannot be read."""


class LibraryError(AccordingError):
    """An index that is missing, damaged, busy, or was made with something that does not fit."""


class EncoderError(AccordingError):
    """A model that cannot be loaded, or whose output is not what was asked for."""


class QuestionError(AccordingError):
    """A question or a filter that makes no sense."""


class CitationError(AccordingError):
    """A quotation that no longer equals the article it is taken from."""
