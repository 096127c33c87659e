"""Invitations after they were made: found, prolonged, revoked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.audit.log import Actor, announce, record
from api.invitations.tables import Invitation
from api.problems import Conflict, Invalid, NotFound
from api.takehomes.tables import Takehome

MOST_EXTRA_MINUTES: Final = 60 * 24 * 90
"""All extensions of one invitation together."""


def invitation_by_id(session: Session, identity: uuid.UUID, *, lock: bool = False) -> Invitation:
    """The invitation, with its take-home and candidate.

    Raises:
        NotFound: there is none.
    """
    query = (
        select(Invitation)
        .where(Invitation.id == identity)
        .options(joinedload(Invitation.takehome), joinedload(Invitation.candidate))
    )
    invitation = session.scalar(query.with_for_update(of=Invitation) if lock else query)
    if invitation is None:
        raise NotFound("There is no such invitation.")
    return invitation


def page_of_invitations(
    session: Session, takehome: str | None, before: uuid.UUID | None, limit: int
) -> tuple[Sequence[Invitation], bool]:
    """The newest `limit` invitations that were made before the one with the id `before`; and whether more follow."""
    query = select(Invitation).options(joinedload(Invitation.takehome), joinedload(Invitation.candidate))
    if takehome is not None:
        query = query.join(Takehome, Takehome.id == Invitation.takehome_id).where(Takehome.name == takehome)
    if before is not None:
        query = query.where(Invitation.id < before)
    rows = session.scalars(query.order_by(Invitation.id.desc()).limit(limit + 1)).all()
    return rows[:limit], len(rows) > limit


def revoke(session: Session, invitation: Invitation, by: Actor, now: datetime) -> None:
    """Close the link for good. What was uploaded stays. Twice is once."""
    if invitation.revoked_at is None:
        invitation.revoked_at = now
        record(session, by, "invitation.revoked", ("invitation", invitation.id), now)
        announce(session, "invitation.revoked", invitation.id, now)


def extend(
    session: Session, invitation: Invitation, minutes: int, reason: str, by: Actor, now: datetime
) -> None:
    """Give the candidate `minutes` more, on top of what they were given before.

    Raises:
        Conflict: the invitation was revoked.
        Invalid: no or too much time, or no reason.
    """
    if invitation.revoked_at is not None:
        raise Conflict("The invitation was revoked. Make a new one instead.")
    errors = {}
    if minutes < 1 or invitation.extra_minutes + minutes > MOST_EXTRA_MINUTES:
        errors["minutes"] = f"1 minute to {MOST_EXTRA_MINUTES:,} minutes in all"
    if not reason.strip():
        errors["reason"] = "say why"
    if errors:
        raise Invalid("The extension is not right.", errors=errors)
    invitation.extra_minutes += minutes
    invitation.extra_reason = f"{invitation.extra_reason}\n{reason.strip()}".strip()
    subject = ("invitation", invitation.id)
    record(session, by, "invitation.extended", subject, now, minutes=minutes, reason=reason.strip())
    announce(session, "invitation.extended", invitation.id, now, minutes=minutes)
