"""Resumable uploads: begun, sent in chunks, looked at, and then received as one submission, once.

Chunks lie in the blob store as `uploads/<id>/<n>`. An upload that was received stays until its chunks are removed
(`drop`, or `expire_uploads` where that did not happen), so that finishing it again finds the submission it made.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.blobs import BlobMissing, Blobs, BlobsUnavailable
from api.database.base import new_id
from api.invitations.tables import Invitation
from api.invitations.windows import counted_from
from api.problems import Busy, Conflict, Invalid, NotFound, TooLarge
from api.service import Service
from api.settings import Bounds
from api.submissions import receiving
from api.submissions.looking import Look, look_at
from api.submissions.receiving import HOUR, LONGEST_NAME, check_attempts, check_open, check_room, made_before
from api.submissions.tables import Submission, Upload
from api.takehomes.shelf import Shelf
from api.takehomes.tables import SuiteVersion
from api.throttle import count, refuse_beyond
from grader.intake.limits import size as words

KEPT: Final = timedelta(hours=24)
"""How long an upload can be resumed; its chunks go after that."""
OPEN_AT_ONCE: Final = 5
"""Of one invitation; the oldest makes room for one more."""


def begin(
    session: Session,
    blobs: Blobs,
    bounds: Bounds,
    invitation: Invitation,
    name: str,
    size: int,
    now: datetime,
    *,
    identity: uuid.UUID | None = None,
) -> Upload:
    """Begin an upload of `size` bytes for an invitation, which the caller has locked.

    `identity` is the id that it gets, where the caller has a reason to choose; one with that id is replaced.

    Raises:
        Gone, Conflict: the invitation takes no upload now, or no attempt is left.
        Invalid: there is nothing in it.
        TooLarge, TooMany, Busy: a limit; the message names it.
    """
    check_open(invitation, now)
    if invitation.opened_at is None:
        raise Conflict("Start the take-home first: open your link and press the button.")
    check_attempts(session, invitation)
    if size < 1:
        raise Invalid("The file is empty. Choose another one.", errors={"size": "at least 1"})
    if size > bounds.upload_bytes:
        raise TooLarge(
            f"The upload is larger than {words(bounds.upload_bytes)}. Leave out data and installed packages."
        )
    scope = f"invitation:{invitation.id}"
    refuse_beyond(session, "upload-begun", scope, bounds.uploads_per_hour, now)
    count(session, "upload-begun", scope, now, HOUR)
    check_room(session, blobs, bounds)
    rows = session.scalars(
        select(Upload).where(Upload.invitation_id == invitation.id).order_by(Upload.created_at.desc())
    ).all()
    for number, old in enumerate(rows):
        if number >= OPEN_AT_ONCE - 1 or old.id == identity:
            drop(session, blobs, old)
    upload = Upload(
        id=identity or new_id(),
        invitation_id=invitation.id,
        file_name=name.replace("\0", "")[-LONGEST_NAME:] or "upload",
        size=size,
        received=0,
        chunks=[],
        created_at=now,
        expires_at=now + KEPT,
    )
    session.add(upload)
    session.flush()
    return upload


def find(session: Session, invitation_id: uuid.UUID, upload_id: uuid.UUID, *, lock: bool = False) -> Upload:
    """An upload of this very invitation.

    Raises:
        NotFound: there is none, or none any more.
    """
    query = select(Upload).where(Upload.id == upload_id, Upload.invitation_id == invitation_id)
    upload = session.scalar(query.with_for_update() if lock else query)
    if upload is None:
        raise NotFound("This upload is not known any more. Upload the file again.")
    return upload


def append(
    session: Session,
    blobs: Blobs,
    bounds: Bounds,
    upload: Upload,
    offset: int,
    data: bytes,
) -> None:
    """Add a chunk to an upload, which the caller has locked. Its bytes are durable when this returns.

    Raises:
        Conflict: `offset` is not where the upload stands, or it was received already.
        Invalid: the chunk is empty, or there is more than was announced.
        TooLarge: the chunk is larger than it may be.
        Busy: the store does not take it.
    """
    if submission_of(session, upload.invitation_id, upload.id) is not None:
        raise Conflict("This upload is finished. Begin another one.")
    if offset != upload.received:
        raise Conflict(f"The upload stands at {upload.received} bytes, not at {offset}. Go on from there.")
    if len(data) > bounds.chunk_bytes:
        raise TooLarge(f"A chunk is at most {words(bounds.chunk_bytes)}.")
    if not data:
        raise Invalid("The chunk is empty.")
    if upload.received + len(data) > upload.size:
        raise Invalid(f"The upload was announced with {upload.size} bytes, and this would be more.")
    try:
        blobs.put(_chunk(upload.id, len(upload.chunks)), data)
    except BlobsUnavailable as error:
        raise Busy(
            "We cannot store uploads at the moment. Try again: it goes on from here.", retry_after=30
        ) from error
    upload.chunks = [*upload.chunks, len(data)]
    upload.received += len(data)
    session.flush()


def look(session: Session, service: Service, shelf: Shelf, invitation: Invitation, upload: Upload) -> Look:
    """What is in an upload that is complete.

    Raises:
        Conflict: it is not.
        Busy: the store does not answer.
    """
    return _look(session, service, shelf, invitation, upload)[0]


def finish(
    session: Session,
    service: Service,
    shelf: Shelf,
    invitation: Invitation,
    upload_id: uuid.UUID,
    now: datetime,
    *,
    anyway: bool = False,
) -> Submission | Look:
    """Make a submission of a complete upload of an invitation, which the caller has locked.

    Finishing it again gives the same submission. A look that is not complete is returned instead, and nothing is
    submitted: unless files are missing only and the candidate wants it so (`anyway`). What cannot be read is dropped.

    Raises:
        NotFound, Conflict, Gone, TooLarge, TooMany, Busy: see `find`, `look` and `receiving.receive`.
    """
    before = submission_of(session, invitation.id, upload_id)
    if before is not None:
        return before
    upload = find(session, invitation.id, upload_id, lock=True)
    check_open(invitation, counted_from(upload.created_at, now))
    check_attempts(session, invitation)
    found, data = _look(session, service, shelf, invitation, upload)
    if found.problem:
        drop(session, service.blobs, upload)
        return found
    if not found.complete and not anyway:
        return found
    submission = receiving.receive(
        session,
        service.blobs,
        service.queue,
        service.settings.bounds,
        invitation,
        receiving.Upload(upload.file_name, data, "page", _key(upload.id)),
        now,
        begun_at=upload.created_at,
    )
    upload.expires_at = now
    return submission


def submission_of(session: Session, invitation_id: uuid.UUID, upload_id: uuid.UUID) -> Submission | None:
    """The submission that an upload has become."""
    return made_before(session, f"invitation:{invitation_id}", _key(upload_id))


def drop(session: Session, blobs: Blobs, upload: Upload) -> None:
    """Remove an upload and its chunks. Repeating it after a rollback does no harm."""
    for number in range(len(upload.chunks) + 1):  # one more: its row may not have been written
        blobs.delete(_chunk(upload.id, number))
    session.delete(upload)
    session.flush()


def drop_received(service: Service, upload_id: uuid.UUID) -> None:
    """Remove the chunks of an upload that was received, in a transaction of its own, after that of `finish`."""
    with service.sessions.begin() as session:
        upload = session.get(Upload, upload_id, with_for_update=True)
        if upload is not None and submission_of(session, upload.invitation_id, upload.id) is not None:
            drop(session, service.blobs, upload)


def expire_uploads(session: Session, blobs: Blobs, now: datetime) -> int:
    """Remove uploads that ran out or were received, with their chunks. Returns how many."""
    expired: Sequence[Upload] = session.scalars(
        select(Upload).where(Upload.expires_at <= now).with_for_update(skip_locked=True)
    ).all()
    for upload in expired:
        drop(session, blobs, upload)
    return len(expired)


def _look(
    session: Session, service: Service, shelf: Shelf, invitation: Invitation, upload: Upload
) -> tuple[Look, bytes]:
    if upload.received != upload.size:
        raise Conflict(f"{upload.received} of {upload.size} bytes have arrived. Send the rest first.")
    suite = session.get_one(SuiteVersion, invitation.takehome.suite_id)
    try:
        data = b"".join(service.blobs.get(_chunk(upload.id, n)) for n in range(len(upload.chunks)))
        takehome = shelf.takehome(suite)
    except BlobMissing as error:
        raise NotFound("Parts of this upload are gone. Upload the file again.") from error
    except BlobsUnavailable as error:
        raise Busy(
            "We cannot read uploads at the moment. Nothing was lost: try again.", retry_after=30
        ) from error
    return look_at(data, upload.file_name, takehome), data


def _key(upload_id: uuid.UUID) -> str:
    return f"upload:{upload_id}"


def _chunk(upload_id: uuid.UUID, number: int) -> str:
    return f"uploads/{upload_id}/{number}"
