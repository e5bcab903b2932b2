"""Damaged files of an index lead to right answers, or to an error that names `doctor`, and never to another answer.

`benchmarks/damage.py` does the damage, here to sixty copies; by itself to thousands.
"""

import json
import os
import subprocess
import sys

import pytest
from support import ROOT

pytestmark = pytest.mark.slow
FLIPS = int(os.environ.get("FLIPS", "60"))  # copies that are damaged, in twelve kinds of places


def damaged(*options):
    """What `benchmarks/damage.py` counts, by kind of damage, and what it says is wrong."""
    program = [sys.executable, str(ROOT / "benchmarks" / "damage.py"), "--json"]
    done = subprocess.run([*program, *options], capture_output=True, text=True, timeout=60 + 10 * FLIPS)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    return found["rows"], found["total"], found["notes"]


def test_after_damage_everything_that_is_read_is_right_or_an_error_that_names_doctor():
    rows, total, notes = damaged(f"--flips={FLIPS}")
    assert notes == []
    assert (len(rows), total["copies"]) == (12, FLIPS)
    assert total.get("missed", 0) == 0
    assert total["error"] > FLIPS
    assert total["right"] > FLIPS
    assert all("error" not in counts for kind, counts in rows.items() if kind.startswith("cache"))


def test_unless_checksums_are_compared_answers_are_wrong():
    _, total, _ = damaged("--flips=24", "--break")
    assert total["WRONG"] > 0
