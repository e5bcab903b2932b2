"""What the scripts here share: labelled questions, a JSON object a line."""

import argparse
import json
from pathlib import Path
from typing import Any


def options(doc: str, *required: str, **more: Any) -> argparse.Namespace:
    """The command line of a script: --questions, and the options named; `questions` holds what the file does."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    for name in required:
        parser.add_argument(f"--{name}", required=True, **more)
    parser.add_argument("--questions", required=True, type=_questions, metavar="QUESTIONS.jsonl")
    return parser.parse_args()


def _questions(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
