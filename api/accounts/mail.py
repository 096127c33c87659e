"""E-mails to reviewers: the one-time link is made when the mail is, and exists nowhere else."""

from __future__ import annotations

import uuid
from typing import Final

import procrastinate
from sqlalchemy.orm import Session

from api.accounts.people import ENTRY_TIME, entry_link
from api.accounts.tables import User
from api.audit.log import SYSTEM, record
from api.mail import NoAddress, compose, send
from api.queue import OFFICE_QUEUE, defer
from api.service import Service

MAIL_ENTRY: Final = "mail_entry"
"""Job; `api.mailroom` says what it does."""


def mail_later(session: Session, queue: procrastinate.App, user: User) -> None:
    """Have a one-time link mailed. Links that were made before stop working then."""
    defer(session, queue, MAIL_ENTRY, OFFICE_QUEUE, user_id=str(user.id))


def mail_entry(service: Service, user_id: uuid.UUID) -> None:
    """Make a one-time link and mail it. Nothing happens where the user is gone or disabled.

    Raises:
        MailNotSent: try again; that makes another link.
    """
    settings, now = service.settings, service.now()
    with service.sessions.begin() as session:
        user = session.get(User, user_id)
        if user is None or user.disabled_at is not None:
            return
        token = entry_link(session, user, now)
    body = (
        f"Hello {user.name},\n\n"
        f"set your password for the take-home grader with this link. It works once, for {ENTRY_TIME.days} days:\n\n"
        f"{settings.base_url}/enter/{token}\n"
    )
    if mailed(service, user, "Your account at the take-home grader", body):
        with service.sessions.begin() as session:
            record(session, SYSTEM, "user.mailed", ("user", user.id), service.now())


def mailed(service: Service, user: User, subject: str, body: str) -> bool:
    """Mail a user. False where their address is none that mail can go to, which the audit log then says.

    Raises:
        MailNotSent: try again.
    """
    smtp = service.settings.smtp
    try:
        message = compose(smtp, user.name, user.email, subject, body)
    except NoAddress as error:
        with service.sessions.begin() as session:
            reason = str(error)[:500]
            record(session, SYSTEM, "user.mail_refused", ("user", user.id), service.now(), reason=reason)
        return False
    send(smtp, message)
    return True
