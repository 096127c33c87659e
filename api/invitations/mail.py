"""E-mails to candidates. The link is made when the mail is: it exists in the mail and nowhere else."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import procrastinate
import structlog
from sqlalchemy.orm import Session

from api.audit.log import SYSTEM, record
from api.invitations.changing import new_link
from api.invitations.lists import by_id
from api.invitations.tables import Invitation
from api.invitations.windows import window
from api.mail import NoAddress, compose, send
from api.problems import NotFound
from api.queue import OFFICE_QUEUE, defer
from api.service import Service

log = structlog.get_logger()

MAIL_INVITATION: Final = "mail_invitation"
MAIL_REMINDER: Final = "mail_reminder"
"""Jobs; `api.mailroom` says what they do."""


def mail_later(session: Session, queue: procrastinate.App, invitation: Invitation) -> None:
    """Have the link mailed. It replaces the one that `invite` returned."""
    defer(session, queue, MAIL_INVITATION, OFFICE_QUEUE, invitation_id=str(invitation.id))


def mail_invitation(service: Service, invitation_id: uuid.UUID) -> None:
    """Make a link and mail it. Nothing happens where the link is in use already, or the invitation is over.

    Raises:
        MailNotSent: try again; that makes another link, and the one before is worth nothing.
    """
    with service.sessions.begin() as session:
        invitation = _wanted(service, session, invitation_id)
        if invitation is None or invitation.opened_at is not None:
            return
        token = new_link(session, invitation, SYSTEM, service.now())
        subject, body = invitation_text(invitation, f"{service.settings.base_url}/i/{token}")
    _send(service, invitation, subject, body, "invitation.mailed")


def mail_reminder(service: Service, invitation_id: uuid.UUID) -> None:
    """Mail a reminder, without a link: only its hash is known here.

    Raises:
        MailNotSent: try again.
    """
    with service.sessions.begin() as session:
        invitation = _wanted(service, session, invitation_id)
        if invitation is None:
            return
        subject, body = reminder_text(invitation, service.now())
    _send(service, invitation, subject, body, "invitation.reminder_mailed")


def invitation_text(invitation: Invitation, link: str) -> tuple[str, str]:
    """Subject and text of the mail with the link."""
    title = invitation.takehome.title
    body = (
        f"Hello {invitation.candidate.name},\n\n"
        f"you are invited to the take-home “{title}”. This link is yours alone; do not pass it on:\n\n"
        f"{link}\n\n{_terms(invitation)}\n"
        "The page says what is asked and what will be judged. You need no account.\n"
    )
    return f"Your take-home: {title}", body


def reminder_text(invitation: Invitation, now: datetime) -> tuple[str, str]:
    """Subject and text of a reminder."""
    title = invitation.takehome.title
    end = window(invitation, now).deadline
    state = (
        f"Your time ends on {_when(end, invitation.time_zone)}."
        if end is not None
        else "You have not opened it yet; your time starts when you do."
    )
    body = (
        f"Hello {invitation.candidate.name},\n\n"
        f"this is a reminder of the take-home “{title}”. {state}\n\n"
        "Use the link that you were sent before. If you cannot find it, or need more time, tell the person who "
        "invited you: they can send you a new one.\n"
    )
    return f"Reminder: {title}", body


def _terms(invitation: Invitation) -> str:
    lines = []
    if invitation.opens_at is not None:
        lines.append(f"It can be opened from {_when(invitation.opens_at, invitation.time_zone)} on.")
    if invitation.window_minutes is not None:
        minutes = invitation.window_minutes + invitation.extra_minutes
        lines.append(f"From the moment you start you have {_span(minutes)}.")
    if invitation.closes_at is not None:
        lines.append(f"It closes on {_when(invitation.closes_at, invitation.time_zone)}.")
    many = invitation.max_attempts
    lines.append(
        "You can upload once." if many == 1 else f"You can upload up to {many} times; the last counts."
    )
    return "\n".join(lines) + "\n"


def _when(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%A}, {local.day} {local:%B %Y}, {local:%H:%M} ({zone})"


def _span(minutes: int) -> str:
    if minutes % 60 == 0 and minutes >= 120:
        return f"{minutes // 60} hours"
    return f"{minutes} minutes"


def _wanted(service: Service, session: Session, invitation_id: uuid.UUID) -> Invitation | None:
    try:
        invitation = by_id(session, invitation_id, lock=True)
    except NotFound:
        return None
    at = window(invitation, service.now())
    over = invitation.revoked_at is not None or (at.deadline is not None and at.deadline <= service.now())
    return None if over or not invitation.candidate.email else invitation


def _send(service: Service, invitation: Invitation, subject: str, body: str, action: str) -> None:
    smtp, about = service.settings.smtp, ("invitation", invitation.id)
    try:
        message = compose(smtp, invitation.candidate.name, invitation.candidate.email, subject, body)
    except NoAddress as error:
        log.warning("no address", invitation=str(invitation.id))
        with service.sessions.begin() as session:
            record(session, SYSTEM, "invitation.mail_refused", about, service.now(), reason=str(error)[:500])
        return
    send(smtp, message)
    with service.sessions.begin() as session:
        record(session, SYSTEM, action, about, service.now())
