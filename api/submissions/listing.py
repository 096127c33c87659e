"""Finding submissions: one by its id, or a page of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.problems import NotFound
from api.reviews.tables import Verdict
from api.submissions.states import State
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome

SLACK: Final = timedelta(hours=1)
"""Ids begin with the time of the machine that made them; its clock may differ from the one that noted the arrival."""


@dataclass(frozen=True)
class Wanted:
    """Which submissions. None: whichever."""

    takehome: str | None = None
    """Name of the take-home."""
    state: State | None = None
    decision: Verdict | None = None
    since: datetime | None = None
    """Received at this time or later."""


def submission_by_id(session: Session, identity: uuid.UUID, *, lock: bool = False) -> Submission:
    """The submission, with its take-home and suite version.

    Raises:
        NotFound: there is none.
    """
    query = (
        select(Submission)
        .where(Submission.id == identity)
        .options(joinedload(Submission.takehome), joinedload(Submission.suite))
    )
    submission = session.scalar(query.with_for_update(of=Submission) if lock else query)
    if submission is None:
        raise NotFound("There is no such submission.")
    return submission


def page_of_submissions(
    session: Session, wanted: Wanted, before: uuid.UUID | None, limit: int
) -> tuple[Sequence[Submission], bool]:
    """The newest `limit` submissions that were received before the one with the id `before`; and whether more follow.

    Ids are ordered by time, so the page is read off the primary key.
    """
    query = select(Submission).options(joinedload(Submission.takehome), joinedload(Submission.suite))
    if wanted.takehome is not None:
        query = query.join(Takehome, Takehome.id == Submission.takehome_id).where(
            Takehome.name == wanted.takehome
        )
    if wanted.state is not None:
        query = query.where(Submission.state == wanted.state.value)
    if wanted.decision is not None:
        query = query.where(Submission.decision == wanted.decision.value)
    if wanted.since is not None:
        oldest = int((wanted.since - SLACK).timestamp() * 1000) << 80
        query = query.where(Submission.received_at >= wanted.since, Submission.id >= uuid.UUID(int=oldest))
    if before is not None:
        query = query.where(Submission.id < before)
    rows = session.scalars(query.order_by(Submission.id.desc()).limit(limit + 1)).all()
    return rows[:limit], len(rows) > limit
