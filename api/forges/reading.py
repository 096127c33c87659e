"""Reading connections, the log of their deliveries, and what became of commits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from api.forges.tables import (
    ForgeCommit,
    ForgeConnection,
    ForgeDelivery,
    ForgeRepository,
    Result,
)
from api.problems import NotFound


@dataclass(frozen=True)
class Page:
    """Some deliveries, the newest first."""

    rows: Sequence[ForgeDelivery]
    following: uuid.UUID | None
    """Pass it as `before` for the page after; None where this is the last."""


@dataclass(frozen=True)
class Counts:
    """Deliveries of a connection that are in the log."""

    accepted: int = 0
    ignored: int = 0
    pong: int = 0


def all_connections(session: Session) -> list[tuple[ForgeConnection, Counts]]:
    """Every connection, the oldest first."""
    counts: dict[uuid.UUID, dict[str, int]] = {}
    for connection_id, result, count in session.execute(
        select(ForgeDelivery.connection_id, ForgeDelivery.result, func.count()).group_by(
            ForgeDelivery.connection_id, ForgeDelivery.result
        )
    ):
        counts.setdefault(connection_id, {})[result] = count
    return [
        (connection, Counts(**counts.get(connection.id, {})))
        for connection in session.scalars(select(ForgeConnection).order_by(ForgeConnection.id))
    ]


def connections(session: Session) -> Sequence[ForgeConnection]:
    """Every connection, the oldest first."""
    return session.scalars(select(ForgeConnection).order_by(ForgeConnection.id)).all()


def connection_by_id(session: Session, connection_id: uuid.UUID, *, lock: bool = False) -> ForgeConnection:
    """A connection.

    Raises:
        NotFound: there is none.
    """
    connection = session.get(ForgeConnection, connection_id, with_for_update=lock or None)
    if connection is None:
        raise NotFound("There is no such connection to a forge.")
    return connection


def page_of_deliveries(
    session: Session,
    connection: ForgeConnection,
    result: Result | None,
    before: uuid.UUID | None,
    most: int,
) -> Page:
    """Deliveries of a connection that came before the delivery `before`."""
    query = select(ForgeDelivery).where(ForgeDelivery.connection_id == connection.id)
    if result is not None:
        query = query.where(ForgeDelivery.result == result.value)
    if before is not None:
        query = query.where(ForgeDelivery.id < before)
    rows = session.scalars(query.order_by(ForgeDelivery.id.desc()).limit(most + 1)).all()
    return Page(rows[:most], rows[most - 1].id if len(rows) > most else None)


def newest_commits(session: Session, connection: ForgeConnection, most: int) -> Sequence[ForgeCommit]:
    """The newest commits of a connection, with their repositories and submissions."""
    return session.scalars(
        select(ForgeCommit)
        .join(ForgeRepository, ForgeRepository.id == ForgeCommit.repository_id)
        .where(ForgeRepository.connection_id == connection.id)
        .options(joinedload(ForgeCommit.repository), joinedload(ForgeCommit.submission))
        .order_by(ForgeCommit.id.desc())
        .limit(most)
    ).all()
