"""Retention: personal data goes when the policy says so, one candidate in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from api.audit.log import Actor, record
from api.audit.tables import Entry
from api.invitations.erasing import erase_candidate
from api.invitations.tables import Candidate, Invitation
from api.invitations.windows import deadline
from api.reviews.tables import Decision
from api.service import Service
from api.submissions.content import drop_content
from api.submissions.emptying import empty_submissions
from api.submissions.states import UNDER_WAY, State
from api.submissions.tables import Submission

log = structlog.get_logger()

POLICY: Final = Actor("system", "", "the retention policy")
MOST: Final = 500
"""Candidates, and submissions without one, in one run; the next run goes on."""


def forget_old(service: Service) -> int:
    """Erase every candidate, and empty every submission without one, whose time is over; returns how many.

    A run that is interrupted has done whole candidates; the next one goes on.

    Raises:
        BlobsUnavailable: the store does not answer. What is not done yet stays for the next run.
    """
    days = service.settings.retention.submission_days
    if days == 0:
        return 0
    before = service.now() - timedelta(days=days)
    with service.sessions() as session:
        candidates, orphans = old_candidates(session, before), _old_orphans(session, before)
    for identity in candidates:
        with service.sessions.begin() as session:
            candidate = session.get(Candidate, identity, with_for_update=True)
            # looked at again under the lock: they may have been invited to another take-home a moment ago
            if candidate is not None and identity in old_candidates(session, before, only=identity):
                erase_candidate(session, service.blobs, candidate, POLICY, service.now())
    for identity in orphans:
        with service.sessions.begin() as session:
            _empty_orphan(session, service, identity, before)
    if candidates or orphans:
        log.info(
            "personal data deleted by policy", candidates=len(candidates), submissions=len(orphans), days=days
        )
    return len(candidates) + len(orphans)


def old_candidates(
    session: Session, before: datetime, *, only: uuid.UUID | None = None
) -> Sequence[uuid.UUID]:
    """Candidates about whom nothing has happened since `before`, with nothing under way and no invitation open.

    What counts: invitations, uploads and decisions; the last of all of them.
    """
    theirs = Submission.candidate_id == Candidate.id
    invitations = Invitation.candidate_id == Candidate.id
    decided = select(Decision.id).join(Submission, Submission.id == Decision.submission_id)
    query = (
        select(Candidate.id)
        .where(
            Candidate.anonymised_at.is_(None),
            Candidate.created_at < before,
            ~exists().where(theirs, or_(Submission.received_at >= before, Submission.state.in_(UNDER_WAY))),
            ~exists(decided.where(theirs, Decision.at >= before).correlate(Candidate)),
            ~exists().where(
                invitations,
                or_(
                    Invitation.created_at >= before,
                    Invitation.opened_at >= before,
                    Invitation.closes_at + func.make_interval(0, 0, 0, 0, 0, Invitation.extra_minutes)
                    >= before,
                ),
            ),
        )
        .order_by(Candidate.created_at)
        .limit(MOST)
    )
    if only is not None:
        query = query.where(Candidate.id == only)
    found = session.scalars(query).all()
    return [identity for identity in found if not _still_open(session, identity, before)]


def _still_open(session: Session, candidate: uuid.UUID, before: datetime) -> bool:
    """Whether a window that started long ago was so long, or prolonged so far, that it ended only after `before`."""
    rows = session.scalars(
        select(Invitation).where(Invitation.candidate_id == candidate, Invitation.opened_at.is_not(None))
    )
    ends = [deadline(row) for row in rows if row.revoked_at is None]
    return any(end is not None and end >= before for end in ends)


def _old_orphans(session: Session, before: datetime) -> Sequence[uuid.UUID]:
    """Submissions that programs sent without a candidate: file names, labels and code are personal too."""
    recently = select(Decision.id).where(Decision.submission_id == Submission.id, Decision.at >= before)
    return session.scalars(
        select(Submission.id)
        .where(
            Submission.candidate_id.is_(None),
            Submission.received_at < before,
            Submission.state.not_in({*UNDER_WAY, State.DELETED}),
            ~exists(recently),
        )
        .order_by(Submission.received_at)
        .limit(MOST)
    ).all()


def _empty_orphan(session: Session, service: Service, identity: uuid.UUID, before: datetime) -> None:
    submission = session.get(Submission, identity, with_for_update=True)
    if submission is None or State(submission.state) in {*UNDER_WAY, State.DELETED}:
        return
    if session.scalar(
        select(Decision.id).where(Decision.submission_id == identity, Decision.at >= before).limit(1)
    ):
        return
    empty_submissions(session, [submission], service.now())
    record(session, POLICY, "submission.erased", ("submission", identity), service.now())
    drop_content(session, service.blobs, [submission.blob])


def forget_audit(service: Service) -> int:
    """Delete entries of the audit log that are older than the policy keeps them; returns how many."""
    days = service.settings.retention.audit_days
    if days == 0:
        return 0
    with service.sessions.begin() as session:
        gone = session.execute(
            delete(Entry).where(Entry.at < service.now() - timedelta(days=days)).returning(Entry.id)
        )
        count = len(gone.all())
        if count:
            record(session, POLICY, "audit.shortened", ("audit", ""), service.now(), entries=count, days=days)
    return count
