"""What pages show of changes beside their rows."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.problems import NotFound
from api.reviews.changes import change_of
from api.reviews.tables import Change, ChangeState
from api.submissions.tables import Submission
from api.takehomes.tables import RubricVersion, SuiteVersion, Takehome

MOST: Final = 50
"""Changes that are listed of a take-home, the newest."""


@dataclass(frozen=True)
class Proposal:
    """A change with what it is about."""

    change: Change
    takehome: Takehome
    rubric: RubricVersion | None
    suite: SuiteVersion | None

    @property
    def title(self) -> str:
        """What it is, in words."""
        parts = []
        if self.rubric is not None:
            parts.append(f"rubric version {self.rubric.number}")
        if self.suite is not None:
            parts.append(f"suite version {self.suite.number}")
        text = " with ".join(parts)
        return f"One submission graded again, {text}" if self.change.submission_id else text.capitalize()


def changes_of(session: Session, takehome: Takehome) -> Sequence[Proposal]:
    """The newest changes of a take-home."""
    rows = session.execute(
        _all().where(Change.takehome_id == takehome.id).order_by(Change.id.desc()).limit(MOST)
    )
    return [Proposal(*row) for row in rows]


def open_changes_of(session: Session, takehome: Takehome) -> Sequence[Proposal]:
    """Those of a take-home that are tried or wait for a decision, newest first."""
    waiting = Change.state.in_((ChangeState.TRYING, ChangeState.READY))
    rows = session.execute(
        _all().where(Change.takehome_id == takehome.id, waiting).order_by(Change.id.desc()).limit(MOST)
    )
    return [Proposal(*row) for row in rows]


def proposal(session: Session, change_id: uuid.UUID) -> Proposal:
    """One change.

    Raises:
        NotFound: there is none with this id.
    """
    change_of(session, change_id)
    return Proposal(*session.execute(_all().where(Change.id == change_id)).one())


def _all() -> Select[Change, Takehome, RubricVersion, SuiteVersion]:
    return (
        select(Change, Takehome, RubricVersion, SuiteVersion)
        .join(Takehome, Takehome.id == Change.takehome_id)
        .outerjoin(RubricVersion, RubricVersion.id == Change.rubric_id)
        .outerjoin(SuiteVersion, SuiteVersion.id == Change.suite_id)
    )


def submission_of(session: Session, submission_id: uuid.UUID) -> tuple[Submission, Takehome]:
    """A submission and its take-home.

    Raises:
        NotFound: there is none with this id.
    """
    submission = session.get(Submission, submission_id)
    if submission is None:
        raise NotFound("There is no such submission.")
    return submission, session.get_one(Takehome, submission.takehome_id)
