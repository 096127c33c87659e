"""The dry run of a change: every report of the take-home made anew, beside those in force, which stay as they are.

It takes up whatever is not tried yet or no longer what it was compared with, batch by batch, until nothing is left.
So it may be stopped at any moment, runs again after new submissions came in, and is never out of date unnoticed.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import procrastinate
from sqlalchemy import Row, Select, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.audit.log import SYSTEM, record
from api.queue import GRADE_BESIDE, GRADING_QUEUE, OFFICE_QUEUE, TRY_CHANGE, defer
from api.reviews.moves import AFTER, Before, after, flags, summarise
from api.reviews.tables import Change, ChangeRow, ChangeState, RowState
from api.service import Service
from api.submissions.evidence import report_of
from api.submissions.reporting import criteria_of, judgements_of_many
from api.submissions.states import State
from api.submissions.tables import Grading, Report, Submission
from api.takehomes.tables import RubricVersion, Takehome
from grader.rubric import UnknownLevel

BATCH: Final = 200
"""Submissions that are scored in one transaction."""
PRIORITY: Final = 1
"""Of gradings for a dry run: behind every submission and every re-grade."""

COMPARED: Final = (
    Submission.id.label("submission_id"),
    Submission.level,
    Report.id.label("report_id"),
    Report.made_at.label("report_at"),
    Report.share,
    Report.points,
    Report.band,
    Report.outcome,
)
"""Of a submission and its report in force: what a dry run is compared with."""


def try_change(service: Service, change_id: uuid.UUID) -> None:
    """Do the job of a dry run. Nothing happens where the change is not (any more) to be tried."""
    while _batch(service, change_id):
        pass


def defer_trying(session: Session, queue: procrastinate.App, change: Change) -> None:
    """Queue the dry run of a change."""
    change.state = ChangeState.TRYING.value
    defer(session, queue, TRY_CHANGE, OFFICE_QUEUE, lock=f"change:{change.id}", change_id=str(change.id))


def _batch(service: Service, change_id: uuid.UUID) -> bool:
    """Try some submissions. Returns whether there may be more."""
    with service.sessions.begin() as session:
        change = session.get(Change, change_id, with_for_update=True)
        if change is None or change.state != ChangeState.TRYING:
            return False
        found = left(session, change, BATCH)
        if not found:
            if not under_way(session, change):
                finish(session, change, service.now())
            return False
        known = {one: one.grading_id if change.suite_id is None else one.tried_grading_id for one in found}
        score_rows(session, change, [(one, grading) for one, grading in known.items() if grading is not None])
        missing = [one for one, grading in known.items() if grading is None]
        _put(session, [_row(change, one, RowState.WAITING) for one in missing])
        for one in missing:
            _defer_grading(session, service.queue, change, one.submission_id)
        note_progress(session, change)
        return True


def _defer_grading(
    session: Session, queue: procrastinate.App, change: Change, submission_id: uuid.UUID
) -> None:
    defer(
        session,
        queue,
        GRADE_BESIDE,
        GRADING_QUEUE,
        priority=PRIORITY,
        change_id=str(change.id),
        submission_id=str(submission_id),
    )


# -- what is affected, and what is left ---------------------------------------------------------------


def affected(change: Change, *columns: Any) -> Select[Any]:
    """Select `columns` of the submissions that a change is about, joined with their report and its grading."""
    query = (
        select(*columns)
        .select_from(Submission)
        .join(Report, Report.id == Submission.report_id)
        .join(Grading, Grading.id == Report.grading_id)
        .where(Submission.takehome_id == change.takehome_id)
    )
    if change.suite_id is None:
        query = query.where(Submission.state != State.DELETED)
    else:
        query = query.where(Submission.state.in_((State.GRADED.value, State.UNGRADABLE.value)))
    if change.submission_id is not None:
        query = query.where(Submission.id == change.submission_id)
    return query


def left(session: Session, change: Change, most: int) -> list[Row[Any]]:
    """Up to `most` submissions that are not tried yet, or whose report is not the one that they were tried with."""
    mine = and_(ChangeRow.change_id == change.id, ChangeRow.submission_id == Submission.id)
    compared = and_(
        ChangeRow.report_id == Report.id,
        ChangeRow.report_at == Report.made_at,
        ChangeRow.share_before.is_not_distinct_from(Report.share),
        ChangeRow.points_before.is_not_distinct_from(Report.points),
        ChangeRow.band_before.is_not_distinct_from(Report.band),
    )
    query = affected(change, *COMPARED, Report.grading_id, ChangeRow.grading_id.label("tried_grading_id"))
    return list(
        session.execute(
            query.outerjoin(ChangeRow, mine)
            .where(or_(ChangeRow.submission_id.is_(None), ~compared))
            .order_by(Submission.id)
            .limit(most)
        )
    )


def note_progress(session: Session, change: Change) -> None:
    """Write how far the dry run has come."""
    session.flush()
    of = session.scalar(affected(change, func.count()))
    done = session.scalar(
        select(func.count()).where(ChangeRow.change_id == change.id, ChangeRow.state != RowState.WAITING)
    )
    change.summary = {"done": min(done or 0, of or 0), "of": of}


def under_way(session: Session, change: Change) -> bool:
    """Whether gradings are still to come."""
    waiting = exists().where(ChangeRow.change_id == change.id, ChangeRow.state == RowState.WAITING)
    return bool(session.scalar(select(waiting)))


def finish(session: Session, change: Change, now: datetime) -> None:
    """Make the change ready for a person."""
    found = summarise(session, change)
    change.summary = found.as_json()
    change.state = ChangeState.READY.value
    subject = ("takehome", change.takehome_id)
    counts = {"of": found.of, "up": found.up, "down": found.down}
    record(session, SYSTEM, "change.tried", subject, now, change=str(change.id), **counts)


# -- scoring ------------------------------------------------------------------------------------------


def score_rows(session: Session, change: Change, pairs: Sequence[tuple[Row[Any], uuid.UUID]]) -> None:
    """Score gradings with the rubric of a change. `pairs`: a submission as `left` gives it, and the grading's id."""
    rubric = rubric_of(session, change)
    judgements = judgements_of_many(session, [one.submission_id for one, _ in pairs])
    stored = select(Grading.id, Grading.evidence).where(Grading.id.in_([grading for _, grading in pairs]))
    evidence = {row.id: row.evidence for row in session.execute(stored)}
    rows = []
    for one, grading in pairs:
        decided = judgements[one.submission_id]
        try:
            report = report_of(evidence[grading], rubric.text, one.level, decided)
        except UnknownLevel as error:
            rows.append(_row(change, one, RowState.FAILED, problem=str(error)))
            continue
        before = Before(one.share, one.points, one.band, one.outcome)
        rows.append(
            _row(
                change,
                one,
                RowState.TRIED,
                grading_id=grading,
                criteria_after=criteria_of(report),
                flags=flags(before, report, decided),
                **after(report),
            )
        )
    _put(session, rows)


def rubric_of(session: Session, change: Change) -> RubricVersion:
    """The rubric that counts once the change is applied."""
    if change.rubric_id is not None:
        return session.get_one(RubricVersion, change.rubric_id)
    takehome = session.get_one(Takehome, change.takehome_id)
    return session.get_one(RubricVersion, takehome.rubric_id)


def _row(change: Change, one: Row[Any], state: RowState, **values: Any) -> dict[str, Any]:
    """The row of a submission, with what it was compared with."""
    unknown = dict.fromkeys((*AFTER, "grading_id"))
    return {
        "change_id": change.id,
        "submission_id": one.submission_id,
        "state": state.value,
        "report_id": one.report_id,
        "report_at": one.report_at,
        "share_before": one.share,
        "points_before": one.points,
        "band_before": one.band,
        "problem": "",
        "tries": 0,
        "criteria_after": [],
        "flags": [],
        **unknown,
        **values,
    }


def _put(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write rows; those that are there are replaced."""
    if not rows:
        return
    statement = insert(ChangeRow).values(rows)
    keys = (ChangeRow.change_id, ChangeRow.submission_id)
    replaced = {
        name: statement.excluded[name] for name in rows[0] if name not in {"change_id", "submission_id"}
    }
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=replaced))
