"""A Milvus server of the tests' own: Milvus Lite in another process, which can be killed and started again."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self


class Milvus:
    """A server of what stands in a folder; its port stays the same over its lives."""

    def __init__(self, folder: Path):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def address(self, name: str = "library") -> str:
        return f"milvus://127.0.0.1:{self.port}/{name}"

    def start(self) -> Self:
        """Starts it, and waits until it listens."""
        command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(self.folder)]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(0.05)
        raise AssertionError("Milvus Lite does not listen")

    def kill(self) -> None:
        """Ends it at once, as a power cut does."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
