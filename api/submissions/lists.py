"""Lists of submissions: filtered, searched, in pages whose cost does not grow with the table."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from sqlalchemy import Boolean, ColumnElement, Select, any_, func, literal_column, select, text, tuple_
from sqlalchemy.orm import Session, joinedload

from api.database.base import starts_of_words
from api.invitations.tables import CANDIDATE_WORDS, Candidate
from api.problems import Invalid
from api.submissions.states import State
from api.submissions.tables import LABEL_WORDS, ROWS_OF, Submission
from api.takehomes.tables import Takehome

PAGE: Final = 50
SLACK: Final = timedelta(hours=1)
"""Ids begin with the time of the machine that made them; its clock may differ from the one that noted the arrival."""
MANY: Final = 100
"""Counts stop here: whether 100 or 100,000 wait is the same to whoever reads the queue."""


class Status(StrEnum):
    """What a list can be narrowed to. Wider than a state: what a reviewer asks for."""

    ANY = ""
    UNDER_WAY = "under-way"
    NEEDS_PERSON = "needs-person"
    GRADED = "graded"
    UNGRADABLE = "ungradable"
    OUR_FAILURE = "our-failure"
    CANCELLED = "cancelled"
    DELETED = "deleted"


class Decided(StrEnum):
    """Verdicts, as a list can be narrowed to them."""

    ANY = ""
    NONE = "none"
    ADVANCE = "advance"
    HOLD = "hold"
    DECLINE = "decline"


class Order(StrEnum):
    """The order of a list. By score only those are listed that have one."""

    NEWEST = ""
    HIGHEST = "highest"
    LOWEST = "lowest"


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to."""

    takehome: str = ""
    """Its name."""
    status: Status | State = Status.ANY
    band: str = ""
    decision: Decided = Decided.ANY
    since: datetime | None = None
    """Received at this time or later."""
    until: datetime | None = None
    """Received before this time."""
    search: str = ""
    """Beginnings of words of the candidate's name, e-mail or reference, or of the label."""
    order: Order = Order.NEWEST


@dataclass(frozen=True)
class Page:
    """A page of a list, and where the ones beside it begin (empty: there is none)."""

    rows: list[Submission]
    previous: str
    following: str


def condition(status: Status | State) -> ColumnElement[bool] | None:
    """The condition of a status or of one state; None for any."""
    match status:
        case Status.ANY:
            return None
        case Status.UNDER_WAY | Status.NEEDS_PERSON | Status.OUR_FAILURE:
            return literal_column(ROWS_OF[status.value], Boolean)
        case _:
            return Submission.state == status.value


def listing(
    session: Session, wanted: Wanted, *, after: str = "", before: str = "", limit: int = PAGE
) -> Page:
    """The page that follows the place `after`, or ends before the place `before`; in order of age a place is an id.

    The rows have their take-home, suite version and candidate loaded.

    Raises:
        Invalid: a place is none of ours.
    """
    query = _narrowed(wanted).options(
        joinedload(Submission.takehome), joinedload(Submission.suite), joinedload(Submission.candidate)
    )
    down = wanted.order is not Order.LOWEST
    backwards = bool(before)
    keys: list[Any] = [Submission.id]
    if wanted.order is not Order.NEWEST:
        query = query.where(Submission.share.is_not(None))
        keys.insert(0, Submission.share)
    if after or before:
        place = tuple_(*_place(before or after, len(keys)))
        row = tuple_(*keys)
        query = query.where(row < place if down is not backwards else row > place)
    query = query.order_by(*(key.desc() if down is not backwards else key.asc() for key in keys))
    rows = list(session.scalars(query.limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()
    first, last = (_mark(rows[0], wanted), _mark(rows[-1], wanted)) if rows else ("", "")
    return Page(
        rows,
        previous=first if (more if backwards else bool(after)) else "",
        following=last if (True if backwards else more) else "",
    )


def _narrowed(wanted: Wanted) -> Select[Submission]:
    query = select(Submission)
    if wanted.takehome:
        query = query.where(
            Submission.takehome_id
            == select(Takehome.id).where(Takehome.name == wanted.takehome).scalar_subquery()
        )
    status = condition(wanted.status)
    if status is not None:
        query = query.where(status)
    if wanted.band:
        query = query.where(Submission.band == wanted.band)
    if wanted.decision is Decided.NONE:
        query = query.where(Submission.decision.is_(None), Submission.report_id.is_not(None))
    elif wanted.decision:
        query = query.where(Submission.decision == wanted.decision.value)
    if wanted.since is not None:
        oldest = first_id(wanted.since - SLACK)
        query = query.where(Submission.received_at >= wanted.since, Submission.id >= oldest)
    if wanted.until is not None:
        newest = first_id(wanted.until + SLACK)
        query = query.where(Submission.received_at < wanted.until, Submission.id < newest)
    return searched(query, wanted.search)


Q = TypeVar("Q", bound="Select[Any]")


def searched(query: Q, search: str) -> Q:
    """Narrow a query of submissions to those that a search finds. A search without words finds nothing."""
    if not search.strip():
        return query
    words = starts_of_words(search)
    if not words:
        return query.where(text("false"))
    asked = func.to_tsquery(literal_column("'simple'"), words)
    # as arrays, which are looked up in an index; sub-queries may be joined with the whole table
    people = select(Candidate.id).where(literal_column(CANDIDATE_WORDS).op("@@")(asked))
    found = (
        select(Submission.id)
        .where(Submission.candidate_id == any_(func.array(people.scalar_subquery())))
        .union_all(select(Submission.id).where(literal_column(LABEL_WORDS).op("@@")(asked)))
    )
    return query.where(Submission.id == any_(func.array(found.scalar_subquery())))


def first_id(moment: datetime) -> uuid.UUID:
    """The smallest id that can have been made at `moment`: ids begin with the time (see `new_id`)."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def counts(session: Session, statuses: list[Status]) -> dict[Status, int]:
    """How many submissions there are of each status, counted up to MANY."""
    found = {}
    for status in statuses:
        wanted = condition(status)
        assert wanted is not None
        few = select(Submission.id).where(wanted).limit(MANY).subquery()
        found[status] = session.scalar(select(func.count()).select_from(few)) or 0
    return found


def of_invitation(session: Session, invitation_id: uuid.UUID) -> list[Submission]:
    """Uploads for one invitation, newest first."""
    query = select(Submission).where(Submission.invitation_id == invitation_id)
    return list(session.scalars(query.order_by(Submission.attempt.desc())))


def any_submission(session: Session) -> bool:
    """Whether there is one at all."""
    return session.scalar(select(Submission.id).limit(1)) is not None


def _mark(row: Submission, wanted: Wanted) -> str:
    return str(row.id) if wanted.order is Order.NEWEST else f"{row.share!r}~{row.id}"


def _place(mark: str, parts: int) -> list[object]:
    share, _, identity = mark.rpartition("~")
    try:
        place: list[object] = [uuid.UUID(identity)]
        if parts == 2:
            place.insert(0, float(share))
    except ValueError as error:
        raise Invalid("This page of the list does not exist. Start again from its beginning.") from error
    return place
