"""Grading beside: fresh evidence for a dry run. The report in force and the submission's state stay as they are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from api.reviews.tables import Change, ChangeRow, ChangeState, RowState
from api.reviews.trying import (
    COMPARED,
    affected,
    defer_trying,
    finish,
    left,
    note_progress,
    score_rows,
    under_way,
)
from api.service import Service
from api.submissions.grading import TRIES, Claim, Examiner, TryAgain, examine, store_grading
from api.submissions.tables import Grading, Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion
from grader.evidence import Evidence, Outcome

log = structlog.get_logger()


@dataclass(frozen=True)
class Beside:
    """What a job works on."""

    change_id: uuid.UUID
    claim: Claim


def grade_beside(
    service: Service,
    shelf: Shelf,
    examiner: Examiner,
    change_id: uuid.UUID,
    submission_id: uuid.UUID,
    worker: str,
) -> None:
    """Grade a submission with the suite of a change, unless that was done before in the same environment.

    Raises:
        TryAgain: we failed, and there are tries left.
    """
    found = _claim(service, change_id, submission_id)
    if found is None:
        return
    evidence = None
    try:
        environment = examiner.environment(found.claim.suite.environment)
        if not _stored(service, found.claim, environment):
            evidence = examine(service, shelf, examiner, found.claim, lambda _: None)
    except Exception as error:
        log.exception("grading beside broke", submission=str(submission_id))
        _our_failure(service, found, f"{type(error).__name__}: {error}")
        return
    if evidence is not None and evidence.outcome is Outcome.INFRASTRUCTURE_FAILED:
        _our_failure(service, found, evidence.reason)
        return
    _store(service, found, evidence, environment, worker)


def _claim(service: Service, change_id: uuid.UUID, submission_id: uuid.UUID) -> Beside | None:
    with service.sessions.begin() as session:
        change = session.get(Change, change_id)
        row = session.get(ChangeRow, (change_id, submission_id), with_for_update=True)
        submission = session.get(Submission, submission_id)
        if change is None or change.state != ChangeState.TRYING or submission is None:
            return None
        if row is None or row.state != RowState.WAITING:
            return None
        row.tries += 1
        suite = session.get_one(SuiteVersion, change.suite_id)
        claim = Claim(submission_id, suite, submission.blob, submission.file_name, service.now())
        return Beside(change_id, claim)


def _grading(session: Session, claim: Claim, environment: str) -> Grading | None:
    return session.scalars(
        select(Grading).where(
            Grading.submission_id == claim.submission_id,
            Grading.suite_id == claim.suite.id,
            Grading.environment == environment,
        )
    ).one_or_none()


def _stored(service: Service, claim: Claim, environment: str) -> bool:
    with service.sessions() as session:
        return _grading(session, claim, environment) is not None


def _store(service: Service, found: Beside, evidence: Evidence | None, environment: str, worker: str) -> None:
    """Evidence and row in one transaction; whoever fills the last row makes the change ready."""
    with service.sessions.begin() as session:
        change = session.get(Change, found.change_id, with_for_update=True)
        if change is None or change.state != ChangeState.TRYING:
            return
        now = service.now()
        if evidence is None:
            grading = _grading(session, found.claim, environment)
        else:
            grading = store_grading(session, found.claim, evidence, environment, worker, now)
        one = _compared_with(session, change, found.claim.submission_id)
        row = session.get(ChangeRow, (change.id, found.claim.submission_id))
        if row is None:
            return  # its data was deleted meanwhile
        if one is None or grading is None:
            session.delete(row)
        else:
            score_rows(session, change, [(one, grading.id)])
            session.expire(row)
        _go_on(session, service, change)


def _compared_with(session: Session, change: Change, submission_id: uuid.UUID) -> Row[Any] | None:
    return session.execute(affected(change, *COMPARED).where(Submission.id == submission_id)).one_or_none()


def _go_on(session: Session, service: Service, change: Change) -> None:
    """Note the progress; after the last grading, end the dry run or take up what came in meanwhile."""
    note_progress(session, change)
    if under_way(session, change):
        return
    if left(session, change, 1):
        defer_trying(session, service.queue, change)
    else:
        finish(session, change, service.now())


def _our_failure(service: Service, found: Beside, reason: str) -> None:
    """Note that we failed. The submission keeps its report; the row says so once all tries are used.

    Raises:
        TryAgain: there are tries left.
    """
    with service.sessions.begin() as session:
        change = session.get(Change, found.change_id, with_for_update=True)
        row = session.get(ChangeRow, (found.change_id, found.claim.submission_id), with_for_update=True)
        if change is None or row is None:
            return
        row.problem = f"We could not grade it: {reason}"[:2000]
        tries = row.tries
        if tries >= TRIES:
            row.state = RowState.FAILED.value
            session.flush()
            _go_on(session, service, change)
            return
    raise TryAgain(reason, min(15 * 2**tries, 3600))
