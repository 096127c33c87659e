"""Tables of outgoing webhooks: who is told, what they are told, and what became of each attempt."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database.base import Base, Id, When, Word
from api.hooks.secrets import HasSecrets


class DeliveryState(StrEnum):
    """Where a delivery stands. Who moves it on is named beside each."""

    WAITING = "waiting"  # the sender: now, or at `next_at`
    DELIVERED = "delivered"  # an administrator, who sends it again
    FAILED = "failed"  # an administrator, who sends it again


class HookEndpoint(HasSecrets, Base):
    """An address of another system that wants to be told."""

    __tablename__ = "hook_endpoints"

    id: Mapped[Id]
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(200), default="")
    kinds: Mapped[list[str]] = mapped_column(ARRAY(String(80)))
    """Kinds of events that it is told of; empty: every kind, also those that later releases bring."""
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[When]
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disabled_why: Mapped[str] = mapped_column(String(400), default="")
    failing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """First failed attempt since the last one that succeeded."""
    succeeded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Delivery(Base):
    """One event for one endpoint. Its id is the `webhook-id`: the same in every attempt."""

    __tablename__ = "hook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("hook_deliveries_endpoint_idx", "endpoint_id", "id"),
        Index(
            "hook_deliveries_due_idx", "endpoint_id", "next_at", postgresql_where=text("state = 'waiting'")
        ),
        Index("hook_deliveries_created_at_idx", "created_at"),
    )

    id: Mapped[Id]
    endpoint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hook_endpoints.id", ondelete="CASCADE"))
    event_id: Mapped[uuid.UUID]
    """No foreign key: events are deleted earlier or later than this log."""
    kind: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    """The very text that is signed and sent."""
    happened_at: Mapped[When]
    """When the event happened; `created_at` may be later where old events are sent again."""
    created_at: Mapped[When]
    state: Mapped[Word]
    tries: Mapped[int] = mapped_column(default=0)
    """Failed attempts of the current round; sending again by hand starts a new one."""
    next_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it is due; while an attempt is under way, when that attempt is given up for dead."""
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    status: Mapped[int | None]
    """Of the newest attempt that got an answer."""
    problem: Mapped[str] = mapped_column(String(400), default="")
    """Of the newest attempt, in words; empty where it succeeded."""

    endpoint: Mapped[HookEndpoint] = relationship(lazy="raise")


class Attempt(Base):
    """One request for a delivery, and its answer."""

    __tablename__ = "hook_attempts"

    id: Mapped[Id]
    delivery_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("hook_deliveries.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[When]
    milliseconds: Mapped[int]
    address: Mapped[str] = mapped_column(String(60), default="")
    """Where it was connected to; empty where it came to no connection."""
    status: Mapped[int | None]
    answer: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    """The first bytes of the answer's body. Hostile, like everything that others send."""
    cut: Mapped[bool] = mapped_column(default=False)
    """The answer was longer."""
    problem: Mapped[str] = mapped_column(String(400), default="")
    """What went wrong, in words; empty where it succeeded."""
