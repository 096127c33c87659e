"""Users that an identity provider vouches for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.accounts.people import actor_of
from api.accounts.tables import Role, User
from api.audit.log import record
from api.database.base import new_id
from api.problems import Forbidden

LONGEST_SUBJECT: Final = 300


@dataclass(frozen=True)
class Identity:
    """Whom the provider has signed in. Everything but issuer and subject may change."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


def user_of_identity(
    session: Session, identity: Identity, default_role: str, now: datetime, request_id: str = ""
) -> User:
    """The user of an identity: known, linked by a verified e-mail, or, with a default role, added.

    Raises:
        Forbidden: none of these; the message says why.
    """
    subject = f"{identity.issuer} {identity.subject}"
    if not identity.subject or len(subject) > LONGEST_SUBJECT:
        raise Forbidden(
            "The identity provider names you in a way that cannot be stored. Ask an administrator."
        )
    user = session.scalar(select(User).where(User.oidc_subject == subject))
    if user is None:
        user = _by_mail(session, identity, subject, default_role, now, request_id)
    if user.disabled_at is not None:
        raise Forbidden("This account is disabled. Ask an administrator.")
    return user


def _by_mail(
    session: Session, identity: Identity, subject: str, default_role: str, now: datetime, request_id: str
) -> User:
    address = identity.email.strip().lower()
    if not identity.email_verified or not address:
        raise Forbidden(
            "The identity provider does not say that your e-mail address is verified, so it cannot be used to find "
            "your account. Ask an administrator."
        )
    user = session.scalar(select(User).where(User.email == address).with_for_update())
    if user is None:
        return _added(session, identity, address, subject, default_role, now, request_id)
    if user.oidc_subject is not None:
        raise Forbidden("Your e-mail address belongs to another identity here. Ask an administrator.")
    if user.disabled_at is None:
        user.oidc_subject = subject
        record(session, actor_of(user, request_id), "user.linked", ("user", user.id), now)
    return user


def _added(
    session: Session,
    identity: Identity,
    address: str,
    subject: str,
    default_role: str,
    now: datetime,
    request_id: str,
) -> User:
    if not default_role:
        raise Forbidden(f"There is no account for {address}. Ask an administrator to add you.")
    name = identity.name.strip()[:200] or address[:200]
    user = User(
        id=new_id(),
        email=address[:320],
        name=name,
        role=Role(default_role).value,
        oidc_subject=subject,
        created_at=now,
    )
    session.add(user)
    session.flush()
    actor = actor_of(user, request_id)
    record(session, actor, "user.added", ("user", user.id), now, role=default_role, by_identity=True)
    return user
