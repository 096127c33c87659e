"""What a candidate reads about a submission: as much of its report as the invitation releases, and nothing hidden."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.invitations.tables import Invitation
from api.reviews.tables import Comment
from api.submissions.reporting import report_in_force
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Feedback
from grader.evidence import Outcome
from grader.report import CandidateReport, Report, candidate_view

_SHARES = (
    (1.0, "all"),
    (0.9, "nearly all"),
    (0.7, "about three quarters"),
    (0.6, "about two thirds"),
    (0.45, "about half"),
    (0.3, "about a third"),
    (0.15, "about a quarter"),
    (0.0001, "few"),
    (0.0, "none"),
)


class CriterionPoints(BaseModel):
    """One criterion, without its items."""

    model_config = ConfigDict(frozen=True)

    title: str
    announced: str
    points: float
    max: float
    pending: float
    """Points that a person may still give."""


class Remark(BaseModel):
    """A comment that a reviewer released."""

    model_config = ConfigDict(frozen=True)

    path: str | None
    line: int | None
    text: str


class Released(BaseModel):
    """What is released of one report. Fields that the level does not release are empty."""

    model_config = ConfigDict(frozen=True)

    level: Feedback
    outcome: Outcome | None = None
    reason: str = ""
    """Why it could not be graded; released at every level, because it is about the upload."""
    share_in_words: str = ""
    waits_for_a_person: bool = False
    criteria: tuple[CriterionPoints, ...] = ()
    report: CandidateReport | None = None
    remarks: tuple[Remark, ...] = ()


def released(session: Session, submission: Submission, invitation: Invitation) -> Released | None:
    """What the candidate may read of a submission; None while there is no report."""
    level = Feedback(invitation.feedback)
    if submission.state not in {State.GRADED, State.UNGRADABLE} or submission.report_id is None:
        return None
    return of_report(report_in_force(session, submission), level, remarks_of(session, submission))


def of_report(report: Report, level: Feedback, remarks: tuple[Remark, ...] = ()) -> Released:
    """As much of a report as `level` releases, made from the candidate's view of it and nothing else."""
    view = candidate_view(report)
    if view.outcome is not Outcome.GRADED:
        return Released(level=level, outcome=view.outcome, reason=view.reason, remarks=remarks)
    if level is Feedback.NONE or view.score is None:
        return Released(level=level, remarks=remarks)
    listed = level in {Feedback.CRITERIA, Feedback.FULL}
    return Released(
        level=level,
        outcome=view.outcome,
        share_in_words=share_in_words(view.score.share),
        waits_for_a_person=view.score.pending > 0,
        criteria=tuple(
            CriterionPoints(
                title=one.title, announced=one.why, points=one.points, max=one.max, pending=one.pending
            )
            for one in view.criteria
            if listed
        ),
        report=view if level is Feedback.FULL else None,
        remarks=remarks,
    )


def share_in_words(share: float) -> str:
    """A share of the points, without a figure: 0.63 is "about two thirds"."""
    return next(words for least, words in _SHARES if share >= least)


def remarks_of(session: Session, submission: Submission) -> tuple[Remark, ...]:
    """The comments that reviewers released, in the order of the code."""
    rows = session.scalars(
        select(Comment)
        .where(
            Comment.submission_id == submission.id, Comment.released.is_(True), Comment.withdrawn_at.is_(None)
        )
        .order_by(Comment.path, Comment.line, Comment.id)
    )
    return tuple(Remark(path=row.path, line=row.line, text=row.text) for row in rows)
