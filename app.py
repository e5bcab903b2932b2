"""Start the browser app on the index in $INDEX (default: index/ here); where there is none, make the demonstration.

What `according serve` does, from a checkout; docs/deploying.md has its settings.
"""

import sys
from pathlib import Path

from rag.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", "--default-index", str(Path(__file__).resolve().parent / "index")]))
