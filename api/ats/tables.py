"""Tables of applicant tracking systems: who may ask, and which invitations they asked for."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database.base import Base, Id, When
from api.hooks.secrets import HasSecrets
from api.invitations.tables import Invitation


class AtsConnection(HasSecrets, Base):
    """A system. Its secret is a key that signs in both directions: theirs to us, and ours back to them."""

    __tablename__ = "ats_connections"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """sha256 of the key, by which it is found."""
    old_key_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    """Of the one before."""
    key_seen: Mapped[bool] = mapped_column(default=False)
    """They have used the newest key. Until then the one before is sent to them, as long as it is valid."""
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[When]
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AtsTest(Base):
    """An invitation that a system asked for. Its id, which they call partner_interview_id, is the invitation's."""

    __tablename__ = "ats_tests"
    __table_args__ = (UniqueConstraint("connection_id", "url"),)

    invitation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("invitations.id", ondelete="CASCADE"), primary_key=True
    )
    connection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ats_connections.id"))
    url: Mapped[str] = mapped_column(String(2000))
    """Where we say that it is complete; of their own, and the same for a request that they repeat."""
    created_at: Mapped[When]
    tries: Mapped[int] = mapped_column(default=0)
    """Of telling them, that failed since the last result."""
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str] = mapped_column(String(400), default="")
    """Why the last try failed; empty where it did not."""

    connection: Mapped[AtsConnection] = relationship(lazy="raise")
    invitation: Mapped[Invitation] = relationship(lazy="raise")
