"""A process beside the tests' own, which runs what it is sent: as another user, or with disks of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import rag
from support import WordEncoder
from pathlib import Path
from rag.errors import AccordingError
from rag.stores.sqlite import Store
exec(sys.argv[2])
if sys.argv[3]:
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[3]))
known = globals()
for line in sys.stdin:
    code, paths = json.loads(line)
    known.update({name: Path(path) for name, path in paths.items()}, result=None)
    try:
        exec(code, known)
        print(json.dumps([result, None]), flush=True)
    except AccordingError as error:
        print(json.dumps([None, f"{type(error).__name__}: {error}"]), flush=True)
"""


class Other:
    """Another process, which runs the code that it is sent, with names for paths.

    Args:
        imports: code that it runs first, while it may still read everything.
        user: the number of the user that it then becomes.
        under: a command that starts it.
    """

    def __init__(self, imports: str = "", user: int | None = None, under: tuple[str, ...] = ()):
        command = [*under, sys.executable, "-c", PROGRAM, str(Path(__file__).parent.parent), imports, str(user or "")]
        root = Path(__file__).parent.parent.parent
        environment = os.environ | {"PYTHONPATH": str(root)}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env=environment
        )

    def begin(self, code: str, **paths: Path) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps([code, {name: str(path) for name, path in paths.items()}]) + "\n")
        self.process.stdin.flush()

    def end(self) -> tuple[Any, str | None]:
        """What the code left as `result`, and the error of According's own that it ended with."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the other process has ended"
        result, error = json.loads(line)
        return result, error

    def __call__(self, code: str, **paths: Path) -> Any:
        self.begin(code, **paths)
        result, error = self.end()
        assert error is None, error
        return result

    def error_of(self, code: str, **paths: Path) -> str | None:
        """The error that the code ends with."""
        self.begin(code, **paths)
        return self.end()[1]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
