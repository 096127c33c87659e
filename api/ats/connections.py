"""Connections of applicant tracking systems: made, recognised by their key, given a new one, revoked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from api.ats.tables import AtsConnection, AtsTest
from api.audit.log import Actor, record
from api.database.base import new_id
from api.hooks.secrets import Safe, old_is_valid, replace_secret
from api.invitations.tables import Invitation
from api.problems import Conflict, Invalid, NotFound, NotSignedIn
from api.tokens import hash_of, make_token

PREFIX: Final = "ats"
MOST_CONNECTIONS: Final = 50


def make_ats(session: Session, safe: Safe, name: str, by: Actor, now: datetime) -> tuple[AtsConnection, str]:
    """A new connection, and its key, which is shown once.

    Raises:
        Invalid: it has no name.
        Conflict: there are too many.
    """
    if not name.strip() or len(name) > 200:
        raise Invalid("A connection needs a name.", errors={"name": "1 to 200 characters"})
    if len(all_ats(session)) >= MOST_CONNECTIONS:
        raise Conflict(f"There are {MOST_CONNECTIONS} connections: revoke those that nobody needs.")
    key = make_token(PREFIX)
    row = AtsConnection(
        id=new_id(),
        name=name.strip(),
        key_hash=hash_of(key),
        secret=safe.seal(key),
        created_by=by.name[:200],
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(session, by, "ats.connected", ("ats", row.id), now, name=row.name)
    return row, key


def all_ats(session: Session) -> Sequence[AtsConnection]:
    """Those that are not revoked, the oldest first."""
    query = select(AtsConnection).where(AtsConnection.revoked_at.is_(None))
    return session.scalars(query.order_by(AtsConnection.id)).all()


def ats_of(session: Session, key: str, now: datetime) -> AtsConnection:
    """The connection that a key belongs to.

    Raises:
        NotSignedIn: it is unknown or revoked.
    """
    given = hash_of(key)
    either = or_(AtsConnection.key_hash == given, AtsConnection.old_key_hash == given)
    row = session.scalar(select(AtsConnection).where(either, AtsConnection.revoked_at.is_(None)))
    if row is None or (row.key_hash != given and not old_is_valid(row, now)):
        raise NotSignedIn("This key is unknown or revoked.")
    if row.key_hash == given and not row.key_seen:
        row.key_seen = True
    if row.last_used_at is None or now - row.last_used_at > timedelta(minutes=1):
        row.last_used_at = now
    return row


def ats_by_id(session: Session, identity: uuid.UUID, *, lock: bool = False) -> AtsConnection:
    """A connection that is not revoked.

    Raises:
        NotFound: there is none.
    """
    row = session.get(AtsConnection, identity, with_for_update=lock or None)
    if row is None or row.revoked_at is not None:
        raise NotFound("There is no such connection.")
    return row


def rotate_ats(session: Session, safe: Safe, row: AtsConnection, hours: int, by: Actor, now: datetime) -> str:
    """Make a new key, which is shown once; for `hours` more the one before is valid as well.

    Raises:
        Invalid: as `replace_secret`.
    """
    key = make_token(PREFIX)
    replace_secret(safe, row, key, hours, now)
    row.old_key_hash = row.key_hash if hours else None
    row.key_hash, row.key_seen = hash_of(key), False
    record(session, by, "ats.rotated", ("ats", row.id), now, old_signs_hours=hours)
    return key


def newest_tests(session: Session, row: AtsConnection, most: int) -> Sequence[AtsTest]:
    """What a system sent last, with the invitations and their take-homes."""
    return session.scalars(
        select(AtsTest)
        .where(AtsTest.connection_id == row.id)
        .options(joinedload(AtsTest.invitation).joinedload(Invitation.takehome))
        .order_by(AtsTest.invitation_id.desc())
        .limit(most)
    ).all()


def key_to_send(row: AtsConnection, now: datetime) -> bytes:
    """The key that they take, sealed: the old one while it is valid and they have not shown the new one."""
    old = row.old_secret
    return old if old is not None and not row.key_seen and old_is_valid(row, now) else row.secret


def revoke_ats(session: Session, row: AtsConnection, by: Actor, now: datetime) -> None:
    """Make a key useless. What was asked for with it stays; nobody is told of results any more."""
    row.revoked_at = now
    record(session, by, "ats.revoked", ("ats", row.id), now, name=row.name)
