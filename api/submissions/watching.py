"""How far a submission has come: state, step, place in the queue. What pages and streams of events show."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.problems import NotFound
from api.queue import jobs_ahead
from api.submissions.states import UNDER_WAY, State
from api.submissions.tables import Submission


@dataclass(frozen=True)
class Standing:
    """A submission at one moment. Holds no hidden text."""

    state: State
    step: str
    """What the worker does, as it noted it; empty when nothing is under way."""
    ahead: int | None
    """Submissions that come before it; None when it does not wait in the queue."""

    @property
    def final(self) -> bool:
        """Whether it stays like this unless somebody acts."""
        return self.state not in UNDER_WAY


def standing(session: Session, submission_id: uuid.UUID) -> Standing:
    """Where a submission stands now.

    Raises:
        NotFound: there is none.
    """
    row = session.execute(
        select(Submission.state, Submission.progress, Submission.job_id).where(Submission.id == submission_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such submission.")
    state = State(row.state)
    ahead = None
    if state is State.QUEUED and row.job_id is not None:
        ahead = jobs_ahead(session, row.job_id)
    return Standing(state, str(row.progress.get("step", "")), ahead)
