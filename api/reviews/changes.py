"""Changes of rubric and suite: proposed, tried, then applied to all submissions at once or dropped."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import procrastinate
from sqlalchemy import Select, case, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from api.audit.log import Actor, announce, record
from api.audit.tables import Entry
from api.database.base import new_id
from api.problems import Conflict, Forbidden, NotFound
from api.reviews.moves import MOVED
from api.reviews.tables import Change, ChangeRow, ChangeState, RowState
from api.reviews.trying import affected, defer_trying, left, rubric_of
from api.submissions.states import State
from api.submissions.tables import Report, Submission
from api.takehomes.tables import USABLE, RubricVersion, SuiteVersion, Takehome
from grader.evidence import Outcome

OPEN: Final = (ChangeState.TRYING.value, ChangeState.READY.value)


class Applied(StrEnum):
    """What came of applying a change."""

    DONE = "done"
    STALE = "stale"
    """Reports have changed since the dry run: it runs again, and nothing was applied."""


def anything_graded(session: Session, takehome: Takehome) -> bool:
    """Whether a submission of the take-home has a report."""
    found = select(Submission.id).where(
        Submission.takehome_id == takehome.id, Submission.report_id.is_not(None)
    )
    return session.scalar(found.limit(1)) is not None


def propose(
    session: Session,
    queue: procrastinate.App,
    takehome: Takehome,
    by: Actor,
    now: datetime,
    *,
    rubric: RubricVersion | None = None,
    suite: SuiteVersion | None = None,
    submission: Submission | None = None,
) -> Change | None:
    """Try a rubric, a suite or both on all submissions, or a suite on one.

    Where nothing was graded yet there is nothing to try: they come into force at once, and the answer is None.
    What is tried already, or waits to be applied, is not tried twice.
    """
    session.refresh(
        takehome, with_for_update={"key_share": True, "of": Takehome}
    )  # against gradings that are stored meanwhile
    if submission is None and not anything_graded(session, takehome):
        _into_force(session, takehome, rubric, suite, by, now)
        return None
    same = session.scalar(
        select(Change).where(
            Change.takehome_id == takehome.id,
            Change.rubric_id.is_not_distinct_from(rubric.id if rubric else None),
            Change.suite_id.is_not_distinct_from(suite.id if suite else None),
            Change.submission_id.is_not_distinct_from(submission.id if submission else None),
            Change.state.in_(OPEN),
        )
    )
    if same is not None:
        return same
    change = Change(
        id=new_id(),
        takehome_id=takehome.id,
        rubric_id=rubric.id if rubric else None,
        suite_id=suite.id if suite else None,
        submission_id=submission.id if submission else None,
        state=ChangeState.TRYING.value,
        summary={},
        made_by=by.name[:200],
        made_at=now,
    )
    session.add(change)
    session.flush()
    defer_trying(session, queue, change)
    record(session, by, "change.proposed", ("takehome", takehome.id), now, **_names(change))
    return change


def _names(change: Change) -> dict[str, str]:
    parts = {
        "change": change.id,
        "rubric": change.rubric_id,
        "suite": change.suite_id,
        "submission": change.submission_id,
    }
    return {name: str(value) for name, value in parts.items() if value is not None}


def change_of(session: Session, change_id: uuid.UUID, *, lock: bool = False) -> Change:
    """The change with this id.

    Raises:
        NotFound: there is none.
    """
    change = session.get(Change, change_id, with_for_update=lock or None, populate_existing=lock)
    if change is None:
        raise NotFound("There is no such change.")
    return change


def try_again(
    session: Session, queue: procrastinate.App, change_id: uuid.UUID, by: Actor, now: datetime
) -> None:
    """Try what could not be tried, and what came in since.

    Raises:
        Conflict: the dry run is under way, or the change is done with.
    """
    change = change_of(session, change_id, lock=True)
    if change.state != ChangeState.READY:
        raise Conflict(f"The change is {change.state}: only one that is ready can be tried again.")
    for row in session.scalars(
        select(ChangeRow).where(ChangeRow.change_id == change.id, ChangeRow.state == RowState.FAILED)
    ):
        session.delete(row)
    session.flush()
    defer_trying(session, queue, change)
    record(session, by, "change.tried_again", ("takehome", change.takehome_id), now, **_names(change))


def drop(session: Session, change_id: uuid.UUID, by: Actor, now: datetime) -> Change:
    """Give a change up. What was in force stays.

    Raises:
        Conflict: it is applied or dropped already.
    """
    change = change_of(session, change_id, lock=True)
    if change.state not in OPEN:
        raise Conflict(f"The change is {change.state} already.")
    change.state = ChangeState.DROPPED.value
    change.applied_by, change.applied_at = by.name[:200], now
    record(session, by, "change.dropped", ("takehome", change.takehome_id), now, **_names(change))
    return change


# -- applying -----------------------------------------------------------------------------------------


def apply(
    session: Session, queue: procrastinate.App, change_id: uuid.UUID, by: Actor, now: datetime, *, admin: bool
) -> Applied:
    """Put a change into force: its rubric and suite, and every report that the dry run made, all or nothing.

    Judgements were part of the dry run, so they stay in force. Where reports have changed since, nothing is
    applied and the dry run runs again. `admin`: whether the caller is an administrator.

    Raises:
        Conflict: it is not ready, submissions could not be tried, or its suite version did not pass its check.
        Forbidden: decisions were made on submissions that it moves, which asks for an administrator.
    """
    change = change_of(session, change_id, lock=True)
    if change.state != ChangeState.READY:
        raise Conflict(f"The change is {change.state}: only one that is ready can be applied.")
    takehome = session.get_one(Takehome, change.takehome_id, with_for_update={"key_share": True})
    session.refresh(takehome)
    session.execute(
        affected(change, Submission.id).order_by(Submission.id).with_for_update(of=Submission, key_share=True)
    )
    if left(session, change, 1):
        defer_trying(session, queue, change)
        record(session, by, "change.stale", ("takehome", takehome.id), now, **_names(change))
        return Applied.STALE
    _refuse(session, change, admin=admin)
    rubric = rubric_of(session, change)
    _record_moves(session, change, by, now)
    _write_reports(session, change, rubric, now)
    _switch(session, change, rubric, now)
    if change.submission_id is None:
        suite = session.get(SuiteVersion, change.suite_id) if change.suite_id else None
        _into_force(session, takehome, rubric if change.rubric_id else None, suite, by, now)
    change.state = ChangeState.APPLIED.value
    change.applied_by, change.applied_at = by.name[:200], now
    record(session, by, "change.applied", ("takehome", takehome.id), now, **_names(change))
    announce(session, "change.applied", change.id, now, takehome=takehome.name)
    return Applied.DONE


def decided(session: Session, change: Change) -> int:
    """How many submissions the change moves on which a decision was made."""
    found = (
        select(func.count())
        .select_from(ChangeRow)
        .join(Submission, Submission.id == ChangeRow.submission_id)
        .where(ChangeRow.change_id == change.id, MOVED, Submission.decision.is_not(None))
    )
    return session.scalar(found) or 0


def _refuse(session: Session, change: Change, *, admin: bool) -> None:
    failed = session.scalar(
        select(func.count()).where(ChangeRow.change_id == change.id, ChangeRow.state == RowState.FAILED)
    )
    if failed:
        raise Conflict(
            f"{failed} submissions could not be tried, and a change is applied to all or to none. Look at them under "
            "“Could not be tried”, mend the cause, and try again."
        )
    if change.suite_id is not None:
        suite = session.get_one(SuiteVersion, change.suite_id)
        if suite.check not in USABLE:
            raise Conflict(f"Suite version {suite.number} has not passed its check.")
    touched = decided(session, change)
    if touched and not admin:
        raise Forbidden(
            f"Decisions were made already on {touched} of the submissions that this moves: an administrator must "
            "apply it."
        )


def _into_force(
    session: Session,
    takehome: Takehome,
    rubric: RubricVersion | None,
    suite: SuiteVersion | None,
    by: Actor,
    now: datetime,
) -> None:
    if rubric is not None and takehome.rubric_id != rubric.id:
        takehome.rubric_id = rubric.id
        record(session, by, "rubric.in_force", ("takehome", takehome.id), now, number=rubric.number)
    if suite is not None and takehome.suite_id != suite.id:
        takehome.suite_id = suite.id
        record(session, by, "suite.in_force", ("takehome", takehome.id), now, number=suite.number)
    session.flush()


def _rows(change: Change, *columns: object) -> Select[Any]:
    """Select of the rows that are applied, joined with their submissions."""
    return affected(change, *columns).join(
        ChangeRow, (ChangeRow.submission_id == Submission.id) & (ChangeRow.change_id == change.id)
    )


def _record_moves(session: Session, change: Change, by: Actor, now: datetime) -> None:
    """One entry of the audit log for each submission that moves, written by the database."""
    details = func.jsonb_build_object(
        "change",
        str(change.id),
        "points_before",
        ChangeRow.points_before,
        "points",
        ChangeRow.points_after,
        "band_before",
        ChangeRow.band_before,
        "band",
        ChangeRow.band_after,
    )
    columns = {
        "at": literal(now),
        "actor_kind": literal(by.kind),
        "actor_id": literal(by.id),
        "actor_name": literal(by.name[:200]),
        "action": literal("submission.rescored"),
        "subject_kind": literal("submission"),
        "subject_id": func.cast(Submission.id, Entry.subject_id.type),
        "details": cast(details, JSONB),
        "request_id": literal(by.request_id),
    }
    moved = _rows(change, *columns.values()).where(MOVED)
    session.execute(insert(Entry).from_select(list(columns), moved))


def _write_reports(session: Session, change: Change, rubric: RubricVersion, now: datetime) -> None:
    columns = {
        "id": func.gen_random_uuid(),
        "grading_id": ChangeRow.grading_id,
        "rubric_id": literal(rubric.id),
        "outcome": ChangeRow.outcome_after,
        "share": ChangeRow.share_after,
        "points": ChangeRow.points_after,
        "max_points": ChangeRow.max_after,
        "pending": ChangeRow.pending_after,
        "band": ChangeRow.band_after,
        "criteria": ChangeRow.criteria_after,
        "made_at": literal(now),
        "note": literal(""),
    }
    statement = insert(Report).from_select(list(columns), _rows(change, *columns.values()))
    kept = {"id", "grading_id", "rubric_id", "note"}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Report.grading_id, Report.rubric_id],
            set_={name: statement.excluded[name] for name in columns if name not in kept},
        )
    )


def _switch(session: Session, change: Change, rubric: RubricVersion, now: datetime) -> None:
    """Make the new reports those in force."""
    values: dict[str, Any] = {
        "report_id": Report.id,
        "share": Report.share,
        "points": Report.points,
        "max_points": Report.max_points,
        "pending": Report.pending,
        "band": Report.band,
    }
    if change.suite_id is not None:
        reached = case(
            (Report.outcome == Outcome.GRADED.value, State.GRADED.value), else_=State.UNGRADABLE.value
        )
        values |= {"suite_id": literal(change.suite_id), "state": reached, "state_at": literal(now)}
    session.execute(
        update(Submission)
        .where(
            Submission.id == ChangeRow.submission_id,
            ChangeRow.change_id == change.id,
            Submission.id.in_(affected(change, Submission.id)),
            Report.grading_id == ChangeRow.grading_id,
            Report.rubric_id == rubric.id,
        )
        .values(values),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
