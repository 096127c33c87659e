"""Users, their passwords, sessions and one-time links. Every function works within the caller's transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.accounts.tables import EntryLink, Role, User, UserSession
from api.audit.log import SYSTEM, Actor, record
from api.database.base import new_id
from api.problems import Conflict, Gone, Invalid, NotSignedIn
from api.throttle import count, forget, refuse_beyond
from api.tokens import ENTRY, SESSION, hash_of, make_token

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 1024
ENTRY_TIME: Final = timedelta(days=3)
QUARTER: Final = timedelta(minutes=15)

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_hashing = BoundedSemaphore(2)
"""One hash takes 64 MiB: a flood of sign-ins must not take all memory."""


@dataclass(frozen=True)
class SignedIn:
    """A user with a session."""

    user: User
    token: str


def actor_of(user: User, request_id: str = "") -> Actor:
    """The user as the audit log names them."""
    return Actor("user", str(user.id), user.name, request_id)


def add_user(
    session: Session, email: str, name: str, role: Role, now: datetime, by: Actor = SYSTEM
) -> tuple[User, str]:
    """Add a user; returns them and the token of the link with which they set their password.

    Raises:
        Invalid: e-mail or name cannot be.
        Conflict: there is a user with this e-mail.
    """
    address = email.strip().lower()
    if "@" not in address[1:-1] or len(address) > 320 or any(character.isspace() for character in address):
        raise Invalid("This is no e-mail address.", errors={"email": "must look like name@example.com"})
    if not name.strip() or len(name) > 200:
        raise Invalid("The name is missing or too long.", errors={"name": "1 to 200 characters"})
    if session.scalar(select(User.id).where(User.email == address)) is not None:
        raise Conflict(f"There is a user with the address {address} already.")
    user = User(id=new_id(), email=address, name=name.strip(), role=role.value, created_at=now)
    session.add(user)
    session.flush()
    record(session, by, "user.added", ("user", user.id), now, role=role.value)
    return user, entry_link(session, user, now)


def entry_link(session: Session, user: User, now: datetime) -> str:
    """Make a one-time link with which the user sets a password; earlier ones stop working."""
    session.execute(
        update(EntryLink).where(EntryLink.user_id == user.id, EntryLink.used_at.is_(None)).values(used_at=now)
    )
    token = make_token(ENTRY)
    session.add(
        EntryLink(token_hash=hash_of(token), user_id=user.id, created_at=now, expires_at=now + ENTRY_TIME)
    )
    return token


def entering(session: Session, token: str, now: datetime, *, lock: bool = False) -> tuple[EntryLink, User]:
    """The open one-time link and its user.

    Raises:
        Gone: it does not exist, was used or ran out.
    """
    query = select(EntryLink).where(EntryLink.token_hash == hash_of(token))
    link = session.scalar(query.with_for_update() if lock else query)
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise Gone("This link was used already or has run out. Ask an administrator for a new one.")
    user = session.get_one(User, link.user_id)
    if user.disabled_at is not None:
        raise Gone("This account is disabled. Ask an administrator.")
    return link, user


def set_password(session: Session, token: str, password: str, now: datetime, request_id: str = "") -> User:
    """Use a one-time link: set the password, and end every session of the user.

    Raises:
        Gone: the link is not open.
        Invalid: the password is too short or too long.
    """
    link, user = entering(session, token, now, lock=True)
    user.password_hash = _hashed(password)
    link.used_at = now
    sign_out_everywhere(session, user.id)
    record(session, actor_of(user, request_id), "user.password_set", ("user", user.id), now)
    return user


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(
            f"A password has at least {SHORTEST_PASSWORD} characters.",
            errors={"password": f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"},
        )
    with _hashing:
        return _hasher.hash(password)


def change_password(
    session: Session, user: User, old: str, password: str, now: datetime, *, most: int, by: Actor
) -> None:
    """Replace the password of a user who knows the old one. Failures count as those of signing in.

    A wrong old password is a `NotSignedIn` that the caller catches and commits: it must be remembered.

    Raises:
        TooMany: too many failures.
        NotSignedIn: the old password is not right.
        Invalid: the new one is too short or too long.
    """
    refuse_beyond(session, "sign-in", user.email, most, now)
    if not _verified(user.password_hash or _nobody(), old) or not user.password_hash:
        count(session, "sign-in", user.email, now, QUARTER)
        raise NotSignedIn("The old password is not right.")
    user.password_hash = _hashed(password)
    forget(session, "sign-in", user.email)
    record(session, by, "user.password_changed", ("user", user.id), now)


def sign_in(
    session: Session, email: str, password: str, address: str, now: datetime, *, most: int
) -> User | None:
    """The user whose password this is, or None. Failures are counted for the account and for the address.

    The caller commits in both cases: failures must be remembered.

    Raises:
        TooMany: too many failures.
    """
    account = email.strip().lower()
    refuse_beyond(session, "sign-in", account, most, now)
    refuse_beyond(session, "sign-in-from", address, most * 5, now)
    user = session.scalar(select(User).where(User.email == account, User.disabled_at.is_(None)))
    nobody = _nobody()
    stored = user.password_hash if user is not None and user.password_hash else nobody
    if _verified(stored, password) and user is not None and stored is not nobody:
        forget(session, "sign-in", account)
        if _hasher.check_needs_rehash(stored):
            with _hashing:
                user.password_hash = _hasher.hash(password)
        return user
    count(session, "sign-in", account, now, QUARTER)
    count(session, "sign-in-from", address, now, QUARTER)
    return None


@cache
def _nobody() -> str:
    """A hash to verify against where there is no user, so that both take as long. Made at the first sign-in of all."""
    with _hashing:
        return _hasher.hash("no user has this password")


def _verified(stored: str, password: str) -> bool:
    try:
        with _hashing:
            return _hasher.verify(stored, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def open_session(session: Session, user: User, now: datetime, lasts: timedelta) -> str:
    """A new session; returns the token for the cookie."""
    token = make_token(SESSION)
    session.add(
        UserSession(
            token_hash=hash_of(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + lasts,
        )
    )
    return token


def user_of(session: Session, token: str, now: datetime, lasts: timedelta) -> User:
    """The user of a session, which is prolonged (noted at most once a minute).

    Raises:
        NotSignedIn: there is no such session any more.
    """
    found = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == hash_of(token))
    ).one_or_none()
    if found is None or found[0].expires_at <= now or found[1].disabled_at is not None:
        raise NotSignedIn("Your session has ended. Sign in again.")
    row, user = found
    if now - row.last_seen_at > timedelta(minutes=1):
        row.last_seen_at = now
        row.expires_at = now + lasts
    return user


def sign_out(session: Session, token: str) -> None:
    """End one session."""
    row = session.get(UserSession, hash_of(token))
    if row is not None:
        session.delete(row)


def sign_out_everywhere(session: Session, user_id: uuid.UUID, *, but: str = "") -> None:
    """End all sessions of a user, except that of the token `but`."""
    for row in session.scalars(select(UserSession).where(UserSession.user_id == user_id)):
        if not but or row.token_hash != hash_of(but):
            session.delete(row)


def first_administrator(session: Session, now: datetime) -> str | None:
    """A one-time link for the first administrator, as long as no administrator has set a password; else None."""
    administrators = session.scalars(select(User).where(User.role == Role.ADMIN.value)).all()
    if any(user.password_hash or user.oidc_subject for user in administrators):
        return None
    if administrators:
        return entry_link(session, administrators[0], now)
    _, token = add_user(session, "admin@localhost.localdomain", "Administrator", Role.ADMIN, now)
    return token
