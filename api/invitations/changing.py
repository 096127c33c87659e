"""Changing an invitation that was made: another link, more time, an end. The caller has locked it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from api.audit.log import Actor, announce, record
from api.invitations.tables import Invitation
from api.problems import Conflict, Invalid
from api.tokens import INVITATION, hash_of, make_token

MOST_EXTRA: Final = 60 * 24 * 90


def new_link(session: Session, invitation: Invitation, by: Actor, now: datetime) -> str:
    """Make another link and return its token. The one before stops working at once.

    Raises:
        Conflict: the invitation is revoked.
    """
    if invitation.revoked_at is not None:
        raise Conflict("This invitation is revoked: make a new one instead.")
    token = make_token(INVITATION)
    invitation.token_hash = hash_of(token)
    record(session, by, "invitation.link_made", ("invitation", invitation.id), now)
    return token


def revoke(session: Session, invitation: Invitation, by: Actor, now: datetime) -> None:
    """End it. What was uploaded stays."""
    if invitation.revoked_at is None:
        invitation.revoked_at = now
        record(session, by, "invitation.revoked", ("invitation", invitation.id), now)
        announce(session, "invitation.revoked", invitation.id, now)


def extend(
    session: Session, invitation: Invitation, minutes: int, reason: str, by: Actor, now: datetime
) -> None:
    """Add `minutes` to its end: an extension, or an accommodation. Also after it is over.

    Raises:
        Invalid: no minutes, no reason, or more than 90 days in all.
        Conflict: it is revoked.
    """
    if invitation.revoked_at is not None:
        raise Conflict("This invitation is revoked: make a new one instead.")
    errors = {}
    if minutes < 1 or invitation.extra_minutes + minutes > MOST_EXTRA:
        errors["minutes"] = "1 minute or more, and not more than 90 days in all"
    if not reason.strip() or len(reason) > 2000:
        errors["reason"] = "say why, in up to 2000 characters; candidates do not see it"
    if errors:
        raise Invalid("The extra time is not right.", errors=errors)
    invitation.extra_minutes += minutes
    invitation.extra_reason = reason.strip()
    subject = ("invitation", invitation.id)
    record(session, by, "invitation.extended", subject, now, minutes=minutes, reason=reason.strip())
    announce(session, "invitation.extended", invitation.id, now, minutes=minutes)
