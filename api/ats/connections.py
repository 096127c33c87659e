"""Connections of applicant tracking systems: made, recognised by their key, revoked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.ats.tables import AtsConnection
from api.audit.log import Actor, record
from api.database.base import new_id
from api.hooks.secrets import Safe
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
        key=safe.seal(key),
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
    row = session.scalar(select(AtsConnection).where(AtsConnection.key_hash == hash_of(key)))
    if row is None or row.revoked_at is not None:
        raise NotSignedIn("This key is unknown or revoked.")
    if row.last_used_at is None or now - row.last_used_at > timedelta(minutes=1):
        row.last_used_at = now
    return row


def revoke_ats(session: Session, identity: uuid.UUID, by: Actor, now: datetime) -> None:
    """Make a key useless. What was asked for with it stays; nobody is told of results any more.

    Raises:
        NotFound: there is no such connection.
    """
    row = session.get(AtsConnection, identity, with_for_update=True)
    if row is None or row.revoked_at is not None:
        raise NotFound("There is no such connection.")
    row.revoked_at = now
    record(session, by, "ats.revoked", ("ats", row.id), now, name=row.name)
