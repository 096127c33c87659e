"""E-mails about webhooks: administrators hear of an endpoint that was given up."""

from __future__ import annotations

import uuid
from typing import Final

import procrastinate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.accounts.mail import mailed
from api.accounts.tables import Role, User
from api.hooks.tables import HookEndpoint
from api.queue import OFFICE_QUEUE, defer
from api.service import Service

MAIL_DISABLED: Final = "mail_hook_disabled"
"""Job; `api.mailroom` says what it does."""


def mail_later(session: Session, queue: procrastinate.App, endpoint: HookEndpoint) -> None:
    """Have every administrator told that the endpoint was disabled: a job each, so that one address delays no other."""
    for admin in session.scalars(
        select(User.id).where(User.role == Role.ADMIN.value, User.disabled_at.is_(None)).order_by(User.id)
    ):
        defer(
            session,
            queue,
            MAIL_DISABLED,
            OFFICE_QUEUE,
            endpoint_id=str(endpoint.id),
            user_id=str(admin),
        )


def mail_disabled(service: Service, endpoint_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Mail one administrator. Nothing happens where the endpoint works again or is gone, or they are.

    Raises:
        MailNotSent: try again.
    """
    with service.sessions() as session:
        endpoint, user = session.get(HookEndpoint, endpoint_id), session.get(User, user_id)
    if endpoint is None or endpoint.disabled_at is None or user is None or user.disabled_at is not None:
        return
    body = (
        f"Hello {user.name},\n\n"
        f"nothing is sent to this webhook endpoint any more: {endpoint.url}\n\n"
        f"{endpoint.disabled_why}\n\n"
        "When it answers again, enable it, and send again what it has missed:\n\n"
        f"{service.settings.base_url}/webhooks/{endpoint.id}\n"
    )
    mailed(service, user, "A webhook endpoint was disabled", body)
