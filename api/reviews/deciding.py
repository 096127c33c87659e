"""Decisions about submissions: advance, hold or decline, with a note for whoever takes over."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.accounts.tables import User
from api.audit.log import Actor, announce, record
from api.database.base import new_id
from api.problems import Conflict, Invalid, NotFound
from api.reviews.judging import NOTHING_SEEN
from api.reviews.tables import Decision, Verdict
from api.submissions.states import UNDER_WAY, State
from api.submissions.tables import Submission

LONGEST_NOTE: Final = 10_000


def decide(
    session: Session,
    submission_id: uuid.UUID,
    verdict: str,
    note: str,
    by: User,
    actor: Actor,
    now: datetime,
    *,
    seen: uuid.UUID = NOTHING_SEEN,
) -> tuple[Decision, Decision | None]:
    """Decide about a submission that has a report. Earlier decisions are kept; the newest is in force.

    `seen` is the newest decision that the page showed. Returns the decision and, where somebody else decided in
    between, theirs. The same decision sent twice from the same page is one.

    Raises:
        NotFound: there is no such submission.
        Conflict: it is under way, has no report, or its data is gone.
        Invalid: the verdict is none, or the note is too long.
    """
    submission = session.get(Submission, submission_id, with_for_update=True)
    if submission is None:
        raise NotFound("There is no such submission.")
    if verdict not in set(Verdict):
        raise Invalid("Choose advance, hold or decline.", errors={"verdict": "missing"})
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            f"The note is too long: at most {LONGEST_NOTE:,} characters.", errors={"note": "too long"}
        )
    open_for_decision(submission)
    note = note.strip().replace("\r\n", "\n").replace("\0", "")
    later = session.scalars(
        select(Decision)
        .where(Decision.submission_id == submission_id, Decision.id > seen)
        .options(joinedload(Decision.by))
        .order_by(Decision.id)
    ).all()
    for row in later:
        if (row.by_id, row.verdict, row.note) == (by.id, verdict, note):
            return row, None
    row = Decision(id=new_id(), submission_id=submission_id, verdict=verdict, note=note, by_id=by.id, at=now)
    session.add(row)
    before, submission.decision = submission.decision, verdict
    session.flush()
    subject = ("submission", submission_id)
    record(
        session, actor, "review.decided", subject, now, verdict=verdict, before=before, decision=str(row.id)
    )
    announce(session, "review.decided", submission_id, now, verdict=verdict, by=by.name)
    others = [one for one in later if one.by_id != by.id]
    return row, others[-1] if others else None


def open_for_decision(submission: Submission) -> None:
    """Make sure that the submission can be decided about.

    Raises:
        Conflict: it cannot; the message says why, and what to wait for.
    """
    if submission.state == State.DELETED:
        raise Conflict("The data of this submission was deleted: it can no longer be decided about.")
    if submission.state in UNDER_WAY:
        raise Conflict("The submission is being graded. Decide when its report is there.")
    if submission.report_id is None:
        raise Conflict(
            "There is no report of this submission: it has to be graded before it is decided about."
        )


def decisions_of(session: Session, submission_id: uuid.UUID) -> Sequence[Decision]:
    """All decisions about a submission with who took them, newest first."""
    return session.scalars(
        select(Decision)
        .where(Decision.submission_id == submission_id)
        .options(joinedload(Decision.by))
        .order_by(Decision.id.desc())
    ).all()
