"""A citation for tests of what shows it, and text that would be markup if it were not escaped."""

import datetime as dt
from typing import Any

from rag.answer.citation import Citation

EVIL = "</bdi><img src=x onerror=alert(1)>\"'&"
SAFE = "&lt;/bdi&gt;&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;"
PLACE = "article/a?at=10-26&amp;quote=15-19&amp;of=d8048b283d88ff8cc79508acb33ebee5#passage"
# of: printf "One. Two. Three." | b2sum -l 128


def citation(**changes: Any) -> Citation:
    """Return a citation of "Two.", whose place in its article is PLACE, with some fields changed."""
    values = {
        "article_id": "a", "start": 10, "end": 26, "text": "One. Two. Three.", "quote": (15, 19), "outlet": "The Post",
        "outlet_basis": "byline: By J. Roe, The Post", "strength": "explicit", "host": "mirror.example",
        "authors": ("J. Roe",), "date": dt.date(2020, 2, 1), "date_basis": "posted by host", "title": "A title",
        "url": "https://e.example/?a=1&b", "kind": "full text", "score": 0.5,
    }  # fmt: skip
    return Citation(**(values | changes))
