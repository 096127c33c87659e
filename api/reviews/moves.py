"""What a change does to past submissions: one by one, and all together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, false, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, joinedload

from api.reviews.tables import Change, ChangeRow, RowState
from api.submissions.tables import Submission
from grader.report import Report
from grader.scoring import Judgement

BINS: Final = 10
"""Of the histogram: tenths of the total."""
PAGE: Final = 100
"""Rows of the table on one page."""
NO_BAND: Final = "no band"


class Flag(StrEnum):
    """What an approver must see of one submission."""

    DROP = "drop"  # a smaller share of the points, for the same work
    BAND = "band"  # another band
    JUDGEMENT = "judgement"  # somebody's judgement would be without effect
    OUTCOME = "outcome"  # could be graded before and not after, or the other way round


class Filter(StrEnum):
    """Which rows are listed."""

    ALL = "all"
    MOVED = "moved"
    UP = "up"
    DOWN = "down"
    BAND = "band"
    SERIOUS = "serious"
    FAILED = "failed"


@dataclass(frozen=True)
class Before:
    """What counts now."""

    share: float | None
    points: float | None
    band: str | None
    outcome: str


AFTER: Final = ("share_after", "points_after", "max_after", "pending_after", "band_after", "outcome_after")


def after(report: Report) -> dict[str, Any]:
    """The columns of a row that a new report fills."""
    total = report.score
    return {
        "share_after": total.share if total else None,
        "points_after": total.points if total else None,
        "max_after": total.max if total else None,
        "pending_after": total.pending if total else None,
        "band_after": report.band.title if report.band else None,
        "outcome_after": report.outcome.value,
    }


def flags(before: Before, report: Report, judgements: Sequence[Judgement]) -> list[str]:
    """What must be seen of a submission whose report would be `report`."""
    found = []
    share = report.score.share if report.score else None
    if before.share is not None and share is not None and share < before.share:
        found.append(Flag.DROP)
    if before.band != (report.band.title if report.band else None):
        found.append(Flag.BAND)
    if {judgement.target for judgement in judgements} - _effective(report):
        found.append(Flag.JUDGEMENT)
    if before.outcome != report.outcome.value:
        found.append(Flag.OUTCOME)
    return [flag.value for flag in found]


def _effective(report: Report) -> set[str]:
    """Items and gates on which a judgement is in force."""
    items = {item.id for criterion in report.criteria for item in criterion.items if item.override}
    return items | {gate.id for gate in report.gates if gate.waived}


# -- all together -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Summary:
    """What a dry run found. Shares are 0..1; a move is the share after less the share before."""

    of: int
    up: int
    down: int
    same: int
    band: int
    serious: int
    decided: int
    """Of those that move: a decision was made already."""
    failed: int
    mean_move: float
    most_up: float
    most_down: float
    before: list[int]
    after: list[int]
    """How many submissions are in each tenth."""
    bands: list[tuple[str, int, int]]
    """(band, before, after)"""

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return asdict(self)


_MOVE: Final = ChangeRow.share_after - ChangeRow.share_before
MOVED: Final[ColumnElement[bool]] = or_(
    ChangeRow.points_after.is_distinct_from(ChangeRow.points_before),
    ChangeRow.share_after.is_distinct_from(ChangeRow.share_before),
    ChangeRow.band_after.is_distinct_from(ChangeRow.band_before),
)


def _has(flag: Flag) -> ColumnElement[bool]:
    return ChangeRow.flags.contains(cast([flag.value], ARRAY(String(40))))


SERIOUS: Final[ColumnElement[bool]] = or_(
    and_(_has(Flag.DROP), or_(_has(Flag.BAND), Submission.decision.is_not(None))),
    _has(Flag.JUDGEMENT),
    _has(Flag.OUTCOME),
)
"""Of a row joined with its submission."""
_WHERE: Final[dict[Filter, ColumnElement[bool]]] = {
    Filter.ALL: literal(True),
    Filter.MOVED: MOVED,
    Filter.UP: _MOVE > 0,
    Filter.DOWN: _MOVE < 0,
    Filter.BAND: _has(Flag.BAND),
    Filter.SERIOUS: SERIOUS,
    Filter.FAILED: ChangeRow.state == RowState.FAILED,
}


def summarise(session: Session, change: Change) -> Summary:
    """Count what the rows of a change say."""

    def of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(condition)

    one = session.execute(
        select(
            func.count(),
            of(_MOVE > 0),
            of(_MOVE < 0),
            of(_has(Flag.BAND)),
            of(SERIOUS),
            of(and_(MOVED, Submission.decision.is_not(None))),
            of(ChangeRow.state == RowState.FAILED),
            func.coalesce(func.avg(_MOVE), 0),
            func.coalesce(func.max(_MOVE), 0),
            func.coalesce(func.min(_MOVE), 0),
        )
        .join(Submission, Submission.id == ChangeRow.submission_id)
        .where(ChangeRow.change_id == change.id)
    ).one()
    of_all, up, down, band, serious, decided, failed, mean, most_up, most_down = one
    return Summary(
        of=of_all,
        up=up,
        down=down,
        same=of_all - up - down - failed,
        band=band,
        serious=serious,
        decided=decided,
        failed=failed,
        mean_move=round(float(mean), 4),
        most_up=round(max(0.0, float(most_up)), 4),
        most_down=round(min(0.0, float(most_down)), 4),
        before=_histogram(session, change.id, ChangeRow.share_before),
        after=_histogram(session, change.id, ChangeRow.share_after),
        bands=_bands(session, change.id),
    )


def _histogram(session: Session, change_id: uuid.UUID, share: Any) -> list[int]:
    tenth = func.least(func.floor(share * BINS), BINS - 1)
    rows = session.execute(
        select(tenth, func.count())
        .where(ChangeRow.change_id == change_id, ChangeRow.state == RowState.TRIED, share.is_not(None))
        .group_by(tenth)
    )
    counts = [0] * BINS
    for place, count in rows:
        counts[int(place)] = count
    return counts


def _bands(session: Session, change_id: uuid.UUID) -> list[tuple[str, int, int]]:
    found: dict[str, list[int]] = {}
    for side, column in enumerate((ChangeRow.band_before, ChangeRow.band_after)):
        rows = session.execute(
            select(func.coalesce(column, NO_BAND), func.count())
            .where(ChangeRow.change_id == change_id, ChangeRow.state == RowState.TRIED)
            .group_by(column)
        )
        for title, count in rows:
            found.setdefault(title, [0, 0])[side] = count
    return [(title, before, after_) for title, (before, after_) in sorted(found.items())]


# -- one by one ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    row: ChangeRow
    submission: Submission
    """With its candidate."""
    serious: bool

    @property
    def move(self) -> float | None:
        """Share after less share before, in points of a hundred."""
        if self.row.share_before is None or self.row.share_after is None:
            return None
        return round((self.row.share_after - self.row.share_before) * 100, 2)


def lines(
    session: Session, change: Change, wanted: Filter = Filter.ALL, page: int = 1
) -> tuple[list[Line], int]:
    """One page of rows, the largest moves first, and how many rows the filter leaves."""
    rows = session.execute(
        _lines(change, wanted)
        .order_by(
            case((ChangeRow.state == RowState.FAILED, 0), else_=1),
            func.coalesce(func.abs(_MOVE), 0).desc(),
            SERIOUS.desc(),
            ChangeRow.submission_id,
        )
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    found = [Line(row, submission, serious) for row, submission, serious in rows]
    count = session.scalar(select(func.count()).select_from(_lines(change, wanted).subquery()))
    return found, count or 0


def _lines(change: Change, wanted: Filter) -> Select[ChangeRow, Submission, bool]:
    return (
        select(
            ChangeRow,
            Submission,
            func.coalesce(SERIOUS, false()).label("serious"),
        )
        .join(Submission, Submission.id == ChangeRow.submission_id)
        .options(joinedload(Submission.candidate))
        .where(ChangeRow.change_id == change.id, _WHERE[wanted])
    )
