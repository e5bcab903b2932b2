"""Constraints that a question states in words: on sources ("according to Reuters") and on time.

`parse_constraints` combines `sources`, `publication_dates` and `event_dates`; `complete_question` completes a follow-up
question first.
"""

from rag.query.constraints.constraint import (
    CONTRADICTION,
    DATES,
    IGNORED,
    IN_FUTURE,
    MENTION,
    NO_ASKING_DATE,
    OFFERED,
    OFFERS,
    ORDER,
    OUTLET,
    PERIOD,
    SORTED,
    THEN_FIRST,
    Constraint,
    ParsedConstraints,
)
from rag.query.constraints.event_dates import RECENT_DAYS
from rag.query.constraints.follow_up import complete_question
from rag.query.constraints.parse import parse_constraints
from rag.query.constraints.sources import uncatalogued_sources

__all__ = [
    "CONTRADICTION",
    "DATES",
    "IGNORED",
    "IN_FUTURE",
    "MENTION",
    "NO_ASKING_DATE",
    "OFFERED",
    "OFFERS",
    "ORDER",
    "OUTLET",
    "PERIOD",
    "RECENT_DAYS",
    "SORTED",
    "THEN_FIRST",
    "Constraint",
    "ParsedConstraints",
    "complete_question",
    "parse_constraints",
    "uncatalogued_sources",
]
