"""Reminders: who has not opened their link, or has little time left and has uploaded nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import procrastinate
from sqlalchemy import Interval, func, literal_column, or_, select
from sqlalchemy.orm import Session

from api.audit.log import SYSTEM, Actor, announce, record
from api.invitations.lists import in_phase
from api.invitations.mail import MAIL_REMINDER
from api.invitations.tables import Invitation
from api.invitations.windows import Phase, deadline
from api.queue import OFFICE_QUEUE, defer
from api.submissions.tables import Submission

UNOPENED: Final = timedelta(days=1)
ENDING: Final = timedelta(hours=6)
AT_ONCE: Final = 200
"""Reminders of one round; the rest comes in the next."""


def remind(session: Session, queue: procrastinate.App, now: datetime, *, mail: bool) -> int:
    """Remind everybody who needs it and was not reminded before. Returns how many.

    Each is an event `invitation.reminder`, and, where `mail`, a job that is tried until the server takes it.
    """
    minute = literal_column("interval '1 minute'", Interval)
    ends = func.least(Invitation.closes_at, Invitation.opened_at + Invitation.window_minutes * minute)
    unopened = in_phase(Phase.READY, now) & (
        func.greatest(Invitation.created_at, Invitation.opens_at) <= now - UNOPENED
    )
    ending = or_(in_phase(Phase.OPEN, now), in_phase(Phase.READY, now)) & (
        ends + Invitation.extra_minutes * minute <= now + ENDING
    )
    uploaded = select(Submission.id).where(Submission.invitation_id == Invitation.id).exists()
    due = session.scalars(
        select(Invitation)
        .where(Invitation.reminded_at.is_(None), or_(unopened, ending), ~uploaded)
        .order_by(Invitation.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for invitation in due:
        remind_one(session, queue, invitation, SYSTEM, now, mail=mail)
    return len(due)


def remind_one(
    session: Session,
    queue: procrastinate.App,
    invitation: Invitation,
    by: Actor,
    now: datetime,
    *,
    mail: bool,
) -> None:
    """Remind one candidate now."""
    invitation.reminded_at = now
    end = deadline(invitation)
    why = "unopened" if invitation.opened_at is None else "ending"
    ends = end.isoformat() if end is not None else None
    record(session, by, "invitation.reminded", ("invitation", invitation.id), now, why=why)
    announce(session, "invitation.reminder", invitation.id, now, why=why, ends_at=ends)
    if mail:
        defer(session, queue, MAIL_REMINDER, OFFICE_QUEUE, invitation_id=str(invitation.id))
