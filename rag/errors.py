"""Every error that According raises on purpose. Each message says what happened, to what, and what to do next.

Some messages name folders, addresses or models of the machine that runs According. They are for its operator;
`public_message` is what others are shown.

AccordingError
├── InputError       a path, file or record that cannot be read
├── LibraryError     an index that is missing, damaged, busy, or made with something that does not fit
│   └── BusyError    an index that another process is writing to
├── EncoderError     a model that cannot be loaded, or whose output is wrong
├── QuestionError    a question or filter that makes no sense
└── CitationError    a quotation that no longer equals its stored article
"""

from __future__ import annotations

import logging

log = logging.getLogger("rag")


class AccordingError(Exception):
    """Base of all errors raised on purpose; the command line prints its message and exits 1.

    Attributes:
        public_text: shown to others in place of the message; None if the message names nothing private.
    """

    public_text: str | None = None


class InputError(AccordingError):
    """A path, file or record that cannot be read."""


class LibraryError(AccordingError):
    """An index that is missing, damaged, busy, or was made with something that does not fit."""

    public_text = "the index is not available at the moment; try again later. The server's log has the reason"


class BusyError(LibraryError):
    """An index that another process is writing to."""

    public_text = "another program is writing to the index; try again when it is done"


class EncoderError(AccordingError):
    """A model that cannot be loaded, or whose output is not what was asked for."""

    public_text = "questions cannot be encoded at the moment; try again later. The server's log has the reason"


class QuestionError(AccordingError):
    """A question or a filter that makes no sense."""


class CitationError(AccordingError):
    """A quotation that no longer equals the article it is taken from."""


def public_message(error: AccordingError, is_local: bool) -> str:
    """Return what a reader is shown of an error.

    Args:
        error: the error. If its message is withheld, it is logged.
        is_local: whether only this machine can ask; if so, the message is shown as it is.
    """
    if is_local or error.public_text is None:
        return str(error)
    log.warning("an error was withheld from a reader: %s", error)
    return error.public_text
