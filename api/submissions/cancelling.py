"""Taking a submission out of the queue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.problems import Conflict
from api.submissions.grading import tell
from api.submissions.states import State, WrongMove, checked
from api.submissions.tables import Submission


def cancel(session: Session, submission: Submission, by: Actor, now: datetime) -> None:
    """Cancel a submission that the caller has locked; its job finds that there is nothing to do.

    Cancelling what is cancelled changes nothing.

    Raises:
        Conflict: it is done already.
    """
    if submission.state == State.CANCELLED:
        return
    try:
        submission.state = checked(submission.state, State.CANCELLED).value
    except WrongMove as wrong:
        raise Conflict(f"The submission is {wrong.old}: it cannot be cancelled any more.") from wrong
    submission.state_at = now
    submission.progress = {}
    record(session, by, "submission.cancelled", ("submission", submission.id), now)
    tell(session, submission.id)
