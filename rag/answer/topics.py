"""Questions for what an outlet says about a topic: "What does Reuters say about the residents?".

A topic of a word or two is a weak question, and the passages of one outlet are few, so that the confidence fitted for
whole questions over all outlets refuses many that the outlet's articles do treat. Such a question asks for no fact that
could be missing: where one passage of the outlet holds every word of the topic, it is answered.
"""

from __future__ import annotations

import regex

from rag.answer.confidence import Signals
from rag.retrieval.parse import ParsedQuery

WHOLE = 0.999  # share of the topic's words that one passage must hold

_ASKS = regex.compile(
    r"^\W*(?:and\s+)?what\s+(?:else\s+)?(?:do|does|did|has|have|is|was)\b.{1,120}?\b(?:sa(?:y|ys|id)|report(?:s|ed)?|"
    r"wr(?:ite|ites|ote|itten)|publish(?:ed)?)\s+(?:about|on|of|regarding|concerning)\s+[^?.!;]{1,80}[?.!]?\s*$",
    regex.I,
)


def is_held(question: str, parsed: ParsedQuery, signals: Signals) -> bool:
    """Return whether a question asks what an outlet says about a topic, and a passage of that outlet holds the topic.

    Args:
        question: as it was asked.
        parsed: the question as it was searched for.
        signals: of the passages found, which are all of that outlet.
    """
    if not parsed.filters.names_outlets or not parsed.terms or not _ASKS.match(question):
        return False
    return signals.words >= WHOLE and signals.unknown == 0 and signals.named >= WHOLE
