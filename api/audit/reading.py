"""Reading the audit log: filtered, in pages whose cost does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api.audit.tables import Entry

PAGE: Final = 100
MOST_EXPORTED: Final = 50_000


@dataclass(frozen=True)
class Wanted:
    """What the log is narrowed to; empty: anything."""

    actor: str = ""
    """The actor's id."""
    action: str = ""
    """noun.verb, such as user.added"""
    subject_kind: str = ""
    subject_id: str = ""


@dataclass(frozen=True)
class Page:
    """Entries, newest first; the places before and after them are ids, 0 for none."""

    entries: list[Entry]
    previous: int
    following: int


def listing(session: Session, wanted: Wanted, *, after: int = 0, before: int = 0, limit: int = PAGE) -> Page:
    """The page that follows the entry `after`, or ends before the entry `before`."""
    query = _narrowed(wanted)
    if before:
        query = query.where(Entry.id > before).order_by(Entry.id)
    else:
        query = query.order_by(Entry.id.desc())
        if after:
            query = query.where(Entry.id < after)
    rows = list(session.scalars(query.limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    if before:
        rows.reverse()
    return Page(
        rows,
        previous=rows[0].id if rows and (more if before else after) else 0,
        following=rows[-1].id if rows and (before or more) else 0,
    )


def exported(session: Session, wanted: Wanted) -> Iterator[Entry]:
    """Up to MOST_EXPORTED entries, newest first."""
    yield from session.scalars(_narrowed(wanted).order_by(Entry.id.desc()).limit(MOST_EXPORTED))


def history(session: Session, kind: str, identity: object) -> list[Entry]:
    """What happened to one thing, newest first."""
    return listing(session, Wanted(subject_kind=kind, subject_id=str(identity))).entries


def actions(session: Session) -> list[str]:
    """Every action that is in the log, found by leaping through its index."""
    found: list[str] = []
    while True:
        query = select(Entry.action).order_by(Entry.action).limit(1)
        following = session.scalar(query.where(Entry.action > found[-1]) if found else query)
        if following is None:
            return found
        found.append(following)


def _narrowed(wanted: Wanted) -> Select[Any]:
    query = select(Entry)
    if wanted.actor:
        query = query.where(Entry.actor_id == wanted.actor)
    if wanted.action:
        query = query.where(Entry.action == wanted.action)
    if wanted.subject_kind:
        query = query.where(Entry.subject_kind == wanted.subject_kind)
    if wanted.subject_id:
        query = query.where(Entry.subject_id == wanted.subject_id)
    return query
