"""Invitations as a table, with what came of each: for spreadsheets and other systems."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from api.invitations.lists import listing
from api.invitations.tables import Invitation
from api.invitations.windows import Phase, window
from api.submissions.tables import Submission

MOST_ROWS: Final = 5000
COLUMNS: Final = (
    *("name", "email", "reference", "take_home", "level", "phase", "invited_at", "invited_by", "opened_at"),
    *("ends_at", "invitation"),
)
RESULTS: Final = (
    *(
        "attempts",
        "submission",
        "state",
        "score_percent",
        "points",
        "max_points",
        "pending",
        "band",
        "decision",
    ),
)
"""Of the newest attempt, which is the one that counts."""

Cell = str | int | float


@dataclass(frozen=True)
class Table:
    """Names of the columns, and a row for each invitation, the newest first."""

    columns: tuple[str, ...]
    rows: list[list[Cell]]
    cut: bool
    """There are more than MOST_ROWS."""


def table_of(
    session: Session,
    now: datetime,
    *,
    takehome: str = "",
    phase: Phase | None = None,
    search: str = "",
    results: bool,
) -> Table:
    """The invitations that a list with these filters shows. Without `results`, nothing of submissions is in it."""
    found = listing(session, now, takehome=takehome, phase=phase, search=search, limit=MOST_ROWS)
    newest = _newest(session, [row.id for row in found.rows]) if results else {}
    rows = [_invitation(row, now) + (_result(newest.get(row.id)) if results else []) for row in found.rows]
    return Table(COLUMNS + (RESULTS if results else ()), rows, cut=bool(found.following))


def _newest(session: Session, invitations: Sequence[uuid.UUID]) -> dict[uuid.UUID | None, Submission]:
    query = (
        select(Submission)
        .where(Submission.invitation_id.in_(invitations))
        .ext(distinct_on(Submission.invitation_id))
        .order_by(Submission.invitation_id, Submission.attempt.desc())
    )
    return {row.invitation_id: row for row in session.scalars(query)}


def _invitation(row: Invitation, now: datetime) -> list[Cell]:
    at = window(row, now)
    return [
        row.candidate.name,
        row.candidate.email,
        row.candidate.reference,
        row.takehome.name,
        row.level or "",
        at.phase.value,
        _time(row.created_at),
        row.created_by,
        _time(row.opened_at),
        _time(at.deadline),
        str(row.id),
    ]


def _result(row: Submission | None) -> list[Cell]:
    if row is None:
        return [0, *[""] * (len(RESULTS) - 1)]
    percent = "" if row.share is None else round(row.share * 100, 2)
    figures = ["" if value is None else value for value in (row.points, row.max_points, row.pending)]
    return [row.attempt, str(row.id), row.state, percent, *figures, row.band or "", row.decision or ""]


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
