"""The benchmarks fit the library: their imports are those that it has."""

import subprocess
import sys

import pytest
from support import ROOT

BENCHMARKS = ROOT / "benchmarks"


@pytest.mark.slow
def test_every_benchmark_can_be_imported():
    pytest.importorskip("ray")  # which cluster.py imports
    names = sorted(path.stem for path in BENCHMARKS.glob("*.py"))
    command = [sys.executable, "-c", f"import {', '.join(names)}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=BENCHMARKS, timeout=120)
    assert done.returncode == 0, done.stderr
