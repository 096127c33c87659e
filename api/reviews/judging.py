"""People's judgements on items and gates: made, withdrawn, never overwritten. The newest on a target is in force."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from api.accounts.tables import Role, User
from api.audit.log import Actor, record
from api.database.base import new_id
from api.problems import Conflict, Forbidden, Invalid, NotFound
from api.reviews.tables import JudgementRow
from api.submissions.evidence import rubric_of
from api.submissions.reporting import refresh, report_in_force
from api.submissions.tables import Report as ReportRow
from api.submissions.tables import Submission
from api.takehomes.tables import RubricVersion
from grader.report import Gate, Item, Report
from grader.scoring import possible_points

LONGEST_REASON: Final = 4_000
NOTHING_SEEN: Final = uuid.UUID(int=0)


@dataclass(frozen=True)
class Wanted:
    """A judgement as it was typed. Exactly one of `choice`, `points` and `waive` is given."""

    target: str
    reason: str
    choice: str = ""
    points: str = ""
    waive: bool = False
    seen: uuid.UUID = NOTHING_SEEN
    """The newest judgement that the page showed from which this one comes."""


@dataclass(frozen=True)
class Made:
    """A judgement in force, and whose came in between without having been seen."""

    row: JudgementRow
    unseen: JudgementRow | None = None


def judge(
    session: Session, submission_id: uuid.UUID, wanted: Wanted, by: User, actor: Actor, now: datetime
) -> Made:
    """Judge an item or a gate of the report in force, and score again.

    The same judgement sent twice from the same page is one. Somebody else's on the same target is kept, and the
    later one is in force.

    Raises:
        NotFound: there is no such submission, or no report of it.
        Conflict: the report is of a submission that was not graded, so there is nothing to judge.
        Invalid: the target is not in the report, the points are out of its range, or the reason is missing.
    """
    submission = _locked(session, submission_id)
    before = report_in_force(session, submission)
    if before.score is None:
        raise Conflict("There is no score here that could be changed: the submission was not graded.")
    choice, points = _checked(session, submission, before, wanted)
    reason = wanted.reason.strip()
    later = _since(session, submission_id, wanted.target, wanted.seen)
    for row in later:
        same = (row.choice, row.points, row.waive, row.reason) == (choice, points, wanted.waive, reason)
        if row.by_id == by.id and same and row.withdrawn_at is None:
            return Made(row)
    row = JudgementRow(
        id=new_id(),
        submission_id=submission_id,
        target=wanted.target,
        choice=choice,
        points=points,
        waive=wanted.waive,
        reason=reason,
        by_id=by.id,
        at=now,
    )
    session.add(row)
    session.flush()
    after = refresh(session, submission, now)
    _record(session, actor, "judgement.made", row, before, after, now)
    others = [one for one in later if one.by_id != by.id]
    return Made(row, others[-1] if others else None)


def withdraw(
    session: Session, submission_id: uuid.UUID, judgement_id: uuid.UUID, by: User, actor: Actor, now: datetime
) -> JudgementRow:
    """Take a judgement back; the one before it on the same target, or else the measure, counts again.

    Withdrawing twice changes nothing.

    Raises:
        NotFound: there is no such judgement of this submission.
        Forbidden: it is somebody else's, and `by` is no administrator.
    """
    submission = _locked(session, submission_id)
    row = session.get(JudgementRow, judgement_id)
    if row is None or row.submission_id != submission_id:
        raise NotFound("There is no such judgement of this submission.")
    if row.by_id != by.id and not Role(by.role).covers(Role.ADMIN):
        raise Forbidden(
            "Only whoever judged, or an administrator, can withdraw a judgement. Make your own instead."
        )
    if row.withdrawn_at is None:
        before = report_in_force(session, submission)
        row.withdrawn_at = now
        session.flush()
        after = refresh(session, submission, now)
        _record(session, actor, "judgement.withdrawn", row, before, after, now)
    return row


def judgement_rows(session: Session, submission_id: uuid.UUID) -> Sequence[JudgementRow]:
    """All judgements ever made on a submission, with who made them, oldest first."""
    return session.scalars(
        select(JudgementRow)
        .where(JudgementRow.submission_id == submission_id)
        .options(joinedload(JudgementRow.by))
        .order_by(JudgementRow.id)
    ).all()


def ranges_of(session: Session, submission: Submission) -> dict[str, tuple[float, float]]:
    """By item of the report in force, the least and the most points that a person may give. Empty without a report."""
    if submission.report_id is None:
        return {}
    text = session.execute(
        select(RubricVersion.text)
        .join(ReportRow, ReportRow.rubric_id == RubricVersion.id)
        .where(ReportRow.id == submission.report_id)
    ).scalar_one()
    return possible_points(rubric_of(text), submission.level)


def _locked(session: Session, submission_id: uuid.UUID) -> Submission:
    submission = session.get(Submission, submission_id, with_for_update=True)
    if submission is None:
        raise NotFound("There is no such submission.")
    return submission


def _checked(
    session: Session, submission: Submission, report: Report, wanted: Wanted
) -> tuple[str | None, Decimal | None]:
    """Choice and points of a judgement that can be."""
    if not wanted.reason.strip():
        raise Invalid("Say why: a reason is kept with every judgement.", errors={"reason": "missing"})
    if len(wanted.reason) > LONGEST_REASON:
        raise Invalid(
            f"The reason is too long: at most {LONGEST_REASON:,} characters.", errors={"reason": "too long"}
        )
    if bool(wanted.choice) + bool(wanted.points.strip()) + wanted.waive != 1:
        raise Invalid("Choose one of the answers, or give points.", errors={"points": "missing"})
    target = target_in(report, wanted.target)
    if isinstance(target, Gate):
        if not wanted.waive:
            raise Invalid(f"{target.title} is a gate: it can only be waived.", errors={"target": "a gate"})
        return None, None
    if wanted.waive:
        raise Invalid(f"{target.title} is no gate: it takes points.", errors={"target": "an item"})
    if wanted.choice:
        if wanted.choice not in {choice.id for choice in target.choices}:
            raise Invalid(f"{target.title} has no such answer.", errors={"choice": "not one of the answers"})
        return wanted.choice, None
    least, most = ranges_of(session, submission)[target.id]
    return None, _points(wanted.points, target, least, most)


def target_in(report: Report, name: str) -> Item | Gate:
    """The item or gate of a report by its id.

    Raises:
        Invalid: there is none.
    """
    for criterion in report.criteria:
        for item in criterion.items:
            if item.id == name:
                return item
    for gate in report.gates:
        if gate.id == name:
            return gate
    raise Invalid(
        "The report has no such item or gate. Reload the page.", errors={"target": "not in the report"}
    )


def _points(typed: str, item: Item, least: float, most: float) -> Decimal:
    text = typed.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-")
    try:
        points = Decimal(text) if len(text) <= 12 else Decimal("NaN")
    except InvalidOperation:
        points = Decimal("NaN")
    if not points.is_finite() or "e" in text.lower():
        raise Invalid("Points are a number, such as 2 or 2.5.", errors={"points": "not a number"})
    if points != round(points, 2):
        raise Invalid("Points have at most two decimals.", errors={"points": "too many decimals"})
    if not Decimal(str(least)) <= points <= Decimal(str(most)):
        raise Invalid(
            f"{item.title} can get {least:g} to {most:g} points, not {points:f}.",
            errors={"points": f"{least:g} to {most:g}"},
        )
    return points


def _since(
    session: Session, submission_id: uuid.UUID, target: str, seen: uuid.UUID
) -> Sequence[JudgementRow]:
    return session.scalars(
        select(JudgementRow)
        .where(
            JudgementRow.submission_id == submission_id, JudgementRow.target == target, JudgementRow.id > seen
        )
        .order_by(JudgementRow.id)
    ).all()


def _record(
    session: Session,
    actor: Actor,
    action: str,
    row: JudgementRow,
    before: Report,
    after: Report,
    now: datetime,
) -> None:
    """Note what the judgement did to its item and to the total."""
    assert before.score is not None
    assert after.score is not None
    record(
        session,
        actor,
        action,
        ("submission", row.submission_id),
        now,
        judgement=str(row.id),
        target=row.target,
        item_before=_of(before, row.target),
        item_after=_of(after, row.target),
        points_before=before.score.points,
        points_after=after.score.points,
        max_before=before.score.max,
        max_after=after.score.max,
    )


def _of(report: Report, name: str) -> float | None:
    """The points of an item that has some; a gate has none, nor has what waits for a person."""
    try:
        found = target_in(report, name)
    except Invalid:
        return None  # the rubric has changed since: the judgement is without effect
    return found.points if isinstance(found, Item) and found.status != "needs_human" else None
