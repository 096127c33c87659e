"""Connections of pipelines that sign: made, given new secrets, revoked, recognised."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.audit.log import Actor, record
from api.ci.tables import CiConnection
from api.database.base import new_id
from api.hooks.secrets import Safe, make_secret, replace_secret
from api.problems import Conflict, Invalid, NotFound
from api.takehomes.tables import Takehome

MOST_CONNECTIONS: Final = 200
USED_EVERY: Final = timedelta(minutes=1)


def make_connection(
    session: Session, safe: Safe, name: str, takehome: Takehome | None, by: Actor, now: datetime
) -> tuple[CiConnection, str]:
    """A new connection, and its secret, which is shown once.

    Raises:
        Invalid: it has no name.
        Conflict: there are too many.
    """
    if not name.strip() or len(name) > 200:
        raise Invalid("A connection needs a name.", errors={"name": "1 to 200 characters"})
    if len(all_connections(session)) >= MOST_CONNECTIONS:
        raise Conflict(f"There are {MOST_CONNECTIONS} connections: revoke those that nobody needs.")
    secret = make_secret()
    row = CiConnection(
        id=new_id(),
        name=name.strip(),
        takehome_id=takehome.id if takehome else None,
        takehome=takehome,
        secret=safe.seal(secret),
        created_by=by.name[:200],
        created_at=now,
    )
    session.add(row)
    session.flush()
    details = {"name": row.name, "takehome": takehome.name if takehome else None}
    record(session, by, "connection.made", ("connection", row.id), now, **details)
    return row, secret


def all_connections(session: Session) -> Sequence[CiConnection]:
    """Those that are not revoked, the oldest first."""
    return session.scalars(
        select(CiConnection)
        .where(CiConnection.revoked_at.is_(None))
        .options(joinedload(CiConnection.takehome))
        .order_by(CiConnection.id)
    ).all()


def connection_by_id(session: Session, identity: uuid.UUID, *, lock: bool = False) -> CiConnection:
    """A connection that is not revoked.

    Raises:
        NotFound: there is none.
    """
    query = (
        select(CiConnection)
        .where(CiConnection.id == identity, CiConnection.revoked_at.is_(None))
        .options(joinedload(CiConnection.takehome))
    )
    row = session.scalar(query.with_for_update(of=CiConnection) if lock else query)
    if row is None:
        raise NotFound("There is no such connection.")
    return row


def rotate_connection(
    session: Session, safe: Safe, row: CiConnection, hours: int, by: Actor, now: datetime
) -> str:
    """Make a new secret, which is shown once; for `hours` more the one before is valid as well.

    Raises:
        Invalid: as `replace_secret`.
    """
    secret = make_secret()
    replace_secret(safe, row, secret, hours, now)
    record(session, by, "connection.rotated", ("connection", row.id), now, old_signs_hours=hours)
    return secret


def revoke_connection(session: Session, row: CiConnection, by: Actor, now: datetime) -> None:
    """Believe none of its signatures any more. What it sent stays."""
    row.revoked_at = now
    record(session, by, "connection.revoked", ("connection", row.id), now, name=row.name)


def note_use(row: CiConnection, now: datetime) -> None:
    """Remember when it was used, to the minute."""
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        row.last_used_at = now
