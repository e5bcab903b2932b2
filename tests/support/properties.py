"""How properties are tried: the same examples each time; FUZZ=2000 tries others, and more."""

import os

from hypothesis import settings

FUZZ = os.environ.get("FUZZ")
settings.register_profile("according", deadline=None, derandomize=not FUZZ, max_examples=int(FUZZ or 100))
settings.load_profile("according")
