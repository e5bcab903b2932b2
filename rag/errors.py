"""Every error that According raises on purpose. Each message says what happened, to what, and what to do next.

Some messages name folders, addresses or models of the machine that runs According. They are for its operator;
`public_message` is what others are shown.

AccordingError
├── InputError       a path, file or record that cannot be read
├── LibraryError     the index on disk: missing, damaged, busy, or made by something that does not fit
├── EncoderError     a model that cannot be loaded, or that returned what is no vector
├── QuestionError    a question or filter that makes no sense
└── CitationError    a quotation that no longer equals its stored article
"""

from __future__ import annotations

import logging

log = logging.getLogger("rag")


class AccordingError(Exception):
    """Base of all errors raised on purpose; the command line prints its message and exits 1."""

    public_text: str | None = None  # shown to others in place of the message; None where that names nothing private


class InputError(AccordingError):
    """A path, file or record that cannot be read."""


class LibraryError(AccordingError):
    """An index that is missing, damaged, busy, or was made with something that does not fit."""

    public_text = "the index cannot be used just now; try again in a while. The log of the server says why"


class EncoderError(AccordingError):
    """A model that cannot be loaded, or whose output is not what was asked for."""

    public_text = "questions cannot be read just now; try again in a while. The log of the server says why"


class QuestionError(AccordingError):
    """A question or a filter that makes no sense."""


class CitationError(AccordingError):
    """A quotation that no longer equals the article it is taken from."""


def public_message(error: AccordingError, alone: bool) -> str:
    """What whoever asks is told of an error: its message where only this machine can ask.

    For others what it names is kept to the log.
    """
    if alone or error.public_text is None:
        return str(error)
    log.warning("a reader was told nothing of: %s", error)
    return error.public_text
