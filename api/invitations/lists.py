"""Lists of invitations, by phase and search, in pages whose cost does not grow with the table."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Interval,
    and_,
    any_,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, joinedload

from api.database.base import starts_of_words
from api.invitations.tables import CANDIDATE_WORDS, Candidate, Invitation
from api.invitations.windows import Phase
from api.problems import Invalid, NotFound
from api.takehomes.tables import Takehome

PAGE: Final = 50


@dataclass(frozen=True)
class Page:
    """A page of the list; the places before and after it are ids, or empty."""

    rows: list[Invitation]
    previous: str
    following: str


def in_phase(phase: Phase, now: datetime) -> ColumnElement[bool]:
    """The condition of a phase: as `windows.window` decides it, in SQL."""
    minute = literal_column("interval '1 minute'", Interval)
    ends = func.least(Invitation.closes_at, Invitation.opened_at + Invitation.window_minutes * minute)
    over = func.coalesce(ends + Invitation.extra_minutes * minute <= now, literal(value=False))
    early = func.coalesce(Invitation.opens_at > now, literal(value=False))
    live = and_(Invitation.revoked_at.is_(None), not_(early))
    match phase:
        case Phase.REVOKED:
            return Invitation.revoked_at.is_not(None)
        case Phase.EARLY:
            return and_(Invitation.revoked_at.is_(None), early)
        case Phase.OVER:
            return and_(live, over)
        case Phase.READY:
            return and_(live, not_(over), Invitation.opened_at.is_(None))
        case Phase.OPEN:
            return and_(live, not_(over), Invitation.opened_at.is_not(None))


def listing(
    session: Session,
    now: datetime,
    *,
    takehome: str = "",
    phase: Phase | None = None,
    search: str = "",
    after: str = "",
    before: str = "",
    limit: int = PAGE,
) -> Page:
    """Invitations, newest first: the page that follows the place `after`, or ends before the place `before`.

    Raises:
        Invalid: a place is none of ours.
    """
    query = select(Invitation).options(joinedload(Invitation.takehome), joinedload(Invitation.candidate))
    if takehome:
        home = select(Takehome.id).where(Takehome.name == takehome).scalar_subquery()
        query = query.where(Invitation.takehome_id == home)
    if phase is not None:
        query = query.where(in_phase(phase, now))
    if search.strip():
        words = starts_of_words(search)
        asked = func.to_tsquery(literal_column("'simple'"), words)
        people = select(Candidate.id).where(literal_column(CANDIDATE_WORDS).op("@@")(asked))
        query = query.where(
            Invitation.candidate_id == any_(func.array(people.scalar_subquery())) if words else text("false")
        )
    if before:
        query = query.where(Invitation.id > _place(before)).order_by(Invitation.id)
    else:
        query = query.order_by(Invitation.id.desc())
        if after:
            query = query.where(Invitation.id < _place(after))
    rows = list(session.scalars(query.limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    if before:
        rows.reverse()
    first, last = (str(rows[0].id), str(rows[-1].id)) if rows else ("", "")
    return Page(
        rows,
        previous=first if (more if before else after) else "",
        following=last if (before or more) else "",
    )


def any_invitation(session: Session) -> bool:
    """Whether there is one at all."""
    return session.scalar(select(Invitation.id).limit(1)) is not None


def by_id(session: Session, invitation_id: uuid.UUID, *, lock: bool = False) -> Invitation:
    """One invitation, with its take-home and candidate.

    Raises:
        NotFound: there is none.
    """
    query = (
        select(Invitation)
        .where(Invitation.id == invitation_id)
        .options(joinedload(Invitation.takehome), joinedload(Invitation.candidate))
    )
    found = session.scalar(query.with_for_update(of=Invitation) if lock else query)
    if found is None:
        raise NotFound("There is no such invitation.")
    return found


def page_of_invitations(
    session: Session, takehome: str | None, before: uuid.UUID | None, limit: int
) -> tuple[Sequence[Invitation], bool]:
    """The newest `limit` invitations that were made before the one with the id `before`; and whether more follow."""
    query = select(Invitation).options(joinedload(Invitation.takehome), joinedload(Invitation.candidate))
    if takehome is not None:
        query = query.join(Takehome, Takehome.id == Invitation.takehome_id).where(Takehome.name == takehome)
    if before is not None:
        query = query.where(Invitation.id < before)
    rows = session.scalars(query.order_by(Invitation.id.desc()).limit(limit + 1)).all()
    return rows[:limit], len(rows) > limit


def still_invited(session: Session, takehome: Takehome, email: str, now: datetime) -> bool:
    """Whether somebody with this address has an invitation to the take-home that is not over."""
    running = or_(*(in_phase(phase, now) for phase in (Phase.EARLY, Phase.READY, Phase.OPEN)))
    query = (
        select(Invitation.id)
        .join(Candidate, Candidate.id == Invitation.candidate_id)
        .where(Candidate.email == email.strip().lower(), Invitation.takehome_id == takehome.id, running)
    )
    return session.scalar(query.limit(1)) is not None


def _place(mark: str) -> uuid.UUID:
    try:
        return uuid.UUID(mark)
    except ValueError as error:
        raise Invalid("This page of the list does not exist. Start again from its beginning.") from error
