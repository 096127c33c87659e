"""The report in force of a submission: its newest grading, the rubric in force, the judgements of people."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.accounts.tables import User
from api.database.base import new_id
from api.problems import Gone, NotFound
from api.reviews.tables import JudgementRow
from api.submissions.evidence import report_of
from api.submissions.states import State
from api.submissions.tables import Grading, Submission
from api.submissions.tables import Report as Row
from api.takehomes.tables import RubricVersion
from grader.report import Report
from grader.scoring import Judgement


def judgements_of(session: Session, submission_id: uuid.UUID) -> list[Judgement]:
    """What people decided, oldest first, without what was withdrawn."""
    return judgements_of_many(session, [submission_id])[submission_id]


def judgements_of_many(
    session: Session, submission_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[Judgement]]:
    """As `judgements_of`, for each of several submissions."""
    rows = session.execute(
        select(JudgementRow, User.name)
        .join(User, User.id == JudgementRow.by_id)
        .where(JudgementRow.submission_id.in_(submission_ids), JudgementRow.withdrawn_at.is_(None))
        .order_by(JudgementRow.id)
    )
    found: dict[uuid.UUID, list[Judgement]] = {identity: [] for identity in submission_ids}
    for row, name in rows:
        judgement = Judgement(
            target=row.target,
            by=name,
            reason=row.reason,
            choice=row.choice,
            points=Fraction(row.points) if row.points is not None else None,
            waive=row.waive,
        )
        found[row.submission_id].append(judgement)
    return found


def report_in_force(session: Session, submission: Submission) -> Report:
    """The whole report of a submission that has one.

    Raises:
        NotFound: there is none (yet).
        Gone: the candidate's data was deleted, and the evidence with it.
    """
    if submission.state == State.DELETED:
        raise Gone("The candidate's data was deleted: the points are kept, the report is not.")
    if submission.report_id is None:
        raise NotFound("There is no report of this submission yet.")
    row = session.get_one(Row, submission.report_id)
    grading = session.get_one(Grading, row.grading_id)
    rubric = session.get_one(RubricVersion, row.rubric_id)
    return report_of(grading.evidence, rubric.text, submission.level, judgements_of(session, submission.id))


def criteria_kept(session: Session, submission: Submission) -> list[dict[str, object]]:
    """What is kept of each criterion when the evidence is gone: id, title, points, max. Empty without a report."""
    row = session.get(Row, submission.report_id) if submission.report_id is not None else None
    return row.criteria if row is not None else []


def put_in_force(
    session: Session, submission: Submission, grading: Grading, rubric: RubricVersion, now: datetime
) -> Report:
    """Score a grading with a rubric and make that the report of the submission. Judgements stay in force."""
    report = report_of(grading.evidence, rubric.text, submission.level, judgements_of(session, submission.id))
    row = session.scalar(select(Row).where(Row.grading_id == grading.id, Row.rubric_id == rubric.id))
    if row is None:
        row = Row(id=new_id(), grading_id=grading.id, rubric_id=rubric.id, made_at=now)
        session.add(row)
    summarise(row, report)
    row.made_at = now
    session.flush()
    submission.report_id = row.id
    submission.share, submission.points, submission.max_points = row.share, row.points, row.max_points
    submission.pending, submission.band = row.pending, row.band
    return report


def refresh(session: Session, submission: Submission, now: datetime) -> Report:
    """Score again after people decided something.

    Raises:
        NotFound: there is no report yet.
        Gone: the candidate's data was deleted.
    """
    # Locked: a change that is applied meanwhile must see what people decided, or be seen here.
    session.refresh(submission, with_for_update={"of": Submission})
    if submission.state == State.DELETED:
        raise Gone("The candidate's data was deleted: nothing can be scored again.")
    if submission.report_id is None:
        raise NotFound("There is no report of this submission yet.")
    row = session.get_one(Row, submission.report_id)
    return put_in_force(
        session,
        submission,
        session.get_one(Grading, row.grading_id),
        session.get_one(RubricVersion, row.rubric_id),
        now,
    )


def summarise(row: Row, report: Report) -> None:
    """Copy into a row what lists show of a report."""
    row.outcome = report.outcome.value
    total = report.score
    row.share = total.share if total else None
    row.points = total.points if total else None
    row.max_points = total.max if total else None
    row.pending = total.pending if total else None
    row.band = report.band.title if report.band else None
    row.criteria = criteria_of(report)


def criteria_of(report: Report) -> list[dict[str, object]]:
    """What tables of many reports show of the criteria."""
    return [
        {"id": one.id, "title": one.title, "points": one.points, "max": one.max} for one in report.criteria
    ]
