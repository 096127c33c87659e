"""Changing how a take-home is given out. What it asks and how it is scored are versions (see `publishing`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.problems import Invalid
from api.takehomes.tables import Feedback, Takehome

LONGEST_WINDOW: Final = 24 * 90
MOST_ATTEMPTS: Final = 100


@dataclass(frozen=True)
class Terms:
    """What invitations get unless they say something else."""

    feedback: str
    window_hours: int
    max_attempts: int


def change_terms(session: Session, takehome: Takehome, terms: Terms, by: Actor, now: datetime) -> None:
    """Change what later invitations get; those that were sent keep what they have.

    Raises:
        Invalid: a value cannot be.
    """
    errors = {}
    if terms.feedback not in list(Feedback):
        errors["feedback"] = "choose from " + ", ".join(Feedback)
    if not 1 <= terms.window_hours <= LONGEST_WINDOW:
        errors["window_hours"] = f"1 to {LONGEST_WINDOW} hours"
    if not 1 <= terms.max_attempts <= MOST_ATTEMPTS:
        errors["max_attempts"] = f"1 to {MOST_ATTEMPTS}"
    if errors:
        raise Invalid("The settings are not right.", errors=errors)
    before = {
        "feedback": takehome.feedback,
        "window_hours": takehome.window_hours,
        "max_attempts": takehome.max_attempts,
    }
    after = vars(terms)
    changed = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if changed:
        takehome.feedback = terms.feedback
        takehome.window_hours = terms.window_hours
        takehome.max_attempts = terms.max_attempts
        record(session, by, "takehome.changed", ("takehome", takehome.id), now, **changed)


def archive(session: Session, takehome: Takehome, by: Actor, now: datetime) -> None:
    """Give it out no more. Invitations that were sent stay valid, and reports stay readable."""
    if takehome.archived_at is None:
        takehome.archived_at = now
        record(session, by, "takehome.archived", ("takehome", takehome.id), now)


def restore(session: Session, takehome: Takehome, by: Actor, now: datetime) -> None:
    """Undo `archive`."""
    if takehome.archived_at is not None:
        takehome.archived_at = None
        record(session, by, "takehome.restored", ("takehome", takehome.id), now)
