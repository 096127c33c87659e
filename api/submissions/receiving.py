"""Taking an upload over: bytes stored, submission and job in one transaction. After the commit nothing can lose it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import procrastinate
from sqlalchemy import String, column, func, literal_column, select, table, text
from sqlalchemy.orm import Session

from api.audit.log import Actor, announce, record
from api.blobs import Blobs, BlobsUnavailable, put_content
from api.database.base import new_id
from api.invitations.tables import Invitation
from api.invitations.windows import Phase, counted_from, window
from api.problems import Busy, Conflict, Gone, TooLarge
from api.queue import defer_grading, waiting_jobs
from api.settings import Bounds
from api.submissions.content import keep_content
from api.submissions.states import UNDER_WAY, State, WrongMove, checked
from api.submissions.tables import Submission
from api.takehomes.tables import Takehome
from api.throttle import count, refuse_beyond
from grader.intake.limits import size as words

HOUR: Final = timedelta(hours=1)
LONGEST_NAME: Final = 255


@dataclass(frozen=True)
class Upload:
    """What came in."""

    file_name: str
    data: bytes
    source: str
    """page, api, ci or webhook"""
    idempotency_key: str | None = None
    label: str = ""


def receive(
    session: Session,
    blobs: Blobs,
    queue: procrastinate.App,
    bounds: Bounds,
    invitation: Invitation,
    upload: Upload,
    now: datetime,
    *,
    begun_at: datetime | None = None,
    told_at: datetime | None = None,
) -> Submission:
    """Accept an upload for an invitation, which the caller has locked (`by_token(…, lock=True)`).

    The same idempotency key again is the submission that it made before. `begun_at` is when its first byte came,
    by which the window decides (see `counted_from`). `told_at` is when we were told of bytes that we had to fetch
    ourselves: it decides however long that took.

    Raises:
        Gone: the window is over or the invitation was revoked.
        Conflict: it has not begun, or no attempt is left.
        TooLarge, TooMany, Busy: a limit; the message names it.
    """
    before = made_before(session, f"invitation:{invitation.id}", upload.idempotency_key)
    if before is not None:
        return before
    check_open(invitation, told_at or counted_from(begun_at or now, now))
    used = check_attempts(session, invitation)
    candidate = invitation.candidate
    submission = _accept(
        session,
        blobs,
        queue,
        bounds,
        invitation.takehome,
        upload,
        now,
        scope=f"invitation:{invitation.id}",
        lane=str(candidate.id),
        actor=Actor("candidate", str(candidate.id), candidate.name),
        attempt=used + 1,
        level=invitation.level,
        invitation=invitation,
    )
    if invitation.opened_at is None:
        invitation.opened_at = told_at or now
    return submission


def receive_for_token(
    session: Session,
    blobs: Blobs,
    queue: procrastinate.App,
    bounds: Bounds,
    takehome: Takehome,
    upload: Upload,
    actor: Actor,
    now: datetime,
    *,
    level: str | None = None,
) -> Submission:
    """Accept an upload that a program sends, without an invitation.

    Raises:
        Conflict: the take-home has no version that passed its check, or the key was used for something else.
        TooLarge, TooMany, Busy: as above.
    """
    before = made_before(session, f"token:{actor.id}", upload.idempotency_key)
    if before is not None:
        if before.takehome_id != takehome.id or before.blob != hashlib.sha256(upload.data).hexdigest():
            raise Conflict(
                "This Idempotency-Key was used for another upload. Make a new key for each upload."
            )
        return before
    return _accept(
        session,
        blobs,
        queue,
        bounds,
        takehome,
        upload,
        now,
        scope=f"token:{actor.id}",
        lane=upload.label or f"token:{actor.id}",
        actor=actor,
        attempt=1,
        level=level,
        invitation=None,
    )


def receive_from_ci(
    session: Session,
    blobs: Blobs,
    queue: procrastinate.App,
    bounds: Bounds,
    takehome: Takehome,
    invitation: Invitation | None,
    upload: Upload,
    actor: Actor,
    now: datetime,
    *,
    identity: uuid.UUID,
    asked_at: datetime,
    level: str | None = None,
) -> Submission:
    """Accept what a pipeline sends, for an invitation (which the caller has locked) or without one.

    `identity` is the id of the pipeline's request, and becomes that of the submission. `asked_at` is when the request
    came: it decides whether the invitation was open, however long it took us to fetch what it names. The caller has
    looked for the same request before, and counts requests.

    Raises:
        Gone, Conflict, TooLarge, Busy: as `receive`.
    """
    attempt = 1
    if invitation is not None:
        check_open(invitation, asked_at)
        attempt = check_attempts(session, invitation) + 1
        if invitation.opened_at is None:
            invitation.opened_at = asked_at
    return _accept(
        session,
        blobs,
        queue,
        bounds,
        takehome,
        upload,
        now,
        scope=None,
        lane=str(invitation.candidate_id) if invitation else upload.label or f"{actor.kind}:{actor.id}",
        actor=actor,
        attempt=attempt,
        level=invitation.level if invitation else level,
        invitation=invitation,
        identity=identity,
    )


def check_room(session: Session, blobs: Blobs, bounds: Bounds) -> None:
    """Make sure that there is room for one more submission.

    Raises:
        Busy: the queue is full or the disk nearly is.
    """
    if waiting_jobs(session) >= bounds.queue_jobs:
        raise Busy(
            f"{bounds.queue_jobs} submissions are waiting, which is all that we take. Try again in a few minutes; "
            "your time is not running out because of us: tell us if it does.",
            retry_after=120,
        )
    free = blobs.free_bytes()
    if free is not None and free < bounds.free_disk_bytes:
        raise Busy("We are out of disk space. Our operators have to act; try again later.", retry_after=600)


def made_before(session: Session, scope: str, key: str | None) -> Submission | None:
    """The submission that the key made. Of two requests with the same key the second waits here for the first."""
    if key is None:
        return None
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
    session.execute(lock, {"key": f"{scope}:{key}"})
    return session.scalar(
        select(Submission).where(Submission.idempotency_scope == scope, Submission.idempotency_key == key)
    )


def check_attempts(session: Session, invitation: Invitation) -> int:
    """How many attempts were used.

    Raises:
        Conflict: all of them.
    """
    used = (
        session.scalar(select(func.max(Submission.attempt)).where(Submission.invitation_id == invitation.id))
        or 0
    )
    if used >= invitation.max_attempts:
        raise Conflict(f"All {invitation.max_attempts} attempts are used. The last one counts.")
    return used


def check_open(invitation: Invitation, now: datetime) -> None:
    """Make sure that the invitation takes uploads at `now`.

    Raises:
        Gone: the window is over or the invitation was revoked.
        Conflict: it has not begun.
    """
    at = window(invitation, now)
    if at.phase is Phase.REVOKED:
        raise Gone("This invitation was withdrawn. Ask the person who invited you.")
    if at.phase is Phase.OVER:
        raise Gone("The time for this take-home is over. Ask the person who invited you for an extension.")
    if at.phase is Phase.EARLY:
        raise Conflict("This take-home has not begun.")


def _accept(
    session: Session,
    blobs: Blobs,
    queue: procrastinate.App,
    bounds: Bounds,
    takehome: Takehome,
    upload: Upload,
    now: datetime,
    *,
    scope: str | None,
    lane: str,
    actor: Actor,
    attempt: int,
    level: str | None,
    invitation: Invitation | None,
    identity: uuid.UUID | None = None,
) -> Submission:
    """Take it over. Without `scope` the caller has counted the upload and answers for repeated ones."""
    if takehome.suite_id is None:
        raise Conflict(f"{takehome.title} has no version that passed its check.")
    _check_limits(session, bounds, upload, scope, now)
    check_room(session, blobs, bounds)
    blob = _stored(session, blobs, upload.data)
    if scope is not None:
        count(session, "upload", scope, now, HOUR)
    submission = Submission(
        id=identity or new_id(),
        takehome_id=takehome.id,
        suite_id=takehome.suite_id,
        candidate_id=invitation.candidate_id if invitation else None,
        invitation_id=invitation.id if invitation else None,
        level=level,
        attempt=attempt,
        source=upload.source,
        label=upload.label[:200],
        file_name=upload.file_name.replace("\0", "")[-LONGEST_NAME:],
        blob=blob,
        size=len(upload.data),
        received_at=now,
        idempotency_scope=scope if upload.idempotency_key else None,
        idempotency_key=upload.idempotency_key,
        state=State.QUEUED.value,
        state_at=now,
        progress={},
    )
    session.add(submission)
    session.flush()
    submission.job_id = defer_grading(session, queue, submission.id, takehome.suite_id, candidate=lane)
    subject = ("submission", submission.id)
    record(session, actor, "submission.received", subject, now, digest=blob, bytes=len(upload.data))
    announce(session, "submission.received", submission.id, now, takehome=takehome.name, attempt=attempt)
    return submission


def _check_limits(session: Session, bounds: Bounds, upload: Upload, scope: str | None, now: datetime) -> None:
    if len(upload.data) > bounds.upload_bytes:
        raise TooLarge(
            f"The upload is larger than {words(bounds.upload_bytes)}. Leave out data and installed packages."
        )
    if scope is not None:
        refuse_beyond(session, "upload", scope, bounds.uploads_per_hour, now)


def _stored(session: Session, blobs: Blobs, data: bytes) -> str:
    """The digest of bytes that are durable now, and that nobody removes before the transaction ends."""
    try:
        keep_content(session, hashlib.sha256(data).hexdigest())
        return put_content(blobs, data)
    except BlobsUnavailable as error:
        raise Busy(
            "We cannot store uploads at the moment. Nothing was lost: try again.", retry_after=30
        ) from error


def lane_of(submission: Submission) -> str:
    """Whose turn a grading takes: one of each lane is graded at a time."""
    if submission.candidate_id is not None:
        return str(submission.candidate_id)
    return submission.label or submission.idempotency_scope or str(submission.id)


def grade_again(
    session: Session,
    queue: procrastinate.App,
    submission: Submission,
    suite_id: uuid.UUID,
    by: Actor,
    now: datetime,
) -> None:
    """Queue a submission that is done for another grading, with the suite version `suite_id`.

    Raises:
        Conflict: it is under way, or its data is gone.
    """
    if State(submission.state) in UNDER_WAY:
        raise Conflict(f"The submission is {submission.state}: it is being graded already.")
    try:
        submission.state = checked(submission.state, State.QUEUED).value
    except WrongMove as wrong:
        raise Conflict(f"The submission is {wrong.old}: it cannot be graded again now.") from wrong
    submission.state_at = now
    submission.tries = submission.interrupted = 0
    submission.suite_id = suite_id
    submission.job_id = defer_grading(
        session, queue, submission.id, suite_id, candidate=lane_of(submission), again=True
    )
    record(session, by, "submission.queued_again", ("submission", submission.id), now, suite=str(suite_id))


def queue_forgotten(session: Session, queue: procrastinate.App, before: datetime) -> int:
    """Queue again what is under way, has not moved since `before`, and has no job; returns how many.

    There should be none. A job that ended without its submission is a defect or a hand in the database, and must not
    mean that a candidate waits for ever.
    """
    forgotten = session.scalars(
        select(Submission)
        .where(
            Submission.state.in_([state.value for state in UNDER_WAY]),
            Submission.state_at < before,
            ~select(literal_column("1"))
            .select_from(table("procrastinate_jobs", column("id"), column("status")))
            .where(column("id") == Submission.job_id, column("status").cast(String).in_(["todo", "doing"]))
            .exists(),
        )
        .with_for_update(skip_locked=True)
    ).all()
    for submission in forgotten:
        submission.job_id = defer_grading(
            session, queue, submission.id, submission.suite_id, candidate=lane_of(submission)
        )
    return len(forgotten)
