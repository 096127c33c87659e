"""Counts attempts in the database, so that every node of the service counts together."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.accounts.tables import Throttle
from api.problems import TooMany


def _key(kind: str, who: str) -> str:
    return f"{kind}:{hashlib.sha256(who.encode()).hexdigest()}"


def count(session: Session, kind: str, who: str, now: datetime, window: timedelta) -> int:
    """Count one more attempt of `who`; returns how many there are in the current window."""
    row = insert(Throttle).values(key=_key(kind, who), window_ends_at=now + window, count=1)
    over = Throttle.window_ends_at <= now
    statement = row.on_conflict_do_update(
        index_elements=[Throttle.key],
        set_={
            "count": case((over, 1), else_=Throttle.count + 1),
            "window_ends_at": case((over, now + window), else_=Throttle.window_ends_at),
        },
    ).returning(Throttle.count)
    return session.execute(statement).scalar_one()


def refuse_beyond(session: Session, kind: str, who: str, most: int, now: datetime) -> None:
    """Let `who` pass unless they have reached `most` in the current window.

    Raises:
        TooMany: they have.
    """
    row = session.execute(
        select(Throttle.count, Throttle.window_ends_at).where(
            Throttle.key == _key(kind, who), Throttle.window_ends_at > now
        )
    ).one_or_none()
    if row is not None and row[0] >= most:
        wait = max(1, math.ceil((row[1] - now).total_seconds()))
        raise TooMany(f"Too many attempts. Try again in {_words(wait)}.", retry_after=wait)


def forget(session: Session, kind: str, who: str) -> None:
    """Start over, for example after a sign-in that succeeded."""
    session.execute(delete(Throttle).where(Throttle.key == _key(kind, who)))


def _words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
