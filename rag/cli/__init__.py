"""The command line, with the same functions as the Python API. `according COMMAND --help` describes each command.

`parser` has the commands and their options; `building`, `asking`, `listing`, `evaluating` and `serving` run them;
`output` prints what they find. Results go to stdout, as text or with --json as JSON, progress and notices to stderr. An
error is one line on stderr and exit status 1; a question that nothing answers is not an error. Modules that take long
to load are imported by the commands that need them.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections.abc import Sequence

from rag.cli import configuring, settings
from rag.cli.parser import build_parser
from rag.errors import AccordingError
from rag.text import sanitise


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Return characters that an encoding lacks as JSON writes them, so that JSON stays JSON and nothing is lost."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error("according", _escaped)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        arguments: those of the command line; by default those of this process.
    """
    options = build_parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a locale that is not of UTF-8 lacks quotation marks, and most names
        sys.stdout.reconfigure(errors="according")
    try:
        if options.run is configuring.config:  # it shows where each setting is from
            return options.run(options) or 0
        with settings.applied():
            return options.run(options) or 0
    except AccordingError as error:
        print(sanitise(f"according: {error}"), file=sys.stderr)
        return 1
    except BrokenPipeError:  # `according articles | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("according: interrupted; finished work is kept", file=sys.stderr)
        return 130
