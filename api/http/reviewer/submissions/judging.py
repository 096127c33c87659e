"""What a reviewer sends: judgements, comments, decisions, and what is taken back. Each answers with the page again."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.http.access import Reviewer, ServiceDep, SessionDep, SubmittedDep
from api.http.reviewer.submissions.code import CodeQuery, show_code
from api.http.reviewer.submissions.frame import actor, code_address
from api.http.reviewer.submissions.report import show
from api.problems import Conflict, Invalid, Problem
from api.reviews.commenting import Remark, comment, withdraw_comment
from api.reviews.deciding import decide
from api.reviews.judging import NOTHING_SEEN, Wanted, judge, withdraw
from api.submissions.finding import submission_by_id

router = APIRouter()
_ANCHOR = re.compile(r"c\d{1,4}i\d{1,4}|overview|comments|decide")


@router.post("/submissions/{submission_id}/judgements")
def judge_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    submission_id: UUID,
    target: Annotated[str, Form(max_length=120)],
    reason: Annotated[str, Form(max_length=20_000)] = "",
    choice: Annotated[str, Form(max_length=120)] = "",
    points: Annotated[str, Form(max_length=40)] = "",
    waive: Annotated[bool, Form()] = False,  # noqa: FBT002 - a checkbox
    seen: Annotated[UUID, Form()] = NOTHING_SEEN,
    at: Annotated[str, Form(max_length=20)] = "overview",
) -> Response:
    """Judge an item, answer a question, or waive a gate."""
    wanted = Wanted(target, reason, choice, points, waive, seen)
    try:
        made = judge(session, submission_id, wanted, user, actor(request, user), service.now())
    except (Invalid, Conflict) as problem:
        tried = _tried(problem, target=target, reason=reason, choice=choice, points=points)
        return show(request, session, user, submission_id, tried=tried)
    unseen = {"unseen": str(made.unseen.id)} if made.unseen else {}
    return _back(submission_id, at, done=str(made.row.id), **unseen)


@router.post("/submissions/{submission_id}/judgements/{judgement_id}/withdraw")
def withdraw_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    submission_id: UUID,
    judgement_id: UUID,
    at: Annotated[str, Form(max_length=20)] = "overview",
) -> Response:
    """Take a judgement back."""
    withdraw(session, submission_id, judgement_id, user, actor(request, user), service.now())
    return _back(submission_id, at, done=str(judgement_id))


@router.post("/submissions/{submission_id}/comments")
def comment_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    submitted: SubmittedDep,
    user: Reviewer,
    submission_id: UUID,
    key: Annotated[UUID, Form()],
    text: Annotated[str, Form(max_length=50_000)] = "",
    file: Annotated[str, Form(max_length=600)] = "",
    line: Annotated[int | None, Form()] = None,
    released: Annotated[bool, Form()] = False,  # noqa: FBT002 - a checkbox
) -> Response:
    """Comment on the submission, a file or a line."""
    remark = Remark(key, text, file or None, line, released)
    submission = submission_by_id(session, submission_id)
    files = submitted.of(submission, submission.suite) if file else {}
    try:
        comment(session, submission, remark, files, user, actor(request, user), service.now())
    except (Invalid, Conflict) as problem:
        tried = _tried(problem, target="comment", text=text, released=released)
        if file in files:
            query = CodeQuery(file=file, line=None if "line" in problem.errors else line)
            return show_code(request, session, submitted, user, submission_id, query, tried=tried)
        return show(request, session, user, submission_id, tried=tried)
    if file:
        base = f"/submissions/{submission_id}/code"
        return RedirectResponse(code_address(base, file, line), 303)
    return _back(submission_id, "comments", done=str(key))


@router.post("/submissions/{submission_id}/comments/{comment_id}/withdraw")
def withdraw_comment_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    submission_id: UUID,
    comment_id: UUID,
    back: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Take a comment back."""
    row = withdraw_comment(session, submission_id, comment_id, user, actor(request, user), service.now())
    if row.path is not None and back == "code":
        return RedirectResponse(code_address(f"/submissions/{submission_id}/code", row.path, row.line), 303)
    return _back(submission_id, "comments")


@router.post("/submissions/{submission_id}/decisions")
def decide_now(
    request: Request,
    service: ServiceDep,
    session: SessionDep,
    user: Reviewer,
    submission_id: UUID,
    verdict: Annotated[str, Form(max_length=40)] = "",
    note: Annotated[str, Form(max_length=50_000)] = "",
    seen: Annotated[UUID, Form()] = NOTHING_SEEN,
) -> Response:
    """Decide: advance, hold or decline."""
    try:
        row, other = decide(
            session, submission_id, verdict, note, user, actor(request, user), service.now(), seen=seen
        )
    except (Invalid, Conflict) as problem:
        tried = _tried(problem, target="decision", verdict=verdict, note=note)
        return show(request, session, user, submission_id, tried=tried)
    unseen = {"unseen": str(other.id)} if other else {}
    return _back(submission_id, "decide", done=str(row.id), **unseen)


def _tried(problem: Problem, **fields: Any) -> dict[str, Any]:
    """A refused form: what was typed, and why it was refused."""
    empty = {
        "choice": "",
        "points": "",
        "reason": "",
        "text": "",
        "released": False,
        "verdict": "",
        "note": "",
    }
    return {**empty, **fields, "problem": problem.detail, "status": problem.status}


def _back(submission_id: UUID, anchor: str, **given: str) -> Response:
    """Back to the report, at the place where the form was."""
    query = f"?{urlencode(given)}" if given else ""
    place = anchor if _ANCHOR.fullmatch(anchor) else "overview"
    return RedirectResponse(f"/submissions/{submission_id}{query}#{place}", 303)
