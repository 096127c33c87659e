"""Tables of the audit log and of the events for the outside."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from api.database.base import Base, Id, Json, When, Word


class Entry(Base):
    """Somebody did something. Written in the transaction of what was done: neither is there without the other."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("audit_log_subject_idx", "subject_kind", "subject_id", "id"),
        Index("audit_log_actor_idx", "actor_id", "id"),
        Index("audit_log_action_idx", "action", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[When]
    actor_kind: Mapped[Word]
    """user, candidate, token or system"""
    actor_id: Mapped[str] = mapped_column(String(80))
    actor_name: Mapped[str] = mapped_column(String(200))
    """As it was then; emptied for candidates by retention."""
    action: Mapped[str] = mapped_column(String(80))
    """noun.verb, such as submission.received"""
    subject_kind: Mapped[Word]
    subject_id: Mapped[str] = mapped_column(String(80))
    details: Mapped[Json]
    request_id: Mapped[str] = mapped_column(String(40), default="")


class Event(Base):
    """The outbox: something that the outside may want to know, stored with what caused it."""

    __tablename__ = "events"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(80))
    """noun.verb, such as invitation.reminder or report.ready"""
    payload: Mapped[Json]
    at: Mapped[When]
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), index=True)
    """When deliveries were made of it (`api.hooks.fanning_out`); None: that is still to be done."""
    subject_id: Mapped[uuid.UUID | None]
