"""Start the browser app on the index in $INDEX (default: index/ here), and build the demonstration index if there is none.

What `according serve` does, from a checkout; docs/deploying.md has its settings. ALLOW_ADD=1 lets readers add files.
"""

import os
import sys
from pathlib import Path

from rag.cli import main

if __name__ == "__main__":
    default = str(Path(__file__).resolve().parent / "index")
    sys.exit(main(["serve", "--default-index", default, *(["--allow-add"] if os.environ.get("ALLOW_ADD") == "1" else [])]))
