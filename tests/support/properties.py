"""How properties are tried: the same examples each time; EXAMPLES=200 tries more, FUZZ=2000 others, and more."""

import os

from hypothesis import settings

FUZZ = os.environ.get("FUZZ")
EXAMPLES = int(FUZZ or os.environ.get("EXAMPLES", "50"))  # the job of CI that measures coverage tries 200
settings.register_profile("according", deadline=None, derandomize=not FUZZ, max_examples=EXAMPLES)
settings.load_profile("according")
