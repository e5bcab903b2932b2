"""Constraints that a question states in words: on sources ("according to Reuters") and on dates ("since 2012").

`parse_constraints` combines `sources` and `publication_dates`; `complete_question` completes a follow-up question
first.
"""

from rag.query.constraints.constraint import (
    ASKED_AND_EXCLUDED,
    CONTRADICTION,
    DATES,
    EXCLUDED,
    IGNORED,
    IN_FUTURE,
    LOWER_END,
    MENTION,
    NEGATED,
    NO_ASKING_DATE,
    NOT_DATES,
    NOT_OUTLET,
    NOT_OUTLET_KIND,
    OFFERED,
    OFFERS,
    OUTLET,
    PHRASE,
    STATE_MEDIA,
    Constraint,
    ParsedConstraints,
)
from rag.query.constraints.exclusion import uncatalogued_exclusions
from rag.query.constraints.follow_up import complete_question
from rag.query.constraints.parse import parse_constraints
from rag.query.constraints.sources import uncatalogued_sources

__all__ = [
    "ASKED_AND_EXCLUDED",
    "CONTRADICTION",
    "DATES",
    "EXCLUDED",
    "IGNORED",
    "IN_FUTURE",
    "LOWER_END",
    "MENTION",
    "NEGATED",
    "NOT_DATES",
    "NOT_OUTLET",
    "NOT_OUTLET_KIND",
    "NO_ASKING_DATE",
    "OFFERED",
    "OFFERS",
    "OUTLET",
    "PHRASE",
    "STATE_MEDIA",
    "Constraint",
    "ParsedConstraints",
    "complete_question",
    "parse_constraints",
    "uncatalogued_exclusions",
    "uncatalogued_sources",
]
