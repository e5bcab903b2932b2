"""Constraints that a question states in words: on sources ("according to Reuters") and on dates ("since 2012").

`parse_constraints` combines `sources` and `publication_dates`; `complete_question` completes a follow-up question
first.
"""

from rag.query.constraints.constraint import (
    CONTRADICTION,
    DATES,
    IGNORED,
    IN_FUTURE,
    LOWER_END,
    MENTION,
    NO_ASKING_DATE,
    OFFERED,
    OFFERS,
    OUTLET,
    PHRASE,
    Constraint,
    ParsedConstraints,
)
from rag.query.constraints.follow_up import complete_question
from rag.query.constraints.parse import parse_constraints
from rag.query.constraints.sources import uncatalogued_sources

__all__ = [
    "CONTRADICTION",
    "DATES",
    "IGNORED",
    "IN_FUTURE",
    "LOWER_END",
    "MENTION",
    "NO_ASKING_DATE",
    "OFFERED",
    "OFFERS",
    "OUTLET",
    "PHRASE",
    "Constraint",
    "ParsedConstraints",
    "complete_question",
    "parse_constraints",
    "uncatalogued_sources",
]
