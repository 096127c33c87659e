"""/submissions/…/judgements, comments, decisions: what people decide, recorded under the token's owner."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.orm import Session

from api.accounts.keys import Scope
from api.accounts.tables import User
from api.database.base import new_id
from api.http.access import Caller, ServiceDep, SessionDep, SubmittedDep, needs_scope
from api.http.v1.answers import problems
from api.http.v1.review_shapes import (
    Comment,
    Decision,
    Judgement,
    NewComment,
    NewDecision,
    NewJudgement,
    comment_shown,
    decision_shown,
    judgement_shown,
)
from api.http.v1.shapes import Page
from api.http.v1.submissions import Reader
from api.problems import Gone
from api.reviews.commenting import Remark, comment, comments_of, withdraw_comment
from api.reviews.deciding import decide, decisions_of
from api.reviews.judging import NOTHING_SEEN, Wanted, judge, judgement_rows, withdraw
from api.submissions.files import Files
from api.submissions.finding import submission_by_id

router = APIRouter(tags=["Reviews"])

Judge = Annotated[Caller, Depends(needs_scope(Scope.REVIEW))]


def _person(session: Session, caller: Caller) -> User:
    """Who decides: the signed-in user, or whoever made the token. The audit log names the token."""
    if caller.user is not None:
        return caller.user
    assert caller.token is not None
    return session.get_one(User, caller.token.created_by)


@router.get("/submissions/{submission_id}/judgements", summary="List judgements", responses=problems(404))
def list_judgements(session: SessionDep, reader: Reader, submission_id: uuid.UUID) -> Page[Judgement]:
    """All that were ever made, the newest first, also those that were withdrawn."""
    del reader
    submission_by_id(session, submission_id)
    rows = judgement_rows(session, submission_id)
    return Page(items=tuple(judgement_shown(row) for row in reversed(rows)), next=None)


@router.post(
    "/submissions/{submission_id}/judgements",
    status_code=201,
    summary="Judge an item",
    responses=problems(400, 404, 409, 410, 413),
)
def make_judgement(
    service: ServiceDep, session: SessionDep, caller: Judge, submission_id: uuid.UUID, new: NewJudgement
) -> Judgement:
    """Judge one item or gate. The report is scored again at once; repeating the last judgement changes nothing."""
    submission_by_id(session, submission_id)
    on_target = [row.id for row in judgement_rows(session, submission_id) if row.target == new.target]
    wanted = Wanted(
        target=new.target,
        reason=new.reason,
        choice=new.choice or "",
        points=f"{new.points:f}" if new.points is not None else "",
        waive=new.waive,
        seen=on_target[-2] if len(on_target) > 1 else NOTHING_SEEN,
    )
    made = judge(session, submission_id, wanted, _person(session, caller), caller.actor, service.now())
    return next(
        judgement_shown(row) for row in judgement_rows(session, submission_id) if row.id == made.row.id
    )


@router.delete(
    "/submissions/{submission_id}/judgements/{judgement_id}",
    status_code=204,
    summary="Withdraw a judgement",
    responses=problems(404, 409, 410),
)
def withdraw_judgement(
    service: ServiceDep, session: SessionDep, caller: Judge, submission_id: uuid.UUID, judgement_id: uuid.UUID
) -> Response:
    """Take a judgement back; the one before it, or else the measure, counts again."""
    submission_by_id(session, submission_id)
    by = _person(session, caller)
    withdraw(session, submission_id, judgement_id, by, caller.actor, service.now())
    return Response(status_code=204)


@router.get("/submissions/{submission_id}/comments", summary="List comments", responses=problems(404))
def list_comments(session: SessionDep, reader: Reader, submission_id: uuid.UUID) -> Page[Comment]:
    """Those that were not withdrawn: on the whole first, then by file and line."""
    del reader
    submission_by_id(session, submission_id)
    rows = comments_of(session, submission_id)
    return Page(items=tuple(comment_shown(row) for row in rows), next=None)


@router.post(
    "/submissions/{submission_id}/comments",
    status_code=201,
    summary="Comment",
    responses=problems(400, 404, 409, 413, 503),
)
def make_comment(
    service: ServiceDep,
    session: SessionDep,
    submitted: SubmittedDep,
    caller: Judge,
    submission_id: uuid.UUID,
    new: NewComment,
) -> Comment:
    """Comment on a submission, on one of its files, or on a line."""
    row = submission_by_id(session, submission_id)
    files: Files = {}
    if new.path is not None:
        try:
            files = submitted.of(row, row.suite)
        except Gone:
            files = {}  # then the path is not among them
    remark = Remark(new_id(), new.text, new.path, new.line, new.released)
    by = _person(session, caller)
    made = comment(session, row, remark, files, by, caller.actor, service.now())
    return next(comment_shown(one) for one in comments_of(session, submission_id) if one.id == made.id)


@router.delete(
    "/submissions/{submission_id}/comments/{comment_id}",
    status_code=204,
    summary="Withdraw a comment",
    responses=problems(404),
)
def remove_comment(
    service: ServiceDep, session: SessionDep, caller: Judge, submission_id: uuid.UUID, comment_id: uuid.UUID
) -> Response:
    """Take a comment back: nobody is shown it any more."""
    by = _person(session, caller)
    withdraw_comment(session, submission_id, comment_id, by, caller.actor, service.now())
    return Response(status_code=204)


@router.get("/submissions/{submission_id}/decisions", summary="List decisions", responses=problems(404))
def list_decisions(session: SessionDep, reader: Reader, submission_id: uuid.UUID) -> Page[Decision]:
    """All of them, the newest first: that one is in force."""
    del reader
    submission_by_id(session, submission_id)
    rows = decisions_of(session, submission_id)
    return Page(items=tuple(decision_shown(row) for row in rows), next=None)


@router.post(
    "/submissions/{submission_id}/decisions",
    status_code=201,
    summary="Decide",
    responses=problems(400, 404, 409, 413),
)
def make_decision(
    service: ServiceDep, session: SessionDep, caller: Judge, submission_id: uuid.UUID, new: NewDecision
) -> Decision:
    """Decide about a submission that has a report. Earlier decisions are kept; the newest is in force."""
    submission_by_id(session, submission_id)
    seen = [row.id for row in decisions_of(session, submission_id)]
    made, _ = decide(
        session,
        submission_id,
        new.verdict.value,
        new.note,
        _person(session, caller),
        caller.actor,
        service.now(),
        seen=seen[1] if len(seen) > 1 else NOTHING_SEEN,
    )
    return next(decision_shown(row) for row in decisions_of(session, submission_id) if row.id == made.id)
