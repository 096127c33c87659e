"""Writing the audit log and the outbox, in the transaction of what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from api.audit.tables import Entry, Event
from api.database.base import new_id
from api.queue import defer_hooks


@dataclass(frozen=True)
class Actor:
    """Who does something."""

    kind: str
    """user, candidate, token or system"""
    id: str
    name: str
    request_id: str = ""


SYSTEM = Actor("system", "", "the service")


def record(
    session: Session, actor: Actor, action: str, subject: tuple[str, object], at: datetime, **details: Any
) -> None:
    """Add an entry: `actor` did `action` (noun.verb) to `subject` (kind, id). `details` are values of JSON."""
    kind, identity = subject
    session.add(
        Entry(
            at=at,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name[:200],
            action=action,
            subject_kind=kind,
            subject_id=str(identity),
            details=details,
            request_id=actor.request_id,
        )
    )


def announce(session: Session, kind: str, subject_id: UUID, at: datetime, **payload: Any) -> None:
    """Add an event for the outside. `payload` are values of JSON, without hidden text.

    Each kind has its shape in `api.hooks.payloads`; webhooks are sent once the transaction is committed.
    """
    session.add(Event(id=new_id(), kind=kind, subject_id=subject_id, payload=payload, at=at))
    defer_hooks(session)
