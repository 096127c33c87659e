"""Tables of what people decide. Rows are added, never changed in place: who said what, and when, stays."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, ForeignKey, Numeric, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
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


class ChangeState(StrEnum):
    """Where a change is on its way."""

    TRYING = "trying"  # a job: the dry run is under way
    READY = "ready"  # a person: apply it or drop it
    APPLIED = "applied"  # nobody
    DROPPED = "dropped"  # nobody


class RowState(StrEnum):
    """How far the dry run has come with one submission."""

    WAITING = "waiting"  # a grading job: fresh evidence is collected
    TRIED = "tried"  # nobody
    FAILED = "failed"  # a person: it cannot be tried, `problem` says why


class Change(Base):
    """A change of rubric, of suite or of both, tried on past submissions before it counts."""

    __tablename__ = "changes"

    id: Mapped[Id]
    takehome_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("takehomes.id"), index=True)
    rubric_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("rubric_versions.id"))
    """None: the rubric in force stays."""
    suite_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("suite_versions.id"))
    """None: evidence stays as it is, and is scored anew."""
    submission_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    """The only submission that is meant; None: all of the take-home."""
    state: Mapped[Word]
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """What the dry run found (`api.reviews.moves.Summary`)."""
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[When]
    applied_by: Mapped[str | None] = mapped_column(String(200))
    """Who applied or dropped it."""
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ChangeRow(Base):
    """What a change does to one submission. Holds all that applying it writes."""

    __tablename__ = "change_rows"

    change_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True
    )
    submission_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[Word]
    problem: Mapped[str] = mapped_column(Text, default="")
    tries: Mapped[int] = mapped_column(default=0)
    """Of the grading, where one is needed."""
    report_id: Mapped[uuid.UUID]
    report_at: Mapped[When]
    """The report that it was compared with, and when that was made: another one makes the row stale."""
    grading_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("gradings.id", ondelete="CASCADE"))
    """The evidence that the new report rests on."""
    share_before: Mapped[float | None]
    share_after: Mapped[float | None]
    points_before: Mapped[float | None]
    points_after: Mapped[float | None]
    band_before: Mapped[str | None] = mapped_column(String(200))
    band_after: Mapped[str | None] = mapped_column(String(200))
    outcome_after: Mapped[str | None] = mapped_column(String(40))
    max_after: Mapped[float | None]
    pending_after: Mapped[float | None]
    criteria_after: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    flags: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list)
    """What an approver must see: members of `api.reviews.moves.Flag`."""
