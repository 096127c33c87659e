"""Tables of CI: who may sign requests, and what pipelines asked for."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database.base import Base, Digest, Id, When, Word
from api.takehomes.tables import Takehome


class Stage(StrEnum):
    """How far a request is. Who moves it on is named beside each."""

    FETCHING = "fetching"  # a worker: the repository is to be fetched
    TAKEN = "taken"  # nobody: there is a submission with the same id
    REFUSED = "refused"  # nobody: what was asked for cannot be taken, `problem` says why
    FAILED = "failed"  # whoever asked, who asks again: we failed in every try


class CiConnection(Base):
    """A pipeline that signs its requests instead of sending a token."""

    __tablename__ = "ci_connections"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    takehome_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("takehomes.id"))
    """The only take-home that it may send to; None: any."""
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed by `api.hooks.secrets`."""
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The one before, sealed: valid as well until `old_secret_ends_at`."""
    old_secret_ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[When]
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    takehome: Mapped[Takehome | None] = relationship(lazy="raise")


class CiRequest(Base):
    """What a pipeline asked for. The submission that comes of it has the same id."""

    __tablename__ = "ci_requests"
    __table_args__ = (
        UniqueConstraint("asked_by", "idempotency_key"),
        Index("ci_requests_stage_idx", "stage", "stage_at"),
    )

    id: Mapped[Id]
    asked_by: Mapped[str] = mapped_column(String(80))
    """kind:id of a token, user or connection: who may follow it, and whom the key below belongs to"""
    asked_by_name: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[When]
    """Decides whether an invitation was open, however long fetching takes."""
    takehome_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("takehomes.id"))
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id"), index=True)
    label: Mapped[str] = mapped_column(String(200))
    level: Mapped[str | None] = mapped_column(String(60))
    url: Mapped[str] = mapped_column(String(500), default="")
    """Of the repository; empty where an archive was sent. Hostile like every text of theirs."""
    commit: Mapped[str] = mapped_column(String(64), default="")
    ref: Mapped[str] = mapped_column(String(200), default="")
    content: Mapped[Digest] = mapped_column(default="")
    """sha256 of the archive that was sent; empty where a repository was named."""
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    stage: Mapped[Word]
    stage_at: Mapped[When]
    problem: Mapped[str] = mapped_column(String(1000), default="")
    """Why it was refused, or what failed, in words for people."""
    tries: Mapped[int] = mapped_column(default=0)
    """That failed because of us."""
    job_id: Mapped[int | None] = mapped_column(BigInteger)

    takehome: Mapped[Takehome] = relationship(lazy="raise")
