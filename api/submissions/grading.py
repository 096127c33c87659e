"""One grading job: claim, grade, store. Whatever happens in between, it can be done again without harm."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import structlog
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from api.ats.telling import tell_later
from api.audit.log import SYSTEM, announce, record
from api.blobs import BlobMissing, BlobsUnavailable
from api.database.base import new_id
from api.database.engine import Sessions
from api.service import Service
from api.submissions.evidence import stored
from api.submissions.reporting import put_in_force
from api.submissions.states import State, checked
from api.submissions.tables import Grading, PassRate, Submission
from api.takehomes.shelf import Shelf
from api.takehomes.tables import RubricVersion, SuiteVersion, Takehome
from grader.evidence import EnvironmentId, Evidence, Outcome, TakehomeId, TestOutcome
from grader.evidence import Submission as Facts
from grader.intake.submission import Intake, take_bytes

log = structlog.get_logger()

TRIES: Final = 8
"""Of a grading that fails for a reason of ours, before an operator has to look."""
INTERRUPTIONS: Final = 12
"""So often may a worker end while it grades one submission. That is no chance any more: something about this grading
ends them, and each time it takes the gradings beside it along."""
DATABASE_FAILED: Final = (OperationalError, InterfaceError, NoConnection)
"""It is gone, or does not answer in time. No try of a submission is used up by that."""
CHANNEL: Final = "grader_progress"
"""NOTIFY channel on which the id of a submission is sent whenever something about it has changed."""


LONGEST_WAIT: Final = 3600
"""Seconds between two tries."""


class NoLongerWanted(Exception):
    """The submission was cancelled or deleted while it was graded."""


class TryAgain(Exception):
    """We failed; the job is to be tried again after `seconds`."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Examiner(Protocol):
    """Collects evidence (in Docker). The one thing here that needs the sandbox."""

    def environment(self, name: str) -> str:
        """Name and recipe of an environment as it is on this machine: part of a grading's identity."""
        ...

    def evidence(
        self, suite: SuiteVersion, shelf: Shelf, take: Callable[[], Intake], progress: Callable[[str], None]
    ) -> Evidence:
        """Grade what `take` takes over. Never raises for what the candidate did."""
        ...


@dataclass(frozen=True)
class Claim:
    """What a job works on, read in the transaction that claimed it."""

    submission_id: uuid.UUID
    suite: SuiteVersion
    blob: str
    file_name: str
    started_at: datetime


def grade_submission(
    service: Service,
    shelf: Shelf,
    examiner: Examiner,
    submission_id: uuid.UUID,
    suite_id: uuid.UUID,
    worker: str,
) -> None:
    """Do one grading job.

    Raises:
        TryAgain: we failed, and there are tries left; or the database did, and then there always are.
    """
    try:
        claim = _claim(service, submission_id, suite_id)
        if claim is not None:
            _grade(service, shelf, examiner, claim, worker)
    except DATABASE_FAILED as error:
        log.warning("the database failed while a submission was graded", submission=str(submission_id))
        raise TryAgain(f"the database: {type(error).__name__}", service.settings.retry_seconds) from error


def _grade(service: Service, shelf: Shelf, examiner: Examiner, claim: Claim, worker: str) -> None:
    try:
        evidence = examine(service, shelf, examiner, claim, Noter(service.sessions, claim.submission_id))
        if evidence.outcome is not Outcome.INFRASTRUCTURE_FAILED:
            environment = examiner.environment(claim.suite.environment)
            with service.sessions.begin() as session:
                invitation = _store(session, claim, evidence, environment, worker, service.now())
                tell_later(session, service, invitation)
            return
        reason = evidence.reason
    except NoLongerWanted:
        return
    except DATABASE_FAILED:
        raise
    except Exception as error:
        log.exception("grading broke", submission=str(claim.submission_id))
        reason = f"{type(error).__name__}: {error}"
    our_failure(service, claim, reason)


def _claim(service: Service, submission_id: uuid.UUID, suite_id: uuid.UUID) -> Claim | None:
    """Take the submission, unless it is done, cancelled or gone: then the job has nothing to do."""
    with service.sessions.begin() as session:
        submission = session.get(Submission, submission_id, with_for_update=True)
        if submission is None or submission.suite_id != suite_id:
            return None
        if State(submission.state) not in {State.QUEUED, State.WAITING, State.GRADING}:
            return None
        now = service.now()
        if submission.state == State.GRADING:  # it has a job that begins, so whoever had it before is gone
            submission.interrupted += 1
        if submission.interrupted >= INTERRUPTIONS:
            _give_up(session, submission, now)
            return None
        submission.state = checked(submission.state, State.GRADING).value
        submission.state_at = now
        submission.progress = {"step": "taken over"}
        announce(session, "grading.started", submission_id, now, tries=submission.tries + 1)
        tell(session, submission_id)
        suite = session.get_one(SuiteVersion, suite_id)
        return Claim(submission_id, suite, submission.blob, submission.file_name, now)


def _give_up(session: Session, submission: Submission, now: datetime) -> None:
    """Leave a submission whose gradings end workers to an operator. Never a score."""
    submission.state = checked(submission.state, State.FAILED).value
    submission.state_at = now
    submission.progress = {"step": "our failure"}
    reason = f"{submission.interrupted} times a worker ended while it graded this: see the workers' logs of that time"
    record(session, SYSTEM, "submission.our_failure", ("submission", submission.id), now, reason=reason)
    announce(session, "grading.failed", submission.id, now)
    tell(session, submission.id)


def examine(
    service: Service, shelf: Shelf, examiner: Examiner, claim: Claim, note: Callable[[str], None]
) -> Evidence:
    """The evidence; a store that does not answer is our failure like any other."""
    try:
        data = service.blobs.get(claim.blob)
        takehome = shelf.takehome(claim.suite)
    except (BlobMissing, BlobsUnavailable) as error:
        return _ours(claim, f"the bytes cannot be read: {error}")

    def take() -> Intake:
        return take_bytes(data, claim.file_name, modules=takehome.spec.modules, starter=takehome.starter)

    return examiner.evidence(claim.suite, shelf, take, note)


def _ours(claim: Claim, reason: str) -> Evidence:
    return Evidence(
        outcome=Outcome.INFRASTRUCTURE_FAILED,
        reason=reason,
        submission=Facts(digest="", files=()),
        takehome=TakehomeId(name="", title="", digest=claim.suite.digest),
        environment=EnvironmentId(name=claim.suite.environment, image="", runtime=""),
    )


class Noter:
    """Writes how far a grading has come, and tells whoever watches. Steps never hold hidden text.

    A grading that is no longer wanted ends here, at its next step.
    """

    def __init__(self, sessions: Sessions, submission_id: uuid.UUID) -> None:
        self._sessions = sessions
        self._id = submission_id

    def __call__(self, step: str) -> None:
        """Note `step`.

        Raises:
            NoLongerWanted: the submission was cancelled or deleted.
        """
        with self._sessions.begin() as session:
            submission = session.get(Submission, self._id, with_for_update=True)
            if submission is None or submission.state in {State.CANCELLED, State.DELETED}:
                raise NoLongerWanted
            if submission.state == State.GRADING:
                submission.progress = {"step": step[:200]}
                tell(session, self._id)


def _store(
    session: Session, claim: Claim, evidence: Evidence, environment: str, worker: str, now: datetime
) -> uuid.UUID | None:
    """Evidence, report and state in one transaction. Whoever comes second with the same grading changes nothing.

    Returns the invitation whose result it is.
    """
    # Before the submission's own row: a change that is applied takes the two in the same order.
    takehome = session.get_one(Takehome, claim.suite.takehome_id, with_for_update={"read": True})
    submission = session.get(Submission, claim.submission_id, with_for_update=True)
    if submission is None or submission.state != State.GRADING or submission.suite_id != claim.suite.id:
        return None  # cancelled, deleted, or done by another worker that was thought dead
    grading = store_grading(session, claim, evidence, environment, worker, now)
    rubric = session.get_one(RubricVersion, takehome.rubric_id)
    put_in_force(session, submission, grading, rubric, now)
    reached = State.GRADED if grading.outcome == Outcome.GRADED else State.UNGRADABLE
    submission.state = checked(submission.state, reached).value
    submission.state_at = now
    submission.progress = {}
    subject = ("submission", submission.id)
    record(session, SYSTEM, f"submission.{reached.value}", subject, now, environment=grading.environment)
    figures = {
        name: getattr(submission, name) for name in ("share", "points", "max_points", "pending", "band")
    }
    announce(session, "report.ready", submission.id, now, outcome=grading.outcome, **figures)
    tell(session, submission.id)
    return submission.invitation_id


def store_grading(
    session: Session, claim: Claim, evidence: Evidence, environment: str, worker: str, now: datetime
) -> Grading:
    """The grading with this identity: as it was stored before, or else made of `evidence`."""
    if not evidence.environment.image:
        environment = "none"  # nothing had to run to see that it cannot be judged
    identity = {
        "submission_id": claim.submission_id,
        "suite_id": claim.suite.id,
        "environment": environment,
    }
    made = session.execute(
        insert(Grading)
        .values(
            **identity,
            id=new_id(),
            outcome=evidence.outcome.value,
            evidence=stored(evidence),
            started_at=claim.started_at,
            finished_at=now,
            worker=worker[:200],
        )
        .on_conflict_do_nothing(constraint="gradings_submission_id_suite_id_environment_key")
        .returning(Grading.id)
    ).all()
    if made:
        _count_tests(session, claim.suite.id, evidence)
    return session.scalars(select(Grading).filter_by(**identity)).one()


def _count_tests(session: Session, suite_id: uuid.UUID, evidence: Evidence) -> None:
    """Add to how often each hidden test passes."""
    tests = evidence.hidden_tests.tests if evidence.hidden_tests else ()
    rows = {
        test.id: {
            "suite_id": suite_id,
            "test": test.id,
            "passed": int(test.outcome is TestOutcome.PASSED),
            "graded": 1,
        }
        for test in tests
    }
    if not rows:
        return
    statement = insert(PassRate).values([rows[name] for name in sorted(rows)])
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[PassRate.suite_id, PassRate.test],
            set_={
                "passed": PassRate.passed + statement.excluded.passed,
                "graded": PassRate.graded + statement.excluded.graded,
            },
        )
    )


def our_failure(service: Service, claim: Claim, reason: str) -> None:
    """Note that we failed. Never a score: it is tried again, and in the end an operator is told.

    Raises:
        TryAgain: there are tries left.
    """
    wait = 0.0
    with service.sessions.begin() as session:
        submission = session.get(Submission, claim.submission_id, with_for_update=True)
        if submission is None or submission.state != State.GRADING:
            return
        now = service.now()
        submission.tries += 1  # here, not when it is claimed: killing a worker uses up nobody's tries
        left = TRIES - submission.tries
        submission.state = checked(submission.state, State.WAITING if left > 0 else State.FAILED).value
        submission.state_at = now
        submission.progress = {"step": "our failure, tried again" if left > 0 else "our failure"}
        subject = ("submission", submission.id)
        record(
            session,
            SYSTEM,
            "submission.our_failure",
            subject,
            now,
            reason=reason[:2000],
            try_=submission.tries,
        )
        if left <= 0:
            announce(session, "grading.failed", submission.id, now)
        else:
            wait = min(service.settings.retry_seconds * 2 ** (submission.tries - 1), LONGEST_WAIT)
        tell(session, submission.id)
    if wait:
        raise TryAgain(reason, wait)


def tell(session: Session, submission_id: uuid.UUID) -> None:
    """Tell whoever watches the submission that something has changed, once the transaction is committed."""
    session.execute(text("SELECT pg_notify(:channel, :id)"), {"channel": CHANNEL, "id": str(submission_id)})
