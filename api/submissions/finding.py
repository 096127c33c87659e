"""Finding submissions: one with all that its page names, its neighbours, its other attempts, its past."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.audit.tables import Entry
from api.problems import NotFound
from api.submissions.tables import Grading, Report, Submission
from api.takehomes.tables import RubricVersion, SuiteVersion

ENTRIES: Final = 200


def submission_by_id(session: Session, identity: uuid.UUID, *, lock: bool = False) -> Submission:
    """A submission with its take-home, suite version, candidate and invitation.

    Raises:
        NotFound: there is none.
    """
    return submissions_by_id(session, [identity], lock=lock)[0]


def submissions_by_id(session: Session, ids: Sequence[uuid.UUID], *, lock: bool = False) -> list[Submission]:
    """Submissions as `submission_by_id` gives them, in the order of `ids`.

    Raises:
        NotFound: one is not there.
    """
    query = (
        select(Submission)
        .where(Submission.id.in_(ids))
        .options(
            joinedload(Submission.takehome),
            joinedload(Submission.suite),
            joinedload(Submission.candidate),
            joinedload(Submission.invitation),
        )
    )
    found = session.scalars(query.with_for_update(of=Submission) if lock else query)
    by_id = {one.id: one for one in found}
    if not by_id.keys() >= set(ids):
        raise NotFound("There is no such submission.")
    return [by_id[one] for one in ids]


@dataclass(frozen=True)
class Neighbours:
    """The submissions of the same take-home that came in before and after one."""

    earlier: uuid.UUID | None
    later: uuid.UUID | None


def neighbours(session: Session, submission: Submission) -> Neighbours:
    """Previous and next of a submission, in the order in which they came in."""
    same = select(Submission.id).where(Submission.takehome_id == submission.takehome_id)  # ids sort by time
    earlier = same.where(Submission.id < submission.id).order_by(Submission.id.desc()).limit(1)
    later = same.where(Submission.id > submission.id).order_by(Submission.id).limit(1)
    return Neighbours(session.scalar(earlier), session.scalar(later))


def attempts(session: Session, submission: Submission) -> Sequence[Submission]:
    """All submissions of the candidate to this take-home, this one among them, in order. None without a candidate."""
    if submission.candidate_id is None:
        return ()
    return session.scalars(
        select(Submission)
        .where(
            Submission.candidate_id == submission.candidate_id,
            Submission.takehome_id == submission.takehome_id,
        )
        .order_by(Submission.id)
    ).all()


@dataclass(frozen=True)
class Past:
    """One report of a submission: a grading under a version of the rubric."""

    report: Report
    suite: int
    rubric: int
    environment: str
    worker: str
    started_at: datetime
    finished_at: datetime


def past_reports(session: Session, submission_id: uuid.UUID) -> list[Past]:
    """Every report that a submission ever had, newest first. Their evidence is not read."""
    rows = session.execute(
        select(
            Report,
            SuiteVersion.number,
            RubricVersion.number,
            Grading.environment,
            Grading.worker,
            Grading.started_at,
            Grading.finished_at,
        )
        .join(Grading, Grading.id == Report.grading_id)
        .join(SuiteVersion, SuiteVersion.id == Grading.suite_id)
        .join(RubricVersion, RubricVersion.id == Report.rubric_id)
        .where(Grading.submission_id == submission_id)
        .order_by(Grading.finished_at.desc(), Report.made_at.desc(), Report.id.desc())
    )
    return [Past(*row) for row in rows]


def entries_of(session: Session, submission_id: uuid.UUID) -> Sequence[Entry]:
    """The newest entries of the audit log about a submission, newest first, at most `ENTRIES`."""
    return session.scalars(
        select(Entry)
        .where(Entry.subject_kind == "submission", Entry.subject_id == str(submission_id))
        .order_by(Entry.id.desc())
        .limit(ENTRIES)
    ).all()
