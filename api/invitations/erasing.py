"""Erasing a candidate: what identifies them and what they sent goes, scores stay without a name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from api.ats.tables import AtsTest
from api.audit.log import Actor, announce, record
from api.audit.tables import Entry
from api.blobs import Blobs
from api.ci.tables import CiRequest
from api.forges.linking import forget_repositories
from api.invitations.tables import Candidate, Invitation
from api.submissions.content import drop_content
from api.submissions.emptying import empty_submissions
from api.submissions.tables import Submission, Upload
from api.submissions.uploads import drop


def erase_candidate(session: Session, blobs: Blobs, candidate: Candidate, by: Actor, now: datetime) -> None:
    """Delete what `candidate` sent and what identifies them. Gradings under way end without a result.

    Kept: points per criterion, bands and decisions, with which nobody can be found. Gone: name, e-mail, reference,
    uploads, evidence (it quotes the code), names of repositories, comments and what reviewers wrote. Their links stop
    working. Doing it again does no harm. Commit right after it: bytes that were removed do not come back with a
    rollback.

    Raises:
        BlobsUnavailable: the store does not answer; roll back and try again later.
    """
    session.refresh(candidate, with_for_update=True)
    invitations = session.scalars(
        select(Invitation)
        .where(Invitation.candidate_id == candidate.id)
        .order_by(Invitation.id)
        .with_for_update()
    ).all()
    submissions = session.scalars(
        select(Submission)
        .where(Submission.candidate_id == candidate.id)
        .order_by(Submission.id)
        .with_for_update()
    ).all()
    empty_submissions(session, submissions, now)
    uploads = (
        select(Upload).where(Upload.invitation_id.in_([one.id for one in invitations])).with_for_update()
    )
    for upload in session.scalars(uploads).all():
        drop(session, blobs, upload)
    # and what pipelines asked for is not fetched any more, and no other system is told of a result
    for table in (CiRequest, AtsTest):
        session.execute(delete(table).where(table.invitation_id.in_([one.id for one in invitations])))
    forget_repositories(session, [one.id for one in invitations])
    for invitation in invitations:
        invitation.revoked_at = invitation.revoked_at or now
        invitation.extra_reason = ""
    if candidate.anonymised_at is None:
        candidate.anonymised_at = now
        record(
            session, by, "candidate.erased", ("candidate", candidate.id), now, submissions=len(submissions)
        )
        announce(session, "candidate.erased", candidate.id, now)
    candidate.name = candidate.email = candidate.reference = ""
    session.flush()
    session.execute(
        update(Entry)
        .where(Entry.actor_kind == "candidate", Entry.actor_id == str(candidate.id))
        .values(actor_name="")
    )
    drop_content(session, blobs, [submission.blob for submission in submissions])
