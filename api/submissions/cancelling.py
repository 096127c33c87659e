"""Cancelling a submission that is under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from api.audit.log import Actor, announce, record
from api.problems import Conflict
from api.submissions.grading import tell
from api.submissions.states import State, WrongMove, checked
from api.submissions.tables import Submission


def cancel(session: Session, submission: Submission, by: Actor, now: datetime) -> None:
    """Stop the grading of a submission, which the caller has locked. What a worker still finds out is not kept.

    Raises:
        Conflict: it is not under way.
    """
    try:
        submission.state = checked(submission.state, State.CANCELLED).value
    except WrongMove as wrong:
        raise Conflict(f"The submission is {wrong.old}: there is nothing to cancel.") from wrong
    submission.state_at = now
    submission.progress = {}
    if submission.job_id is not None:
        session.execute(
            text("SELECT procrastinate_cancel_job_v1(:id, false, false)"), {"id": submission.job_id}
        )
    record(session, by, "submission.cancelled", ("submission", submission.id), now)
    announce(session, "submission.cancelled", submission.id, now)
    tell(session, submission.id)
