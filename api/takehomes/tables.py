"""Tables of take-homes. A version never changes once it is published; what is in force is named by the take-home."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database.base import Base, Digest, Id, When, Word


class Check(StrEnum):
    """State of the publish check of a suite version."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    WAIVED = "waived"
    """A person decided that it need not run; the audit log has who and why."""


USABLE = frozenset({Check.PASSED, Check.WAIVED})
"""Only versions in these states may be given to candidates."""


class Feedback(StrEnum):
    """What candidates see of their report."""

    NONE = "none"
    SUMMARY = "summary"
    CRITERIA = "criteria"
    FULL = "full"


class Takehome(Base):
    """A take-home as the company knows it: a name whose versions come and go."""

    __tablename__ = "takehomes"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[When]
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    feedback: Mapped[Word] = mapped_column(default=Feedback.SUMMARY)
    window_hours: Mapped[int] = mapped_column(default=48)
    max_attempts: Mapped[int] = mapped_column(default=3)
    suite_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey(
            "suite_versions.id",
            name="takehomes_suite_id_fkey",
            use_alter=True,
            deferrable=True,
            initially="DEFERRED",
        )
    )
    """The version that new submissions are graded with. None until one passed its check."""
    rubric_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey(
            "rubric_versions.id",
            name="takehomes_rubric_id_fkey",
            use_alter=True,
            deferrable=True,
            initially="DEFERRED",
        )
    )
    """The rubric in force."""

    suite: Mapped[SuiteVersion | None] = relationship(foreign_keys=[suite_id], lazy="raise")
    rubric: Mapped[RubricVersion | None] = relationship(foreign_keys=[rubric_id], lazy="raise")


class SuiteVersion(Base):
    """What was published: brief, starter, hidden suite, reference, broken solutions, as one archive."""

    __tablename__ = "suite_versions"
    __table_args__ = (UniqueConstraint("takehome_id", "digest"), UniqueConstraint("takehome_id", "number"))

    id: Mapped[Id]
    takehome_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("takehomes.id"))
    number: Mapped[int]
    digest: Mapped[Digest]
    """sha256 over all files that decide evidence: everything but rubric.yaml and samples."""
    blob: Mapped[Digest]
    """The archive, in the blob store."""
    environment: Mapped[Word]
    brief: Mapped[str] = mapped_column(Text)
    """brief.md, kept here so that pages need no archive."""
    published_by: Mapped[str] = mapped_column(String(200))
    published_at: Mapped[When]
    check: Mapped[Word]
    check_result: Mapped[dict[str, object] | None] = mapped_column(JSONB)


class RubricVersion(Base):
    """One state of a take-home's rubric."""

    __tablename__ = "rubric_versions"
    __table_args__ = (UniqueConstraint("takehome_id", "digest"), UniqueConstraint("takehome_id", "number"))

    id: Mapped[Id]
    takehome_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("takehomes.id"))
    number: Mapped[int]
    digest: Mapped[Digest]
    """sha256 of the text."""
    text: Mapped[str] = mapped_column(Text)
    """rubric.yaml"""
    note: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[When]
