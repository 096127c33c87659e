"""Tables of submissions, their gradings and reports."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database.base import Base, Digest, Id, When, Word, words
from api.invitations.tables import Candidate, Invitation
from api.takehomes.tables import SuiteVersion, Takehome

ROWS_OF: Final = {
    "under-way": "state IN ('queued', 'grading', 'waiting')",
    "needs-person": "pending > 0",
    "our-failure": "state IN ('failed', 'waiting')",
}
"""Few rows among many, each kind with an index of its own. Queries say the same words, by which it is recognised."""
LABEL_WORDS: Final = words("label")
"""What a search of labels looks in."""


class Submission(Base):
    """One upload. The columns from `report_id` on repeat what the report in force says, for lists."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("invitation_id", "attempt"),
        UniqueConstraint("idempotency_scope", "idempotency_key"),
        Index("submissions_takehome_share_idx", "takehome_id", "share", "id"),
        Index("submissions_takehome_idx", "takehome_id", "id"),
        Index("submissions_share_idx", "share", "id"),
        Index("submissions_state_idx", "state", "id"),
        Index("submissions_band_idx", "band", "id"),
        Index("submissions_decision_idx", "decision", "id"),
        *(
            Index(f"submissions_{name.replace('-', '_')}_idx", "id", postgresql_where=text(condition))
            for name, condition in ROWS_OF.items()
        ),
        Index(
            "submissions_undecided_idx",
            "id",
            postgresql_where=text("decision IS NULL AND report_id IS NOT NULL"),
        ),
        Index("submissions_words_idx", text(LABEL_WORDS), postgresql_using="gin"),
    )

    id: Mapped[Id]
    takehome_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("takehomes.id"))
    suite_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("suite_versions.id"))
    """The version that it was uploaded for; a re-grade with a newer one changes it."""
    candidate_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("candidates.id"), index=True)
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("invitations.id"))
    level: Mapped[str | None] = mapped_column(String(60))
    attempt: Mapped[int] = mapped_column(default=1)
    source: Mapped[Word]
    """page, api, ci or webhook"""
    label: Mapped[str] = mapped_column(String(200), default="")
    """What to call it where there is no candidate. Hostile like every name."""
    file_name: Mapped[str] = mapped_column(String(255))
    blob: Mapped[Digest]
    """sha256 of the bytes as they came, and their name in the blob store."""
    size: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[When]
    idempotency_scope: Mapped[str | None] = mapped_column(String(80))
    """invitation or token that the key below belongs to"""
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[Word]
    state_at: Mapped[When]
    progress: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """{"step": …, "done": n, "of": n} while it is graded; never hidden text."""
    tries: Mapped[int] = mapped_column(default=0)
    interrupted: Mapped[int] = mapped_column(default=0)
    """How often a worker ended while it graded this."""
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    report_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey(
            "reports.id",
            name="submissions_report_id_fkey",
            use_alter=True,
            deferrable=True,
            initially="DEFERRED",
        )
    )
    share: Mapped[float | None]
    points: Mapped[float | None]
    max_points: Mapped[float | None]
    pending: Mapped[float | None]
    band: Mapped[str | None] = mapped_column(String(200))
    decision: Mapped[str | None] = mapped_column(String(40))
    """Verdict in force: advance, hold or decline."""

    takehome: Mapped[Takehome] = relationship(lazy="raise")
    suite: Mapped[SuiteVersion] = relationship(lazy="raise")
    candidate: Mapped[Candidate | None] = relationship(lazy="raise")
    invitation: Mapped[Invitation | None] = relationship(lazy="raise")
    report: Mapped[Report | None] = relationship(foreign_keys=[report_id], lazy="raise")


class Upload(Base):
    """A resumable upload that is under way; its chunks lie in the blob store under its id."""

    __tablename__ = "uploads"

    id: Mapped[Id]
    invitation_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("invitations.id", ondelete="CASCADE"), index=True
    )
    file_name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    chunks: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """sizes of the chunks, in order"""
    created_at: Mapped[When]
    expires_at: Mapped[When] = mapped_column(index=True)


class Grading(Base):
    """The evidence of one submission with one suite version in one environment. There is never a second."""

    __tablename__ = "gradings"
    __table_args__ = (UniqueConstraint("submission_id", "suite_id", "environment"),)

    id: Mapped[Id]
    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    suite_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("suite_versions.id"))
    environment: Mapped[str] = mapped_column(String(120))
    """name:recipe of the image; "none" where nothing had to run (an upload that cannot be judged)"""
    outcome: Mapped[Word]
    evidence: Mapped[bytes] = mapped_column(LargeBinary)
    """zlib of `Evidence` as JSON"""
    started_at: Mapped[When]
    finished_at: Mapped[When]
    worker: Mapped[str] = mapped_column(String(200))


class Report(Base):
    """The score of one grading by one rubric version, with the judgements in force. The whole report is computed."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("grading_id", "rubric_id"),)

    id: Mapped[Id]
    grading_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("gradings.id", ondelete="CASCADE"))
    rubric_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("rubric_versions.id"))
    outcome: Mapped[Word]
    share: Mapped[float | None]
    points: Mapped[float | None]
    max_points: Mapped[float | None]
    pending: Mapped[float | None]
    band: Mapped[str | None] = mapped_column(String(200))
    criteria: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    """[{"id", "title", "points", "max"}], for tables of many reports"""
    made_at: Mapped[When]
    note: Mapped[str] = mapped_column(Text, default="")

    grading: Mapped[Grading] = relationship(lazy="raise")


class PassRate(Base):
    """How often each hidden test passed, kept as a sum so that a page need not read every report."""

    __tablename__ = "pass_rates"

    suite_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("suite_versions.id"), primary_key=True)
    test: Mapped[str] = mapped_column(Text, primary_key=True)
    passed: Mapped[int] = mapped_column(default=0)
    graded: Mapped[int] = mapped_column(default=0)
