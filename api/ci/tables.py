"""Tables of CI: who may sign requests, and what pipelines asked for."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database.base import Base, Digest, Id, When, Word
from api.hooks.secrets import HasSecrets
from api.takehomes.tables import Takehome


class Stage(StrEnum):
    """How far a request is. Who moves it on is named beside each."""

    FETCHING = "fetching"  # a worker: the repository is to be fetched
    TAKEN = "taken"  # nobody: there is a submission with the same id
    REFUSED = "refused"  # nobody: what was asked for cannot be taken, `problem` says why
    FAILED = "failed"  # whoever asked, who asks again: we failed in every try


class CiConnection(HasSecrets, Base):
    """A pipeline that signs its requests instead of sending a token."""

    __tablename__ = "ci_connections"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    takehome_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("takehomes.id"))
    """The only take-home that it may send to; None: any."""
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[When]
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    takehome: Mapped[Takehome | None] = relationship(lazy="raise")


class CiCredential(Base):
    """What repositories below one address are fetched with, whoever names them."""

    __tablename__ = "ci_credentials"

    id: Mapped[Id]
    beginning: Mapped[str] = mapped_column(String(500), unique=True)
    """Of addresses, as `api.ci.addresses` writes it: scheme, host, port and a path that ends with a slash."""
    user: Mapped[str] = mapped_column(String(200), default="")
    """Of https; empty: the secret is a bearer token, or a key."""
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """A token, or the private key of ssh; sealed by `api.hooks.secrets`."""
    known_hosts: Mapped[str] = mapped_column(Text, default="")
    """Of ssh: the keys of the host, which no other may show."""
    fingerprint: Mapped[str] = mapped_column(String(80), default="")
    """Of ssh: of the public half of the key, by which people know it."""
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[When]
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


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
