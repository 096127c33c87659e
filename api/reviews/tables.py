"""Tables of what people decide. Rows are added, never changed in place: who said what, and when, stays."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import DateTime, ForeignKey, Numeric, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.accounts.tables import User
from api.database.base import Base, Id, When, Word


class Verdict(StrEnum):
    """What a reviewer decides about a submission."""

    ADVANCE = "advance"
    HOLD = "hold"
    DECLINE = "decline"


class JudgementRow(Base):
    """A person's decision on one item or gate (`grader.scoring.Judgement`). The newest not withdrawn is in force."""

    __tablename__ = "judgements"

    id: Mapped[Id]
    submission_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("submissions.id", ondelete="CASCADE"), index=True
    )
    target: Mapped[str] = mapped_column(String(120))
    choice: Mapped[str | None] = mapped_column(String(120))
    points: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    waive: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    at: Mapped[When]
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    by: Mapped[User] = relationship(lazy="raise")


class Comment(Base):
    """A remark on a submission, on one of its files, or on a line."""

    __tablename__ = "comments"

    id: Mapped[Id]
    submission_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("submissions.id", ondelete="CASCADE"), index=True
    )
    path: Mapped[str | None] = mapped_column(String(512))
    line: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text)
    released: Mapped[bool] = mapped_column(default=False)
    """The candidate may read it."""
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    at: Mapped[When]
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    by: Mapped[User] = relationship(lazy="raise")


class Decision(Base):
    """A verdict on a submission. The newest is in force."""

    __tablename__ = "decisions"

    id: Mapped[Id]
    submission_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("submissions.id", ondelete="CASCADE"), index=True
    )
    verdict: Mapped[Word]
    note: Mapped[str] = mapped_column(Text, default="")
    """For whoever takes over: the next interviewer, the recruiter."""
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    at: Mapped[When]

    by: Mapped[User] = relationship(lazy="raise")


class Change(Base):
    """A change of rubric or suite that is tried on past submissions before it counts."""

    __tablename__ = "changes"

    id: Mapped[Id]
    takehome_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("takehomes.id"), index=True)
    rubric_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("rubric_versions.id"))
    suite_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("suite_versions.id"))
    state: Mapped[Word]
    """trying, ready, applied or dropped"""
    summary: Mapped[dict[str, object]] = mapped_column(JSONB, default=dict)
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[When]
    applied_by: Mapped[str | None] = mapped_column(String(200))
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ChangeRow(Base):
    """What a change does to one submission."""

    __tablename__ = "change_rows"

    change_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True
    )
    submission_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True
    )
    share_before: Mapped[float | None]
    share_after: Mapped[float | None]
    points_before: Mapped[float | None]
    points_after: Mapped[float | None]
    band_before: Mapped[str | None] = mapped_column(String(200))
    band_after: Mapped[str | None] = mapped_column(String(200))
    flag: Mapped[str] = mapped_column(String(200), default="")
    """Something that an approver must see, such as a drop on identical work."""
