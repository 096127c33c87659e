"""What is stored about a candidate, as one zip archive that they download."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.blobs import BlobMissing, Blobs
from api.forges.linking import repository_of
from api.invitations.tables import Candidate, Invitation
from api.submissions.feedback import Released, released
from api.submissions.states import State
from api.submissions.tables import Submission

_ENDINGS: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".py")
README: Final = """What is stored about you.

about-you.json   your name and address, your invitations, your uploads, and what you were told about each
uploads/         the bytes of each upload, exactly as they came in

Reviewers' private notes and our tests are not in here.
"""


def write_personal_data(session: Session, blobs: Blobs, candidate: Candidate, file: BinaryIO) -> None:
    """Write the archive into `file`. Nothing is in it that the candidate's pages would not show.

    Raises:
        BlobsUnavailable: the store does not answer.
    """
    invitations = session.scalars(
        select(Invitation)
        .where(Invitation.candidate_id == candidate.id)
        .order_by(Invitation.id)
        .options(joinedload(Invitation.takehome))
    ).all()
    told = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("README.txt", README)
        for number, invitation in enumerate(invitations, 1):
            submissions = submissions_of(session, invitation)
            told.append(_invitation(session, invitation, submissions, number))
            for submission in submissions:
                _add_upload(archive, blobs, submission, number)
        about = {"name": candidate.name, "email": candidate.email, "reference": candidate.reference}
        document = {**about, "known_since": _time(candidate.created_at), "invitations": told}
        archive.writestr("about-you.json", json.dumps(document, indent=2, ensure_ascii=False))


def submissions_of(session: Session, invitation: Invitation) -> Sequence[Submission]:
    """The submissions of an invitation, newest first."""
    return session.scalars(
        select(Submission)
        .where(Submission.invitation_id == invitation.id)
        .order_by(Submission.attempt.desc())
    ).all()


def _invitation(
    session: Session, invitation: Invitation, submissions: Sequence[Submission], number: int
) -> dict[str, Any]:
    linked = repository_of(session, invitation.id)
    return {
        "takehome": invitation.takehome.title,
        "invited_at": _time(invitation.created_at),
        "invited_by": invitation.created_by,
        "opened_at": _time(invitation.opened_at),
        "extra_minutes": invitation.extra_minutes,
        "extra_reason": invitation.extra_reason,
        "time_zone": invitation.time_zone,
        "repository": f"{linked.connection.web_url}/{linked.name}" if linked else None,
        "uploads": [_submission(session, invitation, one, number) for one in submissions],
    }


def _submission(
    session: Session, invitation: Invitation, submission: Submission, number: int
) -> dict[str, Any]:
    told = released(session, submission, invitation)
    return {
        "attempt": submission.attempt,
        "file_name": submission.file_name,
        "stored_as": _stored_as(submission, number),
        "sha256": submission.blob,
        "bytes": submission.size,
        "received_at": _time(submission.received_at),
        "state": submission.state,
        "feedback": _feedback(told) if told else None,
    }


def _feedback(told: Released) -> dict[str, Any]:
    """What was released, without the fields that are empty; the report whole, as its schema has it."""
    document = told.model_dump(mode="json", exclude={"report"}, exclude_defaults=True)
    if told.report is not None:
        document["report"] = told.report.model_dump(mode="json")
    return document


def _add_upload(archive: zipfile.ZipFile, blobs: Blobs, submission: Submission, number: int) -> None:
    if submission.state == State.DELETED:
        return
    name = _stored_as(submission, number)
    try:
        archive.writestr(name, blobs.get(submission.blob))
    except BlobMissing:
        archive.writestr(f"{name}.missing.txt", "These bytes are not stored any more.\n")


def _stored_as(submission: Submission, number: int) -> str:
    """A name of ours: the candidate's own could be anything."""
    given = PurePosixPath(submission.file_name.lower()).name
    ending = max((one for one in _ENDINGS if given.endswith(one)), key=len, default=".bin")
    return f"uploads/invitation-{number}-attempt-{submission.attempt}{ending}"


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None
