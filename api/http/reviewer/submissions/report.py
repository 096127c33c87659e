"""The report of a submission as a page, with the forms by which it is judged and decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.accounts.tables import User
from api.database.base import new_id
from api.http.access import Reviewer, SessionDep
from api.http.pages import page
from api.http.reviewer.submissions.frame import VERDICTS, Places, frame, may_withdraw
from api.problems import Conflict
from api.reviews.commenting import comments_of
from api.reviews.deciding import decisions_of, open_for_decision
from api.reviews.judging import NOTHING_SEEN, judgement_rows, ranges_of
from api.reviews.tables import JudgementRow
from api.submissions.reporting import criteria_kept
from api.submissions.tables import Submission
from grader.formats.html.shared import context_of
from grader.report import Report

router = APIRouter()


@router.get("/submissions/{submission_id}")
def report_page(
    request: Request,
    session: SessionDep,
    user: Reviewer,
    submission_id: UUID,
    done: UUID | None = None,
    unseen: UUID | None = None,
) -> Response:
    """The report. `done` is what the reviewer just did, `unseen` what somebody else did meanwhile."""
    return show(request, session, user, submission_id, done=done, unseen=unseen)


def show(
    request: Request,
    session: Session,
    user: User,
    submission_id: UUID,
    *,
    done: UUID | None = None,
    unseen: UUID | None = None,
    tried: dict[str, Any] | None = None,
) -> Response:
    """Render the report; `tried` is a form that was refused: its fields, and `problem`."""
    context = frame(request, session, submission_id)
    submission, report = context["submission"], context["report"]
    judgements = judgement_rows(session, submission_id)
    decisions = decisions_of(session, submission_id)
    comments = comments_of(session, submission_id)
    context |= {
        "judgements": _by_target(judgements),
        "last_judgement": judgements[-1].id if judgements else NOTHING_SEEN,
        "decisions": decisions,
        "last_decision": decisions[0].id if decisions else NOTHING_SEEN,
        "closed": _closed(submission),
        "verdicts": VERDICTS,
        "comments": comments,
        "new_key": new_id(),
        "done": done,
        "unseen": _named(unseen, judgements),
        "unseen_decision": next((one for one in decisions if one.id == unseen), None),
        "tried": tried,
        "mine": lambda by_id: may_withdraw(user, by_id),
        "tab": "report",
        "kept": criteria_kept(session, submission) if report is None else [],
    }
    if report is not None:
        context |= _of_report(session, submission, report)
    return page(
        request, "reviewer/submission/report.html.j2", context, status=tried["status"] if tried else 200
    )


def _of_report(session: Session, submission: Submission, report: Report) -> dict[str, Any]:
    paths = {file.path for file in report.evidence.submission.files}
    return {
        **context_of(report),
        "book": Places(submission, paths),
        "ranges": ranges_of(session, submission),
        "evidence": report.evidence,
    }


def _by_target(rows: Sequence[JudgementRow]) -> dict[str, list[JudgementRow]]:
    """Judgements that were not withdrawn, by item or gate, newest first."""
    found: defaultdict[str, list[JudgementRow]] = defaultdict(list)
    for row in reversed(rows):
        if row.withdrawn_at is None:
            found[row.target].append(row)
    return dict(found)


def _named(wanted: UUID | None, rows: Sequence[JudgementRow]) -> JudgementRow | None:
    return next((row for row in rows if row.id == wanted), None)


def _closed(submission: Submission) -> str:
    """Why the submission cannot be decided about; empty where it can."""
    try:
        open_for_decision(submission)
    except Conflict as reason:
        return reason.detail
    return ""
