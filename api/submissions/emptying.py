"""Emptying submissions: what was sent, and every text that quotes it, goes; points, bands and verdicts stay.

The report of an emptied submission cannot be computed again, because evidence quotes the code line by line. That bends
no promise: a score is a function of stored evidence and rubric, and where there is no evidence any more nothing is
scored: what was computed last is kept as figures, is shown as such, and no re-grade or change of rubric touches it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from api.ci.tables import CiRequest
from api.reviews.tables import Comment, Decision, JudgementRow
from api.submissions.states import State, checked
from api.submissions.tables import Grading, Submission


def empty_submissions(session: Session, submissions: Sequence[Submission], now: datetime) -> None:
    """Empty submissions that the caller has locked. Their bytes are the caller's to drop (`drop_content`)."""
    for submission in submissions:
        if submission.state != State.DELETED:
            submission.state = checked(submission.state, State.DELETED).value
            submission.state_at = now
        submission.file_name = submission.label = ""
        submission.progress = {}
    session.flush()
    ids = [submission.id for submission in submissions]
    session.execute(update(Grading).where(Grading.submission_id.in_(ids)).values(evidence=b""))
    session.execute(delete(CiRequest).where(CiRequest.id.in_(ids)))
    session.execute(delete(Comment).where(Comment.submission_id.in_(ids)))
    session.execute(update(Decision).where(Decision.submission_id.in_(ids)).values(note=""))
    session.execute(update(JudgementRow).where(JudgementRow.submission_id.in_(ids)).values(reason=""))
