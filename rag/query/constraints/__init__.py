"""Constraints that a question states in words: on sources ("according to Reuters") and on time.

`parse_constraints` combines `sources`, `publication_dates` and `event_dates`; `complete_question` completes a follow-up
question first.
"""

from rag.query.constraints.constraint import (
    ASKED_AND_EXCLUDED,
    CONTRADICTION,
    DATES,
    EXCLUDED,
    IGNORED,
    IN_FUTURE,
    MENTION,
    NEGATED,
    NO_ASKING_DATE,
    NOT_DATES,
    NOT_OUTLET,
    NOT_OUTLET_KIND,
    OFFERED,
    OFFERS,
    ORDER,
    OUTLET,
    PERIOD,
    PHRASE,
    PREVIOUS,
    SORTED,
    STATE_MEDIA,
    THEN_FIRST,
    Constraint,
    ParsedConstraints,
)
from rag.query.constraints.event_dates import RECENT_DAYS
from rag.query.constraints.exclusion import uncatalogued_exclusions
from rag.query.constraints.follow_up import Completed, complete_question
from rag.query.constraints.parse import parse_constraints
from rag.query.constraints.sources import uncatalogued_sources

__all__ = [
    "ASKED_AND_EXCLUDED",
    "CONTRADICTION",
    "DATES",
    "EXCLUDED",
    "IGNORED",
    "IN_FUTURE",
    "MENTION",
    "NEGATED",
    "NOT_DATES",
    "NOT_OUTLET",
    "NOT_OUTLET_KIND",
    "NO_ASKING_DATE",
    "OFFERED",
    "OFFERS",
    "ORDER",
    "OUTLET",
    "PERIOD",
    "PHRASE",
    "PREVIOUS",
    "RECENT_DAYS",
    "SORTED",
    "STATE_MEDIA",
    "THEN_FIRST",
    "Completed",
    "Constraint",
    "ParsedConstraints",
    "complete_question",
    "parse_constraints",
    "uncatalogued_exclusions",
    "uncatalogued_sources",
]
