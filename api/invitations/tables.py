"""Tables of candidates and invitations."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database.base import Base, Id, When, Word, words
from api.takehomes.tables import Takehome

CANDIDATE_WORDS: Final = words("name", "email", "reference")
"""What a search of candidates looks in."""


class Candidate(Base):
    """A person who was invited. Retention empties name and e-mail; scores stay."""

    __tablename__ = "candidates"
    __table_args__ = (Index("candidates_words_idx", text(CANDIDATE_WORDS), postgresql_using="gin"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320), index=True)
    reference: Mapped[str] = mapped_column(String(200), default="", index=True)
    """The company's own id, for example of its applicant tracking system."""
    created_at: Mapped[When]
    anonymised_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Invitation(Base):
    """A private link to one take-home for one candidate.

    Either fixed dates (`opens_at`, `closes_at`) or a window that starts when the link is first opened, or both: then
    whichever ends first. `extra_minutes` is added to the end in every case.
    """

    __tablename__ = "invitations"
    __table_args__ = (Index("invitations_takehome_idx", "takehome_id", "id"),)

    id: Mapped[Id]
    takehome_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("takehomes.id"))
    candidate_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("candidates.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """sha256 of the token in the link."""
    level: Mapped[str | None] = mapped_column(String(60))
    """Seniority level of the rubric; None is its base."""
    opens_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closes_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    window_minutes: Mapped[int | None]
    """From the first opening."""
    extra_minutes: Mapped[int] = mapped_column(default=0)
    """Extension or accommodation."""
    extra_reason: Mapped[str] = mapped_column(Text, default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    max_attempts: Mapped[int]
    feedback: Mapped[Word]
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[When]
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reminded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    takehome: Mapped[Takehome] = relationship(lazy="raise")
    candidate: Mapped[Candidate] = relationship(lazy="raise")
